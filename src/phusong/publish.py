"""Results appear whole or not at all: written aside first, moved into place at the end.

A folder under the cache goes through three names. ``aside-*``: being written, worthless when its run was
killed. ``ready-*``: complete; its files are on their way into the results, and whoever comes next finishes
the move. Then it is gone. So a run that is killed at any moment leaves whole files, and after the next run
(or `recover`) the results of one run only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .disk import disk_full, room_left
from .errors import OutputLockedError
from .file_names import inside

__all__ = ["recover", "staged", "unfinished"]

_ASIDE, _READY = "aside-", "ready-"
_REMOVED = ".removed"  # list of files that the new results no longer have; travels inside the folder


@contextlib.contextmanager
def staged(
    target: Path, aside_in: Path, *, owned: Sequence[str] = (), kept: Sequence[str] = ()
) -> Iterator[Path]:
    """Give a folder to write into; on leaving without an error its files replace those of `target`.

    Nothing is moved unless every file that is to be replaced can be: a workbook that is open in another
    program is found before anything changes. Only one run may work on a project at a time.

    Parameters
    ----------
    target : Path
        Folder of the results; made where it is missing.
    aside_in : Path
        Folder on the same file system in which the files are written first (the project's cache).
    owned : sequence of str
        Patterns such as "profiles/*.svg": files of `target` that fit and were not written again go away.
        All others stay.
    kept : sequence of str
        Patterns of files that stay although they fit `owned`: another job writes them.

    Raises
    ------
    OutputLockedError
        A file cannot be replaced; names all such files.
    DiskFullError
        The disk is full; the libraries that write say so in many ways, or not at all.
    """
    recover(target, aside_in)
    aside_in.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=aside_in))
    try:
        yield aside
        ready = _seal(aside, target, owned, kept)
    except BaseException as error:
        full = disk_full(aside, error)
        shutil.rmtree(aside, ignore_errors=True)
        if full is not None:
            raise full from error
        raise
    _move(ready, target)


def recover(target: Path, aside_in: Path) -> bool:
    """Finish what a killed run had ready, and sweep up what it had not; True where results were moved.

    Parameters
    ----------
    target, aside_in : Path
        As in `staged`.
    """
    finished = False
    for folder in sorted(aside_in.glob(f"{_READY}*")):
        _move(folder, target)
        finished = True
    for folder in aside_in.glob(f"{_ASIDE}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for half in aside_in.glob("*.part"):
        half.unlink(missing_ok=True)
    return finished


def unfinished(aside_in: Path) -> bool:
    """Tell whether complete files wait to be moved: a run was killed among the moves, or is among them."""
    return any(aside_in.glob(f"{_READY}*"))


def _seal(aside: Path, target: Path, owned: Sequence[str], kept: Sequence[str]) -> Path:
    """Say that a folder is complete, when all that it replaces can be replaced."""
    room_left(aside)
    written = _files(aside)
    staying = {*written, *(old for pattern in kept for old in _fitting(target, pattern))}
    gone = sorted({old for pattern in owned for old in _fitting(target, pattern)} - staying)
    locked = [str(target / name) for name in [*written, *gone] if not _replaceable(target / name)]
    if locked:
        raise OutputLockedError(
            f"cannot replace {', '.join(locked)}: close the program that has it open (or mend the "
            "permission) and run again; the earlier results are untouched"
        )
    if gone:
        (aside / _REMOVED).write_text("\n".join(gone), encoding="utf-8")
    for name in _files(aside):
        _to_disk(aside / name)
    return aside.rename(aside.with_name(_READY + aside.name.removeprefix(_ASIDE)))


def _move(ready: Path, target: Path) -> None:
    """Move what is there still: safe to repeat after a kill in the middle."""
    listed = ready / _REMOVED
    if listed.exists():
        for name in listed.read_text(encoding="utf-8").splitlines():
            if (gone := inside(target, name)) is not None:  # a project may come from anybody
                gone.unlink(missing_ok=True)
        listed.unlink()
    for name in _files(ready):
        to = target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        (ready / name).replace(to)
    shutil.rmtree(ready, ignore_errors=True)


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _fitting(target: Path, pattern: str) -> list[str]:
    return [p.relative_to(target).as_posix() for p in target.glob(pattern) if p.is_file()]


def _to_disk(path: Path) -> None:
    """Have the system write a file out before its name says that it is complete."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _replaceable(path: Path) -> bool:
    if path.is_dir():
        return False
    try:
        if path.exists():
            with path.open("r+b"):
                return True
        existing = next(parent for parent in path.parents if parent.exists())
        return existing.is_dir() and os.access(existing, os.W_OK)
    except OSError:
        return False
