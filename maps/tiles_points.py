"""Points and outlines as tiles of JSON: near by everything, from far what matters most.

A point stands in one tile of every zoom. Where a tile of a lower zoom would hold too many, the first by rank
stay (dead zones before hamlets with service) and the tile says how many it leaves out; at the highest zoom
all are there, with all that is known of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from .tiles import EARTH_M, TILE_PIXELS, TileKey, TileSpan, tile_of

__all__ = ["PointTable", "outline_tiles", "point_span", "point_tiles"]

MOST_IN_A_TILE = 400
_DETAIL_ZOOM = 12
_DECIMALS = 5  # about a metre
_OUTLINE_PIXELS = 0.7  # tolerance of simplified outlines


@dataclass(frozen=True)
class PointTable:
    """Points of one kind.

    Attributes
    ----------
    frame : GeoDataFrame
        With a CRS; areas stand at their representative point.
    columns : tuple of str
        What is told of a point; missing ones are left out.
    brief : int
        How many of `columns`, from the first on, are told from far too.
    rank : ndarray of float64, (rows,)
        The lower, the longer it stays when tiles get crowded; equal ones in the order of the frame.
    """

    frame: gpd.GeoDataFrame
    columns: tuple[str, ...]
    brief: int
    rank: NDArray[np.float64]

    def present(self) -> tuple[str, ...]:
        """Return the columns that there are, behind ``lat`` and ``lon``."""
        return ("lat", "lon", *(name for name in self.columns if name in self.frame))


def point_span(span: TileSpan) -> TileSpan:
    """Return the zooms of points: from those of the rasters' lowest to one at which all of them are shown."""
    return TileSpan(span.bounds_m, span.lowest, max(span.lowest, _DETAIL_ZOOM))


def point_tiles(table: PointTable, span: TileSpan) -> dict[TileKey, bytes]:
    """Return the tiles of a table.

    Returns
    -------
    dict of TileKey to bytes
        JSON: ``rows`` (values in the order of `PointTable.present`; at lower zooms only the brief ones) and
        ``more``, the number of points that were left out.
    """
    rows = _rows(table)
    brief = 2 + sum(name in table.frame for name in table.columns[: table.brief])
    order = np.argsort(table.rank, kind="stable")
    lat = np.array([row[0] for row in rows], dtype=np.float64)
    lon = np.array([row[1] for row in rows], dtype=np.float64)
    tiles: dict[TileKey, bytes] = {}
    for zoom in range(span.lowest, span.highest + 1):
        whole = zoom == span.highest
        columns, lines = tile_of(lon, lat, zoom)
        members: dict[tuple[int, int], list[int]] = {}
        for index in order.tolist():
            members.setdefault((int(columns[index]), int(lines[index])), []).append(index)
        for (column, line), inside in members.items():
            kept = inside if whole else inside[:MOST_IN_A_TILE]
            told = [rows[index] if whole else rows[index][:brief] for index in kept]
            tiles[zoom, column, line] = _json({"rows": told, "more": len(inside) - len(kept)})
    return tiles


def outline_tiles(areas: gpd.GeoDataFrame, span: TileSpan) -> dict[TileKey, bytes]:
    """Return the borders of areas and their names by tile.

    Parameters
    ----------
    areas : GeoDataFrame
        With a ``name``; polygons are outlined, points only named.
    span : TileSpan

    Returns
    -------
    dict of TileKey to bytes
        JSON: ``lines`` (of [lat, lon]) and ``names`` (of [lat, lon, name]).
    """
    if areas.empty:
        return {}
    web = areas.to_crs("EPSG:3857")
    borders = np.array(web.geometry.boundary.explode().dropna().values)
    points = web.geometry.representative_point().to_crs("EPSG:4326")
    names = list(
        zip(points.y.round(_DECIMALS), points.x.round(_DECIMALS), areas["name"].astype(str), strict=True)
    )
    tiles: dict[TileKey, bytes] = {}
    for zoom in range(span.lowest, span.highest + 1):
        pixel = EARTH_M / 2**zoom / TILE_PIXELS
        simple = shapely.simplify(borders, pixel * _OUTLINE_PIXELS)
        columns, rows = tile_of(points.x.to_numpy(), points.y.to_numpy(), zoom)
        named: dict[tuple[int, int], list[Any]] = {}
        for (lat, lon, name), column, row in zip(names, columns.tolist(), rows.tolist(), strict=True):
            named.setdefault((column, row), []).append([lat, lon, name])
        tree = shapely.STRtree(simple)
        west, north, east, south = span.columns_rows(zoom)
        for column in range(west, east + 1):
            for row in range(north, south + 1):
                lines = list(_clipped(simple, tree, _tile_bounds(zoom, column, row)))
                found = named.get((column, row), [])
                if lines or found:
                    tiles[zoom, column, row] = _json({"lines": lines, "names": found})
    return tiles


def _tile_bounds(zoom: int, column: int, row: int) -> tuple[float, float, float, float]:
    edge = EARTH_M / 2**zoom
    west, north = column * edge - EARTH_M / 2, EARTH_M / 2 - row * edge
    return west, north - edge, west + edge, north


def _clipped(
    lines: NDArray[Any], tree: shapely.STRtree, bounds: tuple[float, float, float, float]
) -> Iterator[list[list[float]]]:
    hits = np.sort(tree.query(shapely.box(*bounds)))
    if not len(hits):
        return
    parts = shapely.get_parts(shapely.clip_by_rect(lines[hits], *bounds))
    for part in parts:
        x, y = shapely.get_coordinates(part).T
        if len(x) > 1:
            lon, lat = (
                x / EARTH_M * 360.0,
                np.degrees(2 * np.arctan(np.exp(y / EARTH_M * 2 * np.pi)) - np.pi / 2),
            )
            yield np.column_stack((lat, lon)).round(_DECIMALS).tolist()


def _rows(table: PointTable) -> list[list[Any]]:
    """Return the values of every point: latitude, longitude, then the columns that there are."""
    frame = table.frame
    if frame.empty:
        return []
    points = frame.geometry.representative_point().to_crs("EPSG:4326")
    names = [name for name in table.columns if name in frame]
    plain = pd.DataFrame(frame[names]).reset_index(drop=True)
    plain.insert(0, "lat", points.y.round(_DECIMALS).to_numpy())
    plain.insert(1, "lon", points.x.round(_DECIMALS).to_numpy())
    lists = [name for name in names if plain[name].map(lambda v: isinstance(v, tuple | set)).any()]
    plain[lists] = plain[lists].map(lambda value: sorted(value) if isinstance(value, tuple | set) else value)
    text = plain.to_json(orient="values", date_format="iso", double_precision=_DECIMALS, force_ascii=False)
    rows: list[list[Any]] = json.loads(text or "[]")
    return rows


def _json(value: Mapping[str, Sequence[Any] | int]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
