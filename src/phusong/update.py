"""``phusong update``: a new list of masts and cells, what it changes, and only that computed again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .collector import few_collections
from .errors import InputError, Problem
from .one_run import alone
from .options import Options
from .update_record import nothing_changed

if TYPE_CHECKING:
    from .scene import Scene
    from .station_changes import StationChanges
    from .update_files import NewFile

__all__ = ["UpdateRequest", "update_job"]


@dataclass(frozen=True)
class UpdateRequest:
    """What the user asked for.

    Attributes
    ----------
    masts, cells : Path or None
        New station files; without any, the project's own files are taken as they are.
    changes : bool
        The files hold only new and changed rows.
    dry_run : bool
        Show the differences; change nothing.
    label : str or None
        Of the version that is kept.
    """

    masts: Path | None = None
    cells: Path | None = None
    changes: bool = False
    dry_run: bool = False
    label: str | None = None

    @property
    def given(self) -> dict[str, Path]:
        """The new files by table."""
        pairs = {"masts": self.masts, "cells": self.cells}
        return {table: path for table, path in pairs.items() if path is not None}


@alone
def update_job(options: Options, request: UpdateRequest) -> None:
    """Compare, check, replace the station files, and run the job with all that did not change reused.

    The results are those of `pipeline.whole_job` on the new files, byte for byte, and
    ``station-changes.xlsx`` besides. Stopped at any moment, the next update (or run) comes to the same.

    Raises
    ------
    InputError
        Something in the new files, or in the project with them, is wrong; nothing was changed.
    """
    cache = options.project.cache
    if _same_bytes(options, request) and nothing_changed(options):
        options.reporter.console.print(options.reporter.say("nothing_changed"))
        return
    aside = tempfile.TemporaryDirectory(prefix="aside-update-", dir=cache, ignore_cleanup_errors=True)
    with few_collections(), aside as work:
        _update(options, request, Path(work))


def _same_bytes(options: Options, request: UpdateRequest) -> bool:
    """Tell, without reading them as tables, whether the new files are the project's own."""
    if request.changes and request.given:
        return False
    layers, folder = options.project.layers, options.project.folder
    for table, path in request.given.items():
        if table not in layers or not path.is_file() or not (folder / layers[table].path).is_file():
            return False
        if path.read_bytes() != (folder / layers[table].path).read_bytes():
            return False
    return True


def _update(options: Options, request: UpdateRequest, work: Path) -> None:
    from .history import check_store, label_job
    from .history_choice import parse_label
    from .pipeline import whole_of
    from .update_files import new_files, put_in_place
    from .update_report import show_changes, write_changes

    label = None if request.label is None else f"last={request.label}"
    if label is not None:
        parse_label(label)
    check_store(options)
    files = new_files(options.project, request.given, work, changes=request.changes)
    options.reporter.problems([problem for file in files for problem in file.warnings])
    scene, changes = _compared(options, files)
    show_changes(scene, changes)
    if request.dry_run:
        return
    files = tuple(file for file in files if not file.same(options.project.folder))
    put_in_place(options.project, files)
    if not files and nothing_changed(options):
        options.reporter.console.print(options.reporter.say("nothing_changed"))
    else:
        whole_of(scene, lambda out: write_changes(scene, changes, out))
        print(f"{options.reporter.say('tables_are_at')}: {options.project.out / 'station-changes.xlsx'}")
    if label is not None:
        label_job(options, label)


def _compared(options: Options, files: tuple[NewFile, ...]) -> tuple[Scene, StationChanges]:
    """Read everything as it will be, and the lists of masts and cells as they are."""
    from .scene import prepare
    from .station_changes import station_changes
    from .update_files import stations_before, with_files

    said = {str(file.ready.resolve()): file for file in files}
    try:
        scene = prepare(
            replace(options, project=with_files(options.project, files)),
            lambda problem: _named(problem, said, given=False),
        )
    except InputError as error:
        raise InputError([_named(problem, said, given=True) for problem in error.problems]) from None
    hashes = {
        said[name].target if name in said else name: value for name, value in scene.layers.file_hashes.items()
    }
    layers = replace(scene.layers, file_hashes=dict(sorted(hashes.items())))
    scene = replace(scene, options=options, layers=layers)
    before = stations_before(options.project, layers)
    return scene, station_changes(before, (layers.masts, layers.cells), scene.day)


def _named(problem: Problem, said: dict[str, NewFile], *, given: bool) -> Problem:
    """Name a file and its row as the user did, or as the project will."""
    file = said.get(problem.file)
    if file is None:
        return problem
    if not given:
        return replace(problem, file=file.target)
    at = None if problem.row is None else problem.row - 2
    if at is None or at >= len(file.rows):
        return replace(problem, file=file.given)
    return replace(problem, file=file.rows[at][0], row=file.rows[at][1], sheet=None)
