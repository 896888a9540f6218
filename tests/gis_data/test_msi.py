"""MSI files: units told apart, vendors' habits accepted, every fault one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from phusong.errors import InputError
from phusong.gis_data.msi import read_msi

HORIZONTAL = [f"{angle} {abs((angle + 180) % 360 - 180) / 10:.1f}" for angle in range(360)]
VERTICAL = [f"{angle} {abs((angle - 4 + 180) % 360 - 180) / 5:.1f}" for angle in range(360)]


def msi(
    tmp_path: Path,
    *,
    name: str | None = "NAME Test antenna 65",
    gain: str | None = "GAIN 15.85 dBd",
    horizontal: list[str] | None = HORIZONTAL,
    vertical: list[str] | None = VERTICAL,
    extra: tuple[str, ...] = ("FREQUENCY 1850", "TILT ELECTRICAL", "COMMENT made up"),
    declared: str = "360",
) -> Path:
    lines = [*([name] if name else []), *extra, *([gain] if gain else [])]
    if horizontal is not None:
        lines += [f"HORIZONTAL {declared}", *horizontal]
    if vertical is not None:
        lines += ["VERTICAL 360", *vertical]
    path = tmp_path / "kathrein_80010.msi"
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("gain", "gain_dbi"),
    [
        ("GAIN 15.85 dBd", 18.0),
        ("GAIN 15.85", 18.0),  # dBd is the format's unit
        ("GAIN 15.85 dBi", 15.85),
        ("GAIN 15,85 DBI", 15.85),
        ("GAIN 15.85dBd", 18.0),
        ("gain 15.85 dbi", 15.85),
    ],
)
def test_dbd_and_dbi_are_told_apart(tmp_path: Path, gain: str, gain_dbi: float) -> None:
    assert read_msi(msi(tmp_path, gain=gain)).gain_dbi == pytest.approx(gain_dbi)


def test_everything_is_read(tmp_path: Path) -> None:
    pattern = read_msi(msi(tmp_path))
    assert pattern.name == "Test antenna 65"
    assert pattern.frequency_mhz == 1850
    assert pattern.electrical_tilt_deg is None  # "TILT ELECTRICAL" is no angle
    assert pattern.horizontal_db.shape == pattern.vertical_db.shape == (360,)
    assert pattern.horizontal_db[90] == 9.0
    assert pattern.horizontal_db[270] == 9.0
    assert pattern.vertical_db.argmin() == 4  # main lobe 4° down


@pytest.mark.parametrize(
    ("extra", "tilt"), [(("TILT 4",), 4.0), (("ELECTRICAL_TILT 6", "TILT MECHANICAL"), 6.0)]
)
def test_electrical_tilt(tmp_path: Path, extra: tuple[str, ...], tilt: float) -> None:
    assert read_msi(msi(tmp_path, extra=extra)).electrical_tilt_deg == tilt


def test_a_missing_name_is_the_file_s(tmp_path: Path) -> None:
    assert read_msi(msi(tmp_path, name=None)).name == "kathrein_80010"


def test_a_name_without_its_keyword(tmp_path: Path) -> None:
    assert read_msi(msi(tmp_path, name="742 215 V02")).name == "742 215 V02"


def test_half_degrees_disorder_and_a_closing_360(tmp_path: Path) -> None:
    fine = [f"{angle / 2:g} {angle % 7}" for angle in range(720)]
    pattern = read_msi(msi(tmp_path, horizontal=[*reversed(fine), "360 0"], declared="721"))
    assert pattern.horizontal_db.shape == (720,)
    np.testing.assert_array_equal(pattern.horizontal_db, np.arange(720) % 7)


def test_latin_1_comments(tmp_path: Path) -> None:
    path = msi(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"made up", "für".encode("latin-1")))
    assert read_msi(path).gain_dbi == pytest.approx(18.0)


def swapped(lines: list[str], index: int, line: str) -> list[str]:
    return [*lines[:index], line, *lines[index + 1 :]]


@pytest.mark.parametrize(
    ("change", "row", "column", "expected"),
    [
        ({"gain": None}, None, "GAIN", "dBd"),
        ({"gain": "GAIN high dBi"}, 5, "GAIN", "between -10 and 60"),
        ({"gain": "GAIN 15 dB"}, 5, "GAIN", "dBi"),
        ({"horizontal": None}, None, "HORIZONTAL", "a block 'HORIZONTAL 360'"),
        ({"vertical": None}, None, "VERTICAL", "a block 'VERTICAL 360'"),
        ({"horizontal": HORIZONTAL[:-1]}, 6, "HORIZONTAL", "360 lines below, as declared (359 found)"),
        ({"horizontal": swapped(HORIZONTAL, 10, "10 x")}, 17, "HORIZONTAL", "two numbers"),
        ({"horizontal": swapped(HORIZONTAL, 10, "10")}, 17, "HORIZONTAL", "two numbers"),
        ({"horizontal": swapped(HORIZONTAL, 10, "ten 1.0")}, 17, None, "two numbers"),
        ({"horizontal": swapped(HORIZONTAL, 10, "10 -1.0")}, 17, "HORIZONTAL", "positive: below"),
        ({"horizontal": swapped(HORIZONTAL, 10, "11 1.0")}, 6, "HORIZONTAL", "every angle"),
        ({"extra": ("FREQUENCY high", "TILT 0", "COMMENT")}, 2, "FREQUENCY", "FREQUENCY <number>"),
    ],
)
def test_each_fault_is_one_clear_line(
    tmp_path: Path, change: dict[str, object], row: int | None, column: str | None, expected: str
) -> None:
    path = msi(tmp_path, **change)  # type: ignore[arg-type]
    with pytest.raises(InputError) as caught:
        read_msi(path)
    first = caught.value.problems[0]
    assert (first.file, first.row, first.column) == (str(path), row, column)
    assert expected in first.expected
    assert "\n" not in str(first)


def test_all_faults_at_once(tmp_path: Path) -> None:
    path = msi(tmp_path, gain=None, vertical=None, horizontal=swapped(HORIZONTAL, 0, "0 ?"))
    with pytest.raises(InputError) as caught:
        read_msi(path)
    assert {problem.column for problem in caught.value.problems} == {"GAIN", "HORIZONTAL", "VERTICAL"}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04\x00\xff rubbish"])
def test_not_a_pattern_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.msi"
    path.write_bytes(content)
    with pytest.raises(InputError, match="GAIN"):
        read_msi(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.msi"):
        read_msi(tmp_path / "nowhere.msi")
