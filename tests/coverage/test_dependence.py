"""People by number of masts, and the stations that are somebody's only one, against counting by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.dependence import Dependence, dependence
from phusong.gis_data.result_schema import MAST_COUNTS, RESULT_TABLES, STATION_DEPENDENCE

RULES = {"2G": TechnologyRule("2G", -95.0, 8.0, 0.9), "4G": TechnologyRule("4G", -105.0, 6.0, 0.9)}
NEEDED = {t: rule.threshold_dbm + rule.sigma_db * float(ndtri(0.9)) for t, rule in RULES.items()}
DAY = np.datetime64("2025-12-31")
MASTS = np.array(["M1", "M1", "M2", "M2", "M3", "M3"])
TECHNOLOGY = np.array(["2G", "4G"] * 3)
PEOPLE = np.array([100.0, 40.0, 7.0, 20.0, 0.0])
VILLAGE = np.array([0, 0, 1, 2, -1])
NAMES = ["Bản Một", "Bản Hai", "Bản Ba"]


def cells(off: tuple[int, ...] = ()) -> CellTable:
    count = len(MASTS)
    zero = np.zeros(count)
    ended = np.full(count, np.datetime64("NaT", "D"))
    ended[list(off)] = DAY
    return CellTable(
        np.array([f"C{i}" for i in range(count)]), MASTS, np.array(["A", "A", "B", "B", "A", "A"]), TECHNOLOGY,
        np.full(count, "omni"), zero, zero, zero, zero, zero, zero, zero, zero, zero, zero,
        np.full(count, np.datetime64("NaT", "D")), ended,
    )  # fmt: skip


POINTS = PointTable(
    np.array([f"p{i}" for i in range(5)]),
    VILLAGE,
    np.array(["centre", "cluster", "centre", "centre", "place"]),
    PEOPLE,
    np.zeros(5),
    np.zeros(5),
)


def found(
    heard: dict[tuple[int, int], float], off: tuple[int, ...] = (), operator: str | None = None
) -> Dependence:
    """`heard`: by (point, cell) the level over what the rule needs, dB."""
    pairs = sorted(heard)
    level = [NEEDED[TECHNOLOGY[cell]] + heard[point, cell] for point, cell in pairs]
    index = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    levels = PointLevels(
        index[:, 0], index[:, 1], np.array(level, np.float32), np.zeros(len(pairs), np.float32)
    )
    return dependence(POINTS, levels, cells(off), RULES, DAY, NAMES, operator=operator)


HEARD = {
    (0, 0): 3.0,  # village 0's centre: M1 with 2G and 4G, one mast all the same
    (0, 1): 3.0,
    (1, 1): 1.0,  # its cluster: M1 and M3, each with 4G
    (1, 5): 1.0,
    (2, 2): 2.0,  # village 1: M2 with 2G; M3 is heard, but too weak
    (2, 4): -0.5,
    (4, 0): 20.0,  # a place: nobody lives there
}


def test_counts_and_stations() -> None:
    result = found(HEARD)
    counts = result.counts.set_index("technology")
    assert counts.loc["2G"].tolist() == [60.0, 107.0, 0.0, 0.0]
    assert counts.loc["4G"].tolist() == [27.0, 100.0, 40.0, 0.0]
    assert counts.loc["all"].tolist() == [20.0, 107.0, 40.0, 0.0]
    assert result.stations.to_dict("records") == [
        {"mast_id": "M1", "people": 100.0, "hamlets": 1, "hamlet_names": "Bản Một"},
        {"mast_id": "M2", "people": 7.0, "hamlets": 1, "hamlet_names": "Bản Hai"},
    ]


def test_a_cell_that_went_off_air_is_no_second_station() -> None:
    stations = found(HEARD, off=(5,)).stations.set_index("mast_id")
    assert stations.loc["M1", "people"] == 140.0
    assert found(HEARD, off=(0, 1, 2, 3, 4, 5)).stations.empty
    assert found(HEARD, off=(0, 1, 2, 3, 4, 5)).counts["people_0"].tolist() == [167.0] * 3


def test_of_one_operator() -> None:
    result = found(HEARD, operator="B")
    assert result.stations["mast_id"].tolist() == ["M2"]
    assert result.counts.set_index("technology").loc["all", "people_0"] == 160.0


def test_nothing_heard() -> None:
    result = found({})
    assert result.stations.empty
    assert result.counts["people_0"].tolist() == [167.0] * 3


def test_tables_are_those_of_the_schema() -> None:
    result = found(HEARD)
    for table, frame in ((MAST_COUNTS, result.counts), (STATION_DEPENDENCE, result.stations)):
        assert list(frame.columns) == [column.name for column in table.columns]
        assert RESULT_TABLES[table.name] is table
        assert max(len(table.label_en), len(table.label_vi)) <= 31  # the name of a sheet
        assert all(column.unit for column in table.columns if column.kind in ("number", "integer"))


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 4), st.integers(0, 5)), st.sampled_from([-5.0, -0.1, 0.1, 9.0]), max_size=30
    )
)
def test_against_counting_one_by_one(heard: dict[tuple[int, int], float]) -> None:
    result = found(heard)
    masts = [
        {MASTS[cell] for (point, cell), margin in heard.items() if point == p and margin > 0}
        for p in range(5)
    ]
    for number in range(4):
        people = sum(
            PEOPLE[p] for p in range(4) if (len(masts[p]) == number if number < 3 else len(masts[p]) >= 3)
        )
        assert result.counts.iloc[-1][f"people_{number}"] == people
    alone = {m: sum(PEOPLE[p] for p in range(4) if masts[p] == {m}) for m in ("M1", "M2", "M3")}
    assert dict(zip(result.stations["mast_id"], result.stations["people"], strict=True)) == {
        m: people for m, people in alone.items() if people
    }
    assert result.stations["people"].is_monotonic_decreasing
