"""What a map shows: one frozen bundle of results, independent of how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..coverage.cells import TechnologyRule
from ..gis_data.grid import Grid
from .words import Language

__all__ = ["CoverageLayer", "Footprint", "Footprints", "HamletProfile", "MapContent", "OperatorLayer"]


@dataclass(frozen=True)
class CoverageLayer:
    """Predicted coverage with one technology, best server of all operators.

    Attributes
    ----------
    rule : TechnologyRule
        Threshold, spread and probability of the technology.
    level_dbm : ndarray of float32, grid.shape
        Median level of the strongest cell; NaN where none is heard.
    best_cell : ndarray of int32, grid.shape, or None
        That cell's row in `MapContent.cells`; -1 where none is heard. None: no best-server areas.
    """

    rule: TechnologyRule
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32] | None = None


@dataclass(frozen=True)
class OperatorLayer:
    """Predicted coverage with one technology of one operator.

    Attributes
    ----------
    technology, operator : str
    grid : Grid
        May be coarser than the map's.
    classes : ndarray of uint8, grid.shape
        Of `classes.class_edges_dbm`.
    """

    technology: str
    operator: str
    grid: Grid
    classes: NDArray[np.uint8]


@dataclass(frozen=True)
class Footprint:
    """What one mast or proposed station covers by itself with one technology.

    Attributes
    ----------
    owner_id : str
        mast_id or station_id.
    technology : str
    row, column : int
        Upper left pixel in the grid of the footprints.
    classes : ndarray of uint8, (rows, columns)
        Of `classes.class_edges_dbm`.
    """

    owner_id: str
    technology: str
    row: int
    column: int
    classes: NDArray[np.uint8]


@dataclass(frozen=True)
class Footprints:
    """Footprints of all masts and proposed stations on one grid.

    Attributes
    ----------
    grid : Grid
        May be coarser than the map's.
    masts, proposals : tuple of Footprint
    """

    grid: Grid
    masts: tuple[Footprint, ...]
    proposals: tuple[Footprint, ...]


@dataclass(frozen=True)
class HamletProfile:
    """The ground between a hamlet that lacks a service and its best candidate cell.

    Attributes
    ----------
    village_id, mast_id : str
    distance_km, height_m, clutter_m : ndarray of float64, (n,)
        From the mast (0 km) to the hamlet; ground above sea level, and the clutter on it.
    antenna_height_m, receiver_height_m : float
        Above ground.
    frequency_mhz : float
        For the Fresnel zone.
    obstacle_km : float or None
        Where the main obstacle stands.
    obstacle_db : float
        What it costs.
    """

    village_id: str
    mast_id: str
    distance_km: NDArray[np.float64]
    height_m: NDArray[np.float64]
    clutter_m: NDArray[np.float64]
    antenna_height_m: float
    receiver_height_m: float
    frequency_mhz: float
    obstacle_km: float | None
    obstacle_db: float


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
    cells : DataFrame or None
        Cells on air: cell_id, mast_id, operator, technology, frequency_mhz, antenna_height_m, azimuth_deg
        (from true north; missing for an omnidirectional antenna), mechanical_tilt_deg, electrical_tilt_deg,
        tx_power_dbm (those that exist are shown).
    operator_coverage : tuple of OperatorLayer
    footprints : Footprints or None
    profiles : tuple of HamletProfile
    plan_months : DataFrame or None
        State of every plan item at the end of each month, as `coverage.plans.verification.timelines` gives
        it: month_end, item_id, claimed, support, discrepancy.
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
    cells: pd.DataFrame | None = None
    operator_coverage: tuple[OperatorLayer, ...] = ()
    footprints: Footprints | None = None
    profiles: tuple[HamletProfile, ...] = ()
    plan_months: pd.DataFrame | None = None
