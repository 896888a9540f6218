"""Plans held against evidence, where every item's status and every count is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule
from phusong.coverage.plans.evidence import MeasurementRule, PlanEvidence
from phusong.coverage.plans.verification import PlanVerification, timeline, timelines, verify
from phusong.coverage.sample_shift import ShiftedLevels
from phusong.errors import InputError
from phusong.gis_data.discrepancy_words import discrepancy_words
from phusong.gis_data.result_schema import PLAN_COMPLETION, PLAN_STATUS, PLAN_TIMELINE

THRESHOLD = {"2G": -95.0, "3G": -100.0, "4G": -105.0, "5G": -110.0}
RULE = GapRule(
    {name: TechnologyRule(name, level, 8.0, 0.9) for name, level in THRESHOLD.items()},
    share_of_people=0.95,
    voice=("2G", "3G", "4G"),
    broadband=("3G", "4G", "5G"),
)
NO_CROSSWALK = pd.DataFrame(columns=["old_commune", "old_district", "commune"])
ITEM = {
    "plan_id": "13/KH-UBND", "village_id": None, "village_name": None, "commune": None, "mast_id": None,
    "operator": None, "deadline": None, "reported_on": None, "source": "test",
}  # fmt: skip


def make_evidence(
    n_villages: int, cells: list[tuple[str, str, str, str]], levels: dict[tuple[int, int], float]
) -> PlanEvidence:
    """One point per hamlet, 1 km apart on a line; cells (mast, operator, technology, on air), 100 m north.

    Cell i stands at hamlet i (modulo the number of hamlets).
    """
    n, keys = len(cells), sorted(levels)
    number = np.zeros(n)
    table = CellTable(
        cell_id=np.array([f"c{i}" for i in range(n)]), mast_id=np.array([c[0] for c in cells]),
        operator=np.array([c[1] for c in cells]), technology=np.array([c[2] for c in cells]),
        antenna=np.full(n, "omni"), x_m=1000.0 * (np.arange(n) % max(n_villages, 1)), y_m=number + 100.0,
        antenna_height_m=number, frequency_mhz=number, bandwidth_mhz=number, azimuth_deg=number,
        mechanical_tilt_deg=number, electrical_tilt_deg=number, tx_power_dbm=number, feeder_loss_db=number,
        on_air=np.array([c[3] for c in cells], dtype="datetime64[D]"),
        off_air=np.full(n, np.datetime64("NaT", "D")),
    )  # fmt: skip
    return PlanEvidence(
        villages=pd.DataFrame(
            [(f"v{i}", f"Bản {i}", "Xã Hoành Mô", None) for i in range(n_villages)],
            columns=["village_id", "name", "commune", "old_commune"],
        ),
        masts=pd.DataFrame({"mast_id": sorted({c[0] for c in cells} | {"EMPTY"})}),
        cells=table,
        points=PointTable(
            np.array([f"p{i}" for i in range(n_villages)]), np.arange(n_villages),
            np.full(n_villages, "centre"), np.full(n_villages, 100.0), 1000.0 * np.arange(n_villages),
            np.zeros(n_villages),
        ),
        levels=PointLevels(
            np.array([k[0] for k in keys], np.int32), np.array([k[1] for k in keys], np.int32),
            np.array([levels[k] for k in keys], np.float32), np.zeros(len(keys), np.float32),
        ),
        rule=RULE,
    )  # fmt: skip


def register(*items: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{**ITEM, "item_id": f"i{n}", **item} for n, item in enumerate(items)])


def row(result: PlanVerification, item: str) -> pd.Series:
    return result.items.set_index("item_id").loc[item]


def count(completion: pd.DataFrame, plan: str, subject: str) -> tuple[int, int, int]:
    """Claimed, promised and supported of one target."""
    chosen = completion[
        (completion["plan_id"] == plan)
        & (completion["scope"] == "target")
        & (completion["subject"] == subject)
    ]
    assert len(chosen) == 1
    return tuple(int(chosen[name].iloc[0]) for name in ("claimed", "total", "supported"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def province() -> tuple[pd.DataFrame, PlanEvidence]:
    """Plans 13/KH-UBND (2022) and 130/KH-UBND (2023) with the province's own counts and dates."""
    masts = [f"QN-{i:03d}" for i in range(66)]
    cells = [(mast, "Viettel", "4G", "2022-11-30") for mast in masts]
    evidence = make_evidence(113, cells, {(v, v % 66): -70.0 for v in range(113)})
    items = [{"kind": "station", "mast_id": masts[i], "reported_on": "2022-12-15"} for i in range(54)]
    items += [
        {"kind": "mobile_service", "village_id": f"v{i}", "reported_on": "2022-12-31"} for i in range(66)
    ]
    items += [
        {"kind": "mobile_broadband", "village_id": f"v{i}", "reported_on": "2022-12-31"} for i in range(97)
    ]
    items += [
        {"kind": "fixed_broadband", "village_id": f"v{i}", "reported_on": "2023-03-31"}
        for i in range(97, 113)
    ]
    items += [
        {"plan_id": "130/KH-UBND", "kind": "station", "mast_id": masts[54 + i], "reported_on": "2023-12-20"}
        for i in range(12)
    ]
    return register(*items), evidence


