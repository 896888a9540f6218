"""The profile plot: geometry against hand-computed numbers, and the words of both languages."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from phusong.maps.profile_plot import ProfilePlot, bulge_m, fresnel_radius_m, profile_svg

SVG = "{http://www.w3.org/2000/svg}"
DISTANCE = np.linspace(0.0, 8.0, 81)
PLOT = ProfilePlot(
    title="Khe Tiền <Đồng Văn> & co", verdict="Thiếu: Thoại", mast="QN1", hamlet="Khe Tiền", distance_km=DISTANCE,
    height_m=np.where(np.isclose(DISTANCE, 3.0), 300.0, 20.0), clutter_m=np.zeros(81), antenna_height_m=42.0,
    receiver_height_m=1.5, frequency_mhz=900.0, obstacle_km=3.0, obstacle_db=31.2, synthetic=True,
)  # fmt: skip


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_bulge_and_fresnel_zone_in_the_middle_of_a_path() -> None:
    # d1 d2 / (2 k a): 10 km x 10 km / (2 x 8494.7 km) = 5.89 m; sqrt(lambda d / 4) at 900 MHz, 20 km: 40.8 m
    assert bulge_m(np.array([10.0]), 20.0)[0] == pytest.approx(5.886, abs=1e-3)
    assert fresnel_radius_m(np.array([10.0]), 20.0, 900.0)[0] == pytest.approx(40.81, abs=0.01)
    assert bulge_m(np.array([0.0, 20.0]), 20.0).tolist() == [0.0, 0.0]


def test_the_obstacle_stands_where_it_was_found() -> None:
    root = ElementTree.fromstring(profile_svg(PLOT, "vi"))
    (mark,) = root.iter(f"{SVG}circle")
    (sight,) = [
        line
        for line in root.iter(f"{SVG}line")
        if line.get("class") == "sight" and line.get("y1") != line.get("y2")
    ]
    left, right = float(sight.get("x1", "")), float(sight.get("x2", ""))
    assert float(mark.get("cx", "")) == pytest.approx(left + 3.0 / 8.0 * (right - left), abs=0.2)
    assert float(mark.get("cy", "")) < float(sight.get("y1", ""))  # higher than the antenna: further up
    line = 62.0 + 3.0 / 8.0 * (21.5 - 62.0)
    over = 300.0 + float(bulge_m(np.array([3.0]), 8.0)[0]) - line
    assert f"Vật cản: 3.00 km, 300 m, {over:.0f} m trên đường ngắm, 31.2 dB" in texts(profile_svg(PLOT, "vi"))


def test_words_of_both_languages_and_the_mark_of_made_up_data() -> None:
    english, vietnamese = texts(profile_svg(PLOT, "en")), texts(profile_svg(PLOT, "vi"))
    assert "First Fresnel zone" in english and "Đới Fresnel thứ nhất" in vietnamese
    assert "SYNTHETIC DATA" in english and "DỮ LIỆU GIẢ LẬP" in vietnamese
    assert PLOT.title in english  # escaped in the file
    assert "SYNTHETIC DATA" not in texts(profile_svg(replace(PLOT, synthetic=False), "en"))
    assert "QN1: antenna 42 m" in english


def test_no_obstacle_no_mark_and_clutter_only_where_there_is_some() -> None:
    clear = profile_svg(replace(PLOT, obstacle_km=None), "en")
    assert "<circle" not in clear and 'class="clutter"' not in clear
    assert 'class="clutter"' in profile_svg(replace(PLOT, clutter_m=np.full(81, 12.0)), "en")


def test_the_same_bytes_and_everything_in_the_frame() -> None:
    flat = replace(PLOT, height_m=np.full(81, 0.0), obstacle_km=None)
    assert profile_svg(PLOT, "en") == profile_svg(replace(PLOT), "en")
    root = ElementTree.fromstring(profile_svg(flat, "en"))
    for node in root.iter(f"{SVG}text"):
        assert 0 <= float(node.get("x", "0")) <= 900 and 0 <= float(node.get("y", "0")) <= 420
