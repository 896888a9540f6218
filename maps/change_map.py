"""What changed between two versions, on one page that works without a network: a map and a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import geopandas as gpd

from ..gis_data.writers import written_aside
from .offline import self_contained
from .script_json import script_safe_json

__all__ = ["CHANGE_STYLE", "STATION_STYLE", "ChangeMap", "change_page", "write_change_map"]

CHANGE_STYLE: dict[str, tuple[str, str]] = {
    "lost": ("#b2182b", "cross"),
    "worse": ("#ef6c00", "down"),
    "gained": ("#01665e", "plus"),
    "better": ("#56b4e9", "up"),
    "other": ("#c2a5cf", "square"),
    "operators": ("#f0e442", "diamond"),
    "appeared": ("#ffffff", "ring"),
    "vanished": ("#737b84", "ring"),
}
"""Fill colour and shape of each kind of change: no two are told apart by colour alone but new and gone."""

STATION_STYLE: dict[str, str] = {
    "removed": "#b2182b", "off": "#b2182b", "new": "#01665e", "on": "#01665e", "moved": "#0072b2",
    "changed": "#737b84",
}  # fmt: skip
"""Colour of each kind of change of a station; its sign is a mast."""

_STATION_FIELDS = ("mast_id", "operator", "technology", "change", "details")
_DATA_SLOT = "<!-- data of the page -->"


@dataclass(frozen=True)
class ChangeMap:
    """What the page shows, in one language.

    Attributes
    ----------
    language : {"vi", "en"}
    title, before, after : str
        The project; the two versions.
    synthetic : str
        What to say of made-up data; empty: nothing.
    hamlets : GeoDataFrame
        `gis_data.history_schema.HISTORY_HAMLETS`, in codes.
    hamlet_texts : tuple of str
        Why, in words; as many as hamlets.
    stations : GeoDataFrame
        `HISTORY_STATIONS`, in codes.
    unchanged : GeoDataFrame
        Column ``name``: the other hamlets, to know one's way.
    words, labels : mapping of str to str
        Of the page; of codes, such as "hamlet.lost".
    """

    language: str
    title: str
    synthetic: str
    before: str
    after: str
    hamlets: gpd.GeoDataFrame
    hamlet_texts: tuple[str, ...]
    stations: gpd.GeoDataFrame
    unchanged: gpd.GeoDataFrame
    words: Mapping[str, str]
    labels: Mapping[str, str]


def write_change_map(path: Path, content: ChangeMap) -> None:
    """Write the page; the same content gives the same bytes.

    Raises
    ------
    OutputLockedError
        The file cannot be replaced; the earlier one is untouched.
    """
    with written_aside(path) as part:
        part.write_text(change_page(content), encoding="utf-8", newline="\n")


def change_page(content: ChangeMap) -> str:
    """Return the page as self-contained HTML."""
    # data come last: the search for outside addresses must never read a hamlet's name
    shell = _template("change.html").replace("LANGUAGE", content.language, 1)
    shell = shell.replace("STYLE", _template("change.css"), 1)
    shell = self_contained(shell.replace("SCRIPT", f"<script>{_template('change.js')}</script>", 1))
    data = script_safe_json(_payload(content))
    return shell.replace(_DATA_SLOT, f'<script type="application/json" id="ps-data">{data}</script>', 1)


def _template(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _payload(content: ChangeMap) -> dict[str, Any]:
    hamlets = content.hamlets
    points = _points(hamlets)
    fields = (
        "village_id",
        "name",
        "commune",
        "population",
        "change",
        "verdict_before",
        "verdict_after",
        "stations",
    )
    return {
        "title": content.title,
        "synthetic": content.synthetic,
        "before": content.before,
        "after": content.after,
        "words": dict(content.words),
        "labels": dict(content.labels),
        "styles": {code: list(style) for code, style in CHANGE_STYLE.items()},
        "stationStyles": STATION_STYLE,
        "hamlets": [
            {**{field: _plain(row[field]) for field in fields}, "at": at, "why": why}
            for row, at, why in zip(hamlets.to_dict("records"), points, content.hamlet_texts, strict=True)
        ],
        "stations": [
            {**{field: _plain(row[field]) for field in _STATION_FIELDS}, "at": at}
            for row, at in zip(content.stations.to_dict("records"), _points(content.stations), strict=True)
        ],
        "unchanged": [
            [*at, str(name)]
            for at, name in zip(_points(content.unchanged), content.unchanged["name"], strict=True)
        ],
    }  # fmt: skip


def _points(frame: gpd.GeoDataFrame) -> list[list[float]]:
    if frame.empty:
        return []
    places = frame.geometry.representative_point().to_crs("EPSG:4326")
    return [[round(y, 5), round(x, 5)] for x, y in zip(places.x.tolist(), places.y.tolist(), strict=True)]


def _plain(value: Any) -> Any:
    return None if value is None or value != value else value
