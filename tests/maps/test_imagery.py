"""Pictures lie where they should and show what the arrays hold."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyproj import Transformer
from rasterio.enums import Resampling

from phusong.gis_data.grid import Grid
from phusong.maps.classes import classify
from phusong.maps.imagery import hillshade, relief_picture, warp, web_frame
from phusong.maps.palette import COAST

UTM = Grid("EPSG:32648", 640000.0, 2390000.0, 90.0, 300, 400)
VN2000 = Grid("EPSG:5899", 420000.0, 2390000.0, 90.0, 300, 400)


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


@pytest.mark.parametrize("grid", [UTM, VN2000])
def test_a_self_locating_raster_lands_within_a_pixel(grid):
    row, column = np.mgrid[: grid.rows, : grid.columns]
    frame = web_frame(grid, 10_000_000)
    found_row, found_column = (
        warp(part.astype(np.float32), grid, frame, Resampling.nearest, outside=-1.0) for part in (row, column)
    )
    i, j = np.nonzero(found_row >= 0)
    assert len(i) > 0.9 * grid.rows * grid.columns
    # what a browser does: linear between the corners in Web Mercator
    south, west, north, east = frame.bounds_deg
    to_web = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    (left, right), (bottom, top) = to_web.transform([west, east], [south, north])
    x = left + (j + 0.5) / frame.width * (right - left)
    y = top - (i + 0.5) / frame.height * (top - bottom)
    x_m, y_m = Transformer.from_crs("EPSG:3857", grid.crs, always_xy=True).transform(x, y)
    true_column = (x_m - grid.x_left_m) / grid.resolution_m - 0.5
    true_row = (grid.y_top_m - y_m) / grid.resolution_m - 0.5
    assert np.abs(found_column[i, j] - true_column).max() < 1.0
    assert np.abs(found_row[i, j] - true_row).max() < 1.0


def test_frame_keeps_within_the_pixels_allowed():
    frame = web_frame(UTM, 20_000)
    assert frame.width * frame.height <= 20_000
    fine = web_frame(UTM, 10_000_000)
    np.testing.assert_allclose(frame.bounds_deg, fine.bounds_deg, atol=0.02)


@given(st.lists(st.floats(-160, 0) | st.just(float("nan")), min_size=1, max_size=30))
def test_classes_equal_a_count_of_the_edges_below(values):
    edges = (-115.0, -105.0, -95.0, -85.0)
    expected = [sum(value >= edge for edge in edges) for value in values]
    assert classify(np.array(values), edges).tolist() == expected


def test_hillshade_of_flat_ground_and_of_slopes():
    flat = hillshade(np.zeros((5, 5)), 30.0, 2.0)
    np.testing.assert_allclose(flat, np.sin(np.radians(42.0)))
    y, x = np.mgrid[:9, :9] * 30.0
    towards_light = hillshade(0.3 * (x + y), 30.0, 1.0)  # rises to the south-east: faces north-west
    away = hillshade(-0.3 * (x + y), 30.0, 1.0)
    assert towards_light.min() > flat.max() > away.max()
    assert np.isfinite(hillshade(np.full((4, 4), np.nan), 30.0, 1.0)).all()


def test_relief_shows_sea_in_blue_land_in_grey_and_nothing_outside():
    land = np.ones(UTM.shape, np.uint8)
    land[:, 200:] = 0
    terrain = np.where(land == 1, 100.0, 0.0).astype(np.float32)
    terrain[10:20, 10:20] = np.nan
    image = opened(relief_picture(terrain, land, UTM, web_frame(UTM, 100_000)))
    rgba = np.asarray(image.convert("RGBA")).astype(int)
    middle = rgba.shape[0] // 2
    assert rgba[middle, -20, 2] > rgba[middle, -20, 0] + 15  # blue
    assert abs(rgba[middle, 20, 2] - rgba[middle, 20, 0]) < 30
    assert rgba[0, 0, 3] == 0 or rgba[-1, -1, 3] == 0  # a grid turned against north leaves corners


def test_coast_is_drawn_where_land_meets_sea_and_not_around_the_picture():
    land = np.ones(UTM.shape, np.uint8)
    land[:, 200:] = 0
    picture = relief_picture(np.zeros(UTM.shape, np.float32), land, UTM, web_frame(UTM, 10_000_000))
    rgb = np.asarray(opened(picture).convert("RGB")).astype(int)
    near_coast = np.abs(rgb - np.array(COAST)).sum(axis=2) < 120  # WebP blurs a line of one pixel
    columns = np.flatnonzero(near_coast[20:-20, 20:-20].any(axis=0)) + 20
    assert len(columns)
    assert np.abs(columns - rgb.shape[1] / 2).max() < 25
    assert near_coast[100:-100].sum(axis=1).min() >= 1


def test_relief_is_the_same_bytes_twice():
    rng = np.random.default_rng(4)
    terrain = rng.uniform(0, 900, UTM.shape).astype(np.float32)
    land, frame = (terrain > 100).astype(np.uint8), web_frame(UTM, 100_000)
    assert relief_picture(terrain, land, UTM, frame) == relief_picture(terrain, land, UTM, frame)
