"""One station at each place: towers of several heights at one position exclude each other.

The building problem knows hosts, each with links of its own, and a place may offer several: a tower of 30 m
or of 60 m, a second tenant or a remote sector. Mostly the best plan takes one of them by itself. Where it
does not, the search branches over the place: one of its hosts stays allowed, and the best branch wins.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .building.contract import BuildingPlan, BuildingProblem, BuildingRequest, Progress
from .building.solve import solve_building

__all__ = ["clashing_place", "solve_places"]

_LEAST_S = 1.0  # every branch gets so much, or no plan might be found at all
_TOLERANCE = 1e-9

Place = tuple[str, str]


@dataclass(frozen=True)
class _Branch:
    forbidden: frozenset[int]
    plan: BuildingPlan


def solve_places(
    problem: BuildingProblem,
    place: Sequence[Place],
    request: BuildingRequest,
    *,
    start: BuildingPlan | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> BuildingPlan:
    """Solve a building problem with at most one host used at each place.

    Parameters
    ----------
    problem : BuildingProblem
    place : sequence of (str, str)
        Of each host.
    request : BuildingRequest
    start, progress
        As for `building_solve.solve_building`.

    Returns
    -------
    BuildingPlan
        Its bound holds for the problem with the places; `instance_hash` is that of the problem without them.
    """
    began = time.monotonic()

    def solve(forbidden: frozenset[int], first: BuildingPlan | None) -> BuildingPlan:
        left_s = max(_LEAST_S, request.time_limit_s - (time.monotonic() - began))
        asked = replace(
            request,
            forbidden_hosts=tuple(sorted(set(request.forbidden_hosts) | forbidden)),
            time_limit_s=left_s if forbidden else request.time_limit_s,
        )
        return solve_building(problem, asked, start=first, progress=progress)

    root = _Branch(frozenset(), solve(frozenset(), start))
    if not clashing_place(problem, place, root.plan):
        return root.plan
    best = _dive(problem, place, root, solve, request)
    open_, closed_bounds, last = [root], list[float](), root.plan
    while open_ and not _over(last, began, request):
        open_.sort(key=lambda branch: _key(branch.plan.bound, request))
        branch = open_.pop(0)
        if best is not None and not _better(branch.plan.bound, _objective(best, request), request):
            closed_bounds.append(branch.plan.bound)
            continue
        for forbidden in _children(problem, place, branch, request):
            last = solve(forbidden, None)
            if last.status == "interrupted":
                open_.append(branch)  # its bound still holds for what was not looked at
                break
            if last.status == "infeasible":
                continue
            if clashing_place(problem, place, last):
                open_.append(_Branch(forbidden, last))
                continue
            closed_bounds.append(last.bound)
            if best is None or _better(_objective(last, request), _objective(best, request), request):
                best = last
    bounds = [branch.plan.bound for branch in open_] + closed_bounds
    if best is None:  # nothing without a clash exists
        return last
    return _with_bound(best, bounds, bool(open_), last, request, time.monotonic() - began)


def clashing_place(problem: BuildingProblem, place: Sequence[Place], plan: BuildingPlan) -> Place | None:
    """Return the first place that a plan uses twice; None where it keeps them all."""
    used: set[Place] = set()
    for host in problem.host[plan.chosen].tolist():
        if place[host] in used:
            return place[host]
        used.add(place[host])
    return None


def _children(
    problem: BuildingProblem, place: Sequence[Place], branch: _Branch, request: BuildingRequest
) -> list[frozenset[int]]:
    """Return what is forbidden in each branch: all hosts of the place that clashes but one."""
    where = clashing_place(problem, place, branch.plan)
    here = [h for h, there in enumerate(place) if there == where and h not in branch.forbidden]
    must = set(request.mandatory_hosts) | {int(problem.host[built.option]) for built in request.built}
    keep = [h for h in here if not (must & set(here)) - {h}]
    return [branch.forbidden | (set(here) - {h}) for h in keep]


def _dive(
    problem: BuildingProblem,
    place: Sequence[Place],
    branch: _Branch,
    solve: Callable[[frozenset[int], BuildingPlan | None], BuildingPlan],
    request: BuildingRequest,
) -> BuildingPlan | None:
    """Return a plan without clashes: at each place that clashes the host that covers most stays."""
    while clashing_place(problem, place, branch.plan):
        worth = np.asarray(problem.cover.T @ problem.weight)[branch.plan.chosen]
        value = dict(zip(problem.host[branch.plan.chosen].tolist(), worth.tolist(), strict=True))
        children = _children(problem, place, branch, request)
        if not children:
            return None
        here = set().union(*children) - branch.forbidden
        kept = max(children, key=lambda f: max((value.get(h, -1.0) for h in here - f), default=-1.0))
        branch = _Branch(kept, solve(kept, None))
    return None if branch.plan.status == "infeasible" else branch.plan


def _over(last: BuildingPlan, began: float, request: BuildingRequest) -> bool:
    return last.status == "interrupted" or time.monotonic() - began >= request.time_limit_s


def _objective(plan: BuildingPlan, request: BuildingRequest) -> float:
    return plan.cost if request.objective == "least_cost" else plan.value


def _key(bound: float, request: BuildingRequest) -> float:
    return bound if request.objective == "least_cost" else -bound


def _better(a: float, b: float, request: BuildingRequest) -> bool:
    slack = _TOLERANCE * max(1.0, abs(b))
    return a < b - slack if request.objective == "least_cost" else a > b + slack


def _with_bound(
    best: BuildingPlan,
    bounds: Sequence[float],
    unfinished: bool,
    last: BuildingPlan,
    request: BuildingRequest,
    time_s: float,
) -> BuildingPlan:
    found = _objective(best, request)
    bound = min((*bounds, found)) if request.objective == "least_cost" else max((*bounds, found))
    difference = abs(bound - found)
    gap = 0.0 if difference == 0 else difference / abs(found) if found else math.inf
    if difference <= best.feasibility_tolerance * max(1.0, abs(found)):
        status, stopped = "optimal", best.stopped
    elif last.status == "interrupted":
        status, stopped = "interrupted", last.stopped
    elif gap <= request.gap_target:
        status, stopped = "within_gap", best.stopped
    elif unfinished:
        status, stopped = "time_limit", "the time limit was reached"
    else:
        status, stopped = last.status if last.status != "infeasible" else "time_limit", last.stopped
    return replace(best, bound=bound, gap=gap, status=status, stopped=stopped, time_s=time_s)
