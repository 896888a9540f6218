"""Colours stay apart for every kind of vision."""

import math

import numpy as np
import pytest

from phusong.gis_data.result_schema import VERDICTS
from phusong.maps import palette

# Sharma, Wu and Dalal (2005), table 1: pairs that exercise every branch of the formula.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "expected"), SHARMA)
def test_ciede2000_equals_the_published_pairs(first, second, expected):
    assert palette.ciede2000(np.array(first), np.array(second)) == pytest.approx(expected, abs=5e-5)
    assert palette.ciede2000(np.array(second), np.array(first)) == pytest.approx(expected, abs=5e-5)


def test_lab_of_white_and_black():
    np.testing.assert_allclose(palette.lab(palette.simulate("#ffffff", "normal")), (100, 0, 0), atol=0.02)
    np.testing.assert_allclose(palette.lab(palette.simulate("#000000", "normal")), (0, 0, 0), atol=1e-9)


@pytest.mark.parametrize("vision", palette.VISIONS)
@pytest.mark.parametrize("colours", [palette.LEVEL_COLOURS, palette.PROBABILITY_COLOURS])
def test_coverage_classes_differ_by_at_least_19_in_every_vision(colours, vision):
    assert palette.minimum_distance(colours, vision) >= 19


def test_traffic_lights_would_fail_the_same_test():
    assert palette.minimum_distance(("#d7191c", "#fdae61", "#1a9641"), "deuteranopia") < 19


@pytest.mark.parametrize("vision", palette.VISIONS)
def test_verdicts_and_operators_differ_in_every_vision(vision):
    assert palette.minimum_distance(tuple(c for c, _ in palette.VERDICT_STYLE.values()), vision) >= 9
    assert palette.minimum_distance(palette.OPERATOR_COLOURS[:4], vision) >= 12


@pytest.mark.parametrize("vision", palette.VISIONS)
def test_states_of_plans_differ_in_every_vision_and_the_worst_have_marks_of_their_own(vision):
    assert palette.minimum_distance(tuple(c for c, _ in palette.PLAN_STATE_STYLE.values()), vision) >= 19
    signs = [sign for _, sign in palette.PLAN_STATE_STYLE.values()]
    assert len(set(signs[:4])) == 4
    assert signs[4] == signs[5]  # "there" is the same news, claimed or not: the colours tell them apart


def test_every_verdict_has_a_sign_of_its_own():
    assert tuple(palette.VERDICT_STYLE) == VERDICTS
    shapes = [shape for _, shape in palette.VERDICT_STYLE.values()]
    assert len(set(shapes)) == len(shapes)


def test_grey_vision_keeps_grey():
    for vision in palette.VISIONS:
        seen = palette.simulate("#808080", vision)
        assert math.isclose(seen.max(), seen.min(), abs_tol=2e-5)


def test_operators_get_colours_in_their_order_and_grey_after_the_seventh():
    names = tuple(f"operator {k}" for k in range(9))
    colours = palette.operator_colours(names)
    assert tuple(colours) == names
    assert list(colours.values())[:7] == list(palette.OPERATOR_COLOURS)
    assert colours["operator 7"] == colours["operator 8"] == "#7f7f7f"
