"""The legend as one picture, for a program that draws none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from ..palette import INK
from ..report_blocks import printable
from .fonts import font
from .signs import png_bytes, sign_image

__all__ = ["LegendLine", "legend_png"]

_WIDTH, _LINE, _MARGIN, _SIGN = 330, 23, 12, 20
_TEXT, _HEAD = 13, 14


@dataclass(frozen=True)
class LegendLine:
    """One line.

    Attributes
    ----------
    text : str
    colour : str
        Empty: a heading.
    sign : str
        Of `signs.sign_image`; empty: a patch of colour.
    warning : bool
        In red.
    """

    text: str
    colour: str = ""
    sign: str = ""
    warning: bool = False


def legend_png(lines: Sequence[LegendLine]) -> bytes:
    """Return the legend as a PNG on a nearly opaque white ground."""
    picture = Image.new("RGBA", (_WIDTH, 2 * _MARGIN + _LINE * len(lines)), (255, 255, 255, 225))
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        top = _MARGIN + number * _LINE
        middle = top + _LINE // 2
        left = _MARGIN
        if line.colour and line.sign:
            sign = sign_image(line.sign, line.colour, _SIGN)
            picture.alpha_composite(sign, (left, middle - _SIGN // 2))
        elif line.colour:
            box = (left, middle - 7, left + _SIGN, middle + 7)
            draw.rectangle(box, fill=line.colour, outline=INK)
        left += _SIGN + 8 if line.colour else 0
        face = font(_TEXT, False) if line.colour else font(_HEAD, not line.warning)
        colour = "#b2182b" if line.warning else INK
        draw.text(
            (left, middle), _fitting(line.text, face, _WIDTH - left - _MARGIN), colour, face, anchor="lm"
        )
    return png_bytes(picture)


def _fitting(text: str, face: object, room: int) -> str:
    """Cut a text to the room there is, with "…" at the end."""
    text = " ".join(printable(text).split())
    while text and face.getlength(text) > room:  # type: ignore[attr-defined]
        text = text.removesuffix("…")[:-1] + "…" if len(text) > 1 else ""
    return text
