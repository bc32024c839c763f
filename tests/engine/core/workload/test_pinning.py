"""Long-term pins: the same objects under every design, and what they keep from moving."""

from __future__ import annotations

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.core.ranges.range_codes import RangeReason
from engine.core.workload.demand_codes import PinEnd
from engine.core.workload.pinning import RUN, handle_at, is_longterm_pinnable, step_pin
from engine.guest import Guest, set_kernel
from engine.kernels import LINUX_2012
from tests.engine.ranges import run_contig, run_offline, stopped, validate
from tests.engine.small_guest import BLOCK, all_free, put, settle
from tests.engine.worlds import SMALLEST, UNCOMPILED, done, stats, world

FOUR = ("pinned", "lru_hook", "separate_pass", "dedicated_block")


@pytest.mark.parametrize("nr", [BLOCK, 8 * BLOCK, 33 * BLOCK])
def test_every_handle_has_one_place(nr: int) -> None:
    assert sorted(handle_at(place, nr) for place in range(nr)) == list(range(nr))
    assert [handle_at(place, nr) for place in range(RUN)] == list(range(RUN))


def pin(guest: Guest, nr: int) -> dict[str, int]:
    """Pin so many pages; what came of it."""
    vm = guest.vm[0]
    vm["pin_asked"] = vm["pin_left"] = nr
    while vm["pin_left"]:
        step_pin(guest, 1)
        validate(guest)
    return {name: int(vm[f"pin_{name}"]) for name in ("got", "moved", "end")}


def owned(mt: int, name: int = u.ZONE_NORMAL) -> Guest:
    """Sixteen pageblocks; programs own the first page of each eight in block 4 and 5, of type mt.

    Blocks 0 and 1 are for kernel memory.
    """
    guest = all_free(16, name=name)
    guest.blocks["migratetype"][4:6] = mt
    guest.blocks["migratetype"][0:2] = u.MIGRATE_UNMOVABLE
    pfns = np.arange(4 * BLOCK, 6 * BLOCK, 8)
    put(guest, pfns.tolist())
    guest.pages["handle"][pfns] = pfns
    guest.pages["where"][pfns] = pfns
    return settle(guest)


def test_a_pinned_page_keeps_its_range_from_going_offline() -> None:
    guest = owned(u.MIGRATE_MOVABLE)
    assert pin(guest, 3) == {"got": 3, "moved": 0, "end": PinEnd.NONE}
    pinned = np.flatnonzero(guest.pages["flags"] & u.PG_PINNED)
    assert len(pinned) == 3
    assert (guest.pages["handle"][pinned] == u.HANDLE_NONE).all()
    run_offline(guest)
    stopped(guest, RangeReason.NOT_MIGRATED, int(pinned[0]))


def test_pages_are_moved_out_of_cma_before_they_are_pinned() -> None:
    guest = owned(u.MIGRATE_CMA)
    assert pin(guest, 40) == {"got": 40, "moved": 40, "end": PinEnd.NONE}
    pinned = np.flatnonzero(guest.pages["flags"] & u.PG_PINNED)
    assert set(guest.blocks["migratetype"][pinned >> u.PAGEBLOCK_ORDER]) == {u.MIGRATE_UNMOVABLE}
    assert run_contig(guest, 2 * BLOCK)["result"] == u.RANGE_DONE


def test_linux_3_8_pins_inside_cma_and_cma_alloc_finds_it_busy() -> None:
    guest = owned(u.MIGRATE_CMA)
    set_kernel(guest, LINUX_2012)
    assert pin(guest, 128) == {"got": 128, "moved": 0, "end": PinEnd.NONE}
    assert run_contig(guest, 2 * BLOCK)["result"] == u.RANGE_STOPPED


def test_zone_movable_is_left_too_and_without_room_elsewhere_nothing_is_pinned() -> None:
    guest = owned(u.MIGRATE_MOVABLE, u.ZONE_MOVABLE)
    assert not is_longterm_pinnable(guest, 4 * BLOCK)
    assert pin(guest, 2) == {"got": 0, "moved": 0, "end": PinEnd.NO_TARGET}
    assert not (guest.pages["flags"] & (u.PG_PINNED | u.PG_ISOLATED)).any()


def test_a_request_ends_where_programs_have_no_more() -> None:
    guest = owned(u.MIGRATE_MOVABLE)
    assert pin(guest, 1000) == {"got": 128, "moved": 0, "end": PinEnd.NO_PAGES}
    assert int(guest.vm[0]["pinned_pages"]) == 128


def test_every_design_has_the_same_objects_pinned_and_compaction_leaves_them() -> None:
    keys = FOUR[:2] if UNCOMPILED else FOUR
    w = done(world(*keys, preset="roomy", nr_pages=SMALLEST), c.CompactMemory())
    guests = [w.guest(i) for i in range(len(keys))]
    before = [set(np.flatnonzero(guest.pages["where"] != u.PFN_NONE)) for guest in guests]
    done(w, c.PinMemory(2))
    gone = [
        held - set(np.flatnonzero(guest.pages["where"] != u.PFN_NONE))
        for held, guest in zip(before, guests, strict=True)
    ]
    assert all(one == gone[0] for one in gone)
    places = [np.flatnonzero(guest.pages["flags"] & u.PG_PINNED) for guest in guests]
    done(w, c.CompactMemory())
    for i, guest in enumerate(guests):
        still = np.flatnonzero(guest.pages["flags"] & u.PG_PINNED)
        assert np.array_equal(places[i], still)
        assert stats(w, i)["pinned_pages"] == 512
