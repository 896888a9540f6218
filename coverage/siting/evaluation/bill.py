"""The bill of a station made again from the price list and from distances on the map, line by line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...cells import PointTable
from ..costs import LINES, CostModel
from ..inputs import MastTable, PoleTable, VillageTable
from ..options import SitingOptions
from ..proposal import ProposedStation
from .findings import Findings

__all__ = ["bill_of", "check_bill", "check_lengths"]

Bill = dict[str, tuple[float, float]]
"""Cost line to (capital, present value over the horizon)."""


def bill_of(station: ProposedStation, costs: CostModel) -> Bill:
    """Return what a station costs: capital, upkeep and rent, discounted year by year.

    Kind, host, heights, lengths, technologies, power and link are believed here.
    """
    once, rent = dict.fromkeys(LINES, 0.0), dict.fromkeys(LINES, 0.0)
    price = costs.remote_sector if station.kind == "remote_sector" else costs.radio_per_technology
    once["radio"] = price * len(station.technologies)
    once["access"] = costs.access_per_km * station.access_km
    once["power"] = {
        "existing": 0.0,
        "grid": costs.grid_power + costs.grid_per_km * station.grid_km,
        "solar": costs.solar_power,
        "hybrid": costs.hybrid_power,
    }[station.power]
    rent["power"] = costs.hybrid_per_year if station.power == "hybrid" else 0.0
    link = station.backhaul
    once["backhaul"] = {
        "existing": 0.0,
        "fibre": costs.fibre_per_km * link.length_km,
        "microwave": costs.microwave_hop,
        "satellite": costs.satellite,
    }[link.kind]
    rent["backhaul"] = costs.satellite_per_year if link.kind == "satellite" else 0.0
    if station.kind == "new_tower":
        once["tower"] = costs.new_tower + costs.tower_per_m * max(0.0, station.host_height_m - 30.0)
        once["civils"], rent["tenancy"] = costs.civil_works, costs.land_per_year
    elif station.host == "pole":
        once["civils"], rent["tenancy"] = costs.pole_adaptation, costs.pole_rent_per_year
    elif station.kind != "upgrade":
        rent["tenancy"] = costs.tenancy_per_year
    years = range(1, costs.horizon_years + 1)
    factor = sum((1.0 + costs.discount_rate) ** -year for year in years)
    upkeep = costs.opex_share_of_capex
    return {n: (once[n], once[n] + (rent[n] + upkeep * once[n]) * factor) for n in LINES}


def check_bill(station: ProposedStation, bill: Bill, findings: Findings) -> None:
    """Compare a station's cost lines, capital and total with its bill."""
    claimed = {line.name: line for line in station.cost_lines}
    for name in LINES:
        line = claimed.get(name)
        capital, value = (line.capital, line.present_value) if line is not None else (0.0, 0.0)
        findings.equal("cost", f"{station.station_id} {name}", value, bill[name][1])
        if not math.isclose(capital, bill[name][0], rel_tol=1e-9, abs_tol=1e-6):
            findings.equal("cost", f"{station.station_id} {name} (capital)", capital, bill[name][0])
    capital, total = (math.fsum(part[k] for part in bill.values()) for k in (0, 1))
    findings.equal("cost", station.station_id, station.total_cost, total)
    findings.equal("cost", f"{station.station_id} (capital)", station.capital, capital)


def check_lengths(
    station: ProposedStation,
    points: PointTable,
    villages: VillageTable,
    masts: MastTable,
    poles: PoleTable,
    options: SitingOptions,
    findings: Findings,
) -> None:
    """Measure the access track and the power line of a new tower, by the straight distance and the factor."""
    if station.kind != "new_tower":
        return

    def away_km(*places: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
        squares = [(x - station.x_m) ** 2 + (y - station.y_m) ** 2 for x, y in places]
        nearest = min((float(s.min()) for s in squares if len(s)), default=math.inf)
        return math.sqrt(nearest) / 1000.0

    anything = away_km((points.x_m, points.y_m), (masts.x_m, masts.y_m), (poles.x_m, poles.y_m))
    name = station.station_id
    findings.equal("cost", f"{name} access_km", station.access_km, anything * options.route_factor)
    if station.power != "grid":
        return
    lit = np.array([v >= 0 and bool(villages.grid_power[v]) for v in points.village.tolist()], bool)
    grid = masts.power == "grid"
    mains = away_km(
        (points.x_m[lit], points.y_m[lit]), (poles.x_m, poles.y_m), (masts.x_m[grid], masts.y_m[grid])
    )
    line = 0.0 if mains * 1000.0 <= options.grid_reach_m else mains * options.route_factor
    findings.equal("cost", f"{name} grid_km", station.grid_km, line)
