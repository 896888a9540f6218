"""Faults of a building problem and of a request: one line each, all at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import CRITERIA, BuildingProblem, BuildingRequest
from .links import KINDS

__all__ = ["check_building"]

_MOST = 20  # lines about entries of one array
_MOST_FUNDS = 10


def check_building(problem: BuildingProblem, request: BuildingRequest) -> None:
    """Refuse what cannot be solved.

    Raises
    ------
    ValueError
        A shape does not fit, a number is negative or not a number, an index is out of range, or parts of the
        request contradict each other: one line each.
    """
    lines = list(_shape_faults(problem)) or [
        *_number_faults(problem),
        *_index_faults(problem),
        *_request_faults(request),
        *_reference_faults(problem, request),
    ]
    lines = lines or list(_contradictions(problem, request))
    if lines:
        raise ValueError("\n".join(lines))


def _shape_faults(problem: BuildingProblem) -> Iterator[str]:
    demands, options = problem.cover.shape
    groups, links = problem.groups, problem.links
    hosts, arcs = np.shape(links.fibre_cost), np.shape(links.relay_from)
    lines = np.shape(problem.line_cost)[-1:] if np.ndim(problem.line_cost) == 2 else (0,)
    expected: list[tuple[str, Any, tuple[int, ...] | None]] = [
        ("weight", problem.weight, (demands,)),
        ("groups.share", groups.share, (len(groups.need), demands)),
        ("groups.bonus", groups.bonus, np.shape(groups.need)),
        ("host", problem.host, (options,)),
        ("line_cost", problem.line_cost, (options, *lines)),
        ("shared", problem.shared, (options,)),
        ("commune", problem.commune, np.shape(groups.need)),
        ("links.hop_cost", links.hop_cost, hosts),
        ("links.satellite_cost", links.satellite_cost, hosts),
        ("links.relay_to", links.relay_to, arcs),
        ("links.relay_cost", links.relay_cost, arcs),
        ("tower", problem.tower, None if problem.tower is None else (options,)),
        ("centre", problem.centre, None if problem.centre is None else (demands,)),
        ("place", problem.place, None if problem.place is None else hosts),
    ]
    for name, array, shape in expected:
        found = tuple(array.shape) if hasattr(array, "shape") else np.shape(array)
        if shape is not None and found != tuple(shape):
            yield f"{name} has shape {found}, expected {tuple(shape)}"
    if not 0 <= problem.backhaul_line < (lines[0] if lines else 0):
        yield f"backhaul_line is {problem.backhaul_line}, expected a line of the bills"


def _number_faults(problem: BuildingProblem) -> Iterator[str]:
    groups, links = problem.groups, problem.links
    for name, array, infinite in (
        ("weight of demand", problem.weight, False),
        ("line_cost of option", problem.line_cost, False),
        ("bonus of group", groups.bonus, False),
        ("share entry", groups.share.data, False),
        ("fibre_cost of host", links.fibre_cost, True),
        ("hop_cost of host", links.hop_cost, True),
        ("satellite_cost of host", links.satellite_cost, True),
        ("relay_cost of arc", links.relay_cost, True),
    ):
        good = (array >= 0) & (np.isfinite(array) | infinite)
        for where in np.argwhere(~good)[:_MOST].tolist():
            place = ", line ".join(str(i) for i in where)
            yield f"{name} {place} is {array[tuple(where)]:g}, expected a number >= 0"
    for group in np.flatnonzero(~((groups.need > 0) & np.isfinite(groups.need)))[:_MOST]:
        yield f"need of group {group} is {groups.need[group]:g}, expected a number > 0"


def _index_faults(problem: BuildingProblem) -> Iterator[str]:
    hosts = len(problem.links.fibre_cost)
    for name, array in (
        ("host of option", problem.host),
        ("relay_from of arc", problem.links.relay_from),
        ("relay_to of arc", problem.links.relay_to),
    ):
        for where in np.flatnonzero((array < 0) | (array >= hosts))[:_MOST].tolist():
            yield f"{name} {where} is {array[where]}, expected a host, 0 … {hosts - 1}"


def _request_faults(request: BuildingRequest) -> Iterator[str]:
    if request.objective not in ("most_value", "least_cost"):
        yield f"objective is {request.objective!r}, expected 'most_value' or 'least_cost'"
    for name in ("budget", "minimum_value", "minimum_hamlets", "gap_target"):
        number = getattr(request, name)
        if not number >= 0 or (name != "budget" and math.isinf(number)):
            yield f"{name} is {number:g}, expected a number >= 0"
    if not request.time_limit_s > 0:
        yield f"time_limit_s is {request.time_limit_s:g}, expected a number > 0"
    if not 0 <= request.minimum_sharing <= 1:
        yield f"minimum_sharing is {request.minimum_sharing:g}, expected 0 … 1"
    if request.maximum_hops not in (1, 2, 3):
        yield f"maximum_hops is {request.maximum_hops}, expected 1, 2 or 3"
    if request.maximum_stations is not None and not request.maximum_stations >= 0:
        yield f"maximum_stations is {request.maximum_stations}, expected a number >= 0"
    for commune, least in request.commune_minimum.items():
        if not least >= 0:
            yield f"commune_minimum of commune {commune} is {least}, expected a number >= 0"
    for name in request.then:
        if name not in CRITERIA:
            yield f"second_criteria: {name!r} is unknown, expected some of {', '.join(CRITERIA)}"
    for fund in request.funds:
        if not fund.limit >= 0:
            yield f"limit of fund {fund.name!r} is {fund.limit:g}, expected a number >= 0"
    if len({np.asarray(f.lines, bool).tobytes() for f in request.funds}) > _MOST_FUNDS:
        yield f"funds: more than {_MOST_FUNDS} different selections of lines"


def _reference_faults(problem: BuildingProblem, request: BuildingRequest) -> Iterator[str]:
    hosts, groups = len(problem.links.fibre_cost), len(problem.groups.need)
    yield from _unknown("mandatory_hosts: host", request.mandatory_hosts, hosts)
    yield from _unknown("forbidden_hosts: host", request.forbidden_hosts, hosts)
    places = set(range(hosts) if problem.place is None else np.asarray(problem.place).tolist())
    for place in sorted(set(request.mandatory_places) - places):
        yield f"mandatory_places: place {place} does not exist"
    yield from _unknown("mandatory_hamlets: hamlet", request.mandatory_hamlets, groups)
    yield from _unknown("forbidden_hamlets: hamlet", request.forbidden_hamlets, groups)
    yield from _unknown("built: option", (b.option for b in request.built), problem.cover.shape[1])
    known = set(np.asarray(problem.commune).tolist())
    for commune in request.commune_minimum:
        if commune not in known or commune < 0:
            yield f"commune_minimum: commune {commune} has no hamlet"
    lines = problem.line_cost.shape[1]
    for fund in request.funds:
        if np.shape(fund.lines) != (lines,):
            yield f"lines of fund {fund.name!r} have shape {np.shape(fund.lines)}, expected ({lines},)"
    for built in request.built:
        if built.connection not in KINDS:
            yield f"built: connection {built.connection!r}, expected one of {', '.join(KINDS)}"
        elif built.connection == "relay" and not 0 <= built.hangs_on < hosts:
            yield f"built: option {built.option} hangs on {built.hangs_on}, expected a host, 0 … {hosts - 1}"


def _unknown(name: str, index: Iterable[int], count: int) -> Iterator[str]:
    for number in sorted(set(index)):
        if not 0 <= number < count:
            yield f"{name} {number} does not exist, expected 0 … {count - 1}"


def _contradictions(problem: BuildingProblem, request: BuildingRequest) -> Iterator[str]:
    for host in sorted(set(request.mandatory_hosts) & set(request.forbidden_hosts)):
        yield f"host {host} is both mandatory and forbidden, expected one of the two"
    for hamlet in sorted(set(request.mandatory_hamlets) & set(request.forbidden_hamlets)):
        yield f"hamlet {hamlet} is both mandatory and forbidden, expected one of the two"
    offered = set(problem.host.tolist())
    for host in sorted(set(request.mandatory_hosts) - offered):
        yield f"host {host} is mandatory, but no option stands on it"
    at = {h: h for h in offered} if problem.place is None else {h: int(problem.place[h]) for h in offered}
    for place in sorted(set(request.mandatory_places) - set(at.values())):
        yield f"place {place} is mandatory, but no option stands there"
    forced = dict.fromkeys(request.mandatory_hosts, "mandatory")
    hosts = [int(problem.host[b.option]) for b in request.built]
    for host in sorted({h for h in hosts if hosts.count(h) > 1}):
        yield f"built: two options on host {host}, expected at most one"
    for host in sorted(set(hosts) & set(request.forbidden_hosts)):
        yield f"host {host} is forbidden, but something is built on it"
    forced |= dict.fromkeys(hosts, "built")
    if problem.place is not None:
        yield from _crowded(problem.place, forced)


def _crowded(place: NDArray[np.int32], forced: dict[int, str]) -> Iterator[str]:
    taken: dict[int, int] = {}
    for host in sorted(forced):
        other = taken.setdefault(int(place[host]), host)
        if other != host:
            yield f"hosts {other} and {host} are {forced[other]} and {forced[host]}, but only one place"
