"""What the map in one file shows: one frozen bundle of results, independent of how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..cache import digest
from ..coverage.cells import TechnologyRule
from ..gis_data.grid import Grid
from .base_content import BaseContent
from .best_servers import BestServers
from .pictures import Picture
from .profile_plot import ProfilePlot

__all__ = [
    "CoverageLayer", "Footprint", "Footprints", "HamletProfile", "MapContent", "OperatorLayer",
    "OwnFootprints",
]  # fmt: skip


@dataclass(frozen=True)
class CoverageLayer:
    """Predicted coverage with one technology, best server of all operators.

    Attributes
    ----------
    rule : TechnologyRule
        Threshold, spread and probability of the technology.
    classes : Picture
        Of the median level of the strongest cell: `classes.class_edges_dbm`, 0 where none is heard.
    best : Picture, BestServers or None
        That cell's row in `MapContent.cells` plus one (`pictures.numbered`). None: no best-server areas.
    """

    rule: TechnologyRule
    classes: Picture
    best: Picture | BestServers | None = None


@dataclass(frozen=True)
class OperatorLayer:
    """Predicted coverage with one technology of one operator.

    Attributes
    ----------
    technology, operator : str
    classes : Picture
        Of `classes.class_edges_dbm`; its grid may be coarser than the map's.
    """

    technology: str
    operator: str
    classes: Picture


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
class OwnFootprints:
    """What one mast or proposed station covers by itself, swept when it is needed.

    Attributes
    ----------
    owner_id : str
        mast_id or station_id.
    key : str
        Digest of all that the footprints depend on: the same key, the same footprints.
    make : callable
        Gives a footprint for each technology, in the order of their names.
    """

    owner_id: str
    key: str
    make: Callable[[], tuple[Footprint, ...]]

    @classmethod
    def of(cls, footprints: tuple[Footprint, ...]) -> OwnFootprints:
        """Return those of one owner that are there already; at least one."""
        return cls(footprints[0].owner_id, digest(footprints), lambda: footprints)


@dataclass(frozen=True)
class Footprints:
    """Footprints of all masts and proposed stations on one grid.

    Attributes
    ----------
    grid : Grid
        May be coarser than the map's.
    masts, proposals : tuple of OwnFootprints
    """

    grid: Grid
    masts: tuple[OwnFootprints, ...]
    proposals: tuple[OwnFootprints, ...]


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


@dataclass(frozen=True, kw_only=True)
class MapContent(BaseContent):
    """Everything that `write_map` draws.

    Attributes
    ----------
    coverage : tuple of CoverageLayer
        In the order in which they are offered.
    plan_items : DataFrame
        `gis_data.result_schema.PLAN_STATUS`: plan_id, item_id, kind, village_id, mast_id, operator, deadline,
        reported_on, claimed, support, reason, discrepancy.
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
    links : GeoDataFrame or None
        `gis_data.network_schema.BACKHAUL_LINKS`: lines from proposed stations to what they are connected to.
    link_profiles : mapping of station_id to ProfilePlot
        The ground under each microwave hop.
    hamlets_after : DataFrame or None
        Hamlets in need, before and with the proposal: village_id, plan_result, people_before, people_after,
        verdict_before, verdict_after, and per technology ``level_4g_before_dbm``, ``level_4g_after_dbm``.
    """

    coverage: tuple[CoverageLayer, ...]
    plan_items: pd.DataFrame
    reasons: pd.DataFrame | None = None
    cells: pd.DataFrame | None = None
    operator_coverage: tuple[OperatorLayer, ...] = ()
    footprints: Footprints | None = None
    profiles: tuple[HamletProfile, ...] = ()
    plan_months: pd.DataFrame | None = None
    links: gpd.GeoDataFrame | None = None
    link_profiles: Mapping[str, ProfilePlot] = field(default_factory=dict)
    hamlets_after: pd.DataFrame | None = None
