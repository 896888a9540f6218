"""The exact merges behind the coverage layers, brought up to date: masts come and go in them.

Rasters are written from a merge, never the other way. A merge also tells where masts came or went since the
last few digests, so that rasters that carry one of these need to be written anew only there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coverage.cells import CellTable
from .coverage.interference import Disturbance
from .coverage.layer_state import LayerState
from .coverage.mast_merge import MastMerge, Radio
from .coverage.state_change import MastChange, MastsOnAir, change_masts
from .merge_files import MergeKeeper, StoredMerge, forget_state, read_merge, save_state
from .scene import Scene

__all__ = ["KeptMerge", "MergeKeeper", "updated_merges"]

_SHARE_SWEPT = 0.25  # of the masts: with more changes all masts are merged anew
_SINCE = 8  # earlier digests of which a merge knows what happened since


@dataclass(frozen=True)
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
    since : mapping of str to ndarray of bool
        By earlier digest of the technology: blocks of pixels in which masts came or went since.
    """

    state: LayerState
    index: NDArray[np.int32]
    carrier: NDArray[np.int32]
    disturbance: Disturbance
    since: Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class _Work:
    """What must happen to one merge; `numbered`, `rank` and `places` are of the numbers after it."""

    stored: StoredMerge
    changes: dict[str, MastChange]
    numbered: CellTable
    rank: NDArray[np.int64]
    places: NDArray[np.int64]


def updated_merges(
    scene: Scene, cells: CellTable, wanted: Mapping[str, str], contexts: Mapping[str, str]
) -> dict[str, KeptMerge]:
    """Bring kept merges up to date; those that are not returned must be merged anew from all masts.

    Parameters
    ----------
    scene : Scene
    cells : CellTable
        On air.
    wanted, contexts : mapping of str to str
        By technology, as for `MergeKeeper`.
    """
    at = {name: number for number, name in enumerate(cells.cell_id.tolist())}
    found = {
        technology: stored
        for technology in wanted
        if (stored := read_merge(scene, cells, technology, contexts[technology])) is not None
    }
    works = {}
    for technology, stored in found.items():
        if stored.told["key"] != wanted[technology]:
            works[technology] = _work(stored, cells, technology, _places(stored.cells, at))
    works_now = {technology: work for technology, work in works.items() if work is not None}
    touched = _changed(scene, cells, works_now)
    merges = {}
    for technology, stored in found.items():
        if technology not in works:
            since = _since(stored)
            merges[technology] = _kept(cells, technology, stored, _places(stored.cells, at), since)
        elif technology in touched:
            work, key = works_now[technology], wanted[technology]
            since = _noted(stored, touched[technology], key)
            stored.to_disk()
            told = {**stored.told, "key": key, "since": {k: _packed(v) for k, v in since.items()}}
            save_state(scene, technology, told, work.numbered, work.rank)
            merges[technology] = _kept(cells, technology, stored, work.places, since)
    return merges


def _changed(scene: Scene, cells: CellTable, works: Mapping[str, _Work]) -> dict[str, NDArray[np.bool_]]:
    """Change the merges; return which blocks were touched."""
    if not works:
        return {}
    radio = Radio(
        scene.terrain, dict(scene.rule.technologies), scene.settings, scene.range_m, scene.patterns,
        scene.budget,
    )  # fmt: skip
    merges = {}
    for technology, work in works.items():
        forget_state(scene, technology)  # from here on the arrays are in work
        merges[technology] = MastMerge(work.stored.state, radio, work.rank)
    number = {technology: _numbers(work.places, len(cells)) for technology, work in works.items()}
    changes = {technology: work.changes for technology, work in works.items()}
    change_masts(merges, radio, changes, MastsOnAir(cells, number), scene.options.workers)
    return {technology: merge.touched for technology, merge in merges.items()}


def _kept(
    cells: CellTable,
    technology: str,
    stored: StoredMerge,
    places: NDArray[np.int64],
    since: Mapping[str, NDArray[np.bool_]],
) -> KeptMerge:
    place = {carrier: number for number, carrier in enumerate(stored.state.carriers)}
    own = np.flatnonzero(cells.technology == technology)
    pairs = zip(cells.operator[own].tolist(), cells.frequency_mhz[own].tolist(), strict=True)
    carrier = np.full(len(cells), -1, dtype=np.int32)
    carrier[own] = [place.get(pair, -1) for pair in pairs]
    return KeptMerge(stored.state, places.astype(np.int32), carrier, stored.disturbance, since)


def _since(stored: StoredMerge) -> dict[str, NDArray[np.bool_]]:
    shape = stored.state.block_shape
    count = shape[0] * shape[1]
    return {
        key: np.unpackbits(np.frombuffer(bytes.fromhex(packed), np.uint8), count=count)
        .astype(np.bool_)
        .reshape(shape)
        for key, packed in stored.told["since"].items()
    }


