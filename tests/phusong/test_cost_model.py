"""The cost model: fits what it should, and holds against the kept table of measured runs."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.cost_model import (
    DISK,
    FIGURES,
    MEMORY,
    beyond_table,
    fit,
    predicted,
    predicted_from_others,
    together,
)
from phusong.cost_runs import MeasuredRun, Sampled, Took, kept_runs, read_runs, write_runs
from phusong.cost_samples import Quantity
from phusong.cost_size import RunSize
from phusong.estimate import Survey, estimated

SIZE = RunSize(
    masts=100, cells=900, pixels=2_000_000, layers=4, hamlets=700, points=800, paths=40_000, heard=3e5,
    lacking=50.0, workers=2, ground_bytes=12_000_000, live_bytes=200_000_000, window_bytes=2_000_000,
    tile_bytes=40_000_000, merge_bytes=400_000_000,
)  # fmt: skip
SAMPLED = Sampled(
    reading_s=3.0, sweep_s=20.0, rasters_s=5.0, handing_s=2.0, levels_s=1.0, raster_bytes=2e7, unit_s=0.1
)


def made_up(name: str, times: float, **took: float) -> MeasuredRun:
    """A run `times` as large as SIZE."""
    size = replace(SIZE, ground_bytes=round(SIZE.ground_bytes * times), live_bytes=round(2e8 * times))
    return MeasuredRun(name, "made up", False, size, replace(SAMPLED, sweep_s=20.0 * times), Took(**took))


@pytest.mark.parametrize("figure", sorted(FIGURES))
def test_every_kept_run_is_within_the_stated_error_of_the_others(figure: str) -> None:
    """The table that comes with the program: each run predicted without itself."""
    found = fit(figure, kept_runs())
    guesses = predicted_from_others(figure, kept_runs())
    assert len(guesses) == found.runs >= 2
    for run, guess in guesses:
        assert abs(getattr(run.took, figure) / guess - 1.0) <= found.error + 1e-9, run.name


def test_kept_table_is_worth_something() -> None:
    """Several sizes, layers per operator too; memory and disk are told within a third."""
    runs = kept_runs()
    assert len({run.name for run in runs}) == len(runs) >= 6
    pixels = [run.size.pixels for run in runs]
    assert max(pixels) > 5 * min(pixels)
    assert any(run.size.layers > 4 for run in runs)
    assert any(run.size.merge_bytes == 0 for run in runs)
    assert all(run.circumstances for run in runs)
    assert fit("layers_memory", runs).error <= 0.3
    assert fit("merge_disk", runs).error <= 0.1


def test_factors_of_exact_sums_are_found_and_none_is_negative() -> None:
    runs = tuple(
        made_up(str(i), times, points_memory=3e8 + 2.0 * made_up("", times).size.ground_bytes)
        for i, times in enumerate((1, 2, 5, 9))
    )
    found = fit("points_memory", runs)
    told = predicted("points_memory", runs[2].size, SAMPLED, runs[:2] + runs[3:])
    assert told.value == pytest.approx(3e8 + 10.0 * SIZE.ground_bytes)
    assert found.error == 0.05  # the least that is told
    falling = tuple(made_up(str(i), t, points_memory=1e9 / t) for i, t in enumerate((1.0, 2.0, 3.0)))
    assert all(factor >= 0.0 for factor in fit("points_memory", falling).factors)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.6, 1.6), min_size=2, max_size=6))
def test_error_covers_each_run_left_out(noise: list[float]) -> None:
    """Against the plain way: one factor, by least squares of the relative error, of all runs but one."""
    terms = [3.0 + 20.0 * (i + 1) + 5.0 for i in range(len(noise))]
    runs = tuple(
        made_up(str(i), i + 1.0, layers_s=term * n)
        for i, (term, n) in enumerate(zip(terms, noise, strict=True))
    )
    worst = 0.0
    for i, n in enumerate(noise):
        others = noise[:i] + noise[i + 1 :]
        factor = sum(1 / x for x in others) / sum(1 / x**2 for x in others)
        worst = max(worst, abs(n / factor - 1.0))
    found = fit("layers_s", runs)
    assert worst - 1e-9 <= found.error <= max(worst, 0.05) + 0.05


def test_one_run_tells_little_and_none_nothing() -> None:
    one = (made_up("one", 1.0, layers_s=30.0),)
    assert predicted("layers_s", SIZE, SAMPLED, one).value == pytest.approx(30.0)
    assert fit("layers_s", one).error == 0.5
    with pytest.raises(ValueError, match="no measured run tells rest_s"):
        fit("rest_s", one)


def test_errors_are_claimed_near_measured_runs_only() -> None:
    runs = kept_runs()
    assert not any(beyond_table(run.size) for run in runs)
    largest = max(runs, key=lambda run: run.size.pixels).size
    assert not beyond_table(replace(largest, pixels=round(1.9 * largest.pixels)))
    assert beyond_table(replace(largest, pixels=round(2.1 * largest.pixels)))
    assert beyond_table(replace(largest, hamlets=12))


def test_errors_of_a_sum_add_up() -> None:
    total = together(Quantity(10.0, 0.1), Quantity(30.0, 0.3))
    assert (total.value, total.error) == (40.0, pytest.approx(0.25))
    assert together().value == 0.0


def test_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "runs.toml"
    write_runs(path, kept_runs())
    assert read_runs(path) == kept_runs()
    odd = replace(kept_runs()[0], name='thử "một"', circumstances="a\\b", took=Took(layers_s=1.25))
    write_runs(path, [odd])
    again = read_runs(path)[0]
    assert (again.name, again.circumstances, again.took) == (odd.name, odd.circumstances, odd.took)


def test_estimate_says_what_its_parts_say() -> None:
    found = estimated(Survey(SIZE, SAMPLED, 3e8, 0.1, 0.2, 0.3))
    assert set(found.core_s) == {"reading", "sweep", "rasters", "points", "rest"}
    assert set(found.memory) == {"reading", *(name.removesuffix("_memory") for name in MEMORY)}
    assert set(found.disk) == {name.removesuffix("_disk") for name in DISK}
    assert found.core_hours.value * 3600 == pytest.approx(sum(part.value for part in found.core_s.values()))
    assert found.memory_bytes.value == max(part.value for part in found.memory.values())
    highest = max(part.value * (1.0 + part.error) for part in found.memory.values())
    assert found.memory_bytes.value * (1.0 + found.memory_bytes.error) == pytest.approx(highest)
    assert found.disk_bytes.value == pytest.approx(sum(part.value for part in found.disk.values()))
    assert found.core_s["sweep"].error == pytest.approx(math.hypot(0.1, fit("layers_s", kept_runs()).error))
    for part in (*found.core_s.values(), *found.memory.values(), *found.disk.values(), found.wall_s):
        assert part.value > 0.0
        assert 0.0 < part.error < 3.0


def test_what_is_not_kept_takes_no_room_and_more_threads_less_time() -> None:
    plain, bare = Survey(SIZE, SAMPLED), Survey(replace(SIZE, merge_bytes=0), SAMPLED)
    assert estimated(plain).disk["merge"].value > 1e8
    assert estimated(bare).disk["merge"].value == 0.0
    many = estimated(Survey(replace(SIZE, workers=16), SAMPLED))
    assert many.wall_s.value < estimated(plain).wall_s.value
    assert many.memory["layers"].value > estimated(plain).memory["layers"].value
    # however many threads, rows are handed on by one at a time, and reading is done alone
    endless = estimated(Survey(replace(SIZE, workers=10_000), replace(SAMPLED, levels_s=0.0)))
    assert endless.wall_s.value > 0.5 * (SAMPLED.reading_s + SAMPLED.handing_s)
