"""Every run is kept as a version: the jobs behind ``phusong history``, ``diff``, ``prune`` and ``store``."""

from __future__ import annotations

import getpass
import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import coverage
from .cache import source_digest
from .coverage.cells import PointLevels
from .coverage.relevant_levels import needed_dbm
from .coverage.service_kernels import strongest_of_groups, typed_rows
from .coverage.siting.proposal import Proposal
from .errors import InputError, Problem, StoreError
from .gap_detail import GapDetail
from .gis_data.writers import write_geopackage
from .history_choice import PruneRule, chosen, parse_label, to_prune
from .history_diff import NEEDED, compare
from .history_report import show_difference, show_history, show_pruned, write_difference
from .history_words import say
from .one_run import alone
from .outputs import proposal_frame
from .publish import staged
from .scene import Options, Scene
from .stages import Gaps, Plans
from .store.interface import Draft, FileRef, Store
from .store.opening import open_store, store_place

__all__ = [
    "check_store",
    "diff_job",
    "extract_job",
    "history_job",
    "keep_version",
    "label_job",
    "prune_job",
    "serving_cells",
    "store_job",
]

_SERVING = 3  # cells of an operator and technology that are kept of those that cover a point
_KEPT_FILES = ("coverage/*.tif", "coverage/*.csv")


def check_store(options: Options) -> None:
    """Find out before any work whether the run can be kept at its end.

    Raises
    ------
    StoreError
        The store cannot be reached, refuses, or is of another version.
    """
    with closing(open_store(options.project)) as store:
        store.check(write=True)


def keep_version(scene: Scene, gaps: Gaps, detail: GapDetail, proposal: Proposal, plans: Plans) -> None:
    """Keep the results of a run that has just been published, unless nothing differs from the newest version.

    Parameters
    ----------
    scene, gaps, detail, proposal, plans
        Of the run; run.json and the rasters are read from its results.

    Raises
    ------
    StoreError
        The results are published, but the version was not kept.
    """
    options, out = scene.options, scene.options.project.out
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    record["engine"] = source_digest(Path(coverage.__file__).parent)
    try:
        with closing(open_store(options.project)) as store, store.objects.held():
            files = _files(store, out)
            draft = Draft(
                as_of=options.as_of,
                made_at=datetime.now(UTC),
                made_by=_user(),
                software=str(record["phusong"]),
                cells_on_air=int(scene.cells.active(scene.day).sum()),
                hamlets=len(gaps.table),
                hamlets_dead=int(gaps.table["dead_zone"].sum()),
                record=record,
                tables=_tables(scene, gaps, detail, proposal, plans),
                files=files,
            )
            info, new = store.add(draft)
    except StoreError as error:
        raise StoreError(
            f"{error}. The results of this run are in {out}, but it was not kept as a version: mend this and "
            "run again (nothing is computed twice)"
        ) from error
    if not options.reporter.quiet:
        place = store_place(options.project)
        said = say("kept" if new else "kept_same", options.language, number=info.number, place=place)
        options.reporter.errors.print(f"  {said}", style="dim", markup=False)


def _files(store: Store, out: Path) -> list[FileRef]:
    paths = sorted(path for pattern in _KEPT_FILES for path in out.glob(pattern))
    found = []
    for path in paths:
        sha256, size = store.objects.put(path)
        uri = store.objects.path_of(sha256).resolve().as_uri()
        found.append(FileRef(path.relative_to(out).as_posix(), sha256, size, uri))
    return found


def _tables(
    scene: Scene, gaps: Gaps, detail: GapDetail, proposal: Proposal, plans: Plans
) -> dict[str, pd.DataFrame]:
    return {
        "hamlet": gaps.table,
        "part": gaps.clusters.over_all,
        "hamlet_operator": detail.by_operator.drop(columns=["name", "commune"]),  # they stand in "hamlet"
        "serving": serving_cells(scene, gaps.levels.judged),
        "place": detail.places,
        "proposed_station": proposal_frame(scene, proposal),
        "plan_item": plans.verification.items,
        "plan_completion": plans.verification.completion,
        "mast": scene.layers.masts,
        "cell": scene.layers.cells,
    }


def serving_cells(scene: Scene, levels: PointLevels) -> pd.DataFrame:
    """Return the cells on air that cover each demand point of a hamlet by the rule, the strongest first.

    Of each operator and technology the three strongest stand there: who asks why a service went or came asks
    for those. In a dense network all of them would fill most of the store.
    """
    cells, points = scene.cells, scene.points
    needed = needed_dbm(cells, scene.rule.technologies, cells.active(scene.day))
    operator = cells.operators[1]
    kinds, technology = np.unique(cells.technology, return_inverse=True)
    group = np.where(np.isfinite(needed), operator * len(kinds) + technology.reshape(-1), -1).astype(np.int32)
    row_of = np.full((len(points), int(group.max(initial=0)) + 1, _SERVING), -1, dtype=np.int64)
    strongest_of_groups(*typed_rows(levels), group, needed, row_of)
    lines = row_of.reshape(len(points), row_of.shape[1] * _SERVING)
    rows = _strongest_first(lines, levels.level_dbm)
    counts = np.where(points.village >= 0, (rows >= 0).sum(axis=1), 0)
    at = np.flatnonzero(counts)
    some = rows[at]
    names = cells.cell_id[levels.cell[some[some >= 0]]].tolist()
    ends = np.cumsum(counts[at]).tolist()
    villages = scene.layers.villages["village_id"].astype(str).to_numpy()
    return pd.DataFrame(
        {
            "point_id": points.point_id[at],
            "village_id": villages[points.village[at]],
            "cells": [names[first:end] for first, end in zip([0, *ends], ends, strict=False)],
        }
    )


