"""Chains over hills, funds, sharing, years, budgets and robustness: whole proposals on small ground."""

from __future__ import annotations

import math
import re
import signal
from dataclasses import replace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.siting.costs import LINES, CostModel
from phusong.coverage.siting.evaluation.audit import audit_plan
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from phusong.coverage.siting.options import FundShare, Phase, SitingGoal, SitingOptions
from phusong.coverage.siting.propose import propose
from phusong.coverage.siting.tables import (
    FRONTIER_COLUMNS,
    FUND_COLUMNS,
    PHASE_COLUMNS,
    ROBUST_COLUMNS,
    WORDS,
    frontier_table,
    fund_table,
    phase_table,
    robust_table,
    summary,
)
from phusong.errors import InputError
from phusong.project import load_presets
from phusong.project_rules import CostsSection

OPTIONS = SitingOptions(
    operator="A", technologies=("4G",), budget=20_000.0, gap_target=0.0, reach_m=12_000.0,
    coverage_range_m=2000.0, new_positions_per_point=0, time_limit_s=20.0,
)  # fmt: skip


def cells() -> CellTable:
    text = {"cell_id": "C1", "mast_id": "M1", "operator": "A", "technology": "4G", "antenna": "3gpp-36.814"}
    number = {
        "x_m": 14_050.0, "y_m": 3050.0, "antenna_height_m": 40.0, "frequency_mhz": 1800.0,
        "bandwidth_mhz": 20.0, "azimuth_deg": 90.0, "mechanical_tilt_deg": 0.0, "electrical_tilt_deg": 2.0,
        "tx_power_dbm": 46.0, "feeder_loss_db": 0.5,
    }  # fmt: skip
    never = np.array(["NaT"], "datetime64[D]")
    return CellTable(
        **{k: np.array([v]) for k, v in text.items()},
        **{k: np.array([v]) for k, v in number.items()},
        on_air=never,
        off_air=never,
    )


def arguments(hill_m: float = 100.0, options: SitingOptions = OPTIONS, **prices: float) -> dict:
    """Three hamlets, each with a substation beside it; a foreign mast on a hill; the network beyond."""
    height = np.zeros((60, 160), np.float32)
    height[:, 80] = hill_m
    section = CostsSection(**{**load_presets()["costs"]["rural-2024"], "preset": "rural-2024"})
    costs = replace(CostModel(**section.model_dump()), maximum_fibre_km=1.0)
    return {
        "terrain": TerrainModel(
            height, np.full(height.shape, 4, np.uint8), None, 0.0, 6000.0, 100.0, 21.0, 20.9
        ),
        "cells": cells(),
        "points": PointTable(
            np.array(["v:H1", "v:H2", "v:H3"]), np.arange(3), np.array(["centre"] * 3),
            np.array([300.0, 200.0, 100.0]), np.full(3, 2050.0), np.array([3050.0, 650.0, 5350.0]),
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
            np.full(3, 25.0), np.full(3, 2150.0), np.array([3050.0, 650.0, 5350.0]),
        ),
        "fibre_nodes": FibreNodeTable(np.zeros(0, "U2"), np.zeros(0), np.zeros(0)),
        "costs": replace(costs, **prices),
        "rules": {"4G": TechnologyRule("4G", -90.0, 8.0, 0.9)},
        "settings": PropagationSettings(),
        "options": options,
    }  # fmt: skip


def confirm(given: dict, proposal, goal=None) -> None:
    """The independent evaluator finds nothing that differs from what the proposal says."""
    assert audit_plan(proposal, **given, goal=goal).discrepancies == ()


def by_host(proposal) -> dict:
    return {s.host_id: s for s in proposal.stations}


@pytest.fixture(scope="module")
def chained():
    given = arguments(satellite=20_000.0)
    return given, propose(**given)


def test_a_station_behind_the_hill_hangs_on_one_upon_it(chained):
    given, proposal = chained
    stations = by_host(proposal)
    assert set(stations) == {"P1", "P2", "P3", "M2"}
    above = stations["M2"]
    assert (above.hops, above.hangs_on, above.backhaul.target_id) == (1, "", "M1")
    assert above.people_newly_served == 0
    for name in ("P1", "P2", "P3"):
        station = stations[name]
        assert (station.hops, station.hangs_on, station.backhaul.target_id) == (
            2, above.station_id, above.station_id,
        )  # fmt: skip
        assert station.backhaul.kind == "microwave"
        assert station.backhaul.clearance_m > 0
        assert 0 < station.backhaul.tightest_km < station.backhaul.length_km
    confirm(given, proposal)


