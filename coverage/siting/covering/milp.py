"""A covering instance written out as rows and columns for the mixed-integer solver."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack, identity, vstack

from .highs import MixedIntegerProblem
from .instance import CoveringInstance

__all__ = ["chosen_columns", "cost_problem", "full_cover_problem", "start_point", "value_problem"]


def value_problem(instance: CoveringInstance, budget: float) -> MixedIntegerProblem:
    """Return "most value within the budget"; columns are x, y, z in this order."""
    gain = _gain(instance)
    spend = _spend(instance)
    if np.isinf(budget):
        return _problem(instance, gain, maximise=True)
    return _problem(instance, gain, maximise=True, extra=(spend, -np.inf, budget))


def cost_problem(instance: CoveringInstance, minimum_value: float) -> MixedIntegerProblem:
    """Return "least cost that reaches a value"; columns are x, y, z in this order."""
    return _problem(
        instance, _spend(instance), maximise=False, extra=(_gain(instance), minimum_value, np.inf)
    )


def full_cover_problem(instance: CoveringInstance) -> MixedIntegerProblem:
    """Return "least cost that covers every demand" (set covering); columns are x only.

    Groups are left out: with everything covered they are met.
    """
    demands, candidates = instance.shape
    at_least, at_most = np.zeros(candidates), np.ones(candidates)
    at_least[instance.mandatory] = 1.0
    at_most[instance.forbidden] = 0.0
    conflicts = len(instance.conflicts)
    return MixedIntegerProblem(
        maximise=False,
        objective=instance.cost,
        lower=at_least,
        upper=at_most,
        integer=np.ones(candidates, bool),
        rows=csr_matrix(vstack([instance.cover, _conflict_rows(instance, candidates)])),
        row_lower=np.concatenate([np.ones(demands), np.full(conflicts, -np.inf)]),
        row_upper=np.concatenate([np.full(demands, np.inf), np.ones(conflicts)]),
    )


def start_point(instance: CoveringInstance, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the columns that belong to a choice of candidates."""
    built = np.zeros(instance.shape[1])
    built[chosen] = 1.0
    served = instance.served(chosen)
    return np.concatenate([built, served.astype(np.float64), instance.groups.met(served).astype(np.float64)])


def chosen_columns(instance: CoveringInstance, columns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the candidates that a solution of the problem chooses."""
    return np.flatnonzero(columns[: instance.shape[1]] > 0.5).astype(np.int64)


def _gain(instance: CoveringInstance) -> NDArray[np.float64]:
    return np.concatenate([np.zeros(instance.shape[1]), instance.weight, instance.groups.bonus])


def _spend(instance: CoveringInstance) -> NDArray[np.float64]:
    rest = instance.shape[0] + len(instance.groups.need)
    return np.concatenate([instance.cost, np.zeros(rest)])


def _problem(
    instance: CoveringInstance,
    objective: NDArray[np.float64],
    *,
    maximise: bool,
    extra: tuple[NDArray[np.float64], float, float] | None = None,
) -> MixedIntegerProblem:
    demands, candidates = instance.shape
    groups = instance.groups
    count = len(groups.need)
    columns = candidates + demands + count
    # Shares are scaled by their need, so that the solver's absolute tolerance is relative to it.
    need = np.where(groups.need > 0, groups.need * (1.0 - 1e-9), 1.0)
    share = diags(1.0 / need) @ groups.share
    rule = diags((groups.need > 0).astype(np.float64))
    group, demand = _indispensable(instance)
    cuts = len(group)
    blocks = [
        hstack([-instance.cover, identity(demands), csr_matrix((demands, count))]),
        hstack([csr_matrix((count, candidates)), -share, rule]),
        csr_matrix(
            (
                np.repeat([1.0, -1.0], cuts),
                (np.tile(np.arange(cuts), 2), np.append(candidates + demands + group, candidates + demand)),
            ),
            shape=(cuts, columns),
        ),
        _conflict_rows(instance, columns),
    ]
    lower = [np.full(demands + count + cuts + len(instance.conflicts), -np.inf)]
    upper = [np.zeros(demands + count + cuts), np.ones(len(instance.conflicts))]
    if extra is not None:
        blocks.append(csr_matrix(extra[0]))
        lower.append(np.array([extra[1]]))
        upper.append(np.array([extra[2]]))
    at_least = np.zeros(columns)
    at_least[instance.mandatory] = 1.0
    at_most = np.ones(columns)
    at_most[instance.forbidden] = 0.0
    integer = np.ones(columns, bool)
    integer[candidates : candidates + demands] = False
    rows = csr_matrix(vstack(blocks))
    rows.eliminate_zeros()
    return MixedIntegerProblem(
        maximise=maximise,
        objective=objective,
        lower=at_least,
        upper=at_most,
        integer=integer,
        rows=rows,
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
    )


def _indispensable(instance: CoveringInstance) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of a group and a demand without which it cannot be met: z_g <= y_d tightens the bound."""
    share = instance.groups.share.tocoo()
    total = np.asarray(instance.groups.share.sum(axis=1)).ravel()
    needed = total[share.row] - share.data < instance.groups.need[share.row] * (1.0 - 1e-9)
    return share.row[needed].astype(np.int64), share.col[needed].astype(np.int64)


def _conflict_rows(instance: CoveringInstance, columns: int) -> csr_matrix:
    if not instance.conflicts:
        return csr_matrix((0, columns))
    members = np.concatenate(instance.conflicts)
    row = np.repeat(np.arange(len(instance.conflicts)), [len(c) for c in instance.conflicts])
    return csr_matrix((np.ones(len(members)), (row, members)), shape=(len(instance.conflicts), columns))
