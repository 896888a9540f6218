"""Where mains electricity is, and how far things are from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..cells import PointTable
from .inputs import MastTable, PoleTable, VillageTable

__all__ = ["Mains", "distance_m"]


@dataclass(frozen=True)
class Mains:
    """Positions that have mains electricity.

    Attributes
    ----------
    x_m, y_m : ndarray of float64
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    @classmethod
    def of(cls, points: PointTable, villages: VillageTable, masts: MastTable, poles: PoleTable) -> Mains:
        """Return those of hamlets with mains, power poles, and masts on the grid."""
        inhabited = points.village >= 0
        lit = inhabited.copy()
        lit[inhabited] = villages.grid_power[points.village[inhabited]]
        on_grid = masts.power == "grid"
        x_m = np.concatenate([points.x_m[lit], poles.x_m, masts.x_m[on_grid]])
        y_m = np.concatenate([points.y_m[lit], poles.y_m, masts.y_m[on_grid]])
        return cls(x_m, y_m)

    def distance_m(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the mains are from each position; infinite where there are none."""
        return distance_m([(self.x_m, self.y_m)], x_m, y_m)


def distance_m(
    things: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the distance from each position to the nearest thing; infinite where there is none."""
    there = np.column_stack([np.concatenate([t[0] for t in things]), np.concatenate([t[1] for t in things])])
    if len(there) == 0:
        return np.full(len(x_m), np.inf)
    return np.asarray(cKDTree(there).query(np.column_stack([x_m, y_m]))[0])
