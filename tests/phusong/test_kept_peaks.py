"""Summits and shoulders of the relief from one run to the next: the same positions, whatever was kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from phusong.coverage.propagation.terrain import TerrainModel
from phusong.coverage.siting import positions
from phusong.coverage.siting.positions import Positions, terrain_positions
from phusong.ground_cache import KeptPeaks

STEP = 100.0


def _terrain(seed: int) -> TerrainModel:
    rng = np.random.default_rng(seed)
    height = rng.uniform(0.0, 300.0, (60, 70)).astype(np.float32)
    height[20:23, 30:33] = np.nan
    zone = np.full(height.shape, 4, np.uint8)
    zone[:, 60:] = 1
    return TerrainModel(height, zone, None, 0.0, 60 * STEP, STEP, 21.0, 20.9)


def _found(terrain: TerrainModel, keeper: KeptPeaks | None) -> Positions:
    at = np.array([1500.0, 5800.0]), np.array([3000.0, 5900.0])
    return terrain_positions(
        terrain, *at, np.ones(2), antenna_height_m=41.0, receiver_height_m=1.5, reach_m=3000.0,
        per_point=4, keeper=keeper,
    )  # fmt: skip


def _same(a: Positions, b: Positions) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("x_m", "y_m", "sees"))


def test_kept_peaks_give_the_same_positions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _found(_terrain(1), None)
    assert len(plain.x_m) > 0
    assert _same(_found(_terrain(1), KeptPeaks(tmp_path)), plain)
    with monkeypatch.context() as patch:
        patch.setattr(positions, "_outstanding", lambda terrain: pytest.fail("computed though kept"))
        assert _same(_found(_terrain(1), KeptPeaks(tmp_path)), plain)


@pytest.mark.parametrize("content", [b"", b"PK nonsense", b"half"])
def test_damaged_peaks_are_found_again(tmp_path: Path, content: bytes) -> None:
    plain = _found(_terrain(1), KeptPeaks(tmp_path))
    (path,) = tmp_path.glob("peaks-*.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == b"half" else content)
    assert _same(_found(_terrain(1), KeptPeaks(tmp_path)), plain)
    assert path.read_bytes() == whole


def test_another_relief_has_its_own_and_old_ones_go(tmp_path: Path) -> None:
    for seed in (1, 2, 3, 4):
        assert _same(_found(_terrain(seed), KeptPeaks(tmp_path)), _found(_terrain(seed), None))
    assert len(list(tmp_path.glob("peaks-*.npz"))) == 2