@pytest.mark.parametrize(
    ("day", "stations", "mobile", "broadband", "second_plan"),
    [
        (date(2022, 12, 14), 0, 0, 0, 0),
        (date(2022, 12, 15), 54, 0, 0, 0),
        (date(2022, 12, 16), 54, 0, 0, 0),
        (date(2022, 12, 30), 54, 0, 0, 0),
        (date(2022, 12, 31), 54, 66, 97, 0),
        (date(2023, 1, 1), 54, 66, 97, 0),
        (date(2023, 3, 30), 54, 66, 97, 0),
        (date(2023, 3, 31), 54, 66, 113, 0),
        (date(2023, 4, 1), 54, 66, 113, 0),
        (date(2023, 12, 19), 54, 66, 113, 0),
        (date(2023, 12, 20), 54, 66, 113, 12),
        (date(2025, 6, 30), 54, 66, 113, 12),
    ],
)
def test_the_provinces_own_figures_come_out(
    province: tuple[pd.DataFrame, PlanEvidence],
    day: date,
    stations: int,
    mobile: int,
    broadband: int,
    second_plan: int,
) -> None:
    items, evidence = province
    result = verify(items, NO_CROSSWALK, evidence, day)
    supported = min(broadband, 97)  # the 16 with fixed lines cannot be checked by the model
    assert count(result.completion, "13/KH-UBND", "stations") == (stations, 54, stations)
    assert count(result.completion, "13/KH-UBND", "mobile_service") == (mobile, 66, mobile)
    assert count(result.completion, "13/KH-UBND", "broadband") == (broadband, 113, supported)
    assert count(result.completion, "130/KH-UBND", "stations") == (second_plan, 12, second_plan)
    assert result.problems == []


def test_end_of_2022_is_86_percent(province: tuple[pd.DataFrame, PlanEvidence]) -> None:
    items, evidence = province
    table = verify(items, NO_CROSSWALK, evidence, date(2022, 12, 31)).completion
    share = table.set_index(["plan_id", "subject"]).loc[("13/KH-UBND", "broadband"), "claimed_share"]
    assert share == 97 / 113
    assert f"{share:.0%}" == "86%"
    kinds = table[table["scope"] == "kind"].set_index(["plan_id", "subject"])
    assert kinds.loc[("13/KH-UBND", "fixed_broadband"), ["claimed", "total"]].tolist() == [0, 16]


def test_a_register_that_promises_mobile_to_all_113_gives_the_same_figures(
    province: tuple[pd.DataFrame, PlanEvidence],
) -> None:
    items, evidence = province
    more = register(*({"kind": "mobile_broadband", "village_id": f"v{i}"} for i in range(97, 113)))
    items = pd.concat([items, more.assign(item_id=[f"m{i}" for i in range(16)])], ignore_index=True)
    for day, claimed in ((date(2022, 12, 31), 97), (date(2023, 3, 31), 113)):
        result = verify(items, NO_CROSSWALK, evidence, day).completion
        assert count(result, "13/KH-UBND", "broadband")[:2] == (claimed, 113)


