"""What every form of the map shows: one file, a folder of tiles, or a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from ..gis_data.grid import Grid
from .palette import operator_colours
from .words import Language

__all__ = ["BaseContent"]


@dataclass(frozen=True, kw_only=True)
class BaseContent:
    """Results that do not depend on the form of the map.

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
        station_id, host_kind, host_id, shared_with, operator, technologies, antenna_height_m, cost (in
        `currency`), people_served, backhaul, and villages_served: the ids of the hamlets (a tuple, or a text
        separated by ";"), which ties a hamlet to its remedy, or only their number.
    currency : mapping of language to str
        Unit of the costs, in words.
    assumptions : mapping of language to tuple of (label, value)
        Model, thresholds, presets, in both languages.
    data_versions : tuple of (label, value)
        Files and their hashes.
    """

    title: str
    language: Language
    synthetic: bool
    as_of: date
    grid: Grid
    terrain_m: NDArray[np.float32]
    land: NDArray[np.uint8]
    operators: tuple[str, ...]
    villages: gpd.GeoDataFrame
    masts: gpd.GeoDataFrame
    communes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    proposals: gpd.GeoDataFrame
    currency: Mapping[Language, str]
    assumptions: Mapping[Language, tuple[tuple[str, str], ...]]
    data_versions: tuple[tuple[str, str], ...] = ()

    def coloured(self, more: Iterable[str] = ()) -> list[dict[str, str]]:
        """Return names and colours: the project's operators, `more` of them, then owners who are neither."""
        owners = sorted({str(owner) for owner in self.masts["owner"]}) if len(self.masts) else []
        names = tuple(dict.fromkeys((*self.operators, *more, *owners)))
        return [{"name": name, "colour": colour} for name, colour in operator_colours(names).items()]
