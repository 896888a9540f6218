"""The rasters of a coverage layer: which files there are, and how each is written."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coverage.indoors import IndoorTable
from .coverage.network_layer import LayerKey, NetworkLayer
from .gis_data import cog
from .gis_data.grid import Grid

__all__ = ["RASTERS", "LayerFiles", "layer_stems", "raster_encoding", "stored_rows"]

RASTERS = ("level", "p_covered", "p_indoor", "best_cell", "servers", "sinr")
"""What is written of every layer, as <stem>_<what>.tif."""

_ENCODINGS = {
    "level": cog.LEVEL_DBM,
    "p_covered": cog.PROBABILITY,
    "p_indoor": cog.PROBABILITY,
    "best_cell": cog.BEST_CELL,
    "servers": cog.SERVERS,
    "sinr": cog.SINR_DB,
}

_SINR_SAYS = {
    "2G": "C/I of the BCCH carrier, always on; 200 kHz",
    "3G": "Ec/Io of the pilot, own cell in Io; 3.84 MHz",
    "4G": "SINR of the reference signal, one resource element",
    "5G": "SINR of the SSB, one subcarrier",
}


def layer_stems(keys: list[LayerKey]) -> dict[LayerKey, str]:
    """Return the beginning of each layer's file names: "4g", "4g_viettel"; plain letters on every system.

    Two operators whose names are alike but for accents and signs are told apart by a number.
    """
    operators = sorted({key[1] for key in keys if not isinstance(key, str)})
    plain: dict[str, str] = {}
    for operator in operators:
        latin = unicodedata.normalize("NFKD", operator.replace("Đ", "D").replace("đ", "d"))
        name = re.sub(r"[^a-z0-9]+", "-", latin.encode("ascii", "ignore").decode().lower()).strip("-")
        name, number = name or "operator", 2
        while name in plain.values():
            name, number = f"{name.rstrip('0123456789')}{number}", number + 1
        plain[operator] = name
    return {key: key.lower() if isinstance(key, str) else f"{key[0].lower()}_{plain[key[1]]}" for key in keys}


class LayerFiles:
    """The rasters of all layers of a run, written as their rows are finished.

    On leaving the context without an error the files get their final form and names, some at a time; after an
    error nothing is left of them.

    Parameters
    ----------
    folder : Path
    grid : Grid
    stems : mapping of LayerKey to str
        From `layer_stems`: the layers that will come.
    tags : callable
        Assumptions behind the rasters of a technology.
    index : ndarray of int, (cells,)
        Where each cell of the run stands among all cells of the project.
    frequency_mhz : ndarray of float64, (cells,)
        Of the cells of the run.
    building : {"traditional", "thermally-efficient"}
        Of P(covered) indoors.
    workers : int or None
        Files that are finished at a time; default: one for each core.
    """

    def __init__(
        self,
        folder: Path,
        grid: Grid,
        stems: Mapping[LayerKey, str],
        tags: Callable[[str], Mapping[str, str]],
        index: NDArray[np.int64],
        frequency_mhz: NDArray[np.float64],
        building: str,
        workers: int | None,
    ) -> None:
        self._index, self._frequency_mhz = index, frequency_mhz
        self._building, self._workers = building, workers
        self._indoors: dict[str, IndoorTable] = {}
        self._drafts: dict[tuple[LayerKey, str], cog.CogDraft] = {}
        for key, stem in stems.items():
            rasters = _rasters_of(key, dict(tags(_technology(key))), building)
            for what, (encoding, own_tags) in rasters.items():
                path = folder / f"{stem}_{what}.tif"
                self._drafts[key, what] = cog.CogDraft(path, grid, encoding, tags=own_tags)

    def append(self, layer: NetworkLayer) -> None:
        """Write the next rows of a layer, with SINR."""
        if (table := self._indoors.get(layer.technology)) is None:
            table = IndoorTable(layer.rule, self._frequency_mhz, self._building)
            self._indoors[layer.technology] = table
        self.append_stored(layer.key, stored_rows(layer, self._index, table))

    def append_stored(self, key: LayerKey, stored: Mapping[str, NDArray[Any]]) -> None:
        """Write the next rows of a layer as `stored_rows` gives them."""
        for what in RASTERS:
            self._drafts[key, what].append_stored(stored[what])

    def __enter__(self) -> LayerFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                with ThreadPoolExecutor(self._workers or os.cpu_count()) as pool:
                    for _done in pool.map(cog.CogDraft.finish, self._drafts.values()):
                        pass
        finally:
            for draft in self._drafts.values():
                draft.discard()


def raster_encoding(what: str) -> cog.Encoding:
    """Return how one of `RASTERS` is stored."""
    return _ENCODINGS[what]


def stored_rows(layer: NetworkLayer, index: NDArray[np.int64], table: IndoorTable) -> dict[str, NDArray[Any]]:
    """Return the numbers that the rasters of a layer store for some of its rows, with SINR; by `RASTERS`.

    Parameters
    ----------
    layer : NetworkLayer
    index : ndarray of int64, (cells,)
        What the raster of best cells gives for each cell of the layer's table.
    table : IndoorTable
        Of the layer's technology and cells.
    """
    assert layer.sinr_db is not None
    best = np.where(layer.best_cell >= 0, index[layer.best_cell], -1).astype(np.int32)
    values: dict[str, NDArray[Any]] = {
        "level": layer.level_dbm,
        "p_covered": layer.p_covered,
        "p_indoor": layer.p_covered_indoors(table),
        "best_cell": best,
        "servers": layer.servers,
        "sinr": layer.sinr_db,
    }
    return {what: cog.encode(values[what], _ENCODINGS[what]) for what in RASTERS}


def _technology(key: LayerKey) -> str:
    return key if isinstance(key, str) else key[0]


def _rasters_of(
    key: LayerKey, tags: dict[str, str], building: str
) -> dict[str, tuple[cog.Encoding, dict[str, str]]]:
    """Return how each raster of a layer is stored, and its tags."""
    if not isinstance(key, str):
        tags = {**tags, "operator": key[1]}
    own = {
        "p_indoor": {"building": f"{building} (ITU-R P.2109-2)"},
        "sinr": {"sinr": _SINR_SAYS[_technology(key)]},
    }
    return {what: (_ENCODINGS[what], {**tags, **own.get(what, {})}) for what in RASTERS}
