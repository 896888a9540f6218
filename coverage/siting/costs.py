"""What a station costs over the horizon, line by line: capital now, running cost discounted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # candidates are made with options, which know the cost lines
    from .candidates import Candidate

__all__ = [
    "LINES", "CostLine", "CostModel", "annuity", "present_value", "station_cost_lines", "total", "with_power",
]  # fmt: skip

LINES = ("tower", "civils", "tenancy", "radio", "backhaul", "power", "access")
"""Names of the cost lines, in the order in which tables show them."""

_TOWER_BASE_HEIGHT_M = 30.0  # `tower_per_m` counts from here: presets.toml says so


@dataclass(frozen=True)
class CostModel:
    """Prices; the fields and units of ``[costs]`` in phusong.toml.

    Attributes
    ----------
    preset, source, status, currency : str
    date : date
    horizon_years : int
    discount_rate, opex_share_of_capex : float
        A year.
    new_tower, civil_works, pole_adaptation, radio_per_technology, remote_sector, microwave_hop, satellite, \
    grid_power, solar_power, hybrid_power : float
        Once.
    tower_per_m : float
        Once, for each metre above 30 m.
    tenancy_per_year, pole_rent_per_year, land_per_year, satellite_per_year, hybrid_per_year : float
        Rent, satellite capacity, the generator's fuel.
    fibre_per_km, grid_per_km, access_per_km : float
        Once.
    maximum_fibre_km, maximum_microwave_km : float
    """

    preset: str
    source: str
    date: date
    status: str
    currency: str
    horizon_years: int
    discount_rate: float
    opex_share_of_capex: float
    new_tower: float
    tower_per_m: float
    civil_works: float
    pole_adaptation: float
    radio_per_technology: float
    remote_sector: float
    tenancy_per_year: float
    pole_rent_per_year: float
    land_per_year: float
    fibre_per_km: float
    microwave_hop: float
    satellite: float
    satellite_per_year: float
    grid_power: float
    solar_power: float
    hybrid_power: float
    hybrid_per_year: float
    grid_per_km: float
    access_per_km: float
    maximum_fibre_km: float
    maximum_microwave_km: float

    def faults(self) -> list[tuple[str, str, str]]:
        """Return (field, value, what is expected) for every number that cannot be a price."""
        return [
            (field.name, f"{value:g}", "a number >= 0")
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), (int, float))
            and (not math.isfinite(value) or value < 0)
        ]


@dataclass(frozen=True)
class CostLine:
    """One line of a station's bill.

    Attributes
    ----------
    name : str
        One of `LINES`.
    capital : float
        Once, at the start.
    per_year : float
        Upkeep of that capital, and rent.
    present_value : float
        Capital and the discounted yearly cost over the horizon.
    """

    name: str
    capital: float
    per_year: float
    present_value: float


def annuity(discount_rate: float, years: int) -> float:
    """Return the present value of 1 at the end of each of `years` years: (1 − (1 + r)^−n) / r."""
    if discount_rate == 0:
        return float(years)
    return (1.0 - (1.0 + discount_rate) ** -years) / discount_rate


def station_cost_lines(
    candidate: Candidate, backhaul_capital: float, backhaul_per_year: float, costs: CostModel
) -> tuple[CostLine, ...]:
    """Return the bill of a candidate; its total is the sum of the present values.

    An upgrade pays for radio only (its mast, backhaul and grid power are there); a second tenant rents and
    gets a meter of its own; a pole is adapted and rented; a new tower pays for everything.

    Parameters
    ----------
    candidate : Candidate
    backhaul_capital, backhaul_per_year : float
        As `backhaul.best_backhaul` returns them.
    costs : CostModel

    Returns
    -------
    tuple of CostLine
        Every line of `LINES`, zeros included.
    """
    capital = dict.fromkeys(LINES, 0.0)
    rent = dict.fromkeys(LINES, 0.0)
    per_technology = costs.remote_sector if candidate.kind == "remote_sector" else costs.radio_per_technology
    capital["radio"] = per_technology * len(candidate.technologies)
    capital["backhaul"], rent["backhaul"] = backhaul_capital, backhaul_per_year
    capital["access"] = costs.access_per_km * candidate.access_km
    capital["power"], rent["power"] = _power(candidate, costs)
    if candidate.kind == "new_tower":
        above = max(0.0, candidate.host_height_m - _TOWER_BASE_HEIGHT_M)
        capital["tower"] = costs.new_tower + costs.tower_per_m * above
        capital["civils"] = costs.civil_works
        rent["tenancy"] = costs.land_per_year
    elif candidate.host == "pole":
        capital["civils"] = costs.pole_adaptation
        rent["tenancy"] = costs.pole_rent_per_year
    elif candidate.kind != "upgrade":
        rent["tenancy"] = costs.tenancy_per_year
    return _lines(capital, rent, costs)


def with_power(candidate: Candidate, costs: CostModel) -> Candidate:
    """Return the candidate with the cheaper of its own supply and a power line over the horizon.

    Only candidates off the grid have a choice; ties go to the line.
    """
    if candidate.power not in ("solar", "hybrid") or not math.isfinite(candidate.mains_km):
        return candidate
    line = replace(candidate, power="grid", grid_km=candidate.mains_km)
    prices = [present_value(*_power(c, costs), costs) for c in (line, candidate)]
    return line if prices[0] <= prices[1] else candidate


def _power(candidate: Candidate, costs: CostModel) -> tuple[float, float]:
    """Return what a candidate's supply costs once and a year, upkeep excepted."""
    if candidate.power == "grid":
        return costs.grid_power + costs.grid_per_km * candidate.grid_km, 0.0
    if candidate.power == "hybrid":
        return costs.hybrid_power, costs.hybrid_per_year
    return {"existing": 0.0, "solar": costs.solar_power}[candidate.power], 0.0


def present_value(capital: float, per_year: float, costs: CostModel) -> float:
    """Return capital, its upkeep and a yearly cost over the horizon, discounted."""
    yearly = per_year + capital * costs.opex_share_of_capex
    return capital + yearly * annuity(costs.discount_rate, costs.horizon_years)


def _lines(capital: dict[str, float], rent: dict[str, float], costs: CostModel) -> tuple[CostLine, ...]:
    factor = annuity(costs.discount_rate, costs.horizon_years)
    lines = []
    for name in LINES:
        per_year = capital[name] * costs.opex_share_of_capex + rent[name]
        lines.append(CostLine(name, capital[name], per_year, capital[name] + per_year * factor))
    return tuple(lines)


def total(lines: Sequence[CostLine]) -> float:
    """Return the sum of the present values."""
    return math.fsum(line.present_value for line in lines)
