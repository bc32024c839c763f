"""The text files of /proc: read as Linux writes them, refused in a sentence when they are not."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from engine import units as u
from engine.capture.text import (
    parse_buddyinfo,
    parse_meminfo,
    parse_pagetypeinfo,
    parse_vmstat,
    parse_zoneinfo,
)
from engine.errors import OtherGeometryError
from tests.engine.small_capture import small


def test_buddyinfo_is_read_by_zone_and_order() -> None:
    body = b"Node 0, zone      DMA     78     39     11      9     10      2      2 1 3 1 0 \n"
    assert parse_buddyinfo(body) == {(0, "DMA"): (78, 39, 11, 9, 10, 2, 2, 1, 3, 1, 0)}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "no zone"),
        (b"Node 0, zone DMA 1 2 3\n", "3 orders"),
        (b"Node 0, zone DMA" + 14 * b" 1" + b"\n", "14 orders, 0 to 13.*MAX_ORDER"),
        (b"Node 0, zone DMA" + 12 * b" 1" + b"\n", "12 orders"),
        (b"Node 0, zone DMA 1 2 x\n", "not a line"),
        (b"Node 0, zone DMA -1 0 0 0 0 0 0 0 0 0 0\n", "not a line"),
        (b"Node 0, zone DMA " + b"9" * 30 + b" 0 0 0 0 0 0 0 0 0 0\n", "not a count"),
        (b"\xff\xfe", "not text"),
    ],
)
def test_a_buddyinfo_that_linux_would_not_write_is_refused(body: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_buddyinfo(body)


def test_a_capped_count_in_pagetypeinfo_is_marked() -> None:
    body = small()["pagetypeinfo"].replace(b"Movable      0", b"Movable >100000", 1)
    types = parse_pagetypeinfo(body)
    assert types.free[(0, "DMA")][u.MIGRATE_MOVABLE][0] == -1
    assert types.blocks[(0, "DMA")] == {0: 1, 1: 15, 2: 0, 3: 0, 5: 0}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (b"Page block order: 9", b"Page block order: 13", "order 13 .32 MiB.*no option"),
        (b"type    Unmovable", b"type    Unmovable 1 2 3", "14 orders, 0 to 13.*no option"),
        (b"Page block order: 9", b"", "pageblock order"),
        (b"type", b"tipe", "no free pages"),
        (b"Number of blocks type", b"x", "no pageblocks"),
    ],
)
def test_a_pagetypeinfo_that_linux_would_not_write_is_refused(
    old: bytes, new: bytes, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        parse_pagetypeinfo(small()["pagetypeinfo"].replace(old, new))


def test_page_owners_trailer_ends_no_file() -> None:
    path = Path(__file__).parents[1] / "report" / "cases" / "two-nodes-page-owner.txt"
    text = path.read_text().partition("==> zoneinfo")[0].partition("==> pagetypeinfo <==\n")[2]
    types = parse_pagetypeinfo(text.encode())
    assert list(types.blocks) == [(0, "DMA"), (0, "DMA32"), (1, "Normal")]
    assert types.blocks[1, "Normal"][u.MIGRATE_MOVABLE] == 984


def test_zoneinfo_leaves_out_empty_zones() -> None:
    zones, stats = parse_zoneinfo(small()["zoneinfo"])
    assert [zone.key for zone in zones] == [(0, "DMA")]
    zone = zones[0]
    assert (zone.start_pfn, zone.spanned, zone.number("low")) == (0, 8192, 80)
    assert zone.pcp == ((0, 84, 21),)
    assert zone.protection == (0, 0, 0, 0, 0)
    assert stats["nr_slab_reclaimable"] == 0


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (b"Node 0", b"Knot 0", "no zone"),
        (b"  start_pfn:           0", b"", "start_pfn"),
        (b"        present  8192\n        managed  8192\n", b"", "present"),
        (b"zone      DMA", b"zone  HighMem", "HighMem of node 0 has 8192 pages.*32-bit"),
        (b"zone      DMA", b"zone   Strange", "such a zone cannot be simulated"),
        (b"        managed  8192\n", b"        managed  0\n", "no zone with memory"),
    ],
)
def test_a_zoneinfo_that_linux_would_not_write_is_refused(
    old: bytes, new: bytes, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        parse_zoneinfo(small()["zoneinfo"].replace(old, new))


def test_another_order_that_a_process_of_its_own_can_simulate_is_named() -> None:
    body = small()["pagetypeinfo"].replace(b"Page block order: 9", b"Page block order: 10")
    with pytest.raises(OtherGeometryError, match=r"order 10 \(4 MiB") as refused:
        parse_pagetypeinfo(body)
    assert refused.value.pageblock_order == 10


def test_kernels_of_2012_have_no_managed_and_a_reserve() -> None:
    files = small()
    old = files["zoneinfo"].replace(b"        managed  8192\n", b"")
    old = old.replace(b"nr_zone_", b"nr_").replace(b"        managed  0\n", b"")
    zones, _ = parse_zoneinfo(old)
    new, _ = parse_zoneinfo(files["zoneinfo"])
    assert zones[0].number("managed") == 8192
    assert zones[0].number("nr_zone_active_anon") == new[0].number("nr_zone_active_anon") == 512
    reserve = (
        files["pagetypeinfo"].replace(b"HighAtomic", b"   Reserve").replace(b"type   ", b"type")
    )
    reserve = reserve.replace(b"Number of blocks type", b"Number of blocks type ")
    lines = reserve.splitlines()
    lines[-1] = b"Node 0, zone      DMA 1 13 0 2 0"
    types = parse_pagetypeinfo(b"\n".join(lines))
    assert types.blocks[0, "DMA"] == {0: 1, 1: 15, 2: 0, 5: 0}  # RESERVE counts as MOVABLE
    assert u.MIGRATE_HIGHATOMIC not in types.free[0, "DMA"]


def test_overlapping_zones_are_refused() -> None:
    one = small()["zoneinfo"].split(b"Node 0, zone   Normal")[0]
    other = one.replace(b"zone      DMA", b"zone    DMA32").replace(
        b"start_pfn:           0", b"start_pfn:           4096"
    )
    with pytest.raises(ValueError, match="overlap"):
        parse_zoneinfo(one + other)


def test_vmstat_and_meminfo_give_counters_by_name() -> None:
    assert parse_vmstat(b"a 1\nb -2\n\n") == {"a": 1, "b": -2}
    assert parse_meminfo(b"Buffers:   12 kB\nActive(anon): 3 kB\nx\n") == {
        "Buffers": 12,
        "Active(anon)": 3,
    }
    for bad in (b"a", b"a b", b"a 1 2", b"a --1", "a ²".encode()):
        with pytest.raises(ValueError, match="vmstat"):
            parse_vmstat(bad)


PARSERS = {
    "buddyinfo": parse_buddyinfo,
    "pagetypeinfo": parse_pagetypeinfo,
    "zoneinfo": parse_zoneinfo,
    "vmstat": parse_vmstat,
    "meminfo": parse_meminfo,
}


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize(
    "filler", [b"\n", b" ", b"  \n", b"a", b"a:\n\n", b"Node 0, zone A 1\n", b" 1"]
)
def test_a_file_full_of_nothing_takes_no_time(name: str, filler: bytes) -> None:
    body = small()[name]
    middle = len(body) // 2
    for at in (0, body.index(b"\n") + 1, middle, len(body)):
        hostile = body[:at] + filler * ((1 << 20) // len(filler)) + body[at:]
        before = time.process_time()
        with contextlib.suppress(ValueError):
            PARSERS[name](hostile)
        assert time.process_time() - before < 5, (at, filler)


def test_more_zones_than_any_machine_has_are_refused() -> None:
    zone = small()["zoneinfo"].decode().split("Node 0, zone   Normal")[0]
    spanned = int(zone.split("spanned")[1].split()[0])
    many = "".join(
        zone.replace("start_pfn:           0", f"start_pfn: {i * spanned}") for i in range(65)
    )
    with pytest.raises(ValueError, match="zoneinfo shows 65 zones with memory: at most 64"):
        parse_zoneinfo(many.encode())
