"""From the results of a run to what the map shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd

from .calibrated import calibration_note
from .coverage.propagation.models import model_named
from .coverage.propagation.terrain import PropagationSettings
from .coverage.siting.proposal import Proposal
from .gap_detail import GapDetail
from .gis_data.units import unit_words
from .map_footprints import map_footprints
from .map_layers import coverage_layers, operator_layers
from .map_why import hamlet_profiles
from .maps.content import MapContent
from .maps.pieces import Pieces
from .maps.web_map import write_map
from .maps.words import LANGUAGES, Language
from .network_file import masts_of_day
from .outputs import proposal_frame
from .proposal_links import backhaul_links, link_plot
from .scene import Scene
from .siting_check import Checked
from .siting_outputs import proposal_hamlets
from .stages import CoverageRasters, Gaps, Plans

__all__ = [
    "HASH_SHOWN", "PIECES", "PROPOSAL_NAMES", "assumptions", "base_values", "map_proposals",
    "write_project_map",
]  # fmt: skip

HASH_SHOWN = 12
"""Characters of a file's hash that a map shows."""
PIECES = "map-pieces.bin"
"""File of a project's cache with the encoded pieces of its last map."""
PROPOSAL_NAMES = {
    "kind": "host_kind",
    "total_cost": "cost",
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
    checked: Checked | None = None,
) -> None:
    """Write the map of a run.

    Parameters
    ----------
    scene, rasters, gaps, proposal, plans
        Results.
    path : Path
        Of the file; fresh rasters lie in the folder ``coverage`` beside it.
    detail : GapDetail or None
        Lets a hamlet tell why it lacks a service and what would mend it.
    checked : Checked or None
        Gives the links of the proposed stations, and the verdicts with them built.
    """
    pieces = Pieces(scene.options.project.cache / PIECES)
    content = _content(scene, rasters, gaps, proposal, plans, path.parent, pieces)
    if detail is not None:
        profiles = hamlet_profiles(scene, detail)
        content = replace(content, reasons=detail.reasons_table, profiles=profiles)
    if checked is not None:
        content = replace(content, **_of_check(scene, gaps, proposal, checked))
    write_map(path, content, pieces=pieces, workers=scene.options.workers)
    pieces.save()


def _content(
    scene: Scene,
    rasters: CoverageRasters,
    gaps: Gaps,
    proposal: Proposal,
    plans: Plans,
    written: Path,
    pieces: Pieces,
) -> MapContent:
    technologies = list(rasters.level_dbm)
    by_operator = operator_layers(scene, technologies, written)
    footprints, merged = map_footprints(scene, proposal, pieces, by_operator=not by_operator)
    return MapContent(
        **base_values(scene, gaps.table, map_proposals(scene, proposal)),
        coverage=coverage_layers(scene, technologies, written, rasters.files),
        plan_items=plans.verification.items,
        cells=scene.layers.cells[scene.cells.active(scene.day)],
        operator_coverage=by_operator or merged,
        footprints=footprints,
        plan_months=plans.item_months,
    )


def _of_check(scene: Scene, gaps: Gaps, proposal: Proposal, checked: Checked) -> dict[str, Any]:
    share, synthetic = (
        scene.options.project.siting_rules.fresnel_share,
        scene.options.project.project.synthetic,
    )
    return {
        "links": backhaul_links(scene, checked.audit),
        "link_profiles": {
            walk.station_id: link_plot(walk, share, "en", synthetic=synthetic)
            for walk in checked.audit.evaluation.walks
            if walk.kind == "microwave" and len(walk.distance_km)
        },
        "hamlets_after": proposal_hamlets(scene, gaps, proposal, checked),
    }


def base_values(scene: Scene, villages: gpd.GeoDataFrame, proposals: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what every form of the map shows of a project: the fields of `maps.base_content.BaseContent`.

    Parameters
    ----------
    scene : Scene
    villages : GeoDataFrame
        With verdicts where there are any.
    proposals : GeoDataFrame
        Under the names that the map knows; may be empty.
    """
    project, read = scene.options.project, scene.layers
    currency = project.costs.currency
    return {
        "title": project.project.name,
        "language": "vi" if scene.options.language == "vi" else "en",
        "synthetic": project.project.synthetic,
        "as_of": scene.options.as_of,
        "grid": read.grid,
        "terrain_m": read.terrain_m,
        "land": read.land,
        "operators": project.operators,
        "villages": villages,
        "masts": masts_of_day(scene),
        "communes": read.communes,
        "places": read.places,
        "proposals": proposals,
        "currency": {one: unit_words(currency, one) for one in LANGUAGES},
        "assumptions": {one: assumptions(scene, one) for one in LANGUAGES},
        "data_versions": tuple((name, key[:HASH_SHOWN]) for name, key in sorted(read.file_hashes.items())),
    }


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
