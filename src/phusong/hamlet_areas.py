"""Demand points of hamlets that are areas, or where a raster has the people around those that are points."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .errors import Problem
from .gis_data.layers import Layers
from .gis_data.population import PopulationPixels

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


def area_points(layers: Layers, spacing_m: float, *, around_m: float = 0.0) -> AreaPoints:
    """Return the points at which people live in hamlets that are polygons and have no residential clusters.

    The run's plane is cut into squares of `spacing_m`, their corners at its multiples, so that the points do
    not depend on which hamlets there are.

    - Without a population raster: the centre of each square that lies inside the hamlet, on land where there
      is a height; every point has the same share of the people.
    - With one: each pixel whose centre lies inside the hamlet belongs to its square; the point of a square
      lies at the mean of its pixels, weighted with their people, and has their part of the hamlet's people
      (the hamlet's own number of people stays). A hamlet where the raster has nobody is taken as without
      raster, with a warning.

    With `around_m`, hamlets that are points and have no clusters get points in the same way, from the pixels
    that lie within `around_m` of them and nearer to them than to any other hamlet; pixels inside a hamlet
    that is an area are its own. Where nobody lives around such a hamlet, its people stay at its point, with a
    warning.

    A hamlet so small that no point falls into it has none: its people live at its centre. Borders belong to
    no hamlet.

    Parameters
    ----------
    layers : Layers
    spacing_m : float
        > 0.
    around_m : float
        0: the people of hamlets that are points live at their points. Needs a population raster.
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
    around = _pixels_around(layers, with_clusters.to_numpy(), around_m)
    for index, own in around.items():
        assert pixels is not None  # else nobody lives around any
        found = _by_people(pixels.x_m[own], pixels.y_m[own], pixels.people[own], spacing_m)
        if not len(found):
            warnings.append(_nobody_around(pixels.written, villages, index, around_m))
        parts.append(np.column_stack([np.full(len(found), index), found]))
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
    table = table[np.argsort(table[:, 0], kind="stable")]
    village = table[:, 0].astype(np.int64)
    first = np.searchsorted(village, village)
    number = np.arange(len(village)) - first + 1
    return AreaPoints(village, number, table[:, 3], table[:, 1], table[:, 2], tuple(warnings))


def _pixels_around(
    layers: Layers, with_clusters: NDArray[np.bool_], around_m: float
) -> dict[int, NDArray[np.int64]]:
    """Inhabited pixels of each hamlet that is a point without clusters, by its index."""
    villages, pixels = layers.villages, layers.population
    is_area = np.asarray(villages.geometry.geom_type.isin(_AREAS))
    chosen = np.flatnonzero(~is_area & ~with_clusters)
    if pixels is None or around_m <= 0.0 or not len(chosen):
        return {}
    centre = villages.geometry.representative_point()
    places = np.column_stack([centre.x.to_numpy(), centre.y.to_numpy()])
    bound = float(np.nextafter(around_m, np.inf))
    found = cKDTree(places).query(np.column_stack([pixels.x_m, pixels.y_m]), distance_upper_bound=bound)
    away, nearest = np.asarray(found[0]), np.asarray(found[1])
    free = np.isfinite(away) & ~_inside_areas(layers, is_area, pixels)
    own = np.flatnonzero(free)
    own = own[np.argsort(nearest[own], kind="stable")]
    first, last = (np.searchsorted(nearest[own], chosen, side=side) for side in ("left", "right"))
    return {int(v): own[i:j] for v, i, j in zip(chosen, first, last, strict=True)}


def _inside_areas(layers: Layers, is_area: NDArray[np.bool_], pixels: PopulationPixels) -> NDArray[np.bool_]:
    """Tell which pixels lie inside a hamlet that is an area."""
    inside = np.zeros(len(pixels), dtype=bool)
    areas = np.asarray(layers.villages.geometry)[is_area]
    if len(areas):
        tree = shapely.STRtree(list(gpd.points_from_xy(pixels.x_m, pixels.y_m)))
        inside[tree.query(areas, predicate="contains_properly")[1]] = True
    return inside


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
    """Rows of x, y, share: the people of each square at their middle; none without people."""
    if not len(people):
        return np.zeros((0, 3))
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


def _nobody_around(written: str, villages: gpd.GeoDataFrame, index: int, around_m: float) -> Problem:
    name = f"{villages['village_id'].iloc[index]} {villages['name'].iloc[index]}"
    expected = f"people within {around_m:g} m of each hamlet that is a point"
    mend = "its people are taken to live at its point; check its position, or [area] hamlet_reach_m"
    return Problem(written, expected, mend, value=name, severity="warning")
