"""Files of the kept merges: a folder for each technology below ``.phusong/merge``.

`state.json` is written last and removed before anything changes: where it is missing the merge is worthless
and all masts are swept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cache import load_arrays, save_arrays
from .coverage.cells import CellTable
from .coverage.interference import Disturbance, disturbance_of
from .coverage.layer_state import ARRAYS, LayerState, state_files
from .coverage.level_kernels import LayerStack
from .coverage.network_layer import LayerPlan, plan_layers
from .coverage.state_files import PlaneFile
from .scene import Scene

__all__ = [
    "MergeKeeper",
    "StoredMerge",
    "carriers_of_technology",
    "disturbance_in",
    "forget_state",
    "is_kept",
    "read_merge",
    "save_state",
]

_FORMAT = 3  # of the files; others are not read
_ROOM = 2  # times the size of the merges must be free on the disk, or they are not kept


def _folder(scene: Scene, technology: str) -> Path:
    return scene.options.project.cache / "merge" / technology.lower()


def disturbance_in(scene: Scene, cells: CellTable, technology: str) -> Disturbance:
    """Return what the cells of one technology do to each other."""
    own = np.flatnonzero(cells.technology == technology)
    few = disturbance_of(cells.take(own), (technology,), scene.interference)
    carrier = np.full(len(cells), -1, dtype=np.int32)
    others, noise_mw = np.full(len(cells), scene.interference.load), np.full(len(cells), np.inf)
    own_share = np.zeros(len(cells))
    carrier[own], others[own], own_share[own], noise_mw[own] = few.carrier, few.others, few.own, few.noise_mw
    return Disturbance(carrier, others, own_share, noise_mw, few.unit_dbm)


def carriers_of_technology(cells: CellTable, technology: str) -> list[tuple[str, float]]:
    """Return the carriers (operator, frequency in MHz) of a technology, in the order of their sums."""
    own = cells.technology == technology
    return sorted(set(zip(cells.operator[own].tolist(), cells.frequency_mhz[own].tolist(), strict=True)))


def _plan(scene: Scene, cells: CellTable, technology: str) -> LayerPlan:
    rules = {technology: scene.rule.technologies[technology]}
    own = cells.take(cells.technology == technology)
    return plan_layers(own, rules, by_operator=scene.options.project.outputs.by_operator)


def _files(scene: Scene, cells: CellTable, technology: str) -> dict[str, PlaneFile]:
    plan, carriers = _plan(scene, cells, technology), carriers_of_technology(cells, technology)
    return state_files(_folder(scene, technology), plan, carriers, scene.terrain.height_m.shape)


class MergeKeeper:
    """Keeps the rows of a merge of several technologies as they are finished, where the disk has room.

    Parameters
    ----------
    scene : Scene
    cells : CellTable
        On air.
    digests, contexts : mapping of str to str
        Of the technologies that are merged: from `reuse.technology_digests`, and without the cells.
    """

    def __init__(
        self, scene: Scene, cells: CellTable, digests: Mapping[str, str], contexts: Mapping[str, str]
    ) -> None:
        self._scene, self._cells, self._digests, self._contexts = scene, cells, digests, contexts
        by_operator = scene.options.project.outputs.by_operator
        rules = {technology: scene.rule.technologies[technology] for technology in digests}
        self._plan = plan_layers(cells, rules, by_operator=by_operator)
        keys = list(zip(cells.operator.tolist(), cells.technology.tolist(), cells.frequency_mhz.tolist(),
                        strict=True))  # fmt: skip
        self._carrier = sorted({key for key in keys if key[1] in digests})
        self._files: dict[str, dict[str, PlaneFile]] = {}
        for technology in digests:
            shutil.rmtree(_folder(scene, technology), ignore_errors=True)
        files = {technology: _files(scene, cells, technology) for technology in self._plan.technologies}
        size = sum(file.bytes for own in files.values() for file in own.values())
        scene.options.project.cache.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(scene.options.project.cache).free < _ROOM * size:
            scene.options.reporter.note("merge_not_kept")
            return
        for technology, own in files.items():
            _folder(scene, technology).mkdir(parents=True)
            for file in own.values():
                file.make()
        self._files = files

    def __call__(self, first: int, stack: LayerStack, units: NDArray[np.float64]) -> None:
        """Take rows: see `coverage.row_ring.KeepRows`."""
        for technology, files in self._files.items():
            entered = [i for i, key in enumerate(self._plan.entered) if _technology(key) == technology]
            counted = [i for i, key in enumerate(self._plan.keys) if _technology(key) == technology]
            carriers = [i for i, key in enumerate(self._carrier) if key[1] == technology]
            places = {"servers": counted, "units": carriers}
            for name in ARRAYS:
                values = units if name == "units" else getattr(stack, name)
                files[name].put(first, values, places.get(name, entered))

    def __enter__(self) -> MergeKeeper:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Say that the merges are whole, unless there was an error."""
        for technology, files in self._files.items() if kind is None else ():
            for file in files.values():
                file.to_disk()
            unit = disturbance_in(self._scene, self._cells, technology).unit_dbm
            told = {
                "format": _FORMAT,
                "key": self._digests[technology],
                "context": self._contexts[technology],
                "carriers": carriers_of_technology(self._cells, technology),
                "unit_dbm": [float(value) for value in unit],
                "pairs": [list(pair) for pair in _plan(self._scene, self._cells, technology).pairs],
                "since": {},
            }
            rank = np.arange(len(self._cells), dtype=np.int64)
            save_state(self._scene, technology, told, self._cells, rank)


