"""The shift by samples: against its equations solved by hand, and what it does to a verdict."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, Verdicts, verdicts
from phusong.coverage.gaps_table import decided_by
from phusong.coverage.link_budget import probability_covered
from phusong.coverage.measured import MeasurementRule, measured_groups
from phusong.coverage.sample_shift import (
    ShiftedLevels,
    ShiftRule,
    sample_shift,
    shift_and_ratio,
)
from phusong.gis_data.result_schema import VERDICTS

DAY = np.datetime64("2025-06-30")
SIGMA = 8.0
NEEDED = -105.0 + SIGMA * 1.2815515655446004
RULES = {"4G": TechnologyRule("4G", -105.0, SIGMA, 0.9), "2G": TechnologyRule("2G", -95.0, SIGMA, 0.9)}
RULE = GapRule(RULES, 0.95, ("2G", "4G"), ("4G",))
SHIFT = ShiftRule()


def arrays(*values: list[float]) -> list[np.ndarray]:
    return [np.array(value, dtype=float) for value in values]


def shift_of(
    at: list[tuple[float, float]],
    error: list[float],
    count: list[float],
    point: tuple[float, float] = (0.0, 0.0),
    rule: ShiftRule = SHIFT,
) -> tuple[float, float]:
    shift, ratio = shift_and_ratio(np.array(at, float), *arrays(error, count), np.array([point]), SIGMA, rule)
    return float(shift[0]), float(ratio[0])


def test_one_square_by_hand() -> None:
    """300 m away (ρ = 1/e): c² = 48, noise 16 + 36/4 = 25; k = 17.66; shift = 17.66 · 10 / 73 = 2.42 dB."""
    shift, ratio = shift_of([(300.0, 0.0)], [10.0], [4.0])
    k = 48.0 / math.e
    assert shift == pytest.approx(k * 10.0 / 73.0, abs=0.005) and shift == pytest.approx(2.42, abs=0.005)
    assert ratio == pytest.approx(math.sqrt(1.0 - k * k / 73.0 / 64.0), abs=1e-4)
    at_it, surer = shift_of([(0.0, 0.0)], [10.0], [10_000.0])  # many samples at the place: ¾ of the error
    assert at_it == pytest.approx(7.5, abs=0.01) and surer == pytest.approx(math.sqrt(1 - 0.75**2), abs=1e-3)


def test_far_away_nothing_and_more_squares_side_by_side_tell_little_more() -> None:
    assert shift_of([(1000.0, 0.0)], [20.0], [9.0])[1] < 1.0
    assert shift_of([(1000.1, 0.0)], [20.0], [9.0]) == (0.0, 1.0)
    assert shift_of([(10.0, 0.0)], [20.0], [9.0], rule=replace(SHIFT, reach_m=0.0)) == (0.0, 1.0)
    one = shift_of([(150.0, 0.0)], [10.0], [9.0])[0]
    twins = shift_of([(150.0, 0.0), (150.0, 1.0)], [10.0, 10.0], [9.0, 9.0])[0]
    both_sides = shift_of([(150.0, 0.0), (-150.0, 0.0)], [10.0, 10.0], [9.0, 9.0])[0]
    assert one < twins < both_sides < 10.0
    assert shift_of([(150.0, 0.0), (-150.0, 0.0)], [10.0, -10.0], [9.0, 9.0])[0] == 0.0


def test_a_wrong_position_moves_no_more_than_the_clip() -> None:
    assert shift_of([(50.0, 0.0)], [80.0], [9.0]) == shift_of([(50.0, 0.0)], [24.0], [9.0])
    assert shift_of([(50.0, 0.0)], [-80.0], [9.0]) == shift_of([(50.0, 0.0)], [-24.0], [9.0])


def slow(
    at: list[tuple[float, float]], error: list[float], count: list[int], point: tuple[float, float]
) -> tuple[float, float]:
    """The equations of the module, one after the other, by Gaussian elimination."""
    near = sorted(
        (i for i in range(len(at)) if math.dist(at[i], point) <= SHIFT.reach_m),
        key=lambda i: math.dist(at[i], point),
    )[: SHIFT.squares]
    if not near:
        return 0.0, 1.0
    shared = (1.0 - SHIFT.local_share) * SIGMA**2

    def rho(a: tuple[float, float], b: tuple[float, float]) -> float:
        return math.exp(-math.dist(a, b) / SHIFT.correlation_m)

    rows = []
    for i in near:
        row = [shared * rho(at[i], at[j]) for j in near]
        row[near.index(i)] += SHIFT.local_share * SIGMA**2 + SHIFT.sample_sigma_db**2 / count[i]
        rows.append([*row, shared * rho(at[i], point)])
    k = [row[-1] for row in rows]
    n = len(rows)
    for p in range(n):
        for q in range(p + 1, n):
            factor = rows[q][p] / rows[p][p]
            rows[q] = [x - factor * y for x, y in zip(rows[q], rows[p], strict=True)]
    weight = [0.0] * n
    for p in reversed(range(n)):
        weight[p] = (rows[p][-1] - sum(rows[p][q] * weight[q] for q in range(p + 1, n))) / rows[p][p]
    limit = SHIFT.clip_sigma * SIGMA
    r = [max(-limit, min(limit, error[i])) for i in near]
    variance = SIGMA**2 - sum(w * x for w, x in zip(weight, k, strict=True))
    return sum(w * x for w, x in zip(weight, r, strict=True)), math.sqrt(variance) / SIGMA


COORDINATE = st.floats(-900.0, 900.0)


@given(
    st.lists(
        st.tuples(st.tuples(COORDINATE, COORDINATE), st.floats(-40.0, 40.0), st.integers(1, 200)),
        min_size=1, max_size=24, unique_by=lambda square: (round(square[0][0], 3), round(square[0][1], 3)),
    ),
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=5),
)  # fmt: skip
def test_same_as_the_slow_equations(
    squares: list[tuple[tuple[float, float], float, int]], points: list[tuple[float, float]]
) -> None:
    at, error, count = (list(column) for column in zip(*squares, strict=True))
    away = np.array([[math.dist(a, p) for a in at] for p in points])
    ranked = np.sort(away, axis=1)
    if (np.diff(ranked[:, : SHIFT.squares + 1], axis=1) < 1e-6).any():  # which of two equals is the 16th?
        return
    shift, ratio = shift_and_ratio(
        np.array(at), np.array(error), np.array(count, float), np.array(points), SIGMA, SHIFT
    )
    expected = [slow(at, error, count, point) for point in points]
    np.testing.assert_allclose(shift, [e[0] for e in expected], atol=0.006)
    np.testing.assert_allclose(ratio, [e[1] for e in expected], atol=6e-5)
    assert (ratio >= math.sqrt(SHIFT.local_share)).all() and (ratio <= 1.0).all()
    assert (np.abs(shift) <= SHIFT.clip_sigma * SIGMA).all()


# A province of two masts and a hamlet at x = 0; the model knows each cell's level everywhere.


def cells(**dates: str) -> CellTable:
    """Two 4G cells of Viettel on masts A and B, a 2G cell on A."""
    number, never = np.zeros(3), np.full(3, np.datetime64("NaT", "D"))
    on_air = never.copy()
    if "on_air" in dates:
        on_air[:] = np.datetime64(dates["on_air"])
    return CellTable(
        np.array(["a", "b", "g"]), np.array(["A", "B", "A"]), np.full(3, "Viettel"),
        np.array(["4G", "4G", "2G"]), np.full(3, "omni"), number, number, number, np.full(3, 1800.0),
        *([number] * 6), on_air, never,
    )  # fmt: skip


def model(levels: list[float], points: int = 1) -> PointLevels:
    """The same level of each cell at every point."""
    return PointLevels(
        np.repeat(np.arange(points, dtype=np.int32), 3), np.tile(np.arange(3, dtype=np.int32), points),
        np.tile(np.array(levels, np.float32), points), np.zeros(3 * points, np.float32),
    )  # fmt: skip


def hamlet(*xs: float) -> PointTable:
    n = len(xs)
    return PointTable(
        np.array([f"v:H{i}" for i in range(n)]), np.arange(n), np.full(n, "centre"), np.full(n, 100.0),
        np.array(xs), np.zeros(n),
    )  # fmt: skip


def drive(n: int, level: float, **changes: object) -> pd.DataFrame:
    """Samples 40 m apart from x = 600 m eastwards."""
    row = {"time": pd.Timestamp("2025-05-01"), "operator": "Viettel", "technology": "4G", "cell_id": None}
    rows = [row | {"level_dbm": level, "x_m": 600.0 + 40.0 * i, "y_m": 0.0} | changes for i in range(n)]
    return pd.DataFrame(rows)


def shifted(
    samples: pd.DataFrame, levels: list[float], where: PointTable | None = None, **dates: str
) -> ShiftedLevels | None:
    where = hamlet(0.0) if where is None else where
    return sample_shift(
        samples, where, model(levels, len(where)), cells(**dates), RULES, SHIFT, DAY,
        lambda points: model(levels, len(points)),
    )  # fmt: skip


def judged(samples: pd.DataFrame, levels: list[float]) -> Verdicts:
    groups = measured_groups(samples, hamlet(0.0), RULES, MeasurementRule(), DAY)
    return verdicts(
        hamlet(0.0), 1, model(levels), cells(), RULE, DAY, measured=groups, shifted=shifted(samples, levels)
    )


def test_samples_down_the_road_turn_a_verdict_and_the_table_says_so() -> None:
    """0.5 dB short, and the road has 20 dB more than the model: the hamlet is served, by the shifted model."""
    levels, road = [NEEDED - 0.5, -130.0, -130.0], drive(10, NEEDED + 19.5, x_m=600.0)
    found = judged(drive(10, NEEDED + 19.5), levels)
    assert VERDICTS[found.model_verdict[0]] == "no_signal"
    assert VERDICTS[found.verdict[0]] == "fragile"
    assert decided_by(found).tolist() == ["model_shifted"]
    assert found.samples[0] == 0  # none of them lies near enough to decide by itself
    assert found.level_dbm[0, 0] == pytest.approx(NEEDED - 0.5 + found.shift_db[0, 0], abs=1e-3)
    assert 0.5 < found.shift_db[0, 0] < 20.0 and np.isnan(found.shift_db[0, 1])
    one = shifted(road, levels)
    assert one is not None  # ten samples on one spot: one square at 600 m, ρ = e⁻²
    assert one.shift_db[0] == pytest.approx(48.0 * math.exp(-2.0) * 20.0 / (48.0 + 16.0 + 3.6), abs=0.005)


def test_what_was_shifted_is_judged_with_the_smaller_sigma() -> None:
    found = shifted(drive(10, -90.0), [-100.0, -130.0, -130.0])
    assert found is not None and found.sigma_ratio[0] < 1.0
    p = probability_covered(found.estimate.level_dbm[:1], -105.0, SIGMA * float(found.sigma_ratio[0]))
    assert probability_covered(found.judged.level_dbm[:1], -105.0, SIGMA) == pytest.approx(p, abs=1e-5)
    assert found.judged.level_dbm[1:].tolist() == [-130.0, -130.0]  # another mast, and another technology


def test_samples_at_the_hamlet_still_decide_before_any_shift() -> None:
    levels = [NEEDED - 8.0, -130.0, -130.0]
    found = judged(drive(40, NEEDED + 19.5, x_m=10.0), levels)
    assert decided_by(found).tolist() == ["measurement"]
    few = judged(drive(4, NEEDED + 19.5, x_m=10.0), levels)  # too few to decide: they shift
    assert decided_by(few).tolist() == ["model_shifted"] and few.samples[0] == 0
    assert VERDICTS[few.verdict[0]] == "fragile"


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({}, [0]),  # names no cell: the model's strongest there
        ({"cell_id": "a"}, [0]),
        ({"cell_id": "b"}, [1]),
        ({"technology": "2G"}, [2]),
        ({"cell_id": "g"}, []),  # a 4G sample of a 2G cell
        ({"cell_id": "elsewhere"}, []),
        ({"operator": "VNPT"}, []),
        ({"operator": None}, []),
        ({"time": pd.NaT}, []),
        ({"time": pd.Timestamp("2025-07-01")}, []),
        ({"time": pd.Timestamp("2024-06-29")}, []),
        ({"x_m": 1000.0}, [0]),
        ({"x_m": 1001.0}, []),
    ],
)
def test_which_samples_shift_which_cells(changes: dict[str, object], rows: list[int]) -> None:
    found = shifted(drive(3, -85.0, **changes), [-100.0, -110.0, -100.0])
    assert ([] if found is None else np.flatnonzero(found.sigma_ratio < 1.0).tolist()) == rows


def test_a_sample_from_before_the_cell_was_on_air_is_not_of_it() -> None:
    assert shifted(drive(3, -85.0), [-100.0] * 3, on_air="2025-05-02") is None
    assert shifted(drive(3, -85.0), [-100.0] * 3, on_air="2025-05-01") is not None


def test_nothing_hangs_on_the_order_of_the_file_and_places_are_shifted_too() -> None:
    samples = pd.concat([drive(6, -90.0), drive(5, -93.0, y_m=130.0), drive(5, -112.0, y_m=-250.0)])
    where = hamlet(0.0, 400.0)
    where = replace(where, village=np.array([0, -1]))
    first = shifted(samples, [-100.0, -110.0, -130.0], where)
    second = shifted(samples.sample(frac=1.0, random_state=4), [-100.0, -110.0, -130.0], where)
    assert first is not None and second is not None
    assert first.shift_db.tobytes() == second.shift_db.tobytes()
    assert first.judged.level_dbm.tobytes() == second.judged.level_dbm.tobytes()
    of_hamlets = shifted(samples, [-100.0, -110.0, -130.0], hamlet(0.0, 400.0))
    assert of_hamlets is not None
    assert (first.shift_db == of_hamlets.shift_db).all() and first.shift_db[0] != 0.0 != first.shift_db[3]


def test_without_samples_nothing_is_shifted() -> None:
    assert shifted(drive(0, -85.0), [-100.0] * 3) is None
    found = sample_shift(
        None, hamlet(0.0), model([-90.0] * 3), cells(), RULES, SHIFT, DAY, lambda p: model([])
    )
    assert found is None
