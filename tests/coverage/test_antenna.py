"""Patterns against points computed by hand, and the geometry of tilt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.antenna import BUILT_IN, AntennaPattern, built_in_pattern, gain_dbi, pattern_from_cuts


@pytest.mark.parametrize(
    ("name", "azimuth", "elevation", "gain"),
    [
        ("3gpp-36.814", 0, 0, 15.0),
        ("3gpp-36.814", 35, 0, 12.0),  # half the 70° beamwidth: 3 dB
        ("3gpp-36.814", -60, 0, 15 - 12 * (60 / 70) ** 2),
        ("3gpp-36.814", 180, 0, -10.0),  # A_m = 25
        ("3gpp-36.814", 0, -5, 12.0),  # half the 10° beamwidth
        ("3gpp-36.814", 0, 45, -5.0),  # SLA_v = 20
        ("3gpp-36.814", 90, -45, -10.0),  # both at their ends: limited to 25 together
        ("3gpp-36.942", 65, 0, 3.0),
        ("3gpp-36.942", 180, -30, -5.0),
        ("3gpp-36.942", 0, -89, 15.0),  # no vertical pattern
        ("3gpp-38.901", 32.5, 0, 5.0),
        ("3gpp-38.901", 0, 32.5, 5.0),
        ("3gpp-38.901", 180, 0, -22.0),
        ("omni", 123, -70, 5.0),
    ],
)
def test_hand_computed_points(name: str, azimuth: float, elevation: float, gain: float) -> None:
    # 38.901's 32.5° lies on a sample; every other angle is whole: no interpolation error.
    assert gain_dbi(built_in_pattern(name), azimuth, elevation) == pytest.approx(gain, abs=1e-9)


def test_electrical_tilt_moves_the_main_lobe_down_at_every_azimuth() -> None:
    pattern = built_in_pattern("3gpp-36.814")
    assert gain_dbi(pattern, 0, -6, electrical_tilt_deg=6) == pytest.approx(15.0)
    assert gain_dbi(pattern, 35, -6, electrical_tilt_deg=6) == pytest.approx(12.0)
    assert gain_dbi(pattern, 0, 0, electrical_tilt_deg=6) == pytest.approx(15 - 12 * 0.36)
    assert gain_dbi(pattern, 0, 6, electrical_tilt_deg=-6) == pytest.approx(15.0)  # positive is down


def test_mechanical_tilt_turns_the_antenna_back_lobe_up_and_sides_unmoved() -> None:
    cut = np.minimum(12 * ((np.arange(360) + 180) % 360 - 180.0) ** 2 / 100, 30)
    back = np.minimum(cut, np.roll(cut, 180))  # an equal lobe to the rear
    pattern = pattern_from_cuts("both ways", 10.0, np.zeros(360), back)
    assert gain_dbi(pattern, 0, -8, mechanical_tilt_deg=8) == pytest.approx(10.0)
    assert gain_dbi(pattern, 180, 8, mechanical_tilt_deg=8) == pytest.approx(10.0)
    assert gain_dbi(pattern, 90, 0, mechanical_tilt_deg=8) == pytest.approx(10.0)
    assert gain_dbi(pattern, 0, 0, mechanical_tilt_deg=8) == pytest.approx(10 - 12 * 0.64)


def test_mechanical_tilt_bends_azimuths_as_a_rotation_does() -> None:
    """45° off boresight at the horizon, tilted 30°: worked out with a rotation by hand.

    (cos 45, sin 45, 0) turns into forward 0.7071 cos 30 = 0.61237, right 0.70711, up 0.7071 sin 30 = 0.35355:
    azimuth atan(0.70711/0.61237) = 49.1066°, 20.7048° above the turned horizon.
    """
    pattern = built_in_pattern("3gpp-38.901")
    expected = 8 - 12 * (49.1066 / 65) ** 2 - 12 * (20.7048 / 65) ** 2
    assert gain_dbi(pattern, 45, 0, mechanical_tilt_deg=30) == pytest.approx(expected, abs=1e-3)


def test_electrical_tilt_of_a_measured_pattern_is_not_applied_twice() -> None:
    vertical = 12 * ((np.arange(360) - 4 + 180) % 360 - 180.0) ** 2 / 100  # main lobe 4° down, in the file
    pattern = pattern_from_cuts("measured", 17.0, np.zeros(360), vertical)
    assert gain_dbi(pattern, 0, -4, electrical_tilt_deg=4) == pytest.approx(17.0)


def test_cuts_read_clockwise_and_downwards() -> None:
    horizontal, vertical = np.zeros(360), np.zeros(360)
    horizontal[90], vertical[90] = 7.0, 3.0
    pattern = pattern_from_cuts("marked", 0.0, horizontal, vertical)
    assert gain_dbi(pattern, 90, 0) == pytest.approx(-7.0)
    assert gain_dbi(pattern, -90, 0) == pytest.approx(0.0)
    assert gain_dbi(pattern, 0, -90) == pytest.approx(-3.0)  # 90 is straight down
    assert gain_dbi(pattern, 0, 90) == pytest.approx(0.0)


@given(
    name=st.sampled_from(BUILT_IN),
    azimuth=st.floats(-720, 720),
    elevation=st.floats(-90, 90),
    mechanical=st.floats(-20, 30),
    electrical=st.floats(-20, 30),
)
def test_gain_lies_between_the_limit_and_the_main_lobe(
    name: str, azimuth: float, elevation: float, mechanical: float, electrical: float
) -> None:
    pattern = built_in_pattern(name)
    gain = float(gain_dbi(pattern, azimuth, elevation, mechanical, electrical))
    assert pattern.gain_dbi - min(pattern.limit_db, 60) - 1e-9 <= gain <= pattern.gain_dbi + 1e-9
    mirrored = float(gain_dbi(pattern, -azimuth, elevation, mechanical, electrical))
    assert gain == pytest.approx(mirrored, abs=1e-6)


def test_sampling_of_the_parabolas_is_within_the_stated_error() -> None:
    angle = np.random.default_rng(1).uniform(-5, 5, 2000)
    exact = 15 - 12 * (angle / 10) ** 2
    assert np.abs(gain_dbi(built_in_pattern("3gpp-36.814"), 0, angle) - exact).max() <= 3.1e-4


@pytest.mark.parametrize("bad", [-0.1, np.nan])
def test_attenuation_must_be_a_number_at_or_above_zero(bad: float) -> None:
    cut = np.zeros(3600)
    cut[7] = bad
    with pytest.raises(ValueError, match="≥ 0"):
        AntennaPattern("x", 10.0, cut, np.zeros(3600))


def test_only_a_flat_horizontal_cut_is_omnidirectional() -> None:
    assert built_in_pattern("omni").is_omnidirectional
    assert not built_in_pattern("3gpp-36.942").is_omnidirectional
