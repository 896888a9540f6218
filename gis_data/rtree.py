"""The index of rectangles that SQLite's module R*Tree reads, packed at once (sqlite.org/rtree.html).

Rectangles that are inserted one after the other are searched for their best node each, and nodes are split
again and again. Where all are known they are sorted into strips and cut into full nodes (sort-tile-recursive:
Leutenegger, Lopez and Edgington, 1997), a level at a time; the tree is smaller and no slower to read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tree", "packed_tree"]

_CELL = np.dtype([("id", ">i8"), ("bounds", ">f4", 4)])
_HEAD = np.dtype(">u2")  # depth of the tree (root only), number of cells
_MOST_CELLS = 51  # of a node: RTREE_MAXCELLS of SQLite


@dataclass(frozen=True)
class Tree:
    """The rows of the three tables behind an index of rectangles.

    Attributes
    ----------
    nodes : list of (int, bytes)
        Number and content; the root has number 1.
    parents : (list of int, list of int)
        Number of each node but the root, ascending; and of the node above it.
    leaves : (list of int, list of int)
        Id of each rectangle, ascending; and the node that it is in.
    """

    nodes: list[tuple[int, bytes]]
    parents: tuple[list[int], list[int]]
    leaves: tuple[list[int], list[int]]


def packed_tree(ids: NDArray[np.int64], bounds: NDArray[np.float64], node_bytes: int) -> Tree:
    """Return the index of rectangles.

    Parameters
    ----------
    ids : ndarray of int
        Not negative, each once.
    bounds : ndarray of float, shape (len(ids), 4)
        West, south, east and north; finite.
    node_bytes : int
        Size of a node of this index; SQLite chooses it by the size of the database's pages.
    """
    capacity = min((node_bytes - 2 * _HEAD.itemsize) // _CELL.itemsize, _MOST_CELLS)
    cells = np.zeros(len(ids), _CELL)
    cells["id"], cells["bounds"] = ids, _outwards(bounds)
    levels: list[tuple[NDArray[np.void], NDArray[np.int64]]] = []  # cells in order, first cell of each node
    while True:
        order = _tiled(cells["bounds"].astype(np.float64), capacity)
        begins = _begins(len(cells), capacity)
        levels.append((cells[order], begins))
        if len(begins) <= 1:
            return _numbered(levels, node_bytes)
        cells = _above(cells[order], begins)


def _outwards(bounds: NDArray[np.float64]) -> NDArray[np.float32]:
    """West, east, south and north in single precision; never inside of what they are of."""
    double = bounds[:, [0, 2, 1, 3]]
    single = double.astype(np.float32)
    inside = np.where([True, False, True, False], single > double, single < double)
    away = np.array([-np.inf, np.inf, -np.inf, np.inf], np.float32)
    return np.where(inside, np.nextafter(single, away), single)


def _begins(count: int, capacity: int) -> NDArray[np.int64]:
    """First cell of each node: as few nodes as can be, as even as can be."""
    nodes = max(1, math.ceil(count / capacity))
    return np.arange(nodes, dtype=np.int64) * count // nodes


def _tiled(bounds: NDArray[np.float64], capacity: int) -> NDArray[np.int64]:
    """Order in which neighbours stand together: strips from west to east, each from south to north."""
    across, up = bounds[:, 0] + bounds[:, 1], bounds[:, 2] + bounds[:, 3]
    by_x = np.argsort(across, kind="stable")
    nodes = max(1, math.ceil(len(bounds) / capacity))
    strips = math.ceil(math.sqrt(nodes))
    strip = np.empty(len(bounds), np.int64)
    strip[by_x] = np.arange(len(bounds)) * strips // max(1, len(bounds))
    return np.lexsort((up, strip))


def _above(cells: NDArray[np.void], begins: NDArray[np.int64]) -> NDArray[np.void]:
    """One cell for each node of a level; its id is the node's place in the level, for now."""
    west_east_south_north = cells["bounds"].astype(np.float32)
    found = np.zeros(len(begins), _CELL)
    found["id"] = np.arange(len(begins))
    for at, most in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
        found["bounds"][:, at] = most.reduceat(west_east_south_north[:, at], begins)
    return found


def _numbered(levels: list[tuple[NDArray[np.void], NDArray[np.int64]]], node_bytes: int) -> Tree:
    """Give every node its number, from the root down, and write it."""
    firsts, number = [], 1
    for _, begins in reversed(levels):
        firsts.append(number)
        number += len(begins)
    firsts.reverse()
    nodes: list[tuple[int, bytes]] = []
    leaves: tuple[list[int], list[int]] = ([], [])
    parents: tuple[list[int], list[int]] = ([], [])
    for depth in range(len(levels) - 1, -1, -1):  # nodes are numbered level by level, the root first
        cells, begins = levels[depth]
        counts = np.diff(np.r_[begins, len(cells)])
        holder = np.repeat(firsts[depth] + np.arange(len(begins)), counts)
        ids = cells["id"].astype(np.int64)
        if depth:
            ids += firsts[depth - 1]
            cells = cells.copy()
            cells["id"] = ids
        order = np.argsort(ids, kind="stable")
        listed = parents if depth else leaves
        listed[0].extend(ids[order].tolist())
        listed[1].extend(holder[order].tolist())
        top = len(levels) - 1 if depth == len(levels) - 1 else 0
        nodes += _written(cells, begins, counts, firsts[depth], top, node_bytes)
    return Tree(nodes, parents, leaves)


def _written(
    cells: NDArray[np.void],
    begins: NDArray[np.int64],
    counts: NDArray[np.int64],
    first: int,
    depth: int,
    node_bytes: int,
) -> list[tuple[int, bytes]]:
    """The nodes of a level as SQLite keeps them."""
    raw, size = cells.tobytes(), _CELL.itemsize
    spans = zip(begins.tolist(), counts.tolist(), strict=True)
    return [
        (
            first + at,
            (np.array([depth, count], _HEAD).tobytes() + raw[begin * size : (begin + count) * size]).ljust(
                node_bytes, b"\0"
            ),
        )
        for at, (begin, count) in enumerate(spans)
    ]
