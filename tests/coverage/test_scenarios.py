"""Scenarios in provinces small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule
from phusong.coverage.keeping import Upgrade
from phusong.coverage.scenario_difference import difference, place_difference
from phusong.coverage.scenario_stations import (
    Network,
    stations_to_keep,
    stations_to_keep_within,
    upgrades_first,
)
from phusong.coverage.scenarios import (
    Change,
    Scenario,
    Selector,
    apply_scenario,
    cell_changes,
    parse_selector,
    plan_cells,
)
from phusong.errors import InputError

DAY = np.datetime64("2025-12-31")
RULE = GapRule(
    {
        name: TechnologyRule(name, level, 8.0, 0.9)
        for name, level in {"2G": -95.0, "3G": -100.0, "4G": -105.0, "5G": -110.0}.items()
    },
    share_of_people=0.95,
    voice=("2G", "3G", "4G"),
    broadband=("3G", "4G", "5G"),
)
STRONG = -50.0
UPGRADE = Upgrade("4G", 5.0, 46.0)
NO_PLANS = pd.DataFrame(columns=["plan_id", "item_id", "kind", "mast_id", "operator"])


def make_cells(rows: list[tuple[str, str, str, str]]) -> CellTable:
    """Cells (mast, operator, technology, on air or ""), named c0, c1 …"""
    n = len(rows)
    numbers = {
        name: np.full(n, value)
        for name, value in {
            "x_m": 0.0, "y_m": 0.0, "antenna_height_m": 30.0, "azimuth_deg": 0.0, "mechanical_tilt_deg": 0.0,
            "electrical_tilt_deg": 0.0, "tx_power_dbm": 43.0, "feeder_loss_db": 0.5,
        }.items()
    }  # fmt: skip
    bandwidth = {"2G": 0.2, "3G": 5.0, "4G": 10.0, "5G": 20.0}
    return CellTable(
        cell_id=np.array([f"c{i}" for i in range(n)]),
        mast_id=np.array([row[0] for row in rows]),
        operator=np.array([row[1] for row in rows]),
        technology=np.array([row[2] for row in rows]),
        antenna=np.full(n, "omni"),
        frequency_mhz=np.full(n, 900.0),
        bandwidth_mhz=np.array([bandwidth[row[2]] for row in rows]),
        on_air=np.array([row[3] or "NaT" for row in rows], dtype="datetime64[D]"),
        off_air=np.full(n, np.datetime64("NaT", "D")),
        **numbers,
    )


def make_network(people: list[float], levels: dict[tuple[int, int], float], **more: bool) -> Network:
    """One centre per hamlet; level by (hamlet, cell)."""
    n, keys = len(people), sorted(levels)
    points = PointTable(
        np.array([f"v:h{i}" for i in range(n)]), np.arange(n), np.full(n, "centre"), np.array(people),
        np.zeros(n), np.zeros(n),
    )  # fmt: skip
    villages = pd.DataFrame(
        {
            "village_id": [f"h{i}" for i in range(n)], "name": [f"Khe {i}" for i in range(n)],
            "commune": "Xã Đồng Văn", "old_commune": None, "population": people, "households": 10,
            "grid_power": True,
        }
    )  # fmt: skip
    table = PointLevels(
        np.array([k[0] for k in keys], np.int32), np.array([k[1] for k in keys], np.int32),
        np.array([levels[k] for k in keys], np.float32), np.zeros(len(keys), np.float32),
    )  # fmt: skip
    return Network(points, villages, table, RULE, DAY, **more)


def compare(network: Network, before: CellTable, after: CellTable) -> tuple[pd.DataFrame, pd.DataFrame]:
    operators = tuple(np.unique(before.operator).tolist())
    found = difference(
        network.points, network.villages, network.levels, before, after, network.rule, DAY, operators
    )
    return found.hamlets, found.services.set_index(["operator", "service"])


# Five hamlets: 0 only 2G of Viettel, 1 2G of Viettel and 3G of VNPT, 2 4G of VNPT, 3 nothing, 4 2G of both.
PROVINCE = make_cells(
    [
        ("A", "Viettel", "2G", "2010-01-01"),
        ("B", "VNPT", "3G", "2012-01-01"),
        ("B", "VNPT", "4G", "2018-01-01"),
        ("C", "VNPT", "2G", "2011-01-01"),
    ]
)
NETWORK = make_network(
    [100.0, 200.0, 300.0, 400.0, 500.0],
    {(0, 0): STRONG, (1, 0): STRONG, (1, 1): STRONG, (2, 2): STRONG, (4, 0): STRONG, (4, 3): STRONG},
)
OFF_2G = apply_scenario(PROVINCE, Scenario((Change(Selector("2G"), on=False, text="--off 2G"),)), NO_PLANS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2G", (Selector("2G"), None)),
        ("3g: viettel", (Selector("3G", "viettel"), None)),
        ("4G:VNPT@2026-09-30", (Selector("4G", "VNPT"), date(2026, 9, 30))),
        ("mast:M@12", (Selector(mast_id="M@12"), None)),
        ("cell:A:1@2026-01-01", (Selector(cell_id="A:1"), date(2026, 1, 1))),
        ("operator:Viettel", (Selector(operator="Viettel"), None)),
    ],
)
def test_selectors(text: str, expected: tuple[Selector, date | None]) -> None:
    assert parse_selector(text) == expected


@pytest.mark.parametrize("text", ["", "6G", "mast:", "3G:", "tower:A", "Viettel"])
def test_what_is_no_selector(text: str) -> None:
    assert parse_selector(text) is None


@pytest.mark.parametrize(
    ("day", "active"), [("2026-09-29", True), ("2026-09-30", False), ("2026-10-01", False)]
)
def test_off_from_a_day_on(day: str, active: bool) -> None:
    change = Change(Selector("2G", "viettel"), on=False, from_day=date(2026, 9, 30))
    after = apply_scenario(PROVINCE, Scenario((change,)), NO_PLANS)
    assert after.active(np.datetime64(day)).tolist() == [active, True, True, True]
    assert PROVINCE.active(np.datetime64(day)).all(), "the project's own table stays as it is"


@pytest.mark.parametrize(
    ("day", "active"), [("2019-12-31", False), ("2020-01-01", True), ("2020-01-02", True)]
)
def test_on_from_a_day_on(day: str, active: bool) -> None:
    planned = make_cells([("A", "Viettel", "4G", "2030-01-01")])
    change = Change(Selector(cell_id="c0"), on=True, from_day=date(2020, 1, 1))
    after = apply_scenario(planned, Scenario((change,)), NO_PLANS)
    assert after.active(np.datetime64(day)).tolist() == [active]


def test_off_never_prolongs_a_life() -> None:
    """A cell that goes off earlier anyway keeps its own day; one that would go later goes on the day given."""
    off_air = np.array(["2026-01-01", "2027-01-01", "NaT", "NaT"], dtype="datetime64[D]")
    change = Change(Selector(), on=False, from_day=date(2026, 6, 1))
    after = apply_scenario(replace(PROVINCE, off_air=off_air), Scenario((change,)), NO_PLANS)
    assert after.off_air.astype(str).tolist() == ["2026-01-01", *["2026-06-01"] * 3]


def test_a_later_change_wins_and_on_undoes_off() -> None:
    off, on = Change(Selector("2G"), on=False), Change(Selector(mast_id="C"), on=True)
    after = apply_scenario(PROVINCE, Scenario((off, on)), NO_PLANS)
    assert after.active(DAY).tolist() == [False, True, True, True]


def test_every_change_that_fits_nothing_is_reported() -> None:
    changes = (
        Change(Selector("5G"), on=False, text="5G"),
        Change(Selector(mast_id="X"), on=True, text="mast:X"),
    )
    with pytest.raises(InputError) as caught:
        apply_scenario(PROVINCE, Scenario(changes, ("99/KH",)), NO_PLANS)
    assert [problem.value for problem in caught.value.problems] == ["99/KH", "5G", "mast:X"]


def test_what_a_plan_built() -> None:
    """On N nobody was before Viettel: the mast goes. On O, VNPT was: only Viettel's cells go."""
    cells = make_cells(
        [
            ("N", "Viettel", "2G", "2022-10-01"),
            ("N", "VNPT", "4G", "2023-05-01"),  # came later onto the plan's mast
            ("O", "VNPT", "2G", "2015-01-01"),
            ("O", "Viettel", "4G", "2022-11-01"),
            ("P", "Viettel", "4G", "2022-11-01"),  # of another plan
        ]
    )
    plans = pd.DataFrame(
        [
            ("13/KH-UBND", "1", "station", "N", "Viettel"),
            ("13/KH-UBND", "2", "station", "O", "viettel"),
            ("13/KH-UBND", "3", "mobile_service", "P", None),
            ("13/KH-UBND", "4", "station", None, "VNPT"),
            ("130/KH-UBND", "5", "station", "P", None),
        ],
        columns=NO_PLANS.columns,
    )
    assert plan_cells(plans, cells, "13/kh-ubnd").tolist() == [True, True, False, True, False]
    assert plan_cells(plans, cells, "130/KH-UBND").tolist() == [False, False, False, False, True]
    scenario = Scenario(without_plans=("13/KH-UBND",))
    changed = cell_changes(cells, apply_scenario(cells, scenario, plans), DAY, scenario, plans)
    assert changed["cell_id"].tolist() == ["c0", "c1", "c3"]
    assert set(changed["why"]) == {"13/KH-UBND"}
    assert set(changed["change"]) == {"off"}


