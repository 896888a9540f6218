"""Prices of remedies by hand, and that the cheapest is the one that is named."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, TechnologyRule
from phusong.coverage.link_budget import LinkBudget
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.remedies import RemedyPlanner
from phusong.coverage.remedy_limits import RemedyLimits
from phusong.coverage.remedy_prices import NetworkEnds, RemedyPrices, SiteSurroundings, network_ends
from phusong.coverage.siting.costs import CostModel
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable
from phusong.coverage.siting.options import SitingOptions
from phusong.project import load_presets

PIXEL, SIDE = 50.0, 241
# No upkeep, no discount, one year: a present value is the sum of the capital and a year's rent.
COSTS = CostModel(
    preset="test", **{**load_presets()["costs"]["rural-2024"], "horizon_years": 1, "discount_rate": 0.0,
    "opex_share_of_capex": 0.0},
)  # fmt: skip
OPTIONS = SitingOptions(operator="Viettel", technologies=("4G",), budget=0.0)


def ground(wall_m: float = 10.0) -> TerrainModel:
    """Flat land at 10 m, 12 km wide, with a wall from north to south at x = 5 km."""
    height = np.full((SIDE, SIDE), 10.0, np.float32)
    height[:, int(5025.0 // PIXEL)] = wall_m
    return TerrainModel(
        height, np.full(height.shape, 4, np.uint8), None, 0.0, SIDE * PIXEL, PIXEL, 21.6, 21.5
    )


def prices(
    terrain: TerrainModel | None = None,
    fibre: list[tuple[float, float]] | None = None,
    radio: list[tuple[float, float, float]] | None = None,
    mains: list[tuple[float, float]] | None = None,
    reached: list[tuple[float, float]] | None = None,
) -> RemedyPrices:
    def xy(places: list[tuple[float, ...]] | None, width: int = 2) -> np.ndarray:
        return np.array(places or np.zeros((0, width)), np.float64).reshape(-1, width)

    ends = {"Viettel": NetworkEnds(xy(fibre), xy(radio, 3))}  # type: ignore[arg-type]
    around = SiteSurroundings(terrain or ground(), ends, xy(reached), xy(mains), OPTIONS)  # type: ignore[arg-type]
    return RemedyPrices(COSTS, 8.0, 35.0, 12.0, {"A": 42.0}, around)


def test_an_antenna_goes_up_on_the_mast_then_the_mast_then_another_mast() -> None:
    made = prices()
    assert made.height("A", 42.0) == 35.0
    assert made.height("A", 47.0) == 35.0 + 5.0 * COSTS.tower_per_m
    assert made.height("A", 54.0) == 35.0 + 12.0 * COSTS.tower_per_m
    another = COSTS.new_tower + 30.0 * COSTS.tower_per_m + COSTS.civil_works
    assert made.height("A", 60.0) == 35.0 + another
    assert made.height("not in the list", 60.0) == 35.0


def test_upkeep_counts_over_the_horizon() -> None:
    """Ten years at 5 %: 7.7217 annual payments of 10 % of 190."""
    costs = replace(COSTS, horizon_years=10, discount_rate=0.05, opex_share_of_capex=0.1)
    assert replace(prices(), costs=costs).carrier() == pytest.approx(190.0 * (1 + 0.1 * 7.721735), rel=1e-6)
    assert prices().carrier() == COSTS.radio_per_technology


SITE = (
    COSTS.new_tower
    + 12.0 * COSTS.tower_per_m
    + COSTS.civil_works
    + COSTS.radio_per_technology
    + COSTS.land_per_year
)
SATELLITE = COSTS.satellite + COSTS.satellite_per_year


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (prices(), SITE + COSTS.solar_power + SATELLITE),
        (prices(mains=[(2000.0, 6500.0)]), SITE + COSTS.grid_power + SATELLITE),  # 500 m away
        (prices(mains=[(2000.0, 6700.0)]), SITE + COSTS.solar_power + SATELLITE),  # 700 m away
        (prices(reached=[(3000.0, 6000.0)]), SITE + COSTS.solar_power + SATELLITE + 1.3 * COSTS.access_per_km),
        (prices(fibre=[(2500.0, 6000.0)]), SITE + COSTS.solar_power + 0.65 * COSTS.fibre_per_km),
        (prices(fibre=[(4000.0, 6000.0)]), SITE + COSTS.solar_power + SATELLITE),  # 2.6 km of cable cost 390
        (prices(radio=[(10_000.0, 6000.0, 40.0)]), SITE + COSTS.solar_power + COSTS.microwave_hop),
        (prices(ground(200.0), radio=[(10_000.0, 6000.0, 40.0)]), SITE + COSTS.solar_power + SATELLITE),
    ],
)  # fmt: skip
def test_a_new_station_by_hand(made: RemedyPrices, expected: float) -> None:
    """At (2000, 6000), 42 m high, its antenna a metre below the top."""
    assert made.station("Viettel", 2000.0, 6000.0, 41.0) == pytest.approx(expected)


def test_a_clear_hop_is_found_behind_many_that_are_not() -> None:
    """Fifty masts just behind the wall, too low to be seen, and one far beyond that is high."""
    hidden = [(5100.0 + n, 6000.0, 20.0) for n in range(50)]
    with_hop = SITE + COSTS.solar_power + COSTS.microwave_hop
    for radio, expected in ((hidden, SITE + COSTS.solar_power + SATELLITE),
                            ([*hidden, (11_900.0, 6000.0, 900.0)], with_hop)):  # fmt: skip
        made = prices(ground(100.0), radio=radio)
        assert made.station("Viettel", 2000.0, 6000.0, 41.0) == pytest.approx(expected)
        assert made.station("Viettel", 2000.0, 6000.0, 41.0) == pytest.approx(expected)
        assert made.station("VNPT", 2000.0, 6000.0, 41.0) == pytest.approx(
            SITE + COSTS.solar_power + SATELLITE
        )


def test_another_operators_network_is_no_end() -> None:
    made = prices(fibre=[(2500.0, 6000.0)])
    assert made.station("VNPT", 2000.0, 6000.0, 41.0) == pytest.approx(SITE + COSTS.solar_power + SATELLITE)


def cells() -> CellTable:
    row = {
        "cell_id": "A1", "mast_id": "A", "operator": "Viettel", "technology": "4G", "antenna": "3gpp-36.814",
        "x_m": 1025.0, "y_m": 6025.0, "antenna_height_m": 40.0, "frequency_mhz": 1800.0, "bandwidth_mhz": 20.0,
        "azimuth_deg": 90.0, "mechanical_tilt_deg": 0.0, "electrical_tilt_deg": 0.0, "tx_power_dbm": 46.0,
        "feeder_loss_db": 0.5, "on_air": np.datetime64("NaT", "D"), "off_air": np.datetime64("NaT", "D"),
    }  # fmt: skip
    return CellTable(**{name: np.array([value]) for name, value in row.items()})  # type: ignore[arg-type]


def test_ends_of_an_operator_are_the_fibre_nodes_and_its_own_masts() -> None:
    nodes = FibreNodeTable(np.array(["F"]), np.array([7.0]), np.array([8.0]))
    text = np.array(["", ""])
    masts = MastTable(
        mast_id=np.array(["A", "B"]), owner=text, kind=text, height_m=np.array([42.0, 30.0]), power=text,
        backhaul=np.array(["fibre", "microwave"]), x_m=np.array([1.0, 3.0]), y_m=np.array([2.0, 4.0]),
    )  # fmt: skip
    found = network_ends(masts, nodes, cells(), ("Viettel", "VNPT"))
    assert found["Viettel"].fibre_xy_m.tolist() == [[7.0, 8.0], [1.0, 2.0]]
    assert found["Viettel"].radio_xyh_m.tolist() == [[1.0, 2.0, 42.0]]
    assert found["VNPT"].fibre_xy_m.tolist() == [[7.0, 8.0]]
    assert found["VNPT"].radio_xyh_m.shape == (0, 3)


def planner(limits: RemedyLimits) -> RemedyPlanner:
    rules = {"4G": TechnologyRule("4G", -105.0, 8.0, 0.9)}
    return RemedyPlanner(
        ground(150.0), cells(), np.ones(1, bool), rules, PropagationSettings(), 12_000.0, LinkBudget(), limits
    )


def test_the_station_that_is_named_is_the_cheapest_that_is_enough() -> None:
    """Three heights serve the hamlet behind the wall alike: without prices the lowest is named, by a price
    list on which a tall tower sees a hop the tall one."""
    heights = (29.0, 41.0, 59.0)
    limits = RemedyLimits(station_heights_m=heights, station_reach_m=(500.0,))
    at = (9025.0, 6025.0)

    def station(of: RemedyLimits) -> object:
        found = planner(of).remedies(*at, ("4G",), 0, 40.0, {})
        (only,) = [remedy for remedy in found if remedy.kind == "station"]
        return only

    plain = station(limits)
    assert (plain.value, plain.enough) == (29.0, True)  # type: ignore[attr-defined]
    assert math.isnan(plain.price)  # type: ignore[attr-defined]

    class Upside:
        def station(self, operator: str, x_m: float, y_m: float, antenna_height_m: float) -> float:
            return 1000.0 - antenna_height_m

        def carrier(self) -> float:
            return 1.0

        def height(self, mast_id: str, top_m: float) -> float:
            return top_m

        visit = 8.0

    dear = station(replace(limits, prices=Upside()))  # type: ignore[arg-type]
    assert (dear.value, dear.price) == (59.0, 941.0)  # type: ignore[attr-defined]


def test_every_remedy_of_a_point_has_its_price() -> None:
    made = prices(ground(150.0))
    limits = RemedyLimits(prices=made, station_heights_m=(41.0,))
    found = planner(limits).remedies(9025.0, 6025.0, ("4G",), 0, 40.0, {})
    by_kind = {remedy.kind: remedy for remedy in found}
    assert {"height", "station"} <= set(by_kind)
    height = by_kind["height"]
    assert height.price == made.height("A", 40.0 + height.value)
    station = by_kind["station"]
    assert station.price == made.station("Viettel", station.x_m, station.y_m, 41.0)
    for kind in {"tilt", "azimuth"} & set(by_kind):
        assert by_kind[kind].price == 8.0
