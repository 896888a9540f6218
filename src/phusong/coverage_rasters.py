"""The rasters that a run has, and where they differ from those that were there before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gis_data import cog

__all__ = ["CoverageRasters", "RasterFile", "Window"]

Window = tuple[int, int, int, int]
"""First and past the last row, first and past the last column."""


@dataclass(frozen=True)
class RasterFile:
    """A raster of a run.

    Attributes
    ----------
    path : Path
        Where it can be read now.
    digest : str
        Of the whole file (blake2b, hexadecimal).
    before : str or None
        Digest of the raster of the same name among the results so far; None: there was none.
    changed : tuple of Window or None
        Where it may differ from that one; None: everywhere. Of best servers by cell, not by number.
    renumbered : bool
        The numbers of best servers stand for other cells than before.
    """

    path: Path
    digest: str
    before: str | None
    changed: tuple[Window, ...] | None
    renumbered: bool = False


class CoverageRasters:
    """All rasters of a run, read when they are asked for.

    Parameters
    ----------
    files : mapping of str to RasterFile
        By stem and kind: "4g_level", "4g_viettel_best_cell".
    technologies : iterable of str
        Those that have layers.

    Attributes
    ----------
    files : mapping of str to RasterFile
    level_dbm : mapping of str to ndarray of float32
        Best-server level by technology, as written (centi-dB): reused and fresh runs draw the same map. A
        raster is read at its first use, and kept.
    """

    def __init__(self, files: Mapping[str, RasterFile], technologies: Iterable[str]) -> None:
        self.files = files
        self._paths = {technology: files[f"{technology.lower()}_level"].path for technology in technologies}
        self.level_dbm: Mapping[str, NDArray[np.float32]] = _Levels(self._paths)

    def coarse_dbm(self, least_pixels: int) -> Mapping[str, NDArray[np.float32]]:
        """Return `level_dbm` from overviews of at least so many pixels along the longer side."""
        return _Levels(self._paths, least_pixels)

    def changed_windows(self, names: Iterable[str]) -> tuple[Window, ...] | None:
        """Return where any of some rasters changed; None: everywhere."""
        found: set[Window] = set()
        for name in names:
            windows = self.files[name].changed
            if windows is None:
                return None
            found.update(windows)
        return tuple(sorted(found))


class _Levels(Mapping[str, NDArray[np.float32]]):
    def __init__(self, paths: Mapping[str, Path], least_pixels: int | None = None) -> None:
        self._paths, self._least_pixels = paths, least_pixels
        self._read: dict[str, NDArray[np.float32]] = {}

    def __getitem__(self, technology: str) -> NDArray[np.float32]:
        if technology not in self._read:
            values: NDArray[Any] = cog.read_cog(self._paths[technology], self._least_pixels).values
            self._read[technology] = values.astype(np.float32, copy=False)
        return self._read[technology]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
