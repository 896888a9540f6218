"""What the gaps leave over for new stations."""

from __future__ import annotations

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointLevels, PointTable, TechnologyRule
from phusong.coverage.demand import unserved_points
from phusong.coverage.gaps import GapRule, verdicts
from phusong.coverage.measured import MeasuredGroups

DAY = np.datetime64("2025-12-31")
STRONG, WEAK = -60.0, -130.0


def cell_table(operators: list[str], technologies: list[str]) -> CellTable:
    n = len(operators)
    return CellTable(
        cell_id=np.array([f"C{i}" for i in range(n)]),
        mast_id=np.array([f"M{i}" for i in range(n)]),
        operator=np.array(operators),
        technology=np.array(technologies),
        antenna=np.array(["omni"] * n),
        **{
            name: np.zeros(n)
            for name in (
                "x_m", "y_m", "antenna_height_m", "frequency_mhz", "bandwidth_mhz", "azimuth_deg",
                "mechanical_tilt_deg", "electrical_tilt_deg", "tx_power_dbm", "feeder_loss_db",
            )
        },
        on_air=np.full(n, np.datetime64("NaT"), "datetime64[D]"),
        off_air=np.full(n, np.datetime64("NaT"), "datetime64[D]"),
    )  # fmt: skip


# Three hamlets: H0 hears 4G of A everywhere; H1 hears nothing; H2 hears A at its centre, B in its cluster.
POINTS = PointTable(
    point_id=np.array(["v0", "v1", "v2", "c2", "place"]),
    village=np.array([0, 1, 2, 2, -1]),
    kind=np.array(["centre", "centre", "centre", "cluster", "place"]),
    people=np.array([100.0, 50.0, 40.0, 60.0, 0.0]),
    x_m=np.zeros(5),
    y_m=np.zeros(5),
)
CELLS = cell_table(["A", "B", "A"], ["4G", "4G", "2G"])
LEVELS = PointLevels(
    point=np.array([0, 1, 2, 3], np.int32),
    cell=np.array([0, 0, 0, 1], np.int32),
    level_dbm=np.array([STRONG, WEAK, STRONG, STRONG], np.float32),
    loss_db=np.zeros(4, np.float32),
)
RULE = GapRule(
    technologies={t: TechnologyRule(t, -100.0, 8.0, 0.9) for t in ("2G", "3G", "4G")},
    share_of_people=0.95,
    voice=("2G", "3G", "4G"),
    broadband=("3G", "4G"),
)


def lacking(target: str, operator: str) -> list[str]:
    found = verdicts(POINTS, 3, LEVELS, CELLS, RULE, DAY)
    mask = unserved_points(target, POINTS, LEVELS, CELLS, RULE, found, DAY, operator)  # type: ignore[arg-type]
    return POINTS.point_id[mask].tolist()


@pytest.mark.parametrize("target", ["dead_zones", "voice", "broadband", "4G"])
def test_what_the_builder_lacks_in_hamlets_without_service(target: str) -> None:
    """H2 is not served: neither operator reaches 95 % alone. A lacks its cluster, B its centre."""
    assert lacking(target, "A") == ["v1", "c2"]
    assert lacking(target, "B") == ["v1", "v2"]


def test_a_place_is_no_demand() -> None:
    assert "place" not in lacking("dead_zones", "A")


def test_4g_needs_a_rule_for_4g() -> None:
    rule = GapRule({"2G": TechnologyRule("2G", -95.0, 8.0, 0.9)}, 0.95, ("2G",), ("2G",))
    found = verdicts(POINTS, 3, LEVELS, CELLS, rule, DAY)
    with pytest.raises(ValueError, match="4G"):
        unserved_points("4G", POINTS, LEVELS, CELLS, rule, found, DAY, "A")


def groups(*rows: tuple[int, str, str, float]) -> MeasuredGroups:
    """Five samples of each: point, operator, technology, margin."""
    point, operator, technology, margin = zip(*rows, strict=True)
    return MeasuredGroups(
        np.array(point),
        np.array(operator),
        np.array(technology),
        np.full(len(rows), 5),
        np.array(margin),
        np.full(len(rows), -100.0),
    )


def test_samples_decide_the_demand_as_they_decide_the_verdict() -> None:
    """At H0 the samples find no 4G of A where the model does; at H1 they find it where the model does not."""
    samples = groups((0, "A", "4G", -6.7), (1, "A", "4G", 0.7))
    found = verdicts(POINTS, 3, LEVELS, CELLS, RULE, DAY, measured=samples)
    assert found.dead.tolist() == [True, False, True]

    def lacks(operator: str, measured: MeasuredGroups | None) -> list[str]:
        mask = unserved_points("4G", POINTS, LEVELS, CELLS, RULE, found, DAY, operator, measured)
        return POINTS.point_id[mask].tolist()

    assert lacks("A", samples) == ["v0", "c2"]
    assert lacks("B", samples) == ["v0", "v2"]  # samples of A say nothing of B
    assert lacks("A", None) == ["c2"]  # the model alone would leave H0 out, dead as it is


def test_samples_of_an_operator_without_cells_count() -> None:
    samples = groups((1, "C", "2G", 0.7))
    found = verdicts(POINTS, 3, LEVELS, CELLS, RULE, DAY)
    mask = unserved_points("voice", POINTS, LEVELS, CELLS, RULE, found, DAY, "C", samples)
    assert POINTS.point_id[mask].tolist() == ["v2", "c2"]  # H0 is served by A; at H1 C's samples are good
