"""A plan built year by year: what is built stays built, and what that costs against starting afresh."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from scipy.sparse import csr_matrix

from .checks import check_building
from .contract import BuildingPlan, BuildingProblem, BuildingRequest, Built, Links, Progress
from .solve import solve_building
from .watch import Watch, watching

__all__ = ["Phase", "Phasing", "phased"]


_LEAST_S = 0.05
"""For a year when the time is up: enough to carry on what stands."""


@dataclass(frozen=True)
class Phase:
    """What stands at the end of one year.

    Attributes
    ----------
    budget : float
        Of this year and all years before.
    plan : BuildingPlan
        Everything that stands then; contains the plan of the year before, connections and all.
    free : BuildingPlan
        The best plan found for the same money without the years before and after.
    loss : float
        Value that building in this order loses at most: the bound of `free` less the value of `plan`.
    """

    budget: float
    plan: BuildingPlan
    free: BuildingPlan
    loss: float


@dataclass(frozen=True)
class Phasing:
    """A plan in phases.

    Attributes
    ----------
    phases : tuple of Phase
        Empty where no plan keeps the request within the whole money; `blame` of `final` then says why.
    final : BuildingPlan
        Of the last year.
    order : {"forwards", "backwards"}
        How it was found: each year the best beside what stands, or the best last year first, and each earlier
        year the best part of it.
    """

    phases: tuple[Phase, ...]
    final: BuildingPlan
    order: str


def phased(
    problem: BuildingProblem,
    request: BuildingRequest,
    yearly_budgets: Sequence[float],
    *,
    progress: Callable[[int, Progress], None] | None = None,
) -> Phasing:
    """Return a plan in phases that serves as much as possible as early as possible.

    Of two ways the one with the larger sum of the values of all years is returned: forwards and backwards
    (see `Phasing.order`). Neither is proven best among plans in phases: what is proven is the bound of each
    year without phases, against which its loss is stated.

    Parameters
    ----------
    problem : BuildingProblem
    request : BuildingRequest
        Its objective and budget are not used. What must be reached (value, hamlets, communes, mandatory
        hosts and places) holds for the last year; sharing ratio, hops, stations, funds and what is forbidden
        hold every year. Its time limit is for everything.
    yearly_budgets : sequence of float
        New money of each year, >= 0; what is left over is carried on.
    progress : callable, optional
        Called with the number of the year that is sought (0: the first) and where its search stands.

    Raises
    ------
    ValueError
        Problem, request or budgets are faulty: one line each.
    """
    lines = [
        f"budget of year {year + 1} is {money:g}, expected a finite number >= 0"
        for year, money in enumerate(yearly_budgets)
        if not 0 <= money < math.inf
    ]
    if lines or not len(yearly_budgets):
        raise ValueError("\n".join(lines) or "yearly_budgets is empty, expected at least one year")
    asked = _yearly_requests(request, list(accumulate(yearly_budgets)))
    check_building(problem, asked[-1])
    with watching(request.time_limit_s) as watch:
        searches = _Searches(problem, watch, 2 * len(asked) - 1, progress)
        free: list[BuildingPlan] = []
        for number, year in enumerate(asked):
            free.append(searches.solve(number, year, free[-1] if free else None))
        if free[-1].status == "infeasible":
            return Phasing((), free[-1], "forwards")
        ways = {"backwards": _backwards(problem, asked, free)}
        if (forwards := _forwards(searches, asked, free)) is not None:
            ways["forwards"] = forwards
    order = max(ways, key=lambda way: (_sum(ways[way]), way))
    plans = ways[order]
    phases = tuple(
        Phase(year.budget, plan, alone, max(0.0, alone.bound - plan.value))
        for year, plan, alone in zip(asked, plans, free, strict=True)
    )
    return Phasing(phases, plans[-1], order)


def _yearly_requests(request: BuildingRequest, money: list[float]) -> list[BuildingRequest]:
    last = replace(request, objective="most_value", budget=money[-1])
    easy = replace(
        last,
        minimum_value=0.0,
        minimum_hamlets=0,
        mandatory_hosts=(),
        mandatory_places=(),
        mandatory_hamlets=(),
        commune_minimum={},
    )
    return [replace(easy, budget=m) for m in money[:-1]] + [last]


class _Searches:
    """Shares the time out over the searches still to come."""

    def __init__(
        self,
        problem: BuildingProblem,
        watch: Watch,
        count: int,
        progress: Callable[[int, Progress], None] | None,
    ) -> None:
        self.problem, self.watch, self.left, self.progress = problem, watch, count, progress

    def solve(
        self, number: int, request: BuildingRequest, start: BuildingPlan | None, *, explain: bool = True
    ) -> BuildingPlan:
        """Solve one year within its share of the time; without `explain` nothing is blamed."""
        limit_s = max(_LEAST_S, self.watch.left_s / max(1, self.left))
        self.left -= 1
        if self.watch.interrupted:
            limit_s = _LEAST_S
        tell = self.progress
        plan = solve_building(
            self.problem,
            replace(request, time_limit_s=limit_s),
            start=start,
            progress=None if tell is None else (lambda where: tell(number, where)),
            explain=explain,
        )
        if plan.status == "interrupted":  # the years still to come only take what is at hand
            self.watch.stop.set()
        return plan


def _forwards(
    searches: _Searches, asked: list[BuildingRequest], free: list[BuildingPlan]
) -> list[BuildingPlan] | None:
    """Build each year what is best beside what stands; None where the last year then cannot be kept."""
    plans = [free[0]]
    for number, year in enumerate(asked[1:], start=1):
        standing = _standing(plans[-1])
        beside = replace(year, built=(*year.built, *standing))
        plan = searches.solve(number, beside, plans[-1], explain=False)
        if plan.status == "infeasible":
            return None
        plans.append(plan)
    return plans


def _standing(plan: BuildingPlan) -> tuple[Built, ...]:
    return tuple(
        Built(int(option), kind, int(carrier))
        for option, kind, carrier in zip(plan.chosen, plan.connection, plan.hangs_on, strict=True)
    )


def _backwards(
    problem: BuildingProblem, asked: list[BuildingRequest], free: list[BuildingPlan]
) -> list[BuildingPlan]:
    """Take the best last year; each year before builds the best part of what comes after."""
    plans = [free[-1]]
    for year in reversed(asked[:-1]):
        after = plans[-1]
        part = solve_building(_only(problem, after), year)
        plans.append(_as_option_numbers(part, after))
    return plans[::-1]


def _only(problem: BuildingProblem, plan: BuildingPlan) -> BuildingProblem:
    """Return the problem with nothing to choose from but the stations of a plan, connected as they are."""
    chosen, links = plan.chosen, problem.links
    hosts = problem.host[chosen]
    cost = {}
    for kind, known in (
        ("fibre", links.fibre_cost), ("hop", links.hop_cost), ("satellite", links.satellite_cost)
    ):  # fmt: skip
        used = hosts[[k == kind for k in plan.connection]]
        cost[kind] = np.full(len(known), np.inf)
        cost[kind][used] = known[used]
    pairs = {(int(p), int(h)) for p, h in zip(plan.hangs_on, hosts, strict=True) if p >= 0}
    arcs = list(zip(links.relay_from.tolist(), links.relay_to.tolist(), strict=True))
    kept = np.array([arc in pairs for arc in arcs], bool)
    return replace(
        problem,
        cover=csr_matrix(csr_matrix(problem.cover)[:, chosen]),
        host=hosts,
        line_cost=problem.line_cost[chosen],
        shared=problem.shared[chosen],
        tower=None if problem.tower is None else problem.tower[chosen],
        links=Links(
            cost["fibre"], cost["hop"], cost["satellite"],
            links.relay_from[kept], links.relay_to[kept], links.relay_cost[kept],
        ),
    )  # fmt: skip


def _as_option_numbers(part: BuildingPlan, whole: BuildingPlan) -> BuildingPlan:
    """Return a plan of the smaller problem with the option numbers of the problem."""
    return replace(part, chosen=whole.chosen[part.chosen])


def _sum(plans: list[BuildingPlan]) -> float:
    return math.fsum(plan.value for plan in plans)
