"""The tables of a run as files: workbooks for people, GeoPackages for GIS, run.json for the record."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .about import about_frame, about_sheet, document_properties
from .coverage.siting import tables as siting
from .coverage.siting.proposal import Proposal
from .gis_data import gap_schema, scenario_schema
from .gis_data import result_schema as schema
from .gis_data.match_words import why_words
from .gis_data.placing import WGS84
from .gis_data.rounding import rounded
from .gis_data.units import number_format, unit_words, with_unit
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_csv, write_geopackage, write_xlsx
from .scene import Scene
from .stages import Gaps, Plans

__all__ = [
    "proposal_frame",
    "write_gaps",
    "write_plans",
    "write_proposal",
    "write_result_workbook",
    "write_run_record",
]

_LIBRARIES = (
    "geopandas", "highspy", "numba", "numpy", "pandas", "pyogrio", "pyproj", "python-docx", "rasterio",
    "scipy", "shapely",
)  # fmt: skip
# Codes are for programs; in a workbook a person reads words.
_WORDS: dict[str, Mapping[str, tuple[str, str]]] = {
    "verdict": schema.VERDICT_LABELS,
    "verdict_model": schema.VERDICT_LABELS,
    "verdict_indoor": schema.VERDICT_LABELS,
    "confidence": schema.CONFIDENCE_LABELS,
    "confidence_indoor": schema.CONFIDENCE_LABELS,
    "part": gap_schema.PART_LABELS,
    "signal_gap": gap_schema.SIGNAL_GAP_LABELS,
    "verdict_before": schema.VERDICT_LABELS,
    "verdict_after": schema.VERDICT_LABELS,
    "confidence_after": schema.CONFIDENCE_LABELS,
    "change": scenario_schema.CHANGE_LABELS,
    "service": schema.SERVICE_LABELS,
    "fact": scenario_schema.FACT_LABELS,
    "support": schema.SUPPORT_LABELS,
    "decided_by": schema.EVIDENCE_LABELS,
    "discrepancy": schema.DISCREPANCY_LABELS,
    "matched_by": schema.MATCH_LABELS,
    "reason": {**schema.REASON_LABELS, **siting.WORDS},
    "kind": {**schema.KIND_LABELS, **siting.WORDS},
    "power": siting.WORDS,
    "backhaul": siting.WORDS,
    "line": siting.WORDS,
    "proof": siting.WORDS,
    "technology": schema.TECHNOLOGY_LABELS,
    "scope": schema.SCOPE_LABELS,
}
_LISTS: dict[str, Mapping[str, tuple[str, str]]] = {
    "lines": siting.WORDS,
    "services_lost": schema.SERVICE_LABELS,
    "services_gained": schema.SERVICE_LABELS,
}


_TABLES = {**schema.RESULT_TABLES, **scenario_schema.SCENARIO_TABLES, **gap_schema.GAP_TABLES}


def write_gaps(scene: Scene, gaps: Gaps, out: Path) -> None:
    """Write the verdict per hamlet, per centre and cluster (also by operator), and the totals by commune."""
    tables: dict[str, pd.DataFrame] = {
        "village_verdicts": gaps.table,
        "cluster_verdicts": gaps.clusters.over_all,
        "village_totals": gaps.totals,
        "station_dependence": gaps.dependence.stations,
        "mast_counts": gaps.dependence.counts,
    }
    about = _gap_facts(scene)
    _workbook(scene, out / "gaps.xlsx", _result_sheets(scene, tables), about)
    layers = {
        "hamlets": gaps.table, "clusters": gaps.clusters.over_all, "about": about_frame(scene, about)
    }  # fmt: skip
    write_geopackage(out / "gaps.gpkg", layers, as_of=scene.options.as_of)
    language = scene.options.language
    for name, frame in (
        ("cluster_verdicts", gaps.clusters.over_all), ("clusters_by_operator", gaps.clusters.by_operator)
    ):  # fmt: skip
        headers = schema_headers(_TABLES[name], language)
        write_csv(out / f"{name}.csv", _in_words(rounded(frame, _TABLES[name]), language), headers=headers)


def _gap_facts(scene: Scene) -> list[tuple[str, str]]:
    """What the sheet About says of the evidence behind the verdicts."""
    vietnamese = scene.options.language == "vi"
    rule, building = scene.options.project.measurements, scene.options.project.propagation.building
    near, around = f"{rule.radius_m:g} m", f"{rule.shift_reach_m:g} m"
    if vietnamese:
        decide = f"≥ {rule.minimum_samples} mẫu của một nhà mạng, {near}, {rule.window_days} ngày gần nhất"
        shift = f"trong {around}, tương quan {rule.shift_correlation_m:g} m"
        return [
            ("Mẫu đo quyết định thay mô hình", decide),
            ("Mẫu đo điều chỉnh mô hình", shift if rule.shift_reach_m else "không"),
            ("Quy tắc mẫu đo", f"{rule.preset}, {rule.date}: {rule.status}"),
            ("Tường nhà (ITU-R P.2109)", building),
        ]
    decide = f"≥ {rule.minimum_samples} of one operator within {near}, of the last {rule.window_days} days"
    shift = f"within {around}, correlation {rule.shift_correlation_m:g} m"
    return [
        ("Samples decide instead of the model", decide),
        ("Samples shift the model", shift if rule.shift_reach_m else "never"),
        ("Rule of samples", f"{rule.preset}, {rule.date}: {rule.status}"),
        ("Walls (ITU-R P.2109)", building),
    ]


def write_proposal(scene: Scene, proposal: Proposal, out: Path) -> None:
    """Write the proposed stations, their costs, and the hamlets that stay without service."""
    stations = _station_places(scene, proposal)
    unserved = _unserved_places(scene, proposal)
    station_columns = siting.STATION_COLUMNS + siting.STATION_PLACE_COLUMNS
    unserved_columns = siting.UNSERVED_COLUMNS + siting.UNSERVED_PLACE_COLUMNS
    costs = siting.cost_table(proposal)
    sheets = [
        _siting_sheet(scene, proposal, "Proposed stations", "Trạm đề xuất", station_columns, stations),
        _siting_sheet(scene, proposal, "Costs by line", "Chi phí từng khoản", siting.COST_COLUMNS, costs),
        _siting_sheet(scene, proposal, "Hamlets left out", "Thôn chưa được phủ", unserved_columns, unserved),
    ]
    for english, local, columns, frame in (
        ("Funds", "Nguồn vốn", siting.FUND_COLUMNS, siting.fund_table(proposal)),
        ("Years", "Giai đoạn", siting.PHASE_COLUMNS, siting.phase_table(proposal)),
        ("Frontier", "Theo ngân sách", siting.FRONTIER_COLUMNS, siting.frontier_table(proposal)),
        ("Robustness", "Độ bền", siting.ROBUST_COLUMNS, siting.robust_table(proposal)),
    ):
        if len(frame):
            sheets.append(_siting_sheet(scene, proposal, english, local, columns, frame))
    about = _siting_facts(scene, proposal)
    _workbook(scene, out / "proposals.xlsx", sheets, about)
    frame = proposal_frame(scene, proposal)
    added = stations[[column.name for column in siting.STATION_PLACE_COLUMNS]]
    layers = {"stations": frame.assign(**added), "about": about_frame(scene, about)}
    write_geopackage(out / "proposals.gpkg", layers, as_of=scene.options.as_of)


def _siting_sheet(
    scene: Scene,
    proposal: Proposal,
    english: str,
    local: str,
    columns: Sequence[siting.TableColumn],
    frame: pd.DataFrame,
) -> Sheet:
    """One sheet of the proposal; names stand beside the ids that they belong to."""
    language, vietnamese = scene.options.language, scene.options.language == "vi"
    headers, formats = {}, {}
    for column in columns:
        unit = proposal.currency if column.unit == "currency" else column.unit
        headers[column.name] = with_unit(column.label_vi if vietnamese else column.label_en, unit, language)
        formats[column.name] = number_format(column.unit)
    return Sheet(local if vietnamese else english, frame, headers, formats)


def _siting_facts(scene: Scene, proposal: Proposal) -> list[tuple[str, str]]:
    vietnamese = scene.options.language == "vi"
    status = siting.WORDS.get(proposal.status, (proposal.status, proposal.status))[vietnamese]
    currency = unit_words(proposal.currency, scene.options.language)
    money = f"{proposal.total_cost:,.0f} / {proposal.budget:,.0f} {currency}"
    if math.isinf(proposal.budget):
        money = f"{proposal.total_cost:,.0f} {currency}"
    return [
        ("Tổng chi phí / ngân sách" if vietnamese else "Total cost / budget", money),
        ("Chứng minh phương án" if vietnamese else "Proof of the plan", f"{status} ({proposal.gap:.2%})"),
    ]


def _station_places(scene: Scene, proposal: Proposal) -> pd.DataFrame:
    """The stations with the names and communes of their hamlets, and longitude and latitude."""
    table = siting.station_table(proposal)
    names, communes = _hamlet_texts(scene, "name"), _hamlet_texts(scene, "commune")
    places = proposal_frame(scene, proposal).geometry.to_crs(WGS84)
    served = [station.villages_served for station in proposal.stations]
    alone = [station.villages_only_by_it for station in proposal.stations]
    table = table.assign(
        villages_served_names=["; ".join(names[v] for v in ids) for ids in served],
        villages_only_by_it_names=["; ".join(names[v] for v in ids) for ids in alone],
        commune=["; ".join(dict.fromkeys(communes[v] for v in ids if communes[v])) for ids in served],
        lon=places.x.round(6).to_numpy(),
        lat=places.y.round(6).to_numpy(),
    )
    return _beside(
        table,
        {
            "station_id": ["commune"],
            "y_m": ["lon", "lat"],
            "villages_served": ["villages_served_names"],
            "villages_only_by_it": ["villages_only_by_it_names"],
        },
    )


def _unserved_places(scene: Scene, proposal: Proposal) -> pd.DataFrame:
    table = siting.unserved_table(proposal)
    names, communes = _hamlet_texts(scene, "name"), _hamlet_texts(scene, "commune")
    ids = table["village_id"].tolist()
    table = table.assign(name=[names[v] for v in ids], commune=[communes[v] for v in ids])
    return _beside(table, {"village_id": ["name", "commune"]})


def _hamlet_texts(scene: Scene, column: str) -> dict[str, str]:
    villages = scene.layers.villages
    if column not in villages:
        return dict.fromkeys(villages["village_id"].astype(str), "")
    return dict(zip(villages["village_id"].astype(str), villages[column].fillna("").astype(str), strict=True))


def _beside(table: pd.DataFrame, neighbours: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Put columns right behind those that they belong to."""
    moved = {name for names in neighbours.values() for name in names}
    order = [
        name
        for column in table.columns
        if column not in moved
        for name in (column, *neighbours.get(str(column), ()))
    ]
    return table[order]


