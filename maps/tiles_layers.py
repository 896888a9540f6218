"""Which coverage is shown as tiles: rasters by technology, operator and kind, their classes and colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from ..coverage.cells import TechnologyRule
from .classes import (
    class_edges_dbm,
    classify,
    level_edges,
    probability_edges,
    required_level_dbm,
    view_classes,
)
from .palette import LEVEL_COLOURS, PROBABILITY_COLOURS
from .tiles import TileKey, TileSpan, raster_tiles
from .tiles_picture import class_png, number_png, tile_colours

__all__ = ["KINDS", "TileLayer", "TileRaster", "stored_classes", "tile_png", "views_of"]

KINDS = ("level", "best_cell", "servers", "sinr", "p_indoor")
"""Kinds of rasters that are shown as tiles; of the first two views are made: level and P(covered)."""

SINR_EDGES_DB = (-6.0, 0.0, 10.0, 20.0)
"""Under -6 dB no service, from 20 dB on the highest modulation: usual steps of LTE and NR planning."""
SERVER_EDGES = (1, 2, 3, 5)
"""Exactly one mast, two, three or four, five and more."""


@dataclass(frozen=True)
class TileLayer:
    """Rasters of one technology, of all operators together or of one.

    Attributes
    ----------
    rule : TechnologyRule
    operator : str or None
        None: all together.
    stem : str
        Beginning of the rasters' file names: plain letters.
    paths : mapping of str to Path
        By kind: those of `KINDS` that there are, and for exact values ``p_covered``.
    """

    rule: TechnologyRule
    operator: str | None
    stem: str
    paths: Mapping[str, Path]

    @property
    def technology(self) -> str:
        """Name of the technology."""
        return self.rule.technology

    def rasters(self) -> Iterator[TileRaster]:
        """Yield what of the layer can be shown."""
        for kind in KINDS:
            if kind in self.paths:
                yield TileRaster(f"{self.stem}_{kind}", kind, self.paths[kind], self.rule)


@dataclass(frozen=True)
class TileRaster:
    """One raster and how its tiles are made.

    Attributes
    ----------
    name : str
        Of its archive: ``4g_viettel_level``.
    kind : str
        One of `KINDS`.
    path : Path
    rule : TechnologyRule
    """

    name: str
    kind: str
    path: Path
    rule: TechnologyRule

    def colours(self) -> tuple[str, ...]:
        """Return the colour of class 1, 2, … in the tiles; none where they hold numbers of cells."""
        if self.kind == "best_cell":
            return ()
        view = next(iter(views_of(self.kind, self.rule).values()))
        return tile_colours(view["colours"], view["classes"][1:])

    def look_up(self) -> NDArray[np.uint8]:
        """Return the class of every number that the raster can store; see `tiles.raster_tiles`."""
        if self.kind == "best_cell":
            return np.zeros(0, dtype=np.uint8)
        return stored_classes(self.path, _edges(self.kind, self.rule))

    def tiles(self, span: TileSpan) -> Iterator[tuple[TileKey, bytes]]:
        """Yield every tile that shows anything, as PNG."""
        colours = self.colours()
        for key, values in raster_tiles(self.path, span, self.look_up()):
            yield key, tile_png(values, colours)


def tile_png(values: NDArray[Any], colours: tuple[str, ...]) -> bytes:
    """Return a tile as PNG: classes in `colours`, or numbers of cells where there are none."""
    return class_png(values.astype(np.uint8), colours) if colours else number_png(values)


def stored_classes(path: Path, edges: tuple[float, ...]) -> NDArray[np.uint8]:
    """Return the class of every number that a raster can store, from the least that its type holds on.

    Parameters
    ----------
    path : Path
        Raster of int16 or uint8.
    edges : tuple of float
        Lower edges of class 1, 2, … in the raster's unit, rising.
    """
    with rasterio.open(path) as source:
        limits = np.iinfo(source.dtypes[0])
        stored = np.arange(limits.min, limits.max + 1)
        values = (stored * float(source.scales[0]) + float(source.offsets[0])).astype(np.float32)
        if source.nodata is not None:
            values[stored == source.nodata] = np.nan
    return classify(values, edges)


def views_of(kind: str, rule: TechnologyRule) -> dict[str, dict[str, Any]]:
    """Return the views of a raster: edges, colours, and the class shown for each class of the tiles."""
    if kind == "best_cell":
        return {"best": {"edges": (), "colours": (), "classes": ()}}
    if kind == "level":
        shown = view_classes(rule)
        level = {"edges": level_edges(rule), "colours": LEVEL_COLOURS, "classes": shown["level"]}
        chance = {"edges": probability_edges(rule), "colours": PROBABILITY_COLOURS, "classes": shown["p"]}
        return {"level": {**level, "required": required_level_dbm(rule)}, "p": chance}
    edges = _edges(kind, rule)
    colours = PROBABILITY_COLOURS if kind == "p_indoor" else LEVEL_COLOURS
    return {kind: {"edges": edges, "colours": colours, "classes": list(range(len(edges) + 1))}}


def _edges(kind: str, rule: TechnologyRule) -> tuple[float, ...]:
    return {
        "level": lambda: class_edges_dbm(rule),
        "servers": lambda: SERVER_EDGES,
        "sinr": lambda: SINR_EDGES_DB,
        "p_indoor": lambda: probability_edges(rule),
    }[kind]()
