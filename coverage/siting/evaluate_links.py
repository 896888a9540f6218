"""The links of a plan walked again along the terrain: shares no code with the planner's own profiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..propagation.terrain import TerrainModel
from .costs import CostModel
from .inputs import FibreNodeTable, MastTable
from .options import SitingOptions
from .proposal import ProposedStation

__all__ = ["link_faults", "smooth_ground_m"]

_SLACK_M = 0.5  # for what lies between the samples

End = tuple[float, float, float]
"""x, y, height above ground (m)."""


def link_faults(
    station: ProposedStation,
    stations: Sequence[ProposedStation],
    terrain: TerrainModel,
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    options: SitingOptions,
) -> list[str]:
    """Return one line for everything that is wrong with the connection of a station.

    Parameters
    ----------
    station : ProposedStation
    stations : sequence of ProposedStation
        The whole plan: a station may hang on another one.
    terrain, masts, fibre_nodes, costs, options
        As in `evaluate.discrepancies`.
    """
    link = station.backhaul
    name = f"{station.station_id}: {link.kind} to {link.target_id}"
    if link.kind == "satellite":
        return []
    if link.kind == "existing":
        there = masts.backhaul[masts.mast_id == link.target_id]
        return [] if len(there) == 1 and there[0] != "none" else [f"{name}: no backhaul there"]
    if station.hangs_on:
        return _relay_faults(name, station, stations, terrain, costs, options)
    ends = _mast_ends(masts, link.target_id)
    if link.kind == "fibre":
        nodes = np.flatnonzero(fibre_nodes.node_id == link.target_id)
        ends += [(float(fibre_nodes.x_m[i]), float(fibre_nodes.y_m[i]), 0.0) for i in nodes]
    if not ends:
        return [f"{name}: no such node"]
    if link.kind == "microwave":
        return _hop_faults(name, station, ends[0], terrain, costs, options)
    lengths = [
        math.hypot(x - station.x_m, y - station.y_m) / 1000.0 * options.route_factor for x, y, _ in ends
    ]
    length = min(lengths, key=lambda km: abs(km - link.length_km))
    fits = math.isclose(length, link.length_km, rel_tol=1e-9) and length <= costs.maximum_fibre_km
    return [] if fits else [f"{name}: {link.length_km:g} km claimed, {length:g} km found"]


def _mast_ends(masts: MastTable, mast_id: str) -> list[End]:
    found = np.flatnonzero(masts.mast_id == mast_id)
    return [(float(masts.x_m[i]), float(masts.y_m[i]), float(masts.height_m[i])) for i in found]


def _relay_faults(
    name: str,
    station: ProposedStation,
    stations: Sequence[ProposedStation],
    terrain: TerrainModel,
    costs: CostModel,
    options: SitingOptions,
) -> list[str]:
    """Check the hop to the station above, and that the chain ends at something connected."""
    by_id = {s.station_id: s for s in stations}
    above = by_id.get(station.hangs_on)
    if above is None:
        return [f"{name}: {station.hangs_on} is not in the plan"]
    lines = _hop_faults(name, station, (above.x_m, above.y_m, _dish_m(above)), terrain, costs, options)
    chain, last = {station.station_id}, above
    while last.hangs_on and last.station_id not in chain:
        chain.add(last.station_id)
        last = by_id.get(last.hangs_on, last)
    if last.hangs_on or last.backhaul.kind == "satellite":
        lines.append(f"{name}: the chain does not reach the network")
    hops = len(chain) + (1 if last.backhaul.kind == "microwave" else 0)
    if hops != station.hops:
        lines.append(f"{name}: {station.hops} hops claimed, {hops} found")
    return lines


def _dish_m(station: ProposedStation) -> float:
    return station.antenna_height_m if math.isnan(station.dish_height_m) else station.dish_height_m


def _hop_faults(
    name: str,
    station: ProposedStation,
    end: End,
    terrain: TerrainModel,
    costs: CostModel,
    options: SitingOptions,
) -> list[str]:
    length_km = math.hypot(end[0] - station.x_m, end[1] - station.y_m) / 1000.0
    if length_km > min(costs.maximum_microwave_km, options.microwave_bands[-1][0]):
        return [f"{name}: {length_km:g} km is too long"]
    return [] if _hop_is_clear(terrain, station, end, options) else [f"{name}: the terrain is in the way"]


def _hop_is_clear(terrain: TerrainModel, station: ProposedStation, end: End, options: SitingOptions) -> bool:
    """Walk along the hop in half-pixel steps."""
    x, y, height = end
    length = math.hypot(x - station.x_m, y - station.y_m)
    steps = max(2, math.ceil(2 * length / terrain.resolution_m))
    frequency_ghz = next(ghz for km, ghz in options.microwave_bands if length <= 1000 * km)
    low = smooth_ground_m(terrain, station.x_m, station.y_m) + _dish_m(station)
    high = smooth_ground_m(terrain, x, y) + height
    for k in range(1, steps):
        part = k / steps
        near, far = part * length, (1.0 - part) * length
        at_x, at_y = station.x_m + part * (x - station.x_m), station.y_m + part * (y - station.y_m)
        radius = math.sqrt(0.299792458 / frequency_ghz * near * far / length)
        below = smooth_ground_m(terrain, at_x, at_y) + _clutter(terrain, at_x, at_y)
        need = below + near * far / (2 * 6_371_000.0 * 4 / 3) + options.fresnel_share * radius
        if low + part * (high - low) < need - _SLACK_M:
            return False
    return True


def _clutter(terrain: TerrainModel, x_m: float, y_m: float) -> float:
    """Return the clutter height of the pixel that holds a point; 0 where there is none."""
    if terrain.clutter_m is None:
        return 0.0
    row = math.floor((terrain.y_top_m - y_m) / terrain.resolution_m)
    column = math.floor((x_m - terrain.x_left_m) / terrain.resolution_m)
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
