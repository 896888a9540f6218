"""Arrays in a mapped file: they come back as they were, or not at all."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from phusong.cache import content_digest, digest
from phusong.mapped_arrays import load_mapped, removed, save_mapped

KINDS = st.sampled_from(["<f4", ">f8", "<i4", "u1", "?", "<u8", "<U3"])
ARRAYS = arrays_of.arrays(
    KINDS, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7), fill=st.nothing()
)


def same(found: dict[str, Any] | None, expected: dict[str, Any]) -> None:
    assert found is not None and list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].shape == array.shape
        assert found[name].dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(found[name], array)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=5), ARRAYS, max_size=4), st.booleans())
def test_what_was_kept_comes_back(kept: dict[str, Any], digests: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "a.arrays"
        save_mapped(path, kept, digests=digests)
        found = load_mapped(path)
        same(found, kept)
        assert [p.name for p in path.parent.iterdir()] == ["a.arrays"]
        del found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_wrong_byte_is_seen_wherever_it_matters(data: st.DataObject) -> None:
    kept = {"a": np.arange(11, dtype="<i2"), "b": np.array(["x", "yz"]), "c": np.linspace(0.0, 1.0, 6000)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.arrays"
        save_mapped(path, kept, digests=True)
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        harm = data.draw(st.sampled_from(["flip", "cut", "more", "blank"]))
        if harm == "flip":
            content[at] ^= data.draw(st.integers(1, 255))
        elif harm == "blank":
            content[at : at + 512] = bytes(len(content[at : at + 512]))
        path.write_bytes({"cut": content[:at], "more": content + b"\0"}.get(harm, content))
        found = load_mapped(path)
        if found is not None:  # a byte between the arrays says nothing
            assert harm in ("flip", "blank")
            same(found, kept)
        del found


@pytest.mark.parametrize(
    "content", [b"", b"PK nonsense", b"phusong arrays 1\n", b"phusong arrays 1\n" + b"\xff" * 40]
)
def test_other_files_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.arrays").write_bytes(content)
    assert load_mapped(tmp_path / "a.arrays") is None
    assert load_mapped(tmp_path / "none.arrays") is None
    assert load_mapped(tmp_path) is None


def test_objects_are_neither_written_nor_read(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save_mapped(tmp_path / "a.arrays", {"x": np.array([{}], dtype=object)})
    save_mapped(tmp_path / "b.arrays", {"x": np.array([1.0])})
    assert load_mapped(tmp_path / "b.arrays") is not None
    assert not (tmp_path / "a.arrays").exists()


def test_writing_into_arrays_does_not_change_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.arrays"
    save_mapped(path, {"x": np.zeros(100_000)})
    first = load_mapped(path)
    assert first is not None and type(first["x"]) is np.ndarray and first["x"].flags.writeable
    first["x"][:] = 1.0
    same(load_mapped(path), {"x": np.zeros(100_000)})


def test_a_digest_that_was_kept_is_that_of_the_content(tmp_path: Path) -> None:
    array = np.random.default_rng(1).normal(size=(400, 500)).astype(np.float32)
    save_mapped(tmp_path / "a.arrays", {"x": array}, digests=True)
    found = load_mapped(tmp_path / "a.arrays")
    assert found is not None
    assert digest(found["x"]) == digest(array) and content_digest(found["x"]) == content_digest(array)


def test_removing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert removed(tmp_path / "a") and removed(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (tmp_path / "folder").mkdir()
    assert not removed(tmp_path / "folder")
