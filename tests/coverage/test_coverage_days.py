"""Many days in one pass: each is what the verdicts of that day say."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.coverage_days import MOST_DAYS, covered_points, day_counts
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.measured import MeasuredGroups

TECHNOLOGIES = ("2G", "3G", "4G")
RULES = {name: TechnologyRule(name, -100.0 + number, 7.0, 0.9) for number, name in enumerate(TECHNOLOGIES)}
DAYS = [np.datetime64(f"{year}-12-31") for year in range(2010, 2022)]


def network(chance: np.random.Generator, n: int) -> CellTable:
    start = np.datetime64("2009-06-01") + chance.integers(0, 5000, n).astype("timedelta64[D]")
    end = start + chance.integers(0, 3000, n).astype("timedelta64[D]")
    start[chance.random(n) < 0.3] = np.datetime64("NaT")
    end[chance.random(n) < 0.6] = np.datetime64("NaT")
    start[:2] = DAYS[3]
    end[2:4] = DAYS[5]
    numbers = (
        "x_m", "y_m", "antenna_height_m", "frequency_mhz", "bandwidth_mhz", "azimuth_deg",
        "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm", "feeder_loss_db",
    )  # fmt: skip
    return CellTable(
        cell_id=np.array([f"c{k:03d}" for k in range(n)]),
        mast_id=np.array([f"m{k // 2:03d}" for k in range(n)]),
        operator=chance.choice(["A", "B", "C"], n),
        technology=chance.choice([*TECHNOLOGIES, "5G"], n),
        antenna=np.full(n, "omni"),
        on_air=start,
        off_air=end,
        **{name: np.ones(n) for name in numbers},
    )


def hamlets(chance: np.random.Generator, n: int) -> PointTable:
    village = np.concatenate([np.arange(n), chance.integers(0, n, 2 * n), np.full(5, -1)])
    kind = np.array(["centre"] * n + ["cluster"] * (2 * n) + ["place"] * 5)
    people = chance.choice([0.0, 1.0, 10.0, 90.0, 33.3], len(village))
    where = np.zeros(len(village))
    return PointTable(np.arange(len(village)).astype(str), village, kind, people, where, where)


def heard(chance: np.random.Generator, n_points: int, n_cells: int) -> PointLevels:
    point, cell = np.nonzero(chance.random((n_points, n_cells)) < 0.1)
    level = chance.uniform(-120.0, -70.0, len(point)).astype(np.float32)
    level[chance.random(len(level)) < 0.02] = np.nan
    return PointLevels(point.astype(np.int32), cell.astype(np.int32), level, np.zeros_like(level))


def samples(chance: np.random.Generator, n_points: int) -> MeasuredGroups:
    point = np.sort(chance.choice(n_points, 6, replace=False))
    return MeasuredGroups(
        point=point, operator=np.array(["A", "B", "Z"] * 2), technology=np.array(["2G", "4G"] * 3),
        count=np.full(6, 9), margin=chance.uniform(-2.0, 2.0, 6), level_dbm=np.full(6, -90.0),
    )  # fmt: skip


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("sampled", [False, True])
def test_each_day_is_what_its_verdicts_say(pooled: bool, sampled: bool) -> None:
    chance = np.random.default_rng(7)
    n = 60
    points, cells = hamlets(chance, n), network(chance, 80)
    levels = heard(chance, len(points), len(cells))
    rule = GapRule(RULES, 0.7, ("2G", "3G"), ("3G", "4G"), pooled)
    groups = samples(chance, len(points)) if sampled else None
    covered = covered_points(len(points), levels, cells, RULES, DAYS)
    dead = []
    for number, day in enumerate(DAYS):
        found = day_counts(points, n, covered, number, rule, groups)
        wanted = verdicts(points, n, levels, cells, rule, day, measured=groups)
        np.testing.assert_array_equal(found.share_people, wanted.share_people)
        np.testing.assert_array_equal(found.served, wanted.served)
        np.testing.assert_array_equal(found.dead, wanted.dead)
        dead.append(int(found.dead.sum()))
    assert len(set(dead)) > 3
    assert 0 < min(dead) < max(dead) < n


def test_a_network_without_cells_covers_nobody() -> None:
    chance = np.random.default_rng(1)
    points, cells = hamlets(chance, 5), network(chance, 8).take(np.zeros(8, dtype=bool))
    levels = heard(chance, len(points), 0)
    covered = covered_points(len(points), levels, cells, RULES, DAYS[:1])
    found = day_counts(points, 5, covered, 0, GapRule(RULES, 0.7, ("2G",), ("4G",)))
    assert found.dead.all()
    assert not found.served.any()
    assert not found.share_people.any()


def test_too_many_days_are_refused() -> None:
    chance = np.random.default_rng(1)
    points, cells = hamlets(chance, 5), network(chance, 8)
    with pytest.raises(ValueError, match="33 days"):
        covered_points(len(points), heard(chance, len(points), 8), cells, RULES, [DAYS[0]] * (MOST_DAYS + 1))
