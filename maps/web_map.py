"""The interactive map: one HTML file that needs nothing but a browser.

folium builds the page, its panes and the relief; `offline` makes it stand alone; everything else is drawn by
the scripts of ``templates/`` from one data block and the rasters of `blobs`.
"""

from __future__ import annotations

import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import cast

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from ..cache import digest
from ..errors import OutputLockedError
from .blobs import raster_blobs
from .coast import coast_lines
from .content import MapContent
from .imagery import WebFrame, relief_picture, web_frame
from .offline import self_contained
from .payload import payload, script_safe_json
from .pieces import Pieces

__all__ = ["map_page", "write_map"]

# Back to front. Signs and names stand above Leaflet's own overlay pane (400), below its tooltips (650).
_PANES = {"relief": 210, "coverage": 220, "outlines": 410, "vectors": 420, "labels": 640}
_CSS_SLOT, _BODY_SLOT = "<!-- style of the page -->", "<!-- body of the page -->"
_DATA_SLOT = "<!-- data of the page -->"
_RELIEF_PIXELS = 3_000_000
_SCRIPTS = (
    "text.js", "signs.js", "raster.js", "layers.js", "labels.js", "coverage.js", "legend.js", "filter.js",
    "panel.js", "profile.js", "why.js", "detail.js", "mast.js", "plans.js", "swipe.js", "table.js",
    "search.js", "link.js", "tools.js", "app.js",
)  # fmt: skip


def write_map(
    path: Path, content: MapContent, *, pieces: Pieces | None = None, workers: int | None = None
) -> None:
    """Write the map of `content` to `path`: aside first, then moved into place.

    The same content gives the same bytes, whatever the other parameters.

    Parameters
    ----------
    path : Path
    content : MapContent
    pieces : Pieces, optional
        Encoded pieces of earlier maps; those of this one are added.
    workers : int or None
        Rasters that are encoded at a time; default: one for each core.

    Raises
    ------
    OutputLockedError
        The file cannot be written or replaced; an earlier file is untouched.
    """
    page = map_page(content, pieces=pieces, workers=workers)
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


def map_page(content: MapContent, *, pieces: Pieces | None = None, workers: int | None = None) -> str:
    """Return the map as one self-contained HTML page; parameters as in `write_map`."""
    kept = pieces or Pieces()
    frame = web_frame(content.grid, _RELIEF_PIXELS)
    page = folium.Map(
        tiles=None, zoom_control=False, prefer_canvas=True, zoom_snap=0.25, min_zoom=5, max_zoom=18
    )
    for name, z_index in _PANES.items():
        folium.map.CustomPane(name, z_index=z_index, pointer_events=name == "vectors").add_to(page)
    relief = _relief(content, frame, kept)
    relief.add_to(page)
    _Application(relief, _start_bounds(content, frame)).add_to(page)
    figure = cast(Figure, page.get_root())
    figure.title = "Phủ Sóng"  # the project's own title is data: the script sets it
    for place, slot in (("header", _CSS_SLOT), ("html", _BODY_SLOT)):
        getattr(figure, place).add_child(Element(slot), name=slot, index=None if place == "header" else 0)
    _steady_names(figure)
    shell = _accessible(figure.render(), content.language)
    body = f"{_template('page.html')}{_DATA_SLOT}\n<script>{_script()}</script>"
    shell = shell.replace(_CSS_SLOT, f"<style>{_template('page.css')}</style>", 1)
    # data come last: neither Jinja nor the search for outside addresses must ever read a hamlet's name
    return self_contained(shell.replace(_BODY_SLOT, body, 1)).replace(
        _DATA_SLOT, _data_blocks(content, kept, workers), 1
    )


def _data_blocks(content: MapContent, pieces: Pieces, workers: int | None) -> str:
    """Return the script elements that hold data: no browser runs them."""
    blobs = raster_blobs(content, pieces, workers)
    coast = json.loads(
        pieces.get(
            digest("coast", content.land, content.grid),
            lambda: json.dumps(coast_lines(content.land, content.grid)).encode("ascii"),
        )
    )
    data = script_safe_json(payload(content, blobs) | {"coast": coast})
    blocks = [f'<script type="application/json" id="ps-data">{data}</script>']
    for number, text in enumerate(blobs.raster_texts):
        blocks.append(f'<script type="text/plain" id="ps-raster-{number}">{text}</script>')
    texts = json.dumps(blobs.footprint_texts, separators=(",", ":"))
    blocks.append(f'<script type="application/json" id="ps-footprints">{texts}</script>')
    return "\n".join(blocks)


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


def _relief(content: MapContent, frame: WebFrame, pieces: Pieces) -> folium.raster_layers.ImageOverlay:
    south, west, north, east = frame.bounds_deg
    picture = pieces.get(
        digest("relief", content.terrain_m, content.land, content.grid, frame),
        lambda: relief_picture(content.terrain_m, content.land, content.grid, frame).encode("ascii"),
    )
    return folium.raster_layers.ImageOverlay(
        picture.decode("ascii"),
        bounds=[[south, west], [north, east]], pane="relief", interactive=False, alt="",
    )  # fmt: skip


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
