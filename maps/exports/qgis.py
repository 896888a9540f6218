"""Which style each layer of our GeoPackages gets in QGIS: the classes, colours and signs of the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import pandas as pd

from ...coverage.siting import tables as siting
from ...coverage.siting.evaluation.audit_tables import HAMLET_COLUMNS, level_columns
from ...gis_data.gap_schema import CAUSE_LABELS, CLUSTER_VERDICTS, HAMLET_REASONS, INDOOR_REASONS, PLACES_DUTY
from ...gis_data.network_schema import BACKHAUL_LINKS, CELLS_ON_AIR, COVERAGE_AREAS, MASTS_OF_DAY
from ...gis_data.plan_schema import PLAN_ITEMS, PLAN_STATE_LABELS
from ...gis_data.result_schema import VERDICT_LABELS, VILLAGE_VERDICTS
from ...gis_data.scenario_schema import (
    CHANGE_LABELS,
    SCENARIO_HAMLETS,
    SCENARIO_PLACES,
    SCENARIO_STATIONS,
    SCENARIO_UPGRADES,
)
from ...gis_data.schema import TECHNOLOGIES, Table
from ...gis_data.units import with_unit
from ...gis_data.writers import schema_headers
from ..palette import (
    INK,
    LEVEL_COLOURS,
    OPERATOR_COLOURS,
    PLAN_STATE_STYLE,
    VERDICT_STYLE,
    operator_colours,
)
from ..words import Language, word
from .qml import Category, Labels, Symbol, area_symbol, line_symbol, marker_symbol, qml

__all__ = ["CAUSE_STYLE", "CHANGE_STYLE", "HOST_STYLE", "PLAN_SIGNS", "layer_styles"]

_BLUE, _ORANGE, _GREEN, _PINK, _SKY, _RED = (OPERATOR_COLOURS[k] for k in (1, 2, 3, 4, 5, 0))
_GREY = "#9aa2aa"

CAUSE_STYLE: dict[str, tuple[str, str]] = {
    "obstacle": (_RED, "triangle"),
    "direction": (_ORANGE, "diamond"),
    "distance": (_BLUE, "dot"),
    "technology": (_PINK, "square"),
    "no_mast": (INK, "cross"),
    "measured": (_SKY, "half"),
    "building": (_GREEN, "ring"),
}
"""Colour and sign of the main cause that a hamlet lacks a service."""
CHANGE_STYLE: dict[str, tuple[str, str]] = {
    "lost": ("#b2182b", "cross"),
    "worse": ("#ef6c00", "triangle"),
    "other": (_GREY, "square"),
    "better": (_SKY, "diamond"),
    "gained": ("#01665e", "dot"),
}
"""Colour and sign of what a scenario does to a hamlet."""
HOST_STYLE: dict[str, str] = {
    "upgrade": _BLUE,
    "colocation": _GREEN,
    "pole": _ORANGE,
    "remote_sector": _PINK,
    "new_tower": _RED,
}
"""Colour of a proposed station by what it stands on."""
PLAN_SIGNS: dict[str, tuple[str, str]] = {
    code: (PLAN_STATE_STYLE[code][0], sign)
    for code, sign in (
        ("contradicted", "cross"), ("overdue", "triangle"), ("unverified", "ring"), ("pending", "square"),
        ("early", "diamond"), ("done", "dot"),
    )
}  # fmt: skip
"""Colour and sign of the state of a plan item, where the map's flags cannot be drawn."""

_LEFT_OUT = ("no_candidate", "terrain", "budget", "worth", "search")
_LEVEL_KEYS = {
    "weak": "level_weak", "uncertain": "level_uncertain", "covered": "rule_met", "strong": "level_strong",
}  # fmt: skip
_Maker = Callable[[pd.DataFrame, Language], str]


def layer_styles(
    layers: Mapping[str, pd.DataFrame], language: str, operators: Sequence[str] = ()
) -> dict[str, str]:
    """Return a QML document for each layer with geometry that has a style of ours, by layer name.

    Parameters
    ----------
    layers : mapping of str to DataFrame
        As `gis_data.writers.write_geopackage` takes them.
    language : {"vi", "en"}
        Of legends and column titles.
    operators : sequence of str
        In the order of the project, which fixes their colours.
    """
    tongue: Language = "vi" if language == "vi" else "en"
    found = {}
    for name, frame in layers.items():
        maker = _cells(operators) if name == "cells" else _maker(name, frame)
        if maker is not None and isinstance(frame, gpd.GeoDataFrame):
            found[name] = maker(frame, tongue)
    return found


