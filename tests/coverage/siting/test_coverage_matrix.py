"""Who covers whom, against levels put together by hand from single paths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.stats import norm

from phusong.coverage.antenna import built_in_pattern, gain_dbi
from phusong.coverage.cells import PointTable, TechnologyRule
from phusong.coverage.link_budget import reference_offset_db
from phusong.coverage.propagation.sweep import loss_at_points
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.siting.candidates import Candidate
from phusong.coverage.siting.coverage_matrix import station_levels
from phusong.coverage.siting.options import SitingOptions
from phusong.coverage.station_radio import RADIO_PRESETS

RULES = {t: TechnologyRule(t, level, 8.0, 0.9) for t, level in (("4G", -105.0), ("5G", -110.0))}
OPTIONS = SitingOptions(operator="A", technologies=("4G", "5G"), budget=1.0, coverage_range_m=9000.0)
STEP, SIZE = 100.0, 120


def site(name, x_m, y_m, technologies, azimuths_deg) -> Candidate:
    return Candidate(
        candidate_id=name, kind="new_tower", host="ground", host_id=name, owner="A", x_m=x_m, y_m=y_m,
        host_height_m=42.0, antenna_height_m=41.0, technologies=technologies, azimuths_deg=azimuths_deg,
        power_limit_dbm=np.inf, power="grid", connected=False, access_km=0.0,
    )  # fmt: skip


SITES = [
    site("both", 3050.0, 6050.0, ("4G", "5G"), (0.0, 120.0, 240.0)),
    site("old", 9050.0, 6050.0, ("4G",), (270.0,)),
    site("omni", 6050.0, 2050.0, ("4G", "5G"), ()),
]


def coverage(terrain, sites, points, lacking, cache=None, **question):
    levels = station_levels(
        terrain, sites, points, lacking, RADIO_PRESETS, RULES, PropagationSettings(), OPTIONS, cache=cache
    )
    return levels.cover(lacking, RULES, **question)


@pytest.fixture(scope="module")
def terrain() -> TerrainModel:
    i, j = np.mgrid[0:SIZE, 0:SIZE]
    height = (90.0 * (np.sin(i / 7.0) + np.cos(j / 5.0)) + 200.0).astype(np.float32)
    return TerrainModel(height, np.full(height.shape, 4, np.uint8), None, 0.0, SIZE * STEP, STEP, 21.0, 20.9)


@pytest.fixture(scope="module")
def points() -> PointTable:
    x, y = np.random.default_rng(8).uniform(100.0, 11_900.0, (2, 150))
    ids = np.array([f"p{i}" for i in range(150)])
    return PointTable(ids, np.arange(150), np.array(["centre"] * 150), np.ones(150), x, y)


def margin_db(terrain, points, candidate, technology):
    """Level of the best sector above T + 1.2816 σ."""
    radio = RADIO_PRESETS[technology]
    if technology not in candidate.technologies:
        return np.full(len(points), -np.inf)
    loss = loss_at_points(
        terrain, candidate.x_m, candidate.y_m, 41.0, [radio.frequency_mhz], points.x_m, points.y_m,
        PropagationSettings(),
    )[0]  # fmt: skip
    east, north = points.x_m - candidate.x_m, points.y_m - candidate.y_m
    x, y = np.append(points.x_m, candidate.x_m), np.append(points.y_m, candidate.y_m)
    pixel = [(SIZE * STEP - y) / STEP - 0.5, x / STEP - 0.5]
    ground = map_coordinates(terrain.height_m.astype(float), pixel, order=1, mode="nearest")
    distance = np.hypot(east, north)
    rise = ground[:-1] + 1.5 - ground[-1] - 41.0 - distance**2 / (2 * 6_371_000.0 * 4 / 3)
    pattern = built_in_pattern(radio.antenna if candidate.azimuths_deg else "omni")
    bearing, elevation = np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(rise, distance))
    gains = [gain_dbi(pattern, bearing - a, elevation, 0.0, 2.0) for a in candidate.azimuths_deg or (0.0,)]
    offset = reference_offset_db(technology, radio.bandwidth_mhz, radio.frequency_mhz)
    level = radio.tx_power_dbm - radio.feeder_loss_db - offset + np.max(gains, axis=0) - loss
    rule = RULES[technology]
    margin = level - rule.threshold_dbm - rule.sigma_db * norm.ppf(rule.probability)
    return np.where(distance <= OPTIONS.coverage_range_m, margin, -np.inf)


def test_a_point_is_covered_where_all_it_lacks_arrives(terrain, points):
    rng = np.random.default_rng(9)
    lacking = {"4G": rng.random(150) < 0.6, "5G": rng.random(150) < 0.5}
    found = coverage(terrain, SITES, points, lacking).toarray()
    anything = lacking["4G"] | lacking["5G"]
    for c, candidate in enumerate(SITES):
        expected, clear = anything.copy(), np.ones(150, bool)
        for technology, mask in lacking.items():
            margin = margin_db(terrain, points, candidate, technology)
            expected &= ~mask | (margin >= 0)
            clear &= np.abs(margin) > 0.01
        assert np.array_equal(found[clear, c] > 0, expected[clear])
        assert 0 < found[:, c].sum() < anything.sum()


def test_no_candidates_no_points(terrain, points):
    nobody = {"4G": np.zeros(150, bool), "5G": np.zeros(150, bool)}
    assert coverage(terrain, SITES, points, nobody).nnz == 0
    assert coverage(terrain, [], points, nobody).shape == (150, 0)


class Kept:
    """A cache in memory that remembers what was asked of it."""

    def __init__(self):
        self.rows, self.contexts, self.saved = {}, [], []

    def load(self, context):
        self.contexts.append(context)
        return dict(self.rows)

    def save(self, context, rows):
        self.saved.append(sorted(set(rows) - set(self.rows)))
        self.rows = dict(rows)


def test_only_new_candidates_are_computed_and_the_answer_is_the_same_to_the_byte(terrain, points):
    lacking = {"4G": np.ones(150, bool), "5G": np.ones(150, bool)}
    arguments = (points, lacking, RADIO_PRESETS, RULES, PropagationSettings(), OPTIONS)
    cache = Kept()
    first = station_levels(terrain, SITES[:2], *arguments, cache=cache)
    grown = station_levels(terrain, SITES, *arguments, cache=cache)
    again = station_levels(terrain, SITES, *arguments, cache=cache)
    fresh = station_levels(terrain, SITES, *arguments)
    assert (first.computed, grown.computed, again.computed) == (7, 2, 0)
    assert [len(new) for new in cache.saved] == [7, 2]
    for name in ("cell", "point", "level_dbm"):
        for found in (grown, again):
            assert getattr(found, name).tobytes() == getattr(fresh, name).tobytes()


def test_configurations_that_share_a_sector_compute_it_once(terrain, points):
    lacking = {"4G": np.ones(150, bool), "5G": np.ones(150, bool)}
    one = replace(SITES[0], candidate_id="one", technologies=("4G",), azimuths_deg=(120.0,))
    found = station_levels(
        terrain, [SITES[0], one], points, lacking, RADIO_PRESETS, RULES, PropagationSettings(), OPTIONS
    )
    assert len(found.stations.cells) == 6
    assert found.stations.uses.toarray()[:, 1].sum() == 1


def test_other_levels_and_probabilities_are_selections(terrain, points):
    lacking = {"4G": np.ones(150, bool), "5G": np.zeros(150, bool)}
    plain = coverage(terrain, SITES, points, lacking).toarray()
    weaker = coverage(terrain, SITES, points, lacking, shift_db=-6.0).toarray()
    stronger = coverage(terrain, SITES, points, lacking, shift_db=6.0).toarray()
    assert weaker.sum() < plain.sum() < stronger.sum()
    assert (weaker <= plain).all() and (plain <= stronger).all()
    # at 50 % the level needed is the threshold itself, 1.2816 σ lower than at 90 %
    half = coverage(terrain, SITES, points, lacking, probability=0.5).toarray()
    shifted = coverage(terrain, SITES, points, lacking, shift_db=8.0 * norm.ppf(0.9)).toarray()
    assert np.array_equal(half, shifted)
