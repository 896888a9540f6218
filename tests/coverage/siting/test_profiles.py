"""Lines over the terrain: heights, curvature, Fresnel zone, against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from phusong.coverage.propagation.terrain import TerrainModel
from phusong.coverage.siting.profiles import ground_m, link_clearances


def terrain(height_m, clutter_m=None, resolution_m=100.0):
    height = np.asarray(height_m, np.float32)
    return TerrainModel(
        height_m=height,
        zone=np.full(height.shape, 4, np.uint8),
        clutter_m=clutter_m,
        x_left_m=1000.0,
        y_top_m=9000.0,
        resolution_m=resolution_m,
        latitude_top_deg=21.0,
        latitude_bottom_deg=20.9,
    )


def test_ground_is_linear_on_a_plane():
    rows, columns = np.mgrid[0:30, 0:40]
    plane = terrain(3.0 * columns - 2.0 * rows)
    x, y = np.array([1517.0, 2390.0]), np.array([8123.0, 7001.0])
    expected = 3.0 * ((x - 1050.0) / 100.0) - 2.0 * ((8950.0 - y) / 100.0)
    assert ground_m(plane, x, y) == pytest.approx(expected, abs=1e-3)


def test_clearance_over_flat_ground_is_height_less_bulge_and_zone():
    flat = terrain(np.zeros((5, 402)))
    x, y = np.array([1050.0 + 40_000.0]), np.array([8750.0])
    room = link_clearances(
        flat, 1050.0, 8750.0, 60.0, x, y, 60.0, frequency_ghz=7.5, fresnel_share=0.6
    ).room_m
    bulge = 20_000.0**2 / (2 * 6_371_000.0 * 4 / 3)
    radius = math.sqrt(0.299792458 / 7.5 * 20_000.0**2 / 40_000.0)
    assert room[0] == pytest.approx(60.0 - bulge - 0.6 * radius, abs=1e-6)


def test_a_hill_takes_its_height_away():
    height = np.zeros((5, 101))
    height[:, 50] = 80.0
    ridge = terrain(height)
    x, y = np.array([1050.0 + 10_000.0]), np.array([8750.0])
    room = link_clearances(ridge, 1050.0, 8750.0, 50.0, x, y, 50.0).room_m
    assert room[0] == pytest.approx(50.0 - 80.0 - 5000.0**2 / (2 * 6_371_000.0 * 4 / 3), abs=1e-3)


def test_clutter_stands_on_the_terrain():
    height = np.zeros((5, 101))
    wood = terrain(height, np.full(height.shape, 15.0, np.float32))
    bare = terrain(height)
    line = (1050.0, 8750.0, 40.0, 3050.0, 8750.0, 40.0)
    with_wood, without = (link_clearances(ground, *line).room_m[0] for ground in (wood, bare))
    assert without - with_wood == pytest.approx(15.0)


def test_many_links_at_once_are_those_one_by_one_and_tell_the_tightest_point():
    height = np.zeros((5, 101))
    height[:, 70] = 80.0
    ridge = terrain(height)
    to_x = np.array([1050.0 + 3000.0, 1050.0 + 10_000.0])
    together = link_clearances(
        ridge, 1050.0, 8750.0, [50.0, 60.0], to_x, 8750.0, 50.0, frequency_ghz=[23.0, 7.5], fresnel_share=0.6
    )
    for i in range(2):
        alone = link_clearances(
            ridge, 1050.0, 8750.0, [50.0, 60.0][i], to_x[i], 8750.0, 50.0,
            frequency_ghz=[23.0, 7.5][i], fresnel_share=0.6,
        )  # fmt: skip
        assert alone.room_m[0] == together.room_m[i]
    assert together.room_m[0] > 0 > together.room_m[1]
    assert together.fraction[1] == pytest.approx(0.7)


def test_a_link_works_the_same_both_ways():
    rng = np.random.default_rng(7)
    rough = terrain(rng.uniform(0, 200, (60, 60)))
    a, b = (1800.0, 8300.0, 30.0), (5200.0, 4100.0, 45.0)
    there = link_clearances(rough, *a, *b, frequency_ghz=7.5, fresnel_share=0.6)
    back = link_clearances(rough, *b, *a, frequency_ghz=7.5, fresnel_share=0.6)
    assert there.room_m[0] == pytest.approx(back.room_m[0])


def test_a_void_blocks_no_more_than_the_highest_known_ground():
    height = np.zeros((5, 101))
    height[:, 30], height[:, 60] = 20.0, np.nan
    holed = terrain(height)
    x, y = np.array([1050.0 + 10_000.0]), np.array([8750.0])
    room = link_clearances(holed, 1050.0, 8750.0, 50.0, x, y, 50.0).room_m
    assert 28.0 < room[0] < 30.0
