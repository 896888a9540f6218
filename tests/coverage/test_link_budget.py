"""Reference signals, noise, building entry and P(covered) against known numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from phusong.coverage import link_budget as lb


@pytest.mark.parametrize(
    ("technology", "bandwidth", "frequency", "offset"),
    [
        ("2G", 0.2, 900, 0.0),
        ("3G", 5, 2100, 10.0),  # 43 dBm carrier, 33 dBm pilot
        ("4G", 10, 1800, 27.78),
        ("4G", 20, 1800, 30.79),
        ("4G", 1.4, 900, 18.57),
        ("5G", 100, 3500, 35.15),  # 273 blocks at 30 kHz
        ("5G", 20, 700, 31.04),  # 106 blocks at 15 kHz
        ("5G", 20, 2600, 27.87),  # 51 blocks at 30 kHz
    ],
)
def test_reference_signal_below_the_carrier(
    technology: str, bandwidth: float, frequency: float, offset: float
) -> None:
    assert lb.reference_offset_db(technology, bandwidth, frequency) == pytest.approx(offset, abs=0.005)


def test_rsrp_facts_of_the_design_page() -> None:
    assert round(lb.reference_offset_db("4G", 10, 1800), 1) == 27.8
    assert round(lb.reference_offset_db("4G", 20, 1800), 1) == 30.8
    assert round(lb.reference_offset_db("5G", 100, 3500), 1) == 35.2


@pytest.mark.parametrize(("technology", "bandwidth"), [("4G", 12.0), ("4G", 40.0), ("5G", 7.0)])
def test_a_bandwidth_that_does_not_exist_is_refused_with_those_that_do(
    technology: str, bandwidth: float
) -> None:
    with pytest.raises(ValueError, match=rf"a {technology} bandwidth \(MHz\) of .*10, 15, 20"):
        lb.reference_offset_db(technology, bandwidth, 3500)


def test_an_unknown_technology_is_refused() -> None:
    with pytest.raises(ValueError, match="2G, 3G, 4G, 5G"):
        lb.reference_offset_db("6G", 10, 3500)


def test_carriers_fit_in_their_bandwidth() -> None:
    """A resource block is 12 subcarriers: no table entry may be wider than the channel."""
    for spacing, table in lb.NR_RESOURCE_BLOCKS.items():
        for bandwidth, blocks in table.items():
            share = blocks * 12 * spacing / 1000 / bandwidth
            assert 0.75 < share < 1, (spacing, bandwidth)
    for bandwidth, blocks in lb.LTE_RESOURCE_BLOCKS.items():
        assert 0.75 < blocks * 0.18 / bandwidth < 1


def test_noise_in_the_bandwidth_of_the_reference_signal() -> None:
    assert lb.noise_dbm("4G", 1800, 10) == pytest.approx(-174 + 41.76 + 7, abs=0.01)
    assert lb.noise_dbm("2G", 900, 0.2) == pytest.approx(-113.99, abs=0.01)
    assert lb.noise_dbm("3G", 2100, 5) == pytest.approx(-101.16, abs=0.01)
    assert lb.noise_dbm("5G", 3500, 100) - lb.noise_dbm("5G", 700, 20) == pytest.approx(3.01, abs=0.01)


def test_one_sigma_is_84_percent_and_the_cell_edge_margins_are_the_known_ones() -> None:
    margin = np.array([0.0, 1.0, 1.2816, 1.6449, np.nan]) * 8
    p = lb.probability_covered(-105 + margin, -105.0, 8.0)
    np.testing.assert_allclose(p, [0.5, 0.8413, 0.9, 0.95, 0.0], atol=1e-4)
    assert p.dtype == np.float32


def test_building_entry_medians_of_the_design_page() -> None:
    assert lb.building_entry_median_db(900) == pytest.approx(12.5, abs=0.05)
    assert lb.building_entry_median_db(3500) == pytest.approx(15.0, abs=0.06)
    assert lb.building_entry_median_db(1000, "thermally-efficient") == pytest.approx(28.19)


def test_building_entry_distribution_at_1_ghz_worked_out_by_hand() -> None:
    """At 1 GHz log f = 0: μ1 = 12.64, σ1 = 9.6, μ2 = 9.1, σ2 = 4.5 (traditional); C = -3."""
    for z in (-1.0, 0.0, 1.2816):
        expected = 10 * math.log10(10 ** (1.264 + 0.96 * z) + 10 ** (0.91 + 0.45 * z) + 10**-0.3)
        assert lb.building_entry_loss_db(1000, z) == pytest.approx(expected)
    steep = lb.building_entry_loss_db(1000, 0.0, elevation_deg=-30)
    assert steep == pytest.approx(10 * math.log10(10 ** (1.264 + 0.636) + 10**0.91 + 10**-0.3))


@pytest.mark.parametrize("level", [-110.0, -95.0, -80.0, -60.0])
def test_indoor_probability_is_the_mean_over_the_entry_loss(level: float) -> None:
    quantile = (np.arange(200_000) + 0.5) / 200_000
    loss = lb.building_entry_loss_db(1800, norm.ppf(quantile))
    expected = norm.cdf((level - loss + 105) / 8).mean()
    assert lb.probability_covered_indoors(level, -105, 8, 1800) == pytest.approx(expected, abs=2e-3)


def test_indoors_is_never_better_than_outdoors_and_unheard_is_zero() -> None:
    level = np.array([np.nan, -120, -105, -90, -60], dtype=np.float32)
    indoors = lb.probability_covered_indoors(level, -105, 8, 900)
    assert indoors[0] == 0
    assert np.all(indoors[1:] < lb.probability_covered(level, -105, 8)[1:])


@given(
    boresight=st.floats(-40, 80),
    frequency=st.floats(30, 6000),
    floor=st.floats(-150, -60),
    time_percent=st.floats(1, 50),
)
def test_free_space_beyond_the_useful_range_is_below_the_floor(
    boresight: float, frequency: float, floor: float, time_percent: float
) -> None:
    range_m = lb.useful_range_m(boresight, frequency, floor, 20_000, time_percent)
    assert 0 <= range_m <= 20_000
    if range_m < 20_000:
        beyond_km = range_m * 1.001 / 1000
        enhancement = 2.6 * math.log10(50 / time_percent)
        loss = 92.4 + 20 * math.log10(frequency / 1000) + 20 * math.log10(beyond_km) - enhancement
        assert boresight - loss < floor
