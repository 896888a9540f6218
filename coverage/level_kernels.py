"""Compiled inner loops between path loss and network layers: antenna patterns, levels, best-server merge.

One chain of kernels in one module, because numba's cache does not notice an edit in another file. Loops over
pixels run along rows, in float32 and without branches, so that the compiler vectorises them: angles cost
about 1.5 ns a pixel and frame, a pattern 3 ns. float32 keeps angles to 3e-5° and levels to 1e-4 dB.
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
    "Tally",
    "footprint_levels",
    "merge_rows",
    "point_cell_levels",
    "sinr_rows",
]

EFFECTIVE_EARTH_RADIUS_M = 4.0 / 3.0 * 6_371_000.0
"""For the elevation angle at which an antenna sees a receiver."""

_SAMPLES = 3600
_SEGMENT = 256  # pixels; the buffers of a segment stay in the first-level cache
_HALF_UNIT_DB = -3.02  # a little below 10 log10(1/2): what is weaker rounds to no unit at all
_F = np.float32


class Patterns(NamedTuple):
    """Lookup tables of all patterns in use.

    `horizontal_db` and `vertical_db` are float32 (patterns, 3601): the last sample repeats the first.
    `limit_db` is float32 (patterns,).
    """

    horizontal_db: NDArray[np.float32]
    vertical_db: NDArray[np.float32]
    limit_db: NDArray[np.float32]


class Sectors(NamedTuple):
    """What a level needs of every cell, one entry per cell of the table.

    `boresight_dbm` is the level at 0 dB path loss in the main lobe; `pattern` an index into `Patterns`;
    `shift_deg` the electrical tilt that is not yet in the vertical cut.

    Directions are first turned into a frame, given by sine and cosine of an azimuth (`turn`) and of a
    mechanical tilt; `offset_deg` is the cell's azimuth within its frame. A cell without mechanical tilt uses
    the frame of north and keeps its azimuth as the offset, so that all of them share one pair of angles.
    """

    boresight_dbm: NDArray[np.float32]
    pattern: NDArray[np.int32]
    turn_sin: NDArray[np.float32]
    turn_cos: NDArray[np.float32]
    tilt_sin: NDArray[np.float32]
    tilt_cos: NDArray[np.float32]
    offset_deg: NDArray[np.float32]
    shift_deg: NDArray[np.float32]


class Spot(NamedTuple):
    """Where one group of antennas stands and on which pixels.

    `eye_m` is the antenna's height above sea level less the receiver's above ground.
    """

    x_m: float
    y_m: float
    eye_m: float
    x_left_m: float
    y_top_m: float
    resolution_m: float


class Carriers(NamedTuple):
    """Cells of one group in runs of equal technology, operator and frequency.

    `cell` lists the cells (indices into `Sectors`); run i is ``cell[start[i]:start[i + 1]]``, rising.
    `frequency` is the plane of the loss window, `place` where its levels are entered, `counter` where its
    technology's masts are counted, `own_counter` where those of technology and operator are, or -1, `tally`
    where its power is summed as interference or -1, `top_dbm` the strongest boresight level of the run;
    `used` are all counters.

    Cells that point alike share a lobe: `lobe` for each listed cell, `lobe_cell` one cell of each lobe,
    `lobe_frame` its frame, `frame_cell` one cell of each frame.
    """

    cell: NDArray[np.int32]
    start: NDArray[np.int32]
    frequency: NDArray[np.int32]
    place: NDArray[np.int32]
    counter: NDArray[np.int32]
    own_counter: NDArray[np.int32]
    tally: NDArray[np.int32]
    top_dbm: NDArray[np.float32]
    used: NDArray[np.int32]
    lobe: NDArray[np.int32]
    lobe_cell: NDArray[np.int32]
    lobe_frame: NDArray[np.int32]
    frame_cell: NDArray[np.int32]


class LayerStack(NamedTuple):
    """The live rows of all layers: row i of the terrain lies in ring row i modulo the ring's rows.

    `level_dbm` (starts at -inf) and `best_cell` (-1) are (places, ring rows, columns), `servers` (0) is
    (counters, ring rows, columns); `threshold_dbm` and `floor_dbm` are (places,).

    Of the best cell of all other masts, where it is wanted: `runner_dbm` (starts at -inf) and `runner_cell`
    (-1), like levels and best cells, else (0, 0, 0); `mast` (1 + cells,) is the number of each cell's mast,
    after a -1 that stands for no cell. The first of the columns is column `left` of the terrain.
    """

    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    servers: NDArray[np.uint16]
    threshold_dbm: NDArray[np.float32]
    floor_dbm: NDArray[np.float32]
    runner_dbm: NDArray[np.float32]
    runner_cell: NDArray[np.int32]
    mast: NDArray[np.int32]
    left: int = 0


class Tally(NamedTuple):
    """Power received on each carrier, summed in whole units so that the order of masts cannot matter.

    `units` is float64 (carriers, ring rows, columns), laid out as in `LayerStack`, and holds integers, exact
    below 2**53. `unit_dbm` is float32 (carriers,): one unit.
    """

    units: NDArray[np.float64]
    unit_dbm: NDArray[np.float32]


@kernel(inline=True)
def _atan2_deg(y: Any, x: Any) -> Any:
    """Return atan2 in degrees: polynomial of Abramowitz & Stegun 4.4.49 in float32; 0 at the origin."""
    ax, ay = abs(x), abs(y)
    large = ax if ax > ay else ay
    small = ay if ax > ay else ax
    t = small / (large if large > _F(0.0) else _F(1.0))
    q = t * t
    p = _F(-0.0752896400) + q * (_F(0.0429096138) + q * (_F(-0.0161657367) + q * _F(0.0028662257)))
    p = _F(-0.1420889944) + q * (_F(0.1065626393) + q * p)
    p = _F(-0.3333314528) + q * (_F(0.1999355085) + q * p)
    angle = (t + t * q * p) * _F(180.0 / math.pi)
    angle = _F(90.0) - angle if ay > ax else angle
    angle = _F(180.0) - angle if x < _F(0.0) else angle
    return -angle if y < _F(0.0) else angle


@kernel(inline=True)
def _seen(east: Any, north: Any, ground: Any, eye: Any, frame: Any) -> Any:
    """Return azimuth and angle below the horizontal (degrees) at which a frame sees a receiver.

    `frame` holds sine and cosine of its azimuth and of its tilt. The earth falls away by d²/2a.
    """
    turn_sin, turn_cos, tilt_sin, tilt_cos = frame
    fall = _F(0.5 / EFFECTIVE_EARTH_RADIUS_M)
    up = ground - eye - fall * (east * east + north * north)
    ahead = east * turn_sin + north * turn_cos
    right = east * turn_cos - north * turn_sin
    forward = ahead * tilt_cos - up * tilt_sin
    raised = ahead * tilt_sin + up * tilt_cos
    aside = _F(math.sqrt(right * right + forward * forward))
    return _atan2_deg(right, forward), -_atan2_deg(raised, aside)


@kernel(inline=True)
def _read(table: Any, angle_deg: Any) -> Any:
    """Read a cut at any angle, linear between samples."""
    position = angle_deg * _F(_SAMPLES / 360.0)
    position = position - _F(_SAMPLES) * _F(np.floor(position * _F(1.0 / _SAMPLES)))
    position = position if position >= _F(0.0) else _F(0.0)  # NaN: a void, whose loss is NaN too
    index = np.int32(position)
    index = index if index < np.int32(_SAMPLES - 1) else np.int32(_SAMPLES - 1)
    below, above = table[np.uint32(index)], table[np.uint32(index) + np.uint32(1)]
    return below + (position - _F(index)) * (above - below)


@kernel(inline=True)
def _frame(sectors: Sectors, cell: int) -> Any:
    return sectors.turn_sin[cell], sectors.turn_cos[cell], sectors.tilt_sin[cell], sectors.tilt_cos[cell]


@kernel(inline=True)
def _angles_along(
    east_m: Any, step_m: Any, north_m: Any, ground: Any, eye: Any, frame: Any, out: Any
) -> None:
    """Fill `out` (2, n) with azimuth and angle below the horizontal along a piece of a row."""
    around, below = out[0], out[1]
    for j in range(len(ground)):
        around[j], below[j] = _seen(east_m + _F(j) * step_m, north_m, ground[j], eye, frame)


@kernel(inline=True)
def _attenuation_along(patterns: Patterns, sectors: Sectors, cell: int, angles: Any, out: Any) -> None:
    """Fill `out` (n) with what the cell's pattern takes away at angles in its frame."""
    pattern = sectors.pattern[cell]
    limit, offset, shift = patterns.limit_db[pattern], sectors.offset_deg[cell], sectors.shift_deg[cell]
    horizontal, vertical = patterns.horizontal_db[pattern], patterns.vertical_db[pattern]
    around, below = angles[0], angles[1]
    for j in range(len(out)):
        both = _read(horizontal, around[j] - offset) + _read(vertical, below[j] - shift)
        out[j] = both if both < limit else limit


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
    angles, lost = np.empty((2, columns), dtype=np.float32), np.empty(columns, dtype=np.float32)
    step, eye = _F(spot.resolution_m), _F(spot.eye_m)
    for i in range(rows):
        north = _F(spot.y_top_m - (row + i + 0.5) * spot.resolution_m - spot.y_m)
        ground = height_m[row + i, column : column + columns]
        for k in range(len(cells)):
            for start in range(0, columns, _SEGMENT):  # as in merge_rows, to round alike
                stop = min(start + _SEGMENT, columns)
                east = _F(spot.x_left_m + (column + start + 0.5) * spot.resolution_m - spot.x_m)
                frame = _frame(sectors, cells[k])
                _angles_along(east, step, north, ground[start:stop], eye, frame, angles[:, start:stop])
            _attenuation_along(patterns, sectors, cells[k], angles, lost)
            lobe = sectors.boresight_dbm[cells[k]]
            for j in range(columns):
                level[k, i, j] = lobe - loss_db[frequency[k], i, j] - lost[j]
    return level


