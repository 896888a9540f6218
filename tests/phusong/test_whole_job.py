"""The whole job on one valley: what comes out, that it comes out the same, that bad input changes nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
from rasterio.transform import from_origin

from phusong.cli import main


def phusong(*arguments: str) -> int:
    """Run the command line, return its exit status."""
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def done(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley after `phusong run`."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("done") / "project"))
    assert phusong("run", str(folder), "--quiet") == 0
    return folder


def test_every_result_is_there(done: Path) -> None:
    names = set(files(done / "out"))
    tables = {
        "gaps.xlsx",
        "gaps.gpkg",
        "proposals.xlsx",
        "proposals.gpkg",
        "plans.xlsx",
        "map.html",
        "run.json",
    }
    layers = {
        f"coverage/{t}_{w}.tif" for t in ("2g", "4g") for w in ("level", "p_covered", "best_cell", "servers")
    }
    assert tables | layers <= names


def test_the_ridge_makes_the_dead_zones(done: Path) -> None:
    """West of the ridge every hamlet hears a mast; east of it none does, 600 m of rock in the way."""
    hamlets = pyogrio.read_dataframe(done / "out" / "gaps.gpkg", layer="hamlets").set_index("village_id")
    dead = hamlets.index[hamlets["dead_zone"].astype(bool)]
    assert set(dead) == {"H09", "H10", "H11", "H12"}


def test_the_raster_agrees_with_the_hamlets_own_profiles(done: Path) -> None:
    """The map's level at a hamlet in the open is that of its own profile, but for what a pixel rounds off."""
    hamlets = pyogrio.read_dataframe(done / "out" / "gaps.gpkg", layer="hamlets").to_crs("EPSG:32648")
    open_ground = hamlets[~hamlets["dead_zone"].astype(bool)]
    with rasterio.open(done / "out" / "coverage" / "4g_level.tif") as raster:
        at = [(p.x, p.y) for p in open_ground.geometry]
        stored = np.array([value[0] for value in raster.sample(at)]) * raster.scales[0]
        assert raster.units[0] == "dBm"
    difference = stored - open_ground["level_4g_dbm"].to_numpy()
    assert np.median(np.abs(difference)) < 1.0


def test_new_stations_serve_the_dead_hamlets(done: Path) -> None:
    stations = pyogrio.read_dataframe(done / "out" / "proposals.gpkg", layer="stations")
    served = {village for text in stations["villages_served"] for village in text.split("; ") if village}
    assert served
    assert served <= {"H09", "H10", "H11", "H12"}
    assert stations["total_cost"].sum() <= 5000.0


def test_plans_as_claimed_and_as_supported(done: Path) -> None:
    book = openpyxl.load_workbook(done / "out" / "plans.xlsx")
    page = book.worksheets[1]
    header = [cell.value for cell in page[1]]
    rows = [dict(zip(header, (cell.value for cell in row), strict=True)) for row in page.iter_rows(min_row=2)]
    found = {row["Item ID"]: row["Evidence says"] for row in rows}
    assert found == {"A1": "Supported", "A2": "Supported", "A3": "Contradicted", "A4": "Not checkable"}


@pytest.mark.parametrize("name", ["gaps", "reasons", "proposals", "plans"])
def test_every_workbook_says_last_what_it_is(done: Path, name: str) -> None:
    book = openpyxl.load_workbook(done / "out" / f"{name}.xlsx")
    assert book.sheetnames[-1] == "About"
    about = dict(book["About"].iter_rows(min_row=2, values_only=True))
    assert about["Results"] == "predicted, not measured"
    assert {"Project", "As of", "Model", "Thresholds", "Probability", "σ", "Calibration", "phusong"} <= set(
        about
    )
    synthetic = json.loads((done / "out" / "run.json").read_text(encoding="utf-8"))["synthetic"]
    assert ("SYNTHETIC" in about.get("Data", "")) == synthetic
    assert ("SYNTHETIC" in book.properties.title) == synthetic
    assert "predicted" in book.properties.description


def test_geopackages_say_what_they_are_and_proposals_name_the_hamlets(done: Path) -> None:
    for name in ("gaps", "reasons", "proposals"):
        about = pyogrio.read_dataframe(done / "out" / f"{name}.gpkg", layer="about")
        assert "predicted, not measured" in about["value"].tolist()
    page = openpyxl.load_workbook(done / "out" / "proposals.xlsx").worksheets[0]
    header = [cell.value for cell in page[1]]
    row = dict(zip(header, (cell.value for cell in page[2]), strict=True))
    assert row["Names of the hamlets served"] and 100 < row["Longitude (°)"] < 110


