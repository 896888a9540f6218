"""The data block of the map: tables as columns of plain values, safe to stand inside an HTML page."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from ..gis_data.gap_schema import REMEDY_LABELS
from ..gis_data.result_schema import VERDICTS
from .blobs import Blobs
from .classes import level_edges, probability_edges, required_level_dbm, view_classes
from .content import CoverageLayer, HamletProfile, MapContent
from .palette import LEVEL_COLOURS, PLAN_STATE_STYLE, PROBABILITY_COLOURS, VERDICT_STYLE, operator_colours
from .plan_months import plan_months
from .profile_plot import PROFILE_WORDS
from .words import LANGUAGES, Language, catalogue

__all__ = ["payload", "script_safe_json"]

_SIMPLIFY_M = 40.0
_DEGREE_DECIMALS = 5  # about a metre


def script_safe_json(value: Any) -> str:
    """Return `value` as JSON that can stand in a script element: no text in it can end or begin markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(character, escape)
    return text


def payload(content: MapContent, blobs: Blobs) -> dict[str, Any]:
    """Return everything the page's script needs, as JSON types.

    Parameters
    ----------
    content : MapContent
    blobs : Blobs
        Its rasters and footprints: their table of contents becomes part of the data.
    """
    operators = _operators(content)
    return {
        "title": content.title,
        "language": content.language,
        "synthetic": content.synthetic,
        "asOf": content.as_of.isoformat(),
        "words": {language: _words(language) for language in LANGUAGES},
        "verdicts": [
            {"code": c, "colour": VERDICT_STYLE[c][0], "shape": VERDICT_STYLE[c][1]} for c in VERDICTS
        ],
        "operators": operators,
        "coverage": [_coverage(layer) for layer in content.coverage],
        "villages": _villages(content),
        "masts": _table(content.masts, _MAST_COLUMNS),
        "places": _table(content.places, ("name", "kind", "required_technology")),
        "proposals": _table(content.proposals, _PROPOSAL_COLUMNS),
        "communes": _communes(content.communes),
        "plans": _columns(content.plan_items, _PLAN_COLUMNS),
        "planMonths": plan_months(content.plan_items, content.plan_months, content.as_of),
        "planStates": [{"code": c, "colour": s[0], "sign": s[1]} for c, s in PLAN_STATE_STYLE.items()],
        "reasons": _reasons(content.reasons),
        "profiles": {one.village_id: _profile(one) for one in content.profiles},
        "cells": _cells(content),
        "rasters": blobs.rasters,
        "footprints": blobs.footprints,
        "assumptions": {
            language: [list(pair) for pair in content.assumptions[language]] for language in LANGUAGES
        },
        "dataVersions": [list(pair) for pair in content.data_versions],
    }


_MAST_COLUMNS = ("mast_id", "owner", "kind", "height_m", "commune", "operators", "technologies")
_VILLAGE_COLUMNS = (
    "village_id", "name", "commune", "population", "households", "grid_power", "verdict", "confidence",
    "decided_by",
)  # fmt: skip
_PROPOSAL_COLUMNS = (
    "station_id", "host_kind", "host_id", "shared_with", "operator", "technologies", "antenna_height_m",
    "cost_million_vnd", "people_served", "villages_served", "backhaul",
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
_PROFILE_POINTS = 160
_DECIMALS = {"level": 1, "p": 3, "share": 3}


def _words(language: Language) -> dict[str, str]:
    at = 1 if language == "vi" else 0
    return catalogue(language) | {f"profile.{key}": words[at] for key, words in PROFILE_WORDS.items()}


def _operators(content: MapContent) -> list[dict[str, str]]:
    """Colours for the project's operators, then for owners of masts who are none of them."""
    owners = sorted({str(owner) for owner in content.masts["owner"]}) if len(content.masts) else []
    names = (*content.operators, *(owner for owner in owners if owner not in content.operators))
    return [{"name": name, "colour": colour} for name, colour in operator_colours(names).items()]


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
    row = {str(mast): k for k, mast in enumerate(content.masts["mast_id"])}
    return {**_columns(frame, _CELL_COLUMNS), "mast": [row[str(mast)] for mast in frame["mast_id"]]}


def _profile(profile: HamletProfile) -> dict[str, Any]:
    """Return a profile thinned to what a small picture shows; its ends and its obstacle stay."""
    count = len(profile.distance_km)
    keep = np.unique(np.linspace(0, count - 1, min(count, _PROFILE_POINTS)).round().astype(np.int64))
    if profile.obstacle_km is not None:
        top = int(np.argmin(np.abs(profile.distance_km - profile.obstacle_km)))
        keep = np.unique(np.append(keep, top))
    return {
        "mast": profile.mast_id,
        "km": np.round(profile.distance_km[keep], 3).tolist(),
        "ground": np.round(profile.height_m[keep]).astype(int).tolist(),
        "clutter": np.round(profile.clutter_m[keep]).astype(int).tolist(),
        "antenna": round(profile.antenna_height_m, 1),
        "receiver": round(profile.receiver_height_m, 1),
        "mhz": round(profile.frequency_mhz, 1),
        "obstacleKm": None if profile.obstacle_km is None else round(profile.obstacle_km, 3),
        "obstacleDb": round(profile.obstacle_db, 1),
    }


def _villages(content: MapContent) -> dict[str, Any]:
    frame = content.villages
    unknown = sorted(set(frame["verdict"]) - set(VERDICTS)) if len(frame) else []
    if unknown:
        raise ValueError(f"verdicts the map has no sign for: {unknown}")
    table = _table(frame, _VILLAGE_COLUMNS)
    table["technologies"] = {
        layer.rule.technology: {
            key: _values(frame[name], _DECIMALS.get(key))
            for key, name in _technology_columns(layer.rule.technology).items()
            if name in frame
        }
        for layer in content.coverage
    }
    return table


def _reasons(frame: pd.DataFrame | None) -> dict[str, Any]:
    if frame is None or frame.empty:
        return {}
    return {name: _values(frame[name], 1) for name in _REASON_COLUMNS if name in frame}


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
    return {name: _values(frame[name]) for name in columns if name in frame}


def _values(series: pd.Series, decimals: int | None = None) -> list[Any]:
    return [_plain(value, decimals) for value in series.tolist()]


def _plain(value: Any, decimals: int | None = None) -> Any:
    """Return a JSON value: None for every kind of missing, a short number, an ISO date, or text."""
    if isinstance(value, list | tuple | set):
        return ";".join(str(item) for item in value)
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
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float, decimals: int | None) -> float | int | None:
    if not math.isfinite(value):
        return None
    rounded = round(value, 3 if decimals is None else decimals)
    return int(rounded) if rounded == int(rounded) else rounded


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
