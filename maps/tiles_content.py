"""What a map made of tiles shows, and the small data block that its page starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.result_schema import VERDICTS
from .base_content import BaseContent
from .imagery import relief_picture, web_frame
from .payload import profile_words, shared_values
from .tiles import TileKey, TileSpan, tile_span
from .tiles_layers import TileLayer, views_of
from .tiles_points import PointTable, outline_tiles, point_span, point_tiles
from .tiles_words import tile_catalogue
from .words import LANGUAGES

__all__ = ["CELLS_IN_A_PART", "WHY_IN_A_PART", "TileContent"]

CELLS_IN_A_PART = 1000
WHY_IN_A_PART = 20
_NAMES_IN_A_PART = 5000
_RELIEF_PIXELS = 3_000_000
_SHADES = 3
_FIRST_SHADE = 48  # character of shade 0
_CELL_COLUMNS = ("cell_id", "mast_id", "operator", "technology", "frequency_mhz")
_MAST_COLUMNS = ("mast_id", "owner", "operators", "kind", "height_m", "technologies", "commune", "cells")
_PROPOSAL_COLUMNS = (
    "station_id", "host_kind", "host_id", "shared_with", "operator", "technologies", "antenna_height_m",
    "cost", "people_served", "villages_served", "backhaul",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TileContent(BaseContent):
    """Everything that a map made of tiles draws; `villages` may lack ``verdict``: then all look alike.

    Attributes
    ----------
    layers : tuple of TileLayer
        Of all operators together first.
    cells : DataFrame
        All cells of the project: best-server rasters hold their rows.
    why : mapping of str to mapping
        Of hamlets that lack a service, by village_id: ``reason`` (a row of `payload.reason_rows`) and
        ``profile`` (`payload.profile_values`) or None.
    """

    layers: tuple[TileLayer, ...]
    cells: pd.DataFrame
    why: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def span(self) -> TileSpan:
        """Tiles of the rasters."""
        return tile_span(self.grid)

    @cached_property
    def point_tables(self) -> dict[str, PointTable]:
        """Points by kind; kinds without a point are left out."""
        villages, masts = self._explained(), self.masts.assign(cells=_cell_texts(self.masts, self.cells))
        technologies = dict.fromkeys(layer.technology.lower() for layer in self.layers)
        levels = [f"{what.format(t)}" for t in technologies for what in ("level_{}_dbm", "p_{}")]
        columns = ("village_id", "name", "verdict", "commune", "population", "households", "grid_power")
        tables = {
            "hamlets": PointTable(
                villages, (*columns, "confidence", "decided_by", "why", *levels), 3, _urgency(villages)
            ),
            "masts": PointTable(masts, _MAST_COLUMNS, 3, -np.array([len(c) for c in masts["cells"]], float)),
            "proposals": PointTable(self.proposals, _PROPOSAL_COLUMNS, 1, np.zeros(len(self.proposals))),
            "places": PointTable(
                self.places, ("name", "kind", "required_technology"), 2, np.zeros(len(self.places))
            ),
        }
        return {kind: table for kind, table in tables.items() if len(table.frame)}

    def _explained(self) -> gpd.GeoDataFrame:
        """Return the hamlets with the place of their explanation in the list "why"; none: missing."""
        if not self.why:
            return self.villages
        place = {village: k for k, village in enumerate(sorted(self.why))}
        at = [place.get(str(village)) for village in self.villages["village_id"]]
        return self.villages.assign(why=pd.array(at, dtype="Int64"))

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
        return {
            "cells": _cut(cells, CELLS_IN_A_PART),
            "search": _cut(self._names(), _NAMES_IN_A_PART),
            "why": _cut([self.why[village] for village in sorted(self.why)], WHY_IN_A_PART),
        }

    def page_data(self) -> dict[str, Any]:
        """Return what the page knows from the start; its size hardly depends on the area's."""
        south, west, north, east = (round(degrees, 6) for degrees in self.span.bounds_deg)
        return {
            **shared_values(self),
            "words": {
                one: tile_catalogue(one) | profile_words(one) | {"currency": self.currency[one]}
                for one in LANGUAGES
            },
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
            "whyPer": WHY_IN_A_PART,
            "cellShades": self._cell_shades(),
            "searchParts": -(-len(self._names()) // _NAMES_IN_A_PART),
            "relief": self._relief(),
        }

    def _operators(self) -> list[dict[str, str]]:
        on_cells = {str(name) for name in self.cells["operator"]} if len(self.cells) else set()
        return self.coloured(sorted(on_cells))

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
    people = villages["population"].fillna(0) if "population" in villages else 0 * villages.index
    return {
        str(verdict): [len(rows), round(float(rows.sum()))]
        for verdict, rows in pd.Series(people, villages.index).groupby(villages["verdict"])
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
