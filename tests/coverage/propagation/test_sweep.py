"""The kernels against the readable reference, path by path, and the maps against exact paths."""

from __future__ import annotations

import csv
import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phusong.coverage.propagation import kernels, sweep
from phusong.coverage.propagation.p1812 import (
    Profile,
    basic_transmission_loss,
    location_variability_db,
)
from phusong.coverage.propagation.terrain import PropagationSettings, TerrainModel

FREQUENCIES = (150.0, 900.0, 2600.0)
EXACT = 1e-6  # dB, float64
STORED = 0.01  # dB, float32 maps


def hills(size: int, seed: int, relief_m: float) -> NDArray[np.float32]:
    """Self-similar terrain, 0 … relief_m."""
    wave = np.fft.fftfreq(size)
    power = wave[:, None] ** 2 + wave[None, :] ** 2
    power[0, 0] = 1.0
    noise = np.random.default_rng(seed).standard_normal((size, size))
    height = np.fft.ifft2(np.fft.fft2(noise) * power**-0.95).real
    height -= height.min()
    return (height * (relief_m / height.max())).astype(np.float32)


def terrain_of(
    height: NDArray[np.float32],
    zone: NDArray[np.uint8] | None = None,
    clutter: NDArray[np.float32] | None = None,
    resolution_m: float = 30.0,
) -> TerrainModel:
    rows = height.shape[0]
    return TerrainModel(
        height_m=height,
        zone=np.full(height.shape, 4, np.uint8) if zone is None else zone,
        clutter_m=clutter,
        x_left_m=600_000.0,
        y_top_m=2_300_000.0,
        resolution_m=resolution_m,
        latitude_top_deg=20.8,
        latitude_bottom_deg=20.8 - (rows - 1) * resolution_m / 110_700.0,
    )


def centre(terrain: TerrainModel, row: float, column: float) -> tuple[float, float]:
    return (
        terrain.x_left_m + (column + 0.5) * terrain.resolution_m,
        terrain.y_top_m - (row + 0.5) * terrain.resolution_m,
    )


def coast_km(profile: Profile) -> tuple[float, float]:
    """Distances over land to the coast, midway between a land and a sea point."""
    sea = np.flatnonzero(profile.zone == 1)
    if sea.size == 0:
        return 500.0, 500.0
    d = profile.distance_km
    first, last = int(sea[0]), int(sea[-1])
    from_t = 0.0 if first == 0 else float(d[first - 1] + d[first]) / 2.0
    from_r = 0.0 if last == len(d) - 1 else float(d[-1] - (d[last] + d[last + 1]) / 2.0)
    return from_t, from_r


def reference_db(
    profile: Profile, tx_m: float, frequency_mhz: float, latitude: float, model: PropagationSettings
) -> float:
    from_t, from_r = coast_km(profile)
    sigma = 0.0
    if profile.zone[-1] != 1:
        sigma = location_variability_db(
            frequency_mhz / 1000.0, 30.0, model.receiver_height_m, float(profile.clutter_m[-1])
        )
    return basic_transmission_loss(
        profile,
        frequency_mhz / 1000.0,
        tx_m,
        model.receiver_height_m,
        time_percent=model.time_percent,
        location_percent=model.location_percent,
        delta_n=model.delta_n,
        n0=model.n0,
        polarisation=model.polarisation,
        latitude_deg=latitude,
        location_sigma_db=0.0 if model.location_percent == 50.0 else sigma,
        dct_km=from_t,
        dcr_km=from_r,
    ).lb_db


# ---------------------------------------------------------------------------------------------------------
# Elementary functions


