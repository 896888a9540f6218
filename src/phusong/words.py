"""What the command line says, in Vietnamese and English."""

from __future__ import annotations

__all__ = ["say"]

_WORDS: dict[str, tuple[str, str]] = {
    "reading": ("Đọc và kiểm tra các lớp dữ liệu", "Reading and checking the layers"),
    "compiling": (
        "Biên dịch mô hình truyền sóng (chỉ lần đầu trên máy này, khoảng nửa phút)",
        "Compiling the propagation model (only the first time on this machine, about half a minute)",
    ),
    "coverage": ("Tính vùng phủ sóng", "Computing coverage"),
    "levels": ("Tính mức thu tại thôn, bản và cụm dân cư", "Computing levels at hamlets and clusters"),
    "gaps": ("Xác định thôn, bản lõm sóng", "Finding dead-zone hamlets"),
    "reasons": ("Tìm nguyên nhân và giải pháp", "Finding reasons and remedies"),
    "siting": ("Tính vùng phủ của các phương án trạm mới", "Computing what new stations would serve"),
    "search": (
        "Tìm phương án tốt nhất (Ctrl-C: lấy phương án hiện có)",
        "Seeking the best plan (Ctrl-C: take what there is)",
    ),
    "search_state": ("hiện có {best}, cận {bound}, sai lệch {gap}", "best {best}, bound {bound}, gap {gap}"),
    "plan_interrupted": (
        "Đã dừng theo yêu cầu: đây là phương án tốt nhất tới lúc đó, sai lệch {gap}.",
        "Interrupted: this is the best plan found so far, gap {gap}.",
    ),
    "why_station": (
        "{station} {kind} {host}: phủ thêm {people:,.0f} người, {cost:,.0f} triệu đồng; "
        "bỏ trạm mất {lost:,.0f} người",
        "{station} {kind} {host}: {people:,.0f} people, {cost:,.0f} million VND; "
        "without it {lost:,.0f} lose service",
    ),
    "why_chain": ("nối qua {parent}, {hops} chặng vi ba", "hangs on {parent}, {hops} microwave hops"),
    "why_replacement": (
        "thay thế tốt nhất {candidate}: {people:,.0f} người, {cost:,.0f} triệu đồng",
        "best replacement {candidate}: {people:,.0f} people, {cost:,.0f} million VND",
    ),
    "why_sharing": ("dùng chung tiết kiệm {saves:,.0f} triệu đồng", "sharing saves {saves:,.0f} million VND"),
    "why_not": (
        "{hamlet}: {people:,.0f} người chưa có sóng, {reason}",
        "{hamlet}: {people:,.0f} people without service, {reason}",
    ),
    "why_price": (
        "cần thêm ít nhất {price:,.0f} triệu đồng ({needs})",
        "would cost {price:,.0f} million VND more ({needs})",
    ),
    "budget": ("Ngân sách", "Budget"),
    "year": ("Năm", "Year"),
    "fund": ("Nguồn vốn", "Fund"),
    "limit": ("Hạn mức", "Limit"),
    "spent": ("Đã dùng", "Spent"),
    "probability": ("Xác suất vị trí", "Location probability"),
    "shift_db": ("Dịch mức (dB)", "Shift (dB)"),
    "people_kept": ("Người, phương án này", "People, this plan"),
    "people_best": ("Người, phương án lập riêng", "People, plan made for it"),
    "objective_value": ("Giá trị", "Value"),
    "best_value": ("Giá trị nếu không chia giai đoạn", "Value without earlier years"),
    "plans": ("Kiểm tra các kế hoạch", "Verifying the plans"),
    "scenario": ("Tính kịch bản", "Computing the scenario"),
    "service": ("Dịch vụ", "Service"),
    "before": ("Trước", "Before"),
    "after": ("Sau", "After"),
    "model_alone": ("chỉ theo mô hình: không có mẫu đo nào được tính", "model alone: no samples count"),
    "model_and_samples": (
        "mô hình (chỉnh theo mẫu đo xung quanh) và mẫu đo; mẫu có sóng được giữ khi cell đã phục vụ còn phát, "
        "mẫu không có sóng được giữ trừ khi có cell mới phủ",
        "model (shifted by samples around) and samples; samples with service hold while the cell that served "
        "them stays on air, samples without it hold unless a new cell covers the point",
    ),
    "scope_all": ("tính chung mọi nhà mạng", "over all operators"),
    "scope_operator": ("từng nhà mạng (không chuyển vùng)", "of each operator (no roaming)"),
    "optimal": ("tối ưu, đã chứng minh", "optimal, proven"),
    "time_limit": ("hết thời gian, sai lệch {gap}", "time limit, gap {gap}"),
    "maps": ("Vẽ bản đồ và ghi bảng", "Drawing the map and writing the tables"),
    "from_cache": ("lấy từ kết quả đã tính, dữ liệu không đổi", "unchanged since the last run, reused"),
    "recovered": (
        "lần chạy trước bị ngắt khi đang ghi kết quả: đã ghi nốt",
        "the last run was stopped while it published its results: finished that first",
    ),
    "damaged_cache": ("tệp đệm bị hỏng, tính lại: {path}", "cache file is damaged, computed again: {path}"),
    "wrote": ("Đã ghi", "Wrote"),
    "map_is_at": ("Bản đồ", "Map"),
    "tables_are_at": ("Bảng", "Tables"),
    "reports_are_at": ("Báo cáo", "Reports"),
    "rasters_are_at": ("Ảnh vùng phủ", "Coverage rasters"),
    "nothing_wrong": ("Dữ liệu dùng được, không có lỗi.", "The input can be used: no errors."),
    "warnings": ("{count} cảnh báo", "{count} warnings"),
    "errors": (
        "{count} lỗi trong dữ liệu; chưa tính gì cả",
        "{count} problems in the input; nothing was computed",
    ),
    "synthetic": (
        "DỮ LIỆU GIẢ LẬP: địa hình, thôn và trạm là ví dụ, không phải số liệu thật.",
        "SYNTHETIC DATA: relief, hamlets and stations are made up for the example.",
    ),
    "hamlets": ("Thôn, bản", "Hamlets"),
    "people": ("Người", "People"),
    "verdict": ("Kết luận", "Verdict"),
    "plan": ("Kế hoạch", "Plan"),
    "kind": ("Loại", "Kind"),
    "items": ("Hạng mục", "Items"),
    "claimed": ("Đã báo cáo", "Claimed"),
    "supported": ("Có căn cứ", "Supported"),
    "contradicted": ("Mâu thuẫn", "Contradicted"),
    "not_checkable": ("Không kiểm được", "Not checkable"),
    "stations": ("Trạm đề xuất", "Proposed stations"),
    "cost": ("Chi phí (triệu đồng)", "Cost (million VND)"),
    "value": ("Người được phục vụ thêm", "People newly served"),
    "served_villages": ("Thôn, bản được phủ sóng thêm", "Hamlets newly served"),
    "gis_files_are_at": ("Dữ liệu GIS", "GIS files"),
    "gap": ("Sai lệch tối ưu", "Optimality gap"),
    "calibration": ("Hiệu chỉnh mô hình theo mẫu đo", "Fitting the model to the samples"),
    "calibration_band": ("Băng tần", "Band"),
    "calibration_samples": ("Số mẫu", "Samples"),
    "calibration_offset_db": ("Lệch (dB)", "Offset (dB)"),
    "calibration_slope_db": ("Độ dốc (dB/decade)", "Slope (dB/decade)"),
    "calibration_rmse_before": ("RMSE trước (dB)", "RMSE before (dB)"),
    "calibration_rmse_after": ("RMSE sau (dB)", "RMSE after (dB)"),
    "calibration_rmse_validated": ("RMSE kiểm chứng chéo (dB)", "RMSE cross-validated (dB)"),
    "calibration_sigma_db": ("σ (dB)", "σ (dB)"),
    "calibration_left_out": ("Mẫu bị loại", "Samples left out"),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the words for `key` in ``"vi"`` or ``"en"``, with `values` filled in."""
    vietnamese, english = _WORDS[key]
    return (vietnamese if language == "vi" else english).format(**values)
