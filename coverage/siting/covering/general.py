"""Plain covering problems by name: maximal covering, partial and full set covering, on sparse matrices.

Thin front doors of `model`; what comes back tells value, cost, chosen sites, bound, gap and why the search
stopped. `discs.discs_cover` makes matrix and weights from points and a radius.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse

from ..building.contract import Progress
from .model import CoveringSolution, solve_budgeted_covering, solve_least_cost_covering

__all__ = ["solve_maximal_covering", "solve_partial_covering", "solve_set_covering"]


def solve_maximal_covering(
    cover: csr_matrix,
    weight: ArrayLike,
    budget: float,
    *,
    cost: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
) -> CoveringSolution:
    """Choose sites within a budget that cover the most weight (maximal covering location problem).

    Ctrl-C ends the search: the best choice so far comes back with its bound, as "interrupted".

    Parameters
    ----------
    cover : sparse matrix or array_like, (demands, sites)
        Non-zero where the site covers the demand. 1-million-row matrices are merged first.
    weight : array_like of float, (demands,)
        >= 0.
    budget : float
        >= 0. Without `cost`: the number of sites.
    cost : array_like of float, (sites,), optional
        >= 0; 1 each by default.
    time_limit_s : float
        > 0.
    gap_target : float
        Relative gap at which to stop; 0 asks for a proof.
    progress : callable, optional
        Called with a `Progress` (incumbent, bound, gap, time_s) while the search runs.

    Returns
    -------
    CoveringSolution
        ``chosen``, ``value``, ``bound`` (nothing is worth more), ``gap``, ``status``, ``stopped`` …

    Raises
    ------
    ValueError
        One line for each fault.
    """
    matrix = _matrix(cover)
    return solve_budgeted_covering(
        matrix, _numbers(weight), _costs(cost, matrix), float(budget),
        time_limit_s=time_limit_s, gap_target=gap_target, cheapest=False, progress=progress,
    )  # fmt: skip


def solve_partial_covering(
    cover: csr_matrix,
    weight: ArrayLike,
    minimum_weight: float,
    *,
    cost: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
) -> CoveringSolution:
    """Choose the cheapest sites that cover a weight (partial set covering location problem).

    Parameters and errors as in `solve_maximal_covering`.

    Parameters
    ----------
    cover, weight, cost, time_limit_s, gap_target, progress
        As in `solve_maximal_covering`; `progress` shows costs.
    minimum_weight : float
        >= 0.

    Returns
    -------
    CoveringSolution
        With ``bound`` no choice that covers the weight is cheaper; "infeasible" where all sites together do
        not cover it.
    """
    matrix = _matrix(cover)
    return solve_least_cost_covering(
        matrix, _numbers(weight), _costs(cost, matrix), float(minimum_weight),
        time_limit_s=time_limit_s, gap_target=gap_target, progress=progress,
    )  # fmt: skip


def solve_set_covering(
    cover: csr_matrix,
    *,
    cost: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    gap_target: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
) -> CoveringSolution:
    """Choose the cheapest sites that cover every demand (set covering).

    Parameters
    ----------
    cover, cost, time_limit_s, gap_target, progress
        As in `solve_partial_covering`.

    Returns
    -------
    CoveringSolution
        ``value`` counts demands; "infeasible" where a demand is covered by no site.
    """
    matrix = _matrix(cover)
    return solve_partial_covering(
        matrix, np.ones(matrix.shape[0]), matrix.shape[0],
        cost=cost, time_limit_s=time_limit_s, gap_target=gap_target, progress=progress,
    )  # fmt: skip


def _matrix(cover: csr_matrix) -> csr_matrix:
    if not issparse(cover):
        dense = np.asarray(cover)
        if dense.ndim != 2 or dense.dtype.kind not in "biuf":
            raise ValueError(f"cover has shape {dense.shape}, expected a matrix of numbers (demands, sites)")
    matrix = csr_matrix(cover)
    wrong = np.flatnonzero(np.isnan(matrix.data.astype(np.float64)))
    if len(wrong):
        row = int(np.searchsorted(matrix.indptr, wrong[0], side="right")) - 1
        raise ValueError(f"cover[{row}, {matrix.indices[wrong[0]]}] is nan, expected a number")
    return matrix


def _numbers(numbers: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(numbers, np.float64)


def _costs(cost: ArrayLike | None, matrix: csr_matrix) -> NDArray[np.float64]:
    return np.ones(matrix.shape[1]) if cost is None else _numbers(cost)
