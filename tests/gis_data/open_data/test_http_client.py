"""Pauses, redirects, secrets."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from phusong.gis_data.open_data.http_client import FetchError, HttpClient, Request, TransientError

SECRET = "s3cr3t+key/1="


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(slept: list[float]) -> HttpClient:
    now = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    return HttpClient("phusong/test", [SECRET], tries=2, sleep=sleep, clock=lambda: now[0])


def get(client: HttpClient, request: Request) -> bytes:
    with client.response(request) as answer:
        return bytes(answer.content)


def test_requests_to_one_host_keep_their_distance(
    server: Any, client: HttpClient, slept: list[float]
) -> None:
    server.put("/a", b"a")
    for _ in range(3):
        get(client, Request(f"{server.url}/a", pause_s=1.0))
    assert slept == [1.0, 1.0]


def test_redirects_are_followed_but_not_away_from_http(server: Any, client: HttpClient, faults: Any) -> None:
    server.put("/b", b"there")
    server.put("/a", b"", faults.status(302, Location="/b"))
    assert get(client, Request(f"{server.url}/a")) == b"there"
    server.put("/a", b"", faults.status(302, Location="file:///etc/passwd"))
    with pytest.raises(FetchError, match="refuses to follow"):
        get(client, Request(f"{server.url}/a"))
    server.put("/a", b"", *[faults.status(301, Location="/a")] * 20)
    with pytest.raises(FetchError, match="more than 5 redirects"):
        get(client, Request(f"{server.url}/a"))


def test_a_downgrade_to_plain_http_is_refused(client: HttpClient) -> None:
    with pytest.raises(FetchError, match="from https to http"):
        client._check_redirect("https://a.example/x", "http://a.example/x", "https://a.example/x")


def test_a_host_that_is_not_there_is_said_without_the_secret(client: HttpClient, slept: list[float]) -> None:
    request = Request("http://127.0.0.1:9/x", secret={"token": SECRET})
    with pytest.raises(FetchError) as error:
        client.patiently(lambda: get(client, request))
    assert "127.0.0.1:9/x" in str(error.value) and "tried 2 times" in str(error.value)
    assert SECRET not in str(error.value) and error.value.__suppress_context__
    assert slept == [1.0]


def test_logs_of_the_http_library_have_no_secret(
    server: Any, client: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.put("/a", b"a")
    get(client, Request(f"{server.url}/a", query={"q": "1"}, secret={"token": SECRET}))
    assert server.asked[0].query == {"q": "1", "token": SECRET}
    assert "/a?q=1&token=***" in caplog.text
    assert SECRET not in repr(Request("http://x/", secret={"token": SECRET}))
    client.close()
    assert client._filter not in logging.getLogger("urllib3.connectionpool").filters


def test_progress_makes_patience_anew() -> None:
    client = HttpClient("x", tries=2, sleep=lambda seconds: None)
    outcomes = iter([TransientError("a", progress=True)] * 5)

    def once() -> str:
        for error in outcomes:
            raise error
        return "done"

    assert client.patiently(once) == "done"
