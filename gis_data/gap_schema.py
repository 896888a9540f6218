"""The schema of the tables that explain the gaps: reasons, operators, sharing of masts, places with a duty."""

# ruff: noqa: E501  (one column a line reads as the table it is)

from __future__ import annotations

from dataclasses import replace

from .result_schema import (
    CONFIDENCES,
    EVIDENCE_LABELS,
    SERVICE_LABELS,
    VERDICTS,
    VILLAGE_TOTALS,
    Labels,
)
from .schema import TECHNOLOGIES, Column, Table

__all__ = [
    "AREA_TOTALS", "CAUSE_LABELS", "CLUSTERS_BY_OPERATOR", "CLUSTER_VERDICTS", "GAP_TABLES", "HAMLET_BY_OPERATOR",
    "HAMLET_OPERATORS", "HAMLET_REASONS", "INDOOR_REASONS", "OLD_COMMUNE_TOTALS", "OPERATOR_SHEET", "OPERATOR_TOTALS", "PART_LABELS",
    "PLACES_DUTY", "PLACE_KIND_LABELS", "POINT_LABELS", "REMEDY_LABELS", "SHARING", "SHARING_DEFINITION", "SHARING_LABELS",
    "SUBSCRIPTIONS",
]  # fmt: skip

CAUSE_LABELS: Labels = {
    "obstacle": ("An obstacle on the way", "Địa hình che chắn"),
    "direction": ("The antenna points elsewhere", "Hướng anten không về phía thôn"),
    "distance": ("Distance", "Quá xa trạm"),
    "technology": ("The technology is not on that mast", "Trạm chưa có công nghệ này"),
    "no_mast": ("No mast in reach", "Không có trạm trong tầm phủ"),
    "measured": ("Measured too weak, against the model", "Mẫu đo không đạt, trái với mô hình"),
    "building": ("The building's wall", "Suy hao do tường nhà"),
}
REMEDY_LABELS: Labels = {
    "tilt": ("Another tilt", "Chỉnh góc tilt"),
    "azimuth": ("Another azimuth", "Xoay hướng anten"),
    "carrier": ("A carrier on an existing mast", "Bổ sung sóng mang trên trạm có sẵn"),
    "height": ("A higher antenna", "Nâng độ cao anten"),
    "station": ("A new station nearby", "Xây trạm mới gần thôn"),
}
POINT_LABELS: Labels = {
    "centre": ("Centre", "Trung tâm thôn"),
    "cluster": ("Cluster", "Cụm dân cư"),
    "area": ("Inside the hamlet", "Trong thôn"),
}
PART_LABELS: Labels = {
    "centre": ("Centre", "Trung tâm thôn"),
    "cluster": ("Cluster", "Cụm dân cư"),
    "group": ("Area without signal inside the hamlet", "Khu vực không sóng trong thôn"),
    "rest": ("Rest of the hamlet", "Phần còn lại của thôn"),
}
SHARING_LABELS: Labels = {
    "all": ("All masts", "Tất cả cột"),
    "commune": ("Commune", "Xã, phường"),
    "owner": ("Owner", "Chủ sở hữu"),
    "reference": ("Stated elsewhere", "Số liệu đã công bố"),
    "definition": ("Definition", "Định nghĩa"),
}
SHARING_DEFINITION = (
    "Sharing ratio = masts with two or more operators / all masts. An operator is on a mast if it has a cell on air there on the day, or is named as tenant; the owner counts only if it is one of them. How the ratios stated elsewhere were counted is not public.",
    "Tỷ lệ dùng chung = số cột có từ hai nhà mạng trở lên / tổng số cột. Nhà mạng được tính khi có cell đang phát sóng trên cột vào ngày tính, hoặc có tên trong danh sách dùng chung; chủ sở hữu chỉ được tính nếu cũng thuộc một trong hai trường hợp đó. Cách tính của số liệu đã công bố không được nêu rõ.",
)
"""What the sheet says of its ratio."""

