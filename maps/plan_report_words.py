"""Every word of the report on a plan, in Vietnamese and English."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from ..gis_data.result_schema import TARGET_LABELS
from .words import LANGUAGES, WORDS, Language

__all__ = ["REPORT_WORDS", "say", "say_date", "say_number", "say_share"]

REPORT_WORDS: dict[str, tuple[str, str]] = {
    "report_title": ("Kết quả kiểm tra thực hiện {plan}", "Verification of {plan}"),
    "report_as_of": ("Tính đến ngày {day}", "As of {day}"),
    "report_area": ("Khu vực: {area}", "Area: {area}"),
    "report_basis": (
        "Số “đã báo” là số trong danh mục của kế hoạch. Số “có căn cứ” là phần đã báo mà danh sách trạm, mô "
        "hình truyền sóng hoặc mẫu đo của ngày trên xác nhận. Kết quả mô hình là dự báo, không phải đo đạc. "
        "Băng rộng cố định không mô hình hóa: chỉ tính theo báo cáo.",
        "“Claimed” is what the register says. “Supported” is the part of it that the station list, the "
        "propagation model or measurements of that day confirm. What the model says is predicted, not "
        "measured. Fixed broadband is not modelled: it counts as claimed only.",
    ),
    "section_summary": ("Tóm tắt", "Summary"),
    "section_discrepancies": ("Các hạng mục có sai lệch", "Discrepancies"),
    "section_timeline": ("Tiến độ theo tháng", "Completion by month"),
    "section_map": ("Bản đồ", "Map"),
    "section_items": ("Tất cả các hạng mục", "All items"),
    "section_doubtful": ("Tên thôn cần xác nhận", "Hamlets to be decided"),
    "section_assumptions": ("Giả định tính toán", "Assumptions"),
    "section_versions": ("Phiên bản dữ liệu", "Data versions"),
    "targets": ("Chỉ tiêu (mỗi thôn tính một lần)", "Targets (each hamlet counts once)"),
    "by_kind": ("Theo loại hạng mục", "By kind of item"),
    "target_line": (
        "{what}: đã báo {claimed}/{total} ({claimed_share}); có căn cứ {supported}/{total} "
        "({supported_share}).",
        "{what}: claimed {claimed}/{total} ({claimed_share}); supported {supported}/{total} "
        "({supported_share}).",
    ),
    "discrepancy_line": ("{what}: {count} hạng mục.", "{what}: {count} items."),
    "no_discrepancy": ("Không có hạng mục nào sai lệch.", "There are no discrepancies."),
    "no_place": ("Không hạng mục nào có vị trí đã biết.", "No item has a known position."),
    "what": ("Nội dung", "What"),
    "total": ("Chỉ tiêu", "Promised"),
    "claimed": ("Đã báo", "Claimed"),
    "supported": ("Có căn cứ", "Supported"),
    "contradicted": ("Mâu thuẫn", "Contradicted"),
    "not_checkable": ("Không kiểm tra được", "Not checkable"),
    "claimed_share": ("Tỷ lệ đã báo", "Claimed share"),
    "supported_share": ("Tỷ lệ có căn cứ", "Supported share"),
    "supported_of_checkable": (
        "Có căn cứ trên số đã báo kiểm tra được",
        "Supported, of the claims that can be checked",
    ),
    "checkable_part": (
        "Trong {checkable} đã báo kiểm tra được, {supported} có căn cứ ({supported_of_checkable}).",
        "Of {checkable} claims that can be checked, {supported} are supported ({supported_of_checkable}).",
    ),
    "discrepancy": ("Sai lệch", "Discrepancy"),
    "item": ("Mã", "ID"),
    "kind": ("Loại", "Kind"),
    "subject": ("Thôn hoặc trạm", "Hamlet or mast"),
    "commune": ("Xã, phường", "Commune"),
    "operator": ("Nhà mạng", "Operator"),
    "deadline": ("Thời hạn", "Deadline"),
    "reported_on": ("Báo hoàn thành", "Reported on"),
    "says": ("Đối chiếu", "Evidence says"),
    "decided_by": ("Theo", "By"),
    "evidence": ("Căn cứ", "Evidence"),
    "source": ("Văn bản nguồn", "Source"),
    "cell": ("cell {cell} ({technology}, {operator})", "cell {cell} ({technology}, {operator})"),
    "since": ("phát sóng từ {day}", "on air since {day}"),
    "away": ("cách {km} km", "{km} km away"),
    "level": ("mức thu {level} dBm", "level {level} dBm"),
    "probability": ("P = {p}", "P = {p}"),
    "samples": ("{count} mẫu đo, {share} đạt ngưỡng", "{count} samples, {share} at the threshold"),
    "not_responsible": (
        "nhà mạng được giao chưa phục vụ thôn này",
        "not served by the responsible operator",
    ),
    "register_name": ("Tên trong danh mục", "Name in the register"),
    "candidates": ("Các thôn gần giống", "Candidates"),
    "why": ("Vì sao chưa rõ", "Why doubtful"),
    "number_of": ("Số lượng", "Number"),
    "promised_line": ("Chỉ tiêu: {total}", "Promised: {total}"),
    "legend_supported": ("Có căn cứ", "Supported"),
    "legend_contradicted": ("Mâu thuẫn", "Contradicted"),
    "legend_not_checkable": ("Không kiểm tra được", "Not checkable"),
    "legend_discrepancy": ("Có sai lệch", "Discrepancy"),
    "legend_station": ("Trạm của kế hoạch", "Station of the plan"),
    "legend_mast": ("Cột khác", "Other mast"),
    "north": ("B", "N"),
    "timeline_alt": ("Biểu đồ tiến độ theo tháng", "Completion by month, as claimed and as supported"),
    "map_alt": ("Bản đồ các thôn và trạm của kế hoạch", "Hamlets and stations of the plan on a map"),
    "made_by": ("Lập bằng Phủ Sóng {version}", "Made with Phủ Sóng {version}"),
    "synthetic_report": (
        "Thôn, trạm và danh mục trong báo cáo này là giả lập, không phải số liệu thật.",
        "The hamlets, stations and registers of this report are made up; they are not real.",
    ),
    "assume.model": ("Mô hình truyền sóng", "Propagation model"),
    "assume.terrain": ("Địa hình", "Terrain"),
    "assume.receiver": ("Độ cao máy thu, ngoài trời", "Receiver's height, outdoors"),
    "assume.thresholds": ("Ngưỡng mức thu", "Thresholds"),
    "assume.probability": ("Xác suất phủ sóng", "Probability of coverage"),
    "assume.share": (
        "Thôn được phục vụ khi tỷ lệ dân có sóng",
        "A hamlet is served with this share of people",
    ),
    "assume.criteria": ("Bộ tiêu chí", "Criteria"),
    "assume.range": ("Tính đến khoảng cách", "Computed to a range of"),
    "assume.samples": ("Mẫu đo thay cho mô hình khi", "Samples decide instead of the model"),
    "assume.samples_value": (
        "có ít nhất {count} mẫu trong bán kính {radius} m, không quá {days} ngày, sau ngày báo hoàn thành",
        "at least {count} within {radius} m, at most {days} days old, after the claim",
    ),
    **{f"target.{code}": (vi, en) for code, (en, vi) in TARGET_LABELS.items()},
}
"""Key to (Vietnamese, English)."""


def say(key: str, language: Language, **values: object) -> str:
    """Return the words for `key`, of the report or else of the map, with `values` filled in.

    Raises
    ------
    KeyError
        No catalogue has such a key.
    """
    pair = REPORT_WORDS[key] if key in REPORT_WORDS else WORDS[key]
    text = pair[LANGUAGES.index(language)]
    return text.format(**values) if values else text


def say_number(value: float, language: Language, digits: int = 0) -> str:
    """Return a number as people write it: 1,767.5 in English, 1.767,5 in Vietnamese; empty for NaN."""
    if pd.isna(value):
        return ""
    text = f"{value:,.{digits}f}".replace("-", "−")
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def say_share(value: float, language: Language) -> str:
    """Return a share 0 … 1 as per cent with one digit; empty for NaN."""
    text = say_number(100.0 * value, language, 1)
    return f"{text} %" if text else ""


def say_date(value: Any, language: Language) -> str:
    """Return a date: 31/12/2022 in Vietnamese, 2022-12-31 in English; empty for none."""
    if value is None or pd.isna(value):
        return ""
    day = value if isinstance(value, date) else pd.Timestamp(value).date()
    return f"{day:%d/%m/%Y}" if language == "vi" else f"{day:%Y-%m-%d}"
