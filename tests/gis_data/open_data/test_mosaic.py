"""Tiles side by side, onto one grid."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.enums import Resampling

from phusong.gis_data.grid import grid_over
from phusong.gis_data.open_data import ground
from phusong.gis_data.open_data.ground import (
    CLUTTER_M,
    ground_from_tiles,
    land_cover_tiles,
    sea_mask,
    terrain_tiles,
)
from phusong.gis_data.open_data.http_client import FetchError
from phusong.gis_data.open_data.mosaic import warp_tiles


def plane(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return 1000.0 * (lon - 107.0) + 3000.0 * (lat - 21.0)


def tile(make_raster: Any, folder: Path, lat: int, lon: int, pixels: int = 240) -> Path:
    """A tile of GLO-30's geometry that holds a plane: half a pixel beyond the degree, east edge left out."""
    step = 1.0 / pixels
    west, north = lon - step / 2, lat + 1 + step / 2
    x, y = np.meshgrid(west + (np.arange(pixels) + 0.5) * step, north - (np.arange(pixels) + 0.5) * step)
    path = folder / f"{lat}_{lon}_{pixels}.tif"
    path.write_bytes(make_raster(plane(x, y).astype(np.float32), west, north, step))
    return path


def test_there_is_no_seam_where_tiles_meet(tmp_path: Path, make_raster: Any) -> None:
    paths = [tile(make_raster, tmp_path, lat, lon) for lat in (20, 21) for lon in (106, 107)]
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    x, y = to_grid.transform(107.0, 21.0)  # where four tiles meet
    grid = grid_over((x - 9_000, y - 9_000, x + 9_000, y + 9_000), "EPSG:32648", 30.0)
    found = warp_tiles(paths, grid, Resampling.bilinear, "float32", np.nan)
    columns = grid.x_left_m + (np.arange(grid.columns) + 0.5) * 30.0
    rows = grid.y_top_m - (np.arange(grid.rows) + 0.5) * 30.0
    lon, lat = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform(
        *np.meshgrid(columns, rows)
    )
    # bilinear gives a plane back exactly; what is left is GDAL's straight-line approximation within a block
    assert np.abs(found - plane(np.asarray(lon), np.asarray(lat))).max() < 0.02


def test_beyond_the_tiles_there_is_nothing(tmp_path: Path, make_raster: Any) -> None:
    path = tile(make_raster, tmp_path, 21, 107)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True).transform(107.0, 21.5)
    grid = grid_over((x - 5000, y - 5000, x + 5000, y + 5000), "EPSG:32648", 100.0)
    found = warp_tiles([path], grid, Resampling.bilinear, "float32", np.nan)
    assert 0.4 < np.isnan(found).mean() < 0.6
    assert np.isnan(warp_tiles([], grid, Resampling.bilinear, "float32", np.nan)).all()


def test_tiles_of_two_resolutions_are_both_used(tmp_path: Path, make_raster: Any) -> None:
    """North of 50° GLO-30's columns are wider."""
    paths = [tile(make_raster, tmp_path, 21, 107, 240), tile(make_raster, tmp_path, 20, 107, 160)]
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True).transform(107.5, 21.0)
    grid = grid_over((x - 10_000, y - 10_000, x + 10_000, y + 10_000), "EPSG:32648", 100.0)
    found = warp_tiles(paths, grid, Resampling.bilinear, "float32", np.nan)
    assert not np.isnan(found).any()


def test_tiles_that_do_not_fit_together_or_cannot_be_read_are_said(tmp_path: Path, make_raster: Any) -> None:
    grid = grid_over((700_000, 2_320_000, 720_000, 2_330_000), "EPSG:32648", 100.0)
    first = tile(make_raster, tmp_path, 21, 107)
    (tmp_path / "off.tif").write_bytes(make_raster(np.ones((240, 240), np.float32), 105.9991, 21, 1 / 240))
    with pytest.raises(FetchError, match="lattice"):
        warp_tiles([first, tmp_path / "off.tif"], grid, Resampling.nearest, "float32", np.nan)
    first.write_bytes(first.read_bytes()[:2000])
    with pytest.raises(FetchError, match=r"not rasters that can be read"):
        warp_tiles([first], grid, Resampling.nearest, "float32", np.nan)


