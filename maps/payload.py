"""The data block of the map: tables as columns of plain values, safe to stand inside an HTML page."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from ..gis_data.gap_schema import REMEDY_LABELS
from ..gis_data.result_schema import VERDICTS
from .base_content import BaseContent
from .blobs import Blobs
from .classes import level_edges, probability_edges, required_level_dbm, view_classes
from .content import CoverageLayer, HamletProfile, MapContent
from .palette import LEVEL_COLOURS, PLAN_STATE_STYLE, PROBABILITY_COLOURS, VERDICT_STYLE
from .plain_text import printable, printables
from .plan_months import plan_months
from .profile_plot import LINK_WORDS, PROFILE_WORDS, ProfilePlot
from .words import LANGUAGES, Language, catalogue

__all__ = [
    "payload", "profile_values", "profile_words", "reason_values", "shared_values",
]  # fmt: skip

_SIMPLIFY_M = 40.0
_DEGREE_DECIMALS = 5  # about a metre


def payload(content: MapContent, blobs: Blobs) -> dict[str, Any]:
    """Return everything the page's script needs, as JSON types.

    Parameters
    ----------
    content : MapContent
    blobs : Blobs
        Its rasters and footprints: their table of contents becomes part of the data.
    """
    return {
        **shared_values(content),
        "words": {language: _words(content, language) for language in LANGUAGES},
        "operators": content.coloured(),
        "coverage": [_coverage(layer) for layer in content.coverage],
        "villages": _villages(content),
        "masts": _table(content.masts, _MAST_COLUMNS),
        "places": _table(content.places, ("name", "kind", "required_technology")),
        "proposals": _table(content.proposals, _PROPOSAL_COLUMNS),
        "communes": _communes(content.communes),
        "plans": _columns(content.plan_items, _PLAN_COLUMNS),
        "planMonths": plan_months(content.plan_items, content.plan_months, content.as_of),
        "planStates": [{"code": c, "colour": s[0], "sign": s[1]} for c, s in PLAN_STATE_STYLE.items()],
        "reasons": reason_values(content.reasons),
        "profiles": {printable(one.village_id): profile_values(one) for one in content.profiles},
        "links": _links(content.links),
        "linkProfiles": {
            printable(station): profile_values(one) for station, one in content.link_profiles.items()
        },
        "after": _after(content),
        "cells": _cells(content),
        "rasters": blobs.rasters,
        "footprints": blobs.footprints,
    }


def shared_values(content: BaseContent) -> dict[str, Any]:
    """Return what the pages of all forms of the map start from, as JSON types."""
    return {
        "title": printable(content.title),
        "language": content.language,
        "synthetic": content.synthetic,
        "asOf": content.as_of.isoformat(),
        "verdicts": [
            {"code": c, "colour": VERDICT_STYLE[c][0], "shape": VERDICT_STYLE[c][1]} for c in VERDICTS
        ],
        "assumptions": {one: _pairs(content.assumptions[one]) for one in LANGUAGES},
        "dataVersions": _pairs(content.data_versions),
    }


def _pairs(rows: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return [[printable(label), printable(value)] for label, value in rows]


_MAST_COLUMNS = ("mast_id", "owner", "kind", "height_m", "commune", "operators", "technologies")
_VILLAGE_COLUMNS = (
    "village_id", "name", "commune", "population", "households", "grid_power", "verdict", "signal_gap",
    "confidence", "decided_by",
)  # fmt: skip
_PROPOSAL_COLUMNS = (
    "station_id", "host_kind", "host_id", "shared_with", "operator", "technologies", "antenna_height_m",
    "cost", "people_served", "villages_served", "backhaul",
)  # fmt: skip
_PLAN_COLUMNS = (
    "plan_id", "item_id", "kind", "village_id", "mast_id", "operator", "deadline", "reported_on", "claimed",
    "support", "reason", "discrepancy",
)  # fmt: skip
_REASON_COLUMNS = (
    "village_id", "service", "cause", "candidate_cell", "candidate_mast", "candidate_operator",
    "candidate_technology", "distance_m", "short_db", "obstacle_db", "obstacle_distance_m",
    "obstacle_height_m", "remedy", "tilt_deg", "azimuth_deg", "carrier_mast", "carrier_operator",
    "carrier_technology", "carrier_mhz", "height_more_m", "station_technology", "station_distance_m",
    *(f"{kind}_{what}" for kind in REMEDY_LABELS for what in ("gain_db", "enough", "price")),
)  # fmt: skip
_CELL_COLUMNS = (
    "cell_id", "operator", "technology", "frequency_mhz", "antenna_height_m", "azimuth_deg",
    "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm",
)  # fmt: skip
_LINK_COLUMNS = (
    "station_id", "backhaul", "backhaul_target", "hops", "backhaul_km", "frequency_ghz", "dish_height_m",
    "far_height_m", "clearance_m", "tightest_km",
)  # fmt: skip
_AFTER_COLUMNS = (
    "village_id", "plan_result", "people_before", "people_after", "verdict_before", "verdict_after",
)  # fmt: skip
_LONG, _FEW = 200, 4
_PROFILE_POINTS = 160
_DECIMALS = {"level": 1, "p": 3, "share": 3}


def _words(content: MapContent, language: Language) -> dict[str, str]:
    return catalogue(language) | profile_words(language) | {"currency": content.currency[language]}


def profile_words(language: Language) -> dict[str, str]:
    """Return the words of terrain profiles by the keys under which the page's script asks for them."""
    at = 1 if language == "vi" else 0
    return {f"profile.{key}": words[at] for key, words in {**PROFILE_WORDS, **LINK_WORDS}.items()}


