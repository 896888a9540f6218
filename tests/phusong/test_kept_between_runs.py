"""What is kept of the ground and of counted areas: damaged or missing, it changes no result."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from phusong import area_counts
from phusong.cache import digest, steady
from phusong.cli import main
from phusong.gis_data import cog
from phusong.gis_data.grid import Grid


def _run(project: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["coverage", str(project), "--quiet"])
        raise SystemExit(0)
    assert end.value.code in (0, None)


def _bytes(out: Path) -> dict[str, str]:
    names = ("area.xlsx", "network.gpkg", "coverage/4g_level.tif")
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names}


@pytest.fixture
def project(valley: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(valley, tmp_path / "project"))
    toml = folder / "phusong.toml"
    text = toml.read_text(encoding="utf-8").replace("maximum_range_km = 12.0", "maximum_range_km = 4.0")
    toml.write_text(text, encoding="utf-8")
    return folder


def test_damaged_files_are_made_again_and_old_ones_go(project: Path) -> None:
    _run(project)
    first, cache = _bytes(project / "out"), project / ".phusong"
    kept = {name: list(cache.glob(f"{name}-*.*")) for name in ("ground", "zones", "units", "area")}
    assert all(len(files) == 1 for files in kept.values())
    for files in kept.values():
        content = bytearray(files[0].read_bytes())
        content[len(content) // 2] ^= 0xFF
        files[0].write_bytes(content)
    _run(project)
    assert _bytes(project / "out") == first
    for (path,) in kept.values():
        path.write_bytes(b"PK nonsense")
    _run(project)
    assert _bytes(project / "out") == first
    terrain = project / "layers" / "terrain.tif"
    for number in range(3):  # another file with the same heights is another ground all the same
        terrain.write_bytes(terrain.read_bytes() + bytes([number]))
        _run(project)
        assert _bytes(project / "out")["area.xlsx"] == first["area.xlsx"]
    assert len(list(cache.glob("ground-*.arrays"))) == 2


def test_pixels_of_changed_windows_are_counted_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A raster changes in a window: only that is read, and the counts are those of the whole raster."""
    from phusong.coverage.area_totals import Units
    from phusong.coverage_rasters import RasterFile

    rng = np.random.default_rng(5)
    grid = Grid("EPSG:32648", 500_000.0, 2_300_000.0, 100.0, 200, 180)
    old = rng.uniform(-120.0, -60.0, grid.shape).astype(np.float32)
    old[rng.random(grid.shape) < 0.1] = np.nan
    new = old.copy()
    new[64:128, 0:64] += 15.0
    new[128:200, 128:180] = np.nan
    published = project / "out" / "coverage"
    published.mkdir(parents=True)
    for path, values in ((published / "4g_level.tif", old), (project / "4g_level.tif", new)):
        cog.write_cog(path, values, grid, cog.LEVEL_DBM)
    counts = area_counts.AreaCounts.__new__(area_counts.AreaCounts)
    index = rng.integers(-1, 3, grid.shape).astype(np.int32)
    counts._published, counts._folder, counts._key = published, project / ".phusong", "key"
    counts.divisions = (Units("commune", index, ("A", "B", "C")),)

    class Rasters:
        files = {"4g_level": RasterFile(published / "4g_level.tif", "old", None, None)}  # noqa: RUF012

    from phusong.coverage.cells import TechnologyRule

    rules = {"4G": TechnologyRule("4G", -95.0, 8.0, 0.7)}
    counts.layers([("", "4G", "4g")], rules, Rasters)  # type: ignore[arg-type]
    windows = ((64, 128, 0, 64), (128, 200, 128, 180))
    Rasters.files = {"4g_level": RasterFile(project / "4g_level.tif", "new", "old", windows)}
    read: list[object] = []
    whole = cog.read_stored

    def watched(path: Path, window: object = None) -> np.ndarray:
        read.append(window)
        return whole(path, window)  # type: ignore[arg-type]

    monkeypatch.setattr(area_counts.cog, "read_stored", watched)
    found = counts.layers([("", "4G", "4g")], rules, Rasters)[0].covered[0]  # type: ignore[arg-type]
    assert set(read) == set(windows)
    lowest = area_counts.lowest_dbm(rules["4G"])
    good = cog.read_cog(project / "4g_level.tif").values >= lowest
    assert found.tolist() == [int((good & (index == unit)).sum()) for unit in range(3)]
    Rasters.files = {"4g_level": RasterFile(project / "4g_level.tif", "new", "old", None)}
    assert counts.layers([("", "4G", "4g")], rules, Rasters)[0].covered[0].tolist() == found.tolist()  # type: ignore[arg-type]


def test_the_digest_of_a_steady_array_is_that_of_any_other() -> None:
    array = np.arange(400_000, dtype=np.float64)
    plain = digest(array)
    assert digest(steady(array)) == plain and digest(array) == plain
    assert digest(array + 1.0) != plain
