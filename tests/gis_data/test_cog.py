"""COGs: valid, exact to the step, deterministic, whole or not there."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from phusong.errors import InputError, OutputLockedError
from phusong.gis_data import cog
from phusong.gis_data.cog import (
    BEST_CELL,
    LEVEL_DBM,
    PROBABILITY,
    SERVERS,
    CogDraft,
    Encoding,
    read_cog,
    tags_of_sound_cog,
    write_cog,
)
from phusong.gis_data.grid import Grid

GRID = Grid("EPSG:32648", 600_030.0, 2_400_060.0, 30.0, 1100, 700)
TAGS = {"model": "ITU-R P.1812-8", "threshold_dbm": "-105", "note": "mức thu, trung vị"}


def levels(grid: Grid = GRID) -> np.ndarray:
    rng = np.random.default_rng(5)
    level = rng.uniform(-150, -20, grid.shape).astype(np.float32)
    level[rng.random(grid.shape) < 0.2] = np.nan
    return level


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        (levels(), LEVEL_DBM),
        (np.linspace(0, 1, GRID.rows * GRID.columns, dtype=np.float32).reshape(GRID.shape), PROBABILITY),
        (np.arange(GRID.rows * GRID.columns, dtype=np.int32).reshape(GRID.shape) - 1, BEST_CELL),
        ((np.arange(GRID.rows * GRID.columns) % 256).astype(np.uint8).reshape(GRID.shape), SERVERS),
    ],
    ids=["level", "probability", "best cell", "servers"],
)
def test_a_valid_cog_that_reads_back_to_half_a_step(
    tmp_path: Path, values: np.ndarray, encoding: Encoding
) -> None:
    path = tmp_path / "layer.tif"
    write_cog(path, values, GRID, encoding, description="a layer", tags=TAGS)
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid, (errors, warnings)
    back = read_cog(path)
    assert back.grid == GRID
    assert back.unit == encoding.unit
    assert back.tags == TAGS
    expected = values.astype(np.float64)
    if values.dtype == np.int32:
        expected[values == -1] = np.nan
    tolerance = 0.0 if encoding.scale == 1 else 0.5 * encoding.scale + 1e-5
    np.testing.assert_allclose(back.values, expected, rtol=0, atol=tolerance)


def test_gis_programs_see_scale_unit_nodata_and_overviews(tmp_path: Path) -> None:
    write_cog(tmp_path / "level.tif", levels(), GRID, LEVEL_DBM, description="level of the best server")
    with rasterio.open(tmp_path / "level.tif") as source:
        assert source.scales == (0.01,)
        assert source.units == ("dBm",)
        assert source.nodata == -32768
        assert source.descriptions == ("level of the best server",)
        assert source.overviews(1) == [2, 4]
        assert source.compression.value == "ZSTD"
        assert source.block_shapes == [(512, 512)]


def test_overviews_average_what_there_is_and_keep_cell_numbers(tmp_path: Path) -> None:
    grid = Grid("EPSG:32648", 0.0, 0.0, 30.0, 1024, 1024)
    level = np.full(grid.shape, -100.0, dtype=np.float32)
    level[:, ::2] = np.nan
    write_cog(tmp_path / "level.tif", level, grid, LEVEL_DBM)
    with rasterio.open(tmp_path / "level.tif", overview_level=0) as overview:
        assert (overview.read(1) == -10000).all()
    cell = np.where(np.arange(1024) % 2, 10, 20)[None, :].repeat(1024, 0).astype(np.int32)
    write_cog(tmp_path / "cell.tif", cell, grid, BEST_CELL)
    with rasterio.open(tmp_path / "cell.tif", overview_level=0) as overview:
        assert set(np.unique(overview.read(1))) <= {10, 20}  # 15 would be another cell


def test_same_input_same_bytes_whatever_the_name_and_the_order_of_tags(tmp_path: Path) -> None:
    write_cog(tmp_path / "a.tif", levels(), GRID, LEVEL_DBM, tags=TAGS)
    write_cog(tmp_path / "b" / "other.tif", levels(), GRID, LEVEL_DBM, tags=dict(reversed(TAGS.items())))
    first, second = (tmp_path / "a.tif").read_bytes(), (tmp_path / "b" / "other.tif").read_bytes()
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_a_single_pixel(tmp_path: Path) -> None:
    grid = Grid("EPSG:32648", 0.0, 30.0, 30.0, 1, 1)
    write_cog(tmp_path / "one.tif", np.array([[-99.5]]), grid, LEVEL_DBM)
    assert read_cog(tmp_path / "one.tif").values == pytest.approx(-99.5)


def test_a_target_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "level.tif"
    target.mkdir()  # stands for a file that another program holds: the rename fails
    with pytest.raises(OutputLockedError, match=r"level\.tif: cannot be written"):
        write_cog(target, levels(), GRID, LEVEL_DBM)
    assert list(tmp_path.iterdir()) == [target]
    assert not list(target.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputLockedError):
        write_cog(tmp_path / "out" / "level.tif", levels(), GRID, LEVEL_DBM)


def test_refused_values_leave_the_earlier_result(tmp_path: Path) -> None:
    path = tmp_path / "level.tif"
    write_cog(path, levels(), GRID, LEVEL_DBM)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="do not fit"):
        write_cog(path, np.full(GRID.shape, 400.0), GRID, LEVEL_DBM)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("values", "encoding", "message"),
    [
        (np.zeros((2, 2)), LEVEL_DBM, "do not fit a grid"),
        (np.full(GRID.shape, np.nan), SERVERS, "no number for NaN"),
        (np.full(GRID.shape, 1.02), PROBABILITY, "stored as nodata"),
        (np.full(GRID.shape, np.inf), LEVEL_DBM, "do not fit"),
        (np.full(GRID.shape, 300), SERVERS, "do not fit"),
        (np.full(GRID.shape, 300), LEVEL_DBM, "floating-point"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    tmp_path: Path, values: np.ndarray, encoding: Encoding, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_cog(tmp_path / "x.tif", values, GRID, encoding)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "missing"])
def test_a_damaged_raster_has_no_tags(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "level.tif"
    write_cog(path, levels(), GRID, LEVEL_DBM, tags=TAGS)
    assert tags_of_sound_cog(path) == TAGS
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-5000], "garbage": data[::-1]}.get(damage, b""))
    if damage == "missing":
        path.unlink()
    with pytest.raises(InputError, match=r"level\.tif"):
        tags_of_sound_cog(path)


def test_a_draft_takes_rows_in_any_cut_and_gives_the_same_bytes(tmp_path: Path) -> None:
    write_cog(tmp_path / "whole.tif", levels(), GRID, LEVEL_DBM, tags=TAGS)
    draft = CogDraft(tmp_path / "rows.tif", GRID, LEVEL_DBM, tags=TAGS)
    for first in range(0, GRID.rows, 301):
        draft.append(levels()[first : first + 301])
    with pytest.raises(ValueError, match="do not fit a grid"):
        draft.append(levels()[:1])
    assert {path.name for path in tmp_path.iterdir()} == {"whole.tif"}  # a refused draft is gone
    draft = CogDraft(tmp_path / "rows.tif", GRID, LEVEL_DBM, tags=TAGS)
    for first in range(0, GRID.rows, 64):
        draft.append(levels()[first : first + 64])
    draft.finish()
    assert (tmp_path / "rows.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"whole.tif", "rows.tif"}


def test_a_full_disk_is_named_as_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "level.tif"
    target.mkdir()  # stands for a file that cannot be replaced: the rename fails
    draft = CogDraft(target, GRID, LEVEL_DBM)
    draft.append(levels())
    monkeypatch.setattr(cog, "_LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(OutputLockedError) as caught:
        draft.finish()
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == [target]


def test_reading_what_is_no_raster(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"x\.tif"):
        read_cog(tmp_path / "x.tif")
    with pytest.raises(InputError, match=r"nowhere\.tif"):
        read_cog(tmp_path / "nowhere.tif")


def test_an_overview_that_is_fine_enough_is_read_in_place_of_every_pixel(tmp_path: Path) -> None:
    level = levels()
    path = tmp_path / "level.tif"
    write_cog(path, level, GRID, LEVEL_DBM)
    whole, half = read_cog(path, 551), read_cog(path, 550)
    np.testing.assert_array_equal(whole.values, read_cog(path).values)
    assert half.values.shape == (550, 350)
    assert half.grid.resolution_m == 60.0
    squares = read_cog(path).values.reshape(550, 2, 350, 2)
    with np.errstate(invalid="ignore"):
        count = np.isfinite(squares).sum(axis=(1, 3))
        mean = np.nansum(squares, axis=(1, 3)) / np.where(count == 0, np.nan, count)
    np.testing.assert_allclose(half.values, mean, atol=0.0051)
