"""The ground on the grid of the run, from one run to the next: bringing rasters onto it takes seconds."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from . import gis_data
from .cache import digest, load_arrays, save_arrays, source_digest, steady
from .coverage.propagation import zones
from .coverage.siting import positions
from .errors import Problem
from .gis_data.layers import Layers
from .mapped_arrays import load_mapped, removed, save_mapped

__all__ = ["GroundCache", "KeptPeaks", "kept_zones"]

_KEPT = 2  # grounds, and zones, that stay: going back to another resolution costs nothing
_WARNINGS = "warnings"


@cache
def _readers() -> str:
    return source_digest(Path(gis_data.__path__[0]))


class GroundCache:
    """A `gis_data.reader.GroundKeeper` in a folder, ``ground-<digest>.arrays``: damaged files are made again.

    Parameters
    ----------
    folder : Path
        ``.phusong`` of a project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, made_of: tuple[object, ...]) -> tuple[dict[str, NDArray[Any]], list[Problem]] | None:
        """Return arrays and the warnings that belong to them; None where none are kept, or damaged ones."""
        arrays = load_mapped(self._path(made_of))
        if arrays is None or _WARNINGS not in arrays:
            return None
        told = json.loads(str(arrays.pop(_WARNINGS)))
        return arrays, [Problem(**problem) for problem in told]

    def save(
        self, made_of: tuple[object, ...], arrays: dict[str, NDArray[Any]], warnings: list[Problem]
    ) -> None:
        """Keep arrays and warnings under all that they are made of."""
        told = json.dumps([asdict(problem) for problem in warnings])
        for array in arrays.values():
            steady(array)  # the ground does not change during a run, and is a part of many digests
        save_mapped(self._path(made_of), {**arrays, _WARNINGS: np.array(told)}, digests=True)
        _sweep(self._folder, "ground-*.arrays")

    def _path(self, made_of: tuple[object, ...]) -> Path:
        program = [version("numpy"), version("rasterio"), rasterio.__gdal_version__]
        return self._folder / f"ground-{digest(_readers(), program, *made_of)}.arrays"


def kept_zones(folder: Path, layers: Layers) -> NDArray[np.uint8]:
    """Return the radio-climatic zones of the ground, from an earlier run where there was one of this ground.

    Parameters
    ----------
    folder : Path
        ``.phusong`` of a project.
    layers : Layers
    """
    ground = layers.terrain_m, layers.land, layers.grid.resolution_m
    made_by = Path(zones.__file__).read_bytes()
    path = folder / f"zones-{digest(made_by, version('scipy'), *ground)}.arrays"
    kept = load_mapped(path)
    if kept is not None and "zone" in kept and kept["zone"].shape == layers.grid.shape:
        return kept["zone"]
    zone = steady(zones.radio_climatic_zones(*ground))
    save_mapped(path, {"zone": zone}, digests=True)
    _sweep(folder, "zones-*.arrays")
    return zone


class KeptPeaks:
    """A `coverage.siting.positions.PeakKeeper` in a folder, ``peaks-<digest>.npz``.

    Parameters
    ----------
    folder : Path
        ``.phusong`` of a project; a file that is damaged counts as missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, ground: tuple[object, ...]) -> NDArray[np.int64] | None:
        """Return row, column of the peaks of a ground, (peaks, 2); None where they are not known."""
        kept = load_arrays(self._path(ground))
        peaks = None if kept is None else kept.get("peaks")
        if peaks is None or peaks.dtype != np.int64 or peaks.ndim != 2 or peaks.shape[1] != 2:
            return None
        return peaks

    def save(self, ground: tuple[object, ...], peaks: NDArray[np.int64]) -> None:
        """Keep peaks under all that they are made of."""
        save_arrays(self._path(ground), {"peaks": peaks})
        _sweep(self._folder, "peaks-*.npz")

    def _path(self, ground: tuple[object, ...]) -> Path:
        made_by = Path(positions.__file__).read_bytes(), version("scipy"), version("numpy")
        return self._folder / f"peaks-{digest(made_by, *ground)}.npz"


def _sweep(folder: Path, pattern: str) -> None:
    files = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in files[_KEPT:]:
        removed(old)