def test_people_behind_a_relay_are_lost_with_it(chained):
    _, proposal = chained
    stations = by_host(proposal)
    assert stations["M2"].people_only_by_it == 0
    assert stations["M2"].people_lost_without == 600
    assert stations["P1"].people_lost_without == 300


def test_without_the_hill_each_hops_by_itself_and_with_one_hop_only_none_can(chained):
    given = arguments(hill_m=0.0, satellite=20_000.0)
    direct = propose(**given)
    assert set(by_host(direct)) == {"P1", "P2", "P3"}
    assert {s.hops for s in direct.stations} == {1}
    confirm(given, direct)
    one_hop = propose(**arguments(satellite=20_000.0), goal=SitingGoal(maximum_hops=1))
    assert one_hop.stations == ()
    assert {v.reason for v in one_hop.unserved_villages} == {"budget"}


def test_a_satellite_is_taken_where_a_relay_costs_more():
    given = arguments()
    alone = propose(**{**given, "unserved": {"4G": np.array([False, False, True])}})
    assert {s.backhaul.kind for s in alone.stations} == {"satellite"}
    assert {s.host_id for s in alone.stations} == {"P3"}


def test_what_sharing_saves_is_a_tower_less_the_rent(chained):
    given, proposal = chained
    costs, station = given["costs"], by_host(proposal)["P1"]
    factor = sum(1.05**-year for year in range(1, 11))
    upkeep = 1 + 0.1 * factor
    tower = (costs.new_tower + costs.civil_works) * upkeep + costs.land_per_year * factor
    pole = costs.pole_adaptation * upkeep + costs.pole_rent_per_year * factor
    assert station.sharing_saves == pytest.approx(tower - pole)


def test_the_replacement_is_the_best_of_what_is_left():
    options = replace(OPTIONS, new_positions_per_point=2, new_mast_heights_m=(30.0,))
    given = arguments(options=options)
    proposal = propose(**given)
    station = by_host(proposal)["P1"]
    assert station.replacement is not None
    assert station.replacement.candidate_id.startswith("new:")
    assert station.replacement.people == 300
    assert station.replacement.cost > station.total_cost


def test_each_line_is_paid_by_a_fund_that_may(chained):
    given, free = chained
    civil = tuple(line for line in LINES if line in ("civils", "power", "tower", "access"))
    rest = tuple(line for line in LINES if line not in civil)
    paid = math.fsum(line.present_value for s in free.stations for line in s.cost_lines if line.name in civil)
    goal = SitingGoal(funds=(FundShare("public", paid + 1.0, civil), FundShare("operator", 1e6, rest)))
    rich = propose(**given, goal=goal)
    assert rich.value == free.value
    assert [fund.spent for fund in rich.funds] == [
        pytest.approx(paid), pytest.approx(free.total_cost - paid),
    ]  # fmt: skip
    poor = propose(**given, goal=replace(goal, funds=(FundShare("public", paid - 1.0, civil), goal.funds[1])))
    assert poor.value < free.value
    assert poor.funds[0].spent <= paid - 1.0 + 1e-6
    assert list(fund_table(poor).columns) == [column.name for column in FUND_COLUMNS]


def test_the_least_cost_for_a_share_of_the_hamlets():
    given = arguments()
    two = propose(**given, goal=SitingGoal(objective="least_cost", target_share=0.5))
    everybody = propose(**given, goal=SitingGoal(objective="least_cost"))
    assert len(two.served_villages) == 2
    assert len(everybody.served_villages) == 3
    assert two.total_cost < everybody.total_cost
    assert two.bound == pytest.approx(two.total_cost)
    assert two.status == "optimal"
    confirm(given, everybody, SitingGoal(objective="least_cost"))


def test_communes_and_hamlets_that_must_be_served():
    given = arguments()
    cheap = replace(given["options"], budget=1600.0)
    free = propose(**{**given, "options": cheap})
    assert free.served_villages == ("H1",)
    commune = propose(**{**given, "options": cheap}, goal=SitingGoal(commune_minimum={"Y": 1}))
    assert commune.served_villages == ("H2",)
    hamlet = propose(**{**given, "options": cheap}, goal=SitingGoal(mandatory_hamlets=("H3",)))
    assert hamlet.served_villages == ("H3",)
    without = propose(**{**given, "options": cheap}, goal=SitingGoal(forbidden_hamlets=("H1",)))
    assert without.served_villages == ("H2",)


