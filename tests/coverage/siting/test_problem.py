"""From data to the building problem: coverage, bills, links, configurations and what is asked."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.network import point_levels
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.siting.candidates import technology_sets
from phusong.coverage.siting.costs import LINES, CostModel
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable, PoleTable, VillageTable
from phusong.coverage.siting.options import FundShare, SitingGoal, SitingOptions
from phusong.coverage.siting.problem import problem_of, siting_problem
from phusong.coverage.siting.radio import station_cells
from phusong.coverage.siting.request import building_request
from phusong.errors import InputError
from phusong.project import load_presets
from phusong.project_rules import CostsSection

STEP, SIZE = 100.0, 160
RULES = {t: TechnologyRule(t, level, 8.0, 0.9) for t, level in (("4G", -105.0), ("5G", -110.0))}
OPTIONS = SitingOptions(operator="A", technologies=("4G", "5G"), budget=6000.0, gap_target=0.0)


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


def prices() -> CostModel:
    section = CostsSection(**{**load_presets()["costs"]["rural-2024"], "preset": "rural-2024"})
    return CostModel(**section.model_dump())


def arguments() -> dict:
    i, j = np.mgrid[0:SIZE, 0:SIZE]
    ridges = sum(320.0 * np.exp(-((j - c) ** 2) / 90.0) for c in (20, 75, 130))
    height = (ridges * (1 + 0.15 * np.sin(i / 9.0)) + 20.0).astype(np.float32)
    zone = np.full(height.shape, 4, np.uint8)
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
    return {
        "terrain": TerrainModel(height, zone, None, 0.0, SIZE * STEP, STEP, 21.0, 20.9),
        "cells": cells,
        "points": points,
        "unserved": {
            "4G": np.array([True, True, False, True, False]),
            "5G": np.array([True, True, True, False, False]),
        },
        "villages": VillageTable(
            np.array(["H1", "H2", "H3"]), np.array([True, True, False]), np.array(["X", "Y", "X"])
        ),
        "masts": masts,
        "poles": PoleTable(
            np.array(["P1"]), np.array(["EVN"]), np.array(["power_pole"]), np.array([14.0]),
            np.array([10_250.0]), np.array([8800.0]),
        ),
        "fibre_nodes": FibreNodeTable(np.array(["F1"]), np.array([10_700.0]), np.array([9500.0])),
        "costs": prices(),
        "rules": RULES,
        "settings": PropagationSettings(),
        "options": OPTIONS,
    }  # fmt: skip


@pytest.fixture(scope="module")
def given():
    return arguments()


@pytest.fixture(scope="module")
def siting(given):
    return siting_problem(**given)


def test_every_option_covers_what_the_engine_says(given, siting):
    """Levels by `point_levels` for each option by itself, over all points, without cache or merged cells."""
    radio, points = siting.stock.radio, given["points"]
    cover = siting.building.cover.toarray()
    for j, candidate in enumerate(siting.candidates):
        cells = station_cells([candidate], radio, "A").cells
        found = point_levels(
            given["terrain"], cells, points, given["settings"], OPTIONS.coverage_range_m, floor_dbm=-150.0
        )
        served = np.any(list(given["unserved"].values()), axis=0)
        for technology, lacking in given["unserved"].items():
            rule, best = RULES[technology], np.full(len(points), -np.inf)
            mine = cells.technology[found.cell] == technology
            np.maximum.at(best, found.point[mine], found.level_dbm[mine])
            served &= ~lacking | (norm.cdf((best - rule.threshold_dbm) / rule.sigma_db) >= rule.probability)
        assert np.array_equal(cover[:, j] > 0, served), candidate.candidate_id


def test_points_lack_sets_of_technologies_and_stations_bring_such_sets(given, siting):
    assert technology_sets(given["unserved"], ("4G", "5G")) == (("4G", "5G"), ("4G",), ("5G",))
    assert {c.technologies for c in siting.candidates} == {("4G", "5G"), ("4G",), ("5G",)}
    assert {c.technologies for c in siting.candidates if c.host_id == "M1"} <= {("5G",)}


def test_lines_of_the_bill_stand_in_their_columns(given, siting):
    for j, lines in enumerate(siting.lines):
        assert [line.name for line in lines] == list(LINES)
        assert siting.building.line_cost[j].tolist() == [line.present_value for line in lines]
    assert siting.building.line_cost[:, siting.building.backhaul_line].tolist() == [0.0] * len(siting.lines)
    assert LINES[siting.building.backhaul_line] == "backhaul"


def test_what_is_left_out_is_needless_and_what_is_kept_is_not(siting):
    """Against the plain definition, for every candidate that was generated."""
    stock, kept = siting.stock, {c.candidate_id for c in siting.candidates}
    cover = stock.levels.cover(arguments()["unserved"], RULES).toarray() > 0
    cost = np.array([[line.present_value for line in lines] for lines in stock.lines])
    left_out = 0
    for j, candidate in enumerate(stock.candidates):
        rivals = [
            i
            for i in range(len(stock.candidates))
            if stock.host[i] == stock.host[j]
            and (cover[:, i] >= cover[:, j]).all()
            and (cost[i] <= cost[j]).all()
        ]
        better = [i for i in rivals if (cover[:, i] > cover[:, j]).any() or (cost[i] < cost[j]).any()]
        if candidate.candidate_id in kept:
            assert not better
        else:
            left_out += 1
            same = {stock.candidates[i].candidate_id for i in rivals} & kept
            assert (
                same
                or not cover[:, j].any()
                or np.isinf(stock.connections.links.satellite_cost[stock.host[j]])
            )
    assert left_out > 10
    assert len(kept) > 5


def test_hosts_links_and_communes_fit_the_options(siting):
    building = siting.building
    assert len(siting.hosts) == building.links.fibre_cost.shape[0] == building.host.max() + 1
    for j, candidate in enumerate(siting.candidates):
        assert siting.hosts.key[building.host[j]] == candidate.site_key
        assert siting.hosts.place[building.host[j]] == (candidate.host, candidate.host_id)
        assert building.shared[j] == (candidate.owner != "A")
        assert building.tower[j] == (candidate.kind == "new_tower")
    assert building.commune.tolist() == [0, 1, 0]
    assert building.groups.bonus.tolist() == [300.0, 240.0, 80.0]
    assert building.weight.tolist() == [300.0, 150.0, 90.0, 80.0, 0.0]


def test_weights_raise_points_and_hamlets_alike(given):
    weighted = siting_problem(**given, weight=given["points"].people * np.array([2.0, 1, 1, 1, 1]))
    assert weighted.building.weight[0] == 600.0
    assert weighted.building.groups.bonus.tolist() == [600.0, 240.0, 80.0]


def test_more_level_keeps_more_configurations_in_the_problem(given, siting):
    cover = siting.stock.levels.cover(given["unserved"], RULES, shift_db=6.0)
    louder = problem_of(siting.stock, cover)
    assert louder.building.cover.nnz > siting.building.cover.nnz
    same = problem_of(siting.stock, siting.stock.levels.cover(given["unserved"], RULES))
    assert [c.candidate_id for c in same.candidates] == [c.candidate_id for c in siting.candidates]


def test_a_mast_offers_what_its_owner_says_is_free(given):
    masts = replace(
        given["masts"],
        free_height_m=np.array([math.nan, 30.0, math.nan]),
        free_antennas=np.array([math.nan, 4.0, 0.0]),
    )
    stock = siting_problem(**{**given, "masts": masts}).stock
    on = {m: [c for c in stock.candidates if c.host == "mast" and c.host_id == m] for m in ("M1", "M2", "M3")}
    assert {c.antenna_height_m for c in on["M2"]} == {30.0, 15.0}
    assert max(c.antennas for c in on["M2"]) <= 4 < 6
    assert on["M3"] == []
    assert on["M1"]


def request_(siting, given, goal=None, **options):
    return building_request(siting, given["villages"], replace(OPTIONS, **options), goal or SitingGoal())


def test_names_become_numbers(given, siting):
    goal = SitingGoal(
        objective="least_cost", target_share=0.6, mandatory_hamlets=("H3",), forbidden_hamlets=("H1",),
        commune_minimum={"Y": 1}, minimum_sharing=0.25, maximum_hops=2,
        funds=(FundShare("public", 1000.0, ("tower", "civils", "power", "access")), FundShare("own", math.inf)),
    )  # fmt: skip
    asked = request_(siting, given, goal, forbidden_hosts=("M2",))
    assert asked.objective == "least_cost"
    assert asked.minimum_hamlets == 2
    assert (asked.mandatory_hamlets, asked.forbidden_hamlets) == ((2,), (0,))
    assert asked.commune_minimum == {1: 1}
    assert [siting.hosts.place[h][1] for h in asked.forbidden_hosts] == ["M2"] * len(asked.forbidden_hosts)
    assert asked.forbidden_hosts
    assert asked.funds[0].lines.tolist() == [name in ("tower", "civils", "power", "access") for name in LINES]
    assert (asked.minimum_sharing, asked.maximum_hops) == (0.25, 2)


def test_hamlets_that_are_served_already_ask_for_nothing(given):
    served = {t: mask & (np.arange(5) != 3) for t, mask in given["unserved"].items()}
    fewer = siting_problem(**{**given, "unserved": served})
    asked = building_request(fewer, given["villages"], OPTIONS, SitingGoal(mandatory_hamlets=("H3", "H1")))
    assert asked.mandatory_hamlets == (0,)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mandatory_hosts": ("M7",)}, "a host that can carry a new station"),
        ({"mandatory_hosts": ("colocation:M2",), "forbidden_hosts": ("M2",)}, "not forbidden as well"),
    ],
)
def test_hosts_that_cannot_be_asked_for(given, siting, options, words):
    with pytest.raises(InputError, match=words):
        request_(siting, given, **options)
