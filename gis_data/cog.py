"""Write and read Cloud-Optimized GeoTIFFs: scaled integers, overviews, units and assumptions in the tags."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.windows import Window

from ..errors import InputError, OutputLockedError, Problem
from .cog_encoding import BEST_CELL, LEVEL_DBM, PROBABILITY, SERVERS, SINR_DB, Encoding, encode
from .cog_file import Entry, describe, write_file
from .cog_tiles import TILE, cut, halve, level_shapes, pack
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
    "put_whole",
    "read_cog",
    "read_stored",
    "tags_of_sound_cog",
    "write_cog",
]

_CACHE_BYTES = 64_000_000
_LEAST_FREE_BYTES = 4_000_000  # more than a band of rows, which is what could not be written


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

    Every `cog_tiles.TILE` rows are packed as tiles, and what they add to the overviews with them; packed
    tiles wait in a file beside the target. So a raster of any height needs no more memory than a few such
    rows of tiles. Same rows, same bytes, however they are cut into bands.

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
    pool : Executor, optional
        Packs the tiles; default: the thread that brings the rows.

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
        pool: Executor | None = None,
    ) -> None:
        self._path, self._grid, self._encoding, self._pool = path, grid, encoding, pool
        self._rows = 0
        self._work: Future[None] | None = None
        self._levels = [_Level(shape, encoding) for shape in level_shapes(grid.shape)]
        self._draft = _aside(path)
        self._length = 0
        with self._on_failure_discard():
            self._meaning = describe(grid, encoding, description, dict(tags or {}))

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
        self._rows += rows
        while len(stored):
            if self._levels[0].empty:
                self._finish_work()  # or two rows of tiles of every raster of a run would lie in memory
            stored = self._levels[0].take(stored)
            full = self._levels[0].full()
            if full is None:
                continue
            if self._pool is None:
                self._pack(0, full)
            else:
                self._work = self._pool.submit(self._pack, 0, full)

    def _pack(self, number: int, rows: NDArray[Any]) -> None:
        """Pack a row of tiles, and the rows of tiles above it that are full now."""
        level = self._levels[number]
        packed = [pack(tile) for tile in cut(rows, self._encoding)]
        with self._draft.open("ab") as draft:
            draft.writelines(packed)
        for tile in packed:
            level.offsets.append(self._length)
            level.sizes.append(len(tile))
            self._length += len(tile)
        if number + 1 < len(self._levels):
            above = self._levels[number + 1]
            left = halve(rows, self._encoding)
            while len(left):
                left = above.take(left)
                if (full := above.full()) is not None:
                    self._pack(number + 1, full)

    def await_packing(self) -> None:
        """Wait until the rows that were added are packed; errors as in `append`."""
        with self._on_failure_discard():
            self._finish_work()

    def _finish_work(self) -> None:
        if self._work is not None:
            work, self._work = self._work, None
            work.result()

    def finish(self) -> str:
        """Write the COG with overviews aside, then rename it; the draft is gone.

        Returns
        -------
        str
            Digest of the file (blake2b, hexadecimal).

        Raises
        ------
        OutputLockedError
            The target cannot be written or replaced.
        ValueError
            Rows are missing.
        """
        with self._on_failure_discard():
            self._finish_work()
            if self._rows != self._grid.rows:
                raise ValueError(f"{self._rows} rows do not fit a grid of shape {self._grid.shape}")
            with self._draft.open("rb") as draft:

                def tile(level: int, number: int) -> bytes:
                    draft.seek(self._levels[level].offsets[number])
                    return draft.read(self._levels[level].sizes[number])

                sizes = [np.array(level.sizes, dtype=np.int64) for level in self._levels]
                told = put_whole(
                    self._path, self._meaning, self._grid.shape, self._encoding.dtype, sizes, tile
                )
        self.discard()
        return told

    def discard(self) -> None:
        """Remove the draft, where there still is one; the target stays as it is."""
        with contextlib.suppress(Exception):  # what went wrong in the work has been told, or no one asks
            self._finish_work()
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


class _Level:
    """The rows of a level that do not yet make a row of tiles, and where its packed tiles lie."""

    def __init__(self, shape: tuple[int, int], encoding: Encoding) -> None:
        self._shape, self._dtype = shape, np.dtype(encoding.dtype)
        self._rows: NDArray[Any] | None = None
        self._filled = self._done = 0
        self.offsets: list[int] = []
        self.sizes: list[int] = []

    @property
    def empty(self) -> bool:
        """Whether the next row begins a row of tiles."""
        return self._rows is None

    def take(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Take as many rows as there is room for; return the rest."""
        room = min(TILE, self._shape[0] - self._done) - self._filled
        if self._rows is None:
            self._rows = np.empty((self._filled + room, self._shape[1]), self._dtype)
        taken = rows[:room]
        self._rows[self._filled : self._filled + len(taken)] = taken
        self._filled += len(taken)
        return rows[room:]

    def full(self) -> NDArray[Any] | None:
        """Give the row of tiles away if it is whole."""
        if self._rows is None or self._filled < len(self._rows):
            return None
        rows, self._rows = self._rows, None
        self._done, self._filled = self._done + len(rows), 0
        return rows