def test_what_cannot_be_kept_is_blamed_by_its_name():
    given = arguments()
    cheap = {**given, "options": replace(given["options"], budget=1600.0)}
    with pytest.raises(InputError) as caught:
        propose(**cheap, goal=SitingGoal(objective="least_cost", target_share=1.0))
    columns = {problem.column for problem in caught.value.problems}
    assert columns <= {"siting.budget", "siting.target_share"}
    assert "siting.budget" in columns
    with pytest.raises(InputError) as caught:
        propose(**given, goal=SitingGoal(mandatory_hamlets=("H1",), maximum_stations=0))
    assert {p.column for p in caught.value.problems} & {"siting.maximum_stations", "siting.mandatory_hamlets"}


def test_sharing_is_kept():
    options = replace(OPTIONS, new_positions_per_point=2, new_mast_heights_m=(30.0,))
    given = arguments(options=options, pole_rent_per_year=1000.0)
    towers = propose(**given)
    assert towers.sharing_ratio < 0.5
    shared = propose(**given, goal=SitingGoal(minimum_sharing=0.5))
    assert shared.sharing_ratio >= 0.5
    assert shared.total_cost > towers.total_cost
    assert shared.value <= towers.value


def test_years_build_on_each_other_and_the_loss_is_told():
    given = arguments()
    phases = (Phase(2026, 1600.0), Phase(2027, 1600.0), Phase(2028, 1600.0))
    given["options"] = replace(given["options"], budget=4800.0)
    goal = SitingGoal(phases=phases)
    told = []
    plan = propose(**given, goal=goal, watch=told.append)
    assert told
    assert [p.year for p in plan.phases] == [2026, 2027, 2028]
    assert [p.budget for p in plan.phases] == [1600.0, 3200.0, 4800.0]
    assert all(p.cost <= p.budget + 1e-6 for p in plan.phases)
    values = [p.value for p in plan.phases]
    assert values == sorted(values)
    assert all(p.value <= p.best_value <= p.bound + 1e-6 for p in plan.phases)
    assert by_host(plan)["P1"].year == 2026
    assert {s.year for s in plan.stations} <= {2026, 2027, 2028}
    assert plan.value == values[-1]
    assert list(phase_table(plan).columns) == [column.name for column in PHASE_COLUMNS]
    assert plan.bound == plan.phases[-1].bound
    confirm(given, plan, goal)


def test_more_money_serves_no_fewer_along_the_frontier():
    given = arguments()
    plan = propose(**given, goal=SitingGoal(frontier=(5000.0, 0.0, 1600.0, 3200.0)))
    assert [p.budget for p in plan.frontier] == [0.0, 1600.0, 3200.0, 5000.0]
    values = [p.value for p in plan.frontier]
    assert values == sorted(values)
    assert values[0] == 0 < values[1]
    assert all(p.cost <= p.budget + 1e-6 and p.bound >= p.value for p in plan.frontier)
    assert by_host(plan)["P1"].frontier_rank == 2
    assert list(frontier_table(plan).columns) == [column.name for column in FRONTIER_COLUMNS]
    assert summary(plan)["frontier"][1]["villages"] == 1


def test_ctrl_c_returns_the_best_plan_so_far_with_its_bound():
    calls = []

    def stop(state):
        calls.append(state)
        if len(calls) == 1:
            signal.raise_signal(signal.SIGINT)

    given = arguments()
    goal = SitingGoal(frontier=(1600.0,), robustness=True)
    plan = propose(**given, goal=goal, watch=stop)
    assert calls
    assert plan.status == "interrupted"
    assert plan.bound >= plan.value
    assert (plan.frontier, plan.robustness) == ((), ())
    confirm(given, plan, goal)


