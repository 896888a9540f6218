"""A proposal as tables: stations, cost lines, hamlets left without service, and the summary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .costs import LINES
from .proposal import FrontierPoint, Proposal, RobustRun

__all__ = [
    "COST_COLUMNS",
    "FRONTIER_COLUMNS",
    "FUND_COLUMNS",
    "PHASE_COLUMNS",
    "ROBUST_COLUMNS",
    "STATION_COLUMNS",
    "STATION_PLACE_COLUMNS",
    "UNSERVED_COLUMNS",
    "UNSERVED_PLACE_COLUMNS",
    "WORDS",
    "TableColumn",
    "candidate_words",
    "cost_table",
    "frontier_table",
    "fund_table",
    "phase_table",
    "robust_table",
    "station_table",
    "summary",
    "unserved_table",
]


@dataclass(frozen=True)
class TableColumn:
    """One column of an output table.

    Attributes
    ----------
    name : str
        In the data frame.
    label_en, label_vi : str
        Header for people.
    unit : str
        In brackets behind the header; "currency" stands for that of the cost model.
    """

    name: str
    label_en: str
    label_vi: str
    unit: str = ""


def _columns(*rows: tuple[str, ...]) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(*row) for row in rows)


_LINE_LABELS = {
    "tower": ("Tower", "Cột"),
    "civils": ("Civil works", "Xây dựng"),
    "tenancy": ("Rent", "Thuê vị trí"),
    "radio": ("Radio", "Thiết bị vô tuyến"),
    "backhaul": ("Backhaul", "Truyền dẫn"),
    "power": ("Power", "Nguồn điện"),
    "access": ("Access track", "Đường vào"),
}

STATION_COLUMNS = _columns(
    ("station_id", "Station", "Trạm"),
    ("kind", "Kind", "Loại"),
    ("operator", "Builder", "Đơn vị xây dựng"),
    ("host_id", "Host", "Mã vị trí có sẵn"),
    ("owner", "Owner of the structure", "Chủ sở hữu cột"),
    ("shared_with", "Shared with", "Dùng chung với"),
    ("x_m", "X", "X", "m"),
    ("y_m", "Y", "Y", "m"),
    ("host_height_m", "Height of the structure", "Chiều cao cột", "m"),
    ("antenna_height_m", "Antenna height", "Độ cao anten", "m"),
    ("technologies", "Technologies", "Công nghệ"),
    ("azimuths_deg", "Azimuths", "Góc phương vị", "°"),
    ("power", "Power", "Nguồn điện"),
    ("access_km", "Access track", "Đường vào", "km"),
    ("grid_km", "Power line", "Đường điện", "km"),
    ("backhaul", "Backhaul", "Truyền dẫn"),
    ("backhaul_target", "Backhaul to", "Truyền dẫn tới"),
    ("backhaul_km", "Backhaul length", "Chiều dài truyền dẫn", "km"),
    ("clearance_m", "Room beyond 0.6 of the Fresnel zone", "Khoảng hở ngoài 0,6 vùng Fresnel", "m"),
    ("frequency_ghz", "Microwave band", "Băng tần vi ba", "GHz"),
    ("tightest_km", "To the tightest point of the hop", "Tới điểm hẹp nhất của tuyến", "km"),
    ("hangs_on", "Hop from station", "Nối qua trạm"),
    ("hops", "Microwave hops to the network", "Số chặng vi ba tới mạng"),
    ("people_newly_served", "People newly served", "Số dân được phủ thêm", "people"),
    ("people_only_by_it", "People only it serves", "Số dân chỉ trạm này phủ", "people"),
    ("villages_served", "Hamlets served", "Thôn được phủ sóng"),
    ("villages_only_by_it", "Hamlets only it serves", "Thôn chỉ trạm này phủ"),
    (
        "people_lost_without",
        "People lost without it and what hangs on it",
        "Số dân mất sóng nếu bỏ trạm này",
        "people",
    ),
    ("replacement", "Best replacement", "Phương án thay thế tốt nhất"),
    ("replacement_people", "People that serves", "Số dân phương án đó phủ", "people"),
    ("replacement_cost", "Its cost", "Chi phí phương án đó", "currency"),
    ("sharing_saves", "Saved by sharing", "Tiết kiệm nhờ dùng chung", "currency"),
    ("year", "Year", "Năm"),
    ("frontier_rank", "First on the frontier", "Xuất hiện từ mức ngân sách thứ"),
    ("chosen_share", "Share of robustness runs", "Tỷ lệ lần chọn khi thử độ bền", "0…1"),
    *((f"cost_{name}", *_LINE_LABELS[name], "currency") for name in LINES),
    ("capital", "Capital", "Vốn đầu tư", "currency"),
    ("total_cost", "Cost over the horizon", "Tổng chi phí cả kỳ", "currency"),
)

COST_COLUMNS = _columns(
    ("station_id", "Station", "Trạm"),
    ("line", "Cost line", "Khoản mục"),
    ("capital", "Capital", "Vốn đầu tư", "currency"),
    ("per_year", "Per year", "Hằng năm", "currency"),
    ("present_value", "Present value", "Giá trị hiện tại", "currency"),
)

UNSERVED_COLUMNS = _columns(
    ("village_id", "Hamlet ID", "Mã thôn"),
    ("people_without_service", "People without service", "Số dân chưa có sóng", "people"),
    ("reason", "Reason", "Lý do"),
    ("reachable_share", "Reachable share of people", "Tỷ lệ dân có thể phủ", "share of people"),
    ("price", "Least further cost", "Chi phí bổ sung thấp nhất", "currency"),
    ("price_proven", "Price proven", "Chi phí đã chứng minh"),
    ("needs", "Would need", "Cần xây"),
)

FUND_COLUMNS = _columns(
    ("name", "Fund", "Nguồn vốn"),
    ("limit", "Limit", "Hạn mức", "currency"),
    ("spent", "Spent", "Đã dùng", "currency"),
    ("lines", "May pay for", "Được chi cho"),
)

PHASE_COLUMNS = _columns(
    ("year", "Year", "Năm"),
    ("budget", "Money up to then", "Kinh phí lũy kế", "currency"),
    ("cost", "Spent up to then", "Đã chi lũy kế", "currency"),
    ("stations", "Stations", "Số trạm"),
    ("villages", "Hamlets served", "Số thôn được phủ", "hamlets"),
    ("value", "Value (people, weighted, and the bonus)", "Giá trị (người có trọng số và điểm thưởng)"),
    ("best_value", "Best value without earlier years", "Giá trị tốt nhất nếu không chia giai đoạn"),
    ("bound", "Proven bound of that", "Cận trên đã chứng minh"),
)

FRONTIER_COLUMNS = _columns(
    ("rank", "Point", "Mức"),
    ("budget", "Budget", "Ngân sách", "currency"),
    ("cost", "Cost", "Chi phí", "currency"),
    ("stations", "Stations", "Số trạm"),
    ("villages", "Hamlets served", "Số thôn được phủ", "hamlets"),
    ("people", "People newly served", "Số dân được phủ thêm", "people"),
    ("value", "Value (people, weighted, and the bonus)", "Giá trị (người có trọng số và điểm thưởng)"),
    ("bound", "Proven bound of the value", "Cận trên đã chứng minh của giá trị"),
    ("gap", "Gap", "Sai lệch", "0…1"),
    ("proof", "Proof", "Chứng minh"),
)

ROBUST_COLUMNS = _columns(
    ("probability", "Location probability", "Xác suất vị trí", "0…1"),
    ("shift_db", "Shift of the levels", "Dịch mức thu", "dB"),
    ("people", "People, plan made for it", "Số dân, phương án lập riêng", "people"),
    ("villages", "Hamlets, plan made for it", "Số thôn, phương án lập riêng", "hamlets"),
    ("people_kept", "People, this plan", "Số dân, phương án này", "people"),
    ("villages_kept", "Hamlets, this plan", "Số thôn, phương án này", "hamlets"),
    ("gap", "Gap", "Sai lệch", "0…1"),
    ("proof", "Proof", "Chứng minh"),
)

STATION_PLACE_COLUMNS = _columns(
    ("villages_served_names", "Names of the hamlets served", "Tên thôn được phủ sóng"),
    ("villages_only_by_it_names", "Names of the hamlets only it serves", "Tên thôn chỉ trạm này phủ"),
    ("commune", "Commune of the hamlets served", "Xã, phường của thôn được phủ"),
    ("lon", "Longitude", "Kinh độ", "°"),
    ("lat", "Latitude", "Vĩ độ", "°"),
)
"""What the hamlets' layer and the CRS add to `STATION_COLUMNS`; the writer of the tables knows both."""

