"""So many stations, the fewest or more, against trying every set of stations with the verdicts themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, Verdicts, verdicts
from phusong.coverage.keeping import fewest_stations, stations_by_mast
from phusong.coverage.keeping_filled import stations_filled
from phusong.coverage.keeping_within import stations_within
from phusong.coverage.service_model import ServiceModel, service_model

DAY = np.datetime64("2025-12-31")
OPERATORS = ("VNPT", "Viettel")
TECHNOLOGIES = {"2G": -95.0, "3G": -100.0}


def make_cells(rows: list[tuple[str, str, str]]) -> CellTable:
    n = len(rows)
    zero, never = np.zeros(n), np.full(n, np.datetime64("NaT", "D"))
    return CellTable(
        cell_id=np.array([f"c{i}" for i in range(n)]), mast_id=np.array([r[0] for r in rows]),
        operator=np.array([r[1] for r in rows]), technology=np.array([r[2] for r in rows]),
        antenna=np.full(n, "omni"), x_m=zero, y_m=zero, antenna_height_m=zero, frequency_mhz=zero + 900.0,
        bandwidth_mhz=zero + 5.0, azimuth_deg=zero, mechanical_tilt_deg=zero, electrical_tilt_deg=zero,
        tx_power_dbm=zero + 43.0, feeder_loss_db=zero, on_air=never, off_air=never,
    )  # fmt: skip


Province = tuple[PointTable, int, PointLevels, CellTable, GapRule]


@st.composite
def provinces(draw: st.DrawFn) -> Province:
    """Up to five hamlets, some with a cluster; up to six 3G stations of two operators, and 2G that stays."""
    n_villages = draw(st.integers(1, 5))
    extra = draw(st.lists(st.integers(0, n_villages - 1), max_size=4))
    village = np.array([*range(n_villages), *extra], dtype=np.int64)
    kind = np.array(["centre"] * n_villages + ["cluster"] * len(extra))
    n = len(village)
    people = np.array(draw(st.lists(st.sampled_from([0.0, 10.0, 35.0, 60.0]), min_size=n, max_size=n)))
    points = PointTable(
        np.array([f"p{i}" for i in range(n)]), village, kind, people, np.zeros(n), np.zeros(n)
    )
    stations = draw(
        st.lists(
            st.tuples(st.sampled_from("ABC"), st.sampled_from(OPERATORS)), min_size=1, max_size=6, unique=True
        )
    )
    cells = make_cells([*((m, o, "3G") for m, o in stations), ("Z", "Viettel", "2G")])
    heard = draw(
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, len(cells) - 1)), unique=True, max_size=30)
    )
    heard.sort()
    level = draw(st.lists(st.sampled_from([-60.0, -120.0]), min_size=len(heard), max_size=len(heard)))
    levels = PointLevels(
        np.array([h[0] for h in heard], np.int32), np.array([h[1] for h in heard], np.int32),
        np.array(level, np.float32), np.zeros(len(heard), np.float32),
    )  # fmt: skip
    rules = {name: TechnologyRule(name, limit, 8.0, 0.9) for name, limit in TECHNOLOGIES.items()}
    rule = GapRule(rules, draw(st.sampled_from([0.5, 0.95])), ("2G", "3G"), ("3G",), draw(st.booleans()))
    return points, n_villages, levels, cells, rule


def verdicts_with(province: Province, on: np.ndarray) -> Verdicts:
    """What is found with these cells on air."""
    points, n, levels, cells, rule = province
    keep = on[levels.cell]
    heard = PointLevels(levels.point[keep], levels.cell[keep], levels.level_dbm[keep], levels.loss_db[keep])
    return verdicts(points, n, heard, cells, rule, DAY)


def lost_with(province: Province, on: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Hamlets that lose voice or broadband over all operators, by the verdicts, with these cells on air."""
    found = verdicts_with(province, on)
    return (wanted & ~np.stack([found.voice, found.broadband], axis=1)).any(axis=1)


def has_3g(province: Province, on: np.ndarray) -> np.ndarray:
    """Hamlets that some operator serves with 3G, by the verdicts, with these cells on air."""
    found = verdicts_with(province, on)
    return found.served[:, found.technologies.index("3G")]


