"""Hostile names in every table: each output shows them as text, runs nothing, and its files have safe names."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import docx
import openpyxl
import pyogrio
import pytest

from phusong.cli import main
from phusong.gis_data.exchange_files import shortened
from phusong.gis_data.formulas import unguarded

MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # documents drop the marks that turn the direction of text


@pytest.fixture(scope="module")
def out(hostile: Any) -> Path:
    return hostile.out


@pytest.fixture(scope="module")
def names(hostile: Any) -> list[str]:
    """The names of the hamlets, as the reader normalises every text."""
    return hostile.names


def phusong(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*map(str, arguments), "--quiet"])
    return int(caught.value.code or 0)


def unmarked(text: str) -> str:
    return MARKS.sub("", text)


class Tags(HTMLParser):
    """What a piece of HTML is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.sources += [value or "" for name, value in attrs if name == "src"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_names_of_files_are_safe_on_every_system(out: Path) -> None:
    found = [path.relative_to(out.parent) for path in out.rglob("*")]
    assert not list(out.parent.parent.glob("*CON*"))  # nothing climbed out of the project
    assert len(found) > 60
    for path in found:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", path.name), path
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", path.name, re.IGNORECASE), path


@pytest.fixture(scope="module")
def pages(out: Path, browser: Any) -> dict[str, dict[str, Any]]:
    """Every page of the results, opened in a browser: its text, and what it did."""
    found: dict[str, dict[str, Any]] = {}
    context = browser.new_context()
    for path in sorted(out.rglob("*.html")) + sorted(out.rglob("*.svg")):
        page = context.new_page()
        told: list[str] = []
        page.on("dialog", lambda dialog, told=told: (told.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message, told=told: told.append(message.text))
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        page.on(
            "request",
            lambda r, told=told: told.append(r.url) if not r.url.startswith(("file:", "data:")) else 0,
        )
        page.goto(path.as_uri())
        if path.name == "map.html":
            page.wait_for_selector("html[data-ready=true]", timeout=20_000)
        found[path.name] = {
            "told": told, "hacked": page.evaluate("() => window.hacked ?? null"), "title": page.title(),
            "text": page.evaluate("() => document.documentElement.textContent"),
            "map": page.evaluate(MAP_NAMES) if path.name == "map.html" else None,
        }  # fmt: skip
        page.close()
    context.close()
    return found


MAP_NAMES = """() => {
  const shown = [];
  for (const village of PS.villages) {
    PS.select("hamlet", village, true);
    shown.push(document.querySelector("#ps-detail-title").textContent);
  }
  for (const mast of PS.masts) PS.select("mast", mast);
  for (const place of PS.places) PS.select("place", place);
  document.querySelector("#ps-tab-table").click();
  return { shown, project: document.querySelector("#ps-title").textContent, csv: PS.csv() };
}"""


@pytest.mark.browser
def test_no_page_runs_anything_or_asks_for_anything(pages: dict[str, dict[str, Any]]) -> None:
    assert len([name for name in pages if name.startswith("plan-")]) == 2
    assert len([name for name in pages if name.endswith(".svg")]) == 4
    for name, page in pages.items():
        assert page["told"] == [], name
        assert page["hacked"] is None, name


@pytest.mark.browser
def test_pages_show_the_names_as_text(
    hostile: Any, pages: dict[str, dict[str, Any]], names: list[str]
) -> None:
    found = pages["map.html"]["map"]
    assert sorted(found["shown"]) == sorted(map(unmarked, names))
    assert found["project"] == unmarked(hostile.project)
    rows = list(csv.reader(found["csv"].removeprefix("\ufeff").splitlines()))
    assert {unguarded(row[1]) for row in rows[1:]} == set(map(unmarked, names))
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    profiles = " ".join(page["text"] for name, page in pages.items() if name.endswith(".svg"))
    assert all(unmarked(name)[:40] in unmarked(profiles) for name in names[8:])
    plans = " ".join(page["text"] for name, page in pages.items() if name.startswith("plan-"))
    assert unmarked(names[0]) in plans and unmarked(names[10]) in plans


def test_workbooks_hold_texts_and_no_formula(hostile: Any, out: Path, names: list[str]) -> None:
    books = sorted(out.rglob("*.xlsx"))
    assert len(books) == 10
    texts: dict[str, set[str]] = {}
    for path in books:
        found = texts.setdefault(path.relative_to(out).as_posix(), set())
        for sheet in openpyxl.load_workbook(path).worksheets:
            for row in sheet.iter_rows():
                assert all(cell.data_type != "f" for cell in row), path
                found |= {cell.value for cell in row if isinstance(cell.value, str)}
        with zipfile.ZipFile(path) as parts:
            sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/")]
            assert not any(b"<f>" in xml or b"<hyperlink" in xml for xml in sheets)
    for name in ("gaps.xlsx", "export/results.xlsx"):
        assert set(names) <= texts[name]
    assert set(names[8:]) <= texts["reasons.xlsx"]
    assert hostile.project in texts["gaps.xlsx"]


def test_documents_hold_the_names(out: Path, names: list[str]) -> None:
    words: list[str] = []
    for path in out.glob("plan-*.docx"):
        document = docx.Document(str(path))
        words += [paragraph.text for paragraph in document.paragraphs]
        words += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        with zipfile.ZipFile(path) as parts:
            relations = [parts.read(name) for name in parts.namelist() if name.endswith(".rels")]
            assert not any(b'TargetMode="External"' in xml for xml in relations)
    assert any(unmarked(names[0]) in text for text in words)
    assert any(unmarked(names[10]) in text for text in words)


def test_geopackages_hold_the_names_and_styles_stay_documents(
    hostile: Any, out: Path, names: list[str]
) -> None:
    hamlets = pyogrio.read_dataframe(out / "gaps.gpkg", layer="hamlets")
    assert set(hamlets["name"]) == set(names)
    for path in out.rglob("*.gpkg"):
        styles = pyogrio.read_dataframe(path, layer="layer_styles")
        for name, text in zip(styles["f_table_name"], styles["styleQML"], strict=True):
            root = ET.fromstring(text.partition("\n")[2])
            assert root.tag == "qgis", (path, name)
    cells = pyogrio.read_dataframe(out / "network.gpkg", layer="layer_styles")
    text = cells.loc[cells["f_table_name"] == "cells", "styleQML"].iloc[0].partition("\n")[2]
    values = {one.attrib["value"] for one in ET.fromstring(text).iter("category")}
    assert values == {operator.strip() for operator in hostile.operators}


def test_google_earth_gets_texts_and_nothing_from_outside(out: Path, names: list[str]) -> None:
    with zipfile.ZipFile(out / "export" / "results.kmz") as archive:
        inside = set(archive.namelist())
        text = archive.read("doc.kml").decode("utf-8")
    space = "{http://www.opengis.net/kml/2.2}"
    root = ET.fromstring(text)
    shown = {element.text for element in root.iter(f"{space}name")}
    assert {unmarked(name) for name in names} <= shown
    for element in root.iter(f"{space}href"):
        assert element.text in inside
    balloons = [element.text or "" for element in root.iter(f"{space}description")]
    assert len(balloons) > 30
    for html in balloons:
        assert "$[" not in html
        made_of = Tags(html)
        assert made_of.tags <= {"h3", "table", "tr", "td", "p", "img"}
        assert made_of.attributes <= {"style", "src", "width"} and set(made_of.sources) <= inside
    assert any(unmarked(names[8]) in "".join(Tags(html).words) for html in balloons)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_field_of_a_text_file_begins_like_a_formula(out: Path, separator: str) -> None:
    files = sorted(out.rglob("*.csv"))
    assert len(files) > 12
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for record in csv.reader(stream, delimiter=separator):
                for field in record:
                    begins = field.lstrip(" ")
                    number = re.fullmatch(r"-[\d.,e+-]+", begins)
                    assert number or not begins.startswith(("=", "+", "-", "@")), (path.name, field[:60])


def test_text_files_give_the_names_back(out: Path, names: list[str]) -> None:
    with (out / "export" / "csv" / "hamlets.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert {unguarded(row[1]) for row in rows[1:]} == set(names)
    with (out / "coverage" / "best_cell_index.csv").open(encoding="utf-8", newline="") as stream:
        cells = [unguarded(row["cell_id"]) for row in csv.DictReader(stream)]
    assert set(cells) == set(pyogrio.read_dataframe(out / "network.gpkg", layer="cells")["cell_id"])


@pytest.mark.parametrize("ending", ["shp", "tab"])
def test_another_program_reads_the_names(out: Path, ending: str, names: list[str]) -> None:
    if shutil.which("ogr2ogr") is None:
        pytest.skip("needs GDAL's programs (make system-deps)")
    path = out / "export" / ending / f"hamlets.{ending}"
    command = ["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", "-t_srs", "EPSG:4326", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    features = json.loads(done.stdout.decode("utf-8"))["features"]
    assert {feature["properties"]["name"] for feature in features} == {shortened(name) for name in names}
    assert all(106.9 < feature["geometry"]["coordinates"][0] < 107.1 for feature in features)


def test_the_same_project_again_runs_on_what_it_kept(out: Path) -> None:
    """Ids with an apostrophe put before them are known again: nothing is computed twice."""
    before = (out / "coverage" / "4g_best_cell.tif").read_bytes()
    assert phusong("coverage", out.parent) == 0
    assert (out / "coverage" / "4g_best_cell.tif").read_bytes() == before
