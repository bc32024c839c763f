"""Parses the text files of a capture: buddyinfo, pagetypeinfo, zoneinfo, vmstat and meminfo.

Numbers only: nothing here knows what they mean for a guest. A file that Linux would not have
written is refused in one sentence that names it. No expression that starts at every line may run
over the ends of lines: with a file of blank lines, its time would grow with the square of the size.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from engine import units as u
from engine.errors import OtherGeometryError, RefusedError

# Names of migratetypes in pagetypeinfo (mm/page_alloc.c migratetype_names[]).
MIGRATETYPE_NAMES: Mapping[str, int] = {
    "Unmovable": u.MIGRATE_UNMOVABLE,
    "Movable": u.MIGRATE_MOVABLE,
    "Reclaimable": u.MIGRATE_RECLAIMABLE,
    "HighAtomic": u.MIGRATE_HIGHATOMIC,
    "CMA": u.MIGRATE_CMA,
    "Isolate": u.MIGRATE_ISOLATE,
}
# RESERVE (3.x) are the first movable pageblocks of a zone: profile 2012 sets them aside again.
_COUNTED_AS: Mapping[str, int] = {**MIGRATETYPE_NAMES, "Reserve": u.MIGRATE_MOVABLE}
ZONE_IDS: Mapping[str, int] = {name: i for i, name in enumerate(u.ZONE_NAMES)}

_NOT_SIMULATED = {"HighMem": "HighMem, memory that a 32-bit kernel has no address for,"}

ZoneKey = tuple[int, str]  # NUMA node and zone name
MAX_ZONES = 64  # with memory; two or three on a usual machine, and about one more a NUMA node
_ZONE_LRU = ("inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable")
_MOST = 1 << 40  # no count of pages or events that matters here is larger


@dataclass(frozen=True)
class ZoneText:
    """One populated zone of /proc/zoneinfo, pages unless said otherwise.

    Attributes:
        key: NUMA node and name.
        start_pfn: first pfn, as printed.
        spanned: pages from the first to the last, holes included.
        numbers: every ``name number`` line of the zone, first occurrence.
        protection: lowmem_reserve by the highest zone that a request may use.
        pcp: (count, high, batch) of each CPU.
    """

    key: ZoneKey
    start_pfn: int
    spanned: int
    numbers: Mapping[str, int]
    protection: tuple[int, ...]
    pcp: tuple[tuple[int, int, int], ...]

    def number(self, name: str) -> int:
        """A number by its name in the file, 0 if the kernel prints none."""
        return self.numbers.get(name, 0)


@dataclass(frozen=True)
class PageTypes:
    """/proc/pagetypeinfo.

    Attributes:
        free: zone → migratetype → free blocks by order; -1 where the kernel stopped counting.
        blocks: zone → migratetype → number of pageblocks.
    """

    free: Mapping[ZoneKey, Mapping[int, tuple[int, ...]]] = field(default_factory=dict)
    blocks: Mapping[ZoneKey, Mapping[int, int]] = field(default_factory=dict)


def _decode(name: str, body: bytes) -> str:
    """The text of a file that must be plain ASCII."""
    try:
        return body.decode("ascii")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name} is not text (byte {error.start})") from error


def _int(word: str, name: str) -> int:
    """A count from a text file."""
    if not word.isascii() or not word.isdigit() or len(word) > 15 or int(word) > _MOST:
        raise RefusedError(f"{name}: {word[:40]!r} is not a count")
    return int(word)


def check_pageblock_order(order: int, where: str = "") -> None:
    """Refuse pageblocks that this process cannot simulate.

    Args:
        order: of the machine's pageblocks.
        where: whose file it was, with a colon behind it, for the sentence.

    Raises:
        OtherGeometryError: another process could.
        RefusedError: none could.
    """
    if order == u.PAGEBLOCK_ORDER:
        return
    words = f"{where}pageblocks of order {order} ({pageblock_size(order)} with pages of 4 KiB)"
    known = " and ".join(f"{one} ({pageblock_size(one)})" for one in u.PAGEBLOCK_ORDERS)
    if order in u.PAGEBLOCK_ORDERS:
        raise OtherGeometryError(
            f"{words}: one process simulates one order, and this one has {u.PAGEBLOCK_ORDER}; "
            "a new session, and the command line, start another by themselves",
            order,
        )
    raise RefusedError(
        f"{words}: orders {known} can be simulated, and no option changes that; "
        "fragscope report says what the text tells"
    )


def pageblock_size(order: int) -> str:
    """Size of a pageblock of an order, in words: 4 MiB."""
    kib = 4 << min(order, 40)
    return f"{kib >> 10} MiB" if kib >= 1 << 10 else f"{kib} KiB"


def _check_orders(file: str, number: int) -> None:
    """Refuse free lists of another kernel's largest order."""
    if number != u.NR_PAGE_ORDERS:
        raise RefusedError(
            f"{file} has {number} orders, 0 to {number - 1}: a kernel with another MAX_ORDER. Only "
            f"{u.NR_PAGE_ORDERS} orders, 0 to {u.MAX_PAGE_ORDER}, can be simulated, and no option "
            "changes that; fragscope report says what the text tells"
        )


