"""People of one or more countries, pixel by pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phusong.gis_data.open_data.http_client import FetchError
from phusong.gis_data.open_data.people import join_people, write_people

BOUNDS = (107.3, 21.3, 107.7, 21.7)


def test_pixels_of_two_countries_are_added_and_nobody_is_lost(
    tmp_path: Path, make_raster: Any, read_raster: Any
) -> None:
    random = np.random.default_rng(4)
    both = random.integers(1, 50, (100, 100)).astype(np.float32)
    border = 40  # columns: the west is one country, the east the other, a column of nodata beyond each
    west, east = both.copy(), both[:, border - 2 :].copy()
    west[:, border:] = -99999.0
    east[:, :2] = -99999.0
    (tmp_path / "w.tif").write_bytes(make_raster(west, 107, 22, 0.01, nodata=-99999.0))
    (tmp_path / "e.tif").write_bytes(make_raster(east, 107 + (border - 2) * 0.01, 22, 0.01, nodata=-99999.0))
    found = join_people([tmp_path / "w.tif", tmp_path / "e.tif"], BOUNDS)
    assert found is not None
    column, row = round((found.transform.c - 107) / 0.01), round((22 - found.transform.f) / 0.01)
    rows, columns = found.count.shape
    assert (found.count == both[row : row + rows, column : column + columns]).all()
    write_people(found, tmp_path, 2025)
    values, profile = read_raster(tmp_path / "population.tif")
    assert (values == found.count).all() and profile["transform"] == found.transform


def test_nobody_and_negative_counts_are_nobody(tmp_path: Path, make_raster: Any) -> None:
    count = np.full((100, 100), np.nan, np.float32)
    count[50, 50], count[50, 51] = 3.0, -5.0
    (tmp_path / "a.tif").write_bytes(make_raster(count, 107, 22, 0.01, nodata=float("nan")))
    found = join_people([tmp_path / "a.tif"], BOUNDS)
    assert found is not None and found.count.sum() == 3.0 and (found.count >= 0).all()
    x, y, people = found.points()
    assert (x.tolist(), y.tolist(), people.tolist()) == (
        [pytest.approx(107.505)],
        [pytest.approx(21.495)],
        [3.0],
    )


def test_rasters_elsewhere_and_other_files(tmp_path: Path, make_raster: Any) -> None:
    (tmp_path / "far.tif").write_bytes(make_raster(np.ones((10, 10), np.float32), 10, 10, 0.01))
    assert join_people([tmp_path / "far.tif"], BOUNDS) is None and join_people([], BOUNDS) is None
    (tmp_path / "page.tif").write_bytes(b"<html>")
    with pytest.raises(FetchError, match="not a raster"):
        join_people([tmp_path / "page.tif"], BOUNDS)
    (tmp_path / "a.tif").write_bytes(make_raster(np.ones((100, 100), np.float32), 107, 22, 0.01))
    (tmp_path / "b.tif").write_bytes(make_raster(np.ones((100, 100), np.float32), 107, 22, 0.009))
    with pytest.raises(FetchError, match="lattice"):
        join_people([tmp_path / "a.tif", tmp_path / "b.tif"], BOUNDS)
