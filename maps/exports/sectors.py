"""Cells as sectors: a wedge from the mast towards the azimuth, as wide as the antenna."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod
from shapely import Polygon

from ...coverage.antenna import SAMPLES, AntennaPattern

__all__ = ["SECTOR_LENGTH_M", "beamwidth_deg", "sector_polygons"]

SECTOR_LENGTH_M = {"2G": 700.0, "3G": 560.0, "4G": 420.0, "5G": 280.0}
"""Length of a sector by technology: newer ones lie on older ones and none hides another. No reach."""

_HALF_POWER_DB = 3.0
_STEP_DEG = 5.0
_OMNI_SHARE = 0.5  # a disc would look like much more than a wedge of its radius
_EARTH = Geod(ellps="WGS84")


def beamwidth_deg(pattern: AntennaPattern) -> float:
    """Return how wide the main lobe is where the horizontal cut falls by 3 dB, 0 … 360.

    Parameters
    ----------
    pattern : AntennaPattern
    """
    within = pattern.horizontal_db - pattern.horizontal_db.min() <= _HALF_POWER_DB
    if within.all():
        return 360.0
    peak = int(np.argmin(pattern.horizontal_db))
    around = np.roll(within, -peak)
    clockwise = int(np.argmin(around))
    back = int(np.argmin(around[::-1]))
    return (clockwise + back) * 360.0 / SAMPLES


def sector_polygons(
    lon: ArrayLike, lat: ArrayLike, azimuth_deg: ArrayLike, beamwidth: ArrayLike, length_m: ArrayLike
) -> NDArray[np.object_]:
    """Return one polygon per cell, in WGS 84 degrees.

    Parameters
    ----------
    lon, lat : array_like of float
        Of the mast (°).
    azimuth_deg : array_like of float
        From true north, clockwise; NaN makes a disc of half the length.
    beamwidth : array_like of float
        Degrees; 360 makes a disc too.
    length_m : array_like of float
        Of the sector.
    """
    given = (np.atleast_1d(np.asarray(a, np.float64)) for a in (lon, lat, azimuth_deg, beamwidth, length_m))
    arrays = np.broadcast_arrays(*given)
    found = np.empty(len(arrays[0]), dtype=object)
    for k, (x, y, azimuth, width, length) in enumerate(zip(*arrays, strict=True)):
        omni = np.isnan(azimuth) or width >= 360.0
        found[k] = _disc(x, y, _OMNI_SHARE * length) if omni else _wedge(x, y, azimuth, width, length)
    return found


def _rim(x: float, y: float, bearings: NDArray[np.float64], length_m: float) -> NDArray[np.float64]:
    count = len(bearings)
    lon, lat, _back = _EARTH.fwd(np.full(count, x), np.full(count, y), bearings, np.full(count, length_m))
    return np.column_stack([lon, lat])


def _wedge(x: float, y: float, azimuth: float, width: float, length_m: float) -> Polygon:
    steps = max(2, int(np.ceil(width / _STEP_DEG)) + 1)
    rim = _rim(x, y, azimuth + np.linspace(width / 2, -width / 2, steps), length_m)  # counter-clockwise
    return Polygon(np.vstack([[(x, y)], rim, [(x, y)]]))


def _disc(x: float, y: float, radius_m: float) -> Polygon:
    rim = _rim(x, y, np.arange(360.0, 0.0, -2 * _STEP_DEG), radius_m)
    return Polygon(np.vstack([rim, rim[:1]]))
