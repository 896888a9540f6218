"""Classes of points by the sites in reach, against the plain matrix of distances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.siting.covering.discs import discs_cover


def expected_classes(px, py, weight, sx, sy, radius):
    reach = (px[:, None] - sx[None, :]) ** 2 + (py[:, None] - sy[None, :]) ** 2 <= np.square(radius)
    classes: dict[bytes, float] = {}
    for row, w in zip(reach, weight, strict=True):
        if row.any():
            classes[row.tobytes()] = classes.get(row.tobytes(), 0.0) + w
    return classes, reach


def found_classes(classes):
    rows = classes.cover.toarray().astype(bool)
    return {row.tobytes(): w for row, w in zip(rows, classes.weight, strict=True)}


@given(st.integers(1, 130), st.integers(1, 60), st.integers(0, 10**6), st.booleans())
def test_classes_are_those_of_the_distance_matrix(sites, points, seed, coarse):
    rng = np.random.default_rng(seed)
    draw = (lambda n: rng.integers(0, 6, n).astype(float)) if coarse else (lambda n: rng.uniform(-3, 9, n))
    px, py, sx, sy = draw(points), draw(points), draw(sites), draw(sites)
    weight = rng.integers(0, 9, points).astype(float)
    radius = rng.integers(0, 4, sites).astype(float)
    classes = discs_cover(px, py, weight, sx, sy, radius, keep_classes=True)
    expected, reach = expected_classes(px, py, weight, sx, sy, radius)
    assert found_classes(classes) == expected
    assert np.array_equal(classes.class_of >= 0, reach.any(axis=1))
    inside = classes.class_of >= 0
    assert np.array_equal(classes.cover.toarray()[classes.class_of[inside]].astype(bool), reach[inside])
    assert (classes.points, classes.total_weight) == (points, weight.sum())


def test_many_points_and_a_table_that_grows():
    rng = np.random.default_rng(5)
    px, py, weight = rng.uniform(0, 30, 30_000), rng.uniform(0, 30, 30_000), np.ones(30_000)
    sx, sy = rng.uniform(0, 30, 200), rng.uniform(0, 30, 200)
    classes = discs_cover(px, py, weight, sx, sy, 4.0)
    expected, _ = expected_classes(px, py, weight, sx, sy, 4.0)
    assert len(expected) > 2048  # places for the first table
    assert found_classes(classes) == expected
    assert classes.class_of is None


def test_no_points_and_no_sites():
    none = np.zeros(0)
    assert discs_cover(none, none, none, np.ones(2), np.ones(2), 1.0).cover.shape == (0, 2)
    one = np.ones(1)
    assert discs_cover(one, one, one, none, none, 1.0).cover.shape == (0, 0)


def test_every_fault_is_told_at_once():
    with pytest.raises(ValueError) as caught:
        discs_cover(
            np.array([0.0, math.nan]), np.zeros(3), np.array([1.0, -1.0]), np.zeros(1), np.zeros(1), -2.0
        )
    assert str(caught.value).splitlines() == [
        "point_y has shape (3,), expected (2,) like point_x",
        "point_x[1] is nan, expected a number",
        "weight[1] is -1, expected a number >= 0",
        "radius[0] is -2, expected a number >= 0",
    ]
