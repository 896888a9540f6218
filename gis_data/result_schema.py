"""The schema of the result tables of gaps and plans: columns, units, labels, and the words for their codes.

Writers, the map and the documentation read labels and units from here, as readers do from `schema`.
"""

# ruff: noqa: E501  (one column a line reads as the table it is)

from __future__ import annotations

from .columns import date_column as _date
from .columns import flag_column as _flag
from .columns import integer_column as _integer
from .columns import number_column as _number
from .columns import share_column as _share
from .columns import text_column as _text
from .schema import TECHNOLOGIES, Column, Table

__all__ = [
    "ANY_OPERATOR", "CONFIDENCES", "CONFIDENCE_LABELS", "DISCREPANCY_LABELS", "EVIDENCE_LABELS",
    "HAMLET_COLUMNS", "KIND_LABELS",
    "MAST_COUNTS", "MATCH_LABELS", "PLAN_COMPLETION", "PLAN_KINDS", "PLAN_STATUS", "PLAN_TARGETS", "PLAN_TIMELINE",
    "REASON_LABELS", "RESULT_TABLES", "SCOPE_LABELS", "SERVICE_LABELS", "SIGNAL_GAP_LABELS", "STATION_DEPENDENCE", "SUPPORT_LABELS",
    "TARGET_LABELS", "TECHNOLOGY_LABELS",
    "VERDICTS", "VERDICT_LABELS", "VILLAGE_MATCHES", "VILLAGE_TOTALS", "VILLAGE_VERDICTS",
]  # fmt: skip

VERDICTS = ("no_signal", "partial_signal", "voice_only", "no_4g", "no_5g", "fragile", "covered")
"""Verdicts on a hamlet, the most severe first; the first two are dead zones."""

CONFIDENCES = ("uncertain", "likely", "certain")

Labels = dict[str, tuple[str, str]]
"""Code to (English, Vietnamese)."""

VERDICT_LABELS: Labels = {
    "no_signal": ("No signal at the centre", "Trắng sóng"),
    "partial_signal": ("Clusters without signal", "Lõm sóng"),
    "voice_only": ("Voice only, no broadband", "Chỉ có thoại, chưa có băng rộng"),
    "no_4g": ("No 4G", "Chưa có 4G"),
    "no_5g": ("No 5G where it is required", "Chưa có 5G (nơi bắt buộc)"),
    "fragile": ("Covered by one mast only", "Chỉ một trạm phủ sóng"),
    "covered": ("Covered", "Đã phủ sóng"),
}
SIGNAL_GAP_LABELS: Labels = {
    "white": ("No signal at the centre", "Trắng sóng"),
    "dip": ("Cluster without signal", "Lõm sóng"),
    "split": (
        "Each cluster has one, no single operator in all",
        "Cụm nào cũng có sóng, không nhà mạng nào phủ hết",
    ),
    "": ("", ""),
}
"""Of a centre, of a cluster; of a hamlet also that its clusters have different operators."""

CONFIDENCE_LABELS: Labels = {
    "uncertain": ("Uncertain: measure it", "Chưa chắc chắn: cần đo kiểm"),
    "likely": ("Likely", "Khá chắc chắn"),
    "certain": ("Certain", "Chắc chắn"),
}
KIND_LABELS: Labels = {
    "station": ("Station", "Trạm BTS"),
    "mobile_service": ("Mobile service to a hamlet", "Phủ sóng di động cho thôn"),
    "mobile_broadband": ("Mobile broadband to a hamlet", "Băng rộng di động cho thôn"),
    "fixed_broadband": ("Fixed broadband to a hamlet", "Băng rộng cố định cho thôn"),
}
PLAN_KINDS = tuple(KIND_LABELS)
TARGET_LABELS: Labels = {
    "stations": ("Stations on air", "Trạm phát sóng"),
    "mobile_service": ("Hamlets with mobile service", "Thôn có sóng di động"),
    "broadband": ("Hamlets with broadband, mobile or fixed", "Thôn có băng rộng (di động hoặc cố định)"),
}
PLAN_TARGETS = tuple(TARGET_LABELS)
SCOPE_LABELS: Labels = {
    "target": ("Target", "Chỉ tiêu"),
    "kind": ("Kind of item", "Loại hạng mục"),
    "commune": ("Commune", "Xã, phường"),
    "all": ("All", "Tất cả"),
}
ANY_OPERATOR = ("Any of them", "Mọi nhà mạng")
"""Words for the empty operator, which stands for all of them together."""

