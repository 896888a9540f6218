"""The schema of the tables of a scenario: columns, units, labels, and the words for their codes."""

# ruff: noqa: E501  (one column a line reads as the table it is)

from __future__ import annotations

from .columns import flag_column as _flag
from .columns import integer_column as _integer
from .columns import number_column as _number
from .columns import share_column as _share
from .columns import text_column as _text
from .result_schema import CONFIDENCES, HAMLET_COLUMNS, SERVICE_LABELS, VERDICTS, Labels
from .schema import Column, Table

__all__ = [
    "CHANGE_LABELS", "FACT_LABELS", "SCENARIO_CELLS", "SCENARIO_CLASSES", "SCENARIO_FACTS", "SCENARIO_HAMLETS",
    "SCENARIO_PLACES", "SCENARIO_SERVICES", "SCENARIO_STATIONS", "SCENARIO_TABLES", "SCENARIO_UPGRADES",
]  # fmt: skip

CHANGE_LABELS: Labels = {
    "lost": ("Loses service", "Mất dịch vụ"),
    "gained": ("Gains service", "Có thêm dịch vụ"),
    "worse": ("Worse verdict", "Kết luận xấu đi"),
    "better": ("Better verdict", "Kết luận tốt lên"),
    "other": ("Other technologies", "Đổi công nghệ"),
    "off": ("Off air", "Tắt sóng"),
    "on": ("On air", "Phát sóng"),
}
FACT_LABELS: Labels = {
    "as_of": ("As of", "Tính đến ngày"),
    "basis": ("Basis of before and after", "Căn cứ của trước và sau"),
    "samples": ("Groups of samples that decide, before and after", "Số nhóm mẫu đo quyết định, trước và sau"),
    "changes": ("Changes", "Thay đổi"),
    "cells_before": ("Cells on air today", "Số cell đang phát sóng"),
    "cells_after": ("Cells on air in the scenario", "Số cell phát sóng theo kịch bản"),
    "hamlets_losing": ("Hamlets that lose voice or broadband", "Số thôn mất thoại hoặc băng rộng"),
    "people_losing": ("People in these hamlets", "Số dân ở các thôn đó"),
    "hamlets_gaining": ("Hamlets that gain voice or broadband", "Số thôn có thêm thoại hoặc băng rộng"),
    "people_gaining": ("People in those hamlets", "Số dân ở các thôn có thêm"),
    "upgrades": ("Masts to upgrade first", "Số trạm cần nâng cấp trước"),
    "upgrades_bound": ("No plan needs fewer upgrades than", "Không phương án nào cần ít hơn (trạm nâng cấp)"),
    "upgrades_status": ("Proof for the upgrades", "Chứng minh (nâng cấp)"),
    "not_mended": ("Hamlets that no such upgrade keeps", "Số thôn không giữ được bằng nâng cấp"),
    "upgrade_rule": ("Assumed carrier of an upgrade", "Giả định sóng mang nâng cấp"),
    "stations_before": ("Stations to choose from", "Số trạm để lựa chọn"),
    "stations_kept": ("Stations to keep", "Số trạm phải giữ"),
    "stations_bound": ("No plan keeps fewer than", "Không phương án nào giữ ít hơn (trạm)"),
    "stations_status": ("Proof for the stations", "Chứng minh (trạm giữ lại)"),
    "stations_lost": (
        "Hamlets that lose service because the other stations go",
        "Số thôn mất dịch vụ do tắt các trạm còn lại",
    ),
    "stations_lost_people": ("People in them", "Số dân ở các thôn này"),
    "stations_loss_bound": (
        "No choice of so many stations loses fewer than",
        "Không cách chọn nào mất ít hơn",
    ),
    "stations_needed": (
        "Fewest stations so that nobody loses service",
        "Số trạm tối thiểu để không ai mất dịch vụ",
    ),
    "stations_needed_status": ("Proof for that number", "Chứng minh (số trạm tối thiểu)"),
    "technology_kept": ("Keep the technology itself", "Vẫn còn chính công nghệ đó"),
    "technology_lost": ("Lose the technology, not the service", "Mất công nghệ đó nhưng không mất dịch vụ"),
    "technology_bound": (
        "No such choice of so many stations takes it from fewer than",
        "Không cách chọn nào như vậy làm mất công nghệ đó ít hơn",
    ),
    "scope": ("Service is counted", "Dịch vụ được tính"),
    "places_required": ("Places with a duty", "Số địa điểm bắt buộc"),
    "places_lacking": ("Places with a duty not covered", "Số địa điểm bắt buộc chưa được phủ"),
}

_SCENARIO_OPERATOR = _text("operator", "Operator", "Nhà mạng", help="Empty in GeoPackages: any of them.")


def _hamlets_and_people(what: str, en: str, vi: str) -> tuple[Column, Column]:
    return (
        _integer(f"hamlets_{what}", "hamlets", f"Hamlets {en}", f"Số thôn {vi}"),
        _number(f"people_{what}", "people", f"People {en}", f"Số dân {vi}", minimum=0),
    )


SCENARIO_FACTS = Table(
    "scenario_facts", "none", label_en="Scenario", label_vi="Kịch bản",
    columns=(
        _text("fact", "What", "Nội dung", choices=tuple(FACT_LABELS)),
        _text("value", "Value", "Giá trị"),
    ),
)  # fmt: skip

