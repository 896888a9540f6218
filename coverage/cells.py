"""Cells and demand points as plain arrays: what the engine below `coverage.footprint` works on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CellTable", "PointLevels", "PointTable", "TechnologyRule"]


@dataclass(frozen=True)
class TechnologyRule:
    """What counts as covered with one technology.

    Attributes
    ----------
    technology : {"2G", "3G", "4G", "5G"}
    threshold_dbm : float
        Level of the reference signal (RxLev, RSCP, RSRP, SS-RSRP) outdoors.
    sigma_db : float
        Standard deviation of model error and in-pixel variability together.
    probability : float
        P(covered) that counts as covered, 0 … 1.
    """

    technology: str
    threshold_dbm: float
    sigma_db: float
    probability: float


@dataclass(frozen=True)
class CellTable:
    """One entry per cell in every array, in the order of `cell_id`.

    Attributes
    ----------
    cell_id, mast_id, operator, technology, antenna : ndarray of str
    x_m, y_m : ndarray of float64
        Position of the mast in the run's CRS.
    antenna_height_m, frequency_mhz, bandwidth_mhz, tx_power_dbm, feeder_loss_db : ndarray of float64
        `tx_power_dbm` is the power of the whole carrier at the transmitter.
    azimuth_deg : ndarray of float64
        From grid north, clockwise; NaN for an omnidirectional antenna.
    mechanical_tilt_deg, electrical_tilt_deg : ndarray of float64
        Positive is down.
    on_air, off_air : ndarray of datetime64[D]
        NaT: since always, and for ever.
    """

    cell_id: NDArray[Any]
    mast_id: NDArray[Any]
    operator: NDArray[Any]
    technology: NDArray[Any]
    antenna: NDArray[Any]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    antenna_height_m: NDArray[np.float64]
    frequency_mhz: NDArray[np.float64]
    bandwidth_mhz: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    mechanical_tilt_deg: NDArray[np.float64]
    electrical_tilt_deg: NDArray[np.float64]
    tx_power_dbm: NDArray[np.float64]
    feeder_loss_db: NDArray[np.float64]
    on_air: NDArray[np.datetime64]
    off_air: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.cell_id)

    @cached_property
    def masts(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The distinct masts in alphabetical order, and the number of each cell's, (cells,)."""
        return _numbered(self.mast_id)

    @cached_property
    def operators(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The distinct operators in alphabetical order, and the number of each cell's, (cells,)."""
        return _numbered(self.operator)

    def take(self, index: NDArray[Any]) -> CellTable:
        """Return the cells at `index` (integers or a mask)."""
        return replace(self, **{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def active(self, as_of: np.datetime64) -> NDArray[np.bool_]:
        """Tell which cells are on air at the end of the day `as_of`."""
        started = np.isnat(self.on_air) | (self.on_air <= as_of)
        ended = ~np.isnat(self.off_air) & (self.off_air <= as_of)
        return started & ~ended


def _numbered(column: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    names, number = np.unique(column, return_inverse=True)
    return names, number.reshape(-1).astype(np.int64)


@dataclass(frozen=True)
class PointTable:
    """Demand points: hamlet centres, residential clusters, points inside hamlets drawn as areas, places.

    Attributes
    ----------
    point_id : ndarray of str
        Unique.
    village : ndarray of int64
        Index of the hamlet in the run's table of villages; -1 for a place.
    kind : ndarray of str
        "centre", "cluster", "area" (inside a hamlet drawn as an area) or "place".
    people : ndarray of float64
        People who live at the point; a hamlet with clusters has the rest of its people at its centre, one
        with points inside its area nobody.
    x_m, y_m : ndarray of float64
    """

    point_id: NDArray[Any]
    village: NDArray[np.int64]
    kind: NDArray[Any]
    people: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.point_id)


@dataclass(frozen=True)
class PointLevels:
    """Median level of every cell that can be heard at every point, sparse, sorted by (point, cell).

    Everything downstream (verdicts, as-of dates, operators, scenarios, plans) is a selection from this table.

    Attributes
    ----------
    point, cell : ndarray of int32
        Indices into the `PointTable` and the `CellTable` (all cells of the project, whatever their dates).
    level_dbm : ndarray of float32
        Level of the reference signal outdoors, location median.
    loss_db : ndarray of float32
        Basic transmission loss of the path.
    """

    point: NDArray[np.int32]
    cell: NDArray[np.int32]
    level_dbm: NDArray[np.float32]
    loss_db: NDArray[np.float32]

    def with_levels(self, level_dbm: NDArray[np.floating[Any]]) -> PointLevels:
        """Return the same rows with other levels, rounded to float32."""
        rounded = level_dbm.astype(np.float32, copy=False)
        return PointLevels(self.point, self.cell, rounded, self.loss_db)
