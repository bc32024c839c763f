"""Every reason has a place in the core, a sentence to be filled, and a guest that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import commands as c
from engine import units as u
from engine.trace.annotations import where_decided
from engine.trace.reasons import OUTCOMES, REASONS, range_id
from engine.world import World, WorldConfig
from tests.engine import worlds
from tests.engine.small_guest import BLOCK, all_free, put, settle
from tests.engine.traces import FIRST, few_pages, made, trace

PAGE = FIRST + 64
MOVABLE = u.MIGRATE_MOVABLE
Maker = Callable[[], dict[str, Any]]


def scanned(state: int, flags: int = 0, design: str = "pinned", profile: str = "modern") -> Maker:
    """A run of compact_memory over one page of a sort."""
    return lambda: trace(made(few_pages(state, flags), design, profile))


def compacted(change: Callable[[World], None], profile: str = "modern", **more: Any) -> Maker:
    """The same after a change to the guest."""

    def make() -> dict[str, Any]:
        world = made(few_pages(u.STATE_ANON, **more), "lru_hook", profile)
        change(world)
        return trace(world)

    return make


def direct(order: int, mt: int, *odd: tuple[int, int, int, int]) -> Maker:
    """Direct compaction where every other page of the lower pageblocks is in use.

    Args:
        order: wanted.
        mt: migratetype of the second pageblock.
        odd: pfn behind FIRST, state, flags, order of pages that are something else.
    """

    def make() -> dict[str, Any]:
        guest = all_free(16, 1)
        guest.blocks["migratetype"][2] = mt
        taken = {FIRST + at + i for at, _, _, o in odd for i in range(1 << o)}
        put(guest, [p for p in range(FIRST, FIRST + 16 * BLOCK, 2) if p not in taken])
        for at, state, flags, o in odd:
            put(guest, [FIRST + at], state, flags, o)
        world = World(settle(guest), WorldConfig(("pinned",)))
        world.apply(c.DirectCompact(order))
        return trace(world)

    return make


def _hole(world: World) -> None:
    first = FIRST + BLOCK  # nothing but the first page of the second pageblock
    world.guest(0).pages[first]["state"] = u.STATE_HOLE


def _skip(world: World) -> None:
    world.guest(0).blocks["flags"] |= u.PB_SKIP


def _reserve(world: World) -> None:
    world.guest(0).blocks["migratetype"][2:] = u.MIGRATE_RESERVE


def _kernel_types(world: World) -> None:
    world.guest(0).blocks["migratetype"][2:] = u.MIGRATE_UNMOVABLE


def _low(world: World) -> None:
    world.guest(0).zones[0]["wmark_min"] = world.guest(0).zones[0]["wmark_low"] = 1 << 20


def _nothing(_: Any) -> None:
    return


def _moved_once() -> dict[str, Any]:
    """The hook as merged: a balloon page, moved before, meets the scanner again."""
    world = made(few_pages(u.STATE_BALLOON), "lru_hook:hook=merged", "2012")
    flags = world.guest(0).pages["flags"]
    flags[PAGE] &= 0xFFFF & ~u.PG_MOVABLE_OPS
    return trace(world)


def _before_the_lock() -> dict[str, Any]:
    """The hook as merged: the balloon page comes before the first LRU page."""
    guest = all_free(4, 1)
    put(guest, [PAGE], u.STATE_BALLOON)
    put(guest, [PAGE + 8])
    put(guest, [FIRST + BLOCK, FIRST + 2 * BLOCK], u.STATE_KERNEL)
    return trace(made(settle(guest), "lru_hook:hook=merged", "2012"))


def _huge(profile: str, first: int) -> Maker:
    """A transparent huge page in the second pageblock, and an LRU page at ``first``."""

    def make() -> dict[str, Any]:
        guest = all_free(8, 1)
        put(guest, [first])
        put(guest, [FIRST + BLOCK], u.STATE_THP, 0, u.PAGEBLOCK_ORDER)
        put(guest, range(FIRST + 2 * BLOCK, FIRST + 7 * BLOCK, BLOCK), u.STATE_KERNEL)
        world = made(settle(guest), "pinned", profile)
        if first > FIRST:  # the scan begins there and reaches into the next pageblock
            world.guest(0).zones["cached_migrate_async"] = first - 1
            world.guest(0).zones["cached_migrate_sync"] = first - 1
        return trace(world)

    return make


def _leaked() -> dict[str, Any]:
    """The hook as merged puts an isolated balloon page back."""
    guest = few_pages(u.STATE_BALLOON, full=True)
    return trace(made(guest, "lru_hook:hook=merged", "2012"))


def balloon_work(design: str, nr: int = 600, dear: bool = False, **asked: int) -> Maker:
    """What the balloon itself does next, with ``nr`` pages scattered over the lower pageblocks.

    Args:
        design: key.
        nr: balloon pages, every eighth page.
        dear: whether the watermarks forbid every allocation.
        asked: fields of Guest.vm that ask for the work.
    """

    def make() -> dict[str, Any]:
        guest = all_free(16, 1)
        put(guest, [FIRST + 8 * i for i in range(nr)], u.STATE_BALLOON)
        put(guest, range(FIRST + 1, FIRST + 14 * BLOCK, BLOCK), u.STATE_KERNEL)
        world = World(settle(guest), WorldConfig((design,)))
        for mark in ("wmark_min", "wmark_low", "wmark_high") if dear else ():
            world.guest(0).zones[mark] = 1 << 30
        for name, value in asked.items():
            world.guest(0).vm[0][name] = value
        return trace(world)

    return make


def in_range(
    design: str, profile: str = "modern", flags: int = 0, full: bool = False, alone: bool = False,
    mt: int = MOVABLE, hole: bool = False,
) -> Maker:  # fmt: skip
    """Offlining of a pageblock with an LRU page and a page that is something else."""

    def make() -> dict[str, Any]:
        guest = all_free(8, 1)
        guest.blocks["migratetype"][3] = mt
        first = FIRST + 2 * BLOCK
        if not alone:
            put(guest, [first + 8], u.STATE_ANON, flags)
        if not flags and not full:
            put(guest, [first + 16], u.STATE_SLAB if design == "pinned" else u.STATE_BALLOON)
        if full:
            rest = [p for p in range(FIRST, FIRST + 8 * BLOCK) if not first <= p < first + BLOCK]
            put(guest, rest, u.STATE_KERNEL)
        world = World(settle(guest), WorldConfig((design,), profile=profile))
        if hole:
            world.guest(0).pages["state"][first + 32] = u.STATE_HOLE
        world.apply(c.Offline(6, 2))
        return trace(world, 16)

    return make


def contiguous() -> dict[str, Any]:
    """Contiguous memory where there is page cache."""
    return trace(_asking_for(c.AllocContig(2), u.STATE_FILE), 16)


def nowhere() -> dict[str, Any]:
    """Contiguous memory where every pageblock has a reserved page."""
    return trace(_asking_for(c.AllocContig(2), u.STATE_RESERVED), 16)


def _asking_for(command: c.Command, state: int) -> World:
    guest = all_free(8, 1)
    put(guest, range(FIRST + 8, FIRST + 8 * BLOCK, BLOCK), state)
    world = World(settle(guest), WorldConfig(("pinned",)))
    world.apply(command)
    return world


def asked(command: c.Command) -> Maker:
    """Kernel memory, or pins, where programs have a page in each pageblock."""
    return lambda: trace(_asking_for(command, u.STATE_ANON), 2)


def dropped() -> dict[str, Any]:
    """drop_caches where there is page cache."""
    return trace(_asking_for(c.DropCaches(), u.STATE_FILE))


def splitting() -> dict[str, Any]:
    """kswapd, after a pass over the LRU, at a huge page of which only the first page is mapped."""
    guest = all_free(8, 1)
    put(guest, [FIRST + BLOCK], u.STATE_THP, 0, u.PAGEBLOCK_ORDER)
    world = made(settle(guest), "pinned")
    world.guest(0).pages["flags"][FIRST + BLOCK] |= u.PG_MAPPED
    now = {"kswapd_awake": 2, "shrink_active": 2, "split_freeable": 1, "split_batch": 1}
    now["split_block"] = 2 * len(world.guest(0).blocks)  # the end of the queue's middle part
    for name, value in now.items():
        world.guest(0).vm[0][name] = value
    return trace(world)


def pressed() -> dict[str, Any]:
    """Inflation, at the moment when page cache must go; every other page of it is dirty."""
    world = worlds.world("pinned")
    pages = world.guest(0).pages
    files = np.flatnonzero(pages["state"] == u.STATE_FILE)
    pages["flags"][files[::2]] |= u.PG_DIRTY
    world.apply(c.BalloonInflate(world.nr_pages // 2))
    while True:
        ahead = world.alone(0)
        ahead.step(1)
        if ahead.view(0).stat("pgscan_kswapd"):
            return trace(world, 1)
        world.step(1)


def inflating(
    state: int = u.STATE_KERNEL, used: int = 1, profile: str = "modern", **marks: int
) -> Maker:
    """The balloon takes a page where ``used`` of each 40 pages are in use, those at the end first.

    Args:
        state: of the pages in use.
        used: how many of each 40.
        profile: the kernel.
        marks: watermarks of the zone.
    """

    def make() -> dict[str, Any]:
        guest = all_free(16, 1)
        put(guest, [p for p in range(FIRST, FIRST + 16 * BLOCK) if p % 40 >= 40 - used], state)
        for name, value in marks.items():
            guest.zones[name] = value
        world = World(settle(guest), WorldConfig(("pinned",), profile=profile))
        world.apply(c.BalloonInflate(64))
        return trace(world)

    return make


SHOWN: dict[str, Maker] = {
    "block_has_hole": compacted(_hole),
    "skip_hint": compacted(_skip, "2012"),
    "block_is_compound": _huge("modern", FIRST),
    "block_type_differs": direct(9, u.MIGRATE_UNMOVABLE),
    "thp_ends_block": _huge("2012", FIRST),
    "scanners_met": scanned(u.STATE_SLAB),
    "compound_too_big": direct(3, MOVABLE, (16, u.STATE_SLAB, 0, 3)),
    "not_on_lru": scanned(u.STATE_SLAB),
    "balloon_no_hook": scanned(u.STATE_BALLOON),
    "balloon_not_marked": _moved_once,
    "balloon_is_locked": scanned(u.STATE_BALLOON, u.PG_LOCKED, "lru_hook"),
    "lru_lock_not_held": _before_the_lock,
    "thp_is_skipped": _huge("2012", FIRST + 8),
    "anon_is_pinned": scanned(u.STATE_ANON, u.PG_PINNED),
    "under_writeback": direct(9, MOVABLE, (64, u.STATE_ANON, u.PG_WRITEBACK, 0)),
    "page_is_unevictable": scanned(u.STATE_ANON, u.PG_UNEVICTABLE, profile="2012"),
    "target_is_finished": _huge("modern", FIRST),
    "target_type": compacted(_kernel_types),
    "target_type_closed": compacted(_reserve, "2012"),
    "watermark_forbids": compacted(_low),
    "taken_as_target": scanned(u.STATE_ANON),
    "moved": scanned(u.STATE_ANON),
    "writeback_not_waited": scanned(u.STATE_ANON, u.PG_WRITEBACK, profile="2012"),
    "extra_references": scanned(u.STATE_FILE, u.PG_PINNED),
    "no_target": compacted(_nothing, full=True),
    "not_tried": compacted(_nothing, full=True),
    "page_is_locked": direct(9, MOVABLE, (64, u.STATE_ANON, u.PG_LOCKED, 0)),
    "piece_is_spoiled": direct(9, MOVABLE, (40, u.STATE_SLAB, 0, 0)),
    "leaked_to_lru": _leaked,
    "target_type_of_pass": balloon_work(
        "separate_pass:type=unmovable", pass_pending=1, pass_budget=u.PFN_NONE
    ),
    "balloon_takes_page": inflating(),
    "pageblock_claimed": inflating(),
    "page_stolen": inflating(u.STATE_ANON, 39),
    "other_type_taken": inflating(profile="2012"),
    "below_low_watermark": inflating(wmark_low=1 << 20, wmark_high=1 << 20),
    "after_direct_reclaim": inflating(
        u.STATE_FILE, 39, wmark_min=210, wmark_low=212, wmark_high=214
    ),
    "released": balloon_work("pinned", balloon_target=0),
    "block_is_taken": balloon_work("dedicated_block:prevent", balloon_target=4 * BLOCK),
    "block_is_gathered": balloon_work("dedicated_block", gather_pending=1),
    "gather_too_few": balloon_work("dedicated_block", 300, gather_pending=1),
    "gather_keeps_free": balloon_work("dedicated_block:keep=16", gather_pending=1),
    "gather_no_gain": balloon_work("dedicated_block:gain", gather_pending=1),
    "gather_no_block": balloon_work("dedicated_block", dear=True, gather_pending=1),
    "taken_for_kernel": asked(c.AllocPages(2, 3)),
    "given_back": asked(c.AllocPages(2, 3)),
    "pinned_for_long": asked(c.PinMemory(1)),
    "range_not_movable": in_range("pinned", "2012"),
    "round_is_lost": in_range("lru_hook", "2012"),
    "dropped_from_range": contiguous,
    "no_free_page": in_range("lru_hook", full=True),
    "reclaimed": pressed,
    "kept_by_reclaim": pressed,
    "unmapped_part": splitting,
    "dropped": dropped,
    "range_stop_hole": in_range("pinned", hole=True),
    "range_stop_unmovable": in_range("pinned", mt=u.MIGRATE_UNMOVABLE),
    "range_stop_not_on_lru": in_range("lru_hook", "2012"),
    "range_stop_no_target": in_range("lru_hook", full=True),
    "range_stop_not_migrated": in_range("lru_hook", flags=u.PG_PINNED),
    "range_stop_in_use": in_range("pinned", "2012", alone=True),
    "range_stop_no_area": nowhere,
}


def test_every_reason_has_a_guest_that_shows_it() -> None:
    assert set(SHOWN) == set(REASONS)
    assert set(REASONS) == set(where_decided()) | {range_id(n) for n in range(1, 8)}
    assert {reason.outcome for reason in REASONS.values()} == set(OUTCOMES)


@pytest.mark.parametrize("reason", SHOWN)
def test_a_guest_shows_the_reason(reason: str) -> None:
    answer = SHOWN[reason]()
    found = [entry for entry in answer["handled"] if entry["reason"] == reason]
    assert found, answer["counts"]
    for entry in found:
        assert entry["outcome"] == REASONS[reason].outcome
        assert entry["subject"] == REASONS[reason].subject
        assert entry["source"] == REASONS[reason].source_in(answer["profile"] == "2012")
        assert entry["sentence"]
        assert "{" not in entry["sentence"]
        assert entry["calls"] or entry["by"] == "gather"  # gathering is ours, not the kernel's