SCENARIO_HAMLETS = Table(
    "scenario_hamlets", "point", label_en="Hamlets that change", label_vi="Thôn thay đổi",
    help="One row per hamlet and operator, who loses service first; an empty operator is the verdict over all operators.",
    columns=(
        _SCENARIO_OPERATOR,
        *HAMLET_COLUMNS,
        _text("change", "Change", "Thay đổi", choices=("lost", "gained", "worse", "better", "other")),
        _text("services_lost", "Services lost", "Dịch vụ mất"),
        _text("services_gained", "Services gained", "Dịch vụ có thêm"),
        _text("verdict_before", "Verdict before", "Kết luận trước", choices=VERDICTS),
        _text("verdict_after", "Verdict after", "Kết luận sau", choices=VERDICTS),
        _share("p_after", "P that decided, after", "Xác suất quyết định, sau", "probability"),
        _text("confidence_after", "Confidence after", "Độ tin cậy sau", choices=CONFIDENCES),
        _flag("upgrade_keeps", "An upgrade of a mast keeps the service", "Nâng cấp trạm giữ được dịch vụ"),
    ),
)  # fmt: skip

SCENARIO_SERVICES = Table(
    "scenario_services", "none", label_en="Hamlets by service", label_vi="Số thôn theo dịch vụ",
    columns=(
        _SCENARIO_OPERATOR,
        _text("service", "Service", "Dịch vụ", choices=tuple(SERVICE_LABELS)),
        *_hamlets_and_people("before", "served before", "được phục vụ, trước"),
        *_hamlets_and_people("after", "served after", "được phục vụ, sau"),
        *_hamlets_and_people("losing", "that lose it", "mất dịch vụ"),
        *_hamlets_and_people("gaining", "that gain it", "có thêm dịch vụ"),
    ),
)  # fmt: skip

SCENARIO_CLASSES = Table(
    "scenario_classes", "none", label_en="Hamlets by verdict", label_vi="Số thôn theo kết luận",
    columns=(
        _SCENARIO_OPERATOR,
        _text("verdict", "Verdict", "Kết luận", choices=VERDICTS),
        *_hamlets_and_people("before", "before", "trước"),
        *_hamlets_and_people("after", "after", "sau"),
        *_hamlets_and_people("leaving", "that leave it", "ra khỏi nhóm"),
        *_hamlets_and_people("entering", "that enter it", "vào nhóm"),
    ),
)  # fmt: skip

_NEEDED_BY = (
    _integer(
        "hamlets", "hamlets", "Hamlets that lose service without it", "Số thôn mất dịch vụ nếu không có"
    ),
    _number("people", "people", "People in them", "Số dân ở các thôn đó", minimum=0),
    _text("village_ids", "Hamlet IDs", "Mã các thôn"),
    _text("village_names", "Hamlets", "Tên các thôn"),
)

SCENARIO_UPGRADES = Table(
    "scenario_upgrades", "point", label_en="Upgrade first", label_vi="Nâng cấp trước",
    help="The fewest masts that need a new carrier so that nobody loses service; most people first.",
    columns=(
        _integer("rank", "", "Order", "Thứ tự"),
        _text("mast_id", "Mast ID", "Mã cột"),
        _text("operator", "Operator", "Nhà mạng"),
        _text("technology", "Technology to add", "Công nghệ cần bổ sung"),
        _text("frequencies_mhz", "On frequencies (MHz)", "Trên tần số (MHz)"),
        *_NEEDED_BY,
    ),
)  # fmt: skip

SCENARIO_STATIONS = Table(
    "scenario_stations", "point", label_en="Stations to keep", label_vi="Trạm phải giữ",
    help="A station is the cells of one technology and operator on one mast; those to keep first. Where more may stay than are needed so that nobody loses service, the others keep the technology itself for most people.",
    columns=(
        _text("mast_id", "Mast ID", "Mã cột"),
        _text("operator", "Operator", "Nhà mạng"),
        _text("technology", "Technology", "Công nghệ"),
        _flag("kept", "Keep", "Giữ"),
        *_NEEDED_BY,
        _integer("technology_hamlets", "hamlets", "Hamlets that lose the technology itself without it", "Số thôn mất chính công nghệ này nếu không có"),
        _number("technology_people", "people", "People in those", "Số dân ở các thôn mất công nghệ", minimum=0),
    ),
)  # fmt: skip

SCENARIO_PLACES = Table(
    "scenario_places", "point", label_en="Places with a duty", label_vi="Địa điểm bắt buộc",
    columns=(
        _text("place_id", "Place ID", "Mã địa điểm"),
        _text("name", "Place", "Địa điểm"),
        _text("place_kind", "Kind", "Loại"),
        _text("required_technology", "Required technology", "Công nghệ yêu cầu"),
        _flag("covered_before", "Covered before", "Được phủ, trước"),
        _flag("covered_after", "Covered after", "Được phủ, sau"),
        _share("p_after", "P(covered) after", "P(phủ sóng) sau", "probability"),
        _text("decided_by", "Decided by, after", "Căn cứ quyết định, sau", choices=("model", "measurement")),
        _text("operators_after", "Operators that cover it after", "Nhà mạng phủ sóng, sau"),
    ),
)  # fmt: skip

SCENARIO_CELLS = Table(
    "scenario_cells", "none", label_en="Cells that change", label_vi="Cell thay đổi",
    columns=(
        _text("cell_id", "Cell ID", "Mã cell"),
        _text("mast_id", "Mast ID", "Mã cột"),
        _text("operator", "Operator", "Nhà mạng"),
        _text("technology", "Technology", "Công nghệ"),
        _text("change", "Change", "Thay đổi", choices=("off", "on")),
        _text("why", "Because of", "Do"),
    ),
)  # fmt: skip

SCENARIO_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SCENARIO_FACTS, SCENARIO_SERVICES, SCENARIO_CLASSES, SCENARIO_HAMLETS, SCENARIO_UPGRADES,
        SCENARIO_STATIONS, SCENARIO_PLACES, SCENARIO_CELLS,
    )
}  # fmt: skip