PLACE_KIND_LABELS: Labels = {
    "industrial_zone": ("Industrial zone", "Khu công nghiệp"),
    "urban_area": ("Urban area", "Khu đô thị"),
    "tourism_area": ("Tourism area", "Khu du lịch"),
    "hospital": ("Hospital", "Bệnh viện"),
    "public_service_point": ("Public-service point", "Điểm dịch vụ công"),
}


def _text(name: str, en: str, vi: str, choices: tuple[str, ...] = (), help: str = "") -> Column:
    return Column(name, label_en=en, label_vi=vi, choices=choices, help=help)


def _number(name: str, unit: str, en: str, vi: str, minimum: float | None = None, help: str = "") -> Column:
    return Column(name, "number", unit=unit, minimum=minimum, label_en=en, label_vi=vi, help=help)


def _integer(name: str, unit: str, en: str, vi: str) -> Column:
    return Column(name, "integer", unit=unit, minimum=0, label_en=en, label_vi=vi)


def _share(name: str, unit: str, en: str, vi: str) -> Column:
    return Column(name, "number", unit=unit, minimum=0, maximum=1, label_en=en, label_vi=vi)


def _flag(name: str, en: str, vi: str) -> Column:
    return Column(name, "boolean", label_en=en, label_vi=vi)


def _remedy(kind: str, *more: Column) -> tuple[Column, ...]:
    en, vi = REMEDY_LABELS[kind]
    return (
        *more,
        _number(f"{kind}_gain_db", "dB", f"{en}: gains", f"{vi}: thêm được"),
        _flag(f"{kind}_enough", f"{en}: enough", f"{vi}: đủ đạt"),
        _number(f"{kind}_price", "currency", f"{en}: costs", f"{vi}: chi phí", 0),
    )


_HAMLET = (
    _text("village_id", "Hamlet ID", "Mã thôn"),
    _text("name", "Hamlet", "Tên thôn"),
    _text("commune", "Commune", "Xã, phường"),
)
_VERDICT = _text("verdict", "Verdict", "Kết luận", VERDICTS)
_OPERATOR = _text("operator", "Operator", "Nhà mạng")
_TECHNOLOGY = _text("technology", "Technology", "Công nghệ", TECHNOLOGIES)

