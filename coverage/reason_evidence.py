"""What samples say where a hamlet lacks a service: measured shortfalls, and levels that they shift."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from .cells import CellTable, PointLevels
from .gaps import GapRule
from .measured import MeasuredGroups
from .point_service import PointService
from .remedies import short_of
from .sample_shift import ShiftedLevels

__all__ = ["measured_shortfall", "probability_at", "shift_of", "shortfall_of"]


def probability_at(
    service: PointService, point: int, operator: str | None, technologies: tuple[str, ...], rule: GapRule
) -> tuple[float, float]:
    """Return P(service) at a point, of one operator or the best, and the P that the rule asks for."""
    columns = [t for t, name in enumerate(service.technologies) if name in technologies]
    margin = service.margin[point][:, columns]
    if operator is not None:
        margin = margin[[service.operators.index(operator)]]
    asked = max(rule.technologies[name].probability for name in technologies)
    return float(ndtr(margin.max(initial=-np.inf) + ndtri(asked))), asked


def measured_shortfall(
    groups: MeasuredGroups | None,
    point: int,
    operator: str | None,
    technologies: tuple[str, ...],
    rule: GapRule,
) -> tuple[float, float]:
    """Return the samples' level (dBm) and shortfall (dB) at a point, of the group nearest to the rule.

    Parameters
    ----------
    groups : MeasuredGroups or None
    point : int
    operator : str or None
        Only this operator's samples count; None: all.
    technologies : tuple of str
        Those that carry the service.
    rule : GapRule

    Returns
    -------
    tuple of float
        NaN where samples are too few to decide.
    """
    if groups is None:
        return math.nan, math.nan
    here = (groups.point == point) & np.isin(groups.technology, technologies)
    if operator is not None:
        here &= groups.operator == operator
    found = []
    for i in np.flatnonzero(here).tolist():
        threshold = rule.technologies[str(groups.technology[i])].threshold_dbm
        found.append((threshold - float(groups.level_dbm[i]), float(groups.level_dbm[i])))
    short, level = min(found, default=(math.nan, math.nan))
    return level, short


def shortfall_of(levels: PointLevels | None, point: int, cell: int, cells: CellTable, rule: GapRule) -> float:
    """Return what a cell lacks of the rule at a point (dB), by a table sorted by point; NaN: not in it."""
    row = _row(levels, point, cell)
    if levels is None or row is None:
        return math.nan
    level = levels.level_dbm[[row]].astype(np.float64)
    return float(short_of(level, cells.technology[[cell]], rule.technologies)[0])


def shift_of(shifted: ShiftedLevels | None, levels: PointLevels, point: int, cell: int) -> float:
    """Return what samples shift the level of a cell at a point by (dB); NaN where none tells.

    Parameters
    ----------
    shifted : ShiftedLevels or None
    levels : PointLevels
        Those that it shifts, sorted by point.
    point, cell : int
    """
    row = _row(levels, point, cell)
    if shifted is None or row is None or shifted.sigma_ratio[row] >= 1.0:
        return math.nan
    return round(float(shifted.shift_db[row]), 2)


def _row(levels: PointLevels | None, point: int, cell: int) -> int | None:
    if levels is None:
        return None
    first, last = np.searchsorted(levels.point, np.array([point, point + 1], levels.point.dtype)).tolist()
    found = np.flatnonzero(levels.cell[first:last] == cell)
    return first + int(found[0]) if len(found) else None