@kernel()
def point_cell_levels(
    loss_db: Any, x_m: Any, y_m: Any, ground_m: Any, spot: Spot, patterns: Patterns, sectors: Sectors,
    cells: Any, frequency: Any,
) -> Any:  # fmt: skip
    """Return the level of each of `cells` at points: float32 (cells, points), NaN where there is no loss."""
    level = np.full((len(cells), len(x_m)), np.nan, dtype=np.float32)
    for k in range(len(cells)):
        cell, p = cells[k], sectors.pattern[cells[k]]
        frame = _frame(sectors, cell)
        for j in range(len(x_m)):
            east, north = _F(x_m[j] - spot.x_m), _F(y_m[j] - spot.y_m)
            around, below = _seen(east, north, _F(ground_m[j]), _F(spot.eye_m), frame)
            lost = _read(patterns.horizontal_db[p], around - sectors.offset_deg[cell])
            lost += _read(patterns.vertical_db[p], below - sectors.shift_deg[cell])
            lost = min(lost, patterns.limit_db[p])
            level[k, j] = sectors.boresight_dbm[cell] - loss_db[frequency[k], j] - lost
    return level


@kernel(inline=True)
def _matters(loss: Any, top: Any, floor: Any, threshold: Any, weaker: Any) -> bool:
    """Tell whether the main lobe could change a layer anywhere along a piece of a row."""
    hits = 0
    for j in range(len(loss)):
        level = top - loss[j]  # NaN, no loss here, is false below
        hits += (level >= floor) & ((level >= threshold) | (level >= weaker[j]))
    return hits > 0


