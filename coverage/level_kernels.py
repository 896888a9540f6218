"""Compiled inner loops between path loss and network layers: antenna patterns, levels, best-server merge.

One chain of kernels in one module, because numba's cache does not notice an edit in another file.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .propagation.jit import kernel

__all__ = [
    "EFFECTIVE_EARTH_RADIUS_M",
    "Carriers",
    "LayerStack",
    "Patterns",
    "Sectors",
    "Spot",
    "footprint_levels",
    "merge_rows",
    "point_cell_levels",
]

EFFECTIVE_EARTH_RADIUS_M = 4.0 / 3.0 * 6_371_000.0
"""For the elevation angle at which an antenna sees a receiver."""

_SAMPLES = 3600
_DEGREES = 180.0 / math.pi


class Patterns(NamedTuple):
    """Lookup tables of all patterns in use.

    `horizontal_db` and `vertical_db` are float32 (patterns, 3601): the last sample repeats the first.
    `limit_db` is float64 (patterns,).
    """

    horizontal_db: NDArray[np.float32]
    vertical_db: NDArray[np.float32]
    limit_db: NDArray[np.float64]


class Sectors(NamedTuple):
    """What a level needs of every cell, one entry per cell of the table.

    `boresight_dbm` is the level at 0 dB path loss in the main lobe; `pattern` an index into `Patterns`;
    `shift_deg` the electrical tilt that is not yet in the vertical cut.

    Directions are first turned into a frame, given by sine and cosine of an azimuth (`turn`) and of a
    mechanical tilt; `offset_deg` is the cell's azimuth within its frame. A cell without mechanical tilt uses
    the frame of north and keeps its azimuth as the offset, so that all of them share one pair of angles.
    """

    boresight_dbm: NDArray[np.float64]
    pattern: NDArray[np.int32]
    turn_sin: NDArray[np.float64]
    turn_cos: NDArray[np.float64]
    tilt_sin: NDArray[np.float64]
    tilt_cos: NDArray[np.float64]
    offset_deg: NDArray[np.float64]
    shift_deg: NDArray[np.float64]


class Spot(NamedTuple):
    """Where one group of antennas stands and on which pixels; heights above sea level where not said."""

    x_m: float
    y_m: float
    antenna_amsl_m: float
    receiver_above_ground_m: float
    x_left_m: float
    y_top_m: float
    resolution_m: float


class Carriers(NamedTuple):
    """Cells of one group in runs of equal technology, operator and frequency.

    `cell` lists the cells (indices into `Sectors`); run i is ``cell[start[i]:start[i + 1]]``. `frequency` is
    the plane of the loss window, `layer` the layer of the technology, `own_layer` that of technology and
    operator or -1, `top_dbm` the strongest boresight level of the run. `frame` is the frame of each listed
    cell, `frame_cell` a cell that has it.
    """

    cell: NDArray[np.int32]
    frame: NDArray[np.int32]
    frame_cell: NDArray[np.int32]
    start: NDArray[np.int32]
    frequency: NDArray[np.int32]
    layer: NDArray[np.int32]
    own_layer: NDArray[np.int32]
    top_dbm: NDArray[np.float64]


class LayerStack(NamedTuple):
    """All layers under construction, (layers, rows, columns), and their limits, (layers,).

    `level_dbm` starts at -inf, `best_cell` at -1, `servers` at 0.
    """

    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.uint8]
    threshold_dbm: NDArray[np.float32]
    floor_dbm: NDArray[np.float32]


@kernel(inline=True)
def _atan2_deg(y: float, x: float) -> float:
    """Return atan2 in degrees: polynomial of Abramowitz & Stegun 4.4.49, error ≤ 2e-8 rad."""
    ax, ay = abs(x), abs(y)
    large, small = max(ax, ay), min(ax, ay)
    if large == 0.0:
        return 0.0
    t = small / large
    q = t * t
    p = -0.0752896400 + q * (0.0429096138 + q * (-0.0161657367 + q * 0.0028662257))
    p = -0.3333314528 + q * (0.1999355085 + q * (-0.1420889944 + q * (0.1065626393 + q * p)))
    angle = (t + t * q * p) * _DEGREES
    if ay > ax:
        angle = 90.0 - angle
    if x < 0.0:
        angle = 180.0 - angle
    return -angle if y < 0.0 else angle


@kernel(inline=True)
def _read(table: Any, angle_deg: float) -> float:
    """Read a cut at an angle from -540° to 540°, linear between samples."""
    position = angle_deg * (_SAMPLES / 360.0)
    if position < 0.0:
        position += _SAMPLES
    if position < 0.0:
        position += _SAMPLES
    if position >= _SAMPLES:
        position -= _SAMPLES
    index = min(int(position), _SAMPLES - 1)
    return table[index] + (position - index) * (table[index + 1] - table[index])


@kernel(inline=True)
def _seen(sectors: Sectors, cell: int, east: float, north: float, up: float) -> tuple[float, float]:
    """Return azimuth and angle below the horizontal (degrees) of a direction in the cell's frame."""
    ahead = east * sectors.turn_sin[cell] + north * sectors.turn_cos[cell]
    right = east * sectors.turn_cos[cell] - north * sectors.turn_sin[cell]
    forward = ahead * sectors.tilt_cos[cell] - up * sectors.tilt_sin[cell]
    raised = ahead * sectors.tilt_sin[cell] + up * sectors.tilt_cos[cell]
    return _atan2_deg(right, forward), -_atan2_deg(raised, math.sqrt(right * right + forward * forward))


