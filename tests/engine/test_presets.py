"""Synthetic guests: settled, clean, repeatable, and what their recipe says."""

from __future__ import annotations

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.core import run
from engine.core.observe.check import validate
from engine.guest import Guest
from engine.presets import MAX_MIB, MIN_MIB, make_from_recipe, make_synthetic
from engine.recipes import PRESETS
from engine.snapshot import digest
from tests.engine.worlds import NR_PAGES, TENTH, base, world

NAMES = ("roomy", "tight", "cycles", "all_but_one", "no_balloon", "two_nodes")


def share(guest: Guest, *states: int) -> float:
    """Per mille of the managed pages in one of the states."""
    managed = int(guest.zones["managed"].sum())
    return 1000 * int(np.isin(guest.pages["state"], states).sum()) / managed


def free_blocks(guest: Guest) -> int:
    return int((guest.blocks["nr_free"] == 512).sum())


def test_every_promised_preset_exists() -> None:
    assert tuple(PRESETS) == NAMES
    assert all(r.name == name and r.label and r.text for name, r in PRESETS.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_clean_settled_and_the_same_each_time(name: str) -> None:
    guest = base(name)
    assert int(validate(guest)[0]) == 0
    assert not run.busy(guest)
    assert int(guest.vm[0]["tick"]) == 0
    assert digest(make_from_recipe(PRESETS[name], NR_PAGES, 1)) == digest(guest)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_another_seed_is_another_guest(name: str) -> None:
    assert digest(make_from_recipe(PRESETS[name], NR_PAGES, 2)) != digest(base(name))


@pytest.mark.parametrize("name", NAMES)
def test_free_page_cache_and_kernel_objects_are_as_the_recipe_says(name: str) -> None:
    recipe, guest = PRESETS[name], base(name)
    assert share(guest, u.STATE_FILE) <= recipe.cache
    assert share(guest, u.STATE_FILE) > 0.7 * recipe.cache - 1
    if recipe.run:
        kept = recipe.anon * recipe.keep / 100
        assert share(guest, u.STATE_ANON) == pytest.approx(kept, rel=0.05)
    kernel = share(guest, u.STATE_SLAB, u.STATE_PGTABLE, u.STATE_KERNEL)
    assert kernel == pytest.approx(recipe.kernel * 1000 / (1 << 18), rel=0.05)


def test_all_but_one_leaves_hardly_a_free_block() -> None:
    guest = base("all_but_one")
    assert share(guest, u.STATE_FREE, u.STATE_PCP) > 900
    lonely = guest.blocks["nr_movable"] == 1
    assert lonely.sum() > 0.6 * len(guest.blocks)
    assert free_blocks(guest) < 0.25 * len(guest.blocks)


def test_roomy_has_much_free_in_small_pieces() -> None:
    guest = base("roomy")
    assert share(guest, u.STATE_FREE) > 500
    assert free_blocks(guest) * 512 < 0.8 * (guest.pages["state"] == u.STATE_FREE).sum()


def test_zones_and_watermarks_are_as_linux_sets_them() -> None:
    guest = base()
    for zone in guest.zones:
        assert 0 < zone["wmark_min"] < zone["wmark_low"] < zone["wmark_high"] < zone["managed"]
        assert zone["managed"] < zone["present"]
    assert guest.zones[0]["lowmem_reserve"] == guest.zones[1]["managed"] // 256
    assert guest.zones[-1]["lowmem_reserve"] == 0
    assert guest.vm[0]["main_zone"] == len(guest.zones) - 1


@pytest.mark.slow
def test_beyond_4_gib_there_is_a_normal_zone() -> None:
    guest = make_synthetic("roomy", 4608, 1)
    assert guest.zones["name"].tolist() == [u.ZONE_DMA, u.ZONE_DMA32, u.ZONE_NORMAL]
    assert int(validate(guest)[0]) == 0


@pytest.mark.parametrize(
    ("preset", "size", "words"),
    [
        ("snug", 1024, "unknown preset 'snug': must be one of roomy, tight"),
        (["roomy"], 1024, "unknown preset"),
        ("roomy", 1, f"size is 1 MiB: an even number from {MIN_MIB} to {MAX_MIB}"),
        ("roomy", (1 << 20) + 2, "size is 1048578 MiB"),
        ("roomy", 1023, "an even number"),
        ("roomy", 1e3, "a whole number of MiB"),
        ("roomy", True, "a whole number of MiB"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_sentence(
    preset: object, size: object, words: str
) -> None:
    with pytest.raises(ValueError, match=r"preset|size") as error:
        make_synthetic(preset, size, 1)  # type: ignore[arg-type]
    assert words in str(error.value)


def test_a_cma_area_is_set_apart_and_used() -> None:
    guest = make_from_recipe(PRESETS["tight"], NR_PAGES, 1, u.mib_to_pages(8))
    assert int(validate(guest)[0]) == 0
    area = guest.blocks["migratetype"] == u.MIGRATE_CMA
    assert int(area.sum()) == 4
    blocks = np.flatnonzero(area)
    assert list(blocks) == list(range(blocks[0], blocks[0] + 4))
    # Only what can be moved may lie in it, and some does.
    assert int(guest.blocks["nr_unmovable"][area].sum()) == 0
    assert int(guest.blocks["nr_movable"][area].sum()) > 0


@pytest.mark.parametrize("cma_mib", [-2, 3, 66, True, 1.5])
def test_a_cma_area_of_impossible_size_is_refused(cma_mib: int) -> None:
    with pytest.raises(ValueError, match="CMA area is"):
        make_synthetic("tight", 256, 1, cma_mib)


def in_node(guest: Guest, node: int, state: int) -> int:
    """Pages of a node in a state."""
    zones = guest.zones[guest.zones["node"] == node]
    return sum(
        int((guest.pages["state"][zone["start_pfn"] : zone["end_pfn"]] == state).sum())
        for zone in zones
    )


def test_two_nodes_have_programs_on_both_and_the_balloon_on_the_first() -> None:
    both = world("lru_hook", preset="two_nodes")
    before = both.guest(0)
    assert list(before.zones["node"]) == [0, 0, 1]
    anon = [in_node(before, node, u.STATE_ANON) for node in (0, 1)]
    assert anon[1] == pytest.approx(anon[0], rel=0.1)
    few = TENTH // 4 // 256 * 256
    both.apply(c.BalloonInflate(few))
    both.run_until_idle()
    assert in_node(both.guest(0), 0, u.STATE_BALLOON) == few
    rest = in_node(both.guest(0), 0, u.STATE_FREE) // 256 * 256
    both.apply(c.BalloonInflate(rest))
    both.run_until_idle()
    assert in_node(both.guest(0), 1, u.STATE_BALLOON) > 0
    assert int(validate(both.guest(0))[0]) == 0


def test_huge_pages_come_from_the_nodes_in_turn() -> None:
    both = world("lru_hook", preset="two_nodes")
    both.apply(c.TakeHugePages(4))
    held = [0, 0]
    while both.busy and held[0] + held[1] < 4:
        both.step()
        guest = both.guest(0)
        held = [in_node(guest, node, u.STATE_HUGE) // 512 for node in (0, 1)]
    assert held == [2, 2]


def test_how_far_it_is_goes_up_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    make_synthetic("tight", 2048, 1, told=lambda *how: told.append(how))
    done = [one for one, _ in told]
    assert done == sorted(set(done)) and done[0] == 0
    assert len({total for _, total in told}) == 1
    assert done[-1] <= told[0][1]
