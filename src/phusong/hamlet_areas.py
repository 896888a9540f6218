"""Demand points inside hamlets drawn as areas: on a regular grid, or where a raster has the people."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from .errors import Problem
from .gis_data.layers import Layers

__all__ = ["AreaPoints", "area_points"]

_AREAS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class AreaPoints:
    """Points inside hamlets, sorted by hamlet, then from south to north, then from west to east.

    Attributes
    ----------
    village : ndarray of int64
        Index in the layer of hamlets.
    number : ndarray of int64
        Of the point within its hamlet, from 1.
    share : ndarray of float64
        Of the hamlet's people; sums to 1 over each hamlet that has points.
    x_m, y_m : ndarray of float64
    warnings : tuple of Problem
        Hamlets where the raster has nobody.
    """

    village: NDArray[np.int64]
    number: NDArray[np.int64]
    share: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    warnings: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.village)


def area_points(layers: Layers, spacing_m: float) -> AreaPoints:
    """Return the points at which people live in hamlets that are polygons and have no residential clusters.

    The run's plane is cut into squares of `spacing_m`, their corners at its multiples, so that the points do
    not depend on which hamlets there are.

    - Without a population raster: the centre of each square that lies inside the hamlet, on land where there
      is a height; every point has the same share of the people.
    - With one: each pixel whose centre lies inside the hamlet belongs to its square; the point of a square
      lies at the mean of its pixels, weighted with their people, and has their part of the hamlet's people
      (the hamlet's own number of people stays). A hamlet where the raster has nobody is taken as without
      raster, with a warning.

    A hamlet so small that no point falls into it has none: its people live at its centre. Borders belong to
    no hamlet.

    Parameters
    ----------
    layers : Layers
    spacing_m : float
        > 0.
    """
    villages = layers.villages
    with_clusters = villages["village_id"].isin(layers.clusters["village_id"])
    chosen = np.flatnonzero(villages.geometry.geom_type.isin(_AREAS) & ~with_clusters)
    areas = np.asarray(villages.geometry)[chosen]
    parts = [np.zeros((0, 4))]
    warnings = []
    tree, pixels = None, layers.population
    if pixels is not None and len(chosen):
        tree = shapely.STRtree(list(gpd.points_from_xy(pixels.x_m, pixels.y_m)))
    for index, area in zip(chosen.tolist(), areas, strict=True):
        found = np.zeros((0, 3))
        if tree is not None and pixels is not None:
            inside = np.sort(tree.query(area, predicate="contains_properly"))
            found = _by_people(pixels.x_m[inside], pixels.y_m[inside], pixels.people[inside], spacing_m)
            if not len(found):
                warnings.append(_nobody(pixels.written, villages, index))
        if not len(found):
            found = _evenly(area, layers, spacing_m)
        parts.append(np.column_stack([np.full(len(found), index), found]))
    table = np.concatenate(parts)
    village = table[:, 0].astype(np.int64)
    first = np.searchsorted(village, village)
    number = np.arange(len(village)) - first + 1
    return AreaPoints(village, number, table[:, 3], table[:, 1], table[:, 2], tuple(warnings))


def _evenly(area: shapely.Geometry, layers: Layers, spacing_m: float) -> NDArray[np.float64]:
    """Rows of x, y, share: the middles of the squares inside."""
    west, south, east, north = shapely.bounds(area)
    column = np.arange(np.floor(west / spacing_m), np.ceil(east / spacing_m))
    row = np.arange(np.floor(south / spacing_m), np.ceil(north / spacing_m))
    y, x = (values.reshape(-1) for values in np.meshgrid(row, column, indexing="ij"))
    x, y = (x + 0.5) * spacing_m, (y + 0.5) * spacing_m
    shapely.prepare(area)
    inside = shapely.contains_xy(area, x, y) & layers.grid.contains(x, y)
    x, y = x[inside], y[inside]
    pixel = layers.grid.row_column(x, y)
    usable = (layers.land[pixel] == 1) & ~np.isnan(layers.terrain_m[pixel])
    x, y = x[usable], y[usable]
    return np.column_stack([x, y, np.full(len(x), 1.0 / max(len(x), 1))])


def _by_people(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], people: NDArray[np.float64], spacing_m: float
) -> NDArray[np.float64]:
    """Rows of x, y, share: the people of each square at their middle."""
    square = np.column_stack([np.floor(y_m / spacing_m), np.floor(x_m / spacing_m)])
    known, of = np.unique(square, axis=0, return_inverse=True)
    of, size = of.reshape(-1), len(known)
    total = np.bincount(of, weights=people, minlength=size)
    x = np.bincount(of, weights=people * x_m, minlength=size) / total
    y = np.bincount(of, weights=people * y_m, minlength=size) / total
    return np.column_stack([x, y, total / people.sum()])


def _nobody(written: str, villages: gpd.GeoDataFrame, index: int) -> Problem:
    name = f"{villages['village_id'].iloc[index]} {villages['name'].iloc[index]}"
    expected = "people inside the area of each hamlet"
    mend = "its people are spread evenly over its area; check the raster, or the area"
    return Problem(written, expected, mend, value=name, severity="warning")