UNSERVED_PLACE_COLUMNS = _columns(
    ("name", "Hamlet", "Tên thôn"),
    ("commune", "Commune", "Xã, phường"),
)
"""What the hamlets' layer adds to `UNSERVED_COLUMNS`."""

WORDS = {
    "upgrade": ("upgrade of an equipped or own mast", "nâng cấp cột đang có"),
    "colocation": ("co-location", "dùng chung cột"),
    "pole": ("power pole or substation", "cột điện, trạm biến áp"),
    "remote_sector": ("remote sector", "sector kéo dài"),
    "new_tower": ("new tower", "xây cột mới"),
    "existing": ("existing", "có sẵn"),
    "fibre": ("fibre", "cáp quang"),
    "microwave": ("microwave", "vi ba"),
    "satellite": ("satellite", "vệ tinh"),
    "grid": ("grid", "điện lưới"),
    "solar": ("solar", "điện mặt trời"),
    "hybrid": ("solar and generator", "điện mặt trời và máy phát"),
    "no_candidate": ("no host reaches it", "không có vị trí nào phủ tới"),
    "terrain": ("the terrain hides too many of its people", "địa hình che khuất, không phủ đủ số dân"),
    "budget": ("the budget does not suffice", "không đủ ngân sách"),
    "forbidden": (
        "only structures that must not be used would reach it",
        "chỉ vị trí bị cấm mới phủ tới được",
    ),
    "not_wanted": ("left out on request", "được yêu cầu không tính"),
    "maximum_stations": ("no further station is allowed", "đã đủ số trạm cho phép"),
    "minimum_sharing": ("too few stations would be shared", "tỷ lệ dùng chung sẽ không đạt"),
    "funds": ("the funds do not suffice for some cost lines", "nguồn vốn không đủ cho một số khoản"),
    "target": ("the share asked for is reached without it", "đã đạt tỷ lệ yêu cầu mà không cần thôn này"),
    "worth": ("nobody is counted there", "không có số liệu dân cư"),
    "search": ("the solver stopped first", "bộ giải dừng trước"),
    "optimal": ("proven optimal", "tối ưu đã chứng minh"),
    "within_gap": ("within the gap asked for", "đạt sai số yêu cầu"),
    "time_limit": ("time limit", "hết thời gian"),
    "interrupted": ("interrupted", "bị dừng"),
    "by_years": (
        "best found year by year; the bound is of the same money without years",
        "tốt nhất tìm được theo từng năm; cận là của cùng số tiền khi không chia năm",
    ),
    "infeasible": ("no plan keeps all limits", "không có phương án thỏa mọi ràng buộc"),
    **_LINE_LABELS,
}
"""English and Vietnamese words for the codes in the tables."""


