"""The project's antenna files: every pattern by the names that cells may give, every fault at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError, Problem
from .msi import MsiPattern, read_msi
from .problems import ProblemList

__all__ = ["AntennaFiles", "electrical_tilt_warnings", "read_antenna_files"]

PROJECT_FILE = "phusong.toml"
_SUFFIXES = (".msi", ".pln")
_TILT_TOLERANCE_DEG = 0.5


@dataclass(frozen=True)
class AntennaFiles:
    """What the antenna files of a project say.

    Attributes
    ----------
    patterns : dict of str to MsiPattern
        By the names that the column ``antenna`` may give: the file's name without suffix, and the NAME in the
        file where no other file has it.
    file_hashes : dict of str to str
        SHA-256 of every file, by path in the project folder.
    """

    patterns: dict[str, MsiPattern]
    file_hashes: dict[str, str]


def read_antenna_files(
    folder: Path, entries: Sequence[str], *, reserved: Collection[str] = (), problems: ProblemList
) -> AntennaFiles:
    """Read the MSI/Planet files of ``antennas`` in phusong.toml.

    Parameters
    ----------
    folder : Path
        Project folder.
    entries : sequence of str
        Each a file, a pattern such as "antennas/*.msi", or a folder (its files \\*.msi and \\*.pln).
    reserved : collection of str
        Names of built-in patterns, which no file may take.
    problems : ProblemList
        Takes every fault of every file; a file with a fault gives no pattern.
    """
    paths = _paths(folder, entries, problems)
    found: dict[str, MsiPattern] = {}
    where: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for path in paths:
        written = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
        clash = f"the built-in pattern {path.stem!r}" if path.stem in reserved else where.get(path.stem)
        if clash is not None:
            problems.add(Problem(written, f"a name of its own, not that of {clash}", "rename the file"))
            continue
        where[path.stem] = written
        try:
            found[path.stem] = read_msi(path)
            hashes[written] = hashlib.sha256(path.read_bytes()).hexdigest()
        except InputError as error:
            problems.extend(error.problems)
    names = Counter(pattern.name for pattern in found.values())
    taken = {*where, *reserved}
    by_name = {p.name: p for p in found.values() if names[p.name] == 1 and p.name not in taken}
    return AntennaFiles(patterns={**by_name, **found}, file_hashes=hashes)


def _paths(folder: Path, entries: Sequence[str], problems: ProblemList) -> list[Path]:
    """Files that the entries name, each once, in the order of their paths."""
    paths: set[Path] = set()
    for entry in entries:
        target = folder / entry
        if target.is_dir():
            here = {path for path in target.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file()}
        elif any(sign in entry for sign in "*?["):
            start = Path(target.anchor) if Path(entry).is_absolute() else folder
            pattern = str(target.relative_to(start)) if Path(entry).is_absolute() else entry
            here = {path for path in start.glob(pattern) if path.is_file()}
        else:
            here = {target}  # a missing file is reported when it is read
        if not here:
            mend = "check the path, or take the entry out"
            problems.add(
                Problem(PROJECT_FILE, "antenna files (*.msi) there", mend, column="antennas", value=entry)
            )
        paths |= here
    return sorted(paths, key=lambda path: path.as_posix())


def electrical_tilt_warnings(cells: pd.DataFrame, patterns: Mapping[str, MsiPattern]) -> list[Problem]:
    """Warn of cells whose electrical tilt is not that of their file: the file's is what is computed.

    Parameters
    ----------
    cells : DataFrame
        Columns of `gis_data.schema` CELLS.
    patterns : mapping of str to MsiPattern
        From `read_antenna_files`.
    """
    tilts = {name: p.electrical_tilt_deg for name, p in patterns.items() if p.electrical_tilt_deg is not None}
    of_file = pd.to_numeric(cells["antenna"].astype(object).map(tilts)).to_numpy(np.float64)
    stated = pd.to_numeric(cells["electrical_tilt_deg"]).to_numpy(np.float64)
    # 0 is what the schema fills in where nothing is stated; NaN compares as no
    differs = (np.abs(stated - of_file) > _TILT_TOLERANCE_DEG) & (stated != 0.0)
    return [
        Problem(
            "cells",
            f"the {of_file[i]:g}° that its file {cells['antenna'].iloc[i]!r} holds",
            "the file's tilt is used: name the file of the tilt in use, or mend the value",
            column="electrical_tilt_deg",
            value=f"{stated[i]:g} (cell {cells['cell_id'].iloc[i]})",
            severity="warning",
        )
        for i in np.flatnonzero(differs)
    ]
