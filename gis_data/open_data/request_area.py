"""The area that open data are fetched for: four numbers that are checked, a CRS, a grid."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import pyproj

from ...errors import InputError, Problem
from ..grid import Grid, grid_over
from ..placing import WGS84

__all__ = ["Bounds", "FetchArea", "fetch_area", "ground_grid", "parse_bbox", "utm_crs"]

Bounds = tuple[float, float, float, float]
"""West, south, east, north in WGS 84 degrees."""

LARGEST_PIXELS = 100_000_000
"""Of the rasters that are made: about 90,000 km², 3 GB of memory."""
GROUND_RESOLUTION_M = 30.0
"""Edge of a pixel of terrain, land and clutter: one second of arc, the spacing of GLO-30."""
_BEYOND_M = 2500.0
"""Rasters reach so far beyond the area: the grid of a run, of up to 1000 m a pixel, is rounded outwards."""
_LEAST_DEG = 0.01
_LARGEST_DEG = 12.0  # UTM of the middle is used: farther out its scale is off by more than half a percent
_OPTION = "--bbox"
_EXAMPLE = "write west,south,east,north in degrees, e.g. --bbox 106.4,20.7,108.1,21.7"


@dataclass(frozen=True)
class FetchArea:
    """What data are fetched for.

    Attributes
    ----------
    name : str
        For people.
    bounds : Bounds
    countries : tuple of str
        ISO 3166-1 alpha-2, upper case; empty: not known.
    outline : shapely geometry or None
        Boundary of a province in degrees; None: the whole box is meant.
    """

    name: str
    bounds: Bounds
    countries: tuple[str, ...] = ()
    outline: Any = None


def parse_bbox(text: str) -> Bounds:
    """Return the bounds that a person wrote.

    Raises
    ------
    InputError
        Not four numbers, out of range, swapped, across the antimeridian, empty or too large.
    """
    parts = [part for part in re.split(r"[,;\s]+", text.strip().strip("[]()")) if part]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
        raise InputError([Problem(_OPTION, "four numbers", _EXAMPLE, value=text)])
    west, south, east, north = numbers
    bounds = (west, south, east, north)
    _check_order(bounds, text)
    return check_size(bounds, text)


def _check_order(bounds: Bounds, text: str) -> None:
    west, south, east, north = bounds
    in_range = all(-180 <= lon <= 180 for lon in (west, east)) and all(
        -90 <= lat <= 90 for lat in (south, north)
    )
    if in_range and west < east and south < north:
        return
    expected = "longitudes of -180 to 180 and latitudes of -90 to 90, west < east and south < north"
    swapped = (south, west, north, east)
    mend = _EXAMPLE
    if abs(south) > 90 or abs(north) > 90:
        shown = ",".join(f"{number:g}" for number in swapped)
        mend = f"latitude and longitude are swapped? --bbox {shown}"
    elif in_range and west > east and south > north:
        mend = f"the corners are exchanged? --bbox {east:g},{north:g},{west:g},{south:g}"
    elif in_range and west > east:
        mend = "west and east are exchanged; an area across 180° is fetched in two halves"
    raise InputError([Problem(_OPTION, expected, mend, value=text)])


def check_size(bounds: Bounds, shown: str) -> Bounds:
    """Return bounds that are neither empty nor too large.

    Raises
    ------
    InputError
        Less than 0.01° or more than 12° on a side, or beyond the poles' tiles.
    """
    west, south, east, north = bounds
    sides = (east - west, north - south)
    if min(sides) < _LEAST_DEG:
        expected = f"an area of at least {_LEAST_DEG:g}° on each side"
        raise InputError([Problem(_OPTION, expected, "make it larger", value=shown)])
    if south < -80 or north > 84:
        mend = "choose an area between 80° S and 84° N"
        raise InputError([Problem(_OPTION, "an area that UTM covers", mend, value=shown)])
    pixels = _width_m(bounds) * _height_m(bounds) / GROUND_RESOLUTION_M**2
    if max(sides) > _LARGEST_DEG or pixels > LARGEST_PIXELS:
        found = f"{shown}: {sides[0]:.1f}° by {sides[1]:.1f}°, {pixels / 1e6:,.0f} million pixels"
        expected = (
            f"at most {_LARGEST_DEG:g}° on a side and {LARGEST_PIXELS / 1e6:.0f} million pixels of 30 m"
        )
        raise InputError([Problem(_OPTION, expected, "fetch it province by province", value=found)])
    return bounds


def _width_m(bounds: Bounds) -> float:
    nearest = 0.0 if bounds[1] <= 0 <= bounds[3] else min(abs(bounds[1]), abs(bounds[3]))
    return (bounds[2] - bounds[0]) * 111_320.0 * math.cos(math.radians(nearest))


def _height_m(bounds: Bounds) -> float:
    return (bounds[3] - bounds[1]) * 110_950.0


def utm_crs(bounds: Bounds) -> str:
    """Return the UTM zone (WGS 84) of the middle of an area, for example ``EPSG:32648``."""
    zone = min(60, int(((bounds[0] + bounds[2]) / 2 + 180) // 6) + 1)
    return f"EPSG:{(32600 if (bounds[1] + bounds[3]) / 2 >= 0 else 32700) + zone}"


def ground_grid(bounds: Bounds, crs: str) -> Grid:
    """Return the grid of terrain, land and clutter: the area in a metric CRS, and some more around it.

    Raises
    ------
    InputError
        The CRS does not reach the area.
    """
    to_grid = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
    box = to_grid.transform_bounds(*bounds, densify_pts=41)
    if not all(math.isfinite(edge) for edge in box):
        mend = "take a CRS whose zone holds the area"
        raise InputError(
            [Problem("phusong.toml", "a CRS that reaches the area", mend, column="area.crs", value=crs)]
        )
    west, south, east, north = box
    wide = (west - _BEYOND_M, south - _BEYOND_M, east + _BEYOND_M, north + _BEYOND_M)
    return grid_over(wide, crs, GROUND_RESOLUTION_M)


def degrees_of(grid: Grid) -> Bounds:
    """Return the bounds of a grid in degrees."""
    to_degrees = pyproj.Transformer.from_crs(grid.crs, WGS84, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*grid.bounds, densify_pts=41)
    return west, south, east, north


def fetch_area(name: str, bounds: Bounds, countries: tuple[str, ...] = (), outline: Any = None) -> FetchArea:
    """Return an area whose bounds were checked.

    Raises
    ------
    InputError
        Too large or empty.
    """
    return FetchArea(name, check_size(bounds, name), countries, outline)
