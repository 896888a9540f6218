"""A history and a difference for people: tables on the console, a workbook, a GeoPackage and a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .console import Reporter
from .gis_data.history_schema import (
    CAUSE_LABELS,
    HAMLET_CHANGE_LABELS,
    HISTORY_TABLES,
    STATION_CHANGE_LABELS,
    SUBJECT_LABELS,
)
from .gis_data.result_schema import (
    CONFIDENCE_LABELS,
    KIND_LABELS,
    SCOPE_LABELS,
    SERVICE_LABELS,
    TARGET_LABELS,
    VERDICT_LABELS,
    Labels,
)
from .gis_data.schema import CELLS
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_geopackage, write_xlsx
from .history_choice import local_day
from .history_diff import HistoryDifference
from .history_stations import CellChange
from .history_words import say
from .maps.change_map import ChangeMap, write_change_map
from .store.interface import VersionInfo

__all__ = ["show_difference", "show_history", "show_pruned", "worded", "write_difference"]

_SHOWN = 15
_LABELS: dict[str, dict[str, Labels]] = {
    "history_hamlets": {
        "change": HAMLET_CHANGE_LABELS, "verdict_before": VERDICT_LABELS, "verdict_after": VERDICT_LABELS,
        "confidence_before": CONFIDENCE_LABELS, "confidence_after": CONFIDENCE_LABELS, "cause": CAUSE_LABELS,
    },
    "history_stations": {"change": STATION_CHANGE_LABELS},
    "history_services": {"service": SERVICE_LABELS},
    "history_classes": {"verdict": VERDICT_LABELS},
    "history_plans": {"scope": SCOPE_LABELS, "subject": {**KIND_LABELS, **TARGET_LABELS}},
    "history_provenance": {"subject": SUBJECT_LABELS},
}  # fmt: skip
_LISTS: dict[str, Labels] = {
    "services_lost": SERVICE_LABELS,
    "services_gained": SERVICE_LABELS,
    "also_changed": CAUSE_LABELS,
}


def show_history(reporter: Reporter, infos: Sequence[VersionInfo]) -> None:
    """Print a line per version, oldest first."""
    language = reporter.language
    if not infos:
        reporter.console.print(say("empty", language))
        return
    keys = ("number", "made", "by", "as_of", "cells_on_air", "dead", "label")
    rows = [
        (
            info.number, f"{info.made_at.astimezone():%Y-%m-%d %H:%M}", info.made_by, info.as_of.isoformat(),
            info.cells_on_air, info.hamlets_dead, info.label,
        )
        for info in infos
    ]  # fmt: skip
    reporter.table([say(key, language) for key in keys], rows)


def show_pruned(reporter: Reporter, going: Sequence[VersionInfo], freed: tuple[int, int] | None) -> None:
    """Print which versions went, or would go (`freed` None), and what was freed: files and bytes."""
    language = reporter.language
    if going:
        print(say("would_go" if freed is None else "gone", language))
        show_history(reporter, going)
    else:
        print(say("nothing_to_prune", language))
    if freed is not None:
        print(say("freed", language, count=freed[0], megabytes=freed[1] / 1e6))


def show_difference(reporter: Reporter, found: HistoryDifference) -> None:
    """Print who gained and who lost, and because of which stations."""
    language, at = reporter.language, _at(reporter.language)
    for key, info in (("before", found.before.info), ("after", found.after.info)):
        print(f"{say(key, language)}: {version_line(info, language)}")
    keys = ("service", "before", "after", "lost", "people", "gained", "people")
    numbers = (
        "hamlets_before",
        "hamlets_after",
        "hamlets_losing",
        "people_losing",
        "hamlets_gaining",
        "people_gaining",
    )
    rows = [
        (SERVICE_LABELS[row["service"]][at], *(round(row[name]) for name in numbers))
        for row in found.services.to_dict("records")
    ]
    reporter.table([say(key, language) for key in keys], rows)
    tables = worded(found, language)
    hamlets = tables["history_hamlets"]
    lines = [
        (f"{row['name']} ({row['commune']})", row["change"], round(row["population"]), row["because"])
        for row in hamlets.head(_SHOWN).to_dict("records")
    ]
    if lines:
        reporter.table([say(key, language) for key in ("hamlet", "change", "people", "why")], lines)
        _tell_more(len(hamlets), language)
    else:
        print(say("no_change", language))
    stations = tables["history_stations"]
    rows = [
        (
            f"{row['mast_id']} {row['operator']} {row['technology']}", row["change"], _what(row, language),
            round(row["hamlets_lost"]), round(row["hamlets_gained"]),
        )
        for row in stations.head(_SHOWN).to_dict("records")
    ]  # fmt: skip
    if rows:
        reporter.table([say(key, language) for key in ("station", "change", "what", "lost", "gained")], rows)
        _tell_more(len(stations), language)


def _what(row: Mapping[Any, Any], language: str) -> str:
    """How far a station moved, and what else of it changed."""
    moved = [] if pd.isna(row["moved_m"]) else [say("moved_by", language, metres=row["moved_m"])]
    return "; ".join([*moved, *([row["details"]] if row["details"] else [])])


def _tell_more(rows: int, language: str) -> None:
    if rows > _SHOWN:
        print(say("more", language, count=rows - _SHOWN))


def version_line(info: VersionInfo, language: str) -> str:
    """Return what a version is called in a sentence."""
    label = f", “{info.label}”" if info.label else ""
    return say(
        "version",
        language,
        number=info.number,
        made=local_day(info),
        as_of=info.as_of.isoformat(),
        label=label,
    )


def write_difference(found: HistoryDifference, language: str, out: Path) -> None:
    """Write ``diff.xlsx``, ``diff.gpkg`` and ``diff.html``.

    Parameters
    ----------
    found : HistoryDifference
    language : {"vi", "en"}
    out : Path
        Folder.
    """
    tables, as_of = worded(found, language), found.after.info.as_of
    sheets = []
    for name, table in HISTORY_TABLES.items():
        title = table.label_vi if language == "vi" else table.label_en
        sheets.append(Sheet(title, tables[name], schema_headers(table, language), schema_formats(table)))
    about = _about(found, language)
    headers = {key: say(key, language) for key in ("item", "value")}
    titles = [say("title", language), _project(found)]
    write_xlsx(
        out / "diff.xlsx", [*sheets, Sheet(say("about", language), about, headers)],
        as_of=as_of, language=language, title=" · ".join(titles), description=say("predicted", language),
    )  # fmt: skip
    codes = {
        "hamlets": found.hamlets.assign(because=tables["history_hamlets"]["because"]),
        "stations": found.stations,
        "places": found.places,
        "about": about,
    }
    write_geopackage(out / "diff.gpkg", codes, as_of=as_of)
    write_change_map(out / "diff.html", _map(found, tables, language))


def worded(found: HistoryDifference, language: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a difference by name, in words instead of codes, with the reasons told."""
    frames: dict[str, pd.DataFrame] = {
        "history_services": found.services,
        "history_classes": found.classes,
        "history_hamlets": found.hamlets.assign(
            because=[_because(found, village, language) for village in found.hamlets["village_id"]]
        ),
        "history_stations": found.stations.assign(
            details=[_columns_named(text, language) for text in found.stations["details"]]
        ),
        "history_places": found.places,
        "history_plans": found.plans,
        "history_provenance": found.provenance,
    }
    return {name: _in_words(name, frame, language) for name, frame in frames.items()}


