"""Rasters inside the page: classes on a Web Mercator frame, deflated, as text that the page's script unpacks.

Classes instead of pictures: the script colours them, so that one raster serves several views, and puts the
footprint of a proposed station into the coverage of today by taking the higher class.
"""

from __future__ import annotations

import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from ..cache import digest
from ..gis_data.grid import Grid
from .best_servers import BestServers, best_chunks
from .content import Footprint, Footprints, MapContent, OwnFootprints
from .frame_pixels import FramePixels
from .imagery import WebFrame, web_frame
from .pictures import CHUNK_PIXELS, Picture, chunk_texts, packed, picture_frame
from .pieces import Pieces
from .plain_text import printable
from .script_json import script_safe_json
from .transforms import transformer

__all__ = ["Blobs", "raster_blobs"]

_COVERAGE_PIXELS = 16_000_000
_OPERATOR_PIXELS = 4_000_000
_BEST_PIXELS = 2_000_000
_FOOTPRINT_PIXELS = 4_000_000
_FORM = 2  # of a footprint's text
_GROUPS = 1024
"""Owners whose footprints are kept as one piece: a mast that comes or goes touches its own group only."""
_WEB = "EPSG:3857"


@dataclass(frozen=True)
class Blobs:
    """What the page carries beside its table of contents.

    Attributes
    ----------
    rasters : list of dict
        Of each raster: what ("level" or "best"), technology, operator, frame, bytes of a pixel, and the edge
        of its chunks; cells: of each chunk the cells that its values stand for, where these are its own.
    raster_texts : list of str
        Their values: chunks of `pictures.chunk_texts` with a point between two.
    footprints : dict or None
        frame, pixelM, and technologies of the proposals.
    footprint_table : str
        JSON: "masts" and "proposals", and of each that covers anything, by id, its window and its classes:
        [column, row, width, height, technologies, text].
    """

    rasters: list[dict[str, Any]]
    raster_texts: list[str]
    footprints: dict[str, Any] | None
    footprint_table: str


@dataclass(frozen=True)
class _Wanted:
    what: str
    technology: str
    operator: str | None
    picture: Picture | BestServers
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
    kept = Pieces() if pieces is None else pieces
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        made = list(pool.map(lambda one: _raster(one, kept), _wanted(content)))
        if content.footprints is None:
            table, text = None, "{}"
        else:
            table, text = _footprint_table(content.footprints, kept, pool)
    return Blobs([entry for entry, _ in made], [chunks for _, chunks in made], table, text)


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
    named: dict[str, Any] = {}
    if isinstance(wanted.picture, BestServers):
        texts, named["cells"] = best_chunks(wanted.picture, frame, pixel_m, pieces)
        itemsize = 2
    else:
        texts, itemsize = chunk_texts(wanted.picture, frame, pixel_m, pieces)
    entry = {
        "what": wanted.what,
        "technology": wanted.technology,
        "operator": wanted.operator,
        "frame": _frame(frame),
        "bytes": itemsize,
        "chunk": CHUNK_PIXELS,
        **named,
    }
    return entry, ".".join(texts)


def _frame(frame: WebFrame) -> list[float]:
    return [round(frame.left, 3), round(frame.top, 3), frame.pixel, frame.width, frame.height]


def _footprint_table(
    footprints: Footprints, pieces: Pieces, pool: ThreadPoolExecutor
) -> tuple[dict[str, Any], str]:
    frame = web_frame(footprints.grid, _FOOTPRINT_PIXELS)
    source = _SourcePixels(footprints.grid, frame)
    common = digest(_FORM, footprints.grid, frame)

    def of(owners: tuple[OwnFootprints, ...]) -> str:
        groups: dict[int, list[OwnFootprints]] = {}
        for own in owners:
            groups.setdefault(zlib.crc32(own.owner_id.encode("utf-8", "replace")) % _GROUPS, []).append(own)
        made = pool.map(lambda number: _group_text(groups[number], source, common, pieces), sorted(groups))
        return "{" + ",".join(text for text in made if text) + "}"

    masts, proposals = of(footprints.masts), of(footprints.proposals)
    shown = [technology for window in json.loads(proposals).values() for technology in window[4]]
    entry = {
        "frame": _frame(frame),
        "pixelM": footprints.grid.resolution_m,
        "technologies": list(dict.fromkeys(shown)),
    }
    return entry, f'{{"masts":{masts},"proposals":{proposals}}}'


def _group_text(group: list[OwnFootprints], source: _SourcePixels, common: str, pieces: Pieces) -> str:
    """Return those of some owners that cover anything as members of a JSON object; "" where none does."""
    key = digest(common, [part for own in group for part in (own.owner_id, own.key)])

    def make() -> bytes:
        windows = ((printable(own.owner_id), _window(own, source)) for own in group)
        text = script_safe_json({name: window for name, window in windows if window is not None})
        return text[1:-1].encode("utf-8")

    return pieces.get(key, make).decode("utf-8")


def _window(own: OwnFootprints, source: _SourcePixels) -> list[Any] | None:
    """Return where in the frame an owner covers anything, and its classes: technology after technology."""
    parts = [one for one in own.make() if one.classes.any()]
    if not parts:
        return None
    column, row, width, height = source.window(parts)
    if width <= 0 or height <= 0:
        return None
    planes = np.stack([source.drawn(one, column, row, width, height) for one in parts])
    return [column, row, width, height, [one.technology for one in parts], packed(planes)]


class _SourcePixels:
    """The grid of the footprints as the page's frame sees it."""

    def __init__(self, grid: Grid, frame: WebFrame) -> None:
        self.grid, self.frame = grid, frame
        self.pixels = FramePixels(Affine.from_gdal(*grid.gdal_transform), grid.crs, frame)
        self.to_web = transformer(grid.crs, _WEB)

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