def candidate_words(candidate_id: str, language: str) -> str:
    """Return what a candidate is, for people: "new:730755:2380365:30m" is a new tower of 30 m.

    Parameters
    ----------
    candidate_id : str
        As `candidates.Candidate.candidate_id`.
    language : {"vi", "en"}
    """
    kind, *rest = candidate_id.split("/")[0].split("@")[0].split(":")
    code = "new_tower" if kind == "new" else kind
    if code not in WORDS or not rest:
        return candidate_id
    name = rest[-1].removesuffix("m") + " m" if kind == "new" else rest[-1]
    return f"{WORDS[code][language == 'vi']} {name}"


def station_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per station with the columns of `STATION_COLUMNS`; lists are joined with "; "."""
    rows = []
    for s in proposal.stations:
        row = {column.name: getattr(s, column.name) for column in STATION_COLUMNS if hasattr(s, column.name)}
        row["technologies"] = "; ".join(s.technologies)
        row["azimuths_deg"] = "; ".join(f"{a:g}" for a in s.azimuths_deg)
        row["villages_served"] = "; ".join(s.villages_served)
        row["villages_only_by_it"] = "; ".join(s.villages_only_by_it)
        row["backhaul"] = s.backhaul.kind
        row["backhaul_target"] = s.backhaul.target_id
        row["backhaul_km"] = s.backhaul.length_km
        row["clearance_m"] = math.nan if s.backhaul.clearance_m is None else s.backhaul.clearance_m
        row["frequency_ghz"] = math.nan if s.backhaul.frequency_ghz is None else s.backhaul.frequency_ghz
        row["tightest_km"] = math.nan if s.backhaul.tightest_km is None else s.backhaul.tightest_km
        row["replacement"] = s.replacement.candidate_id if s.replacement else ""
        row["replacement_people"] = s.replacement.people if s.replacement else math.nan
        row["replacement_cost"] = s.replacement.cost if s.replacement else math.nan
        row["sharing_saves"] = math.nan if s.sharing_saves is None else s.sharing_saves
        row["chosen_share"] = math.nan if s.chosen_share is None else s.chosen_share
        row |= {f"cost_{line.name}": line.present_value for line in s.cost_lines}
        rows.append(row)
    table = pd.DataFrame(rows, columns=[column.name for column in STATION_COLUMNS])
    return table.astype({"year": "Int64", "frontier_rank": "Int64"})


def cost_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per station and cost line that is not zero, with the columns of `COST_COLUMNS`."""
    rows = [
        (s.station_id, line.name, line.capital, line.per_year, line.present_value)
        for s in proposal.stations
        for line in s.cost_lines
        if line.present_value > 0
    ]
    return pd.DataFrame(rows, columns=[column.name for column in COST_COLUMNS])


