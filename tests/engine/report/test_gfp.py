"""Masks, by name and by number."""

from __future__ import annotations

import pytest

from engine.report.gfp import COMPOUND, given_names, mask_names, mask_of, printed_names


@pytest.mark.parametrize(
    ("names", "migratetype", "highest", "waits", "reserves"),
    [
        ("GFP_KERNEL", "Unmovable", "Normal", True, False),
        ("GFP_HIGHUSER_MOVABLE|__GFP_COMP", "Movable", "Movable", True, False),
        ("GFP_HIGHUSER", "Unmovable", "HighMem", True, False),
        ("GFP_ATOMIC|__GFP_COMP", "Unmovable", "Normal", False, True),
        ("GFP_NOWAIT", "Unmovable", "Normal", False, False),
        ("GFP_KERNEL|GFP_DMA32", "Unmovable", "DMA32", True, False),
        ("GFP_KERNEL|__GFP_DMA", "Unmovable", "DMA", True, False),
        ("GFP_NOFS|__GFP_RECLAIMABLE", "Reclaimable", "Normal", True, False),
        ("GFP_TRANSHUGE", "Movable", "Movable", True, False),
        ("GFP_TRANSHUGE_LIGHT", "Movable", "Movable", False, False),
    ],
)
def test_what_a_mask_asks_for(
    names: str, migratetype: str, highest: str, waits: bool, reserves: bool
) -> None:
    mask = mask_of(printed_names(names))
    assert (mask.migratetype, mask.highest) == (migratetype, highest)
    assert (mask.waits, mask.reserves) == (waits, reserves)


def test_old_numbers_are_the_flags_of_their_time() -> None:
    mask = mask_of(mask_names(0x201DA))  # GFP_HIGHUSER_MOVABLE|__GFP_COLD of 3.x
    assert (mask.migratetype, mask.highest, mask.waits) == ("Movable", "Movable", True)
    assert not mask_of(mask_names(0x4020)).waits  # GFP_ATOMIC|__GFP_COMP
    assert mask_of(mask_names(0x4020)).reserves
    assert mask_of(mask_names(0xD0)).migratetype == "Unmovable"  # GFP_KERNEL


def test_every_short_name_is_made_of_flags() -> None:
    assert all(flag.startswith("__GFP_") for flags in COMPOUND.values() for flag in flags)


@pytest.mark.parametrize("text", ["", "kernel", "GFP_KERNAL", "GFP_KERNEL|", "GFP_KERNEL,GFP_DMA"])
def test_a_word_that_is_no_flag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="gfp has"):
        given_names(text)