def test_2g_off_counted_by_hand() -> None:
    hamlets, services = compare(NETWORK, PROVINCE, OFF_2G)
    over_all = hamlets[hamlets["operator"] == ""].set_index("village_id")
    assert over_all["change"].to_dict() == {"h0": "lost", "h1": "other", "h4": "lost"}
    assert over_all.index.tolist() == ["h4", "h0", "h1"], "losers first, most people first"
    assert over_all["services_lost"].to_dict() == {"h0": "voice; 2G", "h1": "2G", "h4": "voice; 2G"}
    voice = services.loc[("", "voice")]
    assert voice[["hamlets_before", "hamlets_after", "hamlets_losing", "hamlets_gaining"]].tolist() == [
        4,
        2,
        2,
        0,
    ]
    assert voice[["people_before", "people_after", "people_losing"]].tolist() == [1100.0, 500.0, 600.0]
    assert services.loc[("Viettel", "voice"), "people_losing"] == 800.0
    assert services.loc[("VNPT", "voice"), "people_losing"] == 500.0
    assert services.loc[("", "broadband"), "hamlets_losing"] == 0


def test_classes_balance() -> None:
    found = difference(
        NETWORK.points, NETWORK.villages, NETWORK.levels, PROVINCE, OFF_2G, RULE, DAY, ("VNPT", "Viettel")
    ).classes
    over_all = found[found["operator"] == ""].set_index("verdict")
    assert over_all.loc["no_signal", ["hamlets_before", "hamlets_after", "hamlets_entering"]].tolist() == [
        1,
        3,
        2,
    ]
    assert over_all.loc["voice_only", "hamlets_leaving"] == 2
    for what in ("hamlets", "people"):
        after = found[f"{what}_before"] - found[f"{what}_leaving"] + found[f"{what}_entering"]
        assert (after == found[f"{what}_after"]).all()


