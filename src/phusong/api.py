"""The planner from Python: open a project, ask it, draw the answers; what notebooks use.

>>> study = open_project(write_sample("sample"))   # doctest: +SKIP
>>> study.gaps.table["verdict"].value_counts()     # doctest: +SKIP

Every answer is computed when it is first asked for, and kept; levels are kept from one session to the next,
in the project's cache. Nothing is written among the results of ``phusong run``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pandas as pd
from matplotlib.figure import Figure

from .console import Reporter
from .coverage.cells import PointLevels
from .coverage.siting.options import Phase
from .coverage.siting.proposal import Proposal
from .errors import Problem
from .gap_detail import GapDetail, gap_detail_stage, hamlet_profile_svg, reason_words
from .gis_data.sample.write import write_sample as _write_sample
from .gis_data.units import unit_words
from .map_content import write_project_map
from .maps.figures import cost_figure
from .maps.figures_base import MapGround
from .maps.figures_map import overview_map
from .maps.frontier_plot import frontier_plot
from .maps.summary_report_content import source_line
from .maps.words import Language
from .outputs import proposal_frame
from .project import PROJECT_FILE, Project, load_project
from .scene import Options, Scene, prepare
from .siting_inputs import SitingAsk
from .stages import Gaps, Plans, coverage_stage, gaps_stage, levels_stage, plans_stage, siting_stage

__all__ = ["Study", "open_project", "write_sample"]


class _Silent(Reporter):
    """Says nothing; what is suspicious in the input stands in `Study.warnings`."""

    def problems(self, problems: Sequence[Problem]) -> None:
        """Keep quiet."""


class Study:
    """A project that has been read and checked.

    Parameters
    ----------
    scene : Scene
        Layers, and the plain arrays made of them.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._proposals: dict[SitingAsk, Proposal] = {}

    @property
    def project(self) -> Project:
        """The project file, every preset filled in."""
        return self.scene.options.project

    @property
    def warnings(self) -> list[Problem]:
        """What is suspicious in the input."""
        return self.scene.layers.warnings

    @cached_property
    def levels(self) -> PointLevels:
        """Level of every cell at every hamlet centre, cluster and place."""
        return levels_stage(self.scene)

    @cached_property
    def gaps(self) -> Gaps:
        """Verdicts: `gaps.table` has a row per hamlet, `gaps.totals` a row per commune."""
        return gaps_stage(self.scene, self.levels)

    @cached_property
    def detail(self) -> GapDetail:
        """Reasons and remedies of every hamlet that lacks a service (`detail.reasons_table`), and sums."""
        return gap_detail_stage(self.scene, self.gaps)

    @property
    def reasons(self) -> pd.DataFrame:
        """`detail.reasons_table` in words: why hamlets lack a service, and what would mend it."""
        table = pd.DataFrame(self.detail.reasons_table.drop(columns="geometry"))
        return reason_words(table, self._language)

    @cached_property
    def plans(self) -> Plans:
        """State of the plan registers."""
        return plans_stage(self.scene, self.levels)

    def proposal(
        self,
        budget: float | None = None,
        *,
        frontier: int | None = None,
        target_share: float | None = None,
        phases: tuple[Phase, ...] | None = None,
    ) -> Proposal:
        """Return the best new stations for a budget; the same question is answered once.

        Parameters
        ----------
        budget : float or None
            In the currency of ``[costs]`` (million dong); None: that of the project.
        frontier : int or None
            Make the plan for so many budgets, evenly spaced up to this one, too.
        target_share : float or None
            The cheapest plan that serves this share of the hamlets in need instead, 0 … 1.
        phases : tuple of Phase or None
            Build year by year.
        """
        ask = SitingAsk(budget=budget, frontier=frontier, target_share=target_share, phases=phases)
        if ask not in self._proposals:
            self._proposals[ask] = siting_stage(self.scene, self.gaps, ask)
        return self._proposals[ask]

    def stations(self, proposal: Proposal) -> gpd.GeoDataFrame:
        """Return the stations of a proposal as a table with their places."""
        return proposal_frame(self.scene, proposal)

    def map_figure(
        self, proposal: Proposal | None = None, *, around: str | None = None, margin_m: float = 8000.0
    ) -> Figure:
        """Return a printed map of hamlets by verdict, with the stations of a proposal where one is given.

        Parameters
        ----------
        proposal : Proposal or None
        around : str or None
            Id of a hamlet that the map is to show with its surroundings; None: the whole area.
        margin_m : float
            From that hamlet to the edges.
        """
        layers, table = self.scene.layers, self.gaps.table
        ground = MapGround(layers.terrain_m, layers.land, layers.grid, layers.communes)
        stations = table.iloc[:0] if proposal is None else self.stations(proposal)
        window = None
        if around is not None:
            at = table.loc[table["village_id"] == around].geometry.representative_point().iloc[0]
            window = (at.x - margin_m, at.y - margin_m, at.x + margin_m, at.y + margin_m)
        return overview_map(ground, table, stations, self._language, self.source, window=window)

    def cost_figure(self, proposal: Proposal) -> Figure | None:
        """Return the cost of a proposal by line; None for an empty one."""
        return cost_figure(proposal, self._currency(proposal), self._language, self.source)

    def frontier_figure(self, proposal: Proposal) -> Figure | None:
        """Return what each budget of a proposal's frontier serves; None where it has none."""
        return frontier_plot(proposal, self._currency(proposal), self._language, self.source)

    def profile_svg(self, village_id: str) -> str | None:
        """Return the ground between a hamlet and its best candidate cell; None where there is none."""
        return hamlet_profile_svg(self.scene, self.detail, village_id)

    def write_map(self, path: Path | str) -> Path:
        """Write the interactive map as one HTML file; its rasters lie in ``coverage/`` beside it."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        rasters = coverage_stage(self.scene, path.parent)
        write_project_map(
            self.scene, rasters, self.gaps, self.proposal(), self.plans, path, detail=self.detail
        )
        return path

    @property
    def source(self) -> str:
        """What stands below every figure: as of when, predicted, synthetic or not."""
        synthetic, day = self.project.project.synthetic, self.scene.options.as_of
        return source_line(version("phusong"), day, synthetic, self._language)

    @property
    def _language(self) -> Language:
        return "vi" if self.scene.options.language == "vi" else "en"

    def _currency(self, proposal: Proposal) -> str:
        return unit_words(proposal.currency, self._language)


def open_project(
    folder: Path | str,
    *,
    language: str | None = None,
    as_of: date | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    workers: int | None = None,
) -> Study:
    """Read and check a project.

    Parameters
    ----------
    folder : Path or str
        Holds phusong.toml.
    language : {"vi", "en"} or None
        Of figures and maps; None: the project's.
    as_of : date or None
        The network of the end of this day; None: the project's.
    bounds : tuple of float or None
        West, south, east, north in WGS 84 degrees: only what lies inside; None: the project's area.
    workers : int or None
        Threads; None: all cores. Results do not depend on it.

    Raises
    ------
    InputError
        The input is wrong: every problem at once.
    """
    project = load_project(Path(folder))
    if bounds is not None:
        area = project.area.model_copy(update={"bounds": bounds})
        project = project.model_copy(update={"area": area})
    spoken = language or project.project.language
    reporter = _Silent(spoken, quiet=True)
    return Study(prepare(Options(project, as_of or project.project.as_of, spoken, workers, reporter)))


def write_sample(folder: Path | str) -> Path:
    """Write the embedded synthetic province as a project, unless one is there already; return its folder."""
    folder = Path(folder)
    if not (folder / PROJECT_FILE).exists():
        _write_sample(folder)
    return folder
