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
    "siting": ("Đề xuất trạm mới", "Proposing new stations"),
    "plans": ("Kiểm tra các kế hoạch", "Verifying the plans"),
    "scenario": ("Tính kịch bản", "Computing the scenario"),
    "service": ("Dịch vụ", "Service"),
    "before": ("Trước", "Before"),
    "after": ("Sau", "After"),
    "basis": ("Căn cứ của trước và sau", "Basis of before and after"),
    "model_alone": (
        "chỉ theo mô hình, không dùng mẫu đo: có thể khác kết luận của gaps",
        "model alone, without samples: may differ from the verdicts of gaps",
    ),
    "scope_all": ("tính chung mọi nhà mạng", "over all operators"),
    "scope_operator": ("từng nhà mạng (không chuyển vùng)", "of each operator (no roaming)"),
    "optimal": ("tối ưu, đã chứng minh", "optimal, proven"),
    "time_limit": ("hết thời gian, sai lệch {gap}", "time limit, gap {gap}"),
    "maps": ("Vẽ bản đồ và ghi bảng", "Drawing the map and writing the tables"),
    "from_cache": ("lấy từ kết quả đã tính, dữ liệu không đổi", "unchanged since the last run, reused"),
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
    "supported": ("Mô hình ủng hộ", "Supported"),
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