def _coverage(layer: CoverageLayer) -> dict[str, Any]:
    rule, shown = layer.rule, view_classes(layer.rule)
    return {
        "technology": rule.technology,
        "threshold": rule.threshold_dbm,
        "probability": rule.probability,
        "required": required_level_dbm(rule),
        "level": {"edges": level_edges(rule), "colours": LEVEL_COLOURS, "classes": shown["level"]},
        "p": {"edges": probability_edges(rule), "colours": PROBABILITY_COLOURS, "classes": shown["p"]},
    }


def _cells(content: MapContent) -> dict[str, Any]:
    """Cells on air in the order that best-server rasters count, each with its mast's row."""
    frame = content.cells
    if frame is None or frame.empty:
        return {}
    row = {str(mast): k for k, mast in enumerate(content.masts["mast_id"].tolist())}
    return {**_columns(frame, _CELL_COLUMNS), "mast": [row[str(mast)] for mast in frame["mast_id"].tolist()]}


def profile_values(profile: HamletProfile | ProfilePlot) -> dict[str, Any]:
    """Return a profile thinned to what a small picture shows, as JSON types; ends and obstacle stay."""
    count = len(profile.distance_km)
    keep = np.unique(np.linspace(0, count - 1, min(count, _PROFILE_POINTS)).round().astype(np.int64))
    if profile.obstacle_km is not None:
        top = int(np.argmin(np.abs(profile.distance_km - profile.obstacle_km)))
        keep = np.unique(np.append(keep, top))
    link = isinstance(profile, ProfilePlot) and profile.link
    return {
        "mast": printable(profile.mast if isinstance(profile, ProfilePlot) else profile.mast_id),
        "km": np.round(profile.distance_km[keep], 3).tolist(),
        "ground": np.round(profile.height_m[keep]).astype(int).tolist(),
        "clutter": np.round(profile.clutter_m[keep]).astype(int).tolist(),
        "antenna": round(profile.antenna_height_m, 1),
        "receiver": round(profile.receiver_height_m, 1),
        "mhz": round(profile.frequency_mhz, 1),
        "obstacleKm": None if profile.obstacle_km is None else round(profile.obstacle_km, 3),
        "obstacleDb": round(profile.obstacle_db, 1),
        **(_of_link(profile) if link and isinstance(profile, ProfilePlot) else {}),
    }


def _of_link(profile: ProfilePlot) -> dict[str, Any]:
    return {
        "target": printable(profile.hamlet),
        "share": round(profile.fresnel_share, 2),
        "room": round(profile.room_m, 1),
    }


