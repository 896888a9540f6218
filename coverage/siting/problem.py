"""From data to the building problem: candidates with their bills and coverage, hosts with their links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from ..antenna import AntennaPattern
from ..cells import CellTable, PointTable, TechnologyRule
from ..link_budget import LinkBudget
from ..propagation.terrain import PropagationSettings, TerrainModel
from ..station_radio import StationRadio, station_radio
from .backhaul import backhaul_nodes
from .building.contract import BuildingProblem, Links
from .candidates import Candidate, generate_candidates, technology_sets
from .connections import Connections, Hosts, connect_hosts, hosts_of
from .costs import LINES, CostLine, CostModel, station_cost_lines, with_power
from .coverage_matrix import LevelCache, StationLevels, station_levels
from .covering.instance import DemandGroups
from .hamlets import Hamlets, hamlets_in_need
from .inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from .options import SitingOptions
from .positions import PeakKeeper

__all__ = ["SitingProblem", "Stock", "problem_of", "siting_problem"]


@dataclass(frozen=True)
class Stock:
    """All candidates that were generated, whatever they serve.

    Attributes
    ----------
    options : SitingOptions
    candidates : tuple of Candidate
    lines : tuple of tuple of CostLine
        Bill of each candidate, its connection not yet paid.
    hosts : Hosts
    host : ndarray of int32, (candidates,)
    connections : Connections
    levels : StationLevels
    radio : mapping of technology to StationRadio
    hamlets : Hamlets
    lacking : ndarray of bool, (points,)
    worth : ndarray of float64, (points,)
        Value of covering each point; 0 for those that lack nothing.
    commune : ndarray of int32, (hamlets,)
    centre : ndarray of bool, (points,)
        Centres of hamlets.
    """

    options: SitingOptions
    candidates: tuple[Candidate, ...]
    lines: tuple[tuple[CostLine, ...], ...]
    hosts: Hosts
    host: NDArray[np.int32]
    connections: Connections
    levels: StationLevels
    radio: Mapping[str, StationRadio]
    hamlets: Hamlets
    lacking: NDArray[np.bool_]
    worth: NDArray[np.float64]
    commune: NDArray[np.int32]
    centre: NDArray[np.bool_]


@dataclass(frozen=True)
class SitingProblem:
    """What may be built, as arrays for the solver and with the names behind them.

    Attributes
    ----------
    building : BuildingProblem
    candidates : tuple of Candidate
        Of each option.
    lines : tuple of tuple of CostLine
        Of each option, its connection not yet paid.
    hosts : Hosts
    connections : Connections
    hamlets : Hamlets
        The groups of the problem.
    stock : Stock
        What it was made of.
    """

    building: BuildingProblem
    candidates: tuple[Candidate, ...]
    lines: tuple[tuple[CostLine, ...], ...]
    hosts: Hosts
    connections: Connections
    hamlets: Hamlets
    stock: Stock


def siting_problem(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    options: SitingOptions,
    *,
    weight: NDArray[np.float64] | None = None,
    patterns: Mapping[str, AntennaPattern] | None = None,
    link_budget: LinkBudget | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cache: LevelCache | None = None,
    peaks: PeakKeeper | None = None,
) -> SitingProblem:
    """Generate the candidates, compute whom each serves, price and connect them.

    Parameters
    ----------
    terrain, cells, points, unserved, villages, masts, poles, fibre_nodes, costs, rules, settings, options
        As in `propose.propose`.
    weight, patterns, link_budget, workers, progress, cache
        As in `propose.propose`.
    peaks : PeakKeeper, optional
        Of the summits and shoulders of the terrain.
    """
    unserved = {t: unserved[t] for t in options.technologies}
    lacking = np.any(list(unserved.values()), axis=0)
    candidates = [
        with_power(candidate, costs)
        for candidate in generate_candidates(
            terrain, cells, points, lacking, villages, masts, poles, options,
            receiver_height_m=settings.receiver_height_m,
            sets=technology_sets(unserved, options.technologies),
            keeper=peaks,
        )
    ]  # fmt: skip
    radio = {t: station_radio(cells, options.operator, t) for t in options.technologies}
    levels = station_levels(
        terrain, candidates, points, unserved, radio, rules, settings, options,
        patterns=patterns, link_budget=link_budget, workers=workers, progress=progress, cache=cache,
    )  # fmt: skip
    hosts, host = hosts_of(candidates)
    nodes = backhaul_nodes(masts, fibre_nodes, cells, options.operator)
    hamlets = hamlets_in_need(points, lacking, options.share_of_people)
    stock = Stock(
        options=options,
        candidates=tuple(candidates),
        lines=tuple(station_cost_lines(c, 0.0, 0.0, costs) for c in candidates),
        hosts=hosts,
        host=host,
        connections=connect_hosts(terrain, hosts, nodes, costs, options),
        levels=levels,
        radio=radio,
        hamlets=hamlets,
        lacking=lacking,
        worth=np.where(lacking, points.people if weight is None else weight, 0.0),
        commune=_communes(villages)[hamlets.village],
        centre=np.asarray(points.kind == "centre"),
    )
    return problem_of(stock, levels.cover(unserved, rules))


def problem_of(stock: Stock, cover: csr_matrix) -> SitingProblem:
    """Return the problem with a coverage of all generated candidates, needless configurations left out.

    Parameters
    ----------
    stock : Stock
    cover : csr_matrix, (points, candidates)
        As `StationLevels.cover` returns it.
    """
    line_cost = np.array([[line.present_value for line in bill] for bill in stock.lines], np.float64)
    line_cost = line_cost.reshape(-1, len(LINES))
    wanted = set(stock.options.mandatory_hosts)
    mandatory = np.array([bool({c.host_id, c.site_key} & wanted) for c in stock.candidates], bool)
    kept = _useful_options(cover, line_cost, stock.host, stock.connections.links, mandatory)
    hosts, connections, host = _hosts_left(stock.hosts, stock.connections, stock.host[kept])
    chosen = tuple(stock.candidates[j] for j in kept)
    building = BuildingProblem(
        cover=csr_matrix(csc_matrix(cover)[:, kept]),
        weight=stock.worth,
        groups=_groups(stock.hamlets, stock.worth, stock.options.hamlet_bonus),
        host=host,
        line_cost=line_cost[kept],
        backhaul_line=LINES.index("backhaul"),
        shared=np.array([c.owner != stock.options.operator for c in chosen], bool),
        commune=stock.commune,
        links=connections.links,
        tower=np.array([c.kind == "new_tower" for c in chosen], bool),
        centre=stock.centre,
        place=hosts.place_number,
    )
    lines = tuple(stock.lines[j] for j in kept)
    return SitingProblem(building, chosen, lines, hosts, connections, stock.hamlets, stock)


def _groups(hamlets: Hamlets, worth: NDArray[np.float64], bonus: float) -> DemandGroups:
    """Return hamlets as groups, worth `bonus` for each weighted person without service."""
    members = hamlets.share.copy()
    members.data[:] = 1.0
    return DemandGroups(hamlets.share, hamlets.need, bonus * np.asarray(members @ worth))


def _communes(villages: VillageTable) -> NDArray[np.int32]:
    """Return a number for each hamlet's commune, in the order of the names; -1 without one."""
    if villages.commune is None:
        return np.full(len(villages), -1, np.int32)
    number = {name: i for i, name in enumerate(sorted(set(villages.commune.tolist()) - {""}))}
    return np.array([number.get(name, -1) for name in villages.commune.tolist()], np.int32)


