"""The best server of each pixel, chunk by chunk, each with the names of its own cells.

A raster of best servers numbers all cells of a project: one new cell gives thousands another number. A chunk
here numbers only the cells that it shows, in the order of their names, so that it stays what it was as long
as the cells under it are the same; which row of the map's table a name has is told beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..cache import digest
from ..gis_data.grid import Grid
from .frame_pixels import FramePixels
from .imagery import WebFrame
from .pictures import Source, StoredPicture, chunk_windows, packed, seen
from .pieces import Pieces

__all__ = ["BestServers", "CellNames", "best_chunks"]

_FORM = 2


@dataclass(frozen=True)
class CellNames:
    """What the numbers in rasters of best servers stand for.

    Attributes
    ----------
    cell_id : ndarray of str, (cells,)
        By number; -1 is no cell.
    row : ndarray of int64, (cells,)
        Of each in `MapContent.cells`; negative: not among them.
    """

    cell_id: NDArray[np.str_]
    row: NDArray[np.int64]

    @cached_property
    def shown(self) -> dict[str, int]:
        """Row of each, from 1 on; 0: not among them."""
        rows = np.maximum(self.row + 1, 0).tolist()
        return dict(zip(self.cell_id.tolist(), rows, strict=True))

    @cached_property
    def key(self) -> str:
        """Digest of the names and their order."""
        return digest(np.ascontiguousarray(self.cell_id))


@dataclass(frozen=True)
class BestServers:
    """A raster of best servers, and where it may differ from the one that an earlier map showed.

    Attributes
    ----------
    path : Path
    grid : Grid
    cells : CellNames
    digest : str
        Of the file.
    before : str or None
        Digest of the file in whose place it comes.
    changed : tuple of (int, int, int, int), or None
        First and past the last row, first and past the last column, of all places where another cell than in
        `before`, by name, may be the best; None: everywhere.
    renumbered : bool
        The numbers stand for other cells than in `before`.
    """

    path: Path
    grid: Grid
    cells: CellNames
    digest: str
    before: str | None
    changed: tuple[tuple[int, int, int, int], ...] | None
    renumbered: bool


def best_chunks(
    best: BestServers, frame: WebFrame, pixel_m: float, pieces: Pieces
) -> tuple[list[str], list[list[int]]]:
    """Return the chunks row by row, "" for one that shows nothing, and the rows of the cells of each.

    Parameters
    ----------
    best : BestServers
    frame : WebFrame
    pixel_m : float
        Edge of a pixel of the frame on the ground.
    pieces : Pieces
        Chunks of earlier maps.

    Returns
    -------
    list of str, and list of list of int
        The values of a chunk are 0 or the place, from 1 on, of a cell among its rows; these are counted from
        1 on, 0 for a cell that is not in the table.
    """
    row_of = best.cells.shown
    numbers = np.arange(len(best.cells.cell_id) + 1, dtype=np.uint32)
    texts, rows, keys = list[str](), list[list[int]](), list[str]()
    with StoredPicture(best.path, best.grid, numbers, -1).open(pixel_m) as source:
        pixels = FramePixels(source.transform, source.crs, frame)
        name = digest("best", _FORM, best.path.name, [*source.transform], [*source.shape], source.crs, frame)
        known = _known(best, pieces.note(name))
        factor = source.transform.a / best.grid.resolution_m
        for number, (place, window) in enumerate(chunk_windows(source, pixels, frame)):
            key, chunk = "", b""
            if window is not None:
                draw = partial(_drawn, best, source, window, pixels, place)
                if known is None or number >= len(known) or _touched(best, window, factor):
                    chunk = draw()
                    key = digest(_FORM, chunk) if chunk else ""
                else:
                    key = known[number]
                chunk = pieces.get(key, partial(bytes, chunk) if chunk else draw) if key else b""
            names, _, text = chunk.partition(b"\n")
            texts.append(text.decode("ascii"))
            rows.append([row_of.get(cell, 0) for cell in json.loads(names or b"[]")])
            keys.append(key)
    pieces.put(name, json.dumps([best.digest, best.cells.key, keys]).encode("ascii"))
    return texts, rows


def _known(best: BestServers, note: bytes | None) -> list[str] | None:
    """Return the keys of the chunks of an earlier map, where it is known in which places they hold still."""
    if note is None:
        return None
    file, names, keys = json.loads(note)
    since = file == best.before and best.changed is not None
    if names == best.cells.key:
        return list(keys) if since or file == best.digest else None
    return list(keys) if since and best.renumbered else None


def _touched(best: BestServers, window: Window, factor: float) -> bool:
    top, left = window.row_off * factor, window.col_off * factor
    bottom, right = top + window.height * factor, left + window.width * factor
    return any(
        top < last_row and first_row < bottom and left < last_column and first_column < right
        for first_row, last_row, first_column, last_column in best.changed or ()
    )


def _drawn(
    best: BestServers, source: Source, window: Window, pixels: FramePixels, place: tuple[int, int, int, int]
) -> bytes:
    """Return a chunk: the names of its cells as a line of JSON, and its values; b"" where it has none."""
    found = seen(source.values(window), window, pixels.under(*place))
    numbers, value = np.unique(found, return_inverse=True)
    shown = numbers > 0
    if not shown.any():
        return b""
    names = best.cells.cell_id[numbers[shown].astype(np.int64) - 1]
    order = np.argsort(names, kind="stable")
    local = np.zeros(len(numbers), np.uint16)
    local[np.flatnonzero(shown)[order]] = np.arange(1, len(names) + 1)
    text = packed(local[value.reshape(found.shape)])
    return json.dumps(names[order].tolist()).encode("ascii") + b"\n" + text.encode("ascii")
