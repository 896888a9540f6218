"""Who is within reach of whom, for millions of points: classes of points that the same sites reach.

The cover matrix of the single points is never made. A grid over the points knows for every square which sites
reach all of it and which reach a part of it; a point has to be compared with the latter only. Points go one
by one into the class of their set of sites, found by hashing and confirmed bit by bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .kernels import enter, lay_sites, sort_points, unpack

__all__ = ["CoverClasses", "discs_cover"]

_MOST_SQUARES = 512 * 512
_MOST_GRID_BYTES = 64 * 2**20
_CHUNK = 500_000  # points between two chances for Ctrl-C
_FULL = 0.5  # share of the hash table's places


@dataclass(frozen=True)
class CoverClasses:
    """Points put together by the sites that reach them; points out of reach of all sites are in no class.

    Attributes
    ----------
    cover : csr_matrix of float64, (classes, sites)
        1 where the site reaches the points of the class.
    weight : ndarray of float64, (classes,)
        Sum over the points of the class.
    points : int
        Number of points given.
    total_weight : float
        Of all points, those out of reach included.
    class_of : ndarray of int32 or None, (points,)
        Class of each point, -1 out of reach; only where asked for.
    """

    cover: csr_matrix
    weight: NDArray[np.float64]
    points: int
    total_weight: float
    class_of: NDArray[np.int32] | None


def discs_cover(
    point_x: NDArray[np.float64],
    point_y: NDArray[np.float64],
    weight: NDArray[np.float64],
    site_x: NDArray[np.float64],
    site_y: NDArray[np.float64],
    radius: float | NDArray[np.float64],
    *,
    keep_classes: bool = False,
) -> CoverClasses:
    """Put points together that the same sites reach, a site reaching all within its radius.

    Parameters
    ----------
    point_x, point_y : ndarray of float64, (points,)
        Plane coordinates, any one unit.
    weight : ndarray of float64, (points,)
        >= 0.
    site_x, site_y : ndarray of float64, (sites,)
    radius : float or ndarray of float64, (sites,)
        >= 0, the unit of the coordinates; a point at exactly this distance is reached.
    keep_classes : bool
        Return the class of every point too (4 bytes each).

    Returns
    -------
    CoverClasses
        Classes in the order of their first points.

    Raises
    ------
    ValueError
        Lengths do not fit, or something is negative or not a number: one line each.
    """
    px, py, w = (np.ascontiguousarray(a, np.float64) for a in (point_x, point_y, weight))
    sx, sy = (np.ascontiguousarray(a, np.float64) for a in (site_x, site_y))
    r = np.broadcast_to(np.asarray(radius, np.float64), sx.shape) if np.ndim(radius) == 0 else radius
    r = np.ascontiguousarray(r, np.float64)
    _check(px, py, w, sx, sy, r)
    classes = _Classes(len(sx))
    class_of = np.full(len(px), -1, np.int32)
    if len(px) and len(sx):
        grid = _Grid(px, py, sx, sy, r)
        for first in range(0, len(px), _CHUNK):
            part = slice(first, min(first + _CHUNK, len(px)))
            classes.add(grid, px[part], py[part], w[part], sx, sy, r, class_of[part])
    return CoverClasses(
        cover=classes.matrix(len(sx)),
        weight=classes.weight[: classes.count].copy(),
        points=len(px),
        total_weight=float(w.sum()),
        class_of=class_of if keep_classes else None,
    )


def _check(
    px: NDArray[np.float64],
    py: NDArray[np.float64],
    weight: NDArray[np.float64],
    sx: NDArray[np.float64],
    sy: NDArray[np.float64],
    radius: NDArray[np.float64],
) -> None:
    lines = []
    for name, array, of, count in (
        ("point_y", py, "point_x", px.shape),
        ("weight", weight, "point_x", px.shape),
        ("site_y", sy, "site_x", sx.shape),
        ("radius", radius, "site_x", sx.shape),
    ):
        if array.shape != count:
            lines.append(f"{name} has shape {array.shape}, expected {count} like {of}")
    for name, array, least in (
        ("point_x", px, -math.inf),
        ("point_y", py, -math.inf),
        ("weight", weight, 0.0),
        ("site_x", sx, -math.inf),
        ("site_y", sy, -math.inf),
        ("radius", radius, 0.0),
    ):
        expected = "a number" if least < 0 else "a number >= 0"
        for index in np.flatnonzero(~(np.isfinite(array) & (array >= least)))[:20]:
            lines.append(f"{name}[{index}] is {array.flat[index]:g}, expected {expected}")
    if lines:
        raise ValueError("\n".join(lines))


class _Grid:
    """Squares over the points: which sites reach all of a square (bits), which a part of it (lists)."""

    def __init__(
        self,
        px: NDArray[np.float64],
        py: NDArray[np.float64],
        sx: NDArray[np.float64],
        sy: NDArray[np.float64],
        radius: NDArray[np.float64],
    ) -> None:
        words = (len(sx) + 63) // 64
        squares = max(1, min(_MOST_SQUARES, _MOST_GRID_BYTES // (8 * words), 4 * len(px)))
        self.left, self.low = float(px.min()), float(py.min())
        width = max(float(px.max()) - self.left, float(py.max()) - self.low)
        side = max(1, math.isqrt(squares))
        self.step = width / side * (1 + 1e-9) if width > 0 else 1.0
        self.side = side + 1
        self.inside = np.zeros((self.side * self.side, words), np.uint64)
        self.code = np.zeros(self.side * self.side, np.uint64)
        self.mark = _marks(len(sx))
        count = np.zeros(self.side * self.side + 1, np.int64)
        arguments = (self.left, self.low, self.step, self.side, sx, sy, radius)
        lay_sites(*arguments, self.mark, self.inside, self.code, count, np.zeros(0, np.int32), False)
        self.first = np.concatenate([[0], np.cumsum(count[:-1])]).astype(np.int64)
        self.partly = np.empty(int(self.first[-1]), np.int32)
        place = self.first.copy()
        lay_sites(*arguments, self.mark, self.inside, self.code, place, self.partly, True)


def _marks(sites: int) -> NDArray[np.uint64]:
    """Return a fixed random-looking number for every site (SplitMix64); sets hash to the XOR of theirs."""
    z = (np.arange(1, sites + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class _Classes:
    """The classes found so far: their bits, weights and a hash table that finds them."""

    def __init__(self, sites: int) -> None:
        self.words = max(1, (sites + 63) // 64)
        self.count = 0
        self.bits = np.zeros((0, self.words), np.uint64)
        self.code, self.weight = np.zeros(0, np.uint64), np.zeros(0)
        self.table = np.full(1 << 12, -1, np.int32)
        self._room(1 << 11)

    def _room(self, capacity: int) -> None:
        bits = np.zeros((capacity, self.words), np.uint64)
        code, weight = np.zeros(capacity, np.uint64), np.zeros(capacity)
        bits[: self.count] = self.bits[: self.count]
        code[: self.count] = self.code[: self.count]
        weight[: self.count] = self.weight[: self.count]
        self.bits, self.code, self.weight = bits, code, weight

    def add(
        self,
        grid: _Grid,
        px: NDArray[np.float64],
        py: NDArray[np.float64],
        weight: NDArray[np.float64],
        sx: NDArray[np.float64],
        sy: NDArray[np.float64],
        radius: NDArray[np.float64],
        class_of: NDArray[np.int32],
    ) -> None:
        done = 0
        while True:
            done, self.count = sort_points(
                done, self.count, grid.left, grid.low, grid.step, grid.side, grid.inside, grid.code,
                grid.first, grid.partly, grid.mark, px, py, weight, sx, sy, radius, self.table, self.bits,
                self.code, self.weight, class_of,
            )  # fmt: skip
            if done == len(px):
                return
            self.table = np.full(2 * len(self.table), -1, np.int32)
            self._room(int(len(self.table) * _FULL))
            enter(self.table, self.code, self.count)

    def matrix(self, sites: int) -> csr_matrix:
        size = np.bitwise_count(self.bits[: self.count]).sum(axis=1, dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        column = np.empty(int(first[-1]), np.int32)
        unpack(self.bits, self.count, column)
        return csr_matrix((np.ones(len(column)), column, first), shape=(self.count, sites))
