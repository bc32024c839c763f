"""Memory at sparse and high addresses: a guest costs what is present."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from engine import units as u
from engine.capture.archive import Limits
from engine.capture.extent import cut_pages, extent_of, mark_offline
from engine.capture.load import guest_from_capture, load_capture
from engine.capture.pagefile import PageFile, read_pages
from engine.capture.pages import PAGES_PER_SECTION as SECTION
from engine.capture.text import ZoneText
from engine.core.observe.check import explain_check, validate
from tests.engine import small_capture as small

NOPAGE = 1 << 20
HIGH = 1 << 27  # pfn of 512 GiB
LIMITS = Limits(address_mib=1 << 20)


def zone(name: str, start: int, spanned: int, present: int = 0) -> ZoneText:
    present = present or spanned
    return ZoneText((0, name), start, spanned, {"present": present, "managed": present}, (), ())


def pages(nr: int, *parts: tuple[int, int, int], filler: int = NOPAGE) -> PageFile:
    """A file of ``nr`` words with (start, end, word) in it; what is far apart is never laid out."""
    alike = np.full(-(-nr // SECTION), filler, np.uint64)
    pieces = {}
    for start, end, word in parts:
        for section in range(start // SECTION, -(-end // SECTION)):
            piece = pieces.setdefault(section, np.full(SECTION, alike[section], np.uint64))
            at = section * SECTION
            piece[max(start - at, 0) : end - at] = word
    return PageFile(8 * nr, alike, pieces)


def test_memory_where_it_usually_is_stays_where_it_is() -> None:
    zones = (zone("DMA32", 4096, 12 * SECTION),)
    flags = pages(13 * SECTION, (4096, 12 * SECTION, 8))
    extent = extent_of(zones, flags, pages(13 * SECTION, filler=0), "x", LIMITS)
    assert (extent.zones, extent.left_out) == (zones, 0)
    assert (cut_pages(flags, extent, NOPAGE)[4096 : 12 * SECTION] == 8).all()


def test_gaps_between_and_within_zones_cost_one_section_each() -> None:
    low, high = 17 * SECTION + 512, HIGH
    end = high + 40 * SECTION
    zones = (
        zone("DMA32", low, 2 * SECTION),
        zone("Normal", high, 40 * SECTION, present=4 * SECTION),
    )
    flags = pages(
        end, (low, low + 2 * SECTION, 1), (high, high + 2 * SECTION, 2), (end - 2 * SECTION, end, 3)
    )
    extent = extent_of(zones, flags, pages(end, filler=0), "x", LIMITS)
    assert len(extent.sections) == 3 + 1 + 2 + 1 + 2
    assert [one.start_pfn for one in extent.zones] == [512, 4 * SECTION]
    assert [one.start_pfn % SECTION for one in extent.zones] == [512, high % SECTION]
    words = cut_pages(flags, extent, NOPAGE)
    assert [int((words == word).sum()) for word in (1, 2, 3)] == [2 * SECTION] * 3
    gap = words[6 * SECTION : 7 * SECTION]  # what is on its two sides must not merge
    assert (gap == NOPAGE).all()


def test_two_nodes_below_900_gib_cost_what_is_present() -> None:
    """16 GiB on either node of a machine whose second node begins at 884 GiB."""
    gib = 1 << 18
    low, high = 16 * gib, 884 * gib
    zones = (zone("Normal", 0, low), zone("Normal", high, 16 * gib))
    zones = (zones[0], replace(zones[1], key=(1, "Normal")))
    end = high + 16 * gib
    flags = pages(end, (0, SECTION, 8), (high, end, 9))
    flags.alike[: low // SECTION] = 8
    extent = extent_of(zones, flags, pages(end, filler=0), "x", LIMITS)
    assert extent.spans[-1].end_pfn == 32 * gib + SECTION
    assert extent.left_out == 868 * gib - SECTION
    words = cut_pages(flags, extent, NOPAGE)
    assert words.nbytes == 8 * (32 * gib + SECTION)
    assert [int((words == word).sum()) for word in (8, 9, NOPAGE)] == [low, 16 * gib, SECTION]


def test_a_file_without_any_flag_takes_no_memory_away() -> None:
    zones = (zone("Normal", HIGH, 8 * SECTION),)
    zeros = pages(HIGH + 8 * SECTION, filler=0)
    extent = extent_of(zones, zeros, zeros, "x", LIMITS)
    assert extent.spans[0].end_pfn - extent.spans[0].start_pfn == 8 * SECTION
    words, counts = cut_pages(zeros, extent, NOPAGE), cut_pages(zeros, extent, 0)
    mark_offline(words, counts)
    assert (words == NOPAGE).all()


@pytest.mark.parametrize("high", [1 << 22, (1 << 22) + 3 * u.PAGEBLOCK_NR_PAGES])
def test_a_guest_at_high_addresses_is_the_guest_that_it_would_be_below(high: int) -> None:
    files = small.small()
    low = guest_from_capture(load_capture(small.archive(files), "low"))
    flags = np.frombuffer(files["kpageflags"], "<u8")
    words = np.full(high + len(flags), NOPAGE, np.uint64)
    words[high:] = flags
    files["kpageflags"], files["kpagecount"] = words.tobytes(), bytes(8 * len(words))
    del words
    files["zoneinfo"] = files["zoneinfo"].replace(b":           0\n", f": {high}\n".encode(), 1)
    capture = load_capture(small.archive(files), "high", LIMITS)
    assert capture.nr_pages < 2 * SECTION
    assert "of holes are left out" in capture.summary()["assumed"][-1]
    guest = guest_from_capture(capture)
    assert validate(guest)[0] == 0, explain_check(validate(guest))
    shift = capture.spans[0].start_pfn
    assert shift == high % SECTION
    assert (guest.pages["state"][shift:] == low.pages["state"]).all()
    assert (guest.blocks["nr_free"][shift >> 9 :] == low.blocks["nr_free"]).all()


def test_what_is_too_large_or_too_high_names_its_limit() -> None:
    limits = Limits(guest_mib=256, setting="SETTING", address_mib=1 << 20)
    zones = (zone("Normal", HIGH, 8 * SECTION),)
    file = pages(HIGH + 8 * SECTION, filler=0)
    with pytest.raises(ValueError, match=r"machine of 1024 MiB: the limit is 256 MiB .SETTING"):
        extent_of(zones, file, file, "x", limits)
    with pytest.raises(ValueError, match=r"addresses up to 525312 MiB.*65536 MiB"):
        extent_of(zones, file, file, "x", Limits())


def test_a_page_file_is_read_like_one_made_here() -> None:
    made = pages(3 * SECTION, (5, 9, 4))
    raw = made.words(0, len(made)).tobytes()
    assert sorted(read_pages(io.BytesIO(raw), len(raw), "x", 1 << 30).pieces) == [0]
