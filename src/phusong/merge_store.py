"""The exact merges behind the coverage layers, kept in ``.phusong/merge``: masts come and go in them.

A folder for each technology. `state.json` is written last and removed before anything changes: where it is
missing the merge is worthless and all masts are swept. Rasters are written from it, never the other way.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cache import load_arrays, save_arrays
from .coverage.cells import CellTable
from .coverage.interference import Disturbance, disturbance_of
from .coverage.layer_state import CannotUpdateError, LayerState, MastMerger, Radio
from .coverage.level_kernels import LayerStack
from .coverage.network_layer import LayerPlan, plan_layers
from .scene import Scene

__all__ = ["KeptMerge", "MergeKeeper", "updated_merge"]

_ARRAYS = ("level_dbm", "best_cell", "servers", "units")
_ROOM = 3  # times the size of a merge must be free on the disk, or it is not kept
_SHARE_SWEPT = 0.25  # of the masts: with more changes all masts are merged anew


def _folder(scene: Scene, technology: str) -> Path:
    return scene.options.project.cache / "merge" / technology.lower()


def _disturbance(scene: Scene, cells: CellTable, technology: str) -> Disturbance:
    return disturbance_of(cells, (technology,), scene.interference)


def _carriers(cells: CellTable, technology: str) -> list[tuple[str, float]]:
    own = cells.technology == technology
    return sorted(set(zip(cells.operator[own].tolist(), cells.frequency_mhz[own].tolist(), strict=True)))


def _plan(scene: Scene, cells: CellTable, technology: str) -> LayerPlan:
    rules = {technology: scene.rule.technologies[technology]}
    return plan_layers(cells, rules, by_operator=scene.options.project.outputs.by_operator)


class MergeKeeper:
    """Keeps the rows of a merge of several technologies as they are finished.

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
        self._maps: dict[str, dict[str, NDArray[Any]]] = {}
        for technology in self._plan.technologies:
            shutil.rmtree(_folder(scene, technology), ignore_errors=True)
            self._open(technology)

    def _open(self, technology: str) -> None:
        plan, shape = _plan(self._scene, self._cells, technology), self._scene.terrain.height_m.shape
        entered, counted = len(plan.entered), len(plan.keys)
        carriers = len(_carriers(self._cells, technology))
        size = shape[0] * shape[1] * (8 * entered + counted + 8 * carriers)
        folder = _folder(self._scene, technology)
        folder.mkdir(parents=True)
        if shutil.disk_usage(folder).free < _ROOM * size:
            folder.rmdir()
            return
        numbers = ((entered, "f4"), (entered, "i4"), (counted, "u1"), (carriers, "f8"))
        self._maps[technology] = {
            name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, (count, *shape))
            for name, (count, dtype) in zip(_ARRAYS, numbers, strict=True)
        }

    def __call__(self, first: int, stack: LayerStack, units: NDArray[np.float64]) -> None:
        """Take rows: see `coverage.row_ring.KeepRows`."""
        rows = slice(first, first + stack.servers.shape[1])
        for technology, maps in self._maps.items():
            entered = [i for i, key in enumerate(self._plan.entered) if _technology(key) == technology]
            counted = [i for i, key in enumerate(self._plan.keys) if _technology(key) == technology]
            carriers = [i for i, key in enumerate(self._carrier) if key[1] == technology]
            maps["level_dbm"][:, rows] = stack.level_dbm[entered]
            maps["best_cell"][:, rows] = stack.best_cell[entered]
            maps["servers"][:, rows] = stack.servers[counted]
            maps["units"][:, rows] = units[carriers]

    def finish(self) -> None:
        """Say that the merges are whole."""
        for technology in list(self._maps):
            maps = self._maps.pop(technology)
            for array in maps.values():
                array.flush()  # type: ignore[attr-defined]
            unit = _disturbance(self._scene, self._cells, technology).unit_dbm
            told = {
                "key": self._digests[technology],
                "context": self._contexts[technology],
                "carriers": _carriers(self._cells, technology),
                "unit_dbm": [float(value) for value in unit],
                "pairs": [list(pair) for pair in _plan(self._scene, self._cells, technology).pairs],
            }
            _save(_folder(self._scene, technology), told, self._cells)


