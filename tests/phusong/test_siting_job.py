"""``phusong site``: files, the independent check and its exit status, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pyogrio
import pytest

from phusong import pipeline
from phusong.cli import main
from phusong.siting_outputs import OF_SITING
from phusong.stages import siting_stage


def run(*arguments: str) -> int:
    """Exit status of the command line."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def sheets(path: Path) -> dict[str, list[dict]]:
    found = {}
    for sheet in openpyxl.load_workbook(path):
        header, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(header, row, strict=True)) for row in rows]
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory, valley):
    """The valley with a plan of several budgets, years and assumptions; its folder of results."""
    import shutil

    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("site") / "project"))
    options = ("--frontier", "3", "--robustness", "--phase", "2026=2500", "--phase", "2027=2500")
    assert run("site", str(folder), "--lang", "en", "--explain", "-q", *options) == 0
    return folder / "out"


def test_the_workbook_has_every_sheet_with_units(site):
    book = sheets(site / "proposals.xlsx")
    assert list(book) == [
        "Proposed stations", "Costs by line", "Links", "Hamlets before and after", "Hamlets left out", "Years",
        "Frontier", "Robustness", "Checks", "About",
    ]  # fmt: skip
    stations = book["Proposed stations"]
    total = "Cost over the horizon (million VND)"
    assert stations
    bills = sum(row["Present value (million VND)"] for row in book["Costs by line"])
    assert bills == pytest.approx(sum(row[total] for row in stations))
    assert len(book["Links"]) == len(stations)
    assert {row["Result"] for row in book["Checks"]} <= {"confirmed", "nothing to check"}
    about = {row["Item"]: row["Value"] for row in book["About"]}
    assert about["Independent check"].endswith(" 0 differ")


def test_hamlets_are_judged_anew_with_the_plan_built(site):
    book = sheets(site / "proposals.xlsx")
    rows = book["Hamlets before and after"]
    served = {v for row in book["Proposed stations"] for v in (row["Hamlets served"] or "").split("; ") if v}
    now = {row["Hamlet ID"] for row in rows if row["With the plan"] == "served"}
    assert now == served
    for row in rows:
        assert row["People with service after"] >= row["People with service before"]
        if row["With the plan"] == "served":
            assert row["Stations that serve it"]
            assert row["Year"] in (2026, 2027)
            assert row["4G level after (dBm)"] > (row["4G level before (dBm)"] or -200.0)
            assert row["Verdict after"] not in ("No signal", "Partial signal")
            assert row["Verdict before"] != row["Verdict after"]


def test_the_geopackage_has_stations_links_and_hamlets(site):
    layers = dict(pyogrio.list_layers(site / "proposals.gpkg"))
    assert set(layers) >= {"stations", "links", "hamlets_served", "unserved", "about"}
    links = pyogrio.read_dataframe(site / "proposals.gpkg", layer="links")
    hops = links[links["backhaul"] == "microwave"]
    assert (links.geometry.length > 0).all()
    assert (hops["clearance_m"] >= 0).all()
    assert (hops["tightest_km"] <= hops["backhaul_km"]).all()
    for name in hops["profile"]:
        root = ElementTree.fromstring((site / name).read_text(encoding="utf-8"))
        assert "Tightest point" in "".join(root.itertext())
    served = pyogrio.read_dataframe(site / "proposals.gpkg", layer="hamlets_served")
    assert set(served["plan_result"]) == {"served"}
    assert set(served.geometry.geom_type) == {"Point"}


def test_run_json_holds_the_plan_and_its_check(site):
    record = json.loads((site / "run.json").read_text(encoding="utf-8"))["siting"]
    assert record["check"]["discrepancies"] == []
    assert sum(record["check"]["looked_at"].values()) >= 50
    assert record["asked"]["phases"] == [{"year": 2026, "budget": 2500.0}, {"year": 2027, "budget": 2500.0}]
    assert record["stations"] == len(sheets(site / "proposals.xlsx")["Proposed stations"])
    assert [point["budget"] for point in record["frontier"]] == pytest.approx([5000 / 3, 10_000 / 3, 5000])


