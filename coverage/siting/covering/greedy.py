"""A good plan in no time: most value for the money first, then swaps. It starts the exact solver."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .instance import CoveringInstance

__all__ = ["greedy_plan"]

_SWAP_ROUNDS = 3


def greedy_plan(instance: CoveringInstance, budget: float) -> NDArray[np.int64]:
    """Return a plan within the budget: the better of value per cost and plain value, improved by swaps.

    Parameters
    ----------
    instance : CoveringInstance
        Without forbidden candidates.
    budget : float
        At least the cost of the mandatory candidates.

    Returns
    -------
    ndarray of int64
        Sorted candidates. No statement about how good it is: the bound comes from the solver.
    """
    search = _Search(instance, budget)
    plans = [search.fill(instance.mandatory.tolist(), per_cost) for per_cost in (True, False)]
    best = max(plans, key=search.rank)
    for _ in range(_SWAP_ROUNDS):
        improved = search.swap(best)
        if search.rank(improved) <= search.rank(best):
            break
        best = improved
    return np.array(sorted(best), np.int64)


class _Search:
    """Adding to and swapping within one plan; group bonuses are spread over their demands as a guide."""

    def __init__(self, instance: CoveringInstance, budget: float) -> None:
        self.instance = instance
        self.budget = budget
        self.by_candidate = csr_matrix(instance.cover.T)
        groups = instance.groups
        per_share = groups.bonus / np.maximum(groups.need, 1e-9)
        self.guide = instance.weight + np.asarray(groups.share.T @ per_share)
        self.rivals: list[set[int]] = [set() for _ in range(instance.shape[1])]
        for group in instance.conflicts:
            for candidate in group.tolist():
                self.rivals[candidate] |= set(group.tolist()) - {candidate}

    def rank(self, plan: list[int]) -> tuple[float, float]:
        """Return value, then thrift."""
        chosen = np.array(plan, np.int64)
        return self.instance.value(chosen), -self.instance.total_cost(chosen)

    def fill(self, start: list[int], per_cost: bool = True) -> list[int]:
        """Add the most rewarding candidate until nothing rewarding fits the budget."""
        plan = list(start)
        open_weight = np.where(self.instance.served(np.array(plan, np.int64)), 0.0, self.guide)
        spent = self.instance.total_cost(np.array(plan, np.int64))
        allowed = np.ones(self.instance.shape[1], bool)
        for candidate in plan:
            allowed[[candidate, *self.rivals[candidate]]] = False
        while True:
            gain = np.asarray(self.by_candidate @ open_weight)
            possible = allowed & (gain > 0) & (self.instance.cost <= self.budget - spent)
            if not possible.any():
                return plan
            reward = gain / np.maximum(self.instance.cost, 1e-9) if per_cost else gain
            best = int(np.argmax(np.where(possible, reward, -1.0)))
            plan.append(best)
            spent += float(self.instance.cost[best])
            allowed[[best, *self.rivals[best]]] = False
            row = slice(self.by_candidate.indptr[best], self.by_candidate.indptr[best + 1])
            open_weight[self.by_candidate.indices[row]] = 0.0

    def swap(self, plan: list[int]) -> list[int]:
        """Drop each optional member in turn and fill up again; return the best plan seen."""
        mandatory = set(self.instance.mandatory.tolist())
        best = plan
        for member in plan:
            if member not in mandatory:
                tried = self.fill([m for m in plan if m != member])
                best = max(best, tried, key=self.rank)
        return best
