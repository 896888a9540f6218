"""Radio values that cannot be: each is one clear line of ``phusong check``, with file, row and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from phusong.cli import main

Spoil = Callable[[Path, str, str], None]


def told_by_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit status, and the lines that name a problem."""
    with pytest.raises(SystemExit) as caught:
        main(["check", str(folder), "--quiet"])
    lines = capsys.readouterr().err.splitlines()
    return int(caught.value.code or 0), [line.strip() for line in lines if line.startswith("  ")]


def put(folder: Path, table: str, column: str, value: str) -> None:
    """Put a value into the second record of a table: row 3 of a spreadsheet."""
    path = folder / "layers" / f"{table}.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    record = rows[1].split(",")
    record[head.split(",").index(column)] = value
    rows[1] = ",".join(record)
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("tx_power_dbm", "0", "1 to 80 dBm"),  # 0 W, or nothing known
        ("tx_power_dbm", "0 W", "a number"),
        ("tx_power_dbm", "20 W", "a number"),
        ("tx_power_dbm", "-inf", "a number"),
        ("tx_power_dbm", "", "a value in every row"),
        ("tx_power_dbm", "-5", "1 to 80 dBm"),
        ("tx_power_dbm", "20000", "1 to 80 dBm"),  # milliwatts
        ("frequency_mhz", "0", "30 to 6000 MHz"),
        ("frequency_mhz", "29.9", "30 to 6000 MHz"),
        ("frequency_mhz", "1.8", "30 to 6000 MHz"),  # gigahertz
        ("frequency_mhz", "28000", "30 to 6000 MHz"),
        ("frequency_mhz", "B3", "a number"),
        ("frequency_mhz", "", "a value in every row"),
        ("antenna_height_m", "-5", "1 to 400 m above ground"),
        ("antenna_height_m", "0", "1 to 400 m above ground"),
        ("antenna_height_m", "3500", "1 to 400 m above ground"),
        ("antenna_height_m", "", "a value in every row"),
        ("azimuth_deg", "400", "0 to 360"),
        ("bandwidth_mhz", "0", "0.1 to 400 MHz"),
    ],
)
def test_a_value_that_cannot_be(
    own_valley: Path, capsys: pytest.CaptureFixture[str], column: str, value: str, says: str
) -> None:
    put(own_valley, "cells", column, value)
    code, lines = told_by_check(own_valley, capsys)
    assert code == 2
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"layers/cells.csv, row 3, column '{column}'")
    assert says in lines[0]


@pytest.mark.parametrize(
    ("lon", "says"),
    [
        ("106.9116", "a position on the terrain, not in a void"),
        ("106.7", "a position in or near"),  # far outside: a digit is wrong
    ],
)
def test_a_station_outside_the_terrain(
    own_valley: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil, lon: str, says: str
) -> None:
    """The run's area is wider than the terrain raster; the mast stands in the strip without heights."""
    spoil(own_valley / "phusong.toml", "margin_m = 1500", "bounds = [106.6, 20.9, 107.2, 21.3]")
    put(own_valley, "masts", "lon", lon)
    code, lines = told_by_check(own_valley, capsys)
    assert code == 2
    told = [line for line in lines if says in line]
    assert len(told) == 1, lines
    assert "M2" in told[0] or "masts.csv, row 3" in told[0]


def test_all_of_them_at_once(own_valley: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for column, value in (("tx_power_dbm", "0"), ("frequency_mhz", "28000"), ("antenna_height_m", "-1")):
        put(own_valley, "cells", column, value)
    code, lines = told_by_check(own_valley, capsys)
    assert code == 2
    assert [line.split("'")[1] for line in lines] == ["frequency_mhz", "antenna_height_m", "tx_power_dbm"]
