"""The plan made again: for other budgets, year by year, and under other assumptions about the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..cells import TechnologyRule
from .building.contract import BuildingPlan, BuildingRequest, Progress
from .building.frontier import frontier
from .building.phases import phased
from .building.solve import solve_building
from .building.watch import relative_gap
from .chains import with_shortest_chains
from .options import Phase, SitingGoal
from .problem import SitingProblem, problem_of
from .proposal import FrontierPoint, PhaseResult, RobustRun

__all__ = ["Phased", "frontier_points", "phased_plan", "robust_runs", "solve_siting_plan"]

Report = Callable[[Progress], None] | None


def solve_siting_plan(
    siting: SitingProblem,
    request: BuildingRequest,
    *,
    progress: Report = None,
    explain: bool = True,
) -> BuildingPlan:
    """Solve a siting problem, each station in the shortest chain that costs the same.

    Without `explain` nothing is blamed where no plan keeps the request.
    """
    plan = solve_building(siting.building, request, progress=progress, explain=explain)
    return with_shortest_chains(siting.building, plan, request)


def frontier_points(
    siting: SitingProblem,
    request: BuildingRequest,
    budgets: tuple[float, ...],
    people: NDArray[np.float64],
    *,
    progress: Report = None,
) -> tuple[FrontierPoint, ...]:
    """Return the best plan for each budget, the smallest first.

    Every point asks for most value: with least cost the budget would change nothing. A budget within which
    the other limits cannot be kept has no plan and status "infeasible". An interruption ends the list.
    """
    asked = replace(request, objective="most_value", minimum_hamlets=0)
    tell = None if progress is None else (lambda _, where: progress(where))
    points: list[FrontierPoint] = []
    for point in frontier(siting.building, asked, budgets, progress=tell):
        plan = point.plan
        points.append(
            FrontierPoint(
                budget=point.budget,
                cost=plan.cost,
                value=plan.value,
                bound=plan.bound,
                gap=plan.gap,
                people=float(people[plan.served].sum()),
                villages=int(plan.groups_met.sum()),
                stations=len(plan.chosen),
                status=plan.status,
                hosts=_hosts(siting, plan),
            )
        )
    return tuple(points)


@dataclass(frozen=True)
class Phased:
    """A plan built year by year.

    Attributes
    ----------
    plan : BuildingPlan
        At the end of the last year. Its bound is that of the same money without years; where the plan falls
        short of it though every search was finished, its status is "by_years".
    results : tuple of PhaseResult
    years : mapping of str to int
        Year of each host, by its key.
    """

    plan: BuildingPlan
    results: tuple[PhaseResult, ...]
    years: Mapping[str, int]


def phased_plan(
    siting: SitingProblem,
    request: BuildingRequest,
    phases: tuple[Phase, ...],
    *,
    progress: Report = None,
) -> Phased:
    """Build most value year by year: what is built stays built, money left over is carried on.

    The way of `building.phases.phased`.

    Parameters
    ----------
    siting : SitingProblem
    request : BuildingRequest
        Its objective and budget are not used.
    phases : tuple of Phase
        In the order of the years, at least one.
    progress : callable, optional
        Called with where the search of each year stands.
    """
    tell = None if progress is None else (lambda _, where: progress(where))
    money = [phase.budget for phase in phases]
    asked = replace(request, objective="most_value", minimum_hamlets=0)
    found = phased(siting.building, asked, money, progress=tell)
    years: dict[str, int] = {}
    results = []
    for phase, year in zip(phases, found.phases, strict=False):
        for key in _hosts(siting, year.plan):
            years.setdefault(key, phase.year)
        results.append(
            PhaseResult(
                year=phase.year,
                budget=year.budget,
                cost=year.plan.cost,
                stations=len(year.plan.chosen),
                villages=int(year.plan.groups_met.sum()),
                value=year.plan.value,
                best_value=max(year.free.value, year.plan.value),
                bound=max(year.free.bound, year.plan.value),
            )
        )
    if not results:
        return Phased(found.final, (), years)
    states = [plan.status for year in found.phases for plan in (year.free, year.plan)]
    return Phased(_with_bound(found.final, results[-1].bound, states), tuple(results), years)


def _with_bound(plan: BuildingPlan, bound: float, states: Sequence[str]) -> BuildingPlan:
    """Return the last year's plan with the bound of its money without years.

    Its own bound holds only beside what stands already.
    """
    gap = relative_gap(plan.value, bound)
    status, stopped = "by_years", "the bound is that of the same money without years"
    if bound <= plan.value * (1 + plan.feasibility_tolerance):
        status, stopped = "optimal", "the bound equals the plan: nothing better exists"
    elif "interrupted" in states:
        status, stopped = "interrupted", "it was interrupted"
    elif "time_limit" in states:
        status, stopped = "time_limit", "the time limit was reached"
    return replace(plan, bound=bound, gap=gap, status=status, stopped=stopped)


def robust_runs(
    siting: SitingProblem,
    plan: BuildingPlan,
    request: BuildingRequest,
    goal: SitingGoal,
    unserved: Mapping[str, NDArray[np.bool_]],
    rules: Mapping[str, TechnologyRule],
    people: NDArray[np.float64],
    *,
    progress: Report = None,
) -> tuple[RobustRun, ...]:
    """Return the plan made again for every location probability and every shift of the levels.

    Hosts are asked for by number: a request that names hosts keeps them where they still can serve anybody.
    """
    stock, runs = siting.stock, []
    chosen = [stock.candidates.index(siting.candidates[j]) for j in plan.chosen.tolist()]
    for probability in goal.robust_probabilities:
        for shift_db in goal.robust_shifts_db:
            cover = stock.levels.cover(unserved, rules, shift_db=shift_db, probability=probability)
            other = problem_of(stock, cover)
            again = solve_siting_plan(
                other, _renumbered(request, siting, other), progress=progress, explain=False
            )
            kept = np.asarray(csr_matrix(cover)[:, chosen].sum(axis=1)).ravel() > 0
            met = siting.building.groups.met(kept)
            runs.append(
                RobustRun(
                    probability=probability,
                    shift_db=shift_db,
                    value=again.value,
                    gap=again.gap,
                    people=float(people[again.served].sum()),
                    villages=int(again.groups_met.sum()),
                    people_kept=float(people[kept].sum()),
                    villages_kept=int(met.sum()),
                    hosts=_hosts(other, again),
                    status=again.status,
                )
            )
            if again.status == "interrupted":
                return tuple(runs)
    return tuple(runs)


def _renumbered(request: BuildingRequest, old: SitingProblem, new: SitingProblem) -> BuildingRequest:
    """Return the request with the numbers that its hosts have in another problem."""
    number = {key: h for h, key in enumerate(new.hosts.key)}

    def found(hosts: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(number[old.hosts.key[h]] for h in hosts if old.hosts.key[h] in number))

    places = dict(zip(new.hosts.place, new.hosts.place_number.tolist(), strict=True))
    named = dict(zip(old.hosts.place_number.tolist(), old.hosts.place, strict=True))
    wanted = [named[p] for p in request.mandatory_places]
    return replace(
        request,
        mandatory_hosts=found(request.mandatory_hosts),
        forbidden_hosts=found(request.forbidden_hosts),
        mandatory_places=tuple(sorted({places[where] for where in wanted if where in places})),
    )


def _hosts(siting: SitingProblem, plan: BuildingPlan) -> tuple[str, ...]:
    return tuple(siting.hosts.key[h] for h in siting.building.host[plan.chosen])
