"""Compiled passes over the table of levels: best servers, distinct masts, and rows that can be left out.

A province has some ten million levels, and some forty questions are asked of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cells import PointLevels
from .propagation.jit import kernel

__all__ = [
    "Rules",
    "best_of_groups",
    "best_of_kinds",
    "best_rows_of_kinds",
    "distinct_masts",
    "mark_relevant",
    "strongest_of_groups",
    "typed_rows",
]


class Rules(NamedTuple):
    """The rule of each technology, (technologies,): a cell covers where (level - threshold) / sigma >= z."""

    threshold_dbm: NDArray[np.float64]
    sigma_db: NDArray[np.float64]
    z: NDArray[np.float64]


def typed_rows(
    levels: PointLevels,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return point, cell and level in the types that the kernels are compiled for."""
    return (
        levels.point.astype(np.int32, copy=False),
        levels.cell.astype(np.int32, copy=False),
        levels.level_dbm.astype(np.float32, copy=False),
    )


@kernel()
def best_of_groups(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    group: NDArray[np.int32],
    best: NDArray[np.float64],
    best_cell: NDArray[np.int32],
) -> None:
    """Find the highest level and its lowest cell, by point and group of cells.

    Parameters
    ----------
    point, cell, level_dbm : ndarray, (rows,)
        In any order; NaN counts as not heard.
    group : ndarray of int32, (cells,)
        -1: a cell that does not count.
    best, best_cell : ndarray, (points, groups)
        NaN and -1; filled in place.
    """
    for row in range(len(point)):
        c = cell[row]
        g = group[c]
        level = np.float64(level_dbm[row])
        if g < 0 or np.isnan(level):
            continue
        p = point[row]
        before = best_cell[p, g]
        if before < 0 or level > best[p, g] or (level == best[p, g] and c < before):
            best[p, g] = level
            best_cell[p, g] = c


@kernel()
def distinct_masts(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    place: NDArray[np.int64],
    technology: NDArray[np.int64],
    operator: NDArray[np.int64],
    mast: NDArray[np.int64],
    rules: Rules,
    together: NDArray[np.bool_],
    stamp: NDArray[np.int32],
    count: NDArray[np.int32],
    only: NDArray[np.int64],
) -> None:
    """Count the masts of which a cell covers a place by the rule, by technology and with several together.

    Masts are counted by the cells of each operator, and by all cells.

    Parameters
    ----------
    point, cell, level_dbm : ndarray, (rows,)
        The rows of a point next to one another.
    place : ndarray of int64, (points,)
        Number of the place that a point is; -1: it is not asked for.
    technology : ndarray of int64, (cells,)
        -1: a cell that does not count.
    operator : ndarray of int64, (cells,)
        -1: the cell counts among all cells only.
    mast : ndarray of int64, (cells,)
    rules : Rules
    together : ndarray of bool, (technologies,)
        Those that are counted together.
    stamp : ndarray of int32, (masts, operators + 1, technologies + 1)
        -1; scratch.
    count : ndarray of int32, (places, operators + 1, technologies + 1)
        0; filled in place. The last of the operators stands for all cells, the last of the technologies for
        those `together`.
    only : ndarray of int64, (places,)
        Filled in place: a mast that is counted last of all, where there is one.
    """
    last = len(together)
    everybody = stamp.shape[1] - 1
    for row in range(len(point)):
        c = cell[row]
        t = technology[c]
        p = place[point[row]]
        if t < 0 or p < 0:
            continue
        spare = (np.float64(level_dbm[row]) - rules.threshold_dbm[t]) / rules.sigma_db[t] - rules.z[t]
        if not spare >= 0.0:  # NaN is not
            continue
        m = mast[c]
        for o in (operator[c], everybody):
            if o >= 0 and stamp[m, o, t] != p:
                stamp[m, o, t] = p
                count[p, o, t] += 1
            if o >= 0 and together[t] and stamp[m, o, last] != p:
                stamp[m, o, last] = p
                count[p, o, last] += 1
                only[p] = m


