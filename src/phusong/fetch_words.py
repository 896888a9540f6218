"""What ``phusong fetch`` says, in Vietnamese and English."""

from __future__ import annotations

__all__ = ["say"]

_WORDS: dict[str, tuple[str, str]] = {
    "files": ("Tệp", "Files"),
    "file": ("Tệp", "File"),
    "what": ("Nội dung", "What"),
    "source": ("Nguồn", "Source"),
    "licence": ("Giấy phép", "Licence"),
    "downloaded": ("Đã tải (MB)", "Downloaded (MB)"),
    "area": ("Khu vực: {name} ({bounds})", "Area: {name} ({bounds})"),
    "written": (
        "Dữ liệu: {folder}; giấy phép và nguồn ghi ở đó",
        "Data: {folder}; licences and sources beside them",
    ),
    "remains": ("Việc bạn cần làm tiếp:", "What remains for you to do:"),
    "next": ("Sau đó: phusong check {folder}", "Then: phusong check {folder}"),
    "kept": (
        "{files}: bạn đã sửa, nên giữ nguyên; bản mới nằm bên cạnh với tên *.fetched.*",
        "{files}: edited by you, so left alone; the new ones lie beside them as *.fetched.*",
    ),
    "toml_new": ("phusong.toml: đã tạo", "phusong.toml: written"),
    "toml_added": ("phusong.toml: đã thêm {keys}", "phusong.toml: added {keys}"),
    "toml_same": (
        "phusong.toml: không đổi. Muốn dùng dữ liệu đã tải, ghi vào đó: {lines}",
        "phusong.toml: unchanged. To use what was fetched, write into it: {lines}",
    ),
    "toml_operators": (
        "phusong.toml: operators thiếu {names}; thêm vào, hoặc đổi tên trong cells.csv",
        "phusong.toml: operators lacks {names}; add them, or rename them in cells.csv",
    ),
    "no_key": (
        "Cột và cell: cần khoá OpenCelliD (opencellid.org, miễn phí) trong biến môi trường {variable}, rồi "
        "chạy lại; hoặc tự điền masts và cells",
        "Masts and cells: need an OpenCelliD key (opencellid.org, free) in the environment variable "
        "{variable}, then run again; or fill in masts and cells yourself",
    ),
    "no_country": (
        "Dân số và cell: không rõ khu vực thuộc nước nào; chạy lại với --country",
        "Population and cells: the country of the area is not known; run again with --country",
    ),
    "masts": (
        "masts.csv, cells.csv: {masts} cột, {cells} cell của {operators}. Vị trí là ước tính từ điện thoại; "
        'độ cao, tần số, công suất, hướng là giả định (cột "assumed"): thay bằng danh sách của nhà mạng',
        "masts.csv, cells.csv: {masts} masts, {cells} cells of {operators}. Positions are estimates from "
        "phones; heights, frequencies, powers, directions are assumed (column assumed): replace them by the "
        "operators' lists",
    ),
    "left out: CDMA": ("OpenCelliD: bỏ {count} cell CDMA", "OpenCelliD: {count} CDMA cells left out"),
    "left out: listed twice": (
        "OpenCelliD: {count} dòng trùng, giữ dòng mới nhất",
        "OpenCelliD: {count} rows of cells listed twice, the newest kept",
    ),
    "left out: not readable": (
        "OpenCelliD: bỏ {count} dòng không đọc được",
        "OpenCelliD: {count} rows that cannot be read left out",
    ),
    "left out: outside the area": (
        "OpenCelliD: {count} cell nằm ngoài khu vực",
        "OpenCelliD: {count} cells lie outside the area",
    ),
    "no_cells": ("OpenCelliD không có cell nào ở đây", "OpenCelliD has no cells here"),
    "villages": (
        "villages.csv: {count} điểm dân cư của OpenStreetMap. Dân số chia theo lưới WorldPop, không phải số "
        "liệu điều tra: kiểm tra tên, xã và dân số; {unknown} điểm chưa rõ xã; {far} người ở xa mọi điểm",
        "villages.csv: {count} settlements of OpenStreetMap. People are shared out of WorldPop's grid, not "
        "counted: check names, communes and people; {unknown} without a commune; {far} people live far from "
        "all of them",
    ),
    "villages_empty": (
        "villages.csv: cột dân số còn trống, hãy điền (hoặc tải thêm population)",
        "villages.csv: the column of people is empty; fill it in (or fetch population as well)",
    ),
    "no_villages": (
        "OpenStreetMap không có thôn, bản nào ở đây: tự điền villages",
        "OpenStreetMap has no hamlets here: fill in villages yourself",
    ),
    "communes": (
        "communes.gpkg: {count} đơn vị cấp {level} của OpenStreetMap; đổi cấp bằng --commune-level",
        "communes.gpkg: {count} units of OpenStreetMap's level {level}; --commune-level chooses another",
    ),
    "no_communes": (
        "OpenStreetMap không có ranh giới xã khép kín ở đây",
        "OpenStreetMap has no closed boundaries of communes here",
    ),
    "surface": (
        'terrain.tif là mô hình bề mặt (tán cây, mái nhà): terrain_kind = "dsm", không cộng clutter.tif. Có '
        'mô hình mặt đất thì đặt "dtm" và dùng clutter.tif',
        'terrain.tif is a surface model (canopy, roofs): terrain_kind = "dsm", and clutter.tif is not added. '
        'With a model of the bare ground set "dtm" and use clutter.tif',
    ),
    "voids": (
        "terrain.tif: {count} điểm đất liền không có độ cao (ô chưa công bố): bổ sung bằng nguồn khác",
        "terrain.tif: {count} pixels of land without height (tiles not released): fill them otherwise",
    ),
    "terrain.tif": ("độ cao bề mặt 30 m", "surface height, 30 m"),
    "land.tif": ("đất 1, biển 0", "land 1, sea 0"),
    "clutter.tif": ("độ cao lớp phủ (m)", "clutter height (m)"),
    "population.tif": ("người mỗi ô", "people per pixel"),
    "villages.csv": ("thôn, bản, điểm dân cư", "hamlets"),
    "places.csv": ("bệnh viện, trụ sở, khu công nghiệp", "hospitals, public offices, industrial zones"),
    "communes.gpkg": ("ranh giới xã, phường", "boundaries of communes"),
    "masts.csv": ("cột ước tính", "masts, estimated"),
    "cells.csv": ("cell ước tính", "cells, estimated"),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the words for `key` in ``"vi"`` or ``"en"``, with `values` filled in."""
    vietnamese, english = _WORDS[key]
    return (vietnamese if language == "vi" else english).format(**values)
