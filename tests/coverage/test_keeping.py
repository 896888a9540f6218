"""The fewest stations, against trying every set of stations with the verdicts themselves."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.keeping import Upgrade, fewest_stations, stations_by_mast, with_upgrades
from phusong.coverage.link_budget import reference_offset_db
from phusong.coverage.service_model import SERVICES, ServiceModel, service_model

DAY = np.datetime64("2025-12-31")
TECHNOLOGIES = {"2G": -95.0, "3G": -100.0, "4G": -105.0}
OPERATORS = ("VNPT", "Viettel")


def rule(share: float, pooled: bool) -> GapRule:
    rules = {name: TechnologyRule(name, level, 8.0, 0.9) for name, level in TECHNOLOGIES.items()}
    return GapRule(rules, share, ("2G", "3G"), ("3G", "4G"), pooled)


@st.composite
def provinces(draw: st.DrawFn) -> tuple[PointTable, int, PointLevels, CellTable, GapRule]:
    n_villages = draw(st.integers(1, 4))
    extra = draw(st.lists(st.integers(0, n_villages - 1), max_size=5))
    village = np.array([*range(n_villages), *extra], dtype=np.int64)
    kind = np.array(["centre"] * n_villages + ["cluster"] * len(extra))
    n = len(village)
    people = np.array(draw(st.lists(st.sampled_from([0.0, 10.0, 35.0, 60.0]), min_size=n, max_size=n)))
    points = PointTable(
        np.array([f"p{i}" for i in range(n)]), village, kind, people, np.zeros(n), np.zeros(n)
    )
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from("ABCD"), st.sampled_from(OPERATORS), st.sampled_from(list(TECHNOLOGIES))
            ),
            min_size=1,
            max_size=10,
        )
    )
    heard = draw(
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, len(rows) - 1)), unique=True, max_size=30)
    )
    heard.sort()
    level = draw(
        st.lists(st.sampled_from([-60.0, -88.0, -94.0, -120.0]), min_size=len(heard), max_size=len(heard))
    )
    levels = PointLevels(
        np.array([h[0] for h in heard], np.int32), np.array([h[1] for h in heard], np.int32),
        np.array(level, np.float32), np.zeros(len(heard), np.float32),
    )  # fmt: skip
    share, pooled = draw(st.sampled_from([0.5, 0.95, 1.0])), draw(st.booleans())
    return points, n_villages, levels, make_cells(rows), rule(share, pooled)


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


def by_verdicts(
    points: PointTable, n: int, levels: PointLevels, cells: CellTable, gap_rule: GapRule, on: np.ndarray
) -> np.ndarray:
    """Served by hamlet, scope and service, with the cells of the mask `on` only."""
    keep = on[levels.cell]
    heard = PointLevels(levels.point[keep], levels.cell[keep], levels.level_dbm[keep], levels.loss_db[keep])
    served = np.zeros((n, 1 + len(OPERATORS), len(SERVICES)), dtype=bool)
    for scope, operator in enumerate((None, *OPERATORS)):
        found = verdicts(points, n, heard, cells, gap_rule, DAY, operator=operator)
        served[:, scope, 0], served[:, scope, 1] = found.voice, found.broadband
    return served


def model_of(
    province: tuple[PointTable, int, PointLevels, CellTable, GapRule],
) -> tuple[ServiceModel, np.ndarray]:
    points, n, levels, cells, gap_rule = province
    station_of, _ = stations_by_mast(cells, cells.technology == "3G")
    everything = np.ones(len(cells), dtype=bool)
    return service_model(points, n, levels, cells, gap_rule, everything, station_of, OPERATORS), station_of


@settings(max_examples=60, deadline=None)
@given(provinces(), st.booleans())
def test_fewest_is_what_trying_every_set_finds(province, per_operator: bool) -> None:
    points, n, levels, cells, gap_rule = province
    model, station_of = model_of(province)
    wanted = by_verdicts(points, n, levels, cells, gap_rule, np.ones(len(cells), bool))
    if not per_operator:
        wanted[:, 1:] = False
    least = None
    for size in range(model.n_stations + 1):
        for chosen in combinations(range(model.n_stations), size):
            on = (station_of < 0) | np.isin(station_of, chosen)
            if not (wanted & ~by_verdicts(points, n, levels, cells, gap_rule, on)).any():
                least = size
                break
        if least is not None:
            break
    found = fewest_stations(model, wanted)
    assert (len(found.chosen), found.bound, found.status) == (least, least, "optimal")
    on = (station_of < 0) | np.isin(station_of, found.chosen)
    assert not (wanted & ~by_verdicts(points, n, levels, cells, gap_rule, on)).any()
    assert not found.impossible.any()
    assert all(len(villages) for villages in found.needed_by)


@settings(max_examples=60, deadline=None)
@given(provinces(), st.integers(0, 2**8 - 1))
def test_the_fast_rule_is_the_verdicts_rule(province, bits: int) -> None:
    points, n, levels, cells, gap_rule = province
    model, station_of = model_of(province)
    stays = np.array([bool(bits >> s & 1) for s in range(model.n_stations)], dtype=bool)
    on = (station_of < 0) | np.append(stays, False)[station_of]
    served = model.served(stays)
    assert (served == by_verdicts(points, n, levels, cells, gap_rule, on)).all()
    chosen = set(np.flatnonzero(stays).tolist())
    for place in np.ndindex(served.shape):
        assert model.one_served(*place, chosen) == served[place]


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_must_reach_the_centre_by_itself(operator: str) -> None:
    """All people live in the cluster, which `operator` covers; the centre is the other's."""
    other = next(name for name in OPERATORS if name != operator)
    cells = make_cells([("A", operator, "2G"), ("B", other, "2G")])
    points = PointTable(
        np.array(["p0", "p1"]), np.zeros(2, np.int64), np.array(["centre", "cluster"]), np.array([0.0, 9.0]),
        np.zeros(2), np.zeros(2),
    )  # fmt: skip
    levels = PointLevels(
        np.array([0, 1], np.int32), np.array([1, 0], np.int32), np.full(2, -60.0, np.float32),
        np.zeros(2, np.float32),
    )  # fmt: skip
    model, _ = model_of((points, 1, levels, cells, rule(0.95, False)))
    voice = model.served(np.zeros(0, dtype=bool))[0, :, 0]
    assert dict(zip(model.scopes, voice.tolist(), strict=True)) == {"": True, operator: False, other: False}


