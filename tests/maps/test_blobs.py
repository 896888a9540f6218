"""Rasters in the page: unpacked they are what went in, and lie where they should."""

import base64
import dataclasses
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import Transformer

from phusong.gis_data.grid import Grid
from phusong.maps.blobs import raster_blobs
from phusong.maps.classes import class_edges_dbm, classify
from phusong.maps.content import Footprint, Footprints, OwnFootprints
from phusong.maps.pictures import numbered, packed


def unpacked(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype)


def joined(raster: dict, text: str) -> np.ndarray:
    """Put a raster together from its chunks."""
    width, height = raster["frame"][3:]
    edge, kind = raster["chunk"], f"<u{raster['bytes']}"
    values, across = np.zeros((height, width), kind), -(-width // edge)
    for k, chunk in enumerate(text.split(".")):
        top, left = k // across * edge, k % across * edge
        part = values[top : top + edge, left : left + edge]
        if chunk:
            part[:] = unpacked(chunk, kind).reshape(part.shape)
    assert k + 1 == across * -(-height // edge)
    return values


@given(arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_packed_numbers_come_back_little_endian(values):
    assert unpacked(packed(values), "<u2").reshape(values.shape).tolist() == values.tolist()


def test_table_of_contents_names_every_raster(content):
    blobs = raster_blobs(content)
    named = [(r["what"], r["technology"], r["operator"]) for r in blobs.rasters]
    levels = [("level", t, None) for t in ("2G", "3G", "4G", "5G")]
    owned = [("level", "4G", "Viettel"), ("level", "4G", "VNPT")]
    assert named == [*levels[:3], ("best", "4G", None), levels[3], *owned]
    assert len(blobs.raster_texts) == len(named)
    for raster, text in zip(blobs.rasters, blobs.raster_texts, strict=True):
        assert joined(raster, text).any()


def _on_frame(raster, values, x_m, y_m, crs):
    """What the page shows at a position of the grid's CRS."""
    left, top, pixel, width, height = raster["frame"]
    x, y = Transformer.from_crs(crs, "EPSG:3857", always_xy=True).transform(x_m, y_m)
    column, row = np.floor((x - left) / pixel).astype(int), np.floor((top - y) / pixel).astype(int)
    return values.reshape(height, width)[row, column]


def test_classes_and_best_cells_are_those_of_the_layer_at_most_pixels(content):
    blobs = raster_blobs(content)
    layer, grid = content.coverage[2], content.grid
    rows, columns = np.indices(grid.shape)
    x = grid.x_left_m + (columns + 0.5) * grid.resolution_m
    y = grid.y_top_m - (rows + 0.5) * grid.resolution_m
    classes = classify(layer.level_dbm, class_edges_dbm(layer.rule))
    for number, expected in ((2, classes), (3, layer.best_cell + 1)):
        shown = _on_frame(
            blobs.rasters[number], joined(blobs.rasters[number], blobs.raster_texts[number]), x, y, grid.crs
        )
        assert (shown == expected).mean() > 0.9  # a pixel beside an edge may be its neighbour


def test_footprint_lies_where_its_window_says(content):
    blobs = raster_blobs(content)
    table, windows = blobs.footprints, json.loads(blobs.footprint_table)
    assert table["pixelM"] == 300.0
    assert "M008" not in windows["masts"]  # it covers nothing
    one = content.footprints.masts[3].make()[0]
    column, row, width, height, technologies, text = windows["masts"][one.owner_id]
    assert technologies == ["4G"]
    values = unpacked(text, "<u1")
    assert len(values) == width * height
    left, top, pixel = table["frame"][:3]
    window = {"frame": [left + column * pixel, top - row * pixel, pixel, width, height]}
    grid = content.footprints.grid
    inside = np.argwhere(one.classes > 0)
    x = grid.x_left_m + (one.column + inside[:, 1] + 0.5) * grid.resolution_m
    y = grid.y_top_m - (one.row + inside[:, 0] + 0.5) * grid.resolution_m
    pixel_of = inside + np.array([one.row, one.column])
    kept = ((pixel_of >= 0) & (pixel_of < 100)).all(axis=1)  # the disc may reach over the edge
    shown = _on_frame(window, values, x[kept], y[kept], grid.crs)
    expected = one.classes[tuple(inside[kept].T)]
    assert (np.abs(shown.astype(int) - expected) <= 1).mean() > 0.95
    assert (shown == expected).mean() > 0.6


def test_technologies_of_one_mast_share_a_window(content):
    grid = Grid("EPSG:32648", 640000.0, 2390000.0, 500.0, 60, 60)
    wide, small = np.full((20, 20), 3, np.uint8), np.full((4, 4), 5, np.uint8)
    masts = (Footprint("M", "2G", 10, 10, wide), Footprint("M", "4G", 18, 18, small))
    blobs = raster_blobs(
        dataclasses.replace(
            content,
            coverage=(),
            operator_coverage=(),
            footprints=Footprints(grid, (OwnFootprints.of(masts),), ()),
        )
    )
    windows = json.loads(blobs.footprint_table)
    width, height, technologies, text = windows["masts"]["M"][2:]
    planes = unpacked(text, "<u1").reshape(2, height, width)
    assert technologies == ["2G", "4G"]
    assert set(np.unique(planes[0])) == {0, 3}
    assert set(np.unique(planes[1])) == {0, 5}
    assert abs((planes[1] == 5).sum() - 16) <= 12
    assert windows["proposals"] == {}
    assert blobs.footprints["technologies"] == []


def test_more_cells_than_can_be_numbered_are_refused():
    with pytest.raises(ValueError, match="more cells"):
        numbered(np.full((2, 2), 65535, np.int32))
