"""What figures are made with: sizes, and the ground under a map; without the library that draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from ..gis_data.grid import Grid

__all__ = ["DOTS_PER_INCH", "MAP_COLOURS", "MOST_PIXELS", "PLAN_PIXELS", "WIDTH_INCH", "MapGround"]

WIDTH_INCH = 7.2
DOTS_PER_INCH = 130
MAP_COLOURS = 256
"""Of a map as a PNG."""
MOST_PIXELS = 1400
"""Of a raster on a map, along its longer side: relief at most, levels at least where they have as many."""
PLAN_PIXELS = 700
"""The same of the relief on the map of a building plan."""


@dataclass(frozen=True)
class MapGround:
    """What lies under every map of a run.

    Attributes
    ----------
    terrain_m, land : ndarray, grid.shape
        Height (m), NaN in voids; 1 land, 0 sea.
    grid : Grid
    communes : GeoDataFrame
        name; areas, or points.
    """

    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    grid: Grid
    communes: gpd.GeoDataFrame

    def drawn(self, most_pixels: int) -> list[Any]:
        """Return all that `ground` and `borders` draw of it with at most so many pixels."""
        step = max(1, -(-max(self.terrain_m.shape) // most_pixels))
        height, land = (np.ascontiguousarray(part[::step, ::step]) for part in (self.terrain_m, self.land))
        return [height, land, self.grid, self.communes]
