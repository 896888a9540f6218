"""The links of a plan walked again along the terrain: shares no code with the planner's own profiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...propagation.terrain import TerrainModel
from ..costs import CostModel
from ..inputs import FibreNodeTable, MastTable
from ..options import SitingOptions
from ..proposal import ProposedStation
from .findings import Findings

__all__ = ["LinkWalk", "check_links", "smooth_ground_m", "walk_links"]

_CLEARANCE_M = 0.01
"""Claims of clearance may differ by so much."""
_CLEAR_M = -1e-6
_EARTH_M = 6_371_000.0 * 4.0 / 3.0
_LIGHT_M_GHZ = 0.299792458

End = tuple[float, float, float]
"""x, y, height above ground (m)."""


@dataclass(frozen=True)
class LinkWalk:
    """The connection of one station, measured.

    Attributes
    ----------
    station_id : str
    kind : {"existing", "fibre", "microwave", "satellite"}
    target_id : str
        Fibre node, mast or station at the other end.
    start, end : (x, y, height above ground) or None
        In the run's CRS (m); no end for a satellite, or where the other end does not exist.
    length_km : float
        Of the hop; of the cable with its detours.
    hops : int or None
        Microwave hops to what is on air or on fibre; None where the chain leads nowhere.
    frequency_ghz, clearance_m, tightest_km : float
        Microwave: band by length; room below the ray beyond the share of the first Fresnel zone at the
        tightest point, and where that is, from the station. NaN for others.
    distance_km, ground_m, clutter_m : ndarray of float64, (samples,)
        Microwave: the ground from the station to the other end, half a pixel apart.
    """

    station_id: str
    kind: str
    target_id: str
    start: End
    end: End | None
    length_km: float
    hops: int | None
    frequency_ghz: float
    clearance_m: float
    tightest_km: float
    distance_km: NDArray[np.float64]
    ground_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]


def walk_links(
    stations: Sequence[ProposedStation],
    terrain: TerrainModel,
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
    options: SitingOptions,
) -> tuple[LinkWalk, ...]:
    """Measure the connection of every station, in their order.

    Parameters
    ----------
    stations : sequence of ProposedStation
        The whole plan: a station may hang on another one.
    terrain, masts, fibre_nodes, options
        As in `evaluate.evaluate_plan`.
    """
    by_id = {s.station_id: s for s in stations}
    return tuple(_walk(s, by_id, terrain, masts, fibre_nodes, options) for s in stations)


def check_links(
    stations: Sequence[ProposedStation],
    walks: Sequence[LinkWalk],
    on_air: frozenset[str],
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    options: SitingOptions,
    maximum_hops: int,
    findings: Findings,
) -> None:
    """Compare the links of a plan with what was walked.

    Parameters
    ----------
    stations, walks
        One walk for each station.
    on_air : frozenset of str
        Masts on which the builder is on air.
    masts, fibre_nodes, costs, options
        As in `evaluate.evaluate_plan`.
    maximum_hops : int
    findings : Findings
        Gets what is wrong.
    """
    for station, walk in zip(stations, walks, strict=True):
        name = f"{station.station_id} {walk.kind} {walk.target_id}".rstrip()
        if walk.kind == "satellite":
            findings.hold("links", name, not station.hangs_on, "connected", "connected")
        elif walk.end is None:
            findings.hold("links", name, False, "connected", "missing")
        else:
            there = station.hangs_on or _has_network(station, on_air, masts, fibre_nodes)
            findings.hold("links", name, bool(there), "connected", "no_backhaul")
            findings.equal("links", f"{name} km", station.backhaul.length_km, walk.length_km)
        if walk.kind == "fibre":
            findings.at_most("links", f"{name} km", walk.length_km, costs.maximum_fibre_km)
        if walk.kind == "microwave" and walk.end is not None:
            _check_hop(name, station, walk, costs, options, findings)
        _check_chain(station, walk, maximum_hops, findings)


def _check_hop(
    name: str,
    station: ProposedStation,
    walk: LinkWalk,
    costs: CostModel,
    options: SitingOptions,
    findings: Findings,
) -> None:
    longest_km = min(costs.maximum_microwave_km, options.microwave_bands[-1][0])
    if walk.length_km > longest_km:
        findings.hold("links", name, False, station.backhaul.length_km, "too_long")
        return
    claim = station.backhaul
    findings.equal("links", f"{name} GHz", _or_nan(claim.frequency_ghz), walk.frequency_ghz)
    findings.hold("clearance", name, walk.clearance_m >= _CLEAR_M, "clear", "blocked")
    findings.equal(
        "clearance", f"{name} m", _or_nan(claim.clearance_m), walk.clearance_m, tolerance=_CLEARANCE_M
    )


def _check_chain(station: ProposedStation, walk: LinkWalk, maximum_hops: int, findings: Findings) -> None:
    name = station.station_id
    if walk.hops is None:
        findings.hold("chains", name, False, station.hops, "no_network")
        return
    findings.equal("chains", name, station.hops, walk.hops)
    findings.at_most("chains", name, walk.hops, maximum_hops)


def _has_network(
    station: ProposedStation, on_air: frozenset[str], masts: MastTable, fibre_nodes: FibreNodeTable
) -> bool:
    """Tell whether the builder has transmission at the other end: its own on-air mast, or an open node."""
    link = station.backhaul
    kinds = {str(k) for k in masts.backhaul[masts.mast_id == link.target_id]}
    if link.kind == "existing":
        own = link.target_id in on_air or station.owner == station.operator
        return own and link.target_id == station.host_id and bool(kinds - {"none"})
    if link.kind == "fibre" and station.kind != "remote_sector" and link.target_id in fibre_nodes.node_id:
        return True
    usable = {"fibre"} if link.kind == "fibre" else {"fibre", "microwave"}
    return link.target_id in on_air and bool(kinds & usable)


def _walk(
    station: ProposedStation,
    by_id: Mapping[str, ProposedStation],
    terrain: TerrainModel,
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
    options: SitingOptions,
) -> LinkWalk:
    link = station.backhaul
    start = (station.x_m, station.y_m, _dish_m(station))
    end = _end(station, by_id, masts, fibre_nodes, options)
    length_km, nothing = math.nan, np.zeros(0)
    found = (math.nan, math.nan, math.nan, nothing, nothing, nothing)
    if link.kind in ("satellite", "existing"):
        length_km = 0.0
    elif end is not None:
        length_km = math.hypot(end[0] - start[0], end[1] - start[1]) / 1000.0
        if link.kind == "fibre":
            length_km *= options.route_factor
        elif 0 < length_km <= options.microwave_bands[-1][0]:
            found = _hop(terrain, start, end, options)
    target = station.hangs_on or link.target_id
    return LinkWalk(
        station.station_id, link.kind, target, start, end, length_km, _hops(station, by_id), *found
    )


def _end(
    station: ProposedStation,
    by_id: Mapping[str, ProposedStation],
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
    options: SitingOptions,
) -> End | None:
    link = station.backhaul
    if link.kind == "satellite":
        return None
    if station.hangs_on:
        above = by_id.get(station.hangs_on)
        return None if above is None else (above.x_m, above.y_m, _dish_m(above))
    ends = [
        (float(masts.x_m[i]), float(masts.y_m[i]), float(masts.height_m[i]))
        for i in np.flatnonzero(masts.mast_id == link.target_id)
    ]
    if link.kind == "fibre":
        nodes = np.flatnonzero(fibre_nodes.node_id == link.target_id)
        ends += [(float(fibre_nodes.x_m[i]), float(fibre_nodes.y_m[i]), 0.0) for i in nodes]

    def off_m(end: End) -> float:  # a mast and a node may have one name: the length tells which it is
        straight_m = math.hypot(end[0] - station.x_m, end[1] - station.y_m)
        return abs(straight_m * options.route_factor - 1000.0 * link.length_km)

    return min(ends, key=off_m, default=None)


def _hops(station: ProposedStation, by_id: Mapping[str, ProposedStation]) -> int | None:
    """Count the microwave hops down to what is on air or on fibre; None where the chain leads nowhere."""
    passed, last, hops = set[str](), station, 0
    while True:
        if last.station_id in passed:
            return None
        passed.add(last.station_id)
        if not last.hangs_on:
            lost = last is not station and last.backhaul.kind == "satellite"
            return None if lost else hops + (last.backhaul.kind == "microwave")
        above = by_id.get(last.hangs_on)
        if above is None:
            return None
        last, hops = above, hops + 1


def _hop(
    terrain: TerrainModel, start: End, end: End, options: SitingOptions
) -> tuple[float, float, float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Walk along a hop in half-pixel steps; return band, clearance, tightest point and the profile."""
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    frequency_ghz = next(ghz for km, ghz in options.microwave_bands if length <= 1000 * km)
    steps = max(2, math.ceil(2 * length / terrain.resolution_m))
    part = np.arange(steps + 1) / steps
    places = [(start[0] + p * (end[0] - start[0]), start[1] + p * (end[1] - start[1])) for p in part.tolist()]
    ground = np.array([smooth_ground_m(terrain, x, y) for x, y in places])
    clutter = np.array([_clutter(terrain, x, y) for x, y in places])
    clutter[[0, -1]] = 0.0  # the dish hangs above what stands around it
    low, high = ground[0] + start[2], ground[-1] + end[2]
    near = part * length
    surface = (ground + clutter)[1:-1]
    if np.isnan(surface).any():  # a void may hide what is as high as anything known on the way
        known = surface[~np.isnan(surface)]
        surface = np.where(np.isnan(surface), known.max() if len(known) else 0.0, surface)
    between = near[1:-1] * (length - near[1:-1])
    zone = options.fresnel_share * np.sqrt(_LIGHT_M_GHZ / frequency_ghz * between / length)
    room = low + part[1:-1] * (high - low) - surface - between / (2 * _EARTH_M) - zone
    tightest = int(np.argmin(room))
    clearance = math.nan if math.isnan(low + high) else float(room[tightest])
    return frequency_ghz, clearance, float(near[1 + tightest]) / 1000.0, near / 1000.0, ground, clutter


