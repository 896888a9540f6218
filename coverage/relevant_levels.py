"""The few levels of a day that can matter to a verdict: in a dense network some per cent of the table.

A point hears hundreds of cells. What is said of it goes by the best of each operator and technology, and by
the cells that cover it. All others are left out once, before the many questions that are asked of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, TechnologyRule
from .level_parts import LevelPart, parts_of, taken_of_parts
from .service_kernels import best_of_kinds, best_rows_of_kinds, mark_relevant, typed_rows

__all__ = ["best_levels", "needed_dbm", "relevant_levels", "relevant_rows", "taken_rows"]

_TIE_DB = 0.001  # levels this near the best may become equal to it where a wall's loss is taken off
_SLACK_DB = 0.01  # whoever asks whether a cell covers rounds in another way


def needed_dbm(
    cells: CellTable, technologies: Mapping[str, TechnologyRule], use: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the level at which each cell covers a point by the rule, (cells,).

    +inf for a cell that is not used, or whose technology has no rule.
    """
    needed = np.full(len(cells), np.inf)
    for name, rule in technologies.items():
        z = float(ndtri(rule.probability))
        needed[cells.technology == name] = rule.threshold_dbm + z * rule.sigma_db
    needed[~use] = np.inf
    return needed


def relevant_rows(
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    use: NDArray[np.bool_],
    *,
    spare_db: float = 0.0,
) -> NDArray[np.bool_]:
    """Tell which rows can matter to verdicts, reasons, counts of masts and totals of a day.

    These are, among the cells that are used and have a rule: the best of each operator, technology and
    frequency at each point, and of the cells that cover the point the best of each mast, operator, technology
    and frequency; with all that come within 0.001 dB of these. With the rest left out everything said of that
    day stays the same, of any operator, indoors too: what a wall takes off depends on technology and
    frequency alone.

    Parameters
    ----------
    n_points : int
    levels : PointLevels
        Sorted by point; NaN levels count as not heard.
    cells : CellTable
    technologies : mapping of technology to TechnologyRule
    use : ndarray of bool, (cells,)
        On air on that day.
    spare_db : float
        Cells that miss the rule by no more than this count as covering the point.

    Returns
    -------
    ndarray of bool, (rows,)
    """
    whole = LevelPart(levels, np.arange(len(cells), dtype=np.int32))
    return _marked(n_points, (whole,), cells, technologies, use, spare_db)[0]


def relevant_levels(
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    use: NDArray[np.bool_],
    *,
    spare_db: float = 0.0,
) -> PointLevels:
    """Return the rows that `relevant_rows` tells of; a table in parts is not put together for it."""
    parts = parts_of(levels)
    rows = _marked(n_points, parts, cells, technologies, use, spare_db)
    return taken_of_parts(parts, [np.flatnonzero(marked) for marked in rows])


def best_levels(
    n_points: int,
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    use: NDArray[np.bool_],
) -> PointLevels:
    """Return the rows of the best cell of each operator, technology and frequency at each point.

    They tell all that goes by the best of each, also where a wall takes off what depends on technology and
    frequency alone. Parameters as for `relevant_rows`; of cells of equal level the first.
    """
    kind, kinds = _kinds(cells, technologies, use)
    row_of = np.full((n_points, max(kinds, 1)), -1, dtype=np.int64)
    best_rows_of_kinds(*typed_rows(levels), kind, row_of)
    return taken_rows(levels, np.sort(row_of[row_of >= 0]))


def _marked(
    n_points: int,
    parts: Sequence[LevelPart],
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    use: NDArray[np.bool_],
    spare_db: float,
) -> list[NDArray[np.bool_]]:
    """Mark the rows of each part; a part has all cells of its masts."""
    kind, kinds = _kinds(cells, technologies, use)
    sector = np.unique(cells.masts[1] * (kinds + 1) + kind + 1, return_inverse=True)[1].reshape(-1)
    best = np.full((n_points, max(kinds, 1)), -np.inf, dtype=np.float32)
    needed = (needed_dbm(cells, technologies, use) - _SLACK_DB - spare_db).astype(np.float32)
    strongest = np.full(int(sector.max(initial=0)) + 1, -1, dtype=np.int64)
    rows, kinds_of = [typed_rows(part.rows) for part in parts], [part.spread(kind, -1) for part in parts]
    for columns, its_kind in zip(rows, kinds_of, strict=True):
        best_of_kinds(*columns, its_kind, best)
    marked = []
    for part, columns, its_kind in zip(parts, rows, kinds_of, strict=True):
        keep = np.zeros(len(columns[0]), dtype=np.bool_)
        places, asked = part.spread(sector, 0), part.spread(needed, np.inf)
        mark_relevant(*columns, its_kind, places, best, strongest.copy(), asked, np.float32(_TIE_DB), keep)
        marked.append(keep)
    return marked


def taken_rows(levels: PointLevels, index: NDArray[np.int64]) -> PointLevels:
    """Return some of the rows of a table."""
    return PointLevels(
        levels.point[index], levels.cell[index], levels.level_dbm[index], levels.loss_db[index]
    )


def _kinds(
    cells: CellTable, technologies: Mapping[str, TechnologyRule], use: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], int]:
    """A number for each operator, technology and frequency; -1 for cells that do not count."""
    kind = np.full(len(cells), -1, dtype=np.int32)
    counts = np.flatnonzero(use & np.isin(cells.technology, list(technologies)))
    parts = [
        np.unique(column[counts], return_inverse=True)[1].reshape(-1)
        for column in (cells.operator, cells.technology, cells.frequency_mhz)
    ]
    number = np.zeros(len(counts), dtype=np.int64)
    for part in parts:
        number = number * (int(part.max(initial=0)) + 1) + part
    found, place = np.unique(number, return_inverse=True)
    kind[counts] = place.reshape(-1)
    return kind, len(found)
