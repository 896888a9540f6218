"""The schema of every input table, in one place.

Readers, validation messages, templates and the documentation (docs/layers.md) are generated from it.
Header names are matched without diacritics, case, spaces or punctuation, so that ``Dân số``, ``dan_so``
and ``DAN SO`` are one name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

__all__ = ["TABLES", "TECHNOLOGIES", "Column", "Table"]

TECHNOLOGIES = ("2G", "3G", "4G", "5G")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        The name in the program.
    kind : {"text", "number", "integer", "boolean", "date", "datetime"}
        Type after reading. ``text`` is kept as str (NFC, stripped).
    required : bool
        The column must exist and no cell may be empty.
    unit : str
        Unit of a number, in brackets in templates; empty where there is none.
    minimum, maximum : float or None
        Allowed range, both ends included.
    choices : tuple of str
        Allowed values (matched without case or diacritics); empty = any.
    unique : bool
        No value may stand twice.
    refers_to : str
        ``table.column`` that must hold this value; empty = none.
    default : object
        Taken where an optional column or cell is empty.
    label_en, label_vi : str
        Header in templates and written tables.
    aliases : tuple of str
        Further accepted headers.
    help : str
        One sentence for the documentation.
    """

    name: str
    kind: str = "text"
    required: bool = False
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unique: bool = False
    refers_to: str = ""
    default: object = None
    label_en: str = ""
    label_vi: str = ""
    aliases: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Table:
    """One layer: its columns and its geometry.

    Attributes
    ----------
    name : str
        Name in ``[layers]`` of phusong.toml.
    geometry : {"point", "area", "point or area", "none"}
        A point may come as lon/lat columns, as VN-2000 x/y, or as a geometry.
    columns : tuple of Column
        In the order in which templates show them.
    required : bool
        A project without it is refused.
    """

    name: str
    geometry: str
    columns: tuple[Column, ...]
    required: bool = False
    label_en: str = ""
    label_vi: str = ""
    help: str = ""
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})


def _operator(required: bool = True) -> Column:
    return Column(
        "operator",
        required=required,
        label_en="Operator",
        label_vi="Nhà mạng",
        aliases=("nha_cung_cap", "doanh_nghiep", "carrier", "mno"),
        help="One of the operators of phusong.toml.",
    )


def _technology(name: str = "technology", required: bool = True) -> Column:
    return Column(
        name,
        required=required,
        choices=TECHNOLOGIES,
        label_en="Technology",
        label_vi="Công nghệ",
        aliases=("tech", "rat", "the_he", "cong_nghe_yeu_cau", "required technology"),
        help="2G, 3G, 4G or 5G.",
    )


_NAME = Column(
    "name",
    required=True,
    label_en="Name",
    label_vi="Tên",
    aliases=("ten_thon", "ten_thon_ban", "thon", "thon_ban", "ten_dia_diem"),
)
_POPULATION = Column(
    "population", "number", required=True, unit="people", minimum=0, maximum=50_000_000, label_en="Population",
    label_vi="Dân số", aliases=("so_dan", "nhan_khau", "so_nhan_khau", "people", "pop"),
)  # fmt: skip
_COMMUNE = Column(
    "commune",
    label_en="Commune",
    label_vi="Xã, phường",
    aliases=("xa", "phuong", "xa_phuong", "ten_xa", "ward"),
)

VILLAGES = Table(
    "villages", "point or area", required=True, label_en="Hamlets", label_vi="Thôn, bản",
    help="A thôn, bản, khu phố or hamlet; the point is its centre (culture house). An area without clusters is judged at points inside it, [area] hamlet_spacing_m apart; [rasters] population tells where its people live.",
    columns=(
        Column("village_id", required=True, unique=True, label_en="Hamlet ID", label_vi="Mã thôn", aliases=("id", "ma", "ma_thon_ban")),
        _NAME,
        Column("commune", required=True, label_en="Commune", label_vi="Xã, phường", aliases=("xa", "phuong", "xa_phuong", "ten_xa", "ten_xa_phuong", "ward")),
        Column("old_commune", label_en="Commune before 1 July 2025", label_vi="Xã cũ", aliases=("xa_truoc_sap_xep",)),
        _POPULATION,
        Column("households", "integer", unit="households", minimum=0, label_en="Households", label_vi="Số hộ", aliases=("ho", "so_ho_dan")),
        Column("grid_power", "boolean", default=True, label_en="Grid power", label_vi="Điện lưới", aliases=("co_dien", "dien")),
        Column("poor", "boolean", default=False, label_en="Extremely poor", label_vi="Đặc biệt khó khăn", aliases=("thon_dac_biet_kho_khan", "ngheo", "kho_khan"), help="Its people may count more when stations are chosen ([siting.weights])."),
        Column("border", "boolean", default=False, label_en="At the border", label_vi="Biên giới", aliases=("thon_bien_gioi", "giap_bien"), help="As above."),
        Column("ethnic_minority", "boolean", default=False, label_en="Ethnic minority", label_vi="Dân tộc thiểu số", aliases=("dong_bao_dan_toc_thieu_so", "dtts"), help="As above."),
    ),
)  # fmt: skip

