"""A small valley from gap to plan: the proposal, its independent evaluation, its refusals."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.siting.costs import CostModel
from phusong.coverage.siting.evaluation.audit import audit_plan
from phusong.coverage.siting.evaluation.evaluate import evaluate_plan
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from phusong.coverage.siting.options import SitingOptions
from phusong.coverage.siting.propose import propose
from phusong.coverage.siting.tables import (
    COST_COLUMNS,
    STATION_COLUMNS,
    UNSERVED_COLUMNS,
    cost_table,
    station_table,
    summary,
    unserved_table,
)
from phusong.errors import InputError
from phusong.project import load_presets
from phusong.project_rules import CostsSection

STEP, SIZE = 100.0, 160
RULES = {t: TechnologyRule(t, level, 8.0, 0.9) for t, level in (("4G", -105.0), ("5G", -110.0))}
OPTIONS = SitingOptions(operator="A", technologies=("4G",), budget=6000.0, gap_target=0.0)


def valley() -> TerrainModel:
    """Two valleys between three ridges running north."""
    i, j = np.mgrid[0:SIZE, 0:SIZE]
    ridges = sum(320.0 * np.exp(-((j - c) ** 2) / 90.0) for c in (20, 75, 130))
    height = (ridges * (1 + 0.15 * np.sin(i / 9.0)) + 20.0).astype(np.float32)
    zone = np.full(height.shape, 4, np.uint8)
    return TerrainModel(height, zone, None, 0.0, SIZE * STEP, STEP, 21.0, 20.9)


def cell_table(rows) -> CellTable:
    """Rows of mast, operator, technology, x, y, azimuth."""
    texts = {"cell_id": [f"C{i}" for i in range(len(rows))], "antenna": ["3gpp-36.814"] * len(rows)}
    texts |= {name: [r[k] for r in rows] for k, name in enumerate(("mast_id", "operator", "technology"))}
    numbers = {"x_m": [r[3] for r in rows], "y_m": [r[4] for r in rows], "azimuth_deg": [r[5] for r in rows]}
    fixed = {
        "antenna_height_m": 40.0, "frequency_mhz": 1800.0, "bandwidth_mhz": 20.0, "mechanical_tilt_deg": 0.0,
        "electrical_tilt_deg": 2.0, "tx_power_dbm": 46.0, "feeder_loss_db": 0.5,
    }  # fmt: skip
    numbers |= {name: [value] * len(rows) for name, value in fixed.items()}
    never = np.full(len(rows), "NaT", "datetime64[D]")
    return CellTable(
        **{k: np.array(v, str) for k, v in texts.items()},
        **{k: np.array(v, float) for k, v in numbers.items()},
        on_air=never,
        off_air=never,
    )


@pytest.fixture(scope="module")
def request_():
    """All arguments of `propose`: three hamlets, two of them behind ridges."""
    points = PointTable(
        point_id=np.array(["v:H1", "v:H2", "c:K2", "v:H3", "p:X"]),
        village=np.array([0, 1, 1, 2, -1]),
        kind=np.array(["centre", "centre", "cluster", "centre", "place"]),
        people=np.array([300.0, 150.0, 90.0, 80.0, 0.0]),
        x_m=np.array([4600.0, 10_200.0, 10_400.0, 14_800.0, 4700.0]),
        y_m=np.array([8000.0, 9000.0, 7600.0, 4000.0, 8100.0]),
    )
    masts = MastTable(
        mast_id=np.array(["M1", "M2", "M3"]),
        owner=np.array(["A", "B", "A"]),
        kind=np.array(["tower"] * 3),
        height_m=np.array([45.0, 50.0, 42.0]),
        power=np.array(["grid", "grid", "solar"]),
        backhaul=np.array(["fibre", "fibre", "fibre"]),
        x_m=np.array([4500.0, 10_600.0, 4550.0]),
        y_m=np.array([12_500.0, 5000.0, 5500.0]),
    )
    cells = cell_table(
        [("M1", "A", "4G", 4500.0, 12_500.0, a) for a in (0.0, 120.0, 240.0)]
        + [("M2", "B", "4G", 10_600.0, 5000.0, 0.0), ("M3", "A", "2G", 4550.0, 5500.0, 0.0)]
    )
    poles = PoleTable(
        np.array(["P1"]), np.array(["EVN"]), np.array(["power_pole"]), np.array([14.0]), np.array([10_250.0]),
        np.array([8800.0]),
    )  # fmt: skip
    section = CostsSection(**{**load_presets()["costs"]["rural-2024"], "preset": "rural-2024"})
    return {
        "terrain": valley(),
        "cells": cells,
        "points": points,
        "unserved": {"4G": np.array([True, True, True, True, False])},
        "villages": VillageTable(np.array(["H1", "H2", "H3"]), np.array([True, True, False])),
        "masts": masts,
        "poles": poles,
        "fibre_nodes": FibreNodeTable(np.array(["F1"]), np.array([10_700.0]), np.array([9500.0])),
        "costs": CostModel(**section.model_dump()),
        "rules": RULES,
        "settings": PropagationSettings(),
        "options": OPTIONS,
    }


@pytest.fixture(scope="module")
def proposal(request_):
    return propose(**request_)


def evaluate(request, proposal):
    given = {name: value for name, value in request.items() if name not in ("cells", "poles")}
    return evaluate_plan(**given, stations=proposal.stations, radio=proposal.radio)


def check(request, proposal):
    return [finding.line() for finding in audit_plan(proposal, **request).discrepancies]


def test_everybody_is_served_when_money_is_no_object(proposal):
    assert set(proposal.served_villages) == {"H1", "H2", "H3"}
    assert proposal.people_newly_served == 620
    assert proposal.value == 2 * 620
    assert proposal.status == "optimal"
    assert proposal.gap == 0
    assert proposal.total_cost <= 6000.0
    assert proposal.unserved_villages == ()


def test_the_evaluator_finds_what_the_model_claims(request_, proposal):
    evaluation = evaluate(request_, proposal)
    assert evaluation.people_newly_served == proposal.people_newly_served
    assert evaluation.served_villages == proposal.served_villages
    assert evaluation.total_cost == pytest.approx(proposal.total_cost)
    assert check(request_, proposal) == []


def test_the_evaluator_sees_through_a_lie(request_, proposal):
    first = proposal.stations[0]
    lies = {
        "People newly served": replace(proposal, people_newly_served=9999.0),
        "Cost": replace(proposal, stations=(replace(first, total_cost=1.0), *proposal.stations[1:])),
        "Budget": replace(proposal, budget=10.0),
        "more than one station": replace(proposal, stations=(first, first, *proposal.stations[1:])),
    }
    for word, lie in lies.items():
        assert any(word in line for line in check(request_, lie)), word


def test_a_station_moved_behind_the_ridge_serves_nobody(request_, proposal):
    moved = tuple(replace(s, x_m=15_900.0, y_m=15_900.0) for s in proposal.stations)
    assert evaluate(request_, replace(proposal, stations=moved)).people_newly_served < 620


def test_two_runs_give_the_same_plan(request_, proposal):
    assert replace(propose(**request_, workers=1), time_s=0.0) == replace(proposal, time_s=0.0)


def test_less_money_serves_fewer_and_says_what_the_rest_costs(request_, proposal):
    poor = {**request_, "options": replace(OPTIONS, budget=proposal.total_cost - 1.0)}
    plan = propose(**poor)
    assert plan.total_cost <= proposal.total_cost - 1.0
    assert plan.value < proposal.value
    assert plan.bound <= proposal.bound + 1e-6
    assert check(poor, plan) == []
    for village in plan.unserved_villages:
        assert village.reason == "budget"
        assert village.price > poor["options"].budget - plan.total_cost
        assert village.needs
    assert {v.village_id for v in plan.unserved_villages} | set(plan.served_villages) == {"H1", "H2", "H3"}


def test_no_budget_gives_an_empty_plan_with_a_statement(request_):
    plan = propose(**{**request_, "options": replace(OPTIONS, budget=0.0)})
    assert plan.stations == ()
    assert plan.sharing_ratio is None
    assert [r.code for r in plan.remarks] == ["budget_too_small"]
    assert all(v.price > 0 for v in plan.unserved_villages)


def test_no_gap_gives_an_empty_plan_with_a_statement(request_):
    plan = propose(**{**request_, "unserved": {"4G": np.zeros(5, bool)}})
    assert plan.stations == ()
    assert plan.status == "optimal"
    assert [r.code for r in plan.remarks] == ["nothing_to_serve"]


def test_no_host_in_reach(request_):
    options = replace(OPTIONS, reach_m=5.0, new_positions_per_point=0)
    plan = propose(**{**request_, "options": options})
    assert [r.code for r in plan.remarks] == ["no_candidate"]
    assert {v.reason for v in plan.unserved_villages} == {"no_candidate"}


def test_a_mandatory_host_is_built_and_a_forbidden_one_not(request_, proposal):
    used = {s.host_id for s in proposal.stations if s.host == "mast"}
    options = replace(OPTIONS, mandatory_hosts=("colocation:M2",))
    with_it = propose(**{**request_, "options": options})
    assert "M2" in {s.host_id for s in with_it.stations}
    without = propose(**{**request_, "options": replace(OPTIONS, forbidden_hosts=("M1", "M2", "M3", "P1"))})
    assert all(s.host == "ground" for s in without.stations)
    assert without.total_cost >= proposal.total_cost
    assert used <= {"M1", "M2", "M3"}


def test_the_mast_that_has_the_technology_is_no_candidate(request_):
    options = replace(OPTIONS, mandatory_hosts=("M1",))
    with pytest.raises(InputError, match="can carry a new station"):
        propose(**{**request_, "options": options})


def test_two_technologies_must_both_arrive(request_):
    mask = request_["unserved"]["4G"]
    both = {
        **request_,
        "unserved": {"4G": mask, "5G": mask},
        "options": replace(OPTIONS, technologies=("4G", "5G"), budget=12_000.0),
    }
    plan = propose(**both)
    assert plan.stations
    assert check(both, plan) == []
    assert "preset_radio" in {r.code for r in plan.remarks}
    assert {r.source for r in plan.radio} == {"cells of the operator", "preset"}


def test_stations_tell_who_depends_on_them(request_, proposal):
    for station in proposal.stations:
        rest = replace(proposal, stations=tuple(s for s in proposal.stations if s is not station))
        left = evaluate(request_, rest)
        assert set(station.villages_only_by_it) == set(proposal.served_villages) - set(left.served_villages)
        assert station.people_only_by_it == proposal.people_newly_served - left.people_newly_served
        assert 0 < station.people_only_by_it <= station.people_newly_served
        assert set(station.villages_only_by_it) <= set(station.villages_served)
    assert proposal.sharing_ratio == pytest.approx(
        sum(s.owner != "A" for s in proposal.stations) / len(proposal.stations)
    )


def test_tables_have_their_documented_columns(request_, proposal):
    poor = propose(**{**request_, "options": replace(OPTIONS, budget=proposal.total_cost - 1.0)})
    for table, columns in (
        (station_table(proposal), STATION_COLUMNS),
        (cost_table(proposal), COST_COLUMNS),
        (unserved_table(poor), UNSERVED_COLUMNS),
        (unserved_table(proposal), UNSERVED_COLUMNS),
    ):
        assert isinstance(table, pd.DataFrame)
        assert list(table.columns) == [c.name for c in columns]
        assert all(c.label_en and c.label_vi for c in columns)
    lines = station_table(proposal).filter(like="cost_").sum(axis=1)
    assert lines.to_numpy() == pytest.approx(station_table(proposal)["total_cost"].to_numpy())
    assert cost_table(proposal)["present_value"].sum() == pytest.approx(proposal.total_cost)
    assert summary(proposal)["stations"] == len(proposal.stations)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"budget": -5.0}, "siting.budget"),
        ({"mandatory_hosts": ("M9",)}, "M9"),
        ({"mandatory_hosts": ("M2",), "forbidden_hosts": ("M2",)}, "not mandatory as well"),
        ({"technologies": ("6G",)}, "6G"),
        ({"technologies": ()}, "at least one technology"),
        ({"share_of_people": 1.5}, "share_of_people"),
    ],
)
def test_bad_options_are_refused_in_one_line_each(request_, options, words):
    with pytest.raises(InputError) as caught:
        propose(**{**request_, "options": replace(OPTIONS, **options)})
    assert words in str(caught.value)


def test_negative_prices_and_wrong_masks_are_refused_together(request_):
    bad = {
        **request_,
        "costs": replace(request_["costs"], new_tower=-1.0, solar_power=float("nan")),
        "unserved": {"4G": np.ones(3, bool)},
        "weight": -np.ones(5),
    }
    with pytest.raises(InputError) as caught:
        propose(**bad)
    assert len(caught.value.problems) == 4


def test_every_input_field_is_an_array_of_one_length(request_):
    for name in ("masts", "poles", "points", "cells", "fibre_nodes", "villages"):
        table = request_[name]
        columns = [getattr(table, f.name) for f in fields(table)]
        assert {len(column) for column in columns if column is not None} == {len(table)}