def test_the_way_back_gains_what_the_way_there_loses() -> None:
    _, there = compare(NETWORK, PROVINCE, OFF_2G)
    _, back = compare(NETWORK, OFF_2G, PROVINCE)
    assert (there["hamlets_losing"] == back["hamlets_gaining"]).all()
    assert (there["people_losing"] == back["people_gaining"]).all()


def test_upgrade_first_names_the_fewest_masts() -> None:
    """4G on mast A keeps hamlets 0 and 4 by itself; C is not needed."""
    plan = upgrades_first(NETWORK, PROVINCE, OFF_2G, UPGRADE)
    assert plan.table[["mast_id", "operator", "technology", "frequencies_mhz"]].to_numpy().tolist() == [
        ["A", "Viettel", "4G", "900"]
    ]
    assert plan.table.loc[0, "village_ids"] == "h0; h4"
    assert plan.table.loc[0, "people"] == 600.0
    assert (plan.fewest.bound, plan.fewest.status) == (1, "optimal")
    assert not plan.fewest.impossible.any()


def test_upgrade_per_operator_needs_more() -> None:
    """VNPT's own customers of hamlet 4 need mast C; Viettel's of hamlets 0, 1 and 4 need mast A."""
    network = Network(NETWORK.points, NETWORK.villages, NETWORK.levels, RULE, DAY, per_operator=True)
    table = upgrades_first(network, PROVINCE, OFF_2G, UPGRADE).table
    assert dict(zip(table["mast_id"], table["village_ids"], strict=True)) == {"A": "h0; h1; h4", "C": "h4"}


