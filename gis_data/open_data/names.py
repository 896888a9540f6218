"""From the name of a province to its boundary, and from a point to its country: OpenStreetMap's Nominatim."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from ...errors import InputError, Problem
from .downloads import Downloader, Wanted
from .http_client import FetchError, Request
from .request_area import Bounds, FetchArea, fetch_area

__all__ = ["country_of", "province_area"]

PAUSE_S = 1.0
"""Nominatim's usage policy: at most one request a second."""
_OPTION = "--province"
_DISTRICT_RANK = 12
"""Of Nominatim: 4 countries, 8 states and provinces, 12 counties, 16 towns and communes."""
_SHOWN = 8
_SEARCH = {
    "format": "jsonv2",
    "limit": "20",
    "addressdetails": "1",
    "polygon_geojson": "1",
    "polygon_threshold": "0.0005",
}


def province_area(downloader: Downloader, base: str, name: str, countries: tuple[str, ...]) -> FetchArea:
    """Return the area of a province, state or county by its name in any language.

    Parameters
    ----------
    downloader : Downloader
    base : str
        Of Nominatim.
    name : str
        For example ``Quảng Ninh`` or ``quang ninh``.
    countries : tuple of str
        Where to look, ISO 3166-1 alpha-2; empty: everywhere.

    Raises
    ------
    InputError
        No such area, or several that are meant as much.
    FetchError
    """
    query = {**_SEARCH, "q": name}
    if countries:
        query["countrycodes"] = ",".join(code.lower() for code in countries)
    found = [place for place in _ask(downloader, f"{base}/search", query) if _is_area(place)]
    place = _the_one(found, name)
    south, north, west, east = (float(edge) for edge in place["boundingbox"])
    code = str(place.get("address", {}).get("country_code", "")).upper()
    bounds = (west, south, east, north)
    return fetch_area(str(place["name"]), bounds, (code,) if code else countries, _outline(place))


def country_of(downloader: Downloader, base: str, bounds: Bounds) -> str | None:
    """Return the country (ISO 3166-1 alpha-2) in the middle of an area; None: the open sea."""
    lat, lon = (bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2
    query = {"format": "jsonv2", "zoom": "3", "lat": f"{lat:.5f}", "lon": f"{lon:.5f}"}
    reply = _ask(downloader, f"{base}/reverse", query)
    code = reply.get("address", {}).get("country_code") if isinstance(reply, dict) else None
    return str(code).upper() if code else None


def _ask(downloader: Downloader, url: str, query: dict[str, str]) -> Any:
    digest = hashlib.sha256(json.dumps([url, sorted(query.items())]).encode()).hexdigest()[:16]
    request = Request(url, query=query, pause_s=PAUSE_S)
    path = downloader.fetch(Wanted(f"nominatim_{digest}.json", "names", request, flaw=_json_flaw))
    assert path is not None  # may not be absent
    return json.loads(path.read_text(encoding="utf-8"))


def _json_flaw(path: Path) -> str | None:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return f"not JSON ({error})"
    return None


def _is_area(place: Any) -> bool:
    return (
        isinstance(place, dict)
        and place.get("osm_type") == "relation"
        and (place.get("category"), place.get("type")) == ("boundary", "administrative")
        and len(place.get("boundingbox", ())) == 4
        and bool(place.get("name"))
    )


def _the_one(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The highest in rank; of several that are as high, the one that is called exactly so."""
    if not found:
        mend = "check the spelling, add --country, or give --bbox"
        raise InputError(
            [Problem(_OPTION, "the name of a province that OpenStreetMap knows", mend, value=name)]
        )
    top = min(_rank(place) for place in found)
    candidates = [place for place in found if _rank(place) == top]
    exact = [place for place in candidates if _folded(str(place["name"])) == _folded(name)]
    chosen = exact or candidates
    if len({place["osm_id"] for place in chosen}) == 1 and top <= _DISTRICT_RANK:
        return chosen[0]
    shown = "; ".join(str(place.get("display_name", place["name"])) for place in found[:_SHOWN])
    mend = "add --country, write the name in full, or give --bbox"
    raise InputError([Problem(_OPTION, "the name of one province", mend, value=f"{name}: {shown}")])


def _rank(place: dict[str, Any]) -> int:
    return int(place.get("place_rank", 30))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def _outline(place: dict[str, Any]) -> Any:
    geometry = place.get("geojson")
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    try:
        outline = shapely.make_valid(shape(geometry))
    except (ValueError, TypeError, KeyError, IndexError, shapely.errors.ShapelyError) as error:
        raise FetchError(f"Nominatim's outline of {place['name']} cannot be read ({error})") from None
    return None if outline.is_empty else outline
