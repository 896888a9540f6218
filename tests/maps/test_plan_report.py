"""The report on a plan: its numbers from other code, its pictures, and names that would do harm."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pytest
from lxml import html
from PIL import Image

from phusong.coverage.plans.completion import completion
from phusong.gis_data.grid import Grid
from phusong.gis_data.result_schema import PLAN_STATUS, PLAN_TIMELINE, VILLAGE_MATCHES
from phusong.maps.plan_report import PlanReport, write_plan_report
from phusong.maps.plan_report_words import REPORT_WORDS, say_date, say_number, say_share

HOSTILE = '<script>alert("x")</script>'
DOLLAR = r"Bản $\frac{1}{0}$ & Co \x {y}"
GRID = Grid("EPSG:32648", 700_000.0, 2_340_000.0, 100.0, 120, 150)


def item(number: int, kind: str, support: str, claimed: bool, discrepancy: str = "", **more: object) -> dict:
    row: dict[str, object] = dict.fromkeys((column.name for column in PLAN_STATUS.columns), None)
    reason = {
        "supported": "served", "contradicted": "not_served",
        "not_checkable": "fixed_not_modelled" if kind == "fixed_broadband" else "village_unknown",
    }[support]  # fmt: skip
    row |= {
        "plan_id": "13/KH-UBND", "item_id": f"K{number:03d}", "kind": kind, "village_id": f"V{number}",
        "village_name": f"Khe {number}", "commune": "Xã Đồng Văn", "operator": "Viettel", "mast_id": "",
        "deadline": np.datetime64("2022-12-31"), "claimed": claimed, "support": support, "decided_by": "model",
        "reported_on": np.datetime64("2022-11-03") if claimed else np.datetime64("NaT"),
        "reason": reason, "discrepancy": discrepancy, "on_air_since": np.datetime64("NaT"),
        "distance_m": np.nan, "level_dbm": np.nan, "p_covered": np.nan, "samples": 0, "share_samples": np.nan,
        "source": "BC 1/2022", "matched_by": "id", "x_m": 701_000.0 + 900.0 * number, "y_m": 2_335_000.0,
    }  # fmt: skip
    return row | more


ITEMS = pd.DataFrame(
    [
        item(1, "mobile_service", "contradicted", True, "claimed_contradicted", level_dbm=-108.4, p_covered=0.05,
             distance_m=8740.0, evidence_cell="C-1", evidence_technology="2G", evidence_operator="Viettel",
             on_air_since=np.datetime64("2012-10-22"), responsible_serves=False),
        item(2, "mobile_service", "supported", True, village_name=HOSTILE, commune=DOLLAR, samples=12,
             share_samples=0.92, source="javascript:alert(1)"),
        item(3, "mobile_broadband", "supported", True),
        item(4, "mobile_broadband", "contradicted", False, "overdue", item_id=DOLLAR),
        item(5, "fixed_broadband", "not_checkable", True),
        item(6, "station", "supported", True, mast_id="M6", village_id="", village_name="", x_m=np.nan, y_m=np.nan),
        item(7, "mobile_service", "not_checkable", True, "claimed_not_checkable", village_name="=1+1\x00\ud800",
             village_id=""),
    ]
)  # fmt: skip
COMPLETION = completion(ITEMS.assign(subject=ITEMS["item_id"]))
TIMELINE = pd.concat(
    [
        COMPLETION.assign(month_end=np.datetime64("2022-11-30"), claimed=0, supported=0),
        COMPLETION.assign(month_end=np.datetime64("2022-12-31")),
    ]
)[[column.name for column in PLAN_TIMELINE.columns]]
DOUBTFUL = pd.DataFrame(
    [("K007", "=1+1", "Xã Đồng Văn", 1, "V9", HOSTILE, "Xã Đồng Văn", "similar names in the commune")],
    columns=[column.name for column in VILLAGE_MATCHES.columns],
)


def report(language: str = "en", **more: object) -> PlanReport:
    rng = np.random.default_rng(3)
    made = PlanReport(
        plan_id="13/KH-UBND", area=HOSTILE, language=language, synthetic=True, as_of=date(2022, 12, 31),  # type: ignore[arg-type]
        items=ITEMS, completion=COMPLETION, timeline=TIMELINE, doubtful=DOUBTFUL,
        masts=pd.DataFrame({"x_m": [703_000.0], "y_m": [2_336_000.0]}),
        terrain_m=rng.uniform(0, 500, GRID.shape).astype(np.float32), land=np.ones(GRID.shape, np.uint8),
        grid=GRID, assumptions=(("Model", HOSTILE),), data_versions=(("layers/villages.csv", "abc123"),),
        version="0.1",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("reports")
    return {
        language: write_plan_report(folder / language, "plan", report(language)) for language in ("vi", "en")
    }


def tables_of(path: Path) -> list[list[list[str]]]:
    """Every table of a report as rows of texts, header first."""
    if path.suffix == ".docx":
        return [
            [[cell.text for cell in row.cells] for row in table.rows]
            for table in docx.Document(str(path)).tables
        ]
    page = html.fromstring(path.read_text(encoding="utf-8"))
    return [
        [[cell.text_content() for cell in row.xpath("./th|./td")] for row in table.xpath(".//tr")]
        for table in page.xpath("//table")
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_counts_recomputed_from_the_items(written: dict[str, list[Path]], place: int) -> None:
    """Each hamlet of the register is one item here, so plain counting must give the report's numbers."""
    targets = tables_of(written["en"][place])[0]
    kinds = {
        "Stations on air": ["station"],
        "Hamlets with mobile service": ["mobile_service"],
        "Hamlets with broadband, mobile or fixed": ["mobile_broadband", "fixed_broadband"],
    }
    assert [row[0] for row in targets[1:]] == list(kinds)
    for row in targets[1:]:
        chosen = [r for r in ITEMS.to_dict("records") if r["kind"] in kinds[row[0]]]
        claimed = [r for r in chosen if r["claimed"]]
        by = {
            s: sum(r["support"] == s for r in claimed) for s in ("supported", "contradicted", "not_checkable")
        }
        assert row[1:6] == [str(n) for n in (len(chosen), len(claimed), *by.values())]
        shares = [f"{100 * n / len(chosen):.1f} %" for n in (len(claimed), by["supported"])]
        checkable = by["supported"] + by["contradicted"]
        assert row[6:] == [*shares, f"{100 * by['supported'] / checkable:.1f} %" if checkable else ""]


