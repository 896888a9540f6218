"""Where written coordinates lie: VN-2000 zones, swapped axes, the area of the project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from ..errors import Problem
from .problems import ProblemList

__all__ = [
    "VN2000_ZONES",
    "WGS84",
    "Area",
    "Written",
    "crs_name",
    "parse_crs",
    "placement_problems",
    "to_crs",
    "transform_points",
    "zones_that_fit",
]

WGS84 = "EPSG:4326"
VN2000_ZONES = tuple(f"EPSG:{code}" for code in (*range(5896, 5900), *range(9205, 9219), 3405, 3406))
"""VN-2000 in TM-3 zones (5896 to 5899 and 9205 to 9218) and UTM zones 48N and 49N."""

_NATIONAL_ZONES = frozenset({"EPSG:5896", "EPSG:5897", "EPSG:5898", "EPSG:3405", "EPSG:3406"})
_Points = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """Where the project's points must lie, in WGS 84 degrees, and who says so."""

    west: float
    south: float
    east: float
    north: float
    source: str

    def holds(self, lon: _Points, lat: _Points) -> NDArray[np.bool_]:
        """Tell which points lie inside; NaN does not."""
        return (lon >= self.west) & (lon <= self.east) & (lat >= self.south) & (lat <= self.north)

    def __str__(self) -> str:
        return (
            f"{self.west:.2f} to {self.east:.2f}° E, {self.south:.2f} to {self.north:.2f}° N ({self.source})"
        )


@dataclass(frozen=True)
class Written:
    """Positions as a file gives them.

    Attributes
    ----------
    x, y : ndarray of float64
        In the axis order x east, y north of `crs`; NaN where unreadable.
    crs : str
    columns : tuple of str
        Headers of x and y; empty for the geometry of a GIS file.
    geometry : ndarray of shapely geometries or None
        The whole geometry, where it is more than a point.
    """

    x: _Points
    y: _Points
    crs: str
    columns: tuple[str, str] | tuple[()] = ()
    geometry: NDArray[Any] | None = None

    @property
    def in_degrees(self) -> bool:
        """Longitude and latitude, not metres."""
        return parse_crs(self.crs).is_geographic


