"""Levels at the demand points from one run to the next: only masts that are new or changed are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cache import digest, load_arrays, save_arrays
from .coverage.cells import CellTable, PointLevels

__all__ = ["LevelCache", "cell_keys"]

_KEPT = 4  # sets of levels of earlier inputs that stay, so that going back to them costs nothing
_COLUMNS = ("point", "cell", "level_dbm", "loss_db")
_NO_RADIO = ("cell_id", "mast_id", "operator", "on_air", "off_air")


def cell_keys(cells: CellTable) -> NDArray[Any]:
    """Return a key for each cell: its mast's radio content and its place there.

    Levels go by these alone: a cell that only changed its name, operator or dates keeps its key. Masts of
    the same content are told apart by a number.
    """
    content = np.column_stack(
        [getattr(cells, field.name).astype(str) for field in fields(cells) if field.name not in _NO_RADIO]
    ).tolist()
    members: dict[str, list[int]] = {}
    for i, mast in enumerate(cells.mast_id.tolist()):
        members.setdefault(mast, []).append(i)
    twins: dict[str, int] = {}
    keys = [""] * len(cells)
    for mast in sorted(members):
        own = digest([content[i] for i in members[mast]])
        twin = twins[own] = twins.get(own, -1) + 1
        for place, i in enumerate(members[mast]):
            keys[i] = f"{own}.{twin}.{place}"
    return np.array(keys, dtype=str) if keys else np.zeros(0, "U1")


class LevelCache:
    """Files ``levels-<context>-<cells>.npz`` of a folder: levels, and the key of each cell.

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
        path = self._folder / f"levels-{self._context}-{digest(keys.tolist())}.npz"
        kept = self._kept(path)
        at = {key: number for number, key in enumerate(keys.tolist())}
        now = np.array([at.get(key, -1) for key in kept["cell_key"].tolist()], dtype=np.int64)
        missing = np.ones(len(cells), dtype=np.bool_)
        missing[now[now >= 0]] = False
        if len(cells) and not missing.any():
            self._note("from_cache")
        old = _renumbered(kept, now)
        if not missing.any() and path.exists() and len(now) == len(keys):
            return old
        fresh = np.flatnonzero(missing)
        levels = _together(old, compute(cells.take(fresh)), fresh, len(cells)) if len(fresh) else old
        save_arrays(path, {**{name: getattr(levels, name) for name in _COLUMNS}, "cell_key": keys})
        for other in self._files()[_KEPT:]:
            other.unlink(missing_ok=True)
        return levels

    def _kept(self, path: Path) -> dict[str, NDArray[Any]]:
        """Return the set wanted, else the newest of the same context; empty where there is none."""
        like = [p for p in self._files() if p != path and p.name.startswith(f"levels-{self._context}-")]
        for candidate in (path, *like):
            arrays = load_arrays(candidate)
            if arrays is not None and set(arrays) == {*_COLUMNS, "cell_key"}:
                return arrays
            if candidate.exists():
                self._note("damaged_cache", path=candidate)
                candidate.unlink()
        none = np.zeros(0, np.int32)
        empty = {"point": none, "cell": none, "level_dbm": none.astype("f4"), "loss_db": none.astype("f4")}
        return {**empty, "cell_key": np.zeros(0, "U1")}

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("levels-*.npz"), key=lambda p: p.stat().st_mtime_ns, reverse=True)


def _renumbered(kept: dict[str, NDArray[Any]], now: NDArray[np.int64]) -> PointLevels:
    """Give the cells their numbers of today; those that are no more go."""
    if np.array_equal(now, np.arange(len(now))):
        return PointLevels(*(kept[name] for name in _COLUMNS))
    cell = now[kept["cell"]].astype(np.int32)
    stays = cell >= 0
    point, cell, level, loss = (
        kept["point"][stays], cell[stays], kept["level_dbm"][stays], kept["loss_db"][stays]
    )  # fmt: skip
    left = now[now >= 0]
    if np.any(np.diff(left) < 0):  # another order of the cells
        order = np.lexsort((cell, point))
        point, cell, level, loss = point[order], cell[order], level[order], loss[order]
    return PointLevels(point, cell, level, loss)


def _together(old: PointLevels, new: PointLevels, of: NDArray[np.int64], cells: int) -> PointLevels:
    """Put new rows among the old ones, all sorted by point and cell; `of` numbers the new ones' cells."""
    number = of[new.cell]
    where = np.searchsorted(
        old.point.astype(np.int64) * cells + old.cell, new.point.astype(np.int64) * cells + number
    )
    added: Iterator[NDArray[Any]] = iter((new.point, number, new.level_dbm, new.loss_db))
    return PointLevels(*(np.insert(getattr(old, name), where, next(added)) for name in _COLUMNS))
