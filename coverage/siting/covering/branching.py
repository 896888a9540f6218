"""Branch and Benders cut for covering instances without groups: the best plan, and a bound that proves it.

The way there: plans by local search; the relaxation by clustered Benders cuts; candidates fixed by their
reduced costs and the instance merged again, as long as that helps; then a tree, best bound first. A node is
split by the number of chosen candidates among those that cover one class of demands (none or at least one,
one or at least two …), which moves the bound far more than a single candidate does; where all such numbers
are whole, by a candidate. Every bound is proved by weak duality, not by the solver's word.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..building.contract import Progress
from .benders import BendersMaster, Relaxed
from .instance import CoveringInstance
from .local_search import LocalSearch
from .reduction import restrict

__all__ = ["SearchResult", "search_plan"]

_CLUSTER_SIZE = 100  # classes; fewer where there are few classes: at least _CLUSTERS clusters
_CLUSTERS = 100
_ROOT_ROUNDS, _NODE_ROUNDS = 200, 3
_LOOSE_ROWS = 2000
_TOUCHES = 2e11  # work of the local search before the tree, in matrix entries touched
_STEPS = 100  # perturbations of one start
_FIRST_STARTS = 3  # before there is a bound
_MOST_STARTS = 24  # before the tree
_NODES_PER_START = 4
_SHRUNK = 0.9  # share of candidates left: from here on merging again pays
_MUCH_SHRUNK = 0.5  # from here on before any further local search
_BRANCH_WINDOW = 0.05  # how far from the best fraction a class may be to be chosen for its size
_SAME = 1e-7  # relative: a bound this near to the plan is equal to it


@dataclass(frozen=True)
class SearchResult:
    """What a search came to.

    Attributes
    ----------
    plan : ndarray of int64 or None
        Best plan found; None: no feasible one.
    bound : float
        No plan has more value (costs less).
    stopped : {"finished", "time_limit", "interrupted", "infeasible"}
    """

    plan: NDArray[np.int64] | None
    bound: float
    stopped: str


@dataclass(order=True)
class _Node:
    key: tuple[float, int]
    lower: NDArray[np.float64] = field(compare=False)
    upper: NDArray[np.float64] = field(compare=False)
    sums: dict[int, tuple[float, float]] = field(compare=False)
    x: NDArray[np.float64] = field(compare=False)


def search_plan(
    instance: CoveringInstance,
    limit: float,
    *,
    least_cost: bool = False,
    start: NDArray[np.int64] | None = None,
    time_limit_s: float,
    gap_target: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
) -> SearchResult:
    """Look for the most value within a budget, or the least cost of a value.

    Ctrl-C ends the search: the best plan so far is returned with its bound.

    Parameters
    ----------
    instance : CoveringInstance
        Without groups and forbidden candidates; merged (`reduction.reduce_instance`) it goes faster.
    limit : float
        Budget, or value to reach with `least_cost`.
    least_cost : bool
    start : ndarray of int64, optional
        A feasible plan to begin with.
    time_limit_s : float
    gap_target : float
        |bound - objective| / objective at which to stop.
    progress : callable, optional
        Called with a `Progress` when plan or bound improve, and every few seconds.
    """
    search = _Search(instance, limit, least_cost, time_limit_s, gap_target, progress)
    if start is not None:
        search.offer(start)
    try:
        stopped = search.run()
    except KeyboardInterrupt:
        stopped = "interrupted"
    return search.result(stopped)


class _Search:
    """One search; inside, everything is maximised: the value, or minus the cost."""

    def __init__(
        self,
        instance: CoveringInstance,
        limit: float,
        least_cost: bool,
        time_limit_s: float,
        gap_target: float,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.original = self.instance = instance
        self.candidate = np.arange(instance.shape[1])
        self.limit, self.least_cost = limit, least_cost
        self.begin = time.monotonic()
        self.deadline = self.begin + time_limit_s
        self.gap_target = gap_target
        self.progress = progress
        self.told = -math.inf
        parts = instance.cost if least_cost else instance.weight
        self.grain = 1.0 if np.all(parts == np.round(parts)) and parts.sum() < 2**52 else 0.0
        self.best: NDArray[np.int64] | None = None
        self.objective = -math.inf
        # With everything chosen nothing is worth more; nothing costs less than the mandatory ones.
        self.bound = (
            -instance.total_cost(instance.mandatory)
            if least_cost
            else instance.value(np.arange(instance.shape[1]))
        )
        self.left_out = -math.inf  # the best bound among the parts of the tree that were cut off

    def result(self, stopped: str) -> SearchResult:
        bound = max(self.bound, self.objective)
        sign = -1.0 if self.least_cost else 1.0
        if self.best is None and stopped == "finished":
            return SearchResult(None, math.inf if self.least_cost else -math.inf, "infeasible")
        return SearchResult(self.best, sign * bound, stopped)

    def run(self) -> str:
        """Return why the search stopped."""
        self.heuristic = LocalSearch(self.instance, self.limit, least_cost=self.least_cost)
        self.offer(self._translated(self.heuristic.start(0)))  # however little time there is
        self._start_until(_FIRST_STARTS)
        while not self._enough():
            if self.instance.shape[1] == 0:  # everything was ruled out
                self.offer(self.candidate[:0])
                self._lower_bound_to(-math.inf)
                break
            root, master = self._root()
            if root is None:
                return "time_limit"
            if not self._enough() and not self._fix(root, _MUCH_SHRUNK):
                self._start_until(_MOST_STARTS)
                if not self._enough() and not self._fix(root, _SHRUNK):
                    return self._tree(master, root)
        return "finished"

    def _start_until(self, starts: int) -> None:
        """Begin the local search anew as often, within its work."""
        while self.heuristic.starts < starts and self.heuristic.touches < _TOUCHES:
            if time.monotonic() > self.deadline or self._enough():
                return
            self.offer(self._translated(self.heuristic.start(_STEPS)))
            self._tell()

    def offer(self, plan: NDArray[np.int64] | None) -> None:
        """Keep a plan (of the original candidates) if it is feasible and better."""
        if plan is None:
            return
        value, cost = self.original.value(plan), self.original.total_cost(plan)
        if self.least_cost and value < self.limit * (1.0 - 1e-9):
            return
        if not self.least_cost and cost > self.limit * (1.0 + 1e-9):
            return
        objective = -cost if self.least_cost else value
        if objective > self.objective:
            self.best, self.objective = np.sort(plan), objective
            self._tell(force=True)

    def _tell(self, force: bool = False) -> None:
        now = time.monotonic()
        if self.progress is None or (not force and now - self.told < 1.0):
            return
        self.told = now
        sign = -1.0 if self.least_cost else 1.0
        incumbent = sign * self.objective if math.isfinite(self.objective) else math.nan
        self.progress(
            Progress(incumbent, sign * max(self.bound, self.objective), self._gap(), now - self.begin)
        )

    def _gap(self) -> float:
        if not math.isfinite(self.objective):
            return math.inf
        difference = max(0.0, self.bound - self.objective)
        return 0.0 if difference == 0 else difference / max(abs(self.objective), 1e-12)

    def _slack(self, number: float) -> float:
        """Return what rounding in the last digits may have done to a bound."""
        return 1e-6 + 1e-11 * abs(number)

    def _threshold(self) -> float:
        """Return the bound from which on a part of the search can hold nothing better."""
        if not math.isfinite(self.objective):
            return -math.inf
        if self.grain:
            return self.objective + self.grain - 2.0 * self._slack(self.objective)
        return self.objective + _SAME * abs(self.objective)

    def _leave_out(self, bound: float) -> None:
        """Remember the bound of a part of the search that is not looked into."""
        if self.grain and math.isfinite(bound):
            bound = math.floor(bound + self._slack(bound))
        self.left_out = max(self.left_out, bound)

    def _lower_bound_to(self, bound: float) -> None:
        """Take over a better bound; whole numbers are rounded towards the plan."""
        if self.grain and math.isfinite(bound):
            bound = math.floor(bound + self._slack(bound))
        bound = max(bound, self.left_out)
        if bound < self.bound:
            self.bound = bound
            self._tell(force=True)

    def _enough(self) -> bool:
        return self.bound <= self._threshold() or self._gap() <= self.gap_target

    def _translated(self, plan: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        return None if plan is None else self.candidate[plan]

    def _root(self) -> tuple[Relaxed | None, BendersMaster]:
        classes = self.instance.shape[0]
        size = max(1, min(_CLUSTER_SIZE, classes // _CLUSTERS))
        master = BendersMaster(self.instance, self.limit, self.least_cost, size)
        master.begin(self._centre())
        root = master.relax(_ROOT_ROUNDS, self._threshold(), self.deadline, self._root_bound)
        if root is not None:
            self._lower_bound_to(root.bound)
            self._round(root.x)
        return root, master

    def _root_bound(self, bound: float) -> None:
        self._lower_bound_to(bound)

    def _centre(self) -> NDArray[np.float64]:
        sites = self.instance.shape[1]
        share = 0.5
        if not self.least_cost and math.isfinite(self.limit):
            share = min(1.0, self.limit / max(self.instance.cost.sum(), 1e-12))
        return np.full(sites, share)

    def _fix(self, root: Relaxed, most: float) -> bool:
        """Fix candidates by their reduced costs if that leaves at most this share; tell whether it did."""
        room = root.bound - self._threshold()
        if not math.isfinite(room):
            return False
        never = (root.x < 1e-6) & (root.reduced_cost < -room)
        never[self.instance.mandatory] = False
        always = (root.x > 1.0 - 1e-6) & (root.reduced_cost > room)
        kept = np.flatnonzero(~never)
        if len(kept) > most * self.instance.shape[1]:
            return False
        self._leave_out(self._threshold())
        smaller = restrict(self.instance, kept, np.flatnonzero(always))
        self.instance = smaller.instance
        self.candidate = self.candidate[kept]
        starts, touches = self.heuristic.starts, self.heuristic.touches
        self.heuristic = LocalSearch(self.instance, self.limit, least_cost=self.least_cost)
        self.heuristic.starts, self.heuristic.touches = starts, touches
        return True

    def _round(self, x: NDArray[np.float64]) -> None:
        self.offer(self._translated(self.heuristic.start(0, guide=x)))

    def _tree(self, master: BendersMaster, root: Relaxed) -> str:
        number = 0
        heap = [_Node((-root.bound, 0), master.lower, master.upper, {}, root.x)]
        nodes = 0
        while heap:
            self._lower_bound_to(-heap[0].key[0])
            if self._enough():
                return "finished"
            node = heapq.heappop(heap)
            if -node.key[0] <= self._threshold():
                self._leave_out(-node.key[0])
                continue
            for lower, upper, sums in self._split(node):
                master.restrict(lower, upper, sums)
                found = master.relax(_NODE_ROUNDS, self._threshold(), self.deadline)
                if found is None:
                    return "time_limit"
                nodes += 1
                number += 1
                bound = min(found.bound, -node.key[0])
                if self._settled(found, bound):
                    continue
                lower, upper = self._narrowed(found, bound, lower, upper)
                heapq.heappush(heap, _Node((-bound, number), lower, upper, sums, found.x))
                master.purge(_LOOSE_ROWS)
            self._search_on(nodes, node.x)
            self._tell()
            if time.monotonic() > self.deadline:
                return "time_limit" if heap else "finished"
        self._lower_bound_to(-math.inf)
        return "finished"

    def _settled(self, found: Relaxed, bound: float) -> bool:
        """Tell whether a node needs no further splitting."""
        whole = bool(np.all(np.minimum(found.x, 1.0 - found.x) < 1e-6))
        if whole and math.isfinite(bound):
            self.offer(self.candidate[np.flatnonzero(found.x > 0.5)])
        if bound <= self._threshold():
            self._leave_out(bound)
            return True
        if whole:
            self._leave_out(bound)
        return whole

    def _narrowed(
        self, found: Relaxed, bound: float, lower: NDArray[np.float64], upper: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fix candidates within the node by their reduced costs."""
        room = bound - self._threshold()
        if not math.isfinite(room):
            return lower, upper
        never = (found.x < 1e-6) & (found.reduced_cost < -room) & (lower == 0)
        always = (found.x > 1.0 - 1e-6) & (found.reduced_cost > room)
        if never.any() or always.any():
            self._leave_out(self._threshold())
        return np.where(always, 1.0, lower), np.where(never, 0.0, upper)

    def _split(
        self, node: _Node
    ) -> list[tuple[NDArray[np.float64], NDArray[np.float64], dict[int, tuple[float, float]]]]:
        """Return bounds and sums of the two parts of a node."""
        cover = self.instance.cover
        total = np.asarray(cover @ node.x)
        off = np.abs(total - np.floor(total) - 0.5)
        near = off.min(initial=0.5)
        if near > 0.45:
            return self._split_candidate(node)
        close = np.flatnonzero(off <= max(_BRANCH_WINDOW, near + 0.01))
        c = int(close[np.argmax(np.diff(cover.indptr)[close])])
        floor = float(math.floor(total[c]))
        low, high = node.sums.get(c, (-math.inf, math.inf))
        parts = []
        if floor == 0:
            upper = node.upper.copy()
            upper[cover.indices[cover.indptr[c] : cover.indptr[c + 1]]] = 0.0
            parts.append((node.lower, upper, node.sums))
        else:
            parts.append((node.lower, node.upper, {**node.sums, c: (low, floor)}))
        parts.append((node.lower, node.upper, {**node.sums, c: (floor + 1.0, high)}))
        return parts

    def _split_candidate(
        self, node: _Node
    ) -> list[tuple[NDArray[np.float64], NDArray[np.float64], dict[int, tuple[float, float]]]]:
        j = int(np.argmin(np.abs(node.x - 0.5)))
        upper, lower = node.upper.copy(), node.lower.copy()
        upper[j], lower[j] = 0.0, 1.0
        return [(lower, node.upper, node.sums), (node.lower, upper, node.sums)]

    def _search_on(self, nodes: int, x: NDArray[np.float64]) -> None:
        """Look for better plans in between: from the relaxation, and now and then a start from scratch."""
        if nodes <= 32 or nodes % 16 == 0:
            self._round(x)
        if nodes % _NODES_PER_START == 0 and self.heuristic.touches < self._allowance(nodes):
            self.offer(self._translated(self.heuristic.start(_STEPS)))

    def _allowance(self, nodes: int) -> float:
        return _TOUCHES * (1.0 + nodes / 16.0)
