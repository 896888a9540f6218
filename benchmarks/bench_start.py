"""Measure the start: the first-ever run, which compiles the kernels, and a later one. Prints Markdown.

    python benchmarks/bench_start.py

Each is a process of its own that imports the engine and computes one mast's map (with SINR) and one hamlet's
level on a patch of flat land: next to nothing but imports and compilation. Wall seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENGINE = """
import numpy as np
from phusong.coverage.cells import CellTable, PointTable, TechnologyRule
from phusong.coverage.interference import InterferenceRule
from phusong.coverage.network import network_layers, point_levels
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel

shape, one, day = (32, 32), np.ones(1), np.array(["NaT"], "datetime64[D]")
land = np.full(shape, 4, np.uint8)
terrain = TerrainModel(np.zeros(shape, np.float32), land, None, 0.0, 3200.0, 100.0, 21.0, 21.0)
names = (np.array([name]) for name in ("c", "m", "A", "4G", "3gpp-36.814"))
numbers = (value * one for value in (1610, 1610, 40, 1800, 20, 0, 0, 3, 46, 0))
cell = CellTable(*names, *numbers, day, day)
centre = np.array(["centre"])
point = PointTable(np.array(["p"]), np.array([0]), centre, one, 2500 * one, 1610 * one)
rules, settings = {"4G": TechnologyRule("4G", -105.0, 8.0, 0.9)}, PropagationSettings()
network_layers(terrain, cell, rules, settings, 1500.0, interference=InterferenceRule(), workers=1)
point_levels(terrain, cell, point, settings, 1500.0, workers=1)
"""


def seconds(command: list[str], kernels: Path) -> float:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kernels)}
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        first = seconds(["-c", ENGINE], Path(name))
        later = min(seconds(["-c", ENGINE], Path(name)) for _ in range(3))
        told = min(seconds(["-m", "phusong", "--help"], Path(name)) for _ in range(3))
    print("| start | measured (wall) | asked for |\n|---|---|---|")
    print(f"| first-ever run: imports and compilation | {first:.1f} s | ≤ 30 s |")
    print(f"| later run: imports and cached kernels | {later:.1f} s | ≤ 2 s |")
    print(f"| `phusong --help` | {told:.1f} s | |")


if __name__ == "__main__":
    main()