def _useful_options(
    cover: csr_matrix,
    line_cost: NDArray[np.float64],
    host: NDArray[np.int32],
    links: Links,
    mandatory: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return the options that no other configuration on the same host makes needless.

    Needless is what covers no more and costs no less, line by line; and what covers nothing at all, unless
    another station could hang on it or the host is mandatory: then its cheapest configuration stays. Hosts
    that cannot be connected are left out.
    """
    ways = np.minimum(np.minimum(links.fibre_cost, links.hop_cost), links.satellite_cost)
    np.minimum.at(ways, links.relay_to, links.relay_cost)
    carries = np.zeros(len(ways), bool)
    carries[links.relay_from] = True
    columns = csc_matrix(cover)
    points = [
        frozenset(columns.indices[a:b].tolist())
        for a, b in zip(columns.indptr, columns.indptr[1:], strict=False)
    ]
    price = line_cost.sum(axis=1)
    kept: list[int] = []
    for members in _by_host(host):
        if not np.isfinite(ways[host[members[0]]]):
            continue
        needed = bool(carries[host[members[0]]]) or bool(mandatory[members].any())
        best: list[int] = []
        # the cheapest first, then those that cover most: whatever is dominated comes after what dominates it
        for j in sorted(members, key=lambda j: (price[j], -len(points[j]), j)):
            if not points[j] and not (needed and not best):
                continue
            if any(points[i] >= points[j] and (line_cost[i] <= line_cost[j]).all() for i in best):
                continue
            best.append(j)
        kept += best
    return np.array(sorted(kept), np.int64)


def _by_host(host: NDArray[np.int32]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for j, h in enumerate(host.tolist()):
        groups.setdefault(h, []).append(j)
    return list(groups.values())


def _hosts_left(
    hosts: Hosts, connections: Connections, host: NDArray[np.int32]
) -> tuple[Hosts, Connections, NDArray[np.int32]]:
    """Leave out hosts without options; return the host of each option by its new number too."""
    left, renumbered = np.unique(host, return_inverse=True)
    number = np.full(len(hosts), -1, np.int32)
    number[left] = np.arange(len(left))
    links = connections.links
    arcs = np.flatnonzero((number[links.relay_from] >= 0) & (number[links.relay_to] >= 0))
    fewer = Hosts(
        key=tuple(hosts.key[h] for h in left),
        place=tuple(hosts.place[h] for h in left),
        x_m=hosts.x_m[left],
        y_m=hosts.y_m[left],
        dish_height_m=hosts.dish_height_m[left],
        connected=hosts.connected[left],
        fibre_only=hosts.fibre_only[left],
    )
    ways = Connections(
        links=Links(
            fibre_cost=links.fibre_cost[left],
            hop_cost=links.hop_cost[left],
            satellite_cost=links.satellite_cost[left],
            relay_from=number[links.relay_from[arcs]],
            relay_to=number[links.relay_to[arcs]],
            relay_cost=links.relay_cost[arcs],
        ),
        fibre=tuple(connections.fibre[h] for h in left),
        hop=tuple(connections.hop[h] for h in left),
        satellite=connections.satellite,
        relay=tuple(connections.relay[a] for a in arcs),
    )
    return fewer, ways, renumbered.astype(np.int32)
