"""The models behind the sweep's interface: what each does on a map, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from phusong.coverage.propagation import empirical, models, sweep
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.project_rules import PropagationModelName

SETTINGS = PropagationSettings()
BAND = {"okumura-hata": 900.0, "cost231-hata": 1800.0}
FORMULAS = [name for name in models.MODELS if name != "p1812-8"]


def frequency_of(name: str) -> float:
    return next((f for start, f in BAND.items() if name.startswith(start)), 2600.0)


def terrain(rows: int = 60, columns: int = 80, resolution_m: float = 50.0, seed: int = 1) -> TerrainModel:
    height = np.random.default_rng(seed).uniform(0.0, 200.0, (rows, columns)).astype(np.float32)
    zone = np.full(height.shape, 4, np.uint8)
    return TerrainModel(height, zone, None, 5000.0, 9000.0, resolution_m, 21.1, 21.0)


def centre(ground: TerrainModel, row: int, column: int) -> tuple[float, float]:
    return (
        ground.x_left_m + (column + 0.5) * ground.resolution_m,
        ground.y_top_m - (row + 0.5) * ground.resolution_m,
    )


def test_the_project_file_names_every_model() -> None:
    assert get_args(PropagationModelName) == tuple(models.MODELS)
    assert all(models.model_named(name).name == name for name in models.MODELS)
    assert len({model.label for model in models.MODELS.values()}) == len(models.MODELS)
    with pytest.raises(ValueError, match="no propagation model 'itm'"):
        models.model_named("itm")


def test_the_default_is_the_sweep() -> None:
    ground = terrain()
    x, y = centre(ground, 30, 40)
    ours = models.loss_window(ground, x, y, 30.0, [900.0], 1500.0, SETTINGS)
    same = sweep.loss_window(ground, x, y, 30.0, [900.0], 1500.0, SETTINGS)
    assert np.array_equal(ours.loss_db, same.loss_db, equal_nan=True)
    px, py = np.array([x + 700.0, x - 300.0]), np.array([y + 20.0, y])
    assert np.array_equal(
        models.loss_at_points(ground, x, y, 30.0, [900.0], px, py, SETTINGS),
        sweep.loss_at_points(ground, x, y, 30.0, [900.0], px, py, SETTINGS),
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_window_and_points_agree_and_lie_on_the_sweeps_pixels(name: str) -> None:
    ground = terrain()
    ground.height_m[20, 20] = np.nan
    settings, frequencies = replace(SETTINGS, model=name), [frequency_of(name)]
    x, y = centre(ground, 30, 3)
    x, y = x + 12.0, y - 7.0
    window = models.loss_window(ground, x, y, 30.0, frequencies, 1900.0, settings)
    same = sweep.loss_window(ground, x, y, 30.0, frequencies, 1900.0, SETTINGS)
    assert (window.row, window.column, window.loss_db.shape) == (same.row, same.column, same.loss_db.shape)
    assert window.loss_db.dtype == np.float32
    row, column = np.indices(window.loss_db.shape[1:])
    px, py = centre(ground, row.ravel() + window.row, column.ravel() + window.column)  # type: ignore[arg-type]
    points = models.loss_at_points(ground, x, y, 30.0, frequencies, px, py, settings)[0]
    near = np.hypot(px - x, py - y) <= 1900.0
    swept = window.loss_db[0].ravel()
    assert np.array_equal(np.isfinite(swept), near & np.isfinite(points))
    assert np.allclose(swept[near], points[near], atol=1e-4, equal_nan=True)
    void = (20 - window.row, 20 - window.column)
    assert near.reshape(row.shape)[void]
    assert np.isnan(window.loss_db[0][void])
    # a void hides nothing behind it, unlike the sweep's
    assert np.isfinite(points).sum() == points.size - 1


@pytest.mark.parametrize("name", FORMULAS)
def test_never_below_free_space_and_steady_close_to_the_mast(name: str) -> None:
    flat = replace(terrain(3, 4000, 1.0), height_m=np.zeros((3, 4000), np.float32))
    settings, frequency = replace(SETTINGS, model=name), frequency_of(name)
    x, y = centre(flat, 1, 0)
    d = np.geomspace(0.5, 3900.0, 2000)
    loss = models.loss_at_points(flat, x, y, 30.0, [frequency], x + d, np.full_like(d, y), settings)[0]
    slant = np.hypot(d, 28.5)
    free = empirical.free_space_db(slant, frequency)
    assert np.all(loss >= free - 1e-9)
    assert np.allclose(loss[d < 10.0], free[d < 10.0])
    assert np.all(np.diff(loss) >= 0.0)
    model = models.model_named(name)
    assert isinstance(model, models.FormulaModel)
    far = d >= model.from_m
    exact = np.maximum(model.median_db(d[far], frequency, 30.0, 1.5), free[far])
    assert np.allclose(loss[far], exact)
    if model.from_m > model.free_up_to_m:
        assert np.max(np.diff(loss)) < 0.5  # 0.45 % steps: no cliff where the formula sets in


def test_free_space_takes_the_slant_over_the_terrain() -> None:
    ground = terrain()
    ground.height_m[:] = 0.0
    ground.height_m[30, 60] = 400.0
    x, y = centre(ground, 30, 40)
    settings = replace(SETTINGS, model="free-space")
    at = centre(ground, 30, 60)
    loss = models.loss_at_points(ground, x, y, 30.0, [900.0], np.array([at[0]]), np.array([at[1]]), settings)
    # 1000 m away, 400 + 1.5 - 30 m up
    assert loss[0, 0] == pytest.approx(
        32.4478 + 20 * np.log10(900.0) + 10 * np.log10(1.0 + 0.3715**2), abs=1e-3
    )


def test_the_height_is_the_one_above_ground() -> None:
    flat, ground = terrain(seed=2), terrain(seed=2)
    flat.height_m[:] = 0.0
    settings = replace(SETTINGS, model="okumura-hata")
    x, y = centre(ground, 30, 10)
    px, py = np.array([x + 2500.0]), np.array([y])
    losses = [models.loss_at_points(t, x, y, 30.0, [900.0], px, py, settings)[0, 0] for t in (flat, ground)]
    assert losses[0] == pytest.approx(losses[1])
    assert losses[0] == pytest.approx(empirical.okumura_hata_db(np.array([2500.0]), 900.0, 30.0, 1.5)[0])


def test_frequencies_are_planes() -> None:
    ground = terrain()
    x, y = centre(ground, 30, 40)
    settings = replace(SETTINGS, model="38901-rma")
    both = models.loss_window(ground, x, y, 30.0, [900.0, 3500.0], 900.0, settings).loss_db
    for i, frequency in enumerate((900.0, 3500.0)):
        alone = models.loss_window(ground, x, y, 30.0, [frequency], 900.0, settings).loss_db[0]
        assert np.array_equal(both[i], alone, equal_nan=True)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, {"frequencies_mhz": [900.0, 2100.0]}, "holds from 150 to 1500 MHz, not at 2100 MHz"),
        ({}, {"frequencies_mhz": []}, "at least one frequency"),
        ({}, {"antenna_height_m": 0.0}, "the antenna must stand"),
        ({}, {"range_m": 0.0}, "range_m must be positive"),
        ({}, {"x_m": 0.0}, "lies outside the terrain"),
        ({"time_percent": 10.0}, {}, "time_percent must be 50"),
        ({"location_percent": 90.0}, {}, "location_percent must be 50"),
        ({"receiver_height_m": 12.0}, {}, "receiver_height_m must be from 1 to 10 m"),
    ],
)
def test_refusals(change: dict[str, float], arguments: dict[str, object], message: str) -> None:
    ground = terrain()
    x, y = centre(ground, 30, 40)
    given: dict[str, object] = {
        "x_m": x, "y_m": y, "antenna_height_m": 30.0, "frequencies_mhz": [900.0], "range_m": 500.0,
        "settings": replace(SETTINGS, model="okumura-hata", **change),  # type: ignore[arg-type]
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        models.loss_window(ground, **(given | arguments))  # type: ignore[arg-type]


def test_refuses_a_mast_on_a_void_and_points_that_do_not_pair() -> None:
    ground = terrain()
    x, y = centre(ground, 30, 40)
    settings = replace(SETTINGS, model="free-space")
    with pytest.raises(ValueError, match="two lists of one length"):
        models.loss_at_points(ground, x, y, 30.0, [900.0], np.zeros(2), np.zeros(3), settings)
    ground.height_m[30, 40] = np.nan
    with pytest.raises(ValueError, match="no height at the station"):
        models.loss_window(ground, x, y, 30.0, [900.0], 500.0, settings)
