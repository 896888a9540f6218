"""Results appear whole or not at all: written aside first, moved into place at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputLockedError

__all__ = ["staged"]


@contextmanager
def staged(target: Path, aside_in: Path) -> Iterator[Path]:
    """Give a folder to write into; on leaving without an error its files replace those of `target`.

    Files of `target` that the block did not write stay. Nothing is moved unless every file that is to be
    replaced can be: a workbook that is open in another program is found before anything changes.

    Parameters
    ----------
    target : Path
        Folder of the results; made where it is missing.
    aside_in : Path
        Folder on the same file system in which the files are written first (the project's cache).

    Raises
    ------
    OutputLockedError
        A file cannot be replaced; names all such files.
    """
    aside_in.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="aside-", dir=aside_in, ignore_cleanup_errors=True) as name:
        aside = Path(name)
        yield aside
        _publish(aside, target)


def _publish(aside: Path, target: Path) -> None:
    moves = [(path, target / path.relative_to(aside)) for path in sorted(aside.rglob("*")) if path.is_file()]
    locked = [str(to) for _, to in moves if not _replaceable(to)]
    if locked:
        raise OutputLockedError(
            f"cannot replace {', '.join(locked)}: close the program that has it open (or mend the "
            "permission) and run again; the earlier results are untouched"
        )
    for path, to in moves:
        to.parent.mkdir(parents=True, exist_ok=True)
        path.replace(to)


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
