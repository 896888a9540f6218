"""Rasters after changes of stations: the bytes of rasters made from all masts, written only where needed."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from phusong import coverage_layers, layer_splice, merge_store
from phusong.cli import main
from phusong.coverage import mast_merge
from phusong.coverage_rasters import RasterFile

Rows = list[dict[str, str]]


def _coverage(folder: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["coverage", str(folder), "--quiet"])
    assert not end.value.code


def _rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "out" / "coverage").iterdir()}


def _from_scratch(folder: Path, at: Path) -> dict[str, bytes]:
    shutil.copytree(folder, at, ignore=shutil.ignore_patterns("out", ".phusong"))
    _coverage(at)
    found = _bytes(at)
    shutil.rmtree(at)
    return found


@pytest.fixture(scope="module")
def small(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley with layers by operator and a short range, covered once; do not change it."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("small") / "project"))
    shutil.rmtree(folder / "out", ignore_errors=True)
    shutil.rmtree(folder / ".phusong", ignore_errors=True)
    toml = folder / "phusong.toml"
    text = toml.read_text(encoding="utf-8").replace("maximum_range_km = 12.0", "maximum_range_km = 4.0")
    toml.write_text(text + "\n[outputs]\nby_operator = true\n", encoding="utf-8")
    _coverage(folder)
    return folder


@pytest.fixture
def project(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(merge_store, "_SHARE_SWEPT", 10.0)  # so few masts would all be merged anew
    return Path(shutil.copytree(small, tmp_path / "project"))


@pytest.fixture
def spliced(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, RasterFile] | None]:
    """What `splice_layers` returned."""
    told: list[dict[str, RasterFile] | None] = []

    def watched(*arguments: Any) -> Any:
        told.append(layer_splice.splice_layers(*arguments))
        return told[-1]

    monkeypatch.setattr(coverage_layers, "splice_layers", watched)
    return told


def _new_station(masts: Rows, cells: Rows, chance: random.Random) -> None:
    like = chance.choice(masts)
    name = f"{chance.choice('AZ')}{len(masts)}{chance.randrange(1000)}"
    masts.append({**like, "mast_id": name, "lat": f"{float(like['lat']) + chance.uniform(-0.02, 0.02):.6f}"})
    technology = chance.choice(["2G", "4G"])
    cell = next(c for c in cells if c["technology"] == technology)
    cells.append({**cell, "cell_id": f"{name}-c", "mast_id": name})


def _move(masts: Rows, cells: Rows, chance: random.Random) -> None:
    mast = chance.choice(masts)
    mast["lon"] = f"{float(mast['lon']) + 0.003:.6f}"


def _retune(masts: Rows, cells: Rows, chance: random.Random) -> None:
    cell = chance.choice(cells)
    column, value = chance.choice([("azimuth_deg", "77"), ("tx_power_dbm", "40"), ("antenna_height_m", "30")])
    cell[column] = value


def _turn_all(masts: Rows, cells: Rows, chance: random.Random) -> None:
    for cell in cells:
        if cell["azimuth_deg"]:
            cell["azimuth_deg"] = f"{(float(cell['azimuth_deg']) + 20) % 360:g}"


def _remove(masts: Rows, cells: Rows, chance: random.Random) -> None:
    mast = chance.choice(masts)["mast_id"]
    for technology in ("2G", "4G"):
        if any(c["technology"] == technology and c["mast_id"] != mast for c in cells):
            cells[:] = [c for c in cells if c["technology"] != technology or c["mast_id"] != mast]


def _rename(masts: Rows, cells: Rows, chance: random.Random) -> None:
    cell = chance.choice(cells)
    cell["cell_id"] = chance.choice("0Z") + cell["cell_id"]


def _shuffle(masts: Rows, cells: Rows, chance: random.Random) -> None:
    chance.shuffle(cells)


def _twin(masts: Rows, cells: Rows, chance: random.Random) -> None:
    """A cell that is heard exactly as well as another everywhere: the list decides."""
    cell = chance.choice(cells)
    cells.insert(chance.randrange(len(cells)), {**cell, "cell_id": f"{cell['cell_id']}-twin{len(cells)}"})


_STEPS: list[Callable[[Rows, Rows, random.Random], None]] = [
    _new_station, _move, _retune, _turn_all, _remove, _rename, _shuffle, _twin,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_gives_the_bytes_of_a_run_from_scratch(
    project: Path, tmp_path: Path, spliced: list[dict[str, RasterFile] | None], seed: int
) -> None:
    chance = random.Random(seed)
    masts, cells = (_rows(project / "layers" / f"{name}.csv") for name in ("masts", "cells"))
    steps = chance.sample(_STEPS, len(_STEPS))
    for several in (steps[:1], steps[1:2], steps[2:5], steps[5:]):
        before = _bytes(project)
        for step in several:
            step(masts, cells, chance)
        _write(project / "layers" / "masts.csv", masts)
        _write(project / "layers" / "cells.csv", cells)
        spliced.clear()
        _coverage(project)
        assert _bytes(project) == _from_scratch(project, tmp_path / "scratch")
        _check_windows(project, before, spliced)


def _check_windows(
    project: Path, before: dict[str, bytes], spliced: list[dict[str, RasterFile] | None]
) -> None:
    """Outside the windows that are told nothing differs, by cell."""
    for name, file in ((n, f) for found in spliced if found is not None for n, f in found.items()):
        with rasterio.MemoryFile(before[f"{name}.tif"]) as memory, memory.open() as source:
            old = source.read(1)
        with rasterio.open(project / "out" / "coverage" / f"{name}.tif") as source:
            new = source.read(1)
        if name.endswith("best_cell"):
            index = before["best_cell_index.csv"].decode("utf-8").splitlines()[1:]
            now = (project / "out" / "coverage" / "best_cell_index.csv").read_text("utf-8").splitlines()[1:]
            assert file.renumbered or index == now[: len(index)]
            at = {line.split(",")[1]: number for number, line in enumerate(now)}
            table = np.array([at.get(line.split(",")[1], -2) for line in index] + [-1])
            old = table[old]
        assert file.changed is not None
        for top, bottom, left, right in file.changed:
            assert not np.array_equal(old[top:bottom, left:right], new[top:bottom, left:right])
            old[top:bottom, left:right] = new[top:bottom, left:right]
        np.testing.assert_array_equal(old, new)


def _retuned(project: Path, power: str) -> None:
    cells = _rows(project / "layers" / "cells.csv")
    cells[0]["tx_power_dbm"] = power
    _write(project / "layers" / "cells.csv", cells)


def test_a_kill_after_the_merge_changed_and_before_the_rasters_appeared(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spliced: list[Any]
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for power in ("41", "39"):  # twice: the rasters are two changes behind the merge
        _retuned(project, power)
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
            patch.setattr(coverage_layers, "record_rasters", die)
            main(["coverage", str(project), "--quiet"])
        assert end.value.code
    spliced.clear()
    _coverage(project)
    assert spliced == [] or all(found is not None for found in spliced)
    assert _bytes(project) == _from_scratch(project, tmp_path / "scratch")


def test_a_kill_within_the_merge_makes_it_worthless(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spliced: list[Any]
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    _retuned(project, "41")
    with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(mast_merge, "settle", die)
        main(["coverage", str(project), "--quiet"])
    assert end.value.code
    spliced.clear()
    _coverage(project)
    assert spliced == []
    assert _bytes(project) == _from_scratch(project, tmp_path / "scratch")


@pytest.mark.parametrize("damage", ["cut", "bit", "record", "gone"])
def test_damaged_rasters_are_not_taken(project: Path, tmp_path: Path, damage: str) -> None:
    before = _bytes(project)
    path = project / "out" / "coverage" / "4g_level.tif"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    if damage == "gone":
        path.unlink()
    elif damage == "record":
        (project / ".phusong" / "rasters.json").write_text("[]", encoding="utf-8")
    else:
        path.write_bytes(bytes(data) if damage == "bit" else bytes(data[: len(data) // 2]))
    _coverage(project)
    assert _bytes(project) == before
    if damage in ("cut", "gone"):
        path.unlink(missing_ok=True)
    _retuned(project, "41")
    _coverage(project)
    assert _bytes(project) == _from_scratch(project, tmp_path / "scratch")


def test_without_room_no_merge_is_kept(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spliced: list[Any]
) -> None:
    from phusong import merge_files

    shutil.rmtree(project / ".phusong" / "merge")
    monkeypatch.setattr(merge_files, "_ROOM", 1e12)
    _retuned(project, "41")
    _coverage(project)
    assert not list((project / ".phusong" / "merge").rglob("state.json"))
    assert spliced == []
    assert _bytes(project) == _from_scratch(project, tmp_path / "scratch")


def test_the_record_tells_digest_and_tags(project: Path) -> None:
    told = json.loads((project / ".phusong" / "rasters.json").read_text(encoding="utf-8"))
    assert {facts["operator"] for facts in told.values()} >= {None, "Viettel"}
    assert len(told) == len(list((project / "out" / "coverage").glob("*.tif")))
