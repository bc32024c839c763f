"""The stream of operations depends on seed and parameters only, and keeps its own books."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.workload import MIX, RandomBits, Workload, WorkloadParams, adopt, live_objects
from tests.engine.small_guest import all_free, put, settle

NR_HANDLES = 1 << 14


def start(seed: int = 1, nr: int = 4000, **params: int) -> Workload:
    handles = np.arange(nr, dtype=np.int32)
    orders = np.zeros(nr, np.uint8)
    return Workload(WorkloadParams(**params), seed, handles, orders, NR_HANDLES)  # type: ignore[arg-type]


def test_random_bits_are_splitmix64() -> None:
    # Reference values of splitmix64 from seed 0.
    bits = RandomBits(0).draw(3)
    assert [hex(int(b)) for b in bits] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]
    split = RandomBits(0)
    assert [*split.draw(1).tolist(), *split.draw(2).tolist()] == bits.tolist()


def test_below_never_reaches_its_limit() -> None:
    drawn = RandomBits(5).below(7, 10_000)
    assert (drawn.min(), drawn.max()) == (0, 6)
    assert np.bincount(drawn).min() > 1200


def test_shares_of_allocations_add_up_to_256() -> None:
    assert sum(share for _, _, share in MIX) == 256


def test_same_seed_same_stream_other_seed_another() -> None:
    one, two, other = start(3), start(3), start(4)
    stream = [one.tick() for _ in range(50)]
    assert all(np.array_equal(ops, two.tick()) for ops in stream)
    assert not all(np.array_equal(ops, other.tick()) for ops in stream)


@pytest.mark.parametrize("rate", [1, 7, 256, 5000])
def test_handles_are_used_once_at_a_time(rate: int) -> None:
    work = start(rate=rate)
    live = set(range(4000))
    pages = dict.fromkeys(live, 1)
    for _ in range(200):
        ops = work.tick()
        assert ops.dtype == np.int32
        for kind, handle, order, cls in ops.tolist():
            if kind == u.OP_FREE:
                live.remove(handle)
                del pages[handle]
            else:
                assert handle not in live
                assert 0 <= handle < NR_HANDLES
                assert (cls, order) in {(c, o) for c, o, _ in MIX}
                live.add(handle)
                pages[handle] = 1 << order
    assert work.nr_live == len(live)
    assert work.live_pages == sum(pages.values())


def test_occupancy_swings_around_its_start() -> None:
    work = start(rate=256, period=256, swing_percent=20)
    seen = []
    for _ in range(1024):
        work.tick()
        seen.append(work.live_pages)
    assert 3000 < min(seen) < 4000 < max(seen) < 5000


def test_an_empty_workload_allocates_objects() -> None:
    work = start(nr=0)
    for _ in range(20):
        work.tick()
    assert work.nr_live > 0


def test_frees_come_in_runs() -> None:
    work = start(rate=64, run=16)
    ops = work.tick()
    freed = ops[ops[:, 0] == u.OP_FREE, 1]
    assert len(freed) % 16 == 0
    assert (np.diff(freed.reshape(-1, 16)) == 1).all()


def test_live_objects_come_in_the_order_of_their_pages() -> None:
    handle = np.full(8, u.HANDLE_NONE, np.int32)
    handle[[5, 0, 2]] = [1, 3, 6]
    order = np.array([1, 255, 0, 0, 0, 2, 255, 255], np.uint8)
    handles, orders = live_objects(handle, order)
    assert handles.tolist() == [3, 6, 1]
    assert orders.tolist() == [1, 0, 2]


def test_pages_without_an_owner_get_handles() -> None:
    guest = settle(all_free(2, 1))
    put(guest, [600, 601])
    put(guest, [602], u.STATE_SLAB)
    put(guest, [603], u.STATE_ANON, u.PG_PINNED)
    adopt(guest)
    handles = guest.pages["handle"]
    assert [pfn for pfn in range(600, 604) if handles[pfn] != u.HANDLE_NONE] == [600, 601]
    assert [int(guest.pages["where"][handles[pfn]]) for pfn in (600, 601)] == [600, 601]
