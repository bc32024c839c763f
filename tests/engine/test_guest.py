"""Blank guests and the memory map."""

from __future__ import annotations

import numpy as np
import pytest

from engine import guest as g
from engine import units as u
from engine.core.observe.check import validate
from engine.guest import ZoneSpan, make_guest

DMA = ZoneSpan(u.ZONE_DMA, 0, 4096)


def test_a_page_costs_twenty_bytes() -> None:
    assert g.PAGE_DTYPE.itemsize == 20
    assert g.BLOCK_DTYPE.itemsize == 16


def test_a_blank_guest_is_clean_and_all_hole() -> None:
    guest = make_guest((DMA, ZoneSpan(u.ZONE_NORMAL, 8192, 9216)), 5)
    assert validate(guest) == (0, u.PFN_NONE)
    assert len(guest.pages) == 9216
    assert set(guest.pages["state"].tolist()) == {u.STATE_HOLE}
    assert guest.blocks["zone"][[0, 7, 16, 17]].tolist() == [0, 0, 1, 1]
    assert guest.zones["init_free_pfn"].tolist() == [4096 - 512, 9216 - 512]
    assert guest.vm[0]["nr_zones"] == 2


def test_the_seed_may_be_any_integer() -> None:
    seeds = [make_guest((DMA,), seed).vm[0]["rng"] for seed in (-1, 0, 1 << 70, (1 << 64) - 1)]
    assert [int(seed) for seed in seeds] == [(1 << 64) - 1, 0, 0, (1 << 64) - 1]


def test_field_names_are_unique() -> None:
    names = list(g.VM_DTYPE.names or ())
    assert len(names) == len(set(names))
    assert np.zeros(1, g.VM_DTYPE)[0]["rng"].dtype == np.uint64


@pytest.mark.parametrize(
    ("spans", "text"),
    [
        ((ZoneSpan(u.ZONE_DMA, 0, 100),), "zone DMA: 0 to 100 is not whole pageblocks"),
        ((ZoneSpan(u.ZONE_DMA, 512, 512),), "zone DMA: 512 to 512 is empty"),
        (
            (DMA, ZoneSpan(u.ZONE_NORMAL, 2048, 8192)),
            "zone Normal: 2048 to 8192 is empty or overlaps",
        ),
        ((), "a guest of 0 pages: the limit is 2147483135 pages"),
        ((ZoneSpan(u.ZONE_NORMAL, 0, 1 << 31),), "a guest of 2147483648 pages: the limit"),
    ],
)
def test_impossible_maps_are_refused(spans: tuple[ZoneSpan, ...], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make_guest(spans, 1)
