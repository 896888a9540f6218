"""The few levels of a day that can matter to a verdict: in a dense network some per cent of the table.

A point hears hundreds of cells. What is said of it goes by the best of each operator and technology, and by
the cells that cover it. All others are left out once, before the many questions that are asked of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, TechnologyRule
from .service_kernels import mark_relevant, typed_rows

__all__ = ["needed_dbm", "relevant_rows", "taken_rows"]

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
    kind, kinds = _kinds(cells, technologies, use)
    sector = np.unique(cells.masts[1] * (kinds + 1) + kind + 1, return_inverse=True)[1].reshape(-1)
    best = np.full((n_points, max(kinds, 1)), -np.inf, dtype=np.float32)
    needed = (needed_dbm(cells, technologies, use) - _SLACK_DB - spare_db).astype(np.float32)
    keep = np.zeros(len(levels.point), dtype=np.bool_)
    strongest = np.full(int(sector.max(initial=0)) + 1, -1, dtype=np.int64)
    mark_relevant(*typed_rows(levels), kind, sector, best, strongest, needed, np.float32(_TIE_DB), keep)
    return keep


def taken_rows(levels: PointLevels, rows: NDArray[np.bool_]) -> PointLevels:
    """Return some of the rows of a table, in their order."""
    index = np.flatnonzero(rows)
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
