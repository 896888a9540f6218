"""Hamlets as groups of demand points: what each still needs to count as served."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..cells import PointTable
from .covering.instance import DemandGroups

__all__ = ["Hamlets", "hamlets_in_need"]

_SHARE_TOLERANCE = 1e-9  # sums of people are floats: 95 of 100 people are 95 % whatever the order


@dataclass(frozen=True)
class Hamlets:
    """Hamlets that do not yet reach their share of people with service.

    Attributes
    ----------
    village : ndarray of int64, (hamlets,)
        Index in the table of villages, rising.
    share : csr_matrix of float64, (hamlets, points)
        What each point without service would add: its share of the hamlet's people (of its points where
        nobody is counted).
    need : ndarray of float64, (hamlets,)
        Share that is missing, 0 < need <= 1.
    people : ndarray of float64, (hamlets,)
        People at points without service.
    """

    village: NDArray[np.int64]
    share: csr_matrix
    need: NDArray[np.float64]
    people: NDArray[np.float64]

    def groups(self, bonus: float) -> DemandGroups:
        """Return them as groups of a covering problem, worth `bonus` for each of their people."""
        return DemandGroups(self.share, self.need, bonus * self.people)


def hamlets_in_need(points: PointTable, unserved: NDArray[np.bool_], share_of_people: float) -> Hamlets:
    """Return the hamlets whose served points fall short of the share.

    Parameters
    ----------
    points : PointTable
    unserved : ndarray of bool, (points,)
        Points that lack at least one technology; all others count as served.
    share_of_people : float
        0 … 1.
    """
    at_home = np.flatnonzero(points.village >= 0)
    village = points.village[at_home]
    count = int(village.max(initial=-1)) + 1
    people = points.people[at_home]
    empty = np.bincount(village, weights=people, minlength=count) <= 0
    weight = np.where(empty[village], 1.0, people)
    total = np.bincount(village, weights=weight, minlength=count)
    lacking = unserved[at_home]
    served = np.bincount(village[~lacking], weights=weight[~lacking], minlength=count)
    share_served = np.divide(served, total, out=np.ones(count), where=total > 0)
    need = share_of_people - _SHARE_TOLERANCE - share_served
    short = np.flatnonzero(need > 0)
    number = np.full(count, -1, np.int64)
    number[short] = np.arange(len(short))
    mine = np.flatnonzero(lacking & (number[village] >= 0))
    share = csr_matrix(
        (weight[mine] / total[village[mine]], (number[village[mine]], at_home[mine])),
        shape=(len(short), len(points)),
    )
    without = np.bincount(number[village[mine]], weights=people[mine], minlength=len(short))
    return Hamlets(short.astype(np.int64), share, need[short], without.astype(np.float64))
