"""The schema of the network of a day as it is published: masts, cells as sectors, links of proposed stations."""

# ruff: noqa: E501  (one column a line reads as the table it is)

from __future__ import annotations

from dataclasses import replace

from .columns import date_column as _date
from .columns import flag_column as _flag
from .columns import number_column as _number
from .columns import text_column as _text
from .schema import TABLES, TECHNOLOGIES, Table

__all__ = ["BACKHAUL_LINKS", "CELLS_ON_AIR", "COVERAGE_AREAS", "MASTS_OF_DAY"]

MASTS_OF_DAY = replace(
    TABLES["masts"], name="masts_of_day",
    help="Every mast, with the operators and technologies on air on it on the day of the run.",
    columns=(
        *TABLES["masts"].columns,
        _text("operators", "Operators on air", "Nhà mạng đang phát sóng"),
        _text("technologies", "Technologies on air", "Công nghệ đang phát sóng"),
    ),
)  # fmt: skip

CELLS_ON_AIR = replace(
    TABLES["cells"], name="cells_on_air", geometry="area",
    help="Cells on air on the day of the run, drawn as sectors: towards the azimuth, as wide as the antenna's horizontal cut at 3 dB. The length tells the technology, not the reach.",
    columns=(
        *TABLES["cells"].columns,
        _number("beamwidth_deg", "°", "Beamwidth (3 dB)", "Độ rộng búp sóng (3 dB)"),
    ),
)  # fmt: skip

BACKHAUL_LINKS = Table(
    "backhaul_links", "line", label_en="Backhaul of proposed stations", label_vi="Truyền dẫn trạm đề xuất",
    help="From a proposed station to what it is connected to. Stations on an existing link, and those by satellite, have none.",
    columns=(
        _text("station_id", "Station", "Trạm"),
        _text("backhaul", "Backhaul", "Truyền dẫn", choices=("fibre", "microwave")),
        _text("backhaul_target", "Backhaul to", "Truyền dẫn tới"),
        _number("hops", "", "Microwave hops to the network", "Số chặng vi ba tới mạng"),
        _number("backhaul_km", "km", "Length", "Chiều dài"),
        _number("frequency_ghz", "GHz", "Microwave band", "Băng tần vi ba"),
        _number("dish_height_m", "m", "Dish at the station", "Độ cao chảo tại trạm"),
        _number("far_height_m", "m", "Dish at the other end", "Độ cao chảo đầu kia"),
        _number("clearance_m", "m", "Room beyond 0.6 of the Fresnel zone", "Khoảng hở ngoài 0,6 đới Fresnel"),
        _number("tightest_km", "km", "From the station to the tightest point", "Từ trạm tới điểm hẹp nhất"),
        _number("tightest_lon", "°", "Tightest point, longitude", "Điểm hẹp nhất, kinh độ"),
        _number("tightest_lat", "°", "Tightest point, latitude", "Điểm hẹp nhất, vĩ độ"),
        _text("profile", "Picture of the profile", "Hình mặt cắt"),
    ),
)  # fmt: skip

COVERAGE_AREAS = Table(
    "coverage_areas", "area", label_en="Coverage", label_vi="Vùng phủ sóng",
    help="Areas of the classes of the predicted level, as the map colours them; weaker than the first class: no area.",
    columns=(
        _text("technology", "Technology", "Công nghệ", choices=TECHNOLOGIES),
        _text("level_class", "Class", "Mức", choices=("weak", "uncertain", "covered", "strong")),
        _number("from_dbm", "dBm", "From level", "Từ mức thu"),
        _flag("covered", "Rule met", "Đạt quy tắc"),
        _number("probability", "probability", "P(covered) asked for", "P(phủ sóng) yêu cầu"),
        _number("pixel_m", "m", "Pixel", "Điểm ảnh"),
        _date("as_of", "As of", "Tính đến ngày"),
    ),
)  # fmt: skip
