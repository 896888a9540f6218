"""The relaxation with connection cuts: a bound, reduced costs, and the rows that hold it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from ..covering.highs import MixedIntegerProblem
from .cuts import ConnectionCut, CutSeparator
from .model import BuildingModel
from .rows import RowList
from .watch import Watch
from .watched_highs import highs_lp, listen, set_options

__all__ = ["Root", "fixed_by_reduced_cost", "root_relaxation"]

_MOST_FLOWS = 400
_MOST_ROUNDS = 40
_WORTH = 2e-4
"""Relative gain of the bound over three rounds below which it is left at that."""


@dataclass(frozen=True)
class Root:
    """What the relaxation says.

    Attributes
    ----------
    bound : float
        No plan is better; infinite where the time did not suffice.
    feasible : bool
        False: no plan at all keeps the limits.
    columns, reduced_cost : ndarray of float64 or None
        Of the last relaxation solved.
    cuts : list of ConnectionCut
        Those that hold with equality there.
    """

    bound: float
    feasible: bool
    columns: NDArray[np.float64] | None
    reduced_cost: NDArray[np.float64] | None
    cuts: list[ConnectionCut]


def root_relaxation(
    model: BuildingModel, problem: MixedIntegerProblem, watch: Watch, *, incumbent: float, gap_target: float
) -> Root:
    """Solve the relaxation again and again, with the connection cuts that its solution breaks.

    Parameters
    ----------
    model : BuildingModel
    problem : MixedIntegerProblem
        Of this model.
    watch : Watch
    incumbent : float
        Objective of the best plan known; NaN if there is none. The bound is not driven beyond `gap_target`.
    gap_target : float
    """
    worst = math.inf if problem.maximise else -math.inf
    solver = highspy.Highs()
    set_options(solver, {})
    solver.passModel(highs_lp(replace(problem, integer=np.zeros(len(problem.integer), bool))))
    listen(solver, watch, None)
    separator = CutSeparator(model)
    cuts: list[ConnectionCut] = []
    bounds: list[float] = []
    root = Root(worst, True, None, None, [])
    for _ in range(_MOST_ROUNDS):
        if watch.over:
            break
        # The clock of the solver runs on from one call to the next.
        solver.setOptionValue("time_limit", solver.getRunTime() + watch.left_s)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Root(worst, False, None, None, cuts)
        if status != highspy.HighsModelStatus.kOptimal:
            break
        solution = solver.getSolution()
        columns = np.array(solution.col_value)
        bounds.append(float(solver.getInfo().objective_function_value))
        root = Root(bounds[-1], True, columns, np.array(solution.col_dual), cuts)
        watch.tell(watch.incumbent, bounds[-1])
        if _enough(bounds, incumbent, gap_target):
            break
        new = separator.separate(columns, _MOST_FLOWS, watch)
        if not new:
            break
        cuts.extend(new)
        _add(solver, new)
    return replace(root, cuts=_tight(cuts, root.columns))


def _enough(bounds: list[float], incumbent: float, gap_target: float) -> bool:
    if math.isfinite(incumbent) and abs(bounds[-1] - incumbent) <= max(gap_target, 1e-9) * abs(incumbent):
        return True
    return len(bounds) > 3 and abs(bounds[-1] - bounds[-4]) <= _WORTH * abs(bounds[-1])


def _add(solver: highspy.Highs, cuts: list[ConnectionCut]) -> None:
    rows = RowList()
    for cut in cuts:
        rows.add(np.zeros(len(cut.column)), cut.column, cut.entry, [-np.inf], [0.0])
    matrix = rows.matrix(solver.getNumCol())
    low, high = rows.bounds()
    solver.addRows(len(cuts), low, high, matrix.nnz, matrix.indptr[:-1], matrix.indices, matrix.data)


def _tight(cuts: list[ConnectionCut], columns: NDArray[np.float64] | None) -> list[ConnectionCut]:
    if columns is None:
        return []
    return [cut for cut in cuts if float(cut.entry @ columns[cut.column]) > -1e-6]


def fixed_by_reduced_cost(
    problem: MixedIntegerProblem, root: Root, incumbent: float
) -> tuple[MixedIntegerProblem, int]:
    """Fix integer columns whose other value would make every plan worse than the incumbent; count them."""
    if root.columns is None or root.reduced_cost is None or not math.isfinite(incumbent):
        return problem, 0
    room = abs(root.bound - incumbent) + 1e-6 * max(1.0, abs(incumbent))
    sign = 1.0 if problem.maximise else -1.0
    cost = sign * root.reduced_cost  # what the objective gains by one more of the column
    at_low = problem.integer & (root.columns < 1e-6) & (cost < -room)
    at_high = problem.integer & (root.columns > 1 - 1e-6) & (cost > room)
    lower, upper = problem.lower.copy(), problem.upper.copy()
    upper[at_low] = 0.0
    lower[at_high] = 1.0
    return replace(problem, lower=lower, upper=upper), int(at_low.sum() + at_high.sum())
