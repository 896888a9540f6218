"""Every word that a map or a report shows, in Vietnamese and in English, in one catalogue."""

from __future__ import annotations

from typing import Literal

__all__ = ["LANGUAGES", "VERDICTS", "WORDS", "Language", "catalogue", "word"]

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

VERDICTS = ("no_signal", "partial_signal", "voice_only", "no_4g", "no_5g", "fragile", "covered")
"""Codes of the verdict on a hamlet, worst first."""

_VERDICT_WORDS = {
    "no_signal": ("Trắng sóng", "No signal"),
    "partial_signal": ("Lõm sóng một phần", "Partly without signal"),
    "voice_only": ("Chỉ có thoại", "Voice only"),
    "no_4g": ("Chưa có 4G", "No 4G"),
    "no_5g": ("Chưa có 5G", "No 5G"),
    "fragile": ("Phủ sóng mong manh", "Fragile"),
    "covered": ("Đã phủ sóng", "Covered"),
    "no_signal.help": (
        "Không nhà mạng nào phục vụ được trung tâm thôn, kể cả thoại.",
        "No operator serves the hamlet's centre, not even with voice.",
    ),
    "partial_signal.help": (
        "Trung tâm có sóng nhưng một phần người dân ở các cụm dân cư thì không.",
        "The centre is served, but some of the people in its residential clusters are not.",
    ),
    "voice_only.help": ("Gọi được nhưng không có 3G, 4G, 5G.", "Calls work, but there is no 3G, 4G or 5G."),
    "no_4g.help": ("Có băng rộng di động nhưng chưa có 4G.", "There is mobile broadband, but no 4G."),
    "no_5g.help": ("Có 4G nhưng chưa có 5G.", "There is 4G, but no 5G."),
    "fragile.help": (
        "Đã phủ sóng nhưng chỉ dựa vào một trạm hoặc biên độ mỏng.",
        "Covered, but by a single station or with a thin margin.",
    ),
    "covered.help": ("Đáp ứng quy tắc phủ sóng của dự án.", "Meets the project's rule of coverage."),
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
    "high": ("Cao", "High"),
    "medium": ("Trung bình", "Medium"),
    "low": ("Thấp", "Low"),
    "technology": ("Công nghệ", "Technology"),
    "technologies": ("Công nghệ", "Technologies"),
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
    "place": ("Địa điểm", "Place"),
    "places": ("Địa điểm ưu tiên", "Priority places"),
    "required_technology": ("Công nghệ yêu cầu", "Required technology"),
    "industrial_zone": ("Khu công nghiệp", "Industrial zone"),
    "urban_area": ("Khu đô thị", "Urban area"),
    "tourism_area": ("Khu du lịch", "Tourism area"),
    "hospital": ("Bệnh viện", "Hospital"),
    "public_service_point": ("Điểm dịch vụ công", "Public-service point"),
    "ward": ("Phường", "Ward"),
    "special_zone": ("Đặc khu", "Special zone"),
    "tower": ("Cột tháp", "Tower"),
    "monopole": ("Cột đơn thân", "Monopole"),
    "pole": ("Cột", "Pole"),
    "rooftop": ("Mái nhà", "Rooftop"),
    "power_pole": ("Cột điện", "Power pole"),
    "substation": ("Trạm biến áp", "Substation"),
    "fibre": ("Cáp quang", "Fibre"),
    "microwave": ("Vi ba", "Microwave"),
    "satellite": ("Vệ tinh", "Satellite"),
    "solar": ("Điện mặt trời", "Solar"),
    "grid": ("Điện lưới", "Grid"),
    "none": ("Không có", "None"),
}

