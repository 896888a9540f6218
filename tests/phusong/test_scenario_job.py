"""``phusong scenario``, decisions and plan reports, through the command line, on one valley."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from pathlib import Path

import docx
import openpyxl
import pyogrio
import pytest
from lxml import html

from phusong.cli import main
from phusong.console import Reporter
from phusong.errors import InputError
from phusong.file_names import file_names, safe_name
from phusong.gis_data.result_schema import SCOPE_LABELS


def phusong(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    return int(caught.value.code or 0)


def sheet(path: Path, title: str) -> list[dict[str, object]]:
    page = openpyxl.load_workbook(path)[title]
    header, *rows = page.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def project(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley with levels computed once."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("scenario") / "project"))
    assert phusong("plans", str(folder), "--quiet") == 0
    return folder


def test_all_off_loses_every_living_hamlet(project: Path) -> None:
    """Eight hamlets west of the ridge have 2G and 4G of two operators; east of it there is nothing to lose."""
    assert phusong("scenario", str(project), "--off", "2G", "--off", "4g", "--name", "dark", "--quiet") == 0
    book = project / "out" / "scenario-dark.xlsx"
    services = {(row["Operator"], row["Service"]): row for row in sheet(book, "Hamlets by service")}
    voice = services["Any of them", "Voice"]
    assert voice["Hamlets that lose it"] == 8
    assert voice["People that lose it"] == sum(range(101, 109))
    lost = pyogrio.read_dataframe(project / "out" / "scenario-dark.gpkg", layer="hamlets")
    over_all = lost[lost["operator"].fillna("") == ""]
    assert set(over_all["village_id"]) == {f"H{i:02d}" for i in range(1, 9)}
    assert set(over_all["change"]) == {"lost"}


def test_2g_off_changes_nothing_where_4g_carries_voice(project: Path) -> None:
    assert phusong("scenario", str(project), "--off", "2G", "--quiet") == 0
    facts = {row["What"]: row["Value"] for row in sheet(project / "out" / "scenario-off-2G.xlsx", "Scenario")}
    assert facts["Hamlets that lose voice or broadband"] == "0"
    assert (facts["Cells on air today"], facts["Cells on air in the scenario"]) == ("18", "9")
    assert facts["Masts to upgrade first"] == "0: nothing needs upgrading, nobody loses service"
    assert "Proof for the upgrades" not in facts
    assert facts["Basis of before and after"] == "model alone: no samples count"


def test_without_the_plan_and_the_fewest_stations(project: Path) -> None:
    plan, keep = ("--without-plan", "13/KH-UBND"), ("--keep-fewest", "4G")
    assert phusong("scenario", str(project), *plan, *keep, "--name", "plan", "--quiet") == 0
    book = project / "out" / "scenario-plan.xlsx"
    changed = {row["Cell ID"]: row["Because of"] for row in sheet(book, "Cells that change")}
    built = {cell for cell, why in changed.items() if why == "13/KH-UBND"}
    assert built == {f"M2-{t}-{a}" for t in ("2G", "4G") for a in (0, 120, 240)}
    facts = {row["What"]: row["Value"] for row in sheet(book, "Scenario")}
    assert facts["Stations to choose from"] == "2"
    assert facts["Proof for the stations"].startswith("optimal")
    kept = sheet(book, "Stations to keep")
    assert sum(row["Keep"] == "yes" for row in kept) == int(facts["Stations to keep"]) >= 1


def test_same_bytes_whatever_the_workers(project: Path) -> None:
    sums = []
    for workers in ("1", "3"):
        arguments = (
            "--off",
            "4G:Viettel",
            "--per-operator",
            "--name",
            "same",
            "--workers",
            workers,
            "--quiet",
        )
        assert phusong("scenario", str(project), *arguments) == 0
        files = [project / "out" / f"scenario-same.{kind}" for kind in ("xlsx", "gpkg")]
        sums.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert sums[0] == sums[1]


def test_every_wrong_option_in_one_report(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted((project / "out").iterdir())
    assert phusong("scenario", str(project), "--off", "6G", "--keep-fewest", "mast:M1", "--quiet") == 2
    report = capsys.readouterr().err
    assert all(text in report for text in ("--off", "6G", "--keep-fewest", "mast:M1"))
    assert phusong("scenario", str(project), "--off", "mast:M99", "--without-plan", "7/KH", "--quiet") == 2
    report = capsys.readouterr().err
    assert all(text in report for text in ("M99", "7/KH", "13/KH-UBND"))
    assert phusong("scenario", str(project), "--quiet") == 2
    assert sorted((project / "out").iterdir()) == before


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert phusong("scenario", "--help") == 0
    assert "phusong scenario" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["vi", "en"])
def test_plan_reports_agree_with_the_workbook(project: Path, language: str) -> None:
    assert phusong("plans", str(project), "--lang", language, "--quiet") == 0
    out = project / "out"
    page = html.fromstring((out / "plan-13-KH-UBND.html").read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(out / "plans.xlsx")
    _, *rows = book.worksheets[0].iter_rows(values_only=True)
    target = SCOPE_LABELS["target"][1 if language == "vi" else 0]
    targets = [[str(v) for v in row[3:8]] for row in rows if row[1] == target]
    assert targets
    found = [
        [td.text_content() for td in tr.xpath("./td")][1:6] for tr in page.xpath("(//table)[1]/tbody/tr")
    ]
    assert found == targets
    _, *items = book.worksheets[1].iter_rows(values_only=True)
    table = docx.Document(str(out / "plan-13-KH-UBND.docx")).tables[3]
    assert [row.cells[0].text for row in table.rows[1:]] == [row[1] for row in items]


def write_register(folder: Path, decisions: str | None = None) -> None:
    (folder / "layers" / "plan_items.csv").write_text(
        "plan_id,item_id,kind,village_name,commune\n"
        "13/KH-UBND,A1,mobile_service,Khe 1,Đồng Văn\n"
        "13/KH-UBND,A2,mobile_service,Kha 2,Đồng Văn\n"  # nearly Khe 2: doubtful
        "13/KH-UBND,A3,mobile_service,Nà Hắc,Đồng Văn\n",
        encoding="utf-8",
    )
    path = folder / "phusong.toml"
    text = re.sub(r"plan_decisions = .*\n", "", path.read_text(encoding="utf-8"))
    if decisions is not None:
        (folder / "layers" / "decisions.csv").write_text(decisions, encoding="utf-8")
        text = text.replace("[layers]\n", '[layers]\nplan_decisions = "layers/decisions.csv"\n')
    path.write_text(text, encoding="utf-8")


def to_decide(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "plans-to-decide.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def matched(folder: Path) -> dict[object, tuple[object, object]]:
    rows = sheet(folder / "out" / "plans.xlsx", "Plan items")
    return {row["Item ID"]: (row["Hamlet ID"], row["Hamlet matched"]) for row in rows}


@pytest.fixture
def deciding(project: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(project, tmp_path / "project"))


def test_the_template_comes_back_as_decisions(deciding: Path) -> None:
    write_register(deciding)
    assert phusong("plans", str(deciding), "--quiet") == 0
    rows = {row["Item ID"]: row for row in to_decide(deciding)}
    assert set(rows) == {"A2", "A3"}
    assert "H02 Khe 2" in rows["A2"]["Candidates"]
    assert matched(deciding)["A2"][1] == "Doubtful"
    # sent back as it is, it decides nothing
    raw = (deciding / "out" / "plans-to-decide.csv").read_text(encoding="utf-8-sig")
    write_register(deciding, raw)
    assert phusong("plans", str(deciding), "--quiet") == 0
    assert matched(deciding)["A2"][1] == "Doubtful"
    # filled in: one hamlet, and none of ours
    write_register(deciding, raw.replace("A2,,", "A2,H02,").replace("A3,,", "A3,,yes"))
    assert phusong("plans", str(deciding), "--quiet") == 0
    assert matched(deciding)["A2"] == ("H02", "Decided by a person")
    assert matched(deciding)["A3"][1] == "Not found"
    # and the next template still holds what was decided
    again = {row["Item ID"]: (row["Hamlet ID"], row["None of our hamlets"]) for row in to_decide(deciding)}
    assert again == {"A2": ("H02", ""), "A3": ("", "yes")}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("A9,H01,\n", "A9"),
        ("A2,H99,\n", "H99"),
        ("A2,H01,\nA2,H02,\n", "A2"),
        ("A2,H01,yes\n", "not both"),
    ],
)
def test_wrong_decisions_stop_the_run(
    deciding: Path, rows: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_register(deciding, "item_id,village_id,no_hamlet\n" + rows)
    assert phusong("plans", str(deciding), "--quiet") == 2
    report = capsys.readouterr().err
    assert says in report
    assert "decisions.csv" in report


def test_a_narrow_console_cuts_no_id_and_eats_no_bracket(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    Reporter("en").table(["Plan", "What"], [("130/KH-UBND", "4G, 5 MHz ([upgrades] in-place-2026)")])
    lines = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    plan, what = ("".join(line[column].strip() for line in lines) for column in (1, 2))
    assert plan == "130/KH-UBND"
    assert what.replace(" ", "") == "4G,5MHz([upgrades]in-place-2026)"


def test_so_many_stations_and_what_is_lost(project: Path) -> None:
    """4G of Viettel on M1 and M2, of VNPT on M3; without 2G nobody hears anything but 4G."""
    lost = []
    for most in range(4):
        keep = ("--off", "2G", "--keep", f"4G={most}", "--name", f"keep{most}")
        assert phusong("scenario", str(project), *keep, "--quiet") == 0
        book = project / "out" / f"scenario-keep{most}.xlsx"
        facts = {row["What"]: row["Value"] for row in sheet(book, "Scenario")}
        assert facts["Stations to choose from"] == "3"
        kept = [row["Mast ID"] for row in sheet(book, "Stations to keep") if row["Keep"] == "yes"]
        assert len(kept) == int(facts["Stations to keep"]) <= most
        assert facts["Proof for the stations"] == "optimal, proven"
        needed = int(facts["Fewest stations so that nobody loses service"])
        assert facts["Proof for that number"] == "optimal, proven"
        if most >= needed:  # as many stay as were asked for, and most people keep 4G itself
            assert len(kept) == most
            assert facts["Keep the technology itself"].startswith("4G: 8 hamlets")
            assert facts["Lose the technology, not the service"] == "0 hamlets, 0 people"
            assert facts["No such choice of so many stations takes it from fewer than"] == "0 people"
        people = facts["Hamlets that lose service because the other stations go"], facts["People in them"]
        assert facts["No choice of so many stations loses fewer than"] == f"{people[1]} people"
        assert (facts["Hamlets that lose voice or broadband"], facts["People in these hamlets"]) == people
        lost.append(int(people[1]))
    assert lost[0] == sum(range(101, 109))
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] == 0


@pytest.mark.parametrize("text", ["4G", "4G=", "4G=-1", "4G=two", "mast:M1=1", "=3"])
def test_what_is_no_number_of_stations(project: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert phusong("scenario", str(project), "--keep", text, "--quiet") == 2
    assert "3G=200" in capsys.readouterr().err


def test_names_of_files() -> None:
    assert safe_name("13/KH-UBND") == "13-KH-UBND"
    assert safe_name("off-3G:Viettel@2026-09-30") == "off-3G-Viettel-2026-09-30"
    names = file_names(["13/KH", "13-KH", "13:kh", "../..", "", "Kế hoạch 13", "x" * 300])
    assert len({name.casefold() for name in names.values()}) == 7
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", name) for name in names.values())


def test_input_error_is_what_a_program_gets(project: Path) -> None:
    from phusong.pipeline import Options
    from phusong.project import load_project
    from phusong.scenario import Request, scenario_job

    loaded = load_project(project)
    options = Options(loaded, loaded.project.as_of, "en", 1, None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="upgrade-to"):
        scenario_job(options, Request(off=("2G",), upgrade_to="3G"))
