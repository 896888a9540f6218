"""The map as a folder: archives equal the rasters, and the page works from a disk with the network off."""

import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType
from pyproj import Transformer

from phusong.gis_data import cog
from phusong.gis_data.grid import Grid
from phusong.maps.classes import class_edges_dbm, classify, probability_edges
from phusong.maps.folder_map import (
    HAMLETS_IN_ONE_FILE,
    PIXELS_IN_ONE_FILE,
    too_large_for_one_file,
    write_folder_map,
)
from phusong.maps.tiles import EARTH_M, TileSpan, raster_tiles, tile_of, tile_span
from phusong.maps.tiles_layers import SERVER_EDGES, SINR_EDGES_DB


def archive(folder: Path, name: str) -> Reader:
    return Reader(MmapSource((folder / "archives" / f"{name}.pmtiles").open("rb")))


def pixels(png: bytes, colours: tuple[str, ...]) -> np.ndarray:
    """What a viewer gets from a tile, as classes (or numbers of cells where no colours are given)."""
    rgba = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(np.int64)
    numbers = rgba[..., 0] * 65536 + rgba[..., 1] * 256 + rgba[..., 2]
    if not colours:
        return numbers
    classes = np.full(numbers.shape, -1)
    classes[rgba[..., 3] == 0] = 0
    for k, colour in enumerate(colours, start=1):
        classes[(numbers == int(colour[1:], 16)) & (rgba[..., 3] == 255)] = k
    return classes


def read_directly(path: Path, key: tuple[int, int, int]) -> np.ndarray:
    """The raster's values under the centres of a tile's pixels, by coordinates alone; NaN outside."""
    zoom, column, row = key
    pixel = EARTH_M / 2**zoom / 256
    x = (column * 256 + np.arange(256) + 0.5) * pixel - EARTH_M / 2
    y = EARTH_M / 2 - (row * 256 + np.arange(256) + 0.5) * pixel
    raster = cog.read_cog(path)
    to_grid = Transformer.from_crs("EPSG:3857", raster.grid.crs, always_xy=True)
    rows, columns = raster.grid.row_column(*to_grid.transform(*np.meshgrid(x, y)))
    inside = (rows >= 0) & (rows < raster.grid.rows) & (columns >= 0) & (columns < raster.grid.columns)
    values = np.full(inside.shape, np.nan)
    values[inside] = raster.values[rows[inside], columns[inside]]
    return values


@pytest.mark.parametrize("kind", ["level", "best_cell", "servers", "sinr", "p_indoor"])
def test_tiles_equal_the_raster_read_directly(folder_map, tile_content, kind):
    layer, span = tile_content.layers[0], tile_content.span
    raster = next(r for r in layer.rasters() if r.kind == kind)
    reader = archive(folder_map, raster.name)
    edges = {
        "level": class_edges_dbm(layer.rule), "servers": SERVER_EDGES, "sinr": SINR_EDGES_DB,
        "p_indoor": probability_edges(layer.rule),
    }  # fmt: skip
    west, north, east, south = span.columns_rows(span.highest)
    compared = different = 0
    for column in range(west, east + 1):
        for row in range(north, south + 1):
            png = reader.get(span.highest, column, row)
            direct = read_directly(raster.path, (span.highest, column, row))
            if kind == "best_cell":
                expected = np.nan_to_num(direct, nan=-1) + 1
            else:
                expected = classify(direct.astype(np.float32), edges[kind])
            shown = np.zeros((256, 256)) if png is None else pixels(png, raster.colours())
            different += int((shown != expected).sum())
            compared += int((expected > 0).sum())
    assert compared > 10_000
    assert different <= compared / 250  # centres within 0.01 pixel of a border: GDAL interpolates


def test_archive_header_says_zooms_bounds_and_kind(folder_map, tile_content):
    span = tile_content.span
    assert span == tile_span(tile_content.grid)
    header = archive(folder_map, "4g_level").header()
    south, west, north, east = span.bounds_deg
    assert header["tile_type"] is TileType.PNG
    assert header["tile_compression"] is Compression.NONE
    assert (header["min_zoom"], header["max_zoom"]) == (span.lowest, span.highest)
    assert header["clustered"]
    bounds = [header[f"{side}_e7"] / 1e7 for side in ("min_lat", "min_lon", "max_lat", "max_lon")]
    np.testing.assert_allclose(bounds, (south, west, north, east), atol=1e-7)
    ground = EARTH_M * np.cos(np.radians(south)) / 256 / 2**span.highest
    assert 2**-0.5 < ground / tile_content.grid.resolution_m < 2**0.5
    assert archive(folder_map, "hamlets").header()["tile_type"] is TileType.UNKNOWN


