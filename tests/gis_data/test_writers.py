"""Tables written: the same bytes twice, safe in a spreadsheet, readable again, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from phusong.errors import OutputLockedError
from phusong.gis_data.gap_schema import GAP_TABLES
from phusong.gis_data.result_schema import RESULT_TABLES
from phusong.gis_data.schema import TABLES
from phusong.gis_data.templates import layers_markdown, write_templates
from phusong.gis_data.units import unit_words
from phusong.gis_data.writers import (
    Sheet,
    schema_formats,
    schema_headers,
    write_csv,
    write_geopackage,
    write_xlsx,
)

DAY = date(2025, 7, 1)


def frame() -> gpd.GeoDataFrame:
    table = pd.DataFrame({
        "name": ["=HYPERLINK(\"http://x\")", "Khe Tiền\x07", None],
        "level_dbm": [-101.5, float("nan"), -90.0],
        "on_air": pd.to_datetime(["2020-01-02", None, "2021-02-03"]),
        "served": [True, False, True],
        "households": pd.array([1, None, 3], dtype="Int64"),
        "layers": [("2G", "4G"), (), ("5G",)],
    })  # fmt: skip
    places = gpd.points_from_xy([107.3, 107.4, 107.5], [21.1, 21.2, 21.3])
    return gpd.GeoDataFrame(table, geometry=places, crs=4326).to_crs(32648)


def write_all(folder: Path) -> None:
    write_xlsx(folder / "t.xlsx", [Sheet("Thôn", frame(), {"name": "Tên"})], as_of=DAY)
    write_geopackage(
        folder / "t.gpkg", {"thon": frame(), "plain": pd.DataFrame(frame()[["name"]])}, as_of=DAY
    )
    write_csv(folder / "t.csv", frame())
    write_templates(folder / "templates")


def test_the_same_tables_give_the_same_bytes_at_another_time(tmp_path):
    write_all(tmp_path / "a")
    time.sleep(2.1)  # zip entries count in steps of two seconds
    write_all(tmp_path / "b")
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) == 3 + len(TABLES) + 1
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_workbook_is_filtered_frozen_and_free_of_formulas(tmp_path):
    write_xlsx(tmp_path / "t.xlsx", [Sheet("Thôn", frame(), {"name": "Tên"})], as_of=DAY, language="vi")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    page = book["Thôn"]
    assert page.freeze_panes == "A2" and page.auto_filter.ref == "A1:H4"
    assert page["A1"].value == "Tên" and page["A2"].data_type == "s" and page["A2"].quotePrefix
    assert page["A2"].value.startswith("=HYPERLINK") and page["A3"].value == "Khe Tiền"
    assert [page.cell(3, c).value for c in range(2, 7)] == [None, None, "không", None, None]
    assert page["F2"].value == "2G; 4G" and page["C2"].value.date() == date(2020, 1, 2)
    assert page["G1"].value == "Kinh độ (°)" and page["G2"].value == pytest.approx(107.3, abs=1e-6)
    assert book.properties.modified.date() == DAY


def test_numbers_have_the_format_of_their_column_and_the_document_its_title(tmp_path):
    sheet = Sheet("Thôn", frame(), formats={"level_dbm": "0.0", "name": "0.0"})
    write_xlsx(tmp_path / "t.xlsx", [sheet], as_of=DAY, title="SYNTHETIC DATA", description="predicted")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    page = book["Thôn"]
    assert page["B2"].number_format == "0.0" and page["A3"].number_format == "General"
    assert page["C2"].number_format == "yyyy-mm-dd" and page["G2"].number_format == "0.00000"
    assert (book.properties.title, book.properties.description) == ("SYNTHETIC DATA", "predicted")


def test_every_unit_of_a_result_has_vietnamese_words_and_a_format():
    same = {"", "dB", "dBm", "m", "km²", "°", "MHz", "0…1", "BTS", "cells"}
    for table in (*TABLES.values(), *RESULT_TABLES.values(), *GAP_TABLES.values()):
        for column in table.columns:
            assert column.unit in same or unit_words(column.unit, "vi") != column.unit, column.unit
            assert unit_words(column.unit, "en") == column.unit
    formats = schema_formats(RESULT_TABLES["village_verdicts"])
    assert (formats["level_4g_dbm"], formats["p_4g"], formats["population"]) == ("0.0", "0.00", "#,##0")
    assert formats["share_people_4g"] == "0.0%"
    assert schema_headers(RESULT_TABLES["village_verdicts"], "vi")["population"] == "Dân số (người)"


def test_a_geopackage_holds_several_layers_in_the_crs_asked_for(tmp_path):
    write_geopackage(tmp_path / "t.gpkg", {"a": frame(), "b": frame().iloc[:0]}, as_of=DAY, crs="EPSG:4326")
    assert list(pyogrio.list_layers(tmp_path / "t.gpkg")[:, 0]) == ["a", "b"]
    back = pyogrio.read_dataframe(tmp_path / "t.gpkg", layer="a")
    assert back.crs.to_epsg() == 4326 and back.geometry.x.round(6).tolist() == [107.3, 107.4, 107.5]
    assert back["layers"].tolist()[0] == "2G; 4G"
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_csv_defuses_formulas_and_the_reader_takes_them_back(tmp_path):
    write_csv(tmp_path / "t.csv", frame(), headers={"name": "Tên"})
    text = (tmp_path / "t.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfT\xc3\xaan,") and b"'=HYPERLINK" in text and b"\r" not in text
    assert b",-101.5," in text  # a negative number is no formula


@pytest.mark.parametrize("name", ["t.xlsx", "t.gpkg", "t.csv"])
def test_a_file_that_cannot_be_replaced_is_left_as_it_was(tmp_path, name):
    write_all(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()  # like a file that another program holds: it cannot be replaced, root or not
    (tmp_path / name / "inside").write_text("untouched", "utf-8")
    with pytest.raises(OutputLockedError, match=name.replace(".", r"\.")):
        write_all(tmp_path)
    assert (tmp_path / name / "inside").read_text("utf-8") == "untouched"
    assert not list(tmp_path.glob(".aside-*"))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(OutputLockedError, match="cannot write"):
        write_csv(tmp_path / "file" / "t.csv", frame())


def test_an_error_while_writing_leaves_the_earlier_file(tmp_path):
    write_csv(tmp_path / "t.gpkg", frame())
    before = (tmp_path / "t.gpkg").read_bytes()
    broken = frame().assign(thing=[object(), object(), object()])
    with pytest.raises(Exception, match=r".+"):
        write_geopackage(
            tmp_path / "t.gpkg",
            {"ok": frame(), "": broken.set_crs(None, allow_override=True)},
            as_of=DAY,
            crs="EPSG:4326",
        )
    assert (tmp_path / "t.gpkg").read_bytes() == before


def wide(rows: int = 700) -> gpd.GeoDataFrame:
    one = frame().drop(columns="geometry")
    table = pd.concat([one] * (rows // len(one) + 1), ignore_index=True).iloc[:rows]
    table = table.assign(number=range(rows), share=[n / 7.0 for n in range(rows)])
    places = gpd.points_from_xy([107.0 + n / 1000 for n in range(rows)], [21.0] * rows)
    return gpd.GeoDataFrame(table, geometry=places, crs=4326).to_crs(32648)


def written_again(folder: Path, kept: Path | None, table: gpd.GeoDataFrame) -> list[bytes]:
    sheets = [Sheet("Thôn", table, formats={"share": "0.0"}), Sheet("x", table[["name"]], formats={})]
    write_xlsx(folder / "t.xlsx", sheets, as_of=DAY, kept=kept)
    write_csv(folder / "t.csv", table, kept=kept)
    return [(folder / name).read_bytes() for name in ("t.xlsx", "t.csv")]


def test_kept_blocks_change_no_byte(tmp_path):
    kept = tmp_path / "kept"
    first = wide()
    changed = first.copy()
    changed.loc[[5, 300], "level_dbm"] = -77.25
    changed.loc[[301], "name"] = "+84"
    fewer = first.drop(index=[11]).reset_index(drop=True)
    for table in (first, first, changed, fewer, first.iloc[:0], first):
        assert written_again(tmp_path, kept, table) == written_again(tmp_path, None, table)
    for path in kept.iterdir():
        assert path.name in {"t.xlsx.blocks", "t.csv.blocks"}
        path.write_bytes(path.read_bytes()[:-9000] + b"x" * 8000)
    assert written_again(tmp_path, kept, first) == written_again(tmp_path, None, first)
    back = pd.read_csv(tmp_path / "t.csv")
    assert back["number"].tolist() == list(range(700)) and back["share"].tolist() == first["share"].tolist()
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    rows = list(book["Thôn"].iter_rows(min_row=2, values_only=True))
    assert [row[6] for row in rows] == list(range(700)) and [row[7] for row in rows] == first[
        "share"
    ].tolist()
    assert book["Thôn"]["H9"].number_format == "0.0" and book["x"].max_row == 701


def test_templates_have_the_headers_and_the_choices(tmp_path):
    paths = write_templates(tmp_path, language="en")
    assert [path.name for path in paths] == [*(f"{name}.csv" for name in TABLES), "layers.xlsx"]
    header = (tmp_path / "masts.csv").read_text("utf-8-sig").strip().split(",")
    assert header == [*schema_headers(TABLES["masts"], "en").values(), "Longitude (°)", "Latitude (°)"]
    page = openpyxl.load_workbook(tmp_path / "layers.xlsx")["masts"]
    lists = [rule.formula1 for rule in page.data_validations.dataValidation]
    assert '"tower,pole,rooftop,monopole"' in lists


def test_the_committed_documentation_of_the_layers_is_current(repository):
    committed = (repository / "docs" / "layers.md").read_text("utf-8")
    assert committed == layers_markdown(), "run: python -m phusong.gis_data.templates docs/layers.md"


def test_the_documentation_is_written_from_the_command_line(tmp_path):
    command = [sys.executable, "-m", "phusong.gis_data.templates", str(tmp_path / "layers.md")]
    subprocess.run(command, check=True, timeout=120)
    assert (tmp_path / "layers.md").read_bytes().decode("utf-8") == layers_markdown()
