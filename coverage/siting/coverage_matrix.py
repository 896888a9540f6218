"""Which candidate would serve which demand point: levels from the propagation engine in exact mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import ndtri

from ..antenna import AntennaPattern
from ..cells import PointTable, TechnologyRule
from ..link_budget import LinkBudget
from ..network import point_levels
from ..propagation.terrain import PropagationSettings, TerrainModel
from ..station_radio import StationRadio
from .candidates import Candidate
from .inputs import SitingOptions
from .radio import candidate_cells

__all__ = ["coverage_matrix", "needed_level_dbm"]

_FLOOR_SLACK_DB = 1.0


def needed_level_dbm(rule: TechnologyRule) -> float:
    """Return the median level at which P(covered) reaches the rule: T + z σ."""
    return rule.threshold_dbm + float(ndtri(rule.probability)) * rule.sigma_db


def coverage_matrix(
    terrain: TerrainModel,
    candidates: Sequence[Candidate],
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    radio: Mapping[str, StationRadio],
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    options: SitingOptions,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    link_budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> csr_matrix:
    """Return the points that each candidate serves by itself.

    A point is served when the best sector reaches P(covered) >= the rule, outdoors, for every technology
    that the point lacks. Every path has a terrain profile of its own; no distance decides anything, except
    that paths longer than ``options.coverage_range_m`` are not computed.

    Parameters
    ----------
    terrain : TerrainModel
    candidates : sequence of Candidate
    points : PointTable
    unserved : mapping of technology to ndarray of bool, (points,)
        Points that lack each technology; a point that lacks none is in no row's way and stays empty.
    radio : mapping of technology to StationRadio
    rules : mapping of technology to TechnologyRule
    settings : PropagationSettings
    options : SitingOptions
    patterns, link_budget, workers, progress
        As in `network.point_levels`.

    Returns
    -------
    csr_matrix of float64, (points, candidates)
        1 where served.
    """
    lacking = np.array([unserved[t] for t in options.technologies])  # technologies × points
    wanted = np.flatnonzero(lacking.any(axis=0))
    shape = (len(points), len(candidates))
    if len(wanted) == 0 or len(candidates) == 0:
        return csr_matrix(shape)
    cells, owner = candidate_cells(candidates, dict(radio), options.operator)
    needed = {t: needed_level_dbm(rules[t]) for t in options.technologies}
    levels = point_levels(
        terrain,
        cells,
        _take(points, wanted),
        settings,
        options.coverage_range_m,
        patterns=patterns,
        budget=link_budget,
        floor_dbm=min(needed.values()) - _FLOOR_SLACK_DB,
        workers=workers,
        progress=progress,
    )
    level = levels.level_dbm.astype(np.float64)
    met = np.zeros((len(wanted), len(candidates)), np.int64)
    for t, technology in enumerate(options.technologies):
        rule = rules[technology]
        margin = (level - rule.threshold_dbm) / rule.sigma_db - float(ndtri(rule.probability))
        hit = (cells.technology[levels.cell] == technology) & (margin >= 0)
        reached = np.zeros_like(met, dtype=bool)
        reached[levels.point[hit], owner[levels.cell[hit]]] = True
        met += reached & lacking[t, wanted][:, None]
    served = met == lacking[:, wanted].sum(axis=0)[:, None]
    row, column = np.nonzero(served)
    return csr_matrix((np.ones(len(row)), (wanted[row], column)), shape=shape)


def _take(points: PointTable, index: NDArray[Any]) -> PointTable:
    return replace(points, **{f.name: getattr(points, f.name)[index] for f in fields(points)})
