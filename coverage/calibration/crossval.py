"""Errors where nothing was fitted: whole areas are left out in turn, never single samples.

Neighbouring samples share their shadow fading; leaving out single ones would let a fit be tested on what
it has seen (Roberts et al. 2017, Ecography 40: block cross-validation).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_numbers", "left_out_residuals"]

_Floats = NDArray[np.float64]


def block_numbers(x_m: _Floats, y_m: _Floats, block_m: float) -> NDArray[np.int64]:
    """Return the square each point lies in, numbered from 0 in the south-west; empty ones are skipped."""
    column = np.floor(x_m / block_m).astype(np.int64)
    row = np.floor(y_m / block_m).astype(np.int64)
    _, number = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)
    return np.asarray(number, dtype=np.int64).ravel()


def left_out_residuals(
    blocks: NDArray[np.int64],
    design: _Floats,
    observed_db: _Floats,
    fit: Callable[[_Floats, _Floats], _Floats],
) -> _Floats:
    """Return observed less predicted, each sample predicted by a fit without any sample of its block.

    Parameters
    ----------
    blocks : ndarray of int64, (n,)
    design : ndarray of float64, (n, k)
    observed_db : ndarray of float64, (n,)
    fit : callable
        Takes design and observations, returns the k coefficients.

    Raises
    ------
    ValueError
        There is one block only, or the rest of the samples cannot tell the terms apart.
    """
    numbers = np.unique(blocks)
    if len(numbers) < 2:
        raise ValueError("all samples lie in one block")
    residual = np.empty(len(observed_db))
    for number in numbers:
        out = blocks == number
        residual[out] = observed_db[out] - design[out] @ fit(design[~out], observed_db[~out])
    return residual
