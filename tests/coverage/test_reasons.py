"""Reasons on constructed terrain: a wall of known height at a known place."""

from __future__ import annotations

import math

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointLevels, TechnologyRule
from phusong.coverage.propagation.p1812 import basic_transmission_loss
from phusong.coverage.propagation.p1812_geometry import Profile
from phusong.coverage.propagation.terrain import PropagationSettings
from phusong.coverage.reasons import best_candidate, main_cause, main_obstacle, obstacle_loss_db

SETTINGS = PropagationSettings()
EARTH_KM = 6371.0 * 157.0 / (157.0 - 45.0)


def walled(height_m: float, at_km: float = 3.0, clutter_m: float = 0.0) -> Profile:
    """Flat ground at 10 m, 8 km long, a point every 100 m, with one wall."""
    distance = np.linspace(0.0, 8.0, 81)
    wall = np.isclose(distance, at_km)
    return Profile(distance, np.where(wall, height_m, 10.0), np.where(wall, clutter_m, 0.0), np.full(81, 4))


@pytest.mark.parametrize(("at_km", "clutter_m"), [(1.0, 0.0), (3.0, 0.0), (7.5, 15.0)])
def test_a_wall_is_found_where_it_stands(at_km: float, clutter_m: float) -> None:
    obstacle = main_obstacle(walled(150.0, at_km, clutter_m), 40.0, 1.5, 900.0)
    assert obstacle.index == round(at_km * 10)
    assert obstacle.distance_km == pytest.approx(at_km)
    assert obstacle.height_m == 150.0 + clutter_m
    line = 50.0 + (11.5 - 50.0) * at_km / 8.0 - 500.0 / EARTH_KM * at_km * (8.0 - at_km)
    assert obstacle.over_line_m == pytest.approx(150.0 + clutter_m - line, abs=1e-9)
    metres = obstacle.over_line_m * math.sqrt(
        2.0 / 0.3331 * (1.0 / (at_km * 1e3) + 1.0 / ((8.0 - at_km) * 1e3))
    )
    assert obstacle.nu == pytest.approx(metres, rel=1e-4)
    expected = 6.9 + 20.0 * math.log10(math.sqrt((metres - 0.1) ** 2 + 1.0) + metres - 0.1)
    assert obstacle.knife_edge_db == pytest.approx(expected, abs=1e-3)


def test_what_a_wall_costs_is_the_path_with_it_less_the_path_without() -> None:
    with_wall, without = walled(150.0), walled(10.0)
    obstacle = main_obstacle(with_wall, 40.0, 1.5, 900.0)
    cost = obstacle_loss_db(with_wall, obstacle, 40.0, 1.5, 900.0, SETTINGS, 21.5)
    loss = [
        basic_transmission_loss(profile, 0.9, 40.0, 1.5, latitude_deg=21.5).lb_db
        for profile in (with_wall, without)
    ]
    assert cost == pytest.approx(loss[0] - loss[1], abs=2.0)  # cut to the clear zone, not to the ground
    assert cost > 15.0


def test_the_lesser_of_two_hills_stays() -> None:
    profile = walled(150.0)
    height = profile.height_m.copy()
    height[60] = 80.0
    two = Profile(profile.distance_km, height, profile.clutter_m, profile.zone)
    obstacle = main_obstacle(two, 40.0, 1.5, 900.0)
    assert obstacle.distance_km == pytest.approx(3.0)
    only_lesser = Profile(
        profile.distance_km, np.where(np.arange(81) == 30, 10.0, height), profile.clutter_m, profile.zone
    )
    loss = [basic_transmission_loss(p, 0.9, 40.0, 1.5, latitude_deg=21.5).lb_db for p in (two, only_lesser)]
    cost = obstacle_loss_db(two, obstacle, 40.0, 1.5, 900.0, SETTINGS, 21.5)
    assert cost == pytest.approx(loss[0] - loss[1], abs=2.0)


def test_clear_ground_costs_nothing() -> None:
    profile = Profile(np.linspace(0.0, 2.0, 21), np.zeros(21), np.zeros(21), np.full(21, 4))
    obstacle = main_obstacle(profile, 200.0, 150.0, 3500.0)
    assert obstacle.knife_edge_db == 0.0
    assert obstacle.over_line_m < 0.0
    assert obstacle_loss_db(profile, obstacle, 200.0, 150.0, 3500.0, SETTINGS, 21.5) == 0.0


@pytest.mark.parametrize(
    ("short", "excess", "off_axis", "obstacle", "cause"),
    [
        (30.0, 20.0, 5.0, 18.0, "distance"),
        (20.0, 20.0, 5.0, 18.0, "obstacle"),
        (10.0, 8.0, 25.0, 6.0, "direction"),
        (10.0, 12.0, 6.0, 6.0, "obstacle"),
    ],
)
def test_main_cause(short: float, excess: float, off_axis: float, obstacle: float, cause: str) -> None:
    assert main_cause(short, excess, off_axis, obstacle) == cause


def test_best_candidate_is_the_fewest_decibels_short() -> None:
    number, text = np.zeros(4), np.full(4, "")
    never = np.full(4, np.datetime64("NaT", "D"))
    technology = np.array(["2G", "4G", "4G", "5G"])
    cells = CellTable(text, text, text, technology, text, *([number] * 10), never, never)
    levels = PointLevels(
        np.array([0, 1, 1, 1, 1], np.int32), np.array([0, 0, 1, 2, 3], np.int32),
        np.array([-60.0, -100.0, -108.0, -107.0, -50.0], np.float32), np.full(5, 140.0, np.float32),
    )  # fmt: skip
    rules = {"2G": TechnologyRule("2G", -95.0, 8.0, 0.9), "4G": TechnologyRule("4G", -105.0, 8.0, 0.9)}
    every = np.ones(4, dtype=bool)
    best = best_candidate(1, levels, cells, rules, every)
    assert best is not None
    assert (best.cell, best.level_dbm, best.loss_db) == (2, -107.0, 140.0)
    assert best.short_db == pytest.approx(2.0 + 8.0 * 1.2815515655)
    without = best_candidate(1, levels, cells, rules, np.array([True, True, False, True]))
    assert without is not None
    assert without.cell == 1  # 3 dB short of its threshold, the 2G cell 5 dB
    assert best_candidate(2, levels, cells, rules, every) is None