def parse_buddyinfo(body: bytes) -> dict[ZoneKey, tuple[int, ...]]:
    """Free blocks by order of each zone.

    Raises:
        RefusedError: not a buddyinfo, or the number of orders is not 11.
    """
    out: dict[ZoneKey, tuple[int, ...]] = {}
    for line in _decode("buddyinfo", body).splitlines():
        if not line.strip():
            continue
        match = re.fullmatch(r"Node (\d+), zone\s+(\w+)((?:\s+\d+)+)\s*", line)
        if not match:
            raise RefusedError(f"buddyinfo: {line[:60]!r} is not a line of that file")
        counts = tuple(_int(word, "buddyinfo") for word in match[3].split())
        _check_orders("buddyinfo", len(counts))
        out[(_int(match[1], "buddyinfo"), match[2])] = counts
    if not out:
        raise RefusedError("buddyinfo lists no zone")
    return out


def parse_pagetypeinfo(body: bytes) -> PageTypes:
    """Free blocks by migratetype and order, and pageblocks by migratetype.

    Raises:
        OtherGeometryError: pageblocks are of another order than this process simulates.
        RefusedError: not a pagetypeinfo, or pageblocks that nobody simulates.
    """
    text = _decode("pagetypeinfo", body)
    match = re.search(r"^Page block order:\s*(\d+)", text, re.M)
    if not match:
        raise RefusedError("pagetypeinfo does not name the pageblock order")
    check_pageblock_order(_int(match[1], "pagetypeinfo"))
    free: dict[ZoneKey, dict[int, tuple[int, ...]]] = {}
    blocks: dict[ZoneKey, dict[int, int]] = {}
    names: list[str] = []
    for line in re.findall(r"^N[^\n]*", text, re.M):
        row = re.fullmatch(r"Node\s+(\d+), zone\s+(\w+), type\s+(\w+)((?:\s+>?\d+)+)\s*", line)
        if row:
            counts = tuple(
                -1 if word.startswith(">") else _int(word, "pagetypeinfo")
                for word in row[4].split()
            )
            _check_orders("pagetypeinfo", len(counts))
            if row[3] in _COUNTED_AS:
                mine = free.setdefault((_int(row[1], "pagetypeinfo"), row[2]), {})
                migratetype = _COUNTED_AS[row[3]]
                mine[migratetype] = _together(mine.get(migratetype), counts)
        elif line.startswith("Number of blocks type"):
            names = line.split()[4:]
        elif names and (row := re.fullmatch(r"Node\s+(\d+), zone\s+(\w+)((?:\s+\d+)+)\s*", line)):
            key = (_int(row[1], "pagetypeinfo"), row[2])
            blocks[key] = {}
            for name, word in zip(names, row[3].split(), strict=False):
                if name in _COUNTED_AS:
                    migratetype = _COUNTED_AS[name]
                    number = blocks[key].get(migratetype, 0) + _int(word, "pagetypeinfo")
                    blocks[key][migratetype] = number
        elif names and line.startswith("Number of mixed"):
            names = []  # page_owner's trailer; the next node begins with headers of its own
    if not free or not blocks:
        raise RefusedError("pagetypeinfo lists no free pages or no pageblocks")
    return PageTypes(free, blocks)


def _together(known: tuple[int, ...] | None, more: tuple[int, ...]) -> tuple[int, ...]:
    """Free blocks by order of two types that count as one; -1 where either was not counted."""
    if known is None:
        return more
    return tuple(-1 if -1 in pair else sum(pair) for pair in zip(known, more, strict=True))


def parse_zoneinfo(body: bytes) -> tuple[tuple[ZoneText, ...], dict[str, int]]:
    """Populated zones in memory order, and the per-node statistics summed over all nodes.

    Raises:
        RefusedError: not a zoneinfo, no memory in it, or zones that overlap.
    """
    text = _decode("zoneinfo", body)
    parts = re.split(r"^Node (\d+), zone +(\w+) *$", text, flags=re.M)
    if len(parts) < 4:
        raise RefusedError("zoneinfo lists no zone")
    zones: list[ZoneText] = []
    node_stats: dict[str, int] = {}
    for node, name, section in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        head, found, rest = section.partition("  pages free")
        if not found:
            continue
        for stat, value in re.findall(r"^ +(nr_\w+) +(\d+)$", head, re.M):
            node_stats[stat] = node_stats.get(stat, 0) + _int(value, "zoneinfo")
        zone = _parse_zone((_int(node, "zoneinfo"), name), "        pages free" + rest)
        if zone.number("managed"):
            if name not in ZONE_IDS:
                raise RefusedError(
                    f"zoneinfo: zone {name} of node {node} has {zone.number('managed')} pages: "
                    f"{_NOT_SIMULATED.get(name, 'such a zone')} cannot be simulated, only "
                    f"{', '.join(ZONE_IDS)}; fragscope report says what the text tells"
                )
            zones.append(zone)
    if not zones:
        raise RefusedError("zoneinfo shows no zone with memory")
    if len(zones) > MAX_ZONES:
        raise RefusedError(f"zoneinfo shows {len(zones)} zones with memory: at most {MAX_ZONES}")
    zones.sort(key=lambda zone: zone.start_pfn)
    for low, high in pairwise(zones):
        if low.start_pfn + low.spanned > high.start_pfn:
            raise RefusedError(
                f"zones {low.key[1]} of node {low.key[0]} and {high.key[1]} of node {high.key[0]} "
                "overlap: machines with interleaved nodes are not supported"
            )
    return tuple(zones), node_stats


