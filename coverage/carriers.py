"""Order the cells of one antenna group for the merge: runs of one carrier, lobes that are looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable
from .footprint import AntennaGroup, Sites
from .level_kernels import Carriers

__all__ = ["LayerKey", "carriers_of"]

LayerKey = str | tuple[str, str]
"""A technology, or a technology and an operator."""


def carriers_of(
    cells: CellTable,
    sites: Sites,
    group: AntennaGroup,
    keys: Mapping[LayerKey, int],
    tally: NDArray[np.int32] | None = None,
) -> Carriers:
    """Sort a group's cells into runs of equal technology, operator and frequency, and find shared lobes.

    Parameters
    ----------
    cells : CellTable
    sites : Sites
    group : AntennaGroup
    keys : mapping of LayerKey to int
        Place of every layer in the stack.
    tally : ndarray of int32, (cells,), optional
        Where each cell's power is summed as interference; None: nowhere.
    """
    runs: dict[tuple[int, int, int, int], list[int]] = {}
    for cell, frequency in zip(group.cells.tolist(), group.frequency.tolist(), strict=True):
        technology = str(cells.technology[cell])
        own = keys.get((technology, str(cells.operator[cell])), -1)
        summed = -1 if tally is None else int(tally[cell])
        runs.setdefault((keys[technology], own, frequency, summed), []).append(cell)
    members = [runs[key] for key in sorted(runs)]
    cell = np.array([cell for run in members for cell in run], dtype=np.int32)
    layer, own_layer, frequency_index, summed_in = np.array(sorted(runs), dtype=np.int32).T.copy()
    used = np.unique(np.concatenate([layer, own_layer]))
    s = sites.sectors
    frame, frame_cell = _distinct(cell, s.turn_sin, s.turn_cos, s.tilt_sin)
    turn_and_pattern = (s.turn_sin, s.turn_cos, s.tilt_sin, s.offset_deg, s.shift_deg, s.pattern)
    lobe, lobe_cell = _distinct(cell, *turn_and_pattern)
    frame_of = dict(zip(cell.tolist(), frame.tolist(), strict=True))
    return Carriers(
        cell=cell,
        start=np.cumsum([0, *(len(run) for run in members)]).astype(np.int32),
        frequency=frequency_index,
        layer=layer,
        own_layer=own_layer,
        tally=summed_in,
        top_dbm=np.array([s.boresight_dbm[run].max() for run in members], dtype=np.float32),
        used=used[used >= 0],
        lobe=lobe,
        lobe_cell=lobe_cell,
        lobe_frame=np.array([frame_of[c] for c in lobe_cell.tolist()], dtype=np.int32),
        frame_cell=frame_cell,
    )


def _distinct(cell: NDArray[np.int32], *columns: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number the distinct combinations of some columns; return each cell's number, and a cell for each."""
    known: dict[tuple[float, ...], int] = {}
    example: list[int] = []
    number = np.empty(len(cell), dtype=np.int32)
    for position, index in enumerate(cell.tolist()):
        key = tuple(float(column[index]) for column in columns)
        if key not in known:
            known[key] = len(example)
            example.append(index)
        number[position] = known[key]
    return number, np.array(example, dtype=np.int32)