@pytest.mark.parametrize("place", [0, 1])
def test_discrepancies_first_and_every_item_once(written: dict[str, list[Path]], place: int) -> None:
    _targets, _kinds, discrepancies, items, doubtful, *_ = tables_of(written["en"][place])
    expected = ITEMS[ITEMS["discrepancy"] != ""]
    assert [row[1] for row in discrepancies[1:]] == expected["item_id"].tolist()
    assert [row[0] for row in items[1:]] == ITEMS["item_id"].tolist()
    assert items[6][2] == "M6", "a station is named by its mast"
    assert doubtful[1][0] == "K007"
    evidence = discrepancies[1][9]
    for part in (
        "cell C-1 (2G, Viettel)",
        "since 2012-10-22",
        "8.7 km",
        "−108 dBm",
        "P = 0.05",
        "responsible",
    ):
        assert part in evidence
    assert "12 samples, 92.0 %" in items[2][8]


def test_both_files_say_the_same(written: dict[str, list[Path]]) -> None:
    for language in ("vi", "en"):
        assert tables_of(written[language][0]) == tables_of(written[language][1])


def test_nothing_from_outside_and_no_script(written: dict[str, list[Path]]) -> None:
    text = written["vi"][0].read_text(encoding="utf-8")
    page = html.fromstring(text)
    assert not page.xpath("//script|//iframe|//link|//object|//form|//base|//*[@onerror]|//*[@onload]|//a")
    sources = page.xpath("//@src|//@href")
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]


