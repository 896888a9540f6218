"""`phusong gaps` on the valley with samples and a place: reasons, profiles, who decided, where 5G is due."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from phusong.cli import main

RIDGE_X_M = 700_000.0 + 90.0 * 90.0  # the middle of the terrain of conftest


def gaps(folder: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["gaps", str(folder), "--quiet"])
    assert int(caught.value.code or 0) == 0


def hashes(folder: Path) -> dict[str, str]:
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def clusters(folder: Path, verdicts: gpd.GeoDataFrame) -> None:
    """Twelve centres and one cluster, in the workbook, the GeoPackage and as text, and for each operator."""
    rows = gpd.read_file(folder / "out/gaps.gpkg", layer="clusters")
    assert rows["part"].tolist().count("centre") == 12 and rows["cluster_id"].dropna().tolist() == ["C1"]
    people = rows.groupby("village_id")["people"].sum()
    assert (people == verdicts["population"].reindex(people.index)).all()
    centres = rows[rows["part"] == "centre"].set_index("village_id")
    white = centres.index[centres["signal_gap"] == "white"]
    assert sorted(white) == sorted(verdicts.index[verdicts["verdict"] == "no_signal"]) and len(white) > 0
    assert (rows[rows["part"] == "cluster"]["signal_gap"] == "dip").all()  # behind the ridge
    assert centres.loc["H12", ["decided_by", "operators_voice"]].tolist() == ["measurement", "Viettel"]
    book = pd.read_excel(folder / "out/gaps.xlsx", sheet_name="Centres and clusters")
    assert (
        len(book) == 13
        and book["Centre or cluster without signal"].value_counts()["Cluster without signal"] == 1
    )
    text = pd.read_csv(folder / "out/cluster_verdicts.csv", encoding="utf-8-sig")
    assert text["Cluster ID"].dropna().tolist() == ["C1"]
    by_operator = pd.read_csv(folder / "out/clusters_by_operator.csv", encoding="utf-8-sig")
    assert len(by_operator) == 13 * 2 and set(by_operator["Operator"]) == {"Viettel", "VNPT"}
    assert set(verdicts["confidence_indoor"]) <= {"uncertain", "likely", "certain"}
    indoors = pd.read_excel(folder / "out/reasons.xlsx", sheet_name="Reasons indoors")
    dead = verdicts["verdict_indoor"].isin(["no_signal", "partial_signal"]) & ~verdicts["dead_zone"]
    assert indoors["Hamlet ID"].tolist() == sorted(verdicts.index[dead])


def by_operator(folder: Path) -> None:
    """The sheet of the operators holds what the long table holds; the sheet of sharing says what it counts."""
    book = pd.read_excel(folder / "out/gaps.xlsx", sheet_name="Hamlets by operator")
    assert len(book) == 12 * 2
    long = pd.read_csv(folder / "out/hamlet_by_operator.csv", encoding="utf-8-sig")
    four = long[long["Technology"] == "4G"].reset_index(drop=True)
    names = {"level": "Level at the centre (dBm)", "p": "P(covered) at the centre"}
    assert (
        (book[["Hamlet ID", "Operator", "Verdict"]] == four[["Hamlet ID", "Operator", "Verdict"]]).all().all()
    )
    for header, name in (("4G level at the centre (dBm)", "level"), ("P(4G) at the centre", "p")):
        np.testing.assert_allclose(book[header], four[names[name]], atol=0.0051)  # the text is rounded
    sharing = pd.read_excel(folder / "out/reasons.xlsx", sheet_name="Sharing of masts")
    said = sharing.set_index("Scope").loc["Definition", "Name"]
    assert said.startswith("Sharing ratio = masts with two or more operators / all masts")


def test_reasons_samples_and_places(own_valley: Path) -> None:
    villages = pd.read_csv(own_valley / "layers/villages.csv").set_index("village_id")
    far, near = villages.loc["H12"], villages.loc["H01"]
    rows = [f"2025-06-01 10:00:{i:02d},Viettel,4G,-80,{far.lon},{far.lat}" for i in range(40)]
    (own_valley / "layers/measurements.csv").write_text(
        "\n".join(["time,operator,technology,level_dbm,lon,lat", *rows]) + "\n", encoding="utf-8"
    )
    (own_valley / "layers/places.csv").write_text(
        f"place_id,name,kind,lon,lat\nP1,KCN Đồng Văn,industrial_zone,{near.lon},{near.lat}\n",
        encoding="utf-8",
    )
    project = own_valley / "phusong.toml"
    text = project.read_text(encoding="utf-8").replace(
        "[propagation]",
        'measurements = "layers/measurements.csv"\nplaces = "layers/places.csv"\n[propagation]',
        1,
    )
    project.write_text(text + "[duty]\nreach_m = 300\n", encoding="utf-8")
    gaps(own_valley)
    verdicts = gpd.read_file(own_valley / "out/gaps.gpkg", layer="hamlets").set_index("village_id")
    assert verdicts.loc["H12", "decided_by"] == "measurement"
    assert verdicts.loc["H12", "samples"] == 40
    assert not verdicts.loc["H12", "dead_zone"]
    by_operator(own_valley)
    assert verdicts.loc["H12", "verdict_model"] in ("no_signal", "partial_signal")
    # H11 lies 920 m away: the samples of M1's cells, 40 in one square, hardly move it
    assert set(verdicts.drop("H12")["decided_by"]) <= {"model", "model_shifted"}
    assert (verdicts.drop("H12")["samples"] == 0).all()
    assert verdicts.loc["H01", "verdict"] == "no_5g"
    assert (verdicts["verdict"] == "no_5g").sum() == 1  # the next hamlet is 700 m away

    reasons = gpd.read_file(own_valley / "out/reasons.gpkg", layer="hamlet_reasons").set_index("village_id")
    lacking = verdicts.index[~verdicts["verdict"].isin(["covered", "fragile"])]
    assert set(reasons.index) == set(lacking)
    behind = reasons.loc["H11"]
    assert (behind["cause"], behind["service"]) == ("obstacle", "voice")
    at = gpd.GeoSeries(gpd.points_from_xy([behind["obstacle_lon"]], [behind["obstacle_lat"]]), crs=4326)
    assert abs(at.to_crs("EPSG:32648").x[0] - RIDGE_X_M) < 300.0
    assert behind["obstacle_height_m"] == pytest.approx(620.0, abs=15.0)
    assert behind["short_db"] > 0 and behind["candidate_mast"] in ("M1", "M2", "M3")
    drawn = reasons["profile"].dropna()
    for name in drawn:
        ElementTree.fromstring((own_valley / "out" / name).read_text(encoding="utf-8"))
    assert len(drawn) == len(list((own_valley / "out/profiles").glob("*.svg"))) > 0
    places = gpd.read_file(own_valley / "out/reasons.gpkg", layer="places_duty")
    assert places[["place_id", "required_technology", "covered"]].iloc[0].tolist() == ["P1", "5G", False]

    long = pd.read_csv(own_valley / "out/hamlet_by_operator.csv", encoding="utf-8-sig")
    assert len(long) == 12 * 2 * 4
    sharing = pd.read_excel(own_valley / "out/reasons.xlsx", sheet_name="Sharing of masts")
    assert sharing["Sharing ratio"].tolist()[0] == 0.0
    assert {0.29, 0.20} <= set(sharing["Sharing ratio"])
    clusters(own_valley, verdicts)
    first = hashes(own_valley / "out")
    gaps(own_valley)
    assert hashes(own_valley / "out") == first
