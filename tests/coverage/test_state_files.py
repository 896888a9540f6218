"""Planes on the disk give back what was written, block by block, and tell when they are cut off."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.state_files import PlaneFile, Scratch, blocks_around
from phusong.coverage.state_kernels import BLOCK


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from(["f4", "u2", "f8"]), st.data())
@settings(max_examples=30, deadline=None)
def test_windows_are_those_of_an_array(
    tmp_path_factory: pytest.TempPathFactory, rows: int, columns: int, kind: str, data: st.DataObject
) -> None:
    rng = np.random.default_rng(rows * 1000 + columns)
    down, across = -(-rows // BLOCK), -(-columns // BLOCK)
    plain = np.zeros((3, down * BLOCK, across * BLOCK), kind)
    plain[:, :rows, :columns] = rng.integers(0, 60_000, (3, rows, columns))
    file = PlaneFile(tmp_path_factory.mktemp("planes") / "a.bin", 3, (rows, columns), kind)
    file.make()
    for first in range(0, rows, BLOCK):  # the planes come in another order
        file.put(first, plain[[2, 0, 1], first : min(first + BLOCK, rows), :columns], [1, 2, 0])
    for _ in range(3):
        top, left = data.draw(st.integers(0, down - 1)), data.draw(st.integers(0, across - 1))
        bottom, right = data.draw(st.integers(top + 1, down)), data.draw(st.integers(left + 1, across))
        planes = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
        own = np.s_[top * BLOCK : bottom * BLOCK, left * BLOCK : right * BLOCK]
        out = np.empty((len(planes), (bottom - top) * BLOCK, (right - left) * BLOCK), kind)
        window = (top, bottom, left, right)
        np.testing.assert_array_equal(file.read(planes, window, out), plain[planes][:, *own])
        chosen = rng.random((bottom - top, right - left)) < 0.5
        fresh = rng.integers(0, 60_000, out.shape).astype(kind)
        file.write(planes, window, fresh, chosen)
        where = np.repeat(np.repeat(chosen, BLOCK, axis=0), BLOCK, axis=1)
        for place, plane in enumerate(planes):
            plain[plane][own] = np.where(where, fresh[place], plain[plane][own])
    whole = np.empty(plain.shape, kind)
    np.testing.assert_array_equal(file.read([0, 1, 2], (0, down, 0, across), whole), plain)


def test_a_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    file = PlaneFile(path, 2, (70, 70), "f4")
    assert not file.is_whole()
    file.make()
    assert file.is_whole()
    assert path.stat().st_size == file.bytes == 2 * 4 * BLOCK * BLOCK * 4
    os.truncate(path, file.bytes - 1)
    assert not file.is_whole()
    with pytest.raises(OSError, match="cut off"):
        file.read([1], (1, 2, 1, 2), np.empty((1, BLOCK, BLOCK), "f4"))


def test_rows_must_lie_within_a_row_of_blocks(tmp_path: Path) -> None:
    file = PlaneFile(tmp_path / "a.bin", 1, (200, 70), "f4")
    file.make()
    for first, rows in ((1, 3), (0, BLOCK + 1)):
        with pytest.raises(ValueError, match="row of blocks"):
            file.put(first, np.zeros((1, rows, 70), "f4"), [0])


def test_memory_is_used_again_and_full_of_what_it_was_asked_for() -> None:
    scratch = Scratch()
    one = scratch.array("a", (2, 30), "f4", -np.inf)
    assert np.all(one == -np.inf)
    other = scratch.array("a", (5, 6), "f4", -np.inf)
    assert np.shares_memory(one, other)
    assert not np.shares_memory(one, scratch.array("b", (5, 6), "f4", 0))
    assert np.all(scratch.array("a", (9, 90), "f4", -np.inf) == -np.inf)


def test_blocks_around_a_window_hold_it() -> None:
    assert blocks_around((0, 1, 63, 65)) == (0, 1, 0, 2)
    assert blocks_around((64, 128, 0, 64)) == (1, 2, 0, 1)
