"""The tables of a run as files: workbooks for people, GeoPackages for GIS, run.json for the record."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from .coverage.siting.proposal import Proposal
from .coverage.siting.tables import TABLES as SITING_TABLES
from .coverage.siting.tables import bill_table, station_table, unserved_table
from .gis_data.result_schema import RESULT_TABLES
from .gis_data.schema import Table
from .gis_data.writers import Sheet, schema_headers, write_geopackage, write_xlsx
from .scene import Scene
from .stages import Gaps, Plans

__all__ = ["write_gaps", "write_plans", "write_proposal", "write_run_record"]

_LIBRARIES = (
    "geopandas",
    "highspy",
    "numba",
    "numpy",
    "pandas",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
)


@dataclass(frozen=True)
class _Named:
    """A frame and the schema that names its columns."""

    table: Table
    frame: pd.DataFrame


def write_gaps(scene: Scene, gaps: Gaps, out: Path) -> None:
    """Write the verdict per hamlet and the totals by commune."""
    villages = _Named(RESULT_TABLES["village_verdicts"], gaps.table)
    sums = _Named(RESULT_TABLES["village_totals"], gaps.totals)
    _workbook(scene, out / "gaps.xlsx", [villages, sums])
    write_geopackage(out / "gaps.gpkg", {"hamlets": gaps.table}, as_of=scene.options.as_of)


def write_proposal(scene: Scene, proposal: Proposal, out: Path) -> None:
    """Write the proposed stations, their bills, and the hamlets that stay without service."""
    crs = scene.layers.grid.crs
    stations = station_table(proposal, crs=crs)
    parts = {"stations": stations, "bill": bill_table(proposal), "unserved": unserved_table(proposal)}
    _workbook(
        scene, out / "proposals.xlsx", [_Named(SITING_TABLES[name], part) for name, part in parts.items()]
    )
    write_geopackage(out / "proposals.gpkg", {"stations": stations}, as_of=scene.options.as_of)


def write_plans(scene: Scene, plans: Plans, out: Path) -> None:
    """Write completion, discrepancies first, every item, the months, and names to be decided."""
    found = plans.verification
    names = {
        "plan_completion": found.completion,
        "plan_status": found.items,
        "plan_timeline": plans.timeline,
        "village_matches": found.doubtful,
    }
    _workbook(
        scene, out / "plans.xlsx", [_Named(RESULT_TABLES[name], frame) for name, frame in names.items()]
    )


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


def _workbook(scene: Scene, path: Path, parts: Sequence[_Named]) -> None:
    language = scene.options.language
    sheets = [
        Sheet(
            (part.table.label_vi if language == "vi" else part.table.label_en)[:31],
            part.frame,
            schema_headers(part.table, language),
        )
        for part in parts
    ]
    write_xlsx(path, sheets, as_of=scene.options.as_of, language=language)
