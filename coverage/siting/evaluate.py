"""An independent second opinion: coverage, cost, links and sharing of a plan, recomputed from raw inputs.

Nothing is taken from the model, its matrix, the cost or the backhaul code: levels come from the loss of
single paths and the antenna's gain formula, costs from the price list, links from a walk along the terrain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ..antenna import AntennaPattern, built_in_pattern, gain_dbi
from ..cells import PointTable, TechnologyRule
from ..link_budget import LinkBudget, reference_offset_db
from ..propagation.corrected import loss_at_points
from ..propagation.terrain import PropagationSettings, TerrainModel
from ..station_radio import StationRadio
from .costs import CostModel
from .evaluate_links import link_faults, smooth_ground_m
from .inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from .options import SitingOptions
from .proposal import Proposal, ProposedStation

__all__ = ["Evaluation", "discrepancies", "evaluate_plan"]

_BORDER_DB = 0.01
"""Levels this near to the threshold may fall either way: the model's tables are float32."""


@dataclass(frozen=True)
class Evaluation:
    """What the plan does, recomputed.

    Attributes
    ----------
    served : ndarray of bool, (points,)
        Points without service that the plan covers.
    doubtful : ndarray of bool, (points,)
        Points whose best level lies within 0.01 dB of the threshold.
    people_newly_served : float
    served_villages : tuple of str
        In the order of the table of villages.
    station_cost : tuple of float
        Present value over the horizon, in the order of the stations.
    total_cost : float
    sharing_ratio : float or None
    """

    served: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]
    people_newly_served: float
    served_villages: tuple[str, ...]
    station_cost: tuple[float, ...]
    total_cost: float
    sharing_ratio: float | None


def evaluate_plan(
    terrain: TerrainModel,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    stations: Sequence[ProposedStation],
    radio: Sequence[StationRadio],
    costs: CostModel,
    rules: Mapping[str, TechnologyRule],
    settings: PropagationSettings,
    options: SitingOptions,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    link_budget: LinkBudget | None = None,
) -> Evaluation:
    """Recompute whom the stations of a plan serve and what they cost.

    Parameters
    ----------
    terrain, points, unserved, villages, costs, rules, settings, options, patterns, link_budget
        As in `propose.propose`.
    stations : sequence of ProposedStation
        Position, height, sectors, technologies, host and backhaul are believed; the rest is recomputed.
    radio : sequence of StationRadio
        By technology.

    Returns
    -------
    Evaluation
    """
    technologies = options.technologies
    lacking = {t: unserved[t] for t in technologies}
    anything = np.any(list(lacking.values()), axis=0)
    served, doubtful = np.zeros(len(points), bool), np.zeros(len(points), bool)
    send = {r.technology: r for r in radio}
    for station in stations:
        enough, border = anything.copy(), np.zeros(len(points), bool)
        for t in technologies:
            want = lacking[t]
            margin = np.full(len(points), -np.inf)
            if t in station.technologies:
                margin = _margin_db(
                    terrain,
                    station,
                    send[t],
                    rules[t],
                    points,
                    want,
                    settings,
                    options,
                    patterns,
                    link_budget,
                )
            enough &= ~want | (margin >= 0)
            border |= want & (np.abs(margin) < _BORDER_DB)
        served |= enough
        doubtful |= border
    bills = tuple(_bill(station, costs, options) for station in stations)
    foreign = sum(s.kind != "new_tower" and s.owner != options.operator for s in stations)
    return Evaluation(
        served=served,
        doubtful=doubtful,
        people_newly_served=float(points.people[served].sum()),
        served_villages=_villages(points, anything, served, villages, options.share_of_people),
        station_cost=bills,
        total_cost=math.fsum(bills),
        sharing_ratio=foreign / len(stations) if stations else None,
    )


