"""Hamlets, clusters and masts that lie where they cannot be: one wrong digit moves a place by kilometres.

What lies a little outside (a simplified border or coast, a mast across the border) is warned of or let pass;
what lies far from its own commune, from the province, from its hamlet or from the terrain is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..errors import Problem
from .headers import fold
from .placing import WGS84, Area, transform_points
from .problems import ProblemList
from .tables import CheckedTable

__all__ = ["check_far_positions"]

_OWN_COMMUNE_KM, _DOUBTFUL_KM = 10.0, 7.0
_PROVINCE_KM = {"villages": 10.0, "clusters": 10.0, "masts": 30.0}
"""Masts of neighbours serve across the border."""
_HAMLET_KM = 10.0
_TERRAIN_KM = 3.0
_KM_PER_DEGREE = 111.2
_KIND = re.compile(r"^(đặc khu|thị trấn|thị xã|phường|xã|đk\.?|tt\.?|p\.|x\.)\s+")
_TITLES = (("lon", "lat"), ("easting", "northing"), ("x", "y"), ("position",), ("position_lon_first",))
_MEND = "mend the longitude or latitude: one wrong digit moves a place so far"

_Km = NDArray[np.float64]


@dataclass(frozen=True)
class _Place:
    """The points of one table, in the run's CRS and in degrees."""

    table: CheckedTable
    points: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def said(self, row: int) -> str:
        return f"{self.lon[row]:.5f}, {self.lat[row]:.5f}"


@dataclass(frozen=True)
class _Communes:
    """The communes that are drawn as areas: by folded name, and all of them."""

    by_name: Mapping[str, list[shapely.Geometry]]
    together: shapely.Geometry


def check_far_positions(
    tables: Mapping[str, CheckedTable],
    crs: str,
    terrain: Area | None,
    stated: Area | None,
    problems: ProblemList,
) -> dict[str, NDArray[np.bool_]]:
    """Report positions that cannot be right; one problem a row.

    An error is: more than 10 km from the area of the commune that the row names (itself, or through the
    crosswalk); where it names none that is drawn, more than 10 km (a mast: 30 km) from all communes; a
    cluster more than 10 km from its hamlet; more than 3 km outside the terrain, unless it is outside
    ``[area] bounds`` and so left out. 7 to 10 km from its own commune is a warning.

    Parameters
    ----------
    tables : mapping
        The tables that were read.
    crs : str
        Of their geometry, in metres.
    terrain : Area or None
        Extent of the terrain raster.
    stated : Area or None
        ``[area] bounds``.
    problems : ProblemList
        Takes what is wrong.

    Returns
    -------
    dict of table name to ndarray of bool
        Rows with an error.
    """
    communes = _communes(tables)
    wrong: dict[str, NDArray[np.bool_]] = {}
    for name in ("villages", "clusters", "masts"):
        if name not in tables or not len(tables[name].frame):
            continue
        place = _place(tables[name], crs)
        bad = np.zeros(len(place.points), dtype=bool)
        named, own_km, commune_km = _from_communes(place, tables, communes)
        _report(place, bad, own_km > _OWN_COMMUNE_KM, own_km, named, problems)
        _report(place, bad, commune_km > _PROVINCE_KM[name], commune_km, "the communes", problems)
        if name == "clusters" and "villages" in tables:
            hamlet_km = _from_hamlet(place, tables["villages"])
            _report(place, bad, hamlet_km > _HAMLET_KM, hamlet_km, "its hamlet", problems)
        outside_km = _outside_km(place, terrain)
        left_out = np.zeros(len(bad), bool) if stated is None else ~stated.holds(place.lon, place.lat)
        off = (outside_km > _TERRAIN_KM) & ~left_out
        if 2 * off.sum() <= len(off):  # else it is the raster that lies elsewhere
            _report(place, bad, off, outside_km, "the terrain raster", problems)
        doubtful = (own_km > _DOUBTFUL_KM) & ~bad
        _report(place, bad.copy(), doubtful, own_km, named, problems, severity="warning")
        wrong[name] = bad
    return wrong


def _place(table: CheckedTable, crs: str) -> _Place:
    known = table.frame.geometry.notna().to_numpy()
    points = np.full(len(table.frame), None, dtype=object)
    points[known] = _points_on(table.frame.geometry.to_numpy()[known])
    x, y = shapely.get_x(points), shapely.get_y(points)
    return _Place(table, points, *transform_points(x, y, crs, WGS84))


def _points_on(shapes: NDArray[Any]) -> NDArray[Any]:
    """A point on each shape: of a point itself."""
    points = np.array(shapes, dtype=object)
    others = (shapely.get_type_id(points) != shapely.GeometryType.POINT) | shapely.is_empty(points)
    points[others] = shapely.point_on_surface(points[others])
    return points