HAMLET_REASONS = Table(
    "hamlet_reasons", "point", label_en="Reasons", label_vi="Nguyên nhân",
    help="One row per hamlet that lacks a service. A gain is what the shortfall shrinks by when that one thing is changed, computed again with the model; turning or tilting an antenna may take the signal from others.",
    columns=(
        *_HAMLET,
        _VERDICT,
        _text("service", "Lacks", "Thiếu dịch vụ", tuple(SERVICE_LABELS)),
        _text("point_kind", "Looked at", "Điểm xét", tuple(POINT_LABELS)),
        _text("cluster_id", "Cluster looked at", "Mã cụm xét"),
        _share("p_point", "probability", "P(service) there", "P(dịch vụ) tại điểm xét"),
        _share("p_rule", "probability", "P asked for", "P yêu cầu"),
        _text("cause", "Main cause", "Nguyên nhân chính", tuple(CAUSE_LABELS)),
        _text("cause_mast", "Mast concerned", "Trạm liên quan"),
        _text("candidate_cell", "Best candidate cell", "Cell gần đạt nhất"),
        _text("candidate_mast", "Its mast", "Trạm của cell"),
        _text("candidate_operator", "Its operator", "Nhà mạng của cell"),
        _text("candidate_technology", "Its technology", "Công nghệ của cell"),
        _number("distance_m", "m", "Distance from the mast", "Khoảng cách đến trạm", 0),
        _number("level_dbm", "dBm", "Level", "Mức thu"),
        _number("short_db", "dB", "Short of the rule", "Thiếu so với tiêu chí", help="By the model; where it finds the candidate enough, by the samples that say otherwise."),
        _number("measured_dbm", "dBm", "Measured: level that the share of samples asked for reaches", "Đo kiểm: mức thu mà tỷ lệ mẫu yêu cầu đạt được", help="Of the operator and technology that come nearest; empty where samples are too few to decide."),
        _number("measured_short_db", "dB", "Measured: short of the threshold", "Đo kiểm: thiếu so với ngưỡng", help="At most 0: the samples reach it."),
        _number("shift_db", "dB", "Samples nearby shift the level by", "Mẫu đo lân cận làm thay đổi mức thu", help="Not in the level and the shortfall, which are the model's."),
        _number("excess_db", "dB", "Loss above free space", "Suy hao thêm so với không gian tự do"),
        _number("off_axis_db", "dB", "Taken by the antenna's direction", "Mất do hướng anten", 0),
        _number("obstacle_db", "dB", "Taken by the main obstacle", "Mất do vật cản chính"),
        _number("obstacle_lon", "°", "Obstacle, longitude", "Vật cản, kinh độ"),
        _number("obstacle_lat", "°", "Obstacle, latitude", "Vật cản, vĩ độ"),
        _number("obstacle_distance_m", "m", "Obstacle, from the mast", "Vật cản, cách trạm", 0),
        _number("obstacle_height_m", "m above sea level", "Obstacle, height", "Vật cản, độ cao"),
        _number("obstacle_over_line_m", "m", "Obstacle, above the line of sight", "Vật cản, cao hơn đường ngắm", help="Negative: below the line, but in the Fresnel zone."),
        _text("remedy", "Cheapest remedy that is enough", "Giải pháp rẻ nhất đủ đạt", tuple(REMEDY_LABELS)),
        _number("remedy_price", "currency", "It costs", "Chi phí giải pháp", 0, help="Capital, upkeep and rent over the horizon of [costs], discounted."),
        *_remedy("tilt", _number("tilt_deg", "° down", "Tilt", "Góc tilt điện")),
        *_remedy("azimuth", _number("azimuth_deg", "° from north", "Azimuth", "Góc phương vị", 0)),
        *_remedy(
            "carrier",
            _text("carrier_mast", "Carrier on mast", "Bổ sung trên trạm"),
            _text("carrier_operator", "Carrier of operator", "Nhà mạng bổ sung"),
            _text("carrier_technology", "Carrier technology", "Công nghệ bổ sung"),
            _number("carrier_mhz", "MHz", "Carrier frequency", "Tần số bổ sung", 0),
        ),
        *_remedy("height", _number("height_more_m", "m", "Antenna higher by", "Nâng anten thêm", 0)),
        *_remedy(
            "station",
            _text("station_technology", "New station technology", "Công nghệ trạm mới"),
            _number("station_height_m", "m above ground", "New station, antenna", "Trạm mới, độ cao anten", 0),
            _number("station_distance_m", "m", "New station, from the hamlet", "Trạm mới, cách thôn", 0, help="On the highest ground nearby; the siting of new stations decides."),
            _number("station_lon", "°", "New station, longitude", "Trạm mới, kinh độ"),
            _number("station_lat", "°", "New station, latitude", "Trạm mới, vĩ độ"),
        ),
        _text("profile", "Profile plot", "Mặt cắt địa hình"),
    ),
)  # fmt: skip

HAMLET_BY_OPERATOR = Table(
    "hamlet_by_operator", "none", label_en="Hamlets by operator", label_vi="Thôn theo nhà mạng",
    help="One row per hamlet, operator and technology; the verdict is that of the operator alone, over all its technologies.",
    columns=(
        *_HAMLET,
        _OPERATOR,
        _VERDICT,
        _TECHNOLOGY,
        _number("level_dbm", "dBm", "Level at the centre", "Mức thu tại trung tâm"),
        _share("p_covered", "probability", "P(covered) at the centre", "P(phủ sóng) tại trung tâm"),
        _share("share_people", "share of people", "Share of people covered", "Tỷ lệ dân được phủ"),
        _flag("served", "Served", "Được phục vụ"),
        _text("best_cell", "Best cell", "Cell tốt nhất"),
        _integer("masts", "masts", "Masts that cover the centre", "Số trạm phủ trung tâm"),
    ),
)  # fmt: skip

