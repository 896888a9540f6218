"""Linear regression that outliers cannot pull: Tukey's biweight by iteratively reweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["NORMAL_MAD", "RobustFit", "fit_robustly", "spread_db"]

NORMAL_MAD = 1.4826
"""1/Φ⁻¹(3/4): median absolute deviation of a normal distribution to its σ."""

_HUBER = 1.345  # 95 % efficiency with normal errors: Huber (1964)
_TUKEY = 4.685  # 95 % efficiency with normal errors: Beaton & Tukey (1974)
_SMALLEST_SCALE_DB = 1e-9  # data without any spread fit exactly
_CONVERGED_DB = 1e-7
_MOST_STEPS = 200

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RobustFit:
    """A robust linear fit.

    Attributes
    ----------
    coefficients : ndarray of float64, (k,)
    weights : ndarray of float64, (n,)
        0 … 1; 0 marks an outlier that has no influence.
    sigma_db : float
        Robust standard deviation of the residuals.
    """

    coefficients: _Floats
    weights: _Floats
    sigma_db: float


def spread_db(residual_db: _Floats) -> float:
    """Return the robust standard deviation about zero: 1.4826 × median absolute residual."""
    return float(NORMAL_MAD * np.median(np.abs(residual_db)))


def fit_robustly(design: _Floats, observed_db: _Floats) -> RobustFit:
    """Fit ``observed ≈ design @ coefficients``.

    Huber's convex problem first, from least squares; its solution starts Tukey's redescending one, which
    would otherwise depend on where it starts. The scale is re-estimated at every step.

    Parameters
    ----------
    design : ndarray of float64, (n, k)
        Of full column rank.
    observed_db : ndarray of float64, (n,)

    Returns
    -------
    RobustFit

    Raises
    ------
    ValueError
        The design has not full rank: the data cannot tell the coefficients apart.
    """
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("the samples cannot tell the fitted terms apart")
    start = _least_squares(design, observed_db, np.ones(len(observed_db)))
    middle, _ = _reweighted(design, observed_db, start, tukey=False)
    coefficients, weights = _reweighted(design, observed_db, middle, tukey=True)
    return RobustFit(coefficients, weights, spread_db(observed_db - design @ coefficients))


def _reweighted(
    design: _Floats, observed_db: _Floats, coefficients: _Floats, tukey: bool
) -> tuple[_Floats, _Floats]:
    weights = np.ones(len(observed_db))
    for _ in range(_MOST_STEPS):
        residual = observed_db - design @ coefficients
        u = np.abs(residual) / max(spread_db(residual), _SMALLEST_SCALE_DB)
        if tukey:
            weights = np.where(u < _TUKEY, (1.0 - np.minimum(u / _TUKEY, 1.0) ** 2) ** 2, 0.0)
        else:
            weights = 1.0 / np.maximum(u / _HUBER, 1.0)
        following = _least_squares(design, observed_db, weights)
        change = float(np.max(np.abs(design @ (following - coefficients))))
        coefficients = following
        if change < _CONVERGED_DB:
            break
    return coefficients, weights


def _least_squares(design: _Floats, observed_db: _Floats, weights: _Floats) -> _Floats:
    weighted = design * weights[:, np.newaxis]
    solution, *_ = np.linalg.lstsq(weighted.T @ design, weighted.T @ observed_db, rcond=None)
    return np.asarray(solution)