def test_elementary_functions_keep_their_stated_error() -> None:
    x = np.concatenate((np.geomspace(1e-30, 1e30, 2000), 1.0 + np.linspace(-1e-6, 1e-6, 50)))
    ours = np.array([kernels.log2(v) for v in x])
    assert np.max(np.abs(ours - np.log2(x)) / np.maximum(np.abs(np.log2(x)), 1.0)) < 1e-15
    x = np.linspace(-300.0, 300.0, 3001)
    assert np.max(np.abs(np.array([kernels.exp2(v) for v in x]) / np.exp2(x) - 1.0)) < 2e-15
    assert np.isfinite(kernels.exp2(1e9)) and kernels.exp2(-1e9) < 1e-300
    x = np.concatenate((np.linspace(-5.0, 5.0, 2000), [1e9, -1e9, 0.41421356237309503, 2.414213562373095]))
    assert np.max(np.abs(np.array([kernels.atan(v) for v in x]) - np.arctan(x))) < 1e-15
    x = np.linspace(-1.0, 1.0, 2001)
    ours = np.array([kernels.sin_of_third_asin(v) for v in x])
    assert np.max(np.abs(ours - np.sin(np.arcsin(x) / 3.0))) < 1e-15


# ---------------------------------------------------------------------------------------------------------
# One profile


