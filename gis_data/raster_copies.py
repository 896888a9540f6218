"""Copies of our rasters in another CRS, for offices that work in VN-2000."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import calculate_default_transform, reproject

from .cog import Encoding, write_cog
from .grid import Grid

__all__ = ["reprojected_copy"]


def reprojected_copy(source: Path, target: Path, crs: str) -> None:
    """Write a raster of `cog.write_cog` again in another CRS: nearest pixels, so that no value is made up.

    Parameters
    ----------
    source, target : Path
    crs : str
        Of the copy.

    Raises
    ------
    OutputLockedError
        The target cannot be written.
    """
    with rasterio.open(source) as raster:
        stored, tags = raster.read(1), raster.tags()
        nodata, unit, scale = raster.nodata, raster.units[0] or "", float(raster.scales[0])
        whole = Encoding(
            str(stored.dtype), scale, None if nodata is None else int(nodata), unit,
            "AVERAGE" if scale != 1.0 else "NEAREST",
        )  # fmt: skip
        there = CRS.from_user_input(crs)
        transform, width, height = calculate_default_transform(
            raster.crs, there, raster.width, raster.height, *raster.bounds
        )
        outside = 0 if nodata is None else nodata
        drawn = np.full((height, width), outside, dtype=stored.dtype)
        reproject(
            stored, drawn, src_transform=raster.transform, src_crs=raster.crs, dst_transform=transform,
            dst_crs=there, src_nodata=nodata, dst_nodata=outside, resampling=Resampling.nearest,
            tolerance=0.1, num_threads=1,
        )  # fmt: skip
    grid = Grid(crs, transform.c, transform.f, transform.a, height, width)
    kept = {
        name: value for name, value in tags.items() if name not in ("AREA_OR_POINT", "OVR_RESAMPLING_ALG")
    }
    write_cog(target, _values(drawn, whole), grid, whole, tags=kept)


def _values(stored: np.ndarray, encoding: Encoding) -> np.ndarray:
    if encoding.scale == 1.0:
        return stored
    values = stored * encoding.scale
    values[stored == encoding.nodata] = np.nan
    return values
