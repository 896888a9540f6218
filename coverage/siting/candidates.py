"""Every station that could be built: on what is there already or on new ground, in several configurations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..cells import CellTable, PointTable
from ..footprint import ground_height_m
from ..propagation.terrain import TerrainModel
from .aiming import Need
from .inputs import MastTable, PoleTable, VillageTable
from .mains import Mains, distance_m
from .options import SitingOptions
from .positions import PeakKeeper, Positions, keep_best_seers, sight, terrain_positions

__all__ = ["KINDS", "Candidate", "generate_candidates", "technology_sets"]

KINDS = ("upgrade", "colocation", "pole", "remote_sector", "new_tower")
"""What a new station is; all but the last use what is there already."""

_SECTORS = 3
_LEAST_STEP_M = 5.0  # a second antenna height nearer to the first than this is not worth a computation


@dataclass(frozen=True)
class Candidate:
    """One station that could be built, in one configuration; at most one on a host.

    Attributes
    ----------
    candidate_id : str
        Unique.
    kind : str
        One of `KINDS`.
    host : {"mast", "pole", "ground"}
    host_id : str
        Mast or pole; of new ground its position.
    owner : str
        Of the host; the builder's name for a new tower.
    x_m, y_m : float
    host_height_m, antenna_height_m : float
        Above ground.
    technologies : tuple of str
        What it would add.
    azimuths_deg : tuple of float
        Sectors, from grid north, clockwise. None for an omnidirectional antenna.
    power_limit_dbm : float
        The transmitter gives no more than this; infinite where the radio decides.
    power : {"existing", "grid", "solar", "hybrid"}
        What has to be provided.
    connected : bool
        The host has a backhaul that the builder already uses.
    access_km : float
        Track to be made.
    site_key : str
        Candidates with the same key are configurations of one station: same structure, same link, same kind.
    dish_height_m : float
        Where a microwave dish would hang; NaN: at the antennas.
    mains_km, grid_km : float
        Power line that could, and that will, be built; infinite where there are no mains.
    """

    candidate_id: str
    kind: str
    host: str
    host_id: str
    owner: str
    x_m: float
    y_m: float
    host_height_m: float
    antenna_height_m: float
    technologies: tuple[str, ...]
    azimuths_deg: tuple[float, ...]
    power_limit_dbm: float
    power: str
    connected: bool
    access_km: float
    site_key: str = ""
    dish_height_m: float = math.nan
    mains_km: float = math.inf
    grid_km: float = 0.0

    @property
    def antennas(self) -> int:
        """How many antennas it hangs up."""
        return len(self.technologies) * max(1, len(self.azimuths_deg))


def technology_sets(
    unserved: Mapping[str, NDArray[np.bool_]], technologies: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return the sets of technologies that points lack: all together first, then each set that occurs.

    Parameters
    ----------
    unserved : mapping of technology to ndarray of bool, (points,)
    technologies : sequence of str
        Those to be brought.
    """
    lacking = np.array([unserved[t] for t in technologies], bool).T
    rows = [tuple(bool(v) for v in row) for row in np.unique(lacking, axis=0)]
    found = {tuple(t for t, here in zip(technologies, row, strict=True) if here) for row in rows} - {()}
    return (tuple(technologies), *sorted(found - {tuple(technologies)}))


def generate_candidates(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    unserved: NDArray[np.bool_],
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    options: SitingOptions,
    *,
    receiver_height_m: float = 1.5,
    sets: Sequence[tuple[str, ...]] | None = None,
    keeper: PeakKeeper | None = None,
) -> list[Candidate]:
    """Return all candidates, in the order of `KINDS`, then of the host, then of the configuration.

    Hosts off the terrain or in a void are left out, and configurations for which a mast has no room. A power
    pole carries a small omnidirectional station or one remote sector; everything else carries up to three
    sectors: evenly spaced with the first aimed at the need, or all aimed at it. Antennas hang at the highest
    free place or lower down; new towers come in several heights.

    Parameters
    ----------
    terrain : TerrainModel
    cells : CellTable
        Those on air.
    points : PointTable
    unserved : ndarray of bool, (points,)
        Points that lack service.
    villages : VillageTable
    masts : MastTable
    poles : PoleTable
    options : SitingOptions
    receiver_height_m : float
        Above ground, for the line of sight.
    sets : sequence of tuple of str, optional
        Technologies that a station may bring together (`technology_sets`); default: all of the options.
    keeper : PeakKeeper, optional
        Of the summits and shoulders of the terrain.
    """
    if not unserved.any():
        return []
    need = Need(points.x_m[unserved], points.y_m[unserved], points.people[unserved])
    masts = masts.take(np.isfinite(ground_height_m(terrain, masts.x_m, masts.y_m)))
    poles = poles.take(np.isfinite(ground_height_m(terrain, poles.x_m, poles.y_m)))
    mains = Mains.of(points, villages, masts, poles)
    upgrades, colocations = _on_masts(cells, masts, need, mains, options)
    on_poles = _on_poles(terrain, poles, need, options, receiver_height_m)
    remote = [_as_remote_sector(c, need, options) for c in (*colocations, *on_poles)]
    new = _new_towers(terrain, points, masts, poles, need, mains, options, receiver_height_m, keeper)
    chosen = sets or (options.technologies,)
    room = (
        {}
        if masts.free_antennas is None
        else dict(zip(masts.mast_id.tolist(), masts.free_antennas, strict=True))
    )
    return [
        variant
        for base in (*upgrades, *colocations, *on_poles, *remote, *new)
        for variant in _variants(base, need, options, chosen)
        if not variant.antennas > room.get(variant.host_id, math.inf) or variant.host != "mast"
    ]


