"""Collecting what is wrong: everything is counted, the first ones of a kind are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import InputError, Problem

__all__ = ["SHOWN_OF_A_KIND", "ProblemList"]

SHOWN_OF_A_KIND = 20
"""Problems of one kind in one column of one file that are listed before the rest is only counted."""

_Kind = tuple[str, str | None, str | None, str, str]


class ProblemList:
    """Gathers problems of all files; those of one kind in one column are listed up to a limit.

    Parameters
    ----------
    shown : int
        How many of a kind are kept; the others are counted.
    """

    def __init__(self, shown: int = SHOWN_OF_A_KIND) -> None:
        self._shown = shown
        self._kept: dict[_Kind, list[Problem]] = {}
        self._counts: dict[_Kind, int] = {}

    def add(self, problem: Problem) -> None:
        """Take one problem in."""
        kind = (problem.file, problem.sheet, problem.column, problem.severity, problem.expected)
        kept = self._kept.setdefault(kind, [])
        if len(kept) < self._shown:
            kept.append(problem)
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take many problems in."""
        for problem in problems:
            self.add(problem)

    def listed(self, severity: str | None = None) -> list[Problem]:
        """Return the problems, file by file in the order of reading, each long kind closed by a count."""
        out: list[Problem] = []
        for kind, kept in self._kept.items():
            if severity is not None and kind[3] != severity:
                continue
            out.extend(kept)
            more = self._counts[kind] - len(kept)
            if more:
                last = kept[-1]
                out.append(
                    replace(
                        last, row=None, value=None, expected=f"{last.expected} (and {more} more like this)"
                    )
                )
        return out

    def __len__(self) -> int:
        return sum(self._counts.values())

    @property
    def error_count(self) -> int:
        """How many errors were taken in, shown or not."""
        return sum(count for kind, count in self._counts.items() if kind[3] == "error")

    def raise_errors(self) -> None:
        """Raise all errors, the warnings behind them, where there is an error.

        Raises
        ------
        InputError
            At least one problem is an error.
        """
        if self.error_count:
            raise InputError(self.listed("error") + self.listed("warning"))