def discrepancies(
    proposal: Proposal,
    evaluation: Evaluation,
    terrain: TerrainModel,
    masts: MastTable,
    poles: PoleTable,
    fibre_nodes: FibreNodeTable,
    costs: CostModel,
    options: SitingOptions,
) -> list[str]:
    """Return one line for everything that a proposal claims and the evaluation does not confirm.

    An empty list means: it serves whom it says, costs what it says within the budget, every host exists and
    carries one station at a height that it has, every link is possible, sharing is as stated.
    """
    lines = []
    claimed, found = proposal.people_newly_served, evaluation.people_newly_served
    if abs(claimed - found) > 1e-6 and not evaluation.doubtful.any():
        lines.append(f"people newly served: {claimed:g} claimed, {found:g} found")
    if set(proposal.served_villages) != set(evaluation.served_villages) and not evaluation.doubtful.any():
        wrong = sorted(set(proposal.served_villages) ^ set(evaluation.served_villages))
        lines.append(f"hamlets served: claim and finding differ for {', '.join(wrong)}")
    for station, bill in zip(proposal.stations, evaluation.station_cost, strict=True):
        if not math.isclose(station.total_cost, bill, rel_tol=1e-9, abs_tol=1e-6):
            lines.append(f"{station.station_id}: cost {station.total_cost:g} claimed, {bill:g} found")
        lines += _host_faults(station, masts, poles)
        lines += link_faults(station, proposal.stations, terrain, masts, fibre_nodes, costs, options)
    if not math.isclose(proposal.total_cost, evaluation.total_cost, rel_tol=1e-9, abs_tol=1e-6):
        lines.append(f"total cost: {proposal.total_cost:g} claimed, {evaluation.total_cost:g} found")
    if evaluation.total_cost > proposal.budget + 1e-6:
        lines.append(f"total cost {evaluation.total_cost:g} exceeds the budget {proposal.budget:g}")
    if proposal.sharing_ratio != evaluation.sharing_ratio:
        lines.append(f"sharing: {proposal.sharing_ratio} claimed, {evaluation.sharing_ratio} found")
    hosts = [(s.host, s.host_id) for s in proposal.stations]
    lines += [
        f"host {host[1]} carries more than one station"
        for host in sorted({h for h in hosts if hosts.count(h) > 1})
    ]
    return lines


def _margin_db(
    terrain: TerrainModel,
    station: ProposedStation,
    radio: StationRadio,
    rule: TechnologyRule,
    points: PointTable,
    want: NDArray[np.bool_],
    settings: PropagationSettings,
    options: SitingOptions,
    patterns: Mapping[str, AntennaPattern] | None,
    link_budget: LinkBudget | None,
) -> NDArray[np.float64]:
    """Return how far the best sector's level lies above what P(covered) needs; -inf where not asked."""
    margin = np.full(len(points), -np.inf)
    east, north = points.x_m - station.x_m, points.y_m - station.y_m
    known = np.isfinite([smooth_ground_m(terrain, x, y) for x, y in zip(points.x_m, points.y_m, strict=True)])
    index = np.flatnonzero(want & known & (np.hypot(east, north) <= options.coverage_range_m))
    if len(index) == 0:
        return margin
    x, y = points.x_m[index], points.y_m[index]
    frequency = [radio.frequency_mhz]
    loss = loss_at_points(
        terrain, station.x_m, station.y_m, station.antenna_height_m, frequency, x, y, settings
    )[0]
    extra = link_budget or LinkBudget()
    files = patterns or {}
    name = radio.antenna if station.azimuths_deg else "omni"
    pattern = files[name] if name in files else built_in_pattern(name)
    power = min(radio.tx_power_dbm, station.power_limit_dbm) - radio.feeder_loss_db
    power -= reference_offset_db(radio.technology, radio.bandwidth_mhz, radio.frequency_mhz)
    power += extra.receiver_gain_dbi - extra.body_loss_db
    power += extra.ssb_beam_gain_db if radio.technology == "5G" else 0.0
    bearing = np.degrees(np.arctan2(east[index], north[index]))
    elevation = _elevation_deg(terrain, station, x, y, settings.receiver_height_m)
    gains = [
        gain_dbi(pattern, bearing - azimuth, elevation, radio.mechanical_tilt_deg, radio.electrical_tilt_deg)
        for azimuth in station.azimuths_deg or (0.0,)
    ]
    level = power + np.max(gains, axis=0) - loss
    needed = rule.threshold_dbm + rule.sigma_db * float(norm.ppf(rule.probability))
    margin[index] = np.where(np.isnan(level), -np.inf, level - needed)
    return margin


