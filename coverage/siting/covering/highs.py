"""HiGHS: a mixed-integer problem with its incumbent, bound and why it stopped; bounds that need no trust."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["FEASIBILITY_TOLERANCE", "MilpResult", "MixedIntegerProblem", "safe_bound", "solve_milp"]

FEASIBILITY_TOLERANCE = 1e-6
"""Absolute, on rows and on integrality."""

_STOPPED = {
    "kOptimal": "finished",
    "kInfeasible": "infeasible",
    "kTimeLimit": "time_limit",
    "kInterrupt": "interrupted",
    "kHighsInterrupt": "interrupted",
}


@dataclass(frozen=True)
class MixedIntegerProblem:
    """min or max c·x, row_lower <= A x <= row_upper, lower <= x <= upper, some x integer.

    Attributes
    ----------
    maximise : bool
    objective, lower, upper : ndarray of float64, (columns,)
    integer : ndarray of bool, (columns,)
    rows : csr_matrix of float64, (rows, columns)
    row_lower, row_upper : ndarray of float64, (rows,)
        May be infinite.
    """

    maximise: bool
    objective: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    rows: csr_matrix
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]


@dataclass(frozen=True)
class MilpResult:
    """What HiGHS found.

    Attributes
    ----------
    stopped : {"finished", "time_limit", "interrupted", "infeasible"}
        "finished": the relative gap asked for was reached.
    columns : ndarray of float64 or None
        The incumbent; None where there is none.
    bound : float
        No solution is better than this.
    """

    stopped: str
    columns: NDArray[np.float64] | None
    bound: float


def solve_milp(
    problem: MixedIntegerProblem,
    *,
    time_limit_s: float,
    relative_gap: float,
    start: NDArray[np.float64] | None = None,
    progress: Callable[[float, float], None] | None = None,
) -> MilpResult:
    """Solve with one thread and a fixed seed, so that the answer repeats wherever no time limit strikes.

    Ctrl-C stops the search, and what it has found is returned; a second Ctrl-C is not caught.

    Parameters
    ----------
    problem : MixedIntegerProblem
    time_limit_s : float
        > 0.
    relative_gap : float
        (bound − value) / value at which to stop, >= 0.
    start : ndarray of float64, (columns,), optional
        A feasible point.
    progress : callable, optional
        Called now and then with the objective of the incumbent (infinite: none yet) and the bound.

    Raises
    ------
    RuntimeError
        HiGHS failed, or did not run at all (it refuses silently when another Highs object of the process
        was run with another number of threads).
    """
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "time_limit": float(time_limit_s),
        "mip_rel_gap": float(relative_gap),
        "mip_abs_gap": FEASIBILITY_TOLERANCE,
        "mip_feasibility_tolerance": FEASIBILITY_TOLERANCE,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_highs_lp(problem))
    if start is not None:
        guess = highspy.HighsSolution()
        guess.col_value = [float(v) for v in start]
        guess.value_valid = True
        solver.setSolution(guess)
    run_status, cancelled = _run(solver, progress)
    model_status = solver.getModelStatus()
    if cancelled and model_status.name not in _STOPPED:  # so early that HiGHS has no word for it
        return MilpResult("interrupted", None, np.inf if problem.maximise else -np.inf)
    if run_status == highspy.HighsStatus.kError or model_status.name not in _STOPPED:
        shown = solver.modelStatusToString(model_status)
        raise RuntimeError(f"HiGHS stopped with {shown!r}; did it run with other threads in this process?")
    info = solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    columns = np.array(solver.getSolution().col_value, np.float64) if feasible else None
    stopped = _STOPPED[model_status.name]
    # HiGHS may end by itself between Ctrl-C and its next look at the flag: then it is finished.
    return MilpResult("interrupted" if cancelled and stopped == "time_limit" else stopped, columns,
                      float(info.mip_dual_bound))  # fmt: skip


def safe_bound(
    rows: csr_matrix,
    row_lower: NDArray[np.float64],
    row_upper: NDArray[np.float64],
    objective: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    dual: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    """Return an upper bound of max c·x that any multipliers of the rows prove, and the reduced costs.

    Weak duality with the multipliers' signs put right: whatever tolerance the solver stopped at, no feasible
    point is better (up to rounding in the last digits of a double).

    Parameters
    ----------
    rows, row_lower, row_upper, objective
        As in `MixedIntegerProblem`, to be maximised.
    lower, upper : ndarray of float64, (columns,)
        Finite.
    dual : ndarray of float64, (rows,)
        Multipliers, as good as one has them.
    """
    y = np.where(np.isfinite(row_upper), np.maximum(dual, 0.0), 0.0)
    y += np.where(np.isfinite(row_lower), np.minimum(dual, 0.0), 0.0)
    limit = np.where(y > 0, np.where(np.isfinite(row_upper), row_upper, 0.0), 0.0)
    limit += np.where(y < 0, np.where(np.isfinite(row_lower), row_lower, 0.0), 0.0)
    reduced = objective - np.asarray(rows.T @ y)
    return float(y @ limit + np.maximum(reduced * lower, reduced * upper).sum()), reduced


def _run(
    solver: highspy.Highs, progress: Callable[[float, float], None] | None
) -> tuple[highspy.HighsStatus, bool]:
    """Run in a thread of its own, so that this one hears Ctrl-C; return status and whether it was heard."""
    cancel = threading.Event()
    seen: list[tuple[float, float]] = []
    status: list[highspy.HighsStatus] = []

    def watch(event: highspy.HighsCallbackEvent) -> None:
        seen[:] = [(float(event.data_out.mip_primal_bound), float(event.data_out.mip_dual_bound))]
        if cancel.is_set():
            event.interrupt()

    solver.cbMipInterrupt.subscribe(watch)
    thread = threading.Thread(target=lambda: status.append(solver.run()), daemon=True)
    thread.start()
    told: tuple[float, float] | None = None
    while thread.is_alive():
        try:
            thread.join(0.05)
            if progress is not None and seen and seen[0] != told:
                told = seen[0]
                progress(*told)
        except KeyboardInterrupt:
            if cancel.is_set():
                raise
            cancel.set()
    solver.cbMipInterrupt.clear()
    return (status[0] if status else highspy.HighsStatus.kError), cancel.is_set()


def _highs_lp(problem: MixedIntegerProblem) -> highspy.HighsLp:
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
    lp.integrality_ = [kinds.kInteger if i else kinds.kContinuous for i in problem.integer]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = problem.rows.indptr
    lp.a_matrix_.index_ = problem.rows.indices
    lp.a_matrix_.value_ = problem.rows.data
    return lp
