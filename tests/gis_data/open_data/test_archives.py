"""Archives that others packed."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phusong.gis_data.open_data.archives import gzip_flaw, take_from_zip
from phusong.gis_data.open_data.downloads import Downloader
from phusong.gis_data.open_data.http_client import FetchError, HttpClient
from phusong.gis_data.open_data.people import fetch_people, join_people


def packed(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries.items():
            package.writestr(name.replace("|", "/"), content)
    return buffer.getvalue()


def test_the_one_file_is_taken_under_our_own_name(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed(**{"data|x.TIF": b"pixels", "read.me": b"hello"}))
    path = take_from_zip(tmp_path / "a.zip", ".tif", tmp_path / "ours.tif")
    assert path.read_bytes() == b"pixels"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "ours.tif"]


@pytest.mark.parametrize(
    "name", ["../evil.tif", "a|..|..|evil.tif", "/evil.tif", "C:\\evil.tif", "..\\evil.tif"]
)
def test_entries_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a.zip").write_bytes(packed(**{name: b"x", "good.tif": b"y"}))
    with pytest.raises(FetchError, match="leads out of the archive"):
        take_from_zip(inside / "a.zip", ".tif", inside / "ours.tif")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.zip"]


def test_links_are_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("x.tif")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr(entry, "/etc/passwd")
    with pytest.raises(FetchError, match="leads out"):
        take_from_zip(tmp_path / "a.zip", ".tif", tmp_path / "ours.tif")


def test_archives_that_would_burst_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed(**{"x.tif": bytes(200_000_000 // 50)}))
    with pytest.raises(FetchError, match="unpack"):
        take_from_zip(tmp_path / "a.zip", ".tif", tmp_path / "ours.tif", largest_bytes=100_000)
    assert not (tmp_path / "ours.tif").exists() and not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "not a ZIP"),
        (packed(a=b"x"), "found 0"),
        (packed(**{"a.tif": b"x", "b.tif": b"y"}), "found 2"),
        (packed(**{"a.tif": bytes(range(256)) * 99})[:-200], "not a ZIP"),
    ],
)
def test_other_archives_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FetchError, match=words):
        take_from_zip(tmp_path / "a.zip", ".tif", tmp_path / "ours.tif")


def test_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed(**{"a.tif": bytes(np.random.default_rng(1).integers(0, 255, 5000, np.uint8))}))
    content[500] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FetchError, match="not a ZIP file that can be unpacked"):
        take_from_zip(tmp_path / "a.zip", ".tif", tmp_path / "ours.tif")
    assert not (tmp_path / "ours.tif").exists() and not list(tmp_path.glob("*.part"))


def test_a_mirror_may_serve_population_as_zip_but_not_slip_out(
    tmp_path: Path, server: Any, make_raster: Any
) -> None:
    downloader = Downloader(tmp_path / "d", HttpClient("x"))
    raster = make_raster(np.full((100, 100), 2.0, np.float32), 107, 22, 0.01)
    server.put("/vnm.zip", packed(**{"2025|vnm.tif": raster}))
    bounds = (107.2, 21.1, 107.3, 21.2)
    found = join_people(fetch_people(downloader, server.url + "/{iso3}.zip", ["VN"], bounds, 2025), bounds)
    assert found is not None and found.count.max() == 2.0
    server.put("/lao.zip", packed(**{"..|..|lao.tif": raster}))
    with pytest.raises(FetchError, match="leads out"):
        fetch_people(downloader, server.url + "/{iso3}.zip", ["LA"], bounds, 2025)
    assert {p.parent for p in tmp_path.rglob("*") if p.is_file()} == {tmp_path / "d"}


def test_flaws_of_gzip_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    whole = gzip.compress(bytes(np.random.default_rng(2).integers(0, 255, 5000, np.uint8)))
    path.write_bytes(whole)
    assert gzip_flaw(path) is None
    assert "unpacked" in str(gzip_flaw(path, largest_bytes=100))
    path.write_bytes(whole[:-100])
    assert "truncated" in str(gzip_flaw(path))
    path.write_bytes(whole[:-8] + b"\0" * 8)
    assert "damaged" in str(gzip_flaw(path))
    path.write_bytes(b"INVALID_TOKEN")
    assert "INVALID_TOKEN" in str(gzip_flaw(path))
