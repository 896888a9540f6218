"""The commands ``report`` and ``figures`` on one valley: the numbers of the tables of the same run, no other."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pypdf
import pytest
from PIL import Image

from phusong.cli import main
from phusong.console import Reporter
from phusong.coverage_years import coverage_years, year_ends
from phusong.project import load_project
from phusong.scene import Options, prepare
from phusong.stages import levels_stage


def phusong(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def done(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley after `phusong run`, `report` and `figures`; 4G comes on air in 2021 on all masts but one."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("report") / "project"))
    cells = folder / "layers" / "cells.csv"
    text = cells.read_text(encoding="utf-8")
    later = re.sub(r"(M[13],\w+,4G,.*),20\d\d-\d\d-\d\d", r"\1,2021-05-01", text)
    cells.write_text(later, encoding="utf-8")
    for command in ("run", "report", "figures"):
        assert phusong(command, str(folder), "--quiet", "--lang", "en") == 0
    return folder


def rows(book: Path, sheet: int = 0) -> list[dict[str, object]]:
    """A sheet as one mapping of header to value for each row."""
    header, *body = openpyxl.load_workbook(book).worksheets[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in body]


def words(folder: Path) -> str:
    document = docx.Document(str(folder / "out" / "report.docx"))
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def table_with(folder: Path, head: str) -> list[list[str]]:
    """The first table of the report whose header begins with a word."""
    tables = docx.Document(str(folder / "out" / "report.docx")).tables
    found = next(table for table in tables if table.rows[0].cells[0].text == head)
    return [[cell.text for cell in row.cells] for row in found.rows]


def test_gaps_of_the_report_are_those_of_the_workbook(done: Path) -> None:
    hamlets = rows(done / "out" / "gaps.xlsx")
    dead = [row for row in hamlets if row["Dead zone"] == "yes"]
    assert dead, "the ridge makes some"
    people = sum(int(str(row["Population (people)"])) for row in dead)
    assert f"{len(dead)} of {len(hamlets)} hamlets are dead zones" in words(done)
    assert f"{people:,} people live there" in words(done)
    listed = table_with(done, "Hamlet ID")
    assert {row[0] for row in listed[1:]} == {row["Hamlet ID"] for row in dead}


def test_proposal_of_the_report_is_that_of_the_workbook(done: Path) -> None:
    stations = rows(done / "out" / "proposals.xlsx")
    cost = sum(float(str(row["Cost over the horizon (million VND)"])) for row in stations)
    assert f"{len(stations)} stations for {cost:,.0f} million VND" in words(done)
    assert [row[0] for row in table_with(done, "Station")[1:]] == [row["Station"] for row in stations]


def test_plans_of_the_report_are_those_of_the_workbook(done: Path) -> None:
    for row in rows(done / "out" / "plans.xlsx"):
        if row["Scope"] == "Target":
            promised, claimed, supported = (
                row[name]
                for name in (
                    "Promised (items or hamlets)",
                    "Claimed complete (items or hamlets)",
                    "Claimed and supported (items or hamlets)",
                )
            )
            line = f"{row['Plan']}, {row['What']}: claimed {claimed}/{promised}"
            assert line in words(done)
            assert re.search(
                rf"{re.escape(line)} \([\d.]+ %\); supported {supported}/{promised}", words(done)
            )


def test_people_by_operator_are_those_of_the_workbook(done: Path) -> None:
    sheets = openpyxl.load_workbook(done / "out" / "reasons.xlsx", read_only=True).sheetnames
    expected = [
        (str(row["Operator"]), str(row["Technology"]), f"{float(str(row['People covered'])):,.0f}")
        for row in rows(done / "out" / "reasons.xlsx", sheets.index("Operators and technologies"))
        if row["Scope"] == "All"
    ]
    assert [tuple(row[:3]) for row in table_with(done, "Operator")[1:]] == expected


def test_pdf_says_the_same_and_is_marked(done: Path) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(done / "out" / "report.pdf").pages]
    first = re.sub(r"\s+", " ", pages[0])
    assert "hamlets are dead zones" in first
    assert all("SYNTHETIC DATA" in page and "predicted, not measured" in page for page in pages)


def test_figures_come_as_picture_and_drawing(done: Path) -> None:
    folder = done / "out" / "figures"
    names = {path.stem for path in folder.glob("*.png")}
    assert names == {path.stem for path in folder.glob("*.svg")}
    assert names >= {
        "coverage-by-year", "reasons", "cost-breakdown", "plan-13-KH-UBND", "map-gaps-and-proposal",
        "map-coverage-2g", "map-coverage-4g",
    }  # fmt: skip
    for path in folder.glob("*.png"):
        assert Image.open(path).width > 1000
    (folder / "old.png").touch()
    (folder / "mine.txt").touch()
    assert phusong("figures", str(done), "--quiet", "--lang", "en") == 0
    assert not (folder / "old.png").exists()
    assert (folder / "mine.txt").exists()


def test_same_bytes_again(done: Path) -> None:
    kinds = ("html", "docx", "pdf")
    before = [hashlib.sha256((done / "out" / f"report.{kind}").read_bytes()).digest() for kind in kinds]
    assert phusong("report", str(done), "--quiet", "--lang", "en", "--workers", "1") == 0
    after = [hashlib.sha256((done / "out" / f"report.{kind}").read_bytes()).digest() for kind in kinds]
    assert before == after


def test_each_year_is_what_a_run_of_its_last_day_finds(done: Path) -> None:
    project = load_project(done)
    options = Options(project, date(2022, 9, 15), "en", None, Reporter("en", quiet=True))
    scene = prepare(options)
    days = year_ends(scene)
    assert days == [*(date(year, 12, 31) for year in range(2012, 2022)), date(2022, 9, 15)]
    table = coverage_years(scene, levels_stage(scene))
    assert table["year_end"].unique().tolist() == days
    for day in (date(2015, 12, 31), date(2022, 9, 15)):
        assert phusong("gaps", str(done), "--quiet", "--lang", "en", "--as-of", day.isoformat()) == 0
        hamlets = rows(done / "out" / "gaps.xlsx")
        sheets = openpyxl.load_workbook(done / "out" / "reasons.xlsx", read_only=True).sheetnames
        found = {
            row["Technology"]: row
            for row in rows(done / "out" / "reasons.xlsx", sheets.index("Operators and technologies"))
            if row["Scope"] == "All" and row["Operator"] == "Any of them"
        }
        part = table[table["year_end"] == day].set_index("technology")
        for technology in ("2G", "4G"):
            assert part.at[technology, "people_covered"] == pytest.approx(found[technology]["People covered"])
            assert part.at[technology, "hamlets_served"] == found[technology]["Hamlets served"]
        assert set(part["dead_hamlets"]) == {sum(row["Dead zone"] == "yes" for row in hamlets)}
    grown = table[table["technology"] == "4G"]["people_covered"].tolist()
    assert grown == sorted(grown), "cells only came on air"
    assert grown[0] == 0.0 < grown[-1]
