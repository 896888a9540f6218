"""``phusong update``: after any change of stations the results are those of a run from scratch, byte for byte."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from phusong.cli import main

Rows = list[dict[str, str]]
_OWN = {"run.json", "station-changes.xlsx"}


def _call(*arguments: object) -> int:
    try:
        main([str(a) for a in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _bytes(out: Path) -> dict[str, str]:
    found = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in _OWN
    }
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    record.pop("seconds")
    return {**found, "run.json": json.dumps(record, sort_keys=True)}


def _from_scratch(project: Path, at: Path) -> dict[str, str]:
    shutil.copytree(project, at, ignore=shutil.ignore_patterns("out", ".phusong"))
    assert _call("run", at, "--quiet") == 0
    return _bytes(at / "out")


@pytest.fixture(scope="module")
def small(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley with layers by operator and a short range, run once; do not change it."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("small") / "project"))
    toml = folder / "phusong.toml"
    text = toml.read_text(encoding="utf-8").replace("maximum_range_km = 12.0", "maximum_range_km = 4.0")
    toml.write_text(text + "\n[outputs]\nby_operator = true\nkeep_merge = true\n", encoding="utf-8")
    assert _call("run", folder, "--quiet") == 0
    return folder


@pytest.fixture
def project(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "project"))


def _new_station(masts: Rows, cells: Rows, chance: random.Random) -> None:
    like = chance.choice(masts)
    name = f"{chance.choice('AN')}{len(masts)}{chance.randrange(1000)}"
    masts.append({**like, "mast_id": name, "lat": f"{float(like['lat']) + chance.uniform(-0.02, 0.02):.6f}"})
    technology = chance.choice(["2G", "3G", "4G"])
    cell = next(c for c in cells if c["technology"] in (technology, "4G"))
    given = {"cell_id": f"{name}-c", "mast_id": name, "technology": technology}
    cells.append({**cell, **given, "operator": chance.choice(["Viettel", "VNPT"])})


def _move(masts: Rows, cells: Rows, chance: random.Random) -> None:
    mast = chance.choice(masts)
    mast["lon"] = f"{float(mast['lon']) + 0.003:.6f}"


def _retune(masts: Rows, cells: Rows, chance: random.Random) -> None:
    cell = chance.choice(cells)
    column, value = chance.choice([("azimuth_deg", "77"), ("tx_power_dbm", "40"), ("antenna_height_m", "30")])
    cell[column] = value


def _remove(masts: Rows, cells: Rows, chance: random.Random) -> None:
    gone = chance.choice(cells)
    if sum(c["technology"] == gone["technology"] for c in cells) > 1:
        cells.remove(gone)


def _switch_off(masts: Rows, cells: Rows, chance: random.Random) -> None:
    chance.choice(cells)["off_air"] = "2025-06-30"


def _rename(masts: Rows, cells: Rows, chance: random.Random) -> None:
    cell = chance.choice(cells)
    cell["cell_id"] = chance.choice("0Z") + cell["cell_id"]


def _no_more_2g(masts: Rows, cells: Rows, chance: random.Random) -> None:
    for cell in cells:
        if cell["technology"] == "2G":
            cell["off_air"] = "2024-01-01"


_STEPS: list[Callable[[Rows, Rows, random.Random], None]] = [
    _new_station, _move, _retune, _remove, _switch_off, _rename,
]  # fmt: skip


@pytest.mark.parametrize("seed", [1])
def test_any_sequence_of_changes_gives_the_bytes_of_a_run_from_scratch(
    project: Path, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from phusong import coverage_layers, layer_splice, merge_store

    monkeypatch.setattr(merge_store, "_SHARE_SWEPT", 10.0)  # so few masts would all be merged anew
    spliced: list[bool] = []

    def watched(*arguments: Any) -> Any:
        found = layer_splice.splice_layers(*arguments)
        spliced.append(found is not None)
        return found

    monkeypatch.setattr(coverage_layers, "splice_layers", watched)
    chance = random.Random(seed)
    masts, cells = (_rows(project / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    for cell in cells:
        cell["off_air"] = ""
    steps = chance.sample(_STEPS, len(_STEPS))
    for several in (steps[:1], steps[1:3], [*steps[3:], _no_more_2g]):
        for step in several:
            step(masts, cells, chance)
        new = [_write(tmp_path / f"{n}.csv", rows) for n, rows in (("masts", masts), ("cells", cells))]
        assert _call("update", project, "--masts", new[0], "--cells", new[1], "--quiet") == 0
        assert (project / "layers" / "cells.csv").read_bytes() == new[1].read_bytes()
        assert (project / "out" / "station-changes.xlsx").is_file()
    assert any(spliced)  # the last update starts from what others left
    assert _bytes(project / "out") == _from_scratch(project, tmp_path / "scratch")


def test_rows_that_changed_do_as_well_as_the_whole_list(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cells = _rows(project / "layers" / "cells.csv")
    part = _write(
        tmp_path / "part.csv",
        [
            {"cell_id": "M1-4G-0", "azimuth_deg": "33", "off_air": ""},
            {"cell_id": "M3-2G-120", "azimuth_deg": "120", "off_air": "2025-03-01"},
        ],
    )
    assert _call("update", project, "--cells", part, "--changes", "--quiet") == 0
    after = {row["cell_id"]: row for row in _rows(project / "layers" / "cells.csv")}
    assert len(after) == len(cells)
    for row in cells:
        now = after[row["cell_id"]]
        expected = {**row, "off_air": ""}
        if row["cell_id"] == "M1-4G-0":
            expected["azimuth_deg"] = "33"
        if row["cell_id"] == "M3-2G-120":
            expected["off_air"] = "2025-03-01"
        assert now == expected
    assert f"Tables: {project / 'out' / 'station-changes.xlsx'}" in capfd.readouterr().out
    sheet = openpyxl.load_workbook(project / "out" / "station-changes.xlsx").worksheets[0]
    told = {(row[1], row[3], row[5]) for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert told == {
        ("M1-4G-0", "changed", "azimuth_deg"),
        ("M3-2G-120", "switched off", "off_air"),
    }


def test_a_dry_run_changes_nothing(project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cells = _rows(project / "layers" / "cells.csv")
    cells[0]["azimuth_deg"] = "200"
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in project.rglob("*") if p.is_file()}
    new = _write(tmp_path / "cells.csv", cells)
    assert _call("update", project, "--cells", new, "--dry-run", "--quiet") == 0
    after = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in project.rglob("*") if p.is_file()}
    lock = project / ".phusong" / "run.lock"
    assert {p: v for p, v in after.items() if p != lock} == {p: v for p, v in before.items() if p != lock}
    assert "Station changes" in capfd.readouterr().out


def test_all_that_is_wrong_is_said_and_nothing_changes(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cells, masts = (_rows(project / "layers" / f"{name}.csv") for name in ("cells", "masts"))
    cells[0]["azimuth_deg"], cells[1]["mast_id"], masts[0]["lon"] = "720", "nowhere", "east"
    before = _bytes(project / "out"), (project / "layers" / "cells.csv").read_bytes()
    new = [_write(tmp_path / f"{n}.csv", rows) for n, rows in (("masts", masts), ("cells", cells))]
    assert _call("update", project, "--masts", new[0], "--cells", new[1], "--quiet") == 2
    said = capfd.readouterr().err
    assert "'720'" in said and "'nowhere'" in said and "'east'" in said and str(new[1]) in said
    assert (_bytes(project / "out"), (project / "layers" / "cells.csv").read_bytes()) == before
    part = _write(tmp_path / "part.csv", [{"cell_id": "M1-4G-0", "azimuth_deg": "720"}])
    assert _call("update", project, "--cells", part, "--changes", "--quiet") == 2
    assert f"{part}, row 2" in capfd.readouterr().err
    assert _call("update", project, "--cells", tmp_path / "none.csv", "--quiet") == 2
    assert (_bytes(project / "out"), (project / "layers" / "cells.csv").read_bytes()) == before


def test_what_of_a_file_of_changes_is_not_understood_is_said(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A column with a slip in its name would else change nothing, and nobody would know."""
    lists = (project / "layers" / "cells.csv").read_bytes()
    part = _write(tmp_path / "part.csv", [{"cell_id": "M1-4G-0", "tx_powr_dbm": "40"}])
    assert _call("update", project, "--cells", part, "--changes", "--quiet") == 2
    assert "not understood: tx_powr_dbm" in capfd.readouterr().err
    part = _write(tmp_path / "part.csv", [{"cell_id": "M1-4G-0", "azimuth_deg": "33", "tx_powr_dbm": "40"}])
    assert _call("update", project, "--cells", part, "--changes", "--quiet", "--dry-run") == 0
    said = capfd.readouterr()
    assert "column 'tx_powr_dbm'" in said.err and "rename it to tx_power_dbm" in said.err
    assert "M1-4G-0" in said.out and "Azimuth 0 → 33" in said.out
    assert (project / "layers" / "cells.csv").read_bytes() == lists


