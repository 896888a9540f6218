"""How far one limit has to move so that a request can be kept, all other limits as they are."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import BuildingProblem, BuildingRequest
from .limits import limit_rows, limited_problem, needed_groups
from .model import building_model
from .rows import with_columns
from .small import small_building
from .watch import Watch
from .watched_highs import solve_watched

__all__ = ["nearest", "settled", "without"]

Nearest = tuple[float, bool] | None


def without(request: BuildingRequest, limit: str, index: int) -> BuildingRequest:
    """Return the request without one limit, as `Blame` names it."""
    if limit == "budget":
        return replace(request, budget=math.inf)
    if limit == "fund":
        return settled(request, limit, index, math.inf)
    if limit == "maximum_stations":
        return replace(request, maximum_stations=None)
    if limit in ("minimum_value", "minimum_hamlets", "minimum_sharing"):
        return _with(request, limit, 0)
    if limit == "maximum_hops":
        return replace(request, maximum_hops=3)
    if limit == "forbidden_hosts":
        return replace(request, forbidden_hosts=())
    return settled(request, limit, index, 0.0)


def settled(request: BuildingRequest, limit: str, index: int, needed: float) -> BuildingRequest:
    """Return the request with one limit moved to where it can be kept."""
    if limit == "fund":
        funds = tuple(replace(f, limit=needed) if k == index else f for k, f in enumerate(request.funds))
        return replace(request, funds=funds)
    if limit == "commune_minimum":
        return replace(request, commune_minimum={**request.commune_minimum, index: int(needed)})
    if limit == "mandatory_hamlet":
        left = tuple(h for h in request.mandatory_hamlets if h != index)
        return replace(request, mandatory_hamlets=left)
    if limit == "mandatory_host":
        return replace(request, mandatory_hosts=tuple(h for h in request.mandatory_hosts if h != index))
    if limit == "mandatory_place":
        return replace(request, mandatory_places=tuple(p for p in request.mandatory_places if p != index))
    if limit == "built":
        return replace(request, built=tuple(b for b in request.built if b.option != index))
    if limit == "forbidden_hosts":
        return replace(request, forbidden_hosts=())
    if limit in ("maximum_stations", "maximum_hops", "minimum_hamlets"):
        return _with(request, limit, round(needed))
    return _with(request, limit, needed)


def _with(request: BuildingRequest, name: str, number: float) -> BuildingRequest:
    change: dict[str, Any] = {name: number}
    return replace(request, **change)


def nearest(
    problem: BuildingProblem, request: BuildingRequest, limit: str, index: int, watch: Watch, limit_s: float
) -> Nearest:
    """Return the nearest value of a limit that some plan keeps, and whether that is proven.

    Returns
    -------
    (float, bool) or None
        None: the other limits cannot be kept even without this one, or no plan was found in time. For
        hamlets, hosts, places and built stations 0; for forbidden hosts how many can stay forbidden.
    """
    if limit == "maximum_hops":
        for hops in range(request.maximum_hops + 1, 4):
            if _Task(problem, replace(request, maximum_hops=hops)).any_plan(watch, limit_s):
                return float(hops), True
        return None
    task = _Task(problem, without(request, limit, index))
    if limit in ("mandatory_hamlet", "mandatory_host", "mandatory_place", "built"):
        return (0.0, True) if task.any_plan(watch, limit_s) else None
    if limit == "minimum_sharing":
        return task.best_sharing(watch, limit_s)
    if limit == "fund":
        return task.least_fund(index, request.funds[index].limit, watch, limit_s)
    if limit == "forbidden_hosts":
        hosts = np.asarray(sorted(set(request.forbidden_hosts)))
        held = np.isin(task.model.small.host_id[task.model.small.host], hosts)
        answer = task.best(task.model.options(held.astype(np.float64)), False, watch, limit_s)
        return None if answer is None else (len(hosts) - answer[0], answer[1])
    if limit == "commune_minimum":
        here = task.model.small.counts & (task.model.small.commune == index)
        return task.best(task.model.served(here), True, watch, limit_s)
    criterion = {
        "budget": "cost",
        "maximum_stations": "fewest_stations",
        "minimum_value": "value",
        "minimum_hamlets": "hamlets",
    }[limit]
    maximise = limit.startswith("minimum")
    return task.best(task.model.expression(criterion), maximise, watch, limit_s)


class _Task:
    """A request, one limit short, ready for other objectives."""

    def __init__(self, problem: BuildingProblem, request: BuildingRequest) -> None:
        self.problem, self.request = problem, request
        small = small_building(problem, request, reduce=False)
        groups = np.ones(len(small.need), bool)
        self.model = building_model(small, needed_groups(small, request) | groups)
        self.limits = limit_rows(self.model, request)

    def any_plan(self, watch: Watch, limit_s: float) -> bool:
        """Whether a plan was found at all."""
        return self._solve(np.zeros(self.model.columns), False, watch, limit_s) is not None

    def best(self, entries: NDArray[np.float64], maximise: bool, watch: Watch, limit_s: float) -> Nearest:
        """Return the best of a sum and whether it is proven."""
        answer = self._solve(entries, maximise, watch, limit_s)
        if answer is None:
            return None
        columns, proven = answer
        return float(entries @ np.where(self.model.integer, np.round(columns), columns)), proven

    def best_sharing(self, watch: Watch, limit_s: float) -> Nearest:
        """Return the highest ratio shared ÷ stations (W. Dinkelbach, Management Science 13, 1967)."""
        shared = self.model.small.shared.astype(np.float64)
        ratio, proven = -1.0, False
        while True:
            answer = self._solve(self.model.options(shared - max(ratio, 0.0)), True, watch, limit_s)
            if answer is None:
                return None if ratio < 0 else (ratio, False)
            columns, proven = answer
            chosen = columns[: len(shared)] > 0.5
            now = float(shared[chosen].mean()) if chosen.any() else 1.0
            if now <= ratio + 1e-12:
                return ratio, proven
            ratio = now

    def least_fund(self, index: int, asked: float, watch: Watch, limit_s: float) -> Nearest:
        """Return the least limit of a fund: its rows may be overdrawn together by one more column."""
        held = replace(self.request, funds=settled(self.request, "fund", index, asked).funds)
        small = small_building(self.problem, held, reduce=False)
        model = building_model(small, np.ones(len(small.need), bool))
        rows = limit_rows(model, held)
        most = max(float(small.cost.sum() + model.connection.cost.sum()), 1.0)
        plain = limited_problem(model, rows, np.zeros(model.columns), maximise=False)
        first = model.rows.count
        mine = [
            (first + k, -1.0 / max(1.0, row.upper))
            for k, row in enumerate(rows)
            if row.limit == "money" and index in small.money.funds[row.index]
        ]
        problem = with_columns(plain, [(1.0, most, False, mine)])
        result = solve_watched(problem, watch, limit_s=limit_s)
        if result.columns is None:
            return None
        return asked + float(result.columns[-1]), result.stopped == "finished"

    def _solve(
        self, entries: NDArray[np.float64], maximise: bool, watch: Watch, limit_s: float
    ) -> tuple[NDArray[np.float64], bool] | None:
        problem = limited_problem(self.model, self.limits, entries, maximise=maximise)
        result = solve_watched(problem, watch, limit_s=limit_s)
        if result.columns is None:
            return None
        return result.columns, result.stopped == "finished"
