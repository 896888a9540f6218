"""What can go wrong, as types: bad input is told apart from our own faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "DiscrepancyError",
    "DiskFullError",
    "FetchError",
    "InputError",
    "InterruptedSearchError",
    "OutputLockedError",
    "PhusongError",
    "Problem",
    "ProjectBusyError",
    "StoreError",
]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong (or suspicious) in one place of the user's input.

    Attributes
    ----------
    file : str
        Path as the user wrote it.
    expected : str
        What should stand there.
    mend : str
        How to put it right.
    row : int or None
        Row as a spreadsheet shows it: 1 is the header. None where the whole file is meant.
    column : str or None
        Column name as it stands in the file.
    value : str or None
        What was found.
    sheet : str or None
        Sheet of a workbook or layer of a GeoPackage.
    severity : {"error", "warning"}
        An error stops the run before any work; a warning is reported only.
    """

    file: str
    expected: str
    mend: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    sheet: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        """One line: file, sheet, row, column: found; expected; mend."""
        place = self.file
        if self.sheet is not None:
            place += f" [{self.sheet}]"
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column!r}"
        found = "" if self.value is None else f"found {self.value!r}; "
        return f"{place}: {found}expected {self.expected}; {self.mend}"


class PhusongError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(PhusongError, ValueError):
    """The user's input cannot be used; carries every problem found, not only the first.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class OutputLockedError(PhusongError, OSError):
    """A result file cannot be replaced (open in another program, no permission)."""


class ProjectBusyError(PhusongError, OSError):
    """Another run works on the same project."""


class DiskFullError(PhusongError, OSError):
    """No room is left to write the results, or the system lets no file grow so far."""


class InterruptedSearchError(PhusongError):
    """Ctrl-C ended a search; the best plan found until then has been written, with its bound."""


class DiscrepancyError(PhusongError):
    """The independent evaluation does not confirm what a plan claims: a fault of this program."""


class FetchError(PhusongError):
    """Open data could not be had: the network, the server, or what the server sent."""


class StoreError(PhusongError, OSError):
    """The store of versions cannot be reached, refuses, or is damaged."""
