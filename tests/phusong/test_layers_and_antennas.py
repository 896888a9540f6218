"""From phusong.toml to rasters: antenna files, operators, indoors, SINR, spread, stations people depend on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import rasterio

from phusong import inputs
from phusong.cli import main
from phusong.console import Reporter
from phusong.coverage.propagation.p1812 import location_variability_db
from phusong.errors import InputError
from phusong.gis_data.cog import read_cog
from phusong.layer_files import RASTERS, layer_stems
from phusong.project import load_project
from phusong.scene import Options, Scene, prepare

Spoil = Callable[[Path, str, str], None]
MORE = '[outputs]\nby_operator = true\n[propagation]\nbuilding = "thermally-efficient"\nload = 0.3\n'


def phusong(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


def write_msi(path: Path, gain: str) -> None:
    """A beam of 65° by 8°, tilted by 4°."""

    def cut(centre: int, width: float) -> str:
        off = [abs((angle - centre + 180) % 360 - 180) for angle in range(360)]
        return "\n".join(f"{angle} {min(12 * (o / width) ** 2, 25):.2f}" for angle, o in enumerate(off))

    path.parent.mkdir(exist_ok=True)
    text = f"NAME Sector 65\nGAIN {gain}\nELECTRICAL_TILT 4\n"
    path.write_text(f"{text}HORIZONTAL 360\n{cut(0, 65)}\nVERTICAL 360\n{cut(4, 8)}\n", encoding="utf-8")


def use_antenna(folder: Path, spoil: Spoil, gain: str, name: str = "sector65") -> None:
    """Give every cell the antenna `name`, and the project a folder with one file, sector65.msi."""
    write_msi(folder / "antennas" / "sector65.msi", gain)
    spoil(folder / "phusong.toml", "operators", 'antennas = ["antennas/*.msi"]\noperators')
    cells = folder / "layers" / "cells.csv"
    head, *rows = cells.read_text(encoding="utf-8").splitlines()
    text = "\n".join([f"{head},antenna", *(f"{row},{name}" for row in rows)])
    cells.write_text(text + "\n", encoding="utf-8")


def scene_of(folder: Path) -> Scene:
    return prepare(Options(load_project(folder), date(2025, 12, 31), "en", 2, Reporter("en", quiet=True)))


def raster(folder: Path, name: str) -> np.ndarray:
    return read_cog(folder / "out" / "coverage" / f"{name}.tif").values


def test_rasters_of_all_and_of_each_operator(own_valley: Path, spoil: Spoil) -> None:
    spoil(own_valley / "phusong.toml", "[propagation]\n", MORE)
    assert phusong("coverage", str(own_valley), "--quiet") == 0
    stems = [f"{t}{o}" for t in ("2g", "4g") for o in ("", "_viettel", "_vnpt")]
    folder = own_valley / "out" / "coverage"
    assert {p.stem for p in folder.glob("*.tif")} == {f"{s}_{what}" for s in stems for what in RASTERS}
    best = np.fmax(raster(own_valley, "4g_viettel_level"), raster(own_valley, "4g_vnpt_level"))
    np.testing.assert_array_equal(raster(own_valley, "4g_level"), best)
    assert np.all(raster(own_valley, "4g_p_indoor") <= raster(own_valley, "4g_p_covered") + 0.005)
    with rasterio.open(folder / "4g_vnpt_sinr.tif") as file:
        tags = file.tags()
        assert (file.units[0], tags["operator"], tags["load_of_other_cells"]) == ("dB", "VNPT", "0.3")
    with rasterio.open(folder / "4g_p_indoor.tif") as file:
        assert file.tags()["building"].startswith("thermally-efficient")
    before = {path.name: path.read_bytes() for path in folder.glob("*.tif")}
    assert phusong("coverage", str(own_valley), "--quiet") == 0  # from the last run
    assert {path.name: path.read_bytes() for path in folder.glob("*.tif")} == before
    spoil(own_valley / "phusong.toml", "by_operator = true", "by_operator = false")
    assert phusong("coverage", str(own_valley), "--quiet") == 0
    np.testing.assert_array_equal(raster(own_valley, "4g_level"), best)
    spoil(own_valley / "phusong.toml", "by_operator = false", "by_operator = true")
    assert phusong("coverage", str(own_valley), "--quiet", "--workers", "1") == 0
    assert {path.name: path.read_bytes() for path in folder.glob("*.tif")} == before


def test_gain_of_an_antenna_file_counts_in_dbd_and_in_dbi(own_valley: Path, spoil: Spoil) -> None:
    """The same number with the other unit moves every level by 2.15 dB: read as the wrong one, this fails."""
    use_antenna(own_valley, spoil, "15 dBd")
    assert phusong("check", str(own_valley), "--quiet") == 0
    assert phusong("coverage", str(own_valley), "--quiet") == 0
    dbd = raster(own_valley, "4g_level")
    write_msi(own_valley / "antennas" / "sector65.msi", "15 dBi")
    assert phusong("coverage", str(own_valley), "--quiet") == 0  # a changed file is no reuse
    dbi = raster(own_valley, "4g_level")
    both = ~np.isnan(dbd) & ~np.isnan(dbi)
    assert both.sum() > 1000
    np.testing.assert_allclose((dbd - dbi)[both], 2.15, atol=0.011)


def test_the_whole_job_with_an_antenna_file(own_valley: Path, spoil: Spoil) -> None:
    use_antenna(own_valley, spoil, "16 dBd", "Sector 65")
    assert phusong("run", str(own_valley), "--quiet") == 0
    record = json.loads((own_valley / "out" / "run.json").read_text(encoding="utf-8"))
    assert "antennas/sector65.msi" in record["inputs"]
    assert record["parameters"]["antennas"] == ["antennas/*.msi"]
    book = openpyxl.load_workbook(own_valley / "out" / "gaps.xlsx")
    depends, counts = book["Depends on one station"], book["People by number of stations"]
    rows = list(counts.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == ["2G", "3G", "4G", "5G", "Any technology"]
    people = sum(100 + i for i in range(1, 13))
    for row in rows:
        assert sum(row[1:]) == pytest.approx(people)
    alone = list(depends.iter_rows(min_row=2, values_only=True))
    assert sum(row[1] for row in alone) == pytest.approx(rows[-1][2])
    assert depends["B1"].value == "People who have no other station"


def test_an_unknown_pattern_and_a_bad_file_are_told_by_check(
    own_valley: Path, spoil: Spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    use_antenna(own_valley, spoil, "15 dBd", "sector66")
    assert phusong("check", str(own_valley), "--quiet") == 2
    error = capsys.readouterr().err
    assert "sector66" in error
    assert "sector65" in error  # what is known
    write_msi(own_valley / "antennas" / "sector65.msi", "much")
    spoil(own_valley / "layers" / "cells.csv", "M1-2G-0,M1", "M1-2G-0,M77")  # a fault in another file
    assert phusong("check", str(own_valley), "--quiet") == 2
    error = capsys.readouterr().err
    assert "GAIN" in error
    assert "M77" in error
    assert not (own_valley / "out").exists()


def test_a_bandwidth_that_does_not_exist_is_told_by_check(
    own_valley: Path, spoil: Spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(own_valley / "layers" / "cells.csv", "4G,1840,20,", "4G,1840,19,")
    assert phusong("check", str(own_valley), "--quiet") == 2
    assert "4G bandwidth" in capsys.readouterr().err


def test_spread_is_that_of_model_and_locations(own_valley: Path) -> None:
    scene = scene_of(own_valley)
    for technology, frequency_ghz in (("2G", 0.94), ("4G", 1.84), ("5G", 2.6)):  # 5G: no cells, the preset's
        location_db = location_variability_db(frequency_ghz, 90.0, 1.5, 1.5)
        assert 1.8 < location_db < 2.1
        sigma_db = scene.rule.technologies[technology].sigma_db
        assert sigma_db == pytest.approx(math.hypot(8.0, location_db))


def test_interference_rule_and_antennas_of_the_project_file(own_valley: Path, spoil: Spoil) -> None:
    toml = own_valley / "phusong.toml"
    assert inputs.interference_rule(load_project(own_valley)).load == 0.5
    spoil(toml, "[propagation]\n", '[antennas]\nfiles = ["a.msi", "b"]\n[propagation]\nload = 0.8\n')
    project = load_project(own_valley)
    assert inputs.interference_rule(project).load == 0.8
    assert project.antennas == ("a.msi", "b")
    spoil(toml, "load = 0.8", "load = 80")
    with pytest.raises(InputError, match="load"):
        load_project(own_valley)


def test_names_of_files_are_plain_and_distinct() -> None:
    stems = layer_stems(["4G", ("4G", "Đông Á"), ("4G", "Dong-A"), ("2G", "Đông Á"), ("4G", "移动")])
    assert stems["4G"] == "4g"
    assert sorted(stems.values()) == ["2g_dong-a2", "4g", "4g_dong-a", "4g_dong-a2", "4g_operator"]


def test_a_frequency_that_the_model_does_not_hold_for_is_told_by_check(
    own_valley: Path, spoil: Spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(own_valley / "phusong.toml", "[propagation]\n", '[propagation]\nmodel = "okumura-hata"\n')
    assert phusong("check", str(own_valley), "--quiet") == 2
    assert "1840" in capsys.readouterr().err
