"""The old list of an update, kept by the run before: as if its files were read again."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from phusong.console import Reporter
from phusong.gis_data.layers import Layers
from phusong.kept_stations import keep_stations, kept_stations
from phusong.options import Options
from phusong.project import Project, load_project
from phusong.scene import read
from phusong.update_files import stations_before


def _read(folder: Path) -> tuple[Project, Layers]:
    project = load_project(folder)
    reporter = Reporter("en", quiet=True)
    return project, read(
        Options(project, as_of=date(2025, 12, 31), language="en", reporter=reporter, workers=1)
    )


def _equal(a: tuple[gpd.GeoDataFrame, pd.DataFrame], b: tuple[gpd.GeoDataFrame, pd.DataFrame]) -> None:
    for one, other in zip(a, b, strict=True):
        assert type(one) is type(other) and list(one.columns) == list(other.columns)
        assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_exact=True)
    assert a[0].crs == b[0].crs and a[0].geometry.geom_equals(b[0].geometry).all()


@pytest.fixture
def folder(valley: Path, tmp_path: Path) -> Path:
    """The valley, with empty cells of every kind, an odd name, and a mast that is not on the grid."""
    folder = Path(shutil.copytree(valley, tmp_path / "project"))
    toml = folder / "phusong.toml"
    text = toml.read_text(encoding="utf-8").replace("margin_m = 1500", "bounds = [106.9, 21.0, 107.1, 21.2]")
    toml.write_text(text, encoding="utf-8")
    masts, cells = (folder / "layers" / f"{name}.csv" for name in ("masts", "cells"))
    for path, given in ((masts, "name"), (cells, "off_air")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        columns = list(dict.fromkeys([*rows[0], given]))
        rows[0][given] = 'Đồi "Bà" ☂' if given == "name" else "2030-01-01"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def test_kept_lists_are_those_read_again(folder: Path) -> None:
    project, layers = _read(folder)
    assert kept_stations(project, layers.grid) is None
    fresh = stations_before(project, layers)
    assert len(fresh[0]) and len(fresh[1])
    keep_stations(project, layers)
    kept = kept_stations(project, layers.grid)
    assert kept is not None
    _equal(kept, fresh)
    _equal(stations_before(project, layers), fresh)


def test_a_damaged_file_is_not_believed(folder: Path) -> None:
    project, layers = _read(folder)
    fresh = stations_before(project, layers)
    keep_stations(project, layers)
    (path,) = project.cache.glob("stations-*.npz")
    whole = path.read_bytes()
    for size in (0, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert kept_stations(project, layers.grid) is None
        _equal(stations_before(project, layers), fresh)
    refused = 0
    for at in range(7, len(whole), len(whole) // 80):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        kept = kept_stations(project, layers.grid)
        refused += kept is None
        if kept is not None:  # a byte that carries nothing
            _equal(kept, fresh)
    assert refused > 20


def test_another_list_is_read_and_old_ones_go(folder: Path) -> None:
    masts = folder / "layers" / "masts.csv"
    for number in range(4):
        project, layers = _read(folder)
        assert kept_stations(project, layers.grid) is None
        keep_stations(project, layers)
        assert kept_stations(project, layers.grid) is not None
        masts.write_bytes(masts.read_bytes() + b"\n")  # the same masts, and yet another file
        assert len(list(project.cache.glob("stations-*.npz"))) == min(number + 1, 2)
    keep_stations(project, layers)  # read from the file before
    assert kept_stations(project, layers.grid) is None
