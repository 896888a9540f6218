"""Questions to OpenStreetMap, and answers that are not what they seem."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from phusong.gis_data.open_data.downloads import Downloader
from phusong.gis_data.open_data.http_client import FetchError, HttpClient
from phusong.gis_data.open_data.overpass import administrative_query, ask_overpass, place_query

BOUNDS = (107.2, 21.0, 107.6, 21.3)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def downloader(tmp_path: Path, slept: list[float]) -> Downloader:
    return Downloader(tmp_path / "d", HttpClient("x", tries=3, sleep=slept.append))


def test_the_box_stands_south_west_north_east(world: Any, downloader: Downloader) -> None:
    for query in (place_query(BOUNDS), administrative_query(BOUNDS)):
        assert "(21.000000,107.200000,21.300000,107.600000)" in query and query.startswith(
            "[out:json][timeout:"
        )
    reply = ask_overpass(downloader, f"{world.url}/overpass", "places", place_query(BOUNDS))
    assert world.asked[0].method == "POST" and world.asked[0].form == {"data": place_query(BOUNDS)}
    assert reply.day == date(2026, 11, 20)
    assert [element.osm_id for element in reply.elements] == ["n11", "n12", "n13", "n14", "w15", "w16"]
    assert (reply.elements[4].lon, reply.elements[4].lat) == (107.42, 21.12)


def test_an_answer_that_ran_out_of_time_is_asked_for_again(
    world: Any, downloader: Downloader, faults: Any, slept: list[float]
) -> None:
    half = json.dumps(
        {"elements": [], "remark": 'runtime error: Query timed out in "query" at line 4'}
    ).encode()
    world.files["/overpass#place"].faults += [faults.sends(half), faults.status(504)]
    reply = ask_overpass(downloader, f"{world.url}/overpass", "places", place_query(BOUNDS))
    assert len(reply.elements) == 6 and 30.0 in slept
    world.files["/overpass#boundary"].faults += [faults.sends(half)] * 9
    with pytest.raises(FetchError, match="timed out"):
        ask_overpass(downloader, f"{world.url}/overpass", "b", administrative_query(BOUNDS))


@pytest.mark.parametrize("body", [b"<html>too busy</html>", b"[]", b'{"elements": 3}'])
def test_other_answers_are_refused(world: Any, downloader: Downloader, body: bytes) -> None:
    world.put("/overpass#place", body)
    with pytest.raises(FetchError, match="Overpass server"):
        ask_overpass(downloader, f"{world.url}/overpass", "places", place_query(BOUNDS))


def test_elements_that_are_odd_are_passed_over(world: Any, downloader: Downloader) -> None:
    world.put(
        "/overpass#place",
        json.dumps({"elements": [3, {"type": "count"}, {"type": "node", "id": 1}]}).encode(),
    )
    reply = ask_overpass(downloader, f"{world.url}/overpass", "places", place_query(BOUNDS))
    assert [element.osm_id for element in reply.elements] == ["n1"] and reply.elements[0].name == ""
