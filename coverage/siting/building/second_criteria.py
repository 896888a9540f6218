"""Between plans that are equal so far: the next criterion, and the next."""

from __future__ import annotations

import math

from .choice import TOLERANCE, Choice, keeps, objective, totals, worth
from .contract import BuildingRequest
from .cuts import ConnectionCut
from .limits import LimitRow, limit_rows, limited_problem
from .model import BuildingModel, choice_of, columns_of
from .watch import Watch
from .watched_highs import solve_watched

__all__ = ["next_criteria"]

_SMALLER_IS_BETTER = {"least_cost", "fewest_stations", "fewest_towers", "most_shared"}


def next_criteria(
    model: BuildingModel,
    request: BuildingRequest,
    choice: Choice,
    status: str,
    cuts: list[ConnectionCut],
    watch: Watch,
) -> tuple[Choice, tuple[bool, ...]]:
    """Return the best plan by the second criteria, one after the other, among plans as good as `choice`.

    Only a plan that is proven, or as good as asked for, is worth the trouble; otherwise it is returned as it
    is and nothing is proven.

    Parameters
    ----------
    model : BuildingModel
    request : BuildingRequest
    choice : Choice
        That keeps the request.
    status : str
        Of the search for the objective.
    cuts : list of ConnectionCut
        Valid rows that tighten the relaxation.
    watch : Watch
    """
    first = "most_value" if request.objective == "most_value" else "least_cost"
    proven: list[bool] = []
    settled = [_as_good_as(model, choice, first)]
    certain = status in ("optimal", "within_gap")
    for criterion in request.then:
        if criterion == first:
            proven.append(certain)
            continue
        if not certain or watch.over:
            proven.append(False)
            continue
        choice, certain = _best_by(model, request, choice, criterion, settled, cuts, watch)
        settled.append(_as_good_as(model, choice, criterion))
        proven.append(certain)
    return choice, tuple(proven)


def _as_good_as(model: BuildingModel, choice: Choice, criterion: str) -> LimitRow:
    good = abs(worth(totals(model.small, choice), criterion))
    entries = model.expression(criterion)
    if criterion in _SMALLER_IS_BETTER:
        return LimitRow("criterion", -1, entries, -math.inf, good)
    return LimitRow("criterion", -1, entries, good, math.inf)


def _best_by(
    model: BuildingModel,
    request: BuildingRequest,
    choice: Choice,
    criterion: str,
    settled: list[LimitRow],
    cuts: list[ConnectionCut],
    watch: Watch,
) -> tuple[Choice, bool]:
    small = model.small
    problem = limited_problem(
        model, [*limit_rows(model, request), *settled], model.expression(criterion),
        maximise=criterion not in _SMALLER_IS_BETTER, cuts=cuts,
    )  # fmt: skip
    before = totals(small, choice)
    good = abs(worth(before, criterion))
    result = solve_watched(
        problem, watch, limit_s=math.inf,
        relative_gap=request.gap_target,
        absolute_gap=TOLERANCE / 4 * max(1.0, good),
        start=columns_of(model, choice),
    )  # fmt: skip
    if result.columns is None:
        return choice, False
    found = choice_of(model, result.columns)
    after = totals(small, found)
    kept = keeps(small, request, found) and all(_no_worse(row, model, found) for row in settled)
    slack = TOLERANCE * max(1.0, abs(objective(before, request)))
    loss = objective(after, request) - objective(before, request)
    as_good = (loss >= -slack) if request.objective == "most_value" else (loss <= slack)
    if kept and as_good and worth(after, criterion) >= worth(before, criterion):
        return found, result.stopped == "finished"
    return choice, result.stopped == "finished" and worth(before, criterion) >= worth(after, criterion)


def _no_worse(row: LimitRow, model: BuildingModel, choice: Choice) -> bool:
    """Whether a choice keeps what was settled before, within the tolerance."""
    total = float(row.entries @ columns_of(model, choice))
    slack = TOLERANCE * max(1.0, abs(row.lower) if math.isfinite(row.lower) else abs(row.upper))
    return row.lower - slack <= total <= row.upper + slack
