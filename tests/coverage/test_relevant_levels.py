"""Rows that are left out change nothing: verdicts, counts of masts and best cells are those of all rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.dependence import dependence
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.heard import Heard
from phusong.coverage.level_parts import LevelPart, PartedLevels
from phusong.coverage.mast_counts import masts_at
from phusong.coverage.point_service import point_service
from phusong.coverage.relevant_levels import (
    best_levels,
    needed_dbm,
    relevant_levels,
    relevant_rows,
    taken_rows,
)
from phusong.coverage.service_kernels import strongest_of_groups, typed_rows
from phusong.coverage.walls import (
    HeardIndoors,
    behind_walls,
    entry_of_cells,
    indoor_verdicts,
    levels_indoors,
)

DAY = np.datetime64("2025-06-30")
RULES = {
    "2G": TechnologyRule("2G", -95.0, 8.0, 0.9),
    "4G": TechnologyRule("4G", -110.0, 7.0, 0.75),
}
RULE = GapRule(RULES, 0.95, ("2G",), ("4G",))


def network(seed: int, cells: int = 24, points: int = 12) -> tuple[CellTable, PointTable, PointLevels]:
    rng = np.random.default_rng(seed)
    nothing = np.zeros(cells)
    technology = rng.choice(["2G", "4G", "5G"], cells)  # 5G has no rule
    dates = np.array(["NaT", "2024-01-01", "2026-01-01"], dtype="datetime64[D]")
    table = CellTable(
        cell_id=np.array([f"c{i:02d}" for i in range(cells)]),
        mast_id=np.array([f"m{i}" for i in rng.integers(0, cells // 4, cells)]),
        operator=rng.choice(["A", "B"], cells), technology=technology,
        antenna=np.full(cells, "omni"), x_m=nothing, y_m=nothing, antenna_height_m=nothing + 30.0,
        frequency_mhz=np.where(technology == "2G", rng.choice([900.0, 1800.0], cells), 1800.0),
        bandwidth_mhz=nothing + 10.0, azimuth_deg=nothing, mechanical_tilt_deg=nothing,
        electrical_tilt_deg=nothing, tx_power_dbm=nothing + 43.0, feeder_loss_db=nothing,
        on_air=rng.choice(dates, cells), off_air=np.full(cells, "NaT", "datetime64[D]"),
    )  # fmt: skip
    villages = np.arange(points) // 2
    where = PointTable(
        point_id=np.array([f"p{i}" for i in range(points)]), village=villages,
        kind=np.where(np.arange(points) % 2 == 0, "centre", "cluster"),
        people=rng.integers(0, 50, points).astype(float), x_m=np.zeros(points), y_m=np.zeros(points),
    )  # fmt: skip
    point, cell = np.divmod(np.flatnonzero(rng.random(points * cells) < 0.7), cells)
    # steps of half a decibel around the thresholds: ties, and levels just on the edge
    level = np.round(rng.uniform(-240.0, -150.0, len(point))) / 2.0
    level[rng.random(len(point)) < 0.05] = np.nan
    levels = PointLevels(
        point.astype(np.int32), cell.astype(np.int32), level.astype(np.float32),
        np.full(len(point), 120.0, np.float32),
    )  # fmt: skip
    return table, where, levels


def same(one: object, other: object) -> None:
    for name in vars(one):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_is_said_of_the_day_is_the_same_without_the_rows_that_do_not_matter(seed: int) -> None:
    cells, points, levels = network(seed)
    use = cells.active(DAY)
    rows = relevant_rows(len(points), levels, cells, RULES, use)
    few = taken_rows(levels, np.flatnonzero(rows))
    for operator in (None, "A"):
        arguments = points, 6, cells, RULE, DAY
        whole, cut = (verdicts(p, n, table, *rest, operator=operator)
                      for table in (levels, few) for p, n, *rest in [arguments])  # fmt: skip
        same(cut, whole)
        inside = [
            indoor_verdicts(points, 6, levels_indoors(t, None, cells, RULES, "traditional"), cells, RULE, DAY,
                            operator=operator)
            for t in (levels, few)
        ]  # fmt: skip
        same(inside[1], inside[0])
    names = [f"v{i}" for i in range(6)]
    for one, other in zip(*(vars(dependence(points, t, cells, RULES, DAY, names)).values()
                            for t in (levels, few)), strict=True):  # fmt: skip
        assert one.equals(other)


@pytest.mark.parametrize("seed", range(4))
def test_best_servers_and_masts_are_those_of_the_obvious_loops(seed: int) -> None:
    cells, points, levels = network(seed)
    use = cells.active(DAY)
    service = point_service(len(points), levels, cells, RULES, use)
    count, only = masts_at(np.arange(len(points)), levels, cells, use, RULES, np.array([True, True]))
    needed = needed_dbm(cells, RULES, use)
    rows = list(zip(levels.point.tolist(), levels.cell.tolist(), levels.level_dbm.tolist(), strict=True))
    for p in range(len(points)):
        heard = [(c, v) for q, c, v in rows if q == p and use[c] and v == v and cells.technology[c] in RULES]
        for o, operator in enumerate(service.operators):
            for t, technology in enumerate(service.technologies):
                own = [(-v, c) for c, v in heard
                       if cells.operator[c] == operator and cells.technology[c] == technology]  # fmt: skip
                assert service.cell[p, o, t] == (min(own)[1] if own else -1)
        strong = {(cells.technology[c], cells.mast_id[c]) for c, v in heard if v >= needed[c]}
        assert count[p].tolist() == [
            *(len({m for name, m in strong if name == t}) for t in RULES), len({m for _, m in strong})
        ]  # fmt: skip
        if count[p, -1] == 1:
            assert cells.masts[0][only[p]] == next(iter(strong))[1]


def test_the_strongest_cells_of_each_group_come_first() -> None:
    cells, points, levels = network(7)
    group = np.where(cells.technology == "2G", 0, np.where(cells.technology == "4G", 1, -1)).astype(np.int32)
    needed = np.full(len(cells), -105.0)
    found = np.full((len(points), 2, 3), -1, np.int64)
    strongest_of_groups(*typed_rows(levels), group, needed, found)
    for p in range(len(points)):
        for g in range(2):
            own = [row for row in np.flatnonzero(levels.point == p).tolist()
                   if group[levels.cell[row]] == g and levels.level_dbm[row] >= -105.0]  # fmt: skip
            own.sort(key=lambda row: (-levels.level_dbm[row], levels.cell[row]))
            assert [row for row in found[p, g].tolist() if row >= 0] == own[:3]


def test_a_low_probability_asks_for_less_behind_a_wall_and_nothing_is_lost() -> None:
    cells, points, levels = network(3)
    rules = {"2G": TechnologyRule("2G", -95.0, 25.0, 0.02), "4G": RULES["4G"]}
    entry = entry_of_cells(cells, rules, "traditional")
    use = cells.active(DAY)
    rows = relevant_rows(len(points), levels, cells, rules, use, spare_db=max(0.0, -float(entry.min())))
    counts = [
        masts_at(np.arange(len(points)), behind_walls(t, entry), cells, use, rules, np.array([True, True]))[0]
        for t in (levels, taken_rows(levels, np.flatnonzero(rows)))
    ]
    np.testing.assert_array_equal(*counts)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_was_found_once_for_all_operators_is_what_is_found_for_each(seed: int) -> None:
    cells, points, levels = network(seed)
    use = cells.active(DAY)
    outdoors = Heard(len(points), levels, cells, RULE, use)
    indoors = levels_indoors(levels, None, cells, RULES, "traditional")
    heard = HeardIndoors(
        *(Heard(len(points), t, cells, RULE, use) for t in (indoors.judged, indoors.probable))
    )
    for operator in (None, "A", "B", "nobody"):
        said = verdicts(points, 6, levels, cells, RULE, DAY, operator=operator, heard=outdoors)
        same(said, verdicts(points, 6, levels, cells, RULE, DAY, operator=operator))
        own = use if operator is None else use & (cells.operator == operator)
        count, _ = masts_at(np.arange(len(points)), levels, cells, own, RULES, np.array([True, False]))
        by_technology, voice = outdoors.masts_of(operator, np.arange(len(points)))
        np.testing.assert_array_equal(np.column_stack([by_technology, voice]), count)
        said = indoor_verdicts(points, 6, indoors, cells, RULE, DAY, operator=operator, heard=heard)
        same(said, indoor_verdicts(points, 6, indoors, cells, RULE, DAY, operator=operator))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_best_of_each_kind_tell_the_probabilities_indoors(seed: int) -> None:
    cells, points, levels = network(seed)
    use = cells.active(DAY)
    best = best_levels(len(points), levels, cells, RULES, use)
    kinds = [(int(p), cells.operator[c], cells.technology[c], cells.frequency_mhz[c])
             for p, c in zip(best.point, best.cell, strict=True)]  # fmt: skip
    assert len(set(kinds)) == len(kinds)
    tables = [levels_indoors(levels, None, cells, RULES, "traditional", best=t) for t in (None, best)]
    said = [indoor_verdicts(points, 6, t, cells, RULE, DAY) for t in tables]
    for name in ("verdict", "confidence", "p", "p_voice", "p_broadband", "p_covered"):
        np.testing.assert_allclose(getattr(said[1], name), getattr(said[0], name), rtol=0.0, atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_table_in_parts_has_the_same_rows_that_matter(seed: int) -> None:
    cells, points, levels = network(seed)
    use = cells.active(DAY)
    part_of = np.random.default_rng(seed).integers(0, 2, len(cells.masts[0]))[cells.masts[1]]
    parts = []
    for number in range(2):
        own = np.flatnonzero(part_of == number)
        place = np.zeros(len(cells), np.int32)
        place[own] = np.arange(len(own))
        rows = taken_rows(levels, np.flatnonzero(part_of[levels.cell] == number))
        its = PointLevels(rows.point, place[rows.cell], rows.level_dbm, rows.loss_db)
        parts.append(LevelPart(its, own.astype(np.int32)))
    found = relevant_levels(len(points), PartedLevels(parts), cells, RULES, use)
    rows = np.flatnonzero(relevant_rows(len(points), levels, cells, RULES, use))
    same(found, taken_rows(levels, rows))
    same(relevant_levels(len(points), levels, cells, RULES, use), found)
