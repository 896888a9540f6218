"""The interactive map: one HTML file that needs nothing but a browser.

folium builds the page, its panes and its picture overlays; `offline` makes it stand alone; the panel, legend,
table, search and vectors are drawn by the scripts of ``templates/`` from one data block.
"""

from __future__ import annotations

import math
import tempfile
from importlib import resources
from pathlib import Path
from typing import cast

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from ..errors import OutputLockedError
from .content import CoverageLayer, MapContent
from .imagery import WebFrame, class_picture, classify, relief_picture, web_frame
from .offline import self_contained
from .palette import LEVEL_COLOURS, PROBABILITY_COLOURS
from .payload import level_edges, payload, probability_edges, script_safe_json

__all__ = ["map_page", "write_map"]

# Back to front. Signs and names stand above Leaflet's own overlay pane (400), below its tooltips (650).
_PANES = {"relief": 210, "coverage": 220, "outlines": 410, "vectors": 420, "labels": 640}
_CSS_SLOT, _BODY_SLOT = "<!-- style of the page -->", "<!-- body of the page -->"
_COVERAGE_PIXELS = 16_000_000
_RELIEF_PIXELS = 3_000_000
_SCRIPTS = (
    "1_text.js", "2_signs.js", "3_layers.js", "4_filter.js", "5_panel.js", "6_detail.js", "7_table.js",
    "8_search.js", "9_app.js",
)  # fmt: skip


def write_map(path: Path, content: MapContent) -> None:
    """Write the map of `content` to `path`: aside first, then moved into place.

    The same content gives the same bytes.

    Raises
    ------
    OutputLockedError
        The file cannot be written or replaced; an earlier file is untouched.
    """
    page = map_page(content)
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w",
            dir=path.parent,
            prefix=path.name,
            suffix=".part",
            delete=False,
            encoding="utf-8",
            newline="\n",
        ) as file:
            aside = Path(file.name)
            file.write(page)
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        if aside is not None:
            aside.unlink(missing_ok=True)
        raise OutputLockedError(
            f"cannot write {path}: {error.strerror or error}; close the program that has it open (or mend "
            "the permission) and run again; the earlier map is untouched"
        ) from error


def map_page(content: MapContent) -> str:
    """Return the map as one self-contained HTML page."""
    frame = web_frame(content.grid, _COVERAGE_PIXELS)
    page = folium.Map(
        tiles=None, zoom_control=False, prefer_canvas=True, zoom_snap=0.25, min_zoom=5, max_zoom=18
    )
    for name, z_index in _PANES.items():
        folium.map.CustomPane(name, z_index=z_index, pointer_events=name == "vectors").add_to(page)
    overlays = {"relief": _relief(content)}
    for layer in content.coverage:
        overlays |= _pictures(layer, content, frame)
    for overlay in overlays.values():
        overlay.add_to(page)
    ground_pixel_m = frame.pixel * math.cos(math.radians(_middle(frame)[0]))
    data = script_safe_json(payload(content, ground_pixel_m))
    _Application(overlays, _start_bounds(content, frame)).add_to(page)
    figure = cast(Figure, page.get_root())
    figure.title = "Phủ Sóng"  # the project's own title is data: the script sets it
    for place, slot in (("header", _CSS_SLOT), ("html", _BODY_SLOT)):
        getattr(figure, place).add_child(Element(slot), name=slot, index=None if place == "header" else 0)
    _steady_names(figure)
    shell = _accessible(figure.render(), content.language)
    body = (
        f'{_template("page.html")}<script type="application/json" id="ps-data">{data}</script>\n'
        f"<script>{_script()}</script>"
    )
    # filled in after rendering: Jinja must never read a hamlet's name as a template
    shell = shell.replace(_CSS_SLOT, f"<style>{_template('page.css')}</style>", 1)
    return self_contained(shell.replace(_BODY_SLOT, body, 1))


class _Application(MacroElement):
    """Hands folium's map and overlays to the page's script."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "PS.start({{ this._parent.get_name() }}, { "
        "{% for name, overlay in this.overlays.items() %}"
        "{{ name|tojson }}: {{ overlay.get_name() }}, "
        "{% endfor %} }, {{ this.bounds|tojson }});"
        "{% endmacro %}"
    )

    def __init__(
        self, overlays: dict[str, folium.raster_layers.ImageOverlay], bounds: list[list[float]]
    ) -> None:
        super().__init__()
        self._name = "Application"
        self.overlays = overlays
        self.bounds = bounds


def _relief(content: MapContent) -> folium.raster_layers.ImageOverlay:
    frame = web_frame(content.grid, _RELIEF_PIXELS)
    picture = relief_picture(content.terrain_m, content.land, content.grid, frame)
    return _overlay(picture, frame, "relief", show=True)


def _pictures(
    layer: CoverageLayer, content: MapContent, frame: WebFrame
) -> dict[str, folium.raster_layers.ImageOverlay]:
    level = classify(layer.level_dbm, level_edges(layer))
    probability = classify(layer.p_covered, probability_edges(layer))
    return {
        f"{layer.technology}-{view}": _overlay(
            class_picture(classes, colours, content.grid, frame), frame, "coverage", show=False
        )
        for view, classes, colours in (
            ("level", level, LEVEL_COLOURS),
            ("p", probability, PROBABILITY_COLOURS),
        )
    }


def _overlay(picture: str, frame: WebFrame, pane: str, show: bool) -> folium.raster_layers.ImageOverlay:
    south, west, north, east = frame.bounds_deg
    return folium.raster_layers.ImageOverlay(
        picture, bounds=[[south, west], [north, east]], pane=pane, show=show, interactive=False, alt=""
    )


def _start_bounds(content: MapContent, frame: WebFrame) -> list[list[float]]:
    """South-west and north-east corner of the hamlets, or of the grid where there are none."""
    if len(content.villages):
        west, south, east, north = content.villages.to_crs("EPSG:4326").total_bounds
        if east > west and north > south:
            return [
                [round(float(south), 5), round(float(west), 5)],
                [round(float(north), 5), round(float(east), 5)],
            ]
    south, west, north, east = frame.bounds_deg
    return [[south, west], [north, east]]


def _middle(frame: WebFrame) -> tuple[float, float]:
    south, west, north, east = frame.bounds_deg
    return (south + north) / 2, (west + east) / 2


def _template(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _script() -> str:
    return '(function () {\n"use strict";\n' + "\n".join(_template(name) for name in _SCRIPTS) + "\n})();"


def _accessible(page: str, language: str) -> str:
    """Name the page's language and let the reader zoom it, which folium's viewport forbids."""
    page = page.replace("<html>", f'<html lang="{language}">', 1)
    return page.replace("initial-scale=1.0, maximum-scale=1.0, user-scalable=no", "initial-scale=1.0", 1)


def _steady_names(figure: Element) -> None:
    """Number folium's elements, which it names at random, so that the same content gives the same bytes."""
    stack, number = [figure], 0
    while stack:
        element = stack.pop()
        element._id = f"{number:04d}"
        number += 1
        stack.extend(reversed(list(element._children.values())))
