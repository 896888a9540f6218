"""Fibre, hops, relays or satellite: what the terrain and the price list allow."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable
from phusong.coverage.propagation.terrain import TerrainModel
from phusong.coverage.siting.backhaul import backhaul_nodes
from phusong.coverage.siting.candidates import Candidate
from phusong.coverage.siting.connections import connect_hosts, hosts_of
from phusong.coverage.siting.costs import CostModel, present_value
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable
from phusong.coverage.siting.options import SitingOptions, band_ghz
from phusong.project import load_presets
from phusong.project_rules import CostsSection

OPTIONS = SitingOptions(operator="A", technologies=("4G",), budget=1e4, route_factor=1.5)
SITE = Candidate(
    candidate_id="new:1", kind="new_tower", host="ground", host_id="new:1", owner="A", x_m=1050.0, y_m=5050.0,
    host_height_m=42.0, antenna_height_m=41.0, technologies=("4G",), azimuths_deg=(0.0, 120.0, 240.0),
    power_limit_dbm=46.0,
    power="grid", connected=False, access_km=0.0,
)  # fmt: skip


@pytest.fixture
def prices() -> CostModel:
    section = CostsSection(**{**load_presets()["costs"]["rural-2024"], "preset": "rural-2024"})
    return CostModel(**section.model_dump())


def terrain(ridge_m: float) -> TerrainModel:
    """Flat ground with a ridge running north."""
    height = np.zeros((100, 200), np.float32)
    height[:, 60] = ridge_m
    zone = np.full(height.shape, 4, np.uint8)
    return TerrainModel(height, zone, None, 0.0, 10_000.0, 100.0, 21.0, 20.9)


def masts(backhaul="fibre", height_m=50.0) -> MastTable:
    return MastTable(
        mast_id=np.array(["M1"]), owner=np.array(["A"]), kind=np.array(["tower"]),
        height_m=np.array([height_m]), power=np.array(["grid"]), backhaul=np.array([backhaul]),
        x_m=np.array([11_050.0]), y_m=np.array([5050.0]),
    )  # fmt: skip


def cells(operator="A") -> CellTable:
    text = {"cell_id": "C1", "mast_id": "M1", "operator": operator, "technology": "4G", "antenna": "omni"}
    values = {}
    for field in fields(CellTable):
        if field.name in text:
            values[field.name] = np.array([text[field.name]])
        elif field.name in ("on_air", "off_air"):
            values[field.name] = np.array(["NaT"], "datetime64[D]")
        else:
            values[field.name] = np.array([10.0])
    return CellTable(**values)


def fibre(*x_m: float) -> FibreNodeTable:
    ids = np.array([f"F{i}" for i in range(len(x_m))], dtype=str)
    return FibreNodeTable(ids, np.array(x_m, float), np.full(len(x_m), 5050.0))


def connect(ground, prices, *sites, mast=None, cell=None, nodes=None, options=OPTIONS):
    ends = backhaul_nodes(mast or masts(), nodes or fibre(), cell or cells(), "A")
    return connect_hosts(ground, hosts_of(sites or (SITE,))[0], ends, prices, options)


def test_a_clear_hop_is_cheaper_than_15_km_of_fibre(prices):
    found = connect(terrain(0.0), prices)
    hop = found.hop[0]
    assert found.fibre == (None,)
    assert (hop.kind, hop.target_id, hop.length_km, hop.frequency_ghz) == ("microwave", "M1", 10.0, 15.0)
    assert hop.clearance_m > 0
    assert hop.capital == prices.microwave_hop
    assert found.links.hop_cost[0] == pytest.approx(present_value(prices.microwave_hop, 0.0, prices))


def test_a_hill_between_the_masts_breaks_the_hop(prices):
    found = connect(terrain(60.0), prices)
    assert found.hop == (None,)
    assert np.isinf(found.links.hop_cost[0])
    assert found.links.satellite_cost[0] == pytest.approx(
        present_value(prices.satellite, prices.satellite_per_year, prices)
    )


def test_a_hill_inside_the_fresnel_zone_breaks_the_hop_and_its_place_is_told(prices):
    # The ray is 45.5 m up, the bulge 1.5 m, 0.6 of the Fresnel radius at 15 GHz 4.2 m: 38 m is free, 42 m not.
    clear = connect(terrain(38.0), prices).hop[0]
    assert clear.tightest_km == pytest.approx(5.0)
    assert connect(terrain(42.0), prices).hop == (None,)
    # at 7.5 GHz the zone is wider: 6 m
    wide = replace(OPTIONS, microwave_bands=((25.0, 7.5),))
    assert connect(terrain(38.0), prices, options=wide).hop[0].clearance_m == pytest.approx(0.1, abs=0.3)


def test_the_band_follows_the_length_of_the_hop():
    lengths = np.array([1.0, 4.0, 4.01, 12.0, 25.0, 25.01])
    assert np.array_equal(band_ghz(lengths, OPTIONS), [23.0, 23.0, 15.0, 15.0, 7.5, np.nan], equal_nan=True)


def test_fibre_close_by_wins_and_follows_the_road(prices):
    found = connect(terrain(0.0), prices, nodes=fibre(1150.0, 1450.0))
    cable = found.fibre[0]
    assert (cable.kind, cable.target_id) == ("fibre", "F0")
    assert cable.length_km == pytest.approx(0.1 * 1.5)
    assert cable.capital == pytest.approx(0.15 * prices.fibre_per_km)
    assert found.links.fibre_cost[0] == pytest.approx(present_value(cable.capital, 0.0, prices))
    assert found.hop == (None,)  # not looked for: it costs more


def test_fibre_and_hops_reach_no_further_than_their_limits(prices):
    short = replace(prices, maximum_fibre_km=0.2, maximum_microwave_km=9.9)
    assert connect(terrain(0.0), short, nodes=fibre(1250.0)).fibre == (None,)
    assert connect(terrain(0.0), short, nodes=fibre(1150.0)).fibre[0].target_id == "F0"
    assert connect(terrain(0.0), short).hop == (None,)
    assert connect(terrain(0.0), prices, options=replace(OPTIONS, microwave_bands=((9.9, 15.0),))).hop == (
        None,
    )


def test_other_operators_transmission_is_not_used_and_a_satellite_passes_nothing_on(prices):
    assert connect(terrain(0.0), prices, cell=cells("B")).hop == (None,)
    assert connect(terrain(0.0), prices, mast=masts("satellite")).hop == (None,)


def test_a_remote_sector_needs_fibre_from_a_station_on_air(prices):
    remote = replace(SITE, kind="remote_sector", host="pole", host_id="P1")
    far = connect(terrain(0.0), prices, remote, nodes=fibre(1150.0))
    assert (far.fibre, far.hop) == ((None,), (None,))
    assert np.isinf(far.links.satellite_cost[0])
    near = connect(terrain(0.0), prices, replace(remote, x_m=10_050.0), nodes=fibre(10_100.0))
    assert near.fibre[0].target_id == "M1"


def test_an_own_mast_keeps_its_backhaul(prices):
    own = replace(SITE, kind="upgrade", host="mast", host_id="M1", connected=True)
    found = connect(terrain(60.0), prices, own)
    assert (found.fibre[0].kind, found.fibre[0].capital) == ("existing", 0.0)
    assert found.links.fibre_cost[0] == 0.0


def test_a_relay_on_the_hill_carries_the_link_over_it(prices):
    """The hill of 60 m stands between: neither end sees the other, both see a tower on top of it."""
    hill = replace(SITE, candidate_id="new:hill", host_id="new:hill", x_m=6050.0)
    found = connect(terrain(60.0), prices, SITE, hill)
    links = found.links
    assert np.isinf(links.hop_cost[0])
    assert np.isfinite(links.hop_cost[1])
    assert (links.relay_from.tolist(), links.relay_to.tolist()) == ([1], [0])
    assert found.relay[0].target_id == "new:hill"
    assert found.relay[0].length_km == pytest.approx(5.0)
    assert links.relay_cost.tolist() == [pytest.approx(present_value(prices.microwave_hop, 0.0, prices))]


def test_two_hills_need_two_relays_and_unconnected_chains_are_left_out(prices):
    low = replace(SITE, x_m=1050.0)
    first = replace(SITE, candidate_id="new:a", host_id="new:a", x_m=4050.0)
    second = replace(SITE, candidate_id="new:b", host_id="new:b", x_m=10_050.0)
    # towers on the ridges see each other; the low one sees the first only, the mast the second only
    ground = terrain(0.0)
    ground.height_m[:, 40], ground.height_m[:, 100] = 100.0, 80.0
    found = connect(ground, prices, low, first, second)
    arcs = set(zip(found.links.relay_from.tolist(), found.links.relay_to.tolist(), strict=True))
    assert np.isfinite(found.links.hop_cost).tolist() == [False, False, True]
    assert {(2, 1), (1, 0)} <= arcs
    assert (2, 0) not in arcs
    nobody = connect(ground, prices, low, first, cell=cells("B"))
    assert len(nobody.links.relay_from) == 0


def test_towers_of_one_place_do_not_relay_to_each_other(prices):
    tall = replace(SITE, candidate_id="new:1:60", antenna_height_m=120.0, host_height_m=121.0)
    found = connect(terrain(60.0), prices, SITE, tall)
    assert np.isfinite(found.links.hop_cost).tolist() == [False, True]
    assert len(found.links.relay_to) == 0


def test_relays_are_those_that_one_by_one_checks_find(prices):
    rng = np.random.default_rng(4)
    height = np.kron(rng.uniform(0, 140, (20, 40)), np.ones((5, 5))).astype(np.float32)
    ground = TerrainModel(height, np.full(height.shape, 4, np.uint8), None, 0.0, 10_000.0, 100.0, 21.0, 20.9)
    x, y = rng.uniform(300, 19_700, 25), rng.uniform(300, 9700, 25)
    sites = [
        replace(SITE, candidate_id=f"s{i}", host_id=f"s{i}", x_m=float(x[i]), y_m=float(y[i]))
        for i in range(25)
    ]
    found = connect(ground, prices, *sites, options=replace(OPTIONS, relay_sources=100))
    direct = np.isfinite(found.links.hop_cost)
    assert 0 < direct.sum() < 25
    arcs = set(zip(found.links.relay_from.tolist(), found.links.relay_to.tolist(), strict=True))
    for i in np.flatnonzero(direct):
        for j in np.flatnonzero(~direct):
            pair = connect(
                ground, prices, sites[j], cell=cells(),
                mast=replace(masts(), x_m=x[[i]], y_m=y[[i]], height_m=np.array([41.0])),
            )  # fmt: skip
            assert ((int(i), int(j)) in arcs) == (pair.hop[0] is not None)
    few = connect(ground, prices, *sites, options=replace(OPTIONS, relay_sources=1)).links
    assert len(few.relay_to) < len(arcs)
    assert set(few.relay_to.tolist()) == {j for _, j in arcs}
