"""Behind a building's wall: levels, verdicts, reasons and remedies indoors, found as they are outdoors.

The entry loss of ITU-R P.2109 is spread over buildings. Indoors the rule asks that P(level - entry loss >=
threshold) reach its probability; so it asks for more level outdoors, `entry_db`, and levels less that much
are judged as levels outdoors are. One sigma remains one sigma of the prediction outdoors: how houses differ
from one another is in the rule, and is no doubt about the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import scipy  # its parts come in at their first use: most runs go without this one
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .gaps import GapRule, Verdicts, verdicts
from .heard import Heard
from .indoors import indoor_levels
from .link_budget import building_entry_loss_db
from .remedies import RemedyPlanner
from .sample_shift import ShiftedLevels

__all__ = [
    "HeardIndoors",
    "IndoorLevels",
    "IndoorPlanner",
    "behind_walls",
    "dead_indoors_only",
    "entry_db",
    "entry_of_cells",
    "indoor_verdicts",
    "levels_indoors",
]

_THICKEST_DB = 200.0
_SURE = 1e-6
_NODE, _WEIGHT = np.polynomial.hermite_e.hermegauss(24)
_WEIGHT = _WEIGHT / _WEIGHT.sum()


@dataclass(frozen=True)
class IndoorLevels:
    """Levels indoors on two scales, in the rows of those outdoors; `probable` perhaps of the best only.

    Attributes
    ----------
    judged : PointLevels
        Satisfies the rule, with its sigma, where the level outdoors satisfies it indoors: see `behind_walls`.
    probable : PointLevels
        The level that has outdoors the P(covered) that there is indoors: see `coverage.indoors`.
    """

    judged: PointLevels
    probable: PointLevels


@dataclass(frozen=True)
class HeardIndoors:
    """What is heard indoors on both scales of `IndoorLevels`."""

    judged: Heard
    probable: Heard


@lru_cache(maxsize=65_536)
def entry_db(frequency_mhz: float, sigma_db: float, probability: float, building: str) -> float:
    """Return how much more level outdoors the rule asks for indoors than outdoors (dB).

    Outdoors it asks for ``threshold + z(probability) sigma``; indoors for the level at which P(level - entry
    loss >= threshold) is the probability. Both grow with the threshold alike, so it does not matter here. For
    a rule of 90 % this is more than the median entry loss: it asks for signal behind the worse walls too.

    Parameters
    ----------
    frequency_mhz : float
    sigma_db : float
        Of the prediction, > 0.
    probability : float
        Of the rule, 0 … 1.
    building : {"traditional", "thermally-efficient"}
    """
    loss = building_entry_loss_db(frequency_mhz, _NODE, building)
    needed = sigma_db * float(ndtri(probability))

    def missing(more_db: float) -> float:
        return float(ndtr((needed + more_db - loss) / sigma_db) @ _WEIGHT) - probability

    return float(scipy.optimize.brentq(missing, -_THICKEST_DB, _THICKEST_DB, xtol=1e-9))


def entry_of_cells(
    cells: CellTable, technologies: Mapping[str, TechnologyRule], building: str
) -> NDArray[np.float64]:
    """Return `entry_db` of each cell, (cells,); 0 where its technology has no rule."""
    kinds = list(zip(cells.technology.tolist(), cells.frequency_mhz.tolist(), strict=True))
    entry = dict.fromkeys(kinds, 0.0)
    for name, frequency in entry:
        rule = technologies.get(name)
        if rule is not None:
            entry[name, frequency] = entry_db(frequency, rule.sigma_db, rule.probability, building)
    return np.array([entry[kind] for kind in kinds], dtype=np.float64)


def behind_walls(levels: PointLevels, entry: NDArray[np.float64]) -> PointLevels:
    """Return levels less what the wall asks for: they satisfy the rule where those outdoors do indoors.

    Parameters
    ----------
    levels : PointLevels
        Outdoors.
    entry : ndarray of float64, (cells,)
        From `entry_of_cells`.
    """
    inside = levels.level_dbm.astype(np.float64) - entry[levels.cell]
    return levels.with_levels(inside)


def levels_indoors(
    levels: PointLevels,
    shifted: ShiftedLevels | None,
    cells: CellTable,
    technologies: Mapping[str, TechnologyRule],
    building: str,
    *,
    best: PointLevels | None = None,
) -> IndoorLevels:
    """Return the levels indoors of those outdoors, shifted by samples where these tell.

    Parameters
    ----------
    levels : PointLevels
        Of the model, outdoors.
    shifted : ShiftedLevels or None
        Of `levels`.
    cells : CellTable
    technologies : mapping of technology to TechnologyRule
    building : {"traditional", "thermally-efficient"}
    best : PointLevels, optional
        Without samples: the rows of `levels` that P(covered) is asked of; None: all.
    """
    judged = behind_walls(levels, entry_of_cells(cells, technologies, building))
    if shifted is None:
        asked = levels if best is None else best
        return IndoorLevels(judged, indoor_levels(asked, cells, technologies, building))
    probable = indoor_levels(levels, cells, technologies, building)
    rule_dbm, p_dbm = judged.level_dbm.astype(np.float64), probable.level_dbm.astype(np.float64)
    outdoors = shifted.estimate.level_dbm.astype(np.float64)
    moved = np.flatnonzero((shifted.sigma_ratio < 1.0) & ~np.isnan(outdoors))
    kind = np.stack(
        [cells.technology[levels.cell[moved]], cells.frequency_mhz[levels.cell[moved]].astype(str)]
    )
    for technology, frequency in np.unique(kind, axis=1).T.tolist() if len(moved) else ():
        rule = technologies.get(technology)
        if rule is None:
            continue
        rows = moved[(kind[0] == technology) & (kind[1] == frequency)]
        sigma = rule.sigma_db * shifted.sigma_ratio[rows]
        loss = building_entry_loss_db(float(frequency), _NODE, building)
        p = ndtr((outdoors[rows, np.newaxis] - loss - rule.threshold_dbm) / sigma[:, np.newaxis]) @ _WEIGHT
        p_dbm[rows] = rule.threshold_dbm + rule.sigma_db * ndtri(np.clip(p, 1e-30, 1.0 - _SURE))
        entry = np.array([entry_db(float(frequency), s, rule.probability, building) for s in sigma.tolist()])
        spare = (outdoors[rows] - entry - rule.threshold_dbm) / sigma  # of σ', as the shift outdoors
        rule_dbm[rows] = rule.threshold_dbm + rule.sigma_db * spare
    return IndoorLevels(
        judged.with_levels(rule_dbm),
        probable.with_levels(p_dbm),
    )


def indoor_verdicts(
    points: PointTable,
    n_villages: int,
    indoors: IndoorLevels,
    cells: CellTable,
    rule: GapRule,
    as_of: np.datetime64,
    *,
    operator: str | None = None,
    required_5g: NDArray[np.bool_] | None = None,
    heard: HeardIndoors | None = None,
) -> Verdicts:
    """Judge every hamlet indoors: as `coverage.gaps.verdicts`, with the probabilities of P.2109.

    Samples at the hamlets do not count, for they were taken outdoors; what they shift is in the levels.

    Parameters
    ----------
    points, n_villages, cells, rule, as_of, operator, required_5g
        As for `coverage.gaps.verdicts`.
    indoors : IndoorLevels
    heard : HeardIndoors or None
        Of `indoors`, and of the cells of all operators on that day.
    """

    def found(levels: PointLevels, heard: Heard | None) -> Verdicts:
        return verdicts(
            points, n_villages, levels, cells, rule, as_of, operator=operator, required_5g=required_5g,
            heard=heard,
        )  # fmt: skip

    probable = found(indoors.probable, None if heard is None else heard.probable)
    names = ("p_covered", "p_centre_voice", "p_voice", "p_broadband", "p")
    judged = found(indoors.judged, None if heard is None else heard.judged)
    return replace(judged, **{name: getattr(probable, name) for name in names})


def dead_indoors_only(outdoors: Verdicts, indoors: Verdicts) -> list[tuple[int, str]]:
    """Return the hamlets that are dead zones indoors and not outdoors, each with the service it lacks."""
    return [(int(village), "voice") for village in np.flatnonzero(indoors.dead & ~outdoors.dead)]


@dataclass(frozen=True)
class IndoorPlanner(RemedyPlanner):
    """Remedies for people indoors: every level, of every variant, has the building's wall in its way.

    Attributes
    ----------
    building : {"traditional", "thermally-efficient"}
    """

    building: str = "traditional"

    def levels(
        self, table: CellTable, x_m: float, y_m: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return level less `entry_db` (dBm), and path loss (dB) outdoors, of each cell at one point."""
        level, loss = super().levels(table, x_m, y_m)
        return level - entry_of_cells(table, self.rules, self.building), loss
