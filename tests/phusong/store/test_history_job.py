"""A run is kept; the next one too if anything differs; the commands tell what happened in between."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pyogrio
import pytest

from phusong.cli import main
from phusong.store.embedded import EmbeddedStore


def phusong(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


def kept(folder: Path) -> list[tuple[int, str]]:
    store = EmbeddedStore(folder / "history")
    found = [(info.number, info.label) for info in store.versions()]
    store.close()
    return found


def degrees(x_m: float, y_m: float) -> tuple[float, float]:
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform(x_m, y_m)


def build_in_the_east(folder: Path) -> None:
    """A VNPT station beyond the ridge, 300 m from hamlet H10, and M2 switched off."""
    lon, lat = degrees(700_000 + 10_500 + 200 + 300, 2_340_000 - 90 * 90 - 1500 + 900)
    with (folder / "layers" / "masts.csv").open("a", encoding="utf-8") as masts:
        masts.write(f"M4,VNPT,tower,45,grid,fibre,{lon:.6f},{lat:.6f}\n")
    path = folder / "layers" / "cells.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    rows = [row + (",2025-06-30" if row.startswith("M2-") else ",") for row in rows]
    rows.append("M4-4G-0,M4,VNPT,4G,1840,20,42,,46,2025-08-01,")
    path.write_text("\n".join([header + ",off_air", *rows]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def twice(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley run, run again unchanged, and run with a station more and one less."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("twice") / "project"))
    for _ in range(2):
        assert phusong("run", str(folder), "--quiet") == 0
    build_in_the_east(folder)
    assert phusong("run", str(folder), "--quiet") == 0
    return folder


@pytest.fixture
def own(twice: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(twice, tmp_path / "own"))


def test_the_same_results_are_kept_once(twice: Path) -> None:
    assert kept(twice) == [(1, ""), (2, "")]


def test_a_version_holds_the_results_of_its_run(twice: Path) -> None:
    store = EmbeddedStore(twice / "history")
    version = store.load(2)
    hamlets = pyogrio.read_dataframe(twice / "out" / "gaps.gpkg", layer="hamlets")
    assert version.tables["hamlet"]["verdict"].tolist() == hamlets["verdict"].tolist()
    assert set(version.tables) == {
        "hamlet", "part", "hamlet_operator", "serving", "place", "proposed_station", "plan_item",
        "plan_completion", "mast", "cell",
    }  # fmt: skip
    record = json.loads((twice / "out" / "run.json").read_text(encoding="utf-8"))
    assert {key: version.record[key] for key in record} == record
    assert "store" not in record["parameters"]
    names = {path.relative_to(twice / "out").as_posix() for path in (twice / "out" / "coverage").glob("*")}
    assert {file.name for file in version.files} == names
    for file in version.files:
        assert store.objects.path_of(file.sha256).read_bytes() == (twice / "out" / file.name).read_bytes()
    serving = version.tables["serving"].set_index("point_id")["cells"]
    assert serving["v:H10"][0] == "M4-4G-0"
    best = version.tables["hamlet"].set_index("village_id")["best_cell_4g"]
    for hamlet in ("H01", "H05", "H10"):
        own = [cell for cell in serving[f"v:{hamlet}"] if "-4G-" in cell]
        assert best[hamlet] == own[0]
    store.close()


def test_the_difference_names_the_new_station(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert phusong("diff", "first", "last", str(own)) == 0
    said = capsys.readouterr().out
    assert "M4 VNPT 4G" in said and "diff.xlsx" in said
    hamlets = pyogrio.read_dataframe(own / "out" / "diff.gpkg", layer="hamlets").set_index("village_id")
    gained = hamlets[hamlets["change"] == "gained"]
    assert "H10" in gained.index and set(gained["stations"]) == {"M4"}
    assert gained.loc["H10", "because"] == "M4 VNPT 4G: new since 2025-08-01"
    stations = pyogrio.read_dataframe(own / "out" / "diff.gpkg", layer="stations").set_index("mast_id")
    assert stations.loc["M4", "hamlets_gained"] == len(gained)
    assert set(stations.loc[["M2"], "change"]) == {"off"}
    book = openpyxl.load_workbook(own / "out" / "diff.xlsx")
    names = [row[1] for row in book["Inputs and parameters"].iter_rows(min_row=2, values_only=True)]
    assert set(names) == {"layers/cells.csv", "layers/masts.csv"}


def test_the_folder_of_the_project_may_stand_first_or_second(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with every other command; a version of that name is looked for only in a project's own folder."""
    monkeypatch.chdir(own.parent)
    assert phusong("diff", own.name) == 0
    assert phusong("diff", "first", own.name) == 0
    assert capsys.readouterr().out.count("M4 VNPT 4G") >= 2
    monkeypatch.chdir(own)
    assert phusong("diff", "first") == 0
    assert phusong("diff", str(own)) == 2


