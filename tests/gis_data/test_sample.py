"""The embedded sample: same bytes every time, exact registers, readable by our own readers."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from phusong.calibrate import calibrate_job
from phusong.coverage.propagation.terrain import PropagationSettings
from phusong.gis_data.layers import Layers
from phusong.gis_data.reader import read_layers
from phusong.gis_data.sample import facts
from phusong.gis_data.sample.surroundings import BIAS_DB, SPREAD_DB
from phusong.gis_data.sample.write import write_sample
from phusong.project import load_project

PACKAGE = Path(facts.__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample")
    write_sample(path)
    return path


@pytest.fixture(scope="module")
def layers(folder: Path) -> Layers:
    project = load_project(folder)
    return read_layers(
        folder,
        rasters=project.rasters,
        layers=project.layers,
        crs=project.area.crs,
        resolution_m=project.area.resolution_m,
        bounds=project.area.bounds,
        margin_m=project.area.margin_m,
        operators=project.operators,
    )


def table(folder: Path, name: str, delimiter: str = ",") -> list[dict[str, str]]:
    text = (folder / "layers" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_another_process_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    code = f"from pathlib import Path; from {write_sample.__module__} import write_sample as w; w(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert files_of(tmp_path) == files_of(folder)


def test_the_seed_decides(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path, seed=7)
    other, first = files_of(tmp_path), files_of(folder)
    assert other.keys() == first.keys()
    constant = {name for name in first if other[name] == first[name]}
    # Areas, names and who became whom are facts; all else follows the seed.
    assert {Path(name).name for name in constant} == {
        "README.txt", "phusong.toml", "commune_crosswalk.csv", "old_communes.geojson",
    }  # fmt: skip


def test_what_is_committed_is_small() -> None:
    sizes = {p: p.stat().st_size for p in PACKAGE.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert sum(sizes.values()) < 300_000, sizes


def test_the_project_says_that_it_is_synthetic(folder: Path) -> None:
    project = load_project(folder)
    assert project.project.synthetic
    assert project.project.as_of == date(2025, 12, 31)
    assert project.operators == ("Viettel", "VNPT", "MobiFone", "Vietnamobile")
    assert "SYNTHETIC" in (folder / "README.txt").read_text(encoding="utf-8")
    with rasterio.open(folder / "layers" / "terrain.tif") as terrain:
        assert terrain.tags()["synthetic"] == "yes"


def test_our_readers_have_nothing_to_say(layers: Layers) -> None:
    assert [str(problem) for problem in layers.warnings] == []


def test_counts(layers: Layers) -> None:
    counts = {
        name: len(getattr(layers, name))
        for name in ("communes", "poles", "fibre_nodes", "masts", "commune_crosswalk")
    }
    assert counts == {
        "communes": 54,
        "poles": 800,
        "fibre_nodes": 150,
        "masts": 600,
        "commune_crosswalk": 184,
    }
    assert 1450 <= len(layers.villages) <= 1550
    assert 2600 <= len(layers.clusters) <= 3100
    assert 2300 <= len(layers.cells) <= 3000
    assert 2700 <= len(layers.measurements) <= 3000
    assert (layers.places["kind"] == "public_service_point").sum() == 294
    assert set(layers.cells["technology"]) == {"2G", "3G", "4G", "5G"}
    assert layers.cells["on_air"].dt.year.min() == 2010
    assert Counter(layers.communes["kind"]) == {"ward": 30, "commune": 22, "special_zone": 2}
    assert layers.commune_crosswalk.groupby(["old_district", "old_commune"]).ngroups == 171


def test_people_add_up(layers: Layers) -> None:
    villages, clusters = layers.villages, layers.clusters
    assert villages["population"].sum() == facts.TOTAL_PEOPLE == layers.communes["population"].sum()
    in_clusters = clusters.groupby("village_id")["population"].sum()
    people = villages.set_index("village_id")["population"]
    assert (people[in_clusters.index] >= in_clusters).all()
    assert (villages["households"] >= 1).all()
    assert 5 <= (~villages["grid_power"]).sum() <= 100


def test_hamlets_of_the_reports_are_there(layers: Layers) -> None:
    villages = layers.villages
    for row in facts.rows("named_hamlets.csv"):
        found = villages[(villages["name"] == row["name"]) & (villages["old_commune"] == row["old_commune"])]
        assert len(found) == 1, row["name"]
        assert abs(found["households"].iloc[0] - int(row["households"])) <= 1
    assert ("Khu 10", 180) in set(zip(villages["name"], villages["households"], strict=True))


def test_hamlets_and_masts_stand_on_land(layers: Layers) -> None:
    for name in ("villages", "masts", "poles"):
        points = getattr(layers, name).geometry
        row, column = layers.grid.row_column(points.x.to_numpy(), points.y.to_numpy())
        assert (layers.land[row, column] == 1).all(), name


def test_hamlets_lie_in_their_commune(layers: Layers) -> None:
    area = layers.communes.set_index("name").geometry
    inside = [
        area[commune].buffer(400).contains(at)
        for commune, at in zip(layers.villages["commune"], layers.villages.geometry, strict=True)
    ]
    assert np.mean(inside) > 0.99


def test_communes_do_not_overlap(layers: Layers) -> None:
    areas = layers.communes.geometry
    assert areas.is_valid.all()
    assert areas.area.sum() == pytest.approx(shapely.union_all(areas.to_numpy()).area, rel=0.01)


def test_summits_have_their_real_heights(folder: Path) -> None:
    with rasterio.open(folder / "layers" / "terrain.tif") as terrain:
        height = terrain.read(1)
        for row in facts.rows("summits.csv"):
            x, y = facts.project_xy(row["lon"], row["lat"])[0]
            i, j = terrain.index(x, y)
            assert height[i, j] >= float(row["height_m"]) - 1, row["name"]
        assert height.max() == 1507
        assert height.min() == 0


def test_poles_are_in_vn2000(folder: Path, layers: Layers) -> None:
    first = {row["pole_id"]: row for row in table(folder, "poles")}["CD0001"]
    lon, lat = Transformer.from_crs("EPSG:5899", "EPSG:4326", always_xy=True).transform(
        float(first["easting"]), float(first["northing"])
    )
    assert 106.4 < lon < 108.2
    assert 20.7 < lat < 21.7
    read = layers.poles.set_index("pole_id").geometry["CD0001"]
    assert np.hypot(*(facts.project_xy(lon, lat)[0] - [read.x, read.y])) < 1.0


def test_villages_have_vietnamese_headers_and_decimal_commas(folder: Path) -> None:
    first = table(folder, "villages", delimiter=";")[0]
    assert "," in first["Kinh độ"]
    assert first["Điện lưới"] in {"có", "không"}


def test_plan_13_has_exactly_the_counts_and_dates_of_the_province(folder: Path) -> None:
    items = [row for row in table(folder, "plan_items") if row["plan_id"] == "13/KH-UBND"]
    assert Counter(row["kind"] for row in items) == {
        "station": 54,
        "mobile_service": 66,
        "mobile_broadband": 97,
        "fixed_broadband": 16,
    }
    end_of_2022 = date(2022, 12, 31)
    for row in items:
        reported = date.fromisoformat(row["reported_on"])
        if row["kind"] == "fixed_broadband":
            assert date(2023, 1, 1) <= reported <= date(2023, 3, 31)
        else:
            assert date(2022, 1, 1) <= reported <= end_of_2022
    hamlets = {(row["village_name"], row["commune"]) for row in items if row["kind"].endswith("broadband")}
    assert len(hamlets) == 113
    assert len({row["mast_id"] for row in items if row["kind"] == "station"}) == 54


def test_plan_130_has_twelve_stations_of_2023(folder: Path) -> None:
    items = [row for row in table(folder, "plan_items") if row["plan_id"] == "130/KH-UBND"]
    assert [row["kind"] for row in items] == ["station"] * 12
    assert {row["reported_on"][:4] for row in items} == {"2023"}


def test_registers_name_old_communes_and_some_items_by_name_only(folder: Path) -> None:
    items = table(folder, "plan_items")
    old = {row["name"] for row in facts.rows("old_communes.csv")}
    assert {row["commune"] for row in items} <= old
    by_name = [row for row in items if not row["village_id"]]
    assert 10 <= len(by_name) <= 40
    hamlets = Counter((row["Tên thôn"], row["Xã cũ"]) for row in table(folder, "villages", delimiter=";"))
    for row in by_name:
        assert hamlets[row["village_name"], row["commune"]] >= 1


def test_most_stations_of_the_plans_went_on_air_in_their_year_and_a_few_did_not(folder: Path) -> None:
    on_air = {row["mast_id"]: row["on_air"][:4] for row in reversed(table(folder, "cells"))}
    off_air = {row["mast_id"]: row["off_air"] for row in table(folder, "cells")}
    stations = [row for row in table(folder, "plan_items") if row["kind"] == "station"]
    years = {
        plan: Counter(on_air[row["mast_id"]] for row in stations if row["plan_id"] == plan)
        for plan in ("13/KH-UBND", "130/KH-UBND")
    }
    assert years == {"13/KH-UBND": {"2022": 52, "2023": 1, "2026": 1}, "130/KH-UBND": {"2023": 12}}
    assert sum(bool(off_air[row["mast_id"]]) for row in stations) == 1


def test_reports_come_after_the_station_but_for_the_claims_that_are_untrue_on_purpose(folder: Path) -> None:
    days: dict[tuple[str, bool], list[str]] = {}
    for row in table(folder, "cells"):
        days.setdefault((row["mast_id"], row["technology"] == "2G"), []).append(row["on_air"])

    def on_air(item: dict[str, str]) -> str:
        """The first day on which something on the mast carries what the item promises."""
        voice = [] if item["kind"] == "mobile_broadband" else days.get((item["mast_id"], True), [])
        return min([*voice, *days.get((item["mast_id"], False), [])])

    early = [r for r in table(folder, "plan_items") if r["mast_id"] and r["reported_on"] < on_air(r)]
    assert {on_air(row)[:4] for row in early} == {"2023", "2026"}
    assert sum(row["kind"] == "station" for row in early) == 2


def test_samples_calibrate_to_the_bias_and_the_spread_that_the_generator_states(
    folder: Path, tmp_path: Path
) -> None:
    """The estimate behind the samples is within 2 dB of ITU-R P.1812 on the same rasters."""
    masts = {row["mast_id"]: row for row in table(folder, "masts")}
    cells = [row | {k: masts[row["mast_id"]][k] for k in ("lon", "lat")} for row in table(folder, "cells")]
    with (tmp_path / "stations.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, cells[0].keys())
        writer.writeheader()
        writer.writerows(cells)
    layers = folder / "layers"
    report = calibrate_job(
        tmp_path / "stations.csv", layers / "measurements.csv", tmp_path / "out",
        terrain=layers / "terrain.tif", clutter=layers / "clutter.tif", crs=facts.CRS, resolution_m=90.0,
        settings=PropagationSettings(delta_n=50.0, n0=370.0), dry_run=True,
    )  # fmt: skip
    (band,) = report.calibration.bands
    assert band.samples > 1500
    assert band.offset_db == pytest.approx(-BIAS_DB, abs=2.0)  # a weaker level is more loss
    assert SPREAD_DB <= band.sigma_db < SPREAD_DB + 2.0
    assert np.median(report.samples.pattern_db) < 6.0  # the cells that are named look at their samples


def test_real_facts_agree_with_each_other() -> None:
    new = {row["code"] for row in facts.rows("communes.csv")}
    old = {row["code"] for row in facts.rows("old_communes.csv")}
    pairs = facts.rows("crosswalk.csv")
    assert (len(new), len(old)) == (54, 171)
    assert {row["code"] for row in pairs} == new
    assert {row["old_code"] for row in pairs} == old
    mains = Counter(row["old_code"] for row in pairs if row["main"] == "1")
    assert set(mains.values()) == {1}
    assert set(mains) == old
    assert {row["district"] for row in facts.rows("old_communes.csv")} == {
        row["district"] for row in facts.rows("districts.csv")
    }
