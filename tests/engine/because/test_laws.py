"""What stays is what the engine leaves: a "no" about a pageblock is never wrong.

A copy of a guest really compacts, offlines or allocates; the pages that the laws said would stay
are looked at afterwards. The other direction is not claimed: what could go may lack a target.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.because import laws as law
from engine.because.block import BlockPages
from engine.core.ranges import contig, offline
from engine.core.ranges.range_job import at_work
from engine.core.slowpath import direct_reclaim, drop_caches
from engine.designs import DESIGNS
from engine.guest import Guest
from engine.trace.reasons import REASONS
from engine.world import World, WorldConfig
from tests.engine.small_guest import BLOCK, all_free, copy_of, put, settle
from tests.engine.worlds import UNCOMPILED

NR_BLOCKS = 12 if UNCOMPILED else 24
SEEDS = range(1 if UNCOMPILED else 6)
TRIED = 2 if UNCOMPILED else NR_BLOCKS  # pageblocks that are really asked for, of each guest
KINDS = (
    (u.STATE_ANON, 0), (u.STATE_ANON, 0), (u.STATE_FILE, 0), (u.STATE_FILE, u.PG_DIRTY),
    (u.STATE_SHMEM, 0), (u.STATE_BALLOON, 0), (u.STATE_BALLOON, 0),
)  # fmt: skip
ODD = (
    (u.STATE_SLAB, 0), (u.STATE_PGTABLE, 0), (u.STATE_RESERVED, 0), (u.STATE_HWPOISON, 0),
    (u.STATE_ANON, u.PG_PINNED), (u.STATE_FILE, u.PG_PINNED), (u.STATE_ANON, u.PG_UNEVICTABLE),
    (u.STATE_FILE, u.PG_UNEVICTABLE), (u.STATE_ANON, u.PG_LOCKED), (u.STATE_BALLOON, u.PG_LOCKED),
    (u.STATE_ANON, u.PG_WRITEBACK),
)  # fmt: skip
TYPES = (u.MIGRATE_MOVABLE, u.MIGRATE_MOVABLE, u.MIGRATE_UNMOVABLE, u.MIGRATE_RECLAIMABLE)


def mixed(seed: int, cma: bool = False) -> Guest:
    """A guest whose lower half is in use in every way, a few pages a pageblock."""
    rng = np.random.default_rng(seed)
    guest = all_free(NR_BLOCKS)
    for block in range(NR_BLOCKS // 2):
        guest.blocks["migratetype"][block] = rng.choice(TYPES)
        if cma and block % 3 == 0:
            guest.blocks["migratetype"][block] = u.MIGRATE_CMA
        first = block * BLOCK
        if rng.random() < 0.1:
            put(guest, [first], *((u.STATE_THP, u.STATE_HUGE)[block % 2], 0, u.PAGEBLOCK_ORDER))
            continue
        places = rng.permutation(BLOCK)[: rng.integers(1, 12)]
        for at in places:
            state, flags = KINDS[rng.integers(len(KINDS))]
            put(guest, [first + int(at)], state, flags)
        if rng.random() < 0.6:
            state, flags = ODD[rng.integers(len(ODD))]
            taken = {int(at) for at in places}
            at = next(i for i in range(BLOCK) if i not in taken)
            put(guest, [first + at], state, flags)
    return settle(guest)


def world(seed: int, key: str, profile: str, cma: bool = False) -> World:
    """One design over such a guest; its balloon's pages are marked as the design marks them."""
    return World(mixed(seed, cma), WorldConfig((key,), seed=1, profile=profile))


def claims(guest: Guest, key: str, rule: law.PageLaw) -> dict[int, list[str | None]]:
    """Pageblock -> why each of its pages stays, of those in use."""
    laws = law.laws_of(guest, key)
    found = {}
    for block in range(NR_BLOCKS):
        pages = BlockPages(guest, block)
        if not pages.empty:
            found[block] = pages.stays(rule, laws)
    return found


def some(found: dict[int, list[str | None]]) -> list[tuple[int, list[str | None]]]:
    """As many of the claims as are tried."""
    return list(found.items())[:TRIED]


def told_wrong(
    guest: Guest, stays: list[str | None], block: int, before: Guest
) -> list[tuple[int, str | None]]:
    """Pages that were said to stay and did not."""
    first = block * BLOCK
    return [
        (first + i, reason)
        for i, reason in enumerate(stays)
        if reason and guest.pages[first + i]["state"] != before.pages[first + i]["state"]
    ]


