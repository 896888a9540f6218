"""What is heard on one day: best servers and masts that cover, found once for all operators and questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable, PointLevels
from .gap_decision import GapRule
from .mast_counts import masts_by_operator
from .point_service import PointService, point_service, service_of
from .sample_shift import ShiftedLevels

__all__ = ["Heard", "heard_on"]


@dataclass(frozen=True)
class Heard:
    """What a table of levels says of some cells; everything is found when first asked for, and kept.

    Attributes
    ----------
    n_points : int
        Points of the `PointTable` that the levels refer to.
    levels : PointLevels
        Its rows must not change.
    cells : CellTable
    rule : GapRule
    use : ndarray of bool, (cells,)
        Which cells count.
    shifted : Heard or None
        The same of the levels as samples shift them.
    """

    n_points: int
    levels: PointLevels
    cells: CellTable
    rule: GapRule
    use: NDArray[np.bool_]
    shifted: Heard | None = None
    _masts: dict[bytes, NDArray[np.int32]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def service(self) -> PointService:
        """The best servers of all operators."""
        return point_service(self.n_points, self.levels, self.cells, self.rule.technologies, self.use)

    def service_of(self, operator: str | None) -> PointService:
        """Return the best servers of one operator (of none where it has no cell that counts), or of all."""
        return self.service if operator is None else service_of(self.service, operator)

    def masts_of(
        self, operator: str | None, points: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Count the distinct masts that cover points with cells of an operator, or of all.

        Parameters
        ----------
        operator : str or None
        points : ndarray of int64, (n,)
            Distinct.

        Returns
        -------
        by_technology : ndarray of int32, (n, technologies)
        voice : ndarray of int32, (n,)
            With any voice technology.
        """
        key = points.tobytes()
        count = self._masts.get(key)
        if count is None:
            voice = np.array([name in self.rule.voice for name in self.rule.technologies])
            rules = self.rule.technologies
            count = masts_by_operator(points, self.levels, self.cells, self.use, rules, voice)
            self._masts[key] = count
        names = self.cells.operators[0].tolist()
        of = -1 if operator is None else names.index(operator) if operator in names else None
        if of is None:
            count, of = np.zeros_like(count), -1
        return count[:, of, :-1], count[:, of, -1]


def heard_on(
    n_points: int,
    levels: PointLevels,
    shifted: ShiftedLevels | None,
    cells: CellTable,
    rule: GapRule,
    use: NDArray[np.bool_],
) -> Heard:
    """Return what levels say, and what they say as samples shift them.

    Parameters
    ----------
    n_points, levels, cells, rule, use
        As for `Heard`.
    shifted : ShiftedLevels or None
        Of `levels`.
    """
    moved = None if shifted is None else Heard(n_points, shifted.judged, cells, rule, use)
    return Heard(n_points, levels, cells, rule, use, moved)