def _technology(key: Any) -> str:
    return key if isinstance(key, str) else str(key[0])


def save_state(
    scene: Scene, technology: str, told: Mapping[str, Any], cells: CellTable, rank: NDArray[np.int64]
) -> None:
    """Say that a merge is whole.

    Parameters
    ----------
    scene : Scene
    technology : str
    told : mapping
        As in `StoredMerge`.
    cells : CellTable
        What the numbers in the merge stand for.
    rank : ndarray of int64
        The place of each in the list of cells.
    """
    folder = _folder(scene, technology)
    arrays = {field.name: getattr(cells, field.name) for field in fields(cells)}
    save_arrays(folder / "cells.npz", {**arrays, "rank": rank})
    aside = folder / "state.json.part"
    aside.write_text(json.dumps(told), encoding="utf-8")
    aside.replace(folder / "state.json")


def forget_state(scene: Scene, technology: str) -> None:
    """Say that the arrays of a merge are in work."""
    (_folder(scene, technology) / "state.json").unlink(missing_ok=True)


@dataclass(frozen=True)
class StoredMerge:
    """A merge as the last run left it.

    Attributes
    ----------
    told : dict
        "key": the technology's digest; "since": where masts came or went since earlier digests, and what the
        merge depends on besides.
    cells : CellTable
        What each number in it stands for; without an id: nothing any more.
    rank : ndarray of int64
        The place of each in the list of cells.
    state : LayerState
    disturbance : Disturbance
        Of the cells on air.
    """

    told: dict[str, Any]
    cells: CellTable
    rank: NDArray[np.int64]
    state: LayerState
    disturbance: Disturbance

    def to_disk(self) -> None:
        """Have the system write the arrays out."""
        for file in self.state.files.values():
            file.to_disk()


def read_merge(scene: Scene, cells: CellTable, technology: str, context: str) -> StoredMerge | None:
    """Read the merge of a technology; None where there is none, or it is not of this kind.

    Parameters
    ----------
    scene : Scene
    cells : CellTable
        On air: a carrier or operator more makes another merge.
    technology : str
    context : str
        As for `MergeKeeper`.
    """
    folder, plan = _folder(scene, technology), _plan(scene, cells, technology)
    disturbance, carriers = (
        disturbance_in(scene, cells, technology),
        carriers_of_technology(cells, technology),
    )
    try:
        told = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        if not _fits(told, carriers, context, plan, disturbance):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    arrays = load_arrays(folder / "cells.npz")
    if arrays is None or set(arrays) != {*(field.name for field in fields(CellTable)), "rank"}:
        return None
    rank = arrays.pop("rank")
    files = state_files(folder, plan, carriers, scene.terrain.height_m.shape)
    if not all(file.is_whole() for file in files.values()):
        return None
    unit_dbm = np.array(told["unit_dbm"], np.float32)
    state = LayerState(plan, tuple(carriers), unit_dbm, scene.terrain.height_m.shape, files)
    return StoredMerge(told, CellTable(**arrays), rank, state, disturbance)


def is_kept(scene: Scene, technology: str, context: str) -> bool:
    """Tell whether there is a merge of a technology and of this context, without reading it.

    Parameters
    ----------
    scene : Scene
    technology : str
    context : str
        As for `MergeKeeper`.
    """
    try:
        told = json.loads((_folder(scene, technology) / "state.json").read_text(encoding="utf-8"))
        return bool(told["context"] == context)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _fits(
    told: dict[str, Any],
    carriers: list[tuple[str, float]],
    context: str,
    plan: LayerPlan,
    disturbance: Disturbance,
) -> bool:
    unit = [float(value) for value in disturbance.unit_dbm]
    same = told["format"] == _FORMAT and told["context"] == context and told["unit_dbm"] == unit
    same = same and told["carriers"] == [list(carrier) for carrier in carriers]
    return bool(same and told["pairs"] == [list(pair) for pair in plan.pairs] and "since" in told)