def test_a_day_before_the_first_version_is_told_apart_from_nonsense(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert phusong("diff", "2001-01-01", "last", str(own)) == 2
    assert "nothing was kept by then: version 1, the oldest, is of 20" in capsys.readouterr().err


def test_as_of_days_are_versions_too_and_the_day_is_told(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert phusong("run", str(own), "--quiet", "--as-of", "2021-12-31") == 0
    assert phusong("diff", "last", "as-of:2025-12-31", str(own), "--lang", "vi") == 0
    hamlets = pyogrio.read_dataframe(own / "out" / "diff.gpkg", layer="hamlets").set_index("village_id")
    assert hamlets.loc["H10", "because"] == "M4 VNPT 4G: phát sóng từ 2025-08-01"
    assert "tính đến 2021-12-31" in capsys.readouterr().out


def test_labels_and_pruning(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = str(own)
    assert phusong("history", project, "--label", "first=trước bão") == 0
    assert phusong("history", project, "--label", "last=trước bão") == 2
    assert phusong("prune", project, "--keep-last", "1") == 0
    assert kept(own) == [(1, "trước bão"), (2, "")]
    assert phusong("diff", "trước bão", "last", project) == 0
    assert phusong("prune", project, "--keep-last", "1", "--labelled", "--dry-run") == 0
    assert len(kept(own)) == 2
    rasters = own / "history" / "rasters"
    before = sum(path.is_file() for path in rasters.rglob("??/*"))
    assert phusong("prune", project, "--keep-last", "1", "--labelled") == 0
    assert kept(own) == [(2, "")]
    after = {path for path in rasters.rglob("??/*") if path.is_file()}
    assert len(after) == len(list((own / "out" / "coverage").iterdir())) < before
    assert phusong("prune", project) == 2
    assert phusong("diff", "1", "2", project) == 2
    assert "no number" not in capsys.readouterr().out


def test_a_version_is_taken_out_whole(own: Path, tmp_path: Path) -> None:
    assert phusong("history", str(own), "--take", "1", "--to", str(tmp_path / "one")) == 0
    hamlets = pyogrio.read_dataframe(tmp_path / "one" / "tables.gpkg", layer="hamlet")
    assert set(hamlets.loc[hamlets["dead_zone"].astype(bool), "village_id"]) == {"H09", "H10", "H11", "H12"}
    assert (tmp_path / "one" / "coverage" / "4g_level.tif").stat().st_size > 1000
    assert phusong("history", str(own), "--take", "1", "--to", str(tmp_path / "one")) == 2
    assert phusong("history", str(own), "--take", "1") == 2


def test_a_store_that_refuses_stops_a_run_before_any_work(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHUSONG_STORE", "postgresql://an@127.0.0.1:1/x")
    before = (own / "out" / "run.json").read_bytes()
    assert phusong("run", str(own), "--quiet") == 2
    assert "cannot connect" in capsys.readouterr().err
    assert (own / "out" / "run.json").read_bytes() == before


@pytest.mark.parametrize(("damage", "told"), [(b"", "is empty"), (b"no database at all" * 100, "damaged")])
@pytest.mark.parametrize("command", ["history", "run"])
def test_a_damaged_history_is_said_in_one_line(
    own: Path, damage: bytes, told: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "history" / "history.gpkg").write_bytes(damage)
    assert any(path.is_file() for path in (own / "history" / "rasters").rglob("*"))
    assert phusong(command, str(own)) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    assert (own / "history" / "history.gpkg").read_bytes() == damage


def test_an_empty_file_beside_nothing_is_a_new_history(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(own / "history" / "rasters")
    (own / "history" / "history.gpkg").write_bytes(b"")
    assert phusong("history", str(own)) == 0


def test_qgis_can_open_the_history(twice: Path) -> None:
    path = twice / "history" / "history.gpkg"
    layers = {name for name, kind in pyogrio.list_layers(path) if kind is not None}
    assert {"hamlet_of_version", "mast_of_version", "part_of_version"} <= layers
    hamlets = pyogrio.read_dataframe(path, layer="hamlet_of_version")
    assert hamlets["version"].value_counts().to_dict() == {1: 12, 2: 12}
    assert hamlets.crs == "EPSG:4326" and hamlets.geometry.x.between(106, 110).all()
