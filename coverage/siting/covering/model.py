"""Covering within a budget, and a value at least cost: the best choice with a proof.

The formulation (x: candidate chosen, y: class of demands covered, z: group of demands met):

    maximise    Σ weight·y + Σ bonus·z
    subject to  y_d <= Σ x_j over the candidates j that cover d
                need_g·z_g <= Σ share_gd·y_d
                Σ cost·x <= budget;  Σ x <= 1 in every conflict group;  x mandatory = 1, forbidden = 0
                x, z binary, 0 <= y <= 1

Without groups y is projected out and `branching.search_plan` does the work; with groups, and where everything
must be covered, HiGHS gets the problem as it stands. Among plans of the best value found the cheapest is then
looked for by turning objective and budget round.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..building.contract import Progress
from .highs import FEASIBILITY_TOLERANCE
from .instance import CoveringInstance, DemandGroups, covering_instance
from .reduction import Reduction, reduce_instance, without_forbidden
from .search import SearchWatch, cheapest_of_its_value, least_cost, most_value

__all__ = ["CoveringSolution", "solve_budgeted_covering", "solve_least_cost_covering"]

_WHY = {
    "optimal": "the bound equals the plan: nothing better exists",
    "within_gap": "the gap asked for was reached",
    "time_limit": "the time limit was reached",
    "interrupted": "it was interrupted",
    "infeasible": "no choice of candidates reaches the value asked for",
}


@dataclass(frozen=True)
class CoveringSolution:
    """A choice of candidates and what is proved about it.

    Attributes
    ----------
    chosen : ndarray of int64
        Candidates, sorted.
    served : ndarray of bool, (demands,)
        Recomputed from the full matrix.
    groups_met : ndarray of bool, (groups,)
    value : float
        Weight of the demands served plus bonus of the groups met, recomputed from the full matrix.
    cost : float
    bound : float
        `solve_budgeted_covering`: no plan within the budget has a higher value.
        `solve_least_cost_covering`: no plan that reaches the value is cheaper.
    gap : float
        |bound − objective| / objective, the objective being value or cost; 0 where both are 0.
    status : {"optimal", "within_gap", "time_limit", "interrupted", "infeasible"}
        "optimal" only where bound and objective are equal within the solver's tolerance.
    stopped : str
        Why the search ended, in English.
    cheapest_proven : bool
        No plan of the same value is cheaper (within the gap asked for).
    time_s : float
        Wall-clock time.
    time_limit_s, gap_target, feasibility_tolerance : float
        As used.
    instance_hash : str
        SHA-256 of matrix, weights, costs, limits and rules.
    merged_demands, kept_candidates : int
        Size of the problem after the exact reductions.
    """

    chosen: NDArray[np.int64]
    served: NDArray[np.bool_]
    groups_met: NDArray[np.bool_]
    value: float
    cost: float
    bound: float
    gap: float
    status: str
    stopped: str
    cheapest_proven: bool
    time_s: float
    time_limit_s: float
    gap_target: float
    feasibility_tolerance: float
    instance_hash: str
    merged_demands: int
    kept_candidates: int


def solve_budgeted_covering(
    cover: csr_matrix,
    weight: NDArray[np.float64],
    cost: NDArray[np.float64],
    budget: float,
    *,
    conflict_groups: Sequence[Sequence[int]] = (),
    mandatory: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    groups: DemandGroups | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    reduce: bool = True,
    cheapest: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> CoveringSolution:
    """Choose candidates that cover the most weight within a budget; among equals the cheapest.

    Ctrl-C ends the search: the best plan so far comes back with its bound, as "interrupted".

    With every cost 1 and the budget p this is the maximal covering location problem.

    Parameters
    ----------
    cover : csr_matrix, (demands, candidates)
        Non-zero where the candidate alone covers the demand.
    weight : ndarray of float64, (demands,)
        >= 0.
    cost : ndarray of float64, (candidates,)
        >= 0.
    budget : float
        >= 0, may be infinite; unit of `cost`.
    conflict_groups : sequence of sequences of int
        At most one candidate of each may be chosen.
    mandatory, forbidden : sequence of int
        Candidates that must, and must not, be chosen.
    groups : DemandGroups, optional
        Demands that count once more together.
    time_limit_s : float
        For the whole search, > 0.
    gap_target : float
        Relative gap at which to stop, >= 0; 0 asks for a proof of optimality.
    reduce : bool
        Merge demands and drop dominated candidates first (changes the time, not the value).
    cheapest : bool
        Look for the cheapest plan of the best value too.
    progress : callable, optional
        Called with a `Progress` (best value, bound, gap, seconds) while the search runs.

    Returns
    -------
    CoveringSolution

    Raises
    ------
    ValueError
        A shape, number or index is wrong, rules contradict each other, or the mandatory candidates cost
        more than the budget: one line each.
    """
    begin = time.monotonic()
    original = covering_instance(
        cover, weight, cost,
        conflict_groups=conflict_groups, mandatory=mandatory, forbidden=forbidden, groups=groups,
    )  # fmt: skip
    _check_limits("budget", budget, time_limit_s, gap_target)
    spent = original.total_cost(original.mandatory)
    if spent > budget:
        raise ValueError(f"the mandatory candidates cost {spent:g}, expected at most the budget {budget:g}")
    reduction = _reduction(original, reduce)
    small = reduction.instance
    watch = SearchWatch(begin, time_limit_s, gap_target, progress)
    plan, stopped, bound = most_value(small, budget, watch)
    proven = False
    if stopped == "finished" and cheapest:
        plan, proven = cheapest_of_its_value(small, plan, watch)
    value = small.value(plan)
    bound = max(_whole(bound, small), value)
    status, gap = _verdict(value, bound, stopped)
    return _solution(
        original, reduction, plan, bound, gap, status, proven, begin, time_limit_s, gap_target, budget
    )


def solve_least_cost_covering(
    cover: csr_matrix,
    weight: NDArray[np.float64],
    cost: NDArray[np.float64],
    minimum_value: float,
    *,
    conflict_groups: Sequence[Sequence[int]] = (),
    mandatory: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    groups: DemandGroups | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    reduce: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> CoveringSolution:
    """Choose candidates that reach a value at least cost (partial set covering).

    With the sum of the weights as `minimum_value` this is set covering. Parameters as in
    `solve_budgeted_covering` (`progress` shows costs), Ctrl-C too. Where even all candidates do not reach
    the value, the status is "infeasible", nothing is chosen and the bound is infinite. Where the time is up
    before any plan was found, nothing is chosen and the gap is infinite.

    Raises
    ------
    ValueError
        A shape, number or index is wrong, or rules contradict each other: one line each.
    """
    begin = time.monotonic()
    original = covering_instance(
        cover, weight, cost,
        conflict_groups=conflict_groups, mandatory=mandatory, forbidden=forbidden, groups=groups,
    )  # fmt: skip
    _check_limits("minimum_value", minimum_value, time_limit_s, gap_target)
    reduction = _reduction(original, reduce)
    small = reduction.instance
    watch = SearchWatch(begin, time_limit_s, gap_target, progress)
    plan, stopped, bound = least_cost(small, minimum_value, watch)
    if stopped == "infeasible":
        status, gap = "infeasible", math.inf
    elif small.value(plan) < minimum_value * (1.0 - 1e-6):
        status, gap = stopped, math.inf
    else:
        objective = small.total_cost(plan)
        bound = min(bound, objective)
        status, gap = _verdict(objective, bound, stopped)
    proven = status in ("optimal", "within_gap")
    return _solution(
        original, reduction, plan, bound, gap, status, proven, begin, time_limit_s, gap_target, minimum_value
    )


def _verdict(objective: float, bound: float, stopped: str) -> tuple[str, float]:
    difference = abs(bound - objective)
    if difference <= FEASIBILITY_TOLERANCE * max(1.0, abs(objective)):
        return "optimal", 0.0 if difference == 0 else difference / max(abs(objective), 1.0)
    gap = difference / abs(objective) if objective else math.inf
    return ("within_gap" if stopped == "finished" else stopped), gap


def _whole(bound: float, instance: CoveringInstance) -> float:
    """Round the bound down where every value is a whole number."""
    parts = np.concatenate([instance.weight, instance.groups.bonus])
    return math.floor(bound + FEASIBILITY_TOLERANCE) if np.all(parts == np.round(parts)) else bound


def _reduction(original: CoveringInstance, reduce: bool) -> Reduction:
    return reduce_instance(original) if reduce else without_forbidden(original)


def _check_limits(name: str, limit: float, time_limit_s: float, gap_target: float) -> None:
    lines = []
    if math.isnan(limit) or limit < 0:
        lines.append(f"{name} is {limit:g}, expected a number >= 0")
    if not time_limit_s > 0:
        lines.append(f"time_limit_s is {time_limit_s:g}, expected a number > 0")
    if not gap_target >= 0:
        lines.append(f"gap_target is {gap_target:g}, expected a number >= 0")
    if lines:
        raise ValueError("\n".join(lines))


def _solution(
    original: CoveringInstance,
    reduction: Reduction,
    plan: NDArray[np.int64],
    bound: float,
    gap: float,
    status: str,
    cheapest: bool,
    begin: float,
    time_limit_s: float,
    gap_target: float,
    limit: float,
) -> CoveringSolution:
    chosen = np.sort(reduction.candidate[plan])
    served = original.served(chosen)
    return CoveringSolution(
        chosen=chosen,
        served=served,
        groups_met=original.groups.met(served),
        value=original.value(chosen),
        cost=original.total_cost(chosen),
        bound=float(bound),
        gap=float(gap),
        status=status,
        stopped=_WHY[status],
        cheapest_proven=cheapest,
        time_s=time.monotonic() - begin,
        time_limit_s=time_limit_s,
        gap_target=gap_target,
        feasibility_tolerance=FEASIBILITY_TOLERANCE,
        instance_hash=original.digest(limit),
        merged_demands=reduction.instance.shape[0],
        kept_candidates=reduction.instance.shape[1],
    )