def _parse_zone(key: ZoneKey, text: str) -> ZoneText:
    """One zone's section of zoneinfo, from "pages free" on."""
    zone_part, _, cpu_part = text.partition("  pagesets")
    numbers: dict[str, int] = {}
    for name, value in re.findall(r"^ +(?:pages )?(\w+):? +(\d+) *$", zone_part, re.M):
        numbers.setdefault(name, _int(value, "zoneinfo"))
    start = re.search(r"^ +start_pfn: +(\d+) *$", text, re.M)
    guard = re.search(r"^ +protection: \(([\d, ]*)\)", text, re.M)
    if "present" in numbers:  # before 3.9 the two were one number
        numbers.setdefault("managed", numbers["present"])
    for name in _ZONE_LRU:  # before 4.8 LRU lists were the zone's, and their counts
        numbers.setdefault(f"nr_zone_{name}", numbers.get(f"nr_{name}", 0))
    populated = numbers.get("managed", 0) > 0
    for needed in ("free", "min", "low", "high", "spanned", "present", "managed"):
        if needed not in numbers:
            raise RefusedError(f"zoneinfo: zone {key[1]} has no {needed!r}")
    if populated and start is None:
        raise RefusedError(f"zoneinfo: zone {key[1]} has no start_pfn")
    cpus = re.findall(r"count: +(\d+)\n +high: +(\d+)\n +batch: +(\d+)", cpu_part)
    return ZoneText(
        key=key,
        start_pfn=_int(start[1], "zoneinfo") if start else 0,
        spanned=numbers["spanned"],
        numbers=numbers,
        protection=tuple(_int(w, "zoneinfo") for w in guard[1].replace(",", " ").split())
        if guard
        else (),
        pcp=tuple(
            (_int(a, "zoneinfo"), _int(b, "zoneinfo"), _int(c, "zoneinfo")) for a, b, c in cpus
        ),
    )


def parse_vmstat(body: bytes) -> dict[str, int]:
    """Counters by name; lines that are not ``name number`` are refused."""
    out: dict[str, int] = {}
    for line in _decode("vmstat", body).splitlines():
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or not re.fullmatch(r"-?[0-9]{1,20}", words[1]):
            raise RefusedError(f"vmstat: {line[:60]!r} is not a line of that file")
        out[words[0]] = int(words[1])
    return out


def parse_meminfo(body: bytes) -> dict[str, int]:
    """Sizes in KiB (or bare counts) by name; unknown lines are passed over."""
    found = re.findall(r"^([\w()]+): +(\d{1,15})", _decode("meminfo", body), re.M)
    return {name: int(value) for name, value in found}


@dataclass(frozen=True)
class CaptureTexts:
    """The text files of a capture; see engine/capture/load.py's Capture."""

    buddyinfo: Mapping[ZoneKey, tuple[int, ...]]
    pagetypes: PageTypes
    zones: tuple[ZoneText, ...]
    node_stats: Mapping[str, int]
    vmstat: Mapping[str, int]
    meminfo: Mapping[str, int]


def read_texts(files: Mapping[str, bytes], where: str) -> CaptureTexts:
    """Read all of them.

    Args:
        files: contents by name; meminfo may be missing.
        where: whose they are, for the sentence.

    Raises:
        RefusedError: one of them is wrong, or lacks a zone.
    """
    try:
        buddyinfo = parse_buddyinfo(files["buddyinfo"])
        pagetypes = parse_pagetypeinfo(files["pagetypeinfo"])
        zones, node_stats = parse_zoneinfo(files["zoneinfo"])
        vmstat = parse_vmstat(files["vmstat"])
        meminfo = parse_meminfo(files.get("meminfo", b""))
    except OtherGeometryError as error:
        raise OtherGeometryError(f"{where}: {error}", error.pageblock_order) from error
    except RefusedError as error:
        raise RefusedError(f"{where}: {error}") from error
    for zone in zones:
        for file, known in (("buddyinfo", buddyinfo), ("pagetypeinfo", pagetypes.blocks)):
            if zone.key not in known:
                raise RefusedError(
                    f"{where}: zone {zone.key[1]} of node {zone.key[0]} is in zoneinfo but not in"
                    f" {file}"
                )
    return CaptureTexts(buddyinfo, pagetypes, zones, node_stats, vmstat, meminfo)
