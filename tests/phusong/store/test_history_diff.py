"""Differences known by hand: who gained, who lost, and which station is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from phusong.console import Reporter
from phusong.gis_data.history_schema import HISTORY_TABLES
from phusong.history_diff import HistoryDifference, compare
from phusong.history_report import show_difference, worded, write_difference
from phusong.store.interface import Version, VersionInfo

RECORD = {
    "phusong": "0.1.0",
    "engine": "e" * 64,
    "as_of": "2026-01-01",
    "synthetic": True,
    "libraries": {"numpy": "2.4"},
    "inputs": {"layers/cells.csv": "aa" * 32, "layers/terrain.tif": "bb" * 32, "layers/drive.csv": "cc" * 32},
    "parameters": {
        "project": {"name": "Tỉnh <b>thử</b>"},
        "rasters": {"terrain": "layers/terrain.tif", "terrain_kind": "dtm"},
        "layers": {"cells": {"path": "layers/cells.csv"}, "measurements": {"path": "layers/drive.csv"}},
        "criteria": {"voice": ["2G", "4G"], "broadband": ["4G"], "probability": 0.9},
        "propagation": {"model": "p1812-8"},
        "area": {"crs": "EPSG:32648"},
    },
}
# Hamlets 1 km apart on a meridian; masts beside them.
PLACES = {f"H{n}": (107.0, 21.0 + 0.01 * n) for n in range(1, 7)}


def network(**cells: dict[str, Any]) -> pd.DataFrame:
    """Cells by id: what differs from an ordinary one."""
    rows = [
        {
            "cell_id": cell.replace("_", "-"), "mast_id": cell.partition("_")[0], "operator": "Viettel",
            "technology": "4G", "frequency_mhz": 1800.0, "bandwidth_mhz": 20.0, "antenna_height_m": 40.0,
            "azimuth_deg": 0.0, "mechanical_tilt_deg": 0.0, "electrical_tilt_deg": 0.0, "antenna": "3gpp",
            "tx_power_dbm": 43.0, "feeder_loss_db": 0.5, "on_air": None, "off_air": None, **more,
        }
        for cell, more in cells.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(on_air=pd.to_datetime(frame["on_air"]), off_air=pd.to_datetime(frame["off_air"]))


def version(
    cells: pd.DataFrame,
    serving: dict[str, list[str]],
    *,
    number: int = 1,
    masts: dict[str, tuple[float, float]] | None = None,
    verdicts: dict[str, str] | None = None,
    hamlets: tuple[str, ...] = ("H1", "H2", "H3", "H4"),
    record: dict[str, Any] | None = None,
    **columns: Any,
) -> Version:
    """A network in which the hamlets that a 4G cell covers have everything, and the others nothing."""
    technology = dict(zip(cells["cell_id"], cells["technology"], strict=True))
    rows = []
    for hamlet in hamlets:
        has = {technology[cell] for cell in serving.get(hamlet, [])}
        verdict = "covered" if "4G" in has else "voice_only" if has else "no_signal"
        rows.append(
            {
                "village_id": hamlet, "name": f"Khe {hamlet}", "commune": "Xã A", "population": 100.0,
                "verdict": (verdicts or {}).get(hamlet, verdict), "confidence": "certain", "decided_by": "model",
                **{f"served_{t.lower()}": t in has if t in ("2G", "4G") else None for t in ("2G", "3G", "4G", "5G")},
            }
        )  # fmt: skip
    at = {"M1": (107.01, 21.01), "M2": (107.01, 21.02), "M3": (107.01, 21.03), **(masts or {})}
    operator = dict(zip(cells["cell_id"], cells["operator"], strict=True))
    pairs = {(h, operator[c], technology[c]) for h, own in serving.items() for c in own}
    by_operator = pd.DataFrame(sorted(pairs), columns=["village_id", "operator", "technology"])
    points = gpd.points_from_xy([PLACES[h][0] for h in hamlets], [PLACES[h][1] for h in hamlets])
    frame = pd.DataFrame(rows).assign(**columns)
    info = VersionInfo(
        number,
        datetime(2026, number, 1, 12, tzinfo=UTC),
        "An",
        date(2026, 1, 1),
        "",
        str(number),
        "0.1.0",
        1,
        4,
        1,
    )
    tables = {
        "hamlet": gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326"),
        "part": gpd.GeoDataFrame(
            {"village_id": [], "cluster_id": [], "part": [], "people": []}, geometry=[], crs="EPSG:4326"
        ),
        "hamlet_operator": by_operator.assign(served=True),
        "serving": pd.DataFrame(
            {"point_id": [f"v:{h}" for h in serving], "village_id": list(serving), "cells": list(serving.values())}
        ),
        "place": gpd.GeoDataFrame(
            {"place_id": ["P1"], "name": ["Bệnh viện"], "required_technology": ["4G"], "covered": [number > 1]},
            geometry=points[:1], crs="EPSG:4326",
        ),
        "plan_completion": pd.DataFrame(
            {"plan_id": ["13/KH"], "scope": ["kind"], "subject": ["station"], "total": [5], "claimed": [4],
             "supported": [number], "contradicted": [0], "not_checkable": [0]}
        ),
        "mast": gpd.GeoDataFrame(
            {"mast_id": list(at)}, geometry=gpd.points_from_xy(*zip(*at.values(), strict=True)), crs="EPSG:4326"
        ),
        "cell": cells,
    }  # fmt: skip
    return Version(info, record or RECORD, tables, ())


def changes(found: HistoryDifference) -> dict[str, tuple[str, str, str]]:
    rows = found.hamlets.to_dict("records")
    return {row["village_id"]: (row["change"], row["cause"], row["stations"]) for row in rows}


def test_a_new_station_serves_two_hamlets_and_one_switched_off_leaves_one_without() -> None:
    old = network(M1_a={}, M2_a={})
    new = network(
        M1_a={}, M2_a={"off_air": "2025-12-01"}, M3_a={"on_air": "2025-11-15"}, M3_b={"on_air": "2025-11-15"}
    )
    before = version(old, {"H1": ["M1-a"], "H2": ["M2-a"]})
    after = version(new, {"H1": ["M1-a"], "H3": ["M3-a"], "H4": ["M3-a", "M3-b"]}, number=2)
    found = compare(before, after)
    assert changes(found) == {
        "H2": ("lost", "stations", "M2"),
        "H3": ("gained", "stations", "M3"),
        "H4": ("gained", "stations", "M3"),
    }
    assert found.hamlets["village_id"].tolist()[0] == "H2"  # who loses comes first
    assert found.hamlets.set_index("village_id").loc["H3", "services_gained"] == "voice; broadband; 4G"
    stations = found.stations.set_index("mast_id")
    columns = ["change", "cells", "hamlets_lost", "people_lost", "hamlets_gained", "people_gained"]
    assert stations.loc["M3", columns].tolist() == ["new", 2, 0, 0, 2, 200]
    assert stations.loc["M2", columns].tolist() == ["off", 1, 1, 100, 0, 0]
    assert stations.index.tolist() == ["M3", "M2"]
    services = found.services.set_index("service")
    numbers = ["hamlets_before", "hamlets_after", "hamlets_losing", "hamlets_gaining", "people_gaining"]
    assert services.loc["voice", numbers].tolist() == [2, 3, 1, 2, 200]
    classes = found.classes.set_index("verdict")
    assert classes.loc["no_signal", ["hamlets_before", "hamlets_after"]].tolist() == [2, 1]
    said = worded(found, "en")["history_hamlets"].set_index("village_id")["because"]
    assert said["H2"] == "M2 Viettel 4G: off air since 2025-12-01"
    assert said["H4"] == "M3 Viettel 4G: new since 2025-11-15"
    assert found.places["covered_after"].tolist() == [True]
    assert found.plans[["supported_before", "supported_after"]].to_numpy().tolist() == [[1, 2]]


def test_a_station_that_moved_takes_service_from_one_hamlet_to_another() -> None:
    cells = network(M1_a={}, M2_a={})
    before = version(cells, {"H1": ["M1-a"], "H2": ["M2-a"]})
    after = version(cells, {"H1": ["M1-a"], "H3": ["M2-a"]}, number=2, masts={"M2": (107.01, 21.03)})
    found = compare(before, after)
    assert changes(found) == {"H2": ("lost", "stations", "M2"), "H3": ("gained", "stations", "M2")}
    assert found.stations["change"].tolist() == ["moved"]
    # a hundredth of a degree of latitude on the ellipsoid, at 21°
    assert found.stations["moved_m"].tolist() == [pytest.approx(1107.2, abs=0.5)]
    assert found.stations[["hamlets_lost", "hamlets_gained"]].to_numpy().tolist() == [[1, 1]]
    assert worded(found, "en")["history_hamlets"]["because"].tolist()[0] == "M2 Viettel 4G: moved 1,107 m"


def test_a_date_that_was_corrected_is_told_with_both_values() -> None:
    """The cell is on air since 2019; what brought it back is that its "off air" was taken away."""
    on_air = {"on_air": "2019-09-22"}
    before = version(network(M1_a={**on_air, "off_air": "2025-06-01"}), {})
    after = version(network(M1_a=on_air), {"H1": ["M1-a"]}, number=2)
    found = compare(before, after)
    assert found.stations[["change", "details"]].to_numpy().tolist() == [["on", "off_air 2025-06-01 → –"]]
    said = worded(found, "en")["history_hamlets"]["because"].tolist()
    assert said == ["M1 Viettel 4G: on air (Off air since 2025-06-01 → –)"]
    back = compare(after, replace(before, info=replace(before.info, number=3)))
    assert back.stations["details"].tolist() == ["off_air 2025-06-01"]
    later = version(network(M1_a={"on_air": "2026-05-01"}), {}, number=2)
    assert compare(after, later).stations["details"].tolist() == ["on_air 2019-09-22 → 2026-05-01"]


@pytest.mark.parametrize("moved", [True, False])
def test_stations_are_told_though_no_hamlet_noticed(moved: bool, capsys: pytest.CaptureFixture[str]) -> None:
    cells = network(M1_a={}, M2_a={})
    before = version(cells, {"H1": ["M1-a"]})
    masts = {"M2": (107.01, 21.03)} if moved else {}
    show_difference(Reporter("en"), compare(before, version(cells, {"H1": ["M1-a"]}, number=2, masts=masts)))
    said = capsys.readouterr().out
    assert "No hamlet differs" in said
    assert ("M2 Viettel 4G" in said and "1,107 m" in said) == moved


def test_less_power_is_named_with_both_values() -> None:
    before = version(network(M1_a={}), {"H1": ["M1-a"], "H2": ["M1-a"]})
    after = version(network(M1_a={"tx_power_dbm": 40.0, "azimuth_deg": None}), {"H1": ["M1-a"]}, number=2)
    found = compare(before, after)
    assert changes(found) == {"H2": ("lost", "stations", "M1")}
    assert found.stations["details"].tolist() == ["azimuth_deg 0 → –; tx_power_dbm 43 → 40"]
    said = "M1 Viettel 4G: thay đổi (Góc phương vị 0 → –, Công suất phát 43 → 40)"
    assert worded(found, "vi")["history_hamlets"]["because"].tolist() == [said]
    assert worded(found, "en")["history_stations"]["details"].tolist() == [
        "Azimuth 0 → –; Transmit power 43 → 40"
    ]


def test_a_station_that_changed_but_never_mattered_is_not_named() -> None:
    """M2 went off, but what H1 lost came from M1, which stands as it stood: the terrain file changed."""
    changed = {**RECORD, "inputs": {**RECORD["inputs"], "layers/terrain.tif": "dd" * 32}}  # type: ignore[dict-item]
    before = version(network(M1_a={}, M2_a={}), {"H1": ["M1-a"], "H2": ["M1-a", "M2-a"]})
    after = version(
        network(M1_a={}, M2_a={"off_air": "2025-12-01"}), {"H2": ["M1-a"]}, number=2, record=changed
    )
    found = compare(before, after)
    assert changes(found) == {"H1": ("lost", "terrain", "")}
    assert worded(found, "en")["history_hamlets"]["because"].tolist() == [
        "Terrain or grid: layers/terrain.tif"
    ]
    assert found.stations[["mast_id", "hamlets_lost"]].to_numpy().tolist() == [["M2", 0]]
    row = found.provenance.iloc[0]
    assert (row["name"], row["before"], row["after"]) == ("layers/terrain.tif", "b" * 12, "d" * 12)


def with_parameter(section: str, key: str, value: object) -> dict[str, Any]:
    changed = json.loads(json.dumps(RECORD))
    changed["parameters"][section][key] = value
    return changed


@pytest.mark.parametrize(
    ("record", "decided_by", "cause"),
    [
        (with_parameter("criteria", "probability", 0.95), "model", "rule"),
        (with_parameter("propagation", "delta_n", 50), "model", "model"),
        (with_parameter("area", "resolution_m", 30), "model", "terrain"),
        ({**RECORD, "engine": "f" * 64}, "model", "software"),
        ({**RECORD, "libraries": {"numpy": "2.5"}}, "model", "unknown"),
        ({**RECORD, "inputs": {**RECORD["inputs"], "layers/drive.csv": "00"}}, "measurement", "samples"),  # type: ignore
        ({**RECORD, "inputs": {**RECORD["inputs"], "layers/drive.csv": "00"}}, "model", "unknown"),  # type: ignore
        ({**RECORD, "inputs": {**RECORD["inputs"], "antennas/x.msi": "00"}}, "model", "model"),  # type: ignore
    ],
)
def test_another_cause_is_said(record: dict[str, Any], decided_by: str, cause: str) -> None:
    cells = network(M1_a={})
    before = version(cells, {"H1": ["M1-a"], "H2": ["M1-a"]})
    after = version(cells, {"H1": ["M1-a"]}, number=2, record=record, decided_by=decided_by)
    assert changes(compare(before, after)) == {"H2": ("lost", cause, "")}


def test_a_hamlet_that_moved_or_grew_is_its_own_cause() -> None:
    cells = network(M1_a={})
    before = version(cells, {"H1": ["M1-a"], "H2": ["M1-a"]})
    after = version(cells, {"H1": ["M1-a"]}, number=2, population=[100.0, 130.0, 100.0, 100.0])
    assert changes(compare(before, after)) == {"H2": ("lost", "hamlet", "")}


def test_a_station_and_a_rule_at_once_are_both_told() -> None:
    before = version(network(M1_a={}), {"H1": ["M1-a"]})
    record = with_parameter("criteria", "probability", 0.8)
    after = version(network(M1_a={}, M2_a={}), {"H1": ["M1-a"], "H2": ["M2-a"]}, number=2, record=record)
    found = compare(before, after)
    assert changes(found) == {"H2": ("gained", "stations", "M2")}
    assert found.hamlets["also_changed"].tolist() == ["rule"]


def test_only_a_cell_of_the_technology_that_was_lost_is_to_blame() -> None:
    old = network(M1_a={}, M1_g={"technology": "2G"}, M2_g={"technology": "2G"})
    new = network(M1_g={"technology": "2G"})
    before = version(old, {"H1": ["M1-a", "M1-g", "M2-g"]})
    after = version(new, {"H1": ["M1-g"]}, number=2)
    found = compare(before, after)
    assert changes(found) == {"H1": ("lost", "stations", "M1")}  # broadband; 2G went too, and still is there
    assert found.hamlets["services_lost"].tolist() == ["broadband; 4G"]


def test_another_operator_alone_and_hamlets_that_come_and_go() -> None:
    both = network(M1_a={}, M2_v={"operator": "VNPT"})
    before = version(both, {"H1": ["M1-a", "M2-v"]})
    after = version(network(M1_a={}), {"H1": ["M1-a"]}, number=2, hamlets=("H1", "H2", "H3", "H5"))
    found = compare(before, after)
    assert changes(found) == {
        "H1": ("operators", "stations", "M2"),
        "H4": ("vanished", "hamlet", ""),
        "H5": ("appeared", "hamlet", ""),
    }
    assert found.hamlets.set_index("village_id").loc["H1", "operators_lost"] == "VNPT 4G"


def test_one_mast_less_makes_a_hamlet_fragile() -> None:
    before = version(network(M1_a={}, M2_a={}), {"H1": ["M1-a", "M2-a"]})
    after = version(network(M1_a={}), {"H1": ["M1-a"]}, number=2, verdicts={"H1": "fragile"})
    assert changes(compare(before, after)) == {"H1": ("worse", "stations", "M2")}


def test_nothing_changed() -> None:
    one = version(network(M1_a={}), {"H1": ["M1-a"]})
    found = compare(one, replace(one, info=replace(one.info, number=2)))
    assert found.hamlets.empty and found.stations.empty and found.provenance.empty


@pytest.fixture
def hostile() -> HistoryDifference:
    evil = "<script>alert(1)</script>'; DROP TABLE"
    before = version(network(M1_a={}), {"H1": ["M1-a"]}, name=["=1+1", evil, "c", "d"])
    after = version(
        network(M1_a={}, M2_a={}), {"H1": ["M1-a"], "H2": ["M2-a"]}, number=2, name=["=1+1", evil, "c", "d"]
    )
    return compare(before, after)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_written(hostile: HistoryDifference, language: str, tmp_path: Path) -> None:
    write_difference(hostile, language, tmp_path / "a")
    write_difference(hostile, language, tmp_path / "b")
    for name in ("diff.xlsx", "diff.gpkg", "diff.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a" / "diff.xlsx")
    assert book.sheetnames[-1] == {"vi": "Giới thiệu", "en": "About"}[language]
    assert len(book.sheetnames) == len(HISTORY_TABLES) + 1
    about = dict(book[book.sheetnames[-1]].iter_rows(min_row=2, values_only=True))
    assert any("SYNTHETIC DATA" in str(value) for value in about.values())
    hamlets = pyogrio.read_dataframe(tmp_path / "a" / "diff.gpkg", layer="hamlets")
    assert hamlets["stations"].tolist() == ["M2"] and hamlets["change"].tolist() == ["gained"]
    page = (tmp_path / "a" / "diff.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "\\u003cscript\\u003ealert" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "Content-Security-Policy" in page


def test_units_stand_in_the_headers(hostile: HistoryDifference, tmp_path: Path) -> None:
    write_difference(hostile, "en", tmp_path)
    book = openpyxl.load_workbook(tmp_path / "diff.xlsx")
    assert [cell.value for cell in book["Stations"][1]][7] == "Moved by (m)"
    hamlets = [cell.value for cell in book["Hamlets"][1]]
    assert "Population (people)" in hamlets
