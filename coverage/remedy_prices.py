"""What a remedy costs, by the price list of new stations: present value over its horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable
from .propagation.terrain import TerrainModel
from .siting.costs import CostModel, present_value
from .siting.inputs import FibreNodeTable, MastTable
from .siting.options import SitingOptions, band_ghz
from .siting.profiles import link_clearances

__all__ = ["NetworkEnds", "RemedyPrices", "SiteSurroundings", "network_ends"]

_HOPS_AT_ONCE = 32
_TOWER_BASE_HEIGHT_M = 30.0  # `tower_per_m` counts from here: presets.toml says so


@dataclass(frozen=True)
class NetworkEnds:
    """Where one operator's network can be joined.

    Attributes
    ----------
    fibre_xy_m : ndarray of float64, (ends, 2)
        Fibre nodes, and masts on fibre on which the operator is on air.
    radio_xyh_m : ndarray of float64, (ends, 3)
        Masts on fibre or microwave on which it is on air, with their heights: the dish hangs at the top.
    """

    fibre_xy_m: NDArray[np.float64]
    radio_xyh_m: NDArray[np.float64]


@dataclass(frozen=True)
class SiteSurroundings:
    """What the price of a new site depends on.

    Attributes
    ----------
    terrain : TerrainModel
    ends : mapping of operator to NetworkEnds
    reached_xy_m : ndarray of float64, (places, 2)
        Places with a road: hamlets, masts, poles.
    mains_xy_m : ndarray of float64, (places, 2)
        Places with grid power.
    options : SitingOptions
        Route factor, reach of the grid, bands and clearance of microwave hops.
    """

    terrain: TerrainModel
    ends: Mapping[str, NetworkEnds]
    reached_xy_m: NDArray[np.float64]
    mains_xy_m: NDArray[np.float64]
    options: SitingOptions


@dataclass(frozen=True)
class RemedyPrices:
    """Prices of single changes.

    Attributes
    ----------
    costs : CostModel
        Its currency, upkeep and horizon hold for all remedies.
    visit : float
        A crew on the mast for a day: one sector tilted or turned. Once, no upkeep.
    rehang : float
        Antenna, cables and mounts moved up on a mast, the crew included. Once, no upkeep.
    longest_extension_m : float
        A mast is made taller by so much at most; for more, another one is built.
    mast_height_m : mapping of mast_id to float
    around : SiteSurroundings
    """

    costs: CostModel
    visit: float
    rehang: float
    longest_extension_m: float
    mast_height_m: Mapping[str, float]
    around: SiteSurroundings
    _stations: dict[tuple[str, float, float, float], float] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def carrier(self) -> float:
        """Return the price of one technology on a mast on which the operator has backhaul and power."""
        return present_value(self.costs.radio_per_technology, 0.0, self.costs)

    def height(self, mast_id: str, top_m: float) -> float:
        """Return the price of an antenna at `top_m` above ground on a mast.

        Below the mast's top it is moved; above it the mast is made taller by what is missing, or replaced
        where that is too much. A mast without a known height counts as high enough.
        """
        missing = top_m - self.mast_height_m.get(mast_id, top_m)
        if missing <= 0.0:
            return self.rehang
        if missing <= self.longest_extension_m:
            return self.rehang + present_value(self.costs.tower_per_m * missing, 0.0, self.costs)
        return self.rehang + present_value(self._tower(top_m) + self.costs.civil_works, 0.0, self.costs)

    def station(self, operator: str, x_m: float, y_m: float, antenna_height_m: float) -> float:
        """Return the price of a new tower with one technology: as siting has it, by the cheapest backhaul.

        Fibre within reach, one clear microwave hop, or a satellite; grid power nearby, else solar.
        """
        asked = (operator, x_m, y_m, antenna_height_m)
        if asked not in self._stations:  # any technology on the same tower costs the same
            self._stations[asked] = self._station(*asked)
        return self._stations[asked]

    def _station(self, operator: str, x_m: float, y_m: float, antenna_height_m: float) -> float:
        costs, around, here = self.costs, self.around, np.array([x_m, y_m])
        track_km = _nearest_m(around.reached_xy_m, here) * around.options.route_factor / 1000.0
        on_grid = _nearest_m(around.mains_xy_m, here) <= around.options.grid_reach_m
        tower_m = antenna_height_m + around.options.top_margin_m
        capital = self._tower(tower_m) + costs.civil_works + costs.radio_per_technology
        capital += costs.grid_power if on_grid else costs.solar_power
        capital += costs.access_per_km * (track_km if np.isfinite(track_km) else 0.0)
        return present_value(capital, costs.land_per_year, costs) + self._backhaul(operator, here, tower_m)

    def _tower(self, height_m: float) -> float:
        return self.costs.new_tower + self.costs.tower_per_m * max(0.0, height_m - _TOWER_BASE_HEIGHT_M)

    def _backhaul(self, operator: str, here: NDArray[np.float64], dish_m: float) -> float:
        costs, around = self.costs, self.around
        prices = [present_value(costs.satellite, costs.satellite_per_year, costs)]
        ends = around.ends.get(operator)
        if ends is None:
            return prices[0]
        fibre_km = _nearest_m(ends.fibre_xy_m, here) * around.options.route_factor / 1000.0
        if fibre_km <= costs.maximum_fibre_km:
            prices.append(present_value(costs.fibre_per_km * fibre_km, 0.0, costs))
        hop = present_value(costs.microwave_hop, 0.0, costs)
        if hop < min(prices) and self._clear_hop(ends.radio_xyh_m, here, dish_m):
            prices.append(hop)
        return min(prices)

    def _clear_hop(self, ends: NDArray[np.float64], here: NDArray[np.float64], dish_m: float) -> bool:
        length_km = np.hypot(*(ends[:, :2] - here).T) / 1000.0
        band = band_ghz(length_km, self.around.options)
        near = np.flatnonzero(
            (length_km > 0.0) & (length_km <= self.costs.maximum_microwave_km) & ~np.isnan(band)
        )
        near = near[np.argsort(length_km[near], kind="stable")]
        for first in range(0, len(near), _HOPS_AT_ONCE):  # one is enough, and a short one is likely to be it
            some = near[first : first + _HOPS_AT_ONCE]
            found = link_clearances(
                self.around.terrain, here[0], here[1], dish_m, *ends[some].T, frequency_ghz=band[some],
                fresnel_share=self.around.options.fresnel_share,
            )  # fmt: skip
            if (found.room_m >= 0.0).any():
                return True
        return False


def network_ends(
    masts: MastTable, fibre_nodes: FibreNodeTable, cells: CellTable, operators: tuple[str, ...]
) -> dict[str, NetworkEnds]:
    """Return where each operator's network can be joined; fibre nodes are open to all.

    Parameters
    ----------
    masts : MastTable
    fibre_nodes : FibreNodeTable
    cells : CellTable
        Those on air.
    operators : tuple of str
    """
    nodes = np.column_stack([fibre_nodes.x_m, fibre_nodes.y_m])
    tops = np.column_stack([masts.x_m, masts.y_m, masts.height_m])
    found = {}
    for operator in operators:
        own = np.isin(masts.mast_id, np.unique(cells.mast_id[cells.operator == operator]))
        fibre, radio = (
            own & (masts.backhaul == "fibre"),
            own & np.isin(masts.backhaul, ["fibre", "microwave"]),
        )
        found[operator] = NetworkEnds(np.concatenate([nodes, tops[fibre, :2]]), tops[radio])
    return found


def _nearest_m(places: NDArray[np.float64], here: NDArray[np.float64]) -> float:
    return float(np.hypot(*(places - here).T).min(initial=np.inf))
