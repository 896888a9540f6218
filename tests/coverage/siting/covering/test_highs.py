"""Bounds from any multipliers, and what a search reports on its way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from phusong.coverage.siting.covering.highs import MixedIntegerProblem, safe_bound, solve_milp


@given(st.integers(0, 10**6), st.booleans())
def test_a_bound_from_any_multipliers_holds(seed, good):
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    matrix = rng.integers(-3, 4, (rows, columns)).astype(float)
    inside = rng.random(columns)
    upper = np.where(rng.random(rows) < 0.7, matrix @ inside + rng.random(rows), np.inf)
    lower = np.where(rng.random(rows) < 0.4, matrix @ inside - rng.random(rows), -np.inf)
    objective = rng.uniform(-2, 2, columns)
    best = linprog(
        -objective,
        np.vstack([matrix[np.isfinite(upper)], -matrix[np.isfinite(lower)]]),
        np.concatenate([upper[np.isfinite(upper)], -lower[np.isfinite(lower)]]),
        bounds=(0, 1),
    )
    dual = rng.normal(size=rows)
    if good:
        dual[:] = 0
        dual[np.isfinite(upper)] -= best.ineqlin.marginals[: np.isfinite(upper).sum()]
        dual[np.isfinite(lower)] += best.ineqlin.marginals[np.isfinite(upper).sum() :]
    bound, reduced = safe_bound(
        csr_matrix(matrix), lower, upper, objective, np.zeros(columns), np.ones(columns), dual
    )
    assert bound >= -best.fun - 1e-9
    assert reduced.shape == (columns,)
    if good:
        assert bound == pytest.approx(-best.fun, abs=1e-7)


def test_progress_tells_incumbent_and_bound():
    rng = np.random.default_rng(2)
    cover = (
        (rng.random((200, 120)) < 0.05) | np.eye(200, 120, dtype=bool) | np.eye(200, 120, -120, dtype=bool)
    )
    told: list[tuple[float, float]] = []
    problem = MixedIntegerProblem(
        maximise=False, objective=np.ones(120), lower=np.zeros(120), upper=np.ones(120), integer=np.ones(120, bool),
        rows=csr_matrix(cover.astype(float)), row_lower=np.ones(200), row_upper=np.full(200, np.inf),
    )  # fmt: skip
    result = solve_milp(
        problem, time_limit_s=20, relative_gap=0.25, progress=lambda value, bound: told.append((value, bound))
    )
    assert result.stopped == "finished"
    assert told
    assert all(bound <= result.columns.sum() + 1e-6 for _, bound in told)
    assert result.bound <= result.columns.sum()