def _in_words(name: str, frame: pd.DataFrame, language: str) -> pd.DataFrame:
    at = _at(language)
    said: dict[str, Any] = {
        column: [labels[code][at] if code in labels else code for code in frame[column]]
        for column, labels in _LABELS.get(name, {}).items()
    }
    for column, labels in _LISTS.items():
        if column in frame:
            said[column] = [_listed(text, labels, at) for text in frame[column]]
    return frame.assign(**said)


def _listed(text: str, labels: Labels, at: int) -> str:
    return "; ".join(labels[code][at] for code in text.split("; ") if code)


def _because(found: HistoryDifference, village: str, language: str) -> str:
    """Name the stations, or else what is the cause."""
    cause = found.causes[village]
    if not cause.cells:
        return "; ".join(_other(found, code, language) for code in cause.codes)
    if not (cause.gone and cause.come):
        return _named(cause.cells, language)
    return " | ".join(
        f"{say(key, language)}: {_named(cells, language)}"
        for key, cells in (("lost", cause.gone), ("gained", cause.come))
    )


def _named(cells: Sequence[CellChange], language: str) -> str:
    groups: dict[tuple[str, str, str, str], list[CellChange]] = {}
    for cell in cells:
        groups.setdefault((cell.mast_id, cell.operator, cell.technology, cell.change), []).append(cell)
    return "; ".join(
        f"{mast} {operator} {technology}: {STATION_CHANGE_LABELS[change][_at(language)].lower()}"
        + _detail(group[0], language)
        for (mast, operator, technology, change), group in groups.items()
    )


