"""The chosen propagation model is the one that levels come from, and what it cannot do is told before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.network import network_layers, point_levels
from phusong.coverage.propagation import empirical
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.errors import InputError

RULES = {"2G": TechnologyRule("2G", -100.0, 8.0, 0.9)}
HATA = PropagationSettings(model="okumura-hata-open")


def ridge() -> TerrainModel:
    """Ground at 0 m with a wall of 500 m, 4 km east of the mast."""
    height = np.zeros((41, 101), np.float32)
    height[:, 60] = 500.0
    return TerrainModel(height, np.full(height.shape, 4, np.uint8), None, 0.0, 4100.0, 100.0, 21.1, 21.06)


def cells(frequencies_mhz: list[float]) -> CellTable:
    n = len(frequencies_mhz)
    return CellTable(
        cell_id=np.array([f"C{i}" for i in range(n)]),
        mast_id=np.full(n, "M1"),
        operator=np.full(n, "A"),
        technology=np.full(n, "2G"),
        antenna=np.full(n, "omni"),
        x_m=np.full(n, 2050.0),
        y_m=np.full(n, 2050.0),
        antenna_height_m=np.full(n, 40.0),
        frequency_mhz=np.array(frequencies_mhz),
        bandwidth_mhz=np.full(n, 0.2),
        azimuth_deg=np.full(n, np.nan),
        mechanical_tilt_deg=np.zeros(n),
        electrical_tilt_deg=np.zeros(n),
        tx_power_dbm=np.full(n, 43.0),
        feeder_loss_db=np.zeros(n),
        on_air=np.full(n, np.datetime64("NaT", "D")),
        off_air=np.full(n, np.datetime64("NaT", "D")),
    )


def points(x_m: list[float]) -> PointTable:
    n = len(x_m)
    return PointTable(
        point_id=np.array([f"v:{i}" for i in range(n)]),
        village=np.arange(n),
        kind=np.full(n, "centre"),
        people=np.ones(n),
        x_m=np.array(x_m),
        y_m=np.full(n, 2050.0),
    )


def test_levels_at_points_come_from_the_chosen_model() -> None:
    at = points([5050.0, 8050.0])  # 3 km before, 6 km behind the wall
    found = {
        model: point_levels(ridge(), cells([900.0]), at, PropagationSettings(model=model), 15_000.0)
        for model in ("p1812-8", "okumura-hata-open")
    }
    by_hand = empirical.okumura_hata_db(np.array([3000.0, 6000.0]), 900.0, 40.0, 1.5, "open")
    assert found["okumura-hata-open"].loss_db == pytest.approx(by_hand, abs=1e-3)
    # the wall counts for one model and not for the other
    behind = found["p1812-8"].loss_db[1] - found["okumura-hata-open"].loss_db[1]
    assert behind > 15.0


def test_layers_come_from_the_chosen_model() -> None:
    layers = network_layers(ridge(), cells([900.0]), RULES, HATA, 9000.0)
    level = layers["2G"].level_dbm
    # 3 km and 6 km east of the mast; the wall stands between
    levels = point_levels(ridge(), cells([900.0]), points([5050.0, 8050.0]), HATA, 9000.0).level_dbm
    assert level[20, [50, 80]] == pytest.approx(levels, abs=0.02)


def test_frequencies_that_the_model_does_not_know_are_told_once_each() -> None:
    with pytest.raises(InputError) as caught:
        network_layers(ridge(), cells([900.0, 1800.0, 2100.0, 1800.0]), RULES, HATA, 9000.0)
    assert [(p.file, p.column, p.value) for p in caught.value.problems] == [
        ("cells", "frequency_mhz", "1800 (2 cells, the first is C1)"),
        ("cells", "frequency_mhz", "2100 (1 cells, the first is C2)"),
    ]
    assert "from 150 to 1500 MHz" in caught.value.problems[0].expected


def test_extended_hata_takes_a_mixed_network() -> None:
    settings = PropagationSettings(model="extended-hata-open")
    mixed = cells([900.0, 1800.0, 2100.0])
    found = point_levels(ridge(), mixed, points([5050.0]), settings, 9000.0)
    at = np.array([3000.0])
    by_hand = [empirical.extended_hata_db(at, f, 40.0, 1.5, "open")[0] for f in (900.0, 1800.0, 2100.0)]
    assert found.cell.tolist() == [0, 1, 2]
    assert found.loss_db == pytest.approx(by_hand, abs=1e-3)
    assert set(network_layers(ridge(), mixed, RULES, settings, 9000.0)) == {"2G"}
    with pytest.raises(InputError, match="3500"):
        point_levels(ridge(), cells([3500.0]), points([5050.0]), settings, 9000.0)


def test_settings_that_the_model_does_not_know_are_told() -> None:
    with pytest.raises(InputError) as caught:
        point_levels(
            ridge(), cells([900.0]), points([5050.0]),
            replace(HATA, time_percent=10.0, receiver_height_m=20.0), 9000.0,
        )  # fmt: skip
    assert [(p.file, p.column, p.value) for p in caught.value.problems] == [
        ("phusong.toml", "receiver_height_m", "20"),
        ("phusong.toml", "time_percent", "10"),
    ]
