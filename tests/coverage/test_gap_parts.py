"""Parts of hamlets whose every row can be told by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gap_parts import hamlet_parts, parts_by_operator, parts_table, without_voice
from phusong.coverage.gaps import GapRule, Verdicts, verdicts
from phusong.coverage.measured import MeasuredGroups
from phusong.coverage.point_service import point_service, with_measurements
from phusong.coverage.walls import indoor_verdicts, levels_indoors
from phusong.gis_data.gap_schema import CLUSTER_VERDICTS, CLUSTERS_BY_OPERATOR

DAY = np.datetime64("2025-12-31")
RULE = GapRule(
    {n: TechnologyRule(n, t, 8.0, 0.9) for n, t in (("2G", -95.0), ("4G", -105.0))},
    0.95,
    ("2G", "4G"),
    ("4G",),
)
STRONG, FAIR = -40.0, -85.0


def province() -> tuple[PointTable, CellTable, PointLevels, pd.DataFrame]:
    """H0: centre served by A, cluster K1 by B of the other operator, K2 by nobody. H1: centre dead, nobody there."""
    rows = [("v:H0", 0, "centre", 50.0), ("v:H1", 1, "centre", 0.0), ("c:K1", 0, "cluster", 30.0),
            ("c:K2", 0, "cluster", 20.0), ("c:K9", 1, "cluster", 7.0), ("p:P", -1, "place", 0.0)]  # fmt: skip
    points = PointTable(
        np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), np.array([r[2] for r in rows]),
        np.array([r[3] for r in rows]), np.arange(6) * 400.0, np.zeros(6),
    )  # fmt: skip
    zero, never = np.zeros(3), np.full(3, np.datetime64("NaT", "D"))
    cells = CellTable(
        np.array(["a4", "b4", "b2"]), np.array(["A", "B", "B"]), np.array(["Viettel", "VNPT", "VNPT"]),
        np.array(["4G", "4G", "2G"]), np.full(3, "omni"), zero, zero, zero, np.full(3, 1800.0), *([zero] * 6),
        never, never,
    )  # fmt: skip
    heard = [(0, 0, STRONG), (2, 1, FAIR), (2, 2, STRONG), (4, 0, STRONG), (4, 1, STRONG)]
    levels = PointLevels(
        np.array([h[0] for h in heard], np.int32), np.array([h[1] for h in heard], np.int32),
        np.array([h[2] for h in heard], np.float32), np.zeros(len(heard), np.float32),
    )  # fmt: skip
    villages = pd.DataFrame(
        {"village_id": ["H0", "H1"], "name": ["Khe Tiền", "Ngàn Chi"], "commune": ["Xã A", "Xã B"]}
    )
    return points, cells, levels, villages


def tables(groups: MeasuredGroups | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    points, cells, levels, villages = province()
    parts = hamlet_parts(points, ["H0", "H1"], np.zeros(len(points), bool), 250.0)
    indoors = levels_indoors(levels, None, cells, RULE.technologies, "traditional")

    def judged(operator: str | None) -> Verdicts:
        return verdicts(
            parts.points, len(parts), levels, cells, RULE, DAY, operator=operator, measured=groups
        )

    def behind(operator: str | None) -> Verdicts:
        return indoor_verdicts(parts.points, len(parts), indoors, cells, RULE, DAY, operator=operator)

    names = ("Viettel", "VNPT")
    out, inside = {n: judged(n) for n in names}, {n: behind(n) for n in names}
    table = parts_table(parts, judged(None), behind(None), out, villages, cells)
    return table, parts_by_operator(parts, out, inside, villages, cells)


def test_every_centre_and_cluster_is_a_row() -> None:
    table, _ = tables()
    assert list(zip(table["village_id"], table["part"], table["cluster_id"].fillna("-"), strict=True)) == [
        ("H0", "centre", "-"), ("H0", "cluster", "K1"), ("H0", "cluster", "K2"),
        ("H1", "centre", "-"), ("H1", "cluster", "K9"),
    ]  # fmt: skip
    assert table["people"].tolist() == [50.0, 30.0, 20.0, 0.0, 7.0]
    assert table["verdict"].tolist() == ["fragile", "fragile", "no_signal", "no_signal", "covered"]
    assert table["signal_gap"].tolist() == ["", "", "dip", "white", ""]
    assert table["operators_voice"].tolist() == ["Viettel", "VNPT", "", "", "Viettel; VNPT"]
    assert table["operators_4g"].tolist() == ["Viettel", "VNPT", "", "", "Viettel; VNPT"]
    assert table["voice_masts"].tolist() == [1, 1, 0, 0, 2]
    assert table["operator_4g"].fillna("-").tolist() == ["Viettel", "VNPT", "-", "-", "Viettel"]
    assert table["best_cell_2g"].fillna("-").tolist() == ["-", "b2", "-", "-", "-"]
    assert table["level_4g_dbm"].fillna(0.0).tolist() == [STRONG, FAIR, 0.0, 0.0, STRONG]
    # K1: 4G has 1.2 sigma to spare, so two would leave it voice only
    assert table["confidence"].tolist() == ["certain", "likely", "certain", "certain", "certain"]
    assert (table["decided_by"] == "model").all()
    # K1 keeps 2G indoors; its 4G of 20 dB to spare does not get through the wall with 90 %
    assert table["verdict_indoor"].tolist() == ["fragile", "voice_only", "no_signal", "no_signal", "covered"]
    assert table["dead_indoors_only"].tolist() == [False] * 5
    known = {column.name for column in CLUSTER_VERDICTS.columns}
    assert set(table) <= known and known - set(table) == {
        column.name for column in CLUSTER_VERDICTS.columns if "3g" in column.name or "5g" in column.name
    }


def test_each_operator_by_itself() -> None:
    _, table = tables()
    assert table["operator"].tolist() == ["Viettel", "VNPT"] * 5
    by = table.set_index(["village_id", "part", "operator"])["verdict"]
    assert by["H0", "centre", "VNPT"] == "no_signal" and by["H0", "centre", "Viettel"] == "fragile"
    assert by["H1", "cluster", "Viettel"] == by["H1", "cluster", "VNPT"] == "fragile"
    k1 = table[table["cluster_id"] == "K1"].set_index("operator")
    assert k1["signal_gap"].tolist() == ["dip", ""] and k1.loc["VNPT", "verdict"] == "fragile"
    assert set(table) <= {column.name for column in CLUSTERS_BY_OPERATOR.columns}


def test_samples_decide_at_their_cluster_alone() -> None:
    good = MeasuredGroups(
        np.array([3]),
        np.array(["Viettel"]),
        np.array(["4G"]),
        np.array([40]),
        np.array([2.1]),
        np.array([-90.0]),
    )
    table, by_operator = tables(good)
    k2 = table[table["cluster_id"] == "K2"].iloc[0]
    assert (k2["decided_by"], k2["samples"], k2["signal_gap"]) == ("measurement", 40, "")
    assert (k2["verdict_model"], k2["operators_voice"]) == ("no_signal", "Viettel")
    assert (table[table["cluster_id"] != "K2"]["decided_by"] == "model").all()
    points, cells, levels, _ = province()
    service = point_service(len(points), levels, cells, RULE.technologies, cells.active(DAY))
    assert without_voice(service, RULE).tolist() == [False, True, False, True, False, True]
    assert not without_voice(with_measurements(service, good), RULE)[3]
    assert len(by_operator) == 10


def area(squares: list[tuple[int, int]], people: list[float]) -> PointTable:
    """A hamlet whose inhabited points lie in squares (row, column) of 250 m."""
    n = 1 + len(squares)
    return PointTable(
        np.array(["v:H0", *[f"a:H0:{i}" for i in range(1, n)]]), np.zeros(n, np.int64),
        np.array(["centre", *["area"] * (n - 1)]), np.array([0.0, *people]),
        np.array([0.0, *[250.0 * c + 100.0 for _, c in squares]]),
        np.array([0.0, *[250.0 * r + 10.0 for r, _ in squares]]),
    )  # fmt: skip


def test_uncovered_points_that_touch_are_one_group() -> None:
    """An L of three with a corner, one apart with more people, and two that are covered."""
    squares = [(0, 0), (0, 1), (1, 2), (5, 5), (0, 5), (3, 3)]
    points = area(squares, [1.0, 2.0, 4.0, 9.0, 3.0, 5.0])
    lacking = np.array([False, True, True, True, True, False, False])
    parts = hamlet_parts(points, ["H0"], lacking, 250.0)
    assert parts.kind.tolist() == ["centre", "group", "group", "rest"]
    assert parts.cluster_id.tolist() == ["", "H0:1", "H0:2", ""]
    assert parts.people.tolist() == [0.0, 9.0, 7.0, 8.0]
    assert parts.point.tolist() == [0, 4, 3, 6]  # the point with most people stands for its part
    assert parts.points.village.tolist() == [0, 2, 2, 2, 1, 3, 3]


@given(
    st.sets(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_groups_are_those_of_a_walk_from_square_to_square(
    squares: set[tuple[int, int]], random: object
) -> None:
    places = sorted(squares)
    lacking = [random.random() < 0.6 for _ in places]  # type: ignore[attr-defined]
    people = [float(random.randint(1, 5)) for _ in places]  # type: ignore[attr-defined]
    parts = hamlet_parts(area(places, people), ["H0"], np.array([True, *lacking]), 250.0)
    assert parts.people.sum() == sum(people)
    part = dict(zip(places, parts.points.village[1:].tolist(), strict=True))
    dark = [place for place, lacks in zip(places, lacking, strict=True) if lacks]
    for place in dark:
        reached, waiting = {place}, [place]
        while waiting:
            r, c = waiting.pop()
            near = [p for p in dark if p not in reached and abs(p[0] - r) <= 1 and abs(p[1] - c) <= 1]
            reached.update(near)
            waiting += near
        assert {p for p in dark if part[p] == part[place]} == reached
    sizes = parts.people[parts.kind == "group"].tolist()
    assert sizes == sorted(sizes, reverse=True)
    assert (parts.kind == "rest").sum() == (len(dark) < len(places))