CLUSTERS = Table(
    "clusters", "point", label_en="Residential clusters", label_vi="Cụm dân cư",
    help="Where the people of a hamlet live, away from its centre. Their people are part of the hamlet's.",
    columns=(
        Column("cluster_id", required=True, unique=True, label_en="Cluster ID", label_vi="Mã cụm"),
        Column("village_id", required=True, refers_to="villages.village_id", label_en="Hamlet ID", label_vi="Mã thôn", aliases=("ma_thon_ban",)),
        _POPULATION,
    ),
)  # fmt: skip

MASTS = Table(
    "masts", "point", required=True, label_en="Masts", label_vi="Cột anten",
    help="A passive structure that carries antennas.",
    columns=(
        Column("mast_id", required=True, unique=True, label_en="Mast ID", label_vi="Mã cột", aliases=("site_id", "ma_tram", "id_tram", "id")),
        Column("owner", required=True, label_en="Owner", label_vi="Chủ sở hữu", aliases=("don_vi_so_huu", "chu_so_huu_cot")),
        Column("kind", choices=("tower", "pole", "rooftop", "monopole"), default="tower", label_en="Kind", label_vi="Loại cột", aliases=("loai",)),
        Column("height_m", "number", required=True, unit="m", minimum=1, maximum=400, label_en="Height", label_vi="Chiều cao cột", aliases=("chieu_cao", "do_cao_cot", "height")),
        Column("power", choices=("grid", "solar", "hybrid", "diesel"), default="grid", label_en="Power", label_vi="Nguồn điện", aliases=("nguon",)),
        Column("backhaul", choices=("fibre", "microwave", "satellite", "none"), default="fibre", label_en="Backhaul", label_vi="Truyền dẫn", aliases=("truyen_dan",)),
        Column("free_height_m", "number", unit="m", minimum=0, maximum=400, label_en="Highest free place", label_vi="Độ cao còn trống", aliases=("do_cao_trong", "vi_tri_trong"), help="Where a further tenant's antennas may hang; empty: a few metres below the top."),
        Column("free_antennas", "integer", unit="antennas", minimum=0, maximum=100, label_en="Antennas it can still carry", label_vi="Số anten còn treo được", aliases=("so_anten_con_trong", "slot"), help="Three sectors of one technology are three; empty: no limit known."),
        Column("tenants", label_en="Operators on it", label_vi="Nhà mạng dùng chung", aliases=("dung_chung",), help="Names separated by ';'. Operators with cells on the mast count even if missing here."),
        Column("commune", label_en="Commune", label_vi="Xã, phường", aliases=("xa", "phuong", "xa_phuong", "ten_xa")),
    ),
)  # fmt: skip

