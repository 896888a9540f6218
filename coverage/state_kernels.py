"""Compiled loops that take what one mast gives out of a kept merge, or put it in.

All arrays hold one window of whole blocks of a terrain, whose first row is `top`. What the mast gives lies in
arrays `part_*` of the same size as a ring (row i of the terrain at i modulo the rows) and is cleared as it is
read. `marks` (blocks of rows, blocks of columns) tells which blocks differ from then on: `KEPT` where only
runners-up do, `TOLD` where anything else may.

Besides the best cell a merge keeps the runner-up: the best cell of all other masts. It takes over where the
best one's mast is taken out. Who comes after it is then *unknown*; its level stays as a bound on all that are
not told, and they are all behind the best cell. Once a mast is put in that beats either, it is known again.

A pixel whose best server is taken out while the runner-up is unknown is *open*: its level stays until the
same mast is put in anew. Where it is then as strong as before or beats the bound, nobody else needs to be
asked; elsewhere the pixel is *lost*, what stands there is the best of those that came since, and the bound is
on all others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .propagation.jit import kernel

__all__ = [
    "BLOCK",
    "KEPT",
    "LOST",
    "OPEN",
    "TOLD",
    "UNKNOWN",
    "ask",
    "compete",
    "count",
    "enter",
    "leave",
    "settle",
]

BLOCK = 64
"""Edge of a block of pixels: what changed is told, and lies on the disk, by block."""
OPEN, LOST = 2, 1
KEPT, TOLD = 1, 3
UNKNOWN = -2
"""In place of a runner-up: there may be one; its level is at most what is told."""


@kernel()
def count(
    part_servers: Any, part_units: Any, servers: Any, units: Any, sign: int, top: int, marks: Any
) -> None:
    """Put a mast's counts and sums in (`sign` 1), or take them out (-1)."""
    rows, columns = servers.shape[1:]
    for i in range(rows):
        r = (top + i) % rows
        for first in range(0, columns, BLOCK):
            given = False
            for c in range(servers.shape[0]):
                more, there = part_servers[c, r, first : first + BLOCK], servers[c, i, first : first + BLOCK]
                for j in range(BLOCK):
                    given |= more[j] > 0
                    there[j] = there[j] + more[j] if sign > 0 else there[j] - more[j]
                    more[j] = 0
            for k in range(units.shape[0]):
                power, total = part_units[k, r, first : first + BLOCK], units[k, i, first : first + BLOCK]
                for j in range(BLOCK):
                    given |= power[j] > 0.0
                    total[j] += sign * power[j]
                    power[j] = 0.0
            if given:
                marks[i // BLOCK, first // BLOCK] |= TOLD


@kernel()
def leave(level: Any, best: Any, runner_level: Any, runner: Any, lost: Any, is_own: Any, marks: Any) -> None:
    """Take a mast's cells out of best cells and runners-up; `is_own` (numbers,) tells which are its.

    A runner-up that goes leaves its number n as -3 - n until `settle`: all others are behind it.
    """
    rows, columns = best.shape[1:]
    for place in range(best.shape[0]):
        for i in range(rows):
            for j in range(columns):
                first, second = best[place, i, j], runner[place, i, j]
                if first >= 0 and is_own[first]:
                    marks[i // BLOCK, j // BLOCK] |= TOLD
                    if second == UNKNOWN:
                        lost[place, i, j] = OPEN
                        continue
                    level[place, i, j] = runner_level[place, i, j]
                    best[place, i, j] = second
                    if second >= 0:
                        runner[place, i, j] = UNKNOWN
                elif second >= 0 and is_own[second]:
                    runner[place, i, j] = -3 - second
                    marks[i // BLOCK, j // BLOCK] |= KEPT


@kernel()
def enter(
    part_level: Any, part_best: Any, number: Any, order: Any, level: Any, best: Any, runner_level: Any,
    runner: Any, lost: Any, top: int, marks: Any,
) -> None:  # fmt: skip
    """Enter a mast that is not there, under the total order (level, then `order` of the number).

    `number` gives each of the mast's cells its number in the merge.
    """
    rows, columns = best.shape[1:]
    for place in range(best.shape[0]):
        for i in range(rows):
            r = (top + i) % rows
            for j in range(columns):
                given = part_best[place, r, j]
                if given < 0:
                    continue
                new, cell = part_level[place, r, j], number[given]
                part_level[place, r, j] = -np.inf
                part_best[place, r, j] = -1
                old, first = level[place, i, j], best[place, i, j]
                bound, second = runner_level[place, i, j], runner[place, i, j]
                if lost[place, i, j] == OPEN:
                    known = new > bound or (new == old and order[cell] == order[first])
                    lost[place, i, j] = 0 if known else LOST
                elif new > old or (new == old and order[cell] < order[first]):
                    if lost[place, i, j] == 0:
                        runner_level[place, i, j] = old
                        runner[place, i, j] = first
                    elif new > bound:
                        lost[place, i, j] = 0
                else:
                    ahead = new > bound
                    if new == bound and second >= 0:
                        ahead = order[cell] < order[second]
                    elif new == bound and second < UNKNOWN:
                        ahead = order[cell] == order[-3 - second]  # the same cell as before
                    if ahead:
                        runner_level[place, i, j] = new
                        runner[place, i, j] = cell
                        marks[i // BLOCK, j // BLOCK] |= KEPT
                    continue
                level[place, i, j] = new
                best[place, i, j] = cell
                marks[i // BLOCK, j // BLOCK] |= TOLD


@kernel()
def settle(level: Any, best: Any, runner: Any, lost: Any) -> None:
    """Empty the pixels that are open still, and forget runners-up that went: the mast did not come again."""
    rows, columns = best.shape[1:]
    for place in range(best.shape[0]):
        for i in range(rows):
            for j in range(columns):
                if runner[place, i, j] < UNKNOWN:
                    runner[place, i, j] = UNKNOWN
                if lost[place, i, j] == OPEN:
                    lost[place, i, j] = LOST
                    level[place, i, j] = -np.inf
                    best[place, i, j] = -1


@kernel()
def ask(level: Any, best: Any, runner_level: Any, runner: Any, lost: Any) -> None:
    """Make lost pixels ready for `compete`: what stands there bounds all that will not be told."""
    for place in range(best.shape[0]):
        for i in range(best.shape[1]):
            for j in range(best.shape[2]):
                if lost[place, i, j] == LOST:
                    runner_level[place, i, j] = level[place, i, j]
                    runner[place, i, j] = -1 if best[place, i, j] < 0 else UNKNOWN


@kernel()
def compete(
    part_level: Any, part_best: Any, number: Any, order: Any, is_own: Any, level: Any, best: Any,
    runner_level: Any, runner: Any, lost: Any, top: int, marks: Any,
) -> None:  # fmt: skip
    """Let a mast compete for lost pixels, and nowhere else; it may stand there already (`is_own`).

    Who is left out, or gives less than told, is weaker than what stood there at first. So whoever was
    displaced is the runner-up, and while nobody was the runner-up stays unknown.
    """
    rows, columns = best.shape[1:]
    for place in range(best.shape[0]):
        for i in range(rows):
            r = (top + i) % rows
            for j in range(columns):
                given = part_best[place, r, j]
                if given < 0:
                    continue
                new, cell = part_level[place, r, j], number[given]
                part_level[place, r, j] = -np.inf
                part_best[place, r, j] = -1
                if lost[place, i, j] != LOST:
                    continue
                old, first = level[place, i, j], best[place, i, j]
                if first >= 0 and is_own[first]:
                    continue  # it stands there with all it gives
                if new > old or (new == old and order[cell] < order[first]):
                    runner_level[place, i, j] = old
                    runner[place, i, j] = first
                    level[place, i, j] = new
                    best[place, i, j] = cell
                    marks[i // BLOCK, j // BLOCK] |= TOLD
                    continue
                bound, second = runner_level[place, i, j], runner[place, i, j]
                if second == UNKNOWN or (second >= 0 and is_own[second]):
                    continue
                if new > bound or (new == bound and order[cell] < order[second]):
                    runner_level[place, i, j] = new
                    runner[place, i, j] = cell
                    marks[i // BLOCK, j // BLOCK] |= KEPT
