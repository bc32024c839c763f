"""One row of a /proc file about free memory: what the kernel prints for one zone.

Rows of any kernel, wherever in a line they begin. engine/capture/text.py reads what a guest is made
from, and refuses whatever Linux 6.12 would not have written.
"""

import re
from collections.abc import Sequence

from engine.report.model import MAX_COUNT, MAX_ORDERS, FreeCounts, ZoneKey

_FREE_ROW = re.compile(r"(?:Node +(\d{1,4}),? +)?zone:? +(\w{1,20}),?((?: +\d{1,15})+) *$")
_BARE_ROW = re.compile(r" *(DMA|DMA32|Normal|HighMem|Movable|Device)((?: +\d{1,15})+) *$")
_TYPE_ROW = re.compile(
    r"Node +(\d{1,4}), +zone +(\w{1,20}), +type +(\S{1,40})((?: +(?:> ?)?\d{1,15})+) *$"
)
_INDEX_ROW = re.compile(r"Node +(\d{1,4}), +zone +(\w{1,20})((?: +-?[01]\.-?\d{3})+) *$")


def _numbers(words: str) -> tuple[int, ...] | None:
    """Counts, None if one is larger than any that matters."""
    values = tuple(int(word) for word in words.split())
    return values if max(values) <= MAX_COUNT else None


def zone_row(text: str, bare: bool = False) -> tuple[ZoneKey, tuple[int, ...]] | None:
    """``Node 0, zone Normal 1 2 3``: free blocks by order, or pageblocks by migratetype.

    Args:
        text: the line.
        bare: whether a zone's name alone may begin it, as some tools print buddyinfo.
    Returns:
        zone (node 0 if the line names none) and its numbers; None: no such line.
    """
    found = _FREE_ROW.search(text)
    if found:
        node, name, words = found[1], found[2], found[3]
    elif bare and (found := _BARE_ROW.match(text)):
        node, name, words = "0", found[1], found[2]
    else:
        return None
    values = _numbers(words)
    return ((int(node or 0), name), values) if values else None


def type_row(text: str) -> tuple[ZoneKey, str, FreeCounts] | None:
    """A line of pagetypeinfo: the free blocks of one migratetype, ``>100000`` a floor.

    Args:
        text: the line.
    Returns:
        zone, name of the migratetype, counts; None: no such line.
    """
    found = _TYPE_ROW.search(text)
    if not found:
        return None
    words = found[4].replace("> ", ">").split()
    values = _numbers(found[4].replace(">", " "))
    if values is None or len(values) > MAX_ORDERS:
        return None
    floors = frozenset(order for order, word in enumerate(words) if word.startswith(">"))
    return (int(found[1]), found[2]), found[3], FreeCounts(values, floors)


def index_row(text: str) -> tuple[ZoneKey, tuple[int, ...]] | None:
    """A line of debugfs extfrag/extfrag_index or unusable_index.

    Args:
        text: the line.
    Returns:
        zone and its values by order, per mille; None: no such line.
    """
    found = _INDEX_ROW.search(text)
    if not found:
        return None
    values = [_per_mille(word) for word in found[3].split()]
    return (int(found[1]), found[2]), tuple(values[:MAX_ORDERS])


def _per_mille(word: str) -> int:
    """``-1.000`` as -1000; the kernel prints -500 as ``0.-500``."""
    whole, _, part = word.partition(".")
    size = abs(int(whole)) * 1000 + abs(int(part))
    return -size if "-" in word else size


def index_kind(rows: Sequence[tuple[int, ...]], hint: str) -> str:
    """Which of the two index files a row belongs to: only one of them is negative.

    Args:
        rows: the rows known of it, its own first.
        hint: name of the file, empty if nobody said.
    """
    if hint in ("extfrag_index", "unusable_index"):
        return hint
    if any(min(row) < 0 for row in rows):
        return "extfrag_index"
    return "unusable_index"