def proposal_frame(scene: Scene, proposal: Proposal) -> gpd.GeoDataFrame:
    """Return the proposed stations with their positions."""
    table = siting.station_table(proposal)
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["x_m"], table["y_m"]), crs=scene.layers.grid.crs
    )


def write_plans(scene: Scene, plans: Plans, out: Path) -> None:
    """Write completion, discrepancies first, every item, the months, and names to be decided."""
    found = plans.verification
    tables = {
        "plan_completion": found.completion,
        "plan_status": found.items,
        "plan_timeline": plans.timeline,
        "village_matches": found.doubtful,
    }
    _workbook(scene, out / "plans.xlsx", _result_sheets(scene, tables))


def write_run_record(scene: Scene, counts: dict[str, Any], out: Path) -> None:
    """Write run.json: versions, hashes of inputs, parameters, counts and timings."""
    project = scene.options.project
    record = {
        "phusong": version("phusong"),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "as_of": scene.options.as_of.isoformat(),
        "synthetic": project.project.synthetic,
        "inputs": dict(sorted(scene.layers.file_hashes.items())),
        "parameters": project.model_dump(mode="json", exclude={"folder"}),
        "grid": {**vars(scene.layers.grid)},
        "counts": counts,
        "seconds": {name: round(value, 2) for name, value in scene.options.reporter.seconds.items()},
    }
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    (out / "run.json").write_text(text, encoding="utf-8")