def test_what_cannot_be_served_is_left_out_and_said() -> None:
    cells = make_cells([("A", "Viettel", "3G")])
    points = PointTable(
        np.array(["p0", "p1"]), np.arange(2), np.full(2, "centre"), np.ones(2), np.zeros(2), np.zeros(2)
    )
    levels = PointLevels(
        np.zeros(1, np.int32), np.zeros(1, np.int32), np.full(1, -60.0, np.float32), np.zeros(1, np.float32)
    )
    model, _ = model_of((points, 2, levels, cells, rule(0.95, False)))
    required = np.zeros((2, 3, 2), dtype=bool)
    required[:, 0, 0] = True
    found = fewest_stations(model, required)
    assert found.chosen.tolist() == [0]
    assert np.argwhere(found.impossible).tolist() == [[1, 0, 0]]
    assert [v.tolist() for v in found.needed_by] == [[0]]


def test_out_of_time_still_serves_everybody_and_says_so() -> None:
    """A cycle of five hamlets and five masts needs three; no time to prove it."""
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
    model, _ = model_of((points, 5, levels, cells, rule(0.95, False)))
    required = np.zeros((5, 3, 2), dtype=bool)
    required[:, 0] = True
    hurried = fewest_stations(model, required, time_limit_s=1e-9)
    assert hurried.status == "time_limit"
    assert hurried.bound <= 3 <= len(hurried.chosen)
    assert model.served(np.isin(np.arange(5), hurried.chosen))[:, 0].all()
    assert len(fewest_stations(model, required).chosen) == 3


def test_levels_of_an_upgrade() -> None:
    """Same path: the level changes by power and by the share of the reference signal, nothing else."""
    cells = make_cells([("A", "Viettel", "2G"), ("A", "Viettel", "3G")])
    levels = PointLevels(
        np.array([0, 0], np.int32), np.array([0, 1], np.int32), np.array([-70.0, -90.0], np.float32),
        np.array([110.0, 111.0], np.float32),
    )  # fmt: skip
    more, heard, replaced = with_upgrades(cells, levels, np.array([True, True]), Upgrade("4G", 10.0, 46.0))
    assert replaced.tolist() == [0, 1]
    assert more.technology.tolist() == ["2G", "3G", "4G", "4G"]
    lte = reference_offset_db("4G", 10.0, 900.0)
    expected = [-70.0, -90.0, -70.0 + 3.0 - lte, -90.0 + 3.0 + 10.0 - lte]
    np.testing.assert_allclose(heard.level_dbm, expected, atol=1e-4)
    assert heard.cell.tolist() == [0, 1, 2, 3]
    assert heard.loss_db.tolist() == [110.0, 111.0, 110.0, 111.0]
