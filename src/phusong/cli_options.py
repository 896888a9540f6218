"""What the commands have in common: the options that several of them take, and what is made of these.

Nothing heavy is imported before a command runs, so that ``phusong --help`` is there at once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .console import Reporter
    from .options import Options

__all__ = [
    "AsOf",
    "Folder",
    "Lang",
    "Language",
    "Processes",
    "Quiet",
    "Scheduler",
    "ShareAt",
    "Workers",
    "options_of",
    "reporter_of",
]


class Language(StrEnum):
    """Language of outputs."""

    vi = "vi"
    en = "en"


Folder = Annotated[
    Path, typer.Argument(help="Project folder (holds phusong.toml).", show_default="current folder")
]
Lang = Annotated[Language | None, typer.Option("--lang", help="Language of outputs; default: the project's.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Threads; results do not depend on it. Default: all cores.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date of the network; default: the project's."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Cụm máy tính · Dask scheduler, tcp://host:8786; trusted networks only.")
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="Worker processes on this machine in place of threads (Dask).")
]
ShareAt = Annotated[
    str | None, typer.Option("--share", help="Folder or URL for all workers; default: .phusong/cluster.")
]


def options_of(
    folder: Path,
    lang: Language | None = None,
    workers: int | None = None,
    as_of: datetime | None = None,
    quiet: bool = False,
    cluster: tuple[str | None, int | None, str | None] = (None, None, None),
) -> Options:
    """Read the project and return what was asked for.

    Parameters
    ----------
    folder, lang, workers, as_of, quiet
        As the user gave them; None: what the project says.
    cluster : tuple
        Scheduler, processes, share.

    Raises
    ------
    InputError
        Something in ``phusong.toml`` is wrong, or options contradict each other.
    """
    from .executor import cluster_request
    from .options import Options
    from .project import load_project

    project = load_project(folder)
    language = lang.value if lang else project.project.language
    return Options(
        project=project,
        as_of=as_of.date() if as_of else project.project.as_of,
        language=language,
        workers=workers,
        reporter=reporter_of(language, quiet),
        cluster=cluster_request(*cluster),
    )


def reporter_of(language: str, quiet: bool) -> Reporter:
    """Return what talks to the user in a language."""
    from .console import Reporter

    return Reporter(language, quiet=quiet)
