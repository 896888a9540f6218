"""From layers and the project file to what the planner of new stations works on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .coverage.cells import PointTable
from .coverage.propagation.terrain import TerrainModel
from .coverage.siting.checks import name_problems
from .coverage.siting.costs import CostModel
from .coverage.siting.inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from .coverage.siting.options import FundShare, Phase, SitingGoal, SitingOptions
from .errors import InputError, Problem
from .gis_data.layers import Layers
from .inputs import text_array
from .project import Project

__all__ = [
    "SitingAsk",
    "as_asked",
    "cost_model",
    "demand_weights",
    "fibre_node_table",
    "mast_table",
    "parse_phases",
    "pole_table",
    "siting_goal",
    "siting_name_problems",
    "siting_options",
    "village_table",
]


@dataclass(frozen=True)
class SitingAsk:
    """What the command line asks for instead of ``[siting]``; None leaves what stands there.

    Attributes
    ----------
    budget : float or None
    least_cost : bool
        The cheapest plan for a share of the hamlets instead of most people for the money.
    target_share : float or None
    frontier : int or None
        So many budgets, evenly spaced up to the budget.
    phases : tuple of Phase or None
    robustness : bool
    time_limit_s : float or None
    """

    budget: float | None = None
    least_cost: bool = False
    target_share: float | None = None
    frontier: int | None = None
    phases: tuple[Phase, ...] | None = None
    robustness: bool = False
    time_limit_s: float | None = None


def mast_table(layers: Layers) -> MastTable:
    """Return the existing masts as arrays."""
    masts = layers.masts
    texts = {name: text_array(masts[name]) for name in ("mast_id", "owner", "kind", "power", "backhaul")}
    return MastTable(
        **texts,
        **_position(masts),
        height_m=masts["height_m"].to_numpy(np.float64),
        free_height_m=_numbers_if_given(masts, "free_height_m"),
        free_antennas=_numbers_if_given(masts, "free_antennas"),
    )


def pole_table(layers: Layers) -> PoleTable:
    """Return power poles, substations and rooftops as arrays."""
    poles = layers.poles
    texts = {name: text_array(poles[name]) for name in ("pole_id", "owner", "kind")}
    return PoleTable(**texts, height_m=poles["height_m"].to_numpy(np.float64), **_position(poles))


def fibre_node_table(layers: Layers) -> FibreNodeTable:
    """Return the fibre nodes as arrays."""
    return FibreNodeTable(node_id=text_array(layers.fibre_nodes["node_id"]), **_position(layers.fibre_nodes))


def village_table(layers: Layers) -> VillageTable:
    """Return what siting needs to know of the hamlets."""
    villages = layers.villages
    return VillageTable(
        village_id=text_array(villages["village_id"]),
        grid_power=villages["grid_power"].to_numpy(bool),
        commune=text_array(villages["commune"]),
    )


def demand_weights(project: Project, layers: Layers, points: PointTable) -> NDArray[np.float64]:
    """Return what each point is worth: its people times the weights of its hamlet, ``[siting.weights]``."""
    weights, villages = project.siting.weights, layers.villages
    factor = np.ones(len(villages))
    for name in ("poor", "border", "ethnic_minority"):
        if name in villages:
            factor *= np.where(villages[name].to_numpy(bool), getattr(weights, name), 1.0)
    inside = points.village >= 0
    worth = points.people * np.where(points.kind == "centre", weights.centre, 1.0)
    worth[inside] *= factor[points.village[inside]]
    return np.asarray(worth)


def cost_model(project: Project) -> CostModel:
    """Return the prices of ``[costs]``."""
    return CostModel(**project.costs.model_dump())


def siting_options(project: Project, ask: SitingAsk | None = None) -> SitingOptions:
    """Return who builds what within which limits."""
    ask, section, rules = ask or SitingAsk(), project.siting, project.siting_rules
    given = section.budget
    if _least_cost(project, ask) and "budget" not in section.model_fields_set:
        given = math.inf  # the cheapest plan is asked for, whatever it costs
    phases = _phases(project, ask)
    _no_contradiction(project, ask, phases)
    budget = given if ask.budget is None else ask.budget
    if phases and ask.budget is None:
        budget = math.fsum(phase.budget for phase in phases)
    return SitingOptions(
        operator=section.operator or project.operators[0],
        technologies=section.technologies,
        budget=budget,
        reach_m=section.candidate_reach_km * 1000.0,
        share_of_people=project.criteria.share_of_people,
        hamlet_bonus=section.hamlet_bonus,
        time_limit_s=section.time_limit_s if ask.time_limit_s is None else ask.time_limit_s,
        gap_target=section.gap_target,
        mandatory_hosts=section.mandatory_hosts,
        forbidden_hosts=section.forbidden_hosts,
        new_mast_heights_m=rules.new_mast_heights_m,
        lower_height_share=rules.lower_height_share,
        coverage_range_m=rules.coverage_range_km * 1000.0,
        top_margin_m=rules.top_margin_m,
        colocation_drop_m=rules.colocation_drop_m,
        route_factor=rules.route_factor,
        microwave_bands=rules.microwave_bands,
        fresnel_share=rules.fresnel_share,
        relay_sources=rules.relay_sources,
        grid_reach_m=rules.grid_reach_m,
        solar_technologies=rules.solar_technologies,
        small_station_power_dbm=rules.small_station_power_dbm,
        new_positions_per_point=rules.new_positions_per_point,
        poles_per_point=rules.poles_per_point,
    )


def siting_goal(project: Project, ask: SitingAsk | None = None) -> SitingGoal:
    """Return what the plan is asked to reach."""
    ask, section, rules = ask or SitingAsk(), project.siting, project.siting_rules
    frontier = section.frontier
    if ask.frontier:
        most = siting_options(project, ask).budget
        if math.isinf(most):
            expected = "a budget up to which the frontier goes"
            raise InputError([Problem("phusong site", expected, "add --budget", column="--frontier")])
        frontier = tuple(most * (k + 1) / ask.frontier for k in range(ask.frontier))
    return SitingGoal(
        objective="least_cost" if _least_cost(project, ask) else "most_people",
        target_share=section.target_share if ask.target_share is None else ask.target_share,
        funds=tuple(FundShare(fund.name, fund.limit, tuple(fund.lines)) for fund in section.funds),
        phases=_phases(project, ask),
        minimum_sharing=section.minimum_sharing,
        maximum_stations=section.maximum_stations,
        maximum_hops=section.maximum_hops,
        mandatory_hamlets=section.mandatory_hamlets,
        forbidden_hamlets=section.forbidden_hamlets,
        commune_minimum=section.commune_minimum,
        second_criteria=section.second_criteria,
        frontier=frontier,
        robustness=section.robustness or ask.robustness,
        robust_probabilities=rules.robust_probabilities,
        robust_shifts_db=rules.robust_shifts_db,
    )


def siting_name_problems(project: Project, layers: Layers, terrain: TerrainModel) -> list[Problem]:
    """Return what ``[siting]`` names that the layers do not hold: `phusong check` tells it already."""
    return name_problems(
        terrain, village_table(layers), mast_table(layers), pole_table(layers), siting_options(project),
        siting_goal(project),
    )  # fmt: skip


def parse_phases(texts: list[str]) -> tuple[Phase, ...]:
    """Read phases as ``2026=8000``.

    Raises
    ------
    InputError
        Texts that are not a year, "=" and a budget: all of them.
    """
    phases, problems = [], []
    for text in texts:
        year, _, budget = text.partition("=")
        try:
            phases.append(Phase(int(year), float(budget)))
        except ValueError:
            expected = "a year and its budget, such as 2026=8000"
            problems.append(
                Problem("phusong site", expected, "mend the option", column="--phase", value=text)
            )
    if problems:
        raise InputError(problems)
    return tuple(phases)


def as_asked(problems: list[Problem], ask: SitingAsk | None) -> list[Problem]:
    """Return the problems, naming the option instead of the key of ``[siting]`` where an option asked."""
    ask = ask or SitingAsk()
    by_year = "--phase" if ask.phases is not None else ""
    given = {
        "siting.budget": by_year if ask.budget is None else "--budget",
        "siting.phases": by_year,
        "siting.target_share": "--target-share" if ask.target_share is not None else "",
        "siting.time_limit_s": "--time-limit" if ask.time_limit_s is not None else "",
    }
    return [
        replace(problem, file="phusong site", column=option, mend="mend the option")
        if (option := given.get(problem.column or ""))
        else problem
        for problem in problems
    ]


def _no_contradiction(project: Project, ask: SitingAsk, phases: tuple[Phase, ...]) -> None:
    """Refuse what years cannot be joined with: they have their own money, and ask for most people each."""
    problems = []
    if phases and ask.budget is not None:
        expected = "either a budget or years with money of their own (--phase, [[siting.phases]])"
        problems.append(Problem("phusong site", expected, "leave one of them out", column="--budget"))
    if phases and _least_cost(project, ask):
        expected = "no years: they ask for most people with each year's money, not for the least cost"
        file, column = "phusong site", "--least-cost" if ask.least_cost else "--target-share"
        if not ask.least_cost and ask.target_share is None:
            file, column = "phusong.toml", "siting.objective"
        problems.append(Problem(file, expected, "leave one of them out", column=column))
    if problems:
        raise InputError(problems)


def _least_cost(project: Project, ask: SitingAsk) -> bool:
    return ask.least_cost or ask.target_share is not None or project.siting.objective == "least_cost"


def _phases(project: Project, ask: SitingAsk) -> tuple[Phase, ...]:
    if ask.phases is not None:
        return ask.phases
    return tuple(Phase(phase.year, phase.budget) for phase in project.siting.phases)


def _numbers_if_given(frame: gpd.GeoDataFrame, name: str) -> NDArray[np.float64] | None:
    if name not in frame:
        return None
    return np.asarray(pd.to_numeric(frame[name]).to_numpy(np.float64, na_value=np.nan))


def _position(frame: gpd.GeoDataFrame) -> dict[str, NDArray[np.float64]]:
    at = frame.geometry
    return {"x_m": at.x.to_numpy(np.float64), "y_m": at.y.to_numpy(np.float64)}
