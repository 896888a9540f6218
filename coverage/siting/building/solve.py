"""The building problem solved: a good plan first, then its bound, then the proof.

Merge and drop what cannot matter (`small`), build a plan with relay chains and improve it (`search`), bound
it by the relaxation with connection cuts (`root`), fix what the bound forbids, and give the rest with the
plan to HiGHS (`proof`). Then the second criteria, one by one; or, where no plan keeps the request, the limits
to blame.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .blame import blame_limits, blame_line
from .checks import check_building
from .contract import BuildingPlan, BuildingProblem, BuildingRequest, Progress
from .cuts import ConnectionCut
from .limits import needed_groups
from .model import BuildingModel, building_model
from .plan import choice_from, empty_choice, plan_of
from .proof import Solved, solve_small
from .second_criteria import next_criteria
from .small import small_building
from .watch import Watch, relative_gap, watching

__all__ = ["Prepared", "prepared", "solve_building"]

_WHY = {
    "optimal": "the bound equals the plan: nothing better exists",
    "within_gap": "the gap asked for was reached",
    "time_limit": "the time limit was reached",
    "interrupted": "it was interrupted",
    "infeasible": "no plan keeps every limit",
}


@dataclass
class Prepared:
    """A problem written out, to be solved under several budgets.

    Attributes
    ----------
    problem : BuildingProblem
    model : BuildingModel
    cuts : list of ConnectionCut
        Found so far; they hold whatever the limits are.
    """

    problem: BuildingProblem
    model: BuildingModel
    cuts: list[ConnectionCut] = field(default_factory=list)

    def plan(
        self,
        request: BuildingRequest,
        watch: Watch,
        *,
        start: BuildingPlan | None = None,
        explain: bool = True,
    ) -> BuildingPlan:
        """Solve for a request that differs from the one prepared for in its finite budget at most.

        `explain` as for `solve_building`.
        """
        problem, model = self.problem, _within(self.model, request.budget)
        began_s = watch.spent_s
        first = None if start is None else choice_from(problem, model.small, start)
        solved, self.cuts = solve_small(model, request, watch, first=first, cuts=self.cuts)
        proven: tuple[bool, ...] = ()
        if solved.choice is not None:
            choice, proven = next_criteria(model, request, solved.choice, solved.status, self.cuts, watch)
            solved = replace(solved, choice=choice)
        plan = _plan(problem, request, model, solved)
        if solved.status == "infeasible" and explain:
            blamed = blame_limits(problem, request, watch)
            plan = replace(plan, blamed=blamed, blame=tuple(blame_line(b, request) for b in blamed))
        return replace(plan, criteria_proven=proven, time_s=watch.spent_s - began_s)


def prepared(problem: BuildingProblem, request: BuildingRequest, *, reduce: bool = True) -> Prepared:
    """Reduce a problem under a request and write it out."""
    small = small_building(problem, request, reduce=reduce)
    double = "double_cover" in request.then
    return Prepared(problem, building_model(small, needed_groups(small, request), double_cover=double))


def _within(model: BuildingModel, budget: float) -> BuildingModel:
    """Return the model with another budget: the first of the rows of money, if it is finite."""
    money = model.small.money
    if not math.isfinite(budget):
        return model
    limit = money.limit.copy()
    limit[0] = budget
    return replace(model, small=replace(model.small, money=replace(money, limit=limit)))


def solve_building(
    problem: BuildingProblem,
    request: BuildingRequest,
    *,
    start: BuildingPlan | None = None,
    progress: Callable[[Progress], None] | None = None,
    reduce: bool = True,
    explain: bool = True,
) -> BuildingPlan:
    """Return the best plan found and what is proved about it.

    Ctrl-C ends the search and returns what there is; a second Ctrl-C is not caught.

    Parameters
    ----------
    problem : BuildingProblem
    request : BuildingRequest
    start : BuildingPlan, optional
        A plan of this problem to start from; it may be of another request.
    progress : callable, optional
        Called with incumbent, bound and gap whenever one of them got better.
    reduce : bool
        Merge demands and drop dominated options first (changes the time, not the objective).
    explain : bool
        Find out which limits are to blame where no plan keeps the request.

    Returns
    -------
    BuildingPlan
        Where nothing was found in time, the plan is empty and its gap infinite.

    Raises
    ------
    ValueError
        The problem or the request is faulty: one line each, all at once.
    """
    check_building(problem, request)
    with watching(request.time_limit_s, progress) as watch:
        return prepared(problem, request, reduce=reduce).plan(request, watch, start=start, explain=explain)


def _easy_bound(problem: BuildingProblem) -> float:
    """Return the value of serving everybody: a bound though the search was ended before it proved one."""
    return math.fsum(problem.weight) + math.fsum(problem.groups.bonus)


def _plan(
    problem: BuildingProblem, request: BuildingRequest, model: BuildingModel, solved: Solved
) -> BuildingPlan:
    plan = plan_of(problem, request, model.small, solved.choice or empty_choice())
    maximise = request.objective == "most_value"
    easy = _easy_bound(problem) if maximise else 0.0
    bound, gap = min(solved.bound, easy) if maximise else max(solved.bound, easy), math.inf
    if solved.choice is not None:
        found = plan.value if maximise else plan.cost
        bound = max(bound, found) if maximise else min(bound, found)
        gap = relative_gap(found, bound)
    if solved.status == "infeasible":
        bound = -math.inf if maximise else math.inf
    return replace(plan, bound=bound, gap=gap, status=solved.status, stopped=_WHY[solved.status])