SUPPORT_LABELS: Labels = {
    "supported": ("Supported", "Có căn cứ"),
    "contradicted": ("Contradicted", "Mâu thuẫn"),
    "not_checkable": ("Not checkable", "Không kiểm tra được"),
}
EVIDENCE_LABELS: Labels = {
    "station_list": ("Station list", "Danh sách trạm"),
    "model": ("Model", "Mô hình"),
    "model_shifted": ("Model, shifted by samples nearby", "Mô hình, điều chỉnh theo mẫu đo lân cận"),
    "measurement": ("Measurement", "Đo kiểm"),
    "none": ("None", "Không có"),
}
REASON_LABELS: Labels = {
    "cell_on_air": ("A cell is on air on this mast", "Trạm đã có cell phát sóng"),
    "no_cell_on_air": ("No cell is on air on this mast", "Trạm chưa có cell phát sóng"),
    "only_other_operator": ("Only other operators are on air on it", "Chỉ nhà mạng khác phát sóng trên trạm"),
    "mast_not_named": ("The register names no mast", "Danh mục không ghi mã trạm"),
    "mast_unknown": ("Mast not in the station list", "Mã trạm không có trong danh sách"),
    "village_unknown": ("Hamlet not found", "Không tìm thấy thôn"),
    "village_doubtful": ("Hamlet doubtful: decide it", "Tên thôn chưa rõ: cần xác nhận"),
    "fixed_not_modelled": ("Fixed lines are not modelled", "Không mô hình hóa mạng cố định"),
    "served": ("Served by the rule", "Đạt tiêu chí phủ sóng"),
    "not_served": ("Not served by the rule", "Chưa đạt tiêu chí phủ sóng"),
    "measured_served": ("Samples reach the threshold", "Mẫu đo đạt ngưỡng"),
    "measured_not_served": ("Samples below the threshold", "Mẫu đo dưới ngưỡng"),
}
DISCREPANCY_LABELS: Labels = {
    "claimed_contradicted": ("Claimed, but contradicted", "Báo hoàn thành nhưng mâu thuẫn với căn cứ"),
    "claimed_not_checkable": ("Claimed, cannot be checked", "Báo hoàn thành, chưa kiểm tra được"),
    "claimed_early": ("Reported before it was on air", "Báo hoàn thành trước khi phát sóng"),
    "overdue": ("Past its deadline, not claimed", "Quá hạn, chưa báo hoàn thành"),
    "unclaimed_supported": ("Not claimed, but there", "Chưa báo hoàn thành nhưng đã đạt"),
    "completed_late": ("Completed after the deadline", "Hoàn thành sau thời hạn"),
    "": ("", ""),
}
MATCH_LABELS: Labels = {
    "id": ("By ID", "Theo mã"),
    "name": ("By name and commune", "Theo tên và xã"),
    "decided": ("Decided by a person", "Người dùng xác nhận"),
    "doubtful": ("Doubtful", "Chưa rõ"),
    "unknown": ("Not found", "Không tìm thấy"),
    "none": ("No hamlet", "Không gắn với thôn"),
}

SERVICE_LABELS: Labels = {
    "voice": ("Voice", "Thoại"),
    "broadband": ("Broadband", "Băng rộng"),
    **{technology: (technology, technology) for technology in TECHNOLOGIES},
}