def _detail(cell: CellChange, language: str) -> str:
    if cell.change == "moved":
        return f" {say('moved_by', language, metres=cell.moved_m)}"
    if any(before for _, before, _ in cell.details):
        texts = (f"{_column(name, language)} {before} → {after}" for name, before, after in cell.details)
        return f" ({', '.join(texts)})"
    days = [after for name, _, after in cell.details if name in ("on_air", "off_air")]
    return f" {say('since', language, day=days[0])}" if days else ""


def _columns_named(details: str, language: str) -> str:
    """Say the columns of the cells in words: "tx_power_dbm 43 → 40" is "Transmit power 43 → 40"."""
    parts = (part.partition(" ") for part in details.split("; "))
    return "; ".join(f"{_column(name, language)}{space}{rest}" for name, space, rest in parts)


def _column(name: str, language: str) -> str:
    if name not in CELLS.by_name:
        return name
    column = CELLS.by_name[name]
    return column.label_vi if language == "vi" else column.label_en


def _other(found: HistoryDifference, code: str, language: str) -> str:
    if code == "unknown":
        return say("unknown", language)
    names = ", ".join(found.others.get(code, []))
    return CAUSE_LABELS[code][_at(language)] + (f": {names}" if names else "")


def _about(found: HistoryDifference, language: str) -> pd.DataFrame:
    rows = [(say("project", language), _project(found))]
    rows += [
        (say(key, language), version_line(info, language))
        for key, info in (("before", found.before.info), ("after", found.after.info))
    ]
    if _synthetic(found):
        rows.append((say("data", language), say("synthetic", language)))
    rows += [
        (say("results", language), say("predicted", language)),
        (say("basis", language), say("basis_text", language)),
        ("phusong", version("phusong")),
    ]
    return pd.DataFrame(rows, columns=["item", "value"])


def _project(found: HistoryDifference) -> str:
    return str(found.after.record["parameters"]["project"]["name"])


def _synthetic(found: HistoryDifference) -> bool:
    return bool(found.after.record.get("synthetic") or found.before.record.get("synthetic"))


def _map(found: HistoryDifference, tables: Mapping[str, pd.DataFrame], language: str) -> ChangeMap:
    at, changed = _at(language), set(found.hamlets["village_id"])
    everybody = found.after.tables["hamlet"]
    assert isinstance(everybody, gpd.GeoDataFrame)
    keys = ("title", "before", "after", "map_list", "map_stations", "map_unchanged", "map_link", "map_legend",
            "map_hint", "no_change", "people")  # fmt: skip
    words = {key: say(key, language) for key in keys}
    return ChangeMap(
        language=language,
        title=_project(found),
        synthetic=say("synthetic", language) if _synthetic(found) else "",
        before=version_line(found.before.info, language),
        after=version_line(found.after.info, language),
        hamlets=found.hamlets,
        hamlet_texts=tuple(tables["history_hamlets"]["because"]),
        stations=tables["history_stations"].assign(
            change=found.stations["change"],
            details=[_what(row, language) for row in tables["history_stations"].to_dict("records")],
        ),
        unchanged=everybody[~everybody["village_id"].isin(changed)],
        words=words,
        labels={
            **{f"hamlet.{code}": label[at] for code, label in HAMLET_CHANGE_LABELS.items()},
            **{f"station.{code}": label[at] for code, label in STATION_CHANGE_LABELS.items()},
            **{f"verdict.{code}": label[at] for code, label in VERDICT_LABELS.items()},
        },
    )


def _at(language: str) -> int:
    return 1 if language == "vi" else 0
