"""Questions to OpenStreetMap through the Overpass API, and its elements."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .downloads import Downloader, Wanted
from .http_client import Request, TransientError
from .request_area import Bounds

__all__ = ["Element", "Reply", "administrative_query", "ask_overpass", "place_query"]

PAUSE_S = 1.0
SERVER_TIMEOUT_S = 180
SETTLEMENTS = ("village", "hamlet", "isolated_dwelling", "quarter", "neighbourhood")
_LEVELS = "^([4-9]|10|11)$"


@dataclass(frozen=True)
class Element:
    """A node, way or relation.

    Attributes
    ----------
    kind : {"node", "way", "relation"}
    number : int
        OpenStreetMap's id.
    lon, lat : float or None
        Of a node, or the centre that was asked for.
    tags : mapping of str to str
    members : sequence
        Of a relation, with their geometry.
    """

    kind: str
    number: int
    lon: float | None
    lat: float | None
    tags: Mapping[str, str]
    members: Sequence[Mapping[str, Any]] = ()

    @property
    def osm_id(self) -> str:
        """For example ``n123``."""
        return f"{self.kind[0]}{self.number}"

    @property
    def name(self) -> str:
        """Name on the spot; empty: none."""
        return " ".join(self.tags.get("name", "").split())


@dataclass(frozen=True)
class Reply:
    """Elements in the order of kind and id, and the day whose OpenStreetMap they show."""

    elements: tuple[Element, ...]
    day: date


def place_query(bounds: Bounds) -> str:
    """Return the question for settlements, hospitals, seats of the administration and industrial zones."""
    return (
        f"[out:json][timeout:{SERVER_TIMEOUT_S}];("
        f'nwr["place"~"^({"|".join(SETTLEMENTS)})$"]["name"]({_box(bounds)});'
        f'nwr["amenity"~"^(hospital|townhall)$"]["name"]({_box(bounds)});'
        f'nwr["landuse"="industrial"]["name"]({_box(bounds)});'
        ");out tags center qt;"
    )


def administrative_query(bounds: Bounds) -> str:
    """Return the question for the boundaries of administrative units, with their geometry."""
    return (
        f"[out:json][timeout:{SERVER_TIMEOUT_S}];"
        f'rel["boundary"="administrative"]["admin_level"~"{_LEVELS}"]["name"]({_box(bounds)});'
        "out body geom qt;"
    )


def _box(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"{south:.6f},{west:.6f},{north:.6f},{east:.6f}"


def ask_overpass(downloader: Downloader, url: str, name: str, query: str) -> Reply:
    """Return the elements of a question.

    Parameters
    ----------
    downloader : Downloader
    url : str
        Of the interpreter.
    name : str
        Beginning of the file's name.
    query : str
        Overpass QL.

    Raises
    ------
    FetchError
    """
    digest = hashlib.sha256(query.encode()).hexdigest()[:16]
    request = Request(url, form={"data": query}, pause_s=PAUSE_S)
    path = downloader.fetch(Wanted(f"{name}_{digest}.json", "osm", request, flaw=_flaw))
    assert path is not None  # may not be absent
    reply = json.loads(path.read_text(encoding="utf-8"))
    elements = [found for raw in reply["elements"] if (found := _element(raw)) is not None]
    elements.sort(key=lambda element: (element.kind, element.number))
    stamp = str(reply.get("osm3s", {}).get("timestamp_osm_base", ""))[:10]
    return Reply(tuple(elements), date.fromisoformat(stamp) if stamp else date(2000, 1, 1))


def _flaw(path: Path) -> str | None:
    try:
        reply = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        start = " ".join(path.read_text(encoding="utf-8", errors="replace")[:200].split())
        return f"not the JSON of an Overpass server: {start}"
    if not isinstance(reply, dict) or not isinstance(reply.get("elements"), list):
        return "no elements in the reply of the Overpass server"
    remark = str(reply.get("remark", ""))
    if "error" in remark:  # sent with status 200, and with what was found until then
        raise TransientError(f"the Overpass server gave up: {remark}", 30.0)
    return None


def _element(raw: Any) -> Element | None:
    if not isinstance(raw, dict) or raw.get("type") not in ("node", "way", "relation"):
        return None
    at = raw.get("center", raw)
    tags = {str(key): str(value) for key, value in raw.get("tags", {}).items()}
    members = tuple(member for member in raw.get("members", ()) if isinstance(member, dict))
    return Element(raw["type"], int(raw["id"]), at.get("lon"), at.get("lat"), tags, members)
