"""Rasters written band by band: the same files however the rows are cut, and none after an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from phusong.coverage.cells import TechnologyRule
from phusong.coverage.indoors import IndoorTable
from phusong.coverage.network_layer import LayerKey, NetworkLayer
from phusong.gis_data.cog import read_cog
from phusong.gis_data.grid import Grid
from phusong.layer_files import RASTERS, LayerFiles

GRID = Grid("EPSG:32648", 600_000.0, 2_400_000.0, 30.0, 150, 70)
RULE = TechnologyRule("4G", -105.0, 8.0, 0.9)
FREQUENCY_MHZ = np.array([800.0, 2600.0])
INDEX = np.array([3, 9])
STEMS: dict[LayerKey, str] = {"4G": "4g", ("4G", "A"): "4g_a"}


def layer(operator: str | None) -> NetworkLayer:
    rng = np.random.default_rng(7 if operator is None else 8)
    best = rng.integers(-1, 2, GRID.shape).astype(np.int32)
    level = np.where(best < 0, np.nan, rng.uniform(-130, -60, GRID.shape)).astype(np.float32)
    servers = rng.integers(0, 256, GRID.shape).astype(np.uint8)
    return NetworkLayer("4G", operator, RULE, level, best, servers, (level + 100.0).astype(np.float32))


def rows_of(whole: NetworkLayer, first: int, stop: int) -> NetworkLayer:
    assert whole.sinr_db is not None
    rows = np.s_[first:stop]
    return NetworkLayer(
        whole.technology, whole.operator, whole.rule, whole.level_dbm[rows], whole.best_cell[rows],
        whole.servers[rows], whole.sinr_db[rows], first,
    )  # fmt: skip


def files(folder: Path, workers: int = 2) -> LayerFiles:
    return LayerFiles(
        folder, GRID, STEMS, lambda technology: {"technology": technology}, INDEX, FREQUENCY_MHZ,
        "traditional", workers,
    )  # fmt: skip


def write(folder: Path, band_rows: int, workers: int = 2) -> None:
    with files(folder, workers) as out:
        for first in range(0, GRID.rows, band_rows):
            for operator in ("A", None):
                out.append(rows_of(layer(operator), first, min(first + band_rows, GRID.rows)))


def test_each_raster_holds_its_layer(tmp_path: Path) -> None:
    write(tmp_path, 64)
    assert {p.name for p in tmp_path.iterdir()} == {f"{s}_{w}.tif" for s in STEMS.values() for w in RASTERS}
    for operator, stem in ((None, "4g"), ("A", "4g_a")):
        whole = layer(operator)
        found = {what: read_cog(tmp_path / f"{stem}_{what}.tif") for what in RASTERS}
        np.testing.assert_allclose(found["level"].values, whole.level_dbm, atol=0.006)
        np.testing.assert_allclose(found["sinr"].values, whole.level_dbm + 100, atol=0.006)
        np.testing.assert_array_equal(found["servers"].values, whole.servers)
        expected = np.where(whole.best_cell < 0, np.nan, INDEX[whole.best_cell])
        np.testing.assert_array_equal(found["best_cell"].values, expected)
        indoors = IndoorTable(RULE, FREQUENCY_MHZ).probability(whole.level_dbm, whole.best_cell)
        np.testing.assert_allclose(found["p_covered"].values, whole.p_covered, atol=0.0021)
        np.testing.assert_allclose(found["p_indoor"].values, indoors, atol=0.0021)
        assert found["level"].tags.get("operator") == operator
        assert "one resource element" in found["sinr"].tags["sinr"]
        assert found["p_indoor"].tags["building"].startswith("traditional")


def test_the_same_bytes_however_the_rows_are_cut_and_whoever_writes(tmp_path: Path) -> None:
    write(tmp_path / "a", 64)
    write(tmp_path / "b", 37, workers=1)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    def stopped() -> None:
        with files(tmp_path) as out:
            out.append(rows_of(layer("A"), 0, 64))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert not list(tmp_path.iterdir())


def test_missing_rows_are_no_layer(tmp_path: Path) -> None:
    def short() -> None:
        with files(tmp_path) as out:
            for operator in ("A", None):
                out.append(rows_of(layer(operator), 0, 149))

    with pytest.raises(ValueError, match="149 rows do not fit"):
        short()
    assert not list(tmp_path.iterdir())
