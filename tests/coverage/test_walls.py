"""Indoors: the wall's decibels against P.2109, verdicts and reasons that can be told by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.gap_reasons import gap_reasons
from phusong.coverage.gap_reasons_table import reasons_table
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.link_budget import probability_covered, probability_covered_indoors
from phusong.coverage.network import point_levels
from phusong.coverage.point_service import point_service
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.sample_shift import ShiftedLevels
from phusong.coverage.walls import (
    dead_indoors_only,
    entry_db,
    entry_of_cells,
    indoor_verdicts,
    levels_indoors,
)
from phusong.gis_data.gap_schema import INDOOR_REASONS
from phusong.gis_data.result_schema import CONFIDENCES, VERDICTS

DAY = np.datetime64("2025-12-31")
RULE_4G = TechnologyRule("4G", -105.0, 8.1, 0.9)
RULE = GapRule({"4G": RULE_4G}, 0.95, ("4G",), ("4G",))
NEEDED = -105.0 + 8.1 * float(ndtri(0.9))


def cells(*masts: tuple[str, float], technology: str = "4G") -> CellTable:
    """Cells (mast, x) of 46 dBm at 1800 MHz that look east."""
    n = len(masts)
    zero, never = np.zeros(n), np.full(n, np.datetime64("NaT", "D"))
    return CellTable(
        cell_id=np.array([f"{name}1" for name, _ in masts]), mast_id=np.array([name for name, _ in masts]),
        operator=np.full(n, "Viettel"), technology=np.full(n, technology), antenna=np.full(n, "3gpp-36.814"),
        x_m=np.array([x for _, x in masts]), y_m=np.full(n, 6025.0), antenna_height_m=zero + 40.0,
        frequency_mhz=zero + 1800.0, bandwidth_mhz=zero + 20.0, azimuth_deg=zero + 90.0,
        mechanical_tilt_deg=zero, electrical_tilt_deg=zero, tx_power_dbm=zero + 46.0, feeder_loss_db=zero,
        on_air=never, off_air=never,
    )  # fmt: skip


def hamlets(*xs: float) -> PointTable:
    n = len(xs)
    return PointTable(
        np.array([f"v:H{i}" for i in range(n)]), np.arange(n), np.full(n, "centre"), np.full(n, 50.0),
        np.array(xs, float), np.full(n, 6025.0),
    )  # fmt: skip


def heard(*spare_db: float) -> PointLevels:
    """Levels of cell 0 at hamlets 0, 1, …, by what the rule outdoors leaves them to spare."""
    n = len(spare_db)
    return PointLevels(
        np.arange(n, dtype=np.int32), np.zeros(n, np.int32), (NEEDED + np.array(spare_db)).astype(np.float32),
        np.zeros(n, np.float32),
    )  # fmt: skip


@pytest.mark.parametrize("building", ["traditional", "thermally-efficient"])
@pytest.mark.parametrize("frequency", [700.0, 1800.0, 3500.0])
@pytest.mark.parametrize("sigma", [4.2, 8.1])
def test_at_the_level_asked_for_p_indoors_is_the_rule_s(
    building: str, frequency: float, sigma: float
) -> None:
    more = entry_db(frequency, sigma, 0.9, building)
    at = -105.0 + sigma * float(ndtri(0.9)) + more
    assert probability_covered_indoors(at, -105.0, sigma, frequency, building) == pytest.approx(0.9, abs=1e-5)
    assert entry_db(frequency, sigma, 0.5, building) < more  # nine houses of ten are more than half of them


def test_served_or_not_and_how_sure() -> None:
    """The wall asks for E dB: hamlets with E − 0.1, E + 0.1, E + 1.5 σ and E + 2.5 σ to spare outdoors."""
    wall = entry_db(1800.0, 8.1, 0.9, "traditional")
    assert 18.0 < wall < 22.0  # 13.6 dB in the median; the rest for nine houses of ten
    levels = heard(wall - 0.1, wall + 0.1, wall + 12.2, wall + 20.3, -20.3)
    table = cells(("A", 0.0))
    indoors = levels_indoors(levels, None, table, RULE.technologies, "traditional")
    found = indoor_verdicts(hamlets(*range(5)), 5, indoors, table, RULE, DAY)
    assert [VERDICTS[v] for v in found.verdict] == ["no_signal", *["fragile"] * 3, "no_signal"]
    assert [CONFIDENCES[c] for c in found.confidence] == [
        "uncertain", "uncertain", "likely", "certain", "certain",
    ]  # fmt: skip
    expected = probability_covered_indoors(levels.level_dbm, -105.0, 8.1, 1800.0)
    np.testing.assert_allclose(found.p_covered[:, 0], expected, atol=1e-4)
    np.testing.assert_allclose(found.p, expected, atol=1e-4)
    outdoors = verdicts(hamlets(*range(5)), 5, levels, table, RULE, DAY)
    assert dead_indoors_only(outdoors, found) == [(0, "voice")]  # H4 is dead outdoors already


@pytest.mark.parametrize("building", ["traditional", "thermally-efficient"])
def test_levels_that_samples_shift_have_their_own_sigma_indoors(building: str) -> None:
    table, levels = cells(("A", 0.0)), heard(5.0, 5.0, 5.0)
    shift, ratio = np.array([18.0, -3.0, 0.0]), np.array([0.6, 0.7, 1.0])
    estimate = PointLevels(levels.point, levels.cell, (levels.level_dbm + shift).astype(np.float32),
                           levels.loss_db)  # fmt: skip
    moved = ShiftedLevels(shift, ratio, estimate, levels)
    found = levels_indoors(levels, moved, table, RULE.technologies, building)
    plain = levels_indoors(levels, None, table, RULE.technologies, building)
    assert found.judged.level_dbm[2] == plain.judged.level_dbm[2]
    assert found.probable.level_dbm[2] == plain.probable.level_dbm[2]
    for row in (0, 1):
        sigma = 8.1 * float(ratio[row])
        p = probability_covered_indoors(estimate.level_dbm[row], -105.0, sigma, 1800.0, building)
        assert probability_covered(found.probable.level_dbm[row], -105.0, 8.1) == pytest.approx(p, abs=1e-5)
        assert (found.judged.level_dbm[row] >= NEEDED) == (p >= 0.9)
        # one σ of the scale is one σ' outdoors
        wall = entry_db(1800.0, sigma, 0.9, building)
        spare = (float(estimate.level_dbm[row]) - wall + 105.0) / sigma
        assert (float(found.judged.level_dbm[row]) + 105.0) / 8.1 == pytest.approx(spare, abs=1e-5)


PIXEL, SIDE, RANGE_M = 50.0, 241, 12_000.0


def flat(wall_m: float = 0.0) -> TerrainModel:
    height = np.full((SIDE, SIDE), 10.0, np.float32)
    if wall_m:
        height[:, 100] = wall_m
    return TerrainModel(
        height, np.full(height.shape, 4, np.uint8), None, 0.0, SIDE * PIXEL, PIXEL, 21.6, 21.5
    )


def reason_of(terrain: TerrainModel, table: CellTable, points: PointTable):  # type: ignore[no-untyped-def]
    settings = PropagationSettings()
    levels = point_levels(terrain, table, points, settings, RANGE_M)
    indoors = levels_indoors(levels, None, table, RULE.technologies, "traditional")
    outdoors = verdicts(points, 1, levels, table, RULE, DAY)
    inside = indoor_verdicts(points, 1, indoors, table, RULE, DAY)
    probable = point_service(len(points), indoors.probable, table, RULE.technologies, table.active(DAY))
    (found,) = gap_reasons(
        terrain, table, points, levels, RULE, dead_indoors_only(outdoors, inside), settings, RANGE_M, DAY,
        judged=indoors.judged, probable=probable, building="traditional",
    )  # fmt: skip
    return levels, inside, found


def test_the_wall_is_the_reason_and_remedies_reckon_with_it() -> None:
    points, table = hamlets(7025.0), cells(("A", 1025.0))
    levels, inside, found = reason_of(flat(), table, points)
    wall = float(entry_of_cells(table, RULE.technologies, "traditional")[0])
    assert (found.cause, found.cause_mast, found.service) == ("building", "A", "voice")
    assert found.candidate.level_dbm == pytest.approx(float(levels.level_dbm[0]), abs=1e-3)  # outdoors
    assert found.candidate.level_dbm > NEEDED
    assert found.candidate.short_db == pytest.approx(NEEDED + wall - float(levels.level_dbm[0]), abs=1e-3)
    assert found.entry_db == wall and found.off_axis_db < 1.0
    assert found.p == pytest.approx(float(inside.p_covered[0, 0]), abs=1e-6) and found.p < found.p_rule == 0.9
    for remedy in found.remedies:
        assert remedy.short_db == pytest.approx(found.candidate.short_db - remedy.gain_db)
    (station,) = [remedy for remedy in found.remedies if remedy.kind == "station"]
    assert station.enough and station.gain_db > found.candidate.short_db
    villages = pd.DataFrame({"village_id": ["V1"], "name": ["Khe Tiền"], "commune": ["Xã Bình Liêu"]})
    row = reasons_table(
        [found], inside, villages, points, table, lambda x, y: (x, y), lambda x, y: 0.0, table=INDOOR_REASONS
    )
    assert list(row.columns) == [column.name for column in INDOOR_REASONS.columns]
    assert row["entry_db"].tolist() == [wall] and row["cause"].tolist() == ["building"]


def test_nothing_indoors_where_outdoors_has_nothing_either() -> None:
    points, table = hamlets(9025.0), cells(("A", 1025.0))
    levels = point_levels(flat(400.0), table, points, PropagationSettings(), RANGE_M)
    indoors = levels_indoors(levels, None, table, RULE.technologies, "traditional")
    outdoors = verdicts(points, 1, levels, table, RULE, DAY)
    assert outdoors.dead.tolist() == [True]
    assert dead_indoors_only(outdoors, indoor_verdicts(points, 1, indoors, table, RULE, DAY)) == []
