"""Network layers against brute force; the same bytes for any number of workers; exact points."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.footprint import group_footprint, prepare_sites
from phusong.coverage.indoors import IndoorTable
from phusong.coverage.link_budget import probability_covered_indoors
from phusong.coverage.network import LayerKey, NetworkLayer, network_layers, point_levels
from phusong.coverage.propagation.sweep import loss_at_points
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.errors import InputError

SETTINGS = PropagationSettings()
RANGE_M = 3500.0
RULES = {
    "2G": TechnologyRule("2G", -70.0, 8.0, 0.9),
    "4G": TechnologyRule("4G", -85.0, 8.0, 0.9),
}


@cache
def terrain() -> TerrainModel:
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:80, :90]
    height = 150 + 90 * np.sin(x / 9.0) * np.cos(y / 7.0) + rng.normal(0, 4, x.shape)
    height[60:63, 20:30] = np.nan
    zone = np.where(x < 12, 1, 4).astype(np.uint8)
    return TerrainModel(height.astype(np.float32), zone, None, 600_000.0, 2_350_000.0, 100.0, 21.25, 21.18)


@cache
def network(count: int = 60, seed: int = 3) -> CellTable:
    """Cells of random operators, technologies, heights and tilts on a dozen masts."""
    rng = np.random.default_rng(seed)
    masts, mast = 12, rng.integers(0, 12, count)
    x_m, y_m = 600_000 + rng.uniform(1300, 8900, masts), 2_350_000 - rng.uniform(100, 5900, masts)
    technology = rng.choice(["2G", "4G", "3G"], count, p=[0.4, 0.5, 0.1])
    return CellTable(
        cell_id=np.array([f"C{i:03d}" for i in range(count)]),
        mast_id=np.array([f"M{m:02d}" for m in mast]),
        operator=rng.choice(["A", "B"], count),
        technology=technology,
        antenna=rng.choice(["3gpp-36.814", "3gpp-36.942", "omni"], count),
        x_m=x_m[mast],
        y_m=y_m[mast],
        antenna_height_m=rng.choice([20.0, 35.0], count, p=[0.3, 0.7]),
        frequency_mhz=np.where(technology == "2G", 940.0, rng.choice([1800.0, 2600.0], count)),
        bandwidth_mhz=rng.choice([10.0, 20.0], count),
        azimuth_deg=rng.integers(0, 360, count).astype(float),
        mechanical_tilt_deg=rng.choice([0.0, 3.0, 7.0], count),
        electrical_tilt_deg=rng.choice([0.0, 4.0], count),
        tx_power_dbm=rng.choice([30.0, 46.0], count),
        feeder_loss_db=np.full(count, 0.5),
        on_air=np.full(count, np.datetime64("NaT", "D")),
        off_air=np.full(count, np.datetime64("NaT", "D")),
    )


@cache
def all_levels() -> np.ndarray:
    """Level of every cell on every pixel: the slow, obvious way, without any merging."""
    cells = network()
    floor = {rule: RULES[rule].threshold_dbm - 32.0 for rule in RULES}
    sites = prepare_sites(terrain(), cells, floor, SETTINGS, RANGE_M)
    level = np.full((len(cells), *terrain().height_m.shape), -np.inf, dtype=np.float32)
    for mast in sites.masts:
        for group in mast.groups:
            part = group_footprint(terrain(), sites, group, SETTINGS)
            rows, columns = part.level_dbm.shape[1:]
            window = np.s_[part.row : part.row + rows, part.column : part.column + columns]
            for k, cell in enumerate(part.cells):
                level[cell][window] = np.nan_to_num(part.level_dbm[k], nan=-np.inf)
    return level


def brute_force(
    technology: str, operator: str | None, of: np.ndarray | slice = np.s_[:]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level, cell and count of masts of the cells `of`, by looking at every cell at every pixel."""
    cells, rule = network(), RULES[technology]
    chosen = np.zeros(len(cells), dtype=bool)
    chosen[of] = cells.technology[of] == technology
    if operator is not None:
        chosen &= cells.operator == operator
    level = np.where(chosen[:, None, None], all_levels(), -np.inf)
    level = np.where(level >= rule.threshold_dbm - 4 * rule.sigma_db, level, -np.inf)
    best = level.max(0)
    cell = np.where(np.isfinite(best), level.argmax(0), -1)  # argmax takes the first: the lower index
    servers = sum(
        (level[cells.mast_id == mast] >= rule.threshold_dbm).any(0).astype(int)
        for mast in np.unique(cells.mast_id)
    )
    return np.where(np.isfinite(best), best, np.nan), cell, np.asarray(servers)