_PROPOSAL_WORDS = {
    "proposal": ("Trạm đề xuất", "Proposed station"),
    "proposals": ("Trạm đề xuất", "Proposed stations"),
    "station_id": ("Mã trạm", "Station ID"),
    "host_kind": ("Đặt trên", "Host"),
    "host_id": ("Mã vị trí", "Host ID"),
    "own_mast": ("Cột của nhà mạng", "Own mast"),
    "shared_mast": ("Cột dùng chung", "Shared mast"),
    "other_mast": ("Cột của nhà mạng khác", "Another operator's mast"),
    "colocation": ("Dùng chung cột có sẵn", "Co-location on an existing mast"),
    "upgrade": ("Nâng cấp trạm có sẵn", "Upgrade of an existing station"),
    "remote_sector": ("Sector kéo xa", "Remote sector"),
    "new_tower": ("Cột mới", "New tower"),
    "new_mast": ("Cột mới", "New mast"),
    "hilltop": ("Đỉnh đồi", "Hilltop"),
    "shared_with": ("Dùng chung với", "Shared with"),
    "antenna_height_m": ("Độ cao anten (m)", "Antenna height (m)"),
    "cost_million_vnd": ("Chi phí (triệu đồng)", "Cost (million VND)"),
    "million_vnd": ("triệu đồng", "million VND"),
    "people_served": ("Số người được phục vụ thêm", "People newly served"),
    "villages_served": ("Thôn được phục vụ thêm", "Hamlets newly served"),
    "backhaul": ("Truyền dẫn", "Backhaul"),
    "remedy": ("Trạm đề xuất phục vụ thôn này", "Proposed station for this hamlet"),
    "no_proposals": ("Chưa có trạm đề xuất.", "No stations are proposed."),
}

_PLAN_WORDS = {
    "plan": ("Kế hoạch", "Plan"),
    "plans": ("Kế hoạch", "Plans"),
    "plan_items": ("Hạng mục kế hoạch", "Plan items"),
    "status": ("Tình trạng", "Status"),
    "deadline": ("Thời hạn", "Deadline"),
    "reported_on": ("Báo hoàn thành", "Reported on"),
    "station": ("Trạm", "Station"),
    "mobile_service": ("Phủ sóng di động", "Mobile service"),
    "mobile_broadband": ("Băng rộng di động", "Mobile broadband"),
    "fixed_broadband": ("Băng rộng cố định", "Fixed broadband"),
    "completed": ("Hoàn thành", "Completed"),
    "complete": ("Hoàn thành", "Complete"),
    "done": ("Hoàn thành", "Done"),
    "confirmed": ("Hoàn thành, mô hình ủng hộ", "Complete, supported by the model"),
    "contradicted": ("Báo hoàn thành, mô hình không ủng hộ", "Claimed, not supported by the model"),
    "claimed": ("Đã báo hoàn thành", "Claimed complete"),
    "unverified": ("Chưa kiểm chứng được", "Cannot be verified"),
    "open": ("Chưa hoàn thành", "Open"),
    "pending": ("Chưa hoàn thành", "Pending"),
    "overdue": ("Quá hạn", "Overdue"),
    "late": ("Hoàn thành muộn", "Late"),
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
    "coverage_none": ("Không hiện", "None"),
    "show_level": ("Mức thu", "Level"),
    "show_probability": ("Xác suất", "Probability"),
    "opacity": ("Độ đậm", "Opacity"),
    "relief": ("Địa hình", "Relief"),
    "labels": ("Tên địa danh", "Place names"),
    "level_below": ("dưới ngưỡng", "below threshold"),
    "level_at": ("đạt ngưỡng", "at threshold"),
    "level_good": ("tốt", "good"),
    "level_strong": ("mạnh", "strong"),
    "not_covered": ("không màu: yếu hơn", "no colour: weaker"),
    "not_covered_p": ("không màu: dưới 50 %", "no colour: under 50 %"),
    "rule_met": ("đạt quy tắc", "rule met"),
    "from": ("từ", "from"),
    "filter": ("Lọc", "Filter"),
    "all_communes": ("Tất cả xã, phường", "All communes"),
    "min_people": ("Từ số người", "At least … people"),
    "only_view": ("Chỉ trong khung bản đồ", "Only what the map shows"),
    "reset": ("Bỏ lọc", "Reset filters"),
    "shown": ("đang hiện", "shown"),
    "of": ("trên", "of"),
    "sort_by": ("Sắp xếp theo", "Sort by"),
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
    "attribution": ("Phủ Sóng · địa hình và dữ liệu của dự án", "Phủ Sóng · the project's own terrain and data"),
    "no_script": (
        "Bản đồ cần JavaScript của trình duyệt.",
        "The map needs the browser's JavaScript.",
    ),
}

WORDS: dict[str, tuple[str, str]] = {
    **_VERDICT_WORDS,
    **_NOUNS,
    **_PROPOSAL_WORDS,
    **_PLAN_WORDS,
    **_PAGE_WORDS,
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
