"""Rows are handed on in order, and memory goes with the range, not with the height of the map."""

from __future__ import annotations

import tracemalloc
from functools import cache

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, TechnologyRule
from phusong.coverage.footprint import prepare_sites
from phusong.coverage.interference import InterferenceRule, disturbance_of
from phusong.coverage.network import network_rows
from phusong.coverage.network_layer import LayerKey, NetworkLayer, plan_layers
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.row_ring import BAND_ROWS, RowRing

SETTINGS = PropagationSettings()
RANGE_M = 2000.0
RESOLUTION_M = 100.0
COLUMNS = 40
RULES = {"2G": TechnologyRule("2G", -80.0, 8.0, 0.9), "4G": TechnologyRule("4G", -95.0, 8.0, 0.9)}
INTERFERENCE = InterferenceRule()


@cache
def terrain(rows: int) -> TerrainModel:
    y, x = np.mgrid[:rows, :COLUMNS]
    height = (60 + 50 * np.sin(x / 7.0) * np.cos(y / 5.0)).astype(np.float32)
    zone = np.full(height.shape, 4, np.uint8)
    return TerrainModel(height, zone, None, 0.0, rows * RESOLUTION_M, RESOLUTION_M, 21.5, 21.0)


@cache
def network(rows: int) -> CellTable:
    """Twelve masts from the northern edge to the southern one, each of two operators and technologies."""
    masts = 12
    mast = np.repeat(np.arange(masts), 4)
    n = len(mast)
    return CellTable(
        cell_id=np.array([f"C{i}" for i in range(n)]),
        mast_id=np.array([f"M{5 * m % 12:02d}" for m in mast]),
        operator=np.tile(["A", "B"], n // 2),
        technology=np.tile(["2G", "2G", "4G", "4G"], masts),
        antenna=np.full(n, "omni"),
        x_m=500.0 + 270.0 * mast,
        y_m=60.0 + (rows * RESOLUTION_M - 120.0) * mast / (masts - 1),
        antenna_height_m=np.full(n, 30.0),
        frequency_mhz=np.tile([940.0, 940.0, 1800.0, 1800.0], masts),
        bandwidth_mhz=np.full(n, 10.0),
        azimuth_deg=np.full(n, np.nan),
        mechanical_tilt_deg=np.zeros(n),
        electrical_tilt_deg=np.zeros(n),
        tx_power_dbm=np.full(n, 43.0),
        feeder_loss_db=np.zeros(n),
        on_air=np.full(n, np.datetime64("NaT", "D")),
        off_air=np.full(n, np.datetime64("NaT", "D")),
    )


def run(rows: int, sink: object, workers: int = 1) -> None:
    network_rows(
        terrain(rows), network(rows), RULES, SETTINGS, RANGE_M, sink,  # type: ignore[arg-type]
        workers=workers, by_operator=True, interference=INTERFERENCE,
    )  # fmt: skip


@pytest.mark.parametrize("rows", [1, BAND_ROWS, 5 * BAND_ROWS + 7])
@pytest.mark.parametrize("workers", [1, 3])
def test_every_row_of_every_layer_once_and_from_north_to_south(rows: int, workers: int) -> None:
    next_row: dict[LayerKey, int] = {}

    def sink(band: NetworkLayer) -> None:
        assert band.first_row == next_row.get(band.key, 0)
        assert band.sinr_db is not None
        shapes = {a.shape for a in (band.level_dbm, band.best_cell, band.servers, band.sinr_db)}
        assert shapes == {(min(BAND_ROWS, rows - band.first_row), COLUMNS)}
        next_row[band.key] = band.first_row + len(band.servers)

    run(rows, sink, workers)
    keys = ["2G", "4G", *((t, o) for t in ("2G", "4G") for o in ("A", "B"))]
    assert next_row == dict.fromkeys(keys, rows)


def ring_bytes(rows: int) -> int:
    cells = network(rows)
    plan = plan_layers(cells, RULES, by_operator=True)
    floor = {t: plan.floor_dbm(t) for t in plan.technologies}
    masts = prepare_sites(terrain(rows), cells, floor, SETTINGS, RANGE_M).masts
    return RowRing(
        terrain(rows), masts, plan, disturbance_of(cells, plan.technologies, INTERFERENCE), lambda _: None
    ).nbytes


def test_live_bytes_do_not_grow_with_the_map() -> None:
    pixels = 3 * BAND_ROWS * COLUMNS  # 42 rows in range, a band and some slack, in whole bands
    per_pixel = 4 * (4 + 4) + 6 * 2 + 4 * 8  # levels and cells of operators, counts of all layers, carriers
    assert ring_bytes(600) - pixels * per_pixel == 2 * 4 * 4  # threshold and floor of the layers
    assert ring_bytes(2400) == ring_bytes(600)


def test_memory_of_a_whole_run_does_not_grow_with_the_map() -> None:
    def peak(rows: int) -> int:
        terrain(rows), network(rows)
        tracemalloc.start()
        try:
            run(rows, lambda _: None)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # compiles
    assert peak(2400) < 1.05 * peak(600)


def test_a_sink_that_fails_stops_the_run() -> None:
    def full(band: NetworkLayer) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        run(600, full, workers=3)
