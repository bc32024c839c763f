"""Page states from flags; where compound pages and free blocks begin and end."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import units as u
from engine.capture import pages as p
from tests.engine import oracle
from tests.engine.small_capture import ANON, BALLOON, FILE, FREE, HEAD, RESERVED, SLAB, TAIL, THP

KSM = 1 << 21
SHMEM = 1 << p.KPF_LRU | 1 << p.KPF_SWAPBACKED | 1 << p.KPF_DIRTY


@pytest.mark.parametrize(
    ("flags", "count", "state"),
    [
        (1 << p.KPF_NOPAGE, 0, u.STATE_HOLE),
        (RESERVED, 0, u.STATE_RESERVED),
        (RESERVED | 1 << p.KPF_MMAP, 2, u.STATE_RESERVED),
        (1 << p.KPF_ZERO_PAGE | RESERVED, 0, u.STATE_RESERVED),
        (FREE, 0, u.STATE_FREE),
        (BALLOON, 0, u.STATE_BALLOON),
        (SLAB, 0, u.STATE_SLAB),
        (SLAB | ANON | KSM, 0, u.STATE_SLAB),
        (1 << p.KPF_PGTABLE, 0, u.STATE_PGTABLE),
        (1 << p.KPF_HWPOISON | ANON, 1, u.STATE_HWPOISON),
        (ANON, 1, u.STATE_ANON),
        (ANON & ~(1 << p.KPF_LRU), 1, u.STATE_ANON),
        (ANON | KSM, 1, u.STATE_ANON),
        (FILE, 0, u.STATE_FILE),
        (SHMEM, 0, u.STATE_SHMEM),
        (0, 0, u.STATE_UNKNOWN),
        (0, 1, u.STATE_KERNEL),
        (HEAD, 0, u.STATE_KERNEL),
    ],
)
def test_every_flag_leads_to_its_state(flags: int, count: int, state: int) -> None:
    words, counts = np.array([flags], np.uint64), np.array([count], np.uint64)
    assert p.decode_states(words, counts)[0] == state


def test_user_pages_keep_their_flags_and_others_have_none() -> None:
    words = np.array(
        [
            FILE | 1 << p.KPF_DIRTY,
            FILE | 1 << p.KPF_DIRTY | 1 << p.KPF_WRITEBACK,
            SHMEM,
            ANON | 1 << p.KPF_ACTIVE,
            ANON | 1 << p.KPF_MLOCKED,
            SLAB | 1 << p.KPF_DIRTY,
        ],
        np.uint64,
    )
    counts = np.array([0, 0, 0, 1, 1, 0], np.uint64)
    flags = p.decode_flags(words, counts, p.decode_states(words, counts)).tolist()
    file = u.PG_LRU | u.PG_REFERENCED
    assert flags == [
        file | u.PG_DIRTY,
        file,  # under writeback: soon clean
        u.PG_LRU,  # written tmpfs needs no file system to move
        u.PG_LRU | u.PG_ACTIVE | u.PG_MAPPED,
        u.PG_LRU | u.PG_UNEVICTABLE | u.PG_MAPPED,
        0,
    ]


def blocks_by_hand(free: list[bool]) -> list[list[int]]:
    """The buddy allocator as a set of blocks: free page by page, merging with free buddies."""
    blocks: set[tuple[int, int]] = set()
    for pfn, is_free in enumerate(free):
        order = 0
        while is_free and order < u.MAX_PAGE_ORDER and (order, pfn ^ 1 << order) in blocks:
            blocks.remove((order, pfn ^ 1 << order))
            pfn, order = pfn & ~(1 << order), order + 1
        if is_free:
            blocks.add((order, pfn))
    return [sorted(pfn for o, pfn in blocks if o == order) for order in range(u.NR_PAGE_ORDERS)]


@given(st.lists(st.tuples(st.integers(1, 1500), st.booleans()), max_size=12), st.integers(0, 9))
def test_free_blocks_are_what_merging_makes(runs: list[tuple[int, bool]], holes: int) -> None:
    free = [is_free for nr, is_free in runs for _ in range(nr)][:4096]
    free += [False] * (4096 - len(free))
    for i in range(holes):
        free[(i * 997) % 4096] = False
    state = np.where(free, u.STATE_FREE, u.STATE_SLAB).astype(np.uint8)
    assert [starts.tolist() for starts in p.free_blocks(state)] == blocks_by_hand(free)


def test_pageblocks_that_do_not_merge() -> None:
    state = np.full(4 * 512, u.STATE_FREE, np.uint8)
    separate = np.array([False, True, False, False])
    blocks = p.free_blocks(state, separate)
    assert (blocks[9].tolist(), blocks[10].tolist()) == ([0, 512], [1024])


TYPES = st.sampled_from([t for t in u.Migratetype if t != u.MIGRATE_BALLOON])


@given(st.lists(st.tuples(TYPES, st.booleans()), min_size=6, max_size=6), st.randoms())
def test_pageblocks_merge_with_their_own_kind(
    blocks: list[tuple[int, bool]], rng: random.Random
) -> None:
    twin = oracle.Zone(len(blocks), 0)
    twin.types = [int(kind) for kind, _ in blocks]
    free = [i for i, (_, is_free) in enumerate(blocks) if is_free]
    rng.shuffle(free)  # in which order they came free is not to be seen
    for i in free:
        twin.free(i * 512, 9)
    wanted = {9: set[int](), 10: set[int]()}
    for (order, _), pfns in twin.lists.items():
        if pfns:
            wanted[order].update(pfns)
    state = np.full(len(blocks) * 512, u.STATE_SLAB, np.uint8)
    for i in free:
        state[i * 512 : (i + 1) * 512] = u.STATE_FREE
    kinds = p.merge_kinds(np.array([kind for kind, _ in blocks], np.uint8))
    found = p.free_blocks(state, None, kinds)
    assert {order: set(found[order].tolist()) for order in (9, 10)} == wanted


def compound(*sizes: int, kind: int) -> np.ndarray:
    """Compound pages side by side, tails bare as some kernels show them."""
    return np.array(
        [flags for size in sizes for flags in [kind | HEAD] + [kind & THP | TAIL] * (size - 1)],
        np.uint64,
    )


def decode(words: np.ndarray) -> p.Pages:
    words = np.append(words, np.full(-len(words) % 512, RESERVED, np.uint64))
    return p.decode(words, np.zeros(len(words), np.uint64))


def test_tails_are_what_their_head_is() -> None:
    found = decode(compound(8, 4, 4, 2, 2, kind=SLAB))
    assert (found.state[:20] == u.STATE_SLAB).all()
    assert {i: int(o) for i, o in enumerate(found.order[:20]) if o != u.ORDER_TAIL} == {
        0: 3,
        8: 2,
        12: 2,
        16: 1,
        18: 1,
    }
    assert found.split == 0


def test_huge_pages_are_taken_by_pageblock() -> None:
    found = decode(compound(512, kind=ANON | THP))
    assert (found.state[:512] == u.STATE_THP).all()
    assert (found.order[0], found.order[511]) == (9, u.ORDER_TAIL)
    assert found.flags[0] & u.PG_LRU
    found = decode(compound(1024, kind=1 << p.KPF_HUGE))  # in pageblocks: lists hold no more
    assert (found.state[:1024] == u.STATE_HUGE).all()
    assert found.order[[0, 1, 512, 513]].tolist() == [9, 255, 9, 255]


def test_what_khugepaged_made_is_a_run_too_long_for_chance() -> None:
    nr = 40
    whole = {3, *range(10, 16), 20, 21}
    words = compound(*[512] * nr, kind=ANON | THP)
    counts = np.ones(nr * 512, np.uint64)
    for block in set(range(nr)) - whole:
        counts[block * 512 + 100] = 0
    found = p.decode(words, counts).flags[::512] & u.PG_COLLAPSED
    assert np.flatnonzero(found).tolist() == list(range(10, 16))
    counts[:] = 1  # nobody has unmapped anything: nothing tells them apart
    assert not (p.decode(words, counts).flags & u.PG_COLLAPSED).any()


def test_odd_compound_pages_are_taken_apart() -> None:
    found = decode(np.append([np.uint64(SLAB)], compound(3, 4, kind=SLAB)))
    assert (found.state[:8] == u.STATE_SLAB).all()
    assert found.order[:8].tolist() == [0, 0, 0, 0, 2, 255, 255, 255]
    assert found.split == 1
    assert decode(compound(1, kind=ANON | THP)).state[0] == u.STATE_ANON  # head without tails


def test_parked_pages_are_found_where_kernel_memory_is_rare() -> None:
    state = np.full(4 * 512, u.STATE_ANON, np.uint8)
    for block in range(4):
        state[block * 512 : block * 512 + 3] = u.STATE_UNKNOWN
    types = np.array([0, 1, 2, 1], np.uint8)
    p.find_parked(state, types, 512, 2048, 5, True)
    found = np.flatnonzero(state == u.STATE_PCP).tolist()
    assert found == [512, 513, 514, 1536, 1537]  # MOVABLE first, no more than parked
    p.find_parked(state, types, 0, 2048, 100, False)
    assert (state[:3] == u.STATE_UNKNOWN).all()  # UNMOVABLE: cannot be told
    assert (state[1024:1027] == u.STATE_PCP).all()
    p.find_parked(state, types, 0, 2048, 2, True)
    assert state[:3].tolist() == [u.STATE_UNKNOWN, u.STATE_PCP, u.STATE_PCP]  # a guess: the highest


def test_compound_pages_of_every_size_take_no_time() -> None:
    words = np.append(compound(*range(2, 1500), kind=SLAB), compound(*[1] * (1 << 21), kind=SLAB))
    words = words[: len(words) // 1024 * 1024]
    before = time.process_time()
    found = decode(words)
    assert time.process_time() - before < 3
    assert found.split > 1400
