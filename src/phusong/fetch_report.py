"""What the terminal shows of a fetch: bytes while they come, then files, licences, and what remains to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from .console import Reporter
from .fetch_request import FetchReport
from .fetch_words import say
from .gis_data.open_data.downloads import Progress as Advance
from .gis_data.open_data.sources import SOURCES

__all__ = ["download_progress", "show_fetch"]


@contextmanager
def download_progress(reporter: Reporter) -> Iterator[Advance]:
    """Show a bar for the file that is coming; yields a callback (name, bytes here, bytes in all)."""
    name_of_file = TextColumn("{task.description}", markup=False)
    columns = (name_of_file, BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=reporter.errors, transient=True, disable=reporter.quiet) as bar:
        task = bar.add_task("", total=None)
        current = ""

        def advance(name: str, done: int, total: int) -> None:
            nonlocal current
            if name != current:
                current = name
                bar.reset(task, description=name)
            bar.update(task, completed=done, total=total or None)

        yield advance


def show_fetch(reporter: Reporter, report: FetchReport, folder: Path) -> None:
    """Print files with their sources and licences, then what the person has to do.

    Parameters
    ----------
    reporter : Reporter
    report : FetchReport
    folder : Path
        Of the project.
    """
    language = reporter.language
    bounds = ", ".join(f"{edge:.4f}" for edge in report.area.bounds)
    reporter.console.print(say("area", language, name=report.area.name, bounds=bounds), markup=False)
    rows = [
        (output.file, say(output.file, language), "; ".join(SOURCES[key].title for key in output.sources))
        for output in report.outputs
    ]
    reporter.table([say("file", language), say("what", language), say("source", language)], rows)
    licences = [
        (SOURCES[key].title, SOURCES[key].licence, f"{megabytes:.1f}")
        for key, megabytes in report.megabytes.items()
    ]
    headers = [say("source", language), say("licence", language), say("downloaded", language)]
    reporter.table(headers, licences)
    print(say("written", language, folder=report.folder))
    print(say("remains", language))
    for key, values in report.remains:
        print(f"- {say(key, language, **values)}")
    print(say("next", language, folder=folder))
