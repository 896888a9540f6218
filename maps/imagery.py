"""Rasters of the run's metric grid as small pictures that lie right on a Web Mercator map.

A browser stretches a picture linearly between two corners, so everything is warped to EPSG:3857 first: an
unwarped raster lies up to 512 m off in a province of Quảng Ninh's size.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import calculate_default_transform, reproject

from ..gis_data.grid import Grid
from .palette import COAST, LAND, SEA
from .transforms import transformer

__all__ = ["WebFrame", "hillshade", "relief_picture", "warp", "web_frame"]

_WEB = "EPSG:3857"
_Scalar = TypeVar("_Scalar", bound=np.generic)
_LIGHTS = ((315.0, 0.55), (0.0, 0.2), (270.0, 0.25))  # azimuth (°), weight: ridges of every direction show
_LIGHT_ALTITUDE_DEG = 42.0


@dataclass(frozen=True)
class WebFrame:
    """The rectangle in Web Mercator that a picture fills.

    Attributes
    ----------
    left, top : float
        Outer corner (EPSG:3857 metres).
    pixel : float
        Edge of a pixel (EPSG:3857 metres; about 1.07 ground metres at 21° north).
    width, height : int
        Pixels.
    """

    left: float
    top: float
    pixel: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        """Pixel to EPSG:3857."""
        return Affine(self.pixel, 0.0, self.left, 0.0, -self.pixel, self.top)

    @property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """South, west, north, east (WGS 84 degrees)."""
        to_degrees = transformer(_WEB, "EPSG:4326")
        west, north = to_degrees.transform(self.left, self.top)
        east, south = to_degrees.transform(
            self.left + self.width * self.pixel, self.top - self.height * self.pixel
        )
        return south, west, north, east


@lru_cache(maxsize=64)
def web_frame(grid: Grid, maximum_pixels: int) -> WebFrame:
    """Return the frame that holds `grid`, at its own resolution or the finest that `maximum_pixels` allows.

    Parameters
    ----------
    grid : Grid
    maximum_pixels : int
        Width times height of the picture, >= 1. A browser holds four bytes of memory for each.
    """
    transform, width, height = calculate_default_transform(
        CRS.from_user_input(grid.crs), CRS.from_user_input(_WEB), grid.columns, grid.rows, *grid.bounds
    )
    coarser = max(1.0, math.sqrt(width * height / maximum_pixels))
    return WebFrame(
        left=transform.c,
        top=transform.f,
        pixel=transform.a * coarser,
        width=max(1, math.floor(width / coarser)),
        height=max(1, math.floor(height / coarser)),
    )


def warp(
    array: NDArray[_Scalar], grid: Grid, frame: WebFrame, resampling: Resampling, outside: float
) -> NDArray[_Scalar]:
    """Return `array` of `grid` on `frame`; `outside` fills what the grid does not reach."""
    warped = np.full((frame.height, frame.width), outside, dtype=array.dtype)
    reproject(
        source=array,
        destination=warped,
        src_transform=Affine.from_gdal(*grid.gdal_transform),
        src_crs=CRS.from_user_input(grid.crs),
        dst_transform=frame.transform,
        dst_crs=CRS.from_user_input(_WEB),
        src_nodata=outside,
        dst_nodata=outside,
        resampling=resampling,
        tolerance=0.1,
        num_threads=1,
    )
    return warped


def hillshade(height_m: NDArray[np.floating], pixel_m: float, exaggeration: float) -> NDArray[np.float64]:
    """Return the brightness of a surface lit from the north-west and more weakly from north and west.

    Parameters
    ----------
    height_m : ndarray, (rows, columns)
        NaN counts as 0.
    pixel_m : float
        Ground edge of a pixel (m).
    exaggeration : float
        Factor on the heights.

    Returns
    -------
    ndarray of float64
        Lambert's cosine, 0 … 1; flat ground has sin(42°) = 0.67.
    """
    surface = np.nan_to_num(np.asarray(height_m, dtype=np.float64)) * exaggeration
    down, right = np.gradient(surface, pixel_m) if min(surface.shape) > 1 else (0 * surface, 0 * surface)
    length = np.sqrt(1 + down**2 + right**2)
    altitude = math.radians(_LIGHT_ALTITUDE_DEG)
    shade = np.zeros_like(surface)
    for azimuth_deg, weight in _LIGHTS:
        azimuth = math.radians(azimuth_deg)
        towards_east, towards_north = math.sin(azimuth), math.cos(azimuth)
        facing = math.sin(altitude) + math.cos(altitude) * (down * towards_north - right * towards_east)
        shade += weight * np.clip(facing / length, 0.0, 1.0)
    return shade


def relief_picture(
    terrain_m: NDArray[np.floating], land: NDArray[np.uint8], grid: Grid, frame: WebFrame
) -> str:
    """Return shaded relief with the sea in blue as a WebP data URI; transparent outside the grid.

    Parameters
    ----------
    terrain_m : ndarray, grid.shape
        Height (m), NaN in voids.
    land : ndarray of uint8, grid.shape
        1 land, 0 sea.
    """
    nowhere = -32768.0
    height = np.where(np.isnan(terrain_m), 0.0, terrain_m).astype(np.float32)
    height_web = warp(height, grid, frame, Resampling.bilinear, outside=nowhere)
    land_web = warp(land.astype(np.float32), grid, frame, Resampling.bilinear, outside=nowhere)
    inside = height_web != nowhere
    ground_pixel_m = frame.pixel * math.cos(math.radians(_middle_latitude(frame)))
    shade = hillshade(np.where(inside, height_web, 0.0), ground_pixel_m, _exaggeration(ground_pixel_m))
    flat = math.sin(math.radians(_LIGHT_ALTITUDE_DEG))
    brightness = np.clip(1.0 + 0.62 * (shade - flat), 0.45, 1.12)[..., None]
    ground = np.array(LAND) * brightness * _tint(np.asarray(height_web, dtype=np.float64))
    share_of_land = np.clip(land_web, 0.0, 1.0)[..., None]
    colour = share_of_land * ground + (1 - share_of_land) * np.array(SEA)
    line = _coast(land_web > 0.5, inside)[..., None]
    colour = (1 - line) * colour + line * np.array(COAST)
    rgba = np.dstack((np.clip(colour, 0, 255), np.where(inside, 255, 0))).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "WEBP", quality=62, method=4)
    return _data_uri(buffer, "image/webp")


def _coast(land: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much of each pixel the coast line takes: nothing along the edge of the picture."""
    edge = np.zeros(land.shape, dtype=bool)
    edge[1:] |= (land[1:] != land[:-1]) & inside[1:] & inside[:-1]
    edge[:, 1:] |= (land[:, 1:] != land[:, :-1]) & inside[:, 1:] & inside[:, :-1]
    return np.where(edge, 0.75, 0.0)


def _tint(height_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return faint hypsometric factors: green lowland, warm hills."""
    share = np.clip(height_m / 900.0, 0.0, 1.0)[..., None]
    lowland, upland = np.array((0.955, 0.985, 0.93)), np.array((0.985, 0.95, 0.89))
    return lowland + share * (upland - lowland)


def _exaggeration(pixel_m: float) -> float:
    """Return more for coarse pixels, which smooth the slopes away: 1.6 at 30 m, 2.2 at 90 m, 3.5 at 450 m."""
    return float(np.clip(1.6 * (pixel_m / 30.0) ** 0.29, 1.3, 4.0))


def _middle_latitude(frame: WebFrame) -> float:
    south, _, north, _ = frame.bounds_deg
    return (south + north) / 2


def _data_uri(buffer: io.BytesIO, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
