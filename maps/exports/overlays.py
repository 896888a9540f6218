"""Coverage as pictures in longitude and latitude, and as areas."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.features import shapes
from rasterio.warp import calculate_default_transform, reproject
from shapely.geometry import shape

from ...coverage.cells import TechnologyRule
from ...gis_data.grid import Grid
from ..classes import classify, level_edges
from ..palette import LEVEL_COLOURS
from .signs import png_bytes

__all__ = ["LEVEL_CLASSES", "GroundPicture", "coverage_areas", "ground_picture"]

LEVEL_CLASSES = ("weak", "uncertain", "covered", "strong")
"""Codes of the classes of `classes.level_edges`, weakest first."""

_WGS84 = "EPSG:4326"
_PICTURE_PIXELS = 4_000_000  # what Google Earth takes as one texture without shrinking it
_AREA_PIXELS = 1_000_000


@dataclass(frozen=True)
class GroundPicture:
    """A picture that lies on the ground between parallels and meridians.

    Attributes
    ----------
    technology : str
    png : bytes
        Transparent where there is no class.
    west, south, east, north : float
        Edges (WGS 84 degrees).
    """

    technology: str
    png: bytes
    west: float
    south: float
    east: float
    north: float


def ground_picture(
    level_dbm: NDArray[np.floating], grid: Grid, rule: TechnologyRule, *, pixels: int = _PICTURE_PIXELS
) -> GroundPicture:
    """Return the classes of the predicted level as a picture for Google Earth.

    Parameters
    ----------
    level_dbm : ndarray, grid.shape
        NaN where nothing is heard.
    grid : Grid
    rule : TechnologyRule
    pixels : int
        The most that the picture may have.
    """
    classes = classify(level_dbm, level_edges(rule))
    crs = CRS.from_user_input(grid.crs)
    transform, width, height = calculate_default_transform(
        crs, CRS.from_user_input(_WGS84), grid.columns, grid.rows, *grid.bounds
    )
    coarser = max(1.0, math.sqrt(width * height / pixels))
    width, height = max(1, math.ceil(width / coarser)), max(1, math.ceil(height / coarser))
    step = transform.a * coarser
    target = Affine(step, 0.0, transform.c, 0.0, -step, transform.f)
    drawn = np.zeros((height, width), dtype=np.uint8)
    reproject(
        classes, drawn, src_transform=Affine.from_gdal(*grid.gdal_transform), src_crs=crs,
        dst_transform=target, dst_crs=CRS.from_user_input(_WGS84), src_nodata=None, dst_nodata=0,
        resampling=Resampling.mode if coarser > 1.5 else Resampling.nearest, tolerance=0.1, num_threads=1,
    )  # fmt: skip
    west, north = transform.c, transform.f
    edges = (west, north - height * step, west + width * step, north)
    return GroundPicture(rule.technology, _palette_png(drawn), *edges)


def _palette_png(classes: NDArray[np.uint8]) -> bytes:
    picture = Image.frombytes("P", classes.shape[::-1], classes.tobytes())
    colours = [0, 0, 0]
    for colour in LEVEL_COLOURS:
        colours += [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    picture.putpalette(colours)
    picture.info["transparency"] = 0
    return png_bytes(picture)


def coverage_areas(
    level_dbm: NDArray[np.floating], grid: Grid, rule: TechnologyRule, *, pixels: int = _AREA_PIXELS
) -> gpd.GeoDataFrame:
    """Return one row per class of level: `gis_data.network_schema.COVERAGE_AREAS` but for the date.

    Parameters
    ----------
    level_dbm, grid, rule
        As for `ground_picture`.
    pixels : int
        A larger raster is made coarser first: a pixel takes the most frequent class under it.
    """
    edges = level_edges(rule)
    classes, grid = _coarser(classify(level_dbm, edges), grid, pixels)
    found: dict[int, list[Any]] = {}
    transform = Affine.from_gdal(*grid.gdal_transform)
    for outline, value in shapes(classes, mask=classes > 0, connectivity=4, transform=transform):
        found.setdefault(int(value), []).append(shape(outline))
    rows = sorted(found)
    areas = [shapely.MultiPolygon(found[k]) for k in rows]
    columns = {
        "technology": [rule.technology] * len(rows),
        "level_class": [LEVEL_CLASSES[k - 1] for k in rows],
        "from_dbm": [float(edges[k - 1]) for k in rows],
        "covered": [k >= 3 for k in rows],
        "probability": [rule.probability] * len(rows),
        "pixel_m": [grid.resolution_m] * len(rows),
    }
    return gpd.GeoDataFrame(columns, geometry=areas, crs=grid.crs)


def _coarser(classes: NDArray[np.uint8], grid: Grid, pixels: int) -> tuple[NDArray[np.uint8], Grid]:
    factor = math.ceil(math.sqrt(classes.size / pixels))
    if factor <= 1:
        return classes, grid
    rows, columns = math.ceil(grid.rows / factor), math.ceil(grid.columns / factor)
    coarse = replace(grid, resolution_m=grid.resolution_m * factor, rows=rows, columns=columns)
    padded = np.zeros((rows * factor, columns * factor), dtype=np.uint8)
    padded[: grid.rows, : grid.columns] = classes
    blocks = padded.reshape(rows, factor, columns, factor)
    counts = [(blocks == k).sum(axis=(1, 3)) for k in range(len(LEVEL_CLASSES) + 1)]
    return np.argmax(counts, axis=0).astype(np.uint8), coarse