def test_an_upgrade_too_weak_is_said() -> None:
    """GSM at −84 dBm covers; LTE of 5 MHz has 24.8 dB less per resource element, 3 dB more power: −105.8."""
    network = make_network([100.0], {(0, 0): -84.0})
    cells = make_cells([("A", "Viettel", "2G", "")])
    off = apply_scenario(cells, Scenario((Change(Selector("2G"), on=False),)), NO_PLANS)
    plan = upgrades_first(network, cells, off, UPGRADE)
    assert plan.table.empty
    assert plan.fewest.impossible[0, 0].tolist() == [True, False]


def test_3g_kept_counted_by_hand() -> None:
    """Masts P, Q, R carry 3G; hamlet 0 hears P and Q, 1 hears Q and R, 2 hears P and R, 3 has 4G besides."""
    cells = make_cells([(m, "Viettel", "3G", "") for m in "PQR"] + [("S", "Viettel", "4G", "")])
    network = make_network(
        [10.0, 20.0, 30.0, 40.0],
        {(0, 0): STRONG, (0, 1): STRONG, (1, 1): STRONG, (1, 2): STRONG, (2, 0): STRONG, (2, 2): STRONG,
         (3, 0): STRONG, (3, 3): STRONG},
    )  # fmt: skip
    kept = stations_to_keep(network, cells, cells, Selector("3G"))
    assert kept.table["kept"].sum() == 2
    assert (kept.found.bound, kept.found.status, kept.found.gap) == (2, "optimal", 0.0)
    _, services = compare(network, cells, kept.cells)
    assert services.loc[("", "voice"), "hamlets_losing"] == 0
    assert services.loc[("", "broadband"), "hamlets_losing"] == 0
    assert kept.cells.active(DAY).sum() == 3


@pytest.mark.parametrize(
    ("most", "by_hamlets", "lost"),
    [(0, False, 100.0), (1, False, 20.0), (1, True, 20.0), (2, False, 0.0), (3, False, 0.0)],
)
def test_3g_down_to_so_many_counted_by_hand(most: int, by_hamlets: bool, lost: float) -> None:
    """P serves hamlets 0 (10 people) and 2 (70), Q serves 0 and 1 (20), R nobody whom the others leave."""
    cells = make_cells([(m, "Viettel", "3G", "") for m in "PQR"])
    network = make_network(
        [10.0, 20.0, 70.0],
        {(0, 0): STRONG, (0, 1): STRONG, (1, 1): STRONG, (2, 0): STRONG, (2, 2): STRONG},
    )  # fmt: skip
    kept = stations_to_keep_within(network, cells, cells, Selector("3G"), most, by_hamlets=by_hamlets)
    assert kept.found.status == "optimal"
    _, services = compare(network, cells, kept.cells)
    if by_hamlets:
        assert services.loc[("", "voice"), "hamlets_losing"] == 1
    else:
        assert services.loc[("", "voice"), "people_losing"] == lost
    assert kept.cells.active(DAY).sum() == kept.table["kept"].sum() == most
    assert len(kept.fewest.chosen) == 2
    if most <= 2:  # a third stays because it was asked for
        assert (kept.table[kept.table["kept"]]["hamlets"] >= 1).all(), "no station stays for nothing"


