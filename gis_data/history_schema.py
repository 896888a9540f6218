"""The schema of the tables that compare two versions: columns, units, labels, and the words for their codes."""

# ruff: noqa: E501  (one column a line reads as the table it is)

from __future__ import annotations

from dataclasses import replace

from .columns import flag_column as _flag
from .columns import integer_column as _integer
from .columns import number_column as _number
from .columns import text_column as _text
from .result_schema import CONFIDENCES, HAMLET_COLUMNS, PLAN_COMPLETION, VERDICTS, Labels
from .scenario_schema import CHANGE_LABELS, SCENARIO_CLASSES, SCENARIO_SERVICES
from .schema import TECHNOLOGIES, Column, Table

__all__ = [
    "CAUSE_LABELS", "HAMLET_CHANGES", "HAMLET_CHANGE_LABELS", "HISTORY_CLASSES", "HISTORY_HAMLETS",
    "HISTORY_PLACES", "HISTORY_PLANS", "HISTORY_PROVENANCE", "HISTORY_SERVICES", "HISTORY_STATIONS",
    "HISTORY_TABLES", "STATION_CHANGES", "STATION_CHANGE_LABELS", "SUBJECT_LABELS",
]  # fmt: skip

HAMLET_CHANGE_LABELS: Labels = {
    **{code: CHANGE_LABELS[code] for code in ("lost", "worse", "gained", "better", "other")},
    "operators": ("Operators only", "Chỉ đổi nhà mạng"),
    "appeared": ("New in the list", "Mới có trong danh sách"),
    "vanished": ("Gone from the list", "Không còn trong danh sách"),
}
HAMLET_CHANGES = tuple(HAMLET_CHANGE_LABELS)
"""Who loses service first."""

STATION_CHANGE_LABELS: Labels = {
    "removed": ("Gone from the list", "Không còn trong danh sách"),
    "off": ("Off air", "Tắt sóng"),
    "new": ("New", "Mới"),
    "on": ("On air", "Phát sóng"),
    "moved": ("Moved", "Di dời"),
    "changed": ("Changed", "Thay đổi"),
}
STATION_CHANGES = tuple(STATION_CHANGE_LABELS)

CAUSE_LABELS: Labels = {
    "stations": ("Stations", "Trạm"),
    "hamlet": ("Place, people or clusters of the hamlet", "Vị trí, dân số hoặc cụm dân cư của thôn"),
    "samples": ("Samples", "Mẫu đo"),
    "terrain": ("Terrain or grid", "Địa hình hoặc lưới tính"),
    "rule": ("Rule that tells served from dead", "Tiêu chí phủ sóng"),
    "duty": ("Where 5G is required", "Nơi bắt buộc có 5G"),
    "model": ("Model, its settings or antennas", "Mô hình, tham số hoặc anten"),
    "software": ("Version of the software", "Phiên bản phần mềm"),
    "unknown": ("Unknown", "Chưa rõ"),
}
SUBJECT_LABELS: Labels = {
    "input": ("Input file", "Tệp đầu vào"),
    "parameter": ("Parameter", "Tham số"),
    "software": ("Software", "Phần mềm"),
    "version": ("Version", "Phiên bản"),
}

_WHERE = (
    _text("mast_id", "Mast ID", "Mã cột"),
    _text("operator", "Operator", "Nhà mạng"),
    _text("technology", "Technology", "Công nghệ", choices=TECHNOLOGIES),
)

HISTORY_HAMLETS = Table(
    "history_hamlets", "point", label_en="Hamlets", label_vi="Thôn, bản",
    help="One row per hamlet for which anything changed, who loses service first. Stations: those that covered a point of the hamlet before and no longer do, or do now and did not, and were themselves changed.",
    columns=(
        *HAMLET_COLUMNS[:3],
        *(column for column in HAMLET_COLUMNS if column.name == "population"),
        _text("change", "Change", "Thay đổi", choices=HAMLET_CHANGES),
        _text("services_lost", "Services lost", "Dịch vụ mất"),
        _text("services_gained", "Services gained", "Dịch vụ có thêm"),
        _text("operators_lost", "Operators that no longer serve it", "Nhà mạng không còn phục vụ"),
        _text("operators_gained", "Operators that now serve it", "Nhà mạng phục vụ thêm"),
        _text("verdict_before", "Verdict before", "Kết luận trước", choices=VERDICTS),
        _text("verdict_after", "Verdict after", "Kết luận sau", choices=VERDICTS),
        _text("confidence_before", "Confidence before", "Độ tin cậy trước", choices=CONFIDENCES),
        _text("confidence_after", "Confidence after", "Độ tin cậy sau", choices=CONFIDENCES),
        _text("cause", "Because of", "Nguyên nhân", choices=tuple(CAUSE_LABELS)),
        _text("stations", "Masts concerned", "Cột liên quan"),
        _text("because", "Why", "Vì sao"),
        _text("also_changed", "Also changed meanwhile", "Cũng đã thay đổi"),
    ),
)  # fmt: skip

