"""Verdicts on provinces small enough to judge by hand, and against the slow obvious loop."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gaps import GapRule, Verdicts, verdicts
from phusong.coverage.gaps_table import verdict_table
from phusong.gis_data.result_schema import CONFIDENCES, VERDICTS
from phusong.gis_data.verdict_words import verdict_words

DAY = np.datetime64("2024-06-30")
THRESHOLD = {"2G": -95.0, "3G": -100.0, "4G": -105.0, "5G": -110.0}
RULE = GapRule(
    {name: TechnologyRule(name, level, 8.0, 0.9) for name, level in THRESHOLD.items()},
    share_of_people=0.95,
    voice=("2G", "3G", "4G"),
    broadband=("3G", "4G", "5G"),
)
NEVER = np.datetime64("NaT", "D")
STRONG, WEAK = -50.0, -140.0


def make_cells(
    rows: list[tuple[str, str, str]], dates: dict[int, tuple[str, str]] | None = None
) -> CellTable:
    """Cells (mast, operator, technology), named c0, c1 …"""
    n = len(rows)
    numbers = {
        name: np.zeros(n)
        for name in (
            "x_m", "y_m", "antenna_height_m", "frequency_mhz", "bandwidth_mhz", "azimuth_deg",
            "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm", "feeder_loss_db",
        )
    }  # fmt: skip
    on_air, off_air = np.full((2, n), NEVER)
    for index, (start, end) in (dates or {}).items():
        on_air[index], off_air[index] = np.datetime64(start, "D"), np.datetime64(end, "D")
    return CellTable(
        cell_id=np.array([f"c{i}" for i in range(n)]),
        mast_id=np.array([row[0] for row in rows], dtype=str),
        operator=np.array([row[1] for row in rows], dtype=str),
        technology=np.array([row[2] for row in rows], dtype=str),
        antenna=np.full(n, "omni"),
        on_air=on_air,
        off_air=off_air,
        **numbers,
    )


def make_points(rows: list[tuple[int, str, float]]) -> PointTable:
    """Points (village, kind, people)."""
    n = len(rows)
    return PointTable(
        point_id=np.array([f"p{i}" for i in range(n)]),
        village=np.array([row[0] for row in rows], dtype=np.int64),
        kind=np.array([row[1] for row in rows]),
        people=np.array([row[2] for row in rows], dtype=float),
        x_m=np.zeros(n),
        y_m=np.zeros(n),
    )


def make_levels(levels: dict[tuple[int, int], float]) -> PointLevels:
    """Level by (point, cell)."""
    keys = sorted(levels)
    return PointLevels(
        np.array([k[0] for k in keys], dtype=np.int32),
        np.array([k[1] for k in keys], dtype=np.int32),
        np.array([levels[k] for k in keys], dtype=np.float32),
        np.zeros(len(keys), dtype=np.float32),
    )


def code(result: Verdicts, village: int = 0) -> str:
    return VERDICTS[result.verdict[village]]


def confidence(result: Verdicts, village: int = 0) -> str:
    return CONFIDENCES[result.confidence[village]]


def test_every_verdict_in_one_small_province() -> None:
    cells = make_cells(
        [
            ("A", "Viettel", "2G"),
            ("A", "Viettel", "4G"),
            ("B", "VNPT", "4G"),
            ("C", "Viettel", "3G"),
            ("C", "VNPT", "5G"),
        ]
    )
    points = make_points(
        [
            (0, "centre", 100.0),  # nothing at all
            (1, "centre", 60.0), (1, "cluster", 40.0),  # centre on 2G, cluster without
            (2, "centre", 100.0),  # 2G only
            (3, "centre", 100.0),  # 3G only
            (4, "centre", 100.0),  # 4G from two masts, but 5G is due
            (5, "centre", 100.0),  # 4G of one mast
            (6, "centre", 100.0), (6, "cluster", 20.0),  # 4G from two masts, everywhere
            (-1, "place", 0.0),
        ]
    )  # fmt: skip
    levels = make_levels(
        {
            (1, 0): STRONG, (2, 0): WEAK, (3, 0): STRONG, (4, 3): STRONG, (5, 1): STRONG, (5, 2): STRONG,
            (6, 1): STRONG, (7, 1): STRONG, (7, 2): STRONG, (8, 1): STRONG, (9, 4): STRONG,
        }
    )  # fmt: skip
    required = np.array([False, False, False, False, True, False, False])
    result = verdicts(points, 7, levels, cells, RULE, DAY, required_5g=required)
    assert [VERDICTS[v] for v in result.verdict] == [
        "no_signal", "partial_signal", "voice_only", "no_4g", "no_5g", "fragile", "covered",
    ]  # fmt: skip
    assert result.dead.tolist() == [True, True, False, False, False, False, False]
    assert result.share_people[1].tolist() == [0.6, 0.0, 0.0, 0.0]
    assert result.served[6].tolist() == [False, False, True, False]
    assert result.servers[6].tolist() == [0, 0, 2, 0]
    assert result.masts.tolist() == [0, 1, 1, 1, 2, 1, 2]
    assert result.best_cell[4].tolist() == [-1, -1, 1, -1]  # c1 and c2 are equal: the lower index
    assert math.isnan(result.level_dbm[0, 0])
    assert {confidence(result, v) for v in range(7)} == {"certain"}


def test_without_a_duty_of_5g_nobody_lacks_it() -> None:
    cells = make_cells([("A", "Viettel", "4G"), ("B", "Viettel", "4G")])
    result = verdicts(
        make_points([(0, "centre", 1.0)]), 1, make_levels({(0, 0): -60, (0, 1): -70}), cells, RULE, DAY
    )
    assert code(result) == "covered"


@pytest.mark.parametrize(
    ("above_sigma", "verdict", "sure"),
    [
        (-2.5, "no_signal", "certain"),
        (-2.01, "no_signal", "certain"),
        (-1.99, "no_signal", "likely"),
        (-1.01, "no_signal", "likely"),
        (-0.99, "no_signal", "uncertain"),
        (-0.5, "no_signal", "uncertain"),
        (0.5, "fragile", "uncertain"),
        (0.99, "fragile", "uncertain"),
        (1.01, "fragile", "likely"),
        (1.99, "fragile", "likely"),
        (2.01, "fragile", "certain"),
        (2.5, "fragile", "certain"),
    ],
)
def test_confidence_is_what_one_and_two_sigma_would_turn_over(
    above_sigma: float, verdict: str, sure: str
) -> None:
    level = -105.0 + 8.0 * (1.2815515655446004 + above_sigma)
    result = verdicts(
        make_points([(0, "centre", 9.0)]),
        1,
        make_levels({(0, 0): level}),
        make_cells([("A", "V", "4G")]),
        RULE,
        DAY,
    )
    assert (code(result), confidence(result)) == (verdict, sure)
    expected = NormalDist().cdf(1.2815515655446004 + above_sigma)
    assert result.p[0] == pytest.approx(expected, abs=1e-6)
    assert result.p_covered[0, 2] == pytest.approx(expected, abs=1e-6)


def test_a_second_mast_is_no_matter_of_confidence() -> None:
    # The second mast is within sigma of not counting: fragile or covered, the hamlet is served all the same.
    cells = make_cells([("A", "V", "4G"), ("B", "V", "4G")])
    levels = make_levels({(0, 0): STRONG, (0, 1): -105.0 + 8.0 * 1.3})
    result = verdicts(make_points([(0, "centre", 9.0)]), 1, levels, cells, RULE, DAY)
    assert (code(result), confidence(result)) == ("covered", "certain")


def test_one_mast_with_two_technologies_is_still_one_mast() -> None:
    cells = make_cells([("A", "V", "2G"), ("A", "V", "4G"), ("A", "VNPT", "4G")])
    levels = make_levels({(0, 0): STRONG, (0, 1): STRONG, (0, 2): STRONG})
    result = verdicts(make_points([(0, "centre", 9.0)]), 1, levels, cells, RULE, DAY)
    assert (code(result), result.masts.tolist(), result.servers.tolist()) == ("fragile", [1], [[1, 0, 1, 0]])


@pytest.mark.parametrize(("covered_people", "verdict"), [(94.9, "partial_signal"), (95.0, "fragile")])
def test_share_of_people_on_the_edge(covered_people: float, verdict: str) -> None:
    cells = make_cells([("A", "V", "4G")])
    points = make_points([(0, "centre", covered_people), (0, "cluster", 100.0 - covered_people)])
    result = verdicts(points, 1, make_levels({(0, 0): STRONG}), cells, RULE, DAY)
    assert code(result) == verdict


def test_share_of_people_does_not_hang_on_the_order_of_addition() -> None:
    cells = make_cells([("A", "V", "4G")])
    people = [0.1] * 19 + [0.1]  # 19 of 20 equal clusters, in tenths that no float holds exactly
    points = make_points([(0, "centre" if i == 0 else "cluster", p) for i, p in enumerate(people)])
    result = verdicts(points, 1, make_levels({(i, 0): STRONG for i in range(19)}), cells, RULE, DAY)
    assert code(result) == "fragile"


def test_a_hamlet_without_people_counts_its_points() -> None:
    cells = make_cells([("A", "V", "4G")])
    points = make_points([(0, "centre", 0.0), (0, "cluster", 0.0)])
    half = verdicts(points, 1, make_levels({(0, 0): STRONG}), cells, RULE, DAY)
    assert (half.share_people[0, 2], code(half)) == (0.5, "partial_signal")
    full = verdicts(points, 1, make_levels({(0, 0): STRONG, (1, 0): STRONG}), cells, RULE, DAY)
    assert code(full) == "fragile"


def test_no_signal_is_about_the_centre_wherever_people_live() -> None:
    cells = make_cells([("A", "V", "4G")])
    points = make_points([(0, "centre", 0.0), (0, "cluster", 50.0)])
    result = verdicts(points, 1, make_levels({(1, 0): STRONG}), cells, RULE, DAY)
    assert code(result) == "no_signal"
    assert result.share_people[0, 2] == 1.0
    assert not result.voice[0]


def test_two_operators_that_each_serve_half_serve_nobody_unless_pooled() -> None:
    cells = make_cells([("A", "Viettel", "4G"), ("B", "VNPT", "4G")])
    points = make_points([(0, "centre", 50.0), (0, "cluster", 50.0)])
    levels = make_levels({(0, 0): STRONG, (1, 1): STRONG})
    single = verdicts(points, 1, levels, cells, RULE, DAY)
    assert single.split[0]
    assert (code(single), single.share_people[0, 2]) == ("partial_signal", 0.5)
    pooled = verdicts(points, 1, levels, cells, replace(RULE, pooled=True), DAY)
    assert (code(pooled), pooled.share_people[0, 2]) == ("fragile", 1.0)


def test_clusters_of_different_operators_are_told_from_clusters_without_signal() -> None:
    """Hamlet 0: A at the centre, B in the cluster. Hamlet 1: nobody in the cluster. Hamlet 2: A everywhere."""
    points = make_points([(v, kind, 50.0) for v in range(3) for kind in ("centre", "cluster")])
    cells = make_cells([("M", "A", "4G"), ("N", "B", "4G")])
    levels = make_levels({(0, 0): STRONG, (1, 1): STRONG, (2, 0): STRONG, (4, 0): STRONG, (5, 0): STRONG})
    found = verdicts(points, 3, levels, cells, RULE, DAY)
    assert [VERDICTS[v] for v in found.verdict] == ["partial_signal", "partial_signal", "fragile"]
    assert found.split.tolist() == [True, False, False]
    # of one operator alone the cluster has no signal
    alone = verdicts(points, 3, levels, cells, RULE, DAY, operator="A")
    assert VERDICTS[alone.verdict[0]] == "partial_signal" and not alone.split.any()
    villages = pd.DataFrame(
        {"village_id": list("abc"), "name": list("abc"), "commune": ["X"] * 3, "population": [100.0] * 3}
    )
    table = verdict_table(found, villages, cells)
    assert table["signal_gap"].tolist() == ["split", "dip", ""]
    said = [verdict_words(*row, "en") for row in zip(table["verdict"], table["signal_gap"], strict=True)]
    assert said == [
        "Covered, but no single operator covers all clusters", "Clusters without signal", "Covered by one mast only",
    ]  # fmt: skip
    # pooled, the rule calls it served
    assert not verdicts(points, 3, levels, cells, replace(RULE, pooled=True), DAY).dead[0]


def test_voice_may_change_technology_between_clusters_of_one_operator() -> None:
    cells = make_cells([("A", "V", "2G"), ("B", "V", "4G")])
    points = make_points([(0, "centre", 50.0), (0, "cluster", 50.0)])
    result = verdicts(points, 1, make_levels({(0, 0): STRONG, (1, 1): STRONG}), cells, RULE, DAY)
    assert result.voice[0]
    assert code(result) == "voice_only"
    assert not result.served.any()


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        ("2024-03-14", "no_signal"),
        ("2024-03-15", "fragile"),
        ("2024-03-16", "fragile"),
        ("2024-09-30", "fragile"),
        ("2024-10-01", "no_signal"),
        ("2024-10-02", "no_signal"),
    ],
)
def test_as_of_the_day_before_on_and_after(day: str, verdict: str) -> None:
    cells = make_cells([("A", "V", "4G")], dates={0: ("2024-03-15", "2024-10-01")})
    points = make_points([(0, "centre", 1.0)])
    result = verdicts(points, 1, make_levels({(0, 0): STRONG}), cells, RULE, np.datetime64(day))
    assert code(result) == verdict


def test_one_operator_is_judged_by_its_own_cells() -> None:
    cells = make_cells([("A", "Viettel", "4G"), ("B", "VNPT", "2G")])
    points = make_points([(0, "centre", 1.0)])
    levels = make_levels({(0, 0): STRONG, (0, 1): STRONG})
    names = ("Viettel", "VNPT", "MobiFone")
    by = {name: code(verdicts(points, 1, levels, cells, RULE, DAY, operator=name)) for name in names}
    assert by == {"Viettel": "fragile", "VNPT": "voice_only", "MobiFone": "no_signal"}


def test_unusable_input_is_refused() -> None:
    cells, levels = make_cells([("A", "V", "4G")]), make_levels({})
    with pytest.raises(ValueError, match=r"exactly one centre; not so for hamlets \[1\] of 2"):
        verdicts(make_points([(0, "centre", 1.0), (1, "cluster", 1.0)]), 2, levels, cells, RULE, DAY)
    with pytest.raises(ValueError, match="the rule has no 5G"):
        only_4g = GapRule({"4G": RULE.technologies["4G"]}, 0.95, ("4G",), ("4G",))
        points = make_points([(0, "centre", 1.0)])
        verdicts(points, 1, levels, cells, only_4g, DAY, required_5g=np.array([True]))
    with pytest.raises(ValueError, match="without a rule: 3G"):
        GapRule({"4G": RULE.technologies["4G"]}, 0.95, ("3G", "4G"), ("4G",))
    with pytest.raises(ValueError, match="share_of_people"):
        replace(RULE, share_of_people=1.5)


def test_a_project_without_cells_or_hamlets() -> None:
    points = make_points([(0, "centre", 1.0)])
    assert code(verdicts(points, 1, make_levels({}), make_cells([]), RULE, DAY)) == "no_signal"
    assert len(verdicts(make_points([]), 0, make_levels({}), make_cells([]), RULE, DAY)) == 0


# The slow obvious way: read the rule aloud, hamlet by hamlet.


def slow_covered(level: float, rule: TechnologyRule) -> bool:
    return NormalDist().cdf((level - rule.threshold_dbm) / rule.sigma_db) >= rule.probability


def slow_verdict(
    village: int,
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    day: np.datetime64,
    required_5g: bool,
    shift: float,
) -> str:
    heard: dict[int, list[tuple[int, float]]] = {}
    on_air = cells.active(day)
    for point, cell, level in zip(levels.point, levels.cell, levels.level_dbm, strict=True):
        technology = str(cells.technology[cell])
        if on_air[cell] and technology in rule.technologies:
            shifted = float(level) + shift * rule.technologies[technology].sigma_db
            if slow_covered(shifted, rule.technologies[technology]):
                heard.setdefault(int(point), []).append((int(cell), shifted))
    mine = [int(p) for p in np.flatnonzero(points.village == village)]
    centre = next(p for p in mine if points.kind[p] == "centre")

    def served(names: tuple[str, ...]) -> bool:
        for operator in set(cells.operator.tolist()):
            own = {
                c for c in range(len(cells)) if cells.operator[c] == operator and cells.technology[c] in names
            }
            good = [p for p in mine if any(c in own for c, _ in heard.get(p, []))]
            people = math.fsum(points.people[mine])
            share = math.fsum(points.people[good]) / people if people > 0 else len(good) / len(mine)
            if share >= rule.share_of_people - 1e-9:
                return True
        return False

    voice_masts = {
        str(cells.mast_id[c]) for c, _ in heard.get(centre, []) if cells.technology[c] in rule.voice
    }
    if not voice_masts:
        return "no_signal"
    if not served(rule.voice):
        return "partial_signal"
    if not served(rule.broadband):
        return "voice_only"
    if not served(("4G",)):
        return "no_4g"
    if required_5g and not served(("5G",)):
        return "no_5g"
    return "fragile" if len(voice_masts) == 1 else "covered"


CLASSES = {
    "no_signal": 0,
    "partial_signal": 0,
    "voice_only": 1,
    "no_4g": 2,
    "no_5g": 3,
    "fragile": 4,
    "covered": 4,
}


@st.composite
def provinces(draw: st.DrawFn) -> tuple[PointTable, int, PointLevels, CellTable, np.ndarray]:
    n_villages = draw(st.integers(1, 4))
    rows = [(v, "centre", draw(st.sampled_from([0.0, 1.0, 40.0]))) for v in range(n_villages)]
    for _ in range(draw(st.integers(0, 6))):
        rows.append(
            (draw(st.integers(-1, n_villages - 1)), "cluster", draw(st.sampled_from([0.0, 1.0, 19.0])))
        )
    rows = draw(st.permutations(rows))
    kinds = st.tuples(
        st.sampled_from("ABC"), st.sampled_from(["Viettel", "VNPT"]), st.sampled_from(list(THRESHOLD))
    )
    cell_rows = draw(st.lists(kinds, min_size=1, max_size=8))
    starts = st.sampled_from(
        [("NaT", "NaT"), ("2024-06-30", "NaT"), ("2024-07-01", "NaT"), ("NaT", "2024-06-30")]
    )
    cells = make_cells(cell_rows, {i: draw(starts) for i in range(len(cell_rows))})
    pairs = st.tuples(st.integers(0, len(rows) - 1), st.integers(0, len(cell_rows) - 1))
    level = st.sampled_from([-60.0, -75.25, -85.0, -90.0, -94.0, -98.5, -103.0, -107.0, -120.0, math.nan])
    levels = make_levels(draw(st.dictionaries(pairs, level, max_size=40)))
    required = np.array(draw(st.lists(st.booleans(), min_size=n_villages, max_size=n_villages)))
    return make_points(rows), n_villages, levels, cells, required


@settings(max_examples=150, deadline=None)
@given(provinces())
def test_same_as_the_slow_obvious_loop(
    province: tuple[PointTable, int, PointLevels, CellTable, np.ndarray],
) -> None:
    points, n_villages, levels, cells, required = province
    result = verdicts(points, n_villages, levels, cells, RULE, DAY, required_5g=required)
    for village in range(n_villages):
        by_shift = {
            shift: slow_verdict(village, points, levels, cells, RULE, DAY, bool(required[village]), shift)
            for shift in (-2.0, -1.0, 0.0, 1.0, 2.0)
        }
        assert code(result, village) == by_shift[0.0]
        same = {shift: CLASSES[verdict] == CLASSES[by_shift[0.0]] for shift, verdict in by_shift.items()}
        expected = "certain" if all(same.values()) else "likely" if same[-1.0] and same[1.0] else "uncertain"
        assert confidence(result, village) == expected
        # The probability that decided lies on the side of the rule that the verdict says.
        assert (result.p[village] >= 0.9 - 1e-9) == (by_shift[0.0] in ("fragile", "covered"))


@settings(max_examples=60, deadline=None)
@given(provinces())
def test_served_over_all_is_served_by_some_operator(
    province: tuple[PointTable, int, PointLevels, CellTable, np.ndarray],
) -> None:
    points, n_villages, levels, cells, _ = province
    together = verdicts(points, n_villages, levels, cells, RULE, DAY)
    each = [verdicts(points, n_villages, levels, cells, RULE, DAY, operator=o) for o in ("Viettel", "VNPT")]
    assert np.array_equal(together.served, each[0].served | each[1].served)
    assert np.array_equal(together.share_people, np.maximum(each[0].share_people, each[1].share_people))
    assert np.array_equal(together.broadband, each[0].broadband | each[1].broadband)
    assert np.all(together.verdict >= np.maximum(each[0].verdict, each[1].verdict))


@settings(max_examples=60, deadline=None)
@given(provinces(), st.floats(0.0, 30.0))
def test_more_power_never_makes_a_verdict_worse(
    province: tuple[PointTable, int, PointLevels, CellTable, np.ndarray], gain_db: float
) -> None:
    points, n_villages, levels, cells, required = province
    before = verdicts(points, n_villages, levels, cells, RULE, DAY, required_5g=required)
    louder = replace(levels, level_dbm=(levels.level_dbm + np.float32(gain_db)))
    after = verdicts(points, n_villages, louder, cells, RULE, DAY, required_5g=required)
    assert np.all(after.verdict >= before.verdict)
    assert np.all(after.share_people >= before.share_people)


@settings(max_examples=40, deadline=None)
@given(provinces(), st.randoms(use_true_random=False))
def test_order_of_levels_does_not_matter(
    province: tuple[PointTable, int, PointLevels, CellTable, np.ndarray], random: object
) -> None:
    points, n_villages, levels, cells, required = province
    order = np.array(random.sample(range(len(levels.point)), len(levels.point)), dtype=int)  # type: ignore[attr-defined]
    shuffled = PointLevels(
        levels.point[order], levels.cell[order], levels.level_dbm[order], levels.loss_db[order]
    )
    first = verdicts(points, n_villages, levels, cells, RULE, DAY, required_5g=required)
    second = verdicts(points, n_villages, shuffled, cells, RULE, DAY, required_5g=required)
    for name in Verdicts.__dataclass_fields__:
        a, b = getattr(first, name), getattr(second, name)
        assert a == b if isinstance(a, tuple) else np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