def test_the_report_says_what_is_bought_and_what_is_proven(site):
    text = (site / "proposals.html").read_text(encoding="utf-8")
    for words in ("SYNTHETIC DATA", "new stations", "An independent evaluator recomputed", "Assumptions"):
        assert words in text, words
    assert (site / "proposals.docx").stat().st_size > 10_000
    assert (site / "proposals.pdf").read_bytes().startswith(b"%PDF")
    assert (site / "proposals-frontier.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (site / "proposals-frontier.svg").read_bytes()


def test_a_second_run_gives_the_same_files_and_keeps_the_record_of_the_whole(own_valley, capsys):
    out = own_valley / "out"
    out.mkdir()
    (out / "run.json").write_text('{"counts": {"masts": 3}, "siting": {"old": 1}}', encoding="utf-8")
    assert run("site", str(own_valley), "--lang", "vi", "-q") == 0
    assert "tất cả đều khớp" in capsys.readouterr().out
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["counts"] == {"masts": 3}
    assert "old" not in record["siting"]
    files = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    assert {"Trạm đề xuất", "Tuyến truyền dẫn", "Thôn trước và sau", "Kiểm tra", "Giới thiệu"} <= set(
        sheets(out / "proposals.xlsx")
    )
    (out / "profiles").mkdir(exist_ok=True)
    (out / "profiles" / "link-S999.svg").write_text("old", encoding="utf-8")
    (out / "profiles" / "H12.svg").write_text("of a hamlet", encoding="utf-8")
    assert run("site", str(own_valley), "--lang", "vi", "-q") == 0
    again = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    assert again.pop(out / "profiles" / "H12.svg") == b"of a hamlet"
    assert again == files
    assert run("gaps", str(own_valley), "-q") == 0
    assert all(path.exists() for path in files)
    assert OF_SITING[0] == "profiles/link-*.svg"


def test_a_plan_that_the_evaluator_does_not_confirm_is_told_loudly(own_valley, monkeypatch, capsys):
    def lying(*arguments):
        honest = siting_stage(*arguments)
        first = replace(honest.stations[0], total_cost=1.0)
        return replace(honest, stations=(first, *honest.stations[1:]))

    monkeypatch.setattr(pipeline, "siting_stage", lying)
    assert run("site", str(own_valley), "--lang", "en", "-q") == 1
    told = capsys.readouterr()
    assert "DIFFER" in told.out
    assert "Cost, line by line, S001: the plan says 1, recomputed" in told.out
    assert "does not confirm" in told.err
    checks = sheets(own_valley / "out" / "proposals.xlsx")["Checks"]
    assert checks[0]["Result"] == "DIFFERS"
    record = json.loads((own_valley / "out" / "run.json").read_text(encoding="utf-8"))["siting"]
    assert record["check"]["discrepancies"][0]["of"] == "S001"
    assert "THE INDEPENDENT CHECK DIFFERS" in (own_valley / "out" / "proposals.html").read_text("utf-8")


# The search tells that it runs by a file, and waits a moment so that Ctrl-C falls into it.
CHILD = """
import sys, time
from contextlib import contextmanager
from pathlib import Path
from phusong.console import Reporter

mark, usual = Path(sys.argv.pop(1)), Reporter.search

@contextmanager
def told(self, key):
    with usual(self, key) as tell:
        def slowly(*state):
            tell(*state)
            if not mark.exists():
                mark.touch()
                until = time.monotonic() + 20
                while time.monotonic() < until and not mark.with_suffix(".sent").exists():
                    time.sleep(0.05)
                time.sleep(0.2)
        yield slowly

Reporter.search = told
from phusong.cli import main
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a child cannot be sent Ctrl-C alone there")
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_while_the_plan_is_sought(own_valley, tmp_path, times):
    out, mark = own_valley / "out", tmp_path / "searching"
    out.mkdir()
    (out / "proposals.xlsx").write_bytes(b"earlier")
    command = [sys.executable, "-c", CHILD, str(mark), "site", str(own_valley), "--lang", "en", "-q"]
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    try:
        until = time.monotonic() + 300
        while not mark.exists() and child.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert mark.exists(), child.communicate()
        for _ in range(times):
            child.send_signal(signal.SIGINT)
            time.sleep(0.3)
        mark.with_suffix(".sent").touch()
        said, errors = child.communicate(timeout=300)
    finally:
        child.kill()
    if times == 1:
        assert child.returncode == 3, errors
        assert "best plan found so far, gap" in said, said
        assert "all confirmed" in said
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))["siting"]
        assert record["status"] == "interrupted"
        assert record["bound"] >= record["value"]
        assert sheets(out / "proposals.xlsx")["Checks"]
    else:
        assert child.returncode == 130, errors
        assert [path.name for path in out.iterdir()] == ["proposals.xlsx"]
        assert (out / "proposals.xlsx").read_bytes() == b"earlier"
    assert not list((own_valley / ".phusong").glob("aside-*"))