CELLS = Table(
    "cells", "none", required=True, label_en="Cells", label_vi="Cell",
    help="One sector of one operator on one mast.",
    columns=(
        Column("cell_id", required=True, unique=True, label_en="Cell ID", label_vi="Mã cell", aliases=("id", "cell", "cellname")),
        Column("mast_id", required=True, refers_to="masts.mast_id", label_en="Mast ID", label_vi="Mã cột", aliases=("site_id", "ma_tram", "id_tram")),
        _operator(),
        _technology(),
        Column("band", label_en="Band", label_vi="Băng tần", aliases=("bang", "dai_tan")),
        Column("frequency_mhz", "number", required=True, unit="MHz", minimum=30, maximum=6000, label_en="Frequency", label_vi="Tần số", aliases=("frequency", "freq_mhz", "freq")),
        Column("bandwidth_mhz", "number", required=True, unit="MHz", minimum=0.1, maximum=400, label_en="Bandwidth", label_vi="Băng thông", aliases=("bandwidth", "bw")),
        Column("antenna_height_m", "number", required=True, unit="m above ground", minimum=1, maximum=400, label_en="Antenna height", label_vi="Độ cao anten", aliases=("do_cao_treo_anten", "agl", "antenna height")),
        Column("azimuth_deg", "number", unit="° from north", minimum=0, maximum=360, label_en="Azimuth", label_vi="Góc phương vị", aliases=("azimuth", "huong", "azi"), help="Empty for an omnidirectional antenna."),
        Column("mechanical_tilt_deg", "number", unit="° down", minimum=-20, maximum=30, default=0.0, label_en="Mechanical tilt", label_vi="Tilt cơ", aliases=("m_tilt", "mtilt")),
        Column("electrical_tilt_deg", "number", unit="° down", minimum=-20, maximum=30, default=0.0, label_en="Electrical tilt", label_vi="Tilt điện", aliases=("e_tilt", "etilt")),
        Column("antenna", label_en="Antenna pattern", label_vi="Mẫu anten", default="3gpp-36.814", aliases=("pattern", "anten", "antenna_model"), help="A built-in pattern or the name of an MSI file."),
        Column("tx_power_dbm", "number", required=True, unit="dBm, whole carrier", minimum=1, maximum=80, label_en="Transmit power", label_vi="Công suất phát", aliases=("power_dbm", "cong_suat", "tx_power")),
        Column("feeder_loss_db", "number", unit="dB", minimum=0, maximum=30, default=0.5, label_en="Feeder loss", label_vi="Suy hao feeder", aliases=("suy_hao", "feeder")),
        Column("on_air", "date", label_en="On air since", label_vi="Ngày phát sóng", aliases=("ngay_hoat_dong", "on_air_date"), help="Empty: on air since always."),
        Column("off_air", "date", label_en="Off air since", label_vi="Ngày tắt sóng", aliases=("ngay_ngung", "off_air_date")),
    ),
)  # fmt: skip

POLES = Table(
    "poles", "point", label_en="Power poles and other hosts", label_vi="Cột điện, trạm biến áp",
    help="Structures of others that can carry a small station.",
    columns=(
        Column("pole_id", required=True, unique=True, label_en="Pole ID", label_vi="Mã cột điện", aliases=("id",)),
        Column("owner", required=True, label_en="Owner", label_vi="Chủ sở hữu"),
        Column("kind", choices=("power_pole", "substation", "rooftop"), default="power_pole", label_en="Kind", label_vi="Loại"),
        Column("height_m", "number", required=True, unit="m", minimum=3, maximum=200, label_en="Height", label_vi="Chiều cao", aliases=("height",)),
    ),
)  # fmt: skip

FIBRE_NODES = Table(
    "fibre_nodes", "point", label_en="Fibre nodes", label_vi="Nút cáp quang",
    columns=(
        Column("node_id", required=True, unique=True, label_en="Node ID", label_vi="Mã nút", aliases=("id",)),
        Column("owner", label_en="Owner", label_vi="Chủ sở hữu"),
    ),
)  # fmt: skip

PLACES = Table(
    "places", "point", label_en="Places with a duty of their own", label_vi="Địa điểm ưu tiên",
    columns=(
        Column("place_id", required=True, unique=True, label_en="Place ID", label_vi="Mã địa điểm", aliases=("id",)),
        _NAME,
        Column("kind", required=True, choices=("industrial_zone", "urban_area", "tourism_area", "hospital", "public_service_point"), label_en="Kind", label_vi="Loại"),
        _technology("required_technology", required=False),
    ),
)  # fmt: skip

MEASUREMENTS = Table(
    "measurements", "point", label_en="Measurements", label_vi="Mẫu đo",
    columns=(
        Column("time", "datetime", label_en="Time", label_vi="Thời gian", aliases=("thoi_diem", "timestamp")),
        _operator(required=False),
        _technology(),
        Column("band", label_en="Band", label_vi="Băng tần"),
        Column("level_dbm", "number", required=True, unit="dBm", minimum=-160, maximum=0, label_en="Level", label_vi="Mức thu", aliases=("rsrp", "rscp", "rxlev", "level", "muc_tin_hieu")),
        Column("cell_id", label_en="Serving cell", label_vi="Cell phục vụ", aliases=("cell",)),
    ),
)  # fmt: skip

