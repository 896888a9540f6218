"""The stages of the job: each takes what came before and returns what the next one needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .calibrated import calibration_note
from .cluster import layers_on_cluster, levels_on_cluster
from .coverage.cells import CellTable, PointLevels
from .coverage.dependence import Dependence, dependence
from .coverage.gaps import Verdicts, verdicts
from .coverage.gaps_table import totals, verdict_table
from .coverage.layer_state import hand_on
from .coverage.network import network_rows, point_levels
from .coverage.network_layer import LayerKey
from .coverage.plans.deciding import decisions_of
from .coverage.plans.evidence import PlanEvidence
from .coverage.plans.verification import PlanVerification, timelines, verify
from .coverage.propagation.models import model_named
from .coverage.sample_shift import ShiftedLevels
from .coverage.siting.checks import check_request
from .coverage.siting.problem import siting_problem
from .coverage.siting.proposal import Proposal
from .coverage.siting.propose import propose_from
from .coverage.walls import IndoorLevels, indoor_verdicts, levels_indoors
from .gap_clusters import ClusterTables, cluster_tables
from .gap_evidence import (
    hamlets_with_5g_duty,
    measured,
    measurement_rule,
    measurement_table,
    shifted_levels,
    todays_communes,
)
from .gis_data import cog
from .gis_data.formulas import guarded
from .layer_files import LayerFiles, layer_stems
from .merge_store import MergeKeeper, updated_merge
from .reuse import merge_contexts, reused_levels, reused_rasters, technology_digests, technology_of
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
from .warmup import warm_up

__all__ = [
    "CoverageRasters",
    "Gaps",
    "coverage_stage",
    "gaps_stage",
    "layer_keys",
    "levels_stage",
    "plans_stage",
    "siting_stage",
]


@dataclass(frozen=True)
class CoverageRasters:
    """Best-server level by technology, as written (centi-dB): reused and fresh runs draw the same map."""

    level_dbm: dict[str, np.ndarray]


@dataclass(frozen=True)
class Gaps:
    """Verdicts as arrays for the engine, and as tables for people.

    Attributes
    ----------
    verdicts, indoors : Verdicts
        Of every hamlet, outdoors and behind a wall.
    shifted : ShiftedLevels or None
        What the samples around the hamlets shift the levels by.
    indoor_levels : IndoorLevels
        The levels that `indoors` comes from.
    table, totals, dependence, clusters
        For people.
    """

    verdicts: Verdicts
    indoors: Verdicts
    shifted: ShiftedLevels | None
    indoor_levels: IndoorLevels
    table: gpd.GeoDataFrame
    totals: pd.DataFrame
    dependence: Dependence
    clusters: ClusterTables

    def judged(self, levels: PointLevels) -> PointLevels:
        """Return the levels that the verdicts come from: those of the model, shifted where samples tell."""
        return levels if self.shifted is None else self.shifted.judged


@dataclass(frozen=True)
class Plans:
    """State of the plan registers on the day, and month by month."""

    verification: PlanVerification
    timeline: pd.DataFrame
    item_months: pd.DataFrame


def coverage_stage(scene: Scene, out: Path) -> CoverageRasters:
    """Sweep every mast on air and write the layers of each technology, unless nothing changed."""
    reporter, folder = scene.options.reporter, out / "coverage"
    on_air = scene.cells.active(scene.day)
    digests = technology_digests(scene, on_air)
    stems = layer_stems(layer_keys(scene, on_air, list(digests)))
    with reporter.stage("coverage") as progress:
        reused = reused_rasters(scene, stems, digests, folder)
        fresh = {key: stem for key, stem in stems.items() if technology_of(key) not in reused}
        if fresh:
            warm_up(scene)
            _write_layers(scene, folder, on_air, fresh, digests, progress)
        else:
            reporter.note("from_cache")
        _write_index(scene, folder)
        return CoverageRasters(
            {
                technology: cog.read_cog(folder / f"{technology.lower()}_level.tif").values.astype(np.float32)
                for technology in digests
            }
        )


def levels_stage(scene: Scene) -> PointLevels:
    """Compute the level of every cell at every hamlet centre, cluster and place, each on its own profile."""
    with scene.options.reporter.stage("levels") as progress:

        def compute(cells: CellTable) -> PointLevels:
            warm_up(scene)
            if scene.options.cluster is not None:
                return levels_on_cluster(scene, cells, progress)
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
        shifted = shifted_levels(scene, levels)
        found = verdicts(
            scene.points, len(villages), levels, scene.cells, scene.rule, scene.day,
            required_5g=hamlets_with_5g_duty(scene), measured=measured(scene), shifted=shifted,
        )  # fmt: skip
        building, rules = scene.options.project.propagation.building, scene.rule.technologies
        indoors = levels_indoors(levels, shifted, scene.cells, rules, building)
        inside = indoor_verdicts(
            scene.points, len(villages), indoors, scene.cells, scene.rule, scene.day,
            required_5g=hamlets_with_5g_duty(scene),
        )  # fmt: skip
        named = pd.DataFrame(villages.drop(columns="geometry"))
        plain = verdict_table(found, named, scene.cells, indoors=inside)
        table = gpd.GeoDataFrame(plain, geometry=villages.geometry.to_numpy(), crs=villages.crs)
        return Gaps(
            found,
            inside,
            shifted,
            indoors,
            table,
            totals(
                plain.assign(commune=todays_communes(scene)),
                pd.DataFrame(scene.layers.communes.drop(columns="geometry")),
            ),
            dependence(
                scene.points, levels if shifted is None else shifted.judged, scene.cells, rules, scene.day,
                villages["name"].astype(str).tolist(),
            ),
            cluster_tables(scene, levels, shifted, indoors),
        )  # fmt: skip


def siting_stage(scene: Scene, levels: PointLevels, gaps: Gaps, ask: SitingAsk | None = None) -> Proposal:
    """Propose new stations for what the gaps leave over."""
    project, layers, reporter = scene.options.project, scene.layers, scene.options.reporter
    options, goal = siting_options(project, ask), siting_goal(project, ask)
    tables = village_table(layers), mast_table(layers), pole_table(layers), fibre_node_table(layers)
    costs, rules = cost_model(project), scene.rule.technologies
    with reporter.stage("siting") as progress:
        lacking = lacking_points(scene, levels, gaps, options.operator)
        unserved = dict.fromkeys(options.technologies, lacking)
        weight = demand_weights(project, layers, scene.points)
        check_request(
            scene.terrain, scene.points, unserved, *tables[:3], costs, rules, options, goal, weight
        )  # fmt: skip
        problem = siting_problem(
            scene.terrain, scene.cells.take(scene.cells.active(scene.day)), scene.points, unserved, *tables,
            costs, rules, scene.settings, options,
            weight=weight, patterns=scene.patterns, link_budget=scene.budget, workers=scene.options.workers,
            progress=progress, cache=CandidateLevels(project.cache),
        )  # fmt: skip
    with reporter.search("search") as tell:
        return propose_from(
            problem, scene.points, unserved, tables[0], costs, rules, options, goal,
            watch=lambda state: tell(state.incumbent, state.bound, state.gap),
        )  # fmt: skip


def plans_stage(scene: Scene, levels: PointLevels) -> Plans:
    """Hold the plan registers against the network of the day."""
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


def _write_layers(
    scene: Scene,
    folder: Path,
    on_air: np.ndarray,
    stems: dict[LayerKey, str],
    digests: Mapping[str, str],
    progress: Callable[[int, int], None],
) -> None:
    cells_on_air = scene.cells.take(on_air)
    files = LayerFiles(
        folder, scene.layers.grid, stems,
        tags=lambda technology: {
            **raster_tags(scene, technology), **_interference_tags(scene), "digest": digests[technology],
        },
        index=np.flatnonzero(on_air),
        frequency_mhz=cells_on_air.frequency_mhz,
        building=scene.options.project.propagation.building,
        workers=scene.options.workers,
    )  # fmt: skip
    wanted = {technology: digests[technology] for technology in map(technology_of, stems)}
    contexts = merge_contexts(scene, wanted)
    with files:
        for technology, key in list(wanted.items()):
            merge = updated_merge(scene, cells_on_air, technology, key, contexts[technology])
            if merge is not None:
                hand_on(merge.state, merge.index, merge.disturbance, merge.carrier, files.append)
                del wanted[technology]
        if wanted and scene.options.cluster is not None:
            layers_on_cluster(
                scene, cells_on_air, np.flatnonzero(on_air), set(wanted), files, progress
            )  # fmt: skip
        elif wanted:
            kept = scene.options.project.outputs.keep_merge
            keeper = MergeKeeper(scene, cells_on_air, wanted, contexts) if kept else None
            network_rows(
                scene.terrain, cells_on_air, scene.rule.technologies, scene.settings, scene.range_m,
                files.append, patterns=scene.patterns, budget=scene.budget, workers=scene.options.workers,
                progress=progress, by_operator=scene.options.project.outputs.by_operator,
                interference=scene.interference, only=set(wanted), keep=keeper,
            )  # fmt: skip
            if keeper is not None:
                keeper.finish()


def _write_index(scene: Scene, folder: Path) -> None:
    """Write which cell the numbers of the best-server rasters stand for."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [guarded(str(name)) for name in scene.cells.cell_id]
    cells = pd.DataFrame({"index": np.arange(len(scene.cells)), "cell_id": names})
    cells.to_csv(folder / "best_cell_index.csv", index=False, lineterminator="\n")


