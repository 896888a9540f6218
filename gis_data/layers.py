"""What comes out of reading: checked tables and aligned rasters, all on one grid."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import Problem
from .grid import Grid
from .population import PopulationPixels

__all__ = ["Layers"]


@dataclass(frozen=True)
class Layers:
    """Everything a run works on.

    Point tables are GeoDataFrames in ``grid.crs`` with the columns of `gis_data.schema` (all of them,
    optional ones filled with their defaults); an optional layer that the project lacks is an empty frame
    with the same columns. Row order is by id, so that results never depend on the order of the user's file.

    Attributes
    ----------
    grid : Grid
        Shared by all rasters.
    terrain_m : ndarray of float32, (rows, columns)
        Height above sea level; NaN where the terrain file has a void inside the land.
    terrain_kind : {"dtm", "dsm"}
        Bare earth, or surface with canopy and roofs in it.
    land : ndarray of uint8, (rows, columns)
        1 land, 0 sea.
    clutter_m : ndarray of float32 or None
        Representative clutter height; None where the project has none, or where the terrain is a DSM.
    villages, clusters, masts, poles, fibre_nodes, places, measurements, communes, \
    old_communes : GeoDataFrame
    cells, plan_items, plan_decisions, commune_crosswalk : DataFrame
    file_hashes : dict
        SHA-256 of every file read, by path as the user wrote it.
    warnings : list of Problem
        Suspicious but usable input.
    population : PopulationPixels or None
        Where people live; None where the project has no such raster.
    """

    grid: Grid
    terrain_m: NDArray[np.float32]
    terrain_kind: str
    land: NDArray[np.uint8]
    clutter_m: NDArray[np.float32] | None
    villages: gpd.GeoDataFrame
    clusters: gpd.GeoDataFrame
    masts: gpd.GeoDataFrame
    cells: pd.DataFrame
    poles: gpd.GeoDataFrame
    fibre_nodes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    measurements: gpd.GeoDataFrame
    plan_items: pd.DataFrame
    plan_decisions: pd.DataFrame
    communes: gpd.GeoDataFrame
    commune_crosswalk: pd.DataFrame
    old_communes: gpd.GeoDataFrame
    file_hashes: dict[str, str]
    warnings: list[Problem]
    population: PopulationPixels | None = None