def _technology(key: Any) -> str:
    return key if isinstance(key, str) else str(key[0])


def _save(folder: Path, told: Mapping[str, Any], cells: CellTable) -> None:
    save_arrays(folder / "cells.npz", {field.name: getattr(cells, field.name) for field in fields(cells)})
    aside = folder / "state.json.part"
    aside.write_text(json.dumps(told), encoding="utf-8")
    aside.replace(folder / "state.json")


class KeptMerge:
    """A merge that holds exactly the masts on air.

    Attributes
    ----------
    state : LayerState
    index : ndarray of int32
        The cell on air that each number in the state stands for; -1: none any more.
    carrier : ndarray of int32, (cells on air,)
        Place of each cell's carrier in the state.
    disturbance : Disturbance
    """

    def __init__(
        self,
        state: LayerState,
        index: NDArray[np.int32],
        carrier: NDArray[np.int32],
        disturbance: Disturbance,
    ) -> None:
        self.state, self.index, self.carrier, self.disturbance = state, index, carrier, disturbance


def updated_merge(
    scene: Scene, cells: CellTable, technology: str, key: str, context: str
) -> KeptMerge | None:
    """Bring the kept merge of a technology up to date; None where all masts must be merged anew.

    Parameters
    ----------
    scene : Scene
    cells : CellTable
        On air.
    technology : str
    key, context : str
        As for `MergeKeeper`.
    """
    folder = _folder(scene, technology)
    disturbance = _disturbance(scene, cells, technology)
    plan, carriers = _plan(scene, cells, technology), _carriers(cells, technology)
    told, before = _told(folder)
    if told is None or before is None or not _fits(told, context, plan, carriers, disturbance):
        return None
    maps = _maps(folder)
    if maps is None:
        return None
    state = LayerState(
        plan, tuple((str(o), float(f)) for o, f in told["carriers"]),
        np.array(told["unit_dbm"], np.float32), **maps,
    )  # fmt: skip
    if told["key"] != key:
        merged = _change(scene, folder, state, technology, before, cells)
        if merged is None:
            return None
        before = merged
        for array in maps.values():
            array.flush()
        _save(folder, {**told, "key": key}, before)
    at = {name: number for number, name in enumerate(cells.cell_id.tolist())}
    index = np.array([at.get(name, -1) for name in before.cell_id.tolist()], dtype=np.int32)
    place = {carrier: number for number, carrier in enumerate(state.carriers)}
    pairs = zip(cells.operator.tolist(), cells.frequency_mhz.tolist(), strict=True)
    own = (cells.technology == technology).tolist()
    carrier = [place.get(pair, -1) if mine else -1 for pair, mine in zip(pairs, own, strict=True)]
    return KeptMerge(state, index, np.array(carrier, dtype=np.int32), disturbance)


def _told(folder: Path) -> tuple[dict[str, Any] | None, CellTable | None]:
    try:
        told = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, None
    arrays = load_arrays(folder / "cells.npz")
    if arrays is None or set(arrays) != {field.name for field in fields(CellTable)}:
        return None, None
    return told, CellTable(**arrays)


def _fits(
    told: Mapping[str, Any],
    context: str,
    plan: LayerPlan,
    carriers: Sequence[tuple[str, float]],
    disturbance: Disturbance,
) -> bool:
    """Tell whether the merge is of the same kind: a carrier or operator more is another."""
    return bool(
        told["context"] == context
        and told["carriers"] == [list(carrier) for carrier in carriers]
        and told["unit_dbm"] == [float(value) for value in disturbance.unit_dbm]
        and told["pairs"] == [list(pair) for pair in plan.pairs]
    )


