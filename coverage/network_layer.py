"""What a layer is: its key, its rasters, and the plan of all the layers of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable, TechnologyRule
from .indoors import IndoorTable
from .link_budget import probability_covered

__all__ = ["LayerKey", "LayerPlan", "NetworkLayer", "plan_layers"]

LayerKey = str | tuple[str, str]
"""A technology, or a technology and an operator."""

FLOOR_SIGMAS = 4.0
"""A level this many σ below the threshold has P(covered) < 0.004 % and counts as nothing."""


@dataclass(frozen=True)
class NetworkLayer:
    """What a technology offers, with all operators together or with one: a whole map, or some rows of it.

    Attributes
    ----------
    technology : {"2G", "3G", "4G", "5G"}
    operator : str or None
        None: the strongest of all operators.
    rule : TechnologyRule
        Threshold and spread behind `servers` and `p_covered`.
    level_dbm : ndarray of float32, (rows, columns)
        Location median of the strongest cell's reference signal outdoors; NaN where nothing is heard.
    best_cell : ndarray of int32, (rows, columns)
        That cell's index in the cell table; -1 where nothing is heard.
    servers : ndarray of uint8, (rows, columns)
        Masts with a cell at or above the threshold (255: at least so many).
    sinr_db : ndarray of float32, (rows, columns), or None
        Of the best server, as `coverage.interference` defines it; NaN where nothing is heard. None: not
        asked for.
    first_row : int
        Of the terrain; 0 for a whole map.
    """

    technology: str
    operator: str | None
    rule: TechnologyRule
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.uint8]
    sinr_db: NDArray[np.float32] | None = None
    first_row: int = 0

    @property
    def key(self) -> LayerKey:
        """The technology, or technology and operator."""
        return self.technology if self.operator is None else (self.technology, self.operator)

    @property
    def p_covered(self) -> NDArray[np.float32]:
        """P(level ≥ threshold) outdoors, 0 … 1; computed at each access, so that it costs no memory."""
        return probability_covered(self.level_dbm, self.rule.threshold_dbm, self.rule.sigma_db)

    def p_covered_indoors(self, table: IndoorTable) -> NDArray[np.float32]:
        """P(level ≥ threshold) behind a building's wall (ITU-R P.2109), 0 … 1, by a table for `rule`."""
        return table.probability(self.level_dbm, self.best_cell)


@dataclass(frozen=True)
class LayerPlan:
    """The layers of a run and where each is kept while its rows are live.

    Levels are entered once: by technology, or with layers per operator by technology and operator, of which
    the technology's are made when rows are finished. Masts are counted for every layer, because one that two
    operators share is one mast of the technology.

    Attributes
    ----------
    rules : mapping of str to TechnologyRule
        By technology.
    technologies : tuple of str
        In alphabetical order.
    pairs : tuple of (technology, operator)
        In alphabetical order; empty without layers per operator.
    """

    rules: Mapping[str, TechnologyRule]
    technologies: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> tuple[LayerKey, ...]:
        """All layers; the place of a layer here is that of its count of masts."""
        return (*self.technologies, *self.pairs)

    @property
    def entered(self) -> tuple[LayerKey, ...]:
        """Layers whose levels are entered; the place here is that of its levels."""
        return self.pairs or self.technologies

    def floor_dbm(self, technology: str) -> float:
        """Return the level below which nothing of a technology counts."""
        rule = self.rules[technology]
        return rule.threshold_dbm - FLOOR_SIGMAS * rule.sigma_db


def plan_layers(cells: CellTable, rules: Mapping[str, TechnologyRule], *, by_operator: bool) -> LayerPlan:
    """Return the layers of every technology that has a rule and a cell.

    Parameters
    ----------
    cells : CellTable
    rules : mapping of str to TechnologyRule
    by_operator : bool
        A layer for each technology and operator besides those for each technology.
    """
    found = sorted(set(zip(cells.technology.tolist(), cells.operator.tolist(), strict=True)))
    pairs = tuple((str(t), str(o)) for t, o in found if t in rules)
    return LayerPlan(rules, tuple(sorted({t for t, _ in pairs})), pairs if by_operator else ())
