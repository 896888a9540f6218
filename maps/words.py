"""Every word that a map or a report shows, in Vietnamese and in English, in one catalogue."""

from __future__ import annotations

from typing import Literal

from ..gis_data.gap_schema import CAUSE_LABELS, REMEDY_LABELS
from ..gis_data.plan_schema import PLAN_STATE_LABELS
from ..gis_data.result_schema import (
    CONFIDENCE_LABELS,
    DISCREPANCY_LABELS,
    EVIDENCE_LABELS,
    KIND_LABELS,
    REASON_LABELS,
    SERVICE_LABELS,
    SUPPORT_LABELS,
    VERDICT_LABELS,
)
from ..gis_data.verdict_words import SPLIT_LABEL

__all__ = ["LANGUAGES", "WORDS", "Language", "catalogue", "word"]

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

_VERDICT_HELP = {
    "no_signal": (
        "Không có dịch vụ thoại tại trung tâm thôn với độ chắc chắn mà quy tắc yêu cầu.",
        "No voice service at the centre with the rule's certainty.",
    ),
    "partial_signal": (
        "Trung tâm có sóng nhưng một phần người dân ở các cụm dân cư thì không.",
        "The centre is covered, but some of the people in its residential clusters are not.",
    ),
    "voice_only": ("Gọi được nhưng không có 3G, 4G, 5G.", "Calls work, but there is no 3G, 4G or 5G."),
    "no_4g": ("Có băng rộng di động nhưng chưa có 4G.", "There is mobile broadband, but no 4G."),
    "no_5g": (
        "Có địa điểm bắt buộc 5G nhưng chưa có 5G.",
        "5G is required here and is missing.",
    ),
    "fragile": (
        "Mọi dịch vụ thoại ở trung tâm dựa vào một cột duy nhất.",
        "All voice service at the centre hangs on a single mast.",
    ),
    "covered": ("Đáp ứng quy tắc phủ sóng của dự án.", "Meets the project's rule of coverage."),
}

# Codes stand under the name of their family ("verdict.no_signal"), so that "none" may be a backhaul and an
# evidence. Those of gaps and plans are taken from the schema of the results: one wording everywhere.
_FROM_SCHEMA = {
    "verdict": VERDICT_LABELS,
    "signal_gap": {"split": SPLIT_LABEL},
    "confidence": CONFIDENCE_LABELS,
    "plan_kind": KIND_LABELS,
    "support": SUPPORT_LABELS,
    "reason": REASON_LABELS,
    "discrepancy": DISCREPANCY_LABELS,
    "evidence": EVIDENCE_LABELS,
    "service": SERVICE_LABELS,
    "cause": CAUSE_LABELS,
    "measure": REMEDY_LABELS,
    "plan_state": PLAN_STATE_LABELS,
}
_CODES: dict[str, dict[str, tuple[str, str]]] = {
    "help": _VERDICT_HELP,
    "host": {
        "upgrade": ("Nâng cấp cột của nhà mạng", "Upgrade of an own mast"),
        "colocation": ("Dùng chung cột có sẵn", "Co-location on an existing mast"),
        "pole": ("Gắn lên cột điện, mái nhà", "On a power pole or roof"),
        "remote_sector": ("Sector kéo xa bằng cáp quang", "Remote sector on fibre"),
        "new_tower": ("Cột mới", "New tower"),
    },
    "backhaul": {
        "existing": ("Có sẵn", "Existing"),
        "fibre": ("Cáp quang", "Fibre"),
        "microwave": ("Vi ba", "Microwave"),
        "satellite": ("Vệ tinh", "Satellite"),
        "none": ("Không có", "None"),
    },
    "mast_kind": {
        "tower": ("Cột tháp", "Tower"),
        "pole": ("Cột nhỏ", "Pole"),
        "rooftop": ("Mái nhà", "Rooftop"),
        "monopole": ("Cột đơn thân", "Monopole"),
    },
    "cell": {
        "cell": ("Cell", "Cell"),
        "operator": ("Nhà mạng", "Operator"),
        "mhz": ("MHz", "MHz"),
        "azimuth": ("Hướng", "Azimuth"),
        "tilt": ("Tilt", "Tilt"),
        "antenna_m": ("Anten (m)", "Antenna (m)"),
        "power_dbm": ("dBm", "dBm"),
    },
    "place_kind": {
        "industrial_zone": ("Khu công nghiệp", "Industrial zone"),
        "urban_area": ("Khu đô thị", "Urban area"),
        "tourism_area": ("Khu du lịch", "Tourism area"),
        "hospital": ("Bệnh viện", "Hospital"),
        "public_service_point": ("Điểm dịch vụ công", "Public-service point"),
    },
}

