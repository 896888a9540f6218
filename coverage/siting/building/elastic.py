"""A smallest set of limits without which a request can be kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .contract import BuildingProblem, BuildingRequest
from .limits import LimitRow, limit_rows, limited_problem
from .model import BuildingModel, building_model
from .rows import with_columns
from .small import small_building
from .watch import Watch
from .watched_highs import solve_watched

__all__ = ["smallest_set_to_drop"]

Limit = tuple[str, int]


def smallest_set_to_drop(
    problem: BuildingProblem, request: BuildingRequest, limits: list[Limit], watch: Watch, limit_s: float
) -> list[Limit]:
    """Return a smallest set of limits; empty if none was found in time.

    One binary column for each limit lets its rows be broken by as much as any plan could break them. Hops and
    built stations are part of the structure: they are taken as they are.
    """
    free = replace(request, forbidden_hosts=())
    small = small_building(problem, free, reduce=False)
    model = building_model(small, np.ones(len(small.need), bool))
    rows = limit_rows(model, free)
    forbidden = np.isin(small.host_id[small.host], np.asarray(request.forbidden_hosts, np.int64))
    if request.forbidden_hosts:
        rows.append(
            LimitRow("forbidden_hosts", -1, model.options(forbidden.astype(np.float64)), -np.inf, 0.0)
        )
    plain = limited_problem(model, rows, np.zeros(model.columns), maximise=False)
    columns = []
    for limit in limits:
        entries = []
        for k, row in enumerate(rows):
            if limit in _names(model, row):
                number = model.rows.count + k
                entries.append((number, _room(plain.rows[number].toarray().ravel(), plain, number)))
        columns.append((1.0 if entries else 1e3, 1.0, True, entries))
    result = solve_watched(with_columns(plain, columns), watch, limit_s=limit_s)
    if result.columns is None:
        return []
    return [limit for limit, drop in zip(limits, result.columns[model.columns :], strict=True) if drop > 0.5]


def _names(model: BuildingModel, row: LimitRow) -> list[Limit]:
    """Return the limits that a row stands for."""
    if row.limit != "money":
        return [(row.limit, row.index)]
    return [("budget", -1) if f < 0 else ("fund", f) for f in model.small.money.funds[row.index]]


def _room(entries: np.ndarray, problem: object, number: int) -> float:
    """Return the entry with which a dropped limit cannot bind: all columns lie between 0 and 1."""
    lower, upper = problem.row_lower[number], problem.row_upper[number]  # type: ignore[attr-defined]
    if np.isfinite(lower):
        return max(0.0, float(lower - entries[entries < 0].sum()))
    return -max(0.0, float(entries[entries > 0].sum() - upper))
