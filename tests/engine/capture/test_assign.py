"""Labels under known sums, compared with an exhaustive search."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.capture.assign import Problem, assign


def objective(problem: Problem, labels: np.ndarray) -> float:
    """The objective, item by item."""
    value = sum(problem.cost[i, label] for i, label in enumerate(labels))
    value += sum(
        problem.coupling[k] for k in range(len(labels) // 2) if labels[2 * k] != labels[2 * k + 1]
    )
    for label in range(problem.cost.shape[1]):
        sums = problem.amounts[labels == label].sum(axis=0)
        value += (problem.weight[label] * np.abs(sums - problem.target[label])).sum()
    return float(value)


def made(seed: int, pairs: int, labels: int) -> tuple[Problem, np.ndarray]:
    """A problem with a hidden answer."""
    draw = np.random.Generator(np.random.PCG64(seed))
    truth = draw.integers(0, labels, 2 * pairs)
    amounts = draw.integers(0, 6, (2 * pairs, 3)).astype(float)
    target = np.stack([amounts[truth == label].sum(axis=0) for label in range(labels)])
    cost = draw.random((2 * pairs, labels))
    return Problem(cost, amounts, target, np.full((labels, 3), 2.0), draw.random(pairs)), truth


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 3))
def test_the_labelling_found_is_close_to_the_best(seed: int, pairs: int, labels: int) -> None:
    problem, _ = made(seed, pairs, labels)
    found, excess, value = assign(problem)
    best = min(
        objective(problem, np.array(every)) for every in product(range(labels), repeat=2 * pairs)
    )
    assert abs(value - objective(problem, found)) < 1e-9
    assert value <= best + 1.0  # half a unit of one sum: two changes at a time may not reach it
    for label in range(labels):
        sums = problem.amounts[found == label].sum(axis=0)
        assert np.allclose(sums - problem.target[label], excess[label])


def test_sums_decide_where_costs_do_not() -> None:
    problem, truth = made(7, 60, 2)
    blind = Problem(
        np.zeros_like(problem.cost),
        problem.amounts,
        problem.target,
        problem.weight,
        np.zeros(60),
    )
    _, excess, _ = assign(blind)
    assert np.abs(excess).sum() <= 2.0
    sharp = Problem(
        problem.cost + 5.0 * (np.arange(2) != truth[:, None]),
        problem.amounts,
        problem.target,
        problem.weight,
        problem.coupling,
    )
    assert (assign(sharp)[0] == truth).all()


def test_the_same_problem_gives_the_same_labels() -> None:
    problem, _ = made(3, 200, 3)
    first, second = assign(problem), assign(problem)
    assert (first[0] == second[0]).all()
    assert first[2] == second[2]
