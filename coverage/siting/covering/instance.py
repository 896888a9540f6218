"""Budgeted covering problems as sparse matrices: the instance, its checks and the exact value of a choice."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["CoveringInstance", "DemandGroups", "covering_instance"]


@dataclass(frozen=True)
class DemandGroups:
    """Demands that together count as one more thing served, such as the points of a hamlet.

    Attributes
    ----------
    share : csr_matrix of float64, (groups, demands)
        What each demand contributes to its group (people), >= 0.
    need : ndarray of float64, (groups,)
        Sum of the covered contributions from which the group counts as served, > 0.
    bonus : ndarray of float64, (groups,)
        Value added when the group counts as served, >= 0.
    """

    share: csr_matrix
    need: NDArray[np.float64]
    bonus: NDArray[np.float64]

    def met(self, served: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which groups reach their need when the demands in the mask `served` are covered."""
        return np.asarray(self.share @ served.astype(np.float64)) >= self.need * (1.0 - 1e-9)


@dataclass(frozen=True)
class CoveringInstance:
    """Which candidate covers which demand, what each is worth and what it costs.

    Attributes
    ----------
    cover : csr_matrix of float64, (demands, candidates)
        1 where the candidate alone covers the demand; column indices sorted in each row.
    weight : ndarray of float64, (demands,)
        Value of a covered demand, >= 0.
    cost : ndarray of float64, (candidates,)
        >= 0, any currency.
    conflicts : tuple of ndarray of int64
        At most one candidate of each may be chosen.
    mandatory, forbidden : ndarray of int64
        Candidates that must, and must not, be chosen; sorted.
    groups : DemandGroups
        Zero groups where demands count for themselves only.
    """

    cover: csr_matrix
    weight: NDArray[np.float64]
    cost: NDArray[np.float64]
    conflicts: tuple[NDArray[np.int64], ...]
    mandatory: NDArray[np.int64]
    forbidden: NDArray[np.int64]
    groups: DemandGroups

    @property
    def shape(self) -> tuple[int, int]:
        """Demands, candidates."""
        return int(self.cover.shape[0]), int(self.cover.shape[1])

    def served(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which demands at least one of the `chosen` candidates covers."""
        built = np.zeros(self.shape[1])
        built[chosen] = 1.0
        return np.asarray(self.cover @ built) > 0.5

    def value(self, chosen: NDArray[np.int64]) -> float:
        """Return the weight of the demands covered and the bonus of the groups met."""
        served = self.served(chosen)
        return float(self.weight[served].sum() + self.groups.bonus[self.groups.met(served)].sum())

    def total_cost(self, chosen: NDArray[np.int64]) -> float:
        """Return the sum of the costs of the `chosen` candidates."""
        return math.fsum(self.cost[chosen])

    def digest(self, limit: float) -> str:
        """Return the SHA-256 of everything that defines the problem, `limit` being budget or target."""
        sha = hashlib.sha256()
        arrays: list[NDArray[Any]] = [self.weight, self.cost, self.mandatory, self.forbidden, *self.conflicts]
        for matrix in (self.cover, self.groups.share):
            arrays += [matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data]
        arrays += [self.groups.need, self.groups.bonus, np.array([limit])]
        for array in arrays:
            sha.update(f"{array.dtype}{array.shape}".encode())
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()


def covering_instance(
    cover: csr_matrix,
    weight: NDArray[np.float64],
    cost: NDArray[np.float64],
    *,
    conflict_groups: Sequence[Sequence[int]] = (),
    mandatory: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    groups: DemandGroups | None = None,
) -> CoveringInstance:
    """Check the parts of a covering problem and put them together.

    Parameters
    ----------
    cover : csr_matrix, (demands, candidates)
        Any entry other than 0 means "covers".
    weight : array_like, (demands,)
        >= 0.
    cost : array_like, (candidates,)
        >= 0.
    conflict_groups : sequence of sequences of int
        Candidates of which at most one may be chosen.
    mandatory, forbidden : sequence of int
        Candidates that must, and must not, be chosen.
    groups : DemandGroups, optional
        Demands that count once more together.

    Raises
    ------
    ValueError
        Shapes do not fit, a weight or cost is negative or not a number, an index is out of range, or
        mandatory, forbidden and conflicting candidates contradict each other: one line each, all at once.
    """
    matrix = csr_matrix(cover)
    demands = matrix.shape[0]
    instance = CoveringInstance(
        cover=_ones(matrix),
        weight=np.asarray(weight, np.float64),
        cost=np.asarray(cost, np.float64),
        conflicts=tuple(np.unique(np.asarray(group, np.int64)) for group in conflict_groups),
        mandatory=np.unique(np.asarray(mandatory, np.int64)),
        forbidden=np.unique(np.asarray(forbidden, np.int64)),
        groups=groups or DemandGroups(csr_matrix((0, demands)), np.zeros(0), np.zeros(0)),
    )
    lines = _shape_faults(instance) or [*_number_faults(instance), *_contradictions(instance)]
    if lines:
        raise ValueError("\n".join(lines))
    return instance


def _ones(matrix: csr_matrix) -> csr_matrix:
    clean = csr_matrix(matrix, dtype=np.float64, copy=True)
    clean.sum_duplicates()
    clean.eliminate_zeros()
    clean.data = np.ones(len(clean.data))
    return clean


def _shape_faults(instance: CoveringInstance) -> list[str]:
    demands, candidates = instance.shape
    groups = instance.groups
    lines = []
    for name, shape, expected in (
        ("weight", instance.weight.shape, (demands,)),
        ("cost", instance.cost.shape, (candidates,)),
        ("groups.share", groups.share.shape, (len(groups.need), demands)),
        ("groups.bonus", groups.bonus.shape, groups.need.shape),
    ):
        if shape != expected:
            lines.append(f"{name} has shape {shape}, expected {expected} to fit cover {instance.shape}")
    for name, index in (
        ("mandatory", instance.mandatory),
        ("forbidden", instance.forbidden),
        *(("conflict group", group) for group in instance.conflicts),
    ):
        wrong = index[(index < 0) | (index >= candidates)]
        if len(wrong):
            lines.append(f"{name}: candidate {wrong[0]} does not exist, expected 0 … {candidates - 1}")
    return lines


def _number_faults(instance: CoveringInstance) -> list[str]:
    groups = instance.groups
    lines = []
    for name, array in (
        ("cost of candidate", instance.cost),
        ("weight of demand", instance.weight),
        ("bonus of group", groups.bonus),
        ("need of group", groups.need),
        ("share entry", groups.share.data),
    ):
        for index in np.flatnonzero(~((array >= 0) & np.isfinite(array)))[:20]:
            lines.append(f"{name} {index} is {array[index]:g}, expected a number >= 0")
    return lines


def _contradictions(instance: CoveringInstance) -> list[str]:
    lines = [
        f"candidate {index} is both mandatory and forbidden, expected one of the two"
        for index in np.intersect1d(instance.mandatory, instance.forbidden)
    ]
    for group in instance.conflicts:
        both = np.intersect1d(group, instance.mandatory)
        if len(both) > 1:
            lines.append(f"candidates {both.tolist()} are mandatory, but at most one of them can be built")
    return lines
