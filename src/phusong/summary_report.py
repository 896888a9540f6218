"""The report for decision makers and the figures of a run: from the results to what they say."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .area_totals import area_table
from .coverage.cells import PointLevels
from .coverage.propagation.models import model_named
from .coverage.siting.proposal import Proposal
from .coverage_years import coverage_years
from .file_names import file_names
from .gap_detail import GapDetail
from .gis_data.units import unit_words
from .maps.figures_base import MAP_COLOURS, MOST_PIXELS
from .maps.kept_pictures import KeptPictures
from .maps.pieces import Pieces
from .maps.summary_report import write_summary_report
from .maps.summary_report_content import SummaryContent
from .maps.words import Language
from .plan_reports import report_assumptions
from .scene import Scene
from .stages import CoverageRasters, Gaps, Plans

__all__ = ["RunResults", "summary_content", "write_figures", "write_report"]

_HASH_SHOWN = 16
_FIGURE_DOTS_PER_INCH = 200
_PICTURES = "report-pictures.bin"


@dataclass(frozen=True)
class RunResults:
    """What the stages of a run made.

    Attributes
    ----------
    rasters : CoverageRasters
    levels : PointLevels
    gaps : Gaps
    detail : GapDetail
    proposal : Proposal
    plans : Plans
    areas : DataFrame or None
        `area_totals.area_table`; None: it is made.
    """

    rasters: CoverageRasters
    levels: PointLevels
    gaps: Gaps
    detail: GapDetail
    proposal: Proposal
    plans: Plans
    areas: pd.DataFrame | None = None


def summary_content(scene: Scene, results: RunResults) -> SummaryContent:
    """Gather what the report and the figures say.

    Parameters
    ----------
    scene : Scene
    results : RunResults
    """
    project, layers, proposal = scene.options.project, scene.layers, results.proposal
    language: Language = "vi" if scene.options.language == "vi" else "en"
    places = [(station.x_m, station.y_m) for station in proposal.stations]
    return SummaryContent(
        area=project.project.name,
        language=language,
        synthetic=project.project.synthetic,
        as_of=scene.options.as_of,
        version=version("phusong"),
        currency=unit_words(proposal.currency, language),
        horizon_years=project.costs.horizon_years,
        villages=results.gaps.table,
        totals=results.gaps.totals,
        reasons=pd.DataFrame(results.detail.reasons_table.drop(columns="geometry")),
        operators=results.detail.operators,
        sharing=results.detail.sharing,
        places=pd.DataFrame(results.detail.places.drop(columns="geometry")),
        areas=_areas(scene, results),
        years=coverage_years(scene, results.levels),
        undated_cells=int(np.isnat(scene.cells.on_air).sum()),
        cells=len(scene.cells),
        proposal=proposal,
        stations=gpd.GeoDataFrame(
            {"station_id": [station.station_id for station in proposal.stations]},
            geometry=gpd.points_from_xy([x for x, _ in places], [y for _, y in places]),
            crs=layers.grid.crs,
        ),
        completion=results.plans.verification.completion,
        timeline=results.plans.timeline,
        plan_items=results.plans.verification.items,
        masts=_masts(scene),
        communes=layers.communes,
        terrain_m=layers.terrain_m,
        land=layers.land,
        grid=layers.grid,
        rules=scene.rule.technologies,
        levels_dbm=results.rasters.coarse_dbm(MOST_PIXELS),
        model=model_named(scene.settings.model).label,
        receiver_height_m=scene.settings.receiver_height_m,
        criteria=(project.criteria.preset, project.criteria.date),
        costs=(project.costs.preset, project.costs.date),
        assumptions=report_assumptions(scene, language),
        data_versions=tuple((f, key[:_HASH_SHOWN]) for f, key in sorted(layers.file_hashes.items())),
        levels_key={t: results.rasters.files[f"{t.lower()}_level"].digest for t in results.rasters.level_dbm},
        pictures=KeptPictures(Pieces(project.cache / _PICTURES)),
    )


def write_report(content: SummaryContent, out: Path) -> list[Path]:
    """Write ``report.html``, ``report.docx`` and ``report.pdf`` into `out`; return their paths."""
    written = write_summary_report(out, content)
    content.pictures.save()
    return written


def write_figures(content: SummaryContent, out: Path) -> list[Path]:
    """Write every figure as PNG and SVG into ``figures/`` of `out`; return their paths."""
    # matplotlib: a report whose pictures are kept goes without
    from .maps.figures_set import run_figures
    from .maps.figures_style import png_bytes, svg_bytes

    folder = out / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    names = file_names(sorted({str(plan) for plan in content.timeline["plan_id"]}))
    written = []
    for name, figure in run_figures(content, names):
        for path, made in (
            (folder / f"{name}.png", png_bytes(figure, _FIGURE_DOTS_PER_INCH, colours=MAP_COLOURS)),
            (folder / f"{name}.svg", svg_bytes(figure)),
        ):
            path.write_bytes(made)
            written.append(path)
    return written


def _areas(scene: Scene, results: RunResults) -> pd.DataFrame:
    """`AREA_TOTALS` over all, any operator; no rows without communes that are areas."""
    table = area_table(scene, results.rasters) if results.areas is None else results.areas
    return table[(table["scope"] == "all") & (table["operator"] == "")]


def _masts(scene: Scene) -> gpd.GeoDataFrame:
    """Masts with the technologies on air on them."""
    on_air = scene.cells.take(scene.cells.active(scene.day))
    found: dict[str, set[str]] = {}
    for mast, technology in zip(on_air.mast_id.tolist(), on_air.technology.tolist(), strict=True):
        found.setdefault(mast, set()).add(technology)
    masts = scene.layers.masts
    texts = [";".join(sorted(found.get(str(mast), set()))) for mast in masts["mast_id"]]
    return masts[["mast_id", "geometry"]].assign(technologies=texts)