def _noted(stored: StoredMerge, touched: NDArray[np.bool_], key: str) -> dict[str, NDArray[np.bool_]]:
    """Add what happened now to what happened since each earlier digest, the latest ones last."""
    since = {before: blocks | touched for before, blocks in _since(stored).items()}
    since.pop(stored.told["key"], None)
    since[stored.told["key"]] = touched
    since.pop(key, None)  # back to a list that there was before: what it was then is gone
    return dict(list(since.items())[-_SINCE:])


def _packed(blocks: NDArray[np.bool_]) -> str:
    return np.packbits(blocks).tobytes().hex()


def _places(numbered: CellTable, at: Mapping[str, int]) -> NDArray[np.int64]:
    """Return where the cell of each number stands among those on air; -1: nowhere."""
    return np.array([at.get(name, -1) for name in numbered.cell_id.tolist()], dtype=np.int64)


def _numbers(places: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
    """Return the number in a merge of each cell on air; -1: none."""
    number = np.full(cells, -1, dtype=np.int64)
    named = np.flatnonzero(places >= 0)
    number[places[named]] = named
    return number


def _work(stored: StoredMerge, cells: CellTable, technology: str, places: NDArray[np.int64]) -> _Work | None:
    """Find the masts that came, went or changed; None where all must be merged anew.

    `places` is of the numbers so far.
    """
    before = stored.cells
    was, now = _carrying(before, technology), _carrying(cells, technology)
    carried = np.full(len(before), -1, dtype=np.int64)
    carried[was] = places[was]
    old = _numbers(carried, len(cells))[now]
    both = old >= 0
    if np.any(np.diff(stored.rank[old[both]]) < 0):
        return None  # another order of the list decides between equal levels
    same = _equal(before.take(old[both]), cells.take(now[both]))
    stays = np.zeros(len(before), dtype=np.bool_)
    stays[old[both][same]] = True
    left = was[~stays[was]]
    arrived = np.concatenate([now[~both], now[both][~same]])
    masts = {*before.mast_id[left].tolist(), *cells.mast_id[arrived].tolist()} - {""}
    gone, come = _members(before, was, masts), _members(cells, now, masts)
    if len(gone) + len(come) > 1 + _SHARE_SWEPT * len(np.unique(cells.mast_id[now])):
        return None
    return _numbered(stored, before, cells, gone, come, places)


def _carrying(cells: CellTable, technology: str) -> NDArray[np.int64]:
    """Return all cells of the masts that carry a technology."""
    named = cells.mast_id != ""
    own = np.unique(cells.mast_id[(cells.technology == technology) & named])
    return np.flatnonzero(np.isin(cells.mast_id, own))


def _equal(one: CellTable, other: CellTable) -> NDArray[np.bool_]:
    """Tell which cells are the same but for their dates."""
    same = np.ones(len(one), dtype=np.bool_)
    for field in fields(one):
        if field.name not in ("on_air", "off_air"):
            a, b = getattr(one, field.name), getattr(other, field.name)
            equal = a == b
            same &= equal | ((a != a) & (b != b)) if a.dtype.kind == "f" else equal
    return same


def _members(cells: CellTable, among: NDArray[np.int64], masts: set[str]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = {}
    for i in among[np.isin(cells.mast_id[among], sorted(masts))].tolist():
        found.setdefault(str(cells.mast_id[i]), []).append(i)
    return {mast: np.array(members, dtype=np.int64) for mast, members in sorted(found.items())}


def _numbered(
    stored: StoredMerge,
    before: CellTable,
    cells: CellTable,
    gone: Mapping[str, NDArray[np.int64]],
    come: Mapping[str, NDArray[np.int64]],
    places: NDArray[np.int64],
) -> _Work:
    """Append the new cells to the numbered ones; cells that went keep a number without a name."""
    fresh = np.concatenate([np.zeros(0, np.int64), *come.values()])
    both: dict[str, NDArray[Any]] = {}
    for field in fields(before):
        both[field.name] = np.concatenate([getattr(before, field.name), getattr(cells, field.name)[fresh]])
    places = np.concatenate([places, fresh])
    rank = np.where(places >= 0, places, len(cells))
    went = np.concatenate([np.zeros(0, np.int64), *gone.values()])
    both["cell_id"][went] = ""
    both["mast_id"][went] = ""
    places[went] = -1
    first = len(before)
    coming = {}
    for mast, members in come.items():
        coming[mast] = cells.take(members), np.arange(first, first + len(members), dtype=np.int64)
        first += len(members)
    going = {mast: (before.take(members), members) for mast, members in gone.items()}
    changes = {mast: MastChange(going.get(mast), coming.get(mast)) for mast in sorted({*going, *coming})}
    return _Work(stored, changes, CellTable(**both), rank, places)
