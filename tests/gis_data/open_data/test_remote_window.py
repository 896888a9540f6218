"""Parts of rasters on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phusong.gis_data.open_data.downloads import Downloader, Wanted
from phusong.gis_data.open_data.http_client import FetchError, HttpClient, Request
from phusong.gis_data.open_data.remote_window import fetch_window

BOUNDS = (107.2, 21.1, 107.4, 21.3)
BLOCK = 4096


@pytest.fixture
def pixels() -> np.ndarray:
    """1000 by 1000 pixels of a thousandth of a degree, none like another, and hard to pack."""
    return np.random.default_rng(1).integers(1, 2**31, (1000, 1000), dtype=np.int32)


@pytest.fixture
def body(pixels: np.ndarray, make_raster: Any) -> bytes:
    return make_raster(pixels, 107, 22, 0.001)


@pytest.fixture
def downloader(tmp_path: Path) -> Downloader:
    return Downloader(tmp_path / "d", HttpClient("x", tries=3, sleep=lambda seconds: None))


def window(downloader: Downloader, server: Any, **options: Any) -> Path | None:
    wanted = Wanted("map.tif", "land_cover", Request(f"{server.url}/map.tif"), **options)
    return fetch_window(downloader, wanted, BOUNDS, block_bytes=BLOCK)


def inside(pixels: np.ndarray) -> np.ndarray:
    return pixels[700:900, 200:400]


def test_the_part_has_the_pixels_of_the_whole(
    server: Any, downloader: Downloader, body: bytes, pixels: Any, read_raster: Any
) -> None:
    server.put("/map.tif", body, ETag='"v1"')
    path = window(downloader, server)
    assert path is not None
    found, profile = read_raster(path)
    column, row = round((profile["transform"].c - 107) / 0.001), round((22 - profile["transform"].f) / 0.001)
    assert (found == pixels[row : row + found.shape[0], column : column + found.shape[1]]).all()
    assert column <= 200 and row <= 700 and column + found.shape[1] >= 400 and row + found.shape[0] >= 900
    assert found.shape[0] <= 206 and found.shape[1] <= 206
    assert server.sent["/map.tif"] < len(body) / 4
    known = downloader.ledger.get(path.name)
    assert known is not None and known.window == "107.200000,21.100000,107.400000,21.300000"
    assert not list(downloader.folder.glob("*.blocks"))


def test_it_is_asked_for_once(server: Any, downloader: Downloader, body: bytes) -> None:
    server.put("/map.tif", body, ETag='"v1"')
    window(downloader, server)
    asked = len(server.asked)
    window(downloader, server)
    assert len(server.asked) == asked


def test_faults_on_the_way_are_mended(
    server: Any, downloader: Downloader, body: bytes, faults: Any, read_raster: Any
) -> None:
    server.put("/map.tif", body, ETag='"v1"')
    expected = window(downloader, server)
    assert expected is not None
    other = Downloader(downloader.folder.parent / "e", downloader.client)
    server.put(
        "/map.tif", body, faults.status(500), faults.cut(100), lambda handler: False, faults.status(429),
        faults.cut(9), ETag='"v1"',
    )  # fmt: skip
    found = window(other, server)
    assert found is not None and found.read_bytes() == expected.read_bytes()


def test_a_failed_part_goes_on_with_the_blocks_it_has(
    server: Any, downloader: Downloader, body: bytes, faults: Any
) -> None:
    served = server.put("/map.tif", body, ETag='"v1"')
    served.faults += [lambda handler: False] * 3 + [faults.status(403)]
    with pytest.raises(FetchError, match="403"):
        window(downloader, server)
    first = [asked.headers["Range"] for asked in server.asked][:3]
    server.asked.clear()
    assert window(downloader, server) is not None
    again = [asked.headers["Range"] for asked in server.asked]
    assert not set(first) & set(again)
    assert all(asked.headers["If-Match"] == '"v1"' for asked in server.asked)


def test_a_file_that_changes_meanwhile_is_not_mixed(server: Any, downloader: Downloader, body: bytes) -> None:
    served = server.put("/map.tif", body, ETag='"v1"')

    def swap(handler: Any) -> bool:
        served.headers["ETag"] = '"v2"'
        return False

    served.faults += [lambda handler: False] * 5 + [swap]
    with pytest.raises(FetchError, match="changed while"):
        window(downloader, server)
    assert window(downloader, server) is not None


def test_a_server_without_parts_gives_the_whole(server: Any, downloader: Downloader, body: bytes) -> None:
    server.put("/map.tif", body, ranges=False)
    path = window(downloader, server)
    assert path is not None and path.name == "map.tif" and path.read_bytes() == body
    window(downloader, server)
    assert len(server.asked) == 2


def test_what_is_not_there_or_does_not_reach_is_none(
    server: Any, downloader: Downloader, make_raster: Any
) -> None:
    assert window(downloader, server, may_be_absent=True) is None
    with pytest.raises(FetchError, match="404"):
        window(downloader, server)
    elsewhere = Downloader(downloader.folder.parent / "e", downloader.client)
    server.put("/map.tif", make_raster(np.ones((200, 200), np.uint8), 100, 10, 0.01), ETag='"v1"')
    assert window(elsewhere, server) is None


def test_a_file_that_is_no_raster_is_said(server: Any, downloader: Downloader) -> None:
    server.put("/map.tif", b"<html>" + b"x" * 9000, ETag='"v1"')
    with pytest.raises(FetchError, match="not a raster"):
        window(downloader, server)
