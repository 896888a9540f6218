"""Tiles as PNG: pictures that any viewer shows, from which the page gets the classes back.

A tile of classes is a palette PNG in the colours of the level; classes that this view shows alike differ by
one step of blue, which nobody sees, so that the page can colour them anew in another view. A tile of cells
holds the cell's number in red, green and blue.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["class_png", "number_png", "tile_colours"]

_LARGEST_NUMBER = 2**24 - 1


def tile_colours(colours: Sequence[str], classes: Sequence[int]) -> tuple[str, ...]:
    """Return a colour of its own for each class.

    Parameters
    ----------
    colours : sequence of str
        Of the view, ``#rrggbb``, lowest class first.
    classes : sequence of int
        For class 1, 2, … which of `colours` it is shown in, counted from 1.
    """
    made: list[str] = []
    for shown in classes:
        red, green, blue = (int(colours[shown - 1][k : k + 2], 16) for k in (1, 3, 5))
        step = 1 if blue < 128 else -1
        while (colour := f"#{red:02x}{green:02x}{blue:02x}") in made:
            blue += step
        made.append(colour)
    return tuple(made)


def class_png(classes: NDArray[np.uint8], colours: Sequence[str]) -> bytes:
    """Return a tile of classes; class 0 is transparent.

    Parameters
    ----------
    classes : ndarray of uint8
        At most 15 of them besides 0.
    colours : sequence of str
        Of class 1, 2, …: those of `tile_colours`.
    """
    if len(colours) > 15:
        raise ValueError("a tile holds at most fifteen classes")
    image = Image.fromarray(np.ascontiguousarray(classes))
    image.putpalette([0, 0, 0, *(int(colour[k : k + 2], 16) for colour in colours for k in (1, 3, 5))])
    return _png(image, bits=4 if len(colours) > 3 else 2, transparency=0)


def number_png(numbers: NDArray[Any]) -> bytes:
    """Return a tile of whole numbers from 0 (nothing) to 2²⁴ − 1: red · 65536 + green · 256 + blue."""
    if numbers.size and int(numbers.max()) > _LARGEST_NUMBER:
        raise ValueError("more cells than a tile can number")
    wide = numbers.astype(np.uint32)
    parts = np.dstack((wide >> 16, (wide >> 8) & 255, wide & 255)).astype(np.uint8)
    return _png(Image.fromarray(parts))


def _png(image: Image.Image, **options: Any) -> bytes:
    """Write runs of equal pixels: for classes smaller than zlib's usual search, and four times as fast."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_type=zlib.Z_RLE, **options)
    return buffer.getvalue()