def _variants(
    base: Candidate, need: Need, options: SitingOptions, sets: Iterable[tuple[str, ...]]
) -> list[Candidate]:
    """Return the configurations of one station, the base itself first; dishes hang where the base's would."""
    heights = [base.antenna_height_m]
    lower = max(1.0, round(base.antenna_height_m * options.lower_height_share, 1))
    if base.host == "mast" and lower <= base.antenna_height_m - _LEAST_STEP_M:
        heights.append(lower)
    plans = {"even": base.azimuths_deg}
    if len(base.azimuths_deg) > 1:
        plans |= need.azimuth_plans(base.x_m, base.y_m, options.reach_m, len(base.azimuths_deg))
    carried = dict.fromkeys(tuple(t for t in wanted if t in base.technologies) for wanted in sets)
    carried.pop((), None)
    found = []
    for height in heights:
        for plan, azimuths in plans.items():
            for technologies in carried:
                name = base.candidate_id
                name += f"@{height:g}m" if height != base.antenna_height_m else ""
                name += "/need" if plan == "need" else ""
                name += f"/{'+'.join(technologies)}" if technologies != base.technologies else ""
                found.append(
                    replace(
                        base,
                        candidate_id=name,
                        antenna_height_m=height,
                        azimuths_deg=azimuths,
                        technologies=technologies,
                        site_key=base.candidate_id,
                        dish_height_m=base.antenna_height_m,
                        power=_own_supply(base.power, technologies, options),
                    )
                )
    return found


def _own_supply(power: str, technologies: tuple[str, ...], options: SitingOptions) -> str:
    """Return the supply that carries the load: off the grid many technologies need a generator too."""
    if power not in ("solar", "hybrid"):
        return power
    return "solar" if len(technologies) <= options.solar_technologies else "hybrid"


def _on_masts(
    cells: CellTable, masts: MastTable, need: Need, mains: Mains, options: SitingOptions
) -> tuple[list[Candidate], list[Candidate]]:
    wanted = need.within(masts.x_m, masts.y_m, options.reach_m)
    wanted |= np.isin(masts.mast_id, _host_ids(options.mandatory_hosts))
    mains_m = mains.distance_m(masts.x_m, masts.y_m)
    own_cells = cells.operator == options.operator
    present: dict[str, set[str]] = {}
    for mast, technology in zip(
        cells.mast_id[own_cells].tolist(), cells.technology[own_cells].tolist(), strict=True
    ):
        present.setdefault(mast, set()).add(technology)
    upgrades: list[Candidate] = []
    colocations: list[Candidate] = []
    for i in np.flatnonzero(wanted):
        here = present.get(str(masts.mast_id[i]), set())
        missing = tuple(t for t in options.technologies if t not in here)
        if not missing:
            continue
        own = bool(here) or masts.owner[i] == options.operator
        candidate = _on_mast(masts, int(i), own, missing, need, float(mains_m[i]), options)
        if candidate is not None:
            (upgrades if own else colocations).append(candidate)
    return upgrades, colocations


def _on_mast(
    masts: MastTable,
    i: int,
    own: bool,
    technologies: tuple[str, ...],
    need: Need,
    mains_m: float,
    options: SitingOptions,
) -> Candidate | None:
    """Return the station at the highest free place; None where the owner says that nothing is free."""
    height = float(masts.height_m[i])
    drop = options.top_margin_m if own else options.colocation_drop_m
    antenna = max(1.0, height / 2, height - drop)
    if masts.free_height_m is not None and math.isfinite(masts.free_height_m[i]):
        antenna = min(height, float(masts.free_height_m[i]))
        if antenna < 1.0:
            return None
    x, y = float(masts.x_m[i]), float(masts.y_m[i])
    on_grid = masts.power[i] == "grid"
    return Candidate(
        candidate_id=f"{'upgrade' if own else 'colocation'}:{masts.mast_id[i]}",
        kind="upgrade" if own else "colocation",
        host="mast",
        host_id=str(masts.mast_id[i]),
        owner=str(masts.owner[i]),
        x_m=x,
        y_m=y,
        host_height_m=height,
        antenna_height_m=antenna,
        technologies=technologies,
        azimuths_deg=need.even_azimuths(x, y, options.reach_m, _SECTORS),
        power_limit_dbm=math.inf,
        power=("existing" if own else "grid") if on_grid else "solar",
        connected=bool(own and masts.backhaul[i] != "none"),
        access_km=0.0,
        mains_km=mains_m * options.route_factor / 1000.0,
    )


