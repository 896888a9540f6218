"""The job from files to files: a known error of the model is found, written, read back and applied."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from phusong.calibrate import JSON_FILE, PLOT_FILE, calibrate_job
from phusong.calibrate_report import show_calibration
from phusong.calibration_file import read_calibration
from phusong.console import Reporter
from phusong.coverage.calibration.samples import REASONS
from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.link_budget import useful_range_m
from phusong.coverage.network import network_layers, point_levels
from phusong.coverage.propagation import models
from phusong.coverage.propagation.corrected import loss_at_points, loss_window
from phusong.coverage.propagation.correction import BandCorrection, LossCorrection
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.errors import InputError
from phusong.words import say

CRS = "EPSG:32648"
STATIONS = (
    "cell_id,lon,lat,technology,frequency_mhz,bandwidth_mhz,antenna_height_m,tx_power_dbm,antenna,operator\n"
    "A1,107.30,21.30,4G,1800,20,40,46,omni,Viettel\n"
    "B1,107.33,21.31,4G,1800,20,30,46,omni,Viettel\n"
)
OFFSET, SLOPE, SIGMA = 9.0, 8.0, 5.0


def flat(rows: int = 320, clutter: np.ndarray | None = None) -> TerrainModel:
    shape = (rows, rows)
    return TerrainModel(
        np.zeros(shape, np.float32), np.full(shape, 4, np.uint8), clutter, 0.0, rows * 30.0, 30.0, 21.3, 21.2
    )


def a_cell(x_m: float = 4000.0) -> CellTable:
    one, nat = (lambda v: np.array([v])), np.array(["NaT"], "datetime64[D]")
    return CellTable(
        one("A1"), one("A"), one("Viettel"), one("4G"), one("omni"), one(x_m), one(4000.0), one(40.0),
        one(1800.0), one(20.0), one(np.nan), one(0.0), one(0.0), one(46.0), one(0.5), nat, nat,
    )  # fmt: skip


def write_samples(folder: Path, named: bool = True) -> tuple[Path, Path]:
    """Levels of a flat world that loses OFFSET + SLOPE log d more than the model says."""
    stations = folder / "stations.csv"
    stations.write_text(STATIONS, encoding="utf-8")
    rng = np.random.default_rng(21)
    to_metres = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    rows = []
    for cell, lon, lat, height in (("A1", 107.30, 21.30, 40.0), ("B1", 107.33, 21.31, 30.0)):
        x0, y0 = to_metres.transform(lon, lat)
        terrain = replace(flat(500), x_left_m=x0 - 7500.0, y_top_m=y0 + 7500.0)
        reach, turn = 10 ** rng.uniform(1.8, 3.5, 400), rng.uniform(0, 2 * np.pi, 400)
        x, y = x0 + reach * np.sin(turn), y0 + reach * np.cos(turn)
        loss = models.loss_at_points(terrain, x0, y0, height, [1800.0], x, y, PropagationSettings())[0]
        d = np.hypot(x - x0, y - y0) / 1000.0
        level = 46.0 + 5.0 - 0.5 - 10 * np.log10(1200) - loss  # omni of 5 dBi, feeder 0.5 dB, 100 blocks
        level -= OFFSET + SLOPE * np.log10(d) + rng.normal(0, SIGMA, 400)
        level[::25] -= 40.0  # in a garage
        lon_s, lat_s = to_metres.transform(x, y, direction="INVERSE")
        rows.append(
            pd.DataFrame(
                {"Longitude": lon_s, "Latitude": lat_s, "Operatorname": "Viettel", "NetworkTech": "LTE",
                 "Cellname": cell if named else "", "Level": level.round(2)}
            )
        )  # fmt: skip
    samples = folder / "samples.csv"
    pd.concat(rows).to_csv(samples, index=False)
    return stations, samples


def test_from_files_to_files(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path)
    report = calibrate_job(stations, samples, tmp_path / "out")
    (band,) = report.calibration.bands
    assert band.offset_db == pytest.approx(OFFSET, abs=0.8)
    assert band.slope_db_per_decade == pytest.approx(SLOPE, abs=2.5)
    assert band.sigma_db == pytest.approx(SIGMA, rel=0.2)
    assert band.rmse_after_db < band.rmse_cross_validated_db < band.rmse_before_db
    assert {cell.cell_id for cell in band.cells} == {"A1", "B1"}
    assert sum(report.calibration.rejected.values()) + band.samples == 800
    assert sorted(path.name for path in (tmp_path / "out").glob("[!.]*")) == [JSON_FILE, PLOT_FILE]
    again = read_calibration(tmp_path / "out" / JSON_FILE)
    assert again.correction.band(1800.0) is not None and again.correction.band(900.0) is None
    assert again.text() == report.calibration.text()
    rules = again.rules({t: TechnologyRule(t, -105.0, 8.0, 0.9) for t in ("2G", "4G")})
    assert rules["4G"].sigma_db == pytest.approx(band.sigma_db, abs=1e-5) and rules["2G"].sigma_db == 8.0


def test_the_same_bytes_again(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path)
    for name in ("one", "two"):
        calibrate_job(stations, samples, tmp_path / name)
    for name in (JSON_FILE, PLOT_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_samples_without_a_cell_go_to_the_strongest_and_it_is_said(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path, named=False)
    report = calibrate_job(stations, samples, tmp_path / "out", dry_run=True)
    assert "predicted strongest" in report.calibration.notes[0]
    assert not (tmp_path / "out").exists()


def test_too_few_samples_are_refused_with_what_was_left_out(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path)
    pd.read_csv(samples).head(30).assign(Level=lambda t: t["Level"].where(t.index > 9)).to_csv(
        samples, index=False
    )
    with pytest.raises(InputError) as caught:
        calibrate_job(stations, samples, tmp_path / "out")
    (problem,) = caught.value.problems
    assert "too few samples: 20" in str(problem) and "10 no level" in str(problem)
    assert not (tmp_path / "out").exists()


def test_problems_of_both_files_come_together(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path)
    stations.write_text(STATIONS.replace("1800,20,40,46", "1800,20,40,"), encoding="utf-8")
    samples.write_text("Longitude,Latitude,RSRP\n107,21,strong\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        calibrate_job(stations, samples, tmp_path / "out")
    lines = [str(problem) for problem in caught.value.problems]
    assert len(lines) == 2 and "tx_power_dbm or eirp_dbm" in lines[0] and "strong" in lines[1]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("sigma_db", 0.0, "bands.0.sigma_db"),
        ("offset_db", "much", "bands.0.offset_db"),
        ("high_mhz", 100.0, "low_mhz must lie below high_mhz"),
        ("colour", "red", "colour"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, key: str, value: object, said: str) -> None:
    stations, samples = write_samples(tmp_path)
    calibrate_job(stations, samples, tmp_path)
    path = tmp_path / JSON_FILE
    data = json.loads(path.read_text(encoding="utf-8"))
    data["bands"][0][key] = value
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_calibration(path)
    assert len(caught.value.problems) == 1 and said in str(caught.value)


def test_no_file_and_no_json(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text("{", encoding="utf-8")
    for name, said in (("none.json", "a calibration file"), ("half.json", "a JSON file")):
        with pytest.raises(InputError, match=said):
            read_calibration(tmp_path / name)


def corrected_settings(offset: float, slope: float = 0.0, clutter: tuple = ()) -> PropagationSettings:
    band = BandCorrection(1700.0, 1885.0, offset, slope, 0.1, 2.0, clutter, 6.0)
    return PropagationSettings(correction=LossCorrection((band,)))


def test_the_correction_by_hand_at_points_and_pixels() -> None:
    cover = np.zeros((320, 320), np.float32)
    cover[:, 160:] = 15.0
    terrain = flat(clutter=cover)
    settings = corrected_settings(3.0, 10.0, ((15, 4.0),))
    bare = replace(settings, correction=None)
    x, y = np.array([4005.0, 6015.0, 7995.0]), np.full(3, 4005.0)
    args = terrain, 4005.0, 4005.0, 30.0, [900.0, 1800.0]
    added = loss_at_points(*args, x, y, settings) - models.loss_at_points(*args, x, y, bare)
    assert added[0] == pytest.approx(0.0)  # no correction at 900 MHz
    near, far = 3.0 + 10.0 * np.log10(0.1), 3.0 + 10.0 * np.log10(2.0) + 4.0  # held beyond 0.1 … 2 km
    assert added[1] == pytest.approx([near, far, far])
    window = loss_window(*args, 3000.0, settings)
    plain = models.loss_window(*args, 3000.0, bare)
    row, column = 320 - 1 - 133 - window.row, 200 - window.column
    assert window.loss_db[1, row, column] - plain.loss_db[1, row, column] == pytest.approx(far, abs=1e-4)
    assert np.array_equal(window.loss_db[0], plain.loss_db[0], equal_nan=True)


def test_levels_and_layers_fall_by_the_offset() -> None:
    terrain, cells = flat(), a_cell()
    points = PointTable(
        np.array(["p"]),
        np.zeros(1, np.int64),
        np.array(["centre"]),
        np.ones(1),
        np.array([6000.0]),
        np.array([4000.0]),
    )
    bare, worse = PropagationSettings(), corrected_settings(7.0)
    levels = [point_levels(terrain, cells, points, s, 9000.0).level_dbm[0] for s in (bare, worse)]
    assert levels[0] - levels[1] == pytest.approx(7.0, abs=1e-4)
    rules = {"4G": TechnologyRule("4G", -105.0, 8.0, 0.9)}
    layers = [network_layers(terrain, cells, rules, s, 3000.0)["4G"].level_dbm for s in (bare, worse)]
    both = np.isfinite(layers[1])
    assert both.sum() > 20_000 and np.allclose((layers[0] - layers[1])[both], 7.0, atol=1e-3)


def test_a_gain_by_the_correction_widens_the_range() -> None:
    """A correction that makes levels stronger must not be cut off at the distance of the bare model."""
    terrain, weak = flat(), replace(a_cell(), tx_power_dbm=np.array([7.0]))
    rules = {"4G": TechnologyRule("4G", -105.0, 1.0, 0.9)}
    bound = useful_range_m(7.0 + 5.0 - 0.5 - 10 * np.log10(1200), 1800.0, -109.0, 4000.0)
    found = network_layers(terrain, weak, rules, corrected_settings(-12.0), 4000.0)["4G"]
    rows, columns = np.nonzero(np.isfinite(found.level_dbm))
    reach = np.hypot((columns + 0.5) * 30.0 - 4000.0, 320 * 30.0 - (rows + 0.5) * 30.0 - 4000.0).max()
    assert bound < 450.0 < reach


def test_recife_errors_are_as_reported(shared_data: Path, repository: Path) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("recife", repository / "benchmarks" / "recife.py")
    assert spec is not None and spec.loader is not None
    recife = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recife)
    data = shared_data / "validation" / "recife-gsm1800"
    hata = [recife.fit_hata(data, (sector,)).rmse_before_db for sector in recife.SECTORS]
    assert hata == pytest.approx([13.8, 14.9], abs=0.05)  # as the authors give them
    good = recife.calibrate_sectors(data, ("BTS_01",))
    assert good.fit.bands[0].rmse_cross_validated_db < 9.5 < good.fit.bands[0].rmse_before_db
    assert not good.calibration.notes
    bad = recife.calibrate_sectors(data, ("BTS_03",))
    assert "BTS_03: its samples contradict its antenna" in bad.calibration.notes[0]
    turned = recife.calibrate_sectors(data, ("BTS_03",), turned_deg=180.0)
    assert turned.fit.bands[0].rmse_cross_validated_db < 11.0 < bad.fit.bands[0].rmse_cross_validated_db


def msi_file(folder: Path, gain: str) -> None:
    lines = ["NAME panel", f"GAIN {gain}"]
    for cut in ("HORIZONTAL", "VERTICAL"):
        lines += [f"{cut} 360", *(f"{angle} 0.0" for angle in range(360))]
    (folder / "panel.msi").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_stations_name_antenna_files_and_another_model(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path)
    stations.write_text(STATIONS.replace("omni", "panel"), encoding="utf-8")
    offset = {}
    for gain in ("5 dBi", "5 dBd"):
        msi_file(tmp_path, gain)
        report = calibrate_job(
            stations, samples, tmp_path / "out", antennas=[str(tmp_path / "*.msi")], dry_run=True
        )
        offset[gain] = report.calibration.bands[0].offset_db
    assert offset["5 dBd"] - offset["5 dBi"] == pytest.approx(2.15, abs=1e-6)
    free = calibrate_job(
        stations, samples, tmp_path / "out", antennas=[str(tmp_path)], dry_run=True,
        settings=PropagationSettings(model="free-space"),
    )  # fmt: skip
    assert free.calibration.model == "free-space"
    assert free.calibration.bands[0].offset_db > offset["5 dBi"]


def test_problems_name_what_the_command_was_given(tmp_path: Path) -> None:
    stations, samples = write_samples(tmp_path)
    stations.write_text(STATIONS.replace("omni", "panel"), encoding="utf-8")
    for given, said in (
        ({}, f"{stations}, column 'antenna'"),
        ({"antennas": [str(tmp_path / "*.pln")]}, "phusong calibrate, column '--antennas'"),
        ({"settings": PropagationSettings(model="magic")}, "phusong calibrate, column '--model'"),
    ):
        with pytest.raises(InputError) as caught:
            calibrate_job(stations, samples, tmp_path / "out", **given)
        lines = [str(problem) for problem in caught.value.problems]
        assert any(line.startswith(said) for line in lines), lines
        assert not any("phusong.toml" in line for line in lines)
    with pytest.raises(InputError) as caught:
        calibrate_job(stations, tmp_path / "none.csv", tmp_path / "out")
    assert "check the path" in str(caught.value)
    assert "phusong.toml" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_command_shows_every_number_on_80_columns(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stations, samples = write_samples(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    report = calibrate_job(stations, samples, tmp_path / "out", dry_run=True)
    show_calibration(Reporter(language, quiet=True), report, tmp_path / "out")
    shown = capsys.readouterr().out
    band = report.calibration.bands[0]
    for key in ("samples", "offset_db", "slope_db", "rmse_before", "rmse_validated", "sigma_db"):
        assert say(f"calibration_{key}", language) in shown
    for value in (f"{band.offset_db:+.1f}", f"{band.sigma_db:.1f}", f"{band.rmse_cross_validated_db:.1f}"):
        assert value in shown
    assert REASONS["merged"][language == "vi"] in shown
    assert "below_floor" not in shown
