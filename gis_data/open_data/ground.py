"""Terrain, land and clutter from Copernicus GLO-30 and ESA WorldCover tiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from scipy import ndimage

from ..grid import Grid
from .downloads import Downloader, Wanted
from .http_client import Request
from .mosaic import warp_tiles, write_raster
from .remote_window import fetch_window
from .request_area import Bounds, degrees_of
from .sources import SOURCES

__all__ = [
    "CLUTTER_M",
    "CLUTTER_SOURCE",
    "Ground",
    "fetch_cover",
    "fetch_terrain",
    "ground_from_tiles",
    "land_cover_tiles",
    "terrain_tiles",
    "write_ground",
]

_Floats = NDArray[np.float32]
_Bytes = NDArray[np.uint8]
_EDGE_DEG = 0.001  # GLO-30 tiles begin half a pixel beyond the full degree
WATER, NOTHING = 80, 0
CLUTTER_SOURCE = (
    "representative clutter heights of ITU-R P.1812-8, section 3.2, Table 2 (water/sea and open/rural 0 m, "
    "suburban 10 m, urban/trees/forest 15 m), by class of ESA WorldCover; one class holds all that is built "
    "up: taken for suburban"
)
CLUTTER_M = {10: 15, 20: 0, 30: 0, 40: 0, 50: 10, 60: 0, 70: 0, 80: 0, 90: 0, 95: 15, 100: 0}
"""Height (m) by WorldCover class: tree cover, shrubland, grassland, cropland, built-up, bare, snow, water,
herbaceous wetland, mangroves, moss."""
_SEA_AT_MOST_M = 1.0
"""GLO-30 has its seas flattened at 0 m; ponds behind dykes have a height of their own."""
_SEA_AT_LEAST_M2 = 1e6
"""Water at sea level that is smaller and does not touch the edge is a pond: our choice."""


@dataclass(frozen=True)
class Ground:
    """What the tiles say on the grid.

    Attributes
    ----------
    height_m : ndarray of float32 or None, (rows, columns)
        Surface (canopy and roofs included); 0 at sea, NaN where no tile has it on land.
    land : ndarray of uint8 or None
        1 land, 0 sea.
    clutter_m : ndarray of uint8 or None
    grid : Grid
    voids : int
        Pixels of land without height.
    """

    height_m: _Floats | None
    land: _Bytes | None
    clutter_m: _Bytes | None
    grid: Grid
    voids: int = 0


def terrain_tiles(bounds: Bounds) -> list[str]:
    """Return the names of the GLO-30 tiles that touch an area: by the south-west corner, one degree each.

    >>> terrain_tiles((107.2, 21.1, 107.4, 21.2))
    ['Copernicus_DSM_COG_10_N21_00_E107_00_DEM']
    """
    return [
        f"Copernicus_DSM_COG_10_{_side(lat, 'NS', 2)}_00_{_side(lon, 'EW', 3)}_00_DEM"
        for lat, lon in _corners(bounds, 1)
    ]


def land_cover_tiles(bounds: Bounds) -> list[str]:
    """Return the names of the WorldCover tiles that touch an area: by the south-west corner, 3° each.

    >>> land_cover_tiles((107.2, 21.1, 107.4, 21.2))
    ['N21E105']
    """
    return [f"{_side(lat, 'NS', 2)}{_side(lon, 'EW', 3)}" for lat, lon in _corners(bounds, 3)]


def _corners(bounds: Bounds, size: int) -> list[tuple[int, int]]:
    west, south, east, north = bounds
    lats = range(_floor(south - _EDGE_DEG, size), _floor(north + _EDGE_DEG, size) + 1, size)
    lons = range(_floor(west - _EDGE_DEG, size), _floor(east + _EDGE_DEG, size) + 1, size)
    return [(lat, lon) for lat in lats for lon in lons if -90 <= lat < 90 and -180 <= lon < 180]


def _floor(degrees: float, size: int) -> int:
    return math.floor(degrees / size) * size


def _side(degrees: int, letters: str, digits: int) -> str:
    return f"{letters[0] if degrees >= 0 else letters[1]}{abs(degrees):0{digits}d}"


def fetch_terrain(downloader: Downloader, base: str, grid: Grid) -> list[Path]:
    """Return the GLO-30 tiles of a grid; those of the open sea do not exist."""
    paths = []
    for name in terrain_tiles(degrees_of(grid)):
        wanted = Wanted(f"{name}.tif", "terrain", Request(f"{base}/{name}/{name}.tif"), may_be_absent=True)
        path = downloader.fetch(wanted)
        if path is not None:
            paths.append(path)
    return paths


def fetch_cover(downloader: Downloader, base: str, grid: Grid) -> list[Path]:
    """Return the parts of the WorldCover tiles of a grid (a tile is 3° wide and 50 to 150 MB large)."""
    paths = []
    for tile in land_cover_tiles(degrees_of(grid)):
        name = f"ESA_WorldCover_10m_2021_v200_{tile}_Map.tif"
        url = f"{base}/v200/2021/map/{name}"
        wanted = Wanted(name, "land_cover", Request(url), may_be_absent=True)
        path = fetch_window(downloader, wanted, degrees_of(grid))
        if path is not None:
            paths.append(path)
    return paths


def ground_from_tiles(terrain: Sequence[Path] | None, cover: Sequence[Path] | None, grid: Grid) -> Ground:
    """Return terrain, land and clutter on the grid; None stands for tiles that were not fetched."""
    heights = None if terrain is None else warp_tiles(terrain, grid, Resampling.bilinear, "float32", math.nan)
    classes = None if cover is None else warp_tiles(cover, grid, Resampling.mode, "uint8", NOTHING)
    if heights is not None and classes is None:
        heights[np.isnan(heights)] = 0.0  # "ocean areas do not have tiles"
    if heights is None or classes is None:
        return Ground(heights, None, None if classes is None else _clutter(classes), grid)
    sea = sea_mask(heights, classes, grid.resolution_m)
    heights[np.isnan(heights) & sea] = 0.0
    voids = int(np.isnan(heights).sum())
    return Ground(heights, (~sea).astype(np.uint8), _clutter(classes), grid, voids)


def sea_mask(heights: _Floats, classes: _Bytes, resolution_m: float) -> NDArray[np.bool_]:
    """Return which pixels are sea: water at sea level, or beyond all tiles, in bodies of a square kilometre.

    A body of water that touches the edge of the grid is sea whatever its size.
    """
    with np.errstate(invalid="ignore"):
        low = np.isnan(heights) | (np.abs(heights) <= _SEA_AT_MOST_M)
    water = ((classes == WATER) | (classes == NOTHING)) & low
    labels, count = ndimage.label(water, structure=np.ones((3, 3), dtype=bool))
    large = np.bincount(labels.ravel(), minlength=count + 1) * resolution_m**2 >= _SEA_AT_LEAST_M2
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        large[edge] = True
    large[0] = False
    return np.asarray(large[labels], dtype=bool)


def _clutter(classes: _Bytes) -> _Bytes:
    table = np.zeros(256, dtype=np.uint8)
    for number, height_m in CLUTTER_M.items():
        table[number] = height_m
    return table[classes]


def write_ground(ground: Ground, folder: Path) -> list[str]:
    """Write what there is of terrain.tif, land.tif and clutter.tif; return their names."""
    transform = Affine.from_gdal(*ground.grid.gdal_transform)
    terrain, cover = SOURCES["terrain"], SOURCES["land_cover"]
    made_of = {"LICENCE": cover.licence, "ATTRIBUTION": cover.attribution, "SOURCE": cover.title}
    written = []
    if ground.height_m is not None:
        tags = {"LICENCE": terrain.licence, "ATTRIBUTION": terrain.attribution, "SOURCE": terrain.title}
        write_raster(
            folder / "terrain.tif", ground.height_m, transform, ground.grid.crs, nodata=math.nan, unit="m",
            description="surface height above EGM2008 (canopy and roofs included)", tags=tags,
            overviews="AVERAGE",
        )  # fmt: skip
        written.append("terrain.tif")
    if ground.land is not None:
        both = {**made_of, "ATTRIBUTION": f"{cover.attribution}; {terrain.attribution}"}
        write_raster(
            folder / "land.tif", ground.land, transform, ground.grid.crs, nodata=None, unit="1",
            description="1 land, 0 sea", tags=both, overviews="MODE",
        )  # fmt: skip
        written.append("land.tif")
    if ground.clutter_m is not None:
        write_raster(
            folder / "clutter.tif", ground.clutter_m, transform, ground.grid.crs, nodata=None, unit="m",
            description="representative clutter height", tags={**made_of, "HEIGHTS": CLUTTER_SOURCE},
            overviews="MODE",
        )  # fmt: skip
        written.append("clutter.tif")
    return written