@pytest.mark.parametrize("profile", u.PROFILES)
@pytest.mark.parametrize("key", DESIGNS)
def test_what_compaction_and_the_balloon_are_said_to_leave_is_left(key: str, profile: str) -> None:
    said = moved = 0
    for seed in SEEDS:
        w = world(seed, key, profile)
        before = copy_of(w.guest(0))
        found = claims(before, key, law.stays_under_design)
        w.apply(c.CompactMemory())
        w.run_until_idle()
        after = w.guest(0)
        for block, stays in found.items():
            assert told_wrong(after, stays, block, before) == []
            said += any(stays)
            moved += BlockPages(after, block).empty
            assert not (any(stays) and BlockPages(after, block).empty)
    assert said
    assert moved or UNCOMPILED, "nothing was emptied: the test has no other side"


@pytest.mark.parametrize("profile", u.PROFILES)
@pytest.mark.parametrize("key", ["pinned", "lru_hook", "separate_pass:ranges"])
def test_what_offlining_is_said_to_stop_at_stops_it(key: str, profile: str) -> None:
    outcomes = set()
    for seed in SEEDS:
        guest = world(seed, key, profile).guest(0)
        for block, stays in some(claims(guest, key, law.stays_in_offlining)):
            copy = copy_of(guest)
            done = is_offlined(copy, block * BLOCK)
            assert not (done and any(stays)), (block, set(stays))
            outcomes.add((done, bool(any(stays))))
    assert UNCOMPILED or {(True, False), (False, True)} <= outcomes


def is_offlined(guest: Guest, pfn: int) -> bool:
    """Whether one pageblock can be offlined."""
    vm = guest.vm[0]
    vm["range_kind"], vm["range_pfn"] = u.RANGE_OFFLINE, u.PFN_NONE
    vm["range_start_pfn"], vm["range_end_pfn"] = pfn, pfn + BLOCK
    while at_work(guest, u.RANGE_NONE):
        offline.step_offline(guest, 64)
    return bool(vm["range_result"] == u.RANGE_DONE)


@pytest.mark.parametrize("cma", [False, True])
@pytest.mark.parametrize("key", ["pinned", "lru_hook"])
def test_where_contiguous_memory_is_said_to_be_none_none_is_had(key: str, cma: bool) -> None:
    outcomes = set()
    for seed in SEEDS:
        guest = world(seed, key, u.PROFILES[0], cma).guest(0)
        for block, stays in some(claims(guest, key, law.stays_in_contig)):
            done = has_contig(copy_of(guest), block * BLOCK, cma)
            assert not (done and any(stays)), (block, set(stays))
            outcomes.add((done, bool(any(stays))))
    assert UNCOMPILED or {(True, False), (False, True)} <= outcomes


def has_contig(guest: Guest, pfn: int, cma: bool) -> bool:
    """Whether contiguous memory is had from one pageblock, where the search begins."""
    vm = guest.vm[0]
    vm["range_kind"], vm["range_pfn"] = u.RANGE_CONTIG, u.PFN_NONE
    vm["range_size"] = BLOCK
    vm["range_mt"] = u.MIGRATE_CMA if cma else u.MIGRATE_MOVABLE
    vm["range_pos"] = pfn
    while at_work(guest, u.RANGE_NONE):
        contig.step_contig(guest, 1)
    return bool(vm["range_result"] == u.RANGE_DONE and vm["range_start_pfn"] == pfn)


def test_what_reclaim_is_said_to_keep_it_keeps() -> None:
    freed = 0
    for seed in SEEDS:
        w = world(seed, "pinned", u.PROFILES[0])
        before = copy_of(w.guest(0))
        found = claims(before, "pinned", law.stays_in_reclaim)
        for _ in range(8):
            direct_reclaim.try_to_free_pages(w.guest(0), 0, 0)
        drop_caches.drop_caches(w.guest(0))
        for block, stays in found.items():
            assert told_wrong(w.guest(0), stays, block, before) == []
        files = before.pages["state"] == u.STATE_FILE
        freed += int((w.guest(0).pages["state"][files] != u.STATE_FILE).sum())
    assert freed


LAWS: tuple[Callable[..., str | None], ...] = (
    law.stays_in_compaction, law.stays_in_balloon, law.stays_in_reclaim, law.stays_in_offlining,
    law.stays_in_contig,
)  # fmt: skip


def test_every_answer_is_a_reason_of_the_trace() -> None:
    given = set()
    for seed in SEEDS:
        for profile in u.PROFILES:
            guest = world(seed, "lru_hook", profile, bool(seed % 2)).guest(0)
            for rule in LAWS:
                for stays in claims(guest, "lru_hook", rule).values():
                    given |= {reason for reason in stays if reason}
    assert given <= set(REASONS)
    assert len(given) > (3 if UNCOMPILED else 8)