@kernel()
def best_of_kinds(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    kind: NDArray[np.int32],
    best: NDArray[np.float32],
) -> None:
    """Find the highest level by point and kind of cells; parameters as for `mark_relevant`.

    `best` is filled in place where it is lower; it may come from other rows.
    """
    for row in range(len(point)):
        k = kind[cell[row]]
        if k >= 0 and level_dbm[row] > best[point[row], k]:  # NaN is not
            best[point[row], k] = level_dbm[row]


@kernel()
def best_rows_of_kinds(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    kind: NDArray[np.int32],
    row_of: NDArray[np.int64],
) -> None:
    """Find the row of the highest level by point and kind of cells; parameters as for `mark_relevant`.

    Parameters
    ----------
    row_of : ndarray of int64, (points, kinds)
        -1; filled in place. Of equal levels the first row.
    """
    for row in range(len(point)):
        k = kind[cell[row]]
        level = level_dbm[row]
        if k < 0 or np.isnan(level):
            continue
        p = point[row]
        if row_of[p, k] < 0 or level > level_dbm[row_of[p, k]]:
            row_of[p, k] = row


@kernel()
def mark_relevant(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    kind: NDArray[np.int32],
    sector: NDArray[np.int64],
    best: NDArray[np.float32],
    strongest: NDArray[np.int64],
    needed: NDArray[np.float32],
    tie_db: np.float32,
    keep: NDArray[np.bool_],
) -> None:
    """Mark the rows of cells that cover a point, the best of their kind on their mast; and the best of all.

    All cells of a mast must be in the rows; `best` may tell of more masts than these.

    Parameters
    ----------
    point, cell, level_dbm : ndarray, (rows,)
        The rows of a point next to one another.
    kind : ndarray of int32, (cells,)
        -1: a cell that does not count.
    sector : ndarray of int64, (cells,)
        A number for all cells of one kind on one mast.
    best : ndarray of float32, (points, kinds)
        From `best_of_kinds`.
    strongest : ndarray of int64, (sectors,)
        -1; scratch: the row of the strongest of them at the point.
    needed : ndarray of float32, (cells,)
        Level at which a cell covers.
    tie_db : float32
        What comes so near the best is kept too.
    keep : ndarray of bool, (rows,)
        False; filled in place.
    """
    for row in range(len(point)):
        c = cell[row]
        k = kind[c]
        if k < 0:
            continue
        p, level = point[row], level_dbm[row]
        if not (level >= needed[c] or level >= best[p, k] - tie_db):
            continue
        other = strongest[sector[c]]
        if other < 0 or point[other] != p:
            strongest[sector[c]] = row
            keep[row] = True
        elif level >= level_dbm[other] - tie_db:
            keep[row] = True
            if level > level_dbm[other]:
                keep[other] = level_dbm[other] >= level - tie_db
                strongest[sector[c]] = row


@kernel()
def strongest_of_groups(
    point: NDArray[np.int32],
    cell: NDArray[np.int32],
    level_dbm: NDArray[np.float32],
    group: NDArray[np.int32],
    needed: NDArray[np.float64],
    row_of: NDArray[np.int64],
) -> None:
    """Find the strongest cells that cover a point, by group of cells; of equal ones the lowest.

    Parameters
    ----------
    point, cell, level_dbm : ndarray, (rows,)
        Sorted by point and cell.
    group : ndarray of int32, (cells,)
        -1: a cell that does not count.
    needed : ndarray of float64, (cells,)
        Level at which a cell covers.
    row_of : ndarray of int64, (points, groups, most)
        -1; filled in place: rows, the strongest first.
    """
    most = row_of.shape[2]
    for row in range(len(point)):
        c = cell[row]
        g = group[c]
        if g < 0 or not np.float64(level_dbm[row]) >= needed[c]:
            continue
        p = point[row]
        carried = np.int64(row)
        for place in range(most):
            other = row_of[p, g, place]
            if other < 0:
                row_of[p, g, place] = carried
                break
            if level_dbm[carried] > level_dbm[other]:
                row_of[p, g, place] = carried
                carried = other
