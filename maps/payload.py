"""The data block of the map: tables as columns of plain values, safe to stand inside an HTML page."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from ..gis_data.result_schema import VERDICTS
from .content import CoverageLayer, MapContent
from .palette import LEVEL_COLOURS, PROBABILITY_COLOURS, VERDICT_STYLE, operator_colours
from .words import LANGUAGES, catalogue

__all__ = [
    "PROBABILITY_EDGES",
    "level_edges",
    "payload",
    "probability_edges",
    "required_level_dbm",
    "script_safe_json",
]

PROBABILITY_EDGES = (0.5, 0.75, 0.9, 0.99)
"""Lower edges of the probability classes; the rule's own probability takes the place of the nearest."""

_CLASS_DB = 10.0  # width of the weakest class, and of the one below "strong"
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


def level_edges(layer: CoverageLayer) -> tuple[float, ...]:
    """Return the lower edges of the level classes of one technology (dBm), rising.

    Weak, uncertain, covered and strong: "covered" starts where the rule is met, never below.
    """
    required = required_level_dbm(layer)
    # a rule that asks for no more than an even chance is met at the threshold or below: nothing is uncertain
    heard = min(layer.threshold_dbm, required)
    return (heard - _CLASS_DB, heard, required, required + _CLASS_DB)


def required_level_dbm(layer: CoverageLayer) -> float:
    """Return the median level at which P(covered) reaches the rule's probability (dBm), up to the next 0.1.

    The threshold and the margin z(probability) · σ of a normal distribution above it.
    """
    if layer.sigma_db == 0.0:
        return layer.threshold_dbm
    if layer.probability >= 1.0:
        raise ValueError("no level is certain: the rule's probability must be under 1")
    margin_db = NormalDist().inv_cdf(layer.probability) * layer.sigma_db
    return math.ceil((layer.threshold_dbm + margin_db) * 10.0 - 1e-6) / 10.0


def probability_edges(layer: CoverageLayer) -> tuple[float, ...]:
    """Return the lower edges of the probability classes; the rule's probability is one of them."""
    nearest = min(range(len(PROBABILITY_EDGES)), key=lambda k: abs(PROBABILITY_EDGES[k] - layer.probability))
    return tuple(layer.probability if k == nearest else edge for k, edge in enumerate(PROBABILITY_EDGES))


def payload(content: MapContent, picture_pixel_m: float) -> dict[str, Any]:
    """Return everything the page's script needs, as JSON types.

    Parameters
    ----------
    content : MapContent
    picture_pixel_m : float
        Ground edge of a pixel of the coverage pictures, shown among the assumptions (m).
    """
    operators = _operators(content)
    return {
        "title": content.title,
        "language": content.language,
        "synthetic": content.synthetic,
        "asOf": content.as_of.isoformat(),
        "words": {language: catalogue(language) for language in LANGUAGES},
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
        "reasons": _reasons(content.reasons),
        "assumptions": {
            language: [list(pair) for pair in content.assumptions[language]] for language in LANGUAGES
        },
        "dataVersions": [list(pair) for pair in content.data_versions],
        "picturePixelM": round(picture_pixel_m, 1),
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
    "obstacle_height_m", "remedy", "remedy_gain_db", "tilt_deg", "azimuth_deg", "carrier_mast",
    "carrier_operator", "carrier_technology", "carrier_mhz", "height_more_m", "station_technology",
    "station_distance_m",
)  # fmt: skip
_DECIMALS = {"level": 1, "p": 3, "share": 3}


def _operators(content: MapContent) -> list[dict[str, str]]:
    """Colours for the project's operators, then for owners of masts who are none of them."""
    owners = sorted({str(owner) for owner in content.masts["owner"]}) if len(content.masts) else []
    names = (*content.operators, *(owner for owner in owners if owner not in content.operators))
    return [{"name": name, "colour": colour} for name, colour in operator_colours(names).items()]


def _coverage(layer: CoverageLayer) -> dict[str, Any]:
    return {
        "technology": layer.technology,
        "threshold": layer.threshold_dbm,
        "probability": layer.probability,
        "required": required_level_dbm(layer),
        "level": {"edges": level_edges(layer), "colours": LEVEL_COLOURS},
        "p": {"edges": probability_edges(layer), "colours": PROBABILITY_COLOURS},
    }


def _villages(content: MapContent) -> dict[str, Any]:
    frame = content.villages
    unknown = sorted(set(frame["verdict"]) - set(VERDICTS)) if len(frame) else []
    if unknown:
        raise ValueError(f"verdicts the map has no sign for: {unknown}")
    table = _table(frame, _VILLAGE_COLUMNS)
    table["technologies"] = {
        layer.technology: {
            key: _values(frame[name], _DECIMALS.get(key))
            for key, name in _technology_columns(layer.technology).items()
            if name in frame
        }
        for layer in content.coverage
    }
    return table


def _reasons(frame: pd.DataFrame | None) -> dict[str, Any]:
    """Columns of the reasons, with the gain of the remedy that was chosen."""
    if frame is None or frame.empty:
        return {}
    gains = [
        None if pd.isna(kind) else row[f"{kind}_gain_db"]
        for kind, (_, row) in zip(frame["remedy"], frame.iterrows(), strict=True)
    ]
    chosen = pd.DataFrame(frame).assign(remedy_gain_db=np.array(gains, dtype=np.float64))
    return {name: _values(chosen[name], 1) for name in _REASON_COLUMNS if name in chosen}


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