def model_of(province: Province) -> tuple[ServiceModel, np.ndarray, np.ndarray]:
    points, n, levels, cells, rule = province
    station_of, _ = stations_by_mast(cells, cells.technology == "3G")
    everything = np.ones(len(cells), dtype=bool)
    model = service_model(points, n, levels, cells, rule, everything, station_of, OPERATORS)
    required = np.zeros((n, 3, 2), dtype=bool)
    required[:, 0] = True
    return model, station_of, required


def models_of(province: Province) -> tuple[ServiceModel, ServiceModel, np.ndarray, np.ndarray]:
    """Return also the model in which 3G alone counts."""
    points, n, levels, cells, rule = province
    model, station_of, required = model_of(province)
    only = replace(rule, voice=("3G",), broadband=("3G",))
    everything = np.ones(len(cells), dtype=bool)
    technology = service_model(points, n, levels, cells, only, everything, station_of, OPERATORS)
    return model, technology, station_of, required


@settings(max_examples=60, deadline=None)
@given(provinces(), st.integers(0, 5), st.booleans())
def test_least_loss_is_what_trying_every_set_finds(province: Province, most: int, by_hamlets: bool) -> None:
    points, n, _levels, _cells, _rule = province
    model, station_of, required = model_of(province)
    people = np.bincount(points.village, weights=points.people, minlength=n)
    weight = np.ones(n) if by_hamlets else people + 0.5 / (n + 1)
    wanted = model.served(np.ones(model.n_stations, dtype=bool))[:, 0]
    least = min(
        float(weight[lost_with(province, (station_of < 0) | np.isin(station_of, chosen), wanted)].sum())
        for size in range(min(most, model.n_stations) + 1)
        for chosen in combinations(range(model.n_stations), size)
    )
    found = stations_within(model, required, most, weight)
    assert found.status == "optimal"
    assert found.loss == pytest.approx(least, abs=1e-3)
    assert found.bound == found.loss
    assert len(found.chosen) <= most
    on = (station_of < 0) | np.isin(station_of, found.chosen)
    assert (lost_with(province, on, wanted) == found.lost).all()
    assert all(len(villages) for villages in found.needed_by)


@settings(max_examples=30, deadline=None)
@given(provinces())
def test_as_many_as_the_fewest_lose_nobody_and_one_less_somebody(province: Province) -> None:
    model, _, required = model_of(province)
    fewest = fewest_stations(model, required)
    weight = np.ones(model.n_villages)
    needed = len(fewest.chosen)
    assert stations_within(model, required, needed, weight).loss == 0.0
    if needed:
        assert stations_within(model, required, needed - 1, weight).loss >= 1.0


def test_out_of_time_says_what_is_proved() -> None:
    """A cycle of five hamlets and five masts, three stations would keep all; no time to look."""
    cells = make_cells([(m, "Viettel", "3G") for m in "ABCDE"])
    points = PointTable(
        np.array([f"p{i}" for i in range(5)]), np.arange(5), np.full(5, "centre"), np.ones(5), np.zeros(5),
        np.zeros(5),
    )  # fmt: skip
    pairs = sorted([(i, i) for i in range(5)] + [(i, (i + 1) % 5) for i in range(5)])
    levels = PointLevels(
        np.array([p[0] for p in pairs], np.int32), np.array([p[1] for p in pairs], np.int32),
        np.full(10, -60.0, np.float32), np.zeros(10, np.float32),
    )  # fmt: skip
    rules = {name: TechnologyRule(name, limit, 8.0, 0.9) for name, limit in TECHNOLOGIES.items()}
    province = (points, 5, levels, cells, GapRule(rules, 0.95, ("2G", "3G"), ("3G",), False))
    model, _, required = model_of(province)
    hurried = stations_within(model, required, 2, np.ones(5), time_limit_s=1e-9)
    assert (hurried.status, hurried.bound) == ("time_limit", 0.0)
    assert len(hurried.chosen) <= 2
    assert hurried.loss >= 1.0
    assert 0.0 < hurried.gap <= 1.0
    assert stations_within(model, required, 2, np.ones(5)).loss == 1.0


