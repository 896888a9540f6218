"""From a kept merge to layers: SINR read off the sums, layers of technologies made from their operators'."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from .interference import Disturbance
from .layer_state import LayerState
from .level_kernels import sinr_rows
from .network_layer import NetworkLayer
from .row_ring import BAND_ROWS, as_told, stronger
from .state_files import blocks_around
from .state_kernels import BLOCK

__all__ = ["hand_on", "window_layers"]


def window_layers(
    state: LayerState,
    index: NDArray[np.int32],
    disturbance: Disturbance,
    carrier: NDArray[np.int32],
    window: tuple[int, int, int, int],
) -> Iterator[NetworkLayer]:
    """Return the layers of a state on a window, the same to the bit as `network.network_rows` gives them.

    Parameters
    ----------
    state : LayerState
    index : ndarray of int32
        The cell of the run that each number in the state stands for.
    disturbance : Disturbance
        Of the cells of the run.
    carrier : ndarray of int32, (cells of the run,)
        Place of each cell's carrier in the state; -1: another technology.
    window : tuple of int
        First and past the last row, first and past the last column.
    """
    blocks = blocks_around(window)
    first, top, left = window[0], blocks[0] * BLOCK, blocks[2] * BLOCK
    at = np.s_[window[0] - top : window[1] - top, window[2] - left : window[3] - left]
    held = state.window(blocks, names=("level_dbm", "best_cell", "servers", "units"))
    table, plan, d = np.append(index, np.int32(-1)), state.plan, disturbance
    units = np.ascontiguousarray(held.units[:, *at])
    parts = []
    for place in range(len(plan.entered)):
        level = np.ascontiguousarray(held.level_dbm[place][at])
        best = table[held.best_cell[place][at]]
        sinr_db = sinr_rows(level, best, units, state.unit_dbm, carrier, d.others, d.own, d.noise_mw)
        parts.append((level, best, sinr_db))
    whole = [reduce(stronger, parts), *(parts if plan.pairs else ())]
    for counter, (level, best, sinr_db) in enumerate(whole):
        yield NetworkLayer(
            technology=state.technology,
            operator=plan.pairs[counter - 1][1] if counter else None,
            rule=plan.rules[state.technology],
            level_dbm=np.where(best >= 0, level, np.float32(np.nan)),
            best_cell=best,
            servers=as_told(held.servers[counter][at]),
            sinr_db=sinr_db,
            first_row=first,
        )


def hand_on(
    state: LayerState,
    index: NDArray[np.int32],
    disturbance: Disturbance,
    carrier: NDArray[np.int32],
    sink: Callable[[NetworkLayer], None],
) -> None:
    """Hand the layers of a state on, band by band, as `network.network_rows` does; see `window_layers`."""
    rows, columns = state.shape
    for first in range(0, rows, BAND_ROWS):
        window = first, min(first + BAND_ROWS, rows), 0, columns
        for layer in window_layers(state, index, disturbance, carrier, window):
            sink(layer)
