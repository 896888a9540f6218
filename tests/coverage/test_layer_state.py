"""Masts come, go and change in a kept merge: after any sequence it is the merge of the masts on air, to the bit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from phusong.coverage.cells import CellTable, TechnologyRule
from phusong.coverage.interference import InterferenceRule, disturbance_of
from phusong.coverage.layer_state import ARRAYS, LayerState, state_files
from phusong.coverage.level_kernels import LayerStack
from phusong.coverage.mast_merge import MastMerge, Radio
from phusong.coverage.network import network_rows
from phusong.coverage.network_layer import plan_layers
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel
from phusong.coverage.state_change import MastChange, MastsOnAir, change_masts
from phusong.coverage.state_kernels import UNKNOWN

Station = tuple[float, float, float, float, float]
"""East and south (m), azimuth (°), power (dBm), height (m)."""
SIZE, RESOLUTION_M, RANGE_M = 90, 50.0, 2500.0  # four blocks, three of them cut off by the edge
RULES = {"4G": TechnologyRule("4G", -95.0, 8.0, 0.9)}
INTERFERENCE = InterferenceRule()
OPERATORS = ("A", "A", "B")


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


def merged(cells: CellTable, folder: Path) -> LayerState:
    """Merge all masts."""
    plan, carriers = plan_layers(cells, RULES, by_operator=True), (("A", 1800.0), ("B", 1800.0))
    files = state_files(folder, plan, carriers, (SIZE, SIZE))
    folder.mkdir(exist_ok=True)
    for file in files.values():
        file.make()

    def keep(first: int, stack: LayerStack, units: NDArray[np.float64]) -> None:
        for name, file in files.items():
            values = units if name == "units" else getattr(stack, name)
            file.put(first, values, range(len(values)))

    network_rows(
        terrain(), cells, RULES, PropagationSettings(), RANGE_M, lambda _: None, workers=2, by_operator=True,
        interference=INTERFERENCE, keep=keep,
    )  # fmt: skip
    unit_dbm = disturbance_of(cells, ("4G",), INTERFERENCE).unit_dbm
    return LayerState(plan, carriers, unit_dbm, (SIZE, SIZE), files)


def whole(state: LayerState) -> dict[str, NDArray[np.generic]]:
    """Return all arrays of a merge."""
    rows, columns = state.block_shape
    window = state.window((0, rows, 0, columns))
    return {name: getattr(window, name)[:, :SIZE, :SIZE] for name in ARRAYS}


class Kept:
    """A merge that is changed, with what its numbers stand for."""

    def __init__(self, stations: dict[str, Station], folder: Path) -> None:
        self.stations, self._folder = stations, folder
        self.state = merged(cells_of(stations), folder / "kept")
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

    def check(self) -> float:
        """Hold it against the merge of all masts; return the share of pixels without a known runner-up."""
        state, cells = whole(self.state), cells_of(self.stations)
        fresh = whole(merged(cells, self._folder / "fresh"))
        names = np.array([*cells.cell_id.tolist(), ""])  # -1: the last
        mine = np.array([*self.names, ""])
        for name in ("level_dbm", "servers", "units"):
            np.testing.assert_array_equal(state[name], fresh[name])
        np.testing.assert_array_equal(mine[state["best_cell"]], names[fresh["best_cell"]])
        told = state["runner_cell"] != UNKNOWN
        assert state["runner_cell"].min() >= UNKNOWN
        np.testing.assert_array_equal(state["runner_dbm"][told], fresh["runner_dbm"][told])
        runner = names[fresh["runner_cell"][told]]
        np.testing.assert_array_equal(mine[state["runner_cell"][told]], runner)
        bound = state["runner_dbm"][~told]
        assert np.all((fresh["runner_dbm"][~told] <= bound) & (bound <= state["level_dbm"][~told]))
        return float(np.mean(~told))


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
def test_any_sequence_of_changes_of_neighbours_gives_the_merge_of_all(seed: int, tmp_path: Path) -> None:
    chance = np.random.default_rng(seed)
    kept = Kept(drawn(chance), tmp_path)
    kept.check()
    unknown = []
    for several in (1, 3, 5, 2, 4):
        kept.change(changed(kept.stations, several, chance))
        unknown.append(kept.check())
    assert max(unknown) > 0.01  # so both ways are gone


def test_a_station_that_moves_far_and_goes(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    kept = Kept(drawn(chance), tmp_path)
    (x, y, *rest), name = kept.stations["M2"], "M2"
    far = (4200.0 - x if abs(x - 2250.0) > 800.0 else 700.0, 4200.0 - y, *rest)
    kept.change({**kept.stations, name: far})
    kept.check()
    kept.change({name: station for name, station in kept.stations.items() if name != "M2"})
    kept.check()


@pytest.mark.parametrize("where", [1, 3, 5])
def test_masts_that_only_come_where_a_best_server_went(where: int, tmp_path: Path) -> None:
    """Pixels whose runner-up was unknown are lost until a new mast beats what the unknown can give."""
    kept = Kept(drawn(np.random.default_rng(where)), tmp_path)
    first, second = f"M{where}", f"M{where + 1}"
    kept.change({name: station for name, station in kept.stations.items() if name != first})
    assert kept.check() > 0.01  # the runner-up took over there, and the next one is unknown
    x, y, azimuth, power, height = kept.stations[second]
    left = {name: station for name, station in kept.stations.items() if name != second}
    come = {
        "N": (x + 50.0, y, azimuth, power + 6.0, height),
        "P": (x, y + 50.0, azimuth, power + 9.0, height),
    }
    kept.change({**left, **come})
    kept.check()


def test_runners_up_are_the_best_of_other_masts(tmp_path: Path) -> None:
    stations = drawn(np.random.default_rng(9))
    state, cells = whole(merged(cells_of(stations), tmp_path)), cells_of(stations)
    level, best, runner_dbm, runner = (
        state[name] for name in ("level_dbm", "best_cell", "runner_dbm", "runner_cell")
    )
    assert np.mean(runner >= 0) > 0.1
    for mast in stations:
        others = whole(merged(cells_of({m: s for m, s in stations.items() if m != mast}), tmp_path))
        first = np.append(cells.mast_id, "")[best] == mast
        names = np.append(cells.cell_id[cells.mast_id != mast], "")
        np.testing.assert_array_equal(runner_dbm[first], others["level_dbm"][first])
        np.testing.assert_array_equal(
            np.append(cells.cell_id, "")[runner[first]], names[others["best_cell"][first]]
        )
        assert np.all(runner_dbm <= level)
