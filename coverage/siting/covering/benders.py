"""The linear relaxation of a plain covering instance by clustered Benders cuts.

The variables y (one for each class of demands) are projected out: classes are put into clusters, and one
variable t of each cluster stands for the weight covered in it. For any set T of classes of the cluster

    t <= Σ_{c not in T} weight_c + Σ_{c in T} weight_c · Σ_{j covers c} x_j

holds, and the T that is tightest at a point x are the classes with Σ x < 1 (Cordeau, Furini and Ljubić 2019,
there with one variable for all). Hundreds of clusters instead of one need a few rounds instead of hundreds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, hstack, vstack

from .highs import safe_bound
from .instance import CoveringInstance
from .kernels import tightest

__all__ = ["BendersMaster", "Relaxed", "clusters_of_classes"]

_INFINITE = highspy.kHighsInf
_LARGEST_CLUSTER = 100.0  # weight of the heaviest cluster in the solver's units
_VIOLATED = 1e-6  # in the solver's units; above its own tolerance, else a cut could come for ever


@dataclass(frozen=True)
class Relaxed:
    """What one linear relaxation says.

    Attributes
    ----------
    bound : float
        No plan of this part of the search is better: value, or minus the cost. -inf: there is none.
    x : ndarray of float64, (candidates,)
    reduced_cost : ndarray of float64, (candidates,)
        <= 0 for candidates at 0: what the bound loses at least when the candidate is chosen; >= 0 at 1.
    """

    bound: float
    x: NDArray[np.float64]
    reduced_cost: NDArray[np.float64]


def clusters_of_classes(instance: CoveringInstance, most: int) -> NDArray[np.int64]:
    """Return a cluster for every class, at most `most` classes in each.

    A cluster that is too large is split by the site that halves its weight. Classes that many sites cover
    together end up together, without knowing where they are.
    """
    cover, weight = instance.cover, instance.weight
    by_site = csc_matrix(cover)
    label = np.zeros(instance.shape[0], np.int64)
    todo, number = [np.arange(instance.shape[0])], 0
    while todo:
        part = todo.pop()
        inside = np.zeros(0, bool)
        if len(part) > most:
            covered = np.asarray(cover[part].T @ weight[part]).ravel()
            site = int(np.argmin(np.abs(covered - weight[part].sum() / 2)))
            rows = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
            inside = np.isin(part, rows, assume_unique=True)
        if inside.any() and not inside.all():
            todo += [part[inside], part[~inside]]
        else:
            label[part] = number
            number += 1
    return label


@dataclass
class BendersMaster:
    """The relaxation as a linear problem that grows by cuts and is cut to size again.

    Parameters
    ----------
    instance : CoveringInstance
        Without groups and forbidden candidates.
    limit : float
        Budget, or with `least_cost` the value to reach.
    least_cost : bool
    cluster_size : int
        Classes in a cluster, at most.
    """

    instance: CoveringInstance
    limit: float
    least_cost: bool
    cluster_size: int
    branch_row: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        instance = self.instance
        self.label = clusters_of_classes(instance, self.cluster_size)
        self.clusters = int(self.label.max(initial=-1)) + 1
        heavy = np.bincount(self.label, weights=instance.weight, minlength=self.clusters)
        self.unit = max(float(heavy.max(initial=0.0)), 1e-12) / _LARGEST_CLUSTER
        self.cost_unit = max(float(instance.cost.max(initial=0.0)), 1e-12)
        self.most = heavy / self.unit
        self._row = instance.cover.indptr.astype(np.int64)
        self._site = instance.cover.indices.astype(np.int32)
        self.solver = highspy.Highs()
        for name, value in {"output_flag": False, "threads": 1, "random_seed": 0}.items():
            self.solver.setOptionValue(name, value)
        self._pass_model()

    def _pass_model(self) -> None:
        instance = self.instance
        sites = instance.shape[1]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = sites + self.clusters, 0
        lp.sense_ = highspy.ObjSense.kMaximize
        gain = np.zeros(self.clusters) if self.least_cost else np.ones(self.clusters)
        price = -instance.cost / self.cost_unit if self.least_cost else np.zeros(sites)
        lp.col_cost_ = np.concatenate([price, gain])
        self.lower, self.upper = np.zeros(sites), np.ones(sites)
        self.lower[instance.mandatory] = 1.0
        lp.col_lower_ = np.concatenate([self.lower, np.zeros(self.clusters)])
        lp.col_upper_ = np.concatenate([self.upper, self.most])
        self.solver.passModel(lp)
        # A copy of the rows, from which bounds are proved without the solver.
        self._objective = np.concatenate([price, gain])
        self._rows = csr_matrix((0, sites + self.clusters))
        self._low, self._high = np.zeros(0), np.zeros(0)
        if self.least_cost:
            every = np.arange(sites, sites + self.clusters, dtype=np.int32)
            self._add_row(self.limit / self.unit * (1.0 - 1e-9), _INFINITE, every, np.ones(self.clusters))
        elif math.isfinite(self.limit):
            every = np.arange(sites, dtype=np.int32)
            budget = self.limit / self.cost_unit * (1.0 + 1e-9)
            self._add_row(-_INFINITE, budget, every, instance.cost / self.cost_unit)
        for group in instance.conflicts:
            self._add_row(-_INFINITE, 1.0, group.astype(np.int32), np.ones(len(group)))
        self.fixed_rows = int(self._rows.shape[0])

    def _add_row(
        self, lower: float, upper: float, column: NDArray[np.int32], entry: NDArray[np.float64]
    ) -> int:
        self._add_rows(
            csr_matrix((entry, column, [0, len(column)]), shape=(1, self._rows.shape[1])),
            np.array([lower]), np.array([upper]),
        )  # fmt: skip
        return int(self._rows.shape[0]) - 1

    def _add_rows(self, block: csr_matrix, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        first, column = block.indptr[:-1].astype(np.int32), block.indices.astype(np.int32)
        self.solver.addRows(block.shape[0], lower, upper, block.nnz, first, column, block.data)
        self._rows = csr_matrix(vstack([self._rows, block]))
        self._low, self._high = np.append(self._low, lower), np.append(self._high, upper)

    def objective(self, raw: float) -> float:
        """Return a number of the solver as value, or minus cost."""
        return raw * (self.cost_unit if self.least_cost else self.unit)

    def restrict(
        self,
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        sums: dict[int, tuple[float, float]],
    ) -> None:
        """Take over the bounds of candidates, and of the number chosen among those that cover a class."""
        sites = self.instance.shape[1]
        self.lower, self.upper = lower, upper
        self.solver.changeColsBounds(sites, np.arange(sites, dtype=np.int32), lower, upper)
        for c in sums:
            if c not in self.branch_row:
                members = self.members(c)
                self.branch_row[c] = self._add_row(-_INFINITE, _INFINITE, members, np.ones(len(members)))
        for c, row in self.branch_row.items():
            low, high = sums.get(c, (-_INFINITE, _INFINITE))
            self.solver.changeRowBounds(row, low, high)
            self._low[row], self._high[row] = low, high

    def members(self, c: int) -> NDArray[np.int32]:
        """Return the candidates that cover class `c`."""
        return self._site[self._row[c] : self._row[c + 1]]

    def relax(
        self,
        rounds: int,
        enough: float,
        deadline: float,
        better: Callable[[float], None] | None = None,
    ) -> Relaxed | None:
        """Solve and add cuts, some rounds; None where the deadline (`time.monotonic`) came first.

        Parameters
        ----------
        rounds : int
            Rounds of cuts at most; at whole-numbered points as many as it takes.
        enough : float
            Stop as soon as the bound is not above this (value, or minus cost).
        deadline : float
        better : callable, optional
            Told the bound after every round.
        """
        last: Relaxed | None = None
        done = 0
        while True:
            found = self._solve(deadline)
            if found is None:
                return last
            if better is not None:
                better(found.bound)
            if found.bound <= enough:
                return found
            x, t = found.x, self._t
            whole = bool(np.all(np.minimum(x, 1.0 - x) < 1e-6))
            last = found
            done += 1
            if done > rounds and not whole:
                return last
            if self._cut(np.round(x) if whole else x, t) == 0:
                return last
            if not whole:
                # A point between this one and those before: its cuts are deeper.
                self._centre += 0.5 * (x - self._centre)
                self._cut(self._centre, t)

    def begin(self, centre: NDArray[np.float64]) -> None:
        """Add the cuts of a first point, with any numbers 0 … 1."""
        self._centre = centre.copy()
        self._cut(centre, np.full(self.clusters, math.inf))

    def purge(self, at_least: int) -> None:
        """Drop the rows that do not bind when there are that many; the basis stays."""
        status = highspy.HighsBasisStatus
        basis = self.solver.getBasis()
        rows = list(basis.row_status)
        loose = [i for i in range(self.fixed_rows, len(rows)) if rows[i] == status.kBasic]
        if len(loose) < at_least or not basis.valid:
            return
        self.solver.deleteRows(len(loose), np.array(loose, np.int32))
        gone = set(loose)
        kept = [i for i in range(len(rows)) if i not in gone]
        number = {old: new for new, old in enumerate(kept)}
        self.branch_row = {c: number[r] for c, r in self.branch_row.items() if r in number}
        self._rows, self._low, self._high = self._rows[kept], self._low[kept], self._high[kept]
        left = highspy.HighsBasis()
        left.col_status, left.row_status, left.valid = basis.col_status, [rows[i] for i in kept], True
        self.solver.setBasis(left)

    def _solve(self, deadline: float) -> Relaxed | None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return None
        # The time of all runs of a solver counts against its limit.
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + left_s))
        self.solver.run()
        status = self.solver.getModelStatus()
        sites = self.instance.shape[1]
        if status == highspy.HighsModelStatus.kInfeasible:
            return Relaxed(-math.inf, np.zeros(sites), np.zeros(sites))
        if status == highspy.HighsModelStatus.kTimeLimit:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            shown = self.solver.modelStatusToString(status)
            raise RuntimeError(
                f"HiGHS stopped with {shown!r}; did it run with other threads in this process?"
            )
        solution = self.solver.getSolution()
        columns = np.array(solution.col_value, np.float64)
        bound, reduced = safe_bound(
            self._rows, self._low, self._high, self._objective,
            np.concatenate([self.lower, np.zeros(self.clusters)]), np.concatenate([self.upper, self.most]),
            np.array(solution.row_dual, np.float64),
        )  # fmt: skip
        self._t = columns[sites:]
        x = np.clip(columns[:sites], 0.0, 1.0)
        return Relaxed(self.objective(bound), x, reduced[:sites] * self.objective(1.0))

    def _cut(self, x: NDArray[np.float64], t: NDArray[np.float64]) -> int:
        """Add the cut of every cluster whose t is too high at `x`; return how many."""
        constant = np.zeros(self.clusters)
        entry = np.zeros((self.clusters, self.instance.shape[1]))
        tightest(self._row, self._site, self.instance.weight / self.unit, self.label, x, constant, entry)
        value = constant + entry @ x
        which = np.flatnonzero(t > value + np.maximum(_VIOLATED, 1e-7 * self.most))
        if len(which) == 0:
            return 0
        own = csr_matrix(
            (np.ones(len(which)), (np.arange(len(which)), which)), shape=(len(which), self.clusters)
        )
        block = csr_matrix(hstack([csr_matrix(-entry[which]), own]))
        self._add_rows(block, np.full(len(which), -_INFINITE), constant[which])
        return len(which)
