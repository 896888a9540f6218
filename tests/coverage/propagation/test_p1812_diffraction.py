"""Diffraction against Fresnel integrals, hand computation and its own limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import fresnel
from scipy.stats import norm

from phusong.coverage.propagation.p1812_diffraction import (
    bullington_db,
    delta_bullington,
    first_term_db,
    inverse_normal,
    knife_edge_db,
    spherical_earth_db,
)
from phusong.coverage.propagation.p1812_geometry import INLAND, Profile

FLAT_KM = 1e12
"""An earth without curvature."""
AE_KM = 8500.0
LAMBDA_M = 0.2998


def edge(height_m: float, at_km: float, length_km: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([0.0, at_km, length_km]), np.array([0.0, height_m, 0.0])


# ---------------------------------------------------------------------------------------------------------
# Knife edge


def test_knife_edge_at_grazing_loses_six_db() -> None:
    assert knife_edge_db(0.0) == pytest.approx(6.9 + 20.0 * math.log10(math.sqrt(1.01) - 0.1))
    assert knife_edge_db(0.0) == pytest.approx(6.03, abs=5e-3)


@given(st.floats(-0.779, 40.0))
def test_knife_edge_approximates_the_fresnel_integral(nu: float) -> None:
    sine, cosine = fresnel(nu)
    exact = -20.0 * math.log10(math.hypot(1.0 - cosine - sine, cosine - sine) / 2.0)
    assert knife_edge_db(nu) == pytest.approx(exact, abs=0.13)


@given(st.floats(-20.0, 100.0), st.floats(0.0, 10.0))
def test_knife_edge_never_gains_and_grows_with_nu(nu: float, more: float) -> None:
    assert knife_edge_db(nu + more) >= knife_edge_db(nu) >= 0.0


def test_knife_edge_well_below_the_ray_costs_nothing() -> None:
    assert knife_edge_db(-0.78) == 0.0


# ---------------------------------------------------------------------------------------------------------
# Inverse normal


@given(st.floats(1e-6, 1.0 - 1e-6))
def test_inverse_normal_is_within_its_published_error(x: float) -> None:
    assert inverse_normal(x) == pytest.approx(norm.isf(x), abs=4.54e-4)


@given(st.floats(0.0, 1.0))
def test_inverse_normal_is_odd_about_one_half(x: float) -> None:
    assert inverse_normal(1.0 - x) == pytest.approx(-inverse_normal(x), abs=1e-8)


def test_inverse_normal_ends_at_one_in_a_million() -> None:
    assert inverse_normal(0.0) == inverse_normal(1e-6)


# ---------------------------------------------------------------------------------------------------------
# Bullington


def test_single_edge_equals_the_hand_computation() -> None:
    # 50 m above the ray midway over 10 km at 1 GHz: ν = 50·sqrt(2/λ·(1/5000 + 1/5000)) = 2.58285,
    # J(ν) = 21.1515 dB, loss = J + (1 − e^(−J/6))·(10 + 0.02·10).
    loss = bullington_db(*edge(80.0, 5.0, 10.0), 30.0, 30.0, FLAT_KM, LAMBDA_M)
    nu = 50.0 * math.sqrt(2.0 / LAMBDA_M * (1.0 / 5000.0 + 1.0 / 5000.0))
    assert nu == pytest.approx(2.58285, abs=1e-5)
    assert knife_edge_db(nu) == pytest.approx(21.1515, abs=1e-3)
    assert loss == pytest.approx(knife_edge_db(nu) + (1.0 - math.exp(-knife_edge_db(nu) / 6.0)) * 10.2)


@given(st.floats(-100.0, 400.0), st.floats(0.1, 9.9))
def test_single_edge_anywhere_above_or_below_the_ray(height_m: float, at_km: float) -> None:
    ray_m = 30.0 + (90.0 - 30.0) * at_km / 10.0
    near_m, far_m = 1000.0 * at_km, 10000.0 - 1000.0 * at_km
    nu = (height_m - ray_m) * math.sqrt(2.0 / LAMBDA_M * (1.0 / near_m + 1.0 / far_m))
    expected = knife_edge_db(nu) + (1.0 - math.exp(-knife_edge_db(nu) / 6.0)) * 10.2
    assert bullington_db(*edge(height_m, at_km, 10.0), 30.0, 90.0, FLAT_KM, LAMBDA_M) == pytest.approx(
        expected, abs=1e-6
    )


def test_two_edges_are_replaced_by_the_crossing_of_their_tangents() -> None:
    # Edges of 60 m at 2 and 8 of 10 km, antennas at 10 m: the tangents cross at 5 km and 135 m.
    distance, surface = np.array([0.0, 2.0, 8.0, 10.0]), np.array([0.0, 60.0, 60.0, 0.0])
    both = bullington_db(distance, surface, 10.0, 10.0, FLAT_KM, LAMBDA_M)
    assert both == pytest.approx(bullington_db(*edge(135.0, 5.0, 10.0), 10.0, 10.0, FLAT_KM, LAMBDA_M))


@pytest.mark.parametrize("offset_m", [-1e-12, 0.0, 1e-12])
def test_a_point_on_the_ray_costs_as_much_as_grazing(offset_m: float) -> None:
    distance, surface = np.array([0.0, 1.0, 9.0, 10.0]), np.array([0.0, 20.0, 20.0 + offset_m, 0.0])
    grazing = knife_edge_db(0.0) + (1.0 - math.exp(-knife_edge_db(0.0) / 6.0)) * 10.2
    assert bullington_db(distance, surface, 20.0, 20.0, 1e30, LAMBDA_M) == pytest.approx(grazing, abs=1e-6)


@given(st.lists(st.floats(0.0, 300.0), min_size=3, max_size=20), st.floats(0.0, 50.0))
def test_raising_the_ground_never_helps(heights: list[float], more: float) -> None:
    distance = np.arange(len(heights)) * 0.5
    ground = np.array(heights)
    low = bullington_db(distance, ground, 40.0, 40.0, AE_KM, LAMBDA_M)
    high = bullington_db(distance, ground + more, 40.0, 40.0, AE_KM, LAMBDA_M)
    assert high >= low - 1e-9


# ---------------------------------------------------------------------------------------------------------
# Spherical earth


def marginal_km(hte_m: float, hre_m: float) -> float:
    return math.sqrt(2.0 * AE_KM) * (math.sqrt(0.001 * hte_m) + math.sqrt(0.001 * hre_m))


@given(st.floats(1.0, 300.0), st.floats(1.0, 300.0), st.floats(0.1, 6.0), st.floats(0.0, 1.0), st.booleans())
def test_spherical_earth_is_continuous_where_sight_ends(
    hte: float, hre: float, frequency: float, omega: float, vertical: bool
) -> None:
    distance = marginal_km(hte, hre)
    inside, outside = (
        spherical_earth_db(distance * factor, hte, hre, AE_KM, frequency, omega, vertical)
        for factor in (1.0 - 1e-9, 1.0 + 1e-9)
    )
    assert inside == pytest.approx(max(outside, 0.0), abs=1e-3)


def test_spherical_earth_costs_nothing_with_the_clearance_required() -> None:
    assert spherical_earth_db(5.0, 100.0, 100.0, AE_KM, 2.0, 0.0, True) == 0.0


@given(st.floats(1.0, 300.0), st.floats(1.0, 300.0), st.floats(1.0, 200.0), st.booleans())
def test_spherical_earth_is_the_same_both_ways(hte: float, hre: float, length: float, vertical: bool) -> None:
    there = spherical_earth_db(length, hte, hre, AE_KM, 0.9, 0.3, vertical)
    back = spherical_earth_db(length, hre, hte, AE_KM, 0.9, 0.3, vertical)
    assert there == pytest.approx(back, abs=1e-7)
    assert there >= 0.0 or length > marginal_km(hte, hre)


def test_first_term_mixes_land_and_sea_by_their_shares() -> None:
    land, sea, half = (first_term_db(80.0, 20.0, 5.0, AE_KM, 0.1, omega, True) for omega in (0.0, 1.0, 0.5))
    assert half == pytest.approx((land + sea) / 2.0)
    assert sea < land  # vertical polarisation at VHF: salt water carries the ground wave


def test_first_term_grows_by_the_attenuation_rate_beyond_the_horizon() -> None:
    # 17.6 dB per unit of X less 10·log10: the derivative of F, at two distances far out (β = 1 but for 1e-3).
    near, far = (first_term_db(length, 10.0, 10.0, AE_KM, 1.0, 0.0, False) for length in (300.0, 400.0))
    unit_km = (AE_KM**2) ** (1.0 / 3.0) / 21.88
    expected = 17.6 * 100.0 / unit_km - 10.0 * math.log10(400.0 / 300.0)
    assert far - near == pytest.approx(expected, rel=5e-3)


# ---------------------------------------------------------------------------------------------------------
# Delta-Bullington


def test_smooth_profile_gives_the_spherical_earth_loss() -> None:
    # On a bald earth L_bulla = L_bulls, so the method reduces to L_dsph where that is the larger.
    distance = np.linspace(0.0, 60.0, 601)
    profile = Profile(distance, np.zeros(601), np.zeros(601), np.full(601, INLAND))
    loss = delta_bullington(profile, 20.0, 10.0, 0.0, 0.0, AE_KM, 0.9, 0.0, True)
    assert loss.lbulla_db == loss.lbulls_db
    assert loss.ldsph_db > loss.lbulls_db
    assert loss.loss_db == pytest.approx(loss.ldsph_db)


@given(st.floats(1.0, 250.0), st.floats(0.0, 50.0), st.sampled_from([5.0, 20.0, 50.0]))
def test_a_higher_receiver_over_flat_land_never_loses_more(
    height_m: float, more: float, length_km: float
) -> None:
    distance = np.linspace(0.0, length_km, 101)
    profile = Profile(distance, np.zeros(101), np.zeros(101), np.full(101, INLAND))
    low, high = (
        delta_bullington(profile, 30.0, hrs, 0.0, 0.0, AE_KM, 0.9, 0.0, True).loss_db
        for hrs in (height_m, height_m + more)
    )
    assert high <= low + 1e-9