@kernel(inline=True)
def _reaches(loss: Any, top: Any, quiet: Any) -> bool:
    """Tell whether the main lobe could be as strong as `quiet` anywhere along a piece of a row."""
    hits = 0
    for j in range(len(loss)):
        hits += top - loss[j] >= quiet  # NaN: no
    return hits > 0


@kernel(inline=True)
def _units(level: Any, unit: Any) -> Any:
    """Return a level's power in units of `unit` (both dBm), rounded to a whole number; 0 for NaN.

    2^x by the exponent's bits and a polynomial for the fraction (fitted here, relative error 2e-9). The same
    float32 level gives the same number wherever this is inlined, so a sum can be taken apart exactly.
    """
    x = (level - unit) * _F(math.log2(10.0) / 10.0)
    x = x if x > _F(-2.0) else _F(-2.0)
    x = x if x < _F(120.0) else _F(120.0)
    whole = _F(np.floor(x))
    f = x - whole
    p = _F(0.0096784726) + f * (_F(0.0012443082) + f * _F(0.0002169061))
    p = _F(1.0) + f * (_F(0.6931469871) + f * (_F(0.2402297958) + f * (_F(0.0554835247) + f * p)))
    power = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)
    return _F(np.floor(p * power + _F(0.5)))


@kernel(inline=True)
def _add_along(loss: Any, lost: Any, lobe: Any, unit: Any, units: Any) -> None:
    """Add one cell's power; its level is rounded as in `_strongest_along`."""
    for j in range(len(loss)):
        units[j] += np.float64(_units(lobe - loss[j] - lost[j], unit))


