"""What a run will cost: grows with the work, within its error of what a run really takes, shown in one table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phusong.cli import main
from phusong.console import Reporter
from phusong.cost_samples import scaled, sweep_size
from phusong.coverage.footprint import AntennaGroup, RadioSite
from phusong.estimate import estimate
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import Scene, prepare


@pytest.fixture(scope="module")
def scene(valley: Path) -> Scene:
    project = load_project(valley)
    return prepare(Options(project, project.project.as_of, "en", 2, Reporter("en", quiet=True)))


def test_counts_are_those_of_the_project(scene: Scene) -> None:
    found = estimate(scene, 2.0)
    assert found.masts == 3
    assert found.pixels == scene.terrain.height_m.size
    assert found.layers == 2
    reach = [
        np.hypot(scene.points.x_m - x, scene.points.y_m - y) <= scene.range_m
        for x, y in {*zip(scene.cells.x_m.tolist(), scene.cells.y_m.tolist(), strict=True)}
    ]
    assert 0 < found.paths <= np.sum(reach)  # the link budget may reach less far
    parts = (found.reading_s, found.sweep_s, found.rasters_s, found.levels_s)
    assert all(part.value > 0 and 0 < part.error < 2 for part in parts)
    assert found.core_hours.value * 3600 == pytest.approx(sum(part.value for part in parts))
    assert found.memory_bytes.value > 50e6
    assert found.disk_bytes.value > 0


def test_more_cores_take_less_time_and_more_memory(scene: Scene) -> None:
    few = estimate(scene)
    many = estimate(replace(scene, options=replace(scene.options, workers=16)))
    assert (few.cores, many.cores) == (2, 16)
    assert many.memory_bytes.value > few.memory_bytes.value
    assert many.wall_s.value < few.wall_s.value


def test_size_of_a_mast_is_its_pixels(scene: Scene) -> None:
    terrain = scene.terrain
    rows, columns = terrain.height_m.shape
    x_m = terrain.x_left_m + columns * terrain.resolution_m * 0.5
    y_m = terrain.y_top_m - rows * terrain.resolution_m * 0.2  # the circle leaves the map in the north
    group = AntennaGroup(
        x_m, y_m, 30.0, np.array([900.0]), np.zeros(1, np.int32), np.zeros(1, np.int32), 3000.0
    )
    row, column = np.mgrid[:rows, :columns]
    away = np.hypot(
        terrain.x_left_m + (column + 0.5) * terrain.resolution_m - x_m,
        terrain.y_top_m - (row + 0.5) * terrain.resolution_m - y_m,
    )
    size = sweep_size(scene.terrain, RadioSite("M", (group,)))
    assert size == pytest.approx(float((away <= 3000.0).sum()), rel=0.03)
    two = replace(group, frequencies_mhz=np.array([900.0, 1800.0]))
    assert sweep_size(scene.terrain, RadioSite("M", (two,))) > size


def test_error_covers_the_truth() -> None:
    """A hundred masts whose cost scatters by a quarter: twelve of them tell the sum within the stated error."""
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(200):
        sizes = rng.uniform(1, 3, 100)
        seconds = sizes * 0.1 * rng.normal(1.0, 0.25, 100).clip(0.1)
        found = scaled(seconds[:12].tolist(), sizes[:12].tolist(), float(sizes.sum()), 100)
        inside += abs(found.value / seconds.sum() - 1) <= found.error
    assert inside >= 182  # 95 % are 190, with a standard deviation of 3
    assert scaled([1.0], [1.0], 50.0, 50).error > 1  # one mast tells little


def test_the_command_prints_a_table_and_writes_nothing(
    own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(own_valley.rglob("*"))
    with pytest.raises(SystemExit) as stopped:
        main(["estimate", str(own_valley), "--lang", "en", "--workers", "4", "--quiet"])
    assert not stopped.value.code
    told = capsys.readouterr().out
    for words in ("core-hours", "4 cores", "Peak memory", "Disk", "GB", "±", "without siting"):
        assert words in told
    assert set(own_valley.rglob("*")) == before
