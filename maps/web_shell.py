"""The page of the map without its data: folium builds it, `offline` makes it stand alone."""

from __future__ import annotations

from importlib import resources
from typing import cast

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from .offline import self_contained

__all__ = ["DATA_SLOT", "page_shell"]

DATA_SLOT = "<!-- data of the page -->"
"""Where the data blocks belong in a page."""
# Back to front. Signs and names stand above Leaflet's own overlay pane (400), below its tooltips (650).
_PANES = {"relief": 210, "coverage": 220, "outlines": 410, "vectors": 420, "labels": 640}
_CSS_SLOT, _BODY_SLOT = "<!-- style of the page -->", "<!-- body of the page -->"
_SCRIPTS = (
    "text.js", "signs.js", "raster.js", "layers.js", "labels.js", "coverage.js", "legend.js", "filter.js",
    "panel.js", "profile.js", "why.js", "detail.js", "mast.js", "plans.js", "swipe.js", "table.js",
    "search.js", "link.js", "tools.js", "app.js",
)  # fmt: skip


def page_shell(relief: str, corners: list[list[float]], start: list[list[float]], language: str) -> str:
    """Return the page with `DATA_SLOT` in the place of its data: neither Jinja nor `offline` reads a name.

    Parameters
    ----------
    relief : str
        Picture of the ground as a data URI.
    corners : list
        South-west and north-east corner of the picture, [lat, lon].
    start : list
        The same of what the page shows first.
    language : {"vi", "en"}
    """
    page = folium.Map(
        tiles=None, zoom_control=False, prefer_canvas=True, zoom_snap=0.25, min_zoom=5, max_zoom=18
    )
    for name, z_index in _PANES.items():
        folium.map.CustomPane(name, z_index=z_index, pointer_events=name == "vectors").add_to(page)
    picture = folium.raster_layers.ImageOverlay(
        relief, bounds=corners, pane="relief", interactive=False, alt=""
    )
    picture.add_to(page)
    _Application(picture, start).add_to(page)
    figure = cast(Figure, page.get_root())
    figure.title = "Phủ Sóng"  # the project's own title is data: the script sets it
    for place, slot in (("header", _CSS_SLOT), ("html", _BODY_SLOT)):
        getattr(figure, place).add_child(Element(slot), name=slot, index=None if place == "header" else 0)
    _steady_names(figure)
    shell = _accessible(figure.render(), language)
    body = f"{_template('page.html')}{DATA_SLOT}\n<script>{_script()}</script>"
    shell = shell.replace(_CSS_SLOT, f"<style>{_template('page.css')}</style>", 1)
    return self_contained(shell.replace(_BODY_SLOT, body, 1))


class _Application(MacroElement):
    """Hands folium's map and its relief to the page's script."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "PS.start({{ this._parent.get_name() }}, {{ this.relief.get_name() }}, {{ this.bounds|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, relief: folium.raster_layers.ImageOverlay, bounds: list[list[float]]) -> None:
        super().__init__()
        self._name = "Application"
        self.relief = relief
        self.bounds = bounds


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
