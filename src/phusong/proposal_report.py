"""The report on a proposal, and its frontier as PNG and SVG: from what was computed to what they say."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pandas as pd

from .coverage.siting.proposal import Proposal
from .gis_data.units import unit_words
from .maps.figures_later import frontier_plot
from .maps.kept_pictures import KeptPictures
from .maps.pieces import Pieces
from .maps.siting_report import SitingReport, write_siting_report
from .maps.words import Language
from .outputs import proposal_frame
from .plan_reports import report_assumptions
from .proposal_links import backhaul_links, link_plot, links_table
from .scene import Scene
from .siting_check import Checked

__all__ = ["siting_report", "write_proposal_report"]

_DOTS_PER_INCH = 200
_PICTURES = "proposal-pictures.bin"


def write_proposal_report(scene: Scene, proposal: Proposal, checked: Checked, out: Path) -> list[Path]:
    """Write ``proposals.html``, ``.docx``, ``.pdf``; with a frontier also its picture as PNG and SVG."""
    report = siting_report(scene, proposal, checked)
    written = write_siting_report(out, report)
    report.pictures.save()
    if not proposal.frontier:
        return written
    figure = frontier_plot(proposal, report.currency, report.language, report.source())
    if figure is not None:
        from .maps.figures_style import png_bytes, svg_bytes  # matplotlib: only where something is drawn

        for path, made in (
            (out / "proposals-frontier.png", png_bytes(figure, _DOTS_PER_INCH)),
            (out / "proposals-frontier.svg", svg_bytes(figure)),
        ):
            path.write_bytes(made)
            written.append(path)
    return written


def siting_report(scene: Scene, proposal: Proposal, checked: Checked) -> SitingReport:
    """Gather what the report says."""
    project, layers = scene.options.project, scene.layers
    language: Language = "vi" if scene.options.language == "vi" else "en"
    villages = layers.villages.set_index(layers.villages["village_id"].astype(str))
    left = [village.village_id for village in proposal.unserved_villages]
    walks = checked.audit.evaluation.walks
    table = links_table(scene, checked.audit)
    files = {str(s): str(f) for s, f in zip(table["station_id"], table["profile"], strict=True) if f}
    share, synthetic = project.siting_rules.fresnel_share, project.project.synthetic
    return SitingReport(
        area=project.project.name,
        language=language,
        synthetic=synthetic,
        as_of=scene.options.as_of,
        version=version("phusong"),
        currency=unit_words(proposal.currency, language),
        horizon_years=project.costs.horizon_years,
        proposal=proposal,
        audit=checked.audit,
        names=_texts(villages, "name"),
        communes=_texts(villages, "commune"),
        stations=proposal_frame(scene, proposal),
        links=backhaul_links(scene, checked.audit),
        served=villages.loc[list(proposal.served_villages)],
        left=villages.loc[left],
        borders=layers.communes,
        terrain_m=layers.terrain_m,
        land=layers.land,
        grid=layers.grid,
        profiles=tuple(
            link_plot(walk, share, language, synthetic=synthetic)
            for walk in walks
            if walk.station_id in files
        ),
        profile_files=files,
        assumptions=(*_prices(scene, language), *report_assumptions(scene, language)),
        pictures=KeptPictures(Pieces(project.cache / _PICTURES)),
    )


def _prices(scene: Scene, language: Language) -> tuple[tuple[str, str], ...]:
    costs, rules = scene.options.project.costs, scene.options.project.siting_rules
    labels = ("Đơn giá", "Quy tắc kỹ thuật") if language == "vi" else ("Prices", "Engineering rules")
    values = (f"{part.preset}, {part.date}: {part.status}" for part in (costs, rules))
    return tuple(zip(labels, values, strict=True))


def _texts(villages: gpd.GeoDataFrame, column: str) -> dict[str, str]:
    if column not in villages:
        return {}
    return {str(k): "" if pd.isna(v) else str(v) for k, v in villages[column].items()}
