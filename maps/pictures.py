"""Rasters that a map shows, read by windows, and drawn chunk by chunk on a Web Mercator frame.

A chunk is drawn from the pixels under it alone and encoded by itself, so that after a change in one place the
other chunks can be taken from an earlier map (`pieces`): whether a chunk changed is told from a digest of its
pixels, for a raster on the disk from its compressed blocks, which need not be unpacked for that.
"""

from __future__ import annotations

import base64
import hashlib
import math
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from ..cache import digest
from ..gis_data.grid import Grid
from .frame_pixels import NODE_PIXELS, FramePixels
from .imagery import WebFrame, web_frame
from .pieces import Pieces

__all__ = [
    "CHUNK_PIXELS", "ArrayPicture", "Picture", "Source", "StoredPicture", "chunk_texts", "chunk_windows",
    "numbered", "packed", "picture_frame", "seen",
]  # fmt: skip

CHUNK_PIXELS = 256
"""Edge of a chunk; those at the right and lower edge of a frame are smaller."""
_FORM = 1  # of a chunk's text: another number makes kept ones stale
_COARSE = 1.5  # pixels of the source to a pixel of the frame from which on one of them is not enough
_CACHE_BYTES = 64_000_000


class Source(Protocol):
    """A raster at one resolution, open for reading.

    Attributes
    ----------
    transform : Affine
        Pixel to `crs`.
    crs : str
    shape : tuple of int
        Rows, columns.
    itemsize : int
        Bytes of a value.
    """

    @property
    def transform(self) -> Affine:  # noqa: D102
        ...

    @property
    def crs(self) -> str:  # noqa: D102
        ...

    @property
    def shape(self) -> tuple[int, int]:  # noqa: D102
        ...

    @property
    def itemsize(self) -> int:  # noqa: D102
        ...

    def stamp(self, window: Window) -> str:
        """Return a digest that is another one when the values of a window are."""

    def values(self, window: Window) -> NDArray[np.unsignedinteger[Any]]:
        """Return classes or numbers of cells plus one; 0 is nothing."""


class Picture(Protocol):
    """A raster of classes, or of numbers of cells plus one, whose values are read when they are needed."""

    @property
    def grid(self) -> Grid:
        """Where it lies."""

    def open(self, pixel_m: float) -> AbstractContextManager[Source]:
        """Open it at its own resolution, or at a coarser one that is still at least as fine as `pixel_m`."""


@dataclass(frozen=True)
class ArrayPicture:
    """A picture in memory.

    Attributes
    ----------
    grid : Grid
    whole : ndarray of uint8 or uint16, grid.shape
    """

    grid: Grid
    whole: NDArray[Any]

    def open(self, pixel_m: float) -> AbstractContextManager[Source]:
        """Return itself, at its own resolution."""
        return nullcontext(self)

    @property
    def transform(self) -> Affine:
        """Pixel to `crs`."""
        return Affine.from_gdal(*self.grid.gdal_transform)

    @property
    def crs(self) -> str:
        """Of the grid."""
        return self.grid.crs

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.grid.shape

    @property
    def itemsize(self) -> int:
        """Bytes of a value."""
        return self.whole.dtype.itemsize

    def values(self, window: Window) -> NDArray[Any]:
        """Return the values of a window."""
        rows, columns = window.toslices()
        return np.ascontiguousarray(self.whole[rows, columns])

    def stamp(self, window: Window) -> str:
        """Return the digest of the values of a window."""
        return digest(self.values(window))


@dataclass(frozen=True)
class StoredPicture:
    """A picture in a GeoTIFF with tiles and overviews.

    Attributes
    ----------
    path : Path
    grid : Grid
    look_up : ndarray of uint8 or uint16
        What is shown for each stored number, from `least` on; 0 for nothing.
    least : int
    """

    path: Path
    grid: Grid
    look_up: NDArray[Any]
    least: int

    @contextmanager
    def open(self, pixel_m: float) -> Iterator[Source]:
        """Open the file, at an overview where one is fine enough."""
        with (
            rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES),
            rasterio.open(self.path) as whole,
            self.path.open("rb") as raw,
        ):
            fine = [k for k, f in enumerate(whole.overviews(1)) if f * self.grid.resolution_m <= pixel_m]
            if not fine:
                yield _OpenFile(self, whole, whole, raw, None)
            else:
                with rasterio.open(self.path, overview_level=fine[-1]) as overview:
                    yield _OpenFile(self, whole, overview, raw, fine[-1])


