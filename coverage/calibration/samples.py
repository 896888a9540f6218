"""Measured and predicted loss side by side: what a fit works on, and why a sample is left out."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["REASONS", "DriveSamples", "LossSamples", "Rejections", "band_of"]

REASONS: dict[str, tuple[str, str]] = {
    "no_position": ("no position", "không có toạ độ"),
    "no_level": ("no level", "không có mức thu"),
    "unknown_cell": (
        "no cell of the stations file can have sent it",
        "không cell nào trong danh sách trạm phát ra được",
    ),
    "below_floor": ("at or below what a receiver can report", "ở hoặc dưới mức máy thu báo được"),
    "too_close": ("too close to the station", "quá gần trạm"),
    "too_far": ("too far from the station", "quá xa trạm"),
    "void": ("off the terrain, in a void, or behind one", "ngoài địa hình, hoặc vướng chỗ trống số liệu"),
    "merged": (
        "merged with the others of the same cell and pixel",
        "gộp với mẫu khác cùng cell, cùng ô lưới",
    ),
}
"""Why a sample is not used, by code: (English, Vietnamese)."""

_BANDS = (
    ("450", 400.0, 520.0), ("600", 600.0, 699.0), ("700", 699.0, 791.0), ("800", 791.0, 824.0),
    ("850", 824.0, 895.0), ("900", 895.0, 1000.0), ("1500", 1427.0, 1520.0), ("1800", 1700.0, 1885.0),
    ("1900", 1885.0, 2000.0), ("2100", 2000.0, 2200.0), ("2300", 2290.0, 2420.0), ("2600", 2490.0, 2700.0),
    ("3500", 3300.0, 3900.0), ("4700", 4400.0, 5000.0),
)  # fmt: skip


def band_of(frequency_mhz: float) -> tuple[str, float, float]:
    """Return name, lower and upper edge (MHz) of the band; one of 1 % either side where it has no name.

    A sample of any technology counts for its band: the path does not know what it carries.
    """
    for name, low, high in _BANDS:
        if low <= frequency_mhz < high:
            return name, low, high
    return f"{frequency_mhz:g}", 0.99 * frequency_mhz, 1.01 * frequency_mhz


@dataclass(frozen=True)
class DriveSamples:
    """Samples of a drive test, on the run's CRS.

    Attributes
    ----------
    x_m, y_m, level_dbm : ndarray of float64, (n,)
        NaN where the sample lacks it.
    technology, operator : ndarray of str, (n,)
        Empty where unknown.
    cell : ndarray of int32, (n,)
        Serving cell's index in the cell table; -1 where the file names none that is in it.
    names_cell : ndarray of bool, (n,)
        The file names a serving cell, known or not.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    level_dbm: NDArray[np.float64]
    technology: NDArray[Any]
    operator: NDArray[Any]
    cell: NDArray[np.int32]
    names_cell: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.x_m)


@dataclass(frozen=True)
class LossSamples:
    """One entry per sample that can be used.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, (n,)
    distance_km : ndarray of float64, (n,)
        From the serving antenna.
    frequency_mhz : ndarray of float64, (n,)
    measured_db, predicted_db : ndarray of float64, (n,)
        Basic transmission loss: from the level, antenna pattern taken off; from the model.
    pattern_db : ndarray of float64, (n,)
        What the antenna pattern takes away in the direction of the sample, ≥ 0; it has been taken off
        `measured_db`.
    clutter_m : ndarray of int64, (n,)
        Clutter height at the receiver, rounded; 0 in the open or where there is no clutter raster.
    cell : ndarray of int32, (n,)
        Index into the cell table.
    technology : ndarray of str, (n,)
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    distance_km: NDArray[np.float64]
    frequency_mhz: NDArray[np.float64]
    measured_db: NDArray[np.float64]
    predicted_db: NDArray[np.float64]
    pattern_db: NDArray[np.float64]
    clutter_m: NDArray[np.int64]
    cell: NDArray[np.int32]
    technology: NDArray[Any]

    def __len__(self) -> int:
        return len(self.x_m)

    @property
    def excess_db(self) -> NDArray[np.float64]:
        """Measured less predicted loss: what the correction has to add."""
        return self.measured_db - self.predicted_db

    def take(self, index: NDArray[Any]) -> LossSamples:
        """Return the samples at `index` (integers or a mask)."""
        return replace(self, **{f.name: getattr(self, f.name)[index] for f in fields(self)})


Rejections = dict[str, int]
"""Samples left out, by code of `REASONS`; only codes that occur."""
