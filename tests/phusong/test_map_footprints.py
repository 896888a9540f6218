"""Footprints of single masts: together they are the coverage, and coarser ground stays the same ground."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, TechnologyRule
from phusong.coverage.link_budget import LinkBudget
from phusong.coverage.network import network_layers
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.siting.proposal import ProposedStation
from phusong.coverage.station_radio import RADIO_PRESETS
from phusong.gis_data.grid import Grid
from phusong.map_footprints import map_footprints, proposal_cells
from phusong.map_ground import coarser_terrain
from phusong.maps.classes import class_edges_dbm, classify
from phusong.maps.pieces import Pieces

RULES = {"2G": TechnologyRule("2G", -95.0, 8.0, 0.9), "4G": TechnologyRule("4G", -105.0, 8.0, 0.9)}
ROWS, COLUMNS, PIXEL = 90, 110, 90.0


def _terrain() -> TerrainModel:
    rows, columns = np.indices((ROWS, COLUMNS))
    height = 120 + 90 * np.sin(rows / 9) * np.cos(columns / 11)
    return TerrainModel(
        height.astype(np.float32), np.full((ROWS, COLUMNS), 4, np.uint8), None, 600_000.0, 2_400_000.0, PIXEL,
        21.7, 21.6,
    )  # fmt: skip


def _cells() -> CellTable:
    """Three masts; the second is shared, with antennas at two heights."""
    mast = np.array([0, 0, 1, 1, 2])
    count = len(mast)
    always = np.full(count, "NaT", "datetime64[D]")
    return CellTable(
        cell_id=np.array([f"C{k}" for k in range(count)]),
        mast_id=np.array([f"M{k}" for k in mast]),
        operator=np.array(["Viettel", "Viettel", "VNPT", "Viettel", "VNPT"]),
        technology=np.array(["2G", "4G", "4G", "4G", "4G"]),
        antenna=np.array(["omni", "3gpp-36.814", "3gpp-36.814", "3gpp-36.814", "omni"]),
        x_m=600_000.0 + np.array([3000.0, 5000.0, 7500.0])[mast],
        y_m=2_400_000.0 - np.array([3000.0, 5500.0, 2500.0])[mast],
        antenna_height_m=np.array([40.0, 40.0, 36.0, 30.0, 25.0]),
        frequency_mhz=np.array([940.0, 1840.0, 1840.0, 1840.0, 1840.0]),
        bandwidth_mhz=np.array([0.2, 20.0, 20.0, 20.0, 20.0]),
        azimuth_deg=np.array([np.nan, 120.0, 240.0, 0.0, np.nan]),
        mechanical_tilt_deg=np.zeros(count),
        electrical_tilt_deg=np.full(count, 3.0),
        tx_power_dbm=np.array([43.0, 30.0, 30.0, 30.0, 30.0]),
        feeder_loss_db=np.full(count, 0.5),
        on_air=always,
        off_air=always,
    )


STATION = ProposedStation(
    station_id="S001", candidate_id="c", kind="new_tower", host="site", host_id="N1", owner="", shared_with="",
    operator="Viettel", x_m=604_000.0, y_m=2_397_000.0, host_height_m=42.0, antenna_height_m=42.0,
    technologies=("4G",), azimuths_deg=(0.0, 120.0, 240.0), power_limit_dbm=40.0, power="grid", access_km=0.0,
    backhaul=None, cost_lines=(), capital=0.0, total_cost=0.0, people_newly_served=0.0, people_only_by_it=0.0,
    villages_served=(), villages_only_by_it=(),
)  # fmt: skip
PROPOSAL = SimpleNamespace(stations=(STATION,), radio=(RADIO_PRESETS["4G"],))


def _scene(workers: int = 2) -> SimpleNamespace:
    return SimpleNamespace(
        cells=_cells(), day=np.datetime64("2025-12-31"), rule=SimpleNamespace(technologies=RULES),
        terrain=_terrain(), settings=PropagationSettings(), range_m=4000.0, patterns={}, budget=LinkBudget(),
        options=SimpleNamespace(workers=workers),
        layers=SimpleNamespace(grid=Grid("EPSG:32648", 600_000.0, 2_400_000.0, PIXEL, ROWS, COLUMNS)),
    )  # fmt: skip


def made(owners):
    return [footprint for owner in owners for footprint in owner.make()]


@pytest.fixture(scope="module")
def found():
    return map_footprints(_scene(), PROPOSAL, receivers=10**9)


def test_footprints_together_are_the_coverage_of_the_network(found):
    scene, (footprints, operators) = _scene(), found
    layers = network_layers(
        scene.terrain, scene.cells, RULES, scene.settings, scene.range_m, by_operator=True
    )  # fmt: skip
    for technology, rule in RULES.items():
        merged = np.zeros((ROWS, COLUMNS), np.uint8)
        for one in (f for f in made(footprints.masts) if f.technology == technology):
            rows, columns = one.classes.shape
            window = merged[one.row : one.row + rows, one.column : one.column + columns]
            np.maximum(window, one.classes, out=window)
        expected = classify(layers[technology].level_dbm, class_edges_dbm(rule))
        np.testing.assert_array_equal(merged, expected)
        assert len(np.unique(merged)) > 3
    by_key = {(layer.technology, layer.operator): layer.classes.whole for layer in operators}
    assert sorted(by_key) == [("2G", "Viettel"), ("4G", "VNPT"), ("4G", "Viettel")]
    for key, classes in by_key.items():
        expected = classify(layers[key].level_dbm, class_edges_dbm(RULES[key[0]]))
        np.testing.assert_array_equal(classes, expected)


def test_workers_change_nothing(found):
    alone, _ = map_footprints(_scene(workers=1), PROPOSAL, receivers=10**9)
    both = (made(one.masts + one.proposals) for one in (alone, found[0]))
    for one, other in zip(*both, strict=True):
        assert (one.owner_id, one.technology, one.row, one.column) == (
            other.owner_id, other.technology, other.row, other.column,
        )  # fmt: skip
        np.testing.assert_array_equal(one.classes, other.classes)


def test_proposed_station_has_its_sectors_its_limit_of_power_and_a_footprint(found):
    cells = proposal_cells(PROPOSAL)
    assert cells.mast_id.tolist() == ["S001"] * 3
    assert cells.azimuth_deg.tolist() == [0.0, 120.0, 240.0]
    assert set(cells.tx_power_dbm) == {40.0}
    assert [(f.owner_id, f.technology) for f in made(found[0].proposals)] == [("S001", "4G")]
    one = made(found[0].proposals)[0]
    row, column = int(3000 // PIXEL) - one.row, int(4000 // PIXEL) - one.column
    assert one.classes[row, column] == one.classes.max() == len(class_edges_dbm(RULES["4G"]))


def test_many_masts_are_swept_on_coarser_ground_and_cover_about_the_same():
    fine, _ = map_footprints(_scene(), PROPOSAL, receivers=10**9)
    coarse, operators = map_footprints(_scene(), PROPOSAL, receivers=3_000)
    assert coarse.grid.resolution_m >= 2 * PIXEL
    assert coarse.grid.resolution_m % PIXEL == 0
    assert all(layer.classes.grid == coarse.grid for layer in operators)
    for one, other in zip(made(fine.masts), made(coarse.masts), strict=True):
        area = (one.classes > 0).sum() * fine.grid.resolution_m**2
        assert (other.classes > 0).sum() * coarse.grid.resolution_m**2 == pytest.approx(area, rel=0.35)


def test_coarser_terrain_is_the_mean_of_its_blocks_without_voids():
    terrain = _terrain()
    height = terrain.height_m.copy()
    height[:7, :7] = np.nan
    coarse = coarser_terrain(TerrainModel(height, *list(vars(terrain).values())[1:]), 4)
    assert coarse.height_m.shape == (math.ceil(ROWS / 4), math.ceil(COLUMNS / 4))
    assert coarse.resolution_m == 4 * PIXEL
    assert coarse.height_m[5, 6] == pytest.approx(height[20:24, 24:28].mean(), rel=1e-6)
    assert coarse.height_m[-1, 3] == pytest.approx(height[88:, 12:16].mean(), rel=1e-6)  # two rows are left
    assert coarse.height_m[1, 1] == pytest.approx(np.nanmean(height[4:8, 4:8]), rel=1e-6)  # partly void
    assert coarse.height_m[0, 0] in (coarse.height_m[0, 1], coarse.height_m[1, 0])  # all void: the nearest
    assert np.isfinite(coarse.height_m).all()
    slope = (terrain.latitude_bottom_deg - terrain.latitude_top_deg) / (ROWS - 1)
    assert coarse.latitude_top_deg == pytest.approx(terrain.latitude_top_deg + 1.5 * slope)
    assert coarser_terrain(terrain, 1) is terrain


def test_sweeps_of_an_earlier_map_are_taken_and_only_changed_masts_are_swept(tmp_path, monkeypatch):
    import phusong.map_footprints as module

    swept = []
    real = module.group_footprint

    def watched(ground, sites, group, settings):
        swept.append((group.x_m, group.antenna_height_m))
        return real(ground, sites, group, settings)

    monkeypatch.setattr(module, "group_footprint", watched)
    scene, path = _scene(), tmp_path / "pieces.bin"

    def text(scene, pieces):
        found, layers = map_footprints(scene, PROPOSAL, pieces, receivers=10**9)
        shown = [(f.owner_id, f.technology, f.row, f.column, f.classes.tobytes()) for f in made(found.masts)]
        return shown, [layer.classes.whole.tobytes() for layer in layers]

    pieces = Pieces(path)
    text(scene, pieces)
    pieces.save()
    assert len(swept) == 4  # a group of antennas each; what was merged is not swept again for the single mast
    scene.cells = dataclasses.replace(scene.cells, tx_power_dbm=np.array([43.0, 30.0, 30.0, 30.0, 24.0]))
    swept.clear()
    again = text(scene, Pieces(path))
    assert swept == [(607_500.0, 25.0)]
    assert again == text(scene, None)


def test_nothing_is_swept_before_a_footprint_is_asked_for(monkeypatch):
    import phusong.map_footprints as module

    monkeypatch.setattr(module, "group_footprint", None)
    found, layers = map_footprints(_scene(), PROPOSAL, by_operator=False, receivers=10**9)
    assert layers == ()
    assert [one.owner_id for one in found.masts] == ["M0", "M1", "M2"]
    assert len({one.key for one in found.masts}) == 3
