"""Every way to connect every host: cables, clear hops to what is on air, clear hops between new stations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..propagation.terrain import TerrainModel
from .backhaul import Backhaul, BackhaulNodes
from .building.contract import Links
from .candidates import Candidate
from .costs import CostModel, present_value
from .options import SitingOptions, band_ghz
from .profiles import link_clearances

__all__ = ["Connections", "Hosts", "connect_hosts", "hosts_of"]

_BATCH = 16  # ends tried at once for each host, the nearest first


@dataclass(frozen=True)
class Hosts:
    """The structures of the candidates: one entry per station that could stand, in any configuration.

    Attributes
    ----------
    key : tuple of str
        `Candidate.site_key`.
    place : tuple of (str, str)
        Host and its id: several hosts of one place (towers of different heights) exclude each other.
    x_m, y_m, dish_height_m : ndarray of float64
    connected : ndarray of bool
        A backhaul of the builder is there.
    fibre_only : ndarray of bool
        Remote sectors: only fibre from a station on air will do, and nothing hangs on them.
    """

    key: tuple[str, ...]
    place: tuple[tuple[str, str], ...]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    dish_height_m: NDArray[np.float64]
    connected: NDArray[np.bool_]
    fibre_only: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.key)

    @property
    def place_number(self) -> NDArray[np.int32]:
        """Number of the place of each host, in the order of their first hosts."""
        number = {place: i for i, place in enumerate(dict.fromkeys(self.place))}
        return np.array([number[place] for place in self.place], np.int32)


@dataclass(frozen=True)
class Connections:
    """How each host can be connected, with the profiles behind it.

    Attributes
    ----------
    links : Links
        The same as costs.
    fibre, hop : tuple of Backhaul or None
        Of each host; None where there is no such way, and where a hop would cost more than fibre.
    satellite : Backhaul
    relay : tuple of Backhaul
        Of each relay arc.
    """

    links: Links
    fibre: tuple[Backhaul | None, ...]
    hop: tuple[Backhaul | None, ...]
    satellite: Backhaul
    relay: tuple[Backhaul, ...]


def hosts_of(candidates: Sequence[Candidate]) -> tuple[Hosts, NDArray[np.int32]]:
    """Return the hosts in the order of their first candidate, and the host of each candidate."""
    number: dict[str, int] = {}
    firsts: list[Candidate] = []
    for candidate in candidates:
        if (candidate.site_key or candidate.candidate_id) not in number:
            number[candidate.site_key or candidate.candidate_id] = len(firsts)
            firsts.append(candidate)
    dish = np.array([c.dish_height_m for c in firsts], np.float64)
    antenna = np.array([c.antenna_height_m for c in firsts], np.float64)
    hosts = Hosts(
        key=tuple(number),
        place=tuple((c.host, c.host_id) for c in firsts),
        x_m=np.array([c.x_m for c in firsts], np.float64),
        y_m=np.array([c.y_m for c in firsts], np.float64),
        dish_height_m=np.where(np.isnan(dish), antenna, dish),
        connected=np.array([c.connected for c in firsts], bool),
        fibre_only=np.array([c.kind == "remote_sector" for c in firsts], bool),
    )
    host = [number[c.site_key or c.candidate_id] for c in candidates]
    return hosts, np.array(host, np.int32)


def connect_hosts(
    terrain: TerrainModel, hosts: Hosts, nodes: BackhaulNodes, costs: CostModel, options: SitingOptions
) -> Connections:
    """Find the ways to connect each host.

    Fibre goes to the nearest end within the limit; a hop to the nearest clear node on air (all hops cost the
    same); a relay hop comes from one of the nearest hosts in clear sight that can be connected themselves,
    and only where the host has no direct hop and fibre is dearer.

    Parameters
    ----------
    terrain : TerrainModel
    hosts : Hosts
    nodes : BackhaulNodes
    costs : CostModel
    options : SitingOptions
        Route factor, bands, Fresnel share and how many relay hops are kept.

    Returns
    -------
    Connections
    """
    satellite = Backhaul("satellite", "", 0.0, None, costs.satellite, costs.satellite_per_year)
    fibre = [_fibre(hosts, j, nodes, costs, options) for j in range(len(hosts))]
    fibre_cost = np.array([np.inf if f is None else _price(f, costs) for f in fibre], np.float64)
    hop_price = present_value(costs.microwave_hop, 0.0, costs)
    wanted = (fibre_cost > hop_price) & ~hosts.fibre_only
    hop = _hops_to_network(terrain, hosts, np.flatnonzero(wanted), nodes, costs, options)
    hop_cost = np.array([np.inf if h is None else hop_price for h in hop], np.float64)
    relay_from, relay_to, relay = _relays(terrain, hosts, fibre_cost, hop_cost, costs, options)
    links = Links(
        fibre_cost=fibre_cost,
        hop_cost=hop_cost,
        satellite_cost=np.where(hosts.fibre_only | hosts.connected, np.inf, _price(satellite, costs)),
        relay_from=relay_from,
        relay_to=relay_to,
        relay_cost=np.full(len(relay), hop_price),
    )
    return Connections(links, tuple(fibre), tuple(hop), satellite, tuple(relay))


def _price(backhaul: Backhaul, costs: CostModel) -> float:
    return present_value(backhaul.capital, backhaul.per_year, costs)


def _fibre(
    hosts: Hosts, j: int, nodes: BackhaulNodes, costs: CostModel, options: SitingOptions
) -> Backhaul | None:
    if hosts.connected[j] and not hosts.fibre_only[j]:
        return Backhaul("existing", hosts.place[j][1], 0.0, None, 0.0, 0.0)
    straight = np.hypot(nodes.fibre_x_m - hosts.x_m[j], nodes.fibre_y_m - hosts.y_m[j])
    if hosts.fibre_only[j]:
        straight = np.where(nodes.station, straight, np.inf)
    if len(straight) == 0:
        return None
    nearest = int(np.argmin(straight))
    length_km = float(straight[nearest]) * options.route_factor / 1000.0
    if not length_km <= costs.maximum_fibre_km:
        return None
    capital = length_km * costs.fibre_per_km
    return Backhaul("fibre", str(nodes.fibre_id[nearest]), length_km, None, capital, 0.0)


@dataclass(frozen=True)
class _Ends:
    """Where hops may start."""

    name: NDArray[np.str_]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    height_m: NDArray[np.float64]


def _hops_to_network(
    terrain: TerrainModel,
    hosts: Hosts,
    who: NDArray[np.int64],
    nodes: BackhaulNodes,
    costs: CostModel,
    options: SitingOptions,
) -> list[Backhaul | None]:
    """Return the nearest clear hop to a node on air for the hosts `who`, None for the others."""
    ends = _Ends(nodes.radio_id, nodes.radio_x_m, nodes.radio_y_m, nodes.radio_height_m)
    found: list[Backhaul | None] = [None] * len(hosts)
    near = _nearest_ends(hosts, who, ends, costs, options)
    for first in range(0, max((len(n) for n in near.values()), default=0), _BATCH):
        open_ = [j for j in who.tolist() if found[j] is None]
        pairs = [(j, e) for j in open_ for e in near[j][first : first + _BATCH]]
        for j, hop in _clear_hops(terrain, hosts, pairs, ends, costs, options):
            if found[j] is None:  # pairs stand in the order of their length
                found[j] = hop
    return found


def _nearest_ends(
    hosts: Hosts, who: NDArray[np.int64], ends: _Ends, costs: CostModel, options: SitingOptions
) -> dict[int, list[int]]:
    """Return the ends within a hop of each host, the nearest first, then the lower index."""
    if len(ends.x_m) == 0 or len(who) == 0:
        return {int(j): [] for j in who}
    reach_m = 1000.0 * min(costs.maximum_microwave_km, options.microwave_bands[-1][0])
    tree = cKDTree(np.column_stack([ends.x_m, ends.y_m]))
    listed: Any = tree.query_ball_point(np.column_stack([hosts.x_m[who], hosts.y_m[who]]), reach_m)
    near = {}
    for j, some in zip(who.tolist(), listed, strict=True):
        index = np.array(sorted(some), np.int64)
        distance = np.hypot(ends.x_m[index] - hosts.x_m[j], ends.y_m[index] - hosts.y_m[j])
        index, distance = index[distance > 0], distance[distance > 0]
        near[j] = index[np.argsort(distance, kind="stable")].tolist()
    return near


def _clear_hops(
    terrain: TerrainModel,
    hosts: Hosts,
    pairs: Sequence[tuple[int, int]],
    ends: _Ends,
    costs: CostModel,
    options: SitingOptions,
) -> list[tuple[int, Backhaul]]:
    """Return (host, hop) of the pairs of host and end with a clear path, in their order."""
    if not pairs:
        return []
    j, e = np.array(pairs, np.int64).T
    length_km = np.hypot(ends.x_m[e] - hosts.x_m[j], ends.y_m[e] - hosts.y_m[j]) / 1000.0
    frequency = band_ghz(length_km, options)
    found = link_clearances(
        terrain, hosts.x_m[j], hosts.y_m[j], hosts.dish_height_m[j], ends.x_m[e], ends.y_m[e],
        ends.height_m[e], frequency_ghz=frequency, fresnel_share=options.fresnel_share, step_pixels=0.5,
    )  # fmt: skip
    return [
        (
            int(j[i]),
            Backhaul(
                "microwave", str(ends.name[e[i]]), float(length_km[i]), float(found.room_m[i]),
                costs.microwave_hop, 0.0, float(frequency[i]), float(found.fraction[i] * length_km[i]),
            ),
        )
        for i in np.flatnonzero(found.room_m >= 0)
    ]  # fmt: skip


def _relays(
    terrain: TerrainModel,
    hosts: Hosts,
    fibre_cost: NDArray[np.float64],
    hop_cost: NDArray[np.float64],
    costs: CostModel,
    options: SitingOptions,
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[Backhaul]]:
    """Return clear hops between hosts, into those only that no hop reaches directly.

    A host that can be connected otherwise is one hop away from the network; hops from hosts that are farther
    away are kept beside those, so that chains stay possible.
    """
    price = present_value(costs.microwave_hop, 0.0, costs)
    direct = np.isfinite(np.minimum(fibre_cost, hop_cost)) & ~hosts.fibre_only
    wanting = np.flatnonzero(~hosts.fibre_only & np.isinf(hop_cost) & (fibre_cost > price))
    ends = _Ends(np.array(hosts.key, str), hosts.x_m, hosts.y_m, hosts.dish_height_m)
    near = _nearest_ends(hosts, wanting, ends, costs, options)
    number = {key: i for i, key in enumerate(hosts.key)}
    reached, arcs = direct.copy(), dict[tuple[int, int], Backhaul]()
    for wave in (direct, ~direct & ~hosts.fibre_only):
        clear: dict[int, list[Backhaul]] = {int(j): [] for j in wanting}
        longest = max((len(n) for n in near.values()), default=0)
        for first in range(0, longest, 4 * _BATCH):
            open_ = [j for j in clear if len(clear[j]) < options.relay_sources]
            pairs = [
                (j, e)
                for j in open_
                for e in near[j][first : first + 4 * _BATCH]
                if wave[e] and hosts.place[e] != hosts.place[j]
            ]
            for j, hop in _clear_hops(terrain, hosts, pairs, ends, costs, options):
                clear[j].append(hop)
        for j, hops in clear.items():
            for hop in hops[: options.relay_sources]:
                arcs[number[hop.target_id], j] = hop
    kept = _reachable(arcs, reached)
    order = sorted(kept)
    pairs_array = np.array(order, np.int32).reshape(-1, 2)
    return pairs_array[:, 0].copy(), pairs_array[:, 1].copy(), [arcs[pair] for pair in order]


def _reachable(arcs: dict[tuple[int, int], Backhaul], reached: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Leave out hops from hosts that no chain connects."""
    more = True
    while more:
        new = {b for a, b in arcs if reached[a] and not reached[b]}
        reached[list(new)] = True
        more = bool(new)
    return [(a, b) for a, b in arcs if reached[a]]
