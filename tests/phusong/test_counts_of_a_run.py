"""Every count that a run reports, counted again from the tables by plain loops over what was written."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyogrio
import pytest
from lxml import html

from phusong.cli import main

Rows = list[dict[str, object]]
LEFT, TOP = 700_000.0, 2_340_000.0


def phusong(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--quiet", "--lang", "en"])
    assert int(caught.value.code or 0) == 0


def sheet(path: Path, title: str) -> Rows:
    header, *rows = openpyxl.load_workbook(path)[title].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def column(rows: Rows, beginning: str) -> str:
    """The header, whether or not a unit follows."""
    found = [name for name in rows[0] if name == beginning or str(name).startswith(f"{beginning} (")]
    assert len(found) == 1, (beginning, list(rows[0]))
    return str(found[0])


@pytest.fixture(scope="module")
def project(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley in two communes that were three, with tenants, places, samples and more promises; run once."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("counts") / "project"))
    layers = folder / "layers"
    hamlets = table(layers / "villages.csv")
    lines = ["village_id,name,commune,old_commune,population,grid_power,lon,lat"]
    for i, row in enumerate(hamlets):
        commune, old = (
            ("Xã Hoành Mô", "Đồng Văn") if i < 5 else ("Xã Bình Liêu", "Vô Ngại" if i < 9 else "Húc Động")
        )
        rest = ",".join(row[name] for name in ("population", "grid_power", "lon", "lat"))
        lines.append(f"{row['village_id']},{row['name']},{commune},{old},{rest}")
    (layers / "villages.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (layers / "crosswalk.csv").write_text(
        "old_commune,old_district,commune\nĐồng Văn,Bình Liêu,Xã Hoành Mô\nVô Ngại,Bình Liêu,Xã Bình Liêu\n"
        "Húc Động,Bình Liêu,Xã Bình Liêu\n",
        encoding="utf-8",
    )
    masts = table(layers / "masts.csv")
    named = {"M1": ("Đồng Văn", "VNPT"), "M2": ("Xã Bình Liêu", ""), "M3": ("Vô Ngại", "viettel; VNPT")}
    lines = [",".join([*masts[0], "commune", "tenants"])]
    lines += [",".join([*row.values(), *named[row["mast_id"]]]) for row in masts]
    (layers / "masts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, last = hamlets[0], hamlets[-1]
    (layers / "places.csv").write_text(
        "place_id,name,kind,required_technology,lon,lat\n"
        f"P1,KCN,industrial_zone,,{first['lon']},{first['lat']}\n"
        f"P2,Trạm y tế,hospital,4G,{first['lon']},{first['lat']}\n"
        f"P3,Điểm DVC,public_service_point,,{last['lon']},{last['lat']}\n"
        f"P4,Điểm DVC 2,public_service_point,4G,{last['lon']},{last['lat']}\n",
        encoding="utf-8",
    )
    lines = ["time,operator,technology,level_dbm,cell_id,lon,lat"]
    for row, cell, level in ((first, "M1-4G-0", -125), (hamlets[1], "M1-4G-0", -70), (last, "", -80)):
        lines += [f"2025-11-02,Viettel,4G,{level},{cell},{row['lon']},{row['lat']}"] * 8
    (layers / "measurements.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (layers / "plan_items.csv").open("a", encoding="utf-8") as stream:
        stream.write(
            "13/KH-UBND,A5,mobile_broadband,H02,,2022-12-31,2022-12-31\n"
            "13/KH-UBND,A6,fixed_broadband,H12,,2023-03-31,2023-03-31\n"
            "13/KH-UBND,A7,mobile_broadband,H12,,2023-03-31,\n"
            "130/KH-UBND,B1,station,,M3,2023-12-31,2023-12-20\n"
        )
    text = (folder / "phusong.toml").read_text(encoding="utf-8")
    more = {name: name for name in ("places", "measurements")} | {"commune_crosswalk": "crosswalk"}
    lines = [f'{name} = "layers/{file}.csv"' for name, file in more.items()]
    text = text.replace("[layers]\n", "[layers]\n" + "\n".join(lines) + "\n", 1)
    (folder / "phusong.toml").write_text(text, encoding="utf-8")
    phusong("gaps", str(folder))
    phusong("plans", str(folder))
    phusong("scenario", str(folder), "--off", "4G:Viettel", "--name", "off")
    return folder


def verdict_rows(project: Path) -> Rows:
    return sheet(project / "out/gaps.xlsx", "Verdict per hamlet")


def check_totals(found: Rows, groups: dict[str, Rows]) -> None:
    """One row per group; hamlets and people, all and by verdict."""
    people = "Population (people)"
    assert {str(row["Commune"] or "") for row in found} == set(groups)
    for row in found:
        members = groups[str(row["Commune"] or "")]
        dead = [m for m in members if m["Verdict"] in ("No signal at the centre", "Clusters without signal")]
        assert row["Hamlets"] == len(members)
        assert row["People"] == sum(m[people] for m in members)
        assert row["Dead-zone hamlets"] == len(dead)
        assert row["People in dead-zone hamlets"] == sum(m[people] for m in dead)
        assert row["Dead-zone hamlets without grid power"] == sum(m["Grid power"] == "no" for m in dead)
        share = row[column([row], "Share of people in dead-zone hamlets")]
        assert share == pytest.approx(sum(m[people] for m in dead) / sum(m[people] for m in members))
        for verdict, count in Counter(m["Verdict"] for m in members).items():
            assert row[f"Hamlets: {verdict}"] == count
            assert row[f"People: {verdict}"] == sum(m[people] for m in members if m["Verdict"] == verdict)
        for kind in ("Hamlets", "People"):
            parts = [value for name, value in row.items() if str(name).startswith(f"{kind}: ")]
            assert sum(parts) == row[kind]


def test_totals_by_commune_and_by_old_commune(project: Path) -> None:
    rows = verdict_rows(project)
    new: dict[str, Rows] = defaultdict(list)
    old: dict[str, Rows] = defaultdict(list)
    for row in rows:
        new[str(row["Commune"])].append(row)
        old[f"{row['Commune before 1 July 2025']}, Bình Liêu"].append(row)
    check_totals(sheet(project / "out/gaps.xlsx", "Totals by commune"), {**new, "": rows})
    check_totals(sheet(project / "out/reasons.xlsx", "Totals by old commune"), {**old, "": rows})


def test_operators_and_technologies(project: Path) -> None:
    people = {row["village_id"]: float(row["population"]) for row in table(project / "layers/villages.csv")}
    today_of = {"Đồng Văn": "Xã Hoành Mô", "Vô Ngại": "Xã Bình Liêu"}
    mast_commune = {
        row["mast_id"]: today_of.get(row["commune"], row["commune"])
        for row in table(project / "layers/masts.csv")
    }
    cells = [row for row in table(project / "layers/cells.csv") if row["on_air"] <= "2025-12-31"]
    hamlets = table(project / "out/hamlet_by_operator.csv")
    found = [
        row
        for row in sheet(project / "out/reasons.xlsx", "Operators and technologies")
        if row["Operator"] in ("Viettel", "VNPT")
    ]
    assert {row["Commune"] for row in found} == {None, "Xã Hoành Mô", "Xã Bình Liêu"}
    for row in found:
        commune, key = row["Commune"], (row["Operator"], row["Technology"])
        own = [
            h for h in hamlets if (h["Operator"], h["Technology"]) == key and commune in (None, h["Commune"])
        ]
        share = column([dict(own[0])], "Share of people covered")
        assert row["Hamlets"] == len(own)
        assert row["Hamlets served"] == sum(h["Served"] == "yes" for h in own)
        covered = sum(people[h["Hamlet ID"]] * float(h[share]) for h in own)
        assert row["People covered"] == pytest.approx(covered)
        total = sum(people[h["Hamlet ID"]] for h in own)
        assert row[column(found, "Share of people covered")] == pytest.approx(covered / total)
        on = [
            c for c in cells
            if (c["operator"], c["technology"]) == key and commune in (None, mast_commune[c["mast_id"]])
        ]  # fmt: skip
        assert row["Cells on air"] == len(on)
        assert row["BTS on air"] == len({c["mast_id"] for c in on})


def test_sharing_of_masts(project: Path) -> None:
    """M1 has Viettel and a tenant VNPT, M2 Viettel alone, M3 VNPT and a tenant Viettel in small letters."""
    found = {
        (row["Scope"], row["Name"]): row for row in sheet(project / "out/reasons.xlsx", "Sharing of masts")
    }
    operators: dict[str, set[str]] = defaultdict(set)
    for cell in table(project / "layers/cells.csv"):
        operators[cell["mast_id"]].add(cell["operator"].casefold())
    masts = table(project / "layers/masts.csv")
    for mast in masts:
        operators[mast["mast_id"]] |= {t.strip().casefold() for t in mast["tenants"].split(";") if t.strip()}
    row = found["All", None]
    shared = sum(len(names) >= 2 for names in operators.values())
    assert (row["Masts"], row["Masts with two or more operators"]) == (len(masts), shared) == (3, 2)
    assert row[column([row], "Sharing ratio")] == pytest.approx(shared / len(masts))
    for owner, count in Counter(mast["owner"] for mast in masts).items():
        assert found["Owner", owner]["Masts"] == count
    stated = {
        name: row[column([row], "Sharing ratio")]
        for (scope, name), row in found.items()
        if scope == "Stated elsewhere"
    }
    assert stated == {"Quảng Ninh": 0.29, "Việt Nam": 0.2}
    assert found["Commune", "Xã Bình Liêu"]["Masts"] == 2, "by the communes of today"


def plan_counts(items: Rows) -> Iterator[tuple[str, str, list[int]]]:
    """Plan, what, and total, claimed, supported, contradicted, not checkable: hamlets once, then items."""
    targets = {
        "Stations on air": ("Station",),
        "Hamlets with mobile service": ("Mobile service to a hamlet",),
        "Hamlets with broadband, mobile or fixed": (
            "Mobile broadband to a hamlet",
            "Fixed broadband to a hamlet",
        ),
    }
    rank = ["Supported", "Not checkable", "Contradicted"]
    for plan in sorted({str(item["Plan"]) for item in items}):
        own = [item for item in items if item["Plan"] == plan]
        for target, kinds in targets.items():
            best: dict[object, tuple[int, int]] = {}
            for item in own:
                if item["Kind"] in kinds:
                    subject = item["Item ID"] if target == "Stations on air" else item["Hamlet ID"]
                    mark = (int(item["Claimed complete"] != "yes"), rank.index(str(item["Evidence says"])))
                    best[subject] = min(best.get(subject, (9, 9)), mark)
            if best:
                said = [mark[1] for mark in best.values() if mark[0] == 0]
                yield plan, target, [len(best), len(said), said.count(0), said.count(2), said.count(1)]
        for kind in dict.fromkeys(str(item["Kind"]) for item in own):
            of_kind = [item for item in own if item["Kind"] == kind]
            says = [str(i["Evidence says"]) for i in of_kind if i["Claimed complete"] == "yes"]
            counts = [says.count(word) for word in ("Supported", "Contradicted", "Not checkable")]
            yield plan, kind, [len(of_kind), len(says), *counts]


COUNTS = (
    "Promised (items or hamlets)", "Claimed complete (items or hamlets)",
    "Claimed and supported (items or hamlets)", "Claimed and contradicted (items or hamlets)",
    "Claimed, not checkable (items or hamlets)",
)  # fmt: skip


def check_completion(found: Rows, items: Rows) -> None:
    expected = {(plan, what): counts for plan, what, counts in plan_counts(items)}
    assert {(row["Plan"], row["What"]): [row[name] for name in COUNTS] for row in found} == expected
    for row in found:
        total, claimed, supported, contradicted, _ = expected[str(row["Plan"]), str(row["What"])]
        assert row[column([row], "Claimed share of all")] == pytest.approx(claimed / total)
        assert row[column([row], "Supported share of all")] == pytest.approx(supported / total)
        of_checkable = row[column([row], "Supported share of the claims that can be checked")]
        if supported + contradicted:
            assert of_checkable == pytest.approx(supported / (supported + contradicted))
        else:
            assert of_checkable is None


def test_plans_in_every_file(project: Path) -> None:
    book = project / "out/plans.xlsx"
    items = sheet(book, "Plan items")
    completion = sheet(book, "Completion of plans")
    check_completion(completion, items)
    months = sheet(book, "Completion by month")
    last = max(row["As of"] for row in months)
    assert last == datetime(2025, 12, 31)
    check_completion([row for row in months if row["As of"] == last], items)
    for plan, name in (("13/KH-UBND", "plan-13-KH-UBND"), ("130/KH-UBND", "plan-130-KH-UBND")):
        own = [item for item in items if item["Plan"] == plan]
        single = project / "out" / f"{name}.xlsx"
        assert sheet(single, "Plan items") == own
        check_completion(sheet(single, "Completion of plans"), own)
        assert openpyxl.load_workbook(single).sheetnames[-1] == "About"
        page = html.fromstring((project / "out" / f"{name}.html").read_text(encoding="utf-8"))
        shown = {
            cells[0]: [int(value) for value in cells[1:6]]
            for row in page.xpath("(//table)[position() <= 2]/tbody/tr")
            for cells in [[cell.text_content() for cell in row.xpath("./td")]]
        }
        assert shown == {what: counts for owner, what, counts in plan_counts(own) if owner == plan}


@pytest.mark.parametrize(
    ("day", "claimed"),
    [("2022-06-29", {"A1": 0}), ("2022-06-30", {"A1": 1}), ("2022-07-01", {"A1": 1}),
     ("2023-03-30", {"A6": 0}), ("2023-03-31", {"A6": 1})],
)  # fmt: skip
def test_plans_as_of_a_day(project: Path, tmp_path: Path, day: str, claimed: dict[str, int]) -> None:
    """Claims and cells of that day only; the station list says from when on."""
    folder = Path(shutil.copytree(project, tmp_path / "project"))
    phusong("plans", str(folder), "--as-of", day)
    items = sheet(folder / "out/plans.xlsx", "Plan items")
    check_completion(sheet(folder / "out/plans.xlsx", "Completion of plans"), items)
    by_id = {str(item["Item ID"]): item for item in items}
    for item, done in claimed.items():
        assert by_id[item]["Claimed complete"] == ("yes" if done else "no")
    for item in table(folder / "layers/plan_items.csv"):
        reported = item["reported_on"]
        is_claimed = bool(reported) and date.fromisoformat(reported) <= date.fromisoformat(day)
        assert by_id[item["item_id"]]["Claimed complete"] == ("yes" if is_claimed else "no")
    supported = by_id["A1"]["Evidence says"] == "Supported"  # M2 went on air on 30 June 2022
    assert supported == (day >= "2022-06-30")


def test_scenario_counted_from_its_hamlets_and_from_the_verdicts(project: Path) -> None:
    book = project / "out/scenario-off.xlsx"
    hamlets = sheet(book, "Hamlets that change")
    people = {row["village_id"]: float(row["population"]) for row in table(project / "layers/villages.csv")}
    for row in sheet(book, "Hamlets by service"):
        own = [h for h in hamlets if h["Operator"] == row["Operator"]]
        for what, title in (("Services lost", "that lose it"), ("Services gained", "that gain it")):
            chosen = [h for h in own if row["Service"] in str(h[what] or "").split("; ")]
            assert row[f"Hamlets {title}"] == len(chosen)
            assert row[f"People {title}"] == sum(people[str(h["Hamlet ID"])] for h in chosen)
        after = row["Hamlets served before"] - row["Hamlets that lose it"] + row["Hamlets that gain it"]
        assert row["Hamlets served after"] == after
    facts = {row["What"]: row["Value"] for row in sheet(book, "Scenario")}
    losing = [h for h in hamlets if h["Operator"] == "Any of them" and h["Change"] == "Loses service"]
    assert facts["Hamlets that lose voice or broadband"] == str(len(losing))
    assert facts["People in these hamlets"] == f"{sum(people[str(h['Hamlet ID'])] for h in losing):g}"
    changed = sheet(book, "Cells that change")
    assert int(facts["Cells on air today"]) - int(facts["Cells on air in the scenario"]) == len(changed)
    today = Counter(row["Verdict"] for row in verdict_rows(project))
    classes = [row for row in sheet(book, "Hamlets by verdict") if row["Operator"] == "Any of them"]
    assert {row["Verdict"]: row["Hamlets before"] for row in classes if row["Hamlets before"]} == today
    places = sheet(book, "Places with a duty")
    assert facts["Places with a duty"] == str(len(places))
    assert facts["Places with a duty not covered"] == str(sum(p["Covered after"] == "no" for p in places))
    assert {p["Place ID"] for p in places} == {"P1", "P2", "P4"}, "P1 by [duty], P3 has none"


def test_places_take_samples(project: Path) -> None:
    """The samples at P2 deny Viettel's 4G there; those at P4 show it, beyond the ridge."""
    found = {row["Place ID"]: row for row in sheet(project / "out/reasons.xlsx", "Places with a duty")}
    assert set(found) == {"P1", "P2", "P4"}
    four = found["P4"]
    assert (four["Covered with it"], four["Decided by"]) == ("yes", "Measurement")
    assert [found[name][column([four], "Samples near it")] for name in ("P1", "P2", "P4")] == [0, 8, 8]


def test_scenario_geopackage_says_what_it_is(project: Path) -> None:
    about = pyogrio.read_dataframe(project / "out/scenario-off.gpkg", layer="about")
    said = dict(zip(about["item"], about["value"], strict=True))
    assert said["Changes"] == "--off 4G:Viettel"
    assert re.match(r"SYNTHETIC", str(said["Data"]))
    assert {"Model", "Thresholds", "phusong"} <= set(said)