def fund_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per fund, with the columns of `FUND_COLUMNS`."""
    rows = [(fund.name, fund.limit, fund.spent, "; ".join(fund.lines)) for fund in proposal.funds]
    return pd.DataFrame(rows, columns=[column.name for column in FUND_COLUMNS])


def phase_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per year, with the columns of `PHASE_COLUMNS`."""
    names = [column.name for column in PHASE_COLUMNS]
    return pd.DataFrame([[getattr(p, name) for name in names] for p in proposal.phases], columns=names)


def frontier_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per budget, with the columns of `FRONTIER_COLUMNS`; empty where there is no plan."""
    names = [column.name for column in FRONTIER_COLUMNS]
    rows = [
        [rank, point.budget, *_of_plan(point, names[2:-1]), point.status]
        for rank, point in enumerate(proposal.frontier, start=1)
    ]
    return pd.DataFrame(rows, columns=names)


def _of_plan(study: FrontierPoint | RobustRun, names: Sequence[str]) -> list[float]:
    """Return some numbers of a plan made again; NaN where no plan keeps all limits."""
    if study.status == "infeasible":
        return [math.nan] * len(names)
    return [getattr(study, name) for name in names]


def robust_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per assumption, with the columns of `ROBUST_COLUMNS`; empty where there is no plan."""
    names = [column.name for column in ROBUST_COLUMNS]
    rows = [
        (
            run.probability, run.shift_db, *_of_plan(run, ("people", "villages")), run.people_kept,
            run.villages_kept, *_of_plan(run, ("gap",)), run.status,
        )
        for run in proposal.robustness
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def unserved_table(proposal: Proposal) -> pd.DataFrame:
    """Return one row per hamlet left without service, with the columns of `UNSERVED_COLUMNS`."""
    rows = [
        (
            v.village_id,
            v.people_without_service,
            v.reason,
            v.reachable_share,
            math.nan if v.price is None else v.price,
            v.price_proven,
            "; ".join(v.needs),
        )
        for v in proposal.unserved_villages
    ]
    return pd.DataFrame(rows, columns=[column.name for column in UNSERVED_COLUMNS])


def summary(proposal: Proposal) -> dict[str, object]:
    """Return the plan in figures, ready for JSON: totals, proof and remarks.

    ``time_s`` is left out on purpose: equal inputs give equal bytes.
    """
    return {
        "operator": proposal.operator,
        "technologies": list(proposal.technologies),
        "currency": proposal.currency,
        "budget": proposal.budget,
        "objective": proposal.objective,
        "stations": len(proposal.stations),
        "stations_by_kind": {
            kind: sum(s.kind == kind for s in proposal.stations)
            for kind in sorted({s.kind for s in proposal.stations})
        },
        "villages_served": len(proposal.served_villages),
        "villages_unserved": len(proposal.unserved_villages),
        "people_newly_served": proposal.people_newly_served,
        "total_cost": proposal.total_cost,
        "total_capital": proposal.total_capital,
        "sharing_ratio": proposal.sharing_ratio,
        "value": proposal.value,
        "bound": proposal.bound,
        "gap": proposal.gap,
        "status": proposal.status,
        "stopped": proposal.stopped,
        "cheapest_proven": proposal.cheapest_proven,
        "time_limit_s": proposal.time_limit_s,
        "gap_target": proposal.gap_target,
        "feasibility_tolerance": proposal.feasibility_tolerance,
        "instance_hash": proposal.instance_hash,
        "candidates": proposal.candidates,
        "candidates_kept": proposal.candidates_kept,
        "demand_points": proposal.demand_points,
        "demand_classes": proposal.demand_classes,
        "funds": [{"name": f.name, "limit": f.limit, "spent": f.spent} for f in proposal.funds],
        "phases": [vars(phase) for phase in proposal.phases],
        "frontier": [vars(point) for point in proposal.frontier],
        "robustness": [vars(run) for run in proposal.robustness],
        "remarks": [{"code": r.code, "en": r.en, "vi": r.vi} for r in proposal.remarks],
    }
