"""The driver's rounds: messages, order of the list, whole pageblocks, holes, giving back."""

from __future__ import annotations

import numpy as np

from engine import units as u
from engine.core.balloon import balloon
from engine.core.memory.cpu import (
    COST_BALLOON,
    COST_BALLOON_BLOCK,
    COST_BALLOON_HOOK,
    COST_DEFLATE,
    COST_DEFLATE_HOOK,
)
from engine.core.observe.check import validate
from engine.designs import parse_design
from engine.designs.base import rules_dict
from engine.guest import Guest
from engine.snapshot import copy_guest
from tests.engine.worlds import base


def guest_under(key: str, preset: str = "tight") -> Guest:
    guest = copy_guest(base(preset))
    for name, value in rules_dict(parse_design(key).rules()).items():
        guest.vm[0][name] = value
    guest.vm[0]["host_exits"] = guest.vm[0]["host_pfns"] = 0
    return guest


def on_list(guest: Guest, list_id: int) -> list[int]:
    pfns = []
    pfn = int(guest.lists[list_id]["first"])
    while pfn != u.PFN_NONE:
        pfns.append(pfn)
        pfn = int(guest.pages[pfn]["next"])
    return pfns


def clean(guest: Guest) -> bool:
    return int(validate(guest)[0]) == 0


def test_a_round_is_at_most_256_pages_and_one_message() -> None:
    guest = guest_under("pinned")
    assert balloon.fill_chunk(guest, 1000) == 256
    assert balloon.fill_chunk(guest, 44) == 44
    assert (guest.vm[0]["host_exits"], guest.vm[0]["host_pfns"]) == (2, 300)
    assert balloon.balloon_size(guest) == 300
    assert clean(guest)
    assert balloon.leak_chunk(guest, 1000) == 256
    assert balloon.leak_chunk(guest, 1000) == 44
    assert balloon.leak_chunk(guest, 1000) == 0
    assert (guest.vm[0]["host_exits"], guest.vm[0]["host_pfns"]) == (4, 600)
    assert clean(guest)


def test_without_rounds_the_newest_page_is_given_back_first() -> None:
    guest = guest_under("pinned")
    order = []
    for _ in range(6):
        balloon.fill_chunk(guest, 1)
        order.append(on_list(guest, u.LIST_BALLOON)[0])
    assert on_list(guest, u.LIST_BALLOON) == order[::-1]
    again = guest_under("pinned")
    balloon.fill_chunk(again, 6)
    assert on_list(again, u.LIST_BALLOON) == order[::-1]


def test_with_rounds_each_round_lies_in_the_order_of_its_allocation() -> None:
    guest, single = guest_under("lru_hook"), guest_under("lru_hook")
    order = []
    for _ in range(6):
        balloon.fill_chunk(single, 1)
        order.append(on_list(single, u.LIST_BALLOON)[0])
    balloon.fill_chunk(guest, 3)
    balloon.fill_chunk(guest, 3)
    assert on_list(guest, u.LIST_BALLOON) == order[3:] + order[:3]


def test_only_the_hook_marks_pages_as_movable_by_the_generic_scanner() -> None:
    for key, flag in (("pinned", 0), ("separate_pass", 0), ("lru_hook", u.PG_MOVABLE_OPS)):
        guest = guest_under(key)
        balloon.fill_chunk(guest, 20)
        flags = guest.pages["flags"][on_list(guest, u.LIST_BALLOON)]
        assert (flags == flag).all(), key


def test_balloon_pages_are_taken_from_blocks_of_the_rules_type() -> None:
    guest = guest_under("lru_hook")
    balloon.fill_chunk(guest, 256)
    blocks = np.array(on_list(guest, u.LIST_BALLOON)) >> u.PAGEBLOCK_ORDER
    assert (guest.blocks["migratetype"][blocks] == u.MIGRATE_MOVABLE).all()


def test_a_whole_block_is_dedicated_until_its_last_page_goes() -> None:
    guest = guest_under("dedicated_block:prevent", "roomy")
    assert balloon.fill_block(guest) == 512
    pfns = on_list(guest, u.LIST_BALLOON_DEDICATED)
    block = pfns[0] >> u.PAGEBLOCK_ORDER
    assert pfns == list(range((block << 9) + 511, (block << 9) - 1, -1))
    assert guest.blocks[block]["flags"] & u.PB_DEDICATED
    assert guest.vm[0]["dedicated_blocks"] == 1
    assert guest.vm[0]["host_exits"] == 2
    balloon.leak_chunk(guest, 256)
    balloon.leak_chunk(guest, 255)
    assert guest.blocks[block]["flags"] & u.PB_DEDICATED
    assert clean(guest)
    balloon.leak_chunk(guest, 1)
    assert not guest.blocks[block]["flags"] & u.PB_DEDICATED
    assert guest.vm[0]["dedicated_blocks"] == 0
    assert clean(guest)


def test_a_block_of_its_own_type_lends_its_holes_to_the_balloon_only() -> None:
    guest = guest_under("dedicated_block:prevent+own_type", "roomy")
    balloon.fill_block(guest)
    block = on_list(guest, u.LIST_BALLOON_DEDICATED)[0] >> u.PAGEBLOCK_ORDER
    assert guest.blocks[block]["migratetype"] == u.MIGRATE_BALLOON
    balloon.leak_chunk(guest, 200)
    assert guest.blocks[block]["nr_free"] == 200
    assert clean(guest)
    assert balloon.fill_chunk(guest, 50) == 50
    assert guest.blocks[block]["nr_balloon"] == 362
    assert guest.lists[u.LIST_BALLOON]["nr"] == 0
    balloon.leak_chunk(guest, 256)
    balloon.leak_chunk(guest, 256)
    assert guest.blocks[block]["migratetype"] == u.MIGRATE_MOVABLE
    assert clean(guest)


def test_no_page_is_no_gain_and_no_message() -> None:
    guest = guest_under("pinned")
    guest.zones["wmark_min"] = guest.zones["wmark_low"] = len(guest.pages)
    assert balloon.fill_chunk(guest, 10) == 0
    assert guest.vm[0]["host_exits"] == 0
    assert guest.vm[0]["balloon_out_of_puff"] == 1


def test_what_a_page_costs_depends_on_the_design() -> None:
    for key, taken, back in (
        ("pinned", COST_BALLOON, COST_DEFLATE),
        ("lru_hook", COST_BALLOON_HOOK, COST_DEFLATE_HOOK),
        ("dedicated_block:prevent", COST_BALLOON_BLOCK, COST_DEFLATE),
    ):
        guest = guest_under(key, "roomy")
        fill = balloon.fill_block if "prevent" in key else lambda g: balloon.fill_chunk(g, 256)
        got = fill(guest)
        assert guest.vm[0]["balloon_work"] == got * taken > 0
        balloon.leak_chunk(guest, 10)
        assert guest.vm[0]["balloon_work"] == got * taken + 10 * back