@pytest.mark.parametrize("place", [0, 1])
def test_hostile_names_are_text(written: dict[str, list[Path]], place: int) -> None:
    items = tables_of(written["en"][place])[3]
    assert items[2][2:4] == [HOSTILE, DOLLAR]
    assert items[7][2] == "=1+1", "what XML forbids is left out"
    raw = written["en"][0].read_text(encoding="utf-8")
    assert "<script" not in raw


def test_pictures_are_pictures(written: dict[str, list[Path]]) -> None:
    page = html.fromstring(written["en"][0].read_text(encoding="utf-8"))
    images = page.xpath("//img")
    assert len(images) == 2
    for image in images:
        assert image.get("alt")
        picture = Image.open(io.BytesIO(base64.b64decode(image.get("src").split(",")[1]))).convert("RGB")
        assert picture.width > 600
        assert len(picture.getcolors(maxcolors=1 << 24) or []) > 50
    assert len(docx.Document(str(written["en"][1])).inline_shapes) == 2


def test_synthetic_is_marked_in_every_report(written: dict[str, list[Path]], tmp_path: Path) -> None:
    mark = "SYNTHETIC DATA / dữ liệu giả lập"
    for page, document in written.values():
        assert mark in page.read_text(encoding="utf-8")
        assert mark in [p.text for p in docx.Document(str(document)).paragraphs]
    real, _ = write_plan_report(tmp_path, "plan", report(synthetic=False))
    assert mark not in real.read_text(encoding="utf-8")


def test_vietnamese_report_speaks_vietnamese(written: dict[str, list[Path]]) -> None:
    text = written["vi"][0].read_text(encoding="utf-8")
    assert "Kết quả kiểm tra thực hiện 13/KH-UBND" in text
    assert "31/12/2022" in text
    assert "33,3 %" in text
    assert "Discrepanc" not in text


def test_same_bytes_again(written: dict[str, list[Path]], tmp_path: Path) -> None:
    again = write_plan_report(tmp_path, "plan", report("vi"))
    for first, second in zip(written["vi"], again, strict=True):
        assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_document_is_a4_dated_and_repeats_its_headers(written: dict[str, list[Path]]) -> None:
    document = docx.Document(str(written["vi"][1]))
    assert {(round(s.page_width.cm, 1), round(s.page_height.cm, 1)) for s in document.sections} == {
        (21.0, 29.7),
        (29.7, 21.0),
    }
    assert document.core_properties.modified is not None
    assert document.core_properties.modified.date() == date(2022, 12, 31)
    with zipfile.ZipFile(written["vi"][1]) as archive:
        body = archive.read("word/document.xml").decode("utf-8")
    with_header = sum(1 for t in document.tables if len(t.columns) > 2)
    assert body.count("<w:tblHeader") == with_header


def test_a_plan_of_nothing_known_still_makes_a_report(tmp_path: Path) -> None:
    nowhere = ITEMS.assign(x_m=np.nan, y_m=np.nan, discrepancy="")
    page, document = write_plan_report(
        tmp_path, "plan", report(items=nowhere, timeline=TIMELINE.iloc[:0], doubtful=DOUBTFUL.iloc[:0])
    )
    text = page.read_text(encoding="utf-8")
    assert "There are no discrepancies." in text
    assert "No item has a known position." in text
    assert "<img" not in text
    assert docx.Document(str(document)).tables


def test_every_word_in_both_languages() -> None:
    for key, pair in REPORT_WORDS.items():
        assert len(pair) == 2, key
        assert all(text.strip() for text in pair), key
        assert set(re.findall(r"{(\w+)}", pair[0])) == set(re.findall(r"{(\w+)}", pair[1])), key


def test_numbers_and_dates_as_people_write_them() -> None:
    assert say_number(1767462.5, "vi", 1) == "1.767.462,5"
    assert say_number(-97.2, "en") == "−97"
    assert say_number(float("nan"), "vi") == say_date(pd.NaT, "vi") == say_share(float("nan"), "en") == ""
    assert say_share(97 / 113, "vi") == "85,8 %"
    assert say_date(date(2022, 12, 31), "vi") == "31/12/2022"
