"""Troposcatter and ducting against hand computation and limits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.propagation.p1812_anomalous import ducting_db, troposcatter_db
from phusong.coverage.propagation.p1812_geometry import Horizons

CLEAR = Horizons(
    trans_horizon=False,
    index_t=3,
    index_r=3,
    dlt_km=30.0,
    dlr_km=20.0,
    theta_t_mrad=-2.0,
    theta_r_mrad=-3.0,
    theta_mrad=0.0,
)
ARGUMENTS: dict[str, Any] = {
    "length_km": 50.0,
    "ae_km": 8500.0,
    "frequency_ghz": 1.0,
    "time_percent": 10.0,
    "beta0": 10.0,
    "dlm_km": 50.0,
    "omega": 0.0,
    "hts_m": 50.0,
    "hrs_m": 20.0,
    "hte_m": 50.0,
    "hre_m": 20.0,
    "hm_m": 5.0,
    "dct_km": 500.0,
    "dcr_km": 500.0,
}


def test_troposcatter_equals_the_hand_computation() -> None:
    # 190.1 − 2.5·(log10 0.5)² + 20·log10 100 + 0.573·10 − 0.15·325 = 186.853452
    assert troposcatter_db(100.0, 10.0, 1.0, 325.0, 50.0) == pytest.approx(186.853452, abs=1e-6)
    assert troposcatter_db(100.0, 10.0, 1.0, 325.0, 5.0) == pytest.approx(186.853452 - 10.125, abs=1e-6)


def test_ducting_equals_the_hand_computation() -> None:
    # Geometry chosen so that μ2 = μ3 = 1 and p = β = β0: A(p) = −12 + 0 + 12 = 0 whatever Γ is.
    # A_f = 102.45 + 20·log10(50); γ_d·θ' = 5e-5·8500·(1000·50/8500 − 2 − 3).
    loss = ducting_db(CLEAR, **ARGUMENTS | {"hte_m": 500.0, "hre_m": 500.0})
    expected = 102.45 + 20.0 * math.log10(50.0) + 0.425 * (1000.0 * 50.0 / 8500.0 - 5.0)
    assert loss == pytest.approx(expected, abs=1e-9)


def test_geometry_and_roughness_make_ducts_rarer() -> None:
    plain = ducting_db(CLEAR, **ARGUMENTS | {"hte_m": 500.0, "hre_m": 500.0})
    assert ducting_db(CLEAR, **ARGUMENTS | {"hte_m": 5.0, "hre_m": 5.0}) > plain
    assert ducting_db(CLEAR, **ARGUMENTS | {"hte_m": 500.0, "hre_m": 500.0, "hm_m": 60.0}) > plain


@given(st.floats(1.0, 50.0), st.floats(1.0, 50.0), st.floats(1.0, 500.0))
def test_rarer_enhancements_are_stronger(first: float, second: float, length_km: float) -> None:
    rare, common = sorted((first, second))
    losses = [
        ducting_db(CLEAR, **ARGUMENTS | {"time_percent": p, "length_km": length_km}) for p in (rare, common)
    ]
    assert losses[0] <= losses[1] + 1e-9


def test_the_extra_loss_at_vhf_ends_at_half_a_gigahertz() -> None:
    below, at = (ducting_db(CLEAR, **ARGUMENTS | {"frequency_ghz": f}) for f in (0.5 - 1e-9, 0.5))
    assert below == pytest.approx(at, abs=1e-6)
    assert ducting_db(CLEAR, **ARGUMENTS | {"frequency_ghz": 0.1}) > at


def test_a_high_horizon_shields_the_antenna() -> None:
    # θ'' = 10 − 0.1·30 = 7 mrad: 20·log10(1 + 0.361·7·sqrt(30)) + 0.264·7, and θ' counts 3 mrad, not −2.
    hill = Horizons(True, 3, 5, 30.0, 20.0, 10.0, -3.0, 12.9)
    extra = ducting_db(hill, **ARGUMENTS) - ducting_db(CLEAR, **ARGUMENTS)
    shielding = 20.0 * math.log10(1.0 + 0.361 * 7.0 * math.sqrt(30.0)) + 0.264 * 7.0
    assert extra == pytest.approx(shielding + 0.425 * 5.0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "expected_db"),
    [
        ({"omega": 0.75, "dct_km": 0.0}, -3.0),
        ({"omega": 0.75, "dct_km": 2.0}, -3.0 * math.exp(-1.0)),
        ({"omega": 0.74, "dct_km": 0.0}, 0.0),
        ({"omega": 1.0, "dct_km": 5.1}, 0.0),
        ({"omega": 1.0, "dcr_km": 0.0}, -3.0 * (1.0 + math.tanh(2.1))),
    ],
)
def test_an_antenna_at_the_coast_couples_into_the_duct(change: dict[str, float], expected_db: float) -> None:
    inland = ducting_db(CLEAR, **ARGUMENTS | {"omega": change["omega"]})
    assert ducting_db(CLEAR, **ARGUMENTS | change) - inland == pytest.approx(expected_db, abs=1e-9)