def _communes(tables: Mapping[str, CheckedTable]) -> _Communes | None:
    """The communes' areas; None where there are none, or where they do not hold most of the hamlets."""
    if "communes" not in tables or "villages" not in tables:
        return None
    frame = tables["communes"].frame
    shapes = frame.geometry.to_numpy()
    area = np.isin(shapely.get_type_id(shapes), (3, 6))  # polygon, multi-polygon
    if not area.any():
        return None
    by_name: dict[str, list[shapely.Geometry]] = {}
    for commune, shape in zip(frame["name"].astype(str)[area], shapes[area], strict=True):
        by_name.setdefault(_key(commune), []).append(shape)
    together = shapely.union_all(shapes[area])
    shapely.prepare(together)
    hamlets = tables["villages"].frame.geometry
    points = _points_on(hamlets[hamlets.notna()].to_numpy())
    inside = shapely.intersects(together, points)
    return _Communes(by_name, together) if 2 * inside.sum() > len(inside) else None


def _key(name: str) -> str:
    """A commune's name without its kind and diacritics: loose, so that spelling is no reason for an error."""
    return fold(_KIND.sub("", name.casefold().strip()))


def _from_communes(
    place: _Place, tables: Mapping[str, CheckedTable], communes: _Communes | None
) -> tuple[list[str], _Km, _Km]:
    """Name of and distance from the own commune; distance from all where none is known. NaN: not asked."""
    n = len(place.points)
    named, own_km, all_km = [""] * n, np.full(n, np.nan), np.full(n, np.nan)
    if communes is None:
        return named, own_km, all_km
    frame = place.table.frame
    stated = frame["commune"] if "commune" in frame else pd.Series([None] * n)
    today = _today(tables)
    inside = shapely.intersects(communes.together, place.points)  # prepared: a distance takes far longer
    rows_of: dict[object, list[int]] = {}
    for row, (name, point) in enumerate(zip(stated, place.points, strict=True)):
        if point is not None:
            rows_of.setdefault(name if isinstance(name, str) else "", []).append(row)
    for name, rows in rows_of.items():
        key = _key(str(name).partition(",")[0])
        shapes = [s for k in {key, *today.get(key, ())} for s in communes.by_name.get(k, ())]
        if key and shapes:
            for row in rows:
                named[row] = f"its commune {name}"
            own_km[rows] = np.min([_away_m(shape, place.points[rows]) for shape in shapes], axis=0) / 1000.0
        else:
            outside = [row for row in rows if not inside[row]]
            all_km[rows] = 0.0
            all_km[outside] = shapely.distance(communes.together, place.points[outside]) / 1000.0
    return named, own_km, all_km


def _away_m(shape: shapely.Geometry, points: NDArray[Any]) -> NDArray[np.float64]:
    """Distances of points from a shape; nearly all lie in it, which is told much sooner."""
    away = np.zeros(len(points))
    shapely.prepare(shape)
    outside = ~shapely.intersects(shape, points)
    away[outside] = shapely.distance(shape, points[outside])
    return away


def _today(tables: Mapping[str, CheckedTable]) -> dict[str, set[str]]:
    """Communes since 1 July 2025 by those before, as keys."""
    found: dict[str, set[str]] = {}
    if "commune_crosswalk" in tables:
        frame = tables["commune_crosswalk"].frame
        for old, new in zip(frame["old_commune"], frame["commune"], strict=True):
            if isinstance(old, str) and isinstance(new, str):
                found.setdefault(_key(old), set()).add(_key(new))
    return found


def _from_hamlet(place: _Place, villages: CheckedTable) -> _Km:
    shapes = villages.frame.geometry
    by_id = dict(zip(villages.frame["village_id"], shapes, strict=True))
    own = np.array([by_id.get(key) for key in place.table.frame["village_id"]], dtype=object)
    return np.asarray(shapely.distance(own, place.points), dtype=np.float64) / 1000.0


def _outside_km(place: _Place, area: Area | None) -> _Km:
    if area is None:
        return np.full(len(place.points), np.nan)
    east = np.maximum(np.maximum(area.west - place.lon, place.lon - area.east), 0.0)
    north = np.maximum(np.maximum(area.south - place.lat, place.lat - area.north), 0.0)
    return np.asarray(_KM_PER_DEGREE * np.hypot(east * np.cos(np.radians(place.lat)), north))


def _report(
    place: _Place,
    bad: NDArray[np.bool_],
    where: NDArray[np.bool_],
    away_km: _Km,
    what: str | list[str],
    problems: ProblemList,
    severity: str = "error",
) -> None:
    """Report the rows that have no error yet, and mark them."""
    table = place.table
    titles = next((t for t in _TITLES if set(t) <= set(table.titles)), ())
    column = ", ".join(table.titles[name] for name in titles) or None
    most = {"error": "", "warning": "; taken as it stands"}[severity]
    index = np.flatnonzero(where & ~bad)
    for row in index[np.argsort(table.rows[index], kind="stable")].tolist():
        target = what if isinstance(what, str) else what[row]
        value = f"{place.said(row)}: {away_km[row]:.0f} km away"
        expected = f"a position in or near {target}"
        where_it_is = (int(table.rows[row]), column, value, table.sheet)
        problems.add(Problem(table.file, expected, f"{_MEND}{most}", *where_it_is, severity=severity))
    bad |= where