def test_timeline_by_month(province: tuple[pd.DataFrame, PlanEvidence]) -> None:
    items, evidence = province
    table = timeline(items, NO_CROSSWALK, evidence, date(2022, 10, 5), date(2023, 4, 1))
    assert list(table.columns) == [column.name for column in PLAN_TIMELINE.columns]
    ends = ["2022-10-31", "2022-11-30", "2022-12-31", "2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30"]
    assert table["month_end"].astype(str).drop_duplicates().tolist() == ends
    broadband = table[(table["plan_id"] == "13/KH-UBND") & (table["subject"] == "broadband")]
    assert broadband["claimed"].tolist() == [0, 0, 97, 97, 97, 113, 113]
    assert broadband["supported"].tolist() == [0, 0, 97, 97, 97, 97, 97]
    for end, part in table.groupby("month_end"):
        alone = verify(items, NO_CROSSWALK, evidence, end.date()).completion
        pd.testing.assert_frame_equal(part.drop(columns="month_end").reset_index(drop=True), alone)


def test_items_by_month_are_those_of_each_month_alone(province: tuple[pd.DataFrame, PlanEvidence]) -> None:
    items, evidence = province
    first, last = date(2022, 11, 5), date(2023, 3, 1)
    counts, states = timelines(items, NO_CROSSWALK, evidence, first, last)
    pd.testing.assert_frame_equal(counts, timeline(items, NO_CROSSWALK, evidence, first, last))
    assert states["month_end"].nunique() == 5
    for end, part in states.groupby("month_end"):
        alone = verify(items, NO_CROSSWALK, evidence, end.date()).items.set_index("item_id")
        columns = ["claimed", "support", "discrepancy"]
        own = part.set_index("item_id")[columns]
        pd.testing.assert_frame_equal(own, alone.loc[own.index, columns])


