"""How a new station reaches the network: what is there, fibre, one clear microwave hop, or a satellite."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells import CellTable
from ..propagation.terrain import TerrainModel
from .candidates import Candidate
from .costs import CostModel, annuity
from .inputs import FibreNodeTable, MastTable, SitingOptions
from .profiles import clearances_m

__all__ = ["FRESNEL_SHARE", "Backhaul", "BackhaulNodes", "backhaul_nodes", "best_backhaul"]

FRESNEL_SHARE = 0.6
"""Of the first Fresnel radius that must be free of terrain at k = 4/3."""

_BATCH = 8  # links tried at once, nearest first


@dataclass(frozen=True)
class Backhaul:
    """How one station is connected.

    Attributes
    ----------
    kind : {"existing", "fibre", "microwave", "satellite"}
    target_id : str
        Fibre node or mast at the other end; empty for a satellite.
    length_km : float
        Of the cable, or of the hop.
    clearance_m : float or None
        Microwave: room below the ray beyond 0.6 of the first Fresnel radius, at the tightest point.
    capital, per_year : float
        Cost, upkeep excepted.
    """

    kind: str
    target_id: str
    length_km: float
    clearance_m: float | None
    capital: float
    per_year: float


@dataclass(frozen=True)
class BackhaulNodes:
    """Where the builder's network can be joined.

    Attributes
    ----------
    fibre_id : ndarray of str
        Fibre nodes, and masts on fibre on which the operator is on air.
    fibre_x_m, fibre_y_m : ndarray of float64
    radio_id : ndarray of str
        Masts on fibre or microwave on which the operator is on air.
    radio_x_m, radio_y_m, radio_height_m : ndarray of float64
        The dish hangs at the top.
    station : ndarray of bool
        Which of the fibre ends is an on-air station of the operator: a remote sector needs one.
    """

    fibre_id: NDArray[np.str_]
    fibre_x_m: NDArray[np.float64]
    fibre_y_m: NDArray[np.float64]
    station: NDArray[np.bool_]
    radio_id: NDArray[np.str_]
    radio_x_m: NDArray[np.float64]
    radio_y_m: NDArray[np.float64]
    radio_height_m: NDArray[np.float64]


def backhaul_nodes(
    masts: MastTable, fibre_nodes: FibreNodeTable, cells: CellTable, operator: str
) -> BackhaulNodes:
    """Return the ends to which `operator` can connect a new station.

    Other operators' masts are no ends: sharing a mast does not share its transmission. Fibre nodes are open.

    Parameters
    ----------
    masts : MastTable
    fibre_nodes : FibreNodeTable
    cells : CellTable
        Those on air.
    operator : str
    """
    on_air = np.isin(masts.mast_id, np.unique(cells.mast_id[cells.operator == operator]))
    fibre = on_air & (masts.backhaul == "fibre")
    radio = on_air & np.isin(masts.backhaul, ["fibre", "microwave"])
    return BackhaulNodes(
        fibre_id=np.concatenate([fibre_nodes.node_id.astype(str), masts.mast_id[fibre].astype(str)]),
        fibre_x_m=np.concatenate([fibre_nodes.x_m, masts.x_m[fibre]]),
        fibre_y_m=np.concatenate([fibre_nodes.y_m, masts.y_m[fibre]]),
        station=np.concatenate([np.zeros(len(fibre_nodes), bool), np.ones(int(fibre.sum()), bool)]),
        radio_id=masts.mast_id[radio].astype(str),
        radio_x_m=masts.x_m[radio],
        radio_y_m=masts.y_m[radio],
        radio_height_m=masts.height_m[radio],
    )


def best_backhaul(
    terrain: TerrainModel,
    candidate: Candidate,
    nodes: BackhaulNodes,
    costs: CostModel,
    options: SitingOptions,
) -> Backhaul | None:
    """Return the cheapest way over the horizon to connect a candidate; ties go to fibre, then microwave.

    Parameters
    ----------
    terrain : TerrainModel
    candidate : Candidate
    nodes : BackhaulNodes
    costs : CostModel
    options : SitingOptions
        Route factor and the frequency of the hop.

    Returns
    -------
    Backhaul or None
        None only for a remote sector out of reach of fibre from an on-air station.
    """
    if candidate.connected:
        return Backhaul("existing", candidate.host_id, 0.0, None, 0.0, 0.0)
    found = [_fibre(candidate, nodes, costs, options)]
    if candidate.kind != "remote_sector":
        found.append(_microwave(terrain, candidate, nodes, costs, options, _least(found, costs)))
        found.append(_satellite(costs))
    possible = [b for b in found if b is not None]
    return min(possible, key=lambda b: _present_value(b, costs), default=None)


def _least(found: list[Backhaul | None], costs: CostModel) -> float:
    return min((_present_value(b, costs) for b in found if b is not None), default=math.inf)


def _present_value(backhaul: Backhaul, costs: CostModel) -> float:
    per_year = backhaul.per_year + backhaul.capital * costs.opex_share_of_capex
    return backhaul.capital + per_year * annuity(costs.discount_rate, costs.horizon_years)


def _fibre(
    candidate: Candidate, nodes: BackhaulNodes, costs: CostModel, options: SitingOptions
) -> Backhaul | None:
    straight = np.hypot(nodes.fibre_x_m - candidate.x_m, nodes.fibre_y_m - candidate.y_m)
    if candidate.kind == "remote_sector":
        straight = np.where(nodes.station, straight, np.inf)
    if len(straight) == 0:
        return None
    nearest = int(np.argmin(straight))
    length_km = float(straight[nearest]) * options.route_factor / 1000.0
    if length_km > costs.maximum_fibre_km:
        return None
    capital = length_km * costs.fibre_per_km
    return Backhaul("fibre", str(nodes.fibre_id[nearest]), length_km, None, capital, 0.0)


def _microwave(
    terrain: TerrainModel,
    candidate: Candidate,
    nodes: BackhaulNodes,
    costs: CostModel,
    options: SitingOptions,
    rival: float,
) -> Backhaul | None:
    """Return the hop to the nearest node in clear sight (every hop costs the same), if below `rival`."""
    if _present_value(Backhaul("microwave", "", 0.0, None, costs.microwave_hop, 0.0), costs) >= rival:
        return None
    length_km = np.hypot(nodes.radio_x_m - candidate.x_m, nodes.radio_y_m - candidate.y_m) / 1000.0
    reach = np.flatnonzero((length_km <= costs.maximum_microwave_km) & (length_km > 0))
    reach = reach[np.argsort(length_km[reach], kind="stable")]
    for first in range(0, len(reach), _BATCH):
        some = reach[first : first + _BATCH]
        room = clearances_m(
            terrain,
            candidate.x_m,
            candidate.y_m,
            candidate.antenna_height_m,
            nodes.radio_x_m[some],
            nodes.radio_y_m[some],
            nodes.radio_height_m[some],
            frequency_ghz=options.microwave_frequency_ghz,
            fresnel_share=FRESNEL_SHARE,
        )
        clear = np.flatnonzero(room >= 0)
        if len(clear):
            i = some[clear[0]]
            target, length = str(nodes.radio_id[i]), float(length_km[i])
            return Backhaul("microwave", target, length, float(room[clear[0]]), costs.microwave_hop, 0.0)
    return None


def _satellite(costs: CostModel) -> Backhaul:
    return Backhaul("satellite", "", 0.0, None, costs.satellite, costs.satellite_per_year)
