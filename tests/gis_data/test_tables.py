"""Tables in every format, written by other programs' libraries, come out the same."""

from __future__ import annotations

import importlib.util
import zipfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pyproj
import pytest
from shapely.geometry import MultiPoint, Point, Polygon

from phusong.gis_data.placing import VN2000_ZONES, Area
from phusong.gis_data.problems import ProblemList
from phusong.gis_data.schema import TABLES
from phusong.gis_data.tables import empty_table, read_table

CRS = "EPSG:32648"
AREA = Area(106.4, 20.6, 108.2, 21.8, "[area] bounds")
LON = np.array([107.30, 107.42, 107.55])
LAT = np.array([21.35, 21.48, 21.52])
ATTRIBUTES = {
    "village_id": ["v1", "v2", "v3"],
    "name": ["Khe Tiền", "Ngàn Chi", "Sú Cáu"],
    "commune": ["Bình Liêu", "Bình Liêu", "Húc Động"],
    "population": [120.0, 1234.5, 80.0],
    "households": [30, 300, 20],
    "grid_power": [True, False, True],
}


@dataclass(frozen=True)
class Source:
    path: str
    sheet: str | None = None
    crs: str | None = None
    encoding: str = "utf-8-sig"


def read(folder: Path, source: Source | str, name: str = "villages", area: Area | None = AREA):
    problems = ProblemList()
    source = Source(source) if isinstance(source, str) else source
    return read_table(folder, source, TABLES[name], CRS, area, problems), problems


def said(problems: ProblemList) -> str:
    return "\n".join(str(problem) for problem in problems.listed())


def points(crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(ATTRIBUTES, geometry=gpd.points_from_xy(LON, LAT), crs="EPSG:4326")
    return frame.to_crs(crs)


def expect_villages(table, problems: ProblemList, within_m: float = 0.02) -> None:
    assert said(problems) == ""
    frame = table.frame
    assert list(frame.columns) == [*TABLES["villages"].by_name, "geometry"]
    assert frame["village_id"].tolist() == ATTRIBUTES["village_id"]
    assert frame["name"].tolist() == ATTRIBUTES["name"]
    assert frame["population"].tolist() == ATTRIBUTES["population"]
    assert frame["households"].tolist() == ATTRIBUTES["households"]
    assert frame["grid_power"].tolist() == ATTRIBUTES["grid_power"]
    assert frame["grid_power"].dtype == bool and frame["old_commune"].isna().all()
    expected = points(CRS).geometry
    assert frame.crs == pyproj.CRS(CRS)
    assert frame.geometry.distance(expected).max() < within_m


GIS_FILES = {
    "points.gpkg": {},
    "points.geojson": {},
    "points.fgb": {},
    "points.shp": {},
    "points.tab": {"driver": "MapInfo File", "encoding": "UTF-8"},
}


@pytest.mark.parametrize("name", GIS_FILES)
def test_formats_written_by_gdal(tmp_path, name):
    pyogrio.write_dataframe(points(), tmp_path / name, **GIS_FILES[name])
    table, problems = read(tmp_path, name)
    expect_villages(table, problems)
    assert sorted(table.rows) == [2, 3, 4]  # FlatGeobuf puts its rows into an order of its own


@pytest.mark.parametrize("name", ["points.gpkg", "points.shp"])
@pytest.mark.parametrize("crs", ["EPSG:5899", "EPSG:3405", "EPSG:32649"])
def test_the_crs_of_a_file_is_followed(tmp_path, name, crs):
    pyogrio.write_dataframe(points(crs), tmp_path / name)
    expect_villages(*read(tmp_path, name))


def test_a_layer_of_a_geopackage_is_chosen_by_name(tmp_path):
    for layer in ("other", "villages", "third"):
        frame = points() if layer == "villages" else points().iloc[:1]
        pyogrio.write_dataframe(frame, tmp_path / "all.gpkg", layer=layer, append=layer != "other")
    expect_villages(*read(tmp_path, "all.gpkg"))
    table, problems = read(tmp_path, Source("all.gpkg", sheet="third"))
    assert table.frame["village_id"].tolist() == ["v1"] and not len(problems)
    table, problems = read(tmp_path, Source("all.gpkg", sheet="nothing"))
    assert table is None and "the file has: other, villages, third" in said(problems)


def kml() -> str:
    places = "".join(
        f"<Placemark><name>{ATTRIBUTES['name'][i]}</name><ExtendedData>"
        + "".join(
            f'<Data name="{title}"><value>{ATTRIBUTES[column][i]}</value></Data>'
            for title, column in (("Mã thôn", "village_id"), ("Xã", "commune"), ("Dân số", "population"),
                                  ("Số hộ", "households"), ("Điện lưới", "grid_power"))
        )
        + f"</ExtendedData><Point><coordinates>{LON[i]},{LAT[i]},12</coordinates></Point></Placemark>"
        for i in range(3)
    )  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{places}</Document></kml>'


def test_kml_and_kmz(tmp_path):
    (tmp_path / "places.kml").write_text(kml(), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "places.kmz", "w") as archive:
        archive.writestr("doc.kml", kml())
    expect_villages(*read(tmp_path, "places.kml"))
    expect_villages(*read(tmp_path, "places.kmz"))


def test_geoparquet_is_read_or_its_reader_asked_for(tmp_path):
    if importlib.util.find_spec("pyarrow") is None:
        (tmp_path / "points.parquet").write_bytes(b"PAR1 something PAR1")
        table, problems = read(tmp_path, "points.parquet")
        assert table is None and 'pip install "phusong[geoparquet]"' in said(problems)
    else:
        points().to_parquet(tmp_path / "points.parquet")
        expect_villages(*read(tmp_path, "points.parquet"))


def vietnamese_rows(decimal: str = ",") -> list[list[object]]:
    header = ["Mã thôn", "Tên thôn", "Tên xã", "Dân số (người)", "Số hộ", "Điện lưới", "Kinh độ", "Vĩ độ"]
    rows: list[list[object]] = [header]
    for i in range(3):
        people = f"{ATTRIBUTES['population'][i]:g}".replace(".", decimal)
        lonlat = [f"{value:.5f}".replace(".", decimal) for value in (LON[i], LAT[i])]
        power = "có" if ATTRIBUTES["grid_power"][i] else "không"
        rows.append([ATTRIBUTES["village_id"][i], ATTRIBUTES["name"][i], ATTRIBUTES["commune"][i], people,
                     ATTRIBUTES["households"][i], power, *lonlat])  # fmt: skip
    return rows


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), ("\t", ","), ("|", ".")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_dialects(tmp_path, delimiter, decimal, encoding):
    text = "\r\n".join(delimiter.join(map(str, row)) for row in vietnamese_rows(decimal))
    (tmp_path / "thon.csv").write_bytes(text.encode(encoding))
    kept = "utf-8-sig" if encoding.startswith("utf-8") else encoding
    expect_villages(*read(tmp_path, Source("thon.csv", encoding=kept)), within_m=1.2)


