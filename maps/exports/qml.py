"""Styles as QGIS keeps them (QML): symbols, classes, labels and column titles of one layer.

Only what all versions of QGIS 3 read is written: symbol layers with ``prop`` elements. Names of people become
values and labels of categories, or quoted texts in the filter of a rule: they cannot run anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from ..palette import INK
from .xml_text import xml_text

__all__ = ["Category", "Labels", "Symbol", "area_symbol", "line_symbol", "marker_symbol", "qml"]

_VERSION = "3.22.0"
_WHITE = "#ffffff"
SymbolKind = Literal["marker", "line", "fill"]


@dataclass(frozen=True)
class Symbol:
    """What a feature looks like: its symbol layers, each a class and its properties."""

    kind: SymbolKind
    layers: tuple[tuple[str, Mapping[str, str]], ...]
    opacity: float = 1.0


@dataclass(frozen=True)
class Category:
    """Features that look alike.

    Attributes
    ----------
    value : str or bool or None
        Of the layer's column; None: all that no other category takes.
    label : str
        In the legend.
    symbols : tuple of Symbol
        One; where a layer has points and areas, one for each.
    """

    value: str | bool | None
    label: str
    symbols: tuple[Symbol, ...]


@dataclass(frozen=True)
class Labels:
    """Names beside the features.

    Attributes
    ----------
    column : str
    smallest_scale : int
        1 : this and larger scales show them.
    size_pt : float
    """

    column: str
    smallest_scale: int
    size_pt: float = 8.0


def marker_symbol(sign: str, colour: str, size_mm: float = 3.4) -> Symbol:
    """Return the sign of the map (`palette.VERDICT_STYLE`, "mast", "star") as a symbol."""
    size, fine, white = size_mm, 0.25, _WHITE

    def part(
        name: str, fill: str, *, of: float = 1.0, width: float = fine, turn: float = 0.0, line: str = INK
    ) -> tuple[str, dict[str, str]]:
        return "SimpleMarker", {
            "name": name, "color": _rgba(fill), "outline_color": _rgba(line), "outline_width": f"{width:g}",
            "outline_width_unit": "MM", "outline_style": "solid", "size": f"{size * of:g}", "size_unit": "MM",
            "angle": f"{turn:g}", "joinstyle": "round", "scale_method": "diameter",
            "horizontal_anchor_point": "1", "vertical_anchor_point": "1",
        }  # fmt: skip

    parts = {
        "cross": (part("square", colour), part("cross2", white, of=0.5, width=0.5, line=white)),
        "half": (
            part("circle", white), part("semi_circle", colour, turn=270.0, width=0.0),
            part("circle", "#ffffff00"),
        ),
        "triangle": (part("triangle", colour, turn=180.0, of=1.15),),
        "square": (part("square", colour, of=0.9),),
        "diamond": (part("diamond", colour, of=1.15),),
        "ring": (part("circle", colour, width=0.7, of=0.85),),
        "dot": (part("circle", colour),),
        "mast": (part("triangle", colour, of=1.2),),
        "star": (part("star", colour, of=1.5),),
    }  # fmt: skip
    return Symbol("marker", parts[sign])


def area_symbol(colour: str, opacity: float = 0.6, outline: str = INK, width_mm: float = 0.2) -> Symbol:
    """Return a filled area with an outline; a width of 0 leaves the outline away."""
    style = {
        "color": _rgba(colour, opacity), "style": "solid", "outline_color": _rgba(outline),
        "outline_width": f"{width_mm:g}", "outline_width_unit": "MM",
        "outline_style": "solid" if width_mm else "no",
    }  # fmt: skip
    return Symbol("fill", (("SimpleFill", style),))


def line_symbol(colour: str, width_mm: float = 0.6, dash: str = "solid") -> Symbol:
    """Return a line; `dash` is a pen style of QGIS ("solid", "dash", "dot")."""
    style = {
        "line_color": _rgba(colour), "line_width": f"{width_mm:g}", "line_width_unit": "MM",
        "line_style": dash, "capstyle": "round", "joinstyle": "round",
    }  # fmt: skip
    return Symbol("line", (("SimpleLine", style),))


def qml(
    column: str,
    categories: Sequence[Category],
    *,
    labels: Labels | None = None,
    titles: Mapping[str, str] | None = None,
    smallest_scale: int = 0,
) -> str:
    """Return the style of one layer.

    Parameters
    ----------
    column : str
        Whose values tell the categories apart; with a single category of value None all look alike.
    categories : sequence of Category
    labels : Labels, optional
    titles : mapping of str to str, optional
        What stands above each column in the attribute table, by its name.
    smallest_scale : int
        1 : this and larger scales show the layer; 0: always.
    """
    root = ET.Element("qgis", {
        "version": _VERSION, "styleCategories": "Symbology|Labeling|Fields|Rendering",
        "labelsEnabled": str(int(bool(labels))), "hasScaleBasedVisibilityFlag": str(int(smallest_scale > 0)),
        "minScale": str(smallest_scale or 100_000_000), "maxScale": "0",
    })  # fmt: skip
    if any(len(category.symbols) > 1 or isinstance(category.value, bool) for category in categories):
        _rules(root, column, categories)
    elif len(categories) == 1 and categories[0].value is None:
        renderer = ET.SubElement(root, "renderer-v2", {"type": "singleSymbol", "symbollevels": "0"})
        _symbols(renderer, [categories[0].symbols[0]])
    else:
        _categories(root, column, categories)
    if labels:
        _labels(root, labels)
    aliases = ET.SubElement(root, "aliases")
    for place, (name, title) in enumerate((titles or {}).items()):
        ET.SubElement(aliases, "alias", {"index": str(place), "field": name, "name": title})
    if labels:
        ET.SubElement(root, "previewExpression").text = f'"{labels.column}"'
    ET.indent(root, " ")
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """``#rrggbb`` or ``#rrggbbaa`` as QGIS writes it."""
    parts = [int(colour[i : i + 2], 16) for i in range(1, len(colour), 2)]
    alpha = parts[3] if len(parts) == 4 else round(255 * opacity)
    return ",".join(str(part) for part in (*parts[:3], alpha))


