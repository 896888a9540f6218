"""P(covered) indoors of a layer against the formula at each pixel."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.indoors import IndoorTable, indoor_levels
from phusong.coverage.link_budget import probability_covered, probability_covered_indoors

RULE = TechnologyRule("4G", -105.0, 8.1, 0.9)
FREQUENCY_MHZ = np.array([900.0, 2600.0, 900.0, 3500.0])


@pytest.mark.parametrize("building", ["traditional", "thermally-efficient"])
def test_within_the_table_s_error_of_the_formula(building: str) -> None:
    rng = np.random.default_rng(3)
    level = rng.uniform(-137.3, -31.7, (300, 40)).astype(np.float32)
    cell = rng.integers(-1, 4, level.shape).astype(np.int32)
    level[cell < 0] = np.nan
    p = IndoorTable(RULE, FREQUENCY_MHZ, building).probability(level, cell)
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
    table = IndoorTable(RULE, FREQUENCY_MHZ)
    nothing = table.probability(np.full((2, 3), np.nan, np.float32), np.full((2, 3), -1, np.int32))
    assert nothing.tolist() == [[0.0] * 3] * 2
    levels, cell = np.array([[-90.0, -1000.0, 400.0]], np.float32), np.zeros((1, 3), np.int32)
    at_90_dbm = float(probability_covered_indoors(-90.0, -105.0, 8.1, 900.0))
    assert table.probability(levels, cell)[0] == pytest.approx([at_90_dbm, 0.0, 1.0], abs=1e-5)


def cell_table(technologies: list[str], frequencies_mhz: list[float]) -> CellTable:
    n = len(technologies)
    zeros = {
        name: np.zeros(n)
        for name in (
            "x_m", "y_m", "antenna_height_m", "bandwidth_mhz", "azimuth_deg", "mechanical_tilt_deg",
            "electrical_tilt_deg", "tx_power_dbm", "feeder_loss_db",
        )
    }  # fmt: skip
    never = np.full(n, np.datetime64("NaT"), "datetime64[D]")
    return CellTable(
        cell_id=np.array([f"C{i}" for i in range(n)]),
        mast_id=np.array([f"M{i}" for i in range(n)]),
        operator=np.array(["A"] * n),
        technology=np.array(technologies),
        antenna=np.array(["omni"] * n),
        frequency_mhz=np.array(frequencies_mhz),
        on_air=never,
        off_air=never,
        **zeros,
    )


@pytest.mark.parametrize("building", ["traditional", "thermally-efficient"])
def test_a_level_indoors_has_outdoors_the_probability_indoors(building: str) -> None:
    rng = np.random.default_rng(5)
    cells = cell_table(["4G", "4G", "3G"], [900.0, 2600.0, 2100.0])
    level = rng.uniform(-130.0, -60.0, 500).astype(np.float32)
    cell = rng.integers(0, 3, 500).astype(np.int32)
    levels = PointLevels(np.arange(500, dtype=np.int32), cell, level, np.zeros(500, np.float32))
    found = indoor_levels(levels, cells, {"4G": RULE}, building)
    for k, frequency in ((0, 900.0), (1, 2600.0)):
        expected = probability_covered_indoors(level[cell == k], -105.0, 8.1, frequency, building)
        np.testing.assert_allclose(
            probability_covered(found.level_dbm[cell == k], -105.0, 8.1), expected, atol=1e-4
        )
    assert found.level_dbm[cell == 2].tolist() == level[cell == 2].tolist()  # 3G has no rule here
    assert found.loss_db is levels.loss_db and found.cell is levels.cell


def test_served_outdoors_and_not_indoors() -> None:
    """P.2109 at 1.8 GHz takes 13.6 dB in the median; the rule leaves H0 10 dB and H1 50 dB to spare."""
    cells = cell_table(["4G"], [1800.0])
    points = PointTable(
        np.array(["v0", "v1"]), np.arange(2), np.array(["centre"] * 2), np.full(2, 50.0), np.zeros(2),
        np.zeros(2),
    )  # fmt: skip
    spare = np.array([10.0, 50.0])
    level = (-105.0 + 8.1 * 1.2816 + spare).astype(np.float32)
    levels = PointLevels(np.arange(2, dtype=np.int32), np.zeros(2, np.int32), level, np.zeros(2, np.float32))
    rule = GapRule({"4G": RULE}, 0.95, ("4G",), ("4G",))
    day = np.datetime64("2025-12-31")
    outdoors = verdicts(points, 2, levels, cells, rule, day)
    indoors = verdicts(points, 2, indoor_levels(levels, cells, rule.technologies), cells, rule, day)
    assert outdoors.served[:, 0].tolist() == [True, True]
    assert indoors.served[:, 0].tolist() == [False, True]
    assert indoors.dead.tolist() == [True, False]
    expected = probability_covered_indoors(level, -105.0, 8.1, 1800.0)
    np.testing.assert_allclose(indoors.p_covered[:, 0], expected, atol=1e-4)
    assert 0.5 < indoors.p_covered[0, 0] < 0.9
