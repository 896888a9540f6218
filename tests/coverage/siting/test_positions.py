"""New towers stand on summits and shoulders that see the gap."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.footprint import ground_height_m
from phusong.coverage.propagation.terrain import TerrainModel
from phusong.coverage.siting.positions import keep_best_seers, sight, terrain_positions

ROWS, COLUMNS, STEP = 80, 80, 100.0


def terrain(height_m) -> TerrainModel:
    zone = np.where(np.isnan(height_m) | (height_m > -1), 4, 1).astype(np.uint8)
    return TerrainModel(height_m.astype(np.float32), zone, None, 0.0, ROWS * STEP, STEP, 21.0, 20.9)


def hill(row, column, top_m, width=4.0):
    i, j = np.mgrid[0:ROWS, 0:COLUMNS]
    return top_m * np.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * width**2))


def where(row, column):
    return (column + 0.5) * STEP, ROWS * STEP - (row + 0.5) * STEP


def find(height_m, points, **changes):
    x, y = np.array([where(*p) for p in points], float).reshape(-1, 2).T
    request = {"antenna_height_m": 41.0, "receiver_height_m": 1.5, "reach_m": 4000.0, "per_point": 6}
    return terrain_positions(terrain(height_m), x, y, np.ones(len(points)), **{**request, **changes})


def test_the_summit_beside_the_gap_is_found():
    found = find(hill(40, 50, 300.0), [(40, 30)])
    assert where(40, 50) in set(zip(found.x_m.tolist(), found.y_m.tolist(), strict=True))
    assert found.sees.all()


def test_every_position_sees_a_point_by_a_plain_check():
    rng = np.random.default_rng(3)
    height = sum(
        hill(r, c, t) for r, c, t in zip(*rng.integers(5, 75, (2, 12)), rng.uniform(50, 400, 12), strict=True)
    )
    points = [(20, 20), (40, 44), (60, 30)]
    found = find(height, points)
    assert len(found.x_m) > 0
    ground = terrain(height)
    px, py = np.array([where(*p) for p in points], float).T
    again = sight(ground, found.x_m, found.y_m, np.full(len(found.x_m), 41.0), px, py, 1.5, 4000.0)
    assert np.array_equal(again, found.sees)
    assert found.sees.any(axis=1).all()
    distance = np.hypot(found.x_m[:, None] - px, found.y_m[:, None] - py)
    assert (distance[found.sees] <= 4000.0).all()


def test_a_ridge_hides_what_is_behind_it():
    height = np.zeros((ROWS, COLUMNS))
    height[:, 40] = 200.0
    ground = terrain(height)
    x, y = np.array([where(40, 20), where(40, 60), where(40, 40)]).T
    px, py = np.array([where(40, 25)]).T
    assert sight(ground, x, y, np.full(3, 41.0), px, py, 1.5, 9000.0)[:, 0].tolist() == [True, False, True]


def test_nothing_stands_in_the_sea_or_in_a_void():
    height = hill(40, 50, 300.0)
    height[:, :45] = -10.0
    height[38:43, 48:53] = np.nan
    found = find(height, [(40, 60)])
    assert len(found.x_m) > 0
    column = np.floor(found.x_m / STEP).astype(int)
    row = np.floor((ROWS * STEP - found.y_m) / STEP).astype(int)
    assert (height[row, column] >= 0).all()
    assert np.isfinite(ground_height_m(terrain(height), found.x_m, found.y_m)).all()


def test_fewer_per_point_are_a_selection():
    rng = np.random.default_rng(4)
    height = sum(
        hill(r, c, t) for r, c, t in zip(*rng.integers(5, 75, (2, 15)), rng.uniform(50, 300, 15), strict=True)
    )
    few, many = (find(height, [(40, 40)], per_point=n) for n in (2, 10))
    assert len(few.x_m) == 2
    assert set(zip(few.x_m, few.y_m, strict=True)) < set(zip(many.x_m, many.y_m, strict=True))


def test_no_points_no_positions():
    assert len(find(hill(40, 50, 300.0), []).x_m) == 0


def test_who_sees_most_people_stays():
    sees = np.array([[True, True], [True, False], [False, True]])
    zeros = np.zeros(3)
    kept = keep_best_seers(sees, np.array([5.0, 9.0]), zeros, zeros, np.zeros(2), np.zeros(2), 1)
    assert kept.tolist() == [0]


@pytest.mark.parametrize("per_point", [0, 1])
def test_a_gap_off_the_terrain_gives_no_position_beside_it(per_point):
    height = np.zeros((ROWS, COLUMNS))
    found = terrain_positions(
        terrain(height), np.array([-50_000.0]), np.array([0.0]), np.ones(1), antenna_height_m=41.0,
        receiver_height_m=1.5, reach_m=4000.0, per_point=per_point,
    )  # fmt: skip
    assert len(found.x_m) == 0
