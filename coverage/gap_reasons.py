"""Why each hamlet lacks a service: its best candidate server, what takes the decibels, what would help."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..gis_data.result_schema import VERDICTS
from .antenna import AntennaPattern
from .cells import CellTable, PointLevels, PointTable, TechnologyRule
from .footprint import prepare_sites
from .gaps import GapRule, Verdicts
from .level_parts import rows_at
from .link_budget import LinkBudget
from .measured import MeasuredGroups
from .point_service import PointService, people_share, point_service, with_measurements
from .propagation.p1812_geometry import Profile
from .propagation.sweep import profile_between
from .propagation.terrain import PropagationSettings, TerrainModel
from .reason_evidence import measured_shortfall, probability_at, shift_of, shortfall_of
from .reasons import Candidate, Obstacle, best_candidate, main_cause, main_obstacle, obstacle_loss_db
from .remedies import Remedy, RemedyPlanner, short_of
from .remedy_limits import RemedyLimits
from .sample_shift import ShiftedLevels
from .station_radio import StationRadio
from .walls import IndoorPlanner, behind_walls, entry_of_cells

__all__ = ["Reason", "gap_reasons", "services_lacking"]

_FREE_SPACE_1_KM_1_GHZ_DB = 92.4  # P.1812-8 equation (8)
_WEAK_MASTS = 8  # of a hamlet that hears nothing, the nearest ones are looked at


@dataclass(frozen=True)
class Reason:
    """Why one hamlet lacks one service.

    Attributes
    ----------
    village, point : int
        Index of the hamlet, and in the `PointTable` of the point looked at: the centre if it lacks the
        service, else of the points without it the one with most people.
    service : {"voice", "broadband", "4G", "5G"}
    candidate : Candidate or None
        The cell that comes nearest to serving the point; None: no cell of the service in range. Its level is
        that outdoors, its shortfall that of the rule, with the building's wall where indoors is asked for.
    distance_m : float
        From its mast to the point.
    cause : {"obstacle", "direction", "distance", "technology", "no_mast", "measured", "building"}
        obstacle, direction, distance: see `coverage.reasons.main_cause`; technology: a mast covers the point,
        but none of the technologies asked for is on air on it; no_mast: none of them is on air in range;
        measured: the model finds the candidate enough, and samples say otherwise; building: it is enough
        outdoors, and the wall takes it.
    cause_mast : str
        The candidate's mast, or the mast without the technology.
    excess_db : float
        Loss of the path above free space.
    off_axis_db : float
        Gain that the antenna has in its main lobe and not towards the point.
    obstacle : Obstacle or None
    obstacle_db : float
        What it costs: the loss of the path less that of the path without it.
    obstacle_x_m, obstacle_y_m : float
    profile : Profile or None
        From the candidate's mast to the point.
    remedies : tuple of Remedy
        The best of each kind; none where measurements overturned the model.
    p, p_rule : float
        P(service) at the point from the best operator, samples counted, and what the rule asks for.
    shift_db : float
        What samples nearby shift the candidate's level by (it is not in its level); NaN where none tells.
    entry_db : float
        The part of the shortfall that the building's wall asks for; 0 outdoors.
    measured_dbm, measured_short_db, judged_short_db : float
        From `reason_evidence`: of the samples at the point, and what the candidate lacks as samples shift it.
    """

    village: int
    point: int
    service: str
    candidate: Candidate | None
    distance_m: float
    cause: str
    cause_mast: str
    excess_db: float
    off_axis_db: float
    obstacle: Obstacle | None
    obstacle_db: float
    obstacle_x_m: float
    obstacle_y_m: float
    profile: Profile | None
    remedies: tuple[Remedy, ...]
    p: float = math.nan
    p_rule: float = math.nan
    shift_db: float = math.nan
    entry_db: float = 0.0
    measured_dbm: float = math.nan
    measured_short_db: float = math.nan
    judged_short_db: float = math.nan

    @property
    def short_db(self) -> float:
        """What is missing: by the model; where it misses nothing, by the samples that say otherwise."""
        if self.candidate is None:
            return self.measured_short_db
        by = (self.candidate.short_db, self.measured_short_db, self.judged_short_db)
        return next((short for short in by if short > 0.0), math.nan)

    @property
    def remedy(self) -> Remedy | None:
        """The cheapest remedy that is enough; without prices the first in the order of `remedies.KINDS`."""
        enough = [remedy for remedy in self.remedies if remedy.enough]
        return min(enough, key=lambda remedy: 0.0 if math.isnan(remedy.price) else remedy.price, default=None)


def services_lacking(verdicts: Verdicts, *, dead_only: bool = False) -> list[tuple[int, str]]:
    """Return each hamlet that lacks a service, with the first service that it lacks.

    Parameters
    ----------
    verdicts : Verdicts
    dead_only : bool
        Dead zones only (they lack voice).
    """
    services = {"no_signal": "voice", "partial_signal": "voice"}
    if not dead_only:
        services |= {"voice_only": "broadband", "no_4g": "4G", "no_5g": "5G"}
    names = [VERDICTS[code] for code in verdicts.verdict.tolist()]
    return [(village, services[name]) for village, name in enumerate(names) if name in services]


def gap_reasons(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    levels: PointLevels,
    rule: GapRule,
    lacking: list[tuple[int, str]],
    settings: PropagationSettings,
    range_m: float,
    as_of: np.datetime64,
    *,
    patterns: Mapping[str, AntennaPattern] | None = None,
    budget: LinkBudget | None = None,
    measured: MeasuredGroups | None = None,
    limits: RemedyLimits | None = None,
    judged: PointLevels | None = None,
    shifted: ShiftedLevels | None = None,
    building: str | None = None,
    service: PointService | None = None,
    probable: PointService | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Reason]:
    """Compute the reason of each hamlet that lacks a service, in the order of `lacking`.

    Parameters
    ----------
    terrain, cells, points, levels, rule, as_of
        As for the verdicts.
    lacking : list of (village, service)
        From `services_lacking`.
    settings : PropagationSettings
    range_m : float
        Masts farther away are out of reach.
    patterns, budget
        As for `coverage.network.point_levels`.
    measured : MeasuredGroups, optional
        As for the verdicts: they decide which point of a hamlet lacks the service.
    limits : RemedyLimits, optional
    judged : PointLevels, optional
        The levels that the verdicts come from where these are not `levels`: shifted by samples, or indoors.
    shifted : ShiftedLevels, optional
        Of `levels`, for what samples shift the candidate's level by. Shortfall and remedies are the model's.
    building : {"traditional", "thermally-efficient"}, optional
        Reasons for people behind its wall; None: outdoors.
    service : PointService, optional
        The best servers on the day by the levels that the verdicts come from; None: found here.
    probable : PointService, optional
        Indoors: the same by `coverage.walls.IndoorLevels.probable`, for P(service).
    progress : callable, optional
        Called with hamlets done and hamlets in all.
    """
    use = cells.active(as_of)
    link = budget or LinkBudget()
    fixed = (
        terrain, cells, use, rule.technologies, settings, range_m, link, limits or RemedyLimits(), patterns,
    )  # fmt: skip
    planner = RemedyPlanner(*fixed) if building is None else IndoorPlanner(*fixed, building=building)
    if service is None:
        service = point_service(len(points), judged or levels, cells, rule.technologies, use)
    entry = np.zeros(len(cells))
    if building is not None:
        entry = entry_of_cells(cells, rule.technologies, building)
    if measured is not None and len(measured):
        service = with_measurements(service, measured)
    told = probable or service
    by_village = _points_of(points)
    planners: dict[str | None, RemedyPlanner] = {None: planner}
    radios: dict[str | None, dict[tuple[str, str], StationRadio]] = {}
    found = []
    for done, (village, name) in enumerate(lacking, start=1):
        technologies = _technologies(rule, name)
        point, operator = _point_without(points, by_village[village], service, technologies)
        # Where others cover the point, only the operator that comes nearest to the share is to be explained.
        if operator is not None and operator not in planners:
            planners[operator] = _planner_of(planner, operator)
        alone, carriers = planners[operator], radios.setdefault(operator, {})
        here = behind_walls(rows_at(levels, np.array([point])), entry)
        reason = _reason(alone, points, here, village, point, name, technologies, carriers, entry)
        p, p_rule = probability_at(told, point, operator, technologies, rule)
        level, short = measured_shortfall(measured, point, operator, technologies, rule)
        reason = replace(reason, p=p, p_rule=p_rule, measured_dbm=level, measured_short_db=short)
        if reason.candidate is not None:
            cell = reason.candidate.cell
            lacks = shortfall_of(judged, point, cell, cells, rule)
            shift = shift_of(shifted, levels, point, cell)
            reason = replace(reason, judged_short_db=lacks, shift_db=shift)
        found.append(reason)
        if progress is not None:
            progress(done, len(lacking))
    return found


def _technologies(rule: GapRule, service: str) -> tuple[str, ...]:
    return {"voice": rule.voice, "broadband": rule.broadband}.get(service, (service,))


def _points_of(points: PointTable) -> dict[int, NDArray[np.int64]]:
    inside = np.flatnonzero(points.village >= 0)
    order = inside[np.argsort(points.village[inside], kind="stable")]
    villages, start = np.unique(points.village[order], return_index=True)
    return dict(zip(villages.tolist(), np.split(order, start[1:]), strict=True))


def _planner_of(planner: RemedyPlanner, operator: str) -> RemedyPlanner:
    own = planner.on_air & (planner.cells.operator == operator)
    # Samples may know an operator that has no cell in the list.
    return replace(planner, on_air=own) if own.any() else planner


def _point_without(
    points: PointTable, index: NDArray[np.int64], service: PointService, technologies: tuple[str, ...]
) -> tuple[int, str | None]:
    """The point of a hamlet to look at, and the operator to look at where others do cover the point.

    The centre if it lacks the service; else, of the points that nobody covers, the one with most people. If
    every point is covered by some operator and none reaches the share: a point of the operator with most.
    """
    columns = [t for t, name in enumerate(service.technologies) if name in technologies]
    covered: NDArray[np.bool_] = np.any(service.margin[index][:, :, columns] >= 0.0, axis=2)
    lacks: NDArray[np.bool_] = ~np.any(covered, axis=1)
    operator = None
    if not lacks.any() and covered.shape[1]:
        same = np.zeros(len(index), np.int64)
        shares = [people_share(column, same, points.people[index], 1)[0] for column in covered.T]
        most = int(np.argmax(shares))
        lacks, operator = ~covered[:, most], service.operators[most]
    centre = int(index[points.kind[index] == "centre"][0])
    open_points = index[lacks]
    if not len(open_points) or centre in open_points:
        return centre, operator
    return int(open_points[np.argmax(points.people[open_points])]), operator


def _boresight_dbm(planner: RemedyPlanner, cell: int) -> float:
    """Level of a cell at 0 dB path loss in its main lobe."""
    sites = prepare_sites(
        planner.terrain, planner.cells.take(np.array([cell])), {}, planner.settings, planner.range_m,
        patterns=planner.patterns, budget=planner.budget,
    )  # fmt: skip
    return float(sites.sectors.boresight_dbm[0])


def _reason(
    planner: RemedyPlanner,
    points: PointTable,
    levels: PointLevels,
    village: int,
    point: int,
    service: str,
    technologies: tuple[str, ...],
    radios: dict[tuple[str, str], StationRadio],
    entry: NDArray[np.float64],
) -> Reason:
    cells = planner.cells
    x, y = float(points.x_m[point]), float(points.y_m[point])
    rules = {name: planner.rules[name] for name in technologies}
    candidate = best_candidate(point, levels, cells, rules, planner.on_air)
    if candidate is None:
        candidate = _unheard_candidate(planner, rules, x, y)
    bare = _mast_without(planner, levels, point, technologies)
    short = math.nan if candidate is None else candidate.short_db
    remedies = planner.remedies(
        x, y, technologies, None if candidate is None else candidate.cell, short, radios
    )
    nan = math.nan
    if candidate is None:
        cause, mast = ("technology", bare) if bare else ("no_mast", "")
        return Reason(
            village, point, service, None, nan, cause, mast, nan, nan, None, nan, nan, nan, None, remedies
        )
    away = math.hypot(float(cells.x_m[candidate.cell]) - x, float(cells.y_m[candidate.cell]) - y)
    excess, entry_db = _excess_db(planner, candidate, away), float(entry[candidate.cell])
    candidate = replace(candidate, level_dbm=candidate.level_dbm + entry_db)
    off_axis = max(0.0, _boresight_dbm(planner, candidate.cell) - candidate.loss_db - candidate.level_dbm)
    obstacle, obstacle_db, at, profile = _obstacle(planner, candidate.cell, x, y)
    cause, mast = main_cause(short, excess, off_axis, obstacle_db), str(cells.mast_id[candidate.cell])
    if entry_db > 0.0 and short <= entry_db:
        cause = "building"
    elif short <= 0.0:
        cause = "measured"
    elif bare:
        cause, mast = "technology", bare
    return Reason(
        village, point, service, candidate, away, cause, mast, excess, off_axis, obstacle, obstacle_db, *at,
        profile, remedies, entry_db=entry_db,
    )  # fmt: skip


def _unheard_candidate(
    planner: RemedyPlanner, rules: dict[str, TechnologyRule], x_m: float, y_m: float
) -> Candidate | None:
    """The best of the nearest masts, where all of them are too weak to be in the table of levels."""
    cells = planner.cells
    away = np.hypot(cells.x_m - x_m, cells.y_m - y_m)
    fits = planner.on_air & np.isin(cells.technology, list(rules)) & (away <= planner.range_m)
    index = np.flatnonzero(fits)
    order = index[np.lexsort((index, away[index]))]
    masts = list(dict.fromkeys(cells.mast_id[order].tolist()))[:_WEAK_MASTS]
    chosen = np.sort(index[np.isin(cells.mast_id[index], masts)])
    if not len(chosen):
        return None
    table = cells.take(chosen)
    level, loss = planner.levels(table, x_m, y_m)
    short = short_of(level, table.technology, rules)
    if np.isnan(short).all():
        return None
    best = int(np.nanargmin(short))
    return Candidate(int(chosen[best]), float(level[best]), float(loss[best]), float(short[best]))


def _mast_without(
    planner: RemedyPlanner, levels: PointLevels, point: int, technologies: tuple[str, ...]
) -> str:
    """The mast that covers the point best with another technology and has none of these; empty: none."""
    cells = planner.cells
    part = slice(*np.searchsorted(levels.point, np.array([point, point + 1], dtype=levels.point.dtype)))
    index = levels.cell[part]
    level = levels.level_dbm[part].astype(np.float64)
    short = short_of(level, cells.technology[index], planner.rules)
    reach = planner.on_air[index] & (short <= 0.0) & ~np.isin(cells.technology[index], technologies)
    if not reach.any():
        return ""
    names, mast = cells.masts
    having = np.zeros(len(names), dtype=bool)
    having[mast[planner.on_air & np.isin(cells.technology, technologies)]] = True
    reach &= ~having[mast[index]]
    if not reach.any():
        return ""
    return str(cells.mast_id[index[reach][np.argmin(short[reach])]])


def _excess_db(planner: RemedyPlanner, candidate: Candidate, distance_m: float) -> float:
    frequency_ghz = float(planner.cells.frequency_mhz[candidate.cell]) / 1000.0
    free = _FREE_SPACE_1_KM_1_GHZ_DB + 20.0 * math.log10(frequency_ghz * max(distance_m, 1.0) / 1000.0)
    return candidate.loss_db - free


def _obstacle(
    planner: RemedyPlanner, cell: int, x_m: float, y_m: float
) -> tuple[Obstacle | None, float, tuple[float, float], Profile | None]:
    """The obstacle between a cell and a point, its cost, its position, and the profile."""
    cells, settings = planner.cells, planner.settings
    from_x, from_y = float(cells.x_m[cell]), float(cells.y_m[cell])
    nowhere = (math.nan, math.nan)
    if math.hypot(from_x - x_m, from_y - y_m) < 1.0:
        return None, 0.0, nowhere, None
    profile = profile_between(planner.terrain, from_x, from_y, x_m, y_m)
    if profile is None:
        return None, 0.0, nowhere, None
    height, frequency = float(cells.antenna_height_m[cell]), float(cells.frequency_mhz[cell])
    receiver = settings.receiver_height_m
    obstacle = main_obstacle(profile, height, receiver, frequency, settings.delta_n)
    latitude = _latitude_deg(planner.terrain, (from_y + y_m) / 2.0)
    cost = obstacle_loss_db(profile, obstacle, height, receiver, frequency, settings, latitude)
    share = obstacle.distance_km / profile.length_km
    at = (from_x + share * (x_m - from_x), from_y + share * (y_m - from_y))
    return obstacle, cost, at, profile


def _latitude_deg(terrain: TerrainModel, y_m: float) -> float:
    rows = terrain.height_m.shape[0]
    row = (terrain.y_top_m - y_m) / terrain.resolution_m - 0.5
    share = row / (rows - 1) if rows > 1 else 0.0
    return terrain.latitude_top_deg + share * (terrain.latitude_bottom_deg - terrain.latitude_top_deg)
