"""Results appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.errors import OutputLockedError
from phusong.publish import staged


def test_files_replace_and_others_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.txt").write_text("old")
    (out / "kept.txt").write_text("kept")
    with staged(out, tmp_path / ".phusong") as aside:
        (aside / "old.txt").write_text("new")
        (aside / "deep").mkdir()
        (aside / "deep" / "fresh.txt").write_text("fresh")
        assert (out / "old.txt").read_text() == "old"
    assert {p.relative_to(out).as_posix(): p.read_text() for p in out.rglob("*") if p.is_file()} == {
        "old.txt": "new",
        "kept.txt": "kept",
        "deep/fresh.txt": "fresh",
    }
    assert list((tmp_path / ".phusong").iterdir()) == []


def test_an_error_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), staged(out, tmp_path / ".phusong") as aside:
        (aside / "a.txt").write_text("half")
        raise RuntimeError
    assert (out / "a.txt").read_text() == "old"
    assert list((tmp_path / ".phusong").iterdir()) == []


def test_one_locked_file_stops_all(tmp_path: Path) -> None:
    """A folder in the way cannot be replaced on any system, whoever runs the test."""
    out = tmp_path / "out"
    (out / "b.txt").mkdir(parents=True)
    (out / "a.txt").write_text("old")
    with pytest.raises(OutputLockedError, match=r"b\.txt"), staged(out, tmp_path / ".phusong") as aside:
        (aside / "a.txt").write_text("new")
        (aside / "b.txt").write_text("new")
    assert (out / "a.txt").read_text() == "old"
