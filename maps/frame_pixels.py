"""Which pixel of a raster lies under each pixel of a Web Mercator frame.

Positions are computed at nodes of the frame and interpolated between them, within a hundredth of a pixel: a
warp for each of thousands of small pictures would take longer than the propagation behind them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from .imagery import WebFrame
from .transforms import transformer

__all__ = ["NODE_PIXELS", "FramePixels"]

NODE_PIXELS = 32
"""Pixels of the frame from node to node."""
_WEB = "EPSG:3857"


class FramePixels:
    """Positions in a raster whose rows run from north to south, seen from a frame.

    Parameters
    ----------
    transform : Affine
        Pixel of the raster to its CRS; without a turn.
    crs : str
    frame : WebFrame
    """

    def __init__(self, transform: Affine, crs: str, frame: WebFrame) -> None:
        self._transform, self._crs, self._frame = transform, crs, frame

    @property
    def nodes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column in the raster, with fractions, at the nodes of the frame."""
        return _nodes(self._transform, self._crs, self._frame)

    def under(
        self, column: int, row: int, width: int, height: int, within: tuple[float, float] = (0.5, 0.5)
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return row and column of the pixel under each pixel of a window; may lie outside the raster.

        Parameters
        ----------
        column, row, width, height : int
            Of the frame.
        within : (float, float)
            Which place of a pixel is looked at, from its upper left corner: across and down, 0 … 1.
        """
        return _under(self._transform, self._crs, self._frame, (column, row, width, height), within)


@lru_cache(maxsize=64)  # technologies and operators lie on the same few rasters
def _nodes(place: Affine, crs: str, frame: WebFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = frame.left + np.arange(0, frame.width + NODE_PIXELS, NODE_PIXELS) * frame.pixel
    y = frame.top - np.arange(0, frame.height + NODE_PIXELS, NODE_PIXELS) * frame.pixel
    east, north = transformer(_WEB, crs).transform(*np.meshgrid(x, y))
    return (np.asarray(north) - place.f) / place.e, (np.asarray(east) - place.c) / place.a


@lru_cache(maxsize=64)  # the best servers of all technologies are drawn through the same windows
def _under(
    place: Affine,
    crs: str,
    frame: WebFrame,
    window: tuple[int, int, int, int],
    within: tuple[float, float],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    column, row, width, height = window
    down = (np.arange(row, row + height) + within[1]) / NODE_PIXELS
    across = (np.arange(column, column + width) + within[0]) / NODE_PIXELS
    rows, columns = (_between(nodes, down, across) for nodes in _nodes(place, crs, frame))
    return rows, columns


def _between(
    nodes: NDArray[np.float64], down: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the whole numbers below what lies between nodes, at rows `down` and columns `across` of them."""
    top, left = down.astype(np.int64), across.astype(np.int64)
    v, u = (down - top)[:, None], (across - left)[None, :]
    upper = nodes[np.ix_(top, left)] * (1 - u) + nodes[np.ix_(top, left + 1)] * u
    lower = nodes[np.ix_(top + 1, left)] * (1 - u) + nodes[np.ix_(top + 1, left + 1)] * u
    return np.floor(upper * (1 - v) + lower * v).astype(np.int32)
