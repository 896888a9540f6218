"""Radio-climatic zones of the terrain: sea, coastal land, inland (ITU-R P.1812-8, table 1)."""

from __future__ import annotations

import numpy as np
import scipy  # its parts come in at their first use: most runs go without this one
from numpy.typing import NDArray

__all__ = ["COASTAL", "INLAND", "SEA", "radio_climatic_zones"]

SEA, COASTAL, INLAND = 1, 3, 4
COASTAL_HEIGHT_M = 100.0
COASTAL_DISTANCE_M = 50_000.0


def radio_climatic_zones(
    terrain_m: NDArray[np.float32], land: NDArray[np.uint8], resolution_m: float
) -> NDArray[np.uint8]:
    """Return the zone of every pixel.

    Coastal land is land below 100 m above the sea and within 50 km of it; all other land is inland.

    Parameters
    ----------
    terrain_m : ndarray of float32, (rows, columns)
        Height above sea level; NaN counts as high.
    land : ndarray of uint8, (rows, columns)
        1 land, 0 sea.
    resolution_m : float
        Edge of a pixel.

    Returns
    -------
    ndarray of uint8, (rows, columns)
        1 sea, 3 coastal land, 4 inland.
    """
    is_land = land != 0
    if is_land.all():
        return np.full(land.shape, INLAND, np.uint8)
    near = scipy.ndimage.distance_transform_edt(is_land, sampling=resolution_m) <= COASTAL_DISTANCE_M
    coastal = near & (terrain_m < COASTAL_HEIGHT_M)
    return np.where(is_land, np.where(coastal, COASTAL, INLAND), SEA).astype(np.uint8)
