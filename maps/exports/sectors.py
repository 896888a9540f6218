"""Cells as sectors: a wedge from the mast towards the azimuth, as wide as the antenna."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

from ...coverage.antenna import SAMPLES, AntennaPattern

__all__ = ["SECTOR_LENGTH_M", "beamwidth_deg", "sector_polygons"]

SECTOR_LENGTH_M = {"2G": 700.0, "3G": 560.0, "4G": 420.0, "5G": 280.0}
"""Length of a sector by technology: newer ones lie on older ones and none hides another. No reach."""

_HALF_POWER_DB = 3.0
_STEP_DEG = 5.0
_OMNI_SHARE = 0.5  # a disc would look like much more than a wedge of its radius
_EARTH = Geod(ellps="WGS84")
_DISC_STEPS = int(360.0 / (2 * _STEP_DEG))


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
    x, y, azimuth, width, length = np.broadcast_arrays(*given)
    found = np.empty(len(x), dtype=object)
    omni = np.isnan(azimuth) | (width >= 360.0)
    if omni.any():
        bearings = np.broadcast_to(np.arange(360.0, 0.0, -2 * _STEP_DEG), (int(omni.sum()), _DISC_STEPS))
        found[omni] = _discs(x[omni], y[omni], bearings, _OMNI_SHARE * length[omni])
    for one in np.unique(width[~omni]).tolist():  # a few antennas: all wedges of one width go together
        here = ~omni & (width == one)
        steps = max(2, int(np.ceil(one / _STEP_DEG)) + 1)
        bearings = azimuth[here, np.newaxis] + np.linspace(one / 2, -one / 2, steps)  # counter-clockwise
        found[here] = _wedges(x[here], y[here], bearings, length[here])
    return found


def _rims(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    bearings: NDArray[np.float64],
    length_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Points at a distance from each place on each of its bearings: (places, bearings, 2)."""
    spread = (np.repeat(values, bearings.shape[1]) for values in (x, y, length_m))
    from_x, from_y, away = spread
    lon, lat, _back = _EARTH.fwd(from_x, from_y, bearings.ravel(), away)
    return np.stack([lon, lat], axis=1).reshape(*bearings.shape, 2)


def _wedges(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    bearings: NDArray[np.float64],
    length_m: NDArray[np.float64],
) -> NDArray[np.object_]:
    at = np.stack([x, y], axis=1)[:, np.newaxis]
    return _polygons(np.concatenate([at, _rims(x, y, bearings, length_m), at], axis=1))


def _discs(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    bearings: NDArray[np.float64],
    radius_m: NDArray[np.float64],
) -> NDArray[np.object_]:
    rims = _rims(x, y, bearings, radius_m)
    return _polygons(np.concatenate([rims, rims[:, :1]], axis=1))


def _polygons(rings: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.asarray(shapely.polygons(rings), dtype=object)
