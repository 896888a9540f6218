"""Level classes: one raster for both views, and never a pixel called covered that is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.cells import TechnologyRule
from phusong.coverage.link_budget import probability_covered
from phusong.maps.classes import (
    class_edges_dbm,
    classify,
    level_edges,
    probability_edges,
    required_level_dbm,
    view_classes,
)


def rule(probability: float = 0.9, sigma_db: float = 8.0) -> TechnologyRule:
    return TechnologyRule("4G", -105.0, sigma_db, probability)


@pytest.mark.parametrize(("probability", "sigma_db"), [(0.9, 8.27), (0.95, 6.0), (0.75, 10.0)])
def test_nothing_weaker_than_the_rule_is_called_covered(probability, sigma_db):
    required = required_level_dbm(rule(probability, sigma_db))
    assert probability_covered(np.array([required]), -105.0, sigma_db)[0] >= probability
    assert probability_covered(np.array([required - 0.1]), -105.0, sigma_db)[0] < probability
    assert level_edges(rule(probability, sigma_db)) == (-115.0, -105.0, required, required + 10.0)


def test_edges_rise_with_a_rule_of_an_even_chance_or_less():
    assert level_edges(rule(0.5)) == (-115.0, -105.0, -105.0, -95.0)
    assert list(level_edges(rule(0.3))) == sorted(level_edges(rule(0.3)))


def test_edges_of_probability_hold_the_rule():
    assert probability_edges(rule(0.95)) == (0.5, 0.75, 0.9, 0.95)
    assert probability_edges(rule(0.7)) == (0.5, 0.7, 0.9, 0.99)


@given(
    probability=st.floats(0.05, 0.995),
    sigma_db=st.one_of(st.just(0.0), st.floats(1.0, 15.0)),
    level=st.floats(-150.0, -40.0, width=32),
)
def test_class_of_a_pixel_tells_both_views_what_the_level_itself_would(probability, sigma_db, level):
    one = rule(probability, sigma_db)
    values = np.array([level, np.nan], dtype=np.float32)
    classes = classify(values, class_edges_dbm(one))
    shown = view_classes(one)
    assert [shown["level"][k] for k in classes] == classify(values, level_edges(one)).tolist()
    assert shown["p"][classes[1]] == 0
    if sigma_db:
        p = float(probability_covered(values[:1], -105.0, sigma_db)[0])
        edges = probability_edges(one)
        view = shown["p"][classes[0]]
        # within the rounding of the rule's level to 0.1 dB the lower class may be shown, never the higher
        slack = 0.1 / sigma_db * 0.4 + 1e-6
        assert view == 0 or p >= edges[view - 1] - 1e-6
        assert view == len(edges) or p < edges[view] + slack


def test_classes_count_from_the_edge_on_and_void_is_nothing():
    values = np.array([np.nan, -116.0, -115.0, -94.7, 0.0])
    assert classify(values, (-115.0, -105.0, -94.7)).tolist() == [0, 0, 1, 3, 3]