def read_case(folder: Path, log: Path) -> tuple[Profile, dict[str, float]]:
    with log.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 3 and row[3]]
    values: dict[str, float] = {}
    for row in rows[1:]:
        values.setdefault(row[0].strip(), float(row[3]))
    name = log.name.rsplit("_", 2)[0]
    with (folder / "profiles" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    start = next(k for k, line in enumerate(lines) if line and line[0] == "Number of Points:")
    points = lines[start + 1 : start + 1 + int(lines[start][1])]
    column = [[float(line[k]) for line in points] for k in (0, 1, 3, 4)]
    return (
        Profile(
            distance_km=np.array(column[0]),
            height_m=np.array(column[1]),
            clutter_m=np.array(column[2]),
            zone=np.array(column[3], dtype=np.int64),
        ),
        values,
    )


@pytest.mark.shared
def test_reference_vectors_of_the_itu(shared_data: Path) -> None:
    folder = shared_data / "validation" / "p1812"
    logs = sorted((folder / "results").glob("*_log.csv"))
    assert len(logs) == 39
    for log in logs:
        profile, value = read_case(folder, log)
        model = PropagationSettings(
            time_percent=value["p (%)"],
            delta_n=value["DN"],
            n0=value["N0"],
            polarisation="horizontal" if value["pol"] == 1 else "vertical",
            receiver_height_m=value["hrg (m)"],
        )
        ours = sweep.loss_of_profile(
            profile, value["htg (m)"], [1000.0 * value["f (GHz)"]], model, value["phi (deg)"]
        )
        assert abs(ours[0] - value["Lb (dB)"]) < 1e-7, log.name


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Flat, sea, steps, spikes, plateaus with exact ties, rough: with and without clutter and zones."""
    n = draw(st.integers(2, 160))
    step = draw(st.sampled_from((0.03, 0.09, 0.45)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(("flat", "sea", "cliff", "spikes", "plateaus", "rough", "slope")))
    x = np.arange(n + 1)
    height = {
        "flat": np.full(n + 1, 7.0),
        "sea": np.zeros(n + 1),
        "cliff": np.where(x > n * rng.random(), 250.0, 3.0),
        "spikes": np.where(rng.random(n + 1) < 0.1, 120.0, 5.0),
        "plateaus": 40.0 * np.round(np.cumsum(rng.standard_normal(n + 1)) / 3.0),
        "rough": 60.0 * rng.standard_normal(n + 1),
        "slope": x * rng.uniform(-10.0, 10.0),
    }[kind]
    clutter = np.zeros(n + 1)
    if draw(st.booleans()):
        clutter = rng.choice([0.0, 0.0, 5.0, 15.0, 20.0], n + 1)
    zone = np.full(n + 1, 1 if kind == "sea" else draw(st.sampled_from((3, 4))))
    if draw(st.booleans()):
        zone = np.repeat(rng.choice([1, 3, 4], n + 1, p=[0.6, 0.2, 0.2]), 7)[: n + 1]
    return Profile(distance_km=x * step, height_m=height, clutter_m=clutter, zone=zone)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    profile=profiles(),
    tx_m=st.sampled_from((3.0, 30.0, 45.0, 150.0)),
    p=st.sampled_from((50.0, 50.0, 10.0, 1.0)),
    location=st.sampled_from((50.0, 50.0, 95.0)),
    polarisation=st.sampled_from(("horizontal", "vertical")),
    latitude=st.sampled_from((21.0, -9.0, 72.0)),
    pick=st.integers(0, 2**32 - 1),
)
def test_sweep_and_exact_mode_equal_the_reference(
    profile: Profile,
    tx_m: float,
    p: float,
    location: float,
    polarisation: str,
    latitude: float,
    pick: int,
) -> None:
    model = PropagationSettings(
        time_percent=p, location_percent=location, polarisation=polarisation, delta_n=52.0, n0=360.0
    )
    n = len(profile.distance_km) - 1
    north = latitude + 0.1
    swept = sweep.loss_along_profile(profile, tx_m, FREQUENCIES, model, (latitude, north))
    assert np.isnan(swept[:, :2]).all()
    for i in {2, n, *np.random.default_rng(pick).integers(2, n + 1, 4).tolist()}:
        part = Profile(
            distance_km=profile.distance_km[: i + 1],
            height_m=profile.height_m[: i + 1],
            clutter_m=profile.clutter_m[: i + 1],
            zone=profile.zone[: i + 1],
        )
        phi = latitude + 0.5 * 0.1 * i / n
        alone = sweep.loss_of_profile(part, tx_m, FREQUENCIES, model, phi)
        for k, frequency in enumerate(FREQUENCIES):
            expected = reference_db(part, tx_m, frequency, phi, model)
            assert abs(swept[k, i] - expected) < EXACT
            assert abs(alone[k] - expected) < EXACT


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    profile=profiles(),
    p=st.sampled_from((50.0, 50.0, 10.0)),
    location=st.sampled_from((50.0, 95.0)),
    seed=st.integers(0, 2**32 - 1),
)
def test_receivers_between_the_points_equal_the_reference(
    profile: Profile, p: float, location: float, seed: int
) -> None:
    """Map mode puts receivers at sixteenths of a step: the last interval is 8 … 23 of them long."""
    model = PropagationSettings(time_percent=p, location_percent=location)
    step = float(profile.distance_km[1])
    rng = np.random.default_rng(seed)
    last = 16 * (len(profile.distance_km) - 1)
    parts = np.sort(rng.integers(24, last + 9, 12))
    height = rng.uniform(0.0, 60.0, 12)
    clutter = rng.choice([0.0, 8.0], 12)
    zone = rng.choice([1, 3, 4], 12).astype(np.uint8)
    loss = kernels.line_losses(
        profile.height_m,
        profile.clutter_m,
        profile.zone.astype(np.uint8),
        step,
        parts,
        height,
        clutter,
        zone,
        21.0,
        0.001,
        sweep._frequency_table(FREQUENCIES, model),
        sweep._scenario(model, 25.0, 30.0, near_field=False),
    )
    for k in range(12):
        points = (int(parts[k]) - 8) // 16 + 1
        part = Profile(
            distance_km=np.append(profile.distance_km[:points], parts[k] / 16 * step),
            height_m=np.append(profile.height_m[:points], height[k]),
            clutter_m=np.append(profile.clutter_m[:points], clutter[k]),
            zone=np.append(profile.zone[:points], zone[k]),
        )
        for q, frequency in enumerate(FREQUENCIES):
            expected = reference_db(part, 25.0, frequency, 21.0 + 0.001 * parts[k] / 16, model)
            assert abs(loss[q, k] - expected) < EXACT


@settings(max_examples=25, deadline=None, derandomize=True)
@given(profile=profiles(), seed=st.integers(0, 2**32 - 1), p=st.sampled_from((50.0, 10.0)))
def test_unevenly_spaced_profiles_equal_the_reference(profile: Profile, seed: int, p: float) -> None:
    steps = np.random.default_rng(seed).uniform(0.02, 0.5, len(profile.distance_km) - 1)
    uneven = replace(profile, distance_km=np.concatenate(([0.0], np.cumsum(steps))))
    model = PropagationSettings(time_percent=p)
    ours = sweep.loss_of_profile(uneven, 30.0, FREQUENCIES, model, 21.0)
    for k, frequency in enumerate(FREQUENCIES):
        assert abs(ours[k] - reference_db(uneven, 30.0, frequency, 21.0, model)) < EXACT


@settings(max_examples=25, deadline=None, derandomize=True)
@given(profile=profiles())
def test_reciprocity(profile: Profile) -> None:
    there = PropagationSettings(receiver_height_m=10.0)
    back = PropagationSettings(receiver_height_m=40.0)
    forth = sweep.loss_of_profile(profile, 40.0, FREQUENCIES, there, 21.0)
    other = sweep.loss_of_profile(profile.reversed(), 10.0, FREQUENCIES, back, 21.0)
    np.testing.assert_allclose(forth, other, atol=1e-6)


def test_higher_mast_loses_less_on_flat_ground() -> None:
    n = 400
    flat = Profile(
        distance_km=np.arange(n + 1) * 0.05,
        height_m=np.full(n + 1, 5.0),
        clutter_m=np.zeros(n + 1),
        zone=np.full(n + 1, 4),
    )
    model = PropagationSettings()
    losses = [
        sweep.loss_along_profile(flat, height, [900.0], model, (21.0, 21.0))[
            0, 80:
        ]  # from 4 km on: nearer, a higher mast is farther away
        for height in (10.0, 20.0, 30.0, 45.0, 60.0, 90.0)
    ]
    for low, high in itertools.pairwise(losses):
        assert np.all(high <= low + 1e-9)


# ---------------------------------------------------------------------------------------------------------
# Listed points


def test_points_equal_the_reference_on_their_profiles() -> None:
    height = hills(160, 3, 300.0)
    rng = np.random.default_rng(1)
    zone = np.where(height < 60.0, 1, np.where(height < 100.0, 3, 4)).astype(np.uint8)
    height = np.where(zone == 1, 0.0, height).astype(np.float32)
    clutter = rng.choice(np.array([0.0, 10.0, 20.0], np.float32), height.shape)
    terrain = terrain_of(height, zone, clutter)
    x0, y0 = centre(terrain, 81.3, 77.8)
    x = x0 + rng.uniform(-2300.0, 2300.0, 300)
    y = y0 + rng.uniform(-2300.0, 2300.0, 300)
    checked = 0
    for p in (50.0, 10.0):
        model = PropagationSettings(time_percent=p, location_percent=90.0)
        loss = sweep.loss_at_points(terrain, x0, y0, 30.0, FREQUENCIES, x, y, model)
        for k in range(0, 300, 5):
            profile = sweep.profile_between(terrain, x0, y0, x[k], y[k])
            assert profile is not None
            if profile.length_km < sweep.MODEL_FROM_KM:
                continue
            middle = (terrain.y_top_m - 0.5 * (y0 + y[k])) / terrain.resolution_m - 0.5
            latitude = 20.8 - middle * terrain.resolution_m / 110_700.0
            for q, frequency in enumerate(FREQUENCIES):
                expected = reference_db(profile, 30.0, frequency, latitude, model)
                assert abs(loss[q, k] - expected) < EXACT
            checked += 1
    assert checked > 100


def test_profile_ends_at_the_receiver_on_bilinear_ground() -> None:
    terrain = terrain_of(hills(50, 1, 100.0))
    x0, y0 = centre(terrain, 10.0, 10.0)
    x1, y1 = centre(terrain, 30.25, 24.5)
    profile = sweep.profile_between(terrain, x0, y0, x1, y1)
    assert profile is not None
    assert profile.length_km == pytest.approx(0.03 * np.hypot(20.25, 14.5), rel=1e-12)
    assert profile.height_m[0] == terrain.height_m[10, 10]
    h = terrain.height_m.astype(np.float64)
    top = 0.5 * (h[30, 24] + h[30, 25])
    bottom = 0.5 * (h[31, 24] + h[31, 25])
    assert profile.height_m[-1] == pytest.approx(0.75 * top + 0.25 * bottom, rel=1e-12)
    steps = np.diff(profile.distance_km)
    assert steps.max() <= 0.03 + 1e-12 and np.ptp(steps) < 1e-12


def test_paths_over_voids_and_beyond_the_terrain_are_unknown() -> None:
    height = np.full((60, 60), 10.0, np.float32)
    height[30, 40] = np.nan
    terrain = terrain_of(height)
    x0, y0 = centre(terrain, 30, 20)
    places = [(30, 38.9), (30, 39.5), (30, 40), (30, 50), (20, 50), (30, 59.4), (30, 59.6), (70, 20)]
    x, y = np.array([centre(terrain, *place) for place in places]).T
    loss = sweep.loss_at_points(terrain, x0, y0, 30.0, [900.0], x, y, PropagationSettings())[0]
    assert np.isfinite(loss).tolist() == [True, False, False, False, True, False, False, False]
    assert sweep.profile_between(terrain, x0, y0, x[3], y[3]) is None
    window = sweep.loss_window(terrain, x0, y0, 30.0, [900.0], 5000.0, PropagationSettings())
    known = np.isfinite(window.loss_db[0])
    assert (window.row, window.column, known.shape) == (0, 0, (60, 60))
    assert not known[30, 40:].any()
    # only the shadow of the void is missing
    assert known[:, :39].all() and known[:25].all() and known[36:].all()


# ---------------------------------------------------------------------------------------------------------
# Maps


@pytest.mark.parametrize("p", [50.0, 10.0])
def test_map_equals_exact_paths_along_the_axes(p: float) -> None:
    """Due north, east, south, west the pixels lie on a radial: nothing is interpolated there."""
    height = hills(201, 5, 500.0)
    clutter = np.random.default_rng(2).choice(np.array([0.0, 12.0], np.float32), height.shape)
    terrain = terrain_of(height, None, clutter)
    x0, y0 = centre(terrain, 100, 100)
    model = PropagationSettings(time_percent=p)
    window = sweep.loss_window(terrain, x0, y0, 30.0, FREQUENCIES, 2900.0, model)
    steps = np.arange(5, 96)
    for down, right in ((-1, 0), (0, 1), (1, 0), (0, -1)):
        rows, columns = 100 + down * steps, 100 + right * steps
        x, y = np.array([centre(terrain, r, c) for r, c in zip(rows, columns, strict=True)]).T
        exact = sweep.loss_at_points(terrain, x0, y0, 30.0, FREQUENCIES, x, y, model)
        ours = window.loss_db[:, rows - window.row, columns - window.column]
        assert np.max(np.abs(ours - exact)) < STORED


def test_map_is_close_to_exact_paths_everywhere() -> None:
    height = hills(240, 7, 150.0)
    terrain = terrain_of(height)
    x0, y0 = centre(terrain, 118.4, 121.7)
    model = PropagationSettings()
    window = sweep.loss_window(terrain, x0, y0, 35.0, [900.0], 3200.0, model)
    rows, columns = np.nonzero(np.isfinite(window.loss_db[0]))
    x, y = np.array(centre(terrain, rows + window.row, columns + window.column))
    exact = sweep.loss_at_points(terrain, x0, y0, 35.0, [900.0], x, y, model)[0]
    error = np.abs(window.loss_db[0, rows, columns] - exact)
    assert error.size > 30_000
    assert error.mean() < 0.25 and np.percentile(error, 99) < 2.5
    # next to the station nothing but free space
    near = np.hypot(x - x0, y - y0) < 120.0
    assert near.sum() > 30 and error[near].max() < STORED


@pytest.mark.parametrize("place", [(0.3, 0.2), (-0.4, 30.1), (59.45, 59.3), (30.0, -0.49), (20.0, 20.0)])
def test_flat_map_equals_exact_paths_at_the_edges_of_the_raster(place: tuple[float, float]) -> None:
    terrain = terrain_of(np.full((60, 60), 10.0, np.float32))
    x0, y0 = centre(terrain, *place)
    window = sweep.loss_window(terrain, x0, y0, 10.0, [900.0], 4000.0, PropagationSettings())
    rows, columns = np.mgrid[0:60, 0:60]
    x, y = np.array(centre(terrain, rows.ravel(), columns.ravel()))  # type: ignore[arg-type]
    exact = sweep.loss_at_points(terrain, x0, y0, 10.0, [900.0], x, y, PropagationSettings())[0]
    assert window.loss_db.shape == (1, 60, 60)
    far = np.hypot(x - x0, y - y0) > 1.0
    assert np.max(np.abs(window.loss_db[0].ravel() - exact)[far]) < 0.25


@pytest.mark.parametrize("beyond", [0.51, 0.99, 1.01, 1.6])
def test_points_beyond_each_edge_of_the_raster_are_unknown(beyond: float) -> None:
    terrain = terrain_of(np.full((60, 40), 10.0, np.float32))
    outside = [(-beyond, 20), (59 + beyond, 20), (30, -beyond), (30, 39 + beyond), (-beyond, -beyond)]
    inside = [(-0.49, 20), (59.49, 20), (30, -0.49), (30, 39.49), (-0.49, -0.49)]
    x, y = np.array([centre(terrain, *place) for place in outside + inside]).T
    x0, y0 = centre(terrain, 30.2, 19.6)
    loss = sweep.loss_at_points(terrain, x0, y0, 30.0, [900.0], x, y, PropagationSettings())[0]
    assert np.isfinite(loss).tolist() == [False] * 5 + [True] * 5


@pytest.mark.parametrize("p", [50.0, 10.0])
@pytest.mark.parametrize("place", [(2.3, 1.7), (2.3, 57.2), (67.6, 1.4), (66.9, 58.8), (33.3, 29.8)])
def test_a_window_cut_by_the_edges_holds_what_the_whole_one_holds(
    p: float, place: tuple[float, float]
) -> None:
    """The same ground in a raster of its own: no row, column or pixel may be shifted or wrapped round."""
    height = hills(120, 9, 200.0)
    whole, part = terrain_of(height), terrain_of(np.ascontiguousarray(height[20:90, 25:85]))
    model = PropagationSettings(time_percent=p)
    station = centre(whole, place[0] + 20, place[1] + 25)
    there = sweep.loss_window(whole, *station, 25.0, [900.0], 1500.0, model)
    here = sweep.loss_window(part, *centre(part, *place), 25.0, [900.0], 1500.0, model)
    alone, full = np.full((2, *height.shape), np.nan, np.float32)
    for on, window, shift in ((alone, here, (20, 25)), (full, there, (0, 0))):
        rows, columns = window.loss_db.shape[1:]
        top, left = window.row + shift[0], window.column + shift[1]
        on[top : top + rows, left : left + columns] = window.loss_db[0]
    np.testing.assert_array_equal(np.isfinite(alone)[20:90, 25:85], np.isfinite(full)[20:90, 25:85])
    # beyond the outermost pixels' centres the ground is held level
    inner = np.s_[21:89, 26:84]
    assert np.isfinite(full[inner]).sum() > 1500
    np.testing.assert_allclose(alone[inner], full[inner], atol=STORED)


def test_every_pixel_in_range_and_no_other_has_a_value() -> None:
    terrain = terrain_of(hills(90, 4, 50.0), resolution_m=90.0)
    for row, column, reach in ((45.2, 44.9, 2000.0), (0.0, 0.0, 3000.0), (-0.5, 89.5, 900.0), (45, 3, 80.0)):
        x0, y0 = centre(terrain, row, column)
        window = sweep.loss_window(terrain, x0, y0, 30.0, [900.0], reach, PropagationSettings())
        shape = window.loss_db.shape[1:]
        rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
        x, y = centre(terrain, rows + window.row, columns + window.column)  # type: ignore[arg-type]
        distance = np.hypot(x - x0, y - y0)
        clear = np.abs(distance - reach) > 1e-6
        assert (np.isfinite(window.loss_db[0]) == (distance <= reach))[clear].all()


def test_free_space_passes_smoothly_into_the_model() -> None:
    height = np.full((60, 60), 10.0, np.float32)
    height[:, 33] = 60.0  # a wall 90 m east of the station
    terrain = terrain_of(height)
    x0, y0 = centre(terrain, 30, 30)
    model = PropagationSettings()
    x = x0 + np.linspace(61.0, 400.0, 200)
    loss = sweep.loss_at_points(terrain, x0, y0, 20.0, [900.0], x, np.full_like(x, y0), model)[0]
    blended = 0
    for k in range(len(x)):
        profile = sweep.profile_between(terrain, x0, y0, x[k], y0)
        assert profile is not None
        d = profile.length_km
        climb = (30.0 - profile.height_m[-1] - 1.5) / 1000.0
        free = 92.4 + 20.0 * np.log10(0.9) + 10.0 * np.log10(d**2 + climb**2)
        modelled = reference_db(profile, 20.0, 900.0, 20.8, model)
        u = min(max((d - 0.125) / 0.125, 0.0), 1.0)
        weight = u * u * (3.0 - 2.0 * u)
        blended += modelled > free + 3.0 and 0.1 < weight < 0.9
        assert abs(loss[k] - (free + weight * (modelled - free))) < EXACT
    assert blended > 20


def test_frequencies_share_a_sweep_without_changing_it() -> None:
    terrain = terrain_of(hills(120, 9, 300.0))
    x0, y0 = centre(terrain, 60, 60)
    for p in (50.0, 5.0):
        model = PropagationSettings(time_percent=p)
        together = sweep.loss_window(terrain, x0, y0, 30.0, FREQUENCIES, 1500.0, model).loss_db
        for k, frequency in enumerate(FREQUENCIES):
            alone = sweep.loss_window(terrain, x0, y0, 30.0, [frequency], 1500.0, model).loss_db[0]
            assert alone.tobytes() == together[k].tobytes()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_same_bytes_for_any_number_of_workers(workers: int) -> None:
    terrain = terrain_of(hills(120, 11, 300.0))
    stations = [centre(terrain, 30 + 9 * k, 90 - 8 * k) for k in range(7)]

    def loss(station: tuple[float, float]) -> bytes:
        window = sweep.loss_window(terrain, *station, 30.0, [900.0, 1800.0], 1500.0, PropagationSettings())
        return window.loss_db.tobytes()

    with ThreadPoolExecutor(workers) as pool:
        assert list(pool.map(loss, stations)) == [loss(station) for station in stations]


# ---------------------------------------------------------------------------------------------------------
# Bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_m": 599_990.0}, "lies outside the terrain"),
        ({"y_m": float("nan")}, "lies outside the terrain"),
        ({"antenna_height_m": 0.0}, "antenna must stand"),
        ({"antenna_height_m": -3.0}, "antenna must stand"),
        ({"frequencies_mhz": [900.0, 29.9]}, "30 to 6000 MHz, not at 29.9 MHz"),
        ({"frequencies_mhz": [6001.0]}, "30 to 6000 MHz"),
        ({"frequencies_mhz": []}, "at least one frequency"),
        ({"range_m": 0.0}, "range_m must be positive"),
        ({"settings": PropagationSettings(time_percent=0.5)}, "time_percent must lie"),
        ({"settings": PropagationSettings(location_percent=100.0)}, "location_percent must lie"),
        ({"settings": PropagationSettings(delta_n=157.0)}, "delta_n must lie"),
        ({"settings": PropagationSettings(n0=0.0)}, "n0 must be"),
        ({"settings": PropagationSettings(polarisation="slant")}, "polarisation must be"),
        ({"settings": PropagationSettings(receiver_height_m=0.0)}, "receiver_height_m must lie"),
    ],
)
def test_bad_input_is_refused_in_words(change: dict[str, object], message: str) -> None:
    terrain = terrain_of(np.full((40, 40), 5.0, np.float32))
    x0, y0 = centre(terrain, 20, 20)
    arguments: dict[str, object] = {
        "x_m": x0,
        "y_m": y0,
        "antenna_height_m": 30.0,
        "frequencies_mhz": [900.0],
        "range_m": 500.0,
        "settings": PropagationSettings(),
    }
    with pytest.raises(ValueError, match=message):
        sweep.loss_window(terrain, **(arguments | change))  # type: ignore[arg-type]


def test_station_on_a_void_is_refused() -> None:
    height = np.full((40, 40), 5.0, np.float32)
    height[20, 20] = np.nan
    terrain = terrain_of(height)
    with pytest.raises(ValueError, match="no height at the station"):
        sweep.loss_window(terrain, *centre(terrain, 20, 20), 30.0, [900.0], 500.0, PropagationSettings())
    with pytest.raises(ValueError, match="one length"):
        sweep.loss_at_points(
            terrain, *centre(terrain, 5, 5), 30.0, [900.0], np.zeros(2), np.zeros(3), PropagationSettings()
        )
    with pytest.raises(ValueError, match="two different points"):
        sweep.profile_between(terrain, *centre(terrain, 5, 5), *centre(terrain, 5, 5))


# ---------------------------------------------------------------------------------------------------------
# Without the compiler, and where its cache goes

PLAIN = """
import numpy as np
from phusong.coverage.propagation import jit, sweep
from phusong.coverage.propagation.p1812 import Profile
from phusong.coverage.propagation.terrain import PropagationSettings
n = 30
x = np.arange(n + 1)
profile = Profile(x * 0.09, 40 * np.sin(x), np.zeros(n + 1), np.full(n + 1, 4))
for p in (50.0, 10.0):
    model = PropagationSettings(time_percent=p)
    for loss in sweep.loss_along_profile(profile, 20.0, [900.0], model, (21.0, 21.0))[0]:
        print(repr(float(loss)))
print(jit.JIT_ENABLED)
"""


def test_kernels_run_as_plain_python_with_the_same_numbers() -> None:
    losses = []
    for jit in ("0", "1"):
        environment = {**os.environ, "PHUSONG_JIT": jit, "PYTHONWARNINGS": "ignore"}
        run = subprocess.run([sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        *numbers, enabled = run.stdout.split()
        assert enabled == str(jit == "1")
        losses.append([float(number) for number in numbers])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.0, atol=1e-9)
    assert np.isfinite(losses[0]).sum() == 2 * 29


def test_cache_folder_falls_back_where_the_package_is_not_writable(tmp_path: Path) -> None:
    """A copy of the module whose __pycache__ cannot be made, and then without a usable home either."""
    source = Path(kernels.__file__).with_name("jit.py").read_text(encoding="utf-8")
    package = tmp_path / "package"
    package.mkdir()
    (package / "jit_copy.py").write_text(source, encoding="utf-8")
    (package / "__pycache__").write_text("a file, not a folder", encoding="utf-8")
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    program = "import jit_copy; print(jit_copy.cache_folder())"
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path)}
    nowhere = {"HOME": str(file), "XDG_CACHE_HOME": str(file), "LOCALAPPDATA": str(file)}
    base = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    base |= {"PHUSONG_JIT": "0", "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}

    def folder(environment: dict[str, str]) -> str:
        run = subprocess.run(
            [sys.executable, "-c", program],
            env=base | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()

    if sys.platform.startswith("linux"):
        assert Path(folder(home)) == tmp_path / "cache" / "phusong" / "numba"
        assert folder(nowhere).endswith("phusong-numba")
    assert folder({**home, "NUMBA_CACHE_DIR": str(tmp_path)}) == "None"
