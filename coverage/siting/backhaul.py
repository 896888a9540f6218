"""How new stations reach the network: what is there, fibre, clear microwave hops, or a satellite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells import CellTable
from .inputs import FibreNodeTable, MastTable

__all__ = ["Backhaul", "BackhaulNodes", "backhaul_nodes"]


@dataclass(frozen=True)
class Backhaul:
    """How one station is connected.

    Attributes
    ----------
    kind : {"existing", "fibre", "microwave", "satellite"}
    target_id : str
        Fibre node, mast or new station (its candidate) at the other end; empty for a satellite.
    length_km : float
        Of the cable, or of the hop.
    clearance_m : float or None
        Microwave: room below the ray beyond the share of the first Fresnel radius, at the tightest point.
    capital, per_year : float
        Cost, upkeep excepted.
    frequency_ghz : float or None
        Microwave.
    tightest_km : float or None
        Microwave: from the station to the tightest point.
    """

    kind: str
    target_id: str
    length_km: float
    clearance_m: float | None
    capital: float
    per_year: float
    frequency_ghz: float | None = None
    tightest_km: float | None = None


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
