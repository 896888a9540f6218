"""What the terminal shows: progress, problems, summaries."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from .errors import Problem
from .words import say

__all__ = ["Reporter"]

Advance = Callable[[int, int], None]
_WIDE = 100  # columns of a window in which a day and its hour need not stand below each other
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[ \n](\d{2}:\d{2})")


class Reporter:
    """Tells a person what goes on; keeps the time of every stage for run.json.

    Parameters
    ----------
    language : {"vi", "en"}
    quiet : bool
        Print results only, no progress.
    """

    def __init__(self, language: str, *, quiet: bool = False) -> None:
        self.language = language
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self.console = Console(highlight=False)
        self.errors = Console(stderr=True, highlight=False)

    def say(self, key: str, **values: object) -> str:
        """Return the words for `key` in the user's language."""
        return say(key, self.language, **values)

    @contextmanager
    def stage(self, key: str, took_s: Callable[[], float | None] = lambda: None) -> Iterator[Advance]:
        """Show a line with a bar while a stage runs; yields a callback (done, total).

        `took_s` is asked at the end for its seconds, where it began before this block; None: the block's.
        """
        started = time.perf_counter()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns, TimeElapsedColumn(), console=self.errors, transient=True, disable=self.quiet
        ) as bar:
            task = bar.add_task(self.say(key), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        told = took_s()
        elapsed = time.perf_counter() - started if told is None else told
        self.seconds[key] = self.seconds.get(key, 0.0) + elapsed
        if not self.quiet:
            self.errors.print(f"[green]✓[/] {self.say(key)} [dim]{self.seconds[key]:.1f} s[/]")

    @contextmanager
    def search(self, key: str) -> Iterator[Callable[[float, float, float], None]]:
        """Show a line while a plan is sought; yields a callback (best so far, bound, gap)."""
        started = time.perf_counter()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self.errors, transient=True, disable=self.quiet) as bar:
            task = bar.add_task(self.say(key), total=None)

            def tell(best: float, bound: float, gap: float) -> None:
                state = self.say("search_state", best=f"{best:,.0f}", bound=f"{bound:,.0f}", gap=f"{gap:.2%}")
                bar.update(task, description=f"{self.say(key)} [dim]{state}[/]")

            yield tell
        self.seconds[key] = self.seconds.get(key, 0.0) + time.perf_counter() - started
        if not self.quiet:
            self.errors.print(f"[green]✓[/] {self.say(key)} [dim]{self.seconds[key]:.1f} s[/]")

    def note(self, key: str, **values: object) -> None:
        """Print one dim line beside the progress."""
        if not self.quiet:
            self.errors.print(f"[dim]  {escape(self.say(key, **values))}[/]")

    def problems(self, problems: Sequence[Problem]) -> None:
        """Print every problem on a line of its own, errors first, and how many there are."""
        errors = [problem for problem in problems if problem.severity == "error"]
        warnings = [problem for problem in problems if problem.severity != "error"]
        for group, colour, key in ((errors, "red", "errors"), (warnings, "yellow", "warnings")):
            if group:
                key = f"{key}_one" if len(group) == 1 else key
                self.errors.print(f"[{colour}]{self.say(key, count=len(group))}[/]")
            for problem in group:
                # one problem, one line: rich would fold it, and a file of them could not be searched
                print(f"  {problem}", file=sys.stderr)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
        """Print a small table; numbers to the right."""
        table = Table(title=escape(title) or None, title_justify="left", header_style="bold")
        if self.console.width < _WIDE:
            rows = [[_DAY.sub(r"\1\n\2", v) if isinstance(v, str) else v for v in row] for row in rows]
        for index, header in enumerate(headers):
            numeric = bool(rows) and isinstance(rows[0][index], int | float)
            # Where the window is narrow, texts go on in the next line; an id or a day stays whole.
            texts = [str(row[index]) for row in rows]
            whole = not numeric and all(" " not in text and len(text) <= 20 for text in texts)
            whole = whole or (bool(texts) and all(_DAY.fullmatch(text) for text in texts))
            least = min(6, max(len(text) for text in (header, *texts)))
            justify: JustifyMethod = "right" if numeric else "left"
            table.add_column(escape(header), justify=justify, overflow="fold", min_width=least, no_wrap=whole)
        for row in rows:
            # escaped: "[upgrades]" in a text is no colour
            table.add_row(*(f"{v:,}" if isinstance(v, int) else escape(str(v)) for v in row))
        self.console.print(table)