def _symbols(parent: ET.Element, symbols: Sequence[Symbol]) -> None:
    holder = ET.SubElement(parent, "symbols")
    for number, symbol in enumerate(symbols):
        given = {"type": symbol.kind, "name": str(number), "alpha": f"{symbol.opacity:g}"}
        one = ET.SubElement(holder, "symbol", {**given, "clip_to_extent": "1", "force_rhr": "0"})
        for name, properties in symbol.layers:
            layer = ET.SubElement(one, "layer", {"class": name, "enabled": "1", "locked": "0", "pass": "0"})
            for key, value in properties.items():
                ET.SubElement(layer, "prop", {"k": key, "v": value})


def _categories(root: ET.Element, column: str, categories: Sequence[Category]) -> None:
    given = {"type": "categorizedSymbol", "attr": column, "symbollevels": "0", "enableorderby": "0"}
    renderer = ET.SubElement(root, "renderer-v2", given)
    holder = ET.SubElement(renderer, "categories")
    for number, category in enumerate(categories):
        value = "" if category.value is None else str(category.value)
        label = xml_text(category.label)
        texts = {"symbol": str(number), "value": xml_text(value), "label": label, "render": "true"}
        ET.SubElement(holder, "category", texts)
    _symbols(renderer, [category.symbols[0] for category in categories])


def _rules(root: ET.Element, column: str, categories: Sequence[Category]) -> None:
    """Rules tell booleans from one another, and points from areas; categories cannot."""
    renderer = ET.SubElement(root, "renderer-v2", {"type": "RuleRenderer", "symbollevels": "0"})
    top = ET.SubElement(renderer, "rules", {"key": "{root}"})
    shapes = {"marker": "Point", "line": "LineString", "fill": "Polygon"}
    symbols: list[Symbol] = []
    for category in categories:
        for symbol in category.symbols:
            tests = [_test(column, category.value)]
            if len(category.symbols) > 1:
                tests.append(f"geometry_type($geometry) = '{shapes[symbol.kind]}'")
            label = xml_text(category.label)
            rule = {"key": f"{{{len(symbols)}}}", "symbol": str(len(symbols)), "label": label}
            ET.SubElement(top, "rule", {**rule, "filter": " AND ".join(test for test in tests if test)})
            symbols.append(symbol)
    _symbols(renderer, symbols)


def _test(column: str, value: str | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'"{column}"' if value else f'NOT "{column}"'
    escaped = xml_text(value).replace("\\", "\\\\").replace("'", "''")
    return f"\"{column}\" = '{escaped}'"


def _labels(root: ET.Element, labels: Labels) -> None:
    holder = ET.SubElement(root, "labeling", {"type": "simple"})
    settings = ET.SubElement(holder, "settings", {"calloutType": "simple"})
    style = ET.SubElement(settings, "text-style", {
        "fieldName": labels.column, "isExpression": "0", "fontFamily": "Noto Sans",
        "fontSize": f"{labels.size_pt:g}",
        "fontSizeUnit": "Point", "textColor": _rgba(INK), "textOpacity": "1", "allowHtml": "0",
    })  # fmt: skip
    ET.SubElement(style, "text-buffer", {
        "bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM", "bufferColor": _rgba(_WHITE),
        "bufferOpacity": "1",
    })  # fmt: skip
    ET.SubElement(settings, "text-format", {"wrapChar": "", "autoWrapLength": "40", "multilineAlign": "3"})
    ET.SubElement(
        settings, "placement", {"placement": "6", "dist": "1.2", "distUnits": "MM", "priority": "5"}
    )
    ET.SubElement(settings, "rendering", {
        "scaleVisibility": "1", "scaleMin": "1", "scaleMax": str(labels.smallest_scale), "drawLabels": "1",
        "displayAll": "0", "obstacle": "1",
    })  # fmt: skip
