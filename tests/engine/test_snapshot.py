"""Copies and digests."""

from __future__ import annotations

import pytest

from engine import units as u
from engine.core.memory.page import set_state
from engine.guest import set_kernel
from engine.kernels import KERNELS, LAW_FIELDS
from engine.snapshot import copy_guest, digest, frozen_copy, guest_bytes, restore
from engine.view import GuestView
from tests.engine.small_guest import all_free, put, same, settle, two_zones


def test_a_copy_is_equal_and_independent() -> None:
    guest = settle(all_free(4))
    other = copy_guest(guest)
    assert same(guest, other)
    assert digest(guest) == digest(other)
    set_state(other, 0, 0, u.STATE_ANON, 0)
    assert digest(guest) != digest(other)
    restore(other, guest)
    assert same(guest, other)


def test_a_frozen_copy_cannot_be_written_and_gives_writable_ones() -> None:
    guest = settle(all_free(4))
    kept = frozen_copy(guest)
    with pytest.raises(ValueError, match="read-only"):
        kept.vm[0]["tick"] = 1
    set_state(guest, 0, 0, u.STATE_ANON, 0)
    assert digest(kept) != digest(guest)
    again = copy_guest(kept)
    again.vm[0]["tick"] = 1
    assert digest(again) != digest(kept)


@pytest.mark.parametrize("array", ["pages", "blocks", "lists", "zones", "vm", "cc"])
def test_every_array_counts(array: str) -> None:
    guest = settle(all_free(4))
    before = digest(guest)
    getattr(guest, array).view("u1")[5] ^= 1
    assert digest(guest) != before


def test_the_kernel_counts_by_its_number_and_its_laws_do_not() -> None:
    guest = settle(all_free(4))
    before = digest(guest)
    for name in LAW_FIELDS:
        guest.vm[0][name] = 1 - guest.vm[0][name]
    assert digest(guest) == before, "a new law would rename every guest"
    names = {digest(guest)}
    for kernel in KERNELS.values():
        set_kernel(guest, kernel)
        names.add(digest(guest))
    assert len(names) == len(KERNELS)


@pytest.mark.parametrize(("used", "counts"), [([], False), ([7], True)])
def test_file_lists_of_a_lower_zone_count_if_there_is_something_on_them(
    used: list[int], counts: bool
) -> None:
    guest = two_zones(used=used, state=u.STATE_FILE)
    before = digest(guest)
    guest.lists["pad"][-u.LISTS_PER_LOWER_ZONE] = 1
    assert (digest(guest) != before) == counts, "a guest without them was named before they were"


def test_looking_changes_no_digest() -> None:
    guest = all_free(4)
    put(guest, [3])
    settle(guest)
    before = digest(guest)
    GuestView(guest)
    assert not guest.blocks["flags"].any() or not (guest.blocks["flags"] & u.PB_STALE).any()
    assert digest(guest) == before


def test_a_guest_of_another_size_is_refused_untouched() -> None:
    small, large = settle(all_free(2)), settle(all_free(4))
    before = digest(small)
    with pytest.raises(
        ValueError, match="a guest of 1024 pages and 1 zones cannot hold one of 2048"
    ):
        restore(small, large)
    assert digest(small) == before


def test_memory_is_at_most_24_bytes_a_page() -> None:
    guest = all_free(512)
    assert guest_bytes(guest) <= 24 * len(guest.pages)