def test_every_status_of_a_small_register() -> None:
    cells = [
        ("A", "Viettel", "4G", "2022-06-01"),
        ("B", "VNPT", "2G", "2022-06-01"),
        ("C", "VNPT", "4G", "2023-06-01"),
    ]
    evidence = make_evidence(4, cells, {(0, 0): -70.0, (1, 1): -70.0, (2, 2): -70.0})
    items = register(
        {"kind": "station", "mast_id": "A", "reported_on": "2022-05-01"},  # 0: on air
        {"kind": "station", "mast_id": "A", "operator": "VNPT", "reported_on": "2022-07-01"},  # 1: of another
        {"kind": "station", "mast_id": "C", "reported_on": "2022-07-01"},  # 2: not yet on air
        {"kind": "station", "mast_id": "EMPTY", "reported_on": "2022-07-01"},  # 3: never
        {"kind": "station", "mast_id": "Z", "reported_on": "2022-07-01"},  # 4: unknown
        {"kind": "station", "reported_on": "2022-07-01"},  # 5: not named
        {"kind": "mobile_service", "village_id": "v0", "operator": "VNPT", "reported_on": "2022-07-01"},  # 6
        {"kind": "mobile_service", "village_id": "v3", "reported_on": "2022-07-01"},  # 7: dead
        {"kind": "mobile_broadband", "village_id": "v1", "reported_on": "2022-07-01"},  # 8: 2G only
        {"kind": "mobile_service", "village_name": "Bản 1", "commune": "Hoành Mô"},  # 9: served, not claimed
        {"kind": "mobile_service", "village_id": "v2", "deadline": "2022-12-30"},  # 10: overdue
        {"kind": "mobile_service", "village_id": "v2", "plan_id": "P2", "deadline": "2022-12-31"},  # 11: due
        {
            "kind": "mobile_broadband",
            "village_name": "Phai Lầu",
            "commune": "Hoành Mô",
            "reported_on": "2022-07-01",
        },
        {"kind": "fixed_broadband", "village_id": "v3", "reported_on": "2022-07-01"},  # 13
    )
    result = verify(items, NO_CROSSWALK, evidence, date(2022, 12, 31))
    assert list(result.items.columns) == [column.name for column in PLAN_STATUS.columns]
    assert list(result.completion.columns) == [column.name for column in PLAN_COMPLETION.columns]
    status = result.items.set_index("item_id").loc[[f"i{n}" for n in range(14)]]
    rows = status[["claimed", "support", "reason", "discrepancy"]].to_numpy().tolist()
    assert rows == [
        [True, "supported", "cell_on_air", "claimed_early"],
        [True, "contradicted", "only_other_operator", "claimed_contradicted"],
        [True, "contradicted", "no_cell_on_air", "claimed_contradicted"],
        [True, "contradicted", "no_cell_on_air", "claimed_contradicted"],
        [True, "not_checkable", "mast_unknown", "claimed_not_checkable"],
        [True, "not_checkable", "mast_not_named", "claimed_not_checkable"],
        [True, "supported", "served", ""],
        [True, "contradicted", "not_served", "claimed_contradicted"],
        [True, "contradicted", "not_served", "claimed_contradicted"],
        [False, "supported", "served", "unclaimed_supported"],
        [False, "contradicted", "not_served", "overdue"],
        [False, "contradicted", "not_served", ""],
        [True, "not_checkable", "village_unknown", "claimed_not_checkable"],
        [True, "not_checkable", "fixed_not_modelled", ""],
    ]
    assert result.items["discrepancy"].tolist() == sorted(
        result.items["discrepancy"],
        key=[
            "claimed_contradicted", "claimed_not_checkable", "claimed_early", "overdue",
            "unclaimed_supported", "",
        ].index,
    )  # fmt: skip
    assert len(result.discrepancies) == 11
    assert (
        status["days_early"].fillna(0).tolist() == [31] + [0] * 13
    )  # reported 2022-05-01, on air 2022-06-01
    six = status.loc["i6"]
    assert six[["evidence_mast", "evidence_cell", "evidence_operator", "evidence_technology"]].tolist() == [
        "A", "c0", "Viettel", "4G",
    ]  # fmt: skip
    assert str(six["on_air_since"].date()) == "2022-06-01"
    assert (six["distance_m"], six["level_dbm"]) == (100.0, -70.0)
    assert six["p_covered"] > 0.999
    assert not six["responsible_serves"]
    assert status.loc["i9", ["village_id", "matched_by"]].tolist() == ["v1", "name"]
    kinds = result.completion[result.completion["scope"] == "kind"].set_index(["plan_id", "subject"])
    counts = ["total", "claimed", "supported", "contradicted", "not_checkable"]
    assert kinds.loc[("13/KH-UBND", "station"), counts].tolist() == [6, 6, 1, 3, 2]
    assert kinds.loc[("13/KH-UBND", "mobile_service"), counts].tolist() == [4, 2, 1, 1, 0]
    assert kinds.loc[("P2", "mobile_service"), counts].tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("day", "station", "service"),
    [(date(2023, 5, 31), "contradicted", "contradicted"), (date(2023, 6, 1), "supported", "supported"),
     (date(2023, 6, 2), "supported", "supported")],
)  # fmt: skip
def test_evidence_counts_from_the_day_of_going_on_air(day: date, station: str, service: str) -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2023-06-01")], {(0, 0): -70.0})
    items = register(
        {"kind": "station", "mast_id": "A", "reported_on": "2023-01-01"},
        {"kind": "mobile_service", "village_id": "v0", "reported_on": "2023-01-01"},
    )
    result = verify(items, NO_CROSSWALK, evidence, day)
    assert (row(result, "i0")["support"], row(result, "i1")["support"]) == (station, service)


def early_and_late(
    evidence: PlanEvidence, day: str, *items: dict[str, object]
) -> list[tuple[str, str, int, int]]:
    """Support, discrepancy, days early and days late of each item."""
    result = verify(register(*items), NO_CROSSWALK, evidence, date.fromisoformat(day))
    table = result.items.set_index("item_id").loc[[f"i{n}" for n in range(len(items))]]
    days = table[["days_early", "days_late"]].fillna(0).astype(int).to_numpy().tolist()
    named = table[["support", "discrepancy"]].to_numpy().tolist()
    return [(*names, *counts) for names, counts in zip(named, days, strict=True)]  # type: ignore[misc]