def test_robust_runs_count_how_often_each_host_is_chosen():
    given = arguments()
    plan = propose(**given, goal=SitingGoal(robustness=True))
    assert [(r.probability, r.shift_db) for r in plan.robustness] == [
        (p, s) for p in (0.5, 0.75, 0.9) for s in (-6.0, 0.0, 6.0)
    ]
    usual = plan.robustness[7]
    assert usual.people == usual.people_kept == plan.people_newly_served
    for run in plan.robustness:
        assert run.people_kept <= 600
    for station in plan.stations:
        share = sum(station.site_key in run.hosts for run in plan.robustness) / 9
        assert station.chosen_share == pytest.approx(share)
    assert list(robust_table(plan).columns) == [column.name for column in ROBUST_COLUMNS]


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ({"objective": "best"}, "most_people or least_cost"),
        ({"target_share": 1.5}, "siting.target_share"),
        ({"maximum_hops": 4}, "1, 2 or 3"),
        ({"mandatory_hamlets": ("H9",)}, "H9"),
        ({"mandatory_hamlets": ("H1",), "forbidden_hamlets": ("H1",)}, "not mandatory as well"),
        ({"commune_minimum": {"Z": 1}}, "a commune of the table"),
        ({"funds": (FundShare("public", 10.0, ("tower",)),)}, "a fund that may pay for each"),
        ({"funds": (FundShare("public", -1.0),)}, "a limit >= 0"),
        ({"phases": (Phase(2027, 1.0), Phase(2026, 1.0))}, "years that rise"),
        ({"frontier": (-1.0,)}, "budgets >= 0"),
        ({"second_criteria": ("prettiest",)}, "prettiest"),
    ],
)
def test_goals_that_cannot_be_asked_for(goal, words):
    with pytest.raises(InputError, match=words):
        propose(**arguments(), goal=SitingGoal(**goal))


def test_a_mandatory_host_in_the_sea_or_off_the_map_is_named():
    given = arguments()
    zone = given["terrain"].zone.copy()
    zone[:, 75:86] = 1
    masts = replace(given["masts"], x_m=np.array([14_050.0, 8050.0]))
    options = replace(OPTIONS, mandatory_hosts=("M2",))
    with pytest.raises(InputError, match="stands in the sea"):
        propose(**{**given, "terrain": replace(given["terrain"], zone=zone), "options": options})
    far = replace(masts, x_m=np.array([14_050.0, 90_000.0]))
    with pytest.raises(InputError, match="outside it"):
        propose(**{**given, "masts": far, "options": options})


@pytest.mark.parametrize(
    ("options", "goal", "reasons"),
    [
        ({}, {"maximum_stations": 1}, {"H2": "maximum_stations", "H3": "maximum_stations"}),
        ({"budget": math.inf}, {"objective": "least_cost", "target_share": 0.3}, {"H2": "target", "H3": "target"}),
        ({}, {"forbidden_hamlets": ("H1",)}, {"H1": "not_wanted"}),
        ({"forbidden_hosts": ("P1",)}, {}, {"H1": "forbidden"}),
        ({"budget": 1600.0}, {}, {"H2": "budget", "H3": "budget"}),
        (
            {},
            {"funds": (FundShare("a", 700.0, LINES), FundShare("links", 1000.0, ("backhaul",)))},
            {"H2": "funds", "H3": "funds"},
        ),
    ],
)  # fmt: skip
def test_a_hamlet_left_out_is_told_what_stands_in_its_way(options, goal, reasons):
    given = arguments(options=replace(OPTIONS, **options))
    plan = propose(**given, goal=SitingGoal(**goal))
    assert plan.status == "optimal"
    assert {v.village_id: v.reason for v in plan.unserved_villages} == reasons
    assert all(v.reason in WORDS for v in plan.unserved_villages)


def test_what_is_forbidden_is_offered_neither_to_a_hamlet_nor_as_a_replacement():
    options = replace(OPTIONS, new_positions_per_point=1, new_mast_heights_m=(30.0,))
    station = by_host(propose(**arguments(options=options)))["P1"]
    other = station.replacement.candidate_id
    without = propose(**arguments(options=replace(options, forbidden_hosts=(other.removesuffix("/need"),))))
    assert by_host(without)["P1"].replacement is None
    poor = propose(**arguments(options=replace(options, budget=0.0, forbidden_hosts=("P1",))))
    assert poor.unserved_villages[0].needs == (other,)


