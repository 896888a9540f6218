"""A raster with some tiles changed: byte for byte the raster written from all its pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rio_cogeo.cogeo import cog_validate

from phusong.gis_data import cog_file
from phusong.gis_data.cog import BEST_CELL, LEVEL_DBM, SERVERS, CogDraft, Encoding, read_stored
from phusong.gis_data.cog_file import read_layout
from phusong.gis_data.cog_splice import OldCog
from phusong.gis_data.cog_tiles import TILE, halve, level_shapes, pack, unpack
from phusong.gis_data.grid import Grid

ENCODINGS = (LEVEL_DBM, BEST_CELL, SERVERS)


def grid_of(rows: int, columns: int) -> Grid:
    return Grid("EPSG:32648", 600_030.0, 2_400_060.0, 30.0, rows, columns)


def stored_of(shape: tuple[int, int], encoding: Encoding, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    limits = np.iinfo(encoding.dtype)
    values = rng.integers(max(limits.min, -30_000), min(limits.max, 30_000), shape, dtype=encoding.dtype)
    if encoding.nodata is not None:
        values[rng.random(shape) < 0.3] = encoding.nodata
    return values


def write(path: Path, stored: np.ndarray, encoding: Encoding, tags: dict[str, str]) -> str:
    draft = CogDraft(path, grid_of(*stored.shape), encoding, tags=tags)
    draft.append_stored(stored)
    return draft.finish()


@given(st.integers(1, 1300), st.integers(1, 1300), st.sampled_from(ENCODINGS), st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_spliced_and_written_are_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, rows: int, columns: int, encoding: Encoding, seed: int
) -> None:
    folder, grid = tmp_path_factory.mktemp("splice"), grid_of(rows, columns)
    before = stored_of(grid.shape, encoding, seed)
    write(folder / "old.tif", before, encoding, {"digest": "a"})
    old = OldCog.read(folder / "old.tif", grid, encoding)
    assert old is not None
    rng = np.random.default_rng(seed)
    after, changed = before.copy(), {}
    for row in range(-(-rows // TILE)):
        for column in range(-(-columns // TILE)):
            at = np.s_[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
            np.testing.assert_array_equal(old.tile(row, column), before[at])
            if rng.random() < 0.4:
                after[at] = stored_of(after[at].shape, encoding, seed + 1)
                changed[row, column] = old.fresh(after[at])
    told = old.splice(folder / "new.tif", grid, changed, tags={"digest": "a longer one"})
    assert told == write(folder / "fresh.tif", after, encoding, {"digest": "a longer one"})
    assert (folder / "new.tif").read_bytes() == (folder / "fresh.tif").read_bytes()
    np.testing.assert_array_equal(read_stored(folder / "new.tif"), after)


def slow_halves(stored: np.ndarray, nodata: int | None) -> np.ndarray:
    rows, columns = (stored.shape[0] + 1) // 2, (stored.shape[1] + 1) // 2
    out = np.zeros((rows, columns), stored.dtype)
    for i in range(rows):
        for j in range(columns):
            square = stored[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].ravel().tolist()
            there = [value for value in square if value != nodata]
            if not there:
                assert nodata is not None
                out[i, j] = nodata
            else:
                out[i, j] = int(np.floor(sum(there) / len(there) + 0.5))
    return out


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999), st.sampled_from([-32768, None]))
@settings(deadline=None)
def test_overviews_are_means_of_what_has_a_value(
    rows: int, columns: int, seed: int, nodata: int | None
) -> None:
    encoding = Encoding("int16", 0.01, nodata, "dBm", "AVERAGE")
    rng = np.random.default_rng(seed)
    stored = rng.integers(-9, 9, (rows, columns), dtype=np.int16)
    stored[rng.random(stored.shape) < 0.4] = -32768
    np.testing.assert_array_equal(halve(stored, encoding), slow_halves(stored, nodata))


@pytest.mark.parametrize("encoding", ENCODINGS, ids=["level", "best cell", "servers"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2049), (1025, 513)])
@pytest.mark.parametrize("big", [False, True])
def test_gdal_reads_every_level_and_tile(
    tmp_path: Path, encoding: Encoding, shape: tuple[int, int], big: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if big:
        monkeypatch.setattr(cog_file, "_CLASSIC_BYTES", 0)
    stored, path = stored_of(shape, encoding, 3), tmp_path / "a.tif"
    write(path, stored, encoding, {"note": "mức thu"})
    assert path.read_bytes()[2] == (43 if big else 42)
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid, (errors, warnings)
    with rasterio.open(path) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.nodata == encoding.nodata
    for level, expected_shape in enumerate(level_shapes(shape)):
        options = {} if level == 0 else {"overview_level": level - 1}
        with rasterio.open(path, **options) as source:
            assert source.shape == expected_shape
            np.testing.assert_array_equal(source.read(1), stored)
        stored = halve(stored, encoding)
    assert read_layout(path) is not None


def test_what_is_not_ours_is_not_spliced(tmp_path: Path) -> None:
    path, grid = tmp_path / "a.tif", grid_of(700, 600)
    write(path, stored_of(grid.shape, LEVEL_DBM, 1), LEVEL_DBM, {})
    assert OldCog.read(path, grid, BEST_CELL) is None
    assert OldCog.read(path, grid_of(701, 600), LEVEL_DBM) is None
    assert OldCog.read(tmp_path / "none.tif", grid, LEVEL_DBM) is None
    data = path.read_bytes()
    for damaged in (data[:-1], data[:100], b"", b"II*\0"):
        path.write_bytes(damaged)
        assert OldCog.read(path, grid, LEVEL_DBM) is None
    other = tmp_path / "other.tif"
    with rasterio.open(
        other, "w", driver="COG", width=600, height=700, count=1, dtype="int16", compress="DEFLATE"
    ) as sink:
        sink.write(np.zeros((700, 600), np.int16), 1)
    assert OldCog.read(other, grid, LEVEL_DBM) is None


def test_a_damaged_tile_is_told() -> None:
    packed = pack(stored_of((TILE, TILE), LEVEL_DBM, 1))
    assert unpack(packed, "int16").shape == (TILE, TILE)
    with pytest.raises(ValueError, match="tile"):
        unpack(packed[:-20], "int16")
    with pytest.raises(ValueError, match="tile"):
        unpack(pack(stored_of((TILE, TILE), SERVERS, 1)), "int16")