def _maker(name: str, frame: pd.DataFrame) -> _Maker | None:
    if name == "hamlets" and "change" in frame.columns:
        return _changes
    if name == "stations" and "kept" in frame.columns:
        return _kept
    return _MAKERS.get(name)


def _titles(frame: pd.DataFrame, table: Table, language: Language) -> dict[str, str]:
    headers = schema_headers(table, language)
    return {str(name): headers[str(name)] for name in frame.columns if str(name) in headers}


def _symbols(frame: pd.DataFrame, sign: str, colour: str, size_mm: float) -> tuple[Symbol, ...]:
    """A sign for points, a filled area for areas; both where a layer has both."""
    kinds = set(frame.geometry.geom_type.dropna()) if isinstance(frame, gpd.GeoDataFrame) else set()
    areas, points = bool(kinds & {"Polygon", "MultiPolygon"}), bool(kinds & {"Point", "MultiPoint"})
    marker, area = marker_symbol(sign, colour, size_mm), area_symbol(colour)
    if areas and points:
        return marker, area
    return (area,) if areas else (marker,)


def _signs(
    frame: pd.DataFrame,
    style: Mapping[str, tuple[str, str]],
    words: Mapping[str, tuple[str, str]],
    language: Language,
    size_mm: float,
) -> list[Category]:
    """One category per code, worst first; `words` are English and Vietnamese."""
    at = 1 if language == "vi" else 0
    return [
        Category(code, words[code][at], _symbols(frame, sign, colour, size_mm))
        for code, (colour, sign) in style.items()
    ]


def _verdicts(size_mm: float, table: Table, smallest_scale: int) -> _Maker:
    def make(frame: pd.DataFrame, language: Language) -> str:
        categories = _signs(frame, VERDICT_STYLE, VERDICT_LABELS, language, size_mm)
        labels = Labels("name", smallest_scale)
        return qml("verdict", categories, labels=labels, titles=_titles(frame, table, language))

    return make


def _causes(table: Table) -> _Maker:
    def make(frame: pd.DataFrame, language: Language) -> str:
        categories = _signs(frame, CAUSE_STYLE, CAUSE_LABELS, language, 3.4)
        labels = Labels("name", 100_000)
        return qml("cause", categories, labels=labels, titles=_titles(frame, table, language))

    return make


def _changes(frame: pd.DataFrame, language: Language) -> str:
    categories = _signs(frame, CHANGE_STYLE, CHANGE_LABELS, language, 3.4)
    titles = _titles(frame, SCENARIO_HAMLETS, language)
    return qml("change", categories, labels=Labels("name", 100_000), titles=titles)


def _yes_no(column: str, label: str, table: Table, yes: str, no: str, sign: str) -> _Maker:
    def make(frame: pd.DataFrame, language: Language) -> str:
        categories = [
            Category(True, word("yes", language), (marker_symbol(sign, yes, 4.0),)),
            Category(False, word("no", language), (marker_symbol("cross", no, 4.0),)),
        ]
        titles = _titles(frame, table, language)
        named = [Category(c.value, f"{titles.get(column, column)}: {c.label}", c.symbols) for c in categories]
        return qml(column, named, labels=Labels(label, 250_000), titles=titles)

    return make


_kept = _yes_no("kept", "mast_id", SCENARIO_STATIONS, "#01665e", _GREY, "mast")


def _one_sign(sign: str, colour: str, label: str, table: Table, key: str, size_mm: float = 3.0) -> _Maker:
    def make(frame: pd.DataFrame, language: Language) -> str:
        category = Category(None, word(key, language), (marker_symbol(sign, colour, size_mm),))
        return qml("", [category], labels=Labels(label, 60_000), titles=_titles(frame, table, language))

    return make


def _stations(frame: pd.DataFrame, language: Language) -> str:
    categories = [
        Category(kind, word(f"host.{kind}", language), (marker_symbol("star", colour, 3.8),))
        for kind, colour in HOST_STYLE.items()
    ]
    at = "label_vi" if language == "vi" else "label_en"
    columns = siting.STATION_COLUMNS + siting.STATION_PLACE_COLUMNS
    present = [column for column in columns if column.name in frame.columns]
    titles = {column.name: with_unit(getattr(column, at), column.unit, language) for column in present}
    return qml("kind", categories, labels=Labels("station_id", 500_000), titles=titles)


