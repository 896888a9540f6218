"""The position columns, or the geometry, of a table: found and turned into numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..errors import Problem
from .coordinates import SWAPPED, as_angle, as_pair
from .headers import HeaderMatch
from .placing import WGS84, Area, Written, crs_name, parse_crs, zones_that_fit
from .problems import ProblemList
from .schema import Table
from .table_files import LayerSourceLike, RawTable
from .values import BadValueError, as_number, is_empty, shown

__all__ = ["read_positions"]

_ACCEPTED = {
    "point": ("Point", "MultiPoint"),
    "point or area": ("Point", "MultiPoint", "Polygon", "MultiPolygon"),
    "area": ("Polygon", "MultiPolygon"),
}


def read_positions(
    raw: RawTable,
    match: HeaderMatch,
    source: LayerSourceLike,
    table: Table,
    area: Area | None,
    marks: frozenset[str],
    problems: ProblemList,
) -> Written | None:
    """Return the positions of a table in their own CRS, or None where it has none that can be used.

    A geometry goes before lon and lat, these before easting and northing or x and y, these before a pair in
    one cell.

    Parameters
    ----------
    raw : RawTable
    match : HeaderMatch
        Of the header with the schema's columns and `coordinates.POSITION_COLUMNS`.
    source : LayerSourceLike
        Its `crs` is that of x/y columns, and goes before what a GIS file says of itself.
    table : Table
    area : Area or None
        To suggest a zone where none is given.
    marks : frozenset of str
        Decimal marks in use in the file.
    problems : ProblemList
        Takes what is wrong.
    """
    if source.crs is not None and not _is_known_crs(source.crs, source.path, problems):
        return None
    if raw.geometry is not None:
        return _from_geometry(raw, source, table, problems)
    index = match.index
    if "lon" in index and "lat" in index:
        return _from_degrees(raw, index["lon"], index["lat"], source, problems)
    for x_name, y_name in (("easting", "northing"), ("x", "y")):
        if x_name in index and y_name in index:
            return _from_metres(raw, index[x_name], index[y_name], source, area, marks, problems)
    for name in ("position", "position_lon_first"):
        if name in index:
            return _from_pairs(raw, index[name], name == "position_lon_first", problems)
    expected = "columns lon and lat, or easting and northing, or one column toạ độ, or a geometry"
    found = ", ".join(title for title in raw.header if title)
    problems.add(Problem(raw.file, expected, f"add them; the file has: {found}", sheet=raw.sheet))
    return None


def _is_known_crs(crs: str, file: str, problems: ProblemList) -> bool:
    try:
        parse_crs(crs)
    except ValueError:
        problems.add(Problem(file, "a CRS that PROJ knows", 'write it as crs = "EPSG:5899"', value=crs))
        return False
    return True


def _from_geometry(
    raw: RawTable, source: LayerSourceLike, table: Table, problems: ProblemList
) -> Written | None:
    crs = source.crs or raw.crs
    if crs is None:
        mend = 'name it in phusong.toml: crs = "EPSG:5899" (or which it is)'
        problems.add(Problem(raw.file, "a file that names its CRS", mend, sheet=raw.sheet))
        return None
    if (
        source.crs
        and raw.crs
        and not parse_crs(source.crs).equals(parse_crs(raw.crs), ignore_axis_order=True)
    ):
        expected = f"the CRS that the file itself names, {crs_name(raw.crs)}"
        mend = "phusong.toml goes before the file; delete crs there if the file is right"
        problems.add(Problem(raw.file, expected, mend, value=source.crs, sheet=raw.sheet, severity="warning"))
    assert raw.geometry is not None
    geometry = _single_points(raw.geometry)
    accepted = _ACCEPTED[table.geometry]
    for number, shape in enumerate(geometry):
        kind = None if shape is None or shape.is_empty else shape.geom_type
        if kind not in accepted:
            mend = "draw it again, or delete the row" if kind is None else "use the centre as a point"
            expected = f"a {table.geometry}"
            problems.add(
                Problem(raw.file, expected, mend, raw.rows[number], None, kind or "nothing", raw.sheet)
            )
            geometry[number] = None
        elif kind in ("Polygon", "MultiPolygon") and not shape.is_valid:
            reason = shown(shapely.is_valid_reason(shape))
            mend = "its outline was made valid for this run; mend it in the file"
            expected = "an outline that does not cross itself"
            problems.add(
                Problem(raw.file, expected, mend, raw.rows[number], None, reason, raw.sheet, "warning")
            )
            geometry[number] = shapely.make_valid(shape, method="structure")
    inner = shapely.point_on_surface(geometry)
    return Written(shapely.get_x(inner), shapely.get_y(inner), crs, geometry=geometry)


def _single_points(geometry: NDArray[Any]) -> NDArray[Any]:
    """A copy in which a multi-point of one point is that point."""
    out = geometry.copy()
    for number, shape in enumerate(out):
        if shape is not None and shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
            out[number] = shape.geoms[0]
    return out


def _from_degrees(
    raw: RawTable, lon: int, lat: int, source: LayerSourceLike, problems: ProblemList
) -> Written | None:
    crs = source.crs or WGS84
    if not parse_crs(crs).is_geographic:
        names = f"{raw.header[lon]}, {raw.header[lat]}"
        mend = "delete crs if these are degrees; name the columns easting and northing if they are metres"
        problems.add(Problem(raw.file, "a CRS in degrees for lon and lat", mend, None, names, crs, raw.sheet))
        return None
    found = ProblemList(shown=len(raw.rows) + 1)
    x = _column(raw, lon, lambda value: as_angle(value, "lon"), found)
    y = _column(raw, lat, lambda value: as_angle(value, "lat"), found)
    problems.extend(_single_rows_swapped(found.listed(), len(raw.rows)))
    return Written(x, y, crs, (raw.header[lon], raw.header[lat]))


def _single_rows_swapped(found: list[Problem], rows: int) -> list[Problem]:
    """Where only few rows are swapped, the headers are right and the values are to be exchanged."""
    swapped = {problem.row for problem in found if problem.mend == SWAPPED}
    if len(swapped) * 2 > rows:
        return found
    mend = "longitude and latitude are swapped: exchange the two values of this row"
    return [replace(problem, mend=mend) if problem.mend == SWAPPED else problem for problem in found]


def _from_metres(
    raw: RawTable,
    x_at: int,
    y_at: int,
    source: LayerSourceLike,
    area: Area | None,
    marks: frozenset[str],
    problems: ProblemList,
) -> Written | None:
    x = _column(raw, x_at, lambda value: as_number(value, marks), problems)
    y = _column(raw, y_at, lambda value: as_number(value, marks), problems)
    names = (raw.header[x_at], raw.header[y_at])
    if source.crs is None:
        mend = _crs_hint(x, y, area)
        problems.add(
            Problem(raw.file, "crs of these columns", mend, column=", ".join(names), sheet=raw.sheet)
        )
        return None
    return Written(x, y, source.crs, names)


def _crs_hint(x: NDArray[np.float64], y: NDArray[np.float64], area: Area | None) -> str:
    known = np.isfinite(x) & np.isfinite(y)
    if known.any() and float(np.abs(x[known]).max()) <= 180 and float(np.abs(y[known]).max()) <= 180:
        return "these look like degrees: name the columns lon and lat"
    hint = 'name it in phusong.toml, e.g. crs = "EPSG:5899"'
    if area is None or not known.any():
        return hint
    fits = [zone for zone, _, _ in zones_that_fit(x, y, area)]
    return hint if not fits else f"{hint}; these would put most rows in the area: {', '.join(fits)}"


def _from_pairs(raw: RawTable, at: int, lon_first: bool, problems: ProblemList) -> Written:
    pairs: list[tuple[float, float]] = []

    def keep(value: Any) -> float:
        pairs.append(as_pair(value, lon_first))
        return float(len(pairs) - 1)

    which = _column(raw, at, keep, problems)
    x, y = np.full(len(which), np.nan), np.full(len(which), np.nan)
    for number, place in enumerate(which):
        if np.isfinite(place):
            x[number], y[number] = pairs[int(place)]
    return Written(x, y, WGS84, (raw.header[at], raw.header[at]))


def _column(
    raw: RawTable, at: int, convert: Callable[[Any], float], problems: ProblemList
) -> NDArray[np.float64]:
    out = np.full(len(raw.rows), np.nan)
    for number, value in enumerate(raw.columns[at]):
        try:
            if is_empty(value):
                raise BadValueError("a coordinate in every row", "fill it in, or delete the row")
            out[number] = convert(value)
        except BadValueError as error:
            found = "nothing" if is_empty(value) else shown(value)
            row, title = raw.rows[number], raw.header[at]
            problems.add(Problem(raw.file, error.expected, error.mend, row, title, found, raw.sheet))
    return out
