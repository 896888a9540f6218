"""Levels kept from run to run: the same rows as computing all of them, whatever changed, whatever was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phusong.coverage.cells import CellTable, PointLevels
from phusong.level_cache import LevelCache, cell_keys
from phusong.mapped_arrays import save_mapped

POINTS = 40


def table(masts: list[tuple[str, int, float]]) -> CellTable:
    """Cells of masts: name, number of cells, x."""
    rows = [(name, n, x) for name, count, x in masts for n in range(count)]
    size = len(rows)

    def number(value: float) -> np.ndarray:
        return np.full(size, value)

    return CellTable(
        cell_id=np.array([f"{name}-{n}" for name, n, _ in rows], dtype=str),
        mast_id=np.array([name for name, _, _ in rows], dtype=str),
        operator=np.full(size, "A"), technology=np.full(size, "4G"), antenna=np.full(size, "omni"),
        x_m=np.array([x for _, _, x in rows], float), y_m=number(0.0), antenna_height_m=number(30.0),
        frequency_mhz=number(800.0), bandwidth_mhz=number(10.0),
        azimuth_deg=np.array([120.0 * n for _, n, _ in rows], float), mechanical_tilt_deg=number(0.0),
        electrical_tilt_deg=number(0.0), tx_power_dbm=number(46.0), feeder_loss_db=number(2.0),
        on_air=np.full(size, np.datetime64("NaT", "D")), off_air=np.full(size, np.datetime64("NaT", "D")),
    )  # fmt: skip


class Counted:
    """A model: which points a cell reaches goes by its place and azimuth; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, cells: CellTable) -> PointLevels:
        self.asked += cells.cell_id.tolist()
        point, cell = np.meshgrid(np.arange(POINTS), np.arange(len(cells)), indexing="ij")
        level = -cells.x_m[cell] - 0.01 * cells.azimuth_deg[cell] - point
        reached = (point + cells.x_m[cell].astype(int) + (cells.azimuth_deg[cell] / 120).astype(int)) % 3 > 0
        point, cell, level = point[reached], cell[reached], level[reached]
        return PointLevels(point.astype("i4"), cell.astype("i4"), level.astype("f4"), (-level).astype("f4"))


def same(left: PointLevels, right: PointLevels) -> None:
    for name in ("point", "cell", "level_dbm", "loss_db"):
        a, b = getattr(left, name), getattr(right, name)
        assert a.dtype == b.dtype and np.array_equal(a, b), name


def quiet(*_: Any, **__: Any) -> None:
    pass


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_networks_gives_the_rows_of_computing_all(tmp_path: Path, seed: int) -> None:
    chance = np.random.default_rng(seed)
    cache = LevelCache(tmp_path, "c", quiet)
    masts = [(f"M{n}", 1 + n % 3, float(n % 7)) for n in range(12)]  # some twins
    for step in range(14):
        cells = table(masts)
        same(cache.levels(cells, Counted()), Counted()(cells))
        assert len(list(tmp_path.glob("levels-c-*.arrays"))) <= 8
        masts = masts.copy()
        at = int(chance.integers(0, len(masts) + 1))
        kind = chance.integers(0, 4)
        if kind < 2:
            masts.insert(at, (f"N{step}", int(chance.integers(1, 4)), float(chance.integers(7, 99))))
        elif kind == 2 and at < len(masts):
            del masts[at]
        else:
            masts = [masts[i] for i in chance.permutation(len(masts))]


def test_only_masts_that_are_new_are_computed_and_written(tmp_path: Path) -> None:
    model, masts = Counted(), [(f"M{n}", 2, float(n)) for n in range(20)]
    LevelCache(tmp_path, "c", quiet).levels(table(masts), model)
    (whole,) = tmp_path.glob("levels-*.arrays")
    before, model.asked = whole.stat(), []
    more = [*masts[:5], ("X", 1, 50.0), *masts[5:]]
    LevelCache(tmp_path, "c", quiet).levels(table(more), model)
    assert model.asked == ["X-0"] and whole.stat().st_mtime_ns == before.st_mtime_ns
    added = [path for path in tmp_path.glob("levels-*.arrays") if path != whole]
    assert len(added) == 1 and added[0].stat().st_size < before.st_size / 3
    model.asked = []
    LevelCache(tmp_path, "c", quiet).levels(table(masts), model)  # going back
    LevelCache(tmp_path, "c", quiet).levels(table([(f"other {a}", b, c) for a, b, c in more]), model)
    assert model.asked == []


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "foreign"])
def test_a_damaged_file_is_told_removed_and_made_again(tmp_path: Path, harm: str) -> None:
    told: list[str] = []

    def note(key: str, **_: Any) -> None:
        told.append(key)

    cells = table([(f"M{n}", 2, float(n)) for n in range(30)])
    wanted = LevelCache(tmp_path, "c", note).levels(cells, Counted())
    (path,) = tmp_path.glob("levels-*.arrays")
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[len(content) // 3] ^= 0xFF
    elif harm == "foreign":
        save_mapped(path, {"something": np.zeros(3)})
        content = bytearray(path.read_bytes())
    path.write_bytes(content[: {"cut": len(content) // 2, "empty": 0}.get(harm, len(content))])
    model = Counted()
    same(LevelCache(tmp_path, "c", note).levels(cells, model), wanted)
    assert told == ["damaged_cache"] and len(model.asked) == 60
    LevelCache(tmp_path, "c", note).levels(cells, model)
    assert told[-1] == "from_cache" and len(model.asked) == 60


def test_levels_of_long_ago_go(tmp_path: Path) -> None:
    cells = table([("M", 1, 1.0)])
    for context in "abcde":
        LevelCache(tmp_path, context, quiet).levels(cells, Counted())
    assert sorted(path.name.split("-")[1] for path in tmp_path.glob("levels-*.arrays")) == ["c", "d", "e"]


def test_a_network_of_no_cells(tmp_path: Path) -> None:
    LevelCache(tmp_path, "c", quiet).levels(table([("M", 1, 1.0)]), Counted())
    assert len(LevelCache(tmp_path, "c", quiet).levels(table([]), Counted()).point) == 0


def test_keys_go_by_radio_content_alone() -> None:
    cells = table([("A", 2, 1.0), ("B", 2, 1.0), ("C", 1, 0.0)])
    keys = cell_keys(cells).tolist()
    assert len(set(keys)) == 5
    assert keys == cell_keys(table([("P", 2, 1.0), ("Q", 2, 1.0), ("R", 1, -0.0)])).tolist()
    assert set(keys) & set(cell_keys(table([("A", 2, 1.5)])).tolist()) == set()
