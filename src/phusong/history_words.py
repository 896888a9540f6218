"""What ``phusong history``, ``diff``, ``prune`` and ``store`` say, in Vietnamese and English."""

from __future__ import annotations

__all__ = ["say"]

_WORDS: dict[str, tuple[str, str]] = {
    "number": ("Số", "No."),
    "made": ("Ngày chạy", "Made"),
    "by": ("Người chạy", "By"),
    "as_of": ("Tính đến", "As of"),
    "cells_on_air": ("Cell đang phát", "Cells on air"),
    "dead": ("Thôn lõm, trắng sóng", "Dead-zone hamlets"),
    "label": ("Nhãn", "Label"),
    "people": ("Người", "People"),
    "empty": (
        "Chưa có phiên bản nào: phusong run sẽ lưu một phiên bản.",
        "No version yet: phusong run keeps one.",
    ),
    "kept": ("đã lưu phiên bản {number} ({place})", "kept as version {number} ({place})"),
    "kept_same": (
        "kết quả như phiên bản {number}: không lưu thêm",
        "the same as version {number}: nothing more to keep",
    ),
    "labelled": ("Phiên bản {number}: nhãn “{label}”", "Version {number}: label “{label}”"),
    "unlabelled": ("Phiên bản {number}: đã bỏ nhãn", "Version {number}: label taken away"),
    "version": (
        "Phiên bản {number}, chạy ngày {made}, tính đến {as_of}{label}",
        "Version {number}, made {made}, as of {as_of}{label}",
    ),
    "before": ("Trước", "Before"),
    "after": ("Sau", "After"),
    "lost": ("Mất", "Lost"),
    "gained": ("Thêm", "Gained"),
    "service": ("Dịch vụ", "Service"),
    "change": ("Thay đổi", "Change"),
    "hamlet": ("Thôn", "Hamlet"),
    "why": ("Vì sao", "Why"),
    "station": ("Trạm", "Station"),
    "what": ("Nội dung", "What"),
    "no_change": (
        "Không thôn, bản nào thay đổi giữa hai phiên bản.",
        "No hamlet differs between the two versions.",
    ),
    "more": ("… và {count} dòng nữa trong diff.xlsx", "… and {count} more in diff.xlsx"),
    "since": ("từ {day}", "since {day}"),
    "moved_by": ("{metres:,.0f} m", "{metres:,.0f} m"),
    "unknown": (
        "không tìm thấy trạm, dữ liệu hay tham số nào thay đổi",
        "no station, input or parameter that changed accounts for it",
    ),
    "title": ("Thay đổi giữa hai phiên bản", "Changes between two versions"),
    "project": ("Dự án", "Project"),
    "results": ("Kết quả", "Results"),
    "predicted": ("dự báo bằng mô hình, không phải kết quả đo", "predicted, not measured"),
    "data": ("Dữ liệu", "Data"),
    "synthetic": ("DỮ LIỆU GIẢ LẬP / SYNTHETIC DATA", "SYNTHETIC DATA / dữ liệu giả lập"),
    "basis": ("Cách tìm nguyên nhân", "How causes are found"),
    "basis_text": (
        "một trạm là nguyên nhân khi cell của nó phủ một điểm của thôn ở một phiên bản mà không phủ ở phiên "
        "bản kia, chính cell đó đã mới có, tắt, di dời hoặc thay đổi, và thuộc công nghệ mà thôn mất hoặc có "
        "thêm; nếu không, các đầu vào và tham số đã thay đổi được nêu",
        "a station is the cause where one of its cells covered a point of the hamlet in one version and not "
        "in the other, the cell itself came, went, moved or was changed, and has a technology that the "
        "hamlet lost or gained; otherwise the inputs and parameters that changed are named",
    ),
    "about": ("Giới thiệu", "About"),
    "item": ("Mục", "Item"),
    "value": ("Nội dung", "Value"),
    "wrote": ("Đã ghi", "Wrote"),
    "nothing_to_prune": ("Không có phiên bản nào phải xoá.", "No version has to go."),
    "would_go": ("Sẽ xoá (chưa xoá gì):", "These would go (nothing was removed):"),
    "gone": ("Đã xoá:", "Removed:"),
    "freed": (
        "Ảnh không còn dùng: {count} tệp, {megabytes:,.1f} MB",
        "Rasters no longer used: {count} files, {megabytes:,.1f} MB",
    ),
    "store_at": ("Nơi lưu phiên bản: {place}", "Versions are kept in: {place}"),
    "store_count": ("{count} phiên bản", "{count} versions"),
    "migrated": ("Đã cập nhật bảng: {names}", "Tables brought up to date: {names}"),
    "up_to_date": ("Các bảng đã ở phiên bản mới nhất.", "The tables are up to date."),
    "map_list": ("Thôn, bản thay đổi", "Hamlets that changed"),
    "map_stations": ("Trạm thay đổi", "Stations that changed"),
    "map_unchanged": ("Thôn, bản không đổi", "Hamlets that did not change"),
    "map_link": ("Nối thôn, bản với trạm là nguyên nhân", "From a hamlet to the station that is the cause"),
    "map_legend": ("Chú giải", "Legend"),
    "map_hint": ("Bấm vào một dòng để xem trên bản đồ.", "Choose a line to see it on the map."),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the words for `key` in ``"vi"`` or ``"en"``, with `values` filled in."""
    vietnamese, english = _WORDS[key]
    return (vietnamese if language == "vi" else english).format(**values)
