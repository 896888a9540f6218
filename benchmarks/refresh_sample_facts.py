"""Take the real facts of the embedded sample from their sources once: communes, crosswalk and coast.

A maintainer's tool; the sample itself never runs it. It needs vietnamadminunits 1.0.4 (PyPI, MIT) installed
and ``land-10m.json`` of world-atlas 2.0.2 (``npm pack world-atlas``; Natural Earth, public domain)::

    python benchmarks/refresh_sample_facts.py package/land-10m.json
"""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

DATA = Path(__file__).resolve().parent.parent / "gis_data" / "sample" / "data"
PROVINCE = "tinhquangninh"
BOUNDS = (106.25, 20.5, 108.25, 21.9)
SIMPLIFY_DEG = 0.002
KINDS = {"Phường": "ward", "Xã": "commune", "Đặc khu": "special_zone"}

# Positions that the source puts into the sea or into another district; mended by hand from general knowledge.
MENDED_NEW = {"06757": (107.95, 21.39), "06967": (107.763, 21.336)}  # Vĩnh Thực, Cái Chiên
MENDED_OLD = {
    "06673": (107.035, 20.972),  # Bãi Cháy
    "06700": (106.985, 20.945),  # Tuần Châu
    "06721": (108.04, 21.50),  # Trà Cổ
    "06751": (107.985, 21.49),  # Bình Ngọc
    "06754": (107.87, 21.37),  # Vĩnh Trung
    "06757": (107.95, 21.39),  # Vĩnh Thực
    "06781": (107.345, 21.012),  # Cẩm Thịnh
    "06883": (107.50, 21.335),  # Đông Hải
    "06892": (107.385, 21.225),  # Đồng Rui
    "06916": (107.62, 21.335),  # Đầm Hà
    "06917": (107.585, 21.33),  # Tân Lập
    "06919": (107.555, 21.33),  # Đại Bình
    "06952": (107.69, 21.405),  # Quảng Phong
    "06967": (107.763, 21.336),  # Cái Chiên
    "06994": (107.42, 21.075),  # Cái Rồng
    "07000": (107.40, 21.165),  # Bình Dân
    "07003": (107.53, 21.19),  # Vạn Yên
    "07006": (107.56, 21.00),  # Minh Châu
    "07012": (107.46, 21.09),  # Hạ Long (Vân Đồn)
    "07018": (107.50, 20.96),  # Bản Sen
    "07021": (107.36, 20.885),  # Thắng Lợi
    "07024": (107.51, 20.885),  # Quan Lạn
    "07027": (107.36, 20.82),  # Ngọc Vừng
    "07033": (107.15, 21.186),  # Kỳ Thượng
    "07045": (107.19, 21.075),  # Hòa Bình
    "07195": (107.775, 21.0),  # Đồng Tiến
    "07198": (107.83, 21.015),  # Thanh Lân
}


def write(name: str, header: list[str], rows: list[list[Any]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def coast(atlas: Path) -> list[Polygon]:
    """Return Natural Earth's land around the province, simplified."""
    topology = json.loads(atlas.read_text(encoding="utf-8"))
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]

    def ring(indices: list[int]) -> Any:
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    pieces = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
        for polygon in polygons:
            shell = Polygon(ring(polygon[0]))
            if shell.intersects(box(*BOUNDS)):
                pieces.append(shell.buffer(0).intersection(box(*BOUNDS)))
    land = unary_union(pieces).simplify(SIMPLIFY_DEG)
    return sorted(land.geoms, key=lambda part: (-part.area, part.bounds))


def position(code: str, lon: float, lat: float, mended: dict[str, tuple[float, float]]) -> list[Any]:
    """Return where a commune is, and whether the source's position could be used."""
    if code in mended:
        return [*mended[code], "mended"]
    return [round(lon, 4), round(lat, 4), "source"]


def main() -> None:
    spec = find_spec("vietnamadminunits")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install vietnamadminunits==1.0.4 first")
    source = Path(spec.origin).parent / "data"
    parts = coast(Path(sys.argv[1]))
    rings = [[[round(x, 3), round(y, 3)] for x, y in part.exterior.coords[:-1]] for part in parts]
    (DATA / "coast.json").write_text(
        json.dumps({"source": "Natural Earth 10m land, public domain", "rings": rings}, separators=(",", ":"))
        + "\n",
        encoding="utf-8",
    )
    database = sqlite3.connect(source / "dataset.db")
    new = database.execute(
        "select wardCode, ward, wardType, wardLon, wardLat, wardAreaKm2, wardKey from admin_units"
        " where provinceKey = ? order by wardCode",
        (PROVINCE,),
    ).fetchall()
    rows = [
        [code, name, KINDS[kind], *position(code, lon, lat, MENDED_NEW), area]
        for code, name, kind, lon, lat, area, _ in new
    ]
    write("communes.csv", ["code", "name", "kind", "lon", "lat", "position", "area_km2"], rows)
    old = database.execute(
        "select wardCode, ward, district, wardLon, wardLat, districtKey || '_' || wardKey"
        " from admin_units_legacy where provinceKey = ? order by wardCode",
        (PROVINCE,),
    ).fetchall()
    rows = [
        [code, name, district, *position(code, lon, lat, MENDED_OLD)]
        for code, name, district, lon, lat, _ in old
    ]
    write("old_communes.csv", ["code", "name", "district", "lon", "lat", "position"], rows)
    write("crosswalk.csv", ["old_code", "code", "main"], crosswalk(source, new, old))


def crosswalk(source: Path, new: list[Any], old: list[Any]) -> list[list[Any]]:
    """Return which units of 2025 took over (parts of) which old communes."""
    tables = json.loads((source / "converter_2025.json").read_text(encoding="utf-8"))
    new_code = {row[-1]: row[0] for row in new}
    old_code = {f"{PROVINCE}_{row[-1]}": row[0] for row in old}
    rows = [
        [old_code[key], new_code[unit], 1]
        for unit, keys in tables["DICT_PROVINCE_WARD_NO_DIVIDED"][PROVINCE].items()
        for key in keys
    ]
    rows += [
        [old_code[key], new_code[part["newWardKey"]], int(part["isDefaultNewWard"])]
        for key, parts in tables["DICT_PROVINCE_WARD_DIVIDED"][PROVINCE].items()
        for part in parts
    ]
    missing = set(old_code.values()) - {row[0] for row in rows}
    if missing:
        raise SystemExit(f"old communes without a successor: {sorted(missing)}")
    return sorted(rows)


if __name__ == "__main__":
    main()