def test_run_json_tells_what_was_run(done: Path) -> None:
    record = json.loads((done / "out" / "run.json").read_text(encoding="utf-8"))
    raw = (done / "layers" / "villages.csv").read_bytes()
    assert record["inputs"]["layers/villages.csv"] == hashlib.sha256(raw).hexdigest()
    assert record["counts"]["villages"] == 12
    assert record["parameters"]["siting"]["budget"] == 5000.0
    assert record["as_of"] == "2025-12-31"


def test_a_second_run_and_other_workers_give_the_same_bytes(done: Path, own_valley: Path) -> None:
    before = files(done / "out")
    assert phusong("run", str(done), "--quiet") == 0  # from the cache
    assert phusong("run", str(own_valley), "--quiet", "--workers", "3") == 0  # from scratch
    for again in (files(done / "out"), files(own_valley / "out")):
        assert {k: v for k, v in again.items() if k != "run.json"} == {
            k: v for k, v in before.items() if k != "run.json"
        }


def test_a_damaged_cache_is_computed_again(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(done / "out")
    for path in (done / ".phusong").glob("levels-*.arrays"):
        path.write_bytes(path.read_bytes()[:1000])
    assert phusong("gaps", str(done)) == 0
    assert "damaged" in capsys.readouterr().err
    assert files(done / "out")["gaps.gpkg"] == before["gaps.gpkg"]


def test_as_of_an_earlier_day(own_valley: Path) -> None:
    """M2 went on air on 30 June 2022: the day before it is not there, on the day it is."""
    for day, expected in (("2022-06-29", "Contradicted"), ("2022-06-30", "Supported")):
        assert phusong("plans", str(own_valley), "--as-of", day, "--quiet") == 0
        page = openpyxl.load_workbook(own_valley / "out" / "plans.xlsx").worksheets[1]
        header = [cell.value for cell in page[1]]
        rows = [
            dict(zip(header, (cell.value for cell in row), strict=True)) for row in page.iter_rows(min_row=2)
        ]
        assert {row["Item ID"]: row["Evidence says"] for row in rows}["A1"] == expected


@pytest.mark.parametrize("stage", ["coverage", "gaps", "site", "plans", "map"])
def test_each_stage_by_itself_writes_its_own(own_valley: Path, stage: str) -> None:
    expected = {
        "coverage": "coverage/4g_level.tif", "gaps": "gaps.xlsx", "site": "proposals.xlsx", "plans": "plans.xlsx",
        "map": "map.html",
    }  # fmt: skip
    assert phusong(stage, str(own_valley), "--quiet") == 0
    assert expected[stage] in files(own_valley / "out")


def test_vietnamese_and_english_tables(own_valley: Path) -> None:
    titles = {}
    for language in ("vi", "en"):
        assert phusong("gaps", str(own_valley), "--quiet", "--lang", language) == 0
        book = openpyxl.load_workbook(own_valley / "out" / "gaps.xlsx")
        titles[language] = [cell.value for cell in book.worksheets[0][1]]
    assert "Mã thôn" in titles["vi"]
    assert "Hamlet ID" in titles["en"]
    assert len(titles["vi"]) == len(titles["en"])


def test_a_budget_of_nothing_builds_nothing(own_valley: Path) -> None:
    assert phusong("site", str(own_valley), "--budget", "0", "--quiet") == 0
    assert len(pyogrio.read_dataframe(own_valley / "out" / "proposals.gpkg", layer="stations")) == 0


Spoil = Callable[[Path, str, str], None]


def _missing_column(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "layers" / "villages.csv", "population", "inhabitants_of_what")


def _text_in_a_number(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "layers" / "villages.csv", ",101,", ",about a hundred,")


def _swapped_lon_lat(folder: Path, spoil: Spoil) -> None:
    path = folder / "layers" / "villages.csv"
    line = path.read_text(encoding="utf-8").splitlines()[3]
    *head, lon, lat = line.split(",")
    spoil(path, line, ",".join([*head, lat, lon]))


def _duplicate_id(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "layers" / "masts.csv", "M2,", "M1,")


def _unknown_technology(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "layers" / "cells.csv", ",4G,", ",6G,")


def _raster_elsewhere(folder: Path, spoil: Spoil) -> None:
    with rasterio.open(
        folder / "layers" / "terrain.tif", "w", driver="GTiff", width=50, height=50, count=1, dtype="float32",
        crs="EPSG:32648", transform=from_origin(300_000.0, 1_200_000.0, 90.0, 90.0),
    ) as raster:  # fmt: skip
        raster.write(np.ones((50, 50), np.float32), 1)


def _empty_file(folder: Path, spoil: Spoil) -> None:
    (folder / "layers" / "cells.csv").write_text("", encoding="utf-8")


def _wrong_crs(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "phusong.toml", 'crs = "EPSG:32648"', 'crs = "EPSG:4326"')


def _missing_file(folder: Path, spoil: Spoil) -> None:
    (folder / "layers" / "masts.csv").unlink()


def _antenna_pattern(folder: Path, spoil: Spoil) -> None:
    spoil(folder / "layers" / "cells.csv", "tx_power_dbm", "antenna,tx_power_dbm")
    path = folder / "layers" / "cells.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    rows = [",".join([*row.split(",")[:8], "no-such-pattern", *row.split(",")[8:]]) for row in rows]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_missing_column, ["villages.csv", "population"]),
        (_text_in_a_number, ["villages.csv", "row 2", "about a hundred"]),
        (_swapped_lon_lat, ["villages.csv", "row 4"]),
        (_duplicate_id, ["masts.csv", "row 3", "M1"]),
        (_unknown_technology, ["cells.csv", "6G", "2G"]),
        (_raster_elsewhere, ["terrain.tif"]),
        (_empty_file, ["cells.csv"]),
        (_wrong_crs, ["EPSG:4326"]),
        (_missing_file, ["masts.csv"]),
        (_antenna_pattern, ["no-such-pattern"]),
    ],
)
def test_bad_input_is_one_clear_line_and_changes_nothing(
    own_valley: Path,
    spoil: Spoil,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[Path, Spoil], None],
    says: list[str],
) -> None:
    assert phusong("plans", str(own_valley), "--quiet") == 0
    before = files(own_valley / "out")
    harm(own_valley, spoil)
    capsys.readouterr()
    assert phusong("run", str(own_valley), "--quiet") == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if all(word in line for word in says)]
    assert lines, f"no line says {says}"
    assert "expected" in lines[0]
    assert files(own_valley / "out") == before


