"""Levels at the demand points from one run to the next: only masts that are new or changed are computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cache import digest
from .coverage.cells import CellTable, PointLevels
from .coverage.level_parts import LevelPart, PartedLevels
from .mapped_arrays import load_mapped, removed, save_mapped

__all__ = ["LevelCache", "cell_keys"]

_FILES = 8  # of one context: one of all masts, and those of the masts that came since
_CONTEXTS = 3  # that stay, so that going back to an earlier terrain or model costs nothing
_COLUMNS = {"point": np.int32, "cell": np.int32, "level_dbm": np.float32, "loss_db": np.float32}
_NO_RADIO = ("cell_id", "mast_id", "operator", "on_air", "off_air")


def cell_keys(cells: CellTable) -> NDArray[Any]:
    """Return a key for each cell: its mast's radio content and its place there.

    Levels go by these alone: a cell that only changed its name, operator or dates keeps its key. Masts of
    the same content are told apart by a number.
    """
    columns = [_words(getattr(cells, field.name)) for field in fields(cells) if field.name not in _NO_RADIO]
    content = np.column_stack(columns) if len(cells) else np.zeros((0, len(columns)), np.uint64)
    names, mast = cells.masts
    order = np.argsort(mast, kind="stable")
    ends = np.searchsorted(mast[order], np.arange(len(names) + 1)).tolist()
    sorted_content = content[order]
    twins: dict[str, int] = {}
    keys = [""] * len(cells)
    rows = order.tolist()
    for first, end in pairwise(ends):
        own = blake2b(sorted_content[first:end].tobytes(), digest_size=12).hexdigest()
        twin = twins[own] = twins.get(own, -1) + 1
        for place in range(end - first):
            keys[rows[first + place]] = f"{own}.{twin}.{place}"
    return np.array(keys, dtype=str) if keys else np.zeros(0, "U1")


class LevelCache:
    """Files ``levels-<context>-<cells>.arrays`` of a folder: levels of some masts, and the key of each cell.

    All files of a context together are what is kept: a run adds a file of the masts that were missing. When
    they are many, one of all masts takes their place.

    Parameters
    ----------
    folder : Path
    context : str
        Digest of all that levels depend on besides the cells.
    note : callable
        Told a key of `words` and its values where something is worth a line.
    """

    def __init__(self, folder: Path, context: str, note: Callable[..., None]) -> None:
        self._folder, self._context, self._note = folder, context, note

    def levels(self, cells: CellTable, compute: Callable[[CellTable], PointLevels]) -> PointLevels:
        """Return the levels of all cells, sorted by point and cell, the same as `compute` gives for all.

        Parameters
        ----------
        cells : CellTable
        compute : callable
            Takes some of the cells, all of each mast, and returns their levels.
        """
        keys = cell_keys(cells)
        parts, missing = self._kept(keys)
        fresh = np.flatnonzero(missing)
        if len(cells) and not len(fresh):
            self._note("from_cache")
        if len(fresh):
            found = compute(cells.take(fresh))
            self._save(found, keys[fresh])
            parts.append(LevelPart(found, fresh.astype(np.int32)))
        levels = PartedLevels(parts)
        if len(self._files(self._context)) > _FILES:
            old = self._files(self._context)
            whole = self._save(levels, keys)
            for path in old:
                if path != whole:
                    removed(path)
        self._sweep()
        return levels

    def _kept(self, keys: NDArray[Any]) -> tuple[list[LevelPart], NDArray[np.bool_]]:
        """Return the rows of the cells wanted, file by file, and which cells are in none."""
        number = {key: at for at, key in enumerate(keys.tolist())}
        missing = np.ones(len(keys), dtype=np.bool_)
        parts: list[LevelPart] = []
        for path in self._files(self._context):
            if not missing.any():
                break
            kept = _levels_of(path)
            if kept is None:
                if path.exists():
                    self._note("damaged_cache", path=path)
                    removed(path)
                continue
            rows, own_keys = kept
            now = np.array([number.get(key, -1) for key in own_keys.tolist()], np.int32)
            now[(now >= 0) & ~missing[now]] = -1
            if (now >= 0).any():
                parts.append(LevelPart(rows, now))
                missing[now[now >= 0]] = False
        return parts, missing

    def _save(self, levels: PointLevels, keys: NDArray[Any]) -> Path:
        path = self._folder / f"levels-{self._context}-{digest(keys.tolist())}.arrays"
        arrays = {name: getattr(levels, name).astype(dtype, copy=False) for name, dtype in _COLUMNS.items()}
        if _levels_of(path) is None:
            save_mapped(path, {**arrays, "cell_key": keys})
        return path

    def _files(self, context: str) -> list[Path]:
        """Return the files of a context, the largest first: the others lay their rows among its own."""
        found = self._folder.glob(f"levels-{context}-*.arrays")
        return sorted(found, key=lambda path: (-path.stat().st_size, path.name))

    def _sweep(self) -> None:
        """Remove what belongs to contexts of long ago."""
        newest: dict[str, int] = {}
        for path in self._folder.glob("levels-*-*.arrays"):
            context = path.name.split("-")[1]
            newest[context] = max(newest.get(context, 0), path.stat().st_mtime_ns)
        newest.pop(self._context, None)
        for context in sorted(newest, key=lambda one: newest[one], reverse=True)[_CONTEXTS - 1 :]:
            for path in self._files(context):
                removed(path)


def _levels_of(path: Path) -> tuple[PointLevels, NDArray[Any]] | None:
    """Return the rows of a file and the keys of its cells; None where it is missing or damaged."""
    arrays = load_mapped(path)
    if arrays is None or set(arrays) != {*_COLUMNS, "cell_key"}:
        return None
    columns = [arrays[name] for name in _COLUMNS]
    if any(
        column.ndim != 1 or column.dtype != kind
        for column, kind in zip(columns, _COLUMNS.values(), strict=True)
    ):
        return None
    keys = arrays["cell_key"]
    if len({len(column) for column in columns}) != 1 or keys.ndim != 1 or keys.dtype.kind != "U":
        return None
    return PointLevels(*columns), keys


def _words(column: NDArray[Any]) -> NDArray[np.uint64]:
    """A word for each value of a column, the same for equal values; of texts a digest."""
    if column.dtype.kind != "U":
        plain = column.astype(np.float64) + 0.0  # -0 is 0
        plain[np.isnan(plain)] = np.nan
        return plain.view(np.uint64)
    texts, at = np.unique(column, return_inverse=True)
    digests = [
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts.tolist()
    ]
    return np.frombuffer(b"".join(digests), np.uint64)[at.reshape(-1)]
