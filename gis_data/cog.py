"""Write and read Cloud-Optimized GeoTIFFs: scaled integers, overviews, units and assumptions in the tags."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine
from rasterio.windows import Window

from ..errors import InputError, OutputLockedError, Problem
from .grid import Grid

__all__ = [
    "BEST_CELL",
    "LEVEL_DBM",
    "PROBABILITY",
    "SERVERS",
    "SINR_DB",
    "CogDraft",
    "CogRaster",
    "Encoding",
    "encode",
    "read_cog",
    "tags_of_sound_cog",
    "write_cog",
]

_BLOCK_PIXELS = 512
_STRIP_ROWS = 64
_CACHE_BYTES = 64_000_000
_LEAST_FREE_BYTES = 4_000_000  # more than a band of rows, which is what could not be written


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


class CogDraft:
    """A raster that comes band of rows by band, from north to south, and becomes a COG at the end.

    Until then its rows lie in a plain compressed file beside the target, so that a raster of any height needs
    no more memory than a band. Same rows, same bytes, however they are cut into bands.

    Parameters
    ----------
    path : Path
        Target; an existing file is replaced only by a whole one. Missing folders are made.
    grid : Grid
    encoding : Encoding
    description : str
        Of the band.
    tags : mapping of str to str, optional
        Assumptions: model, threshold, σ, receiver height, dates …

    Raises
    ------
    OutputLockedError
        The target's folder cannot be written to.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        encoding: Encoding,
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._path, self._grid, self._encoding = path, grid, encoding
        self._rows = 0
        self._draft = _aside(path)
        with self._on_failure_discard():
            _create(self._draft, grid, encoding, description, dict(tags or {}))

    def append(self, values: NDArray[Any]) -> None:
        """Add the next rows.

        Parameters
        ----------
        values : ndarray, (rows, columns)
            In the encoding's unit; NaN is nodata. Finite values outside what the type holds are refused.

        Raises
        ------
        OutputLockedError
            The file cannot be written.
        ValueError
            Shape or values do not fit the grid or the encoding.
        """
        with self._on_failure_discard():
            self._write(encode(values, self._encoding))

    def append_stored(self, stored: NDArray[Any]) -> None:
        """Add the next rows as `encode` gives them; errors as in `append`."""
        with self._on_failure_discard():
            if stored.dtype != np.dtype(self._encoding.dtype):
                raise ValueError(f"{stored.dtype} is not what the encoding stores, {self._encoding.dtype}")
            self._write(stored)

    def _write(self, stored: NDArray[Any]) -> None:
        rows, columns = stored.shape
        if columns != self._grid.columns or self._rows + rows > self._grid.rows:
            raise ValueError(
                f"{rows} rows of {columns} pixels do not fit a grid of shape {self._grid.shape} "
                f"after {self._rows} rows"
            )
        with _little_cache(), rasterio.open(self._draft, "r+") as draft:
            draft.write(stored, 1, window=Window(0, self._rows, columns, rows))
        self._rows += rows

    def finish(self) -> None:
        """Write the COG with overviews aside, then rename it; the draft is gone.

        Raises
        ------
        OutputLockedError
            The target cannot be written or replaced.
        ValueError
            Rows are missing.
        """
        with self._on_failure_discard():
            if self._rows != self._grid.rows:
                raise ValueError(f"{self._rows} rows do not fit a grid of shape {self._grid.shape}")
            whole = _aside(self._path)
            try:
                _copy_as_cog(self._draft, whole, self._encoding)
                _like_a_new_file(whole)
                whole.replace(self._path)
            finally:
                _remove(whole)
        self.discard()

    def discard(self) -> None:
        """Remove the draft, where there still is one; the target stays as it is."""
        _remove(self._draft)

    @contextlib.contextmanager
    def _on_failure_discard(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RasterioError) as error:
            cause = _cause(self._path.parent, error)  # while the draft still takes its room
            self.discard()
            raise _locked(self._path, cause) from cause
        except BaseException:
            self.discard()
            raise


def write_cog(
    path: Path,
    values: NDArray[Any],
    grid: Grid,
    encoding: Encoding,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a whole raster as a COG with overviews, aside and then renamed; same input, same bytes.

    Parameters and errors: `CogDraft`; `values` are all rows.
    """
    draft = CogDraft(path, grid, encoding, description=description, tags=tags)
    draft.append(values)
    draft.finish()


def _aside(path: Path) -> Path:
    """Make an empty file beside the target."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".tmp.tif", dir=path.parent)
    except OSError as error:
        raise _locked(path, error) from error
    os.close(handle)
    return Path(name)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _little_cache() -> rasterio.Env:
    """Keep GDAL from taking a twentieth of the machine's memory for blocks that nobody reads again."""
    return rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES)


def _cause(folder: Path, error: Exception) -> Exception:
    """Say that the disk is full where it is: GDAL tells that a write failed, and not why."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
            return OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {error}")
    return error


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


def encode(values: NDArray[Any], encoding: Encoding) -> NDArray[Any]:
    """Return the numbers that a raster stores for values in the encoding's unit; NaN is nodata.

    Raises
    ------
    ValueError
        A finite value lies outside what the type holds.
    """
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


def _create(path: Path, grid: Grid, encoding: Encoding, description: str, tags: dict[str, str]) -> None:
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.columns,
        "count": 1,
        "dtype": encoding.dtype,
        "crs": grid.crs,
        "transform": Affine.from_gdal(*grid.gdal_transform),
        "nodata": encoding.nodata,
        "sparse_ok": True,  # or every block would be written twice
        "blockysize": _STRIP_ROWS,
        "compress": "ZSTD",
        "zstd_level": 1,
    }
    with _little_cache(), rasterio.open(path, "w", **profile) as draft:
        draft.scales, draft.offsets, draft.units = (encoding.scale,), (0.0,), (encoding.unit,)
        if description:
            draft.set_band_description(1, description)
        draft.update_tags(**dict(sorted(tags.items())))


def _copy_as_cog(draft: Path, target: Path, encoding: Encoding) -> None:
    with _little_cache():
        copy_raster(
            draft,
            target,
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
            tags = _own_tags(source)
    except RasterioIOError as error:
        raise _unreadable(path, error) from None
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


def tags_of_sound_cog(path: Path) -> dict[str, str]:
    """Read the tags of a raster, as given to `write_cog`, once all of its blocks have been decoded.

    Raises
    ------
    InputError
        The file is missing, not a raster, cut off or damaged.
    """
    try:
        with _little_cache(), rasterio.open(path) as source:
            for _, window in source.block_windows(1):
                source.read(1, window=window)
            return _own_tags(source)
    except RasterioIOError as error:
        raise _unreadable(path, error) from None


def _own_tags(source: Any) -> dict[str, str]:
    return {k: v for k, v in source.tags().items() if k not in ("AREA_OR_POINT", "OVR_RESAMPLING_ALG")}


def _unreadable(path: Path, error: Exception) -> InputError:
    mend = f"write it again with phusong ({error})"
    return InputError([Problem(str(path), "a GeoTIFF that can be read", mend)])
