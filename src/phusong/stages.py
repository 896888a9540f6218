"""The stages of the job: each takes what came before and returns what the next one needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .beside import Beside, Done, Job
from .cluster import levels_on_cluster
from .console import Reporter
from .coverage.cells import CellTable, PointLevels
from .coverage.dependence import Dependence, dependence
from .coverage.gaps import Verdicts, verdicts
from .coverage.gaps_table import totals, verdict_table
from .coverage.network import point_levels
from .coverage.network_layer import LayerKey
from .coverage.plans.deciding import decisions_of
from .coverage.plans.evidence import PlanEvidence
from .coverage.plans.verification import PlanVerification, timelines, verify
from .coverage.siting.checks import check_request
from .coverage.siting.problem import siting_problem
from .coverage.siting.proposal import Proposal
from .coverage.siting.propose import propose_from
from .coverage.walls import indoor_verdicts
from .coverage_layers import coverage_files, little_to_sweep
from .coverage_rasters import CoverageRasters
from .gap_clusters import ClusterTables, cluster_tables
from .gap_evidence import (
    hamlets_with_5g_duty,
    measured,
    measurement_rule,
    measurement_table,
    shifted_levels,
    todays_communes,
)
from .ground_cache import KeptPeaks
from .layer_files import layer_stems
from .reuse import reused_levels, technology_digests
from .scene import Scene
from .siting_cache import CandidateLevels
from .siting_check import lacking_points
from .siting_inputs import (
    SitingAsk,
    cost_model,
    demand_weights,
    fibre_node_table,
    mast_table,
    pole_table,
    siting_goal,
    siting_options,
    village_table,
)
from .todays_levels import TodaysLevels, todays_levels
from .warmup import warm_up

__all__ = [
    "CoverageRasters",
    "Gaps",
    "coverage_beside",
    "coverage_stage",
    "gaps_stage",
    "layer_keys",
    "levels_stage",
    "plans_stage",
    "siting_stage",
    "told_to",
]


@dataclass(frozen=True)
class Gaps:
    """Verdicts as arrays for the engine, and as tables for people.

    Attributes
    ----------
    verdicts, indoors : Verdicts
        Of every hamlet, outdoors and behind a wall.
    levels : TodaysLevels
        Those that they come from.
    table, totals, dependence, clusters
        For people.
    """

    verdicts: Verdicts
    indoors: Verdicts
    levels: TodaysLevels
    table: gpd.GeoDataFrame
    totals: pd.DataFrame
    dependence: Dependence
    clusters: ClusterTables


@dataclass(frozen=True)
class Plans:
    """State of the plan registers on the day, and month by month."""

    verification: PlanVerification
    timeline: pd.DataFrame
    item_months: pd.DataFrame


def coverage_stage(scene: Scene, out: Path) -> CoverageRasters:
    """Write the layers of each technology, or what changed in them."""
    reporter, folder = scene.options.reporter, out / "coverage"
    on_air = scene.cells.active(scene.day)
    digests = technology_digests(scene, on_air)
    stems = layer_stems(layer_keys(scene, on_air, list(digests)))
    with reporter.stage("coverage") as progress:
        files = coverage_files(scene, folder, on_air, stems, digests, progress)
        return CoverageRasters(files, digests)


def coverage_beside(scene: Scene, out: Path, others: Beside) -> Job[CoverageRasters]:
    """Begin `coverage_stage` beside this process, where parts of layers change at most.

    Where many masts must be swept it is done first: sweeps take all cores, and show how far they are.
    """
    present = set(scene.cells.technology[scene.cells.active(scene.day)]) & set(scene.rule.technologies)
    if not little_to_sweep(scene, sorted(present)):
        return Done(coverage_stage(scene, out))
    return others.start("coverage", lambda reporter: coverage_stage(told_to(scene, reporter), out))


def told_to(scene: Scene, reporter: Reporter) -> Scene:
    """Return the scene with another reporter."""
    return replace(scene, options=replace(scene.options, reporter=reporter))


def levels_stage(scene: Scene) -> PointLevels:
    """Compute the level of every cell at every hamlet centre, cluster and place, each on its own profile."""
    with scene.options.reporter.stage("levels") as progress:

        def compute(cells: CellTable) -> PointLevels:
            if scene.options.cluster is not None:
                return levels_on_cluster(scene, cells, progress)
            warm_up(scene, layers=False)
            return point_levels(
                scene.terrain, cells, scene.points, scene.settings, scene.range_m,
                patterns=scene.patterns, budget=scene.budget, workers=scene.options.workers,
                progress=progress,
            )  # fmt: skip

        return reused_levels(scene, compute)


def gaps_stage(scene: Scene, levels: PointLevels) -> Gaps:
    """Judge every hamlet."""
    villages = scene.layers.villages
    with scene.options.reporter.stage("gaps"):
        today = todays_levels(scene, levels)
        found = verdicts(
            scene.points, len(villages), today.model, scene.cells, scene.rule, scene.day,
            required_5g=hamlets_with_5g_duty(scene), measured=measured(scene), shifted=today.shifted,
            heard=today.heard,
        )  # fmt: skip
        inside = indoor_verdicts(
            scene.points, len(villages), today.indoors, scene.cells, scene.rule, scene.day,
            required_5g=hamlets_with_5g_duty(scene), heard=today.heard_indoors,
        )  # fmt: skip
        named = pd.DataFrame(villages.drop(columns="geometry"))
        plain = verdict_table(found, named, scene.cells, indoors=inside)
        table = gpd.GeoDataFrame(plain, geometry=villages.geometry.to_numpy(), crs=villages.crs)
        return Gaps(
            found,
            inside,
            today,
            table,
            totals(
                plain.assign(commune=todays_communes(scene)),
                pd.DataFrame(scene.layers.communes.drop(columns="geometry")),
            ),
            dependence(
                scene.points, today.judged, scene.cells, scene.rule.technologies, scene.day,
                villages["name"].astype(str).tolist(),
            ),
            cluster_tables(scene, today),
        )  # fmt: skip


def siting_stage(scene: Scene, gaps: Gaps, ask: SitingAsk | None = None) -> Proposal:
    """Propose new stations for what the gaps leave over."""
    project, layers, reporter = scene.options.project, scene.layers, scene.options.reporter
    options, goal = siting_options(project, ask), siting_goal(project, ask)
    tables = village_table(layers), mast_table(layers), pole_table(layers), fibre_node_table(layers)
    costs, rules = cost_model(project), scene.rule.technologies
    with reporter.stage("siting") as progress:
        lacking = lacking_points(scene, gaps, options.operator)
        unserved = dict.fromkeys(options.technologies, lacking)
        weight = demand_weights(project, layers, scene.points)
        check_request(
            scene.terrain, scene.points, unserved, *tables[:3], costs, rules, options, goal, weight
        )  # fmt: skip
        problem = siting_problem(
            scene.terrain, scene.cells.take(scene.cells.active(scene.day)), scene.points, unserved, *tables,
            costs, rules, scene.settings, options,
            weight=weight, patterns=scene.patterns, link_budget=scene.budget, workers=scene.options.workers,
            progress=progress, cache=CandidateLevels(project.cache), peaks=KeptPeaks(project.cache),
        )  # fmt: skip
    with reporter.search("search") as tell:
        return propose_from(
            problem, scene.points, unserved, tables[0], costs, rules, options, goal,
            watch=lambda state: tell(state.incumbent, state.bound, state.gap),
        )  # fmt: skip


def plans_stage(scene: Scene, levels: PointLevels) -> Plans:
    """Hold the plan registers against the network, by levels shifted as those of the verdicts are."""
    layers = scene.layers
    with scene.options.reporter.stage("plans"):
        evidence = PlanEvidence(
            villages=pd.DataFrame(layers.villages.drop(columns="geometry")),
            masts=pd.DataFrame(layers.masts.drop(columns="geometry")),
            cells=scene.cells,
            points=scene.points,
            levels=levels,
            rule=scene.rule,
            measurements=measurement_table(scene),
            measurement_rule=measurement_rule(scene.options.project),
            shifted=shifted_levels(scene, levels),
        )
        decisions = decisions_of(layers.plan_decisions)
        verification = verify(
            layers.plan_items, layers.commune_crosswalk, evidence, scene.options.as_of, decisions=decisions
        )
        first, last = _months(layers.plan_items, scene.options.as_of)
        months, item_months = timelines(
            layers.plan_items, layers.commune_crosswalk, evidence, first, last, decisions=decisions
        )
        return Plans(verification, months, item_months)


def _months(items: pd.DataFrame, as_of: date) -> tuple[date, date]:
    """From the first date that a register names to the day of the run."""
    dates = pd.to_datetime(pd.concat([items["deadline"], items["reported_on"]])).dropna()
    first = as_of if dates.empty else dates.min().date()
    return min(first, as_of), as_of


def layer_keys(scene: Scene, on_air: np.ndarray, present: list[str]) -> list[LayerKey]:
    """Return the layers that a run writes: of each technology present, and with by_operator of each operator.

    Parameters
    ----------
    scene : Scene
    on_air : ndarray of bool, (cells,)
    present : list of str
        Technologies.
    """
    keys: list[LayerKey] = list(present)
    if scene.options.project.outputs.by_operator:
        cells = scene.cells.take(on_air)
        pairs = set(zip(cells.technology.tolist(), cells.operator.tolist(), strict=True))
        keys += sorted(pair for pair in pairs if pair[0] in present)
    return keys
