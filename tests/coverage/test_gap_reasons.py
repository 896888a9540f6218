"""Reasons on constructed ground: a wall of known height at a known place, an antenna turned away, and so on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.gap_reasons import Reason, gap_reasons, services_lacking
from phusong.coverage.gap_reasons_table import reasons_table
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.measured import MeasuredGroups
from phusong.coverage.network import point_levels
from phusong.coverage.propagation.sweep import loss_at_points
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.remedy_limits import NewCarriers, RemedyLimits
from phusong.gis_data.gap_schema import CAUSE_LABELS, GAP_TABLES, HAMLET_REASONS, REMEDY_LABELS

SETTINGS = PropagationSettings()
DAY = np.datetime64("2025-12-31")
RULES = {
    name: TechnologyRule(name, level, 8.0, 0.9)
    for name, level in {"2G": -95.0, "3G": -100.0, "4G": -105.0, "5G": -110.0}.items()
}
RULE = GapRule(RULES, 0.95, ("2G", "3G", "4G"), ("3G", "4G", "5G"))
NEEDED_4G = -105.0 + 8.0 * 1.2815515655446004
PIXEL, SIDE = 50.0, 241
MAST = (1025.0, 6025.0)
RANGE_M = 12_000.0


def ground(wall_m: float = 0.0, wall_x_m: float = 5025.0) -> TerrainModel:
    """Flat land at 10 m, 12 km wide, with one wall of a pixel's width from north to south."""
    height = np.full((SIDE, SIDE), 10.0, np.float32)
    if wall_m:
        height[:, int(wall_x_m // PIXEL)] = wall_m
    return TerrainModel(
        height, np.full(height.shape, 4, np.uint8), None, 0.0, SIDE * PIXEL, PIXEL, 21.6, 21.5
    )


def cell(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "cell_id": "A1", "mast_id": "A", "operator": "Viettel", "technology": "4G", "antenna": "3gpp-36.814",
        "x_m": MAST[0], "y_m": MAST[1], "antenna_height_m": 40.0, "frequency_mhz": 1800.0, "bandwidth_mhz": 20.0,
        "azimuth_deg": 90.0, "mechanical_tilt_deg": 0.0, "electrical_tilt_deg": 0.0, "tx_power_dbm": 46.0,
        "feeder_loss_db": 0.5, "on_air": np.datetime64("NaT", "D"), "off_air": np.datetime64("NaT", "D"),
    }  # fmt: skip
    return row | changes


def table(*rows: dict[str, object]) -> CellTable:
    return CellTable(**{name: np.array([row[name] for row in rows]) for name in rows[0]})  # type: ignore[arg-type]


def hamlet(x_m: float, *clusters: tuple[float, float]) -> PointTable:
    """One hamlet straight east of the mast, and clusters (x, people)."""
    n = 1 + len(clusters)
    return PointTable(
        np.array([f"p{i}" for i in range(n)]), np.zeros(n, np.int64),
        np.array(["centre", *["cluster"] * len(clusters)]), np.array([50.0, *[c[1] for c in clusters]]),
        np.array([x_m, *[c[0] for c in clusters]]), np.full(n, MAST[1]),
    )  # fmt: skip


ANYTHING = RemedyLimits(new_carriers=NewCarriers(tuple(RULES), dict.fromkeys(RULES, ("Viettel", "VNPT"))))


def reason_of(
    terrain: TerrainModel,
    cells: CellTable,
    points: PointTable,
    service: str = "voice",
    rule: GapRule = RULE,
    limits: RemedyLimits | None = None,
) -> Reason:
    levels = point_levels(terrain, cells, points, SETTINGS, RANGE_M)
    (found,) = gap_reasons(
        terrain, cells, points, levels, rule, [(0, service)], SETTINGS, RANGE_M, DAY, limits=limits
    )
    return found


def test_a_wall_of_known_height_at_a_known_place_is_the_reason() -> None:
    terrain, cells = ground(310.0), table(cell())
    found = reason_of(terrain, cells, hamlet(9025.0))
    assert (found.cause, found.cause_mast, found.service) == ("obstacle", "A", "voice")
    assert found.obstacle is not None and found.profile is not None
    assert (found.obstacle_x_m, found.obstacle_y_m) == (pytest.approx(5025.0, abs=30.0), MAST[1])
    assert found.obstacle.height_m == pytest.approx(310.0, abs=0.01)
    assert found.distance_m == pytest.approx(8000.0)
    bare = loss_at_points(ground(), *MAST, 40.0, [1800.0], np.array([9025.0]), np.array([MAST[1]]), SETTINGS)
    walled = loss_at_points(terrain, *MAST, 40.0, [1800.0], np.array([9025.0]), np.array([MAST[1]]), SETTINGS)
    assert found.obstacle_db == pytest.approx(float(walled[0, 0] - bare[0, 0]), abs=3.0)
    assert found.candidate is not None
    assert found.candidate.short_db == pytest.approx(NEEDED_4G - found.candidate.level_dbm, abs=1e-3)


def test_the_height_remedy_is_the_fewest_metres_that_the_model_finds_enough() -> None:
    terrain, cells = ground(60.0), table(cell(tx_power_dbm=54.0))
    points = hamlet(9025.0)
    found = reason_of(terrain, cells, points)
    (height,) = [remedy for remedy in found.remedies if remedy.kind == "height"]
    assert found.candidate is not None and found.candidate.short_db > 0

    def level(more_m: float) -> float:
        raised = table(cell(tx_power_dbm=54.0, antenna_height_m=40.0 + more_m))
        return float(point_levels(terrain, raised, points, SETTINGS, RANGE_M, floor_dbm=-300.0).level_dbm[0])

    assert height.enough
    assert level(height.value) >= NEEDED_4G
    assert level(height.value - 5.0) < NEEDED_4G
    assert height.gain_db == pytest.approx(level(height.value) - level(0.0), abs=1e-3)


def test_an_antenna_that_points_elsewhere_is_the_reason_and_turning_it_the_remedy() -> None:
    found = reason_of(ground(), table(cell(azimuth_deg=270.0, tx_power_dbm=35.0)), hamlet(5025.0))
    assert found.cause == "direction"
    assert found.off_axis_db == pytest.approx(25.0, abs=0.1)  # A_m of TR 36.814
    (turned,) = [remedy for remedy in found.remedies if remedy.kind == "azimuth"]
    assert turned.value == pytest.approx(90.0)
    assert turned.enough
    assert turned.gain_db == pytest.approx(25.0, abs=0.5)  # but for the vertical cut


def test_far_over_open_ground_the_reason_is_distance() -> None:
    terrain = ground()
    weak = table(cell(tx_power_dbm=10.0, antenna_height_m=150.0))
    found = reason_of(terrain, weak, hamlet(10_025.0), limits=ANYTHING)
    assert found.cause == "distance"
    assert found.candidate is not None
    assert found.candidate.short_db > found.excess_db + found.off_axis_db
    (station,) = [remedy for remedy in found.remedies if remedy.kind == "station"]
    assert found.remedy is not None
    assert 100.0 <= station.distance_m <= 2000.0


def test_nothing_in_range_is_no_mast() -> None:
    found = reason_of(ground(), table(cell(x_m=1025.0)), replace(hamlet(5025.0), x_m=np.array([12_049.0])))
    assert found.candidate is not None  # 11 km away is in range
    levels = point_levels(ground(), table(cell()), hamlet(9025.0), SETTINGS, 3000.0)
    (none,) = gap_reasons(
        ground(), table(cell()), hamlet(9025.0), levels, RULE, [(0, "voice")], SETTINGS, 3000.0, DAY
    )
    assert (none.cause, none.candidate, none.profile) == ("no_mast", None, None)
    assert {remedy.kind for remedy in none.remedies} == {"station"}
    assert math.isnan(none.remedies[0].gain_db)


def test_a_mast_that_reaches_the_hamlet_without_the_technology() -> None:
    cells = table(
        cell(cell_id="A-2G", technology="2G", frequency_mhz=900.0, bandwidth_mhz=0.2, tx_power_dbm=43.0),
        cell(cell_id="B-4G", mast_id="B", x_m=1025.0, y_m=11_025.0, azimuth_deg=0.0, tx_power_dbm=20.0),
    )
    found = reason_of(ground(), cells, hamlet(4025.0), "broadband", limits=ANYTHING)
    assert (found.cause, found.cause_mast) == ("technology", "A")
    assert found.candidate is not None and found.candidate.cell == 1
    (carrier,) = [remedy for remedy in found.remedies if remedy.kind == "carrier"]
    assert (carrier.mast_id, carrier.operator, carrier.enough) == ("A", "Viettel", True)
    assert carrier.technology in ("3G", "4G", "5G")
    assert found.remedy is not None and found.remedy.kind == "carrier"


def new_builds(found: Reason) -> dict[str, tuple[str, str]]:
    """Operator and technology of the new carrier and of the new station."""
    kinds = ("carrier", "station")
    return {r.kind: (r.operator, r.technology) for r in found.remedies if r.kind in kinds}


def silent(*rows: dict[str, object]) -> CellTable:
    """Mast A (4G of Viettel, 2G of VNPT), and others; a hamlet behind a wall hears none of them."""
    two = {"technology": "2G", "frequency_mhz": 900.0, "bandwidth_mhz": 0.2}
    a4 = cell(cell_id="A4")
    return table(a4, cell(cell_id="A2", operator="VNPT", tx_power_dbm=20.0, **two), *rows)


def test_no_new_carrier_of_a_technology_that_is_being_switched_off() -> None:
    """Voice: 2G of Viettel or 3G of anybody would do; only 4G is proposed, and to who runs it."""
    found = reason_of(ground(310.0), silent(), hamlet(9025.0))
    assert new_builds(found) == {"station": ("Viettel", "4G")}  # 4G hangs on A already, and VNPT has none
    two = RemedyLimits(new_carriers=NewCarriers(("2G", "4G")))
    assert new_builds(reason_of(ground(310.0), silent(), hamlet(9025.0), limits=two))["station"][1] in (
        "2G",
        "4G",
    )


def test_no_5g_for_who_has_none_unless_licensed() -> None:
    found = reason_of(ground(310.0), silent(), hamlet(9025.0), "5G")
    assert new_builds(found) == {}
    licensed = RemedyLimits(new_carriers=NewCarriers(licensed={"5G": ("VNPT",)}))
    found = reason_of(ground(310.0), silent(), hamlet(9025.0), "5G", limits=licensed)
    assert new_builds(found) == {"carrier": ("VNPT", "5G"), "station": ("VNPT", "5G")}
    # a 5G cell anywhere in the data says that Viettel has the spectrum, on air yet or not
    planned = cell(
        cell_id="Z5", mast_id="Z", technology="5G", frequency_mhz=2565.0, bandwidth_mhz=100.0,
        x_m=1025.0, y_m=500.0, azimuth_deg=180.0, on_air=np.datetime64("2030-01-01"),
    )  # fmt: skip
    found = reason_of(ground(310.0), silent(planned), hamlet(9025.0), "5G")
    assert new_builds(found) == {"carrier": ("Viettel", "5G"), "station": ("Viettel", "5G")}


def test_the_nearest_operator_that_may_builds_where_the_candidate_s_may_not() -> None:
    """The candidate for voice is VNPT's 2G; VNPT has no 4G. MobiFone's mast is nearer than Viettel's."""
    other = cell(cell_id="M4", mast_id="M", operator="MobiFone", x_m=3025.0, azimuth_deg=270.0)
    cells = silent(other)
    louder = cells.tx_power_dbm.copy()
    louder[1] = 45.0
    found = reason_of(ground(310.0), replace(cells, tx_power_dbm=louder), hamlet(9025.0))
    assert found.candidate is not None and found.candidate.cell == 1
    assert new_builds(found)["station"] == ("MobiFone", "4G")


def test_cells_off_air_are_no_candidates() -> None:
    gone = table(cell(off_air=np.datetime64("2025-01-01")), cell(cell_id="B1", mast_id="B", y_m=9025.0))
    found = reason_of(ground(310.0), gone, hamlet(9025.0))
    assert found.candidate is not None and found.candidate.cell == 1


def test_the_cluster_without_signal_is_looked_at_where_the_centre_has_it() -> None:
    points = hamlet(3025.0, (9025.0, 30.0), (9525.0, 40.0), (3525.0, 99.0))
    terrain, cells = ground(310.0), table(cell())
    found = reason_of(terrain, cells, points)
    assert found.point == 2  # of the two behind the wall the one with more people
    levels = point_levels(terrain, cells, points, SETTINGS, RANGE_M)
    judged = verdicts(points, 1, levels, cells, RULE, DAY)
    assert services_lacking(judged) == [(0, "voice")]
    assert services_lacking(judged, dead_only=True) == [(0, "voice")]


def test_where_measurements_overturn_the_model_their_shortfall_stands_and_nothing_is_mended() -> None:
    terrain, cells, points = ground(), table(cell()), hamlet(4025.0)
    levels = point_levels(terrain, cells, points, SETTINGS, RANGE_M)
    samples = MeasuredGroups(
        np.array([0]), np.array(["Viettel"]), np.array(["4G"]), np.array([40]), np.array([-5.0]),
        np.array([-111.5]),
    )  # fmt: skip
    judged = verdicts(points, 1, levels, cells, RULE, DAY, measured=samples)
    lacking = services_lacking(judged)
    assert lacking == [(0, "voice")]
    reasons = gap_reasons(
        terrain, cells, points, levels, RULE, lacking, SETTINGS, RANGE_M, DAY, measured=samples
    )
    (found,) = reasons
    assert found.candidate is not None and found.candidate.short_db < 0.0
    assert (found.cause, found.cause_mast, found.remedies, found.remedy) == ("measured", "A", (), None)
    villages = pd.DataFrame({"village_id": ["V1"], "name": ["Khe Tiền"], "commune": ["Xã Bình Liêu"]})
    row = reasons_table(reasons, judged, villages, points, cells, lambda x, y: (x, y), lambda x, y: 0.0).iloc[
        0
    ]
    assert pd.isna(row["remedy"]) and row["level_dbm"] > NEEDED_4G
    assert row["measured_dbm"] == -111.5
    assert row["short_db"] == row["measured_short_db"] == 6.5  # of the threshold of -105 dBm


def test_where_the_model_is_short_too_its_shortfall_stands_beside_the_measured_one() -> None:
    terrain, cells, points = ground(310.0), table(cell()), hamlet(9025.0)
    levels = point_levels(terrain, cells, points, SETTINGS, RANGE_M)
    keys = (np.array([0, 0]), np.array(["VNPT", "Viettel"]), np.array(["3G", "4G"]), np.array([40, 40]))
    samples = MeasuredGroups(*keys, np.array([-5.0, -5.0]), np.array([-101.0, -111.5]))
    (found,) = gap_reasons(
        terrain, cells, points, levels, RULE, [(0, "voice")], SETTINGS, RANGE_M, DAY, measured=samples
    )
    assert found.candidate is not None and found.short_db == found.candidate.short_db > 0.0
    assert (found.measured_dbm, found.measured_short_db) == (-101.0, 1.0)  # VNPT's 3G comes nearest


def test_where_a_shift_overturns_the_model_its_shortfall_stands() -> None:
    terrain, cells, points = ground(), table(cell()), hamlet(4025.0)
    levels = point_levels(terrain, cells, points, SETTINGS, RANGE_M)
    judged = replace(levels, level_dbm=np.full(1, NEEDED_4G - 2.0, np.float32))
    (found,) = gap_reasons(
        terrain, cells, points, levels, RULE, [(0, "voice")], SETTINGS, RANGE_M, DAY, judged=judged
    )
    assert found.cause == "measured"
    assert found.short_db == pytest.approx(2.0, abs=1e-4)


def test_where_each_operator_covers_a_part_the_one_with_most_people_is_explained() -> None:
    """Viettel covers the centre, VNPT a cluster behind the wall: the cluster lacks Viettel, not a signal."""
    terrain = ground(310.0)
    cells = table(
        cell(), cell(cell_id="B1", mast_id="B", operator="VNPT", x_m=11_025.0, azimuth_deg=270.0),
    )  # fmt: skip
    points = hamlet(3025.0, (9025.0, 30.0))
    found = reason_of(terrain, cells, points)
    assert found.point == 1 and found.candidate is not None
    assert (found.candidate.cell, found.cause) == (0, "obstacle")
    assert found.candidate.short_db > 0.0
    assert all(remedy.gain_db > 0.0 and remedy.operator == "Viettel" for remedy in found.remedies)


def test_the_table_names_everything_and_keeps_the_schema() -> None:
    terrain, cells, points = ground(310.0), table(cell()), hamlet(9025.0)
    levels = point_levels(terrain, cells, points, SETTINGS, RANGE_M)
    judged = verdicts(points, 1, levels, cells, RULE, DAY)
    reasons = gap_reasons(
        terrain, cells, points, levels, RULE, services_lacking(judged), SETTINGS, RANGE_M, DAY
    )
    villages = pd.DataFrame({"village_id": ["V1"], "name": ["Khe Tiền"], "commune": ["Xã Bình Liêu"]})
    found = reasons_table(
        reasons, judged, villages, points, cells, lambda x, y: (107.0 + x / 1e5, 21.0), lambda x, y: 2.0
    )
    assert list(found.columns) == [c.name for c in HAMLET_REASONS.columns if c.name != "profile"]
    row = found.iloc[0]
    assert (row["village_id"], row["verdict"], row["cause"]) == ("V1", "no_signal", "obstacle")
    assert row["candidate_mast"] == "A" and row["candidate_operator"] == "Viettel"
    assert row["obstacle_lon"] == pytest.approx(107.05025, abs=3e-4)
    turned = [remedy for remedy in reasons[0].remedies if remedy.kind == "azimuth"]
    if turned:
        assert row["azimuth_deg"] == pytest.approx((turned[0].value + 2.0) % 360.0)
    none = reasons_table([], judged, villages, points, cells, lambda x, y: (x, y), lambda x, y: 0.0)
    assert list(none.columns) == list(found.columns) and len(none) == 0


def test_every_column_and_code_has_words_in_both_languages() -> None:
    for one in GAP_TABLES.values():
        assert one.label_en and one.label_vi
        for column in one.columns:
            assert column.label_en and column.label_vi, (one.name, column.name)
        for words in ("label_en", "label_vi"):
            labels = [getattr(column, words) + column.unit for column in one.columns]
            assert len(labels) == len(set(labels)), (one.name, words)
    for labels in (CAUSE_LABELS, REMEDY_LABELS):
        assert all(en and vi for en, vi in labels.values())
