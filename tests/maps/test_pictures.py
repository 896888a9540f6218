"""Rasters drawn chunk by chunk: right, the same however many are taken from an earlier map, and only what changed."""

import base64
import dataclasses
import zlib

import numpy as np
import pytest
from pyproj import Transformer
from scipy.ndimage import gaussian_filter

from phusong.gis_data import cog
from phusong.gis_data.grid import Grid
from phusong.maps.pictures import (
    CHUNK_PIXELS,
    ArrayPicture,
    StoredPicture,
    chunk_texts,
    numbered,
    picture_frame,
)
from phusong.maps.pieces import Pieces

GRID = Grid("EPSG:32648", 640000.0, 2390000.0, 60.0, 1100, 1300)
EDGES = np.array([-110.0, -100.0, -90.0, -80.0])
LEAST = int(np.iinfo(np.int16).min)


def levels() -> np.ndarray:
    rng = np.random.default_rng(5)
    level = -95 + gaussian_filter(rng.normal(size=GRID.shape), 20) * 600
    level[level < -115] = np.nan
    return level.astype(np.float32)


def look_up() -> np.ndarray:
    values = np.arange(LEAST, -LEAST) * 0.01
    return np.where(np.arange(LEAST, -LEAST) == LEAST, 0, np.searchsorted(EDGES, values, "right")).astype(
        np.uint8
    )


def stored(path, level) -> StoredPicture:
    cog.write_cog(path, level, GRID, cog.LEVEL_DBM, tags={"digest": str(np.nansum(level))})
    return StoredPicture(path, GRID, look_up(), LEAST)


def joined(texts, frame, dtype="<u1"):
    values, across = np.zeros((frame.height, frame.width), dtype), -(-frame.width // CHUNK_PIXELS)
    for k, text in enumerate(texts):
        top, left = k // across * CHUNK_PIXELS, k % across * CHUNK_PIXELS
        part = values[top : top + CHUNK_PIXELS, left : left + CHUNK_PIXELS]
        if text:
            part[:] = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).reshape(part.shape)
    return values


def under_centres(values, frame):
    """The pixel of the grid under each pixel of the frame, by coordinates alone."""
    x = frame.left + (np.arange(frame.width) + 0.5) * frame.pixel
    y = frame.top - (np.arange(frame.height) + 0.5) * frame.pixel
    to_grid = Transformer.from_crs("EPSG:3857", GRID.crs, always_xy=True)
    row, column = GRID.row_column(*to_grid.transform(*np.meshgrid(x, y)))
    inside = (row >= 0) & (row < GRID.rows) & (column >= 0) & (column < GRID.columns)
    found = np.zeros(inside.shape, values.dtype)
    found[inside] = values[row[inside], column[inside]]
    return found


def classes_of(level):
    found = np.searchsorted(EDGES, np.round(level.astype(np.float64), 2), "right")
    return np.where(np.isnan(level), 0, found).astype(np.uint8)


@pytest.mark.parametrize("kind", ["array", "stored"])
def test_chunks_show_the_pixel_under_each_centre(tmp_path, kind):
    level = levels()
    picture = stored(tmp_path / "l.tif", level) if kind == "stored" else ArrayPicture(GRID, classes_of(level))
    frame, pixel_m = picture_frame(GRID, 10**9)
    texts, itemsize = chunk_texts(picture, frame, pixel_m, Pieces())
    assert itemsize == 1
    expected = under_centres(classes_of(level), frame)
    drawn = joined(texts, frame)
    assert (expected > 0).sum() > 100_000
    assert (drawn != expected).mean() < 0.01  # centres close to a border between two pixels


def test_coarse_chunks_take_an_overview_and_show_about_the_same(tmp_path):
    level = levels()
    frame, pixel_m = picture_frame(GRID, 90_000)
    assert pixel_m > 2 * GRID.resolution_m
    texts, _ = chunk_texts(stored(tmp_path / "l.tif", level), frame, pixel_m, Pieces())
    drawn, expected = joined(texts, frame), under_centres(classes_of(level), frame)
    assert (np.abs(drawn.astype(int) - expected) <= 1).mean() > 0.97
    assert (drawn == expected).mean() > 0.85


def test_after_a_change_only_its_chunks_are_drawn_and_the_texts_are_those_of_a_fresh_map(tmp_path):
    level, path = levels(), tmp_path / "pieces.bin"
    frame, pixel_m = picture_frame(GRID, 10**9)
    pieces = Pieces(path)
    before, _ = chunk_texts(stored(tmp_path / "l.tif", level), frame, pixel_m, pieces)
    pieces.save()
    level[30:60, 40:80] = -70.0
    made = []

    class Watched(Pieces):
        def get(self, key, make):
            return super().get(key, lambda: made.append(key) or make())

    changed = stored(tmp_path / "l.tif", level)
    after, _ = chunk_texts(changed, frame, pixel_m, Watched(path))
    fresh, _ = chunk_texts(changed, frame, pixel_m, Pieces())
    assert after == fresh
    assert 1 <= sum(a != b for a, b in zip(before, after, strict=True)) <= 2
    assert len(made) <= 9 < len(after)  # blocks of 512 pixels tell what changed, chunks of 256 are drawn


def test_another_meaning_of_the_numbers_is_another_picture(tmp_path):
    picture = stored(tmp_path / "l.tif", levels())
    frame, pixel_m = picture_frame(GRID, 200_000)
    pieces = Pieces()
    one, _ = chunk_texts(picture, frame, pixel_m, pieces)
    turned = dataclasses.replace(picture, look_up=(4 - picture.look_up) % 5)
    other, _ = chunk_texts(turned, frame, pixel_m, pieces)
    assert one != other
    assert set(np.unique(joined(other, frame))) <= set(range(5))


def test_numbers_of_cells_take_two_bytes_and_empty_ground_no_text():
    best = np.full(GRID.shape, -1, np.int32)
    best[:200, :200] = 51_234
    frame, pixel_m = picture_frame(GRID, 10**9)
    texts, itemsize = chunk_texts(ArrayPicture(GRID, numbered(best)), frame, pixel_m, Pieces())
    assert itemsize == 2
    assert set(np.unique(joined(texts, frame, "<u2"))) == {0, 51_235}
    assert sum(map(bool, texts)) <= 4


def test_most_frequent_class_of_a_coarse_picture_in_memory():
    classes = np.ones(GRID.shape, np.uint8)
    classes[::4, ::4] = 2
    frame, pixel_m = picture_frame(GRID, 4_000)
    texts, _ = chunk_texts(ArrayPicture(GRID, classes), frame, pixel_m, Pieces())
    assert (joined(texts, frame)[4:-4, 4:-4] == 1).all()