@settings(max_examples=60, deadline=None)
@given(provinces(), st.integers(0, 6), st.booleans())
def test_most_people_keep_the_technology_and_nobody_loses(
    province: Province, more: int, by_hamlets: bool
) -> None:
    points, n, _levels, _cells, _rule = province
    model, technology, station_of, required = models_of(province)
    people = np.bincount(points.village, weights=points.people, minlength=n)
    weight = np.ones(n) if by_hamlets else people + 0.5 / (n + 1)
    fewest = fewest_stations(model, required)
    most = len(fewest.chosen) + more
    everything = np.ones(model.n_stations, dtype=bool)
    wanted = model.served(everything)[:, 0]
    has_it = np.zeros_like(required)
    has_it[:, 0, 1] = technology.served(everything)[:, 0, 1]
    had = has_3g(province, np.ones(len(station_of), dtype=bool))
    assert (has_it[:, 0, 1] == had).all()

    def on(chosen: tuple[int, ...] | np.ndarray) -> np.ndarray:
        return (station_of < 0) | np.isin(station_of, chosen)

    least = min(
        float(weight[had & ~has_3g(province, on(chosen))].sum())
        for size in range(min(most, model.n_stations) + 1)
        for chosen in combinations(range(model.n_stations), size)
        if not lost_with(province, on(chosen), wanted).any()
    )
    found = stations_filled(model, required, technology, has_it, fewest.chosen, most, weight)
    assert found.status == "optimal"
    assert found.loss == pytest.approx(least, abs=1e-3)
    assert found.bound == found.loss
    assert len(found.chosen) == min(most, model.n_stations)  # so many were asked for
    assert not lost_with(province, on(found.chosen), wanted).any()
    assert (found.loses_technology == (had & ~has_3g(province, on(found.chosen)))).all()
    for station, services, of_technology in zip(
        found.chosen, found.needed_by, found.technology_by, strict=True
    ):
        without = on(found.chosen[found.chosen != station])
        assert (np.flatnonzero(lost_with(province, without, wanted)) == services).all()
        goes = had & ~has_3g(province, without) & ~found.loses_technology
        assert (np.flatnonzero(goes) == of_technology).all()


def line(n: int) -> Province:
    """Hamlet i hears 3G mast i; 2G everywhere. Of people 10, 20, …; nobody needs 3G for voice."""
    cells = make_cells([*((f"M{i}", "Viettel", "3G") for i in range(n)), ("Z", "Viettel", "2G")])
    points = PointTable(
        np.array([f"p{i}" for i in range(n)]), np.arange(n), np.full(n, "centre"), 10.0 * (1 + np.arange(n)),
        np.zeros(n), np.zeros(n),
    )  # fmt: skip
    pairs = sorted([(i, i) for i in range(n)] + [(i, n) for i in range(n)])
    levels = PointLevels(
        np.array([p[0] for p in pairs], np.int32), np.array([p[1] for p in pairs], np.int32),
        np.full(len(pairs), -60.0, np.float32), np.zeros(len(pairs), np.float32),
    )  # fmt: skip
    rules = {name: TechnologyRule(name, limit, 8.0, 0.9) for name, limit in TECHNOLOGIES.items()}
    return points, n, levels, cells, GapRule(rules, 0.95, ("2G", "3G"), ("2G", "3G"), False)


def test_nobody_needs_one_and_four_stay_all_the_same() -> None:
    model, technology, _, required = models_of(line(6))
    fewest = fewest_stations(model, required)
    assert len(fewest.chosen) == 0
    has_it = np.zeros_like(required)
    has_it[:, 0, 1] = True
    weight = 10.0 * (1 + np.arange(6)) + 0.5 / 7
    found = stations_filled(model, required, technology, has_it, fewest.chosen, 4, weight)
    assert found.chosen.tolist() == [2, 3, 4, 5]
    assert [villages.tolist() for villages in found.technology_by] == [[2], [3], [4], [5]]
    assert all(not len(villages) for villages in found.needed_by)
    assert np.flatnonzero(found.loses_technology).tolist() == [0, 1]
    everything = stations_filled(model, required, technology, has_it, fewest.chosen, 40, weight)
    assert everything.chosen.tolist() == list(range(6))
    assert everything.loss == 0.0
    with pytest.raises(ValueError, match="only 2 may stay"):
        stations_filled(model, required, technology, has_it, np.arange(3), 2, weight)


def test_out_of_time_still_keeps_so_many_and_says_what_is_proved() -> None:
    model, technology, _, required = models_of(line(6))
    has_it = np.zeros_like(required)
    has_it[:, 0, 1] = True
    start = np.array([0])
    found = stations_filled(
        model, required, technology, has_it, start, 3, np.arange(1.0, 7.0), time_limit_s=1e-9
    )
    assert (found.status, found.bound) == ("time_limit", 0.0)
    assert found.chosen.tolist() == [0, 4, 5]  # the greedy choice around what is needed
    assert 0.0 < found.gap <= 1.0
