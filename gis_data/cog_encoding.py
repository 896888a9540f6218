"""How values become the integers that a raster stores: step, number for no data, unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BEST_CELL", "LEVEL_DBM", "PROBABILITY", "SERVERS", "SINR_DB", "Encoding", "encode"]


@dataclass(frozen=True)
class Encoding:
    """How values are stored: ``value = stored * scale``.

    Attributes
    ----------
    dtype : str
        Integer type of the stored numbers.
    scale : float
        Step of a value.
    nodata : int or None
        Stored number for NaN (floats) or for the same number (integers); None: every pixel has a value.
    unit : str
        Of the value.
    resampling : {"AVERAGE", "NEAREST"}
        How overviews are made.
    """

    dtype: str
    scale: float
    nodata: int | None
    unit: str
    resampling: str


LEVEL_DBM = Encoding("int16", 0.01, -32768, "dBm", "AVERAGE")
PROBABILITY = Encoding("uint8", 0.004, 255, "1", "AVERAGE")
BEST_CELL = Encoding("int32", 1.0, -1, "index of the cell", "NEAREST")
SERVERS = Encoding("uint8", 1.0, None, "masts", "NEAREST")
SINR_DB = Encoding("int16", 0.01, -32768, "dB", "AVERAGE")


def encode(values: NDArray[Any], encoding: Encoding) -> NDArray[Any]:
    """Return the numbers that a raster stores for values in the encoding's unit; NaN is nodata.

    Raises
    ------
    ValueError
        A finite value lies outside what the type holds.
    """
    limits = np.iinfo(encoding.dtype)
    if not np.issubdtype(values.dtype, np.floating):
        if encoding.scale != 1.0:
            raise ValueError("a scaled encoding needs floating-point values")
        if values.size and (values.min() < limits.min or values.max() > limits.max):
            raise ValueError(f"values from {values.min()} to {values.max()} do not fit {encoding.dtype}")
        return values.astype(encoding.dtype, copy=False)
    missing = np.isnan(values)
    scaled = np.rint(np.where(missing, 0.0, values) / encoding.scale)
    if scaled.size and (scaled.min() < limits.min or scaled.max() > limits.max):
        raise ValueError(f"values from {np.nanmin(values)} to {np.nanmax(values)} do not fit {encoding}")
    if encoding.nodata is None:
        if missing.any():
            raise ValueError("the encoding has no number for NaN")
        return scaled.astype(encoding.dtype)
    if np.any((scaled == encoding.nodata) & ~missing):
        raise ValueError(f"a value would be stored as nodata ({encoding.nodata})")
    scaled[missing] = encoding.nodata
    return scaled.astype(encoding.dtype)