STATION = {"kind": "station", "mast_id": "A", "reported_on": "2022-12-20", "deadline": "2022-12-31"}
SERVICE = {
    "kind": "mobile_service",
    "village_id": "v0",
    "reported_on": "2022-12-20",
    "deadline": "2022-12-31",
}


@pytest.mark.parametrize("item", [STATION, SERVICE, {**SERVICE, "kind": "mobile_broadband"}])
def test_a_report_from_before_the_day_on_air_is_said_ever_after(item: dict[str, object]) -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2023-01-10")], {(0, 0): -70.0})
    before, on_the_day, years_later = (
        early_and_late(evidence, day, item) for day in ("2023-01-09", "2023-01-10", "2025-06-30")
    )
    assert before == [("contradicted", "claimed_contradicted", 0, 0)]
    assert on_the_day == years_later == [("supported", "claimed_early", 21, 10)]
    # what counts as kept, and when, is as before
    completion = verify(register(item), NO_CROSSWALK, evidence, date(2025, 6, 30)).completion
    assert completion[["claimed", "supported", "contradicted"]].drop_duplicates().to_numpy().tolist() == [
        [1, 1, 0]
    ]


@pytest.mark.parametrize(
    ("reported", "days_early", "discrepancy"),
    [("2023-01-09", 1, "claimed_early"), ("2023-01-10", 0, ""), ("2023-01-11", 0, "")],
)
def test_the_day_itself_is_not_early(reported: str, days_early: int, discrepancy: str) -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2023-01-10")], {(0, 0): -70.0})
    items = [{**item, "reported_on": reported, "deadline": None} for item in (STATION, SERVICE)]
    found = early_and_late(evidence, "2024-01-01", *items)
    assert found == [("supported", discrepancy, days_early, 0)] * 2


def test_completed_late_is_said_where_nothing_worse_is() -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2022-06-01")], {(0, 0): -70.0})
    late = {"reported_on": "2023-01-15", "deadline": "2022-12-31"}
    found = early_and_late(
        evidence, "2024-01-01", {**STATION, **late}, {**SERVICE, **late},
        {"kind": "fixed_broadband", "village_id": "v0", **late}, {**STATION, "mast_id": "EMPTY", **late},
        {**STATION, "reported_on": "2022-12-31"},
    )  # fmt: skip
    assert found == [
        ("supported", "completed_late", 0, 15), ("supported", "completed_late", 0, 15),
        ("not_checkable", "completed_late", 0, 15), ("contradicted", "claimed_contradicted", 0, 0),
        ("supported", "", 0, 0),
    ]  # fmt: skip
    assert early_and_late(evidence, "2023-01-14", {**STATION, **late})[0][1] == "overdue"


def test_another_cell_that_served_the_hamlet_makes_the_report_true() -> None:
    """A mast far off served until 2024; the plan's own came on air after the report."""
    cells = [("A", "Viettel", "4G", "2023-01-10"), ("B", "VNPT", "4G", "2015-01-01")]
    evidence = make_evidence(1, cells, {(0, 0): -70.0, (0, 1): -75.0})
    assert early_and_late(evidence, "2025-01-01", STATION, SERVICE) == [
        ("supported", "claimed_early", 21, 10), ("supported", "", 0, 0),
    ]  # fmt: skip
    # the operator named by the item counts for a station
    of_b = {**STATION, "mast_id": "B", "operator": "Viettel"}
    assert early_and_late(evidence, "2025-01-01", of_b)[0][:2] == ("contradicted", "claimed_contradicted")


def test_a_cell_that_went_off_before_the_report_and_came_back_is_early() -> None:
    cells = [("A", "Viettel", "4G", "2020-01-01"), ("A", "Viettel", "4G", "2023-03-01")]
    evidence = make_evidence(1, cells, {(0, 0): -70.0, (0, 1): -70.0})
    off = np.array(["2022-06-01", "NaT"], dtype="datetime64[D]")
    evidence = replace(evidence, cells=replace(evidence.cells, off_air=off))
    found = early_and_late(evidence, "2024-01-01", STATION, SERVICE)
    assert found == [("supported", "claimed_early", 71, 60)] * 2