def test_a_fault_of_a_changed_row_is_said_of_the_row_that_the_user_sees(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cells = _rows(project / "layers" / "cells.csv")
    new = [{**cells[0], "cell_id": f"N{n}", "mast_id": mast} for n, mast in enumerate(("M1", "nowhere"))]
    part = _write(tmp_path / "part.csv", new)
    assert _call("update", project, "--cells", part, "--changes", "--quiet") == 2
    assert f"{part}, row 3, column 'mast_id': found 'nowhere'" in capfd.readouterr().err
    masts = _write(tmp_path / "masts.csv", _rows(project / "layers" / "masts.csv")[1:])
    assert _call("update", project, "--masts", masts, "--cells", part, "--changes", "--quiet") == 2


def test_warnings_name_files_as_the_project_does(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    villages = _rows(project / "layers" / "villages.csv")
    lon, lat = ([float(row[name]) for row in villages] for name in ("lon", "lat"))
    bounds = [min(lon) - 0.02, min(lat) - 0.02, max(lon) + 0.02, max(lat) + 0.02]
    toml = project / "phusong.toml"
    text = toml.read_text(encoding="utf-8").replace("margin_m = 1500", f"bounds = {bounds}")
    toml.write_text(text, encoding="utf-8")
    masts = _rows(project / "layers" / "masts.csv")
    far = {**masts[0], "mast_id": "FAR", "lon": f"{lon[0] + 1.0:.6f}"}
    new = _write(tmp_path / "new.csv", [*masts, far])
    for more in (["--changes"], []):
        assert _call("update", project, "--masts", new, *more, "--quiet", "--dry-run") == 0
        assert "  layers/masts.csv, row 5: found" in capfd.readouterr().err


def test_a_workbook_takes_the_place_of_the_project_s_text(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = project / "layers" / "cells.csv"
    before, text = _bytes(project / "out"), ours.read_text(encoding="utf-8")
    ours.write_text(text.replace(",", ";"), encoding="utf-8")
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Danh sách cell"])
    for row in csv.reader(text.splitlines()):
        sheet.append([float(value) if value.replace(".", "").isdigit() else value for value in row])
    book.save(tmp_path / "cells.xlsx")
    assert _call("update", project, "--cells", tmp_path / "cells.xlsx", "--quiet") == 0
    assert ours.read_text(encoding="utf-8").splitlines()[0] == text.splitlines()[0].replace(",", ";")
    now = _bytes(project / "out")
    told = [name for name in before if name.endswith((".tif", ".csv"))]  # others name the list's SHA-256
    assert len(told) > 10 and [now[name] for name in told] == [before[name] for name in told]
    sheet["C4"] = "no mast"
    sheet["B5"] = "nowhere"
    book.save(tmp_path / "cells.xlsx")
    capfd.readouterr()
    assert _call("update", project, "--cells", tmp_path / "cells.xlsx", "--quiet") == 2
    assert f"{tmp_path / 'cells.xlsx'}, row 5, column 'mast_id': found 'nowhere'" in capfd.readouterr().err


def test_a_mast_that_is_gone_touches_the_layers_that_it_carried(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    masts, cells = (_rows(project / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    kept = [row for row in masts if row["mast_id"] != "M3"], [row for row in cells if row["mast_id"] != "M3"]
    new = [_write(tmp_path / f"{n}.csv", rows) for n, rows in zip(("masts", "cells"), kept, strict=True)]
    assert _call("update", project, "--masts", new[0], "--cells", new[1], "--quiet", "--dry-run") == 0
    said = " ".join(capfd.readouterr().out.split())
    assert "Touches 1 of 2 masts; coverage layers: 2G, 4G;" in said
    assert "hamlets within 4 km" in said and "no longer in the list" in said


def test_without_a_change_nothing_is_written(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _call("update", project, "--quiet") == 0  # the copy of the fixture has other file times
    capfd.readouterr()
    times = {p: p.stat().st_mtime_ns for p in (project / "out").rglob("*")}
    same = project / "layers" / "cells.csv"
    assert _call("update", project, "--cells", same, "--quiet") == 0
    assert "Nothing changed" in capfd.readouterr().out
    assert times == {p: p.stat().st_mtime_ns for p in (project / "out").rglob("*")}
    (project / "out" / "gaps.xlsx").unlink()
    assert _call("update", project, "--quiet") == 0
    assert (project / "out" / "gaps.xlsx").is_file()


def test_an_update_that_was_killed_is_made_up_for(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import phusong.pipeline

    cells = _rows(project / "layers" / "cells.csv")
    cells[0]["azimuth_deg"] = "200"
    new = _write(tmp_path / "cells.csv", cells)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    before = _bytes(project / "out")
    with monkeypatch.context() as patch:
        patch.setattr(phusong.pipeline, "gaps_stage", die)
        assert _call("update", project, "--cells", new, "--quiet") != 0
    assert _bytes(project / "out") == before
    assert _call("update", project, "--cells", new, "--quiet") == 0
    assert _bytes(project / "out") == _from_scratch(project, tmp_path / "scratch")
