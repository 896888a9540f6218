"""One objective solved: a plan by search, a bound by the relaxation, the proof by branch and bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..covering.highs import MixedIntegerProblem
from .choice import TOLERANCE, Choice, keeps, objective, totals
from .contract import BuildingRequest
from .cuts import ConnectionCut, with_cuts
from .limits import limit_rows, limited_problem
from .model import BuildingModel, choice_of, columns_of
from .plan import empty_choice
from .root import Root, fixed_by_reduced_cost, root_relaxation
from .search import PlanSearch
from .small import SmallBuilding
from .watch import Watch, relative_gap
from .watched_highs import solve_watched

__all__ = ["Solved", "solve_small"]

_ROUNDS = 300
"""Rounds of local search in one batch, at most; counted, not timed, so that the plan repeats."""

_ROUNDS_PER_OPTION = 3

_BATCHES = 12
_SEARCH_SHARE = 0.3
"""Of the time: the search for a better plan ends then, proof or not."""


@dataclass(frozen=True)
class Solved:
    """Outcome of the search for one objective.

    Attributes
    ----------
    choice : Choice or None
        None: no plan was found.
    bound : float
    status : str
        As in `BuildingPlan.status`.
    """

    choice: Choice | None
    bound: float
    status: str


def solve_small(
    model: BuildingModel,
    request: BuildingRequest,
    watch: Watch,
    *,
    first: Choice | None = None,
    cuts: Sequence[ConnectionCut] = (),
) -> tuple[Solved, list[ConnectionCut]]:
    """Solve for the objective of the request; return all connection cuts known then, too.

    Parameters
    ----------
    model : BuildingModel
    request : BuildingRequest
    watch : Watch
    first : Choice, optional
        A plan to start from.
    cuts : sequence of ConnectionCut
        Of the same model under other limits: they hold here, too.
    """
    small, maximise = model.small, request.objective == "most_value"
    problem = limited_problem(
        model,
        limit_rows(model, request),
        model.expression("value" if maximise else "cost"),
        maximise=maximise,
        cuts=cuts,
    )
    worst = math.inf if maximise else -math.inf
    if len(small.option) == 0:
        if keeps(small, request, empty_choice()):
            return Solved(empty_choice(), 0.0, "optimal"), []
        return Solved(None, worst, "infeasible"), []
    search = PlanSearch(small, request)
    best = _first_plan(search, request, watch, first)
    root = root_relaxation(model, problem, watch, incumbent=_incumbent(small, request, best),
                           gap_target=request.gap_target)  # fmt: skip
    if not root.feasible:
        return Solved(None, worst, "infeasible"), []
    best = _better_plan(search, request, best, root, watch)
    return _proved(model, problem, request, best, root, watch), [*cuts, *root.cuts]


def _rounds(search: PlanSearch) -> int:
    return min(_ROUNDS, _ROUNDS_PER_OPTION * len(search.small.option))


def _first_plan(search: PlanSearch, request: BuildingRequest, watch: Watch, first: Choice | None) -> Choice:
    """Return the better of the greedy plan and the one to start from, improved a little."""
    plans = [search.greedy()]
    if first is not None:
        plans += [first, search.completed(first)]
    best = max(plans, key=search.rank)
    search.tell(watch, best)
    return search.improve(best, _rounds(search), watch, limit_s=_SEARCH_SHARE / 2 * request.time_limit_s)


def _better_plan(
    search: PlanSearch, request: BuildingRequest, best: Choice, root: Root, watch: Watch
) -> Choice:
    """Search on while the gap is open and rounds still help, for a part of the time."""
    for _ in range(_BATCHES):
        found = _incumbent(search.small, request, best)
        if relative_gap(found, root.bound) <= request.gap_target or watch.over:
            break
        left_s = _SEARCH_SHARE * request.time_limit_s - watch.spent_s
        better = search.improve(best, _rounds(search), watch, limit_s=left_s)
        if search.rank(better) <= search.rank(best):
            break
        best = better
    return best


def _incumbent(small: SmallBuilding, request: BuildingRequest, choice: Choice) -> float:
    return objective(totals(small, choice), request) if keeps(small, request, choice) else math.nan


def _proved(
    model: BuildingModel,
    problem: MixedIntegerProblem,
    request: BuildingRequest,
    best: Choice,
    root: Root,
    watch: Watch,
) -> Solved:
    """Close the gap by branch and bound, starting from the best plan known."""
    small, maximise = model.small, problem.maximise
    found = _incumbent(small, request, best)
    known = None if math.isnan(found) else best
    if known is not None and _status(found, _whole(root.bound, small, maximise), request, "") != "":
        return _solved(small, request, known, root.bound, "finished")
    problem, _ = fixed_by_reduced_cost(with_cuts(problem, root.cuts), root, found)

    def tell(incumbent: float, bound: float) -> None:
        watch.tell(incumbent, _tighter(bound, root.bound, maximise))

    whole = _is_whole(small) and maximise and request.gap_target == 0
    result = solve_watched(
        problem, watch, limit_s=math.inf,
        relative_gap=request.gap_target,
        absolute_gap=1.0 - 1e-3 if whole else TOLERANCE / 4 * max(1.0, 0.0 if known is None else abs(found)),
        start=None if known is None else columns_of(model, known),
        report=tell,
    )  # fmt: skip
    if result.stopped == "infeasible" and known is None:
        return Solved(None, math.inf if maximise else -math.inf, "infeasible")
    stopped, bound = result.stopped, _tighter(result.bound, root.bound, maximise)
    if stopped == "infeasible":  # nothing as good as the incumbent is left besides it
        stopped, bound = "finished", found
    if result.columns is not None:
        choice = choice_of(model, result.columns)
        again = _incumbent(small, request, choice)
        if not math.isnan(again) and (known is None or (again > found if maximise else again < found)):
            known = choice
    return _solved(small, request, known, bound, stopped)


def _tighter(first: float, second: float, maximise: bool) -> float:
    return min(first, second) if maximise else max(first, second)


def _is_whole(small: SmallBuilding) -> bool:
    parts = np.concatenate([small.weight, small.bonus])
    return bool(np.all(parts == np.round(parts)))


def _whole(bound: float, small: SmallBuilding, maximise: bool) -> float:
    """Round an upper bound of the value down where every value is a whole number."""
    if not maximise or not math.isfinite(bound) or not _is_whole(small):
        return bound
    return math.floor(bound + TOLERANCE * max(1.0, abs(bound)))


def _status(found: float, bound: float, request: BuildingRequest, stopped: str) -> str:
    if abs(bound - found) <= TOLERANCE * max(1.0, abs(found)):
        return "optimal"
    if relative_gap(found, bound) <= request.gap_target * (1 + 1e-9):
        return "within_gap"
    return stopped


def _solved(
    small: SmallBuilding, request: BuildingRequest, choice: Choice | None, bound: float, stopped: str
) -> Solved:
    maximise = request.objective == "most_value"
    bound = _whole(bound, small, maximise)
    stopped = "time_limit" if stopped == "finished" else stopped
    if choice is None:
        return Solved(None, bound, stopped)
    found = objective(totals(small, choice), request)
    bound = max(bound, found) if maximise else min(bound, found)
    return Solved(choice, bound, _status(found, bound, request, stopped))
