"""Order the cells of one antenna group for the merge: runs of one carrier, lobes that are looked up once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable
from .footprint import AntennaGroup, Sites
from .level_kernels import Carriers
from .network_layer import LayerKey, LayerPlan

__all__ = ["carriers_of"]


def carriers_of(
    cells: CellTable,
    sites: Sites,
    group: AntennaGroup,
    plan: LayerPlan,
    tally: NDArray[np.int32] | None = None,
) -> Carriers:
    """Sort a group's cells into runs of equal technology, operator and frequency, and find shared lobes.

    Parameters
    ----------
    cells : CellTable
    sites : Sites
    group : AntennaGroup
    plan : LayerPlan
        Cells of other technologies are left out.
    tally : ndarray of int32, (cells,), optional
        Where each cell's power is summed as interference; None: nowhere.
    """
    places, counters = _positions(plan.entered), _positions(plan.keys)
    runs: dict[tuple[int, int, int, int, int], list[int]] = {}
    for cell, frequency in zip(group.cells.tolist(), group.frequency.tolist(), strict=True):
        technology = str(cells.technology[cell])
        if technology not in plan.technologies:
            continue
        pair = (technology, str(cells.operator[cell]))
        place = places[pair if plan.pairs else technology]
        summed = -1 if tally is None else int(tally[cell])
        key = (place, counters[technology], counters.get(pair, -1), frequency, summed)
        runs.setdefault(key, []).append(cell)
    members = [runs[key] for key in sorted(runs)]
    cell = np.array([cell for run in members for cell in run], dtype=np.int32)
    place_of, counter, own_counter, frequency_index, summed_in = np.array(sorted(runs), np.int32).T.copy()
    used = np.unique(np.concatenate([counter, own_counter]))
    s = sites.sectors
    frame, frame_cell = _distinct(cell, s.turn_sin, s.turn_cos, s.tilt_sin)
    turn_and_pattern = (s.turn_sin, s.turn_cos, s.tilt_sin, s.offset_deg, s.shift_deg, s.pattern)
    lobe, lobe_cell = _distinct(cell, *turn_and_pattern)
    frame_of = dict(zip(cell.tolist(), frame.tolist(), strict=True))
    return Carriers(
        cell=cell,
        start=np.cumsum([0, *(len(run) for run in members)]).astype(np.int32),
        frequency=frequency_index,
        place=place_of,
        counter=counter,
        own_counter=own_counter,
        tally=summed_in,
        top_dbm=np.array([s.boresight_dbm[run].max() for run in members], dtype=np.float32),
        used=used[used >= 0],
        lobe=lobe,
        lobe_cell=lobe_cell,
        lobe_frame=np.array([frame_of[c] for c in lobe_cell.tolist()], dtype=np.int32),
        frame_cell=frame_cell,
    )


def _positions(keys: tuple[LayerKey, ...]) -> dict[LayerKey, int]:
    return {key: position for position, key in enumerate(keys)}


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
