"""Strips that take about equally long: they part the map, and no strip is taller than memory allows."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from phusong.coverage.row_ring import BAND_ROWS, rows_of
from phusong.coverage.strips import cut_into_strips, equal_strips

PIXEL_M = 100.0


def a_map(rows: int, at: list[float], range_m: float = 3000.0) -> tuple[Any, Any]:
    """A terrain without heights, and a network of which only the places of its masts count."""
    terrain = SimpleNamespace(
        height_m=np.zeros((rows, 50), np.uint8), resolution_m=PIXEL_M, y_top_m=rows * PIXEL_M
    )
    masts = [
        SimpleNamespace(mast_id=str(k), groups=[SimpleNamespace(y_m=share * rows * PIXEL_M, range_m=range_m)])
        for k, share in enumerate(at)
    ]
    return terrain, SimpleNamespace(sites=SimpleNamespace(masts=masts), plan=SimpleNamespace(keys=["4G"]))


@given(
    some.integers(1, 3000),
    some.lists(some.floats(0.0, 1.0), max_size=40),
    some.integers(1, 20),
    some.integers(1, 10).map(lambda bands: bands * BAND_ROWS),
)
def test_strips_part_the_map(rows: int, at: list[float], count: int, tallest: int) -> None:
    cuts = equal_strips(*a_map(rows, at), count, tallest)
    assert cuts[0] == 0 and cuts[-1] == rows
    heights = np.diff(cuts)
    assert (heights > 0).all() and (heights <= tallest).all()
    assert all(row % BAND_ROWS == 0 for row in cuts[:-1])


def test_strips_are_narrow_where_the_masts_are() -> None:
    terrain, network = a_map(6400, [0.1] * 200 + [0.9] * 20)
    cuts = equal_strips(terrain, network, 8, 6400)
    work = [
        sum(max(0, min(stop, end) - max(first, top)) for top, end in spans)
        for first, stop in itertools.pairwise(cuts)
        for spans in [[rows_of(terrain, mast) for mast in network.sites.masts]]
    ]
    assert len(cuts) == 9
    band = 200 * BAND_ROWS  # what one band more or less can make
    assert max(work) - min(work) <= 2 * band
    south = [stop - first for first, stop in itertools.pairwise(cuts) if first > 0.8 * 6400]
    assert south and max(south) < 1000


@pytest.mark.parametrize("cuts", [[0, 64], [64, 200], [0, 100, 200], [0, 64, 128]])
def test_cuts_that_do_not_part_the_map_are_refused(cuts: list[int]) -> None:
    terrain, network = a_map(200, [])
    with pytest.raises(ValueError, match="strips begin"):
        cut_into_strips(terrain, network, cuts)
