"""Summary of several runs of stress-highalloc: mean, lowest, highest; the published figures."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

# Aquini's cover letters: percent of pass 1, pass 2, rested. One run each.
PUBLISHED_SCORES: dict[str, dict[str, tuple[int, int, int]]] = {
    "v11": {"pinned": (55, 54, 75), "lru_hook": (62, 62, 80)},
    "v10": {"pinned": (47, 52, 77), "lru_hook": (85, 87, 99)},
}

Run = dict[str, Any]


def combine(
    preset: str, profile: str, seeds: Sequence[int], runs: Mapping[str, Sequence[Run]]
) -> Run:
    """The command's answer.

    Args:
        preset: its name.
        profile: its name.
        seeds: in the order of the runs.
        runs: design key → one run for every seed.

    Returns:
        For one seed ``{"preset", "seed", "profile", "designs": {key: run}}``; for several, a list
        ``seeds`` in addition to the first, and each number of a design as ``{"mean", "lowest",
        "highest", "each"}``.
    """
    answer: Run = {"preset": preset, "seed": seeds[0], "profile": profile}
    if len(seeds) == 1:
        answer["designs"] = {key: one[0] for key, one in runs.items()}
        return answer
    answer["seeds"] = list(seeds)
    answer["designs"] = {
        key: {name: summarise([run[name] for run in every]) for name in every[0]}
        for key, every in runs.items()
    }
    return answer


def summarise(values: Sequence[float]) -> Run:
    """Mean, lowest, highest and each of some numbers."""
    return {
        "mean": round(fmean(values), 1),
        "lowest": min(values),
        "highest": max(values),
        "each": list(values),
    }
