"""A quick estimate of who hears which mast, only to make up a plausible network; the engine judges later.

Free space plus Bullington's construction over a coarse profile (ITU-R P.526 §4.5, earth of 4/3 radius).
`gis_data` may not import the engine, and the sample must not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ground import Ground

__all__ = ["LAYERS", "RECEIVER_M", "RadioLayer", "path_loss_db", "reached"]

RECEIVER_M = 1.5
SAMPLES = 48
NEAREST_M = 60.0
EARTH_RADIUS_M = 8.5e6
# What a made-up verdict asks for beyond the level of the rule: 1.28 sigma of 8 dB.
RULE_MARGIN_DB = 10.3


@dataclass(frozen=True)
class RadioLayer:
    """What one kind of cell can afford on its way to a handset.

    Attributes
    ----------
    frequency_mhz : float
    spare_db : float
        Largest path loss at which a point counts as covered (threshold of preset "province" and its margin),
        averaged over the azimuths of three sectors.
    """

    frequency_mhz: float
    spare_db: float


# Carrier power + antenna − feeder − share of the reference signal − 3 dB between sectors, over the threshold.
LAYERS = {
    "2G": RadioLayer(935.0, 43.0 + 15.0 - 0.5 - 3.0 + 95.0 - RULE_MARGIN_DB),
    "2G omni": RadioLayer(935.0, 43.0 + 5.0 - 0.5 + 95.0 - RULE_MARGIN_DB),
    "3G": RadioLayer(2120.0, 43.0 - 10.0 + 15.0 - 0.5 - 3.0 + 100.0 - RULE_MARGIN_DB),
    "4G": RadioLayer(1840.0, 46.0 - 30.8 + 15.0 - 0.5 - 3.0 + 105.0 - RULE_MARGIN_DB),
}


def path_loss_db(
    ground: Ground,
    surface_m: NDArray[np.float32],
    mast_xy_m: NDArray[np.float64],
    antenna_m: float,
    at_xy_m: NDArray[np.float64],
    frequency_mhz: float,
    open_end_m: float = 0.0,
) -> NDArray[np.float64]:
    """Return the estimated path loss from one antenna to many points.

    Parameters
    ----------
    ground : Ground
    surface_m : ndarray of float32
        Terrain and clutter, on the grid of `ground`.
    mast_xy_m : ndarray of float64, (2,)
    antenna_m : float
        Above ground.
    at_xy_m : ndarray of float64, (points, 2)
    frequency_mhz : float
    open_end_m : float
        So near to a point there is bare ground: a car drives on a road.

    Returns
    -------
    ndarray of float64, (points,)
        dB.
    """
    span = at_xy_m - mast_xy_m
    length = np.maximum(np.hypot(span[:, 0], span[:, 1]), NEAREST_M)
    share = (np.arange(SAMPLES) + 0.5) / SAMPLES
    along = mast_xy_m + span[:, None, :] * share[None, :, None]
    near, far = length[:, None] * share, length[:, None] * (1.0 - share)
    bulge = near * far / (2 * EARTH_RADIUS_M)
    place = ground.rows_columns(along)
    bare = far < open_end_m
    profile = np.where(bare, ground.height_m[place], surface_m[place]) + bulge
    ends = ground.height_at(np.vstack([mast_xy_m, at_xy_m]))
    top, bottom = ends[0] + antenna_m, ends[1:] + RECEIVER_M
    wavelength = 299.79 / frequency_mhz
    nu = _bullington_nu(profile, near, far, length, top, bottom, wavelength)
    edge = np.where(nu > -0.78, 6.9 + 20 * np.log10(np.hypot(nu - 0.1, 1.0) + nu - 0.1), 0.0)
    extra = edge + (1.0 - np.exp(-edge / 6.0)) * (10.0 + 0.02 * length / 1000.0)
    free_space = 32.45 + 20 * np.log10(frequency_mhz) + 20 * np.log10(length / 1000.0)
    return np.asarray(free_space + extra)


def _bullington_nu(
    profile: NDArray[np.float64],
    near: NDArray[np.float64],
    far: NDArray[np.float64],
    length: NDArray[np.float64],
    top: float,
    bottom: NDArray[np.float64],
    wavelength: float,
) -> NDArray[np.float64]:
    """Diffraction parameter of the equivalent edge; of the worst point where the path is open."""
    slope_out = ((profile - top) / near).max(axis=1)
    slope_in = ((profile - bottom[:, None]) / far).max(axis=1)
    direct = (bottom - top) / length
    line = top + (bottom - top)[:, None] * near / length[:, None]
    open_nu = ((profile - line) * np.sqrt(2 * length[:, None] / (wavelength * near * far))).max(axis=1)
    both = np.maximum(slope_out + slope_in, 1e-9)
    edge_at = np.clip((bottom - top + slope_in * length) / both, 1.0, length - 1.0)
    rise = top + slope_out * edge_at - (top * (length - edge_at) + bottom * edge_at) / length
    blocked_nu = rise * np.sqrt(2 * length / (wavelength * edge_at * (length - edge_at)))
    return np.where(slope_out < direct, open_nu, blocked_nu)


def reached(
    ground: Ground,
    surface_m: NDArray[np.float32],
    mast_xy_m: NDArray[np.float64],
    antenna_m: float,
    at_xy_m: NDArray[np.float64],
    layer: str,
) -> NDArray[np.float64]:
    """Return the estimated margin (dB) of a layer at points; at least 0 counts as covered."""
    kind = LAYERS[layer]
    loss = path_loss_db(ground, surface_m, mast_xy_m, antenna_m, at_xy_m, kind.frequency_mhz)
    return np.asarray(kind.spare_db - loss)