def _plan_items(frame: pd.DataFrame, language: Language) -> str:
    categories = _signs(frame, PLAN_SIGNS, PLAN_STATE_LABELS, language, 3.4)
    titles = _titles(frame, PLAN_ITEMS, language)
    return qml("state", categories, labels=Labels("item_id", 60_000), titles=titles)


def _hamlet_titles(frame: pd.DataFrame, language: Language) -> dict[str, str]:
    """Titles of the columns of hamlets that a proposal serves or leaves out."""
    at = "label_vi" if language == "vi" else "label_en"
    columns = (
        *siting.UNSERVED_COLUMNS, *siting.UNSERVED_PLACE_COLUMNS, *HAMLET_COLUMNS,
        *level_columns(TECHNOLOGIES),
    )  # fmt: skip
    return {
        column.name: with_unit(getattr(column, at), column.unit, language)
        for column in columns
        if column.name in frame.columns
    }


def _served(frame: pd.DataFrame, language: Language) -> str:
    category = Category(None, word("villages_served", language), _symbols(frame, "dot", "#01665e", 3.0))
    return qml("", [category], labels=Labels("name", 150_000), titles=_hamlet_titles(frame, language))


def _left_out(frame: pd.DataFrame, language: Language) -> str:
    """Hamlets left without service, by the reason."""
    style = dict(zip(_LEFT_OUT, ((INK, "cross"), (_ORANGE, "triangle"), (_RED, "square"), (_GREY, "ring"),
                                 (_SKY, "diamond")), strict=True))  # fmt: skip
    categories = _signs(frame, style, siting.WORDS, language, 3.4)
    return qml("reason", categories, labels=Labels("name", 150_000), titles=_hamlet_titles(frame, language))


def _links(frame: pd.DataFrame, language: Language) -> str:
    categories = [
        Category("fibre", word("backhaul.fibre", language), (line_symbol(_GREEN, 0.7),)),
        Category("microwave", word("backhaul.microwave", language), (line_symbol(_BLUE, 0.7, "dash"),)),
    ]
    return qml("backhaul", categories, titles=_titles(frame, BACKHAUL_LINKS, language))


def _cells(operators: Sequence[str]) -> _Maker:
    """Sectors in the colour of their operator."""

    def make(frame: pd.DataFrame, language: Language) -> str:
        named = tuple(dict.fromkeys([*operators, *sorted(set(frame["operator"].astype(str)))]))
        categories = [
            Category(name, name, (area_symbol(colour, 0.55),))
            for name, colour in operator_colours(named).items()
        ]
        labels, titles = Labels("cell_id", 10_000, 7.0), _titles(frame, CELLS_ON_AIR, language)
        return qml("operator", categories, labels=labels, titles=titles, smallest_scale=400_000)

    return make


def _coverage(frame: pd.DataFrame, language: Language) -> str:
    categories = [
        Category(code, word(key, language), (area_symbol(colour, 0.55, width_mm=0.0),))
        for (code, key), colour in zip(_LEVEL_KEYS.items(), LEVEL_COLOURS, strict=True)
    ]
    return qml("level_class", categories, titles=_titles(frame, COVERAGE_AREAS, language))


_MAKERS: dict[str, _Maker] = {
    "hamlets": _verdicts(3.4, VILLAGE_VERDICTS, 150_000),
    "clusters": _verdicts(2.4, CLUSTER_VERDICTS, 25_000),
    "hamlet_reasons": _causes(HAMLET_REASONS),
    "indoor_reasons": _causes(INDOOR_REASONS),
    "places_duty": _yes_no("covered", "name", PLACES_DUTY, "#01665e", "#b2182b", "diamond"),
    "places": _yes_no("covered_after", "name", SCENARIO_PLACES, "#01665e", "#b2182b", "diamond"),
    "upgrades": _one_sign("star", _BLUE, "mast_id", SCENARIO_UPGRADES, "mast"),
    "masts": _one_sign("mast", INK, "mast_id", MASTS_OF_DAY, "mast"),
    "stations": _stations,
    "links": _links,
    "plan_items": _plan_items,
    "hamlets_served": _served,
    "unserved": _left_out,
    **dict.fromkeys([f"coverage_{technology.lower()}" for technology in TECHNOLOGIES], _coverage),
}
