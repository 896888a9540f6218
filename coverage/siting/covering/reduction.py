"""A smaller covering problem with the same optimum: equal demands merged, dominated candidates dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .instance import CoveringInstance, DemandGroups
from .kernels import sort_rows

__all__ = [
    "Reduction",
    "merge_identical",
    "reduce_instance",
    "restrict",
    "undominated",
    "without_forbidden",
]


@dataclass(frozen=True)
class Reduction:
    """A smaller instance and how it came about.

    Attributes
    ----------
    instance : CoveringInstance
        Its candidates are a selection of the original ones, its demands classes of original ones.
    candidate : ndarray of int64
        Original index of each candidate that is left.
    """

    instance: CoveringInstance
    candidate: NDArray[np.int64]


def reduce_instance(original: CoveringInstance) -> Reduction:
    """Merge demands, drop dominated and useless candidates, and merge again.

    The best value within any budget, and the least cost of any value, stay what they were.
    """
    allowed = without_forbidden(original)
    merged = merge_identical(allowed.instance)
    left = undominated(merged)
    return Reduction(instance=merge_identical(_select(merged, left)), candidate=allowed.candidate[left])


def without_forbidden(original: CoveringInstance) -> Reduction:
    """Return the instance without its forbidden candidates, otherwise as it is."""
    kept = np.setdiff1d(np.arange(original.shape[1]), original.forbidden)
    return Reduction(_select(original, kept), kept)


def merge_identical(instance: CoveringInstance) -> CoveringInstance:
    """Put demands that the same candidates cover into one; drop those that nobody covers.

    Exact: every choice serves all or none of a class, so weights and group shares can be added up.
    """
    demand_class, representative = _classes_of_rows(instance.cover)
    kept = np.flatnonzero(demand_class >= 0)
    count = len(representative)
    into = csr_matrix(
        (np.ones(len(kept)), (kept, demand_class[kept])), shape=(instance.shape[0], count)
    )  # demands × classes
    share = csr_matrix(instance.groups.share @ into)
    share.sum_duplicates()
    return replace(
        instance,
        cover=instance.cover[representative],
        weight=np.asarray(into.T @ instance.weight),
        groups=replace(instance.groups, share=share),
    )


def undominated(instance: CoveringInstance) -> NDArray[np.int64]:
    """Return the candidates without those that another one can always stand in for.

    Candidate k stands in for j when k covers all that j covers, costs no more and conflicts with nothing
    that j does not conflict with; among equals the first is kept. A mandatory candidate always stays.
    """
    by_candidate = csr_matrix(instance.cover.T)
    size = np.diff(by_candidate.indptr)
    common = csr_matrix(by_candidate @ by_candidate.T)
    conflict = _conflict_sets(instance)
    mandatory = set(instance.mandatory.tolist())
    left = []
    for j in range(instance.shape[1]):
        if j in mandatory:
            left.append(j)
            continue
        if size[j] == 0:
            continue
        row = slice(common.indptr[j], common.indptr[j + 1])
        holders = common.indices[row][common.data[row] == size[j]]
        holders = holders[(instance.cost[holders] <= instance.cost[j]) & (holders != j)]
        if not any(_stands_in(instance, size, conflict, int(k), j) for k in holders):
            left.append(j)
    return np.array(left, np.int64)


def _stands_in(
    instance: CoveringInstance, size: NDArray[np.int64], conflict: list[frozenset[int]], k: int, j: int
) -> bool:
    if not conflict[k] <= conflict[j]:
        return False
    twins = size[k] == size[j] and instance.cost[k] == instance.cost[j] and conflict[k] == conflict[j]
    return not twins or k < j


def _conflict_sets(instance: CoveringInstance) -> list[frozenset[int]]:
    sets: list[set[int]] = [set() for _ in range(instance.shape[1])]
    for number, group in enumerate(instance.conflicts):
        for candidate in group:
            sets[int(candidate)].add(number)
    return [frozenset(s) for s in sets]


def _classes_of_rows(cover: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the class of every row (-1: empty row) and the first row of every class, in row order."""
    places = 1 << max(4, (2 * cover.shape[0]).bit_length())
    demand_class = np.full(cover.shape[0], -1, np.int64)
    first = np.empty(cover.shape[0], np.int64)
    count = sort_rows(
        cover.indptr.astype(np.int64), cover.indices, np.full(places, -1, np.int64), demand_class, first
    )
    return demand_class, first[:count]


def restrict(instance: CoveringInstance, kept: NDArray[np.int64], mandatory: NDArray[np.int64]) -> Reduction:
    """Keep some candidates only, make some of them mandatory, and merge again.

    Parameters
    ----------
    instance : CoveringInstance
    kept : ndarray of int64
        Sorted; all of its mandatory candidates among them.
    mandatory : ndarray of int64
        Among `kept`.
    """
    forced = replace(instance, mandatory=np.union1d(instance.mandatory, mandatory))
    return Reduction(merge_identical(_select(forced, kept)), kept)


def _select(instance: CoveringInstance, kept: NDArray[np.int64]) -> CoveringInstance:
    """Return the instance with the candidates `kept` only, renumbered."""
    number = np.full(instance.shape[1], -1, np.int64)
    number[kept] = np.arange(len(kept))
    conflicts = (number[group] for group in instance.conflicts)
    conflicts_kept = tuple(c[c >= 0] for c in conflicts)
    groups = instance.groups
    cover = csr_matrix(instance.cover[:, kept])
    cover.sort_indices()
    return replace(
        instance,
        cover=cover,
        cost=instance.cost[kept],
        conflicts=tuple(c for c in conflicts_kept if len(c) > 1),
        mandatory=number[instance.mandatory],
        forbidden=np.zeros(0, np.int64),
        groups=DemandGroups(groups.share, groups.need, groups.bonus),
    )