OPERATOR_SHEET = Table(
    "operator_sheet", "none", label_en="Hamlets by operator", label_vi="Thôn theo nhà mạng",
    help="One row per hamlet and operator: its own verdict, and level, P(covered) and service of each technology. hamlet_by_operator.csv holds it with a row per technology, best cells and indoors.",
    columns=(
        *_HAMLET,
        _OPERATOR,
        _VERDICT,
        *(
            column
            for technology in TECHNOLOGIES
            for column in (
                _number(f"level_{technology.lower()}_dbm", "dBm", f"{technology} level at the centre", f"Mức thu {technology} tại trung tâm"),
                _share(f"p_{technology.lower()}", "probability", f"P({technology}) at the centre", f"P({technology}) tại trung tâm"),
                _share(f"share_people_{technology.lower()}", "share of people", f"Share of people with {technology}", f"Tỷ lệ dân có {technology}"),
                _flag(f"served_{technology.lower()}", f"Served with {technology}", f"Được phục vụ {technology}"),
            )
        ),
        _text("verdict_indoor", "Verdict indoors", "Kết luận trong nhà", VERDICTS),
    ),
)  # fmt: skip

INDOOR_REASONS = Table(
    "indoor_reasons", "point", label_en="Reasons indoors", label_vi="Nguyên nhân trong nhà",
    help="One row per hamlet that has voice outdoors and is a dead zone indoors. The level is that outdoors; the shortfall is of the level outdoors that P(covered) indoors asks for, building entry (ITU-R P.2109) and its spread included.",
    columns=tuple(
        more
        for column in HAMLET_REASONS.columns
        if column.name != "profile"
        for more in (
            (column, _number("entry_db", "dB", "The building's wall asks for", "Tường nhà đòi hỏi thêm", 0, help="Level outdoors, above what the rule asks for there."))
            if column.name == "short_db" else (column,)
        )
    ),
)  # fmt: skip

HAMLET_OPERATORS = replace(
    HAMLET_BY_OPERATOR,
    help=HAMLET_BY_OPERATOR.help + " Indoors: by the same rule, behind the wall of [propagation] building.",
    columns=(
        *HAMLET_BY_OPERATOR.columns,
        _text("verdict_indoor", "Verdict indoors", "Kết luận trong nhà", VERDICTS),
        _text("confidence_indoor", "Confidence indoors", "Độ tin cậy trong nhà", CONFIDENCES),
        _share("p_indoor", "probability", "P(covered) indoors at the centre", "P(phủ sóng) trong nhà tại trung tâm"),
        _share("share_people_indoor", "share of people", "Share of people covered indoors", "Tỷ lệ dân được phủ trong nhà"),
        _flag("served_indoor", "Served indoors", "Được phục vụ trong nhà"),
    ),
)  # fmt: skip

_PART = (
    *_HAMLET,
    _text("part", "Part", "Phần của thôn", tuple(PART_LABELS)),
    _text("cluster_id", "Cluster ID", "Mã cụm"),
    _number("people", "people", "People", "Số dân", 0),
)
_PART_VERDICT = (
    _VERDICT,
    _text("signal_gap", "Centre or cluster without signal", "Trắng sóng / lõm sóng", ("white", "dip", "")),
    _text("confidence", "Confidence", "Độ tin cậy", CONFIDENCES),
    _text("decided_by", "Decided by", "Căn cứ quyết định", tuple(EVIDENCE_LABELS)),
    _integer("samples", "samples", "Samples near it", "Số mẫu đo lân cận"),
    _text("verdict_model", "Verdict of the model alone", "Kết luận theo mô hình", VERDICTS),
    _text("verdict_indoor", "Verdict indoors", "Kết luận trong nhà", VERDICTS),
    _text("confidence_indoor", "Confidence indoors", "Độ tin cậy trong nhà", CONFIDENCES),
    _flag("dead_indoors_only", "Voice outdoors, none indoors", "Có thoại ngoài trời, không có trong nhà"),
    _share("p_verdict", "probability", "P that decided", "Xác suất quyết định"),
    _integer("voice_masts", "masts", "Masts that cover it with voice", "Số trạm phủ thoại"),
)


