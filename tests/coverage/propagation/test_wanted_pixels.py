"""Losses at a few wanted pixels: the same to the bit as in the whole window, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.propagation.corrected import loss_window
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel, WantedPixels

ROWS, COLUMNS, BLOCK, STEP = 90, 120, 8, 16


def terrain() -> TerrainModel:
    rng = np.random.default_rng(4)
    height = np.cumsum(rng.normal(0, 6, (ROWS, COLUMNS)), axis=1).astype(np.float32) + 300
    height[40:44, 20:30] = np.nan
    zone = np.where(rng.random((ROWS, COLUMNS)) < 0.3, 1, 4).astype(np.uint8)
    zone[:, 60:] = 4
    return TerrainModel(height, zone, None, 1000.0, 90_000.0, 50.0, 21.0, 20.9)


GROUND = terrain()


@given(
    st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1)), min_size=1, max_size=6),
    st.integers(0, 999),
    st.sampled_from(["p1812-8", "extended-hata"]),
)
@settings(max_examples=60, deadline=None)
def test_wanted_pixels_are_those_of_the_whole_window(
    places: list[tuple[int, int]], seed: int, model: str
) -> None:
    rng = np.random.default_rng(seed)
    x_m = GROUND.x_left_m + rng.uniform(30, COLUMNS - 1) * GROUND.resolution_m
    y_m = GROUND.y_top_m - rng.uniform(0.1, 39) * GROUND.resolution_m
    station = (x_m, y_m, 40.0, [900.0, 2100.0], rng.uniform(300, 4000), PropagationSettings(model=model))
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    for row, column in places:
        mask[row : row + 3, column : column + 2] = True
    blocks = np.unique(np.argwhere(mask) // BLOCK, axis=0)
    blocks = blocks[rng.permutation(len(blocks))[: rng.integers(1, len(blocks) + 1)]]
    matter = np.zeros_like(mask)
    for row, column in blocks * BLOCK:
        matter[row : row + BLOCK, column : column + BLOCK] = True
    matter &= mask
    whole = loss_window(GROUND, *station)
    part = loss_window(GROUND, *station, wanted=WantedPixels(mask, blocks, BLOCK, STEP))
    expected = np.full((2, ROWS, COLUMNS), np.nan, np.float32)
    found = expected.copy()
    for window, into in ((whole, expected), (part, found)):
        _, rows, columns = window.loss_db.shape
        into[:, window.row : window.row + rows, window.column : window.column + columns] = window.loss_db
    np.testing.assert_array_equal(found[:, matter], expected[:, matter])
    told = ~np.isnan(found)
    np.testing.assert_array_equal(found[told], expected[told])
    if part.loss_db.size:
        assert (part.column - whole.column) % STEP == 0
    if model == "p1812-8":
        assert np.isnan(found[:, ~mask]).all()


@pytest.mark.parametrize("row", [0, 89])
def test_blocks_out_of_range_give_an_empty_window(row: int) -> None:
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    mask[row, 119] = True
    wanted = WantedPixels(mask, np.array([[row // BLOCK, 119 // BLOCK]]), BLOCK, STEP)
    at = GROUND.x_left_m + 300.0, GROUND.y_top_m - 2200.0
    part = loss_window(GROUND, *at, 40.0, [900.0], 600.0, PropagationSettings(), wanted=wanted)
    assert part.loss_db.size == 0