@cache
def layers(workers: int, by_operator: bool = True) -> dict[LayerKey, NetworkLayer]:
    return network_layers(
        terrain(), network(), RULES, SETTINGS, RANGE_M, workers=workers, by_operator=by_operator
    )


def same(first: NetworkLayer, second: NetworkLayer) -> bool:
    return all(
        getattr(first, name).tobytes() == getattr(second, name).tobytes()
        for name in ("level_dbm", "best_cell", "servers", "p_covered")
    )


def test_layers_are_those_asked_for() -> None:
    pairs = {(t, o) for t in RULES for o in ("A", "B")}
    assert set(layers(1)) == {*RULES, *pairs}
    assert set(layers(1, by_operator=False)) == set(RULES)  # 3G has no rule
    assert layers(1)["4G", "B"].operator == "B"
    assert layers(1)["4G"].operator is None


@pytest.mark.parametrize("technology", list(RULES))
@pytest.mark.parametrize("operator", [None, "A", "B"])
def test_equal_to_brute_force(technology: str, operator: str | None) -> None:
    layer = layers(1)[technology if operator is None else (technology, operator)]
    level, cell, servers = brute_force(technology, operator)
    np.testing.assert_array_equal(layer.level_dbm, level)
    np.testing.assert_array_equal(layer.best_cell, cell)
    np.testing.assert_array_equal(layer.servers, servers)
    assert servers.max() >= 2  # the case is rich enough to fail
    assert 0.001 < np.isnan(level).mean() < 0.9


@pytest.mark.parametrize("workers", [2, 3])
def test_the_same_bytes_for_any_number_of_workers(workers: int) -> None:
    assert layers(workers).keys() == layers(1).keys()
    assert all(same(layers(1)[key], layers(workers)[key]) for key in layers(1))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 59), min_size=1, max_size=15, unique=True), st.booleans())
def test_any_network_is_equal_to_brute_force(chosen: list[int], by_operator: bool) -> None:
    index = np.array(sorted(chosen))
    part = network_layers(
        terrain(), network().take(index), RULES, SETTINGS, RANGE_M, workers=2, by_operator=by_operator
    )
    for layer in part.values():
        level, cell, servers = brute_force(layer.technology, layer.operator, index)
        np.testing.assert_array_equal(layer.level_dbm, level)
        np.testing.assert_array_equal(np.where(layer.best_cell < 0, -1, index[layer.best_cell]), cell)
        np.testing.assert_array_equal(layer.servers, servers)


def test_a_mast_that_operators_share_is_one_mast_of_the_technology() -> None:
    cells = network().take(np.flatnonzero(network().technology == "4G")[[0, 0]])
    cells = replace(cells, operator=np.array(["A", "B"]), cell_id=np.array(["C0", "C1"]))
    found = network_layers(terrain(), cells, RULES, SETTINGS, RANGE_M, workers=1, by_operator=True)
    assert {key: layer.servers.max() for key, layer in found.items()} == {
        "4G": 1, ("4G", "A"): 1, ("4G", "B"): 1,
    }  # fmt: skip


def test_the_technology_s_layers_do_not_depend_on_by_operator() -> None:
    assert all(same(layers(1)[key], layers(1, by_operator=False)[key]) for key in RULES)


def test_ties_go_to_the_lower_cell_whatever_the_order_of_masts() -> None:
    """Two equal cells on two masts at one place; the mast that is swept first has the higher index."""
    cells = network().take(np.flatnonzero(network().technology == "2G")[[0, 0]])
    cells = replace(cells, mast_id=np.array(["Z", "A"]), cell_id=np.array(["C0", "C1"]))
    layer = network_layers(terrain(), cells, RULES, SETTINGS, RANGE_M, workers=1)["2G"]
    assert set(np.unique(layer.best_cell)) == {-1, 0}
    assert set(np.unique(layer.servers)) == {0, 2}


def test_more_masts_than_a_byte_counts_stay_at_255() -> None:
    cells = network().take(np.flatnonzero(network().technology == "2G")[np.zeros(300, int)])
    cells = replace(cells, mast_id=np.array([f"M{i}" for i in range(300)]))
    layer = network_layers(terrain(), cells, RULES, SETTINGS, 400.0, workers=2)["2G"]
    assert set(np.unique(layer.servers)) == {0, 255}
    assert layer.best_cell.max() == 0  # 300 equal levels: the lowest index


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 59), min_size=1, max_size=12, unique=True))
def test_adding_a_cell_never_lowers_level_or_servers(chosen: list[int]) -> None:
    index = np.array(sorted(chosen))
    part = network_layers(terrain(), network().take(index), RULES, SETTINGS, RANGE_M, workers=2)
    for technology, layer in part.items():
        full = layers(1)[technology]
        heard = layer.best_cell >= 0
        assert np.all(full.level_dbm[heard] >= layer.level_dbm[heard])
        assert np.all(full.servers >= layer.servers)
        assert np.all(full.p_covered >= layer.p_covered)


