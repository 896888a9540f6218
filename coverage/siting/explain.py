"""Why a hamlet stays without service, and what it would take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .candidates import Candidate
from .covering import DemandGroups
from .hamlets import Hamlets
from .inputs import VillageTable
from .model import CoveringSolution, solve_least_cost_covering
from .proposal import UnservedVillage

__all__ = ["explain_unserved"]

_PRICE_TIME_LIMIT_S = 5.0


def explain_unserved(
    hamlets: Hamlets,
    villages: VillageTable,
    candidates: list[Candidate],
    cover: csr_matrix,
    cost: NDArray[np.float64],
    conflicts: list[list[int]],
    solution: CoveringSolution,
    people: NDArray[np.float64],
    left_over: float,
) -> tuple[UnservedVillage, ...]:
    """Return one entry per hamlet that the plan does not serve, in the order of the hamlets.

    Parameters
    ----------
    hamlets : Hamlets
    villages : VillageTable
    candidates : list of Candidate
    cover : csr_matrix, (points, candidates)
    cost : ndarray of float64, (candidates,)
    conflicts : list of list of int
        Candidates on one host.
    solution : CoveringSolution
        Its groups are the hamlets.
    people : ndarray of float64, (points,)
    left_over : float
        Budget that the plan does not spend.
    """
    chosen = set(solution.chosen.tolist())
    taken = {j for group in conflicts if chosen & set(group) for j in group} - chosen
    rows = []
    for h in np.flatnonzero(~solution.groups_met):
        share = csr_matrix(hamlets.share[int(h) : int(h) + 1])
        members, weight = share.indices, share.data
        covered = solution.served[members]
        local = csr_matrix(cover[members[~covered]])
        useful = np.array([j for j in np.unique(local.indices) if j not in taken], np.int64)
        local = csr_matrix(local[:, useful])
        reached = np.diff(local.indptr) > 0
        reachable = float(weight[covered].sum() + weight[~covered][reached].sum())
        missing = float(hamlets.need[h] - weight[covered].sum())
        price, proven, needs = _price(local, weight[~covered], missing, cost[useful], useful, conflicts)
        rows.append(
            UnservedVillage(
                village_id=str(villages.village_id[hamlets.village[h]]),
                people_without_service=float(people[members[~covered]].sum()),
                reason=_reason(cover[members].nnz, price, left_over, float(hamlets.people[h])),
                reachable_share=min(1.0, reachable + 1.0 - float(weight.sum())),
                price=price,
                price_proven=proven,
                needs=tuple(candidates[j].candidate_id for j in needs),
            )
        )
    return tuple(rows)


def _price(
    local: csr_matrix,
    weight: NDArray[np.float64],
    missing: float,
    cost: NDArray[np.float64],
    useful: NDArray[np.int64],
    conflicts: list[list[int]],
) -> tuple[float | None, bool, list[int]]:
    """Return the least further cost that serves one hamlet, whether it is proven, and with what."""
    number = {int(j): i for i, j in enumerate(useful)}
    rivals = [[number[j] for j in group if j in number] for group in conflicts]
    answer = solve_least_cost_covering(
        local,
        np.zeros(local.shape[0]),
        cost,
        1.0,
        conflict_groups=[group for group in rivals if len(group) > 1],
        groups=DemandGroups(csr_matrix(weight[None, :]), np.array([missing]), np.ones(1)),
        time_limit_s=_PRICE_TIME_LIMIT_S,
    )
    if len(answer.chosen) == 0:
        return None, answer.status == "infeasible", []
    return answer.cost, answer.status == "optimal", useful[answer.chosen].tolist()


def _reason(reaching: int, price: float | None, left_over: float, people: float) -> str:
    if reaching == 0:
        return "no_candidate"
    if price is None:
        return "terrain"
    if price > left_over:
        return "budget"
    return "worth" if people <= 0 else "search"
