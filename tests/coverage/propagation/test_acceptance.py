"""The acceptance test must itself be able to fail."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.propagation.acceptance import (
    FIELD_BY_LABEL,
    AcceptanceCase,
    AcceptanceReport,
    Deviation,
    Printed,
    check_case,
    check_cases,
    tolerance,
)
from phusong.coverage.propagation.p1812 import P1812Result, Profile


def a_case(**change: float) -> AcceptanceCase:
    """Make a path over hills with a case that prints nothing yet."""
    distance = np.arange(101) * 0.3
    profile = Profile(
        distance, 60.0 + 50.0 * np.sin(distance / 2.0), np.where(distance > 9.0, 12.0, 3.0), np.full(101, 4)
    )
    case = AcceptanceCase(
        name="hills_0",
        profile=profile,
        frequency_ghz=0.9,
        tx_height_m=30.0,
        rx_height_m=10.0,
        time_percent=30.0,
        location_percent=50.0,
        location_sigma_db=0.0,
        delta_n=45.0,
        n0=325.0,
        polarisation="vertical",
        latitude_deg=21.0,
        dct_km=500.0,
        dcr_km=500.0,
        tx_power_kw=0.1584893192,
        tx_gain_dbi=3.0,
        rx_gain_dbi=1.0,
        printed=(),
    )
    return replace(case, **change)


def printed_by(case: AcceptanceCase, result: P1812Result) -> dict[tuple[str, str], str]:
    rows = {key: f"{getattr(result, field):.10g}" for key, field in FIELD_BY_LABEL.items()}
    rows["R2 (m)", ""] = f"{case.profile.clutter_m[1]:.10g}"
    rows["Rn-1 (m)", ""] = f"{case.profile.clutter_m[-2]:.10g}"
    # 0.1584893192 kW is -8 dB to the digits printed, not exactly.
    with_gains = result.field_strength_dbuv_m - 8.0 + 3.0 + 1.0
    rows["Ep (dBuV/m) w.r.t. Ptx, Gtx, Grx", ""] = f"{with_gains:.10g}"
    return rows


def with_rows(case: AcceptanceCase, rows: dict[tuple[str, str], str]) -> AcceptanceCase:
    return replace(case, printed=tuple(Printed(*key, text) for key, text in rows.items()))


def test_a_case_that_prints_what_we_compute_passes() -> None:
    case = a_case()
    report = check_cases([with_rows(case, printed_by(case, case.compute()))])
    assert report.passed
    assert len(report.deviations) == len(FIELD_BY_LABEL) + 3
    assert report.worst_loss_db() <= 5e-8


@pytest.mark.parametrize("key", [key for key in FIELD_BY_LABEL if key[0] != "Fj"])
def test_one_unit_in_the_last_digit_of_any_quantity_fails(key: tuple[str, str]) -> None:
    case = a_case()
    rows = printed_by(case, case.compute())
    value = float(rows[key])
    rows[key] = f"{value + (10.0 ** (np.floor(np.log10(abs(value))) - 9) if value else 1e-9):.17g}"
    failures = check_case(with_rows(case, rows))
    missed = [(item.label, item.reference) for item in failures if not item.passed]
    assert missed == [key]


def test_a_wrong_argument_shows_in_the_report() -> None:
    case = a_case()
    rows = printed_by(case, case.compute())
    report = check_cases([with_rows(a_case(n0=326.0), rows)])
    assert not report.passed
    assert report.worst_by_case()["hills_0"].label == "Lbs (dB)"
    assert report.worst_by_quantity()["Lbs (dB)", "Eq (44)"].deviation == pytest.approx(0.15, abs=1e-6)
    assert "Lba (dB)" not in {item.label for item in report.failures}


def test_an_unknown_quantity_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match=r"hills_0 prints 'Lxyz' \(Eq \(99\)\)"):
        check_case(with_rows(a_case(), {("Lxyz", "Eq (99)"): "1"}))


def test_nothing_compared_is_no_pass() -> None:
    assert not AcceptanceReport(()).passed


def test_a_value_that_is_no_number_fails() -> None:
    item = Deviation("hills_0", "Lb (dB)", "Eq (69)", "100", math.nan, math.nan, 5e-8)
    assert not item.passed
    assert AcceptanceReport((item,)).failures == (item,)
    assert item.severity == math.inf


def test_where_ducting_undercuts_diffraction_the_overwritten_row_is_expected() -> None:
    # Find a case in which the program that printed the vectors loses L_bd.
    distance = np.arange(201) * 0.3
    height = np.where((distance > 20.0) & (distance < 20.5), 80.0, 0.0)
    ducting = a_case(
        profile=Profile(distance, height, np.zeros(201), np.full(201, 1)), time_percent=1.0, frequency_ghz=2.0
    )
    result = ducting.compute()
    assert result.lminbap_db < result.lbda_db < result.lbd_db - 1.0
    key = ("Lbd (dB)", "Eq (43)")
    (kept,) = check_case(with_rows(ducting, {key: f"{result.lbd_db:.10g}"}))
    (overwritten,) = check_case(with_rows(ducting, {key: f"{result.lbda_db:.10g}"}))
    assert overwritten.passed
    assert not kept.passed


@given(st.floats(0.1, 1e6))
def test_what_prints_the_same_passes_and_two_units_off_does_not(value: float) -> None:
    printed = float(f"{value:.10g}")
    unit = 10.0 ** (np.floor(np.log10(printed)) - 9)
    assert abs(value - printed) <= tolerance(printed) < unit


def test_an_exact_zero_must_be_met_to_rounding() -> None:
    assert tolerance(0.0) == 1e-12
    assert tolerance(-150.0) == tolerance(150.0) == pytest.approx(5.05e-8, rel=1e-4)