_NOUNS = {
    "hamlet": ("Thôn, bản", "Hamlet"),
    "hamlets": ("Thôn, bản", "Hamlets"),
    "hamlets_unit": ("thôn", "hamlets"),
    "village_id": ("Mã thôn", "Hamlet ID"),
    "name": ("Tên", "Name"),
    "commune": ("Xã, phường", "Commune"),
    "communes": ("Xã, phường, đặc khu", "Communes"),
    "population": ("Dân số", "Population"),
    "people": ("người", "people"),
    "people_head": ("Người", "People"),
    "households": ("Số hộ", "Households"),
    "grid_power": ("Điện lưới", "Grid power"),
    "yes": ("Có", "Yes"),
    "no": ("Không", "No"),
    "unknown": ("Chưa rõ", "Unknown"),
    "verdict": ("Kết luận", "Verdict"),
    "confidence": ("Độ tin cậy", "Confidence"),
    "technology": ("Công nghệ", "Technology"),
    "technologies": ("Công nghệ", "Technologies"),
    "technology_short": ("Mạng", "Tech."),
    "p_short": ("Xác suất", "P(cov.)"),
    "level": ("Mức thu", "Level"),
    "level_unit": ("Mức thu (dBm)", "Level (dBm)"),
    "threshold": ("Ngưỡng", "Threshold"),
    "probability": ("Xác suất phủ sóng", "Probability of coverage"),
    "served": ("Phục vụ", "Served"),
    "best_cell": ("Cell mạnh nhất", "Best cell"),
    "operator": ("Nhà mạng", "Operator"),
    "operators": ("Nhà mạng", "Operators"),
    "owner": ("Chủ sở hữu", "Owner"),
    "mast": ("Cột anten", "Mast"),
    "masts": ("Cột anten", "Masts"),
    "mast_shared": ("Cột dùng chung", "Shared mast"),
    "mast_id": ("Mã cột", "Mast ID"),
    "height_m": ("Chiều cao (m)", "Height (m)"),
    "kind": ("Loại", "Kind"),
    "places": ("Địa điểm ưu tiên", "Priority places"),
    "required_technology": ("Công nghệ yêu cầu", "Required technology"),
}

_PROPOSAL_WORDS = {
    "proposal": ("Trạm đề xuất", "Proposed station"),
    "proposals": ("Trạm đề xuất", "Proposed stations"),
    "station_id": ("Mã trạm", "Station ID"),
    "host_kind": ("Đặt trên", "Host"),
    "host_id": ("Mã vị trí", "Host ID"),
    "shared_with": ("Dùng chung với", "Shared with"),
    "antenna_height_m": ("Độ cao anten (m)", "Antenna height (m)"),
    "cost": ("Chi phí", "Cost"),
    "people_served": ("Số người được phục vụ thêm", "People newly served"),
    "villages_served": ("Thôn được phục vụ thêm", "Hamlets newly served"),
    "backhaul": ("Truyền dẫn", "Backhaul"),
    "remedy": ("Trạm đề xuất phục vụ thôn này", "Proposed station for this hamlet"),
    "with_proposal": ("Hiện nay và khi xây trạm đề xuất", "Today, and with the proposed stations"),
    "becomes": ("thành", "becomes"),
    "people_with_service": ("Số người có sóng", "People with service"),
    "level_change": ("Mức thu ở trung tâm", "Level at the centre"),
    "links": ("Truyền dẫn trạm đề xuất", "Backhaul of proposed stations"),
    "link_length": ("Chiều dài", "Length"),
    "link_hops": ("Số chặng vi ba tới mạng", "Microwave hops to the network"),
    "link_band": ("Băng tần", "Band"),
    "link_room": ("Khoảng hở", "Clearance"),
}

_WHY_WORDS = {
    "why": ("Vì sao và cần làm gì", "Why, and what to do"),
    "lacks": ("Thiếu dịch vụ", "Lacks"),
    "cause": ("Nguyên nhân chính", "Main cause"),
    "short_db": ("Thiếu so với tiêu chí", "Short of the rule"),
    "candidate": ("Cell gần đạt nhất", "Best candidate cell"),
    "obstacle": ("Vật cản chính", "Main obstacle"),
    "from_mast": ("cách trạm {d}", "{d} from the mast"),
    "above_sea": ("cao {h} so với mực nước biển", "{h} above sea level"),
    "takes": ("gây suy hao", "takes"),
    "first_measure": ("Giải pháp rẻ nhất đủ đạt", "Cheapest remedy that is enough"),
    "enough": ("Đủ đạt", "Enough"),
    "not_enough": ("Chưa đủ", "Not enough"),
    "measure_none": ("Không giải pháp đơn lẻ nào đủ", "No single measure is enough"),
    "from_hamlet": ("cách thôn {d}", "{d} from the hamlet"),
    "decided_by": ("Căn cứ quyết định", "Decided by"),
    "share_short": ("Tỷ lệ dân", "People"),
}

