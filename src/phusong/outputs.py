"""The tables of a run as files: workbooks for people, GeoPackages for GIS, run.json for the record."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from .coverage.siting import tables as siting
from .coverage.siting.proposal import Proposal
from .gis_data import result_schema as schema
from .gis_data.writers import Sheet, schema_headers, write_geopackage, write_xlsx
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
    "verdict_before": schema.VERDICT_LABELS,
    "verdict_after": schema.VERDICT_LABELS,
    "confidence_after": schema.CONFIDENCE_LABELS,
    "change": schema.CHANGE_LABELS,
    "service": schema.SERVICE_LABELS,
    "fact": schema.FACT_LABELS,
    "support": schema.SUPPORT_LABELS,
    "decided_by": schema.EVIDENCE_LABELS,
    "discrepancy": schema.DISCREPANCY_LABELS,
    "matched_by": schema.MATCH_LABELS,
    "subject": {**schema.KIND_LABELS, **schema.TARGET_LABELS},
    "reason": {**schema.REASON_LABELS, **siting.WORDS},
    "kind": {**schema.KIND_LABELS, **siting.WORDS},
    "power": siting.WORDS,
    "backhaul": siting.WORDS,
    "line": siting.WORDS,
    "technology": schema.TECHNOLOGY_LABELS,
}
_SITING_SHEETS = (
    ("Proposed stations", "Trạm đề xuất", siting.STATION_COLUMNS, siting.station_table),
    ("Costs by line", "Chi phí từng khoản", siting.COST_COLUMNS, siting.cost_table),
    ("Hamlets left out", "Thôn chưa được phủ", siting.UNSERVED_COLUMNS, siting.unserved_table),
)


def write_gaps(scene: Scene, gaps: Gaps, out: Path) -> None:
    """Write the verdict per hamlet and the totals by commune."""
    tables = {
        "village_verdicts": gaps.table,
        "village_totals": gaps.totals,
        "station_dependence": gaps.dependence.stations,
        "mast_counts": gaps.dependence.counts,
    }
    _workbook(scene, out / "gaps.xlsx", _result_sheets(scene, tables))
    write_geopackage(out / "gaps.gpkg", {"hamlets": gaps.table}, as_of=scene.options.as_of)


def write_proposal(scene: Scene, proposal: Proposal, out: Path) -> None:
    """Write the proposed stations, their costs, and the hamlets that stay without service."""
    vietnamese = scene.options.language == "vi"
    sheets = []
    for english, local, columns, table in _SITING_SHEETS:
        headers = {}
        for column in columns:
            unit = proposal.currency if column.unit == "currency" else column.unit
            label = column.label_vi if vietnamese else column.label_en
            headers[column.name] = f"{label} ({unit})" if unit else label
        sheets.append(Sheet(local if vietnamese else english, table(proposal), headers))
    _workbook(scene, out / "proposals.xlsx", sheets)
    stations = proposal_frame(scene, proposal)
    write_geopackage(out / "proposals.gpkg", {"stations": stations}, as_of=scene.options.as_of)


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
    """Write tables of `gis_data.result_schema`, by their names, as the sheets of one workbook."""
    _workbook(scene, path, _result_sheets(scene, tables))


def _result_sheets(scene: Scene, tables: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    language = scene.options.language
    sheets = []
    for name, frame in tables.items():
        table = schema.RESULT_TABLES[name]
        title = table.label_vi if language == "vi" else table.label_en
        sheets.append(Sheet(title, frame, schema_headers(table, language)))
    return sheets


def _workbook(scene: Scene, path: Path, sheets: Sequence[Sheet]) -> None:
    language = scene.options.language
    spoken = [Sheet(sheet.name[:31], _in_words(sheet.frame, language), sheet.headers) for sheet in sheets]
    write_xlsx(path, spoken, as_of=scene.options.as_of, language=language)


def _in_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    position = 1 if language == "vi" else 0
    words = {
        name: frame[name].map(lambda code, labels=labels: labels[code][position] if code in labels else code)
        for name, labels in _WORDS.items()
        if name in frame.columns
    }
    return frame.assign(**words)
