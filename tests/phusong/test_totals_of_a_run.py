"""Area, communes of before the merger and subscriptions in the tables of a run of the valley."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.features import geometry_mask
from shapely.geometry import box

from phusong.cli import main
from phusong.errors import InputError
from phusong.project import load_project

STATISTICS = """
[statistics]
population = 2000
source = "made up"
date = 2025-12-31
subscriptions = { "Mobile" = 2500, "Viettel" = 900 }
"""


def run(command: str, folder: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, str(folder), "--quiet"])
    assert int(caught.value.code or 0) == 0


def add_layers(folder: Path, **layers: str) -> None:
    project = folder / "phusong.toml"
    text = project.read_text(encoding="utf-8")
    lines = "".join(f'{name} = "{path}"\n' for name, path in layers.items())
    project.write_text(text.replace("[layers]\n", "[layers]\n" + lines, 1), encoding="utf-8")


def test_share_of_the_area_is_that_of_the_raster(own_valley: Path) -> None:
    west, east = box(702_000, 2_328_000, 707_000, 2_336_000), box(709_000, 2_328_000, 712_000, 2_336_000)
    frame = gpd.GeoDataFrame(
        {"commune_code": ["2", "1"], "name": ["Xã Tây", "Xã Đông"]}, geometry=[west, east], crs="EPSG:32648"
    )
    frame.to_file(own_valley / "layers/communes.gpkg")
    add_layers(own_valley, communes="layers/communes.gpkg")
    run("coverage", own_valley)
    table = pd.read_excel(own_valley / "out/area.xlsx", sheet_name="Share of the area")
    table.columns = ["scope", "commune", "operator", "technology", "area", "covered", "share"]
    assert table["scope"].tolist() == ["All"] * 2 + ["Commune"] * 4
    assert set(table["operator"]) == {"Any of them"}
    with rasterio.open(own_valley / "out/coverage/4g_p_covered.tif") as raster:
        p = raster.read(1) * raster.scales[0]
        for name, area in (("Xã Tây", west), ("Xã Đông", east)):
            inside = geometry_mask([area], p.shape, raster.transform, invert=True)
            row = table[(table["commune"] == name) & (table["technology"] == "4G")].iloc[0]
            assert row["area"] == pytest.approx(inside.sum() * 0.0081, rel=1e-6)
            # p is stored in hundredths: pixels at the limit may fall on either side
            assert (p[inside] > 0.91).mean() <= row["share"] <= (p[inside] >= 0.89).mean()
    assert table.loc[table["commune"] == "Xã Tây", "share"].max() > 0.5


def test_area_of_operators_and_of_old_communes(
    own_valley: Path, spoil: Callable[[Path, str, str], None]
) -> None:
    """VNPT has the mast in the north, Viettel the two in the south; the old commune is the western half."""
    frame = gpd.GeoDataFrame(
        {"commune_code": ["1"], "name": ["Đồng Văn"], "old_district": ["Bình Liêu"]},
        geometry=[box(702_000, 2_328_000, 707_000, 2_336_000)], crs="EPSG:32648",
    )  # fmt: skip
    frame.to_file(own_valley / "layers/old.gpkg")
    add_layers(own_valley, old_communes="layers/old.gpkg")
    spoil(own_valley / "phusong.toml", "[propagation]", "[outputs]\nby_operator = true\n[propagation]")
    for _again in range(2):  # written, and taken from the earlier run
        run("coverage", own_valley)
        table = pd.read_excel(own_valley / "out/area.xlsx", sheet_name="Share of the area")
        table.columns = ["scope", "commune", "operator", "technology", "area", "covered", "share"]
        old = table[table["scope"] == "Commune before 1 July 2025"].fillna("")
        assert set(old["commune"]) == {"Đồng Văn, Bình Liêu"}
        assert set(old["operator"]) == {"Any of them", "Viettel", "VNPT"}
        shares = old[old["technology"] == "4G"].set_index("operator")["share"]
        assert shares[["Viettel", "VNPT"]].max() <= shares["Any of them"] <= shares[["Viettel", "VNPT"]].sum()
        with rasterio.open(own_valley / "out/coverage/4g_vnpt_p_covered.tif") as raster:
            p = raster.read(1) * raster.scales[0]
            inside = geometry_mask(frame.geometry, p.shape, raster.transform, invert=True)
        assert (p[inside] > 0.91).mean() <= shares["VNPT"] <= (p[inside] >= 0.89).mean()


def test_without_communes_the_table_is_empty(own_valley: Path) -> None:
    run("coverage", own_valley)
    assert len(pd.read_excel(own_valley / "out/area.xlsx", sheet_name="Share of the area")) == 0


def test_old_communes_and_subscriptions(own_valley: Path) -> None:
    """The valley's hamlets are filed under Xã Đồng Văn, which is part of Xã Hoành Mô today."""
    (own_valley / "layers/crosswalk.csv").write_text(
        "old_commune,old_district,commune\nĐồng Văn,Bình Liêu,Xã Hoành Mô\nHoành Mô,Bình Liêu,Xã Hoành Mô\n",
        encoding="utf-8",
    )
    add_layers(own_valley, commune_crosswalk="layers/crosswalk.csv")
    project = own_valley / "phusong.toml"
    project.write_text(project.read_text(encoding="utf-8") + STATISTICS, encoding="utf-8")
    run("gaps", own_valley)
    totals = pd.read_excel(own_valley / "out/gaps.xlsx", sheet_name="Totals by commune")
    assert totals["Commune"].fillna("").tolist() == ["Xã Hoành Mô", ""]
    assert totals.iloc[0]["Hamlets"] == 12
    sheets = pd.read_excel(own_valley / "out/reasons.xlsx", sheet_name=None)
    old = sheets["Totals by old commune"]
    assert old["Commune"].fillna("").tolist() == ["Đồng Văn, Bình Liêu", ""]
    operators = sheets["Operators and technologies"]
    assert set(operators["Commune"].dropna()) == {"Xã Hoành Mô"}
    stated = sheets["Subscriptions"]
    assert stated["Subscriptions (per 100 people)"].tolist() == [125.0, 45.0]
    assert set(stated["Source"]) == {"made up"}
    hamlets = gpd.read_file(own_valley / "out/gaps.gpkg", layer="hamlets")
    assert set(hamlets["commune"]) == {"Xã Đồng Văn"}  # as its file has it
    assert np.all(hamlets["p_indoor_4g"] <= hamlets["p_4g"] + 1e-4)
    assert (hamlets["p_indoor_4g"] < hamlets["p_4g"] - 0.01).any()
    assert not (hamlets["served_indoor_4g"] & ~hamlets["served_4g"]).any()
    verdicts = pd.read_excel(own_valley / "out/gaps.xlsx", sheet_name="Verdict per hamlet")
    assert set(verdicts["Verdict indoors (model)"]) <= {
        "No signal at the centre", "Clusters without signal", "Voice only, no broadband", "No 4G",
        "Covered by one mast only", "Covered",
    }  # fmt: skip


def test_subscriptions_below_zero_are_refused(own_valley: Path) -> None:
    project = own_valley / "phusong.toml"
    text = project.read_text(encoding="utf-8") + STATISTICS.replace("2500", "-1")
    project.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="0 or more"):
        load_project(own_valley)