def write_cog(
    path: Path,
    values: NDArray[Any],
    grid: Grid,
    encoding: Encoding,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> str:
    """Write a whole raster as a COG with overviews, aside and then renamed; same input, same bytes.

    Parameters, result and errors: `CogDraft`; `values` are all rows.
    """
    draft = CogDraft(path, grid, encoding, description=description, tags=tags)
    draft.append(values)
    return draft.finish()


def put_whole(
    path: Path,
    meaning: Sequence[Entry],
    shape: tuple[int, int],
    dtype: str,
    sizes: Sequence[NDArray[np.int64]],
    tile: Callable[[int, int], bytes | memoryview],
) -> str:
    """Write a COG aside and rename it; parameters and result as in `cog_file.write_file`."""
    whole = _aside(path)
    try:
        with whole.open("wb", buffering=1 << 20) as sink:
            told = write_file(sink, meaning, shape, dtype, sizes, tile)
        _like_a_new_file(whole)
        whole.replace(path)
    finally:
        _remove(whole)
    return told


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


def read_cog(path: Path, least_pixels: int | None = None) -> CogRaster:
    """Read a raster that `write_cog` wrote (or any single-band north-up raster of square pixels).

    Parameters
    ----------
    path : Path
    least_pixels : int or None
        Take the coarsest overview, a power of 2, that has so many pixels along the longer side; None: every
        pixel.

    Raises
    ------
    InputError
        The file is missing, not a raster, or not north-up with square pixels.
    """
    try:
        with rasterio.open(path) as source:
            factor = _factor(source, least_pixels)
            shape = tuple(-(-length // factor) for length in source.shape)
            stored = source.read(1, out_shape=shape) if factor > 1 else source.read(1)
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
    grid = Grid(crs.to_string(), transform.c, transform.f, factor * transform.a, rows, columns)
    return CogRaster(values, grid, unit, tags)


def _factor(source: Any, least_pixels: int | None) -> int:
    """Return how many times coarser than the raster its overview is that is fine enough; 1: the raster."""
    if least_pixels is None:
        return 1
    powers = [factor for factor in source.overviews(1) if factor & (factor - 1) == 0]
    return max([1, *(f for f in powers if max(source.shape) >= f * least_pixels)])


def read_stored(path: Path, window: tuple[int, int, int, int] | None = None) -> NDArray[Any]:
    """Read the stored integers of a raster, or of a window of it.

    Parameters
    ----------
    path : Path
    window : tuple of int, optional
        First and past the last row, first and past the last column; within the raster.

    Raises
    ------
    InputError
        The file is missing, not a raster, or damaged.
    """
    try:
        with _little_cache(), rasterio.open(path) as source:
            if window is None:
                return np.asarray(source.read(1))
            top, end, left, right = window
            return np.asarray(source.read(1, window=Window(left, top, right - left, end - top)))
    except RasterioIOError as error:
        raise _unreadable(path, error) from None


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