HISTORY_STATIONS = Table(
    "history_stations", "point", label_en="Stations", label_vi="Trạm",
    help="One row per mast, operator, technology and kind of change; those that cost or bring most people service first.",
    columns=(
        *_WHERE,
        _text("change", "Change", "Thay đổi", choices=STATION_CHANGES),
        _integer("cells", "cells", "Cells", "Số cell"),
        _text("cell_ids", "Cell IDs", "Mã cell"),
        _text("details", "What changed", "Nội dung thay đổi"),
        _number("moved_m", "m", "Moved by", "Di dời", minimum=0),
        _integer("hamlets_lost", "hamlets", "Hamlets that lose service because of it", "Số thôn mất dịch vụ vì trạm"),
        _number("people_lost", "people", "People in them", "Số dân ở các thôn mất", minimum=0),
        _integer("hamlets_gained", "hamlets", "Hamlets that gain service because of it", "Số thôn có thêm dịch vụ nhờ trạm"),
        _number("people_gained", "people", "People in those", "Số dân ở các thôn có thêm", minimum=0),
    ),
)  # fmt: skip

HISTORY_SERVICES = replace(SCENARIO_SERVICES, name="history_services", columns=SCENARIO_SERVICES.columns[1:])
HISTORY_CLASSES = replace(SCENARIO_CLASSES, name="history_classes", columns=SCENARIO_CLASSES.columns[1:])

HISTORY_PLACES = Table(
    "history_places", "point", label_en="Places with a duty", label_vi="Địa điểm ưu tiên",
    help="Those that gained or lost the technology that they must have.",
    columns=(
        _text("place_id", "Place ID", "Mã địa điểm"),
        _text("name", "Place", "Địa điểm"),
        _text("required_technology", "Required technology", "Công nghệ bắt buộc", choices=TECHNOLOGIES),
        _flag("covered_before", "Covered before", "Được phủ, trước"),
        _flag("covered_after", "Covered after", "Được phủ, sau"),
    ),
)  # fmt: skip


def _before_and_after(column: Column) -> tuple[Column, Column]:
    return tuple(
        replace(
            column, name=f"{column.name}_{when}", label_en=f"{column.label_en}, {when}",
            label_vi=f"{column.label_vi}, {vi}",
        )
        for when, vi in (("before", "trước"), ("after", "sau"))
    )  # type: ignore[return-value]  # fmt: skip


_PLAN_COUNTS = ("total", "claimed", "supported", "contradicted", "not_checkable")
HISTORY_PLANS = Table(
    "history_plans", "none", label_en="Plans", label_vi="Kế hoạch",
    columns=(
        *PLAN_COMPLETION.columns[:3],
        *(more for column in PLAN_COMPLETION.columns if column.name in _PLAN_COUNTS for more in _before_and_after(column)),
    ),
)  # fmt: skip

HISTORY_PROVENANCE = Table(
    "history_provenance", "none", label_en="Inputs and parameters", label_vi="Đầu vào và tham số",
    help="What differs in run.json; a file is told by the first digits of its SHA-256.",
    columns=(
        _text("subject", "What", "Loại", choices=tuple(SUBJECT_LABELS)),
        _text("name", "Name", "Tên"),
        _text("before", "Before", "Trước"),
        _text("after", "After", "Sau"),
    ),
)  # fmt: skip

HISTORY_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        HISTORY_SERVICES, HISTORY_CLASSES, HISTORY_HAMLETS, HISTORY_STATIONS, HISTORY_PLACES, HISTORY_PLANS,
        HISTORY_PROVENANCE,
    )
}  # fmt: skip
"""In the order of the sheets."""
