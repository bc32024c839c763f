"""The score: what a real kernel did, step by step, compared with what a replay predicts.

A recording is a folder with a capture (``s1.tar.xz``) and ``result.json``: operations and, for each
design, what several runs of a kernel made of them, all from that capture (docs/CAPTURES.md). Each
quantity and its band are defined in docs/FIDELITY.md. Nothing is run here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, median
from typing import Any

from engine.recordings.quantities import LEAST_BAND, Numbers, predicted, recorded
from engine.recordings.recording import Recording
from engine.replay import Op

_RUNS = 3  # of each design in a recording, usually
BLOCKS_AFTER_COMPACT = "blocks after compact"


@dataclass(frozen=True)
class Judgement:
    """One quantity after one step of one design.

    Attributes:
        scenario: name of the recording.
        design: key.
        step: number of the operation, from 0.
        op: name of the operation, and its number where it has one.
        quantity: key of LEAST_BAND.
        kernel: one value per run.
        ours: None if there is no prediction.
    """

    scenario: str
    design: str
    step: int
    op: str
    quantity: str
    kernel: tuple[float, ...]
    ours: float | None

    @property
    def mean(self) -> float:
        """The mean of the kernel's runs."""
        return fmean(self.kernel)

    @property
    def band(self) -> float:
        """How far from the mean a prediction may lie."""
        return LEAST_BAND[self.quantity].band(self.kernel)

    @property
    def inside(self) -> bool:
        """Whether the prediction lies in the band."""
        return self.ours is not None and abs(self.ours - self.mean) <= self.band

    @property
    def share(self) -> float:
        """1 in the band, 0 outside. More than three runs are taken three at a time.

        The band is the spread of the runs, so more runs would make it wider; the share is that of
        all choices of three in whose band the prediction lies.
        """
        if len(self.kernel) <= _RUNS:
            return int(self.inside)
        chosen = combinations(self.kernel, _RUNS)
        return fmean(replace(self, kernel=three).inside for three in chosen)

    @property
    def error(self) -> float:
        """Distance from the mean as a share of it; ``unusable`` is already a share."""
        if self.ours is None:
            return 1.0
        scale = max(abs(self.mean), LEAST_BAND[self.quantity].own, 1)
        return abs(self.ours - self.mean) / (1.0 if self.quantity == "unusable" else scale)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that this one counts towards."""
        after = self.quantity == "blocks" and self.op == "compact"
        return ("all", self.quantity, *((BLOCKS_AFTER_COMPACT,) if after else ()))


@dataclass(frozen=True)
class Score:
    """Judgements summed up.

    Attributes:
        counts: class → (in the band, all).
        median_error: as a share.
    """

    counts: Mapping[str, tuple[float, int]]
    median_error: float

    def share(self, name: str) -> float:
        """The share in the band; 0 where nothing was judged."""
        inside, total = self.counts.get(name, (0, 0))
        return inside / total if total else 0.0


def score(judgements: Sequence[Judgement]) -> Score:
    """Sum up judgements."""
    counts: dict[str, tuple[float, int]] = {}
    for one in judgements:
        for name in one.classes:
            inside, total = counts.get(name, (0, 0))
            counts[name] = (inside + one.share, total + 1)
    return Score(counts, median([one.error for one in judgements] or [1.0]))


def shown_op(op: Op) -> str:
    """An operation in words."""
    return " ".join(str(part) for part in op if part)


def _kernel_values(runs: Sequence[Sequence[Numbers]], step: int) -> dict[str, tuple[float, ...]]:
    """Quantity → one value per run, after a step."""
    names = dict.fromkeys(name for run in runs for name in run[step])
    return {name: tuple(run[step][name] for run in runs if name in run[step]) for name in names}


def judge(
    recording: Recording, answer: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Judgement]:
    """Judge a replay against a recording.

    Args:
        recording: what the kernel did.
        answer: key of a design → steps, as in a replay's ``designs``; what is missing is a miss.
    """
    out = []
    for key in recording.runs:
        runs = recorded(recording, key)
        ours = predicted(answer.get(key, ()))
        for step, op in enumerate(recording.ops):
            mine = ours[step] if step < len(ours) else {}
            for name, values in _kernel_values(runs, step).items():
                where = (recording.name, key, step, shown_op(op), name)
                out.append(Judgement(*where, values, mine.get(name)))
    return out


def ceiling(recording: Recording) -> list[Judgement]:
    """Judge each run of the kernel by the others: the kernel's score against itself."""
    out = []
    for key in recording.runs:
        runs = recorded(recording, key)
        for step, op in enumerate(recording.ops):
            for name, values in _kernel_values(runs, step).items():
                for i, value in enumerate(values if len(values) > 1 else ()):
                    others = values[:i] + values[i + 1 :]
                    where = (recording.name, key, step, shown_op(op), name)
                    out.append(Judgement(*where, others, value))
    return out
