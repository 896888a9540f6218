"""Compiled loops that take what one mast gives out of a kept merge, or put it in.

A mast's own merge lies in a ring of rows as wide as the terrain (row i at i modulo the ring) and is cleared
as it is read. `touched` is marked block by block where anything is given.

A pixel whose best server is taken out is *open*: its level stays as the bound that it is until the same mast
is put in anew. Where it is then at least as strong as before, nobody else needs to be asked; elsewhere the
pixel is *lost*, and what stands there is the best of those that came since.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .propagation.jit import kernel

__all__ = ["BLOCK", "LOST", "OPEN", "count_in", "count_out", "enter", "leave", "settle"]

BLOCK = 64
"""Edge of a block of pixels that is told as touched."""
OPEN, LOST = 2, 1


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
def leave(best: Any, lost: Any, is_gone: Any, window: Any, touched: Any) -> None:
    """Open the pixels whose best server goes; `is_gone` (numbers,) tells which numbers do."""
    top, bottom, left, right = window
    for place in range(best.shape[0]):
        for i in range(top, bottom):
            for j in range(left, right):
                cell = best[place, i, j]
                if cell >= 0 and is_gone[cell]:
                    lost[place, i, j] = OPEN
                    touched[i // BLOCK, j // BLOCK] = True


@kernel()
def enter(
    part_level: Any, part_best: Any, number: Any, order: Any, level: Any, best: Any, lost: Any,
    only_lost: bool, window: Any, touched: Any,
) -> None:  # fmt: skip
    """Enter a mast's levels under the total order (level, then `order` of the number).

    `number` gives each of the mast's cells its number in the merge. With `only_lost` it competes where
    somebody's best server went and nowhere else.
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
                if only_lost and lost[place, i, j] == 0:
                    continue
                old, other = level[place, i, j], best[place, i, j]
                if lost[place, i, j] == OPEN:
                    known = new > old or (new == old and order[cell] == order[other])
                    lost[place, i, j] = 0 if known else LOST
                elif not (new > old or (new == old and order[cell] < order[other])):
                    continue
                level[place, i, j] = new
                best[place, i, j] = cell
                touched[i // BLOCK, j // BLOCK] = True


@kernel()
def settle(level: Any, best: Any, lost: Any, window: Any) -> None:
    """Empty the pixels that are open still: the mast does not come again there."""
    top, bottom, left, right = window
    for place in range(best.shape[0]):
        for i in range(top, bottom):
            for j in range(left, right):
                if lost[place, i, j] == OPEN:
                    lost[place, i, j] = LOST
                    level[place, i, j] = -np.inf
                    best[place, i, j] = -1
