"""Why a request cannot be kept: the limits to blame, and the nearest ones that can.

1. A limit alone is to blame when the request without it can be kept; how far it has to move is found by
   optimising just that quantity under all other limits.
2. Where no limit is enough alone, a smallest set of limits is dropped (one binary column for each); then
   each of the set in turn is moved as little as possible, given what was settled before, the later ones open.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .contract import Blame, BuildingProblem, BuildingRequest, Fund
from .elastic import smallest_set_to_drop
from .nearest import nearest, settled, without
from .watch import Watch

__all__ = ["blame_limits", "blame_line", "sufficient"]

_SHARE = 0.25
"""Of the time left for each limit."""


def blame_limits(problem: BuildingProblem, request: BuildingRequest, watch: Watch) -> tuple[Blame, ...]:
    """Return what would make an infeasible request feasible; empty if the time did not suffice.

    Parameters
    ----------
    problem : BuildingProblem
    request : BuildingRequest
        That no plan keeps.
    watch : Watch
    """
    unpaid = _unpaid_lines(request)
    if unpaid.any():
        asked = replace(request, funds=(*request.funds, Fund("", 0.0, unpaid)))
        return tuple(
            replace(b, limit="unpaid_lines", index=-1)
            if (b.limit, b.index) == ("fund", len(request.funds))
            else b
            for b in _blamed(problem, asked, watch)
        )
    return _blamed(problem, request, watch)


def _unpaid_lines(request: BuildingRequest) -> NDArray[np.bool_]:
    """Tell which lines no fund may pay: that is the same as a fund for them without money."""
    if not request.funds:
        return np.zeros(0, bool)
    return np.asarray(~np.any([np.asarray(fund.lines, bool) for fund in request.funds], axis=0))


def _blamed(problem: BuildingProblem, request: BuildingRequest, watch: Watch) -> tuple[Blame, ...]:
    found = []
    for limit, index in limits_asked(request):
        answer = nearest(problem, request, limit, index, watch, watch.left_s * _SHARE)
        if answer is not None:
            needed, proven = answer
            found.append(Blame(limit, index, _asked(request, limit, index), needed, False, proven))
        if watch.over:
            break
    if found or watch.over:
        return tuple(found)
    return _together(problem, request, watch)


def limits_asked(request: BuildingRequest) -> list[tuple[str, int]]:
    """Return every limit of a request as (limit, index) of `Blame`."""
    limits: list[tuple[str, int]] = []
    if math.isfinite(request.budget):
        limits.append(("budget", -1))
    limits += [("fund", k) for k, fund in enumerate(request.funds) if math.isfinite(fund.limit)]
    if request.maximum_stations is not None:
        limits.append(("maximum_stations", -1))
    for name in ("minimum_value", "minimum_hamlets", "minimum_sharing"):
        if getattr(request, name) > 0:
            limits.append((name, -1))
    limits += [("commune_minimum", c) for c, least in sorted(request.commune_minimum.items()) if least > 0]
    limits += [("mandatory_hamlet", h) for h in sorted(set(request.mandatory_hamlets))]
    limits += [("mandatory_host", h) for h in sorted(set(request.mandatory_hosts))]
    limits += [("mandatory_place", p) for p in sorted(set(request.mandatory_places))]
    if request.forbidden_hosts:
        limits.append(("forbidden_hosts", -1))
    if request.maximum_hops < 3:
        limits.append(("maximum_hops", -1))
    return limits + [("built", b.option) for b in request.built]


def _asked(request: BuildingRequest, limit: str, index: int) -> float:
    if limit == "fund":
        return float(request.funds[index].limit)
    if limit == "commune_minimum":
        return float(request.commune_minimum[index])
    if limit == "forbidden_hosts":
        return float(len(set(request.forbidden_hosts)))
    if limit in ("mandatory_hamlet", "mandatory_host", "mandatory_place", "built"):
        return 1.0
    return float(getattr(request, limit))


def _together(problem: BuildingProblem, request: BuildingRequest, watch: Watch) -> tuple[Blame, ...]:
    limits = _smallest_set(problem, request, watch)
    open_ = request
    for limit, index in limits[1:]:
        open_ = without(open_, limit, index)
    found = []
    for k, (limit, index) in enumerate(limits):
        answer = nearest(problem, open_, limit, index, watch, watch.left_s * _SHARE)
        if answer is None:
            break
        needed, proven = answer
        found.append(Blame(limit, index, _asked(request, limit, index), needed, True, proven))
        open_ = settled(open_, limit, index, needed)
        if k + 1 < len(limits):
            open_ = _restored(open_, request, *limits[k + 1])
    return tuple(found)


def _smallest_set(problem: BuildingProblem, request: BuildingRequest, watch: Watch) -> list[tuple[str, int]]:
    """Return a smallest set; more hops change the structure, so that they are tried apart."""
    asked = limits_asked(request)
    found = smallest_set_to_drop(problem, request, asked, watch, watch.left_s * _SHARE)
    if request.maximum_hops < 3:
        more = replace(request, maximum_hops=3)
        other = smallest_set_to_drop(problem, more, limits_asked(more), watch, watch.left_s * _SHARE)
        if other and (not found or len(other) + 1 < len(found)):
            return [("maximum_hops", -1), *other]
    return found


def _restored(open_: BuildingRequest, request: BuildingRequest, limit: str, index: int) -> BuildingRequest:
    """Return the request with one limit as it was asked."""
    if limit == "fund":
        funds = tuple(request.funds[k] if k == index else f for k, f in enumerate(open_.funds))
        return replace(open_, funds=funds)
    if limit == "commune_minimum":
        return replace(
            open_, commune_minimum={**open_.commune_minimum, index: request.commune_minimum[index]}
        )
    if limit == "mandatory_hamlet":
        return replace(open_, mandatory_hamlets=(*open_.mandatory_hamlets, index))
    if limit == "mandatory_host":
        return replace(open_, mandatory_hosts=(*open_.mandatory_hosts, index))
    if limit == "mandatory_place":
        return replace(open_, mandatory_places=(*open_.mandatory_places, index))
    if limit == "built":
        again = tuple(b for b in request.built if b.option == index)
        return replace(open_, built=(*open_.built, *again))
    return replace(open_, **{limit: getattr(request, limit)})


def blame_line(blame: Blame, request: BuildingRequest) -> str:
    """Return one line in English for one limit."""
    name = {
        "budget": "the budget",
        "fund": f"fund {request.funds[blame.index].name!r}" if blame.limit == "fund" else "",
        "maximum_stations": "the number of stations",
        "minimum_value": "the value to reach",
        "minimum_hamlets": "the number of hamlets to serve",
        "minimum_sharing": "the minimum sharing ratio",
        "commune_minimum": f"the minimum of commune {blame.index}",
        "mandatory_hamlet": f"hamlet {blame.index}",
        "mandatory_host": f"host {blame.index}",
        "mandatory_place": f"place {blame.index}",
        "forbidden_hosts": "the forbidden hosts",
        "maximum_hops": "the number of hops",
        "unpaid_lines": "",
        "built": f"the built option {blame.index}",
    }[blame.limit]
    if blame.limit in ("mandatory_hamlet", "mandatory_host", "mandatory_place", "built"):
        what = f"{name} would have to be given up"
    elif blame.limit == "forbidden_hosts":
        what = f"{blame.asked - blame.needed:.0f} of {blame.asked:.0f} {name[4:]} would have to be allowed"
    elif blame.limit == "unpaid_lines":
        what = (
            f"no fund may pay some of the lines, a fund of {sufficient(blame.needed, True)} for them would do"
        )
    else:
        upward = blame.limit in ("budget", "fund", "maximum_stations", "maximum_hops")
        side = "at least" if upward else "at most"
        what = f"{name} is {blame.asked:.12g}, {side} {sufficient(blame.needed, upward)} would do"
    rest = "together with the other changes" if blame.together else "everything else as asked"
    found = "" if blame.proven else " (the nearest found so far)"
    return f"{what}, {rest}{found}"


def sufficient(number: float, upward: bool) -> str:
    """Show a limit so that what is shown suffices: a budget rounded up, a minimum rounded down."""
    step = 10.0 ** (math.floor(math.log10(abs(number))) - 8) if number else 1.0
    shown = (math.ceil if upward else math.floor)(number / step * (1 - 1e-15 if upward else 1 + 1e-15)) * step
    return f"{float(np.round(shown, 12)):.12g}"