def _elevation_deg(
    terrain: TerrainModel,
    station: ProposedStation,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    receiver_height_m: float,
) -> NDArray[np.float64]:
    base = smooth_ground_m(terrain, station.x_m, station.y_m) + station.antenna_height_m
    ground = [smooth_ground_m(terrain, a, b) for a, b in zip(x_m, y_m, strict=True)]
    there = np.array(ground) + receiver_height_m
    distance = np.hypot(x_m - station.x_m, y_m - station.y_m)
    drop = distance**2 / (2.0 * 6_371_000.0 * 4.0 / 3.0)
    return np.degrees(np.arctan2(there - drop - base, distance))


def _villages(
    points: PointTable,
    lacking: NDArray[np.bool_],
    served: NDArray[np.bool_],
    villages: VillageTable,
    share: float,
) -> tuple[str, ...]:
    """Return the hamlets that fell short of the share before and reach it now."""
    found = []
    for v, village_id in enumerate(villages.village_id):
        members = np.flatnonzero(points.village == v)
        weight = points.people[members]
        if weight.sum() <= 0:
            weight = np.ones(len(members))
        before, now = ~lacking[members], ~lacking[members] | served[members]
        line = (share - 1e-9) * weight.sum()
        if len(members) and weight[before].sum() < line <= weight[now].sum():
            found.append(str(village_id))
    return tuple(found)


def _bill(station: ProposedStation, costs: CostModel, options: SitingOptions) -> float:
    """Return capital, upkeep and rent of a station over the horizon, year by year."""
    capital = costs.access_per_km * station.access_km
    capital += {
        "existing": 0.0,
        "grid": costs.grid_power + costs.grid_per_km * station.grid_km,
        "solar": costs.solar_power,
        "hybrid": costs.hybrid_power,
    }[station.power]
    radio = costs.remote_sector if station.kind == "remote_sector" else costs.radio_per_technology
    capital += radio * len(station.technologies)
    rent = 0.0
    if station.kind == "new_tower":
        capital += costs.new_tower + costs.civil_works
        capital += costs.tower_per_m * max(0.0, station.host_height_m - 30.0)
        rent += costs.land_per_year
    elif station.host == "pole":
        capital += costs.pole_adaptation
        rent += costs.pole_rent_per_year
    elif station.kind != "upgrade":
        rent += costs.tenancy_per_year
    link = station.backhaul
    capital += {
        "existing": 0.0,
        "fibre": costs.fibre_per_km * link.length_km,
        "microwave": costs.microwave_hop,
        "satellite": costs.satellite,
    }[link.kind]
    rent += costs.satellite_per_year if link.kind == "satellite" else 0.0
    rent += costs.hybrid_per_year if station.power == "hybrid" else 0.0
    yearly = rent + costs.opex_share_of_capex * capital
    return capital + sum(
        yearly / (1.0 + costs.discount_rate) ** year for year in range(1, costs.horizon_years + 1)
    )


def _host_faults(station: ProposedStation, masts: MastTable, poles: PoleTable) -> list[str]:
    if station.host == "ground":
        return []
    if station.host == "mast":
        ids, x, y, height, owner = masts.mast_id, masts.x_m, masts.y_m, masts.height_m, masts.owner
    else:
        ids, x, y, height, owner = poles.pole_id, poles.x_m, poles.y_m, poles.height_m, poles.owner
    found = np.flatnonzero(ids == station.host_id)
    if len(found) != 1:
        return [f"{station.station_id}: host {station.host_id} does not exist"]
    i = int(found[0])
    lines = []
    if (float(x[i]), float(y[i])) != (station.x_m, station.y_m):
        lines.append(f"{station.station_id}: not where its host {station.host_id} stands")
    if max(station.antenna_height_m, station.dish_height_m) > max(1.0, float(height[i])):
        lines.append(f"{station.station_id}: antenna above the top of {station.host_id}")
    if str(owner[i]) != station.owner:
        lines.append(f"{station.station_id}: host {station.host_id} belongs to {owner[i]}")
    return lines
