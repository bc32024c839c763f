"""Ranges scored by calibration, and what is told of many of them; pure.

The interval score of a central range of probability 1 - a (Winkler 1972, "A decision-theoretic
approach to interval estimation", JASA 67; Gneiting and Raftery 2007, "Strictly proper scoring
rules, prediction, and estimation", JASA 102, section 6.2): its width, and 2 / a for each unit by
which the truth lies outside. Whoever says honestly what they believe in four of five cases has the
best score to expect: neither wide nor narrow for show.
"""

import statistics
from collections.abc import Sequence

from server.wire.quiz import QuizResults, RoundResult, Spans

MISSED = 0.2  # a: one of five ranges may miss
MAX_PARTS = 48  # of the axis

Range = tuple[int, int]
Ranges = tuple[Range, ...]  # one for each design


def interval_score(low: int, high: int, truth: int) -> float:
    """The score of one range, in units of the quantity; 0 is best."""
    outside = max(low - truth, truth - high, 0)
    return high - low + 2 / MISSED * outside


def mean_score(ranges: Ranges, truth: Sequence[int]) -> float:
    """The score of one answer: mean over the designs."""
    each = [interval_score(low, high, t) for (low, high), t in zip(ranges, truth, strict=True)]
    return statistics.fmean(each)


def _axis(rounds: Sequence[Sequence[Ranges]], truth: Sequence[int] | None) -> tuple[int, int, int]:
    """Where the axis begins, how wide its parts are, how many there are.

    A range that is absurdly wide must not squeeze all others into one part: the axis ends where
    nineteen of twenty upper ends lie below.
    """
    lows = sorted(low for answers in rounds for one in answers for low, _ in one)
    highs = sorted(high for answers in rounds for one in answers for _, high in one)
    ends = [lows[len(lows) // 20], highs[-1 - len(highs) // 20]] if lows else []
    ends += truth or []
    low, high = min(ends, default=0), max(ends, default=0)
    step = max(1, -(-(high - low + 1) // MAX_PARTS))
    return low, step, -(-(high - low + 1) // step)


def _spans(ranges: Sequence[Range], low: int, step: int, parts: int, truth: int | None) -> Spans:
    counts = [0] * (parts + 1)
    for begin, end in ranges:
        first, last = (begin - low) // step, (end - low) // step
        if last >= 0 and first < parts:
            counts[max(first, 0)] += 1
            counts[min(last, parts - 1) + 1] -= 1
    for part in range(parts):
        counts[part + 1] += counts[part]
    known = truth is not None and bool(ranges)
    return Spans(
        tuple(counts[:parts]),
        statistics.median(begin for begin, _ in ranges) if ranges else 0.0,
        statistics.median(end for _, end in ranges) if ranges else 0.0,
        sum(begin <= truth <= end for begin, end in ranges) if truth is not None else None,
        statistics.fmean(interval_score(*one, truth) for one in ranges)
        if known and truth is not None
        else None,
    )


def results(
    rounds: Sequence[Sequence[Ranges]], nr_designs: int, truth: Sequence[int] | None
) -> QuizResults:
    """What is told of closed rounds.

    Args:
        rounds: the answers of each.
        nr_designs: ranges in each answer.
        truth: what came, by design; None: it is not known yet.
    """
    low, step, parts = _axis(rounds, truth)
    told = []
    for answers in rounds:
        spans = tuple(
            _spans([one[i] for one in answers], low, step, parts, truth[i] if truth else None)
            for i in range(nr_designs)
        )
        told.append(RoundResult(len(answers), spans))
    return QuizResults(low, step, tuple(told))