class _OpenFile:
    """A GeoTIFF at one of its levels; what its blocks hold is told by their compressed bytes."""

    def __init__(self, of: StoredPicture, whole: Any, level: Any, raw: Any, overview: int | None) -> None:
        self._of, self._whole, self._level, self._raw, self._overview = of, whole, level, raw, overview
        self.transform: Affine = level.transform
        self.crs, self.itemsize = of.grid.crs, of.look_up.dtype.itemsize
        self.shape: tuple[int, int] = (level.height, level.width)
        self._block = level.block_shapes[0]
        profile = whole.profile
        kind = [str(profile.get(name)) for name in ("dtype", "compress", "nodata")]
        structure = whole.tags(ns="IMAGE_STRUCTURE")
        self._common = digest(kind, dict(structure), of.look_up, of.least)
        self._blocks: dict[tuple[int, int], bytes] = {}

    def stamp(self, window: Window) -> str:
        """Return the digest of the blocks under a window, and of what their numbers mean."""
        high, wide = self._block
        top, left = int(window.row_off), int(window.col_off)
        bottom, right = top + int(window.height) - 1, left + int(window.width) - 1
        blocks = [
            self._block_digest(column, row)
            for row in range(top // high, bottom // high + 1)
            for column in range(left // wide, right // wide + 1)
        ]
        place = [top, left, bottom, right, *self.shape, high, wide]
        return digest(self._common, place, blocks)

    def values(self, window: Window) -> NDArray[Any]:
        """Return what is shown for the numbers of a window."""
        stored = self._level.read(1, window=window)
        return np.asarray(self._of.look_up[stored.astype(np.int64) - self._of.least])

    def _block_digest(self, column: int, row: int) -> bytes:
        found = self._blocks.get((column, row))
        if found is None:
            offset, size = (self._item(f"BLOCK_{what}_{column}_{row}") for what in ("OFFSET", "SIZE"))
            self._raw.seek(offset)
            found = hashlib.blake2b(self._raw.read(size), digest_size=16).digest()
            self._blocks[column, row] = found
        return found

    def _item(self, name: str) -> int:
        """Return where a block lies, or how long it is; 0 where a block that holds nothing is not stored."""
        text = self._whole.get_tag_item(name, "TIFF", bidx=1, ovr=self._overview)
        return 0 if text is None else int(text)


def numbered(best_cell: NDArray[np.integer[Any]]) -> NDArray[np.uint16]:
    """Return rows of cells plus one, 0 for none (-1).

    Raises
    ------
    ValueError
        There are more cells than two bytes can number.
    """
    if best_cell.size and int(best_cell.max()) >= np.iinfo(np.uint16).max:
        raise ValueError("more cells on air than a map can number")
    return (best_cell + 1).astype(np.uint16)


def packed(values: NDArray[Any]) -> str:
    """Return `values`, row by row and little-endian, deflated (RFC 1950) and in base64."""
    raw = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    return base64.b64encode(zlib.compress(raw, 7)).decode("ascii")


def picture_frame(grid: Grid, maximum_pixels: int) -> tuple[WebFrame, float]:
    """Return the frame of a picture, and the edge of its pixels on the ground (m)."""
    frame = web_frame(grid, maximum_pixels)
    south, _, north, _ = frame.bounds_deg
    return frame, frame.pixel * math.cos(math.radians((south + north) / 2))


def chunk_texts(picture: Picture, frame: WebFrame, pixel_m: float, pieces: Pieces) -> tuple[list[str], int]:
    """Return the chunks of a picture row by row, each as `packed` gives it, "" for one that shows nothing.

    Parameters
    ----------
    picture : Picture
    frame : WebFrame
    pixel_m : float
        Edge of a pixel of the frame on the ground.
    pieces : Pieces
        Chunks of earlier maps.

    Returns
    -------
    list of str, and bytes of a value.
    """
    with picture.open(pixel_m) as source:
        pixels = FramePixels(source.transform, source.crs, frame)
        ratio = frame.pixel / source.transform.a
        # two bytes number cells: areas of many numbers, of which the one in the middle says enough
        finer = math.ceil(ratio) if ratio > _COARSE and source.itemsize == 1 else 1
        common = [
            _FORM,
            *source.transform,
            *source.shape,
            source.crs,
            frame.left,
            frame.top,
            frame.pixel,
            finer,
        ]
        texts = []
        for place, window in chunk_windows(source, pixels, frame):
            if window is None:
                texts.append("")
                continue
            key = digest(common, place, source.stamp(window))
            made = pieces.get(key, partial(_drawn, source, window, pixels, place, finer))
            texts.append(made.decode("ascii"))
        return texts, source.itemsize


def chunk_windows(
    source: Source, pixels: FramePixels, frame: WebFrame
) -> Iterator[tuple[tuple[int, int, int, int], Window | None]]:
    """Yield left, top, width and height of each chunk, and the pixels of the source under it or None."""
    down, across = -(-frame.height // CHUNK_PIXELS), -(-frame.width // CHUNK_PIXELS)
    at_row, at_column = pixels.nodes
    margin, step = 2, CHUNK_PIXELS // NODE_PIXELS
    rows, columns = source.shape
    for row in range(down):
        for column in range(across):
            nodes = np.s_[row * step : (row + 1) * step + 1, column * step : (column + 1) * step + 1]
            top, bottom = _span(at_row[nodes], margin, rows)
            left, right = _span(at_column[nodes], margin, columns)
            empty = top >= bottom or left >= right
            x, y = column * CHUNK_PIXELS, row * CHUNK_PIXELS
            place = (x, y, min(CHUNK_PIXELS, frame.width - x), min(CHUNK_PIXELS, frame.height - y))
            yield place, None if empty else Window(left, top, right - left, bottom - top)


def _span(at: NDArray[np.float64], margin: int, count: int) -> tuple[int, int]:
    return (
        max(0, math.floor(float(at.min())) - margin),
        min(count, math.ceil(float(at.max())) + margin),
    )


def _drawn(
    source: Source, window: Window, pixels: FramePixels, place: tuple[int, int, int, int], finer: int
) -> bytes:
    """Return one chunk as text; with `finer`, a pixel takes the most frequent of so many squared under it."""
    values = source.values(window)
    if not values.any():
        return b""
    steps = [(k + 0.5) / finer for k in range(finer)]
    samples = [seen(values, window, pixels.under(*place, (x, y))) for y in steps for x in steps]
    drawn = samples[0] if finer == 1 else _most_frequent(np.stack(samples))
    return packed(drawn).encode("ascii") if drawn.any() else b""


def seen(
    values: NDArray[Any], window: Window, under: tuple[NDArray[np.int32], NDArray[np.int32]]
) -> NDArray[Any]:
    """Return the values at places of the source, 0 outside the window."""
    row, column = under[0] - int(window.row_off), under[1] - int(window.col_off)
    inside = (row >= 0) & (row < values.shape[0]) & (column >= 0) & (column < values.shape[1])
    found = np.zeros(row.shape, values.dtype)
    found[inside] = values[row[inside], column[inside]]
    return found


def _most_frequent(samples: NDArray[Any]) -> NDArray[Any]:
    """Return the most frequent of the samples of each pixel, the lowest of equals."""
    best, times = np.zeros(samples.shape[1:], samples.dtype), np.zeros(samples.shape[1:], np.int64)
    for value in np.unique(samples):
        count = (samples == value).sum(axis=0)
        best = np.where(count > times, value, best)
        times = np.maximum(times, count)
    return best
