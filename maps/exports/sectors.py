"""Cells as sectors: a wedge from the mast towards the azimuth, as wide as the antenna."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer

from ...coverage.antenna import SAMPLES, AntennaPattern

__all__ = ["SECTOR_LENGTH_M", "beamwidth_deg", "sector_polygons"]

SECTOR_LENGTH_M = {"2G": 700.0, "3G": 560.0, "4G": 420.0, "5G": 280.0}
"""Length of a sector by technology: newer ones lie on older ones and none hides another. No reach."""

_HALF_POWER_DB = 3.0
_STEP_DEG = 5.0
_OMNI_SHARE = 0.5  # a disc would look like much more than a wedge of its radius
_EARTH = Geod(ellps="WGS84")
_WGS84 = "EPSG:4326"
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
    lon: ArrayLike,
    lat: ArrayLike,
    azimuth_deg: ArrayLike,
    beamwidth: ArrayLike,
    length_m: ArrayLike,
    crs: CRS | None = None,
    kept: dict[str, NDArray[Any]] | None = None,
) -> NDArray[np.object_]:
    """Return one polygon per cell.

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
    crs : CRS or None
        In which the polygons are; None: WGS 84 degrees.
    kept : dict of str to ndarray, optional
        Outlines of another network in this CRS, as an earlier call left them: those of the same sectors are
        taken, and the outlines of this call replace them.
    """
    to_crs = None if crs is None else Transformer.from_crs(_WGS84, crs, always_xy=True)
    given = (np.atleast_1d(np.asarray(a, np.float64)) for a in (lon, lat, azimuth_deg, beamwidth, length_m))
    x, y, azimuth, width, length = np.broadcast_arrays(*given)
    found = np.empty(len(x), dtype=object)
    outlines: dict[str, NDArray[Any]] = {}
    omni = np.isnan(azimuth) | (width >= 360.0)
    groups = [(np.nan, omni)] if omni.any() else []
    # a few antennas: all wedges of one width go together
    groups += [(one, ~omni & (width == one)) for one in np.unique(width[~omni]).tolist()]
    for one, here in groups:
        of = np.stack([x[here], y[here], azimuth[here], length[here]], axis=1)
        rings = _known(of, str(one), partial(_rings, width_deg=one, to_crs=to_crs), kept or {})
        outlines |= {f"of {one}": of, f"rings {one}": rings}
        found[here] = _polygons(rings)
    if kept is not None:
        kept.clear()
        kept.update(outlines)
    return found


def _known(
    of: NDArray[np.float64],
    group: str,
    make: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    kept: Mapping[str, NDArray[Any]],
) -> NDArray[np.float64]:
    """Rings of sectors, those that are kept from there."""
    before, rings = kept.get(f"of {group}"), kept.get(f"rings {group}")
    if before is None or rings is None or not len(rings):
        return make(of)
    row_of = dict(zip(_keys(before), range(len(before)), strict=True))
    rows = np.fromiter((row_of.get(key, -1) for key in _keys(of)), np.int64, len(of))
    found: NDArray[np.float64] = rings[rows]
    if (new := rows < 0).any():
        found[new] = make(of[new])
    return found


def _keys(of: NDArray[np.float64]) -> list[bytes]:
    raw, size = of.tobytes(), of.itemsize * of.shape[1]
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def _rings(of: NDArray[np.float64], width_deg: float, to_crs: Transformer | None) -> NDArray[np.float64]:
    """Closed outlines of sectors of one width, counter-clockwise: (sectors, places, 2); NaN: discs."""
    x, y, azimuth, length = of.T
    if np.isnan(width_deg):
        bearings = np.broadcast_to(np.arange(360.0, 0.0, -2 * _STEP_DEG), (len(of), _DISC_STEPS))
        rims = _rims(x, y, bearings, _OMNI_SHARE * length)
        rings = np.concatenate([rims, rims[:, :1]], axis=1)
    else:
        steps = max(2, int(np.ceil(width_deg / _STEP_DEG)) + 1)
        bearings = azimuth[:, np.newaxis] + np.linspace(width_deg / 2, -width_deg / 2, steps)
        at = of[:, np.newaxis, :2]
        rings = np.concatenate([at, _rims(x, y, bearings, length), at], axis=1)
    if to_crs is None:
        return rings
    there = to_crs.transform(rings[..., 0].ravel(), rings[..., 1].ravel())
    return np.stack(there, axis=1).reshape(rings.shape)


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


def _polygons(rings: NDArray[np.float64]) -> NDArray[np.object_]:
    """Closed rings of one length each as polygons."""
    count, places = rings.shape[:2]
    ends, each = np.arange(count + 1) * places, np.arange(count + 1)
    found = shapely.from_ragged_array(shapely.GeometryType.POLYGON, rings.reshape(-1, 2), (ends, each))
    return np.asarray(found, dtype=object)
