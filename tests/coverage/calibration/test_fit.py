"""Known offset, slope and σ are recovered; errors by cross-validation are honest; too little is refused."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.calibration.crossval import block_numbers, left_out_residuals
from phusong.coverage.calibration.fit import FitOptions, fit_bands
from phusong.coverage.calibration.samples import LossSamples, band_of


def make(
    excess_db: np.ndarray, x_m: np.ndarray, y_m: np.ndarray, distance_km: np.ndarray, **other: np.ndarray
) -> LossSamples:
    n = len(x_m)
    plain = {
        "frequency_mhz": np.full(n, 1800.0),
        "pattern_db": np.zeros(n),
        "clutter_m": np.zeros(n, np.int64),
        "cell": np.zeros(n, np.int32),
        "technology": np.full(n, "4G"),
    }
    predicted = 100.0 + 35.0 * np.log10(distance_km)
    return LossSamples(
        x_m=x_m, y_m=y_m, distance_km=distance_km, predicted_db=predicted, measured_db=predicted + excess_db,
        **{**plain, **other},
    )  # fmt: skip


def scattered(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = rng.uniform(0, 6000, n), rng.uniform(0, 6000, n)
    return x, y, np.maximum(np.hypot(x - 3000, y - 3000) / 1000.0, 0.06)


@pytest.mark.parametrize(("offset", "slope"), [(12.0, 6.0), (-4.0, -9.0), (7.5, 0.0)])
def test_known_parameters_are_recovered_through_outliers(offset: float, slope: float) -> None:
    rng = np.random.default_rng(3)
    x, y, d = scattered(rng, 3000)
    excess = offset + slope * np.log10(d) + rng.normal(0, 7.0, 3000)
    excess[::10] += 60.0  # a tenth of the samples is wrong, all to one side
    (band,) = fit_bands(make(excess, x, y, d)).bands
    assert band.correction.offset_db == pytest.approx(offset, abs=0.6)
    assert band.correction.slope_db_per_decade == pytest.approx(slope, abs=1.5)
    assert band.correction.sigma_db == pytest.approx(7.0, rel=0.2)
    assert band.outliers > 200
    assert band.rmse_after_db > 15  # outliers stay in the error that is stated


def test_clutter_classes_get_offsets_where_the_data_carry_them() -> None:
    rng = np.random.default_rng(4)
    x, y, d = scattered(rng, 4000)
    clutter = rng.choice([0, 10, 20], 4000, p=[0.6, 0.39, 0.01]).astype(np.int64)
    excess = 5.0 + np.select([clutter == 10, clutter == 20], [9.0, 30.0], 0.0) + rng.normal(0, 4.0, 4000)
    (band,) = fit_bands(make(excess, x, y, d, clutter_m=clutter)).bands
    assert [height for height, _ in band.correction.clutter_offsets_db] == [10]  # 20 m has too few
    assert band.correction.clutter_offsets_db[0][1] == pytest.approx(9.0, abs=0.5)
    assert band.correction.offset_db == pytest.approx(5.0, abs=0.5)


def test_without_effect_of_distance_or_clutter_the_offset_stays_alone() -> None:
    rng = np.random.default_rng(5)
    x, y, d = scattered(rng, 2000)
    clutter = rng.choice([0, 10], 2000).astype(np.int64)
    (band,) = fit_bands(make(5.0 + rng.normal(0, 8.0, 2000), x, y, d, clutter_m=clutter)).bands
    assert band.correction.slope_db_per_decade == 0
    assert band.correction.clutter_offsets_db == ()


def test_errors_that_belong_to_an_area_show_in_the_cross_validation() -> None:
    """Every square has an error of its own, and few squares share a term: the fit learns them by heart."""
    rng = np.random.default_rng(6)
    x, y, _ = scattered(rng, 1500)
    squares = block_numbers(x, y, 1000.0)
    per_square = rng.normal(0, 10.0, squares.max() + 1)
    matrix = (squares[:, np.newaxis] % 12 == np.arange(12)).astype(float)
    excess = per_square[squares] + rng.normal(0, 1.0, 1500)

    def least_squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(a, b, rcond=None)[0]

    seen = excess - matrix @ least_squares(matrix, excess)
    unseen = left_out_residuals(squares, matrix, excess, least_squares)
    assert np.sqrt(np.mean(unseen**2)) > 1.2 * np.sqrt(np.mean(seen**2))
    # single samples left out would not show it
    each = left_out_residuals(np.arange(1500) % 20, matrix, excess, least_squares)
    assert np.sqrt(np.mean(each**2)) == pytest.approx(np.sqrt(np.mean(seen**2)), rel=0.02)


def test_few_squares_with_errors_of_their_own_widen_the_stated_error_not_the_fit() -> None:
    rng = np.random.default_rng(8)
    corner = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[np.arange(400) % 4]
    x, y = (corner * 500 + rng.uniform(0, 500, (400, 2))).T
    d = rng.uniform(1.0, 1.5, 400)
    excess = np.array([-9.0, 9.0, -9.0, 9.0])[np.arange(400) % 4] + rng.normal(0, 0.5, 400)
    excess[np.arange(400) % 4 == 3] += 9.0
    (band,) = fit_bands(make(excess, x, y, d)).bands
    assert band.rmse_cross_validated_db > 1.1 * band.rmse_after_db


def test_left_out_residuals_are_those_of_a_fit_without_the_block() -> None:
    blocks = np.array([0, 0, 1, 2, 2])
    observed = np.array([1.0, 3.0, 10.0, 4.0, 6.0])
    found = left_out_residuals(blocks, np.ones((5, 1)), observed, lambda a, b: np.array([b.mean()]))
    others = np.array([20 / 3, 20 / 3, 14 / 4, 14 / 3, 14 / 3])
    assert found == pytest.approx(observed - others)


def test_too_little_is_refused_band_by_band_and_says_why() -> None:
    rng = np.random.default_rng(9)
    x, y, d = scattered(rng, 500)
    frequency = np.where(np.arange(500) < 20, 900.0, 1800.0)
    found = fit_bands(make(rng.normal(0, 5, 500), x, y, d, frequency_mhz=frequency))
    assert [band.band for band in found.bands] == ["1800"]
    assert found.refused[0].band == "900" and "too few samples: 20" in found.refused[0].reason
    near = fit_bands(make(rng.normal(0, 5, 500), x % 400, y % 400, d))
    assert near.bands == () and "1 squares of 500 m" in near.refused[0].reason


def test_the_order_of_the_samples_does_not_matter() -> None:
    rng = np.random.default_rng(10)
    x, y, d = scattered(rng, 600)
    samples = make(4.0 + 8 * np.log10(d) + rng.normal(0, 6, 600), x, y, d)
    there = fit_bands(samples).bands[0].correction
    back = fit_bands(samples.take(np.arange(600)[::-1])).bands[0].correction
    assert back.offset_db == pytest.approx(there.offset_db, abs=1e-6)
    assert back.slope_db_per_decade == pytest.approx(there.slope_db_per_decade, abs=1e-6)


def test_a_wrong_azimuth_is_pointed_out() -> None:
    rng = np.random.default_rng(11)
    x, y, d = scattered(rng, 1000)
    bearing = np.degrees(np.arctan2(x - 3000, y - 3000))

    def cut(azimuth: float) -> np.ndarray:
        off = (bearing - azimuth + 180) % 360 - 180
        return np.minimum(12 * (off / 65) ** 2, 25.0)

    for azimuth, wrong in ((30.0, False), (210.0, True)):
        excess = rng.normal(5, 6, 1000) + cut(30.0) - cut(azimuth)
        (band,) = fit_bands(make(excess, x, y, d, pattern_db=cut(azimuth))).bands
        assert band.cells[0].contradicts_pattern is wrong


@pytest.mark.parametrize(
    ("mhz", "name"), [(942.5, "900"), (758.0, "700"), (1842.5, "1800"), (3500.0, "3500")]
)
def test_bands_by_name(mhz: float, name: str) -> None:
    found, low, high = band_of(mhz)
    assert found == name and low <= mhz < high


def test_a_frequency_without_a_band_has_one_of_its_own() -> None:
    name, low, high = band_of(5000.5)
    assert name == "5000.5" and low < 5000.5 < high


def test_options_move_the_limits() -> None:
    rng = np.random.default_rng(12)
    x, y, d = scattered(rng, 30)
    samples = make(rng.normal(0, 5, 30), x, y, d)
    assert fit_bands(samples).bands == ()
    assert fit_bands(samples, FitOptions(fewest_samples=30)).bands[0].samples == 30
