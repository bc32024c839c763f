"""A state that went through bytes is the same state and goes on the same way, by its own name."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine.errors import RefusedError
from engine.history.packing import header_of, packed_state, restore_state, state_name
from engine.history.stored import columns_of, packed_column
from engine.log import Entry
from engine.workload import WorkloadParams
from engine.world import World, WorldConfig
from tests.engine.histories import digests
from tests.engine.worlds import TENTH, base, world

LOG = [Entry(1, 0, c.BalloonInflate(TENTH), True), Entry(2, 5, c.CompactMemory(), False)]


def made() -> World:
    """At tick 0, the workload on from the start."""
    config = WorldConfig(("pinned", "lru_hook"), 1, workload=WorkloadParams(64, enabled=True))
    return World(base(), config)


def as_bytes(w: World, index: int = 2) -> bytes:
    """A world's state."""
    point = w.glance()
    name = state_name("engine", "config", LOG, w.tick)
    return b"".join(packed_state(point, name, index, map(packed_column, columns_of(point))))


def test_a_state_comes_back_and_goes_on_as_if_nothing_had_been() -> None:
    w = made()
    w.apply(c.BalloonInflate(TENTH))
    w.step(9)
    data = as_bytes(w)
    w.apply(c.SetWorkload(True, 32, 20))
    w.step(40)
    fresh = made()
    head = header_of(data)
    assert (head["tick"], head["index"]) == (9, 2)
    restore_state(fresh, head, data)
    fresh.apply(c.SetWorkload(True, 32, 20))
    fresh.step(40)
    assert digests(fresh) == digests(w)
    assert fresh.workload == w.workload


def test_a_state_before_the_first_workload_comes_back() -> None:
    w = world("pinned")
    w.apply(c.BalloonInflate(TENTH))
    w.step(3)
    data = as_bytes(w)
    fresh = world("pinned")
    restore_state(fresh, header_of(data), data)
    for one in (w, fresh):
        one.apply(c.SetWorkload(True, 64))
        one.step(9)
    assert digests(fresh) == digests(w)


@pytest.mark.parametrize("at", [0, 20, -40, -1])
def test_a_flipped_bit_anywhere_is_noticed(at: int) -> None:
    data = bytearray(as_bytes(world("pinned")))
    data[at] ^= 4
    with pytest.raises(RefusedError):
        header_of(bytes(data))


def test_a_state_that_was_cut_off_is_noticed() -> None:
    data = as_bytes(world("pinned"))
    for nr in (0, 10, 50, len(data) // 2, len(data) - 1):
        with pytest.raises(RefusedError):
            header_of(data[:nr])


def test_a_state_of_another_memory_map_leaves_the_world_as_it_was() -> None:
    data = as_bytes(world("pinned"))
    other = world("pinned", "lru_hook")
    before = digests(other)
    with pytest.raises(RefusedError, match="another memory map"):
        restore_state(other, header_of(data), data)
    assert digests(other) == before


def test_whatever_makes_another_state_makes_another_name() -> None:
    other = [LOG[0], Entry(2, 6, c.CompactMemory(), False)]
    names = {
        state_name("engine", "config", LOG, 9),
        state_name("engine 2", "config", LOG, 9),
        state_name("engine", "config 2", LOG, 9),
        state_name("engine", "config", LOG[:1], 9),
        state_name("engine", "config", other, 9),
        state_name("engine", "config", LOG, 10),
    }
    assert len(names) == 6
