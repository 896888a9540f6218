"""What many footprints cover together: the highest class of all, from squares of which few are made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phusong.cache import digest
from phusong.map_merged import Covered, Part, as_bytes, from_bytes, merged
from phusong.maps.pieces import Pieces

SHAPE = (60, 80)


def parts_of(seed: int) -> list[Part]:
    """One to three layers of a mast; the last may be empty."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(rng.integers(1, 4)):
        rows, columns = (rng.integers(0 if k == 2 else 1, 12, 2)).tolist()
        row, column = int(rng.integers(0, SHAPE[0] - rows)), int(rng.integers(0, SHAPE[1] - columns))
        classes = rng.integers(0, 6, (rows, columns)).astype(np.uint8)
        found.append(Part("4G" if k else "2G", "ABC"[int(rng.integers(3))], row, column, classes))
    return found


class Masts:
    """Masts by seed, and how many of them were swept."""

    def __init__(self, seeds: list[int]) -> None:
        self.seeds, self.swept = seeds, list[int]()

    def covered(self) -> list[Covered]:
        def one(seed: int) -> Covered:
            return Covered(digest("mast", seed), lambda: self.swept.append(seed) or as_bytes(parts_of(seed)))

        return [one(seed) for seed in self.seeds]

    def merged(self, pieces: Pieces) -> list[Part]:
        rng = [np.random.default_rng(seed + 1) for seed in self.seeds]
        x, y = (np.array([r.uniform(0, 100_000.0) for r in rng]) for _ in range(2))
        return merged(self.covered(), x, y, pieces, 2)


def laid(parts: list[Part]) -> dict[tuple[str, str], NDArray[np.uint8]]:
    """The slow way: one pixel after the other."""
    found: dict[tuple[str, str], NDArray[np.uint8]] = {}
    for part in parts:
        layer = found.setdefault((part.technology, part.operator), np.zeros(SHAPE, np.uint8))
        for (row, column), value in np.ndenumerate(part.classes):
            at = part.row + row, part.column + column
            layer[at] = max(layer[at], value)
    return found


def same(one: list[Part], other: list[Part]) -> bool:
    return [as_bytes([part]) for part in one] == [as_bytes([part]) for part in other]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=30, unique=True))
def test_highest_class_of_all(seeds: list[int]) -> None:
    found, expected = laid(Masts(seeds).merged(Pieces())), laid([p for s in seeds for p in parts_of(s)])
    assert list(found) == sorted(expected)
    for key, layer in expected.items():
        np.testing.assert_array_equal(found[key], layer)


def test_parts_come_back_from_their_bytes() -> None:
    for seed in range(20):
        parts = parts_of(seed)
        assert same(from_bytes(as_bytes(parts)), parts)


@pytest.mark.parametrize("change", ["one more", "one less", "one other"])
def test_one_mast_touches_its_own_squares(tmp_path: Path, change: str) -> None:
    path, seeds = tmp_path / "pieces.bin", list(range(200))
    pieces = Pieces(path)
    Masts(seeds).merged(pieces)
    pieces.save()
    later = {"one more": [*seeds[:90], 999, *seeds[90:]], "one less": seeds[:90] + seeds[91:]}.get(
        change, [*seeds[:90], 999, *seeds[91:]]
    )
    masts, again = Masts(later), Pieces(path)
    found = masts.merged(again)
    assert masts.swept == ([] if change == "one less" else [999])
    assert same(found, Masts(later).merged(Pieces()))
    again.save()
    back, third = Masts(seeds), Pieces(path)
    assert same(back.merged(third), Masts(seeds).merged(Pieces()))
    assert back.swept == ([] if change == "one more" else [90])  # the sweeps of all others are still there


def test_damaged_pieces_change_nothing(tmp_path: Path) -> None:
    path, seeds = tmp_path / "pieces.bin", list(range(40))
    pieces = Pieces(path)
    whole = Masts(seeds).merged(pieces)
    pieces.save()
    data = path.read_bytes()
    for at in np.linspace(25, len(data) - 1, 40).astype(int).tolist():
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert same(Masts(seeds).merged(Pieces(path)), whole)
