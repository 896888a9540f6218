"""Rows of a sparse problem, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_matrix, hstack

from ..covering.highs import MixedIntegerProblem

__all__ = ["RowList", "with_columns"]


@dataclass
class RowList:
    """Rows as they are collected: lower <= entries · columns <= upper.

    Attributes
    ----------
    count : int
        Rows so far.
    """

    row: list[NDArray[np.int64]] = field(default_factory=list)
    column: list[NDArray[np.int64]] = field(default_factory=list)
    entry: list[NDArray[np.float64]] = field(default_factory=list)
    lower: list[NDArray[np.float64]] = field(default_factory=list)
    upper: list[NDArray[np.float64]] = field(default_factory=list)
    count: int = 0

    def add(
        self, row: ArrayLike, column: ArrayLike, entry: ArrayLike, lower: ArrayLike, upper: ArrayLike
    ) -> None:
        """Append a block; `row` counts from its own first row, `lower` and `upper` are one for each row."""
        self.row.append(np.asarray(row, np.int64) + self.count)
        self.column.append(np.asarray(column, np.int64))
        self.entry.append(np.asarray(entry, np.float64))
        self.lower.append(np.asarray(lower, np.float64))
        self.upper.append(np.asarray(upper, np.float64))
        self.count += len(self.lower[-1])

    def one(self, entries: NDArray[np.float64], lower: float, upper: float) -> None:
        """Append one row given in full."""
        used = np.flatnonzero(entries)
        self.add(np.zeros(len(used)), used, entries[used], [lower], [upper])

    def copy(self) -> RowList:
        """Return a list to which more can be added without changing this one."""
        return RowList(
            list(self.row),
            list(self.column),
            list(self.entry),
            list(self.lower),
            list(self.upper),
            self.count,
        )

    def matrix(self, columns: int) -> csr_matrix:
        """Return everything collected, (rows, columns)."""
        where = np.concatenate(self.row), np.concatenate(self.column)
        return csr_matrix(coo_matrix((np.concatenate(self.entry), where), shape=(self.count, columns)))

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return lower and upper of all rows."""
        return np.concatenate(self.lower), np.concatenate(self.upper)


def with_columns(
    problem: MixedIntegerProblem, columns: list[tuple[float, float, bool, list[tuple[int, float]]]]
) -> MixedIntegerProblem:
    """Return the problem with more columns from 0: (objective, upper bound, integer, entries by row)."""
    row = [r for *_, entries in columns for r, _ in entries]
    entry = [e for *_, entries in columns for _, e in entries]
    column = [k for k, (*_, entries) in enumerate(columns) for _ in entries]
    more = csr_matrix((entry, (row, column)), shape=(problem.rows.shape[0], len(columns)))
    return replace(
        problem,
        objective=np.concatenate([problem.objective, [c[0] for c in columns]]),
        lower=np.concatenate([problem.lower, np.zeros(len(columns))]),
        upper=np.concatenate([problem.upper, [c[1] for c in columns]]),
        integer=np.concatenate([problem.integer, [c[2] for c in columns]]),
        rows=csr_matrix(hstack([problem.rows, more])),
    )
