"""The report for decision makers: its numbers against the tables, three files that agree, names that would do harm."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import docx
import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
from lxml import html
from PIL import Image
from shapely.geometry import Point, box

from phusong.coverage.cells import TechnologyRule
from phusong.coverage.siting.backhaul import Backhaul
from phusong.coverage.siting.costs import CostLine
from phusong.coverage.siting.proposal import (
    FrontierPoint,
    PhaseResult,
    Proposal,
    ProposedStation,
    UnservedVillage,
)
from phusong.gis_data.gap_schema import HAMLET_REASONS, OPERATOR_TOTALS, PLACES_DUTY, SHARING
from phusong.gis_data.grid import Grid
from phusong.gis_data.result_schema import (
    PLAN_COMPLETION,
    PLAN_STATUS,
    PLAN_TIMELINE,
    VERDICTS,
    VILLAGE_TOTALS,
)
from phusong.maps.figures import year_figure
from phusong.maps.figures_base import WIDTH_INCH
from phusong.maps.figures_map import coverage_sheet
from phusong.maps.figures_set import run_figures
from phusong.maps.figures_style import png_bytes, svg_bytes
from phusong.maps.frontier_plot import frontier_plot
from phusong.maps.kept_pictures import KeptPictures
from phusong.maps.palette import TECHNOLOGY_STYLE, VERDICT_HATCH, VERDICT_STYLE, VISIONS, minimum_distance
from phusong.maps.pieces import Pieces
from phusong.maps.plan_report_words import REPORT_WORDS
from phusong.maps.report_blocks import Heading, Paragraph, Picture, ReportTable
from phusong.maps.report_pdf import write_pdf
from phusong.maps.summary_report import summary_blocks, write_summary_report
from phusong.maps.summary_report_content import YEAR_COLUMNS, SummaryContent
from phusong.maps.summary_report_words import SUMMARY_WORDS
from phusong.maps.summary_report_words import say as summary_say

HOSTILE = '<script>alert("x")</script>'
DOLLAR = r"Bản $\frac{1}{0}$ #pagebreak() *x* \x {y}"
GRID = Grid("EPSG:32648", 700_000.0, 2_340_000.0, 100.0, 120, 150)
AS_OF = date(2025, 6, 30)
RNG = np.random.default_rng(7)


def villages() -> gpd.GeoDataFrame:
    """Fifteen hamlets in two communes; the first five are dead zones."""
    verdict = [
        *["no_signal"] * 3,
        *["partial_signal"] * 2,
        "voice_only",
        "no_4g",
        "fragile",
        *["covered"] * 7,
    ]
    return gpd.GeoDataFrame(
        {
            "village_id": [f"H{k:02d}" for k in range(15)],
            "name": [HOSTILE, DOLLAR, *(f"Khe {k}" for k in range(2, 15))],
            "commune": ["Xã Đồng Văn" if k % 2 else HOSTILE for k in range(15)],
            "population": [211.0 + 13 * k for k in range(15)],
            "grid_power": [k != 1 for k in range(15)],
            "verdict": verdict,
            "confidence": [["certain", "likely", "uncertain"][k % 3] for k in range(15)],
            "decided_by": ["measurement" if k in (2, 9) else "model" for k in range(15)],
        },
        geometry=[Point(701_000 + 800 * k, 2_333_000 + 300 * (k % 5)) for k in range(15)],
        crs=GRID.crs,
    )


def totals(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for scope, name, part in [
        *(("commune", str(name), rows) for name, rows in table.groupby("commune")), ("all", "", table)
    ]:  # fmt: skip
        dead = part[part["verdict"].isin(["no_signal", "partial_signal"])]
        row = {
            "scope": scope, "commune": name, "hamlets": len(part), "people": part["population"].sum(),
            "dead_hamlets": len(dead), "dead_people": dead["population"].sum(),
            "share_people_dead": dead["population"].sum() / part["population"].sum(),
        }  # fmt: skip
        for code in VERDICTS:
            chosen = part[part["verdict"] == code]
            row |= {f"hamlets_{code}": len(chosen), f"people_{code}": chosen["population"].sum()}
        rows.append(row)
    return pd.DataFrame(rows, columns=[column.name for column in VILLAGE_TOTALS.columns])


def reasons(table: pd.DataFrame) -> pd.DataFrame:
    lacking = table[~table["verdict"].isin(["fragile", "covered"])]
    frame = pd.DataFrame({"village_id": lacking["village_id"], "verdict": lacking["verdict"]})
    frame["cause"] = ["obstacle", "obstacle", "distance", "obstacle", "measured", "technology", "technology"]
    frame["remedy"] = ["station", "tilt", "station", "carrier", None, "carrier", "carrier"]
    frame["remedy_price"] = [1407.9, 8.0, 1738.0, 337.0, np.nan, 337.0, 337.0]
    return frame.reindex(columns=[column.name for column in HAMLET_REASONS.columns])


def station(number: int, hamlets: tuple[str, ...], shared: str) -> ProposedStation:
    lines = (CostLine("tower", 100.0 * number, 10.0, 180.0 * number), CostLine("radio", 190.0, 19.0, 336.7))
    return ProposedStation(
        f"S{number:03d}", f"c{number}", "colocation" if shared else "new_tower", "mast", DOLLAR, "VNPT", shared,
        "Viettel", 702_000.0 + 900 * number, 2_334_000.0, 42.0, 30.0, ("4G",), (0.0, 120.0), 46.0, "grid", 0.0,
        Backhaul("fibre", "F1", 2.0, None, 10.0, 1.0), lines, sum(line.capital for line in lines),
        sum(line.present_value for line in lines), 311.5, 120.0, hamlets, hamlets,
    )  # fmt: skip


def proposal() -> Proposal:
    stations = (station(1, ("H00", "H01"), "VNPT"), station(2, ("H02",), ""), station(3, (), ""))
    return Proposal(
        operator="Viettel", technologies=("4G",), currency="million VND", budget=2500.0, stations=stations,
        served_villages=("H00", "H01", "H02"),
        unserved_villages=(
            UnservedVillage("H03", 250.0, "budget", 1.0, 1433.0, True, ("x",)),
            UnservedVillage("H04", 263.0, "terrain", 0.4, None, False, ()),
        ),
        people_newly_served=689.0, total_cost=sum(s.total_cost for s in stations),
        total_capital=sum(s.capital for s in stations), value=1367.0, bound=1401.0, gap=0.0243,
        sharing_ratio=1 / 3, status="time_limit", stopped="", cheapest_proven=False, time_s=1.0, time_limit_s=1.0,
        gap_target=1e-4, feasibility_tolerance=1e-6, instance_hash="", candidates=9, candidates_kept=5,
        demand_points=15, demand_classes=9, radio=(), remarks=(),
        frontier=(
            FrontierPoint(1000.0, 900.0, 500.0, 500.0, 0.0, 300.0, 1, 1, "optimal", ("a",)),
            FrontierPoint(2500.0, 2090.1, 1367.0, 1401.0, 0.0243, 689.0, 3, 3, "time_limit", ("a", "b")),
        ),
        phases=(PhaseResult(2026, 1000.0, 900.0, 1, 1, 1.0, 1.0, 1.0),),
    )  # fmt: skip


def operators() -> pd.DataFrame:
    rows = [
        ("all", "", operator, technology, 15, 4530.0, 9, 3000.0 + 7 * k, (3000.0 + 7 * k) / 4530.0, 5, 15)
        for k, (operator, technology) in enumerate((o, t) for o in ("Viettel", "") for t in ("2G", "4G"))
    ]
    return pd.DataFrame(rows, columns=[column.name for column in OPERATOR_TOTALS.columns])


def years() -> pd.DataFrame:
    rows = [
        (day, technology, 4530.0, covered, 8, dead, 200.0 * dead)
        for day, dead, low in (
            (date(2023, 12, 31), 9, 900.0),
            (date(2024, 12, 31), 7, 2100.0),
            (AS_OF, 5, 3007.0),
        )
        for technology, covered in (("2G", 3000.0), ("4G", low))
    ]
    return pd.DataFrame(rows, columns=list(YEAR_COLUMNS))


def plans() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    completion = pd.DataFrame(
        [
            ("13/KH-UBND", "target", "stations", 54, 54, 52, 2, 0, 1.0, 52 / 54, 52 / 54),
            ("13/KH-UBND", "target", "mobile_service", 66, 60, 57, 3, 0, 60 / 66, 57 / 66, 57 / 60),
        ],
        columns=[column.name for column in PLAN_COMPLETION.columns],
    )
    timeline = pd.concat(
        [completion.assign(month_end=np.datetime64(day)) for day in ("2022-11-30", "2022-12-31")]
    )[[column.name for column in PLAN_TIMELINE.columns]]
    item = dict.fromkeys((column.name for column in PLAN_STATUS.columns), None) | {
        "plan_id": "13/KH-UBND", "kind": "station", "village_name": HOSTILE, "reason": "no_cell_on_air",
    }  # fmt: skip
    items = pd.DataFrame(
        [
            item | {"item_id": f"K{k}", "discrepancy": d}
            for k, d in enumerate(["claimed_contradicted", "overdue", ""])
        ]
    )
    return completion, timeline, items


def content(language: str = "en", **more: object) -> SummaryContent:
    table, plan = villages(), proposal()
    completion, timeline, items = plans()
    rules = {t: TechnologyRule(t, level, 8.0, 0.9) for t, level in (("2G", -95.0), ("4G", -105.0))}
    level = np.linspace(-130, -60, GRID.rows * GRID.columns, dtype=np.float32).reshape(GRID.shape)
    level[:20] = np.nan
    sharing = pd.DataFrame(
        [("all", "", 600, 600, 174, 0.29, ""), ("reference", "Việt Nam", None, None, None, 0.2, "statement")],
        columns=[column.name for column in SHARING.columns],
    )
    places = pd.DataFrame(
        {"place_kind": ["hospital", "hospital"], "required_technology": "5G", "covered": [True, False]},
        columns=[column.name for column in PLACES_DUTY.columns],
    )
    west, south, east, north = GRID.bounds
    made = SummaryContent(
        area=HOSTILE, language=language, synthetic=True, as_of=AS_OF, version="0.1", currency="million VND",  # type: ignore[arg-type]
        horizon_years=10, villages=table, totals=totals(table), reasons=reasons(table),
        operators=operators(), sharing=sharing, places=places,
        areas=pd.DataFrame({"technology": ["2G", "4G"], "share_area": [0.584, 0.761]}), years=years(),
        undated_cells=4, cells=30, proposal=plan,
        stations=gpd.GeoDataFrame(
            {"station_id": [s.station_id for s in plan.stations]},
            geometry=[Point(s.x_m, s.y_m) for s in plan.stations], crs=GRID.crs,
        ),
        completion=completion, timeline=timeline, plan_items=items,
        masts=gpd.GeoDataFrame(
            {"mast_id": ["M1"], "technologies": ["2G;4G"]}, geometry=[Point(705_000, 2_335_000)], crs=GRID.crs
        ),
        communes=gpd.GeoDataFrame(
            {"name": [DOLLAR]}, geometry=[box(west, south, (west + east) / 2, north)], crs=GRID.crs
        ),
        terrain_m=np.random.default_rng(3).uniform(0, 500, GRID.shape).astype(np.float32),
        land=np.ones(GRID.shape, np.uint8), grid=GRID, rules=rules, levels_dbm={"2G": level, "4G": level},
        model="ITU-R P.1812-8", receiver_height_m=1.5, criteria=("province", date(2026, 11, 1)),
        costs=("rural-2024", date(2024, 12, 31)), assumptions=(("Model", HOSTILE),),
        data_versions=(("layers/villages.csv", "abc123"),),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("summary")
    made = {}
    for language in ("vi", "en"):
        (folder / language).mkdir()
        made[language] = write_summary_report(folder / language, content(language))
    return made


@cache
def pages_of(path: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


@cache
def text_of(path: Path) -> str:
    """All words of a report, white space evened out."""
    if path.suffix == ".html":
        text = html.fromstring(path.read_text(encoding="utf-8")).xpath("//main")[0].text_content()
    elif path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        text = "\n".join([*(p.text for p in document.paragraphs), *cells])
    else:
        text = "\n".join(pages_of(path))
    return re.sub(r"\s+", " ", text)


def tables_of(path: Path) -> list[list[list[str]]]:
    """Every table of a report as rows of texts, header first; the key numbers of the DOCX left out."""
    if path.suffix == ".docx":
        found = [
            [[cell.text for cell in row.cells] for row in table.rows]
            for table in docx.Document(str(path)).tables
        ]
        return found[1:]
    page = html.fromstring(path.read_text(encoding="utf-8"))
    return [
        [[cell.text_content() for cell in row.xpath("./th|./td")] for row in table.xpath(".//tr")]
        for table in page.xpath("//table")
    ]


KINDS = pytest.mark.parametrize("kind", [0, 1, 2], ids=["html", "docx", "pdf"])


@KINDS
def test_the_answer_recomputed_from_the_tables(written: dict[str, list[Path]], kind: int) -> None:
    """Every number of the first two pages by plain counting over the rows."""
    text, table = text_of(written["en"][kind]), villages()
    dead = [row for row in table.to_dict("records") if row["verdict"] in ("no_signal", "partial_signal")]
    people = sum(row["population"] for row in dead)
    share = 100 * people / table["population"].sum()
    sure = {c: sum(row["confidence"] == c for row in dead) for c in ("certain", "likely", "uncertain")}
    doubtful = sum(
        row["confidence"] == "uncertain" and row["verdict"] in ("fragile", "covered")
        for row in table.to_dict("records")
    )
    for line in (
        f"{len(dead)} of 15 hamlets are dead zones: 3 have no signal at their centre, 2 have residential "
        f"clusters without. {people:,.0f} people live there ({share:.1f} % of all).",
        f"{sure['certain']} of them certain, {sure['likely']} likely, {sure['uncertain']} uncertain. Samples "
        f"decide 1 of them. On the other side, {doubtful} hamlets that count as served are uncertain too.",
        "1 of the dead-zone hamlets have no grid power.",
        "1 hamlets have voice but no broadband, 1 have no 4G, and 0 lack 5G",
        "an obstacle on the way: 3 hamlets (60.0 %); distance: 1 hamlets (20.0 %)",
        "2 need no more than a change on an existing mast (tilt, azimuth, carrier, height); 2 need a new station; "
        "for 1 no single measure is enough.",
        "3 stations for 2,090 million VND (present value over 10 years; 1,170 of it capital) newly serve 3 hamlets, "
        "3 of them dead zones, and 689 people.",
        "Proof: time limit. The plan is worth 1,367; no plan from the candidates looked at is worth more than 1,401 "
        "(gap 2.43 %).",
        "33.3 % of the proposed stations stand on somebody else's structure; today 29.0 % of the masts are shared.",
        "2 hamlets stay without service: the budget does not suffice (1); the terrain hides too many of its people "
        "(1).",
        "Stations on air: claimed 54/54 (100.0 %); supported 52/54 (96.3 %).",
        "Hamlets with mobile service: claimed 60/66 (90.9 %); supported 57/66 (86.4 %).",
        "13/KH-UBND: claim and evidence differ in 2 items.",
    ):  # fmt: skip
        assert line in text, line


def test_the_answer_takes_two_pages(written: dict[str, list[Path]]) -> None:
    for language, first in (
        ("en", "1. Coverage by technology and year"),
        ("vi", "1. Vùng phủ theo công nghệ"),
    ):
        pages = pages_of(written[language][2])
        assert first in pages[2]
        assert not any(first in page for page in pages[:2])


def test_html_and_docx_have_the_same_tables(written: dict[str, list[Path]]) -> None:
    for language in ("vi", "en"):
        assert tables_of(written[language][0]) == tables_of(written[language][1])


def test_every_cell_of_the_tables_is_in_the_pdf(written: dict[str, list[Path]]) -> None:
    """Lines may break in a PDF: compared without white space."""
    found = re.sub(r"\s", "", text_of(written["en"][2]))
    for table in tables_of(written["en"][0]):
        for row in table:
            for cell in row:
                assert re.sub(r"\s", "", cell) in found, cell


def test_tables_are_those_of_the_run(written: dict[str, list[Path]]) -> None:
    found = tables_of(written["en"][0])
    tables = {table[0][0]: table for table in reversed(found) if len(table[0]) > 2}
    assert tables["End of"][1] == ["2023-12-31", "3,000", "66.2 %", "900", "19.9 %", "9", "1,800"]
    assert [row[0] for row in tables["End of"][1:]] == ["2023-12-31", "2024-12-31", "2025-06-30"]
    assert ["Any of them", "4G", "3,021", "66.7 %", "9", "5", "76.1 %"] in tables["Operator"]
    assert tables["Commune"][-1][:3] == ["All", "15", f"{villages()['population'].sum():,.0f}"]
    dead = tables["Hamlet ID"]
    assert [row[0] for row in dead[1:]] == ["H04", "H03", "H02", "H01", "H00"], "most people first"
    assert dead[-1][-2:] == ["1,408", "S001"]
    assert [row[-1] for row in tables["Line"][1:]] == ["1,080", "1,010", "2,090"]
    assert tables["Budget (million VND)"][2][:5] == ["2,500", "2,090", "3", "3", "689"]
    assert tables["Kind of place"][1] == ["Hospital", "5G", "2", "1"]


@KINDS
def test_hostile_names_are_text(written: dict[str, list[Path]], kind: int) -> None:
    text = re.sub(r"\s", "", text_of(written["en"][kind]))
    assert re.sub(r"\s", "", HOSTILE) in text
    assert re.sub(r"\s", "", DOLLAR) in text


def test_page_asks_nothing_of_the_network(written: dict[str, list[Path]]) -> None:
    raw = written["vi"][0].read_text(encoding="utf-8")
    page = html.fromstring(raw)
    assert not page.xpath("//script|//iframe|//link|//object|//form|//base|//a")
    assert all(source.startswith("data:image/png;base64,") for source in page.xpath("//@src|//@href"))
    assert not re.search(r"https?://|url\(|@import", raw)
    for image in page.xpath("//img"):
        assert image.get("alt")
        picture = Image.open(io.BytesIO(base64.b64decode(image.get("src").split(",")[1]))).convert("RGB")
        assert len(picture.getcolors(maxcolors=1 << 24) or []) > 3


def test_synthetic_and_predicted_are_said(written: dict[str, list[Path]], tmp_path: Path) -> None:
    mark = "SYNTHETIC DATA / dữ liệu giả lập"
    for path in written["en"]:
        assert mark in text_of(path)
        assert "Predicted, not measured" in text_of(path)
    for path in write_summary_report(tmp_path, content(synthetic=False, levels_dbm={})):
        assert mark not in text_of(path)


def test_pdf_is_tagged_in_its_language_and_names_synthetic_on_every_page(
    written: dict[str, list[Path]],
) -> None:
    for language, path in ((language, files[2]) for language, files in written.items()):
        reader = pypdf.PdfReader(path)
        root = reader.trailer["/Root"]
        assert root["/Lang"] == language
        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert all("SYNTHETIC" in text for text in pages_of(path))
        fonts = {str(f) for page in reader.pages for f in page["/Resources"]["/Font"].values()}  # type: ignore[index]
        assert fonts
        assert reader.metadata is not None
        assert reader.metadata.title


def test_vietnamese_report_speaks_vietnamese(written: dict[str, list[Path]]) -> None:
    for path in written["vi"]:
        text = text_of(path)
        assert "5 trên 15 thôn là lõm sóng hoặc trắng sóng" in text
        assert "Mạng lưới tính đến hết ngày 30/06/2025" in text
        assert "2.090 million VND" in text, "digits are grouped as in Vietnamese"
        for english in ("hamlets", "Proof", "Predicted", "Limits"):
            assert english not in text


def test_same_bytes_again(written: dict[str, list[Path]], tmp_path: Path) -> None:
    again = write_summary_report(tmp_path, content("vi"))
    for first, second in zip(written["vi"], again, strict=True):
        assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_a_run_without_gaps_plans_or_stations_makes_a_report(tmp_path: Path) -> None:
    table = villages().assign(verdict="covered")
    empty = replace(
        proposal(), stations=(), served_villages=(), unserved_villages=(), frontier=(), phases=(),
        people_newly_served=0.0, total_cost=0.0, total_capital=0.0, sharing_ratio=None, status="optimal",
        objective="least_cost", budget=float("inf"), gap=0.0,
    )  # fmt: skip
    nothing = content(
        villages=table, totals=totals(table), reasons=reasons(villages()).iloc[:0], proposal=empty,
        stations=gpd.GeoDataFrame({"station_id": []}, geometry=[], crs=GRID.crs),
        completion=plans()[0].iloc[:0], timeline=plans()[1].iloc[:0], plan_items=plans()[2].iloc[:0],
        communes=gpd.GeoDataFrame({"name": []}, geometry=[], crs=GRID.crs), levels_dbm={},
        areas=pd.DataFrame({"technology": [], "share_area": []}), undated_cells=0,
    )  # fmt: skip
    for path in write_summary_report(tmp_path, nothing):
        text = text_of(path)
        assert "None of the 15 hamlets is a dead zone" in text
        assert "No station is proposed (proven optimal)." in text
        assert "The project holds no plan register to be checked." in text
        assert "What other budgets would buy" not in text
    assert frontier_plot(empty, "million VND", "en", "") is None


def test_figures_as_png_and_svg_are_the_same_again() -> None:
    names = {"13/KH-UBND": "13-KH-UBND"}
    made = dict(run_figures(content(), names))
    assert set(made) == {
        "coverage-by-year", "gaps-by-commune", "reasons", "cost-breakdown", "frontier", "plan-13-KH-UBND",
        "map-gaps-and-proposal", "map-coverage-2g", "map-coverage-4g",
    }  # fmt: skip
    again = dict(run_figures(content(), names))
    for name in ("coverage-by-year", "map-coverage-4g"):
        drawing = svg_bytes(made[name])
        assert drawing == svg_bytes(again[name])
        assert ET.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"
        assert png_bytes(made[name]) == png_bytes(again[name])


def sheet(shown: SummaryContent, technology: str) -> bytes:
    """The picture of a coverage sheet in the report."""
    alternative = summary_say("fig_sheet", shown.language, technology=technology)
    (found,) = [
        b.png for b in summary_blocks(shown) if isinstance(b, Picture) and b.alternative == alternative
    ]
    return found


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize("technology", ["2G", "4G"])
def test_sheet_put_together_by_pixels_looks_as_matplotlib_draws_it(technology: str) -> None:
    shown = content()
    masts = gpd.GeoDataFrame(
        {"mast_id": ["M1", "M2"], "technologies": ["2G;4G", "2G;4G"]},
        geometry=[Point(703_000.0, 2_333_000.0), Point(709_250.0, 2_331_100.0)], crs=GRID.crs,
    )  # fmt: skip
    shown = replace(shown, masts=masts)
    own, drawn = (
        pixels(sheet(shown, technology)),
        pixels(png_bytes(coverage_sheet(shown, technology, WIDTH_INCH))),
    )
    assert own.shape == drawn.shape
    far = np.abs(own - drawn).max(axis=2)
    assert far.mean() < 3
    assert (far > 48).mean() < 0.01
    without = pixels(sheet(replace(shown, masts=masts[:0]), technology))
    dark = (np.abs(own - without).max(axis=2) > 60).sum()
    assert 12 <= dark <= 40  # two triangles of some eight pixels each, with their edges


def test_sheet_on_kept_layers_is_that_of_a_fresh_report(tmp_path: Path) -> None:
    path, first = tmp_path / "pictures.bin", content()
    kept = KeptPictures(Pieces(path))
    sheet(replace(first, pictures=kept), "4G")
    kept.save()
    levels = {t: level - 6 for t, level in first.levels_dbm.items()}
    later = replace(content(), levels_dbm=levels)
    again = KeptPictures(Pieces(path))
    assert sheet(replace(later, pictures=again), "4G") == sheet(later, "4G") != sheet(first, "4G")
    again.save()
    data = path.read_bytes()
    for at in np.linspace(30, len(data) - 1, 6).astype(int).tolist():
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert sheet(replace(later, pictures=KeptPictures(Pieces(path))), "4G") == sheet(later, "4G")


def test_year_figure_draws_the_shares_of_the_table() -> None:
    figure = year_figure(content())
    assert figure is not None
    left, right = figure.axes
    drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in left.lines}
    assert drawn["4G"] == pytest.approx([100 * c / 4530 for c in (900, 2100, 3007)])
    assert np.asarray(left.lines[0].get_xdata()) == pytest.approx([2023, 2024, 2024 + 181 / 365])
    assert [bar.get_height() for bar in right.patches] == [9, 7, 5]


def test_signs_tell_apart_without_colour() -> None:
    signs = [(marker, line) for _, marker, line in TECHNOLOGY_STYLE.values()]
    assert len({m for m, _ in signs}) == len({line for _, line in signs}) == len(signs)
    colours = tuple(colour for colour, _, _ in TECHNOLOGY_STYLE.values())
    assert min(minimum_distance(colours, vision) for vision in VISIONS) >= 24
    drawn = ("no_signal", "partial_signal", "voice_only", "no_4g")
    assert len({VERDICT_HATCH[code] for code in drawn}) == len(drawn)
    assert set(VERDICT_HATCH) == set(VERDICT_STYLE)


def test_wide_tables_and_new_pages_in_the_pdf(tmp_path: Path) -> None:
    """A long table repeats its header on every page; a wide part lies on its side."""
    rows = tuple((f"Thôn {k}", str(k)) for k in range(150))
    blocks = [
        Paragraph("đầu tiên"), Heading("Phụ lục", wide=True), ReportTable(("Tên", "Số"), rows, 1),
        Heading("Hết"), Heading("Trang mới", new_page=True),
    ]  # fmt: skip
    write_pdf(tmp_path / "r.pdf", "Báo cáo", blocks, "vi", AS_OF, footer="chân trang")
    pages = pypdf.PdfReader(tmp_path / "r.pdf").pages
    wide = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert len(wide) >= 3
    assert all("Tên" in page.extract_text() for page in wide)
    assert all("chân trang" in page.extract_text() for page in pages)
    assert "Trang mới" in pages[-1].extract_text()
    assert "Hết" in pages[-2].extract_text()


def test_every_word_in_both_languages() -> None:
    for key, pair in SUMMARY_WORDS.items():
        assert len(pair) == 2, key
        assert all(text.strip() for text in pair), key
        assert set(re.findall(r"{(\w+)}", pair[0])) == set(re.findall(r"{(\w+)}", pair[1])), key
    assert not set(SUMMARY_WORDS) & set(REPORT_WORDS), "one wording for each key"
