"""The stages of the job: each takes what came before and returns what the next one needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .calibrated import calibration_note
from .coverage.carriers import LayerKey
from .coverage.cells import PointLevels
from .coverage.demand import unserved_points
from .coverage.dependence import Dependence, dependence
from .coverage.gaps import Verdicts, verdicts
from .coverage.gaps_table import totals, verdict_table
from .coverage.indoors import indoor_levels
from .coverage.network import network_layers, point_levels
from .coverage.plans.deciding import decisions_of
from .coverage.plans.evidence import PlanEvidence
from .coverage.plans.verification import PlanVerification, timeline, verify
from .coverage.propagation.models import model_named
from .coverage.siting.proposal import Proposal
from .coverage.siting.propose import propose
from .gap_evidence import (
    hamlets_with_5g_duty,
    measured,
    measurement_rule,
    measurement_table,
    todays_communes,
)
from .gis_data import cog
from .layer_files import RASTERS, layer_stems, write_layer
from .reuse import network_digest, reused_levels, reused_rasters
from .scene import Scene
from .siting_inputs import (
    cost_model,
    fibre_node_table,
    mast_table,
    pole_table,
    siting_options,
    village_table,
)
from .warmup import warm_up

__all__ = [
    "CoverageRasters",
    "Gaps",
    "coverage_stage",
    "gaps_stage",
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
    """Verdicts as arrays for the engine, and as tables for people."""

    verdicts: Verdicts
    table: gpd.GeoDataFrame
    totals: pd.DataFrame
    dependence: Dependence


@dataclass(frozen=True)
class Plans:
    """State of the plan registers on the day, and month by month."""

    verification: PlanVerification
    timeline: pd.DataFrame


def coverage_stage(scene: Scene, out: Path) -> CoverageRasters:
    """Sweep every mast on air and write the layers of each technology, unless nothing changed."""
    reporter = scene.options.reporter
    on_air = scene.cells.active(scene.day)
    present = sorted(set(scene.cells.technology[on_air]) & set(scene.rule.technologies))
    key = network_digest(scene, on_air)
    stems = layer_stems(_layer_keys(scene, on_air, present))
    names = [f"{stem}_{what}" for stem in stems.values() for what in RASTERS]
    with reporter.stage("coverage") as progress:
        found = reused_rasters(
            scene.options.project.out / "coverage", key, names, [stems[t] + "_level" for t in present]
        )
        if found is not None:
            reporter.note("from_cache")
        else:
            warm_up(scene)
            _write_layers(scene, out / "coverage", on_air, stems, key, progress)
            levels = (f"{technology.lower()}_level" for technology in present)
            found = {name: cog.read_cog(out / "coverage" / f"{name}.tif") for name in levels}
    return CoverageRasters(
        {technology: found[f"{technology.lower()}_level"].values.astype(np.float32) for technology in present}
    )


def levels_stage(scene: Scene) -> PointLevels:
    """Compute the level of every cell at every hamlet centre, cluster and place, each on its own profile."""
    with scene.options.reporter.stage("levels") as progress:

        def compute() -> PointLevels:
            warm_up(scene)
            return point_levels(
                scene.terrain, scene.cells, scene.points, scene.settings, scene.range_m,
                patterns=scene.patterns, budget=scene.budget, workers=scene.options.workers,
                progress=progress,
            )  # fmt: skip

        return reused_levels(scene, compute)


def gaps_stage(scene: Scene, levels: PointLevels) -> Gaps:
    """Judge every hamlet."""
    villages = scene.layers.villages
    with scene.options.reporter.stage("gaps"):
        found = verdicts(
            scene.points, len(villages), levels, scene.cells, scene.rule, scene.day,
            required_5g=hamlets_with_5g_duty(scene), measured=measured(scene),
        )  # fmt: skip
        building = scene.options.project.propagation.building
        indoors = indoor_levels(levels, scene.cells, scene.rule.technologies, building)
        inside = verdicts(
            scene.points, len(villages), indoors, scene.cells, scene.rule, scene.day,
            required_5g=hamlets_with_5g_duty(scene),
        )  # fmt: skip
        named = pd.DataFrame(villages.drop(columns="geometry"))
        plain = verdict_table(found, named, scene.cells, indoors=inside)
        table = gpd.GeoDataFrame(plain, geometry=villages.geometry.to_numpy(), crs=villages.crs)
        return Gaps(
            found,
            table,
            totals(
                plain.assign(commune=todays_communes(scene)),
                pd.DataFrame(scene.layers.communes.drop(columns="geometry")),
            ),
            dependence(
                scene.points, levels, scene.cells, scene.rule.technologies, scene.day,
                villages["name"].astype(str).tolist(),
            ),
        )  # fmt: skip


def siting_stage(scene: Scene, levels: PointLevels, gaps: Gaps, budget: float | None = None) -> Proposal:
    """Propose new stations for what the gaps leave over."""
    project, layers = scene.options.project, scene.layers
    with scene.options.reporter.stage("siting") as progress:
        options = siting_options(project, budget)
        lacking = unserved_points(
            project.siting.target, scene.points, levels, scene.cells, scene.rule, gaps.verdicts, scene.day,
            options.operator, measured(scene),
        )  # fmt: skip
        return propose(
            scene.terrain,
            scene.cells.take(scene.cells.active(scene.day)),
            scene.points,
            dict.fromkeys(options.technologies, lacking),
            village_table(layers),
            mast_table(layers),
            pole_table(layers),
            fibre_node_table(layers),
            cost_model(project),
            scene.rule.technologies,
            scene.settings,
            options,
            patterns=scene.patterns,
            link_budget=scene.budget,
            workers=scene.options.workers,
            progress=progress,
        )


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
        months = timeline(
            layers.plan_items, layers.commune_crosswalk, evidence, first, last, decisions=decisions
        )
        return Plans(verification, months)


def _months(items: pd.DataFrame, as_of: date) -> tuple[date, date]:
    """From the first date that a register names to the day of the run."""
    dates = pd.to_datetime(pd.concat([items["deadline"], items["reported_on"]])).dropna()
    first = as_of if dates.empty else dates.min().date()
    return min(first, as_of), as_of


def _layer_keys(scene: Scene, on_air: np.ndarray, present: list[str]) -> list[LayerKey]:
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
    key: str,
    progress: Callable[[int, int], None],
) -> None:
    index, building = np.flatnonzero(on_air), scene.options.project.propagation.building
    cells_on_air = scene.cells.take(on_air)
    layers = network_layers(
        scene.terrain, cells_on_air, scene.rule.technologies, scene.settings, scene.range_m,
        patterns=scene.patterns, budget=scene.budget, workers=scene.options.workers, progress=progress,
        by_operator=scene.options.project.outputs.by_operator, interference=scene.interference,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    grid = scene.layers.grid
    for name, stem in stems.items():
        layer = layers.pop(name)  # each is let go when it is written
        tags = {**raster_tags(scene, layer.technology), **_interference_tags(scene), "digest": key}
        best = np.where(layer.best_cell >= 0, index[layer.best_cell], -1).astype(np.int32)
        p_indoor = layer.p_covered_indoors(cells_on_air.frequency_mhz, building)
        write_layer(folder, stem, layer, best, p_indoor, grid, tags, building)
    cells = pd.DataFrame({"index": np.arange(len(scene.cells)), "cell_id": scene.cells.cell_id})
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