def _interference_tags(scene: Scene) -> dict[str, str]:
    rule = scene.interference
    return {
        "load_of_other_cells": f"{rule.load:g}",
        "noise_figure_db": f"{rule.noise_figure_db:g}",
        "bcch_reuse_without_plan": f"{rule.bcch_reuse:g}",
    }


def raster_tags(scene: Scene, technology: str) -> dict[str, str]:
    """Return the assumptions behind a raster, for its tags."""
    rule, settings = scene.rule.technologies[technology], scene.settings
    model = model_named(settings.model)
    tags = {
        "technology": technology,
        "as_of": scene.options.as_of.isoformat(),
        "model": model.label,
        "predicted": "predicted, not measured",
        "synthetic": str(scene.options.project.project.synthetic).lower(),
        "threshold_dbm": f"{rule.threshold_dbm:g}",
        "sigma_db": f"{rule.sigma_db:g}",
        "probability": f"{rule.probability:g}",
        "time_percent": f"{settings.time_percent:g}",
        "receiver_height_m": f"{settings.receiver_height_m:g}",
        "maximum_range_km": f"{scene.range_m / 1000:g}",
    }
    if scene.calibration is not None:
        tags["calibration"] = calibration_note(scene.calibration)
    if model.validity:
        tags["model_validity"] = model.validity
    if model.follows_terrain:
        tags |= {"delta_n": f"{settings.delta_n:g}", "n0": f"{settings.n0:g}"}
    return tags
