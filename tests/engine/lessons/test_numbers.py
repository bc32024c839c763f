"""Named numbers: right against the guest, relative to the start, refused where there are none."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine import units as u
from engine.errors import RefusedError
from engine.lessons.numbers import (
    DESIGN_NUMBERS,
    LessonMoment,
    LessonScene,
    at_start,
    check_name,
    numbers_of,
    race_number,
)
from engine.world import World, WorldConfig
from tests.engine.small_guest import every, two_zones


@pytest.fixture(scope="module")
def world() -> World:
    guest = two_zones(used=every(64, 0, 4096), state=u.STATE_ANON)
    return World(guest, WorldConfig(("pinned", "lru_hook:stop=on")))


def test_a_design_has_exactly_the_numbers_that_are_promised(world: World) -> None:
    assert set(numbers_of(world, 0)) == set(DESIGN_NUMBERS)


def test_numbers_agree_with_each_other(world: World) -> None:
    found = numbers_of(world, 0)
    blocks = [found[f"blocks_of_{name}"] for name in ("unmovable", "movable", "reclaimable")]
    assert sum(blocks) == 8
    assert found["unusable_index_9"] == found["unusable_index_9"] == 1000
    free = sum(found[f"free_in_{name}"] for name in ("unmovable", "movable", "reclaimable"))
    assert free == 4096 - 64
    assert found["dma32_order_5"] + found["normal_order_5"] == 64
    assert found["dma_order_5"] == 0


def test_the_start_and_what_changed_since(world: World) -> None:
    keys = {"pinned": "pinned", "merged": "lru_hook:stop=on"}
    now = LessonMoment.of(world)
    given = [c.CompactMemory()]
    scene = LessonScene(keys, now, {"pinned.nr_free_pages": 10}, given, [c.Wait(1), *given])
    free = scene.number("pinned.nr_free_pages")
    assert scene.number("start.pinned.nr_free_pages") == 10
    assert scene.number("change.pinned.nr_free_pages") == free - 10
    assert scene.number("merged.nr_free_pages") == free
    assert (scene.number("given.all"), scene.number("log.all"), scene.number("log.wait")) == (
        1,
        2,
        1,
    )
    assert (scene.number("guest.mib"), scene.number("guest.blocks")) == (16, 8)
    with pytest.raises(RefusedError, match="is not known"):
        scene.number("start.pinned.busy")
    with pytest.raises(RefusedError, match="does not run dedicated_block"):
        LessonScene({"d": "dedicated_block"}, now).number("d.busy")


def test_a_step_keeps_what_it_compares_with() -> None:
    names = ["a.busy", "start.a.busy", "change.a.huge_best", "given.all", "start.a.busy"]
    assert at_start(names) == ["a.busy", "a.huge_best"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("b.busy", "there is no design 'b' here: a and"),
        ("a.huge_bst", "near: huge_best"),
        ("a", "a design has no number ''"),
        ("given.frob", "unknown kind of command 'frob'"),
        ("guest.size", "unknown number of the guest 'size'"),
        ("race.x.states", "unknown setting of the race 'x'"),
        ("race.lock.x", "unknown number of the race 'x'"),
        ("start.given.all", "only numbers of a design have a start"),
    ],
)
def test_a_name_of_nothing_is_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(RefusedError) as error:
        check_name(name, ["a"])
    assert sentence in str(error.value)


def test_what_there_is_is_let_through() -> None:
    for name in ("a.busy", "change.a.busy", "given.balloon", "guest.mib", "race.lock.broken"):
        check_name(name, ["a"])


def test_the_race_without_the_lock_breaks_and_with_it_does_not() -> None:
    # docs/RACE.md has the same figures.
    assert (race_number("nolock.states"), race_number("nolock.broken")) == (12390, 8)
    assert (race_number("lock.states"), race_number("lock.broken")) == (9517, 0)
    assert (race_number("lock.shortest"), race_number("nolock.shortest")) == (0, 7)
