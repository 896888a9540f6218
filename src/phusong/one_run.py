"""One run at a time works on a project: its lock goes away with its process, however that ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from .disk import disk_full
from .errors import ProjectBusyError
from .publish import recover, unfinished

if TYPE_CHECKING:
    from .options import Options
    from .project import Project

__all__ = ["INPUTS", "alone", "mend_inputs", "one_run"]

INPUTS = "inputs"
"""Folder of the cache from which station lists are replaced, and in which earlier ones are kept."""

_LAST_BREATH_S = 10.0

_Rest = ParamSpec("_Rest")
_Result = TypeVar("_Result")


def alone(
    job: Callable[Concatenate[Options, _Rest], _Result],
) -> Callable[Concatenate[Options, _Rest], _Result]:
    """Let a job be the only one on its project; what a killed run left is mended first."""

    @wraps(job)
    def held(options: Options, *arguments: _Rest.args, **named: _Rest.kwargs) -> _Result:
        with one_run(options.project.cache):
            project = options.project
            replaced = recover(project.folder, project.cache / INPUTS)
            if recover(project.out, project.cache) or replaced:
                options.reporter.note("recovered")
            try:
                return job(options, *arguments, **named)
            except Exception as error:
                full = disk_full(options.project.cache, error)
                if full is not None:
                    raise full from error
                raise

    return held


def mend_inputs(project: Project) -> None:
    """Finish the replacing of station lists that was killed between two of them, before they are read.

    For what only reads and holds no project; a job that `alone` holds has done it.

    Raises
    ------
    ProjectBusyError
        Another process is replacing them now.
    """
    inputs = project.cache / INPUTS
    if unfinished(inputs):
        with one_run(project.cache):
            recover(project.folder, inputs)


@contextmanager
def one_run(cache: Path) -> Iterator[None]:
    """Hold a project while the block runs.

    Parameters
    ----------
    cache : Path
        The project's cache folder, where the lock lies.

    Raises
    ------
    ProjectBusyError
        Another process holds it; says which, and since when.
    """
    cache.mkdir(parents=True, exist_ok=True)
    holder = cache / "run.json"
    lock = FileLock(cache / "run.lock")
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            # A process that was killed takes the one that worked beside it along, which needs a moment.
            lock.acquire(timeout=_LAST_BREATH_S if _has_ended(holder) else 0, poll_interval=0.02)
    except Timeout:
        raise ProjectBusyError(
            f"another run works on {cache.parent} ({_described(holder)}): wait for it or stop it; "
            "the earlier results can be read meanwhile"
        ) from None
    try:
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        holder.write_text(json.dumps({"process": os.getpid(), "since": started}), encoding="utf-8")
        yield
        holder.unlink(missing_ok=True)
    finally:
        lock.release()


def _has_ended(holder: Path) -> bool:
    """Tell whether the process that held a project is no more, where this system can tell."""
    try:
        process = int(json.loads(holder.read_text(encoding="utf-8"))["process"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if sys.platform == "win32" or process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _described(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {told['process']}, since {told['since']}"
    except (OSError, ValueError, KeyError):
        return "it has just started"
