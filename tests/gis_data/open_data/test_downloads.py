"""Whole files: resumed, checked, recorded."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from phusong.errors import InputError
from phusong.gis_data.open_data.archives import gzip_flaw
from phusong.gis_data.open_data.downloads import Downloader, Wanted
from phusong.gis_data.open_data.http_client import FetchError, HttpClient, Request

BODY = random.Random(1).randbytes(300_000)
DAY = date(2026, 11, 22)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> HttpClient:
    return HttpClient("phusong/test", tries=4, sleep=clock.sleep, clock=lambda: clock.now)


@pytest.fixture
def downloader(tmp_path: Path, client: HttpClient) -> Downloader:
    return Downloader(tmp_path / "d", client, today=DAY)


def wanted(server: Any, path: str = "/file.bin", **options: Any) -> Wanted:
    return Wanted("file.bin", "terrain", Request(server.url + path), **options)


def test_a_file_comes_whole_and_is_recorded(server: Any, downloader: Downloader) -> None:
    server.put("/file.bin", BODY, ETag='"v1"', Last_Modified="Fri, 20 Nov 2026 00:00:00 GMT")
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY
    known = downloader.ledger.get("file.bin")
    assert known is not None
    assert (known.bytes, known.sha256) == (len(BODY), hashlib.sha256(BODY).hexdigest())
    assert (known.retrieved, known.etag, known.verified_by) == ("2026-11-22", '"v1"', "length")
    assert sorted(p.name for p in path.parent.iterdir()) == ["downloads.json", "file.bin"]


def test_the_server_learns_who_asks_and_nothing_is_packed_on_the_way(
    server: Any, downloader: Downloader
) -> None:
    server.put("/file.bin", BODY)
    downloader.fetch(wanted(server))
    headers = server.asked[0].headers
    assert headers["User-Agent"] == "phusong/test" and headers["Accept-Encoding"] == "identity"


def test_a_cut_connection_goes_on_where_it_broke(server: Any, downloader: Downloader, faults: Any) -> None:
    server.put("/file.bin", BODY, faults.cut(100_000), faults.cut(50_000), ETag='"v1"')
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY
    ranges = [asked.headers.get("Range") for asked in server.asked]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert server.asked[1].headers["If-Range"] == '"v1"'
    assert server.sent["/file.bin"] == len(BODY)


def test_a_line_that_breaks_often_gets_there_as_long_as_something_comes(
    server: Any, downloader: Downloader, faults: Any
) -> None:
    server.put("/file.bin", BODY, *[faults.cut(20_000)] * 12, ETag='"v1"')  # three times the tries
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY


def test_a_line_that_breaks_at_the_same_place_does_not_go_on_for_ever(
    server: Any, downloader: Downloader, faults: Any
) -> None:
    server.put("/file.bin", BODY, *[faults.cut(90_000)] * 50)  # no ETag: each try begins at the beginning
    with pytest.raises(FetchError, match=r"90,000 of 300,000 bytes; tried 4 times"):
        downloader.fetch(wanted(server))


def test_a_file_that_changed_meanwhile_begins_anew(server: Any, downloader: Downloader, faults: Any) -> None:
    server.put("/file.bin", b"x" * 200_000, faults.cut(90_000), ETag='"v1"')
    old = server.files["/file.bin"]

    def swap(handler: Any) -> bool:
        handler.served = server.put("/file.bin", BODY, ETag='"v2"')
        return False

    old.faults.append(swap)
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY
    assert server.asked[1].headers["If-Range"] == '"v1"'


def test_a_server_that_serves_no_parts_is_asked_for_all(
    server: Any, downloader: Downloader, faults: Any
) -> None:
    server.put("/file.bin", BODY, faults.cut(90_000), ranges=False, ETag='"v1"')
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY


def test_without_a_validator_nothing_is_glued_together(
    server: Any, downloader: Downloader, faults: Any
) -> None:
    server.put("/file.bin", BODY, faults.cut(90_000), ETag='W/"weak"')
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY
    assert [asked.headers.get("Range") for asked in server.asked] == [None, None]


def test_a_complete_part_is_only_renamed(server: Any, downloader: Downloader, client: HttpClient) -> None:
    server.put("/file.bin", BODY, ETag='"v1"')
    want = wanted(server)
    part = downloader.folder / "file.bin.part"
    part.write_bytes(BODY)
    notes = {"asked": want.asked, "validator": '"v1"'}
    part.with_name("file.bin.part.json").write_text(json.dumps(notes), encoding="utf-8")
    path = downloader.fetch(want)
    assert path is not None and path.read_bytes() == BODY
    assert server.sent.get("/file.bin", 0) == 0


def test_a_part_of_another_request_is_not_continued(server: Any, downloader: Downloader, faults: Any) -> None:
    server.put("/old.bin", b"x" * 200_000, faults.cut(90_000), faults.status(403), ETag='"v1"')
    with pytest.raises(FetchError):
        downloader.fetch(wanted(server, "/old.bin"))
    server.put("/file.bin", BODY, ETag='"v1"')
    path = downloader.fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY


def test_busy_servers_are_waited_for_as_long_as_they_ask(
    server: Any, downloader: Downloader, faults: Any, clock: Clock
) -> None:
    server.put("/file.bin", BODY, faults.status(429, Retry_After="7"), faults.status(500), faults.status(500))
    assert downloader.fetch(wanted(server)) is not None
    assert clock.slept == [7.0, 2.0, 4.0]
    assert len(server.asked) == 4


def test_a_date_in_retry_after_is_understood(
    server: Any, downloader: Downloader, faults: Any, clock: Clock
) -> None:
    past = "Fri, 20 Nov 2020 00:00:00 GMT"
    server.put(
        "/file.bin", BODY, faults.status(503, Retry_After=past), faults.status(429, Retry_After="soon")
    )
    downloader.fetch(wanted(server))
    assert clock.slept == [0.0, 2.0]


def test_patience_ends(server: Any, downloader: Downloader, faults: Any, clock: Clock) -> None:
    server.put("/file.bin", BODY, *[faults.status(500)] * 9)
    with pytest.raises(FetchError, match=r"500; tried 4 times"):
        downloader.fetch(wanted(server))
    assert clock.slept == [1.0, 2.0, 4.0]
    server.put("/file.bin", BODY, faults.status(429, Retry_After="86400"))
    with pytest.raises(FetchError, match="asks to wait 86400 s"):
        downloader.fetch(wanted(server))
    assert not (downloader.folder / "file.bin").exists()


def test_a_refusal_is_not_asked_again(server: Any, downloader: Downloader, faults: Any) -> None:
    server.put("/file.bin", BODY, faults.status(403))
    with pytest.raises(FetchError, match=r"403 .*busy"):
        downloader.fetch(wanted(server))
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", ["content-md5", "repr-digest", "x-amz-checksum-sha256", "etag-md5"])
def test_a_wrong_checksum_is_found_and_asked_for_again(
    server: Any, downloader: Downloader, faults: Any, kind: str
) -> None:
    md5, sha256 = hashlib.md5(BODY), hashlib.sha256(BODY)
    headers = {
        "content-md5": {"Content_MD5": base64.b64encode(md5.digest()).decode()},
        "repr-digest": {"Repr_Digest": f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"},
        "x-amz-checksum-sha256": {"x_amz_checksum_sha256": base64.b64encode(sha256.digest()).decode()},
        "etag-md5": {"ETag": f'"{md5.hexdigest()}"', "Server": "AmazonS3"},
    }[kind]
    wrong = bytearray(BODY)
    wrong[1234] ^= 1
    served = server.put("/file.bin", BODY, faults.sends(bytes(wrong)), **headers)
    path = downloader.fetch(wanted(server))
    known = downloader.ledger.get("file.bin")
    assert path is not None and path.read_bytes() == BODY
    assert known is not None and known.verified_by == kind
    assert len(server.asked) == 2
    served.faults += [faults.sends(bytes(wrong))] * 9
    with pytest.raises(FetchError, match=f"published checksum .{kind}."):
        Downloader(downloader.folder, downloader.client, refresh=True).fetch(wanted(server))
    assert path.read_bytes() == BODY  # the good one of before stays


@pytest.mark.parametrize(
    "headers", [{"Server": "nginx"}, {"Server": "AmazonS3", "x_amz_server_side_encryption": "aws:kms"}]
)
def test_an_etag_that_is_no_checksum_is_not_taken_for_one(
    server: Any, downloader: Downloader, headers: dict[str, str]
) -> None:
    server.put("/file.bin", BODY, ETag=f'"{"0" * 32}"', **headers)
    assert downloader.fetch(wanted(server)) is not None


def test_a_wrong_length_is_found(server: Any, downloader: Downloader, faults: Any) -> None:
    server.put("/file.bin", BODY, *[faults.announces_more(10)] * 9)
    with pytest.raises(FetchError, match=r"300,000 of 300,010 bytes"):
        downloader.fetch(wanted(server))
    assert not (downloader.folder / "file.bin").exists()


def test_a_page_in_place_of_data_is_not_kept(server: Any, downloader: Downloader) -> None:
    server.put("/file.bin", b'{"status":"error","message":"RATE_LIMITED"}')
    with pytest.raises(FetchError, match="RATE_LIMITED"):
        downloader.fetch(wanted(server, flaw=gzip_flaw))
    assert downloader.ledger.get("file.bin") is None
    assert not (downloader.folder / "file.bin").exists()


def test_what_does_not_exist_is_remembered_where_it_may_be_absent(
    server: Any, downloader: Downloader
) -> None:
    assert downloader.fetch(wanted(server, may_be_absent=True)) is None
    assert downloader.fetch(wanted(server, may_be_absent=True)) is None
    assert len(server.asked) == 1
    with pytest.raises(FetchError, match="404"):
        downloader.fetch(Wanted("other.bin", "terrain", Request(server.url + "/other.bin")))


def test_a_file_that_was_damaged_on_the_disk_comes_again(server: Any, downloader: Downloader) -> None:
    server.put("/file.bin", BODY)
    path = downloader.fetch(wanted(server))
    assert path is not None
    path.write_bytes(BODY[:-1])
    again = Downloader(downloader.folder, downloader.client).fetch(wanted(server))
    assert again is not None and again.read_bytes() == BODY
    assert len(server.asked) == 2


def test_another_file_under_the_same_address_is_refused(server: Any, downloader: Downloader) -> None:
    server.put("/file.bin", BODY)
    path = downloader.fetch(wanted(server))
    assert path is not None
    path.unlink()
    server.put("/file.bin", BODY[::-1])
    with pytest.raises(FetchError, match="not the file of 2026-11-22"):
        downloader.fetch(wanted(server))
    assert not path.exists()
    fresh = Downloader(downloader.folder, downloader.client, refresh=True).fetch(wanted(server))
    assert fresh is not None and fresh.read_bytes() == BODY[::-1]


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "", "C:x", "a\\b", "/etc/passwd", ".hidden", "a\0b"])
def test_names_that_could_leave_the_folder_are_refused(downloader: Downloader, name: str) -> None:
    with pytest.raises(FetchError, match="name"):
        downloader.path_of(name)


def test_a_ledger_that_cannot_be_read_is_said(tmp_path: Path, client: HttpClient) -> None:
    (tmp_path / "downloads.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match=r"downloads\.json"):
        Downloader(tmp_path, client)


_CHILD = """
import sys
from pathlib import Path
from phusong.gis_data.open_data.downloads import Downloader, Wanted
from phusong.gis_data.open_data.http_client import HttpClient, Request
client = HttpClient("phusong/test")
Downloader(Path(sys.argv[1]), client).fetch(Wanted("file.bin", "terrain", Request(sys.argv[2])))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on Windows")
def test_a_killed_process_is_continued_and_only_the_rest_is_asked_for(
    tmp_path: Path, server: Any, faults: Any, client: HttpClient
) -> None:
    event = threading.Event()
    server.put("/file.bin", BODY, faults.stalls(150_000, event), ETag='"v1"')
    folder, part = tmp_path / "d", tmp_path / "d" / "file.bin.part"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(folder), f"{server.url}/file.bin"], env=os.environ
    )
    try:
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size >= 65_536):
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
        event.set()
    kept = part.stat().st_size
    assert 0 < kept < len(BODY) and not (folder / "file.bin").exists()
    path = Downloader(folder, client).fetch(wanted(server))
    assert path is not None and path.read_bytes() == BODY
    assert [asked.headers.get("Range") for asked in server.asked] == [None, f"bytes={kept}-"]
    assert server.sent["/file.bin"] == len(BODY) - kept