PLAN_ITEMS = Table(
    "plan_items", "none", label_en="Plan register", label_vi="Danh mục kế hoạch",
    columns=(
        Column("plan_id", required=True, label_en="Plan", label_vi="Kế hoạch", aliases=("so_ke_hoach", "plan")),
        Column("item_id", required=True, unique=True, label_en="Item ID", label_vi="Mã hạng mục", aliases=("id",)),
        Column("kind", required=True, choices=("station", "mobile_service", "mobile_broadband", "fixed_broadband"), label_en="Kind", label_vi="Loại", aliases=("loai_hang_muc",)),
        Column("village_id", refers_to="villages.village_id", label_en="Hamlet ID", label_vi="Mã thôn"),
        Column("village_name", label_en="Hamlet", label_vi="Tên thôn", aliases=("thon", "thon_ban")),
        _COMMUNE,
        Column("mast_id", refers_to="masts.mast_id", label_en="Mast ID", label_vi="Mã trạm", aliases=("ma_cot",)),
        _operator(required=False),
        Column("deadline", "date", label_en="Deadline", label_vi="Thời hạn", aliases=("han_hoan_thanh",)),
        Column("reported_on", "date", label_en="Reported complete on", label_vi="Ngày báo hoàn thành", aliases=("ngay_hoan_thanh", "completed_on")),
        Column("source", label_en="Source document", label_vi="Văn bản nguồn", aliases=("nguon", "evidence")),
    ),
)  # fmt: skip

PLAN_DECISIONS = Table(
    "plan_decisions", "none", label_en="Decided hamlets of plan items", label_vi="Xác nhận thôn của hạng mục",
    help="What a person decided where a name of a register was doubtful. Made from plans-to-decide.csv of the results. A row without a hamlet and without a yes decides nothing.",
    columns=(
        Column("item_id", required=True, unique=True, refers_to="plan_items.item_id", label_en="Item ID", label_vi="Mã hạng mục"),
        Column("village_id", refers_to="villages.village_id", label_en="Hamlet ID", label_vi="Mã thôn"),
        Column("no_hamlet", "boolean", default=False, label_en="None of our hamlets", label_vi="Không phải thôn trong danh sách", help="Yes: the item is about none of the hamlets; it stays not checkable."),
    ),
)  # fmt: skip

COMMUNES = Table(
    "communes", "point or area", label_en="Communes", label_vi="Đơn vị hành chính cấp xã",
    columns=(
        Column("commune_code", required=True, unique=True, label_en="Code", label_vi="Mã", aliases=("code", "ma_xa")),
        replace(_NAME, aliases=("ten_xa", "ten_don_vi", "don_vi_hanh_chinh")),
        Column("kind", choices=("ward", "commune", "special_zone"), label_en="Kind", label_vi="Loại"),
        Column("population", "number", unit="people", minimum=0, label_en="Population", label_vi="Dân số", aliases=("dan_so",)),
        Column("area_km2", "number", unit="km²", minimum=0, label_en="Area", label_vi="Diện tích", aliases=("area", "dien_tich")),
    ),
)  # fmt: skip

COMMUNE_CROSSWALK = Table(
    "commune_crosswalk", "none", label_en="Old and new communes", label_vi="Đối chiếu xã cũ và mới",
    help="Many to many: a commune of 2025 may hold parts of several old ones.",
    columns=(
        Column("old_commune", required=True, label_en="Old commune", label_vi="Xã cũ"),
        Column("old_district", label_en="Old district", label_vi="Huyện cũ"),
        Column("commune", required=True, label_en="Commune since 1 July 2025", label_vi="Xã mới", aliases=("xa_moi", "new_commune")),
    ),
)  # fmt: skip

OLD_COMMUNES = Table(
    "old_communes", "point or area", label_en="Communes before 1 July 2025", label_vi="Đơn vị hành chính cấp xã trước 01/7/2025",
    help="Their areas, for shares of the area; their hamlets come from the hamlets' own column or the crosswalk.",
    columns=(
        Column("commune_code", required=True, unique=True, label_en="Code", label_vi="Mã", aliases=("code", "ma_xa")),
        replace(_NAME, aliases=("ten_xa", "ten_xa_cu", "old_commune", "xa_cu")),
        Column("old_district", label_en="Old district", label_vi="Huyện cũ", aliases=("district", "huyen")),
    ),
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        VILLAGES, CLUSTERS, MASTS, CELLS, POLES, FIBRE_NODES, PLACES, MEASUREMENTS, PLAN_ITEMS,
        PLAN_DECISIONS, COMMUNES, COMMUNE_CROSSWALK, OLD_COMMUNES,
    )
}  # fmt: skip
