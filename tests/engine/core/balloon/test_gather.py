"""Gathering scattered balloon pages in a free pageblock."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.balloon import balloon, gather
from engine.core.observe.check import validate
from engine.designs import parse_design
from engine.designs.base import rules_dict
from engine.guest import Guest
from engine.snapshot import copy_guest
from tests.engine.worlds import base


def scattered(key: str, nr: int) -> Guest:
    """A guest with ``nr`` scattered balloon pages under a design."""
    guest = copy_guest(base("roomy"))
    for name, value in rules_dict(parse_design(key).rules()).items():
        guest.vm[0][name] = value
    while nr > 0:
        nr -= balloon.fill_chunk(guest, nr)
    guest.vm[0]["host_exits"] = 0
    return guest


def held(guest: Guest) -> tuple[int, int]:
    return (
        int(guest.lists[u.LIST_BALLOON]["nr"]),
        int(guest.lists[u.LIST_BALLOON_DEDICATED]["nr"]),
    )


@pytest.mark.parametrize("victims", ["newest", "emptiest"])
def test_one_block_takes_512_scattered_pages(victims: str) -> None:
    guest = scattered(f"dedicated_block:victims={victims}", 700)
    assert gather.gather_block(guest) == 1
    assert held(guest) == (188, 512)
    assert guest.vm[0]["gather_pages"] == 512
    assert guest.vm[0]["host_exits"] == 4  # 512 pages in, 512 out, 256 to a message
    assert int(validate(guest)[0]) == 0
    # Fewer than 512 are left.
    assert gather.gather_block(guest) == 0


def test_fill_gathers_what_there_is() -> None:
    guest = scattered("dedicated_block:fill", 300)
    assert gather.gather_block(guest) == 1
    assert held(guest) == (0, 300)
    assert gather.gather_block(guest) == 0
    assert int(validate(guest)[0]) == 0


def test_without_a_free_block_nothing_is_gathered() -> None:
    guest = scattered("dedicated_block", 700)
    while gather.gather_block(guest) == 1:
        balloon.fill_chunk(guest, 256)
        balloon.fill_chunk(guest, 256)
    scattered_left, dedicated = held(guest)
    assert scattered_left + dedicated == balloon.balloon_size(guest)
    assert int(validate(guest)[0]) == 0


def test_keep_looks_at_the_free_blocks() -> None:
    guest = scattered("dedicated_block:keep=16", 700)
    free = int(gather._free_blocks(guest))
    assert gather.gather_block(guest) == (1 if free > 16 else 0)


def test_gain_needs_two_blocks_that_become_free_of_balloon_pages() -> None:
    guest = scattered("dedicated_block:gain+victims=emptiest", 700)
    gained = int(gather._gained_blocks(guest, 512))
    assert gather.gather_block(guest) == (1 if gained >= 2 else 0)