def _dish_m(station: ProposedStation) -> float:
    return station.antenna_height_m if math.isnan(station.dish_height_m) else station.dish_height_m


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _clutter(terrain: TerrainModel, x_m: float, y_m: float) -> float:
    """Return the clutter height of the pixel that holds a point; 0 where there is none."""
    if terrain.clutter_m is None:
        return 0.0
    rows, columns = terrain.clutter_m.shape
    row = min(max(math.floor((terrain.y_top_m - y_m) / terrain.resolution_m), 0), rows - 1)
    column = min(max(math.floor((x_m - terrain.x_left_m) / terrain.resolution_m), 0), columns - 1)
    height = float(terrain.clutter_m[row, column])
    return height if math.isfinite(height) else 0.0


def smooth_ground_m(terrain: TerrainModel, x_m: float, y_m: float) -> float:
    """Return the ground interpolated between the four pixel centres around a point; NaN off the terrain."""
    r, d = terrain.resolution_m, terrain.resolution_m / 2
    column = (x_m - terrain.x_left_m - d) / r
    row = (terrain.y_top_m - d - y_m) / r
    rows, columns = terrain.height_m.shape
    if not (-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5):
        return math.nan
    total = 0.0
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(column), math.floor(column) + 1):
            share = (1 - abs(row - i)) * (1 - abs(column - j))
            if share > 0:
                total += share * float(
                    terrain.height_m[min(max(i, 0), rows - 1), min(max(j, 0), columns - 1)]
                )
    return total
