"""The independent evaluator: it confirms plans as they are made, and finds whatever is changed in them."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.siting.costs import LINES, CostModel
from phusong.coverage.siting.evaluation.audit import audit_plan
from phusong.coverage.siting.evaluation.audit_tables import check_table, hamlet_table, link_table
from phusong.coverage.siting.evaluation.findings import CHECKS, Finding, Findings
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from phusong.coverage.siting.options import FundShare, Phase, SitingGoal, SitingOptions
from phusong.coverage.siting.profiles import link_clearances
from phusong.coverage.siting.propose import propose
from phusong.project import load_presets
from phusong.project_rules import CostsSection

OPTIONS = SitingOptions(
    operator="A", technologies=("4G",), budget=20_000.0, gap_target=0.0, reach_m=12_000.0,
    coverage_range_m=2000.0, new_positions_per_point=0, time_limit_s=20.0,
)  # fmt: skip
DATA = {
    "backhaul", "building", "building.contract", "costs", "covering", "covering.instance", "inputs", "options",
    "proposal", "tables",
}  # fmt: skip
"""What the evaluator may know of the planner: shapes of data and prices, nothing that decides."""


@pytest.fixture(scope="module")
def given() -> dict:
    """Three hamlets with substations, a foreign mast on a hill between them and the network."""
    height = np.zeros((60, 160), np.float32)
    height[:, 80] = 100.0
    never = np.array(["NaT"], "datetime64[D]")
    texts = {"cell_id": "C1", "mast_id": "M1", "operator": "A", "technology": "4G", "antenna": "3gpp-36.814"}
    numbers = {
        "x_m": 14_050.0, "y_m": 3050.0, "antenna_height_m": 40.0, "frequency_mhz": 1800.0,
        "bandwidth_mhz": 20.0, "azimuth_deg": 90.0, "mechanical_tilt_deg": 0.0, "electrical_tilt_deg": 2.0,
        "tx_power_dbm": 46.0, "feeder_loss_db": 0.5,
    }  # fmt: skip
    section = CostsSection(**{**load_presets()["costs"]["rural-2024"], "preset": "rural-2024"})
    y_m = np.array([3050.0, 650.0, 5350.0])
    return {
        "terrain": TerrainModel(
            height, np.full(height.shape, 4, np.uint8), None, 0.0, 6000.0, 100.0, 21.0, 20.9
        ),
        "cells": CellTable(
            **{k: np.array([v]) for k, v in (texts | numbers).items()}, on_air=never, off_air=never
        ),
        "points": PointTable(
            np.array(["v:H1", "v:H2", "v:H3"]), np.arange(3), np.array(["centre"] * 3),
            np.array([300.0, 200.0, 100.0]), np.full(3, 2050.0), y_m,
        ),
        "unserved": {"4G": np.ones(3, bool)},
        "villages": VillageTable(
            np.array(["H1", "H2", "H3"]), np.array([True] * 3), np.array(["X", "Y", "Y"])
        ),
        "masts": MastTable(
            np.array(["M1", "M2"]), np.array(["A", "B"]), np.array(["tower"] * 2), np.array([50.0, 40.0]),
            np.array(["grid"] * 2), np.array(["fibre"] * 2), np.array([14_050.0, 8050.0]),
            np.array([3050.0, 3050.0]),
        ),
        "poles": PoleTable(
            np.array(["P1", "P2", "P3"]), np.array(["EVN"] * 3), np.array(["substation"] * 3),
            np.full(3, 25.0), np.full(3, 2150.0), y_m,
        ),
        "fibre_nodes": FibreNodeTable(np.zeros(0, "U2"), np.zeros(0), np.zeros(0)),
        "costs": replace(
            CostModel(**section.model_dump()), maximum_fibre_km=1.0, satellite=20_000.0
        ),
        "rules": {"4G": TechnologyRule("4G", -90.0, 8.0, 0.9)},
        "settings": PropagationSettings(),
        "options": OPTIONS,
    }  # fmt: skip


@pytest.fixture(scope="module")
def plan(given):
    return propose(**given)


def found(given, proposal, goal=None, **changed) -> list[Finding]:
    return list(audit_plan(proposal, **{**given, **changed}, goal=goal).discrepancies)


def with_station(proposal, name, **changes):
    """The proposal with one station changed; by host."""
    stations = tuple(replace(s, **changes) if s.host_id == name else s for s in proposal.stations)
    return replace(proposal, stations=stations)


def test_the_evaluator_shares_no_code_with_what_makes_the_plans():
    code = (
        "import sys, phusong.coverage.siting.evaluation.audit, phusong.coverage.siting.evaluation.audit_tables\n"
        "print(*[n for n in sys.modules if n.startswith('phusong.coverage.siting.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    known = {name.removeprefix("phusong.coverage.siting.") for name in done.stdout.split()}
    assert "evaluation.evaluate" in known
    assert {name for name in known if name.split(".")[0] != "evaluation"} <= DATA


def test_a_plan_with_a_chain_is_confirmed_in_every_respect(given, plan):
    audit = audit_plan(plan, **given)
    assert audit.discrepancies == ()
    assert {s.host_id for s in plan.stations} == {"P1", "P2", "P3", "M2"}
    for check in ("hamlets", "people", "value", "cost", "budget", "sharing", "hosts", "links", "clearance"):
        assert audit.made[check] > 0, check
    table = check_table(audit)
    assert list(table["check"]) == list(CHECKS)
    assert set(table["check_result"]) == {"confirmed", "nothing"}


@pytest.mark.parametrize(
    ("check", "tamper"),
    [
        ("hosts", lambda p: with_station(p, "P2", host_id="P3")),
        ("hosts", lambda p: with_station(p, "P2", host_id="P9")),
        ("hosts", lambda p: with_station(p, "P2", owner="C")),
        ("hosts", lambda p: with_station(p, "P2", antenna_height_m=90.0)),
        ("hamlets", lambda p: with_station(p, "P1", x_m=8050.0, y_m=650.0)),
        ("hamlets", lambda p: with_station(p, "P1", power_limit_dbm=-20.0)),
        ("hamlets", lambda p: replace(p, served_villages=p.served_villages[:-1])),
        ("people", lambda p: replace(p, people_newly_served=1.0)),
        ("people", lambda p: with_station(p, "P1", people_newly_served=1.0)),
        ("value", lambda p: replace(p, value=1.0)),
        ("value", lambda p: replace(p, bound=p.value - 5.0)),
        ("value", lambda p: replace(p, bound=2 * p.value)),
        ("cost", lambda p: with_station(p, "P1", total_cost=1.0)),
        ("cost", lambda p: with_station(p, "P1", cost_lines=p.stations[0].cost_lines[:-3])),
        ("cost", lambda p: with_station(p, "P1", power="solar")),
        ("cost", lambda p: replace(p, total_cost=1.0)),
        ("budget", lambda p: replace(p, budget=1.0)),
        ("sharing", lambda p: replace(p, sharing_ratio=0.1)),
        ("links", lambda p: with_station(p, "M2", backhaul=moved(p, "M2", target_id="M7"))),
        ("links", lambda p: with_station(p, "M2", backhaul=moved(p, "M2", length_km=1.0))),
        ("links", lambda p: with_station(p, "M2", backhaul=moved(p, "M2", target_id="M2"))),
        ("clearance", lambda p: with_station(p, "M2", backhaul=moved(p, "M2", clearance_m=99.0))),
        ("clearance", lambda p: with_station(p, "P1", hangs_on="", backhaul=moved(p, "P1", target_id="M1"))),
        ("chains", lambda p: with_station(p, "P1", hops=1)),
        ("chains", lambda p: with_station(p, "P1", hangs_on="S999")),
    ],
)  # fmt: skip
def test_whatever_is_changed_is_found(given, plan, check, tamper):
    assert check in {finding.check for finding in found(given, tamper(plan))}


def moved(proposal, host, **changes):
    station = next(s for s in proposal.stations if s.host_id == host)
    return replace(station.backhaul, **changes)


def test_without_the_relay_the_chain_hangs_in_the_air(given, plan):
    cut = replace(plan, stations=tuple(s for s in plan.stations if s.host_id != "M2"))
    wrong = {(f.check, f.found) for f in found(given, cut)}
    assert ("chains", "no_network") in wrong
    assert ("links", "missing") in wrong


def test_stations_that_hang_on_each_other_reach_nothing(given, plan):
    ids = {s.host_id: s.station_id for s in plan.stations}
    loop = with_station(plan, "M2", hangs_on=ids["P1"])
    assert ("chains", "no_network") in {(f.check, f.found) for f in found(given, loop)}


def test_a_mast_of_another_operator_connects_nobody(given, plan):
    foreign = replace(given["cells"], operator=np.array(["B"]))
    assert ("links", "no_backhaul") in {(f.check, f.found) for f in found(given, plan, cells=foreign)}


def test_terrain_in_the_way_is_found(given, plan):
    height = given["terrain"].height_m.copy()
    height[:, 110] = 300.0
    wrong = found(given, plan, terrain=replace(given["terrain"], height_m=height))
    assert ("clearance", "blocked") in {(f.check, f.found) for f in wrong}


def test_a_roof_between_two_pixels_of_the_way_is_seen(given):
    """Steps of a whole pixel miss clutter that a slanting hop cuts at its corner."""
    clutter = np.zeros_like(given["terrain"].height_m)
    clutter[28, 33] = 500.0
    terrain = replace(given["terrain"], height_m=np.zeros_like(clutter), clutter_m=clutter)
    ends = (1050.0, 3850.0, 30.0, 8050.0, 1900.0, 30.0)
    coarse = link_clearances(terrain, *ends, frequency_ghz=15.0, fresnel_share=0.6)
    fine = link_clearances(terrain, *ends, frequency_ghz=15.0, fresnel_share=0.6, step_pixels=0.5)
    assert coarse.room_m[0] > 0 > fine.room_m[0]


def test_limits_of_the_request_are_held_against_the_plan(given, plan):
    for key, goal in (
        ("maximum_stations", SitingGoal(maximum_stations=3)),
        ("commune_minimum X", SitingGoal(commune_minimum={"X": 2})),
        ("mandatory_hamlets H9", None),
        ("target_share", None),
    ):
        if goal is not None:
            assert key in {f.subject for f in found(given, plan, goal)}
    assert "minimum_sharing" not in {f.subject for f in found(given, plan, SitingGoal(minimum_sharing=1.0))}
    two_hops = {f.subject for f in found(given, plan, SitingGoal(maximum_hops=1)) if f.check == "chains"}
    assert len(two_hops) == 3
    options = replace(OPTIONS, mandatory_hosts=("M1",), forbidden_hosts=("M2",))
    wrong = {f.subject for f in found(given, plan, options=options)}
    assert {"mandatory_hosts M1", "forbidden_hosts M2"} <= wrong
    poor = replace(given["options"], budget=1600.0)
    little = propose(**{**given, "options": poor, "costs": replace(given["costs"], satellite=100.0)})
    changed = {"options": poor, "costs": replace(given["costs"], satellite=100.0)}
    assert found(given, little, **changed) == []
    missed = SitingGoal(mandatory_hamlets=("H3",), objective="least_cost")
    wrong = {f.subject for f in found(given, little, missed, **changed)}
    assert {"mandatory_hamlets H3", "target_share"} <= wrong


def test_funds_must_be_able_to_pay_each_line(given):
    civil = ("civils", "power", "tower", "access")
    rest = tuple(line for line in LINES if line not in civil)
    goal = SitingGoal(funds=(FundShare("public", 5000.0, civil), FundShare("operator", 9000.0, rest)))
    plan = propose(**given, goal=goal)
    assert plan.stations
    assert found(given, plan, goal) == []
    public, operator = plan.funds
    lie = replace(
        plan, funds=(replace(public, spent=public.spent + operator.spent), replace(operator, spent=0.0))
    )
    assert "not_enough" in {f.found for f in found(given, lie, goal) if f.check == "funds"}
    lie = replace(plan, funds=(replace(public, limit=1.0), operator))
    assert "public (limit)" in {f.subject for f in found(given, lie, goal)}
    lie = replace(plan, funds=(public,))
    assert "operator" in {f.subject for f in found(given, lie, goal)}


def test_years_are_added_up_again(given):
    options = replace(OPTIONS, budget=3200.0)
    goal = SitingGoal(phases=(Phase(2026, 1600.0), Phase(2027, 1600.0)))
    plan = propose(**{**given, "options": options}, goal=goal)
    assert plan.stations
    assert found(given, plan, goal, options=options) == []
    first = plan.phases[0]
    for lie in (
        replace(plan, phases=(replace(first, cost=first.cost + 1.0), plan.phases[1])),
        replace(plan, phases=(replace(first, villages=7), plan.phases[1])),
        replace(plan, phases=plan.phases[1:]),
        replace(plan, stations=tuple(replace(s, year=2026) for s in plan.stations)),
        replace(plan, stations=tuple(replace(s, year=2030) for s in plan.stations)),
    ):
        assert "phases" in {f.check for f in found(given, lie, goal, options=options)}
    relay = next(s for s in plan.stations if s.host_id == "M2")
    late = with_station(plan, "M2", year=2027)
    assert any(s.hangs_on == relay.station_id and s.year == 2026 for s in plan.stations)
    assert any("→" in f.subject for f in found(given, late, goal, options=options))


def test_tables_of_an_audit(given, plan):
    audit = audit_plan(with_station(plan, "P1", total_cost=1.0), **given)
    table = check_table(audit)
    assert table.iloc[0]["check_result"] == "differs"
    assert set(table.loc[table["check"] == "cost", "check_result"]) == {"differs"}
    links = link_table(audit).set_index("station_id")
    relay = next(s for s in plan.stations if s.host_id == "M2")
    assert links.loc[relay.station_id, "hops"] == 1
    assert links.loc[relay.station_id, "backhaul_km"] == pytest.approx(6.0)
    assert links.loc[relay.station_id, "clearance_m"] == pytest.approx(relay.backhaul.clearance_m, abs=0.01)
    hamlets = hamlet_table(plan, audit, given["points"], given["villages"])
    assert list(hamlets["plan_result"]) == ["served"] * 3
    assert list(hamlets["people_before"]) == [0.0] * 3
    assert list(hamlets["people_after"]) == [300.0, 200.0, 100.0]


def test_findings_are_told_in_both_languages():
    findings = Findings()
    findings.equal("cost", "S001", 1.0, 2.0)
    findings.same_set("hamlets", ["H1"], ["H2"], "served", "not_served")
    findings.at_most("budget", "", 3.0, 2.0)
    findings.at_least("sharing", "", math.nan, 0.5)
    assert len(findings.wrong) == 5
    assert findings.made["hamlets"] == 2
    english = [finding.line() for finding in findings.wrong]
    assert english[0] == "Cost, line by line, S001: the plan says 1, recomputed 2"
    assert "not served" in english[1]
    assert "tính lại 2" in findings.wrong[0].line("vi")
