"""The ground under a printed map: shaded relief and sea, borders, a scale bar and an arrow to the north."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from ..gis_data.grid import Grid
from .imagery import hillshade
from .palette import LAND, SEA
from .plan_report_words import say
from .words import Language

__all__ = ["borders", "extent", "ground", "names_of_areas", "north_arrow", "scale_bar"]

_LENGTHS_M = (500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5)
_AREAS = ("Polygon", "MultiPolygon")
_HALO = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.6}


def extent(grid: Grid, step: int = 1) -> tuple[float, float, float, float]:
    """Return left, right, bottom, top of every `step`-th pixel of a grid, as ``imshow`` wants them (m)."""
    pixel_m = grid.resolution_m * step
    right = grid.x_left_m + -(-grid.columns // step) * pixel_m
    return grid.x_left_m, right, grid.y_top_m - -(-grid.rows // step) * pixel_m, grid.y_top_m


def ground(
    axes: Axes, terrain_m: NDArray[np.float32], land: NDArray[np.uint8], grid: Grid, most_pixels: int
) -> None:
    """Draw relief and sea, of at most so many pixels along the longer side, and fix the scale of the axes.

    Parameters
    ----------
    axes : Axes
    terrain_m, land : ndarray, grid.shape
    grid : Grid
    most_pixels : int
    """
    step = max(1, -(-max(terrain_m.shape) // most_pixels))
    height, on_land = terrain_m[::step, ::step], land[::step, ::step].astype(bool)
    shade = hillshade(np.where(on_land, height, 0.0), grid.resolution_m * step, 2.0)
    brightness = np.clip(0.55 + 0.65 * shade, 0.45, 1.1)[..., None]
    colour = np.where(on_land[..., None], np.array(LAND) * brightness, np.array(SEA))
    picture = np.clip(colour, 0, 255).astype(np.uint8)
    axes.imshow(picture, extent=extent(grid, step), interpolation="bilinear")
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])


def borders(axes: Axes, communes: gpd.GeoDataFrame, *, width: float = 0.5) -> None:
    """Draw the outlines of communes that are areas, simplified to 50 m."""
    rings = [
        np.asarray(part.exterior.coords)[:, :2]
        for shape in _areas(communes).geometry.simplify(50.0)
        for part in getattr(shape, "geoms", [shape])
    ]
    axes.add_collection(LineCollection(rings, colors="#5f5f5f", linewidths=width, zorder=2), autolim=False)


def names_of_areas(axes: Axes, communes: gpd.GeoDataFrame, size: float = 5.0) -> None:
    """Write the name of each commune on a point inside it."""
    if communes.empty:
        return
    for name, point in zip(communes["name"], communes.geometry.representative_point(), strict=True):
        axes.text(
            point.x, point.y, str(name), fontsize=size, ha="center", va="center", zorder=6, color="#222222",
            parse_math=False, bbox=_HALO, clip_on=True,
        )  # fmt: skip


def _areas(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return communes[communes.geometry.geom_type.isin(_AREAS)] if len(communes) else communes


def scale_bar(axes: Axes, window: tuple[float, float, float, float]) -> None:
    """Draw a bar of a round length at the lower left.

    Parameters
    ----------
    axes : Axes
    window : tuple of float
        West, south, east, north of what is shown (m).
    """
    west, south, east, north = window
    width, height = east - west, north - south
    length = max(v for v in _LENGTHS_M if v <= max(width / 3, _LENGTHS_M[0]))
    x, y = west + 0.03 * width, south + 0.04 * height
    axes.plot([x, x + length], [y, y], color="black", linewidth=2.2, solid_capstyle="butt", zorder=7)
    axes.text(x, y + 0.012 * height, f"{length / 1000:g} km", fontsize=7.5, zorder=7)


def north_arrow(axes: Axes, language: Language) -> None:
    """Draw an arrow to grid north at the upper right."""
    arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": "black"}
    axes.annotate(
        say("north", language), (0.97, 0.985), (0.97, 0.88), xycoords="axes fraction", ha="center",
        fontsize=8, arrowprops=arrow, zorder=7,
    )  # fmt: skip
