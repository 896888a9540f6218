"""What cannot be asked for: every fault of a siting request in one report, before any work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, Problem
from ..cells import PointTable, TechnologyRule
from ..footprint import ground_height_m
from ..propagation.terrain import TerrainModel
from ..propagation.zones import SEA
from .candidates import KINDS
from .costs import CostModel
from .inputs import MastTable, PoleTable, VillageTable
from .options import SitingGoal, SitingOptions

__all__ = ["check_request", "name_problems", "request_problem"]

_FILE = "phusong.toml"
_SHORE_PIXELS = 2  # a mast on the quay may stand on a pixel of sea


def check_request(
    terrain: TerrainModel,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    options: SitingOptions,
    goal: SitingGoal,
    weight: NDArray[np.float64] | None,
) -> None:
    """Raise InputError with everything that is wrong with a request; parameters as in `propose`."""
    faults = [*options.faults(), *goal.faults()]
    if goal.phases:  # the budget is their sum: what is wrong with it is wrong with one of them
        faults = [fault for fault in faults if fault[0] != "budget"]
    problems = [request_problem(*fault) for fault in faults]
    problems += [_problem("costs", *fault) for fault in costs.faults()]
    problems += name_problems(terrain, villages, masts, poles, options, goal)
    for technology in options.technologies:
        if technology not in rules:
            problems.append(request_problem("technologies", technology, "a technology with a criterion"))
        if technology not in unserved or unserved[technology].shape != (len(points),):
            expected = f"a mask of the {len(points)} demand points for each technology"
            problems.append(Problem("demand points", expected, "compute the gaps first", value=technology))
    if weight is not None and (weight.shape != (len(points),) or not np.all(weight >= 0)):
        expected = f"{len(points)} weights, each a number >= 0"
        problems.append(Problem("demand points", expected, "mend the weights", column="weight"))
    if problems:
        raise InputError(problems)


def name_problems(
    terrain: TerrainModel,
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    options: SitingOptions,
    goal: SitingGoal,
) -> list[Problem]:
    """Return a problem for each host, hamlet or commune that is asked for and is not there.

    Candidates on new ground ("new:…") are known once they have been generated: `request` looks for those.
    """
    return [
        *_unknown_hosts(masts, poles, options),
        *_hosts_at_sea(terrain, masts, poles, options),
        *_unknown_hamlets(villages, goal),
    ]


def request_problem(key: str, value: str, expected: str) -> Problem:
    """Return the problem of a key of ``[siting]``."""
    return _problem("siting", key, value, expected)


def _unknown_hosts(masts: MastTable, poles: PoleTable, options: SitingOptions) -> list[Problem]:
    known = {str(i) for i in (*masts.mast_id, *poles.pole_id)}
    return [
        request_problem(key, host, "the id of a mast or pole, or of a candidate")
        for key in ("mandatory_hosts", "forbidden_hosts")
        for host in getattr(options, key)
        if host not in known and not host.startswith("new:") and _structure(host) not in known
    ]


def _structure(candidate: str) -> str:
    """Return the id of the structure in the name of a candidate: "colocation:M2", "remote_sector:mast:M2"."""
    kind, _, host = candidate.partition(":")
    if kind == "remote_sector":
        kind, _, host = host.partition(":")
        return host if kind in ("mast", "pole") else ""
    return host if kind in KINDS else ""


def _hosts_at_sea(
    terrain: TerrainModel, masts: MastTable, poles: PoleTable, options: SitingOptions
) -> list[Problem]:
    """Return a problem for each mandatory host on which nothing can stand or be computed."""
    problems = []
    for ids, table in ((masts.mast_id, masts), (poles.pole_id, poles)):
        for i in np.flatnonzero(np.isin(ids, options.mandatory_hosts)):
            x, y = float(table.x_m[i]), float(table.y_m[i])
            if np.isnan(ground_height_m(terrain, np.array([x]), np.array([y]))[0]):
                expected = "a host on the terrain (this one is outside it, or in a void)"
            elif _at_sea(terrain, x, y):
                expected = "a host on land (this one stands in the sea)"
            else:
                continue
            problems.append(request_problem("mandatory_hosts", str(ids[i]), expected))
    return problems


def _at_sea(terrain: TerrainModel, x_m: float, y_m: float) -> bool:
    row = int((terrain.y_top_m - y_m) / terrain.resolution_m)
    column = int((x_m - terrain.x_left_m) / terrain.resolution_m)
    around = terrain.zone[
        max(0, row - _SHORE_PIXELS) : row + _SHORE_PIXELS + 1,
        max(0, column - _SHORE_PIXELS) : column + _SHORE_PIXELS + 1,
    ]
    return bool(np.all(around == SEA))


def _unknown_hamlets(villages: VillageTable, goal: SitingGoal) -> list[Problem]:
    known = {str(v) for v in villages.village_id}
    problems = [
        request_problem(key, hamlet, "the id of a hamlet")
        for key in ("mandatory_hamlets", "forbidden_hamlets")
        for hamlet in getattr(goal, key)
        if hamlet not in known
    ]
    communes: Iterable[str] = () if villages.commune is None else villages.commune.tolist()
    there = set(communes) - {""}
    problems += [
        request_problem("commune_minimum", commune, "a commune of the table of hamlets")
        for commune in goal.commune_minimum
        if commune not in there
    ]
    return problems


def _problem(section: str, key: str, value: str, expected: str) -> Problem:
    return Problem(_FILE, expected, f"mend [{section}] {key}", column=f"{section}.{key}", value=value)
