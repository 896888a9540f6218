"""What more money buys: the best plan for each of several budgets, every point with its bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .checks import check_building
from .contract import BuildingPlan, BuildingProblem, BuildingRequest, Progress
from .solve import prepared
from .watch import relative_gap, watching

__all__ = ["FrontierPlan", "frontier"]


@dataclass(frozen=True)
class FrontierPlan:
    """One point: a budget and the best plan within it; `plan` has value, cost, bound and gap."""

    budget: float
    plan: BuildingPlan


def frontier(
    problem: BuildingProblem,
    request: BuildingRequest,
    budgets: Sequence[float],
    *,
    time_limit_s: float | None = None,
    progress: Callable[[int, Progress], None] | None = None,
) -> tuple[FrontierPlan, ...]:
    """Return the plan of most value within each budget, by rising budget (ε-constraint method).

    Each point starts from the plan before it and from all cuts found so far. Afterwards what one point proves
    is passed on: no budget buys more than a larger one can, nor less than a smaller one does.

    Parameters
    ----------
    problem : BuildingProblem
    request : BuildingRequest
        Its objective and budget are not used; every other limit holds at each point.
    budgets : sequence of float
        >= 0, finite.
    time_limit_s : float, optional
        For all points together, shared out evenly over those still to come; default: the time limit of the
        request for each.
    progress : callable, optional
        Called with the number of the point and where its search stands.

    Returns
    -------
    tuple of FrontierPlan
        One for each different budget, "infeasible" without blame where there is no plan; fewer if Ctrl-C
        ended the search, which then is the last one's status.

    Raises
    ------
    ValueError
        Problem, request or budgets are faulty: one line each.
    """
    rising = sorted(set(budgets))
    lines = [f"budget {b:g}, expected a finite number >= 0" for b in rising if not 0 <= b < math.inf]
    if lines or not rising:
        raise ValueError("\n".join(lines) or "budgets are empty, expected at least one")
    asked = replace(request, objective="most_value", budget=rising[-1])
    check_building(problem, asked)
    whole_s = time_limit_s if time_limit_s is not None else request.time_limit_s * len(rising)
    ready = prepared(problem, asked)
    points: list[FrontierPlan] = []
    with watching(whole_s) as watch:
        last: BuildingPlan | None = None
        for number, budget in enumerate(rising):
            share = watch.part(1 / (len(rising) - number), _numbered(progress, number))
            if share.limit_s <= 0 and points:
                break
            one = replace(asked, budget=budget, time_limit_s=max(share.limit_s, 1e-3))
            plan = ready.plan(one, share, start=last, explain=False)
            points.append(FrontierPlan(budget, plan))
            last = plan if plan.status != "infeasible" else last
            if watch.interrupted:
                break
    return _consistent(points)


def _numbered(
    progress: Callable[[int, Progress], None] | None, number: int
) -> Callable[[Progress], None] | None:
    if progress is None:
        return None
    return lambda where: progress(number, where)


def _consistent(points: list[FrontierPlan]) -> tuple[FrontierPlan, ...]:
    """Pass bounds down: what a larger budget cannot buy, a smaller one cannot either."""
    bound, result = math.inf, []
    for point in reversed(points):
        plan = point.plan
        if plan.status != "infeasible":
            bound = max(min(bound, plan.bound), plan.value)
            status = plan.status
            if bound <= plan.value * (1 + plan.feasibility_tolerance) and status != "infeasible":
                status = "optimal"
            stopped = (
                plan.stopped if status == plan.status else "the bound of a larger budget equals the plan"
            )
            plan = replace(
                plan, bound=bound, gap=relative_gap(plan.value, bound), status=status, stopped=stopped
            )
        result.append(FrontierPlan(point.budget, plan))
    return tuple(reversed(result))
