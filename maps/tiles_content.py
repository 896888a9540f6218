"""What a map made of tiles shows, and the small data block that its page starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.grid import Grid
from ..gis_data.result_schema import VERDICTS
from .imagery import relief_picture, web_frame
from .palette import VERDICT_STYLE, operator_colours
from .tiles import TileKey, TileSpan, tile_span
from .tiles_layers import TileLayer, views_of
from .tiles_points import PointTable, outline_tiles, point_span, point_tiles
from .tiles_words import tile_catalogue
from .words import LANGUAGES, Language

__all__ = ["CELLS_IN_A_PART", "TileContent"]

CELLS_IN_A_PART = 1000
_NAMES_IN_A_PART = 5000
_RELIEF_PIXELS = 3_000_000
_SHADES = 3
_FIRST_SHADE = 48  # character of shade 0
_CELL_COLUMNS = ("cell_id", "mast_id", "operator", "technology", "frequency_mhz")
_MAST_COLUMNS = ("mast_id", "owner", "operators", "kind", "height_m", "technologies", "commune", "cells")
_PROPOSAL_COLUMNS = (
    "station_id", "host_kind", "host_id", "shared_with", "operator", "technologies", "antenna_height_m",
    "cost_million_vnd", "people_served", "villages_served", "backhaul",
)  # fmt: skip


@dataclass(frozen=True)
class TileContent:
    """Everything that a map made of tiles draws; tables as in `content.MapContent`.

    Attributes
    ----------
    title : str
    language : {"vi", "en"}
    synthetic : bool
    as_of : date
    grid : Grid
    terrain_m : ndarray of float32, grid.shape
    land : ndarray of uint8, grid.shape
    layers : tuple of TileLayer
        Of all operators together first.
    operators : tuple of str
    villages, masts, communes, places, proposals : GeoDataFrame
        `villages` may lack ``verdict``: then all hamlets look alike.
    cells : DataFrame
        All cells of the project: best-server rasters hold their rows.
    assumptions, data_versions
    """

    title: str
    language: Language
    synthetic: bool
    as_of: date
    grid: Grid
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    layers: tuple[TileLayer, ...]
    operators: tuple[str, ...]
    villages: gpd.GeoDataFrame
    masts: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    proposals: gpd.GeoDataFrame
    cells: pd.DataFrame
    assumptions: Mapping[Language, tuple[tuple[str, str], ...]]
    data_versions: tuple[tuple[str, str], ...] = field(default=())

    @cached_property
    def span(self) -> TileSpan:
        """Tiles of the rasters."""
        return tile_span(self.grid)

    @cached_property
    def point_tables(self) -> dict[str, PointTable]:
        """Points by kind; kinds without a point are left out."""
        villages, masts = self.villages, self.masts.assign(cells=_cell_texts(self.masts, self.cells))
        technologies = dict.fromkeys(layer.technology.lower() for layer in self.layers)
        levels = [f"{what.format(t)}" for t in technologies for what in ("level_{}_dbm", "p_{}")]
        columns = ("village_id", "name", "verdict", "commune", "population", "households", "grid_power")
        tables = {
            "hamlets": PointTable(
                villages, (*columns, "confidence", "decided_by", *levels), 3, _urgency(villages)
            ),
            "masts": PointTable(masts, _MAST_COLUMNS, 3, -np.array([len(c) for c in masts["cells"]], float)),
            "proposals": PointTable(self.proposals, _PROPOSAL_COLUMNS, 1, np.zeros(len(self.proposals))),
            "places": PointTable(
                self.places, ("name", "kind", "required_technology"), 2, np.zeros(len(self.places))
            ),
        }
        return {kind: table for kind, table in tables.items() if len(table.frame)}

    def vector_tiles(self) -> dict[str, dict[TileKey, bytes]]:
        """Return the JSON tiles of points and of communes by kind."""
        span = point_span(self.span)
        tiles = {kind: point_tiles(table, span) for kind, table in self.point_tables.items()}
        return {**tiles, "communes": outline_tiles(self.communes, span)}

    def parts(self) -> dict[str, list[bytes]]:
        """Return lists that the page reads piece by piece, as JSON: cells by row, and names to search."""
        cells = json.loads(
            self.cells.reindex(columns=_CELL_COLUMNS).to_json(orient="values", force_ascii=False)
        )
        return {"cells": _cut(cells, CELLS_IN_A_PART), "search": _cut(self._names(), _NAMES_IN_A_PART)}

    def page_data(self) -> dict[str, Any]:
        """Return what the page knows from the start; its size hardly depends on the area's."""
        south, west, north, east = (round(degrees, 6) for degrees in self.span.bounds_deg)
        return {
            "title": self.title,
            "language": self.language,
            "synthetic": self.synthetic,
            "asOf": self.as_of.isoformat(),
            "words": {language: tile_catalogue(language) for language in LANGUAGES},
            "verdicts": [
                {"code": c, "colour": VERDICT_STYLE[c][0], "shape": VERDICT_STYLE[c][1]} for c in VERDICTS
            ],
            "judged": "verdict" in self.villages,
            "counts": _counts(self.villages),
            "operators": self._operators(),
            "layers": [_layer(layer) for layer in self.layers],
            "span": {
                "bounds": [[south, west], [north, east]],
                "lowest": self.span.lowest,
                "highest": self.span.highest,
            },
            "pointZoom": point_span(self.span).highest,
            "points": {kind: table.present() for kind, table in self.point_tables.items()},
            "cells": {"per": CELLS_IN_A_PART, "columns": _CELL_COLUMNS},
            "cellShades": self._cell_shades(),
            "searchParts": -(-len(self._names()) // _NAMES_IN_A_PART),
            "assumptions": {one: [list(pair) for pair in self.assumptions[one]] for one in LANGUAGES},
            "dataVersions": [list(pair) for pair in self.data_versions],
            "relief": self._relief(),
        }

    def _operators(self) -> list[dict[str, str]]:
        owners = sorted({str(owner) for owner in self.masts["owner"]}) if len(self.masts) else []
        of_cells = sorted({str(name) for name in self.cells["operator"]}) if len(self.cells) else []
        names = tuple(dict.fromkeys((*self.operators, *of_cells, *owners)))
        return [{"name": name, "colour": colour} for name, colour in operator_colours(names).items()]

    def _cell_shades(self) -> str:
        """Return a character per cell: its operator's colour, lighter or darker from mast to mast."""
        if self.cells.empty:
            return ""
        place = {operator["name"]: k for k, operator in enumerate(self._operators())}
        mast = pd.factorize(self.cells["mast_id"])[0] % _SHADES
        operator = self.cells["operator"].astype(str).map(place).to_numpy()
        return "".join(map(chr, (_FIRST_SHADE + _SHADES * operator + mast).tolist()))

    def _names(self) -> list[list[Any]]:
        """Return kind, name, what it belongs to, latitude, longitude and id of all that can be sought."""
        found: list[list[Any]] = []
        for kind, frame, name, under, key in (
            ("communes", self.communes, "name", None, "name"),
            ("places", self.places, "name", "kind", "name"),
            ("hamlets", self.villages, "name", "commune", "village_id"),
            ("masts", self.masts, "mast_id", "owner", "mast_id"),
        ):
            if frame.empty:
                continue
            points = frame.geometry.representative_point().to_crs("EPSG:4326")
            texts = frame[under].fillna("").astype(str) if under in frame else [""] * len(frame)
            rows = zip(
                frame[name].astype(str), texts, points.y.round(5), points.x.round(5), frame[key].astype(str),
                strict=True,
            )  # fmt: skip
            found += [[kind, *row] for row in rows]
        return found

    def _relief(self) -> dict[str, Any]:
        frame = web_frame(self.grid, _RELIEF_PIXELS)
        south, west, north, east = frame.bounds_deg
        picture = relief_picture(self.terrain_m, self.land, self.grid, frame)
        return {"picture": picture, "bounds": [[south, west], [north, east]]}


def _layer(layer: TileLayer) -> dict[str, Any]:
    return {
        "technology": layer.technology,
        "operator": layer.operator,
        "stem": layer.stem,
        "probability": layer.rule.probability,
        "rasters": [
            {"name": r.name, "colours": r.colours(), "views": views_of(r.kind, r.rule)}
            for r in layer.rasters()
        ],
    }


def _counts(villages: gpd.GeoDataFrame) -> dict[str, list[int]]:
    """Return hamlets and people by verdict."""
    if "verdict" not in villages:
        return {}
    return {
        str(verdict): [len(rows), int(rows["population"].fillna(0).sum()) if "population" in rows else 0]
        for verdict, rows in villages.groupby("verdict")
    }


def _urgency(villages: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return a rank: worse verdicts first, then more people."""
    people = villages["population"].fillna(0) if "population" in villages else pd.Series(0, villages.index)
    order = {code: k for k, code in enumerate(VERDICTS)}
    verdict = villages["verdict"].map(order) if "verdict" in villages else pd.Series(0, villages.index)
    worst = verdict.to_numpy(dtype=np.float64)
    return worst - np.clip(people.to_numpy(dtype=np.float64), 0, 1e6) / 1e7


def _cell_texts(masts: gpd.GeoDataFrame, cells: pd.DataFrame) -> list[list[str]]:
    """Return what is told of the cells of each mast."""
    found: dict[str, list[str]] = {}
    if len(cells):
        columns = [cells[name] for name in ("mast_id", "cell_id", "operator", "technology", "frequency_mhz")]
        for mast, cell, operator, technology, mhz in zip(*columns, strict=True):
            text = f"{cell} · {operator} · {technology} · {mhz:g} MHz"
            found.setdefault(str(mast), []).append(text)
    return [found.get(str(mast), []) for mast in masts["mast_id"]] if len(masts) else []


def _cut(rows: list[Any], size: int) -> list[bytes]:
    return [
        json.dumps(rows[k : k + size], ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        for k in range(0, len(rows), size)
    ]
