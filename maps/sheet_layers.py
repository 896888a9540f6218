"""The layers of a coverage sheet that do not depend on the levels, drawn by matplotlib."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from PIL import Image

from .figures_base import DOTS_PER_INCH, WIDTH_INCH
from .figures_map import sheet_frame
from .palette import LEVEL_COLOURS
from .sheet_picture import GROUND_COLOURS, SheetLayers, class_colours, nearest_table
from .summary_report_content import SummaryContent

__all__ = ["sheet_layers"]

_WHITE = np.full((1, 3), 255, np.uint8)


def sheet_layers(content: SummaryContent, technology: str) -> SheetLayers:
    """Return all of the sheet of a technology but its levels and its masts, as wide as the report.

    Parameters
    ----------
    content : SummaryContent
    technology : str
        One of `content.rules`.
    """
    figure, axes = sheet_frame(content, technology, WIDTH_INCH)
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH)
    canvas.draw()  # finds the place of everything; from here on it stays there
    figure.set_layout_engine("none")
    rows = canvas.get_width_height()[1]
    left, low, right, high = axes.bbox.extents
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    box = np.array([left, rows - high, right, rows - low, west, north, east, south])
    words = [artist for artist in (*axes.get_children(), *figure.texts) if artist.get_visible()]
    pictures = [artist for artist in words if isinstance(artist, AxesImage)]
    for artist in words:
        artist.set_visible(artist in pictures)
    below = _drawn(canvas)[..., :3]
    for artist in words:
        artist.set_visible(artist not in pictures)
    for patch in (figure.patch, axes.patch):
        patch.set_visible(False)
    above = _drawn(canvas)
    ground, colours = _few_colours(below, GROUND_COLOURS - 1)
    colours = np.concatenate([colours, _WHITE])  # around the map, and nothing else
    ground[_outside(box, ground.shape)] = GROUND_COLOURS - 1
    at = np.flatnonzero(above[..., 3])
    over = above.reshape(-1, 4)[at]
    palette = class_colours(colours)
    palette = np.concatenate([palette, _ink(over, 256 - len(palette))])
    return SheetLayers(box, ground, palette, at.astype(np.int32), over, nearest_table(palette))


def _drawn(canvas: FigureCanvasAgg) -> NDArray[np.uint8]:
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def _outside(box: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    left, top, right, bottom = box[:4]
    row, column = np.arange(shape[0]) + 0.5, np.arange(shape[1]) + 0.5
    return ~(((row > top) & (row < bottom))[:, None] & ((column > left) & (column < right)))


def _few_colours(picture: NDArray[np.uint8], colours: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture as indices, and exactly so many colours."""
    few = Image.fromarray(picture).quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = np.zeros((colours, 3), np.uint8)
    given = np.array(few.getpalette(), np.uint8).reshape(-1, 3)[:colours]
    palette[: len(given)] = given
    return np.array(few), palette


def _ink(over: NDArray[np.uint8], colours: int) -> NDArray[np.uint8]:
    """Return the colours of lines and letters on white, among them black, white and the legend's."""
    opaque = over[:, 3:] / 255
    on_white = np.rint(opaque * over[:, :3] + (1 - opaque) * 255).astype(np.uint8)[None]
    legend = [[round(255 * part) for part in to_rgb(colour)] for colour in LEVEL_COLOURS]
    fixed = np.array([[0, 0, 0], [255, 255, 255], *legend], np.uint8)
    return np.concatenate([fixed, _few_colours(on_white, colours - len(fixed))[1]])
