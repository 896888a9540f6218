"""Best servers chunk by chunk: the cells of the raster, whatever their numbers, and only what changed drawn."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phusong.gis_data import cog
from phusong.gis_data.grid import Grid
from phusong.maps.best_servers import BestServers, CellNames, best_chunks
from phusong.maps.imagery import WebFrame
from phusong.maps.pictures import CHUNK_PIXELS, ArrayPicture, chunk_texts, picture_frame
from phusong.maps.pieces import Pieces

GRID = Grid("EPSG:32648", 640000.0, 2390000.0, 60.0, 560, 640)
FRAME, PIXEL_M = picture_frame(GRID, 10**9)
CELLS = 300


def best_cells() -> np.ndarray:
    """Patches of single cells, with ground in between that none serves."""
    smooth = gaussian_filter(np.random.default_rng(7).normal(size=GRID.shape), 20)
    found = np.clip(CELLS * (0.5 + smooth / (5 * smooth.std())), 0, CELLS - 1).astype(np.int32)
    found[smooth < -1.4 * smooth.std()] = -1
    return found


def raster(folder: Path, best: np.ndarray, names: np.ndarray, **since: object) -> BestServers:
    """As a run hands it over; every seventh cell is off the air."""
    path = folder / "4g_best_cell.tif"
    path.unlink(missing_ok=True)
    cog.write_cog(path, best, GRID, cog.BEST_CELL, tags={})
    on_air = np.arange(len(names)) % 7 > 0
    cells = CellNames(names, np.where(on_air, np.cumsum(on_air) - 1, -1))
    values = {"digest": str(best.tobytes().__hash__()), "before": None, "changed": None, "renumbered": False}
    return BestServers(path, GRID, cells, **(values | since))


def shown(texts: list[str], rows: list[list[int]], frame: WebFrame) -> np.ndarray:
    """Put the chunks together as the page does."""
    values, across = np.zeros((frame.height, frame.width), np.uint32), -(-frame.width // CHUNK_PIXELS)
    for k, (text, own) in enumerate(zip(texts, rows, strict=True)):
        top, left = k // across * CHUNK_PIXELS, k % across * CHUNK_PIXELS
        part = values[top : top + CHUNK_PIXELS, left : left + CHUNK_PIXELS]
        if text:
            local = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2").reshape(part.shape)
            part[:] = np.array([0, *own])[local]
    return values


NAMES = np.array([f"C{number:04d}" for number in range(CELLS)])


def with_one_more(best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A new cell in the middle of the list: later numbers move by one; it is the best in one corner."""
    names = np.sort(np.append(NAMES, "C0100-NEW"))
    later = np.where(best > 100, best + 1, best)
    later[100:160, 200:290] = 101
    return later, names


@pytest.mark.parametrize("maximum_pixels", [10**9, 60_000])
def test_rows_of_the_cells_are_those_of_the_raster(tmp_path: Path, maximum_pixels: int) -> None:
    best = best_cells()
    given = raster(tmp_path, best, NAMES)
    frame, pixel_m = picture_frame(GRID, maximum_pixels)
    texts, rows = best_chunks(given, frame, pixel_m, Pieces())
    numbers = np.maximum(given.cells.row + 1, 0).astype(np.uint16)
    expected = np.where(best < 0, 0, numbers[best]).astype(np.uint16)
    plain, _ = chunk_texts(ArrayPicture(GRID, expected), frame, pixel_m, Pieces())
    whole = shown(texts, rows, frame)
    assert len(np.unique(whole)) > 50
    assert set(np.unique(whole)) <= {0, *numbers.tolist()}
    if maximum_pixels == 10**9:  # a coarser one is drawn from an overview
        direct = [np.frombuffer(zlib.decompress(base64.b64decode(t)), "<u2") if t else None for t in plain]
        across = -(-frame.width // CHUNK_PIXELS)
        for k, part in enumerate(direct):
            top, left = k // across * CHUNK_PIXELS, k % across * CHUNK_PIXELS
            own = whole[top : top + CHUNK_PIXELS, left : left + CHUNK_PIXELS]
            np.testing.assert_array_equal(own.reshape(-1), 0 if part is None else part)


class Drawn(Pieces):
    """Counts the chunks that are not taken from an earlier map."""

    count = 0

    def get(self, key, make):  # type: ignore[no-untyped-def]
        """As usual."""
        self.count += key not in self
        return super().get(key, make)


def test_after_a_change_only_its_chunks_are_drawn_and_all_are_those_of_a_fresh_map(tmp_path: Path) -> None:
    path, best = tmp_path / "pieces.bin", best_cells()
    first, pieces = raster(tmp_path, best, NAMES), Pieces(path)
    best_chunks(first, FRAME, PIXEL_M, pieces)
    pieces.save()
    later, names = with_one_more(best)
    since = {"before": first.digest, "changed": ((64, 192, 192, 320),), "renumbered": True}
    now, again = raster(tmp_path, later, names, **since), Drawn(path)
    found = best_chunks(now, FRAME, PIXEL_M, again)
    assert found == best_chunks(now, FRAME, PIXEL_M, Pieces())
    assert 1 <= again.count <= 4 < len(found[0])
    again.save()
    kept = Drawn(path)
    assert best_chunks(now, FRAME, PIXEL_M, kept) == found
    assert kept.count == 0


@pytest.mark.parametrize(
    "since",
    [
        {"before": "another file", "changed": (), "renumbered": True},  # the map is older than the run before
        {"before": None, "changed": None},
        {"before": "first", "changed": None, "renumbered": True},
        {"before": "first", "changed": (), "renumbered": False},  # but the names are others
    ],
)
def test_where_it_is_not_known_what_changed_all_is_drawn(tmp_path: Path, since: dict[str, object]) -> None:
    path, best = tmp_path / "pieces.bin", best_cells()
    first, pieces = raster(tmp_path, best, NAMES), Pieces(path)
    best_chunks(first, FRAME, PIXEL_M, pieces)
    pieces.save()
    later, names = with_one_more(best)
    if since["before"] == "first":
        since = since | {"before": first.digest}
    now = raster(tmp_path, later, names, **since)
    assert best_chunks(now, FRAME, PIXEL_M, Pieces(path)) == best_chunks(now, FRAME, PIXEL_M, Pieces())


def test_cells_with_other_names_are_not_taken_for_those_of_before(tmp_path: Path) -> None:
    path, best = tmp_path / "pieces.bin", best_cells()
    first, pieces = raster(tmp_path, best, NAMES), Pieces(path)
    best_chunks(first, FRAME, PIXEL_M, pieces)
    pieces.save()
    turned = replace(first, cells=CellNames(NAMES[::-1].copy(), first.cells.row))
    assert best_chunks(turned, FRAME, PIXEL_M, Pieces(path)) == best_chunks(turned, FRAME, PIXEL_M, Pieces())


def test_damaged_pieces_change_nothing(tmp_path: Path) -> None:
    path, best = tmp_path / "pieces.bin", best_cells()
    given, pieces = raster(tmp_path, best, NAMES), Pieces(path)
    whole = best_chunks(given, FRAME, PIXEL_M, pieces)
    pieces.save()
    data = path.read_bytes()
    for at in np.linspace(30, len(data) - 1, 9).astype(int).tolist():
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert best_chunks(given, FRAME, PIXEL_M, Pieces(path)) == whole
