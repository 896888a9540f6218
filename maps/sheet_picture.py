"""The coverage sheet of a report as a PNG: the levels of the day laid between layers that are kept.

What does not depend on the levels (relief below, borders, words and legend above) is drawn once, by
`sheet_layers`; then a sheet is put together by pixels. Its palette is fixed with the layers: each colour of
the ground under each class, and the rest for lines and letters.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .classes import classify
from .palette import LEVEL_COLOURS

__all__ = ["COVER", "GROUND_COLOURS", "SheetLayers", "class_colours", "nearest_table", "sheet_png"]

COVER = 0.78
"""What a class hides of the relief."""
GROUND_COLOURS = 44
"""Of the relief: so many for each class and for none leave 36 for lines and letters."""
_BITS = 5  # of red, green and blue, by which the nearest colour of the palette is looked up
_MARK_PIXELS = 4.04  # the size of a mast's triangle: 5 square points at 130 dots per inch
_FINE, _STEPS = 8, 4  # samples of a pixel in each direction; places within a pixel that are told apart
_REACH = 4  # pixels around a mast


@dataclass(frozen=True)
class SheetLayers:
    """A sheet without levels and masts.

    Attributes
    ----------
    box : ndarray of float64, (8,)
        Where the map is: left, top, right, bottom in pixels of the picture, and west, north, east, south (m).
    ground : ndarray of uint8, (rows, columns)
        Colour of the ground under all else: an index into the first `GROUND_COLOURS` of `palette`.
    palette : ndarray of uint8, (256, 3)
        `GROUND_COLOURS` times: none, then each class; then those of lines and letters.
    at : ndarray of int32, (n,)
        Pixels, row by row, on which something lies above the levels.
    above : ndarray of uint8, (n, 4)
        Its red, green, blue and opacity.
    nearest : ndarray of uint8, (32768,)
        From `nearest_table`.
    """

    box: NDArray[np.float64]
    ground: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    at: NDArray[np.int32]
    above: NDArray[np.uint8]
    nearest: NDArray[np.uint8]

    def as_bytes(self) -> bytes:
        """Return a line of JSON and the deflated arrays."""
        arrays = [np.ascontiguousarray(getattr(self, field.name)) for field in fields(self)]
        head = json.dumps([[array.dtype.str, array.shape] for array in arrays]).encode("ascii")
        return head + b"\n" + zlib.compress(b"".join(array.tobytes() for array in arrays), 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> SheetLayers:
        """Return the layers from what `as_bytes` gave."""
        head, _, packed = data.partition(b"\n")
        values, at, arrays = zlib.decompress(packed), 0, []
        for kind, shape in json.loads(head):
            array = np.frombuffer(values, np.dtype(kind), int(np.prod(shape)), at).reshape(shape)
            arrays.append(array)
            at += array.nbytes
        return cls(*arrays)


def class_colours(ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colours of the ground as they are, and under each class.

    Parameters
    ----------
    ground : ndarray of uint8, (n, 3)

    Returns
    -------
    ndarray of uint8, (n times 1 + classes, 3)
    """
    over = [[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in LEVEL_COLOURS]
    mixed = [COVER * np.array(colour) + (1 - COVER) * ground for colour in over]
    return np.concatenate([ground, *(np.rint(colours).astype(np.uint8) for colours in mixed)])


def nearest_table(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the index of the nearest colour of a palette for each red, green and blue of five bits."""
    levels = (np.arange(2**_BITS) * 255 / (2**_BITS - 1)).astype(np.float32)
    distance = np.zeros((len(levels), len(levels), len(levels), len(palette)), np.float32)
    for place, shape in enumerate(((-1, 1, 1, 1), (1, -1, 1, 1), (1, 1, -1, 1))):
        away = levels[:, None] - palette[None, :, place].astype(np.float32)
        distance += np.square(away).reshape([len(levels) if s == -1 else 1 for s in shape[:3]] + [-1])
    return np.ascontiguousarray(distance.argmin(axis=3).astype(np.uint8).reshape(-1))


def sheet_png(
    layers: SheetLayers,
    level_dbm: NDArray[np.float32],
    edges: Sequence[float],
    corner: tuple[float, float, float],
    masts: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> bytes:
    """Return a sheet.

    Parameters
    ----------
    layers : SheetLayers
    level_dbm : ndarray of float32, (rows, columns)
        NaN where no server is heard.
    edges : sequence of float
        `classes.level_edges` of the technology.
    corner : tuple of float
        Left and top of the levels, and the edge of their pixels (m).
    masts : tuple of ndarray
        x and y (m).
    """
    shown = _shown(layers, level_dbm, edges, corner)
    index = layers.ground + shown * np.uint8(GROUND_COLOURS)
    flat, colours = index.reshape(-1), layers.palette.astype(np.float32)
    opaque = layers.above[:, 3:].astype(np.float32) / 255
    mixed = opaque * layers.above[:, :3] + (1 - opaque) * colours[flat[layers.at]]
    flat[layers.at] = _nearest(layers, mixed)
    clear = _clear_of_marks(layers, *masts).reshape(-1)
    under = np.flatnonzero(clear < 1)
    flat[under] = _nearest(layers, clear[under, None] * colours[flat[under]])  # masts are black
    picture, buffer = Image.fromarray(index), io.BytesIO()
    picture.putpalette(layers.palette.tobytes())
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _nearest(layers: SheetLayers, colour: NDArray[np.floating]) -> NDArray[np.uint8]:
    part = np.rint(colour * ((2**_BITS - 1) / 255)).astype(np.int32)
    return layers.nearest[(part[:, 0] << (2 * _BITS)) | (part[:, 1] << _BITS) | part[:, 2]]


def _shown(
    layers: SheetLayers,
    level_dbm: NDArray[np.float32],
    edges: Sequence[float],
    corner: tuple[float, float, float],
) -> NDArray[np.uint8]:
    """Return the class under the centre of each pixel of the picture; 0 outside the map."""
    left, top, right, bottom, west, north, east, south = layers.box.tolist()
    rows, columns = layers.ground.shape
    x = west + (np.arange(columns) + 0.5 - left) * (east - west) / (right - left)
    y = north - (np.arange(rows) + 0.5 - top) * (north - south) / (bottom - top)
    column = np.floor((x - corner[0]) / corner[2]).astype(np.int64)
    row = np.floor((corner[1] - y) / corner[2]).astype(np.int64)
    in_x = (x > west) & (x < east) & (column >= 0) & (column < level_dbm.shape[1])
    in_y = (y > south) & (y < north) & (row >= 0) & (row < level_dbm.shape[0])
    found = np.zeros(layers.ground.shape, np.uint8)
    found[np.ix_(in_y, in_x)] = classify(level_dbm[np.ix_(row[in_y], column[in_x])], edges)
    return found


def _clear_of_marks(
    layers: SheetLayers, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return how much of each pixel shows between the triangles of the masts."""
    left, top, right, bottom, west, north, east, south = layers.box.tolist()
    inside = (x_m > west) & (x_m < east) & (y_m > south) & (y_m < north)
    x = left + (x_m[inside] - west) * (right - left) / (east - west)
    y = top + (north - y_m[inside]) * (bottom - top) / (north - south)
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    kind = (np.floor((y - row) * _STEPS) * _STEPS + np.floor((x - column) * _STEPS)).astype(np.int64)
    rows, columns = layers.ground.shape
    clear = np.ones((rows + 2 * _REACH, columns + 2 * _REACH), np.float32)
    around = np.arange(2 * _REACH + 1)
    at = (row[:, None, None] + around[:, None], column[:, None, None] + around)
    np.multiply.at(clear, at, 1 - _stamps()[kind])
    return clear[_REACH:-_REACH, _REACH:-_REACH]


def _stamps() -> NDArray[np.float32]:
    """Return how much of the pixels around it a triangle covers, by its place within the middle one."""
    fine = (np.arange((2 * _REACH + 1) * _FINE) + 0.5) / _FINE - _REACH
    half, found = _MARK_PIXELS / 2, []
    for k in range(_STEPS**2):
        down, across = fine - (k // _STEPS + 0.5) / _STEPS, fine - (k % _STEPS + 0.5) / _STEPS
        wide = np.clip((down + half) / 2, 0, half)  # half of its width: nothing at the top
        hit = (np.abs(across)[None, :] <= wide[:, None]) & (np.abs(down) <= half)[:, None]
        found.append(hit.reshape(2 * _REACH + 1, _FINE, -1, _FINE).mean(axis=(1, 3)))
    return np.array(found, np.float32)