@pytest.mark.parametrize("levels", [2, 5])
def test_lower_zooms_take_the_most_frequent_of_four_the_lower_of_equals(tile_content, levels):
    raster, span = next(tile_content.layers[0].rasters()), tile_content.span
    deep = TileSpan(span.bounds_m, span.highest - levels, span.highest)
    tiles = dict(raster_tiles(raster.path, deep, raster.look_up()))
    assert {key[0] for key in tiles} == set(range(deep.lowest, deep.highest + 1))
    assert all(deep.contains(key) for key in tiles)
    for (zoom, column, row), values in tiles.items():
        if zoom == deep.highest:
            continue
        above = np.zeros((512, 512), dtype=int)
        for down, across in np.ndindex(2, 2):
            child = tiles.get((zoom + 1, 2 * column + across, 2 * row + down), np.zeros((256, 256)))
            above[down * 256 : down * 256 + 256, across * 256 : across * 256 + 256] = child
        four = above.reshape(256, 2, 256, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
        counts = (four[:, :, None] == np.arange(9)).sum(axis=1)
        np.testing.assert_array_equal(values.ravel(), counts.argmax(axis=1))


def test_scripts_hold_the_bytes_of_the_archives(folder_map):
    data = json.loads(
        re.search(r'id="ps-data">(.*?)</script>', (folder_map / "index.html").read_text("utf-8"))[1]
    )
    for path in (folder_map / "archives").iterdir():
        joined = b""
        for number in range(len(list((folder_map / "data").glob(f"{path.stem}.*.js")))):
            raw = (folder_map / "data" / f"{path.stem}.{number}.js").read_bytes()
            assert raw[:2] == b"\xff\xfe"
            call = re.fullmatch(r'PS\.chunk\("(\w+)",(\d+),(\d+),"(.*)"\);\n', raw[2:].decode("utf-16-le"))
            assert (call[1], call[2]) == (path.stem, str(number))
            bits = "".join(f"{ord(c) - 0x3400:015b}" for c in call[4])
            joined += bytes(int(bits[k : k + 8], 2) for k in range(0, 8 * int(call[3]), 8))
        assert joined == path.read_bytes()
        assert data["archives"][path.stem] == len(joined)


def test_same_content_same_bytes(folder_map, tile_content, tmp_path):
    write_folder_map(tmp_path / "again", tile_content, workers=1)
    first = {p.relative_to(folder_map): p.read_bytes() for p in folder_map.rglob("*") if p.is_file()}
    second = {
        p.relative_to(tmp_path / "again"): p.read_bytes()
        for p in (tmp_path / "again").rglob("*")
        if p.is_file()
    }
    assert first == second


def test_every_hamlet_is_in_its_tile_of_the_highest_zoom(folder_map, tile_content):
    with (folder_map / "archives" / "hamlets.pmtiles").open("rb") as file:
        tiles = {key: json.loads(gzip.decompress(data)) for key, data in all_tiles(MmapSource(file))}
    columns = tile_content.point_tables["hamlets"].present()
    zoom = max(key[0] for key in tiles)
    found = {}
    for key, tile in tiles.items():
        for row in tile["rows"]:
            assert tuple(int(k[0]) for k in tile_of([row[1]], [row[0]], key[0])) == key[1:]
        if key[0] == zoom:
            assert tile["more"] == 0
            found |= {
                row[columns.index("village_id")]: dict(zip(columns, row, strict=True)) for row in tile["rows"]
            }
    villages = tile_content.villages.set_index("village_id")
    assert set(found) == set(villages.index)
    assert found["QN0001"]["name"] == "Đài Van"
    assert found["QN0001"]["level_4g_dbm"] == pytest.approx(villages.loc["QN0001", "level_4g_dbm"], abs=1e-3)


def test_limits_of_one_file():
    def grid(rows):
        return Grid("EPSG:32648", 0.0, 0.0, 30.0, rows, 10_000)

    rows = PIXELS_IN_ONE_FILE // 10_000
    assert not too_large_for_one_file(grid(rows), HAMLETS_IN_ONE_FILE, HAMLETS_IN_ONE_FILE)
    assert too_large_for_one_file(grid(rows + 1), 10, 10)
    assert too_large_for_one_file(grid(10), HAMLETS_IN_ONE_FILE + 1, 10)
    assert too_large_for_one_file(grid(10), 10, HAMLETS_IN_ONE_FILE + 1)
