"""Which pixel of a raster lies under each pixel of a Web Mercator frame.

Positions are computed at nodes of the frame and interpolated between them, within a hundredth of a pixel: a
warp for each of thousands of small pictures would take longer than the propagation behind them.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from .imagery import WebFrame

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

    @cached_property
    def nodes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column in the raster, with fractions, at the nodes of the frame."""
        frame, place, step = self._frame, self._transform, NODE_PIXELS
        x = frame.left + np.arange(0, frame.width + step, step) * frame.pixel
        y = frame.top - np.arange(0, frame.height + step, step) * frame.pixel
        to_raster = Transformer.from_crs(_WEB, self._crs, always_xy=True)
        east, north = to_raster.transform(*np.meshgrid(x, y))
        return (np.asarray(north) - place.f) / place.e, (np.asarray(east) - place.c) / place.a

    def under(
        self, column: int, row: int, width: int, height: int, within: tuple[float, float] = (0.5, 0.5)
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of the pixel under each pixel of a window; may lie outside the raster.

        Parameters
        ----------
        column, row, width, height : int
            Of the frame.
        within : (float, float)
            Which place of a pixel is looked at, from its upper left corner: across and down, 0 … 1.
        """
        down = (np.arange(row, row + height) + within[1]) / NODE_PIXELS
        across = (np.arange(column, column + width) + within[0]) / NODE_PIXELS
        rows, columns = (_between(nodes, down, across) for nodes in self.nodes)
        return rows, columns


def _between(
    nodes: NDArray[np.float64], down: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the whole numbers below what lies between nodes, at rows `down` and columns `across` of them."""
    top, left = down.astype(np.int64), across.astype(np.int64)
    v, u = (down - top)[:, None], (across - left)[None, :]
    upper = nodes[np.ix_(top, left)] * (1 - u) + nodes[np.ix_(top, left + 1)] * u
    lower = nodes[np.ix_(top + 1, left)] * (1 - u) + nodes[np.ix_(top + 1, left + 1)] * u
    return np.floor(upper * (1 - v) + lower * v).astype(np.int64)