def _by_technology(technology: str) -> tuple[Column, ...]:
    t = technology.lower()
    return (
        _number(f"level_{t}_dbm", "dBm", f"{technology} level at the centre", f"Mức thu {technology} tại trung tâm"),
        _number(f"shift_{t}_db", "dB", f"{technology}: of that, shift by samples", f"{technology}: trong đó điều chỉnh theo mẫu đo"),
        _share(f"p_{t}", f"P({technology}) at the centre", f"P({technology}) tại trung tâm", "probability"),
        _share(f"share_people_{t}", f"Share of people with {technology}", f"Tỷ lệ dân có {technology}", "share of people"),
        _flag(f"served_{t}", f"Served with {technology}", f"Được phục vụ {technology}"),
        _text(f"best_cell_{t}", f"Best {technology} cell", f"Cell {technology} tốt nhất"),
        _integer(f"servers_{t}", "masts", f"Masts that cover the centre, {technology}", f"Số trạm {technology} phủ trung tâm"),
        _share(f"p_indoor_{t}", f"P({technology}) indoors at the centre", f"P({technology}) trong nhà tại trung tâm", "probability"),
        _share(f"share_people_indoor_{t}", f"Share of people with {technology} indoors", f"Tỷ lệ dân có {technology} trong nhà", "share of people"),
        _flag(f"served_indoor_{t}", f"Served with {technology} indoors", f"Được phục vụ {technology} trong nhà"),
    )  # fmt: skip


HAMLET_COLUMNS = (
    _text("village_id", "Hamlet ID", "Mã thôn", required=True, unique=True),
    _text("name", "Hamlet", "Tên thôn"),
    _text("commune", "Commune", "Xã, phường"),
    _text("old_commune", "Commune before 1 July 2025", "Xã cũ"),
    _number("population", "people", "Population", "Dân số", minimum=0),
    _integer("households", "households", "Households", "Số hộ"),
    _flag("grid_power", "Grid power", "Điện lưới"),
)

VILLAGE_VERDICTS = Table(
    "village_verdicts", "point", label_en="Verdict per hamlet", label_vi="Kết luận từng thôn",
    columns=(
        *HAMLET_COLUMNS,
        _text("verdict", "Verdict", "Kết luận", choices=VERDICTS),
        _text("confidence", "Confidence", "Độ tin cậy", choices=CONFIDENCES,
              help="Would levels one (uncertain) or two (likely) standard deviations off turn the verdict over?"),
        _flag("dead_zone", "Dead zone", "Vùng lõm, trắng sóng"),
        _text("signal_gap", "Where signal is missing", "Nơi không có sóng", choices=tuple(SIGNAL_GAP_LABELS)),
        _text("decided_by", "Decided by", "Căn cứ quyết định", choices=("model", "model_shifted", "measurement"),
              help="Samples enough at a point decide there; around it they shift the model's levels ([measurements]); else the model."),
        _integer("samples", "samples", "Samples near the hamlet", "Số mẫu đo gần thôn"),
        _text("verdict_model", "Verdict of the model alone", "Kết luận theo mô hình", choices=VERDICTS),
        _text("verdict_indoor", "Verdict indoors (model)", "Kết luận trong nhà (mô hình)", choices=VERDICTS,
              help="By the same rule, behind the wall of [propagation] building (ITU-R P.2109); samples at the hamlet, taken outdoors, do not count; the shift by samples does."),
        _text("confidence_indoor", "Confidence indoors", "Độ tin cậy trong nhà", choices=CONFIDENCES),
        _share("p_verdict", "P that decided", "Xác suất quyết định", "probability"),
        _share("p_voice", "P(voice)", "P(thoại)", "probability"),
        _share("p_broadband", "P(broadband)", "P(băng rộng)", "probability"),
        _integer("voice_masts", "masts", "Masts that cover the centre with voice", "Số trạm phủ thoại trung tâm"),
        *(column for technology in TECHNOLOGIES for column in _by_technology(technology)),
    ),
)  # fmt: skip

