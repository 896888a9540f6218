"""P(covered) indoors of a layer against the formula at each pixel."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.cells import TechnologyRule
from phusong.coverage.indoors import indoor_probability
from phusong.coverage.link_budget import probability_covered, probability_covered_indoors

RULE = TechnologyRule("4G", -105.0, 8.1, 0.9)
FREQUENCY_MHZ = np.array([900.0, 2600.0, 900.0, 3500.0])


@pytest.mark.parametrize("building", ["traditional", "thermally-efficient"])
def test_within_the_table_s_error_of_the_formula(building: str) -> None:
    rng = np.random.default_rng(3)
    level = rng.uniform(-137.3, -31.7, (300, 40)).astype(np.float32)
    cell = rng.integers(-1, 4, level.shape).astype(np.int32)
    level[cell < 0] = np.nan
    p = indoor_probability(level, cell, FREQUENCY_MHZ, RULE, building)
    assert p.dtype == np.float32
    assert np.all(p[cell < 0] == 0)
    for k, frequency in enumerate(FREQUENCY_MHZ):
        at = cell == k
        expected = probability_covered_indoors(level[at], -105.0, 8.1, float(frequency), building)
        np.testing.assert_allclose(p[at], expected, atol=2e-5)
    outdoors = probability_covered(level, -105.0, 8.1)
    assert np.all(p <= outdoors + 1e-4)
    assert np.max(outdoors - p) > 0.5


def test_nothing_heard_and_one_level() -> None:
    nothing = indoor_probability(
        np.full((2, 3), np.nan, np.float32), np.full((2, 3), -1, np.int32), FREQUENCY_MHZ, RULE
    )
    assert nothing.tolist() == [[0.0] * 3] * 2
    one = indoor_probability(
        np.full((1, 1), -90.0, np.float32), np.zeros((1, 1), np.int32), FREQUENCY_MHZ, RULE
    )
    assert one[0, 0] == pytest.approx(float(probability_covered_indoors(-90.0, -105.0, 8.1, 900.0)), abs=1e-5)
