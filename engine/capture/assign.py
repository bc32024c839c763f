"""Chooses a label for each of many items so that the sums per label match known totals.

Items come in pairs (2k, 2k + 1) that tend to agree. Each label has a cost per item, each item a
vector of amounts, and for each label the sum of its items' amounts is known more or less exactly:

    minimise  cost + disagreement of pairs + sum of weight * |sum of amounts - target|

A Lagrangian relaxation (prices on the sums, bounded by the weights) finds a near-optimal labelling
in time linear in the items; a local search over single and double changes repairs the rest. There
is no randomness.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_ROUNDS = 200
_CANDIDATES = 1500  # pairs that the local search may change
_MOVES = 250  # moves that are tried in twos
_REPAIRS = 80


@dataclass(frozen=True)
class Problem:
    """One labelling problem.

    Attributes:
        cost: float64[n, labels], n even.
        amounts: float64[n, dims], what an item adds to the sums of its label.
        target: float64[labels, dims], the known sums.
        weight: float64[labels, dims], price of one unit of deviation; 0 = not known.
        coupling: float64[n / 2], cost of two labels in one pair.
    """

    cost: Floats
    amounts: Floats
    target: Floats
    weight: Floats
    coupling: Floats


class _Solver:
    def __init__(self, problem: Problem) -> None:
        self.p = problem
        self.labels = problem.cost.shape[1]
        # A pair's state s stands for the labels (first[s], second[s]).
        self.first, self.second = np.divmod(np.arange(self.labels**2), self.labels)
        self.differ = problem.coupling[:, None] * (self.first != self.second)
        self.pair_cost = self._pair_costs(problem.cost)

    def _pair_costs(self, item_cost: Floats) -> Floats:
        """Cost of every state of every pair, float64[n / 2, labels ** 2]."""
        out: Floats = item_cost[0::2][:, self.first] + item_cost[1::2][:, self.second]
        out += self.differ
        return out

    def label(self, state: Labels) -> Labels:
        """Label of every item, int64[n]."""
        out = np.empty(2 * len(state), np.int64)
        out[0::2], out[1::2] = self.first[state], self.second[state]
        return out

    def excess(self, state: Labels) -> Floats:
        """Sums minus targets, float64[labels, dims]."""
        labels = self.label(state)
        sums = [self.p.amounts[labels == label].sum(axis=0) for label in range(self.labels)]
        return np.stack(sums) - self.p.target

    def value(self, state: Labels, excess: Floats) -> float:
        """Objective of a labelling."""
        chosen = self.pair_cost[np.arange(len(state)), state].sum()
        return float(chosen + (self.p.weight * np.abs(excess)).sum())

    def relax(self) -> Labels:
        """Best labelling found while adjusting the prices (subgradient, steps as in AdaGrad)."""
        price = np.zeros_like(self.p.target)
        steps = np.full_like(price, 1e-9)
        best, best_value = np.zeros(len(self.pair_cost), np.int64), np.inf
        for _ in range(_ROUNDS):
            state = self._pair_costs(self.p.cost + self.p.amounts @ price.T).argmin(axis=1)
            excess = self.excess(state)
            value = self.value(state, excess)
            if value < best_value:
                best, best_value = state, value
            steps += excess * excess
            price += self.p.weight * excess / np.sqrt(steps)
            np.clip(price, -self.p.weight, self.p.weight, out=price)
        self.price = price
        return best

    def _candidates(self) -> Labels:
        """Pairs whose best two states are closest in cost at the final prices."""
        cost = self._pair_costs(self.p.cost + self.p.amounts @ self.price.T)
        two = np.partition(cost, 1, axis=1)[:, :2]
        return np.argsort(two[:, 1] - two[:, 0], kind="stable")[:_CANDIDATES]

    def repair(self, state: Labels) -> Labels:
        """Improve by changing one pair, or two at once, for as long as that helps."""
        state = state.copy()
        pairs = self._candidates()
        rows = np.arange(len(pairs))
        # adds[i, k] = what candidate i in state k adds to the sums, flat over labels x dims
        adds = np.zeros((len(pairs), self.labels**2, *self.p.target.shape))
        for k in range(self.labels**2):
            adds[:, k, self.first[k]] += self.p.amounts[2 * pairs]
            adds[:, k, self.second[k]] += self.p.amounts[2 * pairs + 1]
        adds = adds.reshape(len(pairs), self.labels**2, -1)
        cost, weight = self.pair_cost[pairs], self.p.weight.ravel()
        for _ in range(_REPAIRS):
            excess = self.excess(state).ravel()
            now = state[pairs]
            delta = adds - adds[rows, now][:, None]
            own = cost - cost[rows, now][:, None]
            gain = own + _change(excess, delta, weight)
            best = int(gain.argmin())
            if gain.flat[best] < -1e-9:
                pair, new = divmod(best, self.labels**2)
                state[pairs[pair]] = new
                continue
            moves = np.argsort((own + 0.3 * gain).ravel(), kind="stable")[: _MOVES + len(pairs)]
            i, s = np.divmod(moves, self.labels**2)
            real = s != now[i]
            i, s = i[real][:_MOVES], s[real][:_MOVES]
            if not len(i):
                break
            two = delta[i, s][:, None] + delta[i, s][None]
            both = own[i, s][:, None] + own[i, s][None] + _change(excess, two, weight)
            both[i[:, None] == i[None]] = np.inf
            best = int(both.argmin())
            if both.flat[best] >= -1e-9:
                break
            for k in divmod(best, len(i)):
                state[pairs[i[k]]] = s[k]
        return state


def _change(excess: Floats, delta: Floats, weight: Floats) -> Floats:
    """Change in the weighted deviation if ``delta`` is added to ``excess``."""
    known = weight > 0
    change = np.abs(excess[known] + delta[..., known]) - np.abs(excess[known])
    out: Floats = change @ weight[known]
    return out


def assign(problem: Problem) -> tuple[Labels, Floats, float]:
    """Label every item.

    Returns:
        int64[n] labels; float64[labels, dims] sums minus targets; the objective.
    """
    solver = _Solver(problem)
    if solver.labels == 1:
        state = np.zeros(len(problem.cost) // 2, np.int64)
    else:
        state = solver.repair(solver.relax())
    excess = solver.excess(state)
    return solver.label(state), excess, solver.value(state, excess)
