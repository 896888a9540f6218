"""The real facts that the sample is built around: communes, coast, summits, ridges, names."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

__all__ = [
    "CRS",
    "RESOLUTION_M",
    "TOTAL_PEOPLE",
    "Polyline",
    "coast",
    "land",
    "lonlat",
    "outline",
    "polylines",
    "project_xy",
    "rows",
]

CRS = "EPSG:32648"
RESOLUTION_M = 90.0
# 1,767,462 mobile subscriptions are 128.5 per 100 people (the province's own statement).
TOTAL_PEOPLE = 1_375_000


@dataclass(frozen=True)
class Polyline:
    """A ridge or a valley: a line with a height and a width at each of its points.

    Attributes
    ----------
    name : str
    xy_m : ndarray of float64, (points, 2)
        In `CRS`.
    height_m : ndarray of float64, (points,)
        Crest of a ridge, floor of a valley.
    half_width_m : ndarray of float64, (points,)
    """

    name: str
    xy_m: NDArray[np.float64]
    height_m: NDArray[np.float64]
    half_width_m: NDArray[np.float64]


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of the sample's facts."""
    return list(csv.DictReader(_open(name).read_text(encoding="utf-8").splitlines()))


def project_xy(lon: object, lat: object) -> NDArray[np.float64]:
    """Return WGS 84 degrees as metres of `CRS`, shape (points, 2)."""
    x, y = _to_metres().transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.column_stack([np.atleast_1d(x), np.atleast_1d(y)])


def lonlat(xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return metres of `CRS` as WGS 84 longitude and latitude, shape (points, 2)."""
    lon, lat = _to_metres().transform(xy_m[:, 0], xy_m[:, 1], direction="INVERSE")
    return np.column_stack([lon, lat])


@cache
def coast() -> shapely.Geometry:
    """Return the land (Natural Earth 10m) around the province in `CRS`."""
    rings = json.loads(_open("coast.json").read_text(encoding="utf-8"))["rings"]
    parts = [shapely.Polygon(project_xy(*np.array(ring).T)) for ring in rings]
    return shapely.union_all(shapely.make_valid(np.array(parts)))


@cache
def land() -> shapely.Geometry:
    """Return the coast's land and what lies close to a commune or a summit.

    Natural Earth leaves out peninsulas and islands of a kilometre or two; where a commune or a summit
    stands there is land all the same.
    """
    places = [*rows("old_communes.csv"), *rows("summits.csv")]
    at = shapely.points(project_xy([p["lon"] for p in places], [p["lat"] for p in places]))
    joined = shapely.union(coast(), shapely.union_all(shapely.buffer(at, 1100.0)))
    return shapely.buffer(shapely.buffer(joined, 350.0), -350.0)


@cache
def outline() -> shapely.Geometry:
    """Return the approximate outline of the province, its waters included, in `CRS`."""
    points = rows("outline.csv")
    return shapely.Polygon(project_xy([p["lon"] for p in points], [p["lat"] for p in points]))


def polylines(name: str) -> Iterator[Polyline]:
    """Yield the lines of ``ridges.csv`` or ``valleys.csv``."""
    table = rows(name)
    first, _, _, height, _ = table[0]
    for label, group in groupby(table, key=lambda row: row[first]):
        points = list(group)
        yield Polyline(
            name=label,
            xy_m=project_xy([p["lon"] for p in points], [p["lat"] for p in points]),
            height_m=np.array([float(p[height]) for p in points]),
            half_width_m=np.array([float(p["half_width_km"]) * 1000 for p in points]),
        )


@cache
def _to_metres() -> Transformer:
    return Transformer.from_crs("EPSG:4326", CRS, always_xy=True)


def _open(name: str) -> resources.abc.Traversable:
    return resources.files(__package__).joinpath("data", name)