@given(st.floats(-179, 178), st.floats(-79, 78), st.floats(0.01, 1.5), st.floats(0.01, 1.5))
def test_every_corner_lies_in_a_tile_that_is_named(
    west: float, south: float, wide: float, high: float
) -> None:
    bounds = (west, south, min(west + wide, 180), min(south + high, 84))
    names, covers = terrain_tiles(bounds), land_cover_tiles(bounds)
    for lon in (bounds[0], bounds[2] - 1e-9):
        for lat in (bounds[1], bounds[3] - 1e-9):
            degree, third = (int(np.floor(lat)), int(np.floor(lon))), (int(lat // 3 * 3), int(lon // 3 * 3))
            north, east = "N" if degree[0] >= 0 else "S", "E" if degree[1] >= 0 else "W"
            assert (
                f"Copernicus_DSM_COG_10_{north}{abs(degree[0]):02d}_00_{east}{abs(degree[1]):03d}_00_DEM"
                in names
            )
            north, east = "N" if third[0] >= 0 else "S", "E" if third[1] >= 0 else "W"
            assert f"{north}{abs(third[0]):02d}{east}{abs(third[1]):03d}" in covers


def test_the_names_are_the_public_ones() -> None:
    assert doctest.testmod(ground).failed == 0
    assert "Copernicus_DSM_COG_10_N21_00_E107_00_DEM" in terrain_tiles((106.4, 20.7, 108.1, 21.7))
    assert "Copernicus_DSM_COG_10_S01_00_W079_00_DEM" in terrain_tiles((-78.6, -0.4, -78.4, -0.1))
    assert land_cover_tiles((106.4, 20.7, 108.1, 21.7)) == ["N18E105", "N18E108", "N21E105", "N21E108"]
    assert land_cover_tiles((-78.6, -0.4, -78.4, -0.1)) == ["S03W081"]


def test_ponds_and_lakes_are_land_and_the_sea_is_sea() -> None:
    heights = np.zeros((120, 120), np.float32)
    classes = np.full((120, 120), 10, np.uint8)
    heights[:60] = 50.0
    classes[90:] = 80  # the sea, at the edge
    classes[70:75, 20:25] = 80  # a pond at sea level: 25 pixels of 900 m²
    classes[20:55, 50:90] = 80  # a lake of more than a square kilometre, 50 m up
    heights[100:, :10] = np.nan  # a tile that does not exist
    sea = sea_mask(heights, classes, 30.0)
    assert sea[90:].all() and not sea[:90].any()


def test_land_without_a_tile_is_a_void_and_counted(tmp_path: Path, make_raster: Any) -> None:
    grid = grid_over((710_000, 2_330_000, 720_000, 2_340_000), "EPSG:32648", 100.0)
    cover = tmp_path / "cover.tif"
    cover.write_bytes(make_raster(np.full((300, 300), 40, np.uint8), 106, 22, 0.01, nodata=0))
    found = ground_from_tiles([], [cover], grid)
    assert found.voids == grid.rows * grid.columns and found.land is not None and found.land.all()
    without_cover = ground_from_tiles([], None, grid)
    assert (
        without_cover.voids == 0 and without_cover.height_m is not None and not without_cover.height_m.any()
    )


def test_every_class_has_a_height_of_p1812() -> None:
    """Classes of WorldCover v200; heights of ITU-R P.1812-8, § 3.2, Table 2."""
    table_2 = {"water/sea": 0, "open/rural": 0, "suburban": 10, "urban/trees/forest": 15, "dense urban": 20}
    category = {10: "urban/trees/forest", 50: "suburban", 80: "water/sea", 95: "urban/trees/forest"}
    classes = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
    assert {number: table_2[category.get(number, "open/rural")] for number in classes} == CLUTTER_M
