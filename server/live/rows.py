"""Looks as lines of CSV: of a watcher's screen, and of the history that it keeps."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from server.live.counters import Reading
from server.live.history import LookHistory

_OF_A_ZONE = ("free_pages", "free_blocks", "unusable", "fragmentation")
_LINES = 500  # handed over at a time


def reading_cells(reading: Reading) -> dict[str, int]:
    """Cells by head: NODE.ZONE.NUMBER of each zone, its free blocks by order, then the counters.

    Args:
        reading: of one look.
    """
    cells: dict[str, int] = {}
    for zone in reading.zones:
        name = f"{zone.node}.{zone.zone}"
        cells |= {f"{name}.{number}": getattr(zone, number) for number in _OF_A_ZONE}
        cells |= {f"{name}.order_{order}": count for order, count in enumerate(zone.counts)}
    return cells | dict(reading.events)


def history_csv(history: LookHistory) -> Iterator[str]:
    """All kept looks as CSV, some hundred lines at a time.

    Columns: ``time`` in UTC, number of the ``look``, ``cost`` and ``seen`` as ``watch --csv`` has
    them, then those of ``reading_cells``, whatever zones and counters any look has.

    Args:
        history: where they are kept.
    """
    heads = {"time": "", "look": 0, "cost": 0.0, "seen": 0.0}
    heads |= dict.fromkeys(head for machine in history.machines() for head in _heads_of(machine))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(heads), restval="", lineterminator="\n")
    writer.writeheader()
    for done, look in enumerate(history.looks(range(history.first, history.last + 1)), 1):
        when = datetime.fromtimestamp(look.wall, UTC).isoformat(timespec="milliseconds")
        writer.writerow(
            {"time": when, "look": look.number, "cost": look.cost, "seen": look.seen}
            | reading_cells(look.reading)
        )
        if done % _LINES == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _heads_of(machine: dict[str, Any]) -> Iterator[str]:
    for node, zone, orders in machine["zones"]:
        names = (*_OF_A_ZONE, *(f"order_{order}" for order in range(orders)))
        yield from (f"{node}.{zone}.{name}" for name in names)
    yield from machine["events"]
