"""The ground under the stations and samples of a calibration: rasters, or flat land where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from .coverage.cells import CellTable
from .coverage.propagation.terrain import TerrainModel
from .coverage.propagation.zones import radio_climatic_zones
from .errors import InputError, Problem
from .gis_data.drive_tests import DriveTest
from .gis_data.grid import Grid, grid_over
from .gis_data.placing import WGS84
from .gis_data.problems import ProblemList
from .gis_data.rasters import inspect_raster, land_of, read_clutter, read_terrain

__all__ = ["calibration_ground"]

_MARGIN_M = 500.0
_LARGEST_GRID = 100_000_000


def calibration_ground(
    cells: CellTable,
    drive: DriveTest,
    crs: str,
    resolution_m: float,
    terrain: Path | None,
    clutter: Path | None,
) -> TerrainModel:
    """Return the ground under stations and samples; flat land at sea level where there is no raster.

    Parameters
    ----------
    cells : CellTable
    drive : DriveTest
        Positions in `crs`.
    crs : str
        Metric.
    resolution_m : float
    terrain, clutter : Path or None
        Rasters of heights and of clutter heights, in any CRS.

    Raises
    ------
    InputError
        Stations and samples lie too far apart, or a raster cannot be used.
    """
    x, y = np.concatenate([cells.x_m, drive.x_m]), np.concatenate([cells.y_m, drive.y_m])
    known = np.isfinite(x) & np.isfinite(y)
    west, south = x[known].min() - _MARGIN_M, y[known].min() - _MARGIN_M
    east, north = x[known].max() + _MARGIN_M, y[known].max() + _MARGIN_M
    pixels = (east - west) * (north - south) / resolution_m**2
    if pixels > _LARGEST_GRID:
        mend = "take out the samples and stations that lie far off, or swapped coordinates"
        expected = f"stations and samples within {_LARGEST_GRID:,} pixels"
        raise InputError([Problem(drive.file, expected, mend, value=f"{pixels:,.0f} pixels")])
    grid = grid_over((west, south, east, north), crs, resolution_m)
    problems = ProblemList()
    heights, land = np.zeros(grid.shape, np.float32), np.ones(grid.shape, np.uint8)
    if terrain is not None:
        file = inspect_raster(Path(), str(terrain), problems)
        aligned = read_terrain(file, grid, problems) if file is not None else None
        if file is not None and aligned is not None:
            heights, land = land_of(aligned, str(terrain), None, grid, problems)
    cover = None
    if clutter is not None:
        file = inspect_raster(Path(), str(clutter), problems)
        cover = read_clutter(file, grid, problems) if file is not None else None
    problems.raise_errors()
    return _model(grid, heights, land, cover)


def _model(
    grid: Grid, heights: NDArray[np.float32], land: NDArray[np.uint8], clutter: NDArray[np.float32] | None
) -> TerrainModel:
    to_degrees = Transformer.from_crs(grid.crs, WGS84, always_xy=True)
    west, south, east, north = grid.bounds
    half = grid.resolution_m / 2
    _, top = to_degrees.transform((west + east) / 2, north - half)
    _, bottom = to_degrees.transform((west + east) / 2, south + half)
    return TerrainModel(
        height_m=heights,
        zone=radio_climatic_zones(heights, land, grid.resolution_m),
        clutter_m=clutter,
        x_left_m=grid.x_left_m,
        y_top_m=grid.y_top_m,
        resolution_m=grid.resolution_m,
        latitude_top_deg=float(top),
        latitude_bottom_deg=float(bottom),
    )