def _part_levels(technology: str, operator: bool) -> tuple[Column, ...]:
    t = technology.lower()
    best = (
        _text(
            f"operator_{t}",
            f"Operator of the best {technology} cell",
            f"Nhà mạng của cell {technology} tốt nhất",
        ),
    )
    return (
        _number(f"level_{t}_dbm", "dBm", f"{technology} level", f"Mức thu {technology}"),
        _number(f"shift_{t}_db", "dB", f"{technology}: of that, shift by samples", f"{technology}: trong đó điều chỉnh theo mẫu đo"),
        _share(f"p_{t}", "probability", f"P({technology})", f"P({technology})"),
        *(best if operator else ()),
        _text(f"best_cell_{t}", f"Best {technology} cell", f"Cell {technology} tốt nhất"),
        _share(f"p_indoor_{t}", "probability", f"P({technology}) indoors", f"P({technology}) trong nhà"),
    )  # fmt: skip


CLUSTER_VERDICTS = Table(
    "cluster_verdicts", "point", label_en="Centres and clusters", label_vi="Trung tâm và cụm dân cư",
    help="One row for each hamlet's centre and for each of its residential clusters, judged by the rule as if it were a hamlet. Inside a hamlet drawn as an area, inhabited points without voice that touch one another are one row, all others are the rest; levels are those of the point with most people. People of the rows add up to the hamlet's.",
    columns=(
        *_PART,
        *_PART_VERDICT,
        _text("operators_voice", "Operators with voice", "Nhà mạng có thoại"),
        _text("operators_4g", "Operators with 4G", "Nhà mạng có 4G"),
        *(column for technology in TECHNOLOGIES for column in _part_levels(technology, True)),
    ),
)  # fmt: skip

CLUSTERS_BY_OPERATOR = Table(
    "clusters_by_operator", "none", label_en="Clusters by operator", label_vi="Cụm dân cư theo nhà mạng",
    help="Centres and clusters again, each operator by itself.",
    columns=(
        *_PART,
        _OPERATOR,
        *_PART_VERDICT,
        *(column for technology in TECHNOLOGIES for column in _part_levels(technology, False)),
    ),
)  # fmt: skip

OLD_COMMUNE_TOTALS = replace(
    VILLAGE_TOTALS, name="old_commune_totals", label_en="Totals by old commune", label_vi="Tổng hợp theo xã cũ",
    help="By the communes before 1 July 2025. A hamlet without an old commune in its row has that of the crosswalk where its commune of today holds one old commune only; the rest stands in a row without a name.",
)  # fmt: skip

OPERATOR_TOTALS = Table(
    "operator_totals", "none", label_en="Operators and technologies", label_vi="Nhà mạng và công nghệ",
    help="Shares are of people, never of area. One BTS is one technology of one operator on one mast. An empty operator: any of them.",
    columns=(
        _text("scope", "Scope", "Phạm vi", ("commune", "all")),
        _text("commune", "Commune", "Xã, phường"),
        _OPERATOR,
        _TECHNOLOGY,
        _integer("hamlets", "hamlets", "Hamlets", "Số thôn"),
        _number("people", "people", "People", "Số dân", 0),
        _integer("hamlets_served", "hamlets", "Hamlets served", "Số thôn được phục vụ"),
        _number("people_covered", "people", "People covered", "Số dân được phủ", 0),
        _share("share_people", "share of people", "Share of people covered", "Tỷ lệ dân được phủ"),
        _integer("bts", "BTS", "BTS on air", "Số BTS đang phát sóng"),
        _integer("cells", "cells", "Cells on air", "Số cell đang phát sóng"),
    ),
)  # fmt: skip

