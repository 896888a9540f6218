"""The rasters of a coverage layer: which files there are, and how each is written."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coverage.cells import TechnologyRule
from .coverage.indoors import IndoorTable
from .coverage.network_layer import LayerKey, NetworkLayer
from .gis_data import cog
from .gis_data.cog_file import new_digest
from .gis_data.grid import Grid

__all__ = ["RASTERS", "LayerFiles", "LayerMaker", "layer_stems", "raster_encoding", "stored_rows"]

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


class LayerMaker:
    """What the rasters of a run's layers are made with.

    Parameters
    ----------
    folder : Path
    grid : Grid
    stems : mapping of LayerKey to str
        From `layer_stems`.
    tags : callable
        Assumptions behind the rasters of a technology.
    index : ndarray of int, (cells,)
        Where each cell of the run stands among all cells of the project.
    frequency_mhz : ndarray of float64, (cells,)
        Of the cells of the run.
    building : {"traditional", "thermally-efficient"}
        Of P(covered) indoors.

    Attributes
    ----------
    grid, stems
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
    ) -> None:
        self.grid, self.stems = grid, stems
        self._folder, self._tags, self._index = folder, tags, index
        self._frequency_mhz, self._building = frequency_mhz, building
        self._indoors: dict[str, IndoorTable] = {}

    def path(self, key: LayerKey, what: str) -> Path:
        """Return where a raster is written."""
        return self._folder / f"{self.stems[key]}_{what}.tif"

    def rasters(self, key: LayerKey) -> dict[str, tuple[cog.Encoding, dict[str, str]]]:
        """Return how each raster of a layer is stored, and its tags."""
        return _rasters_of(key, dict(self._tags(_technology(key))), self._building)

    def prepare(self, rule: TechnologyRule) -> None:
        """Make what the layers of a technology need, before several threads ask for it."""
        if rule.technology not in self._indoors:
            self._indoors[rule.technology] = IndoorTable(rule, self._frequency_mhz, self._building)

    def stored(self, layer: NetworkLayer) -> dict[str, NDArray[Any]]:
        """Return what the rasters store for some pixels of a layer, with SINR; by `RASTERS`."""
        self.prepare(layer.rule)
        return stored_rows(layer, self._index, self._indoors[layer.technology])


class LayerFiles:
    """The rasters of all layers of a run, written as their rows are finished.

    On leaving the context without an error the files get their final form and names, some at a time; after an
    error nothing is left of them.

    Parameters
    ----------
    folder, grid, stems, tags, index, frequency_mhz, building
        As in `LayerMaker`.
    workers : int or None
        Files that are packed at a time; default: one for each core.

    Attributes
    ----------
    digests : dict of str to str
        Of the files, by name, once they are there.
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
        self._maker = LayerMaker(folder, grid, stems, tags, index, frequency_mhz, building)
        self.digests: dict[str, str] = {}
        self._pool = ThreadPoolExecutor(workers or os.cpu_count())
        self._drafts: dict[tuple[LayerKey, str], cog.CogDraft] = {}
        self._targets: dict[tuple[LayerKey, str], tuple[Path, dict[str, str]]] = {}
        for key in stems:
            for what, (encoding, own_tags) in self._maker.rasters(key).items():
                path = self._maker.path(key, what)
                self._targets[key, what] = path, own_tags
                self._drafts[key, what] = cog.CogDraft(path, grid, encoding, tags=own_tags, pool=self._pool)

    def append(self, layer: NetworkLayer) -> None:
        """Write the next rows of a layer, with SINR."""
        self.append_stored(layer.key, self._maker.stored(layer))

    def append_stored(self, key: LayerKey, stored: Mapping[str, NDArray[Any]]) -> None:
        """Write the next rows of a layer as `stored_rows` gives them."""
        for what in RASTERS:
            self._drafts[key, what].append_stored(stored[what])

    def tags(self, key: LayerKey, what: str) -> dict[str, str]:
        """Return the tags of a raster, for whoever writes it elsewhere."""
        return self._targets[key, what][1]

    def adopt(self, key: LayerKey, what: str, take: Callable[[Path], None], told: str | None = None) -> None:
        """Have a raster that was written elsewhere, in its final form, brought to its place.

        Parameters
        ----------
        key, what
            Which raster.
        take : callable
            Brings it to a path.
        told : str, optional
            Its digest, as whoever wrote it tells; default: the file is read.
        """
        self._drafts.pop((key, what)).discard()
        path, _ = self._targets[key, what]
        take(path)
        if told is None:
            with path.open("rb") as stream:
                told = hashlib.file_digest(stream, new_digest).hexdigest()
        self.digests[path.stem] = told

    def __enter__(self) -> LayerFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._pool:
            try:
                for draft in self._drafts.values() if kind is None else ():
                    draft.await_packing()  # which has the pool's threads, too
                if kind is None:
                    finished = self._pool.map(cog.CogDraft.finish, self._drafts.values())
                    for (key, what), digest in zip(self._drafts, finished, strict=True):
                        self.digests[self._targets[key, what][0].stem] = digest
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
