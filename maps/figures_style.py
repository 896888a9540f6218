"""How every figure looks: size, type, footnote, and its bytes as PNG and SVG, the same for the same figure.

Signs differ in shape and line, not in colour alone, so that a figure can be read in grey and by everybody.
Texts that come from data are drawn with ``parse_math=False``: a dollar sign in a name is a dollar sign.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image

from .figures_base import DOTS_PER_INCH, MAP_COLOURS, WIDTH_INCH
from .plan_report_words import say_number
from .report_blocks import Picture
from .words import Language

__all__ = [
    "chart",
    "footnote",
    "hatched",
    "label_bars",
    "picture",
    "png_bytes",
    "svg_bytes",
    "thousands",
]

_SALT = "phusong"  # of the ids inside an SVG: matplotlib would take a random one


def chart(height_inch: float, panels: int = 1, width_inch: float = WIDTH_INCH) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels side by side, without frames above and to the right.

    Parameters
    ----------
    height_inch, width_inch : float
    panels : int
        At least 1.
    """
    figure = Figure(figsize=(width_inch, height_inch), layout="constrained")
    axes = list(figure.subplots(1, panels, squeeze=False)[0])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return figure, axes


def footnote(figure: Figure, text: str) -> None:
    """Write where the figure comes from below it."""
    figure.supxlabel(text, fontsize=6.5, color="#444444", x=0.01, ha="left", parse_math=False, wrap=True)


def thousands(axis: Any, language: Language) -> None:
    """Write the numbers of an axis (``axes.xaxis`` or ``axes.yaxis``) as people of a language do."""
    axis.set_major_formatter(lambda value, _: say_number(value, language))


def label_bars(axes: Axes, ends: Sequence[float], texts: Sequence[str]) -> None:
    """Write a text at the end of each horizontal bar, and make room for it."""
    longest = max(ends, default=0.0) or 1.0
    for place, (end, text) in enumerate(zip(ends, texts, strict=True)):
        axes.text(end + 0.03 * longest, place, text, va="center", fontsize=8, parse_math=False)
    axes.set_xlim(0, 1.3 * longest)


def hatched(colour: str, hatch: str, label: str) -> Patch:
    """Return a key for the legend."""
    return Patch(facecolor=colour, hatch=hatch, edgecolor="#333333", linewidth=0.4, label=label)


def png_bytes(figure: Figure, dots_per_inch: int = DOTS_PER_INCH, *, colours: int | None = None) -> bytes:
    """Return the figure as a PNG without a date.

    Parameters
    ----------
    figure : Figure
    dots_per_inch : int
    colours : int or None
        At most so many, 256 or fewer: a map takes a third of the bytes and looks the same. None: all.
    """
    canvas = FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    if colours is None:
        figure.savefig(buffer, format="png", dpi=dots_per_inch, metadata={"Software": None})
        return buffer.getvalue()
    usual = figure.dpi
    figure.set_dpi(dots_per_inch)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    figure.set_dpi(usual)
    drawn.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(buffer, "PNG")
    return buffer.getvalue()


def picture(figure: Figure, alternative: str, *, vector: bool = True) -> Picture:
    """Return a figure as a picture of a report; one without a raster inside as a drawing too."""
    if vector:
        return Picture(png_bytes(figure), alternative, svg_bytes(figure))
    return Picture(png_bytes(figure, colours=MAP_COLOURS), alternative)


def svg_bytes(figure: Figure) -> bytes:
    """Return the figure as an SVG without a date; letters are outlines, so that it needs no font."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
