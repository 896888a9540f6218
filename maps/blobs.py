"""Rasters inside the page: classes on a Web Mercator frame, deflated, as text that the page's script unpacks.

Classes instead of pictures: the script colours them, so that one raster serves several views, and puts the
footprint of a proposed station into the coverage of today by taking the higher class.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from ..gis_data.grid import Grid
from .classes import class_edges_dbm, classify
from .content import Footprint, Footprints, MapContent
from .imagery import WebFrame, class_raster, web_frame

__all__ = ["Blobs", "packed", "raster_blobs"]

_COVERAGE_PIXELS = 8_000_000
_OPERATOR_PIXELS = 2_000_000
_BEST_PIXELS = 1_500_000
_FOOTPRINT_PIXELS = 4_000_000
_WEB = "EPSG:3857"


@dataclass(frozen=True)
class Blobs:
    """What the page carries beside its table of contents.

    Attributes
    ----------
    rasters : list of dict
        Of each raster: what ("level" or "best"), technology, operator, frame and bytes of a pixel.
    raster_texts : list of str
        Their values.
    footprints : dict or None
        frame, pixelM, and per mast and proposal its window, by id: [column, row, width, height,
        technologies, index into `footprint_texts`].
    footprint_texts : list of str
    """

    rasters: list[dict[str, Any]]
    raster_texts: list[str]
    footprints: dict[str, Any] | None
    footprint_texts: list[str]


def packed(values: NDArray[Any]) -> str:
    """Return `values`, row by row and little-endian, deflated (RFC 1950) and in base64."""
    raw = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    return base64.b64encode(zlib.compress(raw, 7)).decode("ascii")


def raster_blobs(content: MapContent) -> Blobs:
    """Return coverage of each technology and operator, best servers, and footprints."""
    made = Blobs([], [], None, [])
    for layer in content.coverage:
        technology = layer.rule.technology
        classes = classify(layer.level_dbm, class_edges_dbm(layer.rule))
        _add(made, "level", technology, None, classes, content.grid, _COVERAGE_PIXELS)
        if layer.best_cell is not None:
            _add(made, "best", technology, None, _numbered(layer.best_cell), content.grid, _BEST_PIXELS)
    for one in content.operator_coverage:
        _add(made, "level", one.technology, one.operator, one.classes, one.grid, _OPERATOR_PIXELS)
    texts: list[str] = []
    footprints = None if content.footprints is None else _footprint_table(content.footprints, texts)
    return Blobs(made.rasters, made.raster_texts, footprints, texts)


def _add(
    made: Blobs,
    what: str,
    technology: str,
    operator: str | None,
    values: NDArray[np.uint8] | NDArray[np.uint16],
    grid: Grid,
    maximum_pixels: int,
) -> None:
    frame = web_frame(grid, maximum_pixels)
    drawn = class_raster(values, grid, frame)
    made.rasters.append(
        {
            "what": what,
            "technology": technology,
            "operator": operator,
            "frame": _frame(frame),
            "bytes": drawn.dtype.itemsize,
        }
    )
    made.raster_texts.append(packed(drawn))


def _frame(frame: WebFrame) -> list[float]:
    return [round(frame.left, 3), round(frame.top, 3), frame.pixel, frame.width, frame.height]


def _numbered(best_cell: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Return the cell's row plus one, 0 for none."""
    if best_cell.size and int(best_cell.max()) >= np.iinfo(np.uint16).max:
        raise ValueError("more cells on air than a map can number")
    return (best_cell + 1).astype(np.uint16)


def _footprint_table(footprints: Footprints, texts: list[str]) -> dict[str, Any]:
    frame = web_frame(footprints.grid, _FOOTPRINT_PIXELS)
    source = _SourcePixels(footprints.grid, frame)
    return {
        "frame": _frame(frame),
        "pixelM": footprints.grid.resolution_m,
        "masts": _windows(footprints.masts, source, texts),
        "proposals": _windows(footprints.proposals, source, texts),
    }


def _windows(of: tuple[Footprint, ...], source: _SourcePixels, texts: list[str]) -> dict[str, list[Any]]:
    """Return each owner's window and blob: its technologies lie one after the other in it."""
    owners: dict[str, list[Footprint]] = {}
    for one in of:
        if one.classes.any():
            owners.setdefault(one.owner_id, []).append(one)
    table = {}
    for owner_id, own in owners.items():
        column, row, width, height = source.window(own)
        if width <= 0 or height <= 0:
            continue
        planes = np.stack([source.drawn(one, column, row, width, height) for one in own])
        technologies = [one.technology for one in own]
        table[owner_id] = [column, row, width, height, technologies, len(texts)]
        texts.append(packed(planes))
    return table


class _SourcePixels:
    """For every pixel of a Web Mercator frame, the pixel of a metric grid under its centre.

    Looked up once for all footprints: a warp for each would take longer than the propagation.
    """

    def __init__(self, grid: Grid, frame: WebFrame) -> None:
        self.grid, self.frame = grid, frame
        x = frame.left + (np.arange(frame.width) + 0.5) * frame.pixel
        y = frame.top - (np.arange(frame.height) + 0.5) * frame.pixel
        to_grid = Transformer.from_crs(_WEB, grid.crs, always_xy=True)
        east, north = to_grid.transform(*np.meshgrid(x, y))
        self.row, self.column = (part.astype(np.int32) for part in grid.row_column(east, north))
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
        part = np.s_[row : row + height, column : column + width]
        down, across = self.row[part] - one.row, self.column[part] - one.column
        rows, columns = one.classes.shape
        inside = (down >= 0) & (down < rows) & (across >= 0) & (across < columns)
        drawn = np.zeros((height, width), dtype=np.uint8)
        drawn[inside] = one.classes[down[inside], across[inside]]
        return drawn