_PLAN_WORDS = {
    "plan": ("Kế hoạch", "Plan"),
    "plans": ("Kế hoạch", "Plans"),
    "plan_items": ("Hạng mục kế hoạch", "Plan items"),
    "deadline": ("Thời hạn", "Deadline"),
    "reported_on": ("Báo hoàn thành", "Reported on"),
    "items": ("Số", "No."),
    "claimed": ("Đã báo", "Claimed"),
    "supported": ("Có căn cứ", "Supported"),
    "contradicted": ("Mâu thuẫn", "Contradicted"),
    "not_checkable": ("Không kiểm tra được", "Not checkable"),
}

_PAGE_WORDS = {
    "synthetic": ("SYNTHETIC DATA / dữ liệu giả lập", "SYNTHETIC DATA / dữ liệu giả lập"),
    "synthetic_help": (
        "Trạm, thôn và số liệu trên bản đồ này là giả lập, không phải số liệu thật.",
        "The stations, hamlets and figures on this map are made up; they are not real data.",
    ),
    "predicted": ("Dự báo, không phải đo đạc", "Predicted, not measured"),
    "predicted_help": (
        "Vùng phủ được tính bằng mô hình truyền sóng trên địa hình; sóng thực tế có thể khác.",
        "Coverage is computed with a propagation model over the terrain; the real signal may differ.",
    ),
    "as_of": ("Tính đến ngày", "As of"),
    "overview": ("Tổng quan", "Overview"),
    "layers": ("Lớp", "Layers"),
    "table": ("Bảng", "Table"),
    "about": ("Giả định", "Assumptions"),
    "search": ("Tìm thôn, xã, trạm (không cần dấu)", "Find a hamlet, commune or mast"),
    "search_none": ("Không tìm thấy", "Nothing found"),
    "search_found": ("kết quả", "results"),
    "close": ("Đóng", "Close"),
    "panel_hide": ("Ẩn bảng bên", "Hide the side panel"),
    "panel_show": ("Hiện bảng bên", "Show the side panel"),
    "language": ("Ngôn ngữ", "Language"),
    "legend": ("Chú giải", "Legend"),
    "coverage": ("Vùng phủ sóng", "Coverage"),
    "coverage_none": ("Tắt", "Off"),
    "show_level": ("Mức thu", "Level"),
    "show_probability": ("Xác suất", "Probability"),
    "show_best": ("Cell phục vụ", "Best server"),
    "best_help": (
        "Mỗi vùng là một cell phục vụ tốt nhất; bấm vào vùng để mở trạm.",
        "Each area is one best-serving cell; click it to open its mast.",
    ),
    "view": ("Cách hiển thị", "View"),
    "view_nothing": ("Nhà mạng này không có công nghệ này.", "This operator has none of this technology."),
    "view_best_all": (
        "Cell phục vụ chỉ tính chung mọi nhà mạng, không dùng khi so sánh; đang hiện mức thu.",
        "Best servers are known over all operators only, not while comparing; the level is shown.",
    ),
    "all_operators": ("Mọi nhà mạng", "All operators"),
    "all_technologies": ("Mọi công nghệ", "All technologies"),
    "all_verdicts": ("Mọi kết luận", "All verdicts"),
    "without": ("Chưa được {t} phục vụ", "Not served by {t}"),
    "swipe": ("So sánh trước và sau", "Compare before and after"),
    "swipe_help": (
        "Kéo thanh giữa bản đồ: bên trái là hiện nay, bên phải là khi đã xây trạm đề xuất.",
        "Drag the bar on the map: left of it today, right of it with the proposed stations.",
    ),
    "swipe_before": ("Hiện nay", "Today"),
    "swipe_after": ("Sau khi xây", "With the proposal"),
    "cells": ("Cell đang phát sóng", "Cells on air"),
    "omni": ("Vô hướng", "Omnidirectional"),
    "own_footprint": ("Vùng phủ riêng của trạm", "Its own footprint"),
    "own_help": (
        "Dự báo cho riêng trạm này, điểm ảnh {m} m; thô hơn lớp vùng phủ chung.",
        "Predicted for this one alone, in pixels of {m} m; coarser than the coverage of all together.",
    ),
    "operator_pixel": ("Điểm ảnh vùng phủ từng nhà mạng", "Pixel of the coverage by operator"),
    "footprint_pixel": ("Điểm ảnh vùng phủ từng trạm", "Pixel of the footprints of single stations"),
    "plan_day": ("Ngày xem hạng mục kế hoạch", "Day of the plan items"),
    "to_hamlet": ("Mở thôn", "Open the hamlet"),
    "to_mast": ("Mở trạm", "Open the mast"),
    "source": ("Nguồn", "Source"),
    "opacity": ("Độ đậm", "Opacity"),
    "relief": ("Địa hình", "Relief"),
    "coast": ("Bờ biển", "Coast"),
    "labels": ("Tên địa danh", "Place names"),
    "level_weak": ("yếu", "weak"),
    "level_uncertain": ("chưa chắc chắn", "uncertain"),
    "level_met": ("phủ sóng với xác suất {p} %", "covered at {p} %"),
    "level_strong": ("mạnh", "strong"),
    "required_level": ("Mức cần để đạt quy tắc", "Level that meets the rule"),
    "not_covered": ("không màu: yếu hơn", "no colour: weaker"),
    "not_covered_p": ("không màu: dưới 50 %", "no colour: under 50 %"),
    "rule_met": ("đạt quy tắc", "rule met"),
    "filter": ("Lọc", "Filter"),
    "all_communes": ("Tất cả xã, phường", "All communes"),
    "min_people": ("Từ số người", "At least … people"),
    "only_view": ("Chỉ trong khung bản đồ", "Only what the map shows"),
    "reset": ("Bỏ lọc", "Reset filters"),
    "shown": ("đang hiện", "shown"),
    "of": ("trên", "of"),
    "download_csv": ("Tải bảng (CSV)", "Download table (CSV)"),
    "more_rows": ("Hiện thêm", "Show more"),
    "click_filter": ("Bấm một dòng để bật, tắt nhóm thôn đó.", "Click a line to show or hide its hamlets."),
    "dead_zones": ("thôn trắng sóng hoặc lõm sóng", "hamlets without signal, wholly or partly"),
    "total_cost": ("Tổng chi phí", "Total cost"),
    "newly_served": ("người được phục vụ thêm", "people newly served"),
    "assumptions": ("Giả định tính toán", "Assumptions"),
    "data_versions": ("Phiên bản dữ liệu", "Data versions"),
    "picture_pixel": ("Điểm ảnh vùng phủ", "Pixel of the coverage picture"),
    "north": ("Bắc", "North"),
    "zoom_in": ("Phóng to", "Zoom in"),
    "zoom_out": ("Thu nhỏ", "Zoom out"),
    "zoom_all": ("Toàn tỉnh", "Whole area"),
    "fullscreen": ("Toàn màn hình", "Full screen"),
    "measure": ("Đo khoảng cách", "Measure a distance"),
    "measure_help": (
        "Bấm các điểm trên bản đồ; Esc để kết thúc",
        "Click points on the map; Esc to finish",
    ),
    "print": ("In", "Print"),
    "map_label": (
        "Bản đồ tương tác; danh sách thôn nằm ở thẻ Bảng",
        "Interactive map; the hamlets are listed under Table",
    ),
    "skip": ("Tới bảng thôn, bản", "Skip to the table of hamlets"),
    "attribution": (
        "Phủ Sóng · địa hình và dữ liệu của dự án",
        "Phủ Sóng · the project's own terrain and data",
    ),
    "no_script": (
        "Bản đồ cần JavaScript của trình duyệt.",
        "The map needs the browser's JavaScript.",
    ),
}

WORDS: dict[str, tuple[str, str]] = {
    **_NOUNS,
    **_PROPOSAL_WORDS,
    **_WHY_WORDS,
    **_PLAN_WORDS,
    **_PAGE_WORDS,
    **{f"{family}.{code}": words for family, codes in _CODES.items() for code, words in codes.items()},
    **{
        f"{family}.{code}": (vi, en)
        for family, codes in _FROM_SCHEMA.items()
        for code, (en, vi) in codes.items()
    },
}
"""Key to (Vietnamese, English)."""


def word(key: str, language: Language) -> str:
    """Return the word for `key`.

    Raises
    ------
    KeyError
        The catalogue has no such key: a fault of the caller, never shown as an empty string.
    """
    return WORDS[key][LANGUAGES.index(language)]


def catalogue(language: Language) -> dict[str, str]:
    """Return every word of one language by its key."""
    index = LANGUAGES.index(language)
    return {key: words[index] for key, words in WORDS.items()}
