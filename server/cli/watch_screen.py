"""One screen of a watched machine, for a terminal: free lists, rates, a map of its pageblocks."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from engine import units as u
from server.live.picture import (
    BEYOND,
    CLASS_LETTERS,
    CLASSES,
    block_classes,
    spoiled,
    zone_rows,
)
from server.live.remote import RemoteSampler
from server.live.sampler import MachineLook, Sampler

if TYPE_CHECKING:  # rich is loaded when there is a screen to draw
    from rich.console import RenderableType
    from rich.table import Table as RichTable
    from rich.text import Text

MAP_ROWS = 12  # of the largest zone
_COLOURS = {
    "unread": "#6b7280", "free": "#d6e7f0", "movable": "#3b85c7", "balloon": "#eb8b10",
    "unmovable": "#5b4a7a", "reserved": "#a0a6ad",
}  # fmt: skip
# Parsed once: a style for each run of cells would cost more than the look itself.
_STYLES = [f"#000000 on {_COLOURS[name]}" for name in CLASSES]
_WORDS = {
    "unread": "not read yet", "free": "free", "movable": "movable", "balloon": "balloon",
    "unmovable": "unmovable", "reserved": "reserved",
}  # fmt: skip


def rates(before: MachineLook, now: MachineLook) -> dict[str, float]:
    """Events a second since an earlier look; those that did not happen are missing."""
    seconds = now.at - before.at
    if seconds <= 0:
        return {}
    earlier: Mapping[str, int] = before.reading.events
    risen = {name: count - earlier.get(name, count) for name, count in now.reading.events.items()}
    return {name: count / seconds for name, count in risen.items() if count > 0}


def index_words(value: int) -> str:
    """A fragmentation index as the kernel prints it, and what its -1.000 means."""
    return "none" if value == -1000 else f"{value / 1000:.3f}"


def headline(sampler: Sampler | RemoteSampler, now: MachineLook) -> str:
    """What looking costs, and how much of the machine has been seen; one sentence."""
    cost = f"Looking takes {100 * now.cost:.1f} % of one processor"
    if sampler.blind:
        return f"{cost}. {sampler.blind}"
    ages = now.ages[np.isfinite(now.ages)]
    oldest = f", the oldest picture is {ages.max():.0f} s old" if len(ages) else ""
    return (
        f"{cost}; {100 * now.seen:.0f} % of {len(now.seen_at):,} pageblocks seen{oldest}; "
        f"{int(spoiled(now).sum()):,} hold a page that will not move."
    )


def screen(
    sampler: Sampler | RemoteSampler, before: MachineLook, now: MachineLook, width: int
) -> "RenderableType":
    """All of it.

    Args:
        sampler: whose machine it is.
        before: an earlier look, for rates.
        now: the last one.
        width: columns of the terminal.
    """
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(headline(sampler, now)), _zones(now), _events(before, now)]
    if not sampler.blind:
        parts += _maps(sampler, now, width)
    return Group(*parts)


def _zones(now: MachineLook) -> "RichTable":
    from rich import box
    from rich.table import Table as RichTable

    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("node", "zone"):
        table.add_column(head)
    for head in ("free MiB", "2 MiB pieces", "unusable", "fragmentation"):
        table.add_column(head, justify="right")
    table.add_column("free blocks by order")
    for zone in now.reading.zones:
        table.add_row(
            str(zone.node), zone.zone, f"{zone.free_pages // u.MIB_PAGES:,}",
            f"{zone.free_blocks:,}", f"{zone.unusable / 1000:.3f}", index_words(zone.fragmentation),
            " ".join(map(str, zone.counts)),
        )  # fmt: skip
    return table


def _events(before: MachineLook, now: MachineLook) -> "Text":
    from rich.text import Text

    found = rates(before, now)
    words = ", ".join(f"{name} {rate:,.1f}" for name, rate in sorted(found.items()))
    return Text(
        f"Each second: {words}." if words else "Neither compaction, reclaim nor balloon moved."
    )


def _maps(sampler: Sampler | RemoteSampler, now: MachineLook, width: int) -> Iterator["Text"]:
    from rich.text import Text

    legend = Text()
    for name, letter in zip(CLASSES, CLASS_LETTERS, strict=True):
        legend.append(f" {letter} ", style=f"#000000 on {_COLOURS[name]}")
        legend.append(f" {_WORDS[name]}  ")
    yield legend
    for title, each, rows in zone_rows(block_classes(now), sampler.blocks, width, MAP_ROWS):
        blocks = "1 pageblock" if each == 1 else f"{each} pageblocks"
        yield Text(f"{title}: a cell is {blocks}, low addresses first")
        for row in rows:
            line = Text()
            for code, run in groupby(row[row != BEYOND].tolist()):
                letters = CLASS_LETTERS[code] * len(list(run))
                line.append(letters, style=_STYLES[code])
            yield line