VILLAGE_TOTALS = Table(
    "village_totals", "none", label_en="Totals by commune", label_vi="Tổng hợp theo xã",
    help="The row of scope 'all' counts every hamlet once. Shares are of people, never of area.",
    columns=(
        _text("scope", "Scope", "Phạm vi", choices=("commune", "all")),
        _text("commune", "Commune", "Xã, phường"),
        _integer("hamlets", "hamlets", "Hamlets", "Số thôn"),
        _number("people", "people", "People", "Số dân", minimum=0),
        _integer("dead_hamlets", "hamlets", "Dead-zone hamlets", "Số thôn lõm, trắng sóng"),
        _number("dead_people", "people", "People in dead-zone hamlets", "Số dân ở thôn lõm, trắng sóng", minimum=0),
        _share("share_people_dead", "Share of people in dead-zone hamlets", "Tỷ lệ dân ở thôn lõm, trắng sóng", "share of people"),
        _integer("dead_uncertain_hamlets", "hamlets", "Dead-zone hamlets to measure first", "Số thôn lõm cần đo kiểm trước"),
        _integer("dead_without_power_hamlets", "hamlets", "Dead-zone hamlets without grid power", "Số thôn lõm chưa có điện lưới"),
        *(_integer(f"hamlets_{code}", "hamlets", f"Hamlets: {VERDICT_LABELS[code][0]}", f"Số thôn: {VERDICT_LABELS[code][1]}") for code in VERDICTS),
        *(_number(f"people_{code}", "people", f"People: {VERDICT_LABELS[code][0]}", f"Số dân: {VERDICT_LABELS[code][1]}", minimum=0) for code in VERDICTS),
    ),
)  # fmt: skip

TECHNOLOGY_LABELS: Labels = {"all": ("Any technology", "Công nghệ bất kỳ")}

MAST_COUNTS = Table(
    "mast_counts", "none", label_en="People by number of stations", label_vi="Số dân theo số trạm phủ",
    help="A station counts where one of its cells covers the point by the rule, whoever runs the cell.",
    columns=(
        _text("technology", "Technology", "Công nghệ", choices=(*TECHNOLOGIES, "all")),
        _number("people_0", "people", "People whom no station covers", "Số dân không trạm nào phủ", minimum=0),
        _number("people_1", "people", "People whom one station covers", "Số dân chỉ một trạm phủ", minimum=0),
        _number("people_2", "people", "People whom two stations cover", "Số dân có hai trạm phủ", minimum=0),
        _number("people_3", "people", "People whom three or more cover", "Số dân có từ ba trạm phủ", minimum=0),
    ),
)  # fmt: skip

STATION_DEPENDENCE = Table(
    "station_dependence", "none", label_en="Depends on one station", label_vi="Phụ thuộc một trạm",
    help="Stations that are the only one, with any technology, for somebody; most people first.",
    columns=(
        _text("mast_id", "Mast ID", "Mã cột", required=True, unique=True),
        _number("people", "people", "People who have no other station", "Số dân không có trạm khác", minimum=0),
        _integer("hamlets", "hamlets", "Hamlets where they live", "Số thôn có người phụ thuộc"),
        _text("hamlet_names", "Names of the hamlets", "Tên các thôn"),
    ),
)  # fmt: skip

PLAN_STATUS = Table(
    "plan_status", "none", label_en="Plan items", label_vi="Hạng mục kế hoạch",
    columns=(
        _text("plan_id", "Plan", "Kế hoạch"),
        _text("item_id", "Item ID", "Mã hạng mục", required=True, unique=True),
        _text("kind", "Kind", "Loại", choices=PLAN_KINDS),
        _text("operator", "Operator", "Nhà mạng"),
        _text("village_id", "Hamlet ID", "Mã thôn"),
        _text("village_name", "Hamlet", "Tên thôn"),
        _text("commune", "Commune", "Xã, phường"),
        _text("mast_id", "Mast ID in the register", "Mã trạm trong danh mục"),
        _text("matched_by", "Hamlet matched", "Cách xác định thôn", choices=tuple(MATCH_LABELS)),
        _date("deadline", "Deadline", "Thời hạn"),
        _date("reported_on", "Reported complete on", "Ngày báo hoàn thành"),
        _flag("claimed", "Claimed complete", "Đã báo hoàn thành"),
        _text("support", "Evidence says", "Đối chiếu căn cứ", choices=tuple(SUPPORT_LABELS)),
        _text("decided_by", "Decided by", "Căn cứ quyết định", choices=tuple(EVIDENCE_LABELS)),
        _text("reason", "Reason", "Lý do", choices=tuple(REASON_LABELS)),
        _text("discrepancy", "Discrepancy", "Sai lệch", choices=tuple(DISCREPANCY_LABELS)),
        _integer("days_early", "days", "Reported before it was on air", "Báo hoàn thành trước khi phát sóng"),
        _integer("days_late", "days", "Completed after the deadline", "Hoàn thành sau thời hạn"),
        _text("evidence_mast", "Mast of the evidence", "Trạm làm căn cứ"),
        _text("evidence_cell", "Cell of the evidence", "Cell làm căn cứ"),
        _text("evidence_operator", "Its operator", "Nhà mạng của cell"),
        _text("evidence_technology", "Its technology", "Công nghệ của cell"),
        _date("on_air_since", "On air since", "Phát sóng từ ngày"),
        _number("distance_m", "m", "Distance from the hamlet's centre", "Khoảng cách đến trung tâm thôn", minimum=0),
        _number("level_dbm", "dBm", "Level at the centre", "Mức thu tại trung tâm"),
        _share("p_covered", "P(covered) of the hamlet", "P(phủ sóng) của thôn", "probability"),
        _flag("responsible_serves", "Served by the responsible operator", "Nhà mạng được giao có phục vụ"),
        _integer("samples", "samples", "Samples near the hamlet", "Số mẫu đo gần thôn"),
        _share("share_samples", "Share of samples at or above the threshold", "Tỷ lệ mẫu đạt ngưỡng", "share of samples"),
        _text("source", "Source document", "Văn bản nguồn"),
    ),
)  # fmt: skip

