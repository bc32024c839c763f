"""The contest in a cell of the map: which design wins, by how much, and when that is undecided.

The rule, stated so that anybody can compute it again:

1. Designs are compared in pairs, on the same guest under the same seed and course.
2. A design whose balloon ends smaller than the largest by more than 2 % is out of the contest: less
   was taken from its guest. (Rik van Riel's question is about the same balloon size.)
3. The leader is the design with the best mean. It beats a rival if the mean of the paired
   differences, less its 95 % confidence half-width (Student's t), is over the margin: a number, or
   a share of the leader's mean if that is more.
4. It wins if it beats every rival. It is level with those it does not beat if for each of them the
   mean of the paired differences plus the half-width is within the margin. All else is undecided,
   and so is everything with fewer than three pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from engine.errors import RefusedError
from engine.sweep.table import NUMBERS

WON, LEVEL, UNDECIDED, NOTHING = "won", "level", "undecided", "nothing"
LEAST_PAIRS = 3
SAME_BALLOON = 0.98  # of the largest in the cell
# Student's t, two-sided 95 %, for 1, 2, 3… degrees of freedom; beyond the table its last value,
# which errs on the side of undecided.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """The number that decides a cell.

    Attributes:
        stat: one of table.NUMBERS.
        better: ``high`` or ``low``.
        margin: lead that does not count, in the unit of ``stat``.
        margin_percent: or such a share of the leader's mean, if that is more.
        same_balloon: whether rule 2 holds.
    """

    stat: str = "huge_best"
    better: str = "high"
    margin: int = 0
    margin_percent: int = 0
    same_balloon: bool = True


def judge_from(data: object) -> Judge:
    """The judge as it stands in a grid, or in an address.

    Raises:
        RefusedError: one sentence.
    """
    known = ("stat", "better", "margin", "margin_percent", "same_balloon")
    if not isinstance(data, dict) or not set(data) <= set(known):
        raise RefusedError(f"judge of the grid: a table with {', '.join(known)} is needed")
    judge = Judge(**data)
    if judge.stat not in NUMBERS:
        raise RefusedError(f"judge has the number {judge.stat!r:.60}: {', '.join(NUMBERS)}")
    if judge.better not in ("high", "low"):
        raise RefusedError(f"judge has better = {judge.better!r:.60}: high or low is needed")
    if type(judge.margin) is not int or not 0 <= judge.margin <= 1_000_000_000:
        raise RefusedError(f"margin is {judge.margin!r:.60}: a whole number from 0 up is needed")
    if type(judge.margin_percent) is not int or not 0 <= judge.margin_percent <= 100:
        raise RefusedError(f"margin_percent is {judge.margin_percent!r:.60}: from 0 to 100")
    if type(judge.same_balloon) is not bool:
        raise RefusedError(f"same_balloon is {judge.same_balloon!r:.60}: true or false is needed")
    return judge


@dataclass(frozen=True)
class Lead:
    """How one design compares with another.

    Attributes:
        mean: of the paired differences, positive where the first is better.
        half: 95 % confidence half-width; None where there are fewer than two pairs.
        pairs: how many.
    """

    mean: float
    half: float | None
    pairs: int

    @property
    def sure(self) -> float | None:
        """The half-width, where there are pairs enough to decide anything."""
        return self.half if self.pairs >= LEAST_PAIRS else None


def lead_of(first: Mapping[Any, float], second: Mapping[Any, float], better: str) -> Lead | None:
    """Compare two designs where both have a number; None where they never have.

    Args:
        first: pair → number of one design.
        second: of the other.
        better: ``high`` or ``low``.
    """
    sign = 1 if better == "high" else -1
    differences = [sign * (first[pair] - second[pair]) for pair in first if pair in second]
    n = len(differences)
    if not n:
        return None
    half = None
    if n > 1:
        half = _T[min(n - 1, len(_T)) - 1] * stdev(differences) / sqrt(n)
    return Lead(fmean(differences), half, n)


def _beats(lead: Lead | None, margin: float) -> bool:
    """Rule 3; a rival without a number is beaten."""
    if lead is None:
        return True
    return lead.sure is not None and lead.mean - lead.sure > margin


def _level(lead: Lead | None, margin: float) -> bool:
    """Rule 4."""
    return lead is not None and lead.sure is not None and abs(lead.mean) + lead.sure <= margin


def contest(rows: Sequence[Mapping[str, Any]], judge: Judge) -> dict[str, Any]:
    """Who wins among some rows.

    Args:
        rows: of one cell, with design, pair, error, balloon_actual and the judge's number.
        judge: what decides.

    Returns:
        ``{"state": WON | LEVEL | UNDECIDED | NOTHING, "leaders": [key…], "margin", "half",
        "rival", "pairs", "designs": {key: {"mean", "low", "high", "runs", "failed", "balloon",
        "smaller"}}}``; leaders begin with the one that has the best mean.
    """
    numbers: dict[str, dict[Any, float]] = {}
    balloons: dict[str, list[float]] = {}
    failed: dict[str, int] = {}
    for row in rows:
        key = row["design"]
        numbers.setdefault(key, {})
        balloons.setdefault(key, [])
        failed.setdefault(key, 0)
        if row["error"]:
            failed[key] += 1
            continue
        numbers[key][row["pair"]] = row[judge.stat]
        balloons[key].append(row["balloon_actual"])
    largest = max((fmean(sizes) for sizes in balloons.values() if sizes), default=0.0)
    designs: dict[str, dict[str, Any]] = {}
    for key, mine in numbers.items():
        size = fmean(balloons[key]) if balloons[key] else 0.0
        smaller = bool(mine) and judge.same_balloon and size < SAME_BALLOON * largest
        of = list(mine.values())
        designs[key] = {
            "mean": round(fmean(of), 3) if of else None, "low": min(of, default=None),
            "high": max(of, default=None), "runs": len(of), "failed": failed[key],
            "balloon": round(size, 1), "smaller": smaller,
        }  # fmt: skip
    runners = {key: mine for key, mine in numbers.items() if mine and not designs[key]["smaller"]}
    return _verdict(runners, judge) | {"designs": designs}


def _verdict(runners: dict[str, dict[Any, float]], judge: Judge) -> dict[str, Any]:
    """Rules 3 and 4 over those in the contest."""
    nothing: dict[str, Any] = {
        "state": NOTHING, "leaders": [], "margin": None, "half": None, "rival": None, "pairs": 0,
    }  # fmt: skip
    if not runners:
        return nothing
    sign = 1 if judge.better == "high" else -1
    order = sorted(runners, key=lambda key: -sign * fmean(runners[key].values()))
    first = order[0]
    share = judge.margin_percent * abs(fmean(runners[first].values())) / 100
    margin = max(judge.margin, share)
    leads = {key: lead_of(runners[first], runners[key], judge.better) for key in order[1:]}
    close = [key for key, lead in leads.items() if not _beats(lead, margin)]
    level = all(_level(leads[key], margin) for key in close)
    state = WON if not close else LEVEL if level else UNDECIDED
    # The lead is over the first that is beaten: level ones share it.
    rivals = [key for key in order[1:] if state != LEVEL or key not in close]
    lead = leads[rivals[0]] if rivals else None
    return {
        "state": state,
        "leaders": [first, *close],
        "margin": None if lead is None else round(lead.mean, 3),
        "half": None if lead is None or lead.half is None else round(lead.half, 3),
        "rival": rivals[0] if rivals else None,
        "pairs": len(runners[first]),
    }