@kernel(inline=True)
def _strongest_along(loss: Any, lost: Any, lobe: Any, cell: Any, level: Any, best: Any) -> None:
    """Enter one cell of a run; cells come in rising order, so a tie leaves the lower one."""
    for j in range(len(loss)):
        here = lobe - loss[j] - lost[j]
        stronger = here > level[j]
        level[j] = here if stronger else level[j]
        best[j] = cell if stronger else best[j]


@kernel(inline=True)
def _enter_along(level: Any, cell: Any, floor: Any, layer_level: Any, layer_cell: Any) -> None:
    """Enter the strongest cells of a run in a layer's pixels.

    A total order (level, then lower cell) makes the merge independent of the order of masts.
    """
    for j in range(len(level)):
        tie = (level[j] == layer_level[j]) & (cell[j] < layer_cell[j])
        better = (level[j] >= floor) & ((level[j] > layer_level[j]) | tie)
        layer_level[j] = level[j] if better else layer_level[j]
        layer_cell[j] = cell[j] if better else layer_cell[j]


@kernel(inline=True)
def _enter_both_along(
    level: Any, cell: Any, floor: Any, mast: Any, own: Any, best: Any, best_cell: Any, runner: Any,
    runner_cell: Any,
) -> None:  # fmt: skip
    """Enter the strongest cells of a run in a layer's pixels, and the best cells of other masts.

    `own` is the number of the mast that is entered. The best cells come out as those of `_enter_along`.
    """
    for j in range(len(level)):
        new, name, first, first_cell = level[j], cell[j], best[j], best_cell[j]
        second, second_cell = runner[j], runner_cell[j]
        enough = new >= floor
        wins = enough & ((new > first) | ((new == first) & (name < first_cell)))
        own_first = mast[np.uint32(first_cell + 1)] == own
        follows = enough & ((new > second) | ((new == second) & (name < second_cell)))
        displaced, placed = wins & ~own_first, ~wins & ~own_first & follows
        best[j] = new if wins else first
        best_cell[j] = name if wins else first_cell
        second = new if placed else second
        second_cell = name if placed else second_cell
        runner[j] = first if displaced else second
        runner_cell[j] = first_cell if displaced else second_cell


@kernel(inline=True)
def _hear_along(level: Any, threshold: Any, heard: Any) -> None:
    """Mark where the strongest cells of a run are above the threshold."""
    for j in range(len(level)):
        heard[j] |= np.uint8(level[j] >= threshold)


@kernel(inline=True)
def _count_along(heard: Any, counted: Any, servers: Any) -> None:
    """Count the mast where it is heard and has not been counted."""
    for j in range(len(servers)):
        new = heard[j] & (np.uint8(1) - counted[j])
        servers[j] += new
        counted[j] |= heard[j]