@pytest.mark.parametrize(
    ("operator", "per_operator", "kept_masts", "lose_3g"),
    [("", False, "QR", [0]), ("Viettel", False, "QR", [0]), ("", True, "QR", [0])],
)
def test_those_beyond_the_fewest_keep_the_technology_for_most_people(
    operator: str, per_operator: bool, kept_masts: str, lose_3g: list[int]
) -> None:
    """4G serves everybody; 3G of P, Q, R serves hamlets 0 (10 people), 1 (20) and 2 (70)."""
    rows = [(m, "Viettel", "3G", "") for m in "PQR"] + [("Z", "Viettel", "4G", "")]
    cells = make_cells(rows)
    heard = {(v, v): STRONG for v in range(3)} | {(v, 3): STRONG for v in range(3)}
    network = make_network([10.0, 20.0, 70.0], heard)
    network = replace(network, per_operator=per_operator)
    kept = stations_to_keep_within(network, cells, cells, Selector("3G", operator), 2)
    assert len(kept.fewest.chosen) == 0
    chosen = kept.table[kept.table["kept"]]
    assert sorted(chosen["mast_id"]) == list(kept_masts)
    assert chosen["hamlets"].tolist() == [0, 0]
    assert chosen["technology_people"].tolist() == [70.0, 20.0]
    assert np.flatnonzero(kept.found.loses_technology).tolist() == lose_3g  # type: ignore[union-attr]
    assert kept.found.status == "optimal" and kept.found.bound == kept.found.loss


def test_places_of_duty() -> None:
    cells = make_cells([("A", "Viettel", "5G", ""), ("B", "VNPT", "4G", "")])
    points = PointTable(
        np.array(["v:h0", "p:p1", "p:p2", "p:p3"]), np.array([0, -1, -1, -1]),
        np.array(["centre", "place", "place", "place"]), np.array([1.0, 0, 0, 0]), np.zeros(4), np.zeros(4),
    )  # fmt: skip
    levels = PointLevels(
        np.array([1, 2], np.int32), np.array([0, 1], np.int32), np.array([STRONG, STRONG], np.float32),
        np.zeros(2, np.float32),
    )  # fmt: skip
    places = pd.DataFrame(
        {
            "place_id": ["p1", "p2", "p3"], "name": ["KCN Cái Lân", "Bệnh viện", "Điểm DVC"],
            "kind": ["industrial_zone", "hospital", "public_service_point"],
            "required_technology": ["5G", "5G", None],
        }
    )  # fmt: skip
    off = apply_scenario(cells, Scenario((Change(Selector(mast_id="A"), on=False),)), NO_PLANS)
    duty = ["5G", "5G", ""]
    found = place_difference(points, places, duty, levels, cells, off, RULE, DAY).set_index("place_id")
    assert found.index.tolist() == ["p2", "p1"], "p3 has no duty"
    assert found["covered_before"].to_dict() == {"p2": False, "p1": True}
    assert not found["covered_after"].any()
    same = place_difference(points, places, duty, levels, cells, cells, RULE, DAY).set_index("place_id")
    assert same.loc["p1", ["covered_after", "operators_after"]].tolist() == [True, "Viettel"]
    assert same.index.tolist() == ["p2", "p1"], "not covered first"
