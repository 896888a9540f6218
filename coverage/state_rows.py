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
    first, stop, left, right = window
    at = np.s_[first:stop, left:right]
    table, plan, d = np.append(index, np.int32(-1)), state.plan, disturbance
    units = np.ascontiguousarray(state.units[:, first:stop, left:right])
    parts = []
    for place in range(len(plan.entered)):
        level = np.array(state.level_dbm[place][at])
        best = table[state.best_cell[place][at]]
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
            servers=as_told(state.servers[counter][at]),
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
    _, rows, columns = state.level_dbm.shape
    for first in range(0, rows, BAND_ROWS):
        window = first, min(first + BAND_ROWS, rows), 0, columns
        for layer in window_layers(state, index, disturbance, carrier, window):
            sink(layer)