AREA_TOTALS = Table(
    "area_totals", "none", label_en="Share of the area", label_vi="Tỷ lệ diện tích",
    help="Land with a height inside the communes' borders, by the rasters of coverage. An empty operator: the best server of any; one operator needs [outputs] by_operator. Area, never people: most of it may be forest.",
    columns=(
        _text("scope", "Scope", "Phạm vi", ("all", "commune", "old_commune")),
        _text("commune", "Commune", "Xã, phường"),
        _OPERATOR,
        _TECHNOLOGY,
        _number("area_km2", "km²", "Land area", "Diện tích đất liền", 0),
        _number("area_covered_km2", "km²", "Land area covered", "Diện tích được phủ", 0),
        _share("share_area", "share of area", "Share of the area covered", "Tỷ lệ diện tích được phủ"),
    ),
)  # fmt: skip

SUBSCRIPTIONS = Table(
    "subscriptions", "none", label_en="Subscriptions", label_vi="Thuê bao",
    help="As [statistics] of phusong.toml states them; nothing is estimated.",
    columns=(
        _text("subject", "Of", "Nội dung"),
        _number("subscriptions", "subscriptions", "Subscriptions", "Số thuê bao", 0),
        _number("population", "people", "Population", "Dân số", 0),
        _number("per_100", "per 100 people", "Subscriptions", "Thuê bao", 0),
        _text("source", "Source", "Nguồn"),
        _text("date", "As of", "Tính đến ngày"),
    ),
)  # fmt: skip

SHARING = Table(
    "sharing", "none", label_en="Sharing of masts", label_vi="Dùng chung hạ tầng",
    help="Passive sharing: masts with two or more operators over masts. Operators are those with a cell on air on the day and those named as tenants; the owner counts only if it is one of them.",
    columns=(
        _text("scope", "Scope", "Phạm vi", tuple(SHARING_LABELS)),
        _text("subject", "Name", "Tên"),
        _integer("masts", "masts", "Masts", "Số cột"),
        _integer("masts_in_use", "masts", "Masts with an operator", "Số cột có nhà mạng"),
        _integer("masts_shared", "masts", "Masts with two or more operators", "Số cột có từ hai nhà mạng"),
        _share("ratio", "share of masts", "Sharing ratio", "Tỷ lệ dùng chung"),
        _text("source", "Source", "Nguồn"),
    ),
)  # fmt: skip

PLACES_DUTY = Table(
    "places_duty", "point", label_en="Places with a duty", label_vi="Địa điểm ưu tiên",
    help="Those that lack what they must have stand first.",
    columns=(
        _text("place_id", "Place ID", "Mã địa điểm"),
        _text("name", "Place", "Địa điểm"),
        _text("place_kind", "Kind", "Loại", tuple(PLACE_KIND_LABELS)),
        _text("required_technology", "Required technology", "Công nghệ bắt buộc", TECHNOLOGIES),
        _flag("covered", "Covered with it", "Đã được phủ"),
        _share("p_covered", "probability", "P(covered)", "P(phủ sóng)"),
        _text("decided_by", "Decided by", "Căn cứ quyết định", ("model", "model_shifted", "measurement")),
        _integer("samples", "samples", "Samples near it", "Số mẫu đo gần địa điểm"),
        _number("level_dbm", "dBm", "Level (model, as samples shift it)", "Mức thu (mô hình, đã điều chỉnh theo mẫu đo)"),
        _OPERATOR,
        _text("best_cell", "Best cell", "Cell tốt nhất"),
        _number("nearest_bts_m", "m", "Nearest BTS with it", "BTS gần nhất có công nghệ này", 0),
    ),
)  # fmt: skip

GAP_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        HAMLET_REASONS, INDOOR_REASONS, HAMLET_OPERATORS, OPERATOR_SHEET, CLUSTER_VERDICTS, CLUSTERS_BY_OPERATOR, OLD_COMMUNE_TOTALS,
        OPERATOR_TOTALS, SHARING, PLACES_DUTY, AREA_TOTALS, SUBSCRIPTIONS,
    )
}  # fmt: skip
