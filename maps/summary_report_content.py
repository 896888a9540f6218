"""What the report for decision makers and its figures say: one frozen bundle of a run's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..coverage.cells import TechnologyRule
from ..coverage.siting.proposal import Proposal
from ..gis_data.grid import Grid
from .figures_base import MapGround
from .kept_pictures import KeptPictures, digest_of
from .plan_report_words import say_date
from .summary_report_words import say
from .words import Language, word

__all__ = ["DEAD", "YEAR_COLUMNS", "SummaryContent", "source_line"]

DEAD = ("no_signal", "partial_signal")
"""Verdicts of dead zones."""

YEAR_COLUMNS = (
    "year_end", "technology", "people", "people_covered", "hamlets_served", "dead_hamlets", "dead_people",
)  # fmt: skip
"""Columns of `SummaryContent.years`; the last two are the same for all technologies of a day."""


@dataclass(frozen=True)
class SummaryContent:
    """Everything that the report and the figures draw on; tables as the run has them.

    Attributes
    ----------
    area : str
    language : {"vi", "en"}
    synthetic : bool
        True stands at the head of every report and under every figure.
    as_of : date
    version : str
        Of the program.
    currency : str
        In words of the language.
    horizon_years : int
    villages : GeoDataFrame
        `gis_data.result_schema.VILLAGE_VERDICTS`, in the grid's CRS.
    totals : DataFrame
        `VILLAGE_TOTALS`.
    reasons, operators, sharing, places : DataFrame
        `gis_data.gap_schema`: `HAMLET_REASONS`, `OPERATOR_TOTALS`, `SHARING`, `PLACES_DUTY`.
    areas : DataFrame
        `AREA_TOTALS` of scope "all".
    years : DataFrame
        `YEAR_COLUMNS`: one row for each day (the last of each year, and that of the run) and technology.
    undated_cells, cells : int
        Cells without a day on which they went on air, and all.
    proposal : Proposal
    stations : GeoDataFrame
        station_id and the point of each proposed station.
    completion, timeline, plan_items : DataFrame
        `PLAN_COMPLETION`, `PLAN_TIMELINE`, `PLAN_STATUS`.
    masts : GeoDataFrame
        mast_id, and technologies on air on it (separated by ";").
    communes : GeoDataFrame
        name.
    terrain_m, land : ndarray, grid.shape
    grid : Grid
    rules : mapping of technology to TechnologyRule
    levels_dbm : mapping of technology to ndarray of float32
        Best server; NaN where none is heard. Of grid.shape, or an overview of a power of 2.
    model : str
        Name of the propagation model.
    receiver_height_m : float
    criteria, costs : (name of the preset, its date)
    assumptions, data_versions : tuple of (label, value)
    levels_key : mapping of technology to str, or None
        Digests of the rasters of `levels_dbm`, so that they need not be read to know a sheet again; None: of
        the levels themselves.
    pictures : KeptPictures
        Those of earlier runs.
    """

    area: str
    language: Language
    synthetic: bool
    as_of: date
    version: str
    currency: str
    horizon_years: int
    villages: gpd.GeoDataFrame
    totals: pd.DataFrame
    reasons: pd.DataFrame
    operators: pd.DataFrame
    sharing: pd.DataFrame
    places: pd.DataFrame
    areas: pd.DataFrame
    years: pd.DataFrame
    undated_cells: int
    cells: int
    proposal: Proposal
    stations: gpd.GeoDataFrame
    completion: pd.DataFrame
    timeline: pd.DataFrame
    plan_items: pd.DataFrame
    masts: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    grid: Grid
    rules: Mapping[str, TechnologyRule]
    levels_dbm: Mapping[str, NDArray[np.float32]]
    model: str
    receiver_height_m: float
    criteria: tuple[str, date]
    costs: tuple[str, date]
    assumptions: tuple[tuple[str, str], ...]
    data_versions: tuple[tuple[str, str], ...]
    levels_key: Mapping[str, str] | None = None
    pictures: KeptPictures = field(default_factory=KeptPictures)
    _ground_keys: dict[int, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def dead(self) -> gpd.GeoDataFrame:
        """Return the hamlets that are dead zones."""
        return self.villages[self.villages["verdict"].isin(DEAD)]

    def dead_reasons(self) -> pd.DataFrame:
        """Return the reasons of the dead zones with the `population` of their hamlets."""
        chosen = self.reasons[self.reasons["verdict"].isin(DEAD)]
        people = self.villages.set_index("village_id")["population"]
        return chosen.assign(population=chosen["village_id"].map(people))

    def ground(self) -> MapGround:
        """Return what lies under the maps."""
        return MapGround(self.terrain_m, self.land, self.grid, self.communes)

    def ground_key(self, most_pixels: int) -> str:
        """Return the digest of all that is drawn of it with at most so many pixels; taken once."""
        known = self._ground_keys
        if most_pixels not in known:
            known[most_pixels] = digest_of(self.ground().drawn(most_pixels))
        return known[most_pixels]

    def masts_with(self, technology: str) -> gpd.GeoSeries:
        """Return where the masts with a technology on air are."""
        own = [technology in text.split(";") for text in self.masts["technologies"]]
        return self.masts.geometry[own]

    def source(self) -> str:
        """Return the line below every page and every figure."""
        return source_line(self.version, self.as_of, self.synthetic, self.language)


def source_line(version: str, as_of: date, synthetic: bool, language: Language) -> str:
    """Return what stands below pages and figures: program, day, predicted, and synthetic where it is.

    Parameters
    ----------
    version : str
        Of the program.
    as_of : date
    synthetic : bool
    language : {"vi", "en"}
    """
    mark = f" · {word('synthetic', language)}" if synthetic else ""
    return say("footer", language, version=version, day=say_date(as_of, language), mark=mark)
