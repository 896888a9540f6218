"""The page of what changed: opens without a network, lists and marks, shows names as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from phusong.gis_data.history_schema import HAMLET_CHANGE_LABELS, STATION_CHANGE_LABELS
from phusong.gis_data.result_schema import VERDICT_LABELS
from phusong.history_words import say
from phusong.maps.change_map import CHANGE_STYLE, STATION_STYLE, ChangeMap, write_change_map

EVIL = '<img src=x onerror="document.title=1"> http://evil.example/a.js'


def content(changes: tuple[str, ...]) -> ChangeMap:
    count = len(changes)
    hamlets = gpd.GeoDataFrame(
        {
            "village_id": [f"H{n}" for n in range(count)],
            "name": [EVIL] * count,
            "commune": ["Xã A"] * count,
            "population": [10.0] * count,
            "change": list(changes),
            "verdict_before": ["covered"] * count,
            "verdict_after": [None] * count,
            "stations": ["M1"] * count,
        },
        geometry=gpd.points_from_xy([107.0 + 0.02 * n for n in range(count)], [21.0] * count),
        crs="EPSG:4326",
    )
    stations = gpd.GeoDataFrame(
        {
            "mast_id": ["M1"],
            "operator": ["Viettel"],
            "technology": ["4G"],
            "change": ["new"],
            "details": [EVIL],
        },
        geometry=gpd.points_from_xy([107.1], [21.05]),
        crs="EPSG:4326",
    )
    keys = ("title", "before", "after", "map_list", "map_stations", "map_unchanged", "map_link", "map_legend", "map_hint",
            "no_change", "people")  # fmt: skip
    labels = {f"hamlet.{code}": words[0] for code, words in HAMLET_CHANGE_LABELS.items()}
    labels |= {f"station.{code}": words[0] for code, words in STATION_CHANGE_LABELS.items()}
    labels |= {f"verdict.{code}": words[0] for code, words in VERDICT_LABELS.items()}
    return ChangeMap(
        "en", EVIL, "SYNTHETIC DATA", "Version 1", "Version 2", hamlets, tuple([f"because {EVIL}"] * count),
        stations, hamlets.iloc[:0], {key: say(key, "en") for key in keys}, labels,
    )  # fmt: skip


def test_every_change_has_a_sign() -> None:
    assert set(CHANGE_STYLE) == set(HAMLET_CHANGE_LABELS)
    assert set(STATION_STYLE) == set(STATION_CHANGE_LABELS)


@pytest.mark.browser
def test_lists_marks_and_tells(open_map: Callable[..., Any], tmp_path: Path) -> None:
    write_change_map(tmp_path / "diff.html", content(tuple(HAMLET_CHANGE_LABELS)))
    page = open_map(tmp_path / "diff.html").page
    assert page.title() == "Changes between two versions"
    assert page.locator("#ps-list button").count() == len(HAMLET_CHANGE_LABELS)
    assert page.locator(".ps-sign").count() == len(HAMLET_CHANGE_LABELS) + 1
    assert page.locator("#ps-legend li").count() == len(HAMLET_CHANGE_LABELS) + 2  # mast, line to it
    assert "the station that is the cause" in page.locator("#ps-legend").inner_text()
    assert page.locator("#ps-stations button").inner_text().startswith("M1 Viettel 4G: New")
    assert page.locator("#ps-synthetic").is_visible()
    page.locator("#ps-list button").first.focus()
    page.keyboard.press("Enter")
    told = page.locator(".leaflet-popup-content").inner_text()
    assert EVIL in told and "Loses service" in told
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("screen", [(390, 844), (1400, 860)])
def test_all_hamlets_stand_within_the_map_on_any_screen(
    open_map: Callable[..., Any], tmp_path: Path, screen: tuple[int, int]
) -> None:
    """The list below grows after the map was made, and takes its room."""
    made = content(tuple(HAMLET_CHANGE_LABELS))
    north = [20.8 + 0.1 * n for n in range(len(made.hamlets))]
    tall = made.hamlets.set_geometry(gpd.points_from_xy([107.1] * len(north), north), crs="EPSG:4326")
    write_change_map(tmp_path / "diff.html", replace(made, hamlets=tall, unchanged=tall.iloc[:1]))
    page = open_map(tmp_path / "diff.html", viewport={"width": screen[0], "height": screen[1]}).page
    assert "Hamlets that did not change" in page.locator("#ps-legend").inner_text()
    frame = page.locator("#ps-map").bounding_box()
    for mark in page.locator("#ps-map .ps-sign").all():
        box = mark.bounding_box()
        assert frame["x"] <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"]


@pytest.mark.browser
def test_nothing_changed_is_said(open_map: Callable[..., Any], tmp_path: Path) -> None:
    write_change_map(tmp_path / "diff.html", content(()))
    page = open_map(tmp_path / "diff.html", viewport={"width": 390, "height": 800}).page
    assert page.locator("#ps-hint").inner_text() == "No hamlet differs between the two versions."
