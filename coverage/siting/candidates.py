"""Every place where a new station could go up: on what is there already, or on new ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..cells import CellTable, PointTable
from ..footprint import ground_height_m
from ..propagation.terrain import TerrainModel
from .inputs import MastTable, PoleTable, SitingOptions, VillageTable
from .positions import Positions, keep_best_seers, sight, terrain_positions

__all__ = ["KINDS", "Candidate", "generate_candidates"]

KINDS = ("upgrade", "colocation", "pole", "remote_sector", "new_tower")
"""What a new station is; all but the last use what is there already."""

_SECTORS = 3
_NEAREST_M = 200.0  # aiming: nearer points do not pull harder than this


@dataclass(frozen=True)
class Candidate:
    """One station that could be built; at most one on a host.

    Attributes
    ----------
    candidate_id : str
        Unique.
    kind : str
        One of `KINDS`.
    host : {"mast", "pole", "ground"}
    host_id : str
        Mast or pole; the candidate's own id on new ground.
    owner : str
        Of the host; the builder's name for a new tower.
    x_m, y_m : float
    host_height_m, antenna_height_m : float
        Above ground.
    technologies : tuple of str
        What it would add.
    azimuths_deg : tuple of float
        Sectors, from grid north, clockwise; the first points at the people without service. None for an
        omnidirectional antenna.
    power_limit_dbm : float
        The transmitter gives no more than this; infinite where the radio decides.
    power : {"existing", "grid", "solar"}
        What has to be provided.
    connected : bool
        The host has a backhaul that the builder already uses.
    access_km : float
        Track to be made.
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


