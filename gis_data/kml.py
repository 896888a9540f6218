"""KML and KMZ with their names and extended data, which GDAL's drivers leave out or guess at."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import geopandas as gpd
import shapely
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from shapely.geometry.base import BaseGeometry

__all__ = ["KmlError", "read_kml"]

LARGEST_DOCUMENT = 500_000_000


class KmlError(ValueError):
    """Not a KML document."""


def read_kml(path: Path) -> gpd.GeoDataFrame:
    """Return the placemarks of a document, those in folders too, in their order.

    Parameters
    ----------
    path : Path
        ``.kml``, or a ``.kmz`` archive that holds one.

    Returns
    -------
    GeoDataFrame
        In WGS 84; column ``name`` and one for each key of the extended data, as text. Lines are no
        geometry here: None.

    Raises
    ------
    KmlError
        The file is no KML, or has a document type of its own (which no KML needs).
    """
    content = _document(path)
    try:
        # whatever its encoding: looking for "<!DOCTYPE" in the bytes would miss UTF-16
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise KmlError("a document type definition inside a KML is refused") from None
    except (ParseError, ValueError) as error:
        raise KmlError(str(error)) from error
    if _tag(root) != "kml":
        raise KmlError(f"the root element is {_tag(root)!r}")
    records, shapes = [], []
    for mark in _every(root, "Placemark"):
        records.append(_attributes(mark))
        shapes.append(_shape(mark))
    columns = dict.fromkeys(key for record in records for key in record)
    frame = {column: [record.get(column) for record in records] for column in columns or {"name": None}}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


def _document(path: Path) -> bytes:
    if path.suffix.lower() != ".kmz":
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".kml")]
            if not names:
                raise KmlError("the archive holds no .kml")
            first = "doc.kml" if "doc.kml" in names else names[0]
            if archive.getinfo(first).file_size > LARGEST_DOCUMENT:
                raise KmlError(f"{first} is larger than {LARGEST_DOCUMENT:,} bytes")
            return archive.read(first)
    except zipfile.BadZipFile as error:
        raise KmlError("the archive is damaged") from error


def _tag(element: Any) -> str:
    """The name without its namespace: KML 2.0 to 2.3 and Google's extensions are one here."""
    return str(element.tag).rpartition("}")[2]


def _every(element: Any, tag: str) -> Iterator[Any]:
    return (found for found in element.iter() if _tag(found) == tag)


def _attributes(mark: Any) -> dict[str, str]:
    out: dict[str, str] = {}
    for child in mark:
        if _tag(child) == "name" and child.text:
            out["name"] = child.text.strip()
    for data in _every(mark, "Data"):
        value = next(_every(data, "value"), None)
        out[data.get("name", "")] = "" if value is None else (value.text or "").strip()
    for data in _every(mark, "SimpleData"):
        out[data.get("name", "")] = (data.text or "").strip()
    return out


def _shape(mark: Any) -> BaseGeometry | None:
    points = [shapely.Point(ring[0]) for found in _every(mark, "Point") if (ring := _coordinates(found))]
    areas = [area for found in _every(mark, "Polygon") if (area := _polygon(found)) is not None]
    if areas:
        return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
    if points:
        return points[0] if len(points) == 1 else shapely.MultiPoint(points)
    return None


def _polygon(element: Any) -> shapely.Polygon | None:
    outer = [_coordinates(found) for found in _every(element, "outerBoundaryIs")]
    inner = [_coordinates(found) for found in _every(element, "innerBoundaryIs")]
    if not outer or len(outer[0]) < 4:
        return None
    return shapely.Polygon(outer[0], [ring for ring in inner if len(ring) >= 4])


def _coordinates(element: Any) -> list[tuple[float, float]]:
    found = next(_every(element, "coordinates"), None)
    text = "" if found is None else found.text or ""
    try:
        tuples = [part.split(",") for part in text.split()]
        return [(float(part[0]), float(part[1])) for part in tuples]
    except (ValueError, IndexError) as error:
        raise KmlError(f"coordinates {text.strip()[:40]!r}") from error
