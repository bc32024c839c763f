"""Quantities of recordings and predictions, and how close a prediction must be.

Each quantity and its band are defined in docs/FIDELITY.md. The score counts from step to step in
the main zone; the page counts over all zones and since the start, like the statistics of
engine/view.py. Both use the same few functions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from engine import units as u
from engine.recordings.recording import RecordedMoment, Recording

Numbers = dict[str, float]
Counts = Sequence[int]  # free blocks by order


@dataclass(frozen=True)
class Least:
    """The least distance from the mean of the kernel's runs that a prediction is allowed.

    Attributes:
        own: in the quantity's own unit.
        share: of the mean.
    """

    own: float
    share: float

    def band(self, runs: Sequence[float]) -> float:
        """The distance allowed: the spread of the runs, but at least this."""
        return max(self.own, self.share * abs(fmean(runs)), max(runs) - min(runs))


LEAST_BAND: Mapping[str, Least] = {
    "gained": Least(1, 0.03),
    "blocks": Least(2, 0.03),
    "free": Least(0, 0.01),
    "unusable": Least(0.02, 0),
    "isolated": Least(64, 0.1),
    "scanned": Least(512, 0.1),
    "moved": Least(64, 0.1),
    "huge": Least(3, 0.05),
}
COUNTERS: Mapping[str, str] = {
    "isolated": "compact_isolated",
    "scanned": "compact_migrate_scanned",
    "moved": "balloon_migrate",
}


def nr_free_pages(counts: Counts) -> int:
    """Free pages."""
    return sum(n << order for order, n in enumerate(counts))


def nr_free_blocks(counts: Counts) -> int:
    """Free 2 MiB blocks."""
    return counts[9] + 2 * counts[10]


def unusable(counts: Counts) -> float:
    """Share of the free pages that no request for 2 MiB can use."""
    free = nr_free_pages(counts)
    return 1 - (nr_free_blocks(counts) << u.HPAGE_ORDER) / free if free else 1.0


def _quantities(
    op: str, counts: Counts, now: Mapping[str, int], before: Mapping[str, int], moved: bool
) -> Numbers:
    """Quantities after any operation but ``huge``.

    Args:
        op: name of the operation.
        counts: free blocks of the main zone by order.
        now: counters of vmstat after the step.
        before: the same before it.
        moved: whether the design's balloon pages can be moved by compaction.
    """
    out: Numbers = {
        "blocks": nr_free_blocks(counts),
        "free": nr_free_pages(counts),
        "unusable": unusable(counts),
    }
    if op == "compact":
        for name, counter in COUNTERS.items():
            if name != "moved" or moved:
                out[name] = now.get(counter, 0) - before.get(counter, 0)
    return out


def recorded(recording: Recording, key: str) -> list[list[Numbers]]:
    """Quantities of a design's runs, by run and step."""
    out = []
    for run in recording.runs[key]:
        steps = []
        before = recording.start.vmstat
        for moment in run:
            if moment.op == "huge":
                steps.append({"huge": float(moment.got[0])})
                continue  # the counters were not read after it
            counts = moment.zones[recording.zone]
            numbers = _quantities(moment.op, counts, moment.vmstat, before, key == "lru_hook")
            if moment.op == "inflate":
                numbers["gained"] = float(moment.got[0])
            steps.append(numbers)
            before = moment.vmstat
        out.append(steps)
    return out


def predicted(steps: Iterable[Mapping[str, Any]]) -> list[Numbers]:
    """Quantities of one design's steps, from an answer of engine/replay.py."""
    out = []
    before: Mapping[str, int] = {}
    for step in steps:
        op = step["op"][0]
        if op == "huge":
            out.append({"huge": step["huge_pages"]})
            continue
        numbers = _quantities(op, step["buddyinfo"], step["vmstat"], before, True)
        if op == "inflate":
            numbers["gained"] = step["got_mib"]
        out.append(numbers)
        before = step["vmstat"]
    return out


@dataclass(frozen=True)
class Statistic:
    """A statistic of engine/view.py that was recorded as well.

    Attributes:
        like: quantity of LEAST_BAND whose band it shares.
        unit: how many of its units make one of the quantity's.
        only: key of the only design that has it; empty = all.
    """

    like: str
    unit: int = 1
    only: str = ""

    @property
    def least(self) -> Least:
        """The least band in the statistic's own unit."""
        least = LEAST_BAND[self.like]
        return Least(least.own * self.unit, least.share)


STATISTICS: Mapping[str, Statistic] = {
    "free_blocks_all": Statistic("blocks"),
    "nr_free_pages": Statistic("free"),
    "unusable_index_9": Statistic("unusable", 1000),
    "balloon_actual": Statistic("gained", u.MIB_PAGES),
    "compact_migrate_scanned": Statistic("scanned"),
    "compact_free_scanned": Statistic("scanned"),
    "compact_isolated": Statistic("isolated"),
    "pgmigrate_success": Statistic("isolated"),
    "balloon_migrate": Statistic("moved", only="lru_hook"),
    "huge_best": Statistic("huge"),
    "huge_first": Statistic("huge"),
}
_STATE = ("free_blocks_all", "nr_free_pages", "unusable_index_9", "balloon_actual")
_HUGE = ("huge_best", "huge_first")


def _statistics(recording: Recording, key: str, moment: RecordedMoment) -> Numbers:
    """Statistics of one moment: the state of memory, and counters since the start."""
    if moment.op == "huge":
        return dict(zip(_HUGE, moment.got, strict=True))
    first, now = recording.start.vmstat, moment.vmstat
    since = {name: now[name] - first[name] for name in first if name in now}
    held = moment.scattered + moment.dedicated
    if key == "lru_hook":  # the driver's own balloon, not the module's
        held = since["balloon_inflate"] - since["balloon_deflate"]
    out: Numbers = {
        "free_blocks_all": sum(nr_free_blocks(counts) for counts in moment.zones.values()),
        "nr_free_pages": sum(nr_free_pages(counts) for counts in moment.zones.values()),
        "unusable_index_9": round(1000 * unusable(moment.zones[recording.zone]), 1),
        "balloon_actual": held,
    }
    if moment is not recording.start:
        for name, statistic in STATISTICS.items():
            if name not in (*_STATE, *_HUGE) and statistic.only in ("", key):
                out[name] = since[name]
    return out


def recorded_statistics(recording: Recording, key: str, index: int) -> dict[str, list[float]]:
    """Name of a statistic → one value a run, after ``index`` operations under a design."""
    moments = [run[index - 1] for run in recording.runs[key]] if index else [recording.start]
    found = [_statistics(recording, key, moment) for moment in moments]
    return {name: [numbers[name] for numbers in found] for name in found[0]}
