"""What a map shows: one frozen bundle of results, independent of how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..gis_data.grid import Grid
from .words import Language

__all__ = ["CoverageLayer", "MapContent"]


@dataclass(frozen=True)
class CoverageLayer:
    """Predicted coverage with one technology, best server of all operators.

    Attributes
    ----------
    technology : {"2G", "3G", "4G", "5G"}
    threshold_dbm : float
        Level that counts as usable outdoors.
    probability : float
        P(covered) that counts as covered, 0 … 1.
    sigma_db : float
        Standard deviation behind `p_covered` (dB).
    level_dbm : ndarray of float32, grid.shape
        Median level of the strongest cell; NaN where none is heard.
    p_covered : ndarray of float32, grid.shape
        Probability that the level reaches the threshold, 0 … 1; NaN where there is none.
    """

    technology: str
    threshold_dbm: float
    probability: float
    sigma_db: float
    level_dbm: NDArray[np.float32]
    p_covered: NDArray[np.float32]


@dataclass(frozen=True)
class MapContent:
    """Everything that `write_map` draws.

    Tables are GeoDataFrames with a CRS (any: they are drawn in WGS 84). An optional table may be empty, with
    or without its columns.

    Attributes
    ----------
    title : str
    language : {"vi", "en"}
        Language at opening; the reader can switch.
    synthetic : bool
        True shows "SYNTHETIC DATA / dữ liệu giả lập" for as long as the map is open, and in print.
    as_of : date
        The network of this day.
    grid : Grid
    terrain_m : ndarray of float32, grid.shape
        Height (m); NaN in voids.
    land : ndarray of uint8, grid.shape
        1 land, 0 sea.
    coverage : tuple of CoverageLayer
        In the order in which they are offered.
    operators : tuple of str
        In the order of the project: fixes their colours.
    villages : GeoDataFrame
        `gis_data.result_schema.VILLAGE_VERDICTS`: village_id, name, commune, population, households,
        grid_power, verdict, confidence, and per technology
        ``level_4g_dbm``, ``p_4g``, ``served_4g``,
        ``share_people_4g``, ``best_cell_4g``, and decided_by (those that
        exist are shown). An area is drawn at its representative point.
    masts : GeoDataFrame
        mast_id, owner, kind, height_m, commune, operators and technologies (texts separated by ";").
    communes : GeoDataFrame
        name and, where known, kind and population; polygons are outlined, points are named only.
    places : GeoDataFrame
        name, kind, required_technology.
    proposals : GeoDataFrame
        station_id, host_kind, host_id, shared_with, operator, technologies, antenna_height_m,
        cost_million_vnd, people_served, backhaul, and villages_served: the ids of the hamlets (a tuple, or a
        text separated by ";"), which ties a hamlet to its remedy, or only their number.
    plan_items : DataFrame
        `gis_data.result_schema.PLAN_STATUS`: plan_id, item_id, kind, village_id, mast_id, operator, deadline,
        reported_on, claimed, support, reason, discrepancy.
    assumptions : mapping of language to tuple of (label, value)
        Model, thresholds, presets, in both languages.
    data_versions : tuple of (label, value)
        Files and their hashes.
    reasons : DataFrame or None
        `gis_data.gap_schema.HAMLET_REASONS`: why a hamlet lacks a service, and what would mend it.
    """

    title: str
    language: Language
    synthetic: bool
    as_of: date
    grid: Grid
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    coverage: tuple[CoverageLayer, ...]
    operators: tuple[str, ...]
    villages: gpd.GeoDataFrame
    masts: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    proposals: gpd.GeoDataFrame
    plan_items: pd.DataFrame
    assumptions: Mapping[Language, tuple[tuple[str, str], ...]]
    data_versions: tuple[tuple[str, str], ...]
    reasons: pd.DataFrame | None = None
