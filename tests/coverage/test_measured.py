"""Samples near hamlets: which count, what they weigh, and that they beat the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, Verdicts, verdicts
from phusong.coverage.measured import (
    MeasuredGroups,
    MeasurementRule,
    good_asked_for,
    measured_groups,
    measured_margin,
)
from phusong.gis_data.result_schema import CONFIDENCES, VERDICTS

DAY = np.datetime64("2025-06-30")
RULES = {"2G": TechnologyRule("2G", -95.0, 8.0, 0.9), "4G": TechnologyRule("4G", -105.0, 8.0, 0.9)}
RULE = GapRule(RULES, 0.95, ("2G", "4G"), ("4G",))


def points(*places: tuple[int, str, float, float]) -> PointTable:
    """Points (village, kind, people, x)."""
    n = len(places)
    return PointTable(
        np.array([f"p{i}" for i in range(n)]), np.array([p[0] for p in places]),
        np.array([p[1] for p in places]), np.array([p[2] for p in places]), np.array([p[3] for p in places]),
        np.zeros(n),
    )  # fmt: skip


def samples(n: int, level: float, **changes: object) -> pd.DataFrame:
    row = {
        "time": pd.Timestamp("2025-05-01"),
        "operator": "Viettel",
        "technology": "4G",
        "x_m": 0.0,
        "y_m": 0.0,
    }
    return pd.DataFrame([row | {"level_dbm": level} | changes] * n)


def network(levels: list[float]) -> tuple[CellTable, PointLevels]:
    """Two 4G cells, of Viettel and VNPT, on two masts, with these levels at point 0."""
    number, never = np.zeros(2), np.full(2, np.datetime64("NaT", "D"))
    cells = CellTable(
        np.array(["a", "b"]), np.array(["A", "B"]), np.array(["Viettel", "VNPT"]), np.full(2, "4G"),
        np.full(2, "omni"), *([number] * 10), never, never,
    )  # fmt: skip
    table = PointLevels(
        np.zeros(2, np.int32),
        np.arange(2, dtype=np.int32),
        np.array(levels, np.float32),
        np.zeros(2, np.float32),
    )
    return cells, table


def judged(levels: list[float], measured: pd.DataFrame | None) -> Verdicts:
    cells, table = network(levels)
    where = points((0, "centre", 100.0, 0.0))
    groups = measured_groups(measured, where, RULES, MeasurementRule(), DAY)
    return verdicts(where, 1, table, cells, RULE, DAY, measured=groups)


@pytest.mark.parametrize(
    ("good", "count", "margin"),
    [(5, 5, 0.745), (9, 10, 0.0), (50, 50, 2.357), (0, 5, -6.708), (8, 10, -1.054)],
)
def test_margin_in_standard_errors(good: int, count: int, margin: float) -> None:
    assert measured_margin(good, count, 0.9) == pytest.approx(margin, abs=1e-3)


@given(st.integers(1, 400), st.integers(0, 400), st.integers(1, 99))
def test_a_group_covers_exactly_where_its_share_reaches_the_probability(
    n: int, good: int, percent: int
) -> None:
    good = min(good, n)
    assert (measured_margin(good, n, percent / 100) >= 0.0) == (100 * good >= percent * n)


@given(st.lists(st.integers(-130, -80), min_size=5, max_size=40), st.integers(1, 99))
def test_the_level_that_decided_reaches_the_threshold_exactly_where_the_group_covers(
    level: list[int], percent: int
) -> None:
    rules = {"4G": TechnologyRule("4G", -105.0, 8.0, percent / 100)}
    table = pd.concat([samples(1, float(one)) for one in level])
    found = measured_groups(table, points((0, "centre", 1.0, 0.0)), rules, MeasurementRule(), DAY)
    assert (found.level_dbm[0] >= -105.0) == (found.margin[0] >= 0.0)
    reached = sorted(level, reverse=True)[good_asked_for(len(level), percent / 100) - 1]
    assert found.level_dbm[0] == reached
    assert 100 * sum(one >= reached for one in level) >= percent * len(level)


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, 1),
        ({"x_m": 499.0}, 1),
        ({"x_m": 501.0}, 0),
        ({"time": pd.NaT}, 0),
        ({"time": pd.Timestamp("2025-06-30 23:00")}, 1),
        ({"time": pd.Timestamp("2025-07-01")}, 0),
        ({"time": pd.Timestamp("2024-06-30")}, 1),
        ({"time": pd.Timestamp("2024-06-29")}, 0),
        ({"operator": None}, 0),
        ({"technology": "5G"}, 0),
    ],
)
def test_which_samples_count(changes: dict[str, object], counted: int) -> None:
    where = points((0, "centre", 1.0, 0.0))
    for n, expected in ((4, 0), (5, counted)):
        assert (
            len(measured_groups(samples(n, -80.0, **changes), where, RULES, MeasurementRule(), DAY))
            == expected
        )


def test_samples_near_two_points_count_at_both_and_groups_stay_apart() -> None:
    where = points((0, "centre", 1.0, 0.0), (0, "cluster", 1.0, 600.0), (1, "centre", 1.0, 5000.0))
    table = pd.concat([samples(6, -80.0, x_m=300.0), samples(7, -120.0, x_m=300.0, operator="VNPT")])
    found = measured_groups(table, where, RULES, MeasurementRule(), DAY)
    assert found.point.tolist() == [0, 0, 1, 1]
    assert found.operator.tolist() == ["VNPT", "Viettel"] * 2
    assert found.count.tolist() == [7, 6] * 2
    assert (found.margin >= 0).tolist() == [False, True] * 2


def test_good_samples_raise_a_hamlet_that_the_model_calls_dead() -> None:
    found = judged([-130.0, -130.0], samples(60, -80.0))
    assert VERDICTS[found.verdict[0]] == "fragile"
    assert VERDICTS[found.model_verdict[0]] == "no_signal"
    assert bool(found.by_measurement[0]) and found.samples[0] == 60
    assert CONFIDENCES[found.confidence[0]] == "certain"
    assert CONFIDENCES[judged([-130.0, -130.0], samples(5, -80.0)).confidence[0]] == "uncertain"
    assert found.level_dbm[0, 1] == -130.0  # the model's level stays in the table


def test_bad_samples_of_one_operator_leave_the_other_operator_alone() -> None:
    both = judged([-50.0, -50.0], samples(20, -125.0))
    assert VERDICTS[both.verdict[0]] == "covered"
    alone = judged([-50.0, -130.0], samples(20, -125.0))
    assert VERDICTS[alone.verdict[0]] == "no_signal"
    assert bool(alone.by_measurement[0])
    assert VERDICTS[alone.model_verdict[0]] == "fragile" or VERDICTS[alone.model_verdict[0]] == "covered"


def test_an_operator_that_is_measured_but_not_in_the_list_of_cells_counts() -> None:
    found = judged([-130.0, -130.0], samples(30, -80.0, operator="MobiFone"))
    assert bool(found.voice[0]) and bool(found.by_measurement[0])


def test_one_operator_sees_its_own_samples_only() -> None:
    cells, table = network([-130.0, -130.0])
    where = points((0, "centre", 100.0, 0.0))
    groups = measured_groups(samples(30, -80.0), where, RULES, MeasurementRule(), DAY)
    assert verdicts(where, 1, table, cells, RULE, DAY, operator="Viettel", measured=groups).voice[0]
    other = verdicts(where, 1, table, cells, RULE, DAY, operator="VNPT", measured=groups)
    assert not other.voice[0] and not other.by_measurement[0] and other.samples[0] == 0


def test_without_samples_nothing_changes() -> None:
    for measured in (None, samples(0, -80.0)):
        found = judged([-98.0, -130.0], measured)
        plain = verdicts(points((0, "centre", 100.0, 0.0)), 1, *network([-98.0, -130.0])[::-1], RULE, DAY)
        assert found.verdict.tolist() == plain.verdict.tolist() and not found.by_measurement.any()
    assert isinstance(
        measured_groups(None, points((0, "centre", 1.0, 0.0)), RULES, MeasurementRule(), DAY), MeasuredGroups
    )