@dataclass(frozen=True)
class _Gap:
    """The demand points that lack service."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    people: NDArray[np.float64]

    def within(self, x_m: NDArray[np.float64], y_m: NDArray[np.float64], reach_m: float) -> NDArray[np.bool_]:
        """Tell which positions have a point in reach."""
        if len(self.x_m) == 0 or len(x_m) == 0:
            return np.zeros(len(x_m), bool)
        tree = cKDTree(np.column_stack([self.x_m, self.y_m]))
        return np.asarray(tree.query(np.column_stack([x_m, y_m]))[0] <= reach_m)

    def azimuths(self, x_m: float, y_m: float, reach_m: float, sectors: int) -> tuple[float, ...]:
        """Return evenly spaced sectors, the first towards the people in reach, the near ones first."""
        east, north = self.x_m - x_m, self.y_m - y_m
        distance = np.hypot(east, north)
        near = distance <= reach_m if (distance <= reach_m).any() else np.ones(len(distance), bool)
        pull = np.where(near, np.maximum(self.people, 1.0), 0.0) / np.maximum(distance, _NEAREST_M) ** 2
        first = np.degrees(np.arctan2(float(pull @ east), float(pull @ north)))
        return tuple(round(float(first + k * 360.0 / sectors) % 360.0, 1) % 360.0 for k in range(sectors))


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
) -> list[Candidate]:
    """Return all candidates, in the order of `KINDS`, then of the host.

    Hosts off the terrain or in a void are left out. A power pole carries a small omnidirectional station or
    one remote sector; everything else carries three sectors, the first aimed at the gap.

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
    """
    if not unserved.any():
        return []
    gap = _Gap(points.x_m[unserved], points.y_m[unserved], points.people[unserved])
    masts, poles = _on_known_ground(terrain, masts), _on_known_ground(terrain, poles)
    upgrades, colocations = _on_masts(cells, masts, gap, options)
    on_poles = _on_poles(terrain, poles, gap, options, receiver_height_m)
    remote = [_as_remote_sector(c, gap, options) for c in (*colocations, *on_poles)]
    new = _new_towers(terrain, points, villages, masts, poles, gap, options, receiver_height_m)
    return [*upgrades, *colocations, *on_poles, *remote, *new]


_Hosts = TypeVar("_Hosts", MastTable, PoleTable)


def _on_known_ground(terrain: TerrainModel, hosts: _Hosts) -> _Hosts:
    """Leave out hosts off the terrain or in a void: nothing can be computed from there."""
    known = np.isfinite(ground_height_m(terrain, hosts.x_m, hosts.y_m))
    return replace(hosts, **{f.name: getattr(hosts, f.name)[known] for f in fields(hosts)})


def _on_masts(
    cells: CellTable, masts: MastTable, gap: _Gap, options: SitingOptions
) -> tuple[list[Candidate], list[Candidate]]:
    wanted = gap.within(masts.x_m, masts.y_m, options.reach_m) | np.isin(
        masts.mast_id, options.mandatory_hosts
    )
    upgrades: list[Candidate] = []
    colocations: list[Candidate] = []
    for i in np.flatnonzero(wanted):
        here = (cells.mast_id == masts.mast_id[i]) & (cells.operator == options.operator)
        present = set(cells.technology[here].tolist())
        missing = tuple(t for t in options.technologies if t not in present)
        if not missing:
            continue
        own = bool(here.any()) or masts.owner[i] == options.operator
        candidate = _on_mast(masts, int(i), own, missing, gap, options)
        (upgrades if own else colocations).append(candidate)
    return upgrades, colocations


def _on_mast(
    masts: MastTable, i: int, own: bool, technologies: tuple[str, ...], gap: _Gap, options: SitingOptions
) -> Candidate:
    height = float(masts.height_m[i])
    drop = options.top_margin_m if own else options.colocation_drop_m
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
        antenna_height_m=max(1.0, height / 2, height - drop),
        technologies=technologies,
        azimuths_deg=gap.azimuths(x, y, options.reach_m, _SECTORS),
        power_limit_dbm=math.inf,
        power=("existing" if own else "grid") if on_grid else "solar",
        connected=bool(own and masts.backhaul[i] != "none"),
        access_km=0.0,
    )


def _on_poles(
    terrain: TerrainModel, poles: PoleTable, gap: _Gap, options: SitingOptions, receiver_height_m: float
) -> list[Candidate]:
    """Return stations on the poles that see most of the gap, and on mandatory ones."""
    near = np.flatnonzero(gap.within(poles.x_m, poles.y_m, options.reach_m))
    x, y = poles.x_m[near], poles.y_m[near]
    top = np.maximum(1.0, poles.height_m - options.top_margin_m)
    sees = sight(terrain, x, y, top[near], gap.x_m, gap.y_m, receiver_height_m, options.reach_m)
    best = near[keep_best_seers(sees, gap.people, x, y, gap.x_m, gap.y_m, options.poles_per_point)]
    mandatory = np.flatnonzero(np.isin(poles.pole_id, options.mandatory_hosts))
    return [_on_pole(poles, int(i), float(top[i]), gap, options) for i in np.union1d(best, mandatory)]


def _on_pole(poles: PoleTable, i: int, top_m: float, gap: _Gap, options: SitingOptions) -> Candidate:
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
        azimuths_deg=() if small else gap.azimuths(x, y, options.reach_m, _SECTORS),
        power_limit_dbm=options.small_station_power_dbm if small else math.inf,
        power="grid",
        connected=False,
        access_km=0.0,
    )


def _as_remote_sector(candidate: Candidate, gap: _Gap, options: SitingOptions) -> Candidate:
    """Return the same host with one full radio unit that a station on air feeds by fibre."""
    return replace(
        candidate,
        candidate_id=f"remote_sector:{candidate.host}:{candidate.host_id}",
        kind="remote_sector",
        azimuths_deg=gap.azimuths(candidate.x_m, candidate.y_m, options.reach_m, 1),
        power_limit_dbm=math.inf,
    )


def _new_towers(
    terrain: TerrainModel,
    points: PointTable,
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    gap: _Gap,
    options: SitingOptions,
    receiver_height_m: float,
) -> list[Candidate]:
    antenna = max(1.0, options.new_mast_height_m - options.top_margin_m)
    found = terrain_positions(
        terrain,
        gap.x_m,
        gap.y_m,
        gap.people,
        antenna_height_m=antenna,
        receiver_height_m=receiver_height_m,
        reach_m=options.reach_m,
        per_point=options.new_positions_per_point,
    )
    inhabited = points.village >= 0
    lit = inhabited.copy()
    lit[inhabited] = villages.grid_power[points.village[inhabited]]
    reached = _distance([(points.x_m, points.y_m), (masts.x_m, masts.y_m), (poles.x_m, poles.y_m)], found)
    mains = _distance([(points.x_m[lit], points.y_m[lit]), (poles.x_m, poles.y_m)], found)
    candidates = []
    for i, (x, y) in enumerate(zip(found.x_m.tolist(), found.y_m.tolist(), strict=True)):
        name = f"new:{x:.0f}:{y:.0f}"
        candidates.append(
            Candidate(
                candidate_id=name,
                kind="new_tower",
                host="ground",
                host_id=name,
                owner=options.operator,
                x_m=x,
                y_m=y,
                host_height_m=options.new_mast_height_m,
                antenna_height_m=antenna,
                technologies=options.technologies,
                azimuths_deg=gap.azimuths(x, y, options.reach_m, _SECTORS),
                power_limit_dbm=math.inf,
                power="grid" if mains[i] <= options.grid_reach_m else "solar",
                connected=False,
                access_km=float(reached[i]) * options.route_factor / 1000.0,
            )
        )
    return candidates


def _distance(
    things: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], positions: Positions
) -> NDArray[np.float64]:
    """Return the distance (m) from each position to the nearest thing; infinite where there is none."""
    x = np.concatenate([thing[0] for thing in things])
    y = np.concatenate([thing[1] for thing in things])
    if len(x) == 0:
        return np.full(len(positions.x_m), np.inf)
    tree = cKDTree(np.column_stack([x, y]))
    return np.asarray(tree.query(np.column_stack([positions.x_m, positions.y_m]))[0])