@kernel(inline=True)
def _attenuation(
    patterns: Patterns, sectors: Sectors, cell: int, around: float, below: float, enough_db: float
) -> float:
    """Return what the pattern takes away at angles in the cell's frame; inf once it exceeds `enough_db`."""
    p = sectors.pattern[cell]
    limit = patterns.limit_db[p]
    horizontal = _read(patterns.horizontal_db[p], around - sectors.offset_deg[cell])
    if min(horizontal, limit) > enough_db:
        return np.inf
    return min(horizontal + _read(patterns.vertical_db[p], below - sectors.shift_deg[cell]), limit)


@kernel(inline=True)
def _rise(ground_m: float, spot: Spot, distance_squared: float) -> float:
    """Return how far the receiver lies above the antenna's horizontal plane, earth curvature included."""
    drop = distance_squared / (2.0 * EFFECTIVE_EARTH_RADIUS_M)
    return ground_m + spot.receiver_above_ground_m - spot.antenna_amsl_m - drop


@kernel()
def footprint_levels(
    loss_db: Any, row: int, column: int, height_m: Any, spot: Spot, patterns: Patterns, sectors: Sectors,
    cells: Any, frequency: Any,
) -> Any:  # fmt: skip
    """Return the level of each of `cells` on a loss window, float32 (cells, rows, columns); NaN: no loss.

    `row`, `column` place the window in `height_m`; `frequency` is the loss plane of each cell.
    """
    _, rows, columns = loss_db.shape
    level = np.full((len(cells), rows, columns), np.nan, dtype=np.float32)
    for i in range(rows):
        north = spot.y_top_m - (row + i + 0.5) * spot.resolution_m - spot.y_m
        for j in range(columns):
            east = spot.x_left_m + (column + j + 0.5) * spot.resolution_m - spot.x_m
            up = _rise(height_m[row + i, column + j], spot, east * east + north * north)
            for k in range(len(cells)):
                loss = loss_db[frequency[k], i, j]
                if not math.isnan(loss):
                    around, below = _seen(sectors, cells[k], east, north, up)
                    lost = _attenuation(patterns, sectors, cells[k], around, below, np.inf)
                    level[k, i, j] = np.float32(sectors.boresight_dbm[cells[k]] - loss - lost)
    return level


@kernel()
def point_cell_levels(
    loss_db: Any, x_m: Any, y_m: Any, ground_m: Any, spot: Spot, patterns: Patterns, sectors: Sectors,
    cells: Any, frequency: Any,
) -> Any:  # fmt: skip
    """Return the level of each of `cells` at points: float32 (cells, points), NaN where there is no loss."""
    level = np.full((len(cells), len(x_m)), np.nan, dtype=np.float32)
    for j in range(len(x_m)):
        east, north = x_m[j] - spot.x_m, y_m[j] - spot.y_m
        up = _rise(ground_m[j], spot, east * east + north * north)
        for k in range(len(cells)):
            loss = loss_db[frequency[k], j]
            if not math.isnan(loss):
                around, below = _seen(sectors, cells[k], east, north, up)
                lost = _attenuation(patterns, sectors, cells[k], around, below, np.inf)
                level[k, j] = np.float32(sectors.boresight_dbm[cells[k]] - loss - lost)
    return level


