"""Masts come, go and change in a kept merge: after any sequence it is the merge of the masts on air, to the bit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from phusong.coverage.cells import CellTable, TechnologyRule
from phusong.coverage.interference import InterferenceRule, disturbance_of
from phusong.coverage.layer_state import LayerState, MastMerge, Radio
from phusong.coverage.level_kernels import LayerStack
from phusong.coverage.network import network_rows
from phusong.coverage.network_layer import plan_layers
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.state_change import MastChange, MastsOnAir, change_masts
from phusong.coverage.state_kernels import UNKNOWN

Station = tuple[float, float, float, float, float]
"""East and south (m), azimuth (°), power (dBm), height (m)."""
SIZE, RESOLUTION_M, RANGE_M = 40, 100.0, 2500.0
RULES = {"4G": TechnologyRule("4G", -95.0, 8.0, 0.9)}
INTERFERENCE = InterferenceRule()
OPERATORS = ("A", "A", "B")
ARRAYS = ("level_dbm", "best_cell", "runner_dbm", "runner_cell", "servers")


@cache
def terrain() -> TerrainModel:
    y, x = np.mgrid[:SIZE, :SIZE]
    height = (60 + 40 * np.sin(x / 5.0) * np.cos(y / 6.0)).astype(np.float32)
    zone = np.full(height.shape, 4, np.uint8)
    return TerrainModel(height, zone, None, 0.0, SIZE * RESOLUTION_M, RESOLUTION_M, 21.5, 21.0)


def cells_of(stations: dict[str, Station]) -> CellTable:
    """Return three cells for each station, in the order of the stations' names."""
    rows = [(name, *stations[name], k) for name in sorted(stations) for k in range(3)]
    n = len(rows)
    column = np.array([row[1:] for row in rows], dtype=np.float64).T
    return CellTable(
        cell_id=np.array([f"{row[0]}-{row[6]}" for row in rows]),
        mast_id=np.array([row[0] for row in rows]),
        operator=np.array([OPERATORS[row[6]] for row in rows]),
        technology=np.full(n, "4G"),
        antenna=np.full(n, "3gpp-36.814"),
        x_m=column[0],
        y_m=column[1],
        antenna_height_m=column[4] - 10.0 * (column[5] == 2),  # two groups of antennas
        frequency_mhz=np.full(n, 1800.0),
        bandwidth_mhz=np.full(n, 10.0),
        azimuth_deg=(column[2] + 120.0 * column[5]) % 360.0,
        mechanical_tilt_deg=np.zeros(n),
        electrical_tilt_deg=np.zeros(n),
        tx_power_dbm=column[3],
        feeder_loss_db=np.zeros(n),
        on_air=np.full(n, np.datetime64("NaT", "D")),
        off_air=np.full(n, np.datetime64("NaT", "D")),
    )


def merged(cells: CellTable) -> LayerState:
    """Merge all masts."""
    plan = plan_layers(cells, RULES, by_operator=True)
    rows: list[list[NDArray[np.generic]]] = []

    def keep(_: int, stack: LayerStack, units: NDArray[np.float64]) -> None:
        rows.append([*(getattr(stack, name).copy() for name in ARRAYS), units.copy()])

    network_rows(
        terrain(), cells, RULES, PropagationSettings(), RANGE_M, lambda _: None, workers=2, by_operator=True,
        interference=INTERFERENCE, keep=keep,
    )  # fmt: skip
    level, best, runner_dbm, runner, servers, units = (
        np.concatenate(a, axis=1) for a in zip(*rows, strict=True)
    )
    unit_dbm = disturbance_of(cells, ("4G",), INTERFERENCE).unit_dbm
    carriers = (("A", 1800.0), ("B", 1800.0))
    return LayerState(plan, carriers, unit_dbm, level, best, runner_dbm, runner, servers, units)


