"""The formulas against values worked by hand, published ones, and what must hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.propagation import empirical as hata
from phusong.coverage.propagation import tr38901

KM = np.array([1000.0])
FORMULAS = {
    "hata": (hata.okumura_hata_db, 150.0, 1500.0, 1.0),
    "cost231": (hata.cost231_hata_db, 1500.0, 2000.0, 1.0),
    "extended": (hata.extended_hata_db, 30.0, 3000.0, 1.0),
    "rma": (tr38901.rma_db, 500.0, 30_000.0, 1.0),
    "rma-los": (tr38901.rma_los_db, 500.0, 30_000.0, 1.0),
    "rma-nlos": (tr38901.rma_nlos_db, 500.0, 30_000.0, 1.0),
    "uma": (tr38901.uma_db, 500.0, 100_000.0, 1.5),
    "uma-los": (tr38901.uma_los_db, 500.0, 100_000.0, 1.5),
    "uma-nlos": (tr38901.uma_nlos_db, 500.0, 100_000.0, 1.5),
}


def test_free_space() -> None:
    # 92.45 + 20 log 0.9 + 20 log 1 = 92.45 - 0.915 = 91.53 dB; tenfold distance or frequency: 20 dB more
    assert hata.free_space_db(KM, 900.0) == pytest.approx(91.53, abs=0.01)
    assert hata.free_space_db(KM * 10.0, 900.0) == pytest.approx(111.53, abs=0.01)
    assert hata.free_space_db(KM, 9000.0) == pytest.approx(111.53, abs=0.01)
    # 4πd/λ = 1 where d = λ/4π
    wavelength_m = 299.792458 / 900.0
    assert hata.free_space_db(np.array([wavelength_m / (4.0 * np.pi)]), 900.0) == pytest.approx(
        0.0, abs=1e-12
    )


@pytest.mark.parametrize(
    ("environment", "distance_km", "expected"),
    [
        # log 900 = 2.95424; a(1.5) = (1.1·2.95424 - 0.7)·1.5 - (1.56·2.95424 - 0.8)
        #   = 3.82450 - 3.80862 = 0.01588; log 30 = 1.47712
        # 69.55 + 26.16·2.95424 - 13.82·1.47712 - 0.01588 = 69.55 + 77.28296 - 20.41381 - 0.01588 = 126.403
        ("urban", 1.0, 126.403),
        # slope 44.9 - 6.55·1.47712 = 35.2249 a decade
        ("urban", 10.0, 126.403 + 35.2249),
        # a = 3.2 (log 17.625)² - 4.97 = 3.2·1.24613² - 4.97 = 4.96911 - 4.97 = -0.00091
        ("large-city", 1.0, 126.4200),
        # 2 (log 900/28)² + 5.4 = 2·1.50708² + 5.4 = 9.9426
        ("suburban", 1.0, 126.403 - 9.9426),
        # 4.78·8.72755 - 18.33·2.95424 + 40.94 = 41.7177 - 54.1513 + 40.94 = 28.5064
        ("open", 1.0, 126.403 - 28.5064),
    ],
)
def test_hata_by_hand(environment: hata.HataEnvironment, distance_km: float, expected: float) -> None:
    loss = hata.okumura_hata_db(KM * distance_km, 900.0, 30.0, 1.5, environment)
    assert loss == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("environment", "frequency_mhz", "base_m", "distance_km", "expected"),
    [
        # 69.6 + 26.2·2.954243 - 13.82·1.477121 - a(0.015878) = 69.6 + 77.401158 - 20.413814 - 0.015878
        ("urban", 900.0, 30.0, 1.0, 126.571466),
        # the exponent at 50 km: 1 + (0.14 + 0.1683 + 0.0321)·(log 2.5)^0.8 = 1 + 0.3404·0.478469 = 1.162871;
        # (log 50)^1.162871 = 1.852149 in place of 1.698970; times 35.224857
        ("urban", 900.0, 30.0, 50.0, 126.571466 + 65.241684),
        # 46.3 + 33.9·3.255273 = 156.653739; a = (1.1·3.255273 - 0.7)·1.5 - (1.56·3.255273 - 0.8) = 0.042974
        ("urban", 1800.0, 30.0, 1.0, 156.653739 - 20.413814 - 0.042974),
        # 46.3 + 33.9·3.301030 + 10 log 1.3 = 159.344351; a = 0.057348; 20 log(20/30) = -3.521825;
        # 35.224857·log 5 = 24.621118
        ("urban", 2600.0, 20.0, 5.0, 159.344351 - 20.413814 - 0.057348 + 3.521825 + 24.621118),
        # less 2 (log 2000/28)² + 5.4 = 2·1.853872² + 5.4 = 12.273683, as at 2000 MHz
        ("suburban", 2600.0, 20.0, 5.0, 167.016132 - 12.273683),
        # less 4.78·10.896799 - 18.33·3.301030 + 40.94 = 32.518820
        ("open", 2600.0, 20.0, 5.0, 167.016132 - 32.518820),
        # 69.6 + 26.2·2.176091 - 20 log 2 = 120.592987; a at 75 MHz: log 1.875061,
        #   (1.1·1.875061 - 0.7)·1.5 - (1.56·1.875061 - 0.8) = -0.081244
        ("urban", 75.0, 30.0, 1.0, 120.592987 - 20.413814 + 0.081244),
    ],
)
def test_extended_hata_by_hand(
    environment: hata.OpenEnvironment,
    frequency_mhz: float,
    base_m: float,
    distance_km: float,
    expected: float,
) -> None:
    loss = hata.extended_hata_db(KM * distance_km, frequency_mhz, base_m, 1.5, environment)
    assert loss == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("environment", ["urban", "suburban", "open"])
def test_extended_hata_is_hata_below_and_cost231_above(environment: hata.OpenEnvironment) -> None:
    km = np.array([1.0, 3.0, 19.0]) * 1000.0
    low = hata.extended_hata_db(km, 900.0, 45.0, 1.5, environment)
    # 69.6 + 26.2 log f against 69.55 + 26.16 log f
    more = 0.05 + 0.04 * np.log10(900.0)
    np.testing.assert_allclose(low - hata.okumura_hata_db(km, 900.0, 45.0, 1.5, environment), more, atol=1e-9)
    high = hata.extended_hata_db(km, 1800.0, 45.0, 1.5)
    np.testing.assert_allclose(high, hata.cost231_hata_db(km, 1800.0, 45.0, 1.5), atol=1e-9)


def test_hata_large_city_below_300_mhz() -> None:
    # a(1.5) at 200 MHz = 8.29 (log 2.31)² - 1.1 = 8.29·0.132200 - 1.1 = -0.00406
    # 69.55 + 26.16·2.30103 - 20.41381 + 0.00406 = 109.3352
    loss = hata.okumura_hata_db(KM, 200.0, 30.0, 1.5, "large-city")
    assert loss == pytest.approx(109.3352, abs=2e-3)


def test_cost231_by_hand() -> None:
    # log 1800 = 3.25527; a(1.5) = 2.88080·1.5 - 4.27822 = 0.04298
    # 46.3 + 33.9·3.25527 - 20.41381 - 0.04298 = 136.1969
    assert hata.cost231_hata_db(KM, 1800.0, 30.0, 1.5) == pytest.approx(136.1969, abs=2e-3)
    assert hata.cost231_hata_db(KM, 1800.0, 30.0, 1.5, metropolitan=True) == pytest.approx(139.1969, abs=2e-3)


def test_rma_by_hand() -> None:
    # h_BS 35, h_UT 1.5, 900 MHz: d_BP = 2π·35·1.5·0.9e9/3e8 = 989.602 m
    assert tr38901.rma_breakpoint_m(900.0, 35.0, 1.5) == pytest.approx(989.602, abs=1e-3)
    # d_2D 500: d_3D = √(250000 + 33.5²) = 501.121; h^1.72 = 15.93046
    # 20 log(40π·501.121·0.9/3) = 85.52547; 0.477914·2.699943 = 1.29034; -0.70094;
    # 0.002·0.69897·501.121 = 0.70054
    near = tr38901.rma_los_db(np.array([500.0]), 900.0, 35.0, 1.5)
    assert near == pytest.approx(85.52547 + 1.29034 - 0.70094 + 0.70054, abs=1e-4)
    # d_2D 2000, d_3D 2000.2805: PL_1(989.602) = 91.43583 + 1.43157 - 0.70094 + 1.38340 = 93.54986
    # + 40 log(2000.2805/989.602) = + 12.22522
    far = tr38901.rma_los_db(np.array([2000.0]), 900.0, 35.0, 1.5)
    assert far == pytest.approx(93.54986 + 12.22522, abs=1e-4)
    # PL': log 20 = 1.30103, log 5 = 0.69897, log 35 = 1.544068, (5/35)² = 0.0204082, log d_3D - 3 = 0.301091
    # 161.04 - 9.237313 + 5.242275 - (24.37 - 0.075510)·1.544068 + (43.42 - 4.786611)·0.301091
    #   + 20·(-0.0457575) - (3.2·1.246129² - 4.97)
    # = 161.04 - 9.237313 + 5.242275 - 37.512345 + 11.632162 - 0.915150 + 0.000919 = 130.250548
    hidden = tr38901.rma_nlos_db(np.array([2000.0]), 900.0, 35.0, 1.5)
    assert hidden == pytest.approx(130.25055, abs=1e-4)
    # P_LOS(2000) = exp(-1.99) = 0.136695
    expected = 0.136695 * 105.77508 + 0.863305 * 130.25055
    assert tr38901.rma_db(np.array([2000.0]), 900.0, 35.0, 1.5) == pytest.approx(expected, abs=1e-4)


def test_uma_by_hand() -> None:
    # h_BS 25, h_UT 1.5, 3.5 GHz: d'_BP = 4·24·0.5·3.5e9/3e8 = 560 m
    assert tr38901.uma_breakpoint_m(3500.0, 25.0, 1.5) == pytest.approx(560.0)
    # d_2D 100: d_3D = √(10000 + 552.25) = 102.7241; 28 + 22·2.011672 + 20·0.544068 = 83.13814
    assert tr38901.uma_los_db(np.array([100.0]), 3500.0, 25.0, 1.5) == pytest.approx(83.1381, abs=1e-3)
    # d_2D 1000: d_3D = 1000.2761; 28 + 40·3.000120 + 10.88136 - 9 log(560² + 23.5²) = 158.88616 - 49.47429
    #   9 log(314152.25) = 9·5.497140 = 49.474263
    assert tr38901.uma_los_db(KM, 3500.0, 25.0, 1.5) == pytest.approx(109.4119, abs=2e-3)
    # 13.54 + 39.08·3.000120 + 10.88136 = 141.66605
    assert tr38901.uma_nlos_db(KM, 3500.0, 25.0, 1.5) == pytest.approx(141.6660, abs=2e-3)
    # P_LOS(100) = 0.18 + exp(-100/63)·0.82 = 0.18 + 0.204477·0.82 = 0.347671
    assert tr38901.uma_los_probability(np.array([100.0]), 1.5) == pytest.approx(0.347671, abs=1e-5)
    # h_UT 20: C' = 0.7^1.5 = 0.585662; factor 1 + 0.585662·1.25·1·exp(-2/3) = 1 + 0.732078·0.513417 = 1.375861
    assert tr38901.uma_los_probability(np.array([100.0]), 20.0) == pytest.approx(
        0.347671 * 1.375861, abs=1e-5
    )


@pytest.mark.parametrize("frequency", [500.0, 900.0, 3500.0])
@pytest.mark.parametrize("receiver", [1.5, 10.0])
def test_continuous_at_the_breakpoints(frequency: float, receiver: float) -> None:
    at = tr38901.uma_breakpoint_m(frequency, 25.0, receiver)
    before, behind = tr38901.uma_los_db(
        np.array([at * (1 - 1e-12), at * (1 + 1e-12)]), frequency, 25.0, receiver
    )
    assert before == pytest.approx(behind, abs=1e-8)
    # RMa puts d_BP for d_3D: the step that the table itself has, by hand, is (20 - 0.478) log(d_3D/d_BP)
    # less 0.0014 (d_3D - d_BP)
    at = tr38901.rma_breakpoint_m(frequency, 35.0, receiver)
    before, behind = tr38901.rma_los_db(
        np.array([at * (1 - 1e-12), at * (1 + 1e-12)]), frequency, 35.0, receiver
    )
    slant = np.hypot(at, 35.0 - receiver)
    step = (20.0 - 0.03 * 5.0**1.72) * np.log10(slant / at) - 0.002 * np.log10(5.0) * (slant - at)
    assert behind - before == pytest.approx(step, abs=1e-8)
    assert abs(step) < 0.04


def test_los_probabilities() -> None:
    d = np.geomspace(1.0, 20_000.0, 400)
    for p in (
        tr38901.rma_los_probability(d),
        *(tr38901.uma_los_probability(d, h) for h in (1.5, 13.0, 22.5)),
    ):
        assert p.min() >= 0.0
        assert p.max() <= 1.0
    assert np.array_equal(tr38901.rma_los_probability(np.array([1.0, 10.0])), [1.0, 1.0])
    assert tr38901.rma_los_probability(np.array([1010.0])) == pytest.approx(np.exp(-1.0))
    assert np.array_equal(tr38901.uma_los_probability(np.array([1.0, 18.0]), 1.5), [1.0, 1.0])
    low, high = tr38901.uma_los_probability(d, 13.0), tr38901.uma_los_probability(d, 13.1)
    assert np.max(np.abs(high - low)) < 0.01
    assert np.all(high >= low)


@pytest.mark.parametrize("name", FORMULAS)
@given(frequency=st.floats(0.0, 1.0), base=st.floats(5.0, 150.0), receiver=st.floats(1.5, 10.0))
def test_loss_grows_with_distance(name: str, frequency: float, base: float, receiver: float) -> None:
    formula, low, high, _ = FORMULAS[name]
    loss = formula(np.geomspace(10.0, 20_000.0, 300), low + frequency * (high - low), base, receiver)
    assert np.all(np.isfinite(loss))
    # LOS turns to NLOS with distance, and every branch grows
    assert np.all(np.diff(loss) > 0.0)


@given(distance=st.floats(100.0, 20_000.0), low=st.floats(10.0, 60.0), more=st.floats(1.0, 90.0))
def test_a_higher_mast_loses_less(distance: float, low: float, more: float) -> None:
    d = np.array([distance])
    for formula, frequency in ((hata.okumura_hata_db, 900.0), (hata.cost231_hata_db, 1800.0)):
        assert formula(d, frequency, low + more, 1.5) < formula(d, frequency, low, 1.5)


def test_hata_environments_in_order() -> None:
    d = np.geomspace(1000.0, 20_000.0, 20)
    urban, suburban, country = (
        hata.okumura_hata_db(d, 900.0, 40.0, 1.5, place) for place in ("urban", "suburban", "open")
    )
    assert np.all(urban > suburban)
    assert np.all(suburban > country)
    assert np.all(country > hata.free_space_db(d, 900.0))


@pytest.mark.parametrize("name", FORMULAS)
def test_outside_the_published_ranges(name: str) -> None:
    formula, low, high, receiver = FORMULAS[name]
    for frequency in (low, high):
        assert np.isfinite(formula(KM, frequency, 30.0, 1.5))
    for frequency in (low - 0.1, high + 0.1, np.nan):
        with pytest.raises(ValueError, match="the frequency must lie between"):
            formula(KM, frequency, 30.0, 1.5)
    with pytest.raises(ValueError, match="the receiver must lie between"):
        formula(KM, low, 30.0, receiver - 0.1)
    with pytest.raises(ValueError, match="the base must stand"):
        formula(KM, low, 0.9, 1.5)


def test_other_bad_arguments() -> None:
    with pytest.raises(ValueError, match="environment must be"):
        hata.okumura_hata_db(KM, 900.0, 30.0, 1.5, "rural")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the frequency must be positive"):
        hata.free_space_db(KM, 0.0)
    with pytest.raises(ValueError, match="the buildings must lie"):
        tr38901.rma_los_db(KM, 900.0, 35.0, 1.5, building_height_m=4.0)
    with pytest.raises(ValueError, match="the streets must lie"):
        tr38901.rma_nlos_db(KM, 900.0, 35.0, 1.5, street_width_m=60.0)