def test_samples_from_between_show_that_the_report_was_true() -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2023-01-10")], {(0, 0): -70.0})
    between = replace(evidence, measurements=samples(5, -80.0, day="2023-01-05"))
    weak = replace(evidence, measurements=samples(5, -120.0, day="2023-01-05"))
    assert early_and_late(between, "2025-01-01", SERVICE) == [("supported", "", 0, 0)]
    assert early_and_late(weak, "2025-01-01", SERVICE) == [("supported", "claimed_early", 21, 10)]


def test_discrepancies_name_the_days() -> None:
    words = [
        discrepancy_words(*row)
        for row in (
            ("claimed_early", 138, 0, "en"), ("claimed_early", 1, 2, "en"), ("completed_late", pd.NA, 1, "en"),
            ("claimed_early", 138, pd.NA, "vi"), ("completed_late", 0, 15, "vi"), ("overdue", pd.NA, pd.NA, "en"),
            ("", pd.NA, pd.NA, "vi"),
        )
    ]  # fmt: skip
    assert words == [
        "Reported 138 days before it was on air",
        "Reported 1 day before it was on air; completed 2 days after the deadline",
        "Completed 1 day after the deadline",
        "Báo hoàn thành 138 ngày trước khi phát sóng",
        "Hoàn thành chậm 15 ngày so với thời hạn",
        "Past its deadline, not claimed",
        "",
    ]


def test_samples_around_shift_the_evidence_and_the_item_says_so() -> None:
    """The model finds hamlet 0 served and hamlet 1 not; a shift turns both over, as it does their verdicts."""
    cells = [("A", "Viettel", "4G", "2020-01-01")]
    evidence = make_evidence(3, cells, {(0, 0): -90.0, (1, 0): -98.0, (2, 0): -70.0})
    shift, ratio = np.array([-10.0, 10.0, 0.0]), np.array([0.9, 0.9, 1.0])
    estimate = (evidence.levels.level_dbm + shift).astype(np.float32)
    judged = np.where(ratio < 1, -105.0 + (estimate + 105.0) / ratio, estimate).astype(np.float32)
    levels = (replace(evidence.levels, level_dbm=level) for level in (estimate, judged))
    shifted = replace(evidence, shifted=ShiftedLevels(shift, ratio, *levels))
    items = [{**SERVICE, "village_id": f"v{n}"} for n in range(3)]
    for case, expected in (
        (evidence, ["supported model", "contradicted model", "supported model"]),
        (shifted, ["contradicted model_shifted", "supported model_shifted", "supported model"]),
    ):
        table = verify(register(*items), NO_CROSSWALK, case, date(2023, 1, 1)).items.set_index("item_id")
        said = table.loc[["i0", "i1", "i2"], ["support", "decided_by"]].to_numpy().tolist()
        assert [" ".join(row) for row in said] == expected
        # one consistent answer: that of the verdicts
        assert [row[0] == "supported" for row in said] == case.verdicts(
            np.datetime64("2023-01-01")
        ).voice.tolist()
    assert table.loc["i0", "level_dbm"] == -100.0


