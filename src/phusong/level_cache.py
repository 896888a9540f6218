"""Levels at the demand points from one run to the next: only masts that are new or changed are computed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cache import digest, save_arrays
from .coverage.cells import CellTable, PointLevels

__all__ = ["LevelCache", "cell_keys"]

_FILES = 8  # of one context: one of all masts, and those of the masts that came since
_CONTEXTS = 3  # that stay, so that going back to an earlier terrain or model costs nothing
_COLUMNS = ("point", "cell", "level_dbm", "loss_db")
_NO_RADIO = ("cell_id", "mast_id", "operator", "on_air", "off_air")
_SPLICED = 50_000  # places where rows go in; with more of them a pass over all rows is quicker


def cell_keys(cells: CellTable) -> NDArray[Any]:
    """Return a key for each cell: its mast's radio content and its place there.

    Levels go by these alone: a cell that only changed its name, operator or dates keeps its key. Masts of
    the same content are told apart by a number.
    """
    columns = [_words(getattr(cells, field.name)) for field in fields(cells) if field.name not in _NO_RADIO]
    content = [f"<list{len(columns)}>{''.join(row)}" for row in zip(*columns, strict=True)]
    members: dict[str, list[int]] = {}
    for i, mast in enumerate(cells.mast_id.tolist()):
        members.setdefault(mast, []).append(i)
    twins: dict[str, int] = {}
    keys = [""] * len(cells)
    for mast in sorted(members):
        rows = members[mast]
        text = f"<list{len(rows)}>{''.join([content[i] for i in rows])}"
        own = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        twin = twins[own] = twins.get(own, -1) + 1
        for place, i in enumerate(rows):
            keys[i] = f"{own}.{twin}.{place}"
    return np.array(keys, dtype=str) if keys else np.zeros(0, "U1")


class LevelCache:
    """Files ``levels-<context>-<cells>.npz`` of a folder: levels of some masts, and the key of each cell.

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
            parts.append(_numbered(found, fresh))
        levels = _together(parts)
        if len(self._files(self._context)) > _FILES:
            for path in self._files(self._context):
                path.unlink(missing_ok=True)
            self._save(levels, keys)
        self._sweep()
        return levels

    def _kept(self, keys: NDArray[Any]) -> tuple[list[PointLevels], NDArray[np.bool_]]:
        """Return the rows of the cells wanted, file by file, and which cells are in none."""
        number = {key: at for at, key in enumerate(keys.tolist())}
        missing = np.ones(len(keys), dtype=np.bool_)
        parts: list[PointLevels] = []
        for path in self._files(self._context):
            if not missing.any():
                break
            try:
                with np.load(path, allow_pickle=False) as archive:
                    now = np.array([number.get(key, -1) for key in archive["cell_key"].tolist()], np.int64)
                    now[(now >= 0) & ~missing[now]] = -1
                    if (now >= 0).any():
                        rows = PointLevels(*(archive[name] for name in _COLUMNS))
                        parts.append(_numbered(rows, now))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile):
                self._note("damaged_cache", path=path)
                path.unlink(missing_ok=True)
                continue
            missing[now[now >= 0]] = False
        return parts, missing

    def _save(self, levels: PointLevels, keys: NDArray[Any]) -> None:
        path = self._folder / f"levels-{self._context}-{digest(keys.tolist())}.npz"
        save_arrays(path, {**{name: getattr(levels, name) for name in _COLUMNS}, "cell_key": keys})

    def _files(self, context: str) -> list[Path]:
        """Return the files of a context, the largest first: the others lay their rows among its own."""
        found = self._folder.glob(f"levels-{context}-*.npz")
        return sorted(found, key=lambda path: (-path.stat().st_size, path.name))

    def _sweep(self) -> None:
        """Remove what belongs to contexts of long ago."""
        newest: dict[str, int] = {}
        for path in self._folder.glob("levels-*-*.npz"):
            context = path.name.split("-")[1]
            newest[context] = max(newest.get(context, 0), path.stat().st_mtime_ns)
        newest.pop(self._context, None)
        for context in sorted(newest, key=lambda one: newest[one], reverse=True)[_CONTEXTS - 1 :]:
            for path in self._files(context):
                path.unlink(missing_ok=True)


def _words(column: NDArray[Any]) -> list[str]:
    """Texts of a column; a few values stand in very many rows."""
    if column.dtype.kind == "U":
        known = {value: f"<str>{value!r}" for value in set(column.tolist())}
        return [known[value] for value in column.tolist()]
    values, at = np.unique(column + 0.0, return_inverse=True)  # -0 is 0
    texts = [f"<str>{value!r}" for value in values.astype(str).tolist()]
    return [texts[i] for i in at.reshape(-1).tolist()]


def _numbered(levels: PointLevels, now: NDArray[np.int64]) -> PointLevels:
    """Give the cells their numbers of today; those numbered -1 go."""
    if np.array_equal(now, np.arange(len(now))):
        return levels
    cell = now.astype(np.int32)[levels.cell]
    columns: list[NDArray[Any]] = [levels.point, cell, levels.level_dbm, levels.loss_db]
    if np.any(now < 0):
        stays = cell >= 0
        columns = [column[stays] for column in columns]
    if np.any(np.diff(now[now >= 0]) < 0):  # another order of the cells
        order = np.lexsort((columns[1], columns[0]))
        columns = [column[order] for column in columns]
    return PointLevels(*columns)


def _together(parts: list[PointLevels]) -> PointLevels:
    """Return the rows of all parts, of which no two have a cell in common, sorted by point and cell."""
    if not parts:
        none = np.zeros(0, np.int32)
        return PointLevels(none, none, none.astype("f4"), none.astype("f4"))
    old, *others = parts
    if not others:
        return old
    new = [np.concatenate([getattr(part, name) for part in others]) for name in _COLUMNS]
    order = np.lexsort((new[1], new[0]))
    added = [column[order] for column in new]
    where = _places(old, added[0], added[1])
    own = [getattr(old, name) for name in _COLUMNS]
    if len(np.unique(where)) > _SPLICED:
        return PointLevels(*(np.insert(a, where, b) for a, b in zip(own, added, strict=True)))
    return PointLevels(*(_spliced(a, b, where) for a, b in zip(own, added, strict=True)))


def _places(old: PointLevels, point: NDArray[Any], cell: NDArray[Any]) -> NDArray[np.int64]:
    """Return before which of the old rows each new one goes; both are sorted by point and cell."""
    where = np.zeros(len(point), dtype=np.int64)
    points, begins = np.unique(point, return_index=True)
    ends = [*begins[1:].tolist(), len(point)]
    low, high = np.searchsorted(old.point, points), np.searchsorted(old.point, points, "right")
    for a, b, first, end in zip(begins.tolist(), ends, low.tolist(), high.tolist(), strict=True):
        where[a:b] = first + np.searchsorted(old.cell[first:end], cell[a:b])
    return where


def _spliced(old: NDArray[Any], new: NDArray[Any], where: NDArray[np.int64]) -> NDArray[Any]:
    """Put new values before the old ones at places that rise, a stretch at a time."""
    places, begins = np.unique(where, return_index=True)
    pieces, done = [], 0
    for at, a, b in zip(places.tolist(), begins.tolist(), [*begins[1:].tolist(), len(new)], strict=True):
        pieces += [old[done:at], new[a:b]]
        done = at
    return np.concatenate([*pieces, old[done:]]) if pieces else old
