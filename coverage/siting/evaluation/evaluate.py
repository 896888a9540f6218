"""An independent second opinion: coverage, cost, links and sharing of a plan, recomputed from raw inputs.

Nothing is taken from the model, its matrix, the cost or the backhaul code: levels come from the loss of
single paths and the antenna's gain formula, costs from the price list, links from a walk along the terrain.
`audit.audit_plan` holds what a proposal claims against that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ...antenna import AntennaPattern, built_in_pattern, gain_dbi
from ...cells import PointTable, TechnologyRule
from ...link_budget import LinkBudget, reference_offset_db
from ...propagation.corrected import loss_at_points
from ...propagation.terrain import PropagationSettings, TerrainModel
from ...station_radio import StationRadio
from ..costs import CostModel
from ..inputs import FibreNodeTable, MastTable, VillageTable
from ..options import SitingOptions
from ..proposal import ProposedStation
from .bill import Bill, bill_of
from .limits import sharing_ratio
from .links import LinkWalk, smooth_ground_m, walk_links

__all__ = ["Evaluation", "evaluate_plan", "hamlets_reached"]

_BORDER_DB = 0.01
"""Levels this near to the threshold may fall either way: the model's tables are float32."""


@dataclass(frozen=True)
class Evaluation:
    """What the plan does, recomputed.

    Attributes
    ----------
    lacking : ndarray of bool, (points,)
        Points without service before.
    covers : ndarray of bool, (points, stations)
        Who of them is covered by which station.
    doubtful : ndarray of bool, (points,)
        Points whose best level lies within 0.01 dB of the threshold.
    level_dbm : mapping of technology to ndarray of float64, (points,)
        Best median level from a station of the plan at points that lack the technology; NaN elsewhere.
    in_need : tuple of str
        Hamlets that fell short of the share before, in the order of the table of villages.
    served_villages : tuple of str
        Those of them that reach it now.
    people_newly_served : float
    bills : tuple of mapping
        Of each station: cost line to (capital, present value).
    walks : tuple of LinkWalk
        The connection of each station.
    sharing_ratio : float or None
    """

    lacking: NDArray[np.bool_]
    covers: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]
    level_dbm: Mapping[str, NDArray[np.float64]]
    in_need: tuple[str, ...]
    served_villages: tuple[str, ...]
    people_newly_served: float
    bills: tuple[Bill, ...]
    walks: tuple[LinkWalk, ...]
    sharing_ratio: float | None

    @property
    def served(self) -> NDArray[np.bool_]:
        """Points without service that the plan covers, (points,)."""
        return np.asarray(self.covers.any(axis=1))

    @property
    def station_cost(self) -> tuple[float, ...]:
        """Present value over the horizon, in the order of the stations."""
        return tuple(math.fsum(value for _, value in bill.values()) for bill in self.bills)

    @property
    def total_cost(self) -> float:
        """Present value of the whole plan."""
        return math.fsum(self.station_cost)


def evaluate_plan(
    terrain: TerrainModel,
    points: PointTable,
    unserved: Mapping[str, NDArray[np.bool_]],
    villages: VillageTable,
    masts: MastTable,
    fibre_nodes: FibreNodeTable,
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
    """Recompute whom the stations of a plan serve, what they cost, and how they are connected.

    Parameters
    ----------
    terrain, points, unserved, villages, masts, fibre_nodes, costs, rules, settings, options, patterns, \
    link_budget
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
    covers, doubtful = np.zeros((len(points), len(stations)), bool), np.zeros(len(points), bool)
    level = {t: np.full(len(points), np.nan) for t in technologies}
    send = {r.technology: r for r in radio}
    for k, station in enumerate(stations):
        enough, border = anything.copy(), np.zeros(len(points), bool)
        for t in technologies:
            want = lacking[t]
            margin = np.full(len(points), -np.inf)
            if t in station.technologies:
                margin = _margin_db(
                    terrain, station, send[t], rules[t], points, want, settings, options, patterns,
                    link_budget,
                )  # fmt: skip
                heard = np.where(np.isfinite(margin), margin + _needed_dbm(rules[t]), np.nan)
                level[t] = np.fmax(level[t], heard)
            enough &= ~want | (margin >= 0)
            border |= want & (np.abs(margin) < _BORDER_DB)
        covers[:, k] = enough
        doubtful |= border
    served = np.asarray(covers.any(axis=1))
    in_need, now = hamlets_reached(points, anything, served, villages, options.share_of_people)
    return Evaluation(
        lacking=anything,
        covers=covers,
        doubtful=doubtful,
        level_dbm=level,
        in_need=in_need,
        served_villages=now,
        people_newly_served=float(points.people[served].sum()),
        bills=tuple(bill_of(station, costs) for station in stations),
        walks=walk_links(stations, terrain, masts, fibre_nodes, options),
        sharing_ratio=sharing_ratio(stations),
    )


def _needed_dbm(rule: TechnologyRule) -> float:
    """Return the median level at which P(covered) is what the rule asks for."""
    return rule.threshold_dbm + rule.sigma_db * float(ndtri(rule.probability))


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
    margin[index] = np.where(np.isnan(level), -np.inf, level - _needed_dbm(rule))
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


def hamlets_reached(
    points: PointTable,
    lacking: NDArray[np.bool_],
    served: NDArray[np.bool_],
    villages: VillageTable,
    share: float,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the hamlets that fell short of the share before, and those of them that reach it now."""
    short, now = [], []
    members: dict[int, list[int]] = {}
    for p, v in enumerate(points.village.tolist()):
        members.setdefault(v, []).append(p)
    for v, village_id in enumerate(villages.village_id):
        own = np.array(members.get(v, []), np.int64)
        weight = points.people[own]
        if weight.sum() <= 0:
            weight = np.ones(len(own))
        line = (share - 1e-9) * weight.sum()
        if len(own) and weight[~lacking[own]].sum() < line:
            short.append(str(village_id))
            if line <= weight[~lacking[own] | served[own]].sum():
                now.append(str(village_id))
    return tuple(short), tuple(now)
