"""What cannot be asked for: every fault of a siting request in one report, before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, Problem
from ..cells import PointTable, TechnologyRule
from .candidates import Candidate
from .costs import CostModel
from .inputs import MastTable, PoleTable, SitingOptions

__all__ = ["check_request", "forced_candidates"]

_FILE = "phusong.toml"


def check_request(
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    masts: MastTable,
    poles: PoleTable,
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    options: SitingOptions,
    weight: NDArray[np.float64] | None,
) -> None:
    """Raise InputError with everything that is wrong with a request; parameters as in `propose`."""
    problems = [_problem("siting", *fault) for fault in options.faults()]
    problems += [_problem("costs", *fault) for fault in costs.faults()]
    known = {str(i) for i in (*masts.mast_id, *poles.pole_id)}
    for key, hosts in (
        ("mandatory_hosts", options.mandatory_hosts),
        ("forbidden_hosts", options.forbidden_hosts),
    ):
        for host in hosts:
            if host not in known and ":" not in host:
                problems.append(_problem("siting", key, host, "the id of a mast or pole, or of a candidate"))
    for technology in options.technologies:
        if technology not in rules:
            problems.append(_problem("siting", "technologies", technology, "a technology with a criterion"))
        if technology not in unserved or unserved[technology].shape != (len(points),):
            expected = f"a mask of the {len(points)} demand points for each technology"
            problems.append(Problem("demand points", expected, "compute the gaps first", value=technology))
    if weight is not None and (weight.shape != (len(points),) or not np.all(weight >= 0)):
        expected = f"{len(points)} weights, each a number >= 0"
        problems.append(Problem("demand points", expected, "mend the weights", column="weight"))
    if problems:
        raise InputError(problems)


def forced_candidates(
    candidates: Sequence[Candidate], cost: Sequence[float], options: SitingOptions
) -> tuple[list[int], list[int]]:
    """Return the indices of the candidates that must, and must not, be built.

    A host may be named by its own id, or one of its candidates by the candidate's id.

    Raises
    ------
    InputError
        A mandatory host has no candidate or several, or the mandatory ones cost more than the budget.
    """
    problems = []
    forbidden = [j for j, c in enumerate(candidates) if _names(c) & set(options.forbidden_hosts)]
    mandatory = []
    for host in options.mandatory_hosts:
        found = [j for j, c in enumerate(candidates) if host in _names(c)]
        if len(found) == 1:
            mandatory += found
        elif found:
            ids = ", ".join(candidates[j].candidate_id for j in found)
            problems.append(_problem("siting", "mandatory_hosts", host, f"one of its candidates: {ids}"))
        else:
            expected = "a host that can carry a new station (near the gap, not equipped already)"
            problems.append(_problem("siting", "mandatory_hosts", host, expected))
    hosts = [(candidates[j].host, candidates[j].host_id) for j in sorted(set(mandatory))]
    for host_kind, host in sorted({h for h in hosts if hosts.count(h) > 1}):
        expected = f"one candidate at most on one {host_kind}"
        problems.append(_problem("siting", "mandatory_hosts", host, expected))
    for j in sorted(set(mandatory) & set(forbidden)):
        expected = "a host that is not forbidden as well"
        problems.append(_problem("siting", "mandatory_hosts", candidates[j].candidate_id, expected))
    spent = sum(cost[j] for j in set(mandatory))
    if spent > options.budget:
        problems.append(
            _problem(
                "siting", "budget", f"{options.budget:g}", f"at least {spent:.1f}, what mandatory hosts cost"
            )
        )
    if problems:
        raise InputError(problems)
    return sorted(set(mandatory)), forbidden


def _names(candidate: Candidate) -> set[str]:
    return {candidate.candidate_id, candidate.host_id}


def _problem(section: str, key: str, value: str, expected: str) -> Problem:
    return Problem(_FILE, expected, f"mend [{section}] {key}", column=f"{section}.{key}", value=value)
