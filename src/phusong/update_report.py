"""The differences of two lists of stations for people: a table on the terminal, and a workbook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from .about import about_sheet, document_properties
from .gis_data.schema import TABLES
from .gis_data.writers import Sheet, write_xlsx
from .scene import Scene
from .station_changes import KINDS, StationChange, StationChanges

__all__ = ["show_changes", "write_changes"]

# English, Vietnamese
_KINDS = {
    "new": ("new", "mới"),
    "moved": ("moved", "đổi vị trí"),
    "changed": ("changed", "đổi thông số"),
    "off": ("switched off", "đã tắt"),
    "same": ("the same", "không đổi"),
}
_COLUMNS = {
    "table": ("Table", "Bảng"),
    "row_id": ("ID", "Mã"),
    "mast_id": ("Mast", "Cột"),
    "kind": ("Change", "Thay đổi"),
    "moved_m": ("Moved by (m)", "Dời (m)"),
    "column": ("Column", "Cột dữ liệu"),
    "before": ("Before", "Trước"),
    "after": ("After", "Sau"),
}
_COUNT = ("Rows", "Số dòng")
_WHAT = ("What", "Nội dung")
_GONE = ("no longer in the list", "không còn trong danh sách")
_SHOWN = 20
_TITLES = (("Station changes", "Thay đổi trạm"), ("Summary", "Tổng hợp"))


def show_changes(scene: Scene, changes: StationChanges) -> None:
    """Print how many masts and cells changed in which way, and what that touches."""
    reporter, at = scene.options.reporter, int(scene.options.language == "vi")
    headers = [_COLUMNS["table"][at], *(_KINDS[kind][at] for kind in KINDS)]
    rows = [
        [_table(name, at), *(changes.counts[name, kind] for kind in KINDS)] for name in ("masts", "cells")
    ]
    reporter.table(headers, rows, title=_TITLES[0][at])
    lines = [line for line in (_line(row, at) for row in changes.rows) if line is not None]
    if lines:
        reporter.table(
            [_COLUMNS[name][at] for name in ("table", "row_id", "kind")] + [_WHAT[at]], lines[:_SHOWN]
        )
    if len(lines) > _SHOWN:
        reporter.console.print(reporter.say("more_changes", count=len(lines) - _SHOWN), markup=False)
    reporter.console.print(
        reporter.say(
            "touched",
            masts=len(changes.masts),
            all_masts=len(scene.layers.masts),
            layers=", ".join(changes.technologies) or "–",
            hamlets=_in_reach(scene, changes),
            range_km=scene.range_m / 1000,
        ),
        markup=False,
    )


def _line(row: StationChange, at: int) -> tuple[str, str, str, str] | None:
    """One changed mast or cell; a cell that only goes with its mast is told by the mast's line."""
    if row.table == "cells" and row.kind == "moved" and not row.details:
        return None
    moved = [f"{row.moved_m:,.0f} m"] if row.table == "masts" and row.moved_m else []
    columns = TABLES[row.table].by_name
    names = {name: (columns[name].label_en, columns[name].label_vi)[at] for name, _, _ in row.details}
    gone = [_GONE[at]] if row.kind == "off" and not row.details else []
    what = [*moved, *gone, *(f"{names[name]} {before} → {after}" for name, before, after in row.details)]
    return _table(row.table, at), row.row_id, _KINDS[row.kind][at], "; ".join(what)


def _in_reach(scene: Scene, changes: StationChanges) -> int:
    """How many hamlets lie within the range of the model around the masts that changed."""
    if not changes.places:
        return 0
    points = scene.layers.villages.geometry.representative_point()
    tree = cKDTree(np.array(changes.places))
    distances, _ = tree.query(np.column_stack([points.x, points.y]), distance_upper_bound=scene.range_m)
    return int(np.isfinite(distances).sum())


def write_changes(scene: Scene, changes: StationChanges, out: Path) -> None:
    """Write station-changes.xlsx: a row for each value that changed, and the counts."""
    language, at = scene.options.language, int(scene.options.language == "vi")
    records = [
        (_table(row.table, at), row.row_id, row.mast_id, _KINDS[row.kind][at], round(row.moved_m, 1), *detail)
        for row in changes.rows
        for detail in (row.details or (("", "", ""),))
    ]
    frame = pd.DataFrame(records, columns=list(_COLUMNS))
    counts = pd.DataFrame(
        [
            (_table(table, at), _KINDS[kind][at], changes.counts[table, kind])
            for table in ("masts", "cells")
            for kind in KINDS
        ],
        columns=["table", "kind", "count"],
    )
    headers = {name: words[at] for name, words in _COLUMNS.items()} | {"count": _COUNT[at]}
    write_xlsx(
        out / "station-changes.xlsx",
        [
            Sheet(_TITLES[0][at], frame, headers, {"moved_m": "0.0"}),
            Sheet(_TITLES[1][at], counts, headers),
            about_sheet(scene),
        ],
        as_of=scene.options.as_of,
        language=language,
        **document_properties(scene),
    )


def _table(name: str, at: int) -> str:
    return TABLES[name].label_vi if at else TABLES[name].label_en
