"""Levels of candidates' cells from one run to the next, in ``.phusong/``: only new ones are computed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from . import coverage
from .cache import digest, load_arrays, save_arrays, source_digest
from .coverage.siting.coverage_matrix import LevelRow

__all__ = ["CandidateLevels"]

_KEPT = 4  # sets of points (or terrains, or models) whose levels stay


@cache
def _engine() -> str:
    return source_digest(Path(coverage.__file__).parent)


class CandidateLevels:
    """A `LevelCache` in a folder: one file for each terrain, model and set of points.

    Parameters
    ----------
    folder : Path
        ``.phusong`` of a project; files that are damaged are computed again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, context: tuple[object, ...]) -> dict[str, LevelRow]:
        """Return the rows kept for a context, by the key of the cell."""
        arrays = load_arrays(self._path(context))
        if arrays is None or set(arrays) != {"key", "start", "point", "level_dbm"}:
            return {}
        start, point, level = arrays["start"], arrays["point"], arrays["level_dbm"]
        return {
            str(key): (point[start[i] : start[i + 1]], level[start[i] : start[i + 1]])
            for i, key in enumerate(arrays["key"])
        }

    def save(self, context: tuple[object, ...], rows: Mapping[str, LevelRow]) -> None:
        """Keep rows; the files of older contexts go."""
        keys = sorted(rows)
        count = [len(rows[key][0]) for key in keys]
        save_arrays(
            self._path(context),
            {
                "key": np.array(keys, dtype="U32"),
                "start": np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
                "point": np.concatenate([np.zeros(0, np.int32), *(rows[key][0] for key in keys)]),
                "level_dbm": np.concatenate([np.zeros(0, np.float32), *(rows[key][1] for key in keys)]),
            },
        )
        files = sorted(self.folder.glob("candidates-*.npz"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in files[_KEPT:]:
            old.unlink(missing_ok=True)

    def _path(self, context: tuple[object, ...]) -> Path:
        return self.folder / f"candidates-{digest(_engine(), *context)}.npz"