def _links(frame: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return the links of proposed stations with both ends as [lat, lon, lat, lon]."""
    if frame is None or frame.empty:
        return {}
    lines = frame.geometry.to_crs("EPSG:4326")
    ends = [
        [round(c, _DEGREE_DECIMALS) for x, y in (line.coords[0], line.coords[-1]) for c in (y, x)]
        for line in lines
    ]
    return {**_columns(frame, _LINK_COLUMNS), "ends": ends}


def _after(content: MapContent) -> dict[str, Any]:
    """Return the hamlets in need before and with the proposal, and their levels by technology."""
    frame = content.hamlets_after
    if frame is None or frame.empty:
        return {}
    levels = {}
    for layer in content.coverage:
        technology = layer.rule.technology
        names = [f"level_{technology.lower()}_{when}_dbm" for when in ("before", "after")]
        if names[0] in frame:
            levels[technology] = [_values(frame[name], 1) for name in names]
    return {**_columns(frame, _AFTER_COLUMNS), "levels": levels}


def _villages(content: MapContent) -> dict[str, Any]:
    frame = content.villages
    unknown = sorted(set(frame["verdict"]) - set(VERDICTS)) if len(frame) else []
    if unknown:
        raise ValueError(f"verdicts the map has no sign for: {unknown}")
    table = _table(frame, _VILLAGE_COLUMNS)
    table["technologies"] = {
        layer.rule.technology: {
            key: _shorter(_values(frame[name], _DECIMALS.get(key)))
            for key, name in _technology_columns(layer.rule.technology).items()
            if name in frame
        }
        for layer in content.coverage
    }
    return table


def reason_values(frame: pd.DataFrame | None) -> dict[str, Any]:
    """Return the columns of `gap_schema.HAMLET_REASONS` that the pages tell, as JSON types."""
    if frame is None or frame.empty:
        return {}
    digits = {"short_db": 2}  # 0.04 dB short is not nothing
    return {name: _values(frame[name], digits.get(name, 1)) for name in _REASON_COLUMNS if name in frame}


def _technology_columns(technology: str) -> dict[str, str]:
    low = technology.lower()
    return {
        "level": f"level_{low}_dbm",
        "p": f"p_{low}",
        "share": f"share_people_{low}",
        "served": f"served_{low}",
        "best": f"best_cell_{low}",
    }


def _table(frame: gpd.GeoDataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    """Columns of a table of points, with ``lat`` and ``lon``."""
    table = _columns(frame, columns)
    if len(frame):
        points = frame.geometry.representative_point().to_crs("EPSG:4326")
        table["lat"] = [round(float(y), _DEGREE_DECIMALS) for y in points.y]
        table["lon"] = [round(float(x), _DEGREE_DECIMALS) for x in points.x]
    else:
        table["lat"], table["lon"] = [], []
    return table


def _columns(frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: _shorter(_values(frame[name])) for name in columns if name in frame}


def _shorter(values: list[Any]) -> list[Any] | dict[str, list[Any]]:
    """Return a long column of few texts as those texts (``of``) and where each row's stands (``at``)."""
    if len(values) < _LONG or not any(isinstance(value, str) for value in values[:_LONG]):
        return values
    place = {value: k for k, value in enumerate(dict.fromkeys(values))}
    if len(place) > len(values) // _FEW:
        return values
    return {"of": list(place), "at": [place[value] for value in values]}


def _values(series: pd.Series, decimals: int | None = None) -> list[Any]:
    """Return a column as JSON values: numbers and texts as a whole, of others each different one."""
    values = series.to_numpy() if isinstance(series.dtype, np.dtype) else None
    if values is not None and values.dtype.kind == "f":
        place, distinct = pd.factorize(values, use_na_sentinel=False)
        numbers = [_number(value, decimals) for value in distinct.tolist()]
        return [numbers[at] for at in place.tolist()]
    if values is not None and values.dtype.kind in "biu":
        return list(values.tolist())
    if isinstance(series.dtype, pd.StringDtype):
        return [None if isinstance(text, float) else text for text in printables(series.tolist())]
    if values is not None and values.dtype.kind == "O" and set(map(type, texts := values.tolist())) == {str}:
        return printables(texts)
    try:
        codes, different = pd.factorize(series, use_na_sentinel=False)
    except TypeError:  # lists and sets have no hash
        return [_plain(value, decimals) for value in series.tolist()]
    plain = [_plain(value, decimals) for value in different.tolist()]
    return [plain[code] for code in codes.tolist()]


def _plain(value: Any, decimals: int | None = None) -> Any:
    """Return a JSON value: None for every kind of missing, a short number, an ISO date, or text."""
    if isinstance(value, list | tuple | set):
        return ";".join(printable(str(item)) for item in value)
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _number(float(value), decimals)
    if isinstance(value, datetime | pd.Timestamp):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else printable(str(value))


def _number(value: float, decimals: int | None) -> float | int | None:
    if not isfinite(value):
        return None
    rounded = round(value, 3 if decimals is None else decimals)
    return int(rounded) if rounded.is_integer() else rounded


def _communes(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    table = _table(frame, ("name", "kind", "population"))
    table["outline"] = _outlines(frame) if len(frame) else []
    return table


def _outlines(frame: gpd.GeoDataFrame) -> list[list[list[list[float]]]]:
    """Return per commune its rings of [lat, lon]; none for a point."""
    metric = frame.geometry if frame.crs.is_projected else frame.geometry.to_crs(frame.estimate_utm_crs())
    # coverage-wise simplification keeps a border that two communes share one line
    areas = metric.geom_type.isin(["Polygon", "MultiPolygon"])
    simple = metric.copy()
    if areas.any():
        simple[areas] = metric[areas].simplify_coverage(_SIMPLIFY_M)
    return [_rings(shape) for shape in simple.to_crs("EPSG:4326")]


def _rings(shape: BaseGeometry) -> list[list[list[float]]]:
    polygons = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"]
    return [
        [[round(y, _DEGREE_DECIMALS), round(x, _DEGREE_DECIMALS)] for x, y in polygon.exterior.coords]
        for polygon in polygons
        if not polygon.is_empty
    ]