def test_xlsx_with_titles_blank_rows_and_native_values(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.append(["DANH SÁCH THÔN, BẢN TỈNH QUẢNG NINH"])
    page.append([])
    rows = vietnamese_rows(".")
    page.append(rows[0])
    for number, row in enumerate(rows[1:]):
        page.append([*row[:3], ATTRIBUTES["population"][number], row[4], row[5], LON[number], LAT[number]])
        page.append([])
    book.save(tmp_path / "thon.xlsx")
    table, problems = read(tmp_path, "thon.xlsx")
    expect_villages(table, problems)
    assert table.rows.tolist() == [4, 6, 8]


def test_a_shapefile_keeps_cut_names_and_vietnamese(tmp_path):
    cells = pd.DataFrame({
        "cell_id": ["c1"], "mast_id": ["m1"], "operator": ["Viettel"], "technology": ["LTE"],
        "frequency_": [1800.0], "bandwidth_": [20.0], "antenna_he": [30.0], "tx_power_d": [46.0],
        "on_air": ["2015-03-01"],
    })  # fmt: skip
    frame = gpd.GeoDataFrame(cells, geometry=[Point(107, 21)], crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "cells.shp", encoding="UTF-8")
    (tmp_path / "cells.cpg").unlink(missing_ok=True)
    table, problems = read(tmp_path, "cells.shp", "cells")
    assert said(problems) == ""
    assert table.frame.loc[0, ["antenna_height_m", "tx_power_dbm", "technology"]].tolist() == [
        30.0,
        46.0,
        "4G",
    ]
    assert table.frame["on_air"][0] == pd.Timestamp(2015, 3, 1)
    assert table.frame["antenna"][0] == "3gpp-36.814" and np.isnan(table.frame["azimuth_deg"][0])


def test_legacy_vietnamese_encodings(tmp_path):
    header = "village_id,name,commune,population,lon,lat\n"
    tcvn3 = header.encode() + "v1,B×nh Liªu,V©n §ån,10,107.3,21.3\n".encode("latin-1")
    vni = header.encode() + "v1,Bình Lieâu,Vaân Ñoàn,10,107.3,21.3\n".encode("cp1252")
    for encoding, raw in (("tcvn3", tcvn3), ("vni", vni), ("cp1258", None)):
        text = header + "v1,Bi\u0300nh Liêu,Vân Đô\u0300n,10,107.3,21.3\n"
        (tmp_path / "old.csv").write_bytes(raw if raw is not None else text.encode("cp1258"))
        table, problems = read(tmp_path, Source("old.csv", encoding=encoding))
        assert said(problems) == ""
        assert table.frame.loc[0, ["name", "commune"]].tolist() == ["Bình Liêu", "Vân Đồn"]
    (tmp_path / "old.csv").write_bytes(tcvn3)
    _, problems = read(tmp_path, Source("old.csv", encoding="latin-1"))
    assert 'encoding = "tcvn3"' in said(problems) and problems.error_count == 0
    table, problems = read(tmp_path, "old.csv")
    assert table is None and "text in utf-8-sig" in said(problems)


VN = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:5899", always_xy=True)


def write_metres(path: Path, titles: tuple[str, str], first: np.ndarray, second: np.ndarray) -> None:
    lines = [f"v{i},a,b,1,{first[i]:.4f},{second[i]:.4f}" for i in range(len(first))]
    path.write_text(
        "\n".join([f"village_id,name,commune,population,{titles[0]},{titles[1]}", *lines]), "utf-8"
    )


@pytest.mark.parametrize("titles", [("Y (m)", "X (m)"), ("x", "y"), ("Easting", "Northing"), ("Đông", "Bắc")])
def test_vn2000_columns(tmp_path, titles):
    east, north = VN.transform(LON, LAT)
    first, second = (north, east) if titles[0].startswith("Y") else (east, north)
    write_metres(tmp_path / "vn.csv", titles, first, second)
    table, problems = read(tmp_path, Source("vn.csv", crs="EPSG:5899"))
    assert said(problems) == ""
    assert table.frame.geometry.distance(points(CRS).geometry).max() < 0.01


def test_vn2000_lies_224_m_from_a_naive_reading(tmp_path):
    naive = pyproj.Transformer.from_crs("EPSG:5899", "EPSG:4756", always_xy=True)
    east, north = VN.transform(LON, LAT)
    away = pyproj.Geod(ellps="WGS84").inv(*naive.transform(east, north), LON, LAT)[2]
    assert np.all(np.abs(np.array(away) - 224.6) < 1.0)
    write_metres(tmp_path / "vn.csv", ("lon", "lat"), *naive.transform(east, north))
    table, problems = read(tmp_path, Source("vn.csv", crs="EPSG:4756"))
    assert said(problems) == ""
    assert table.frame.geometry.distance(points(CRS).geometry).max() < 8  # four decimals of a degree


@pytest.mark.parametrize("wrong", ["EPSG:5896", "EPSG:9205", "EPSG:9209", "EPSG:3405"])
def test_a_wrong_zone_is_reported_with_the_right_one(tmp_path, wrong):
    write_metres(tmp_path / "vn.csv", ("easting", "northing"), *VN.transform(LON, LAT))
    _, problems = read(tmp_path, Source("vn.csv", crs=wrong))
    assert problems.error_count == 1
    assert 'crs = "EPSG:5899"' in said(problems) and "3 of 3 rows" in said(problems)


def test_a_neighbours_zone_is_suspicious_even_when_all_points_stay_inside(tmp_path):
    write_metres(tmp_path / "vn.csv", ("easting", "northing"), *VN.transform(LON, LAT))
    table, problems = read(tmp_path, Source("vn.csv", crs="EPSG:9216"))
    assert problems.error_count == 0 and len(problems) == 1 and "Kon Tum" in said(problems)
    away = table.frame.geometry.distance(points(CRS).geometry)
    assert away.between(25_000, 27_000).all()  # a quarter of a degree


def test_a_northing_called_x_is_reported_not_mended(tmp_path):
    east, north = VN.transform(LON, LAT)
    write_metres(tmp_path / "vn.csv", ("X", "Y"), north, east)
    _, problems = read(tmp_path, Source("vn.csv", crs="EPSG:5899"))
    assert problems.error_count == 1 and "rename 'X' to northing and 'Y' to easting" in said(problems)
    _, problems = read(tmp_path, Source("vn.csv", crs="EPSG:9205"))
    assert 'crs = "EPSG:5899"' in said(problems) and "rename 'X' to northing" in said(problems)


def test_metres_without_a_crs_are_asked_for_it(tmp_path):
    write_metres(tmp_path / "vn.csv", ("x", "y"), *VN.transform(LON, LAT))
    table, problems = read(tmp_path, "vn.csv")
    assert table is None and "EPSG:5899" in said(problems)
    write_metres(tmp_path / "vn.csv", ("x", "y"), LON + 0.1234, LAT)
    _, problems = read(tmp_path, "vn.csv")
    assert "name the columns lon and lat" in said(problems)
    write_metres(tmp_path / "vn.csv", ("lon", "lat"), LON, LAT)
    _, problems = read(tmp_path, Source("vn.csv", crs="EPSG:5899"))
    assert "a CRS in degrees for lon and lat" in said(problems)


def test_every_zone_is_known_to_proj_and_shifts_the_datum():
    for zone in VN2000_ZONES:
        back = pyproj.Transformer.from_crs(zone, "EPSG:4326", always_xy=True, allow_ballpark=False)
        lon, lat = back.transform(500_000, 2_300_000)
        assert 101 < lon < 112 and 20.7 < lat < 20.9


def test_one_swapped_row_and_all_rows_swapped(tmp_path):
    head = "village_id,name,commune,population,lon,lat\n"
    rows = [f"v{i},a,b,1,{LON[i]},{LAT[i]}" for i in range(3)]
    (tmp_path / "one.csv").write_text(head + "\n".join([*rows, "v9,a,b,1,85.5,10.5"]), "utf-8")
    _, problems = read(tmp_path, "one.csv", area=Area(80, 20, 110, 22, "[area] bounds"))
    assert problems.error_count == 0  # nothing explains it: left to the reader
    (tmp_path / "one.csv").write_text(head + "\n".join([*rows, "v9,a,b,1,21.4,87.4"]), "utf-8")
    _, problems = read(tmp_path, "one.csv", area=Area(80, 20, 110, 22, "[area] bounds"))
    assert "row 5" in said(problems) and "longitude and latitude are swapped" in said(problems)
    assert "exchange the two values of this row" in said(problems)
    # 107.6 is no latitude at all: found while reading, before anything is placed
    (tmp_path / "one.csv").write_text(head + "\n".join([*rows, "v9,a,b,1,21.1,107.6"]), "utf-8")
    _, problems = read(tmp_path, "one.csv")
    assert "exchange the two values of this row" in said(problems) and "two headers" not in said(problems)
    (tmp_path / "all.csv").write_text(head.replace("lon,lat", "Vĩ độ,Kinh độ") + "\n".join(rows), "utf-8")
    _, problems = read(tmp_path, "all.csv")
    assert "exchange the two headers" in said(problems) and "row 2, column 'Kinh độ'" not in said(problems)


BAD = """Mã thôn,Tên,Xã,Dân số,Kinh độ,Vĩ độ
v1,A,X,abc,107.3,21.3
v1,B,X,-5,107.3,21.3
v3,,X,10,"107°61'",21.3
v4,D,X,10,107.3,21.3,extra
"""


def test_every_bad_value_has_file_row_column_value_and_mend(tmp_path):
    (tmp_path / "thon.csv").write_text(BAD, "utf-8")
    _, problems = read(tmp_path, "thon.csv")
    found = {(p.row, p.column, p.value) for p in problems.listed()}
    assert found == {
        (2, "Dân số", "abc"), (3, "Dân số", "-5"), (3, "Mã thôn", "v1"), (4, "Tên", "nothing"),
        (4, "Kinh độ", "107°61'"), (5, None, "extra"),
    }  # fmt: skip
    assert all(p.file == "thon.csv" and p.expected and p.mend for p in problems.listed())
    assert "it stands in row 2 too" in said(problems)


def test_missing_columns_name_what_was_found(tmp_path):
    (tmp_path / "thon.csv").write_text("village_id,name,Số người,lon,lat\nv1,a,5,107.3,21.3\n", "utf-8")
    table, problems = read(tmp_path, "thon.csv")
    assert table is None and problems.error_count == 2
    assert "a column population or Dân số or Population" in said(problems)
    assert "not understood: Số người" in said(problems)


def test_a_slip_in_the_name_of_an_optional_column_is_warned_of(tmp_path):
    """Without it every antenna would look all round, and nobody would be told."""
    head = "cell_id,mast_id,operator,technology,frequency_mhz,bandwidth_mhz,antenna_height_m,tx_power_dbm"
    text = f"{head},azimut_deg,Ghi chú,first_seen\nc1,m1,Viettel,4G,1800,20,40,46,120,của Hà,2020-01-01\n"
    (tmp_path / "cells.csv").write_text(text, encoding="utf-8")
    table, problems = read(tmp_path, "cells.csv", "cells")
    assert table is not None and problems.error_count == 0
    (problem,) = problems.listed("warning")
    assert problem.column == "azimut_deg" and "a column azimuth_deg, if that is meant" in str(problem)
    (tmp_path / "cells.csv").write_text(text.replace("azimut_deg", "azimuth_deg"), encoding="utf-8")
    table, problems = read(tmp_path, "cells.csv", "cells")
    assert len(problems) == 0 and table.frame["azimuth_deg"].tolist() == [120.0]


def test_unreadable_files(tmp_path):
    (tmp_path / "masts.csv").write_text("a", "utf-8")
    for name, content, message in (
        ("mast.csv", None, "did you mean 'masts.csv'?"),
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b"\n\n", "no header"),
        ("header.csv", b"mast_id,owner,height_m,lon,lat\n", "at least one row"),
        ("list.pdf", b"%PDF", "one of the formats"),
        ("broken.xlsx", b"PK not a zip", "an XLSX workbook"),
        ("broken.gpkg", b"SQLite format 3 no", "a readable .gpkg file"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        _, problems = read(tmp_path, name, "masts")
        assert message in said(problems) and problems.error_count == 1, name


def test_geometry_that_does_not_fit(tmp_path):
    bow = Polygon([(107, 21), (107.1, 21.1), (107.1, 21), (107, 21.1)])
    frame = gpd.GeoDataFrame({"mast_id": ["a", "b", "c"], "owner": "x", "height_m": 30.0},
                             geometry=[MultiPoint([(107, 21)]), bow, None], crs=4326)  # fmt: skip
    pyogrio.write_dataframe(frame, tmp_path / "masts.gpkg", geometry_type="Unknown")
    _, problems = read(tmp_path, "masts.gpkg", "masts")
    assert {(p.row, p.value) for p in problems.listed()} == {(3, "Polygon"), (4, "nothing")}
    villages = gpd.GeoDataFrame({**{k: v[:1] for k, v in ATTRIBUTES.items()}}, geometry=[bow], crs=4326)
    pyogrio.write_dataframe(villages, tmp_path / "areas.gpkg")
    table, problems = read(tmp_path, "areas.gpkg")
    assert problems.error_count == 0 and "does not cross itself" in said(problems)
    assert table.frame.geometry.is_valid.all()


def test_a_shapefile_without_a_crs(tmp_path):
    pyogrio.write_dataframe(points(), tmp_path / "points.shp")
    (tmp_path / "points.prj").unlink()
    table, problems = read(tmp_path, "points.shp")
    assert table is None and "a file that names its CRS" in said(problems)
    expect_villages(*read(tmp_path, Source("points.shp", crs="EPSG:4326")))


def test_rows_come_by_id_and_the_order_of_the_file_does_not_matter(tmp_path):
    rows = vietnamese_rows(".")
    for name, order in (("a.csv", (1, 2, 3)), ("b.csv", (3, 1, 2))):
        text = "\n".join(",".join(map(str, rows[i])) for i in (0, *order))
        (tmp_path / name).write_text(text, "utf-8")
    first, second = read(tmp_path, "a.csv")[0], read(tmp_path, "b.csv")[0]
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert second.rows.tolist() == [3, 4, 2]


def test_long_lists_of_problems_are_counted(tmp_path):
    rows = "".join(f"v{i},a,b,x{i},107.3,21.3\n" for i in range(57))
    (tmp_path / "thon.csv").write_text("village_id,name,commune,population,lon,lat\n" + rows, "utf-8")
    _, problems = read(tmp_path, "thon.csv")
    assert problems.error_count == 57 and len(problems.listed()) == 21
    assert "and 37 more like this" in str(problems.listed()[-1])


@pytest.mark.parametrize("name", TABLES)
def test_an_absent_layer_has_the_columns_and_types_of_a_present_one(name):
    frame = empty_table(TABLES[name], CRS)
    geometry = [] if TABLES[name].geometry == "none" else ["geometry"]
    assert list(frame.columns) == [*TABLES[name].by_name, *geometry] and len(frame) == 0


def test_a_column_in_another_unit_is_refused_not_taken_as_it_stands(tmp_path):
    text = "mast_id,owner,kind,Chiều cao cột (ft),lon,lat\nM1,A,tower,150,107.3,21.3\n"
    (tmp_path / "cot.csv").write_text(text, "utf-8")
    _, problems = read(tmp_path, "cot.csv", "masts")
    assert [(p.column, p.expected) for p in problems.listed()] == [("Chiều cao cột (ft)", "values in m")]
    assert "convert the column from ft" in said(problems)
