"""Fibre, microwave or satellite: what the terrain and the price list allow."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable
from phusong.coverage.propagation.terrain import TerrainModel
from phusong.coverage.siting.backhaul import backhaul_nodes, best_backhaul
from phusong.coverage.siting.candidates import Candidate
from phusong.coverage.siting.costs import CostModel
from phusong.coverage.siting.inputs import FibreNodeTable, MastTable, SitingOptions
from phusong.project import CostsSection, load_presets

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


def connect(ground, prices, mast=None, cell=None, nodes=None, site=SITE):
    ends = backhaul_nodes(mast or masts(), nodes or fibre(), cell or cells(), "A")
    return best_backhaul(ground, site, ends, prices, OPTIONS)


def test_a_clear_hop_is_cheaper_than_15_km_of_fibre(prices):
    link = connect(terrain(0.0), prices)
    assert (link.kind, link.target_id, link.length_km) == ("microwave", "M1", 10.0)
    assert link.clearance_m > 0
    assert link.capital == prices.microwave_hop


def test_a_hill_between_the_masts_breaks_the_hop(prices):
    assert connect(terrain(60.0), prices).kind == "satellite"


def test_a_hill_inside_the_fresnel_zone_breaks_the_hop(prices):
    # The ray is 45.5 m up, the bulge 1.5 m, 0.6 of the Fresnel radius 6 m: 35 m is free, 42 m is not.
    assert connect(terrain(35.0), prices).kind == "microwave"
    assert connect(terrain(42.0), prices).kind == "satellite"


def test_fibre_close_by_wins_and_follows_the_road(prices):
    link = connect(terrain(0.0), prices, nodes=fibre(1150.0, 1450.0))
    assert (link.kind, link.target_id) == ("fibre", "F0")
    assert link.length_km == pytest.approx(0.1 * 1.5)
    assert link.capital == pytest.approx(0.15 * prices.fibre_per_km)


def test_fibre_reaches_no_further_than_its_limit(prices):
    short = replace(prices, maximum_fibre_km=0.2)
    assert connect(terrain(60.0), short, nodes=fibre(1250.0)).kind == "satellite"
    assert connect(terrain(60.0), short, nodes=fibre(1150.0)).kind == "fibre"


def test_a_hop_reaches_no_further_than_its_limit(prices):
    assert connect(terrain(0.0), replace(prices, maximum_microwave_km=9.9)).kind == "satellite"


def test_other_operators_transmission_is_not_used(prices):
    assert connect(terrain(0.0), prices, cell=cells("B")).kind == "satellite"


def test_a_satellite_mast_passes_nothing_on(prices):
    assert connect(terrain(0.0), prices, mast=masts("satellite")).kind == "satellite"


def test_a_remote_sector_needs_fibre_from_a_station_on_air(prices):
    remote = replace(SITE, kind="remote_sector", host="pole", host_id="P1")
    near = replace(remote, x_m=10_050.0)
    assert connect(terrain(0.0), prices, nodes=fibre(1150.0), site=remote) is None
    assert connect(terrain(0.0), prices, nodes=fibre(10_100.0), site=near).target_id == "M1"


def test_an_own_mast_keeps_its_backhaul(prices):
    own = replace(SITE, kind="upgrade", host="mast", host_id="M1", connected=True)
    link = connect(terrain(60.0), prices, site=own)
    assert (link.kind, link.capital, link.per_year) == ("existing", 0.0, 0.0)
