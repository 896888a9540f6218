"""Good plans of a plain covering instance fast: greedy, drop and refill, and many restarts.

No statement about how good they are: that is for the bound. Everything is deterministic: random numbers come
from a fixed seed, and the work is counted in steps, not in seconds.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .instance import CoveringInstance
from .local_search_kernels import improve_cost, improve_value, take_in_order

__all__ = ["LocalSearch"]

_TOUCHES_PER_CALL = 4e9  # matrix entries in one call of a kernel by the estimate below, about 0.2 s
_LONGEST_CALL = 200
_STRENGTHS = (4, 6, 8, 3)
"""Sites thrown out at once between two descents, at most; one start after the other takes the next."""


class LocalSearch:
    """Plans for one instance without groups and forbidden candidates.

    Parameters
    ----------
    instance : CoveringInstance
    limit : float
        The budget, or with `least_cost` the value to reach.
    least_cost : bool
        Look for the least cost that reaches a value instead of the most value within a budget.
    """

    def __init__(self, instance: CoveringInstance, limit: float, *, least_cost: bool = False) -> None:
        self.instance = instance
        self.limit = float(limit)
        self.least_cost = least_cost
        self.starts = 0
        self.touches = 0.0  # matrix entries, about
        by_site = csr_matrix(instance.cover.T)
        rivals = _rivals(instance)
        mandatory = np.zeros(instance.shape[1], np.bool_)
        mandatory[instance.mandatory] = True
        self._arrays = (
            by_site.indptr.astype(np.int64), by_site.indices.astype(np.int32),
            instance.cover.indptr.astype(np.int64), instance.cover.indices.astype(np.int32),
            instance.weight, instance.cost,
            rivals.indptr.astype(np.int64), rivals.indices.astype(np.int32), mandatory,
        )  # fmt: skip
        self._random = np.array([0x2545F4914F6CDD1D], np.uint64)
        cost = instance.cost
        self._same_cost = bool(len(cost) == 0 or np.all(cost == cost[0]))
        entries = max(1.0, float(instance.cover.nnz))
        # One descent drops and adds every member a few times: all entries of all rows they cover.
        self._per_step = 4.0 * entries * max(1.0, entries / max(1, instance.shape[0]))
        self._steps = int(min(_LONGEST_CALL, max(1.0, _TOUCHES_PER_CALL / self._per_step)))

    def start(self, steps: int, guide: NDArray[np.float64] | None = None) -> NDArray[np.int64] | None:
        """Return the plan that the next start ends at, None where it reached no feasible one.

        Parameters
        ----------
        steps : int
            Perturbations, each followed by a descent.
        guide : ndarray of float64, (candidates,), optional
            Begin with the candidates of the highest numbers (those > 0), for instance an LP solution; by
            default the first two starts are greedy and the later ones random.
        """
        number = self.starts
        self.starts += 1
        member = self._begin(number, guide)
        best = member.copy()
        strength = _STRENGTHS[number % len(_STRENGTHS)]
        per_cost = self._same_cost or number % 2 == 0
        improve = improve_cost if self.least_cost else improve_value
        done, objective = 0, -math.inf
        self.touches += (steps + 1) * self._per_step
        while True:
            part = min(self._steps, steps - done)
            objective = improve(
                self._arrays, member, best, self.limit, per_cost, part, strength, self._random
            )
            done += part
            if done >= steps:
                break
            member[:] = best
        if self.least_cost and not math.isfinite(objective):
            return None
        return np.flatnonzero(best).astype(np.int64)

    def _begin(self, number: int, guide: NDArray[np.float64] | None) -> NDArray[np.bool_]:
        """Return the first members: those of the guide, none (greedy), or random ones."""
        member = self._arrays[8].copy()
        if guide is not None:
            order = np.argsort(-guide, kind="stable")
            order = order[guide[order] > 1e-6]
        elif number < 2:
            return member
        else:
            seed = int(self._random[0] & np.uint64(0x7FFFFFFF))
            order = np.random.Generator(np.random.PCG64([seed, number])).permutation(len(member))
        take_in_order(self._arrays, member, order, math.inf if self.least_cost else self.limit)
        return member


def _rivals(instance: CoveringInstance) -> csr_matrix:
    """Return for every candidate those that it excludes."""
    n = instance.shape[1]
    pairs = [(a, b) for group in instance.conflicts for a in group.tolist() for b in group.tolist() if a != b]
    if not pairs:
        return csr_matrix((n, n))
    first, second = np.array(pairs, np.int64).T
    matrix = csr_matrix((np.ones(len(first)), (first, second)), shape=(n, n))
    matrix.sum_duplicates()
    return matrix
