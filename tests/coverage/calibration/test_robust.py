"""Robust regression: exact without noise, unmoved by outliers, as good as least squares with normal errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.calibration.robust import fit_robustly


def design(n: int) -> np.ndarray:
    return np.column_stack([np.ones(n), np.linspace(-1.0, 1.0, n)])


@given(
    offset=st.floats(-50, 50), slope=st.floats(-50, 50), bad=st.integers(0, 30), where=st.floats(100, 1000)
)
def test_gross_outliers_have_no_influence(offset: float, slope: float, bad: int, where: float) -> None:
    matrix = design(200)
    observed = matrix @ [offset, slope] + np.random.default_rng(1).normal(0, 0.1, 200)
    clean = fit_robustly(matrix, observed)
    observed[:: 200 // max(bad, 1)] += where
    dirty = fit_robustly(matrix, observed)
    assert dirty.coefficients == pytest.approx(clean.coefficients, abs=0.05)
    assert dirty.coefficients == pytest.approx([offset, slope], abs=0.1)


def test_sigma_and_efficiency_with_normal_errors() -> None:
    rng = np.random.default_rng(7)
    matrix = design(4000)
    observed = matrix @ [3.0, -2.0] + rng.normal(0, 8.0, 4000)
    fit = fit_robustly(matrix, observed)
    plain, *_ = np.linalg.lstsq(matrix, observed, rcond=None)
    assert fit.coefficients == pytest.approx(plain, abs=0.25)
    assert fit.sigma_db == pytest.approx(8.0, rel=0.05)


def test_an_outlier_gets_the_weight_nought() -> None:
    observed = np.zeros(100)
    observed[:50] = 1.0
    observed[10] = 400.0
    weights = fit_robustly(np.ones((100, 1)), observed).weights
    assert weights[10] == 0 and (np.delete(weights, 10) > 0).all()


def test_terms_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="tell the fitted terms apart"):
        fit_robustly(np.ones((10, 2)), np.zeros(10))
