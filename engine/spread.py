"""Spread: the same operations under several draws of what a capture does not contain.

The order of free lists and LRU lists is drawn from a seed (engine/capture/assemble.py). What
differs between seeds is unknown; what does not differ is known regardless.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from engine.errors import RefusedError

MAX_SEEDS = 100

_AS_THEY_ARE = ("op", "toggles", "node", "zone")  # the same under every seed


def seeds_from(first: int, number: int, highest: int) -> tuple[int, ...]:
    """A number of seeds, counting up from the first and wrapping around after the highest.

    Args:
        first: a seed, 0 to ``highest``.
        number: how many.
        highest: largest seed there is.

    Raises:
        RefusedError: not a number of seeds.
    """
    if not 1 <= number <= MAX_SEEDS:
        raise RefusedError(f"{number} seeds: from 1 to {MAX_SEEDS} are possible")
    return tuple((first + i) % (highest + 1) for i in range(number))


def spread_of(values: Sequence[float]) -> dict[str, float]:
    """Mean, lowest and highest of some numbers."""
    return {"mean": round(fmean(values), 3), "low": min(values), "high": max(values)}


def _merge(values: Sequence[Any]) -> Any:
    """Several JSON values of one shape as one of that shape: each number becomes its spread.

    Words that differ become an object: words → how many seeds said so.
    """
    first = values[0]
    if isinstance(first, Mapping):
        return {
            name: one if name in _AS_THEY_ARE else _merge([value[name] for value in values])
            for name, one in first.items()
        }
    if isinstance(first, list):
        return [_merge(column) for column in zip(*values, strict=True)]
    if first is None:
        return first
    if isinstance(first, str):
        return first if len(set(values)) == 1 else dict(Counter(values).most_common())
    return spread_of(values)


def merge_replays(seeds: Sequence[int], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several replays of the same operations as one answer.

    Args:
        seeds: of each.
        results: what engine/replay.py returned, in the same order.

    Returns:
        The first replay's answer as it is; for more than one also ``seeds`` and ``spread``:
        designs and steps of the same shape, where each number is ``{mean, low, high}`` and words
        that differ are ``{words: seeds}``.
    """
    answer = dict(results[0])
    if len(results) > 1:
        answer["seeds"] = list(seeds)
        answer["spread"] = _merge([result["designs"] for result in results])
    return answer


def replay_seeds(
    seeds: Sequence[int],
    run: Callable[[int], Mapping[str, Any]],
    each: Callable[..., Iterable[Mapping[str, Any]]] = map,
) -> dict[str, Any]:
    """Replay under each seed.

    Args:
        seeds: the first is the one whose steps are returned in full.
        run: seed → answer of a replay.
        each: like ``map``; a pool's ``map`` runs them in parallel, with the same result.
    """
    return merge_replays(seeds, list(each(run, seeds)))
