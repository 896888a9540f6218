"""What is known of a run before it starts, and how it is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phusong.cli import main
from phusong.console import Reporter
from phusong.cost_points import points_cost
from phusong.cost_samples import Quantity, scaled, sweep_size
from phusong.cost_size import live_bytes, merge_bytes
from phusong.coverage.footprint import AntennaGroup, RadioSite
from phusong.coverage.radio_network import RadioNetwork, prepare_network
from phusong.coverage.row_ring import RowRing
from phusong.estimate import Survey, _plain, _time, survey
from phusong.options import Options
from phusong.project import load_project
from phusong.scene import Scene, prepare
from phusong.stages import levels_stage
from phusong.words import say


@pytest.fixture(scope="module")
def scene(valley: Path) -> Scene:
    project = load_project(valley)
    return prepare(Options(project, project.project.as_of, "en", 2, Reporter("en", quiet=True)))


@pytest.fixture(scope="module")
def found(scene: Scene) -> Survey:
    return survey(scene, 2.0)


def test_counts_are_those_of_the_project(scene: Scene, found: Survey) -> None:
    size = found.size
    assert (size.masts, size.layers, size.hamlets, size.workers) == (3, 2, 12, 2)
    assert size.pixels == scene.terrain.height_m.size
    assert (size.cells, size.points) == (len(scene.cells), len(scene.points))
    reach = [
        np.hypot(scene.points.x_m - x, scene.points.y_m - y) <= scene.range_m
        for x, y in {*zip(scene.cells.x_m.tolist(), scene.cells.y_m.tolist(), strict=True)}
    ]
    assert 0 < size.paths <= np.sum(reach)  # the link budget may reach less far
    assert found.sampled.reading_s == 2.0
    assert all(value > 0 for value in (found.sampled.sweep_s, found.sampled.levels_s, found.sampled.unit_s))
    assert 0 < found.sampled.handing_s < found.sampled.rasters_s
    assert found.reading_memory > 50e6


def test_levels_heard_are_those_of_a_run(scene: Scene, found: Survey) -> None:
    """All three masts are in the sample: nothing is left to guess."""
    levels = levels_stage(scene)
    assert found.size.heard == pytest.approx(len(levels.point))
    assert found.heard_error == 0.0


def test_hamlets_beyond_reach_lack_everything(scene: Scene, found: Survey) -> None:
    assert 0.0 < found.size.lacking < 12.0  # the ridge hides some
    project = scene.options.project
    near = project.propagation.model_copy(update={"maximum_range_km": 0.01})
    options = replace(scene.options, project=project.model_copy(update={"propagation": near}))
    nobody = points_cost(replace(scene, options=options))
    assert (nobody.lacking, nobody.paths, nobody.heard.value) == (12.0, 0, 0.0)


@pytest.mark.parametrize("keep_merge", [True, False])
@pytest.mark.parametrize("by_operator", [True, False])
def test_live_rows_are_those_of_the_ring(scene: Scene, keep_merge: bool, by_operator: bool) -> None:
    network = network_of(scene, by_operator=by_operator)
    keep = (lambda first, stack, units: None) if keep_merge else None
    ring = RowRing(
        scene.terrain, network.sites.masts, network.plan, network.disturbance, lambda layer: None, None, keep
    )
    stack = ring.stack
    live = (
        stack.level_dbm, stack.best_cell, stack.servers, stack.runner_dbm, stack.runner_cell, ring.tally.units
    )  # fmt: skip
    assert live_bytes(scene, network, runners=keep_merge) == sum(array.nbytes for array in live)


def network_of(scene: Scene, *, by_operator: bool) -> RadioNetwork:
    cells = scene.cells.take(np.flatnonzero(scene.cells.active(scene.day)))
    return prepare_network(
        scene.terrain, cells, scene.rule.technologies, scene.settings, scene.range_m,
        by_operator=by_operator, interference=scene.interference,
    )  # fmt: skip


def test_kept_merge_on_the_disk_is_as_large_as_told(own_valley: Path) -> None:
    for line in ("", "by_operator = true\n"):
        path = own_valley / "phusong.toml"
        text = path.read_text(encoding="utf-8").split("[outputs]")[0]
        path.write_text(text + "[outputs]\n" + line, encoding="utf-8")
        with pytest.raises(SystemExit) as stopped:
            main(["coverage", str(own_valley), "--quiet"])
        assert not stopped.value.code
        written = sum(f.stat().st_size for f in (own_valley / ".phusong" / "merge").rglob("*") if f.is_file())
        project = load_project(own_valley)
        options = Options(project, project.project.as_of, "en", 2, Reporter("en", quiet=True))
        scene = prepare(options)
        told = merge_bytes(scene, network_of(scene, by_operator=project.outputs.by_operator))
        assert told == pytest.approx(written, rel=0.02)


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


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_figure_is_shown_with_unit_and_error(
    language: str, own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = results_of(own_valley)
    with pytest.raises(SystemExit) as stopped:
        main(["estimate", str(own_valley), "--lang", language, "--workers", "4", "--quiet"])
    assert not stopped.value.code
    told = capsys.readouterr().out
    cores = [say(f"estimate_core_{unit}", language) for unit in ("h", "min", "s")]
    figures = re.findall(rf"([0-9.,]+) ({'|'.join(cores)}|h|min|s|GB|MB) ± ([0-9]+)%", told)
    units = [unit for _, unit, _ in figures]
    assert sum(unit in cores for unit in units) == 6
    assert sum(unit in ("h", "min", "s") for unit in units) == 1
    assert sum(unit in ("GB", "MB") for unit in units) == 4 + 1 + 5 + 1
    assert all(float(value.replace(",", "")) > 0.0 and 0 < int(error) < 300 for value, _, error in figures)
    flat = " ".join(told.split())
    assert "[outputs] keep_merge" in flat
    assert say("estimate_beyond", language) in flat  # three masts and twelve hamlets
    for key in ("estimate_core_hours", "estimate_memory", "estimate_disk", "estimate_disk_free"):
        assert say(key, language) in flat
    assert say("estimate_wall", language, cores=4) in flat
    assert results_of(own_valley) == before


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.21, "0.21 s ± 5%"),
        (5.9, "5.9 s ± 5%"),
        (6.0, "0.1 min ± 5%"),
        (359.4, "5.99 min ± 5%"),
        (5400.0, "1.5 h ± 5%"),
    ],
)
def test_times_come_in_a_unit_that_fits(seconds: float, told: str) -> None:
    assert _time(Quantity(seconds, 0.05), {unit: unit for unit in ("h", "min", "s")}) == told


def results_of(folder: Path) -> set[Path]:
    """All but the ground on the grid of the run, which any command that reads keeps for the next one."""
    return {path for path in folder.rglob("*") if ".phusong" not in path.parts}


def test_estimate_of_bad_input_ends_with_2(own_valley: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_valley / "layers" / "masts.csv").unlink()
    with pytest.raises(SystemExit) as stopped:
        main(["estimate", str(own_valley), "--lang", "en", "--quiet"])
    assert stopped.value.code == 2
    assert "masts" in capsys.readouterr().err


def test_numbers_have_three_digits_and_no_exponent() -> None:
    assert [_plain(v) for v in (0.0, 0.00042, 0.0123, 7.125, 98.76, 1234.5)] == [
        "0.0000", "0.0004", "0.0123", "7.12", "98.8", "1,234",
    ]  # fmt: skip