def test_a_structure_is_asked_for_by_its_id_whatever_is_built_there():
    """A substation that could carry a station or a remote sector; ground that could carry two heights."""
    options = replace(OPTIONS, new_positions_per_point=1, new_mast_heights_m=(30.0, 42.0))
    given = arguments(options=options)
    given["costs"] = replace(given["costs"], maximum_fibre_km=50.0, fibre_per_km=1.0)
    ground = propose(**{**given, "options": replace(options, forbidden_hosts=("P1", "P2", "P3"))})
    new = next(s.host_id for s in ground.stations if s.kind == "new_tower")
    for name in ("P2", new):
        asked = {**given, "options": replace(options, mandatory_hosts=(name,))}
        plan = propose(**asked)
        assert name in by_host(plan)
        assert plan.status == "optimal"
        confirm(asked, plan)
    years = {**given, "options": replace(options, mandatory_hosts=(new,), budget=9000.0)}
    goal = SitingGoal(phases=(Phase(2026, 700.0), Phase(2027, 8300.0)), robustness=True)
    plan = propose(**years, goal=goal)
    assert by_host(plan)[new].year == 2027
    assert all(any(key.startswith(new) for key in run.hosts) for run in plan.robustness)
    confirm(years, plan, goal)
    with pytest.raises(InputError, match="'P1'; expected a plan without it"):
        propose(
            **{**given, "options": replace(options, mandatory_hosts=("P1",))},
            goal=SitingGoal(maximum_stations=0),
        )


@pytest.mark.parametrize("name", ["colocation:M9", "remote_sector:tree:M2", "palm:M2", "new:1:2"])
@pytest.mark.parametrize("key", ["mandatory_hosts", "forbidden_hosts"])
def test_a_candidate_that_there_is_not_is_named(key, name):
    with pytest.raises(InputError) as caught:
        propose(**arguments(options=replace(OPTIONS, **{key: (name,)})))
    assert [(p.column, p.value) for p in caught.value.problems] == [(f"siting.{key}", name)]


def test_a_commune_without_hamlets_in_need_cannot_be_asked_for_any():
    given = arguments()
    given["unserved"] = {"4G": np.array([False, True, True])}
    with pytest.raises(InputError, match="'X: 1'; expected at most 0"):
        propose(**given, goal=SitingGoal(commune_minimum={"X": 1}))
    assert propose(**given, goal=SitingGoal(commune_minimum={"X": 0})).served_villages == ("H2", "H3")


def test_what_is_said_to_do_does():
    given = arguments()
    cheap = {**given, "options": replace(given["options"], budget=1000.0)}
    goal = SitingGoal(objective="least_cost", target_share=0.6)
    with pytest.raises(InputError) as caught:
        propose(**cheap, goal=goal)
    said = {p.column: p.expected for p in caught.value.problems}
    budget = float(re.search(r"at least ([0-9.]+):", said["siting.budget"])[1])
    enough = {**given, "options": replace(given["options"], budget=budget)}
    assert len(propose(**enough, goal=goal).served_villages) == 2
    share = float(re.search(r"target_share = ([0-9.]+)", said["siting.target_share"])[1])
    assert propose(**cheap, goal=replace(goal, target_share=share)).served_villages == ()
    with pytest.raises(InputError) as caught:
        propose(**{**given, "options": replace(given["options"], budget=5.0, mandatory_hosts=("P1",))})
    assert [p.column for p in caught.value.problems] == ["siting.budget", "siting.mandatory_hosts"]
    least = float(re.search(r"at least ([0-9.]+):", caught.value.problems[0].expected)[1])
    enough = replace(given["options"], budget=least, mandatory_hosts=("P1",))
    assert "P1" in by_host(propose(**{**given, "options": enough}))


def test_studies_that_no_plan_can_keep_say_so_and_hold_no_numbers():
    given = arguments(options=replace(OPTIONS, budget=5000.0))
    everybody = SitingGoal(
        mandatory_hamlets=("H1", "H2", "H3"), frontier=(1000.0, 5000.0), robustness=True,
        robust_probabilities=(0.9,), robust_shifts_db=(-40.0, 0.0),
    )  # fmt: skip
    plan = propose(**given, goal=everybody)
    short, enough = frontier_table(plan).to_dict("records")
    assert (short["budget"], short["proof"]) == (1000.0, "infeasible")
    assert all(math.isnan(short[name]) for name in ("cost", "people", "villages", "value", "bound", "gap"))
    assert (enough["proof"], enough["villages"]) == ("optimal", 3)
    weak, usual = robust_table(plan).to_dict("records")
    assert (weak["proof"], weak["people_kept"], usual["proof"]) == ("infeasible", 0.0, "optimal")
    assert math.isnan(weak["people"]) and math.isnan(weak["gap"]) and usual["people"] == 600.0
