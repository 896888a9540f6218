"""Naming fetched files in phusong.toml: a new file, or the lines that the user's own lacks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from .fetch_request import OUTPUT_FOLDER, FetchReport, FetchRequest
from .gis_data.open_data.countries import network_names
from .project import PROJECT_FILE, Project
from .project_entries import add_entries, add_operators, new_project_text, write_project

__all__ = ["name_in_project"]

_RASTERS = {"terrain.tif": "terrain", "land.tif": "land", "population.tif": "population"}
_LAYERS = ("villages", "masts", "cells", "communes", "places")
_Entries = dict[str, dict[str, Any]]


def name_in_project(
    folder: Path,
    project: Project | None,
    request: FetchRequest,
    report: FetchReport,
    here: set[str],
    crs: str,
    operators: Sequence[str],
    today: date,
) -> None:
    """Write phusong.toml where there is none, else add the entries that it lacks; tell the report.

    Parameters
    ----------
    folder : Path
        Of the project.
    project : Project or None
        As it was before.
    request : FetchRequest
    report : FetchReport
    here : set of str
        Files that lie in the folder of open data.
    crs : str
    operators : sequence of str
        Of the cells that were fetched.
    today : date
        ``as_of`` of a new project.
    """
    entries = _entries(project, here)
    if project is None:
        _write_new(folder, request, report, entries, crs, operators, today)
        return
    path = folder / PROJECT_FILE
    text, added = add_entries(path.read_bytes().decode("utf-8"), entries)
    if added:
        write_project(folder, text)
        report.tell("toml_added", keys=", ".join(added))
    named = {source.path for source in project.layers.values()} | set(project.rasters.model_dump().values())
    unnamed = [
        f'{key} = "{value}"'
        for section, wanted in entries.items()
        for key, value in wanted.items()
        if key != "terrain_kind" and value not in named and f"{section}.{key}" not in added
    ]
    if unnamed:
        report.tell("toml_same", lines="; ".join(unnamed))
    missing = [name for name in operators if name not in project.operators]
    if missing and ("layers.cells" in added or f"{OUTPUT_FOLDER}/cells.csv" in named):
        with_operators = add_operators(text, missing)
        if with_operators is None:
            report.tell("toml_operators", names=", ".join(missing))
        else:
            write_project(folder, with_operators)
            report.tell("toml_added", keys=f"operators ({', '.join(missing)})")


def _write_new(
    folder: Path,
    request: FetchRequest,
    report: FetchReport,
    entries: _Entries,
    crs: str,
    operators: Sequence[str],
    today: date,
) -> None:
    entries["rasters"] = {
        "terrain": f"{OUTPUT_FOLDER}/terrain.tif",
        "terrain_kind": "dsm",
        **entries["rasters"],
    }
    text = new_project_text(
        report.area.name,
        language=request.language,
        as_of=today,
        crs=crs,
        bounds=report.area.bounds,
        operators=operators or network_names(report.area.countries),
        entries=entries,
    )
    write_project(folder, text)
    report.tell("toml_new")


def _entries(project: Project | None, here: set[str]) -> _Entries:
    rasters: dict[str, Any] = {
        key: f"{OUTPUT_FOLDER}/{name}" for name, key in _RASTERS.items() if name in here
    }
    ours = project is None or project.rasters.terrain == f"{OUTPUT_FOLDER}/terrain.tif"
    if ours and "terrain" in rasters:
        rasters["terrain_kind"] = "dsm"
    if project is not None and not ours and project.rasters.terrain_kind == "dtm" and "clutter.tif" in here:
        rasters["clutter"] = f"{OUTPUT_FOLDER}/clutter.tif"  # the user's bare ground: clutter stands on it
    layers = {
        name: f"{OUTPUT_FOLDER}/{name}{suffix}"
        for name in _LAYERS
        for suffix in (".csv", ".gpkg")
        if f"{name}{suffix}" in here
    }
    return {"rasters": rasters, "layers": layers}
