"""A font that has Vietnamese, on every machine: that of matplotlib."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib
from PIL import ImageFont

__all__ = ["font"]


@cache
def font(size_px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans of `size_px` pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)