def write_result_workbook(scene: Scene, path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables of `gis_data.result_schema` or `scenario_schema`, by name, as the sheets of a workbook."""
    _workbook(scene, path, _result_sheets(scene, tables))


def _result_sheets(scene: Scene, tables: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    language = scene.options.language
    sheets = []
    for name, frame in tables.items():
        table = _TABLES[name]
        title = table.label_vi if language == "vi" else table.label_en
        formats = {**schema_formats(table), "p_verdict": "0.0000"}  # 0.8998 is not the 0.90 asked for
        sheets.append(Sheet(title, frame, schema_headers(table, language), formats))
    return sheets


def _workbook(
    scene: Scene, path: Path, sheets: Sequence[Sheet], about: Sequence[tuple[str, str]] = ()
) -> None:
    language = scene.options.language
    spoken = [
        replace(sheet, name=sheet.name[:31], frame=_in_words(sheet.frame, language)) for sheet in sheets
    ]
    write_xlsx(
        path,
        [*spoken, about_sheet(scene, about)],
        as_of=scene.options.as_of,
        language=language,
        **document_properties(scene),
    )


def _in_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    position = 1 if language == "vi" else 0

    def say(code: Any, labels: Mapping[str, tuple[str, str]]) -> Any:
        return labels[code][position] if code in labels else code

    words = {
        name: [say(code, labels) for code in frame[name]]
        for name, labels in _WORDS.items()
        if name in frame.columns
    }
    if {"scope", "subject"} <= set(frame.columns):  # a target and a kind of item may have one code
        labels = {"target": schema.TARGET_LABELS, "kind": schema.KIND_LABELS}
        pairs = zip(frame["scope"], frame["subject"], strict=True)
        words["subject"] = [say(code, labels.get(scope, {})) for scope, code in pairs]
    lists = {
        name: ["; ".join(str(say(code, labels)) for code in str(text).split("; ")) for text in frame[name]]
        for name, labels in _LISTS.items()
        if name in frame.columns
    }
    if "why" in frame.columns:
        words["why"] = [why_words(text, language) if isinstance(text, str) else text for text in frame["why"]]
    return frame.assign(**words, **lists)