def _strongest_first(rows: NDArray[np.int64], level_dbm: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rows of levels, in each line the strongest first, of equal ones the lowest; -1 last."""
    rows = np.sort(rows, axis=1)  # rows of levels go by cell
    there = rows >= 0
    level = np.full(rows.shape, -np.inf, dtype=np.float32)
    level[there] = level_dbm[rows[there]]
    return np.take_along_axis(rows, np.argsort(-level, axis=1, kind="stable"), axis=1)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a system that knows no names
        return ""


def history_job(options: Options) -> None:
    """Print the history."""
    with closing(open_store(options.project)) as store:
        store.check(write=False)
        show_history(options.reporter, store.versions())


def label_job(options: Options, text: str) -> None:
    """Give a version a label (``last=March``), or take it away (``last=``)."""
    which, label = parse_label(text)
    with closing(open_store(options.project)) as store:
        infos = store.versions()
        info = chosen(infos, which, "--label")
        taken = next((other for other in infos if label and other.label == label), None)
        if taken is not None and taken.number != info.number:
            expected = f"a label that no version has yet; version {taken.number} has it"
            raise InputError([Problem("--label", expected, "choose another", value=text)])
        store.set_label(info.number, label)
    key = "labelled" if label else "unlabelled"
    print(say(key, options.language, number=info.number, label=label))


def extract_job(options: Options, which: str, folder: Path) -> None:
    """Write a version into an empty folder: run.json, its tables as a GeoPackage, its rasters.

    Raises
    ------
    InputError
        There is no such version, or the folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            [Problem(str(folder), "an empty folder, or one that is not there yet", "name another")]
        )
    with closing(open_store(options.project)) as store:
        info = chosen(store.versions(), which, "--take")
        version = store.load(info.number)
        folder.mkdir(parents=True, exist_ok=True)
        for file in version.files:
            store.objects.take(file.sha256, folder, file.name)
    text = json.dumps(version.record, ensure_ascii=False, indent=2) + "\n"
    (folder / "run.json").write_text(text, encoding="utf-8")
    listed = {name: _without_lists(frame) for name, frame in version.tables.items()}
    write_geopackage(folder / "tables.gpkg", listed, as_of=info.as_of)
    (folder / "version.json").write_text(
        json.dumps(asdict(info), default=str, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    print(f"{say('wrote', options.language)}: {folder}")


def _without_lists(frame: pd.DataFrame) -> pd.DataFrame:
    texts: dict[str, Any] = {
        name: ["; ".join(map(str, v)) if isinstance(v, list) else v for v in frame[name]]
        for name in frame.columns
        if frame[name].map(lambda v: isinstance(v, list)).any()
    }
    return frame.assign(**texts)


@alone
def diff_job(options: Options, before: str, after: str) -> None:
    """Compare two versions: console, ``diff.xlsx``, ``diff.gpkg`` and ``diff.html``.

    Raises
    ------
    InputError
        A version is not there, or both are one.
    """
    with closing(open_store(options.project)) as store:
        infos = store.versions()
        first, second = chosen(infos, before, "A"), chosen(infos, after, "B")
        if first.number == second.number:
            expected = "two different versions"
            raise InputError([Problem("A B", expected, "see phusong history", value=f"{before} {after}")])
        found = compare(store.load(first.number, NEEDED), store.load(second.number, NEEDED))
    with staged(options.project.out, options.project.cache) as out:
        write_difference(found, options.language, out)
    show_difference(options.reporter, found)
    for suffix in ("html", "xlsx", "gpkg"):
        print(f"{say('wrote', options.language)}: {options.project.out / f'diff.{suffix}'}")


def prune_job(options: Options, rule: PruneRule, *, dry_run: bool) -> None:
    """Remove versions that the rule lets go, and the rasters that no version refers to any more."""
    with closing(open_store(options.project)) as store:
        going = to_prune(store.versions(), rule)
        if dry_run:
            show_pruned(options.reporter, going, None)
            return
        with store.objects.held():
            store.remove([info.number for info in going])
            freed = store.objects.sweep(store.referenced())
    show_pruned(options.reporter, going, freed)


def store_job(options: Options, *, migrate: bool) -> None:
    """Say where versions are kept; bring the tables of the store up to date if asked."""
    language = options.language
    with closing(open_store(options.project)) as store:
        if migrate:
            names = store.migrate()
            print(say("migrated", language, names=", ".join(names)) if names else say("up_to_date", language))
        store.check(write=False)
        print(say("store_at", language, place=store_place(options.project)))
        print(say("store_count", language, count=len(store.versions())))
