"""A table of levels in parts that were computed at different times, put together only where that is needed.

A table of a province has some ten million rows. A run that computes one new mast would copy all of them to
set a few thousand between the others; most questions can be asked of the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import PointLevels

__all__ = ["LevelPart", "PartedLevels", "joined", "parts_of", "rows_at", "taken_of_parts"]

_COLUMNS = ("point", "cell", "level_dbm", "loss_db")
_SPLICED = 50_000  # places where rows go in; with more of them a pass over all rows is quicker


@dataclass(frozen=True)
class LevelPart:
    """Levels of some masts, all cells of each.

    Attributes
    ----------
    rows : PointLevels
        Sorted by point and cell; cells have the numbers of the part.
    number : ndarray of int32, (cells of the part,)
        Number of each cell in the whole table; -1: its rows do not count.
    """

    rows: PointLevels
    number: NDArray[np.int32]

    def spread(self, of_cells: NDArray[Any], missing: Any) -> NDArray[Any]:
        """Return what an array says of the cells of the whole table, for those of the part."""
        found = np.full(len(self.number), missing, dtype=of_cells.dtype)
        here = self.number >= 0
        found[here] = of_cells[self.number[here]]
        return found

    def taken(self, index: NDArray[np.int64]) -> PointLevels:
        """Return some rows in the numbers of the whole table, sorted by point and cell.

        Parameters
        ----------
        index : ndarray of int64
            Ascending; of cells that count.
        """
        rows = PointLevels(
            self.rows.point[index], self.number[self.rows.cell[index]], self.rows.level_dbm[index],
            self.rows.loss_db[index],
        )  # fmt: skip
        numbers = self.number[self.number >= 0]
        if np.all(numbers[1:] > numbers[:-1]):
            return rows
        return _ordered(rows, np.lexsort((rows.cell, rows.point)))  # the cells have another order now


class PartedLevels(PointLevels):
    """The levels of several parts, of which no two have a cell in common; put together when first asked for.

    Parameters
    ----------
    parts : sequence of LevelPart
    """

    parts: tuple[LevelPart, ...]

    def __init__(self, parts: Sequence[LevelPart]) -> None:
        object.__setattr__(self, "parts", tuple(parts))

    @cached_property
    def _whole(self) -> PointLevels:
        return joined([_numbered(part) for part in self.parts])

    @property
    def point(self) -> NDArray[np.int32]:
        """As in `PointLevels`."""
        return self._whole.point

    @property
    def cell(self) -> NDArray[np.int32]:
        """As in `PointLevels`."""
        return self._whole.cell

    @property
    def level_dbm(self) -> NDArray[np.float32]:
        """As in `PointLevels`."""
        return self._whole.level_dbm

    @property
    def loss_db(self) -> NDArray[np.float32]:
        """As in `PointLevels`."""
        return self._whole.loss_db


def parts_of(levels: PointLevels) -> tuple[LevelPart, ...]:
    """Return the parts of a table: itself alone where it has none."""
    if isinstance(levels, PartedLevels):
        return levels.parts
    cells = int(levels.cell.max(initial=-1)) + 1
    return (LevelPart(levels, np.arange(cells, dtype=np.int32)),)


def taken_of_parts(parts: Sequence[LevelPart], rows: Sequence[NDArray[np.int64]]) -> PointLevels:
    """Return some rows of the parts as one table.

    Parameters
    ----------
    parts : sequence of LevelPart
    rows : sequence of ndarray of int64
        Of each part those wanted, ascending; of cells that count.
    """
    return joined([part.taken(index) for part, index in zip(parts, rows, strict=True)])


def rows_at(levels: PointLevels, points: NDArray[np.int64]) -> PointLevels:
    """Return the rows of some points, sorted by point and cell.

    Parameters
    ----------
    levels : PointLevels
        Sorted by point and cell.
    points : ndarray of int64
        Ascending.
    """
    parts = parts_of(levels)
    found = []
    for part in parts:
        wanted = points.astype(part.rows.point.dtype)  # another type would copy the whole table
        first, end = (np.searchsorted(part.rows.point, wanted, side) for side in ("left", "right"))
        count = end - first
        index = np.repeat(first - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        found.append(index[part.number[part.rows.cell[index]] >= 0])
    return taken_of_parts(parts, found)


def joined(parts: Sequence[PointLevels]) -> PointLevels:
    """Return the rows of all parts, of which no two have a cell in common, sorted by point and cell."""
    if not parts:
        none = np.zeros(0, np.int32)
        return PointLevels(none, none, none.astype("f4"), none.astype("f4"))
    old, *others = parts
    others = [part for part in others if len(part.point)]
    if not others:
        return old
    new = PointLevels(*(np.concatenate([getattr(part, name) for part in others]) for name in _COLUMNS))
    new = _ordered(new, np.lexsort((new.cell, new.point)))
    where = _places(old, new.point, new.cell)
    pairs = [(getattr(old, name), getattr(new, name)) for name in _COLUMNS]
    if len(np.unique(where)) > _SPLICED:
        return PointLevels(*(np.insert(a, where, b) for a, b in pairs))
    return PointLevels(*(_spliced(a, b, where) for a, b in pairs))


def _ordered(rows: PointLevels, order: NDArray[np.int64]) -> PointLevels:
    return PointLevels(*(getattr(rows, name)[order] for name in _COLUMNS))


def _numbered(part: LevelPart) -> PointLevels:
    """Return all rows of a part that count in the numbers of the whole table."""
    rows, number = part.rows, part.number
    if np.array_equal(number, np.arange(len(number))):
        return rows
    if np.any(number < 0):
        return part.taken(np.flatnonzero(number[rows.cell] >= 0))
    if np.all(number[1:] > number[:-1]):
        return PointLevels(rows.point, number[rows.cell], rows.level_dbm, rows.loss_db)
    return part.taken(np.arange(len(rows.point)))


def _places(old: PointLevels, point: NDArray[Any], cell: NDArray[Any]) -> NDArray[np.int64]:
    """Return before which of the old rows each new one goes; both are sorted by point and cell."""
    where = np.zeros(len(point), dtype=np.int64)
    points, begins = np.unique(point, return_index=True)
    ends = [*begins[1:].tolist(), len(point)]
    low, high = np.searchsorted(old.point, points), np.searchsorted(old.point, points, "right")
    for a, b, first, end in zip(begins.tolist(), ends, low.tolist(), high.tolist(), strict=True):
        where[a:b] = first + np.searchsorted(old.cell[first:end], cell[a:b])
    return where


def _spliced(old: NDArray[Any], new: NDArray[Any], where: NDArray[np.int64]) -> NDArray[Any]:
    """Put new values before the old ones at places that rise, a stretch at a time."""
    places, begins = np.unique(where, return_index=True)
    pieces, done = [], 0
    for at, a, b in zip(places.tolist(), begins.tolist(), [*begins[1:].tolist(), len(new)], strict=True):
        pieces += [old[done:at], new[a:b]]
        done = at
    return np.concatenate([*pieces, old[done:]]) if pieces else old
