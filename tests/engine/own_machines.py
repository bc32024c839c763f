"""Machines drawn in tests/engine/capture/own/machines.txt: their /proc files, and what is true.

A twin of the reader: free blocks are found by trying every order at every place, not vectorised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.engine import small_capture as small

MACHINES = Path(__file__).parent / "capture" / "own" / "machines.txt"
BLOCK = 512
NAMES = {"U": "Unmovable", "M": "Movable", "E": "Reclaimable", "H": "HighAtomic", "C": "CMA",
         "I": "Isolate", "R": "Reserve"}  # fmt: skip
WORDS = {"F": small.FREE, "A": small.ANON, "L": small.FILE, "S": small.SLAB, "X": small.RESERVED,
         "O": 1 << 20, "N": 0}  # fmt: skip


@dataclass
class DrawnZone:
    """A zone as drawn.

    Attributes:
        node, name, first: first pageblock.
        types: a letter per pageblock.
        pages: a letter per page.
    """

    node: int
    name: str
    first: int
    types: str = ""
    pages: str = ""

    def number(self, letters: str) -> int:
        """Pages of some kinds."""
        return sum(map(self.pages.count, letters))

    def free_blocks(self) -> list[tuple[int, int]]:
        """(pfn, order) of every free block, as the buddy allocator keeps them."""
        out = []
        at, start = 0, self.first * BLOCK
        while at < len(self.pages):
            order = -1
            while order < 10 and self._is_free(at, order + 1):
                order += 1
            if order >= 0:
                out.append((start + at, order))
            at += 1 << max(order, 0)
        return out

    def _is_free(self, at: int, order: int) -> bool:
        size = 1 << order
        whole = self.pages[at : at + size]
        if (self.first * BLOCK + at) % size or whole != "F" * size:
            return False
        kinds = {t if t in "CH" else "-" for t in self.types[at // BLOCK : (at + size) // BLOCK]}
        return len(kinds) <= 1

    def counts(self, letter: str = "") -> list[int]:
        """Free blocks by order, of one migratetype or all: that of the first page."""
        out = [0] * 11
        for pfn, order in self.free_blocks():
            if letter in ("", self.types[pfn // BLOCK - self.first]):
                out[order] += 1
        return out


@dataclass
class Drawn:
    """A machine as drawn: its kind, what is odd about it, its zones by pfn."""

    kind: str
    note: str
    zones: list[DrawnZone]


def drawn() -> dict[str, Drawn]:
    """Every machine by name."""
    out: dict[str, Drawn] = {}
    for line in MACHINES.read_text().splitlines():
        if head := re.match(r"\[(.+)\] (\w+): (.+)", line):
            out[head[1]] = machine = Drawn(head[2], head[3], [])
        elif line.startswith("zone "):
            _, node, name, first = line.split()
            machine.zones.append(DrawnZone(int(node), name, int(first)))
        elif line and not line.startswith("#"):
            zone = machine.zones[-1]
            for kind, runs, times in re.findall(r"(\w):(\S+)(?: x(\d+))?", line):
                page = "".join(letter * int(n) for n, letter in re.findall(r"(\d+)(\w)", runs))
                assert len(page) == BLOCK, line
                zone.types += kind * int(times or 1)
                zone.pages += page * int(times or 1)
    return out


def proc_files(machine: Drawn, managed: bool = True, heads: bool = False) -> dict[str, bytes]:
    """The files of a capture.

    Args:
        machine: as drawn.
        managed: whether zoneinfo has that line, as since 3.8.
        heads: mark the first page of a free block only, as before 4.6.
    """
    end = max(zone.first * BLOCK + len(zone.pages) for zone in machine.zones)
    flags, counts = np.full(end, 1 << 20, np.uint64), np.zeros(end, np.uint64)
    letters = "UEM" + "".join(sorted({t for z in machine.zones for t in z.types} - set("UEM")))
    buddyinfo, types, zoneinfo = "", "", ""
    for node in sorted({zone.node for zone in machine.zones}):
        here = [zone for zone in machine.zones if zone.node == node]
        types += "Page block order: 9\nPages per block:  512\n\n"
        types += f"Free pages count per migrate type at order {' '.join(map(str, range(11)))}\n"
        for zone in here:
            for t in letters:
                row = " ".join(f"{n:6d}" for n in zone.counts(t))
                types += f"Node {node:4d}, zone {zone.name:>8}, type {NAMES[t]:>12} {row}\n"
        types += f"\nNumber of blocks type {' '.join(NAMES[t] for t in letters)}\n"
        for zone in here:
            row = " ".join(str(zone.types.count(t)) for t in letters)
            types += f"Node {node}, zone {zone.name:>8} {row}\n"
    for zone in machine.zones:
        start = zone.first * BLOCK
        span = slice(start, start + len(zone.pages))
        flags[span] = [WORDS[letter] for letter in zone.pages]
        counts[span] = [letter == "A" for letter in zone.pages]
        if heads:
            flags[span][np.array(list(zone.pages)) == "F"] = 0
            flags[[pfn for pfn, _ in zone.free_blocks()]] = small.FREE
        row = " ".join(map(str, zone.counts()))
        buddyinfo += f"Node {zone.node}, zone {zone.name:>8} {row}\n"
        zoneinfo += _zoneinfo(zone, managed)
    return {
        "kpageflags": flags.astype("<u8").tobytes(), "kpagecount": counts.astype("<u8").tobytes(),
        "buddyinfo": buddyinfo.encode(), "pagetypeinfo": types.encode(),
        "zoneinfo": zoneinfo.encode(), "vmstat": b"nr_free_pages 1\n",
    }  # fmt: skip


def _zoneinfo(zone: DrawnZone, managed: bool) -> str:
    present = len(zone.pages) - zone.number("O")
    lines = [
        f"Node {zone.node}, zone {zone.name:>8}", f"  pages free     {zone.number('F')}",
        "        min      8", "        low      10", "        high     12",
        f"        spanned  {len(zone.pages)}", f"        present  {present}",
        *([f"        managed  {present - zone.number('X')}"] if managed else []),
        "        protection: (0, 0, 0, 0, 0)", f"      nr_free_pages {zone.number('F')}",
        f"      nr_zone_active_anon {zone.number('A')}",
        f"      nr_zone_inactive_file {zone.number('L')}",
        "  pagesets", "    cpu: 0", "              count: 0", "              high:  0",
        "              batch: 1", f"  start_pfn:           {zone.first * BLOCK}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