def _on_poles(
    terrain: TerrainModel, poles: PoleTable, need: Need, options: SitingOptions, receiver_height_m: float
) -> list[Candidate]:
    """Return stations on the poles that see most of the gap, and on mandatory ones."""
    near = np.flatnonzero(need.within(poles.x_m, poles.y_m, options.reach_m))
    x, y = poles.x_m[near], poles.y_m[near]
    top = np.maximum(1.0, poles.height_m - options.top_margin_m)
    sees = sight(terrain, x, y, top[near], need.x_m, need.y_m, receiver_height_m, options.reach_m)
    best = near[keep_best_seers(sees, need.people, x, y, need.x_m, need.y_m, options.poles_per_point)]
    mandatory = np.flatnonzero(np.isin(poles.pole_id, _host_ids(options.mandatory_hosts)))
    return [_on_pole(poles, int(i), float(top[i]), need, options) for i in np.union1d(best, mandatory)]


def _on_pole(poles: PoleTable, i: int, top_m: float, need: Need, options: SitingOptions) -> Candidate:
    """Return a small omnidirectional station on a power pole; a substation or rooftop carries a full one."""
    small = poles.kind[i] == "power_pole"
    x, y = float(poles.x_m[i]), float(poles.y_m[i])
    return Candidate(
        candidate_id=f"pole:{poles.pole_id[i]}",
        kind="pole",
        host="pole",
        host_id=str(poles.pole_id[i]),
        owner=str(poles.owner[i]),
        x_m=x,
        y_m=y,
        host_height_m=float(poles.height_m[i]),
        antenna_height_m=top_m,
        technologies=options.technologies,
        azimuths_deg=() if small else need.even_azimuths(x, y, options.reach_m, _SECTORS),
        power_limit_dbm=options.small_station_power_dbm if small else math.inf,
        power="grid",
        connected=False,
        access_km=0.0,
    )


def _as_remote_sector(candidate: Candidate, need: Need, options: SitingOptions) -> Candidate:
    """Return the same host with one full radio unit that a station on air feeds by fibre."""
    return replace(
        candidate,
        candidate_id=f"remote_sector:{candidate.host}:{candidate.host_id}",
        kind="remote_sector",
        azimuths_deg=need.even_azimuths(candidate.x_m, candidate.y_m, options.reach_m, 1),
        power_limit_dbm=math.inf,
    )


def _new_towers(
    terrain: TerrainModel,
    points: PointTable,
    masts: MastTable,
    poles: PoleTable,
    need: Need,
    mains: Mains,
    options: SitingOptions,
    receiver_height_m: float,
    keeper: PeakKeeper | None,
) -> list[Candidate]:
    """Return towers of every height on the positions that see most of the gap from the highest."""
    if not options.new_mast_heights_m:
        return []
    found = terrain_positions(
        terrain,
        need.x_m,
        need.y_m,
        need.people,
        antenna_height_m=max(1.0, max(options.new_mast_heights_m) - options.top_margin_m),
        receiver_height_m=receiver_height_m,
        reach_m=options.reach_m,
        per_point=options.new_positions_per_point,
        keeper=keeper,
    )
    known = [(points.x_m, points.y_m), (masts.x_m, masts.y_m), (poles.x_m, poles.y_m)]
    reached_m = distance_m(known, found.x_m, found.y_m)
    mains_m = mains.distance_m(found.x_m, found.y_m)
    return [
        _new_tower(found, i, height, float(reached_m[i]), float(mains_m[i]), need, options)
        for i in range(len(found.x_m))
        for height in options.new_mast_heights_m
    ]


def _new_tower(
    found: Positions,
    i: int,
    height_m: float,
    reached_m: float,
    mains_m: float,
    need: Need,
    options: SitingOptions,
) -> Candidate:
    x, y = float(found.x_m[i]), float(found.y_m[i])
    place = f"new:{x:.0f}:{y:.0f}"
    near = mains_m <= options.grid_reach_m
    return Candidate(
        candidate_id=f"{place}:{height_m:g}m",
        kind="new_tower",
        host="ground",
        host_id=place,
        owner=options.operator,
        x_m=x,
        y_m=y,
        host_height_m=height_m,
        antenna_height_m=max(1.0, height_m - options.top_margin_m),
        technologies=options.technologies,
        azimuths_deg=need.even_azimuths(x, y, options.reach_m, _SECTORS),
        power_limit_dbm=math.inf,
        power="grid" if near else "solar",
        connected=False,
        access_km=reached_m * options.route_factor / 1000.0,
        mains_km=mains_m * options.route_factor / 1000.0,
    )


def _host_ids(names: Sequence[str]) -> list[str]:
    """Return what may be the ids of hosts in names of hosts and candidates ("colocation:M2")."""
    return [part for name in names for part in (name, name.rpartition(":")[2])]
