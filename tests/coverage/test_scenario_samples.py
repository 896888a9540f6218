"""Samples in other networks: which hold, and that the fast rule agrees with the verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.keeping import stations_by_mast
from phusong.coverage.measured import MeasuredGroups, MeasurementRule, measured_groups
from phusong.coverage.scenario_difference import difference, place_difference
from phusong.coverage.scenario_samples import SampledService, sampled_service
from phusong.coverage.service_model import service_model

DAY = np.datetime64("2025-12-31")
NAMES = {"2G": -95.0, "3G": -100.0, "5G": -110.0}
RULES = {name: TechnologyRule(name, level, 8.0, 0.9) for name, level in NAMES.items()}
RULE = GapRule(RULES, 0.95, ("2G", "3G"), ("3G", "5G"))
OPERATORS = ("VNPT", "Viettel")
NEVER = np.datetime64("NaT", "D")
STRONG, WEAK = -60.0, -130.0


def make_cells(rows: list[tuple[str, str, str]], planned: tuple[int, ...] = ()) -> CellTable:
    """Cells (mast, operator, technology), 1 km apart on a line; `planned` ones are not on air on the day."""
    n = len(rows)
    zero, on_air = np.zeros(n), np.full(n, NEVER)
    on_air[list(planned)] = np.datetime64("2030-01-01")
    return CellTable(
        cell_id=np.array([f"c{i}" for i in range(n)]), mast_id=np.array([r[0] for r in rows]),
        operator=np.array([r[1] for r in rows]), technology=np.array([r[2] for r in rows]),
        antenna=np.full(n, "omni"), x_m=1000.0 * np.arange(n), y_m=zero, antenna_height_m=zero,
        frequency_mhz=zero + 900.0, bandwidth_mhz=zero + 5.0, azimuth_deg=zero, mechanical_tilt_deg=zero,
        electrical_tilt_deg=zero, tx_power_dbm=zero + 43.0, feeder_loss_db=zero, on_air=on_air,
        off_air=np.full(n, NEVER),
    )  # fmt: skip


def make_points(n: int, n_places: int = 0) -> PointTable:
    total = n + n_places
    return PointTable(
        np.array([f"v:{i}" for i in range(n)] + [f"p:{i}" for i in range(n_places)]),
        np.array([*range(n), *[-1] * n_places]), np.array(["centre"] * n + ["place"] * n_places),
        np.array([10.0] * n + [0.0] * n_places), 1000.0 * np.arange(total), np.zeros(total),
    )  # fmt: skip


def make_levels(level: dict[tuple[int, int], float]) -> PointLevels:
    keys = sorted(level)
    return PointLevels(
        np.array([k[0] for k in keys], np.int32), np.array([k[1] for k in keys], np.int32),
        np.array([level[k] for k in keys], np.float32), np.zeros(len(keys), np.float32),
    )  # fmt: skip


def make_samples(rows: list[tuple[str, str, str, float, float]], count: int = 10) -> pd.DataFrame:
    """`count` samples of each (operator, technology, serving cell, x, level)."""
    return pd.DataFrame(
        [
            {"time": pd.Timestamp("2025-10-01"), "operator": o, "technology": t, "cell_id": c, "x_m": x, "y_m": 0.0,
             "level_dbm": level}
            for o, t, c, x, level in rows
            for _ in range(count)
        ]
    )  # fmt: skip


def sampled(
    measurements: pd.DataFrame, points: PointTable, levels: PointLevels, cells: CellTable
) -> SampledService:
    rule = MeasurementRule()
    groups = measured_groups(measurements, points, RULES, rule, DAY)
    return sampled_service(groups, measurements, points, levels, cells, RULES, rule, DAY)


def voice_with(
    samples: SampledService, points: PointTable, levels: PointLevels, cells: CellTable, on: list[int]
) -> list[bool]:
    """Voice by hamlet with these cells on air, by the verdicts with the groups that hold."""
    on_air = np.isin(np.arange(len(cells)), on)
    keep = on_air[levels.cell]
    heard = PointLevels(levels.point[keep], levels.cell[keep], levels.level_dbm[keep], levels.loss_db[keep])
    groups = samples.in_network(len(points), levels, cells, RULES, on_air)
    n = int((points.kind == "centre").sum())
    return verdicts(
        points, n, heard, cells, RULE, np.datetime64("2031-01-01"), measured=groups
    ).voice.tolist()


def test_service_measured_goes_with_its_own_cell() -> None:
    """The model hears c0 and c1; the samples name c1. Without c0 nothing changes, without c1 the model decides."""
    cells = make_cells([("A", "Viettel", "2G"), ("B", "Viettel", "2G")])
    points, levels = make_points(1), make_levels({(0, 0): WEAK + 20, (0, 1): WEAK})
    samples = sampled(make_samples([("Viettel", "2G", "c1", 0.0, -80.0)]), points, levels, cells)
    assert samples.cell.tolist() == [1]
    assert voice_with(samples, points, levels, cells, [0, 1]) == [True]
    assert voice_with(samples, points, levels, cells, [1]) == [True]
    assert voice_with(samples, points, levels, cells, [0]) == [False]
    assert samples.holds(np.array([True, False])).tolist() == [False]


def test_without_a_named_cell_the_best_of_the_model_stands_for_it() -> None:
    cells = make_cells([("A", "Viettel", "2G"), ("B", "Viettel", "2G"), ("C", "Viettel", "3G")])
    points, levels = make_points(1), make_levels({(0, 0): -100.0, (0, 1): -98.0, (0, 2): STRONG})
    samples = sampled(make_samples([("Viettel", "2G", "gone", 0.0, -80.0)]), points, levels, cells)
    assert samples.cell.tolist() == [1], "not c2: it is of another technology"


def test_where_the_model_hears_none_the_nearest_stands_for_it() -> None:
    cells = make_cells([("A", "Viettel", "2G"), ("B", "VNPT", "2G"), ("C", "Viettel", "2G")])
    points = make_points(3)
    samples = sampled(make_samples([("Viettel", "2G", "", 2000.0, -80.0)]), points, make_levels({}), cells)
    assert samples.cell.tolist() == [2]


def test_samples_of_an_operator_without_cells_stay() -> None:
    cells = make_cells([("A", "Viettel", "2G")])
    points, levels = make_points(1), make_levels({})
    samples = sampled(make_samples([("VNPT", "2G", "", 0.0, -80.0)]), points, levels, cells)
    assert samples.cell.tolist() == [-1]
    assert voice_with(samples, points, levels, cells, []) == [True]
    with pytest.raises(ValueError, match="operator"):
        service_model(points, 1, levels, cells, RULE, np.ones(1, bool), np.full(1, -1), ("Viettel",), samples)


def test_no_service_measured_holds_whatever_goes_off_and_yields_to_a_new_cell() -> None:
    """The model has c0 strong, the samples say no. Off or on, c0 does not serve; c1 is new and does."""
    cells = make_cells([("A", "Viettel", "2G"), ("B", "Viettel", "2G"), ("C", "Viettel", "2G")], planned=(1,))
    points, levels = make_points(1), make_levels({(0, 0): STRONG, (0, 1): STRONG, (0, 2): STRONG})
    samples = sampled(make_samples([("Viettel", "2G", "c0", 0.0, -120.0)]), points, levels, cells)
    assert voice_with(samples, points, levels, cells, [0, 2]) == [False]
    assert voice_with(samples, points, levels, cells, [2]) == [False], "nobody measured c2 with service"
    assert voice_with(samples, points, levels, cells, [0, 1, 2]) == [True]


@st.composite
def measured_provinces(
    draw: st.DrawFn,
) -> tuple[PointTable, int, PointLevels, CellTable, SampledService, GapRule]:
    """Hamlets, cells of two operators, some of them planned, and groups of samples with any of the cells."""
    n = draw(st.integers(1, 3))
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("ABC"), st.sampled_from(OPERATORS), st.sampled_from(list(NAMES))),
            min_size=1,
            max_size=8,
        )
    )
    planned = tuple(draw(st.sets(st.integers(0, len(rows) - 1), max_size=2)))
    cells = make_cells(rows, planned)
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, len(rows) - 1))
    heard = draw(st.dictionaries(pairs, st.sampled_from([STRONG, WEAK]), max_size=20))
    points, levels = make_points(n), make_levels(heard)
    keys = draw(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.sampled_from(OPERATORS), st.sampled_from(list(NAMES))),
            unique=True,
            max_size=5,
        )
    )
    keys.sort()
    margin = draw(st.lists(st.sampled_from([-3.0, 1.5]), min_size=len(keys), max_size=len(keys)))
    groups = MeasuredGroups(
        np.array([k[0] for k in keys], np.int64), np.array([k[1] for k in keys], "U10"),
        np.array([k[2] for k in keys], "U2"), np.full(len(keys), 10, np.int64), np.array(margin, np.float64),
        np.full(len(keys), -100.0),
    )  # fmt: skip
    samples = sampled_service(groups, None, points, levels, cells, RULES, MeasurementRule(), DAY)
    rule = GapRule(RULES, 0.95, ("2G", "3G"), ("3G", "5G"), draw(st.booleans()))
    return points, n, levels, cells, samples, rule


def served_by_verdicts(province, on: np.ndarray) -> np.ndarray:
    points, n, levels, cells, samples, rule = province
    keep = on[levels.cell]
    heard = PointLevels(levels.point[keep], levels.cell[keep], levels.level_dbm[keep], levels.loss_db[keep])
    groups = samples.in_network(len(points), levels, cells, rule.technologies, on)
    served = np.zeros((n, 3, 2), dtype=bool)
    for scope, operator in enumerate((None, *OPERATORS)):
        found = verdicts(
            points, n, heard, cells, rule, np.datetime64("2031-01-01"), operator=operator, measured=groups
        )
        served[:, scope, 0], served[:, scope, 1] = found.voice, found.broadband
    return served


@settings(max_examples=80, deadline=None)
@given(measured_provinces(), st.integers(0, 2**8 - 1))
def test_the_fast_rule_is_the_verdicts_rule_with_samples(province, bits: int) -> None:
    points, n, levels, cells, samples, rule = province
    station_of, example = stations_by_mast(cells, cells.technology == "3G")
    everything = np.ones(len(cells), dtype=bool)
    model = service_model(points, n, levels, cells, rule, everything, station_of, OPERATORS, samples)
    stays = np.array([bool(bits >> s & 1) for s in range(len(example))], dtype=bool)
    on = (station_of < 0) | np.append(stays, False)[station_of]
    assert (model.served(stays) == served_by_verdicts(province, on)).all()


@settings(max_examples=80, deadline=None)
@given(measured_provinces(), st.integers(0, 2**8 - 1), st.integers(0, 2**8 - 1))
def test_more_cells_never_serve_less(province, bits: int, more: int) -> None:
    cells = province[3]
    few = np.array([bool(bits >> c & 1) for c in range(len(cells))])
    many = few | np.array([bool(more >> c & 1) for c in range(len(cells))])
    assert not (served_by_verdicts(province, few) & ~served_by_verdicts(province, many)).any()


@settings(max_examples=40, deadline=None)
@given(measured_provinces())
def test_today_is_the_verdicts_of_today(province) -> None:
    points, n, levels, cells, samples, rule = province
    villages = pd.DataFrame({"village_id": [f"h{i}" for i in range(n)], "population": np.full(n, 10.0)})
    required = np.zeros(n, dtype=bool)
    required[0] = True
    found = difference(
        points, villages, levels, cells, cells, rule, DAY, OPERATORS, required_5g=required, samples=samples
    )
    today = verdicts(points, n, levels, cells, rule, DAY, required_5g=required, measured=samples.groups)
    classes = found.classes[found.classes["operator"] == ""]["hamlets_before"].tolist()
    assert classes == np.bincount(today.verdict, minlength=len(classes)).tolist()
    assert found.hamlets.empty


def test_places_of_duty_take_samples_while_their_cell_stays() -> None:
    cells = make_cells([("A", "Viettel", "5G"), ("B", "VNPT", "5G")])
    points = make_points(1, n_places=2)
    levels = make_levels({(1, 0): WEAK, (2, 1): STRONG})
    measurements = make_samples(
        [("Viettel", "5G", "c0", 1000.0, -80.0), ("VNPT", "5G", "c1", 2000.0, -130.0)]
    )
    samples = sampled(measurements, points, levels, cells)
    places = pd.DataFrame(
        {"place_id": ["0", "1"], "name": ["KCN", "Bệnh viện"], "kind": ["industrial_zone", "hospital"]}
    )
    off = make_cells([("A", "Viettel", "5G"), ("B", "VNPT", "5G")], planned=(0,))
    found = place_difference(points, places, ["5G", "5G"], levels, cells, off, RULE, DAY, samples)
    rows = found.set_index("place_id")[["covered_before", "covered_after", "decided_by"]]
    assert rows.loc["0"].tolist() == [True, False, "model"]
    assert rows.loc["1"].tolist() == [False, False, "measurement"]
    alone = place_difference(points, places, ["5G", "5G"], levels, cells, cells, RULE, DAY)
    assert alone.set_index("place_id")["covered_after"].to_dict() == {"0": False, "1": True}