def test_probability_outdoors_and_indoors() -> None:
    layer = layers(1)["4G"]
    heard = layer.best_cell >= 0
    assert np.all(layer.p_covered[~heard] == 0)
    at = heard & (np.abs(layer.level_dbm - RULES["4G"].threshold_dbm) < 0.01)
    assert at.any()
    np.testing.assert_allclose(layer.p_covered[at], 0.5, atol=1e-3)
    indoors = layer.p_covered_indoors(IndoorTable(RULES["4G"], network().frequency_mhz))
    row, column = np.argwhere(heard)[1000]
    expected = probability_covered_indoors(
        layer.level_dbm[row, column],
        -85.0,
        8.0,
        float(network().frequency_mhz[layer.best_cell[row, column]]),
    )
    assert indoors[row, column] == pytest.approx(float(expected), abs=1e-6)


def test_progress_counts_masts() -> None:
    calls: list[tuple[int, int]] = []
    network_layers(
        terrain(),
        network(),
        RULES,
        SETTINGS,
        1000.0,
        workers=3,
        progress=lambda done, total: calls.append((done, total)),
    )
    masts = len(np.unique(network().mast_id))
    assert calls == [(i, masts) for i in range(1, masts + 1)]


def test_bad_cells_are_refused_before_any_sweep() -> None:
    bad = replace(network(), antenna_height_m=np.full(len(network()), np.nan))
    calls: list[int] = []
    with pytest.raises(InputError, match="antenna_height_m"):
        network_layers(
            terrain(), bad, RULES, SETTINGS, RANGE_M, progress=lambda done, total: calls.append(done)
        )
    assert not calls


@cache
def points() -> PointTable:
    rng = np.random.default_rng(4)
    x_m, y_m = 600_000 + rng.uniform(-500, 9000, 70), 2_350_000 - rng.uniform(0, 8000, 70)
    return PointTable(
        np.array([f"P{i}" for i in range(70)]),
        np.full(70, -1),
        np.full(70, "place"),
        np.ones(70),
        x_m,
        y_m,
    )


def test_points_hear_what_each_path_of_its_own_says() -> None:
    found = point_levels(terrain(), network(), points(), SETTINGS, RANGE_M, floor_dbm=-110.0, workers=1)
    assert len(found.point) > 200
    heard = {(int(p), int(c)): i for i, (p, c) in enumerate(zip(found.point, found.cell, strict=True))}
    assert list(heard) == sorted(heard)  # by point, then cell; none twice
    assert found.level_dbm.min() >= -110.0
    cells = network()
    for (point, cell), i in list(heard.items())[::17]:
        loss = loss_at_points(
            terrain(),
            float(cells.x_m[cell]),
            float(cells.y_m[cell]),
            float(cells.antenna_height_m[cell]),
            cells.frequency_mhz[[cell]],
            points().x_m[[point]],
            points().y_m[[point]],
            SETTINGS,
        )
        assert found.loss_db[i] == pytest.approx(float(loss[0, 0]), abs=1e-4)


def test_points_agree_with_the_map() -> None:
    """A point in the middle of a pixel and the pixel, far from the mast, differ by interpolation only."""
    rng = np.random.default_rng(8)
    row, column = rng.integers(5, 55, 80), rng.integers(15, 85, 80)
    middle = replace(
        points(),
        point_id=np.arange(80).astype(str),
        village=np.full(80, -1),
        kind=np.full(80, "place"),
        people=np.ones(80),
        x_m=600_000 + (column + 0.5) * 100,
        y_m=2_350_000 - (row + 0.5) * 100,
    )
    found = point_levels(terrain(), network(), middle, SETTINGS, RANGE_M)
    on_map = all_levels()[found.cell, row[found.point], column[found.point]]
    both = np.isfinite(on_map)
    assert both.sum() > 500
    assert np.median(np.abs(found.level_dbm[both] - on_map[both])) < 1.0


@pytest.mark.parametrize("workers", [2, 3])
def test_points_are_the_same_bytes_for_any_number_of_workers(workers: int) -> None:
    first = point_levels(terrain(), network(), points(), SETTINGS, RANGE_M, workers=1)
    again = point_levels(terrain(), network(), points(), SETTINGS, RANGE_M, workers=workers)
    for name in ("point", "cell", "level_dbm", "loss_db"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


def test_no_point_in_reach() -> None:
    far = replace(points(), x_m=points().x_m + 1e6)
    found = point_levels(terrain(), network(), far, SETTINGS, RANGE_M)
    assert len(found.point) == len(found.cell) == len(found.level_dbm) == len(found.loss_db) == 0