class Kept:
    """A merge that is changed, with what its numbers stand for."""

    def __init__(self, stations: dict[str, Station]) -> None:
        self.stations = stations
        self.state = merged(cells_of(stations))
        self.names = cells_of(stations).cell_id.tolist()

    def change(self, stations: dict[str, Station]) -> None:
        old, new = cells_of(self.stations), cells_of(stations)
        place = {name: i for i, name in enumerate(new.cell_id.tolist())}
        number = {name: i for i, name in enumerate(self.names) if name}
        changes = {}
        for mast in sorted({*self.stations, *stations}):
            if self.stations.get(mast) == stations.get(mast):
                continue
            gone = come = None
            if mast in self.stations:
                cells = old.take(old.mast_id == mast)
                gone = cells, np.array([number[name] for name in cells.cell_id.tolist()])
            if mast in stations:
                cells = new.take(new.mast_id == mast)
                come = cells, np.arange(len(self.names), len(self.names) + len(cells))
                self.names += cells.cell_id.tolist()
            changes[mast] = MastChange(gone, come)
        rank = np.array([place.get(name, len(new)) for name in self.names], dtype=np.int64)
        for change in changes.values():
            for i in () if change.gone is None else change.gone[1].tolist():
                self.names[i] = ""
        at = {name: i for i, name in enumerate(self.names) if name}
        on_air = MastsOnAir(new, {"4G": np.array([at[name] for name in new.cell_id.tolist()])})
        radio = Radio(terrain(), RULES, PropagationSettings(), RANGE_M, None, None)
        change_masts({"4G": MastMerge(self.state, radio, rank)}, radio, {"4G": changes}, on_air, workers=1)
        self.stations = stations

    def check(self) -> None:
        state, cells = self.state, cells_of(self.stations)
        fresh = merged(cells)
        names = np.array([*cells.cell_id.tolist(), ""])  # -1: the last
        mine = np.array([*self.names, ""])
        np.testing.assert_array_equal(state.level_dbm, fresh.level_dbm)
        np.testing.assert_array_equal(mine[state.best_cell], names[fresh.best_cell])
        np.testing.assert_array_equal(state.servers, fresh.servers)
        np.testing.assert_array_equal(state.units, fresh.units)
        told = state.runner_cell != UNKNOWN
        assert state.runner_cell.min() >= UNKNOWN
        np.testing.assert_array_equal(state.runner_dbm[told], fresh.runner_dbm[told])
        runner = names[fresh.runner_cell[told]]
        np.testing.assert_array_equal(mine[state.runner_cell[told]], runner)
        bound = state.runner_dbm[~told]
        assert np.all((fresh.runner_dbm[~told] <= bound) & (bound <= state.level_dbm[~told]))


def drawn(chance: np.random.Generator) -> dict[str, Station]:
    found = {}
    for number in range(8):
        x, y = chance.uniform(600.0, SIZE * RESOLUTION_M - 600.0, 2)
        station = (float(x), float(y), float(chance.integers(0, 120)), 40.0, 40.0)
        found[f"M{number}"] = station
        if number % 4 == 0:
            found[f"{'AZ'[number // 4]}{number}"] = station  # as strong everywhere: the order decides
    return found


def changed(stations: dict[str, Station], several: int, chance: np.random.Generator) -> dict[str, Station]:
    found = dict(stations)
    for name in chance.choice(sorted(stations), several, replace=False).tolist():
        x, y, azimuth, power, height = stations[name]
        kind = chance.integers(0, 8)
        if kind == 0:
            del found[name]
        elif kind == 1:
            found[name] = (x + 150.0, y, azimuth, power, height)
        elif kind == 2:
            found[name] = (x, y, azimuth, power + float(chance.integers(-6, 3)), height)
        elif kind == 3:
            found["N" + name] = (x, y, azimuth, power, height)
        else:
            found[name] = (x, y, (azimuth + 20.0) % 360.0, power, height)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_changes_of_neighbours_gives_the_merge_of_all(seed: int) -> None:
    chance = np.random.default_rng(seed)
    kept = Kept(drawn(chance))
    kept.check()
    unknown = []
    for several in (1, 3, 5, 2, 4):
        kept.change(changed(kept.stations, several, chance))
        kept.check()
        unknown.append(np.mean(kept.state.runner_cell == UNKNOWN))
    assert max(unknown) > 0.01  # so both ways are gone


def test_runners_up_are_the_best_of_other_masts() -> None:
    stations = drawn(np.random.default_rng(9))
    state, cells = merged(cells_of(stations)), cells_of(stations)
    assert np.mean(state.runner_cell >= 0) > 0.1
    without = {mast: merged(cells_of({m: s for m, s in stations.items() if m != mast})) for mast in stations}
    for mast, others in without.items():
        first = np.append(cells.mast_id, "")[state.best_cell] == mast
        names = np.append(cells.cell_id[cells.mast_id != mast], "")
        np.testing.assert_array_equal(state.runner_dbm[first], others.level_dbm[first])
        np.testing.assert_array_equal(
            np.append(cells.cell_id, "")[state.runner_cell[first]], names[others.best_cell[first]]
        )
