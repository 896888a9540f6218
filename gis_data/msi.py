"""Antenna pattern files of the MSI/Planet format: gain in dBi and two cuts, every fault of a file at once."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem

__all__ = ["DIPOLE_GAIN_DBI", "MsiPattern", "read_msi"]

DIPOLE_GAIN_DBI = 2.15
"""Gain of a half-wave dipole over an isotropic antenna: what a gain in dBd lacks of one in dBi."""

_KEYWORDS = frozenset(
    {
        *("NAME", "MAKE", "FREQUENCY", "H_WIDTH", "V_WIDTH", "FRONT_TO_BACK", "GAIN", "TILT"),
        *("ELECTRICAL_TILT", "POLARIZATION", "COMMENT"),
    }
)
_CUTS = ("HORIZONTAL", "VERTICAL")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class MsiPattern:
    """What a pattern file says.

    Attributes
    ----------
    name : str
        NAME; the file's own name (without suffix) where the vendor left it out.
    gain_dbi : float
        GAIN over an isotropic antenna, whatever the unit in the file.
    frequency_mhz : float or None
        FREQUENCY.
    electrical_tilt_deg : float or None
        Downtilt that the vertical cut contains (ELECTRICAL_TILT, or a number after TILT).
    horizontal_db, vertical_db : ndarray of float64, (n,)
        Attenuation below the main lobe at n equal steps of 360°/n, n ≥ 360. Horizontal: clockwise from
        boresight. Vertical: 0 horizon, 90 straight down, 180 backwards, 270 straight up.
    """

    name: str
    gain_dbi: float
    frequency_mhz: float | None
    electrical_tilt_deg: float | None
    horizontal_db: NDArray[np.float64]
    vertical_db: NDArray[np.float64]


@dataclass(frozen=True)
class _Line:
    number: int
    words: list[str]


def read_msi(path: Path) -> MsiPattern:
    """Read an MSI/Planet antenna file.

    Gains are dBd unless the line says dBi, which is the format's own rule.

    Parameters
    ----------
    path : Path
        The file, in UTF-8 or Latin-1; decimal points or commas.

    Returns
    -------
    MsiPattern

    Raises
    ------
    InputError
        The file is missing, lacks the gain or a cut, or a line cannot be understood: every fault at once.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        mend = f"check the path and the permissions ({error.strerror})"
        raise InputError([Problem(str(path), "an MSI antenna file that can be read", mend)]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # older vendor tools; only names and comments can hold such letters
        text = raw.decode("latin-1")
    return _Reader(path).read(text)


def _number(word: str) -> float:
    """Return a finite number written with a point or a comma; NaN for anything else."""
    if not _NUMBER.fullmatch(word):
        return math.nan
    return float(word.replace(",", "."))


class _Reader:
    """Walks through one file and collects what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def _wrong(self, expected: str, mend: str, line: _Line | None = None, column: str | None = None) -> None:
        row, value = (None, None) if line is None else (line.number, " ".join(line.words))
        self.problems.append(Problem(str(self.path), expected, mend, row=row, column=column, value=value))

    def read(self, text: str) -> MsiPattern:
        lines = [_Line(n, row.split()) for n, row in enumerate(text.splitlines(), start=1) if row.strip()]
        header, blocks = self._split(lines)
        gain_dbi = self._gain(header.get("GAIN"))
        cuts = {name: self._cut(name, blocks.get(name)) for name in _CUTS}
        frequency_mhz = self._optional_number(header.get("FREQUENCY"), "FREQUENCY")
        tilt_deg = self._tilt(header)
        if self.problems:
            raise InputError(self.problems)
        return MsiPattern(
            name=self._name(lines, header),
            gain_dbi=gain_dbi,
            frequency_mhz=frequency_mhz,
            electrical_tilt_deg=tilt_deg,
            horizontal_db=cuts["HORIZONTAL"],
            vertical_db=cuts["VERTICAL"],
        )

    def _split(self, lines: list[_Line]) -> tuple[dict[str, _Line], dict[str, list[_Line]]]:
        """Tell header lines from the two blocks; a block ends where a line begins with a word."""
        header: dict[str, _Line] = {}
        blocks: dict[str, list[_Line]] = {}
        block: list[_Line] | None = None
        for line in lines:
            key = line.words[0].upper()
            if key in _CUTS:
                if key in blocks:
                    self._wrong(f"one {key} block", "remove the second one", line)
                block = blocks.setdefault(key, [line])
            elif block is not None and (key[0].isdigit() or key[0] in "+-.,"):
                block.append(line)
            elif block is not None and key not in _KEYWORDS:
                self._wrong("'angle attenuation', two numbers", "mend or remove this line", line)
            else:
                block = None
                header.setdefault(key, line)
        return header, blocks

    def _name(self, lines: list[_Line], header: dict[str, _Line]) -> str:
        if "NAME" in header and len(header["NAME"].words) > 1:
            return " ".join(header["NAME"].words[1:])
        first = lines[0].words
        if first[0].upper() not in _KEYWORDS and first[0].upper() not in _CUTS:
            return " ".join(first)  # some vendors write the name without its keyword
        return self.path.stem

    def _gain(self, line: _Line | None) -> float:
        if line is None:
            self._wrong("a line 'GAIN <number> dBd' or '... dBi'", "add the antenna's gain", column="GAIN")
            return math.nan
        joined = re.sub(r"(?i)(\d)(dB[id]?)$", r"\1 \2", " ".join(line.words[1:]))
        words = joined.split()
        value = _number(words[0]) if words else math.nan
        unit = words[1].lower() if len(words) > 1 else "dbd"
        if len(words) > 2 or unit not in ("dbd", "dbi") or not -10 <= value <= 60:
            self._wrong(
                "'GAIN <number between -10 and 60> dBd' or '... dBi'",
                "mend the gain or its unit",
                line,
                "GAIN",
            )
            return math.nan
        return value + (DIPOLE_GAIN_DBI if unit == "dbd" else 0.0)

    def _optional_number(self, line: _Line | None, key: str) -> float | None:
        if line is None or len(line.words) < 2:
            return None
        value = _number(line.words[1])
        if math.isnan(value):
            self._wrong(f"'{key} <number>'", "mend the number, or remove the line", line, key)
            return None
        return value

    def _tilt(self, header: dict[str, _Line]) -> float | None:
        line = header.get("ELECTRICAL_TILT")
        if line is not None:
            return self._optional_number(line, "ELECTRICAL_TILT")
        words = header["TILT"].words[1:] if "TILT" in header else []
        numbers = [value for value in map(_number, words) if not math.isnan(value)]
        return numbers[0] if numbers else None  # "TILT ELECTRICAL" names a kind, not an angle

    def _cut(self, name: str, block: list[_Line] | None) -> NDArray[np.float64]:
        empty = np.empty(0)
        if block is None:
            self._wrong(f"a block '{name} 360' of 'angle attenuation'", "take a complete file", column=name)
            return empty
        rows = [row for row in (self._pair(name, line) for line in block[1:]) if row is not None]
        if len(rows) != len(block) - 1:
            return empty  # each bad line has been reported
        declared = block[0].words[1] if len(block[0].words) > 1 else str(len(rows))
        if declared != str(len(rows)):
            self._wrong(
                f"{declared} lines below, as declared ({len(rows)} found)", "complete it", block[0], name
            )
            return empty
        return self._on_equal_steps(name, block[0], np.array(rows, dtype=np.float64).reshape(-1, 2))

    def _pair(self, name: str, line: _Line) -> tuple[float, float] | None:
        values = [_number(word) for word in line.words]
        if len(values) != 2 or any(math.isnan(value) for value in values):
            self._wrong("'angle attenuation', two numbers", "mend this line", line, name)
            return None
        angle, attenuation = values
        if not 0 <= angle <= 360 or not 0 <= attenuation <= 200:
            self._wrong(
                "an angle from 0 to 360 and an attenuation from 0 to 200 dB (positive: below the main lobe)",
                "mend this line",
                line,
                name,
            )
            return None
        return angle, attenuation

    def _on_equal_steps(self, name: str, head: _Line, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = rows[rows[:, 0] < 360.0]  # a closing 360 repeats 0
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        count = len(rows)
        if count < 360 or not np.allclose(rows[:, 0], np.arange(count) * 360.0 / count, atol=1e-6):
            self._wrong("every angle from 0 to 359 once, in equal steps", "take a complete file", head, name)
            return np.empty(0)
        return rows[:, 1]