def test_several_bad_files_are_reported_together(
    own_valley: Path, spoil: Spoil, capsys: pytest.CaptureFixture[str]
) -> None:
    _text_in_a_number(own_valley, spoil)
    _duplicate_id(own_valley, spoil)
    _unknown_technology(own_valley, spoil)
    assert phusong("check", str(own_valley), "--quiet") == 2
    report = capsys.readouterr().err
    assert all(name in report for name in ("villages.csv", "masts.csv", "cells.csv"))


def test_a_locked_output_file_leaves_the_earlier_results(
    own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder of the same name cannot be replaced on any system, whoever runs the test."""
    assert phusong("plans", str(own_valley), "--quiet") == 0
    before = files(own_valley / "out")
    (own_valley / "out" / "gaps.xlsx").mkdir()
    assert phusong("run", str(own_valley), "--quiet") == 2
    assert "gaps.xlsx" in capsys.readouterr().err
    assert files(own_valley / "out") == before


def test_unknown_folder_and_unknown_option(tmp_path: Path) -> None:
    assert phusong("run", str(tmp_path / "nowhere"), "--quiet") == 2
    assert phusong("run", str(tmp_path), "--no-such-option") == 2


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "init",
        "check",
        "run",
        "coverage",
        "gaps",
        "site",
        "plans",
        "scenario",
        "map",
        "calibrate",
        "validate",
    ],
)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert phusong(command, "--help") == 0
    assert f"phusong {command}" in capsys.readouterr().out


def test_init_makes_a_project_that_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert phusong("init", str(tmp_path / "new")) == 0
    assert phusong("init", str(tmp_path / "new")) == 2, "an existing project is never overwritten"
    capsys.readouterr()
    assert phusong("check", str(tmp_path / "new")) == 2
    assert "terrain.tif" in capsys.readouterr().err


def test_a_stage_names_only_the_files_that_it_wrote(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The map of the whole run lies there too, but is of another day."""
    assert phusong("plans", str(done), "--as-of", "2022-06-30", "--quiet") == 0
    said = capsys.readouterr().out
    assert "plans.xlsx" in said
    assert "map.html" not in said
    assert "gaps.xlsx" not in said