_COUNTS = (
    _integer("total", "items or hamlets", "Promised", "Chỉ tiêu"),
    _integer("claimed", "items or hamlets", "Claimed complete", "Đã báo hoàn thành"),
    _integer("supported", "items or hamlets", "Claimed and supported", "Báo hoàn thành, có căn cứ"),
    _integer("contradicted", "items or hamlets", "Claimed and contradicted", "Báo hoàn thành, mâu thuẫn"),
    _integer(
        "not_checkable", "items or hamlets", "Claimed, not checkable", "Báo hoàn thành, không kiểm tra được"
    ),
    _share("claimed_share", "Claimed share of all", "Tỷ lệ báo hoàn thành trên tổng số"),
    _share("supported_share", "Supported share of all", "Tỷ lệ có căn cứ trên tổng số"),
    _share(
        "supported_of_checkable",
        "Supported share of the claims that can be checked",
        "Tỷ lệ có căn cứ trên số đã báo kiểm tra được",
    ),
)

PLAN_COMPLETION = Table(
    "plan_completion", "none", label_en="Completion of plans", label_vi="Tiến độ kế hoạch",
    help="Rows of scope 'kind' count items; rows of scope 'target' count stations, or each hamlet once.",
    columns=(
        _text("plan_id", "Plan", "Kế hoạch"),
        _text("scope", "Scope", "Phạm vi", choices=("target", "kind")),
        _text("subject", "What", "Nội dung", choices=(*dict.fromkeys((*PLAN_TARGETS, *PLAN_KINDS)),)),
        *_COUNTS,
    ),
)  # fmt: skip

PLAN_TIMELINE = Table(
    "plan_timeline", "none", label_en="Completion by month", label_vi="Tiến độ theo tháng",
    help="As of the last day of each month; cumulative as claimed, state of that day as supported.",
    columns=(
        _date("month_end", "As of", "Tính đến ngày"),
        *PLAN_COMPLETION.columns,
    ),
)  # fmt: skip

VILLAGE_MATCHES = Table(
    "village_matches", "none", label_en="Doubtful hamlet names", label_vi="Tên thôn cần xác nhận",
    help="One row per candidate; a person decides by giving item_id and village_id back.",
    columns=(
        _text("item_id", "Item ID", "Mã hạng mục"),
        _text("village_name", "Name in the register", "Tên trong danh mục"),
        _text("commune", "Commune in the register", "Xã trong danh mục"),
        _integer("rank", "", "Candidate", "Thứ tự"),
        _text("village_id", "Hamlet ID", "Mã thôn"),
        _text("candidate_name", "Hamlet", "Tên thôn"),
        _text("candidate_commune", "Its commune", "Xã của thôn"),
        _text("why", "Why doubtful", "Vì sao chưa rõ"),
    ),
)  # fmt: skip

RESULT_TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        VILLAGE_VERDICTS, VILLAGE_TOTALS, PLAN_STATUS, PLAN_COMPLETION, PLAN_TIMELINE, VILLAGE_MATCHES,
        MAST_COUNTS, STATION_DEPENDENCE,
    )
}  # fmt: skip
