"""Write and read Cloud-Optimized GeoTIFFs: scaled integers, overviews, units and assumptions in the tags."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine

from ..errors import InputError, OutputLockedError, Problem
from .grid import Grid

__all__ = [
    "BEST_CELL",
    "LEVEL_DBM",
    "PROBABILITY",
    "SERVERS",
    "SINR_DB",
    "CogRaster",
    "Encoding",
    "read_cog",
    "write_cog",
]

_BLOCK_PIXELS = 512


@dataclass(frozen=True)
class Encoding:
    """How values are stored: ``value = stored * scale``.

    Attributes
    ----------
    dtype : str
        Integer type of the stored numbers.
    scale : float
        Step of a value.
    nodata : int or None
        Stored number for NaN (floats) or for the same number (integers); None: every pixel has a value.
    unit : str
        Of the value.
    resampling : {"AVERAGE", "NEAREST", "MODE"}
        How overviews are made.
    """

    dtype: str
    scale: float
    nodata: int | None
    unit: str
    resampling: str


LEVEL_DBM = Encoding("int16", 0.01, -32768, "dBm", "AVERAGE")
PROBABILITY = Encoding("uint8", 0.004, 255, "1", "AVERAGE")
BEST_CELL = Encoding("int32", 1.0, -1, "index of the cell", "NEAREST")
SERVERS = Encoding("uint8", 1.0, None, "masts", "NEAREST")
SINR_DB = Encoding("int16", 0.01, -32768, "dB", "AVERAGE")


@dataclass(frozen=True)
class CogRaster:
    """A raster read back.

    Attributes
    ----------
    values : ndarray of float32, (rows, columns)
        In `unit`; NaN where the file has no data. float64 where the stored type is int32.
    grid : Grid
    unit : str
    tags : dict of str to str
        As given to `write_cog`.
    """

    values: NDArray[np.floating[Any]]
    grid: Grid
    unit: str
    tags: dict[str, str]


def write_cog(
    path: Path,
    values: NDArray[Any],
    grid: Grid,
    encoding: Encoding,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a raster as a COG with overviews, aside and then renamed; same input, same bytes.

    Parameters
    ----------
    path : Path
        Target; an existing file is replaced only by a whole one. Missing folders are made.
    values : ndarray, (rows, columns)
        In the encoding's unit; NaN is nodata. Finite values outside what the type holds are refused.
    grid : Grid
        Where it lies; its shape is that of `values`.
    encoding : Encoding
    description : str
        Of the band.
    tags : mapping of str to str, optional
        Assumptions: model, threshold, σ, receiver height, dates …

    Raises
    ------
    OutputLockedError
        The target cannot be written or replaced.
    ValueError
        Shape or values do not fit the grid or the encoding.
    """
    stored = _encode(values, grid, encoding)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".tmp.tif", dir=path.parent)
    except OSError as error:
        raise _locked(path, error) from error
    os.close(handle)
    aside = Path(name)
    try:
        _write(aside, stored, grid, encoding, description, dict(tags or {}))
        _like_a_new_file(aside)
        aside.replace(path)
    except (OSError, RasterioError) as error:
        raise _locked(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _locked(path: Path, error: Exception) -> OutputLockedError:
    return OutputLockedError(
        f"{path}: cannot be written ({error}); close it in other programs, check permissions and free space"
    )


def _like_a_new_file(path: Path) -> None:
    """Give a temporary file, which only its owner may read, the rights of any new file."""
    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        path.chmod(0o666 & ~mask)


def _encode(values: NDArray[Any], grid: Grid, encoding: Encoding) -> NDArray[Any]:
    if values.shape != grid.shape:
        raise ValueError(f"an array of shape {values.shape} does not fit a grid of shape {grid.shape}")
    limits = np.iinfo(encoding.dtype)
    if not np.issubdtype(values.dtype, np.floating):
        if encoding.scale != 1.0:
            raise ValueError("a scaled encoding needs floating-point values")
        if values.size and (values.min() < limits.min or values.max() > limits.max):
            raise ValueError(f"values from {values.min()} to {values.max()} do not fit {encoding.dtype}")
        return values.astype(encoding.dtype, copy=False)
    missing = np.isnan(values)
    scaled = np.rint(np.where(missing, 0.0, values) / encoding.scale)
    if scaled.size and (scaled.min() < limits.min or scaled.max() > limits.max):
        raise ValueError(f"values from {np.nanmin(values)} to {np.nanmax(values)} do not fit {encoding}")
    if encoding.nodata is None:
        if missing.any():
            raise ValueError("the encoding has no number for NaN")
        return scaled.astype(encoding.dtype)
    if np.any((scaled == encoding.nodata) & ~missing):
        raise ValueError(f"a value would be stored as nodata ({encoding.nodata})")
    scaled[missing] = encoding.nodata
    return scaled.astype(encoding.dtype)


def _write(
    path: Path,
    stored: NDArray[Any],
    grid: Grid,
    encoding: Encoding,
    description: str,
    tags: dict[str, str],
) -> None:
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.columns,
        "count": 1,
        "dtype": encoding.dtype,
        "crs": grid.crs,
        "transform": Affine.from_gdal(*grid.gdal_transform),
        "nodata": encoding.nodata,
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as draft:
            draft.write(stored, 1)
            draft.scales, draft.offsets, draft.units = (encoding.scale,), (0.0,), (encoding.unit,)
            if description:
                draft.set_band_description(1, description)
            draft.update_tags(**dict(sorted(tags.items())))
        with memory.open() as draft:
            copy_raster(
                draft,
                path,
                driver="COG",
                COMPRESS="ZSTD",
                PREDICTOR="STANDARD",
                BLOCKSIZE=str(_BLOCK_PIXELS),
                OVERVIEW_RESAMPLING=encoding.resampling,
                NUM_THREADS="1",
            )


def read_cog(path: Path) -> CogRaster:
    """Read a raster that `write_cog` wrote (or any single-band north-up raster of square pixels).

    Raises
    ------
    InputError
        The file is missing, not a raster, or not north-up with square pixels.
    """
    try:
        with rasterio.open(path) as source:
            stored = source.read(1)
            scale, offset = float(source.scales[0]), float(source.offsets[0])
            nodata, unit = source.nodata, source.units[0] or ""
            transform, crs = source.transform, source.crs
            tags = {
                k: v for k, v in source.tags().items() if k not in ("AREA_OR_POINT", "OVR_RESAMPLING_ALG")
            }
    except RasterioIOError as error:
        mend = f"write it again with phusong ({error})"
        raise InputError([Problem(str(path), "a GeoTIFF that can be read", mend)]) from None
    if crs is None or transform.b or transform.d or not np.isclose(transform.a, -transform.e):
        expected = "a north-up raster of square pixels with a CRS"
        raise InputError([Problem(str(path), expected, "warp it with gdalwarp")])
    kind = np.float64 if stored.dtype.itemsize >= 4 else np.float32
    values = (stored * scale + offset).astype(kind)
    if nodata is not None:
        values[stored == nodata] = np.nan
    rows, columns = stored.shape
    grid = Grid(crs.to_string(), transform.c, transform.f, transform.a, rows, columns)
    return CogRaster(values, grid, unit, tags)