@kernel(inline=True)
def _enter(stack: LayerStack, layer: int, i: int, j: int, level: float, cell: int, done: int) -> int:
    """Enter one cell's level in one layer's pixel; return the layers that have counted this mast."""
    best = stack.level_dbm[layer, i, j]
    # A total order (level, then lower cell) makes the merge independent of the order of masts.
    if level > best or (level == best and cell < stack.best_cell[layer, i, j]):
        stack.level_dbm[layer, i, j] = level
        stack.best_cell[layer, i, j] = cell
    bit = np.uint64(1) << np.uint64(layer)
    if level >= stack.threshold_dbm[layer] and not done & bit:
        done |= bit
        if stack.servers[layer, i, j] < 255:
            stack.servers[layer, i, j] += np.uint8(1)
    return done


@kernel(inline=True)
def _needed(stack: LayerStack, layer: int, own: int, i: int, j: int, done: int) -> float:
    """Return the level below which a cell cannot change the pixel in its technology's layer or its own."""
    weaker = stack.level_dbm[layer, i, j]
    bits = np.uint64(1) << np.uint64(layer)
    if own >= 0:  # never stronger than its technology's layer
        weaker = stack.level_dbm[own, i, j]
        bits |= np.uint64(1) << np.uint64(own)
    if done & bits != bits:  # the mast may still have to be counted
        weaker = min(weaker, stack.threshold_dbm[layer])
    return max(stack.floor_dbm[layer], weaker)


@kernel()
def merge_rows(
    loss_db: Any, row: int, column: int, first: int, stop: int, height_m: Any, spot: Spot,
    patterns: Patterns, sectors: Sectors, carriers: Carriers, stack: LayerStack, counted: Any,
) -> None:  # fmt: skip
    """Merge rows `first` … `stop` - 1 (of the terrain) of a loss window into the layers.

    A pattern is looked up only where the main lobe's level could still change a layer: where it reaches the
    floor and, besides, either the threshold (count of servers) or the best level so far.

    `counted` is a uint64 window (rows, columns) of the layers that have counted this mast already, for masts
    with antennas at several heights; (0, 0) for a mast with one height.
    """
    several = counted.shape[0] > 0
    frames = len(carriers.frame_cell)
    around, below = np.empty(frames), np.empty(frames)
    for i in range(first, stop):
        north = spot.y_top_m - (i + 0.5) * spot.resolution_m - spot.y_m
        for j in range(column, column + loss_db.shape[2]):
            done = counted[i - row, j - column] if several else np.uint64(0)
            fresh = True
            for run in range(len(carriers.frequency)):
                loss = loss_db[carriers.frequency[run], i - row, j - column]
                layer, own = carriers.layer[run], carriers.own_layer[run]
                needed = _needed(stack, layer, own, i, j, done)
                if not np.float32(carriers.top_dbm[run] - loss) >= needed:  # NaN: no loss here
                    continue
                if fresh:
                    fresh = False
                    east = spot.x_left_m + (j + 0.5) * spot.resolution_m - spot.x_m
                    up = _rise(height_m[i, j], spot, east * east + north * north)
                    for f in range(frames):
                        around[f], below[f] = _seen(sectors, carriers.frame_cell[f], east, north, up)
                for k in range(carriers.start[run], carriers.start[run + 1]):
                    cell, f = carriers.cell[k], carriers.frame[k]
                    lobe = sectors.boresight_dbm[cell] - loss
                    # 1e-3 dB of slack: the true test below is on the rounded level.
                    lost = _attenuation(patterns, sectors, cell, around[f], below[f], lobe - needed + 1e-3)
                    level = np.float32(lobe - lost)
                    if level >= needed:
                        done = _enter(stack, layer, i, j, level, cell, done)
                        if own >= 0:
                            done = _enter(stack, own, i, j, level, cell, done)
                        needed = _needed(stack, layer, own, i, j, done)
            if several:
                counted[i - row, j - column] = done
