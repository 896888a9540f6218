"""Radio-climatic zones: sea, coastal land, inland."""

from __future__ import annotations

import numpy as np

from phusong.coverage.propagation.zones import COASTAL, INLAND, SEA, radio_climatic_zones


def test_coast_rises_inland() -> None:
    """Sea, a low coast, a hill above 100 m, low ground within 50 km, low ground beyond."""
    height = np.array([[0.0, 20.0, 150.0, 30.0, 30.0]], np.float32)
    land = np.array([[0, 1, 1, 1, 1]], np.uint8)
    zones = radio_climatic_zones(height, land, 13_000.0)
    np.testing.assert_array_equal(zones, [[SEA, COASTAL, INLAND, COASTAL, INLAND]])


def test_a_void_is_not_coast() -> None:
    zones = radio_climatic_zones(np.array([[0.0, np.nan]], np.float32), np.array([[0, 1]], np.uint8), 90.0)
    np.testing.assert_array_equal(zones, [[SEA, INLAND]])


def test_without_sea_all_is_inland() -> None:
    zones = radio_climatic_zones(np.zeros((3, 4), np.float32), np.ones((3, 4), np.uint8), 90.0)
    assert (zones == INLAND).all()
