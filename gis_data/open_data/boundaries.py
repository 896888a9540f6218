"""Administrative boundaries of OpenStreetMap as polygons, and which level of them are the communes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import box
from shapely.ops import polygonize, unary_union

from ...errors import InputError, Problem
from ..placing import WGS84
from .overpass import Element
from .request_area import FetchArea

__all__ = ["commune_layer", "communes_of", "polygon_of"]

_HOLDS = 0.8
"""Share of the settlements (of those that any level holds) that the communes must hold."""
_TOUCH = 1e-3
"""Share of a unit that must lie in the area: neighbours touch it along the boundary."""
_KINDS = (
    ("phường", "ward"), ("ward", "ward"), ("thị trấn", "ward"),
    ("đặc khu", "special_zone"), ("xã", "commune"), ("commune", "commune"),
)  # fmt: skip
_GEOD = Geod(ellps="WGS84")


def polygon_of(element: Element) -> Any:
    """Return the area of a boundary relation; None where its ways do not close.

    Outer rings are put together from the ways of role ``outer`` (or none), inner ones are cut out.
    """
    outer = _rings(element.members, ("outer", ""))
    if outer is None or outer.is_empty:
        return None
    inner = _rings(element.members, ("inner",))
    area = outer if inner is None else outer.difference(inner)
    area = shapely.make_valid(area)
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return shapely.geometry.MultiPolygon(parts) if parts else None


def _rings(members: Iterable[Any], roles: tuple[str, ...]) -> Any:
    lines = []
    for member in members:
        if member.get("type") == "way" and member.get("role", "") in roles:
            points = [(p["lon"], p["lat"]) for p in member.get("geometry", ()) if p is not None]
            if len(points) >= 2:
                lines.append(points)
    if not lines:
        return None
    ends: dict[tuple[float, float], int] = {}
    for points in lines:
        if points[0] != points[-1]:
            for end in (points[0], points[-1]):
                ends[end] = ends.get(end, 0) + 1
    if any(count % 2 for count in ends.values()):
        return None  # a way is missing: a polygon of the others would be another area
    return unary_union(list(polygonize(shapely.union_all([shapely.LineString(p) for p in lines]))))


def communes_of(
    elements: Sequence[Element], area: FetchArea, level: int | None, settlements: NDArray[Any]
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the communes of an area and the level they have in OpenStreetMap.

    Parameters
    ----------
    elements : sequence of Element
        Boundary relations.
    area : FetchArea
    level : int or None
        ``admin_level``; None: the finest level whose units hold the settlements (countries differ, and
        Vietnam's levels changed in 2025).
    settlements : ndarray of shapely points
        In degrees. Not the area is counted: some boundaries reach far out to sea.

    Returns
    -------
    GeoDataFrame
        Columns of the layer `communes`, in degrees, by code.
    int

    Raises
    ------
    InputError
        The level that was asked for has no unit here.
    """
    place = area.outline if area.outline is not None else box(*area.bounds)
    units: dict[int, list[tuple[Element, Any]]] = {}
    for element in elements:
        found = polygon_of(element) if element.tags.get("admin_level", "").isdigit() else None
        if found is not None and found.intersection(place).area > _TOUCH * found.area:
            units.setdefault(int(element.tags["admin_level"]), []).append((element, found))
    if level is None and not units:
        return commune_layer([]), 0
    chosen = level if level is not None else _finest(units, settlements)
    if chosen not in units:
        shown = ", ".join(f"{n} ({len(units[n])} units)" for n in sorted(units)) or "none"
        mend = "choose another level, or leave the option out"
        raise InputError(
            [Problem("--commune-level", f"a level that is here: {shown}", mend, value=str(level))]
        )
    return commune_layer(units[chosen]), chosen


def _finest(units: dict[int, list[tuple[Element, Any]]], settlements: NDArray[Any]) -> int:
    held = {
        level: int(shapely.covers(unary_union([unit for _, unit in found]), settlements).sum())
        for level, found in units.items()
    }
    full = [level for level in sorted(units) if held[level] >= _HOLDS * max(held.values())]
    return full[-1]


def commune_layer(units: Sequence[tuple[Element, Any]]) -> gpd.GeoDataFrame:
    """Return units as the layer `communes`: code, name, kind, people (where OpenStreetMap has them), area."""
    records = [
        {
            "commune_code": f"osm-{element.osm_id}",
            "name": element.name,
            "kind": _kind(element.name),
            "population": _people(element.tags.get("population")),
            "area_km2": round(abs(_GEOD.geometry_area_perimeter(found)[0]) / 1e6, 2),
            "geometry": found,
        }
        for element, found in sorted(units, key=lambda unit: unit[0].number)
    ]
    columns = ["commune_code", "name", "kind", "population", "area_km2", "geometry"]
    return gpd.GeoDataFrame(records, columns=columns, geometry="geometry", crs=WGS84)


def _kind(name: str) -> str | None:
    folded = name.casefold()
    return next(
        (kind for start, kind in _KINDS if folded.startswith(f"{start} ") or folded.endswith(f" {start}")),
        None,
    )


def _people(text: str | None) -> float | None:
    digits = (text or "").replace(",", "").replace(".", "").replace(" ", "")
    return float(digits) if digits.isdigit() else None
