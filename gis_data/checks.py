"""What must hold between tables, and between tables and the ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import Problem
from .grid import Grid
from .headers import fold
from .problems import ProblemList
from .schema import TABLES
from .tables import CheckedTable
from .vocabulary import OPERATOR_BRANDS

__all__ = [
    "check_cells",
    "check_decisions",
    "check_in_sea",
    "check_references",
    "keep_inside",
    "name_operators",
]

_Mask = NDArray[np.bool_]
_TABLES_IN_SEA = ("villages", "clusters", "masts", "poles")
_ALIKE = 0.8
_SHORTEST_TO_COMPARE = 5  # "VNPT" and "EVN" are alike, and are not one


def name_operators(
    tables: Mapping[str, CheckedTable], operators: Sequence[str], problems: ProblemList
) -> dict[str, CheckedTable]:
    """Return the tables with each operator written as in phusong.toml; report those it does not know.

    An owner may be anybody; one who is an operator is written as the operator, and one whose name is almost
    an operator's is reported: the structure would count as somebody else's.
    """
    known = _operator_names(operators)
    named = {}
    for name, table in tables.items():
        with_operator = _with_owner(_with_operator(table, known, operators, problems), known, problems)
        named[name] = _with_tenants(with_operator, known, operators, problems)
    return named


def check_references(tables: Mapping[str, CheckedTable], failed: set[str], problems: ProblemList) -> None:
    """Report ids that no row of the table referred to has.

    Parameters
    ----------
    tables : mapping
        The tables that were read.
    failed : set of str
        Tables that could not be read; nothing is said of references to them.
    problems : ProblemList
    """
    for name, table in tables.items():
        for column in TABLES[name].columns:
            if not column.refers_to:
                continue
            target, key = column.refers_to.split(".")
            if target in failed:
                continue
            ids = set(tables[target].frame[key].dropna()) if target in tables else set()
            values = table.frame[column.name]
            where = f"an id of the table {target}"
            mend = f"mend the id, or add its row to {target}"
            _report(table, column.name, values.notna() & ~values.isin(ids), values, where, mend, problems)


def check_cells(tables: Mapping[str, CheckedTable], problems: ProblemList) -> None:
    """Report antennas above their mast (warning) and cells switched off before they were switched on."""
    cells = tables.get("cells")
    if cells is None:
        return
    frame = cells.frame
    off = frame["off_air"]
    early = frame["on_air"].notna() & off.notna() & (off < frame["on_air"])
    mend = "exchange the two dates, or mend one"
    _report(cells, "off_air", early, off.dt.date, "a day on or after on_air", mend, problems)
    masts = tables.get("masts")
    if masts is None:
        return
    heights = masts.frame.drop_duplicates("mast_id").set_index("mast_id")["height_m"]
    mast_height = frame["mast_id"].map(heights)
    high = frame["antenna_height_m"] > mast_height
    mend = "mend the height of the antenna or of the mast; both count from the ground"
    expected = "an antenna no higher than its mast"
    _report(cells, "antenna_height_m", high, frame["antenna_height_m"], expected, mend, problems, "warning")


def check_decisions(tables: Mapping[str, CheckedTable], problems: ProblemList) -> None:
    """Report decisions that name a hamlet and say that there is none."""
    decisions = tables.get("plan_decisions")
    if decisions is None:
        return
    frame = decisions.frame
    both = frame["village_id"].notna() & frame["no_hamlet"].astype(bool)
    mend = "delete the hamlet's ID, or write no"
    _report(decisions, "no_hamlet", both, frame["village_id"], "a hamlet, or none: not both", mend, problems)


def keep_inside(
    tables: Mapping[str, CheckedTable], grid: Grid, problems: ProblemList
) -> dict[str, CheckedTable]:
    """Return the tables without the rows outside the grid, each with a warning.

    The cells of a mast outside, and the clusters of a hamlet outside, go with it.
    """
    out: dict[str, CheckedTable] = {}
    for name, table in tables.items():
        if TABLES[name].geometry == "none" or name in ("communes", "old_communes"):
            out[name] = table
            continue
        points = table.frame.geometry.representative_point()
        inside = grid.contains(points.x.to_numpy(), points.y.to_numpy())
        place = pd.Series(
            [f"{x:.0f}, {y:.0f}" for x, y in zip(points.x, points.y, strict=True)], dtype=object
        )
        expected = f"a position on the grid of the run ({grid.crs})"
        mend = "left out of this run; make [area] bounds larger, or mend the position"
        _report(table, None, ~inside, place, expected, mend, problems, "warning")
        out[name] = _rows(table, inside)
    for name, key, owner in (("cells", "mast_id", "masts"), ("clusters", "village_id", "villages")):
        if name in out and owner in out:
            gone = set(tables[owner].frame[key]) - set(out[owner].frame[key])
            out[name] = _rows(out[name], ~out[name].frame[key].isin(gone).to_numpy())
    return out


def check_in_sea(
    tables: Mapping[str, CheckedTable],
    grid: Grid,
    land: NDArray[np.uint8],
    terrain_m: NDArray[np.float32],
    problems: ProblemList,
) -> None:
    """Warn of hamlets, masts and poles in the sea, or where the terrain has no height; all on the grid."""
    for name in _TABLES_IN_SEA:
        table = tables.get(name)
        if table is None or not len(table.frame):
            continue
        points = table.frame.geometry.representative_point()
        x, y = points.x.to_numpy(), points.y.to_numpy()
        row, column = grid.row_column(x, y)
        place = pd.Series([f"{a:.0f}, {b:.0f}" for a, b in zip(x, y, strict=True)], dtype=object)
        at_sea = land[row, column] == 0
        mend = (
            "check its position and the zone of its coordinates; small islands may be missing in the raster"
        )
        _report(table, None, at_sea, place, "a position on land", mend, problems, "warning")
        void = np.isnan(terrain_m[row, column])
        mend = "nothing can be computed there: fill the void or widen the terrain raster"
        _report(table, None, void, place, "a position with terrain", mend, problems, "warning")


def _operator_names(operators: Sequence[str]) -> dict[str, str]:
    names = {fold(operator): operator for operator in operators}
    for operator in operators:
        for brand in OPERATOR_BRANDS.get(fold(operator), ()):
            names.setdefault(fold(brand), operator)
    return names


def _with_operator(
    table: CheckedTable, known: Mapping[str, str], operators: Sequence[str], problems: ProblemList
) -> CheckedTable:
    if "operator" not in table.frame:
        return table
    values = table.frame["operator"]
    names = {value: known.get(fold(value)) for value in set(values) if isinstance(value, str)}
    named = pd.Series([names.get(value) for value in values], dtype=object)
    expected = "an operator of phusong.toml: " + ", ".join(operators)
    mend = "mend the name, or add it to operators"
    _report(table, "operator", values.notna() & named.isna(), values, expected, mend, problems)
    return _with_frame(table, table.frame.assign(operator=named))


def _with_owner(table: CheckedTable, known: Mapping[str, str], problems: ProblemList) -> CheckedTable:
    if "owner" not in table.frame:
        return table
    values = table.frame["owner"]
    named = pd.Series([known.get(fold(v), v) if isinstance(v, str) else None for v in values], dtype=object)
    for value in sorted({v for v in named.dropna() if fold(v) not in known}):
        folded = fold(value)
        alike = get_close_matches(folded, [n for n in known if len(n) >= _SHORTEST_TO_COMPARE], 1, _ALIKE)
        if len(folded) >= _SHORTEST_TO_COMPARE and alike:
            expected = f"an owner: {known[alike[0]]!r}, or a name that is not almost that"
            _report(table, "owner", named == value, values, expected, "mend the name", problems)
    return _with_frame(table, table.frame.assign(owner=named))


def _with_tenants(
    table: CheckedTable, known: Mapping[str, str], operators: Sequence[str], problems: ProblemList
) -> CheckedTable:
    if "tenants" not in table.frame:
        return table
    values = table.frame["tenants"]
    lists = [[p.strip() for p in v.split(";") if p.strip()] if isinstance(v, str) else [] for v in values]
    strange = pd.Series(
        ["; ".join(n for n in names if fold(n) not in known) for names in lists], dtype=object
    )
    expected = "operators of phusong.toml, separated by ';': " + ", ".join(operators)
    mend = "mend the name, or add it to operators; taken as it stands"
    _report(table, "tenants", strange != "", strange, expected, mend, problems, "warning")
    joined = ["; ".join(dict.fromkeys(known.get(fold(n), n) for n in names)) or None for names in lists]
    return _with_frame(table, table.frame.assign(tenants=pd.Series(joined, dtype=object)))


def _report(
    table: CheckedTable,
    column: str | None,
    bad: Any,
    values: pd.Series[Any],
    expected: str,
    mend: str,
    problems: ProblemList,
    severity: str = "error",
) -> None:
    title = None if column is None else table.titles.get(column, column)
    bad_at = np.flatnonzero(np.asarray(bad, dtype=bool))
    for index in bad_at[np.argsort(table.rows[bad_at], kind="stable")]:
        place = (int(table.rows[index]), title, str(values.iloc[index]), table.sheet)
        problems.add(Problem(table.file, expected, mend, *place, severity=severity))


def _rows(table: CheckedTable, keep: _Mask) -> CheckedTable:
    frame = table.frame[keep].reset_index(drop=True)
    return CheckedTable(frame, table.rows[keep], table.file, table.sheet, table.titles)


def _with_frame(table: CheckedTable, frame: pd.DataFrame) -> CheckedTable:
    return CheckedTable(frame, table.rows, table.file, table.sheet, table.titles)
