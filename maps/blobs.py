"""Rasters inside the page: classes on a Web Mercator frame, deflated, as text that the page's script unpacks.

Classes instead of pictures: the script colours them, so that one raster serves several views, and puts the
footprint of a proposed station into the coverage of today by taking the higher class.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from ..cache import digest
from ..gis_data.grid import Grid
from .content import Footprint, Footprints, MapContent, OwnFootprints
from .frame_pixels import FramePixels
from .imagery import WebFrame, web_frame
from .pictures import CHUNK_PIXELS, Picture, chunk_texts, packed, picture_frame
from .pieces import Pieces

__all__ = ["Blobs", "raster_blobs"]

_COVERAGE_PIXELS = 16_000_000
_OPERATOR_PIXELS = 4_000_000
_BEST_PIXELS = 2_000_000
_FOOTPRINT_PIXELS = 4_000_000
_FORM = 1  # of a footprint's text
_WEB = "EPSG:3857"


@dataclass(frozen=True)
class Blobs:
    """What the page carries beside its table of contents.

    Attributes
    ----------
    rasters : list of dict
        Of each raster: what ("level" or "best"), technology, operator, frame, bytes of a pixel, and the edge
        of its chunks.
    raster_texts : list of str
        Their values: chunks of `pictures.chunk_texts` with a point between two.
    footprints : dict or None
        frame, pixelM, and per mast and proposal its window, by id: [column, row, width, height,
        technologies, index into `footprint_texts`].
    footprint_texts : list of str
    """

    rasters: list[dict[str, Any]]
    raster_texts: list[str]
    footprints: dict[str, Any] | None
    footprint_texts: list[str]


@dataclass(frozen=True)
class _Wanted:
    what: str
    technology: str
    operator: str | None
    picture: Picture
    maximum_pixels: int


def raster_blobs(content: MapContent, pieces: Pieces | None = None, workers: int | None = None) -> Blobs:
    """Return coverage of each technology and operator, best servers, and footprints.

    Parameters
    ----------
    content : MapContent
    pieces : Pieces, optional
        What earlier maps made.
    workers : int or None
        Rasters, and footprints, that are made at a time; default: one for each core.
    """
    kept = pieces or Pieces()
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        made = list(pool.map(lambda one: _raster(one, kept), _wanted(content)))
        texts: list[str] = []
        footprints = content.footprints
        table = None if footprints is None else _footprint_table(footprints, texts, kept, pool)
    return Blobs([entry for entry, _ in made], [text for _, text in made], table, texts)


def _wanted(content: MapContent) -> list[_Wanted]:
    found = []
    for layer in content.coverage:
        technology = layer.rule.technology
        found.append(_Wanted("level", technology, None, layer.classes, _COVERAGE_PIXELS))
        if layer.best is not None:
            found.append(_Wanted("best", technology, None, layer.best, _BEST_PIXELS))
    for one in content.operator_coverage:
        found.append(_Wanted("level", one.technology, one.operator, one.classes, _OPERATOR_PIXELS))
    return found


def _raster(wanted: _Wanted, pieces: Pieces) -> tuple[dict[str, Any], str]:
    frame, pixel_m = picture_frame(wanted.picture.grid, wanted.maximum_pixels)
    texts, itemsize = chunk_texts(wanted.picture, frame, pixel_m, pieces)
    entry = {
        "what": wanted.what,
        "technology": wanted.technology,
        "operator": wanted.operator,
        "frame": _frame(frame),
        "bytes": itemsize,
        "chunk": CHUNK_PIXELS,
    }
    return entry, ".".join(texts)


def _frame(frame: WebFrame) -> list[float]:
    return [round(frame.left, 3), round(frame.top, 3), frame.pixel, frame.width, frame.height]


def _footprint_table(
    footprints: Footprints, texts: list[str], pieces: Pieces, pool: ThreadPoolExecutor
) -> dict[str, Any]:
    frame = web_frame(footprints.grid, _FOOTPRINT_PIXELS)
    source = _SourcePixels(footprints.grid, frame)
    common = digest(_FORM, footprints.grid, frame)

    def windows(of: tuple[OwnFootprints, ...]) -> dict[str, list[Any]]:
        table: dict[str, list[Any]] = {}
        made = pool.map(lambda one: _own_text(one, source, common, pieces), of)
        for own, text in zip(of, made, strict=True):
            place, _, values = text.partition("\n")
            if values:
                table[own.owner_id] = [*json.loads(place), len(texts)]
                texts.append(values)
        return table

    return {
        "frame": _frame(frame),
        "pixelM": footprints.grid.resolution_m,
        "masts": windows(footprints.masts),
        "proposals": windows(footprints.proposals),
    }


def _own_text(own: OwnFootprints, source: _SourcePixels, common: str, pieces: Pieces) -> str:
    """Return the window of an owner (JSON) and its blob, or "" where it covers nothing."""
    return pieces.get(digest(common, own.key), lambda: _own_bytes(own, source)).decode("ascii")


def _own_bytes(own: OwnFootprints, source: _SourcePixels) -> bytes:
    """The technologies lie one after the other in the blob."""
    parts = [one for one in own.make() if one.classes.any()]
    if not parts:
        return b""
    column, row, width, height = source.window(parts)
    if width <= 0 or height <= 0:
        return b""
    planes = np.stack([source.drawn(one, column, row, width, height) for one in parts])
    place = [column, row, width, height, [one.technology for one in parts]]
    return f"{json.dumps(place, separators=(',', ':'))}\n{packed(planes)}".encode("ascii")


class _SourcePixels:
    """The grid of the footprints as the page's frame sees it."""

    def __init__(self, grid: Grid, frame: WebFrame) -> None:
        self.grid, self.frame = grid, frame
        self.pixels = FramePixels(Affine.from_gdal(*grid.gdal_transform), grid.crs, frame)
        self.to_web = Transformer.from_crs(grid.crs, _WEB, always_xy=True)

    def window(self, of: list[Footprint]) -> tuple[int, int, int, int]:
        """Return column, row, width and height in the frame of what holds the footprints."""
        top = min(one.row for one in of)
        left = min(one.column for one in of)
        bottom = max(one.row + one.classes.shape[0] for one in of)
        right = max(one.column + one.classes.shape[1] for one in of)
        middle = (left + right) / 2
        columns, rows = np.array([left, middle, right, left, middle, right]), np.repeat([top, bottom], 3)
        x, y = self.to_web.transform(
            self.grid.x_left_m + columns * self.grid.resolution_m,
            self.grid.y_top_m - rows * self.grid.resolution_m,
        )
        frame = self.frame
        first_column = max(0, int((x.min() - frame.left) // frame.pixel) - 1)
        last_column = min(frame.width, int((x.max() - frame.left) // frame.pixel) + 2)
        first_row = max(0, int((frame.top - y.max()) // frame.pixel) - 1)
        last_row = min(frame.height, int((frame.top - y.min()) // frame.pixel) + 2)
        return first_column, first_row, last_column - first_column, last_row - first_row

    def drawn(self, one: Footprint, column: int, row: int, width: int, height: int) -> NDArray[np.uint8]:
        """Return one footprint on a window of the frame."""
        at_row, at_column = self.pixels.under(column, row, width, height)
        down, across = at_row - one.row, at_column - one.column
        rows, columns = one.classes.shape
        inside = (down >= 0) & (down < rows) & (across >= 0) & (across < columns)
        drawn = np.zeros((height, width), dtype=np.uint8)
        drawn[inside] = one.classes[down[inside], across[inside]]
        return drawn
