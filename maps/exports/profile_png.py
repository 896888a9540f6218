"""The published profile plots (SVG) as PNG: Google Earth shows no SVG in its balloons.

Reads just what `profile_plot.profile_svg` writes: rectangles, lines, polygons, circles and texts, with a
style sheet of classes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from PIL import Image, ImageColor, ImageDraw

from .fonts import font
from .signs import png_bytes

__all__ = ["profile_png"]

_SVG = "{http://www.w3.org/2000/svg}"
_FINER = 2
_COLOURS = 48
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TEXT_PX, _TITLE_PX = 12, 16
_Style = dict[str, str]


def profile_png(svg: str) -> bytes:
    """Return a profile plot as a PNG of its own size.

    Parameters
    ----------
    svg : str
        From `profile_plot.profile_svg`.

    Raises
    ------
    ValueError
        Not such a document.
    """
    try:
        root = ET.fromstring(svg)
        width, height = int(root.attrib["width"]), int(root.attrib["height"])
    except (ET.ParseError, KeyError) as error:
        raise ValueError(f"not a profile plot: {error}") from error
    picture = Image.new("RGB", (width * _FINER, height * _FINER), "#ffffff")
    canvas = _Canvas(picture, _rules(root), _frame(root))
    for element in root:
        canvas.draw(element)
    small = canvas.picture.resize((width, height), Image.Resampling.BOX)
    return png_bytes(small.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))


def _frame(root: ET.Element) -> tuple[int, int, int, int]:
    axes = root.find(f"{_SVG}clipPath/{_SVG}rect")
    if axes is None:
        raise ValueError("not a profile plot: it has no axes")
    (left, top), _, (right, bottom), _ = _scaled(_corners(axes))
    return int(left), int(top), int(right), int(bottom)


def _rules(root: ET.Element) -> dict[str, _Style]:
    sheet = root.findtext(f"{_SVG}style") or ""
    rules = {}
    for selector, body in _RULE.findall(sheet):
        pairs = (part.split(":", 1) for part in body.split(";") if ":" in part)
        rules[selector.strip()] = {key.strip(): value.strip() for key, value in pairs}
    return rules


@dataclass
class _Canvas:
    picture: Image.Image
    rules: dict[str, _Style]
    frame: tuple[int, int, int, int]
    """Left, top, right, bottom of the axes, in pixels of the finer picture."""

    def draw(self, element: ET.Element) -> None:
        kind = element.tag.removeprefix(_SVG)
        style = self.rules.get(f".{element.get('class', '')}", {})
        if kind in ("rect", "polygon"):
            self._area(_corners(element), style, element.get("fill"), element.get("clip-path") is not None)
        elif kind == "line":
            ends = [(_number(element, f"x{k}"), _number(element, f"y{k}")) for k in (1, 2)]
            width = float(style.get("stroke-width", "1"))
            ImageDraw.Draw(self.picture).line(
                _scaled(ends), fill=style.get("stroke", "#000000"), width=max(1, round(width * _FINER))
            )
        elif kind == "circle":
            x, y, r = (_number(element, name) * _FINER for name in ("cx", "cy", "r"))
            ImageDraw.Draw(self.picture).ellipse((x - r, y - r, x + r, y + r), fill=style.get("fill"))
        elif kind == "text":
            self._text(element)

    def _area(
        self, points: list[tuple[float, float]], style: _Style, fill: str | None, clipped: bool
    ) -> None:
        """Fill an area, see-through where the style says so; a clipped one stays inside the axes."""
        ring, colour = _scaled(points), style.get("fill", fill or "#000000")
        line, width = style.get("stroke"), max(1, round(float(style.get("stroke-width", "1")) * _FINER))
        over = self.picture.crop(self.frame) if clipped else self.picture
        if clipped:
            ring = [(x - self.frame[0], y - self.frame[1]) for x, y in ring]
        opacity = float(style.get("fill-opacity", "1"))
        if opacity < 1.0:
            mask = Image.new("L", over.size, 0)
            ImageDraw.Draw(mask).polygon(ring, fill=round(255 * opacity))
            over.paste(ImageColor.getrgb(colour)[:3], (0, 0, *over.size), mask)
        else:
            ImageDraw.Draw(over).polygon(ring, fill=colour)
        if line:
            ImageDraw.Draw(over).line([*ring, ring[0]], fill=line, width=width)
        if clipped:
            self.picture.paste(over, self.frame[:2])

    def _text(self, element: ET.Element) -> None:
        style = {**self.rules.get("text", {}), **self.rules.get(f"text.{element.get('class', '')}", {})}
        size = _TITLE_PX if element.get("class") == "title" else _TEXT_PX
        face = font(size * _FINER, style.get("font-weight") == "bold")
        anchor = {"middle": "ms", "end": "rs"}.get(element.get("text-anchor", ""), "ls")
        at = (_number(element, "x") * _FINER, _number(element, "y") * _FINER)
        words = element.text or ""
        if "rotate" in element.get("transform", ""):
            self._turned(words, at, face)
            return
        ImageDraw.Draw(self.picture).text(
            at, words, fill=style.get("fill", "#222222"), font=face, anchor=anchor,
            stroke_width=_FINER, stroke_fill="#ffffff",
        )  # fmt: skip

    def _turned(self, words: str, at: tuple[float, float], face: object) -> None:
        left, top, right, bottom = face.getbbox(words)  # type: ignore[attr-defined]
        strip = Image.new("RGB", (round(right - left) + 4, round(bottom - top) + 4), "#ffffff")
        ImageDraw.Draw(strip).text((2 - left, 2 - top), words, fill="#222222", font=face)  # type: ignore[arg-type]
        strip = strip.rotate(90, expand=True)
        self.picture.paste(strip, (round(at[0] - strip.width), round(at[1] - strip.height / 2)))


def _corners(element: ET.Element) -> list[tuple[float, float]]:
    if element.tag == f"{_SVG}polygon":
        pairs = (pair.split(",") for pair in element.get("points", "").split())
        return [(float(x), float(y)) for x, y in pairs]
    x, y = _number(element, "x"), _number(element, "y")
    width, height = _number(element, "width"), _number(element, "height")
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _number(element: ET.Element, name: str) -> float:
    return float(element.get(name, "0"))


def _scaled(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x * _FINER, y * _FINER) for x, y in points]
