"""Geometry of a profile against slow, independent formulations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from phusong.coverage.propagation.p1812_geometry import (
    COASTAL,
    INLAND,
    SEA,
    Profile,
    beta0_percent,
    effective_earth_radius_km,
    horizons,
    longest_section_km,
    path_centre_latitude_deg,
    sea_fraction,
    smooth_earth,
    tau,
    terrain_roughness_m,
)

AE_KM = 8500.0


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Draw profiles whose points lie on whole multiples of 10 m."""
    steps = draw(st.lists(st.integers(1, 100), min_size=2, max_size=25))
    points = len(steps) + 1
    heights = draw(st.lists(st.floats(-50.0, 1500.0), min_size=points, max_size=points))
    zones = draw(st.lists(st.sampled_from([SEA, COASTAL, INLAND]), min_size=points, max_size=points))
    distance = np.concatenate(([0], np.cumsum(steps))) / 100.0
    return Profile(distance, np.array(heights), np.zeros(points), np.array(zones))


antenna_m = st.floats(1.0, 300.0)


def line(height_m: list[float], step_km: float = 1.0, zone: int = INLAND) -> Profile:
    count = len(height_m)
    return Profile(np.arange(count) * step_km, np.array(height_m), np.zeros(count), np.full(count, zone))


def zone_of_every_metre(profile: Profile) -> NDArray[np.int64]:
    """Zone of the nearest profile point for the middle of every metre of the path."""
    metres = np.arange(round(profile.length_km * 1000.0)) + 0.5
    distance_m = profile.distance_km * 1000.0
    nearest = np.argmin(np.abs(metres[:, None] - distance_m[None, :]), axis=1)
    return profile.zone[nearest]


