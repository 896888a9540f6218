"""The tables of a run as files: workbooks for people, GeoPackages for GIS, run.json for the record."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .about import about_frame, about_sheet, document_properties
from .coverage.gap_totals import operator_sheet
from .coverage.siting import tables as siting
from .coverage.siting.proposal import Proposal
from .gis_data import gap_schema, scenario_schema
from .gis_data import result_schema as schema
from .gis_data.discrepancy_words import discrepancy_words
from .gis_data.match_words import why_words
from .gis_data.plan_schema import PLAN_STATE_LABELS
from .gis_data.rounding import rounded
from .gis_data.verdict_words import verdict_words
from .gis_data.writers import Sheet, schema_formats, schema_headers, write_csv, write_geopackage, write_xlsx
from .maps.exports.qgis import layer_styles
from .plan_layer import write_plan_layer
from .scene import Scene
from .stages import Gaps, Plans

__all__ = [
    "in_words",
    "proposal_frame",
    "write_gaps",
    "write_plans",
    "write_result_workbook",
    "write_run_record",
    "write_workbook",
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
    "signal_gap": schema.SIGNAL_GAP_LABELS,
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
    "state": PLAN_STATE_LABELS,
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


def write_gaps(scene: Scene, gaps: Gaps, by_operator: pd.DataFrame, out: Path) -> None:
    """Write the verdict per hamlet, per centre and cluster (also by operator), and the totals by commune.

    `by_operator`: `gis_data.gap_schema.HAMLET_OPERATORS`.
    """
    tables: dict[str, pd.DataFrame] = {
        "village_verdicts": gaps.table,
        "operator_sheet": operator_sheet(by_operator),
        "cluster_verdicts": gaps.clusters.over_all,
        "village_totals": gaps.totals,
        "station_dependence": gaps.dependence.stations,
        "mast_counts": gaps.dependence.counts,
    }
    about = _gap_facts(scene)
    kept = scene.options.project.cache
    write_workbook(scene, out / "gaps.xlsx", _result_sheets(scene, tables), about, kept)
    layers = {
        "hamlets": gaps.table, "clusters": gaps.clusters.over_all, "about": about_frame(scene, about)
    }  # fmt: skip
    styles = layer_styles(layers, scene.options.language)
    write_geopackage(out / "gaps.gpkg", layers, as_of=scene.options.as_of, styles=styles)
    language = scene.options.language
    for name, frame in (
        ("cluster_verdicts", gaps.clusters.over_all), ("clusters_by_operator", gaps.clusters.by_operator)
    ):  # fmt: skip
        headers = schema_headers(_TABLES[name], language)
        spoken = in_words(rounded(frame, _TABLES[name]), language)
        write_csv(out / f"{name}.csv", spoken, headers=headers, kept=kept)


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
    write_workbook(scene, out / "plans.xlsx", _result_sheets(scene, tables))
    write_plan_layer(scene, found.items, out)


def write_run_record(
    scene: Scene, counts: dict[str, Any], out: Path, siting: dict[str, Any] | None = None
) -> None:
    """Write run.json: versions, hashes of inputs, parameters, counts, timings; `siting`: of the plan."""
    project = scene.options.project
    record = {
        "phusong": version("phusong"),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "as_of": scene.options.as_of.isoformat(),
        "synthetic": project.project.synthetic,
        "inputs": dict(sorted(scene.layers.file_hashes.items())),
        "parameters": project.model_dump(mode="json", exclude={"folder", "store"}),
        "grid": {**vars(scene.layers.grid)},
        "counts": counts,
        "seconds": {name: round(value, 2) for name, value in scene.options.reporter.seconds.items()},
        **({} if siting is None else {"siting": siting}),
    }
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    (out / "run.json").write_text(text, encoding="utf-8")


def write_result_workbook(scene: Scene, path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables of `gis_data.result_schema` or `scenario_schema`, by name, as the sheets of a workbook."""
    write_workbook(scene, path, _result_sheets(scene, tables))


def _result_sheets(scene: Scene, tables: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    language = scene.options.language
    sheets = []
    for name, frame in tables.items():
        table = _TABLES[name]
        title = table.label_vi if language == "vi" else table.label_en
        formats = {**schema_formats(table), "p_verdict": "0.0000"}  # 0.8998 is not the 0.90 asked for
        sheets.append(Sheet(title, frame, schema_headers(table, language), formats))
    return sheets


def write_workbook(
    scene: Scene,
    path: Path,
    sheets: Sequence[Sheet],
    about: Sequence[tuple[str, str]] = (),
    kept: Path | None = None,
) -> None:
    """Write sheets, codes as words, with the sheet About last; `about` are rows of this workbook alone.

    `kept`: as `gis_data.writers.write_xlsx` takes it.
    """
    language = scene.options.language
    spoken = [replace(sheet, name=sheet.name[:31], frame=in_words(sheet.frame, language)) for sheet in sheets]
    write_xlsx(
        path,
        [*spoken, about_sheet(scene, about)],
        as_of=scene.options.as_of,
        language=language,
        kept=kept,
        **document_properties(scene),
    )


def in_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return a table with words in place of its codes, for people."""
    position = 1 if language == "vi" else 0

    def say(code: Any, labels: Mapping[str, tuple[str, str]]) -> Any:
        return labels[code][position] if code in labels else code

    words = {
        name: [say(code, labels) for code in frame[name].tolist()]
        for name, labels in _WORDS.items()
        if name in frame.columns
    }
    if {"scope", "subject"} <= set(frame.columns):  # a target and a kind of item may have one code
        labels = {"target": schema.TARGET_LABELS, "kind": schema.KIND_LABELS}
        pairs = zip(frame["scope"], frame["subject"], strict=True)
        words["subject"] = [say(code, labels.get(scope, {})) for scope, code in pairs]
    if {"verdict", "signal_gap"} <= set(frame.columns):
        both = zip(frame["verdict"], frame["signal_gap"], strict=True)
        words["verdict"] = [verdict_words(*row, language) for row in both]
    if {"discrepancy", "days_early", "days_late"} <= set(frame.columns):
        days = zip(frame["discrepancy"], frame["days_early"], frame["days_late"], strict=True)
        words["discrepancy"] = [discrepancy_words(*row, language) for row in days]
    lists = {
        name: ["; ".join(str(say(code, labels)) for code in str(text).split("; ")) for text in frame[name]]
        for name, labels in _LISTS.items()
        if name in frame.columns
    }
    if "why" in frame.columns:
        words["why"] = [why_words(text, language) if isinstance(text, str) else text for text in frame["why"]]
    return frame.assign(**words, **lists)
