"""The stations of a plan: how each is connected, what it costs, whom it serves, and what would replace it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .backhaul import Backhaul
from .building.contract import BuildingPlan, BuildingRequest
from .candidates import Candidate
from .costs import CostLine, CostModel, station_cost_lines, total
from .hamlets import Hamlets
from .inputs import VillageTable
from .options import SitingOptions
from .problem import SitingProblem
from .proposal import ProposedStation, Replacement

__all__ = ["connection_costs", "free_options", "proposed_stations"]


def proposed_stations(
    siting: SitingProblem,
    plan: BuildingPlan,
    people: NDArray[np.float64],
    villages: VillageTable,
    costs: CostModel,
    options: SitingOptions,
    request: BuildingRequest,
    years: Mapping[str, int],
) -> tuple[ProposedStation, ...]:
    """Return the stations of a plan in the order of its options.

    Parameters
    ----------
    siting : SitingProblem
    plan : BuildingPlan
        Of that problem.
    people : ndarray of float64, (points,)
    villages : VillageTable
    costs : CostModel
    options : SitingOptions
    request : BuildingRequest
        That the plan keeps, and what might replace a station too.
    years : mapping of str to int
        Phase in which a host (by its key) is built.
    """
    crew = _Crew.of(siting, plan, people, villages)
    return tuple(
        _station(crew, k, costs, options, request, years.get(siting.hosts.key[crew.host[k]]))
        for k in range(len(plan.chosen))
    )


@dataclass(frozen=True)
class _Crew:
    """A plan taken apart; arrays by chosen option."""

    siting: SitingProblem
    plan: BuildingPlan
    people: NDArray[np.float64]
    names: tuple[str, ...]
    host: NDArray[np.int64]
    covers: NDArray[np.bool_]
    """(points, stations)"""

    @classmethod
    def of(
        cls, siting: SitingProblem, plan: BuildingPlan, people: NDArray[np.float64], villages: VillageTable
    ) -> _Crew:
        names = tuple(str(villages.village_id[v]) for v in siting.hamlets.village)
        covers = siting.building.cover[:, plan.chosen].toarray() > 0
        return cls(siting, plan, people, names, siting.building.host[plan.chosen].astype(np.int64), covers)

    def fallen_with(self, k: int) -> NDArray[np.bool_]:
        """Tell which stations go when station k goes: itself and all that hang on it."""
        gone = np.zeros(len(self.host), bool)
        gone[k] = True
        for _ in range(len(self.host)):
            hanging = np.isin(self.plan.hangs_on, self.host[gone]) & ~gone
            if not hanging.any():
                break
            gone |= hanging
        return gone

    def lost(self, gone: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which points lose service when some stations go."""
        before, after = self.covers.any(axis=1), self.covers[:, ~gone].any(axis=1)
        return np.asarray(before & ~after, bool)

    def names_of(self, hamlets: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(self.names[h] for h in np.flatnonzero(hamlets))


def _station(
    crew: _Crew, k: int, costs: CostModel, options: SitingOptions, request: BuildingRequest, year: int | None
) -> ProposedStation:
    siting, plan = crew.siting, crew.plan
    site = siting.candidates[int(plan.chosen[k])]
    backhaul, hangs_on = _backhaul(crew, k)
    lines = station_cost_lines(site, backhaul.capital, backhaul.per_year, costs)
    mine = crew.covers[:, k]
    alone = np.zeros(len(crew.host), bool)
    alone[k] = True
    gone = crew.fallen_with(k)
    only, lost = crew.lost(alone), crew.lost(gone)
    rule, hamlets = siting.building.groups, siting.hamlets
    return ProposedStation(
        station_id=_name(k),
        candidate_id=site.candidate_id,
        kind=site.kind,
        host=site.host,
        host_id=site.host_id,
        owner=site.owner,
        shared_with="" if site.owner == options.operator else site.owner,
        operator=options.operator,
        x_m=site.x_m,
        y_m=site.y_m,
        host_height_m=site.host_height_m,
        antenna_height_m=site.antenna_height_m,
        technologies=site.technologies,
        azimuths_deg=site.azimuths_deg,
        power_limit_dbm=site.power_limit_dbm,
        power=site.power,
        access_km=site.access_km,
        backhaul=backhaul,
        cost_lines=lines,
        capital=math.fsum(line.capital for line in lines),
        total_cost=total(lines),
        people_newly_served=float(crew.people[mine].sum()),
        people_only_by_it=float(crew.people[only].sum()),
        villages_served=crew.names_of(plan.groups_met & _touched(hamlets, mine)),
        villages_only_by_it=crew.names_of(plan.groups_met & ~rule.met(plan.served & ~only)),
        site_key=siting.hosts.key[crew.host[k]],
        dish_height_m=float(siting.hosts.dish_height_m[crew.host[k]]),
        grid_km=site.grid_km,
        hangs_on=hangs_on,
        hops=int(plan.hops[k]),
        people_lost_without=float(crew.people[lost].sum()),
        replacement=_replacement(crew, gone, lost, request),
        sharing_saves=_sharing_saves(site, lines, backhaul, costs, options),
        year=year,
    )


def _name(k: int) -> str:
    return f"S{k + 1:03d}"


def _touched(hamlets: Hamlets, mine: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(hamlets.share @ mine.astype(np.float64)) > 0


def _backhaul(crew: _Crew, k: int) -> tuple[Backhaul, str]:
    """Return the station's connection, and the station that it hangs on."""
    ways, h = crew.siting.connections, int(crew.host[k])
    kind = crew.plan.connection[k]
    found: Backhaul | None = ways.satellite
    parent = ""
    if kind == "fibre":
        found = ways.fibre[h]
    elif kind == "hop":
        found = ways.hop[h]
    elif kind == "relay":
        above = int(crew.plan.hangs_on[k])
        arc = np.flatnonzero((ways.links.relay_from == above) & (ways.links.relay_to == h))[0]
        parent = _name(int(np.flatnonzero(crew.host == above)[0]))
        found = replace(ways.relay[int(arc)], target_id=parent)
    if found is None:
        raise ValueError(
            f"host {crew.siting.hosts.key[h]} has no {kind}: plan and problem do not belong together"
        )
    return found, parent


def connection_costs(
    siting: SitingProblem,
    plan: BuildingPlan,
    maximum_hops: int,
    gone: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return what connecting each host would cost beside a plan, or beside what is left of it.

    Parameters
    ----------
    siting : SitingProblem
    plan : BuildingPlan
    maximum_hops : int
    gone : ndarray of bool, (stations,), optional
        Stations of the plan that do not count.

    Returns
    -------
    ndarray of float64, (hosts,)
        Present value; infinite where there is no way.
    """
    links = siting.building.links
    ways = np.minimum(np.minimum(links.fibre_cost, links.hop_cost), links.satellite_cost)
    stays = np.ones(len(plan.chosen), bool) if gone is None else ~gone
    firm = np.array([kind != "satellite" for kind in plan.connection], bool)
    usable = stays & firm & (plan.hops < maximum_hops)
    arcs = np.isin(links.relay_from, siting.building.host[plan.chosen[usable]])
    np.minimum.at(ways, links.relay_to[arcs], links.relay_cost[arcs])
    return ways


def free_options(
    siting: SitingProblem, plan: BuildingPlan, forbidden_hosts: Sequence[int] = ()
) -> NDArray[np.int64]:
    """Return the options at places where the plan builds nothing, without those on forbidden hosts."""
    host = siting.building.host
    place = siting.hosts.place_number[host]
    open_ = ~np.isin(place, place[plan.chosen]) & ~np.isin(host, np.asarray(forbidden_hosts, np.int64))
    return np.flatnonzero(open_).astype(np.int64)


def _replacement(
    crew: _Crew, gone: NDArray[np.bool_], lost: NDArray[np.bool_], request: BuildingRequest
) -> Replacement | None:
    """Return what would serve most of the people lost; the cheaper, then the first among equals."""
    siting = crew.siting
    ways = connection_costs(siting, crew.plan, request.maximum_hops, gone)
    free = free_options(siting, crew.plan, request.forbidden_hosts)
    cost = siting.building.line_cost[free].sum(axis=1) + ways[siting.building.host[free]]
    saved = np.asarray(siting.building.cover[:, free].T @ np.where(lost, crew.people, 0.0))
    saved = np.where(np.isfinite(cost), saved, 0.0)
    if len(free) == 0 or saved.max() <= 0:
        return None
    best = int(np.lexsort((free, cost, -saved))[0])
    return Replacement(siting.candidates[free[best]].candidate_id, float(saved[best]), float(cost[best]))


def _sharing_saves(
    site: Candidate,
    lines: Sequence[CostLine],
    backhaul: Backhaul,
    costs: CostModel,
    options: SitingOptions,
) -> float | None:
    """Return what a tower of one's own beside it, antennas at the same height, would cost more."""
    if site.owner == options.operator:
        return None
    own = replace(
        site, kind="new_tower", host="ground", host_height_m=site.antenna_height_m + options.top_margin_m
    )
    return total(station_cost_lines(own, backhaul.capital, backhaul.per_year, costs)) - total(lines)
