"""Which search a covering instance gets, within one time limit: branch and Benders cut, or HiGHS."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..building.contract import Progress
from .branching import search_plan
from .greedy import greedy_plan
from .highs import FEASIBILITY_TOLERANCE, MilpResult, MixedIntegerProblem, solve_milp
from .instance import CoveringInstance
from .local_search import LocalSearch
from .milp import chosen_columns, cost_problem, full_cover_problem, start_point, value_problem

__all__ = ["SearchWatch", "cheapest_of_its_value", "least_cost", "most_value"]

_COVER_STEPS = 200  # of the local search before a full covering goes to HiGHS


@dataclass(frozen=True)
class SearchWatch:
    """What limits the search and who is told."""

    begin: float
    time_limit_s: float
    gap_target: float
    progress: Callable[[Progress], None] | None

    def left_s(self) -> float:
        """Return the seconds that are left, at least a moment."""
        return max(1e-3, self.time_limit_s - (time.monotonic() - self.begin))

    def tell(self, incumbent: float, bound: float) -> None:
        """Pass on what HiGHS reports."""
        if self.progress is None:
            return
        known = math.isfinite(incumbent) and math.isfinite(bound)
        gap = abs(bound - incumbent) / max(abs(incumbent), 1e-12) if known else math.inf
        shown = incumbent if math.isfinite(incumbent) else math.nan
        self.progress(Progress(shown, bound, gap, time.monotonic() - self.begin))

    def from_now(self) -> Callable[[Progress], None] | None:
        """Return `progress` for a part of the search that counts its seconds from now."""
        tell, before = self.progress, time.monotonic() - self.begin
        if tell is None:
            return None
        return lambda p: tell(replace(p, time_s=p.time_s + before))

    def milp(self, problem: MixedIntegerProblem, start: NDArray[np.float64] | None) -> MilpResult:
        """Hand a problem to HiGHS with the time that is left."""
        return solve_milp(
            problem, time_limit_s=self.left_s(), relative_gap=self.gap_target, start=start, progress=self.tell
        )


def most_value(
    small: CoveringInstance, budget: float, watch: SearchWatch
) -> tuple[NDArray[np.int64], str, float]:
    """Return the plan of most value within a budget, why the search stopped, and the bound."""
    everything = np.arange(small.shape[1])
    if not small.conflicts and small.total_cost(everything) <= budget:
        return everything, "finished", small.value(everything)
    plan, most = small.mandatory, small.value(everything)
    try:
        if len(small.groups.need) == 0:
            found = search_plan(
                small, budget, start=plan, time_limit_s=watch.left_s(), gap_target=watch.gap_target,
                progress=watch.from_now(),
            )  # fmt: skip
            return (plan if found.plan is None else found.plan), found.stopped, found.bound
        plan = greedy_plan(small, budget)
        result = watch.milp(value_problem(small, budget), start_point(small, plan))
    except KeyboardInterrupt:
        return plan, "interrupted", most
    if result.columns is not None:
        chosen = chosen_columns(small, result.columns)
        affordable = small.total_cost(chosen) <= budget + FEASIBILITY_TOLERANCE
        if affordable and small.value(chosen) >= small.value(plan):
            plan = chosen
    return plan, result.stopped, min(result.bound, most)


def least_cost(
    small: CoveringInstance, minimum_value: float, watch: SearchWatch
) -> tuple[NDArray[np.int64], str, float]:
    """Return the cheapest plan that reaches a value, why the search stopped, and the bound."""
    nothing = np.zeros(0, np.int64)
    least = minimum_value * (1.0 - 1e-9)
    everything = np.arange(small.shape[1])
    most = small.value(everything)
    if most < least:
        return nothing, "infeasible", math.inf
    if small.value(small.mandatory) >= least:
        return small.mandatory, "finished", small.total_cost(small.mandatory)
    try:
        if len(small.groups.need) == 0 and least < most * (1.0 - 1e-9):
            found = search_plan(
                small, minimum_value, least_cost=True, time_limit_s=watch.left_s(),
                gap_target=watch.gap_target, progress=watch.from_now(),
            )  # fmt: skip
            return (nothing if found.plan is None else found.plan), found.stopped, found.bound
        full = len(small.groups.need) == 0
        first = _good_cover(small, most) if full else greedy_plan(small, math.inf)
        reaches = small.value(first) >= least
        problem = full_cover_problem(small) if full else cost_problem(small, least)
        point = _first_columns(small, first, full) if reaches else None
        result = watch.milp(problem, point)
    except KeyboardInterrupt:
        return nothing, "interrupted", small.total_cost(small.mandatory)
    if result.stopped == "infeasible":
        return nothing, "infeasible", math.inf
    if result.columns is not None:
        return chosen_columns(small, result.columns), result.stopped, max(result.bound, 0.0)
    return (first if reaches else nothing), result.stopped, max(result.bound, 0.0)


def _good_cover(small: CoveringInstance, most: float) -> NDArray[np.int64]:
    """Return a cheap plan that covers everything, or nothing where the local search found none."""
    search = LocalSearch(small, most, least_cost=True)
    plans = [p for p in (search.start(_COVER_STEPS) for _ in range(2)) if p is not None]
    return min(plans, key=small.total_cost, default=np.zeros(0, np.int64))


def _first_columns(small: CoveringInstance, plan: NDArray[np.int64], full: bool) -> NDArray[np.float64]:
    """Return the columns of a plan, those of the candidates only in a full covering."""
    columns = start_point(small, plan)
    return columns[: small.shape[1]] if full else columns


def cheapest_of_its_value(
    small: CoveringInstance, plan: NDArray[np.int64], watch: SearchWatch
) -> tuple[NDArray[np.int64], bool]:
    """Return the cheapest plan found that is worth as much, and whether none is cheaper."""
    if watch.time_limit_s - (time.monotonic() - watch.begin) <= 0 or small.shape[1] == 0:
        return plan, small.shape[1] == 0
    value = small.value(plan)
    quiet = replace(watch, progress=None)
    found, stopped, _ = least_cost(small, value, quiet)
    as_good = small.value(found) >= value * (1.0 - 1e-9)
    if as_good and small.total_cost(found) <= small.total_cost(plan):
        return found, stopped == "finished"
    return plan, False
