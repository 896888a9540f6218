"""Digests tell inputs apart; damaged files are noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from phusong.cache import digest, load_arrays, save_arrays, source_digest


@dataclass(frozen=True)
class Two:
    a: object
    b: object


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.zeros(3, np.float32), np.zeros(3, np.float64)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array(["ab", "c"]), np.array(["a", "bc"])),
        (np.array(["2025-01-01"], "datetime64[D]"), np.array(["2025-01-02"], "datetime64[D]")),
        (["ab", "c"], ["a", "bc"]),
        (1, 1.0),
        (None, "None"),
        (Two(1, 2), Two(2, 1)),
        ({"a": 1}, {"a": 2}),
    ],
)
def test_different_things_differ(one: object, other: object) -> None:
    assert digest(one) != digest(other)
    assert digest(one) == digest(one)


def test_order_of_keys_does_not_matter() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_arrays_come_back(tmp_path: Path) -> None:
    arrays = {"x": np.arange(5, dtype=np.int32), "day": np.array(["2025-12-31", "NaT"], "datetime64[D]")}
    save_arrays(tmp_path / "deep" / "a.npz", arrays)
    back = load_arrays(tmp_path / "deep" / "a.npz")
    assert back is not None
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.npz"]


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_a_damaged_file_is_not_believed(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.npz"
    save_arrays(path, {"x": np.arange(10_000)})
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[len(content) // 2] ^= 0xFF
    else:
        content = bytearray()
    path.write_bytes(bytes(content))
    assert load_arrays(path) is None


def test_missing_file_is_none(tmp_path: Path) -> None:
    assert load_arrays(tmp_path / "none.npz") is None


def test_source_digest_sees_an_edit(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    before = source_digest(tmp_path)
    (tmp_path / "a.py").write_text("x = 2")
    assert source_digest(tmp_path) != before
