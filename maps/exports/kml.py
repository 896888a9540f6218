"""KML documents: elements, descriptions and the KMZ file around them.

Everything that people wrote becomes text: XML escapes it once, and the HTML of a balloon once more. No
element names an address outside the file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ...gis_data.writers import written_aside
from ..report_blocks import printable

__all__ = [
    "add",
    "balloon",
    "document",
    "folder",
    "geometry",
    "icon_style",
    "kml_colour",
    "placemark",
    "polygon_style",
    "view",
    "write_kmz",
]

_KML = "http://www.opengis.net/kml/2.2"
_EARTH = "http://www.google.com/kml/ext/2.2"
ET.register_namespace("", _KML)
ET.register_namespace("gx", _EARTH)

_BALLOON = (
    "<div style='font-family:Noto Sans,Arial,sans-serif;font-size:13px;max-width:640px'>$[description]</div>"
)
_DECIMALS = 6


def add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Append a KML element (``gx_`` begins Google's); what XML forbids in `text` is left out."""
    space, name = (_EARTH, tag[3:]) if tag.startswith("gx_") else (_KML, tag)
    element = ET.SubElement(parent, f"{{{space}}}{name}", attributes)
    if text is not None:
        element.text = printable(text)
    return element


def document(name: str, description: str) -> tuple[ET.Element, ET.Element]:
    """Return the root and the document in it."""
    root = ET.Element(f"{{{_KML}}}kml")
    body = add(root, "Document")
    add(body, "name", name)
    add(body, "open", "1")
    add(body, "description", description)
    return root, body


def view(body: ET.Element, bounds: Sequence[float], as_of: date) -> None:
    """Say what is seen first: all of `bounds` (west, south, east, north; °) on the day `as_of`."""
    west, south, east, north = bounds
    look = add(body, "LookAt")
    stamp = add(look, "gx_TimeStamp")
    add(stamp, "when", as_of.isoformat())
    add(look, "longitude", f"{(west + east) / 2:.5f}")
    add(look, "latitude", f"{(south + north) / 2:.5f}")
    add(look, "range", f"{max(5000.0, 1.3 * 111_000 * max(east - west, north - south)):.0f}")


def folder(parent: ET.Element, name: str, *, shown: bool = True, opened: bool = False) -> ET.Element:
    """Append a folder; one that is not shown is there for who ticks it."""
    element = add(parent, "Folder")
    add(element, "name", name)
    add(element, "visibility", "1" if shown else "0")
    add(element, "open", "1" if opened else "0")
    return element


