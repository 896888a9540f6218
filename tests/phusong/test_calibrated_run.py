"""A calibration named in phusong.toml: the run uses it, says so, and refuses one that does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest
import rasterio

from phusong.calibration_file import Calibration, CalibrationBand
from phusong.cli import main

Spoil = Callable[[Path, str, str], None]
EXTRA_LOSS_DB, SIGMA_DB = 10.0, 5.0


def phusong(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


def write_calibration(path: Path, *, model: str = "p1812-8") -> None:
    """10 dB more loss than predicted at 1800 MHz; nothing about 900 MHz."""
    band = CalibrationBand(
        band="1800", low_mhz=1700, high_mhz=1900, technologies=("4G",), offset_db=EXTRA_LOSS_DB,
        slope_db_per_decade=0.0, from_km=0.1, to_km=10.0, sigma_db=SIGMA_DB, sigma_fit_db=SIGMA_DB, samples=400,
        outliers=3, blocks=9, bias_before_db=10.0, rmse_before_db=11.0, rmse_after_db=5.0,
        rmse_cross_validated_db=5.2,
    )  # fmt: skip
    found = Calibration(
        model=model, stations="s.csv", samples="d.csv", terrain="t.tif", block_m=500, receiver_height_m=1.5,
        bands=(band,),
    )  # fmt: skip
    path.write_text(found.text(), encoding="utf-8")


def levels(folder: Path) -> dict[str, tuple[float, float]]:
    frame = pyogrio.read_dataframe(folder / "out" / "gaps.gpkg", layer="hamlets")
    return dict(
        zip(frame["village_id"], zip(frame["level_2g_dbm"], frame["level_4g_dbm"], strict=True), strict=True)
    )


def test_levels_of_the_calibrated_band_shift_and_outputs_say_so(own_valley: Path, spoil: Spoil) -> None:
    assert phusong("gaps", str(own_valley), "--quiet") == 0
    before = levels(own_valley)
    write_calibration(own_valley / "calibration.json")
    spoil(own_valley / "phusong.toml", "[propagation]", '[propagation]\ncalibration = "calibration.json"')
    assert phusong("run", str(own_valley), "--quiet") == 0
    after = levels(own_valley)
    for village in ("H01", "H02", "H03"):
        assert after[village][0] == pytest.approx(before[village][0], abs=1e-4)
        assert after[village][1] == pytest.approx(before[village][1] - EXTRA_LOSS_DB, abs=1e-3)
    with rasterio.open(own_valley / "out" / "coverage" / "4g_level.tif") as raster:
        assert "d.csv" in raster.tags()["calibration"]
        assert float(raster.tags()["sigma_db"]) == SIGMA_DB
        assert raster.tags()["sigma_source"] == "measured (calibration.json)"
    with rasterio.open(own_valley / "out" / "coverage" / "2g_level.tif") as raster:
        source = raster.tags()["sigma_source"]
        assert source.startswith("assumed: model 8.0 dB and place within a pixel")
    record = json.loads((own_valley / "out" / "run.json").read_text(encoding="utf-8"))
    assert "calibration.json" in record["inputs"]
    assert "d.csv" in (own_valley / "out" / "map.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda path: write_calibration(path, model="38901-rma"), "38901-rma"),
        (lambda path: path.write_text("{", encoding="utf-8"), "calibration.json"),
        (lambda path: None, "calibration.json"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(
    own_valley: Path,
    spoil: Spoil,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[Path], None],
    says: str,
) -> None:
    harm(own_valley / "calibration.json")
    spoil(own_valley / "phusong.toml", "[propagation]", '[propagation]\ncalibration = "calibration.json"')
    assert phusong("check", str(own_valley), "--quiet") == 2
    assert says in capsys.readouterr().err


def test_the_command_reports_bad_files_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.csv").write_text("cell_id,lon\nA,107\n", encoding="utf-8")
    (tmp_path / "d.csv").write_text("", encoding="utf-8")
    files = ["--stations", str(tmp_path / "s.csv"), "--samples", str(tmp_path / "d.csv")]
    assert phusong("calibrate", *files, "--out", str(tmp_path / "out")) == 2
    report = capsys.readouterr().err
    assert "s.csv" in report
    assert "d.csv" in report
    assert not (tmp_path / "out").exists()
