"""What many footprints cover together: put together square by square, and the squares that stay are kept.

One mast that comes or goes changes its own square, the larger one around it and the whole; of all others
nothing is unpacked.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .cache import digest
from .maps.pieces import Pieces

__all__ = ["Covered", "Part", "as_bytes", "from_bytes", "highest", "merged"]

_EDGES_M = (8_000.0, 32_000.0)
"""Of the squares: some twenty masts in one of the small, as many of these in one of the large."""
_FORM = 1


@dataclass(frozen=True)
class Part:
    """Classes of one technology and operator on a window of a grid.

    Attributes
    ----------
    technology, operator : str
    row, column : int
        Of the upper left pixel.
    classes : ndarray of uint8, (rows, columns)
        May be empty.
    """

    technology: str
    operator: str
    row: int
    column: int
    classes: NDArray[np.uint8]


@dataclass(frozen=True)
class Covered:
    """What a mast, or all masts of a square, cover.

    Attributes
    ----------
    key : str
        Digest of all that it depends on.
    make : callable
        Gives its parts as `as_bytes` packs them.
    within : tuple of Covered
        Those of a square.
    """

    key: str
    make: Callable[[], bytes]
    within: tuple[Covered, ...] = field(default=())


def merged(
    masts: Sequence[Covered],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    pieces: Pieces,
    workers: int | None,
) -> list[Part]:
    """Return the highest class of all masts by technology and operator, in the order of their names.

    Parameters
    ----------
    masts : sequence of Covered
    x_m, y_m : ndarray, (masts,)
        Where they stand: says which are put together first, and nothing else.
    pieces : Pieces
        Of earlier maps; all that is needed for the next one stays in them.
    workers : int or None
        Masts that are swept at a time; None: as the executor has it.
    """
    level = list(masts)
    squares = [(x_m // edge, y_m // edge) for edge in _EDGES_M]
    names = [list(zip(x.tolist(), y.tolist(), strict=True)) for x, y in squares]
    for number in range(len(_EDGES_M)):
        groups: dict[tuple[float, float], list[int]] = {}
        for at, name in enumerate(names[number]):
            groups.setdefault(name, []).append(at)
        level = [_square([level[at] for at in group], pieces) for group in groups.values()]
        names = [[of[group[0]] for group in groups.values()] for of in names]
    whole = _square(level, pieces)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for _ in pool.map(lambda one: pieces.get(one.key, one.make), list(_missing(whole, pieces))):
            pass
    parts = from_bytes(pieces.get(whole.key, whole.make))
    pieces.keep(one.key for one in _all(whole))
    return parts


def _square(within: list[Covered], pieces: Pieces) -> Covered:
    ordered = tuple(sorted(within, key=lambda one: one.key))

    def make() -> bytes:
        parts = [part for one in ordered for part in from_bytes(pieces.get(one.key, one.make))]
        return as_bytes(highest(parts))

    return Covered(digest("square", _FORM, [one.key for one in ordered]), make, ordered)


def _missing(one: Covered, pieces: Pieces) -> Iterator[Covered]:
    """Yield the masts that must be swept: those of squares that are not there, unless they are themselves."""
    if one.key in pieces:
        return
    if not one.within:
        yield one
    for inner in one.within:
        yield from _missing(inner, pieces)


def _all(one: Covered) -> Iterator[Covered]:
    yield one
    for inner in one.within:
        yield from _all(inner)


def highest(parts: Sequence[Part]) -> list[Part]:
    """Return the highest class of all parts by technology and operator, in the order of their names."""
    of: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        of.setdefault((part.technology, part.operator), []).append(part)
    return [_laid(technology, operator, of[technology, operator]) for technology, operator in sorted(of)]


def _laid(technology: str, operator: str, parts: list[Part]) -> Part:
    shown = [part for part in parts if part.classes.size]
    if len(shown) < 2:
        one = (shown or parts)[0]
        return Part(technology, operator, one.row, one.column, one.classes)
    top, left = min(p.row for p in shown), min(p.column for p in shown)
    bottom = max(p.row + p.classes.shape[0] for p in shown)
    right = max(p.column + p.classes.shape[1] for p in shown)
    classes = np.zeros((bottom - top, right - left), dtype=np.uint8)
    for part in shown:
        rows, columns = part.classes.shape
        row, column = part.row - top, part.column - left
        window = classes[row : row + rows, column : column + columns]
        np.maximum(window, part.classes, out=window)
    return Part(technology, operator, top, left, classes)


def as_bytes(parts: Sequence[Part]) -> bytes:
    """Return parts as a line of JSON and their deflated classes."""
    head = [[p.technology, p.operator, p.row, p.column, *p.classes.shape] for p in parts]
    values = b"".join(p.classes.tobytes() for p in parts)
    return json.dumps(head).encode("ascii") + b"\n" + zlib.compress(values, 3)


def from_bytes(data: bytes) -> list[Part]:
    """Return parts from what `as_bytes` gave."""
    head, _, values = data.partition(b"\n")
    classes, at, parts = np.frombuffer(zlib.decompress(values), np.uint8), 0, []
    for technology, operator, row, column, rows, columns in json.loads(head):
        part = classes[at : at + rows * columns].reshape(rows, columns)
        parts.append(Part(technology, operator, row, column, part))
        at += rows * columns
    return parts
