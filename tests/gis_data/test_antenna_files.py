"""Antenna files of a project: which are read, by which names, and every fault at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from phusong.gis_data.antenna_files import AntennaFiles, electrical_tilt_warnings, read_antenna_files
from phusong.gis_data.problems import ProblemList


def write_msi(path: Path, name: str | None = None, gain: str = "15 dBi", extra: str = "") -> None:
    cut = "\n".join(f"{angle} {min(abs((angle + 180) % 360 - 180), 30)}" for angle in range(360))
    head = (f"NAME {name}\n" if name else "") + f"GAIN {gain}\n{extra}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}HORIZONTAL 360\n{cut}\nVERTICAL 360\n{cut}\n", encoding="utf-8")


def read(folder: Path, *entries: str) -> tuple[AntennaFiles, list[str]]:
    problems = ProblemList()
    found = read_antenna_files(folder, entries, reserved=("omni",), problems=problems)
    return found, [str(problem) for problem in problems.listed("error")]


@pytest.mark.parametrize(
    "entries",
    [("antennas/*.msi",), ("antennas",), ("antennas/a.msi", "antennas/b.msi"), ("antennas", "*/a.*")],
)
def test_files_patterns_and_folders(tmp_path: Path, entries: tuple[str, ...]) -> None:
    write_msi(tmp_path / "antennas" / "a.msi", "Kathrein 80010", "16 dBd")
    write_msi(tmp_path / "antennas" / "b.msi")
    (tmp_path / "antennas" / "readme.md").write_text("no antenna", encoding="utf-8")
    found, problems = read(tmp_path, *entries)
    assert problems == []
    assert set(found.patterns) == {"a", "b", "Kathrein 80010"}
    assert found.patterns["a"] is found.patterns["Kathrein 80010"]
    assert found.patterns["a"].gain_dbi == pytest.approx(18.15)
    raw = (tmp_path / "antennas" / "a.msi").read_bytes()
    assert found.file_hashes["antennas/a.msi"] == hashlib.sha256(raw).hexdigest()
    assert set(found.file_hashes) == {"antennas/a.msi", "antennas/b.msi"}


def test_a_name_that_two_files_have_names_neither(tmp_path: Path) -> None:
    write_msi(tmp_path / "x_t0.msi", "X")
    write_msi(tmp_path / "x_t6.msi", "X")
    found, problems = read(tmp_path, "*.msi")
    assert problems == []
    assert set(found.patterns) == {"x_t0", "x_t6"}


def test_a_name_within_gives_way_to_a_file_and_to_the_built_in(tmp_path: Path) -> None:
    write_msi(tmp_path / "a.msi", "b", "10 dBi")
    write_msi(tmp_path / "b.msi", "omni", "12 dBi")
    found, problems = read(tmp_path, "*.msi")
    assert problems == []
    assert {name: pattern.gain_dbi for name, pattern in found.patterns.items()} == {"a": 10.0, "b": 12.0}


def test_every_fault_at_once(tmp_path: Path) -> None:
    write_msi(tmp_path / "one" / "a.msi")
    write_msi(tmp_path / "two" / "a.msi")
    write_msi(tmp_path / "one" / "omni.msi")
    write_msi(tmp_path / "one" / "bad.msi", gain="fifteen")
    found, problems = read(tmp_path, "one", "two", "three/*.msi", "missing.msi")
    assert set(found.patterns) == {"a"}
    for says in ("two/a.msi", "'omni'", "GAIN", "three/*.msi", "missing.msi"):
        assert sum(says in problem for problem in problems) == 1, says
    assert len(problems) == 5


def test_no_entries_no_patterns(tmp_path: Path) -> None:
    assert read(tmp_path) == (AntennaFiles({}, {}), [])


def test_a_tilt_that_is_not_the_file_s_is_told(tmp_path: Path) -> None:
    write_msi(tmp_path / "t6.msi", extra="ELECTRICAL_TILT 6\n")
    write_msi(tmp_path / "plain.msi")
    files, _ = read(tmp_path, "*.msi")
    cells = pd.DataFrame(
        {
            "cell_id": ["same", "other", "not stated", "no tilt in file", "built in"],
            "antenna": ["t6", "t6", "t6", "plain", "omni"],
            "electrical_tilt_deg": [6.0, 2.0, 0.0, 2.0, 2.0],
        }
    )
    (warning,) = electrical_tilt_warnings(cells, files.patterns)
    assert warning.severity == "warning"
    assert warning.value == "2 (cell other)"
    assert "6°" in warning.expected
