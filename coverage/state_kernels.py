"""Compiled loops that take what one mast gives out of a kept merge, or put it in.

A mast's own merge lies in a ring of rows as wide as the terrain (row i at i modulo the ring) and is cleared
as it is read. `touched` is marked block by block where anything is given.

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
    "LOST",
    "OPEN",
    "UNKNOWN",
    "ask",
    "compete",
    "count_in",
    "count_out",
    "enter",
    "leave",
    "settle",
]

BLOCK = 64
"""Edge of a block of pixels that is told as touched."""
OPEN, LOST = 2, 1
UNKNOWN = -2
"""In place of a runner-up: there may be one; its level is at most what is told."""


@kernel()
def count_out(
    part_servers: Any, part_units: Any, servers: Any, units: Any, window: Any, touched: Any
) -> None:
    """Take a mast's counts and sums out."""
    top, bottom, left, right = window
    ring = part_servers.shape[1]
    for c in range(servers.shape[0]):
        for i in range(top, bottom):
            r = i % ring
            for j in range(left, right):
                if part_servers[c, r, j] > 0:
                    servers[c, i, j] -= part_servers[c, r, j]
                    touched[i // BLOCK, j // BLOCK] = True
                    part_servers[c, r, j] = 0
    for k in range(units.shape[0]):
        for i in range(top, bottom):
            r = i % ring
            for j in range(left, right):
                if part_units[k, r, j] > 0.0:
                    units[k, i, j] -= part_units[k, r, j]
                    touched[i // BLOCK, j // BLOCK] = True
                    part_units[k, r, j] = 0.0


@kernel()
def count_in(part_servers: Any, part_units: Any, servers: Any, units: Any, window: Any, touched: Any) -> None:
    """Put a mast's counts and sums in."""
    top, bottom, left, right = window
    ring = part_servers.shape[1]
    for c in range(servers.shape[0]):
        for i in range(top, bottom):
            r = i % ring
            for j in range(left, right):
                if part_servers[c, r, j] > 0:
                    servers[c, i, j] += part_servers[c, r, j]
                    touched[i // BLOCK, j // BLOCK] = True
                    part_servers[c, r, j] = 0
    for k in range(units.shape[0]):
        for i in range(top, bottom):
            r = i % ring
            for j in range(left, right):
                if part_units[k, r, j] > 0.0:
                    units[k, i, j] += part_units[k, r, j]
                    touched[i // BLOCK, j // BLOCK] = True
                    part_units[k, r, j] = 0.0


@kernel()
def leave(
    level: Any, best: Any, runner_level: Any, runner: Any, lost: Any, is_own: Any, window: Any, touched: Any
) -> None:
    """Take a mast's cells out of best cells and runners-up; `is_own` (numbers,) tells which are its.

    A runner-up that goes leaves its number n as -3 - n until `settle`: all others are behind it.
    """
    top, bottom, left, right = window
    for place in range(best.shape[0]):
        for i in range(top, bottom):
            for j in range(left, right):
                first, second = best[place, i, j], runner[place, i, j]
                if first >= 0 and is_own[first]:
                    touched[i // BLOCK, j // BLOCK] = True
                    if second == UNKNOWN:
                        lost[place, i, j] = OPEN
                        continue
                    level[place, i, j] = runner_level[place, i, j]
                    best[place, i, j] = second
                    if second >= 0:
                        runner[place, i, j] = UNKNOWN
                elif second >= 0 and is_own[second]:
                    runner[place, i, j] = -3 - second


@kernel()
def enter(
    part_level: Any, part_best: Any, number: Any, order: Any, level: Any, best: Any, runner_level: Any,
    runner: Any, lost: Any, window: Any, touched: Any,
) -> None:  # fmt: skip
    """Enter a mast that is not there, under the total order (level, then `order` of the number).

    `number` gives each of the mast's cells its number in the merge.
    """
    top, bottom, left, right = window
    ring = part_level.shape[1]
    for place in range(best.shape[0]):
        for i in range(top, bottom):
            r = i % ring
            for j in range(left, right):
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
                    continue
                level[place, i, j] = new
                best[place, i, j] = cell
                touched[i // BLOCK, j // BLOCK] = True


@kernel()
def settle(level: Any, best: Any, runner: Any, lost: Any, window: Any) -> None:
    """Empty the pixels that are open still, and forget runners-up that went: the mast did not come again."""
    top, bottom, left, right = window
    for place in range(best.shape[0]):
        for i in range(top, bottom):
            for j in range(left, right):
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
    runner_level: Any, runner: Any, lost: Any, window: Any, touched: Any,
) -> None:  # fmt: skip
    """Let a mast compete for lost pixels, and nowhere else; it may stand there already (`is_own`).

    Who is left out, or gives less than told, is weaker than what stood there at first. So whoever was
    displaced is the runner-up, and while nobody was the runner-up stays unknown.
    """
    top, bottom, left, right = window
    ring = part_level.shape[1]
    for place in range(best.shape[0]):
        for i in range(top, bottom):
            r = i % ring
            for j in range(left, right):
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
                    touched[i // BLOCK, j // BLOCK] = True
                    continue
                bound, second = runner_level[place, i, j], runner[place, i, j]
                if second == UNKNOWN or (second >= 0 and is_own[second]):
                    continue
                if new > bound or (new == bound and order[cell] < order[second]):
                    runner_level[place, i, j] = new
                    runner[place, i, j] = cell
