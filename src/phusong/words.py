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
    "nothing_found": (
        "Chưa tìm được phương án nào trong thời gian cho phép: tăng --time-limit.",
        "No plan was found in the time given: raise --time-limit.",
    ),
    "interrupted_exit": (
        "Đã dừng theo Ctrl-C; phương án tốt nhất tới lúc đó đã được ghi (mã thoát 3).",
        "Ended by Ctrl-C; the best plan so far has been written (exit status 3).",
    ),
    "check": ("Kiểm tra độc lập phương án", "Checking the plan independently"),
    "check_passed": (
        "Kiểm tra độc lập: {made} mục tính lại từ dữ liệu gốc, tất cả đều khớp.",
        "Independent check: {made} things recomputed from the raw layers, all confirmed.",
    ),
    "check_failed": (
        "KIỂM TRA ĐỘC LẬP: {wrong} trong {made} mục KHÔNG KHỚP. Không dùng phương án này trước khi làm rõ.",
        "INDEPENDENT CHECK: {wrong} of {made} things DIFFER. Do not use this plan before that is cleared up.",
    ),
    "check_exit": (
        "phương án không khớp với kiểm tra độc lập ({wrong} mục; xem trang Kiểm tra của proposals.xlsx)",
        "the independent check does not confirm the plan ({wrong} things; sheet Checks of proposals.xlsx)",
    ),
    "why_station": (
        "{station} {kind} {host}{year}: phủ thêm {people:,.0f} người, {cost:,.0f} triệu đồng; "
        "bỏ trạm mất {lost:,.0f} người",
        "{station} {kind} {host}{year}: {people:,.0f} people, {cost:,.0f} million VND; "
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
    "export": ("Xuất tệp cho chương trình khác", "Writing files for other programs"),
    "scenario": ("Tính kịch bản", "Computing the scenario"),
    "service": ("Dịch vụ", "Service"),
    "before": ("Trước", "Before"),
    "after": ("Sau", "After"),
    "model_alone": ("chỉ theo mô hình: không có mẫu đo nào được tính", "model alone: no samples count"),
    "model_and_samples": (
        "mô hình (chỉnh theo mẫu đo xung quanh) và mẫu đo; mẫu có sóng được giữ khi cell đã phục vụ còn "
        "phát, mẫu không có sóng được giữ trừ khi có cell mới phủ",
        "model (shifted by samples around) and samples; samples with service hold while the cell that served "
        "them stays on air, samples without it hold unless a new cell covers the point",
    ),
    "scope_all": ("tính chung mọi nhà mạng", "over all operators"),
    "scope_operator": ("từng nhà mạng (không chuyển vùng)", "of each operator (no roaming)"),
    "optimal": ("tối ưu, đã chứng minh", "optimal, proven"),
    "time_limit": ("hết thời gian, sai lệch {gap}", "time limit, gap {gap}"),
    "maps": ("Vẽ bản đồ và ghi phương án", "Drawing the map and writing the proposals"),
    "tables": ("Ghi bảng", "Writing the tables"),
    "nothing_changed": (
        "Không có gì thay đổi kể từ lần chạy trước: kết quả vẫn đúng.",
        "Nothing changed since the last run: the results stand.",
    ),
    "touched": (
        "Ảnh hưởng tới {masts} trên {all_masts} cột; lớp phủ sóng: {layers}; "
        "{hamlets} thôn, bản trong vòng {range_km:g} km",
        "Touches {masts} of {all_masts} masts; coverage layers: {layers}; "
        "{hamlets} hamlets within {range_km:g} km",
    ),
    "more_changes": ("… và {count} dòng nữa", "… and {count} more"),
    "map_in_folder": (
        "vùng lớn: bản đồ là một thư mục (mở map/index.html), không phải một tệp",
        "large area: the map is a folder (open map/index.html), not one file",
    ),
    "serve_reads": ("Chuẩn bị bản đồ", "Preparing the map"),
    "serve_at": ("Bản đồ (Ctrl-C để dừng)", "Map (Ctrl-C stops)"),
    "serve_ends": ("đã dừng", "stopped"),
    "serve_open": (
        "{host} không chỉ là máy này: ai trong mạng cũng xem được bản đồ, không có mật khẩu.",
        "{host} is not this machine alone: anyone on the network can see the map, without a password.",
    ),
    "serve_stale": (
        "vùng phủ được tính từ dữ liệu cũ: chạy lại phusong run",
        "the coverage was computed from earlier input: phusong run makes it anew",
    ),
    "report": ("Lập báo cáo", "Writing the report"),
    "figures": ("Vẽ hình", "Drawing the figures"),
    "figures_are_at": ("Hình", "Figures"),
    "estimate_title": (
        "{masts:,} trạm, {pixels:,} điểm ảnh, {layers} lớp, {paths:,} tuyến truyền sóng",
        "{masts:,} masts, {pixels:,} pixels, {layers} layers, {paths:,} radio paths",
    ),
    "estimate_what": ("Chi phí dự kiến", "What"),
    "estimate_how_much": ("Bao nhiêu", "How much"),
    "estimate_reading": ("Đọc dữ liệu", "Reading"),
    "estimate_sweep": ("Vùng phủ của các trạm", "Sweeping the masts"),
    "estimate_rasters": ("Ghi raster", "Writing rasters"),
    "estimate_points": ("Mức thu và kết luận cho thôn, bản", "Levels and verdicts"),
    "estimate_rest": ("Bảng, bản đồ, báo cáo", "Tables, map, report"),
    "estimate_core_hours": ("Tổng cộng", "Together"),
    "estimate_core_h": ("giờ-lõi", "core-h"),
    "estimate_core_min": ("phút-lõi", "core-min"),
    "estimate_core_s": ("giây-lõi", "core-s"),
    "estimate_wall": ("Thời gian trên {cores} lõi", "Time on {cores} cores"),
    "estimate_memory_of": ("Bộ nhớ: {stage}", "Memory: {stage}"),
    "estimate_stage_reading": ("đọc dữ liệu", "reading"),
    "estimate_stage_layers": ("lớp vùng phủ", "coverage layers"),
    "estimate_stage_points": ("mức thu và kết luận", "levels and verdicts"),
    "estimate_stage_rest": ("bảng, bản đồ, báo cáo", "tables, map, report"),
    "estimate_memory": ("Bộ nhớ cao nhất", "Peak memory"),
    "estimate_disk_rasters": ("Đĩa: raster (out/coverage)", "Disk: rasters (out/coverage)"),
    "estimate_disk_tables": ("Đĩa: bảng, bản đồ, báo cáo (out)", "Disk: tables, map, report (out)"),
    "estimate_disk_merge": (
        "Đĩa: dữ liệu cho phusong update (.phusong/merge)",
        "Disk: what phusong update starts from (.phusong/merge)",
    ),
    "estimate_disk_caches": ("Đĩa: tệp đệm khác (.phusong)", "Disk: other caches (.phusong)"),
    "estimate_disk_history": ("Đĩa: một phiên bản (history)", "Disk: one version (history)"),
    "estimate_disk": ("Dung lượng đĩa tổng cộng", "Disk together"),
    "estimate_disk_free": ("Đĩa còn trống", "Free on the disk"),
    "estimate_scope": (
        "Đo trên một số trạm của dự án, so với các lần chạy đã đo. Chưa gồm tìm phương án trạm mới: có giới "
        "hạn thời gian riêng, tốn thêm bộ nhớ nếu thiếu sóng nhiều nơi. [outputs] keep_merge = false: không "
        "giữ dữ liệu cho phusong update. Raster trong history là liên kết tới out, không chiếm thêm chỗ.",
        "Measured on some of the project's masts, held against measured runs. Without the search for new "
        "stations, which has a time limit of its own and takes more memory where much is lacking. [outputs] "
        "keep_merge = false leaves out what phusong update starts from. Rasters in history are links to "
        "those in out and take no more room.",
    ),
    "estimate_beyond": (
        "Dự án này nhỏ hoặc lớn hơn nhiều so với mọi lần chạy đã đo: sai số thật có thể lớn hơn.",
        "This project is much smaller or larger than all runs that were measured: it may be further off.",
    ),
    "from_cache": ("lấy từ kết quả đã tính, dữ liệu không đổi", "unchanged since the last run, reused"),
    "merge_not_kept": (
        "đĩa không đủ chỗ để giữ dữ liệu cho phusong update: lần cập nhật sau sẽ tính lại từ đầu",
        "no room on the disk for what phusong update starts from: the next update sweeps all masts anew",
    ),
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
    "warnings_one": ("1 cảnh báo", "1 warning"),
    "errors_one": (
        "1 lỗi trong dữ liệu; chưa tính gì cả",
        "1 problem in the input; nothing was computed",
    ),
    "no_upgrade_needed": (
        "0: không cần nâng cấp trạm nào, không ai mất dịch vụ",
        "0: nothing needs upgrading, nobody loses service",
    ),
    "no_upgrade_helps": (
        "0: không trạm nào nâng cấp được để giữ dịch vụ bị mất",
        "0: no mast can be upgraded that would keep what is lost",
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
