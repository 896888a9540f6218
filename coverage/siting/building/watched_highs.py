"""HiGHS under a watch: progress while it runs, Ctrl-C ends it with its incumbent and bound."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from ..covering.highs import FEASIBILITY_TOLERANCE, MilpResult, MixedIntegerProblem
from .watch import Watch

__all__ = ["highs_lp", "listen", "set_options", "solve_watched"]

_STOPPED = {
    "kOptimal": "finished",
    "kInfeasible": "infeasible",
    "kUnboundedOrInfeasible": "infeasible",
    "kTimeLimit": "time_limit",
    "kInterrupt": "interrupted",
    "kHighsInterrupt": "interrupted",
    "kObjectiveBound": "finished",
    "kSolutionLimit": "time_limit",
}


def solve_watched(
    problem: MixedIntegerProblem,
    watch: Watch,
    *,
    limit_s: float,
    relative_gap: float = 0.0,
    absolute_gap: float = FEASIBILITY_TOLERANCE,
    start: NDArray[np.float64] | None = None,
    report: Callable[[float, float], None] | None = None,
    options: dict[str, Any] | None = None,
) -> MilpResult:
    """Solve with one thread and a fixed seed.

    Parameters
    ----------
    problem : MixedIntegerProblem
        Without integer columns it is solved as a linear problem, whose value is the bound.
    watch : Watch
        Looked at all the while.
    limit_s : float
        Seconds at most, besides what the watch has left.
    relative_gap, absolute_gap : float
        At which to stop, >= 0.
    start : ndarray of float64, (columns,), optional
        A feasible point.
    report : callable, optional
        Called with (incumbent or NaN, bound) as the search goes on.
    options : dict, optional
        Further options of HiGHS.

    Raises
    ------
    RuntimeError
        HiGHS failed or did not run.
    """
    limit_s = min(limit_s, watch.left_s)
    if limit_s <= 0 or watch.over:
        return MilpResult(watch.why, None, math.inf if problem.maximise else -math.inf)
    if len(problem.objective) == 0:
        return _without_columns(problem)
    solver = highspy.Highs()
    set_options(
        solver,
        {
            "time_limit": float(limit_s),
            "mip_rel_gap": float(relative_gap),
            "mip_abs_gap": float(absolute_gap),
            **(options or {}),
        },
    )
    solver.passModel(highs_lp(problem))
    if start is not None:
        guess = highspy.HighsSolution()
        guess.col_value = start.tolist()
        guess.value_valid = True
        solver.setSolution(guess)
    listen(solver, watch, report)
    run_status = solver.run()
    status = solver.getModelStatus()
    if run_status == highspy.HighsStatus.kError or status.name not in _STOPPED:
        shown = solver.modelStatusToString(status)
        raise RuntimeError(f"HiGHS stopped with {shown!r}; did it run with other threads in this process?")
    return _result(solver, problem, _STOPPED[status.name])


def _without_columns(problem: MixedIntegerProblem) -> MilpResult:
    if np.any(problem.row_lower > 0) or np.any(problem.row_upper < 0):
        return MilpResult("infeasible", None, 0.0)
    return MilpResult("finished", np.zeros(0), 0.0)


def set_options(solver: highspy.Highs, options: dict[str, Any]) -> None:
    """Set options beside those that all our problems share: silent, one thread, one seed, tight rows."""
    shared: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "mip_feasibility_tolerance": FEASIBILITY_TOLERANCE / 2,
    }
    for name, value in (shared | options).items():
        if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise RuntimeError(f"HiGHS does not take {name} = {value!r}")


def listen(solver: highspy.Highs, watch: Watch, report: Callable[[float, float], None] | None) -> None:
    """Let the watch end the solver, and hear how it gets on."""

    def stop(event: highspy.HighsCallbackEvent) -> None:
        if watch.interrupted:
            event.interrupt()

    def tell(event: highspy.HighsCallbackEvent) -> None:
        if report is not None:
            best = event.data_out.mip_primal_bound
            report(best if abs(best) < highspy.kHighsInf else math.nan, event.data_out.mip_dual_bound)

    solver.cbMipInterrupt.subscribe(stop)
    solver.cbSimplexInterrupt.subscribe(stop)
    solver.cbIpmInterrupt.subscribe(stop)
    if report is not None:
        solver.cbMipLogging.subscribe(tell)
        solver.cbMipImprovingSolution.subscribe(tell)


def _result(solver: highspy.Highs, problem: MixedIntegerProblem, stopped: str) -> MilpResult:
    info = solver.getInfo()
    worst = math.inf if problem.maximise else -math.inf
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    columns = np.array(solver.getSolution().col_value, np.float64) if feasible else None
    if problem.integer.any():
        bound = float(info.mip_dual_bound)
    else:
        bound = float(info.objective_function_value) if stopped == "finished" else worst
    return MilpResult(stopped, columns, bound)


def highs_lp(problem: MixedIntegerProblem) -> highspy.HighsLp:
    """Return the problem as HiGHS takes it; linear where no column is integer."""
    lp = highspy.HighsLp()
    lp.num_col_ = len(problem.objective)
    lp.num_row_ = problem.rows.shape[0]
    lp.sense_ = highspy.ObjSense.kMaximize if problem.maximise else highspy.ObjSense.kMinimize
    lp.col_cost_ = problem.objective
    lp.col_lower_ = problem.lower
    lp.col_upper_ = problem.upper
    lp.row_lower_ = problem.row_lower
    lp.row_upper_ = problem.row_upper
    kinds = highspy.HighsVarType
    if problem.integer.any():
        lp.integrality_ = [kinds.kInteger if i else kinds.kContinuous for i in problem.integer]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = problem.rows.indptr
    lp.a_matrix_.index_ = problem.rows.indices
    lp.a_matrix_.value_ = problem.rows.data
    return lp
