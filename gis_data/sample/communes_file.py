"""The 54 units of 2025, and the communes before, as GeoJSON: real names and kinds, made-up areas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from . import facts
from .settlements import Hamlets
from .territory import Territory

__all__ = ["write_communes", "write_old_communes"]

DECIMALS = 5


def write_communes(path: Path, territory: Territory, hamlets: Hamlets) -> None:
    """Write the areas with the people of their hamlets."""
    people: dict[str, int] = {}
    for pair, count in zip(hamlets.pair.tolist(), hamlets.people.tolist(), strict=True):
        people[territory.new_code[pair]] = people.get(territory.new_code[pair], 0) + count
    rows = {row["code"]: row for row in facts.rows("communes.csv")}
    features = [
        {
            "type": "Feature",
            "properties": {
                "commune_code": code,
                "name": rows[code]["name"],
                "kind": rows[code]["kind"],
                "population": people[code],
                "area_km2": round(float(shapely.area(area)) / 1e6, 2),
            },
            "geometry": _geometry(area),
        }
        for code, area in territory.commune_areas().items()
    ]
    _write(path, features)


def write_old_communes(path: Path, territory: Territory) -> None:
    """Write the areas of the communes before 1 July 2025, made up as those of today."""
    names = dict(
        zip(territory.old_code, zip(territory.old_name, territory.district, strict=True), strict=True)
    )
    features = [
        {
            "type": "Feature",
            "properties": {"commune_code": code, "name": names[code][0], "old_district": names[code][1]},
            "geometry": _geometry(area),
        }
        for code, area in territory.old_commune_areas().items()
    ]
    _write(path, features)


def _write(path: Path, features: list[dict[str, Any]]) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=None)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _geometry(area: shapely.Geometry) -> dict[str, Any]:
    degrees = shapely.transform(area, lambda xy: np.round(facts.lonlat(xy), DECIMALS))
    polygons = [part for part in shapely.get_parts(degrees) if part.geom_type == "Polygon"]
    coordinates = [
        [[list(point) for point in ring.coords] for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in polygons
    ]
    return {"type": "MultiPolygon", "coordinates": coordinates}
