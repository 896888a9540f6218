"""The signs of the map as small pictures, for programs that cannot draw them."""

from __future__ import annotations

import io
import math
from functools import cache

from PIL import Image, ImageDraw

from ..palette import INK

__all__ = ["png_bytes", "sign_image", "sign_png"]

_FINER = 4  # drawn larger and made smaller: smooth edges
_Point = tuple[float, float]


def png_bytes(picture: Image.Image) -> bytes:
    """Return a picture as PNG; the same picture gives the same bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


@cache
def sign_png(sign: str, colour: str, size: int = 48) -> bytes:
    """Return one sign as a PNG of `size` pixels with a transparent ground.

    Parameters
    ----------
    sign : str
        Of `palette.VERDICT_STYLE`, or "mast", "star".
    colour : str
        ``#rrggbb``.
    size : int
    """
    return png_bytes(sign_image(sign, colour, size))


def sign_image(sign: str, colour: str, size: int) -> Image.Image:
    """Return one sign as a picture (RGBA) of `size` pixels."""
    full = size * _FINER
    picture = Image.new("RGBA", (full, full), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    centre, r = full / 2, 0.36 * full
    line = max(_FINER, round(0.045 * full))
    _draw(draw, sign, colour, centre, r, line)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def _draw(draw: ImageDraw.ImageDraw, sign: str, colour: str, c: float, r: float, line: int) -> None:
    disc = (c - r, c - r, c + r, c + r)
    if sign in _POLYGONS:
        points = [(c + x * r, c + y * r) for x, y in _POLYGONS[sign]]
        _outlined(draw, points, colour, line)
        if sign == "cross":
            for a, b in (((-0.55, -0.55), (0.55, 0.55)), ((0.55, -0.55), (-0.55, 0.55))):
                ends = [(c + a[0] * r, c + a[1] * r), (c + b[0] * r, c + b[1] * r)]
                draw.line(ends, fill="#ffffff", width=round(0.36 * r))
        return
    halo = tuple(edge + (-1 if k < 2 else 1) * line for k, edge in enumerate(disc))
    draw.ellipse(halo, fill="#ffffff")
    if sign == "half":
        draw.ellipse(disc, fill="#ffffff", outline=INK, width=line)
        draw.pieslice(disc, 90, 270, fill=colour, outline=INK, width=line)
    elif sign == "ring":
        draw.ellipse(disc, fill=colour, outline=INK, width=round(0.42 * r))
    else:
        draw.ellipse(disc, fill=colour, outline=INK, width=line)


def _outlined(draw: ImageDraw.ImageDraw, points: list[_Point], colour: str, line: int) -> None:
    ring = [*points, points[0], points[1]]
    draw.line(ring, fill="#ffffff", width=3 * line, joint="curve")
    draw.polygon(points, fill=colour)
    draw.line(ring, fill=INK, width=line, joint="curve")


def _star() -> list[_Point]:
    reach = [0.5 if k % 2 else 1.25 for k in range(10)]
    return [(r * math.sin(k * math.pi / 5), -r * math.cos(k * math.pi / 5)) for k, r in enumerate(reach)]


_POLYGONS: dict[str, list[_Point]] = {
    "cross": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(-1.1, -0.85), (1.1, -0.85), (0.0, 1.1)],
    "diamond": [(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
    "mast": [(0.0, -1.2), (0.75, 1.0), (-0.75, 1.0)],
    "star": _star(),
}