def samples(
    n: int, level: float, day: str = "2023-01-10", technology: str = "4G", operator: str | None = "Viettel",
    x_m: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    return pd.DataFrame(
        {"time": [pd.Timestamp(day)] * n, "operator": [operator] * n, "technology": technology,
         "level_dbm": level, "x_m": x_m, "y_m": 0.0}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("modelled_dbm", "measured", "support", "decided_by"),
    [
        (-70.0, samples(5, -120.0), "contradicted", "measurement"),
        (-130.0, samples(5, -80.0), "supported", "measurement"),
        (-70.0, samples(5, -105.0), "supported", "measurement"),  # exactly the threshold
        (-70.0, samples(4, -120.0), "supported", "model"),  # too few
        (-70.0, samples(5, -120.0, x_m=501.0), "supported", "model"),  # too far
        (-70.0, samples(5, -120.0, day="2022-12-31"), "supported", "model"),  # from before the claim
        (-70.0, samples(5, -120.0, day="2023-01-01"), "contradicted", "measurement"),  # the day of the claim
        (-70.0, samples(5, -120.0, day="2023-02-01"), "contradicted", "measurement"),  # the very day
        (-70.0, samples(5, -120.0, day="2023-02-02"), "supported", "model"),  # not yet taken
        (-70.0, samples(5, -120.0, operator="VNPT"), "supported", "model"),  # says nothing about Viettel
        (-70.0, samples(5, -120.0, operator=None), "contradicted", "measurement"),
        (-70.0, samples(5, -120.0, technology="3G"), "supported", "model"),
        (-130.0, samples(5, -120.0, technology="3G"), "contradicted", "measurement"),
        (-70.0, pd.concat([samples(9, -80.0), samples(1, -120.0)]), "supported", "measurement"),
        (-70.0, pd.concat([samples(8, -80.0), samples(2, -120.0)]), "contradicted", "measurement"),
        (-70.0, samples(0, -80.0), "supported", "model"),
    ],
)
def test_samples_beat_the_model(
    modelled_dbm: float, measured: pd.DataFrame, support: str, decided_by: str
) -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2022-06-01")], {(0, 0): modelled_dbm})
    items = register({"kind": "mobile_broadband", "village_id": "v0", "reported_on": "2023-01-01"})
    result = verify(items, NO_CROSSWALK, replace(evidence, measurements=measured), date(2023, 2, 1))
    assert row(result, "i0")[["support", "decided_by"]].tolist() == [support, decided_by]


def test_old_samples_expire() -> None:
    evidence = make_evidence(1, [("A", "Viettel", "4G", "2022-06-01")], {(0, 0): -70.0})
    measured = samples(5, -120.0, day="2023-01-10")
    evidence = replace(evidence, measurements=measured, measurement_rule=MeasurementRule(window_days=30))
    items = register({"kind": "mobile_broadband", "village_id": "v0", "reported_on": "2023-01-01"})
    by_day = {
        day: row(verify(items, NO_CROSSWALK, evidence, day), "i0")["decided_by"]
        for day in (date(2023, 2, 9), date(2023, 2, 10))
    }
    assert list(by_day.values()) == ["measurement", "model"]


def test_other_hamlets_and_their_points_do_not_matter() -> None:
    # Hamlet 1 has a cluster; the register names hamlets 1 and 3 only, so everything is renumbered.
    evidence = make_evidence(4, [("A", "V", "4G", "2020-01-01")], {(1, 0): -70.0, (2, 0): -70.0})
    points = evidence.points
    evidence = replace(
        evidence,
        points=PointTable(
            np.append(points.point_id, ["x", "y"]), np.append(points.village, [1, -1]),
            np.append(points.kind, ["cluster", "place"]), np.append(points.people, [100.0, 0.0]),
            np.append(points.x_m, [0.0, 0.0]), np.append(points.y_m, [0.0, 0.0]),
        ),
    )  # fmt: skip
    items = register(
        {"kind": "mobile_service", "village_id": "v3"}, {"kind": "mobile_service", "village_id": "v1"}
    )
    result = verify(items, NO_CROSSWALK, evidence, date(2023, 1, 1))
    assert row(result, "i1")["support"] == "contradicted"  # the cluster, half of its people, hears nothing
    assert row(result, "i1")["level_dbm"] == -70.0
    assert row(result, "i1")["distance_m"] == pytest.approx(np.hypot(1000.0, 100.0))
    assert row(result, "i0")["support"] == "contradicted"


def test_doubtful_hamlets_wait_for_a_decision() -> None:
    evidence = make_evidence(2, [("A", "V", "4G", "2020-01-01")], {(0, 0): -70.0})
    items = register(
        {
            "kind": "mobile_service",
            "village_name": "Khu 0",
            "commune": "Hoành Mô",
            "reported_on": "2022-01-01",
        }
    )
    open_ = verify(items, NO_CROSSWALK, evidence, date(2023, 1, 1))
    assert row(open_, "i0")["support"] == "not_checkable"
    assert len(open_.problems) == 1
    assert open_.problems[0].severity == "warning"
    decided = verify(items, NO_CROSSWALK, evidence, date(2023, 1, 1), decisions={"i0": "v0"})
    assert row(decided, "i0")[["support", "matched_by", "village_id"]].tolist() == [
        "supported",
        "decided",
        "v0",
    ]
    assert decided.problems == []


def test_repeated_and_contradictory_items_are_warned_of_and_counted_once() -> None:
    evidence = make_evidence(2, [("A", "V", "4G", "2020-01-01")], {(0, 0): -70.0})
    service = {"kind": "mobile_service", "village_id": "v0", "reported_on": "2022-01-01"}
    items = register(
        service,
        {**service, "village_id": None, "village_name": "bản 0", "commune": "xã Hoành Mô"},  # a copy, by name
        {**service, "reported_on": "2022-02-01"},  # the same promise kept on another day
        {**service, "plan_id": "130/KH-UBND"},  # another plan may promise it again
        {"kind": "station", "mast_id": "Z"},
    )
    result = verify(items, NO_CROSSWALK, evidence, date(2022, 1, 15))
    assert [(p.value, p.expected) for p in result.problems] == [
        ("i1 repeats i0", "each promise once"),
        ("i2 repeats i0, reported 2022-02-01 there 2022-01-01", "one date of completion for one promise"),
        ("Z (item i4)", "the ID of a mast of the list of masts"),
    ]
    assert all(p.severity == "warning" for p in result.problems)
    assert count(result.completion, "13/KH-UBND", "mobile_service") == (1, 1, 1)
    kinds = result.completion[result.completion["scope"] == "kind"].set_index(["plan_id", "subject"])
    assert kinds.loc[("13/KH-UBND", "mobile_service"), ["total", "claimed"]].tolist() == [3, 2]


def test_a_fixed_line_may_stand_in_for_mobile_broadband_that_is_not_there() -> None:
    evidence = make_evidence(1, [("A", "V", "2G", "2020-01-01")], {(0, 0): -70.0})
    both = {"village_id": "v0", "reported_on": "2022-01-01"}
    items = register({**both, "kind": "mobile_broadband"}, {**both, "kind": "fixed_broadband"})
    result = verify(items, NO_CROSSWALK, evidence, date(2023, 1, 1))
    targets = result.completion[result.completion["subject"] == "broadband"]
    assert targets[["total", "claimed", "contradicted", "not_checkable"]].to_numpy().tolist() == [
        [1, 1, 0, 1]
    ]
    assert result.discrepancies["item_id"].tolist() == ["i0"]  # the mobile claim is still contradicted


def test_a_broken_register_is_refused_with_all_its_problems() -> None:
    evidence = make_evidence(1, [("A", "V", "4G", "2020-01-01")], {})
    items = register(
        {"kind": "stations"},
        {"kind": "station", "plan_id": None},
        {"kind": "station", "reported_on": "hôm qua"},
    )
    items["item_id"] = ["i0", "i0", "i2"]
    with pytest.raises(InputError) as caught:
        verify(items, NO_CROSSWALK, evidence, date(2023, 1, 1))
    assert {(p.column, p.value) for p in caught.value.problems} == {
        ("kind", "stations"), ("plan_id", "item i0"), ("item_id", "i0"), ("reported_on", "hôm qua (item i2)"),
    }  # fmt: skip


@pytest.mark.parametrize("dates", ["text", "date", "timestamp"])
def test_dates_may_come_in_any_type(dates: str) -> None:
    evidence = make_evidence(1, [("A", "V", "4G", "2020-01-01")], {})
    items = register(
        {"kind": "station", "mast_id": "A", "reported_on": "2022-01-01"}, {"kind": "station", "mast_id": "A"}
    )
    if dates == "date":
        items["reported_on"] = [date(2022, 1, 1), None]
    elif dates == "timestamp":
        items["reported_on"] = pd.to_datetime(items["reported_on"])
    result = verify(items, NO_CROSSWALK, evidence, date(2022, 1, 1))
    assert row(result, "i0")["claimed"]
    assert not row(result, "i1")["claimed"]


def test_an_empty_register() -> None:
    evidence = make_evidence(1, [("A", "V", "4G", "2020-01-01")], {})
    result = verify(register({"kind": "station"}).iloc[:0], NO_CROSSWALK, evidence, date(2022, 1, 1))
    assert (len(result.items), len(result.completion), len(result.discrepancies)) == (0, 0, 0)
