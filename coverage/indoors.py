"""P(covered) behind a building's wall, over whole layers and at demand points."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from .cells import CellTable, PointLevels, TechnologyRule
from .link_budget import probability_covered_indoors

__all__ = ["IndoorTable", "indoor_levels"]

_STEPS_PER_DB = 10
_SURE_SIGMAS = 10.0
_THICKEST_DB = 200.0
_SURE = 1e-6  # float32 tells no probability closer to 1


def indoor_levels(
    levels: PointLevels,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    building: str = "traditional",
) -> PointLevels:
    """Return, for each level, the one that has the same P(covered) outdoors as it has indoors.

    So that whatever judges levels outdoors judges them indoors: ``threshold + sigma Φ⁻¹(P indoors)``. It is
    not the level in a room: the spread of the entry loss (ITU-R P.2109) is in it. Levels of technologies
    without a rule stay as they are.

    Parameters
    ----------
    levels : PointLevels
        Outdoors.
    cells : CellTable
        Their frequencies tell the entry loss.
    technologies : mapping of technology to TechnologyRule
    building : {"traditional", "thermally-efficient"}

    Returns
    -------
    PointLevels
        At most 4.75 sigma above the threshold: P = 1 - 1e-6.
    """
    level = levels.level_dbm.astype(np.float64)
    indoors = level.copy()
    for technology, rule in technologies.items():
        for frequency_mhz in np.unique(cells.frequency_mhz[cells.technology == technology]):
            kind = (cells.technology == technology) & (cells.frequency_mhz == frequency_mhz)
            here = kind[levels.cell] & ~np.isnan(level)
            if not here.any():
                continue
            low, high = np.floor(level[here].min()), np.ceil(level[here].max())
            outdoors = low + np.arange(int(high - low) * _STEPS_PER_DB + 1) / _STEPS_PER_DB
            p = probability_covered_indoors(
                outdoors, rule.threshold_dbm, rule.sigma_db, float(frequency_mhz), building
            )
            p = np.maximum.accumulate(np.clip(p.astype(np.float64), 1e-30, 1.0 - _SURE))
            same_p = rule.threshold_dbm + rule.sigma_db * ndtri(p)
            indoors[here] = np.interp(level[here], outdoors, same_p)
    return levels.with_levels(indoors)


class IndoorTable:
    """P(level ≥ threshold) indoors (ITU-R P.2109), to be read off for whole layers.

    The probability of each frequency is computed each 0.1 dB and read linearly in between, within 2e-5 of
    `link_budget.probability_covered_indoors` and some hundred times faster.

    Parameters
    ----------
    rule : TechnologyRule
    frequency_mhz : array_like, (cells,)
        Of the cell table.
    building : {"traditional", "thermally-efficient"}
    """

    def __init__(self, rule: TechnologyRule, frequency_mhz: ArrayLike, building: str = "traditional") -> None:
        frequencies, kind = np.unique(np.asarray(frequency_mhz, dtype=np.float64), return_inverse=True)
        self._kind = kind.reshape(-1)
        # below, P is 0 outdoors already; above, it is 1 behind the thickest wall there is
        self._low = float(np.floor(rule.threshold_dbm - _SURE_SIGMAS * rule.sigma_db))
        high = np.ceil(rule.threshold_dbm + _THICKEST_DB + _SURE_SIGMAS * rule.sigma_db)
        self._steps = int(high - self._low) * _STEPS_PER_DB + 2
        level = self._low + np.arange(self._steps) / _STEPS_PER_DB
        sure = (rule.threshold_dbm, rule.sigma_db)
        self._table = np.stack(
            [probability_covered_indoors(level, *sure, float(f), building) for f in frequencies]
        )

    def probability(
        self, level_dbm: NDArray[np.float32], best_cell: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Return P(level ≥ threshold) indoors of the best server, 0 … 1; 0 where none is heard.

        Parameters
        ----------
        level_dbm : ndarray of float32, (rows, columns)
            Outdoors, of the best server.
        best_cell : ndarray of int32, (rows, columns)
            Its index in the cell table; -1 none.
        """
        p = np.zeros(level_dbm.shape, dtype=np.float32)
        heard = best_cell >= 0
        position = (level_dbm[heard] - np.float32(self._low)) * np.float32(_STEPS_PER_DB)
        position = np.clip(position, np.float32(0.0), np.float32(self._steps - 1))
        index = np.minimum(position.astype(np.int32), self._steps - 2)
        of = self._kind[best_cell[heard]]
        below = self._table[of, index]
        p[heard] = below + (position - index) * (self._table[of, index + 1] - below)
        return p
