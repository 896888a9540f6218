"""What the planner of new stations works on: hosts, fibre, hamlets and options, as plain arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FibreNodeTable", "MastTable", "PoleTable", "SitingOptions", "VillageTable"]


@dataclass(frozen=True)
class MastTable:
    """Existing masts, one entry each in every array.

    Attributes
    ----------
    mast_id, owner, kind : ndarray of str
    height_m : ndarray of float64
        Top above ground.
    power : ndarray of str
        "grid", "solar", "hybrid" or "diesel".
    backhaul : ndarray of str
        "fibre", "microwave", "satellite" or "none".
    x_m, y_m : ndarray of float64
        In the run's CRS.
    """

    mast_id: NDArray[Any]
    owner: NDArray[Any]
    kind: NDArray[Any]
    height_m: NDArray[np.float64]
    power: NDArray[Any]
    backhaul: NDArray[Any]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.mast_id)


@dataclass(frozen=True)
class PoleTable:
    """Power poles, substations and rooftops that can carry a small station; all have grid power.

    Attributes
    ----------
    pole_id, owner, kind : ndarray of str
    height_m, x_m, y_m : ndarray of float64
    """

    pole_id: NDArray[Any]
    owner: NDArray[Any]
    kind: NDArray[Any]
    height_m: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pole_id)


@dataclass(frozen=True)
class FibreNodeTable:
    """Where fibre can be joined.

    Attributes
    ----------
    node_id : ndarray of str
    x_m, y_m : ndarray of float64
    """

    node_id: NDArray[Any]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node_id)


@dataclass(frozen=True)
class VillageTable:
    """Hamlets, in the order that ``PointTable.village`` refers to.

    Attributes
    ----------
    village_id : ndarray of str
    grid_power : ndarray of bool
        The hamlet has mains electricity.
    """

    village_id: NDArray[Any]
    grid_power: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.village_id)


@dataclass(frozen=True)
class SitingOptions:
    """Who builds what, within which limits.

    Attributes
    ----------
    operator : str
        Who builds.
    technologies : tuple of str
        What a new station carries (an upgrade: those that the mast lacks).
    budget : float
        Currency of the cost model, capital and running cost over the horizon, discounted.
    reach_m : float
        A host counts as a candidate within this distance of a demand point that lacks service.
    new_mast_height_m : float
        Height of a new tower.
    share_of_people : float
        Share of a hamlet's people at covered points from which the hamlet counts as served, 0 … 1.
    hamlet_bonus : float
        A hamlet that becomes served adds this much value for each of its people who lacked service, on top
        of 1 for each person newly covered; so completed hamlets go before scattered clusters.
    coverage_range_m : float
        Levels are computed up to this distance from a candidate.
    time_limit_s, gap_target : float
        Of the solver.
    mandatory_hosts, forbidden_hosts : tuple of str
        Ids of masts and poles (or of candidates) that must, and must not, be used.
    top_margin_m : float
        Antennas of an upgrade, a pole or a new tower hang this far below the top.
    colocation_drop_m : float
        Antennas of a second tenant hang this far below the top, at least half-way up.
    route_factor : float
        Length of a cable or track over the straight distance.
    microwave_frequency_ghz : float
        Of the Fresnel zone; low bands need the most room.
    grid_reach_m : float
        A new tower within this distance of a hamlet with mains, or of a pole, is fed from the grid.
    small_station_power_dbm : float
        Largest power of a small station on a power pole, whole carrier (40 dBm: 10 W).
    new_positions_per_point, poles_per_point : int
        How many of the positions that see a demand point are kept.
    """

    operator: str
    technologies: tuple[str, ...]
    budget: float
    reach_m: float = 6000.0
    new_mast_height_m: float = 42.0
    share_of_people: float = 0.95
    hamlet_bonus: float = 1.0
    coverage_range_m: float = 10_000.0
    time_limit_s: float = 60.0
    gap_target: float = 1e-4
    mandatory_hosts: tuple[str, ...] = ()
    forbidden_hosts: tuple[str, ...] = ()
    top_margin_m: float = 1.0
    colocation_drop_m: float = 5.0
    route_factor: float = 1.3
    microwave_frequency_ghz: float = 7.5
    grid_reach_m: float = 600.0
    small_station_power_dbm: float = 40.0
    new_positions_per_point: int = 6
    poles_per_point: int = 4

    def faults(self) -> list[tuple[str, str, str]]:
        """Return (option, value, what is expected) for every value out of its range."""
        at_least_zero = ("budget", "hamlet_bonus", "gap_target", "top_margin_m", "colocation_drop_m")
        whole = ("new_positions_per_point", "poles_per_point")
        faults = []
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, (int, float)):
                continue
            if math.isnan(value) or value < 0:
                faults.append((field.name, f"{value:g}", "a number >= 0"))
            elif value == 0 and field.name not in (*at_least_zero, *whole):
                faults.append((field.name, f"{value:g}", "a number > 0"))
        if self.share_of_people > 1:
            faults.append(("share_of_people", f"{self.share_of_people:g}", "a share of at most 1"))
        if self.route_factor < 1:
            faults.append(("route_factor", f"{self.route_factor:g}", "a factor of at least 1"))
        if not self.technologies:
            faults.append(("technologies", "", "at least one technology"))
        both = sorted(set(self.mandatory_hosts) & set(self.forbidden_hosts))
        if both:
            faults.append(("forbidden_hosts", ", ".join(both), "hosts that are not mandatory as well"))
        return faults
