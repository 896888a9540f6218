"""From the results of a run to what the map shows."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from .calibrated import calibration_note
from .coverage.propagation.models import model_named
from .coverage.propagation.terrain import PropagationSettings
from .coverage.siting.proposal import Proposal
from .gap_detail import GapDetail
from .map_footprints import map_footprints
from .map_layers import coverage_layers, operator_layers
from .maps.content import HamletProfile, MapContent
from .maps.web_map import write_map
from .maps.words import Language
from .network_file import masts_of_day
from .outputs import proposal_frame
from .scene import Scene
from .stages import CoverageRasters, Gaps, Plans

__all__ = ["HASH_SHOWN", "PROPOSAL_NAMES", "assumptions", "map_proposals", "write_project_map"]

HASH_SHOWN = 12
"""Characters of a file's hash that a map shows."""
PROPOSAL_NAMES = {
    "kind": "host_kind",
    "total_cost": "cost_million_vnd",
    "people_newly_served": "people_served",
}
"""Columns of proposed stations under the names that the map knows."""


def write_project_map(
    scene: Scene,
    rasters: CoverageRasters,
    gaps: Gaps,
    proposal: Proposal,
    plans: Plans,
    path: Path,
    *,
    detail: GapDetail | None = None,
) -> None:
    """Write the map of a run; with `detail`, a hamlet tells why it lacks a service and what would mend it."""
    project, layers = scene.options.project, scene.layers
    footprints, merged = map_footprints(scene, proposal)
    by_operator = operator_layers(scene, rasters, path.parent) or merged
    content = MapContent(
        title=project.project.name,
        language="vi" if scene.options.language == "vi" else "en",
        synthetic=project.project.synthetic,
        as_of=scene.options.as_of,
        grid=layers.grid,
        terrain_m=layers.terrain_m,
        land=layers.land,
        coverage=coverage_layers(scene, rasters, path.parent),
        operators=project.operators,
        villages=gaps.table,
        masts=masts_of_day(scene),
        communes=layers.communes,
        places=layers.places,
        proposals=map_proposals(scene, proposal),
        plan_items=plans.verification.items,
        assumptions={"vi": assumptions(scene, "vi"), "en": assumptions(scene, "en")},
        data_versions=tuple((name, key[:HASH_SHOWN]) for name, key in sorted(layers.file_hashes.items())),
        reasons=None if detail is None else detail.reasons_table,
        cells=layers.cells[scene.cells.active(scene.day)],
        operator_coverage=by_operator,
        footprints=footprints,
        profiles=() if detail is None else _profiles(scene, detail),
        plan_months=plans.item_months,
    )
    write_map(path, content)


def _profiles(scene: Scene, detail: GapDetail) -> tuple[HamletProfile, ...]:
    """The ground between each hamlet that lacks a service and its best candidate."""
    found = []
    for reason, village_id in zip(detail.reasons, detail.reasons_table["village_id"], strict=True):
        profile, candidate = reason.profile, reason.candidate
        if profile is None or candidate is None:
            continue
        hides = reason.obstacle is not None and reason.obstacle_db > 0.0
        found.append(
            HamletProfile(
                village_id=str(village_id),
                mast_id=str(scene.cells.mast_id[candidate.cell]),
                distance_km=profile.distance_km,
                height_m=profile.height_m,
                clutter_m=profile.clutter_m,
                antenna_height_m=float(scene.cells.antenna_height_m[candidate.cell]),
                receiver_height_m=scene.settings.receiver_height_m,
                frequency_mhz=float(scene.cells.frequency_mhz[candidate.cell]),
                obstacle_km=reason.obstacle.distance_km if hides and reason.obstacle is not None else None,
                obstacle_db=reason.obstacle_db,
            )
        )
    return tuple(found)


def map_proposals(scene: Scene, proposal: Proposal) -> gpd.GeoDataFrame:
    """Return the proposed stations under the names that the map knows."""
    frame = proposal_frame(scene, proposal)
    served = [station.villages_served for station in proposal.stations]
    return frame.rename(columns=PROPOSAL_NAMES).assign(villages_served=served)


def _model_assumptions(settings: PropagationSettings, language: Language) -> tuple[tuple[str, str], ...]:
    model = model_named(settings.model)
    name = "Mô hình" if language == "vi" else "Model"
    if not model.follows_terrain:
        return ((name, f"{model.label}: {model.validity}"),)
    return (
        (name, f"{model.label}, p = {settings.time_percent:g} %"),
        (
            "Độ khúc xạ" if language == "vi" else "Refractivity",
            f"ΔN = {settings.delta_n:g} N/km, N0 = {settings.n0:g}",
        ),
    )


def assumptions(scene: Scene, language: Language) -> tuple[tuple[str, str], ...]:
    """Return labels and set phrases in `language`; what presets and files state stays as they state it."""
    project, settings = scene.options.project, scene.settings
    criteria = project.criteria
    thresholds = ", ".join(f"{t} {r.threshold_dbm:g} dBm" for t, r in scene.rule.technologies.items())
    sigma_db = max(rule.sigma_db for rule in scene.rule.technologies.values())

    def say(vi: str, en: str) -> str:
        return vi if language == "vi" else en

    return (
        *_model_assumptions(settings, language),
        (
            say("Hiệu chỉnh", "Calibration"),
            calibration_note(scene.calibration) or say("không có: σ là giả định", "none: σ is assumed"),
        ),
        (
            say("Địa hình", "Terrain"),
            f"{project.rasters.terrain_kind.upper()}, {scene.layers.grid.resolution_m:g} m",
        ),
        (
            say("Máy thu", "Receiver"),
            f"{settings.receiver_height_m:g} m, {say('ngoài trời', 'outdoors')}",
        ),
        (say("Ngưỡng", "Thresholds"), thresholds),
        (
            say("P(phủ sóng)", "P(covered)"),
            f"≥ {criteria.probability:.0%}, σ = {sigma_db:.1f} dB, "
            + say("gồm sai số mô hình và vị trí", "of model and location"),
        ),
        (
            say("Thôn được phục vụ", "Hamlet served"),
            f"≥ {criteria.share_of_people:.0%} {say('dân số của thôn', 'of its people')}",
        ),
        (say("Tiêu chí", "Criteria"), f"{criteria.preset}, {criteria.date}: {criteria.status}"),
        (say("Tầm tính", "Range"), f"{scene.range_m / 1000:g} km"),
        (
            say("Chi phí", "Costs"),
            f"{project.costs.preset}, {project.costs.date}: {project.costs.status}",
        ),
    )