@lru_cache(maxsize=256)
def parse_crs(text: str) -> CRS:
    """Return the CRS.

    Raises
    ------
    ValueError
        PROJ does not know it.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise ValueError(f"unknown CRS {text!r}") from error


def crs_name(text: str) -> str:
    """Return code and name: ``EPSG:5899 (VN-2000 / TM-3 107-45)``."""
    crs = parse_crs(text)
    code = crs.to_authority()
    return f"{':'.join(code)} ({crs.name})" if code else crs.name


@lru_cache(maxsize=256)
def _transformer(source: str, target: str) -> Transformer:
    # a ballpark operation would read VN-2000 as WGS 84, 224 m off: refused
    return Transformer.from_crs(parse_crs(source), parse_crs(target), always_xy=True, allow_ballpark=False)


def transform_points(x: _Points, y: _Points, source: str, target: str) -> tuple[_Points, _Points]:
    """Turn points from one CRS into another; NaN and points out of its reach become NaN.

    Raises
    ------
    ValueError
        PROJ knows no transformation with a datum shift between the two.
    """
    try:
        out_x, out_y = _transformer(source, target).transform(x, y)
    except ProjError as error:
        raise ValueError(f"no transformation from {source} to {target}") from error
    out_x, out_y = np.asarray(out_x, np.float64), np.asarray(out_y, np.float64)
    bad = ~(np.isfinite(out_x) & np.isfinite(out_y))
    return np.where(bad, np.nan, out_x), np.where(bad, np.nan, out_y)


def to_crs(written: Written, target: str) -> NDArray[Any]:
    """Return the geometries in another CRS; None where the position is unreadable."""
    if written.geometry is None:
        x, y = transform_points(written.x, written.y, written.crs, target)
        points = np.full(len(x), None, dtype=object)
        good = np.isfinite(x) & np.isfinite(y)
        points[good] = shapely.points(x[good], y[good])
        return points

    def turn(xy: _Points) -> _Points:
        return np.column_stack(transform_points(xy[:, 0], xy[:, 1], written.crs, target))

    return np.asarray(shapely.transform(shapely.force_2d(written.geometry), turn), dtype=object)


def placement_problems(
    written: Written, rows: list[int], area: Area, file: str, sheet: str | None, problems: ProblemList
) -> None:
    """Report positions out of the area that a swap or another zone explains, or a layer wholly outside.

    Single rows outside that nothing explains are left to the caller: a list may reach beyond the area.

    Parameters
    ----------
    written : Written
    rows : list of int
        Spreadsheet row of each position.
    area : Area
    file, sheet : str
        For the messages.
    problems : ProblemList
        Takes what is wrong.
    """
    known = np.isfinite(written.x) & np.isfinite(written.y)
    total = int(known.sum())
    if total == 0:
        return
    inside = _inside(written.x, written.y, written.crs, area)
    swapped = _inside(written.y, written.x, written.crs, area) & ~inside
    outside = total - int(inside.sum())
    column = ", ".join(written.columns) or None

    def report(row: int | None, value: str | None, mend: str) -> None:
        problems.add(Problem(file, f"a position in {area}", mend, row, column, value, sheet))

    if outside * 2 <= total:
        _warn_of_foreign_zone(written, area, file, sheet, problems)
        for index in np.flatnonzero(swapped):
            report(
                rows[index], f"{written.x[index]:.10g}, {written.y[index]:.10g}", _swap_mend(written, "row")
            )
        return
    if int(swapped.sum()) * 2 > total:
        report(None, f"{int(swapped.sum())} of {total} rows swapped", _swap_mend(written, "file"))
        return
    found = f"{outside} of {total} rows outside"
    fits = [] if written.in_degrees else zones_that_fit(written.x, written.y, area)
    fits = [fit for fit in fits if fit[1] > total - outside]
    if fits:
        report(None, f"{found} when read as {crs_name(written.crs)}", _zone_mend(written, fits, total))
    elif outside == total:
        mend = "check crs of the layer and [area] bounds, or name another file"
        report(None, f"{found} when read as {crs_name(written.crs)}", mend)


def _inside(x: _Points, y: _Points, crs: str, area: Area) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return area.holds(*transform_points(x, y, crs, WGS84))


def _warn_of_foreign_zone(
    written: Written, area: Area, file: str, sheet: str | None, problems: ProblemList
) -> None:
    # a neighbour's zone moves points by a quarter of a degree or so: they may all stay inside the area
    code = parse_crs(written.crs).to_authority()
    zone = ":".join(code) if code else ""
    if zone not in VN2000_ZONES or _meant_for(zone, area) >= 0.5:
        return
    use = parse_crs(zone).area_of_use
    expected = f"a VN-2000 zone that is made for {area}"
    mend = f"{crs_name(zone)} is made for {use.name if use else 'elsewhere'} check crs of the layer"
    place = (None, ", ".join(written.columns) or None, zone, sheet, "warning")
    problems.add(Problem(file, expected, mend, *place))


def _zone_mend(written: Written, fits: list[tuple[str, int, bool]], total: int) -> str:
    zone, count, turned = fits[0]
    mend = f'crs = "{zone}" in phusong.toml ({parse_crs(zone).name}) puts {count} of {total} rows there'
    others = [other for other, fitting, _ in fits[1:] if fitting == count]
    if others:
        mend += f"; so do {', '.join(others)}: take the zone that the list was made in"
    return f"{mend}; besides, {_swap_mend(written, 'file')}" if turned else mend


def _swap_mend(written: Written, what: str) -> str:
    if not written.columns:
        return "the axes are swapped: export the layer with x east and y north"
    if written.in_degrees:
        return "longitude and latitude are swapped: exchange " + (
            "the two values of this row" if what == "row" else "the two headers"
        )
    x_name, y_name = written.columns
    if what == "row":
        return "easting and northing are swapped: exchange the two values of this row"
    return (
        f"{x_name!r} holds the northing, as X does in Vietnamese lists: rename {x_name!r} to northing "
        f"and {y_name!r} to easting"
    )


def zones_that_fit(x: _Points, y: _Points, area: Area) -> list[tuple[str, int, bool]]:
    """Return the VN-2000 zones that put more than half of the points into the area, the likeliest first.

    Zones of neighbouring provinces lie a quarter of a degree apart: several may fit. A provincial zone that
    is meant for the area goes before the others.

    Parameters
    ----------
    x, y : ndarray of float64
        Metres; NaN is left out of account.
    area : Area

    Returns
    -------
    list of (str, int, bool)
        Zone, points inside, and whether x and y must be exchanged for it.
    """
    total = int((np.isfinite(x) & np.isfinite(y)).sum())
    found = []
    for zone in VN2000_ZONES:
        for turned in (False, True):
            count = int(_inside(y if turned else x, x if turned else y, zone, area).sum())
            if count * 2 > total:
                found.append((-count, zone in _NATIONAL_ZONES, -_meant_for(zone, area), zone, turned))
    return [(zone, -count, turned) for count, _, _, zone, turned in sorted(found)]


def _meant_for(zone: str, area: Area) -> float:
    """Share of the area (in square degrees) in the zone's area of use, as EPSG states it."""
    use = parse_crs(zone).area_of_use
    if use is None:
        return 0.0
    width = min(use.east, area.east) - max(use.west, area.west)
    height = min(use.north, area.north) - max(use.south, area.south)
    whole = (area.east - area.west) * (area.north - area.south)
    return max(width, 0.0) * max(height, 0.0) / whole