def longest_run(flags: NDArray[np.bool_]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


# ---------------------------------------------------------------------------------------------------------
# Zones


@given(profiles())
def test_zones_agree_with_counting_metres(profile: Profile) -> None:
    zones = zone_of_every_metre(profile)
    assert sea_fraction(profile) == pytest.approx(np.mean(zones == SEA), abs=1e-9)
    assert longest_section_km(profile, (INLAND,)) == pytest.approx(longest_run(zones == INLAND) / 1000.0)
    assert longest_section_km(profile, (COASTAL, INLAND)) == pytest.approx(longest_run(zones != SEA) / 1000.0)


def test_no_section_of_a_zone_that_is_not_there() -> None:
    profile = line([0.0] * 4)
    assert sea_fraction(profile) == 0.0
    assert longest_section_km(profile, (SEA,)) == 0.0
    assert longest_section_km(profile, (INLAND,)) == 3.0


# ---------------------------------------------------------------------------------------------------------
# Path statistics


def test_beta0_of_a_short_path_is_the_value_over_sea() -> None:
    # With d_tm = d_lm = 0 both powers in μ1 make it 1: β0 = 10^(1.67 − 0.015·20) = 10^1.37.
    assert beta0_percent(20.0, 0.0, 0.0) == pytest.approx(23.44228815, rel=1e-9)
    assert beta0_percent(-20.0, 0.0, 0.0) == beta0_percent(20.0, 0.0, 0.0)
    assert beta0_percent(75.0, 0.0, 0.0) == pytest.approx(4.17)


@given(st.floats(0.0, 90.0), st.floats(0.0, 500.0), st.floats(0.0, 1.0))
def test_land_makes_ducts_rarer(latitude: float, dtm: float, inland: float) -> None:
    over_sea = beta0_percent(latitude, 0.0, 0.0)
    assert 0.0 < beta0_percent(latitude, dtm, inland * dtm) <= over_sea * (1.0 + 1e-12)


def test_the_two_branches_of_beta0_meet_near_70_degrees() -> None:
    assert beta0_percent(70.0, 50.0, 30.0) == pytest.approx(beta0_percent(70.0001, 50.0, 30.0), rel=1e-2)


def test_tau_grows_from_nothing_to_one() -> None:
    assert tau(0.0) == 0.0
    assert tau(10.0) == pytest.approx(1.0 - math.exp(-0.000412 * 10.0**2.41))
    assert tau(500.0) == pytest.approx(1.0)


def test_effective_earth_radius_at_the_usual_lapse_rate_is_four_thirds() -> None:
    assert effective_earth_radius_km(39.25) == pytest.approx(6371.0 * 4.0 / 3.0)


@given(st.floats(-60, 60), st.floats(-170, 170), st.floats(-5, 5), st.floats(-5, 5))
def test_path_centre_is_the_mean_of_the_two_unit_vectors(
    latitude: float, longitude: float, north: float, east: float
) -> None:
    ends = np.radians([[latitude, longitude], [latitude + north, longitude + east]])
    vectors = np.column_stack(
        (np.cos(ends[:, 0]) * np.cos(ends[:, 1]), np.cos(ends[:, 0]) * np.sin(ends[:, 1]), np.sin(ends[:, 0]))
    )
    chord = float(np.linalg.norm(vectors[1] - vectors[0]))
    assume(chord > 1e-6)
    middle = vectors.sum(axis=0) / np.linalg.norm(vectors.sum(axis=0))
    length_km = 2.0 * math.asin(chord / 2.0) * 6371.0
    ours = path_centre_latitude_deg(latitude, longitude, latitude + north, longitude + east, length_km)
    assert ours == pytest.approx(math.degrees(math.asin(middle[2])), abs=1e-7)


# ---------------------------------------------------------------------------------------------------------
# Smooth earth


@given(profiles())
def test_smooth_earth_is_the_least_squares_line_of_the_terrain(profile: Profile) -> None:
    # Two-point Gauss quadrature on every segment integrates the squared misfit (a quadratic) exactly.
    d, h = profile.distance_km, profile.height_m
    step = np.diff(d)
    nodes = np.array([0.5 - 0.5 / math.sqrt(3.0), 0.5 + 0.5 / math.sqrt(3.0)])
    x = (d[:-1, None] + step[:, None] * nodes).ravel()
    y = (h[:-1, None] + np.diff(h)[:, None] * nodes).ravel()
    slope, intercept = np.polyfit(x, y, 1, w=np.sqrt(np.repeat(step, 2)))
    fitted = smooth_earth(profile, 5000.0, 5000.0)
    assert fitted.hst_m == pytest.approx(intercept, abs=1e-6)
    assert fitted.hsr_m == pytest.approx(intercept + slope * profile.length_km, abs=1e-6)


@given(profiles(), antenna_m, antenna_m)
def test_smooth_earth_for_the_models_is_never_above_the_ground(
    profile: Profile, tx_m: float, rx_m: float
) -> None:
    ground_t, ground_r = profile.height_m[0], profile.height_m[-1]
    fitted = smooth_earth(profile, ground_t + tx_m, ground_r + rx_m)
    assert max(fitted.hstd_m, fitted.hst_ducting_m) <= ground_t
    assert max(fitted.hsrd_m, fitted.hsr_ducting_m) <= ground_r
    assert fitted.hstd_m <= fitted.hst_m
    assert fitted.hsrd_m <= fitted.hsr_m


def test_obstruction_lowers_the_smooth_earth_by_its_height_shared_by_slope() -> None:
    # Antennas at 10 m, a 50 m hill at 1 of 4 km: h_obs = 40, slopes 40/1 and 40/3 m/km.
    profile = line([5.0, 50.0, 0.0, 0.0, 5.0])
    fitted = smooth_earth(profile, 10.0, 10.0)
    assert fitted.hstd_m == pytest.approx(fitted.hst_m - 40.0 * 0.75)
    assert fitted.hsrd_m == pytest.approx(fitted.hsr_m - 40.0 * 0.25)


# ---------------------------------------------------------------------------------------------------------
# Horizons


@given(profiles(), antenna_m, antenna_m)
def test_path_is_blocked_where_the_bulging_terrain_cuts_the_ray(
    profile: Profile, tx_m: float, rx_m: float
) -> None:
    hts, hrs = profile.height_m[0] + tx_m, profile.height_m[-1] + rx_m
    length = profile.length_km
    above = max(
        h + 500.0 * d * (length - d) / AE_KM - (hts + (hrs - hts) * d / length)
        for d, h in zip(profile.distance_km[1:-1], profile.height_m[1:-1], strict=True)
    )
    assume(abs(above) > 1e-6)
    assert horizons(profile, hts, hrs, AE_KM).trans_horizon == (above > 0.0)


@given(profiles(), antenna_m, antenna_m)
def test_horizons_are_the_highest_points_seen(profile: Profile, tx_m: float, rx_m: float) -> None:
    hts, hrs = profile.height_m[0] + tx_m, profile.height_m[-1] + rx_m
    found = horizons(profile, hts, hrs, AE_KM)
    assume(found.trans_horizon)
    last = len(profile.distance_km) - 1
    seen_t = {
        i: math.atan((profile.height_m[i] - hts) / (1000.0 * d) - d / (2.0 * AE_KM))
        for i, d in enumerate(profile.distance_km.tolist())
        if 0 < i < last
    }
    seen_r = {
        i: math.atan((profile.height_m[i] - hrs) / (1000.0 * d) - d / (2.0 * AE_KM))
        for i, d in enumerate((profile.length_km - profile.distance_km).tolist())
        if 0 < i < last
    }
    assert found.theta_t_mrad == pytest.approx(1000.0 * max(seen_t.values()), abs=1e-9)
    assert found.theta_r_mrad == pytest.approx(1000.0 * max(seen_r.values()), abs=1e-9)
    assert seen_t[found.index_t] == pytest.approx(max(seen_t.values()), abs=1e-12)
    assert seen_r[found.index_r] == pytest.approx(max(seen_r.values()), abs=1e-12)
    assert found.dlt_km + found.dlr_km <= profile.length_km + 1e-9


@given(profiles(), antenna_m, antenna_m)
def test_clear_path_has_one_horizon_point_where_nu_is_largest(
    profile: Profile, tx_m: float, rx_m: float
) -> None:
    hts, hrs = profile.height_m[0] + 500.0 + tx_m, profile.height_m[-1] + 500.0 + rx_m
    found = horizons(profile, hts, hrs, AE_KM)
    assume(not found.trans_horizon)
    length = profile.length_km

    def nu(index: int) -> float:
        d, h = profile.distance_km[index], profile.height_m[index]
        above = h + 500.0 * d * (length - d) / AE_KM - (hts + (hrs - hts) * d / length)
        return float(above * math.sqrt(0.002 * length / (0.3 * d * (length - d))))

    best = max(nu(index) for index in range(1, len(profile.distance_km) - 1))
    assert found.index_t == found.index_r
    assert nu(found.index_t) == pytest.approx(best, rel=1e-9)
    assert found.dlt_km + found.dlr_km == pytest.approx(length)


def test_angular_distance_of_a_smooth_grazing_path_is_nothing() -> None:
    # Both antennas at the height from which the horizon of a bald earth lies exactly midway.
    distance_km = 40.0
    height_m = 1000.0 * (distance_km / 2.0) ** 2 / (2.0 * AE_KM)
    found = horizons(line([0.0, 0.0, 0.0], step_km=20.0), height_m + 1e-6, height_m + 1e-6, AE_KM)
    assert found.theta_mrad == pytest.approx(0.0, abs=1e-4)
    assert found.dlt_km == found.dlr_km == 20.0


@given(profiles(), antenna_m, antenna_m)
def test_seen_from_the_receiver_the_two_ends_change_places(
    profile: Profile, tx_m: float, rx_m: float
) -> None:
    hts, hrs = profile.height_m[0] + tx_m, profile.height_m[-1] + rx_m
    there, back = horizons(profile, hts, hrs, AE_KM), horizons(profile.reversed(), hrs, hts, AE_KM)
    assert (there.theta_t_mrad, there.theta_r_mrad) == pytest.approx((back.theta_r_mrad, back.theta_t_mrad))
    assert there.theta_mrad == pytest.approx(back.theta_mrad, abs=1e-9)


def test_equal_maxima_give_the_horizon_nearest_to_each_antenna() -> None:
    # Points in line with the antenna over a flat earth (huge radius): equal elevations.
    profile = line([0.0, 100.0, 50.0, 100.0, 0.0])
    found = horizons(profile, 100.0, 100.0 - 1e-9, 1e15)
    assert (found.index_t, found.index_r) == (1, 3)


@given(profiles(), antenna_m, antenna_m)
def test_roughness_looks_only_between_the_horizons(profile: Profile, tx_m: float, rx_m: float) -> None:
    hts, hrs = profile.height_m[0] + tx_m, profile.height_m[-1] + rx_m
    smooth, found = smooth_earth(profile, hts, hrs), horizons(profile, hts, hrs, AE_KM)
    above = [
        h - np.interp(d, [0.0, profile.length_km], [smooth.hst_ducting_m, smooth.hsr_ducting_m])
        for d, h in zip(profile.distance_km, profile.height_m, strict=True)
        if found.dlt_km - 1e-9 <= d <= profile.length_km - found.dlr_km + 1e-9
    ]
    assert terrain_roughness_m(profile, smooth, found) == pytest.approx(max(above), abs=1e-6)


# ---------------------------------------------------------------------------------------------------------
# Profile


def test_clutter_counts_between_the_ends_only() -> None:
    profile = Profile(np.arange(4.0), np.full(4, 5.0), np.full(4, 10.0), np.full(4, INLAND))
    assert profile.surface_m.tolist() == [5.0, 15.0, 15.0, 5.0]


def test_reversing_twice_gives_the_same_profile() -> None:
    profile = Profile(np.array([0.0, 1.0, 4.0]), np.arange(3.0), np.arange(3.0), np.array([1, 3, 4]))
    assert profile.reversed().distance_km.tolist() == [0.0, 3.0, 4.0]
    assert profile.reversed().reversed().zone.tolist() == [1, 3, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"distance_km": [0.0, 1.0]}, "at least 3 points"),
        ({"distance_km": [[0.0, 1.0, 2.0]]}, "one dimension"),
        ({"distance_km": [0.5, 1.0, 2.0]}, "begin at 0"),
        ({"distance_km": [0.0, 1.0, 1.0]}, "must increase; it does not from point 1"),
        ({"distance_km": [0.0, 1.0, 3001.0]}, "up to 3000 km"),
        ({"height_m": [0.0, math.nan, 0.0]}, "height_m must be finite; point 1"),
        ({"height_m": [0.0, 0.0]}, "height_m must have the shape"),
        ({"clutter_m": [0.0, 0.0, -1.0]}, "clutter_m must not be negative; point 2"),
        ({"zone": [1, 2, 4]}, "point 1 has 2"),
    ],
)
def test_what_is_no_profile_is_refused(change: dict[str, list[float]], message: str) -> None:
    arrays = {"distance_km": [0.0, 1.0, 2.0], "height_m": [0.0] * 3, "clutter_m": [0.0] * 3, "zone": [4] * 3}
    with pytest.raises(ValueError, match=message):
        Profile(**{name: np.array(values) for name, values in (arrays | change).items()})
