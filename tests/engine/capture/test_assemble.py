"""Guests assembled from captures: clean, in the captured state, list orders drawn by seed."""

from __future__ import annotations

import numpy as np

from engine import units as u
from engine.capture.load import guest_from_capture, load_capture
from engine.core.memory.freelist import free_list, pcp_list
from engine.core.observe.check import validate
from engine.guest import Guest
from tests.engine.small_capture import (
    ANON,
    BALLOON,
    FILE,
    FREE,
    HEAD,
    RESERVED,
    SLAB,
    TAIL,
    THP,
    archive,
    files,
    words,
)


def build(parts: list[tuple[int, int]], types: str, seed: int = 1, **zone: int) -> Guest:
    contents = files(words(*parts), types + "M" * (16 - len(types)), **zone)
    guest = guest_from_capture(load_capture(archive(contents)), seed)
    code, pfn = validate(guest)
    assert code == 0, (code, pfn)
    return guest


def entries(guest: Guest, list_id: int) -> list[int]:
    """Pages of a list, first to last."""
    out = []
    pfn = int(guest.lists[list_id]["first"])
    while pfn != u.PFN_NONE:
        out.append(pfn)
        pfn = int(guest.pages["next"][pfn])
    assert len(out) == guest.lists[list_id]["nr"]
    return out


def test_free_lists_and_counters_agree_with_the_capture() -> None:
    guest = build([(256, RESERVED), (250, SLAB)], "U")
    assert entries(guest, free_list(0, 1, u.MIGRATE_UNMOVABLE)) == [506]
    assert entries(guest, free_list(0, 2, u.MIGRATE_UNMOVABLE)) == [508]
    assert entries(guest, free_list(0, 9, u.MIGRATE_MOVABLE)) == [512]
    assert len(entries(guest, free_list(0, 10, u.MIGRATE_MOVABLE))) == 7
    assert guest.zones[0]["nr_free"] == 8192 - 506
    assert guest.blocks[0]["nr_unmovable"] == 250
    assert guest.blocks[0]["nr_reserved"] == 256


def test_a_block_stands_at_the_tail_if_its_larger_buddy_was_freed_before_it() -> None:
    used, free = (1, ANON), (1, FREE)
    parts = [(512, RESERVED), used, free, free, free]  # 513: the pair above it is free
    parts += [free, free, free, used]  # 518: the pair below it is free
    parts += [(8, ANON), free, (495, ANON)]  # 528: no larger buddy is free
    guest = build(parts, "UM")
    assert entries(guest, free_list(0, 0, u.MIGRATE_MOVABLE)) == [528, 513, 518]
    assert entries(guest, free_list(0, 1, u.MIGRATE_MOVABLE)) == [516, 514]


def test_what_boot_left_of_a_largest_block_does_not_make_those_below_it_used() -> None:
    start, boot = [(512, RESERVED), (512, ANON), (12 * 512, FREE)], (512, RESERVED)
    largest = free_list(0, 10, u.MIGRATE_MOVABLE)
    unused = entries(build([*start, boot, boot], "UM"), largest)
    assert len(unused) == 6
    assert entries(build([*start, (512, ANON), boot], "UM"), largest) == unused  # as boot left it
    assert entries(build([*start, boot, (512, ANON)], "UM"), largest) == unused
    assert entries(build([*start, (512, ANON), (512, ANON)], "UM"), largest) == unused[::-1]


def test_watermarks_are_stored_without_boost() -> None:
    zone = build([(256, RESERVED)], "U", boost=512, min=576, low=592, high=608, promo=624).zones[0]
    assert [int(zone[f"wmark_{w}"]) for w in ("min", "low", "high", "promo")] == [64, 80, 96, 112]
    assert zone["watermark_boost"] == 512
    assert (zone["pcp_high"], zone["pcp_batch"]) == (84, 21)


def test_parked_pages_are_on_per_cpu_lists() -> None:
    parts = [(512, SLAB), (100, ANON), (5, 0), (100, ANON), (7, 0)]
    guest = build(parts, "UM", pcp=9)
    assert len(entries(guest, pcp_list(0, u.MIGRATE_MOVABLE))) == 9
    assert guest.zones[0]["pcp_count"] == 9
    assert int((guest.pages["state"] == u.STATE_UNKNOWN).sum()) == 3


def test_lru_lists_follow_the_counts_of_zoneinfo() -> None:
    parts = [(512, SLAB), (512, ANON), (512, FILE)]
    guest = build(parts, "UMM", active_anon=512, inactive_file=512)
    assert int(guest.lists[u.LRU_ACTIVE_ANON]["nr"]) == 512
    assert int(guest.lists[u.LRU_INACTIVE_FILE]["nr"]) == 512
    assert guest.zones[0]["nr_zone_active_anon"] == 512
    guest = build(parts, "UMM", active_anon=100)
    assert int(guest.lists[u.LRU_ACTIVE_ANON]["nr"]) == 100
    assert int(guest.lists[u.LRU_INACTIVE_ANON]["nr"]) == 412


def test_a_huge_page_is_one_entry() -> None:
    parts = [(512, SLAB), (1, ANON | THP | HEAD), (511, ANON | THP | TAIL)]
    guest = build(parts, "UM", active_anon=512)
    assert entries(guest, u.LRU_ACTIVE_ANON) == [512]
    assert guest.zones[0]["nr_zone_active_anon"] == 512
    assert guest.blocks[1]["nr_movable"] == 512


def test_balloon_pages_are_on_the_balloon_list() -> None:
    guest = build([(512, SLAB), (300, BALLOON)], "UM")
    assert sorted(entries(guest, u.LIST_BALLOON)) == list(range(512, 812))
    assert guest.vm[0]["balloon_target"] == 300


def test_seeds_change_orders_and_nothing_else() -> None:
    parts = [part for _ in range(16) for part in ((500, ANON), (12, FILE | 1 << 10))]
    one, two, again = (build(parts, "", seed=seed) for seed in (1, 2, 1))
    for field in ("state", "flags", "order"):
        assert (one.pages[field] == two.pages[field]).all()
    assert one.pages.tobytes() == again.pages.tobytes()
    assert one.lists.tobytes() == again.lists.tobytes()
    lists = [entries(guest, u.LRU_ACTIVE_ANON) for guest in (one, two)]
    assert sorted(lists[0]) == sorted(lists[1])
    assert lists[0] != lists[1]
    assert np.array_equal(one.blocks["migratetype"], two.blocks["migratetype"])