def kml_colour(colour: str, opacity: float = 1.0) -> str:
    """Return ``#rrggbb`` as KML writes it: aabbggrr."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    return f"{round(255 * opacity):02x}{blue}{green}{red}".lower()


def icon_style(body: ET.Element, key: str, icon: str, scale: float = 0.8, label_scale: float = 0.8) -> None:
    """Append a style of points: a picture of the file, and a balloon that shows the description alone."""
    style = add(body, "Style", id=key)
    look = add(style, "IconStyle")
    add(look, "scale", f"{scale:g}")
    add(add(look, "Icon"), "href", icon)
    add(add(style, "LabelStyle"), "scale", f"{label_scale:g}")
    add(add(style, "BalloonStyle"), "text", _BALLOON)


def polygon_style(body: ET.Element, key: str, colour: str, opacity: float = 0.55, width: float = 1.0) -> None:
    """Append a style of lines and areas."""
    style = add(body, "Style", id=key)
    line = add(style, "LineStyle")
    add(line, "color", kml_colour(colour))
    add(line, "width", f"{width:g}")
    add(add(style, "PolyStyle"), "color", kml_colour(colour, opacity))
    add(add(style, "BalloonStyle"), "text", _BALLOON)


def placemark(
    parent: ET.Element,
    name: str,
    shape: Any,
    style: str,
    *,
    snippet: str = "",
    description: str = "",
    data: Mapping[str, tuple[str, object]] | None = None,
    begin: date | None = None,
    shown: bool = True,
) -> ET.Element:
    """Append a placemark.

    Parameters
    ----------
    name, snippet : str
        Text.
    shape : geometry
        WGS 84 degrees.
    style : str
        Key of a style.
    description : str
        HTML, from `balloon`.
    data : mapping of str to (str, object)
        Column name to its title and value, for other programs; missing values are left out.
    begin : date or None
        Since when it is there.
    shown : bool
    """
    element = add(parent, "Placemark")
    add(element, "name", name)
    if not shown:
        add(element, "visibility", "0")
    add(element, "Snippet", snippet, maxLines="2")
    add(element, "description", description)
    if begin is not None:
        add(add(element, "TimeSpan"), "begin", begin.isoformat())
    add(element, "styleUrl", f"#{style}")
    if data:
        extended = add(element, "ExtendedData")
        for key, (title, value) in data.items():
            if value is None:
                continue
            entry = add(extended, "Data", name=key)
            add(entry, "displayName", title)
            add(entry, "value", str(value))
    geometry(element, shape)
    return element


def geometry(parent: ET.Element, shape: Any) -> None:
    """Append a point, line or area, or several of them."""
    kind = shape.geom_type
    if kind == "Point":
        add(add(parent, "Point"), "coordinates", _coordinates([shape.coords[0]]))
    elif kind == "LineString":
        line = add(parent, "LineString")
        add(line, "tessellate", "1")
        add(line, "coordinates", _coordinates(shape.coords))
    elif kind == "Polygon":
        area = add(parent, "Polygon")
        add(area, "tessellate", "1")
        for tag, ring in (
            ("outerBoundaryIs", shape.exterior),
            *(("innerBoundaryIs", r) for r in shape.interiors),
        ):
            add(add(add(area, tag), "LinearRing"), "coordinates", _coordinates(ring.coords))
    else:
        several = add(parent, "MultiGeometry")
        for part in shape.geoms:
            geometry(several, part)


def _coordinates(points: Iterable[Sequence[float]]) -> str:
    return " ".join(f"{p[0]:.{_DECIMALS}f},{p[1]:.{_DECIMALS}f}" for p in points)


def balloon(
    title: str, rows: Sequence[tuple[str, str]], *, notes: Sequence[str] = (), picture: str = ""
) -> str:
    """Return the HTML of a balloon: a title, a table, a picture of the file, and notes; all texts escaped.

    Google Earth replaces ``$[name]`` in balloons: what people wrote must not reach that.
    """
    body = "".join(
        f"<tr><td style='color:#555;padding-right:8px'>{_html(label)}</td><td>{_html(value)}</td></tr>"
        for label, value in rows
        if value
    )
    parts = [f"<h3 style='margin:0 0 6px'>{_html(title)}</h3>", f"<table>{body}</table>"]
    if picture:
        parts.append(f"<img src='{_html(picture)}' width='600'/>")
    parts += [f"<p style='color:#555'>{_html(note)}</p>" for note in notes]
    return "".join(parts)


def _html(text: str) -> str:
    return escape(printable(text), quote=True).replace("$[", "&#36;[")


def write_kmz(path: Path, root: ET.Element, files: Mapping[str, bytes], as_of: date) -> None:
    """Write the document and its pictures as one KMZ; the same content gives the same bytes.

    Parameters
    ----------
    path : Path
    root : Element
        From `document`.
    files : mapping of str to bytes
        By their names inside the file.
    as_of : date
        Written as the date of what is inside.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced.
    """
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    moment = (max(as_of.year, 1980), as_of.month, as_of.day, 0, 0, 0)
    with written_aside(path) as part, zipfile.ZipFile(part, "w") as target:
        for name, content in [("doc.kml", text), *sorted(files.items())]:
            info = zipfile.ZipInfo(name, date_time=moment)
            stored = name.endswith(".png")
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            info.create_system = 0  # the same bytes on every operating system
            target.writestr(info, content)