def _maps(folder: Path) -> dict[str, Any] | None:
    try:
        return {name: np.load(folder / f"{name}.npy", mmap_mode="r+") for name in _ARRAYS}
    except (OSError, ValueError):
        return None


def _change(
    scene: Scene, folder: Path, state: LayerState, technology: str, before: CellTable, cells: CellTable
) -> CellTable | None:
    """Take out the masts that are no more as they were, put in the new ones; return the numbered cells."""
    old, new = _masts(before, technology), _masts(cells, technology)
    gone = [mast for mast in old if new.get(mast, (None, None))[1] != old[mast][1]]
    come = [mast for mast in new if old.get(mast, (None, None))[1] != new[mast][1]]
    if len(gone) + len(come) > 1 + _SHARE_SWEPT * len(new):
        return None
    stay = [mast for mast in new if mast in old and new[mast][1] == old[mast][1]]
    numbered, numbers, order = _numbered(before, cells, [old[m][0] for m in gone], [new[m][0] for m in come])
    radio = Radio(
        scene.terrain, _rules_on_air(scene, cells), scene.settings, scene.range_m, scene.patterns,
        scene.budget,
    )  # fmt: skip
    (folder / "state.json").unlink(missing_ok=True)  # from here on the arrays are in work
    merger = MastMerger(state, radio, order)
    try:
        for mast in gone:
            merger.take_out(before.take(old[mast][0]), old[mast][0])
    except CannotUpdateError:
        return None
    merger.ask_again([(before.take(old[mast][0]), old[mast][0]) for mast in stay])
    for mast, number in zip(come, numbers, strict=True):
        merger.put_in(cells.take(new[mast][0]), number)
    return numbered


def _rules_on_air(scene: Scene, cells: CellTable) -> dict[str, Any]:
    present = set(cells.technology.tolist())
    return {name: rule for name, rule in scene.rule.technologies.items() if name in present}


def _masts(cells: CellTable, technology: str) -> dict[str, tuple[NDArray[np.int64], list[Any]]]:
    """Cells and contents of the masts that carry a technology."""
    names = [field.name for field in fields(cells) if field.name not in ("on_air", "off_air")]
    columns = [getattr(cells, name).astype(str).tolist() for name in names]
    rows = list(zip(*columns, strict=True))
    members: dict[str, list[int]] = {}
    for i, mast in enumerate(cells.mast_id.tolist()):
        if mast:
            members.setdefault(mast, []).append(i)
    own = set(cells.mast_id[cells.technology == technology].tolist())
    return {
        mast: (np.array(at, dtype=np.int64), [rows[i] for i in at])
        for mast, at in members.items()
        if mast in own
    }


def _numbered(
    before: CellTable, cells: CellTable, gone: list[NDArray[np.int64]], come: list[NDArray[np.int64]]
) -> tuple[CellTable, list[NDArray[np.int64]], NDArray[np.int64]]:
    """Append the new cells to the numbered ones; cells that went keep a number without a name."""
    at = {name: number for number, name in enumerate(cells.cell_id.tolist())}
    both: dict[str, NDArray[Any]] = {}
    fresh = np.concatenate([np.zeros(0, np.int64), *come])
    for field in fields(before):
        both[field.name] = np.concatenate([getattr(before, field.name), getattr(cells, field.name)[fresh]])
    for members in gone:
        both["cell_id"][members] = ""
        both["mast_id"][members] = ""
    numbered = CellTable(**both)
    last = len(cells)
    order = np.array([at.get(name, last) for name in numbered.cell_id.tolist()], dtype=np.int64)
    numbers, first = [], len(before)
    for members in come:
        numbers.append(np.arange(first, first + len(members), dtype=np.int64))
        first += len(members)
    return numbered, numbers, order
