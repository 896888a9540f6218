"""What an audit measured and found, as tables: links, hamlets before and after, and the checks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...cells import PointTable
from ..inputs import VillageTable
from ..proposal import Proposal
from ..tables import TableColumn
from .audit import Audit
from .findings import CHECKS, FOUND_WORDS

__all__ = [
    "CHECK_COLUMNS",
    "CHECK_WORDS",
    "HAMLET_COLUMNS",
    "LINK_COLUMNS",
    "check_table",
    "hamlet_table",
    "level_columns",
    "link_table",
]


def _columns(*rows: tuple[str, ...]) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(*row) for row in rows)


LINK_COLUMNS = _columns(
    ("station_id", "Station", "Trạm"),
    ("backhaul", "Backhaul", "Truyền dẫn"),
    ("backhaul_target", "Backhaul to", "Truyền dẫn tới"),
    ("hops", "Microwave hops to the network", "Số chặng vi ba tới mạng"),
    ("backhaul_km", "Length", "Chiều dài", "km"),
    ("frequency_ghz", "Microwave band", "Băng tần vi ba", "GHz"),
    ("dish_height_m", "Dish at the station", "Độ cao chảo tại trạm", "m"),
    ("far_height_m", "Dish at the other end", "Độ cao chảo đầu kia", "m"),
    ("clearance_m", "Room beyond 0.6 of the Fresnel zone", "Khoảng hở ngoài 0,6 đới Fresnel", "m"),
    ("tightest_km", "From the station to the tightest point", "Từ trạm tới điểm hẹp nhất", "km"),
    ("tightest_lon", "Tightest point, longitude", "Điểm hẹp nhất, kinh độ", "°"),
    ("tightest_lat", "Tightest point, latitude", "Điểm hẹp nhất, vĩ độ", "°"),
    ("profile", "Picture of the profile", "Hình mặt cắt"),
)
"""Measured by the evaluator; places and the names of files are added by who writes the tables."""

HAMLET_COLUMNS = _columns(
    ("village_id", "Hamlet ID", "Mã thôn"),
    ("name", "Hamlet", "Tên thôn"),
    ("commune", "Commune", "Xã, phường"),
    ("plan_result", "With the plan", "Theo phương án"),
    ("stations", "Stations that serve it", "Trạm phục vụ"),
    ("year", "Year", "Năm"),
    ("people", "People", "Dân số", "people"),
    ("people_before", "People with service before", "Số dân có sóng trước", "people"),
    ("people_after", "People with service after", "Số dân có sóng sau", "people"),
    ("verdict_before", "Verdict before", "Kết luận trước"),
    ("verdict_after", "Verdict after", "Kết luận sau"),
)
"""Levels of each technology follow (`level_columns`)."""

CHECK_COLUMNS = _columns(
    ("check", "Check", "Kiểm tra"),
    ("subject", "Of", "Đối tượng"),
    ("check_result", "Result", "Kết quả"),
    ("looked_at", "Things looked at", "Số mục đã kiểm"),
    ("says", "The plan says", "Phương án nêu"),
    ("recomputed", "Recomputed", "Tính lại"),
)

CHECK_WORDS: dict[str, tuple[str, str]] = {
    "confirmed": ("confirmed", "khớp"),
    "differs": ("DIFFERS", "KHÔNG KHỚP"),
    "nothing": ("nothing to check", "không có mục nào"),
    **CHECKS,
    **FOUND_WORDS,
}
"""English and Vietnamese words for the codes in these tables."""


def level_columns(technologies: Sequence[str]) -> tuple[TableColumn, ...]:
    """Return the columns of the level at the centre before and after, of each technology."""
    found = []
    for technology in technologies:
        name = technology.lower()
        found.append(
            TableColumn(
                f"level_{name}_before_dbm", f"{technology} level before", f"Mức {technology} trước", "dBm"
            )
        )
        found.append(
            TableColumn(
                f"level_{name}_after_dbm", f"{technology} level after", f"Mức {technology} sau", "dBm"
            )
        )
    return tuple(found)


def link_table(audit: Audit) -> pd.DataFrame:
    """Return one row per station, as measured: the columns of `LINK_COLUMNS` that need no map."""
    rows = []
    for walk in audit.evaluation.walks:
        hop = walk.kind == "microwave"
        rows.append(
            {
                "station_id": walk.station_id,
                "backhaul": walk.kind,
                "backhaul_target": walk.target_id,
                "hops": walk.hops,
                "backhaul_km": walk.length_km,
                "frequency_ghz": walk.frequency_ghz,
                "dish_height_m": walk.start[2] if hop else math.nan,
                "far_height_m": walk.end[2] if hop and walk.end is not None else math.nan,
                "clearance_m": walk.clearance_m,
                "tightest_km": walk.tightest_km,
            }
        )
    names = [column.name for column in LINK_COLUMNS[:10]]
    return pd.DataFrame(rows, columns=names).astype({"hops": "Int64"})


def hamlet_table(
    proposal: Proposal, audit: Audit, points: PointTable, villages: VillageTable
) -> pd.DataFrame:
    """Return one row per hamlet in need, in the order of the hamlets, as the evaluator has them.

    Columns: village_id, plan_result ("served" or "not_served"), stations, year, people, people_before,
    people_after; `village` is the index in the table of hamlets.
    """
    found, served = audit.evaluation, set(audit.evaluation.served_villages)
    number = {str(v): i for i, v in enumerate(villages.village_id)}
    rows = []
    for village_id in found.in_need:
        members = np.flatnonzero(points.village == number[village_id])
        people, lacking = points.people[members], found.lacking[members]
        mine = [k for k in range(len(proposal.stations)) if found.covers[members, k].any()]
        rows.append(
            {
                "village": number[village_id],
                "village_id": village_id,
                "plan_result": "served" if village_id in served else "not_served",
                "stations": "; ".join(proposal.stations[k].station_id for k in mine),
                "year": _year_of(proposal, mine) if village_id in served else None,
                "people": float(people.sum()),
                "people_before": float(people[~lacking].sum()),
                "people_after": float(people[~lacking | found.served[members]].sum()),
            }
        )
    names = ["village", "village_id", "plan_result", "stations", "year", "people", "people_before"]
    return pd.DataFrame(rows, columns=[*names, "people_after"]).astype({"year": "Int64"})


def _year_of(proposal: Proposal, stations: Sequence[int]) -> int | None:
    """Return the year by which every station that serves a hamlet stands; None without years."""
    years = [proposal.stations[k].year for k in stations]
    known = [year for year in years if year is not None]
    return max(known) if known and len(known) == len(years) else None


def check_table(audit: Audit) -> pd.DataFrame:
    """Return discrepancies first, then one row per check: the columns of `CHECK_COLUMNS`."""
    wrong = [(f.check, f.subject, "differs", None, f.claimed, f.found) for f in audit.discrepancies]
    rows = []
    for check in CHECKS:
        made = audit.made.get(check, 0)
        differs = any(f.check == check for f in audit.discrepancies)
        result = "differs" if differs else "confirmed" if made else "nothing"
        rows.append((check, "", result, made, None, None))
    table = pd.DataFrame([*wrong, *rows], columns=[column.name for column in CHECK_COLUMNS], dtype=object)
    return table.astype({"looked_at": "Int64"})
