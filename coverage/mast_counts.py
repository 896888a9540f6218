"""How many masts cover a point: each by itself, by the rule, by technology and with several together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, TechnologyRule
from .service_kernels import Rules, distinct_masts, typed_rows

__all__ = ["masts_at", "masts_by_operator"]


def masts_at(
    points: NDArray[np.int64],
    levels: PointLevels,
    cells: CellTable,
    use: NDArray[np.bool_],
    technologies: Mapping[str, TechnologyRule],
    together: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Count the distinct masts that cover points.

    Parameters
    ----------
    points : ndarray of int64, (n,)
        Distinct points.
    levels : PointLevels
        In any order.
    cells : CellTable
    use : ndarray of bool, (cells,)
        Which cells count.
    technologies : mapping of technology to TechnologyRule
    together : ndarray of bool, (technologies,)
        Those that are counted together.

    Returns
    -------
    count : ndarray of int32, (n, technologies + 1)
        By technology, and last with any of those `together`.
    only : ndarray of int64, (n,)
        Number (in `CellTable.masts`) of a mast counted last; -1 where there is none.
    """
    nobody = np.full(len(cells), -1, dtype=np.int64)
    count, only = _counted(points, levels, cells, use, technologies, together, nobody, 0)
    return count[:, 0], only


def masts_by_operator(
    points: NDArray[np.int64],
    levels: PointLevels,
    cells: CellTable,
    use: NDArray[np.bool_],
    technologies: Mapping[str, TechnologyRule],
    together: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Count the distinct masts that cover points with the cells of each operator, and of all.

    Parameters
    ----------
    points, levels, cells, use, technologies, together
        As for `masts_at`.

    Returns
    -------
    ndarray of int32, (n, operators + 1, technologies + 1)
        Operators as in `CellTable.operators`, and last all of them; technologies as `masts_at` has them.
    """
    names, operator = cells.operators
    return _counted(points, levels, cells, use, technologies, together, operator, len(names))[0]


def _counted(
    points: NDArray[np.int64],
    levels: PointLevels,
    cells: CellTable,
    use: NDArray[np.bool_],
    technologies: Mapping[str, TechnologyRule],
    together: NDArray[np.bool_],
    operator: NDArray[np.int64],
    operators: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the counts by operator, all cells last, and a mast of each place that is counted last of all."""
    rows, place, technology = _made_ready(points, levels, cells, use, technologies)
    masts, mast = cells.masts
    shape = (operators + 1, len(technologies) + 1)
    count = np.zeros((len(points), *shape), dtype=np.int32)
    only = np.full(len(points), -1, dtype=np.int64)
    distinct_masts(
        *rows, place, technology, operator, mast, _rules(technologies), np.asarray(together, dtype=bool),
        np.full((len(masts), *shape), -1, np.int32), count, only,
    )  # fmt: skip
    return count, only


_Rows = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]


def _made_ready(
    points: NDArray[np.int64],
    levels: PointLevels,
    cells: CellTable,
    use: NDArray[np.bool_],
    technologies: Mapping[str, TechnologyRule],
) -> tuple[_Rows, NDArray[np.int64], NDArray[np.int64]]:
    """Rows by point, number of each point among those asked for, technology of each cell that counts."""
    technology = np.full(len(cells), -1, dtype=np.int64)
    for number, name in enumerate(technologies):
        technology[cells.technology == name] = number
    technology[~use] = -1
    place = np.full(int(max(levels.point.max(initial=-1), points.max(initial=-1))) + 1, -1, dtype=np.int64)
    place[points] = np.arange(len(points))
    rows = typed_rows(levels)
    if np.any(rows[0][1:] < rows[0][:-1]):
        order = np.argsort(rows[0], kind="stable")
        rows = rows[0][order], rows[1][order], rows[2][order]
    return rows, place, technology


def _rules(technologies: Mapping[str, TechnologyRule]) -> Rules:
    rules = list(technologies.values())
    return Rules(
        np.array([rule.threshold_dbm for rule in rules], np.float64),
        np.array([rule.sigma_db for rule in rules], np.float64),
        np.array([ndtri(rule.probability) for rule in rules], np.float64),
    )