@kernel()
def merge_rows(
    loss_db: Any, row: int, column: int, first: int, stop: int, height_m: Any, spot: Spot,
    patterns: Patterns, sectors: Sectors, carriers: Carriers, stack: LayerStack, counted: Any, tally: Tally,
) -> None:  # fmt: skip
    """Merge rows `first` … `stop` - 1 (of the terrain) of a loss window into the live rows.

    Piece by piece of a row; angles and patterns are computed only for pieces where some main lobe could still
    change a layer: reach the floor and, besides, the threshold (count of servers) or the best level so far
    (that of the runner-up, where it is wanted); or where it makes at least half a unit of interference.

    `counted` is a uint8 window (counters, rows, columns) of where this mast has been counted already, for
    masts with antennas at several heights; (0, 0, 0) for a mast with one height.
    """
    several = counted.shape[0] > 0
    columns, step, eye = loss_db.shape[2], _F(spot.resolution_m), _F(spot.eye_m)
    frames, lobes = len(carriers.frame_cell), len(carriers.lobe_cell)
    counters, ring, _ = stack.servers.shape
    angles = np.empty((frames, 2, _SEGMENT), dtype=np.float32)
    lost = np.empty((lobes, _SEGMENT), dtype=np.float32)
    lost_known = np.zeros(lobes, dtype=np.bool_)
    level, best = np.empty(_SEGMENT, dtype=np.float32), np.empty(_SEGMENT, dtype=np.int32)
    heard, nowhere = np.zeros((counters, _SEGMENT), np.uint8), np.zeros(_SEGMENT, np.uint8)
    power = np.empty(_SEGMENT, dtype=np.float64)
    kept = stack.runner_cell.shape[0] > 0
    own = stack.mast[carriers.cell[0] + 1] if kept else np.int32(-1)
    for i in range(first, stop):
        r = i % ring
        north = _F(spot.y_top_m - (i + 0.5) * spot.resolution_m - spot.y_m)
        for start in range(0, columns, _SEGMENT):
            n = min(_SEGMENT, columns - start)
            left, right = column + start, column + start + n
            near, far = left - stack.left, right - stack.left
            fresh = True
            for run in range(len(carriers.frequency)):
                loss = loss_db[carriers.frequency[run], i - row, start : start + n]
                place = carriers.place[run]
                floor, threshold = stack.floor_dbm[place], stack.threshold_dbm[place]
                strongest = stack.level_dbm[place, r, near:far]
                weaker = stack.runner_dbm[place, r, near:far] if kept else strongest
                matters = _matters(loss, carriers.top_dbm[run], floor, threshold, weaker)
                summed, unit, loud = carriers.tally[run], _F(0.0), False
                if summed >= 0:
                    unit = tally.unit_dbm[summed]
                    loud = _reaches(loss, carriers.top_dbm[run], unit + _F(_HALF_UNIT_DB))
                if not matters and not loud:
                    continue
                if fresh:
                    fresh = False
                    heard[:] = 0
                    lost_known[:] = False
                    ground = height_m[i, left:right]
                    east = _F(spot.x_left_m + (left + 0.5) * spot.resolution_m - spot.x_m)
                    for f in range(frames):
                        frame = _frame(sectors, carriers.frame_cell[f])
                        _angles_along(east, step, north, ground, eye, frame, angles[f])
                level[:n] = -np.inf
                power[:n] = 0.0
                for k in range(carriers.start[run], carriers.start[run + 1]):
                    cell, lobe = carriers.cell[k], carriers.lobe[k]
                    if not lost_known[lobe]:
                        lost_known[lobe] = True
                        seen = angles[carriers.lobe_frame[lobe]]
                        _attenuation_along(patterns, sectors, carriers.lobe_cell[lobe], seen, lost[lobe, :n])
                    if matters:
                        _strongest_along(loss, lost[lobe], sectors.boresight_dbm[cell], cell, level, best)
                    if loud:
                        _add_along(loss, lost[lobe], sectors.boresight_dbm[cell], unit, power)
                if loud:
                    total = tally.units[summed, r, near:far]
                    for j in range(n):
                        total[j] += power[j]
                if matters:
                    best_cell = stack.best_cell[place, r, near:far]
                    if kept:
                        runner_cell = stack.runner_cell[place, r, near:far]
                        _enter_both_along(
                            level[:n], best, floor, stack.mast, own, strongest, best_cell, weaker, runner_cell
                        )
                    else:
                        _enter_along(level[:n], best, floor, strongest, best_cell)
                    for counter in (carriers.counter[run], carriers.own_counter[run]):
                        if counter >= 0:
                            _hear_along(level[:n], threshold, heard[counter])
            if not fresh:
                for counter in carriers.used:
                    nowhere[:] = 0
                    before = counted[counter, i - row, start : start + n] if several else nowhere
                    _count_along(heard[counter], before, stack.servers[counter, r, near:far])


@kernel()
def sinr_rows(
    level_dbm: Any, best_cell: Any, units: Any, unit_dbm: Any, carrier: Any, others: Any, own: Any,
    noise_mw: Any,
) -> Any:  # fmt: skip
    """Return the SINR of rows of a layer that all masts in range have been merged into; NaN: nothing heard.

    `units` and `unit_dbm` are the tally of these rows. For each cell: `carrier` it is summed on, share of the
    other cells' power and of its `own` that disturbs, and noise in mW.
    """
    rows, columns = level_dbm.shape
    sinr_db = np.full((rows, columns), np.nan, dtype=np.float32)
    for i in range(rows):
        for j in range(columns):
            cell = best_cell[i, j]
            if cell < 0:
                continue
            level, unit = level_dbm[i, j], unit_dbm[carrier[cell]]
            rest = units[carrier[cell], i, j] - np.float64(_units(level, unit))
            disturbing = others[cell] * rest * 10.0 ** (0.1 * np.float64(unit)) + noise_mw[cell]
            if own[cell] > 0.0:
                disturbing += own[cell] * 10.0 ** (0.1 * np.float64(level))
            sinr_db[i, j] = _F(np.float64(level) - 10.0 * math.log10(disturbing))
    return sinr_db
