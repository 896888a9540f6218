"""A whole project folder: read, or refused with every problem of every file at once."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from phusong.errors import InputError
from phusong.gis_data.reader import read_layers
from phusong.gis_data.schema import TABLES
from phusong.gis_data.writers import Sheet, schema_headers, write_csv, write_geopackage, write_xlsx
from phusong.project_sections import LayerSource

FILES = {
    "villages.csv": (
        "Mã thôn,Tên thôn,Xã,Dân số,Số hộ,Điện lưới,Kinh độ,Vĩ độ\n"
        "v2,Ngàn Chi,Bình Liêu,80,20,có,107.45,21.42\n"
        'v1,Khe Tiền,Bình Liêu,120,30,không,"107°24\'00""E","21°24\'00""N"\n'
    ),
    "masts.csv": "mast_id,owner,height_m,tenants,lon,lat\nm1,VNPT,42,viettel; VinaPhone,107.41,21.41\n",
    "cells.csv": (
        "cell_id,mast_id,operator,technology,frequency_mhz,bandwidth_mhz,antenna_height_m,tx_power_dbm,on_air,off_air\n"
        "c1,m1,VIETTEL,LTE,1800,20,40,46,2015-03-01,\n"
        "c2,m1,vinaphone,GSM,900,0.2,38,43,01/02/2010,2024-10-16\n"
    ),
    "clusters.csv": "cluster_id,village_id,population,lon,lat\nk1,v1,40,107.43,21.40\n",
    "plan_items.csv": "plan_id,item_id,kind,village_id,deadline\n13/KH-UBND,i1,mobile_service,v1,31/12/2022"
    "\n",
}


@dataclass(frozen=True)
class Rasters:
    terrain: str = "dem.tif"
    terrain_kind: str = "dtm"
    land: str | None = None
    clutter: str | None = None
    population: str | None = None


@dataclass
class Case:
    folder: Path
    layers: dict[str, LayerSource] = field(default_factory=dict)
    rasters: Rasters = Rasters()
    bounds: tuple[float, float, float, float] | None = (107.3, 21.3, 107.6, 21.6)
    crs: str = "EPSG:32648"
    operators: tuple[str, ...] = ("Viettel", "VNPT")

    def read(self):
        return read_layers(
            self.folder, rasters=self.rasters, layers=self.layers, crs=self.crs, resolution_m=200.0,
            bounds=self.bounds, margin_m=1000.0, operators=self.operators,
        )  # fmt: skip

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new), "utf-8")

    def problems(self) -> list[str]:
        with pytest.raises(InputError) as caught:
            self.read()
        return [str(problem) for problem in caught.value.problems]


def write_dem(path: Path, west: float = 107.2, north: float = 21.7, sea_from: int = 450) -> None:
    heights = np.full((500, 500), 150.0, dtype=np.float32)
    heights[:, sea_from:] = 0
    place = {"crs": "EPSG:4326", "transform": Affine(0.001, 0, west, 0, -0.001, north)}
    shape = {"count": 1, "height": 500, "width": 500, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place) as sink:
        sink.write(heights, 1)


@pytest.fixture
def case(tmp_path) -> Case:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    write_dem(tmp_path / "dem.tif")
    return Case(tmp_path, {Path(name).stem: LayerSource(path=name) for name in FILES})


def test_a_good_project(case):
    layers = case.read()
    assert layers.warnings == []
    assert layers.terrain_m.shape == layers.land.shape == layers.grid.shape
    assert layers.terrain_m.dtype == np.float32 and layers.land.dtype == np.uint8
    assert np.nanmax(layers.terrain_m) == 150 and layers.clutter_m is None
    assert layers.villages["village_id"].tolist() == ["v1", "v2"]
    assert layers.villages.crs == layers.grid.crs
    assert layers.cells["operator"].tolist() == ["Viettel", "VNPT"]
    assert layers.masts["tenants"].tolist() == ["Viettel; VNPT"]
    assert layers.cells["technology"].tolist() == ["4G", "2G"]
    assert layers.cells["off_air"].isna().tolist() == [True, False]
    assert len(layers.poles) == 0 and list(layers.poles.columns) == [*TABLES["poles"].by_name, "geometry"]
    data = (case.folder / "cells.csv").read_bytes()
    assert layers.file_hashes["cells.csv"] == hashlib.sha256(data).hexdigest()
    assert set(layers.file_hashes) == {*FILES, "dem.tif"}


def test_without_bounds_the_grid_holds_hamlets_masts_and_the_margin(case):
    case.bounds = None
    layers = case.read()
    west, south, east, north = layers.grid.bounds
    x = pd.concat([layers.villages.geometry.x, layers.masts.geometry.x])
    y = pd.concat([layers.villages.geometry.y, layers.masts.geometry.y])
    for gap in (x.min() - west, east - x.max(), y.min() - south, north - y.max()):
        assert 1000 <= gap < 1000 + 2 * 200


BAD = [
    ("a missing column", "masts.csv", "height_m", "hohe", "a column height_m or Chiều cao cột or Height"),
    ("text in a number", "cells.csv", "1800,20", "1800 MHz,20", "'frequency_mhz': found '1800 MHz'"),
    ("a duplicate id", "cells.csv", "c2,m1", "c1,m1", "row 3, column 'cell_id': found 'c1'"),
    ("an unknown technology", "cells.csv", "GSM", "6G", "found '6G'; expected one technology"),
    ("an unknown operator", "cells.csv", "VIETTEL", "Beeline", "found 'Beeline'; expected an operator"),
    ("an unknown owner", "masts.csv", "VNPT,42", "Vietel,42", "found 'Vietel'; expected an owner: 'Viettel'"),
    ("no owner", "masts.csv", "VNPT,42", ",42", "column 'owner'"),
    ("a dangling mast", "cells.csv", "c2,m1", "c2,m7", "row 3, column 'mast_id': found 'm7'"),
    ("a dangling hamlet", "plan_items.csv", "v1", "v8", "found 'v8'; expected an id of the table villages"),
    ("off before on", "cells.csv", "2024-10-16", "2009-10-16", "row 3, column 'off_air': found '2009-10-16'"),
    ("swapped headers", "masts.csv", "lon,lat", "lat,lon", "swapped: exchange the two headers"),
    ("a swapped row", "masts.csv", "107.41,21.41", "21.41,107.41", "longitude and latitude are swapped"),
    ("out of range", "masts.csv", "VNPT,42", "VNPT,4200", "found '4200'; expected a number of 1 to 400 m"),
    ("no row on the grid", "masts.csv", "107.41,21.41", "105.41,20.41", "check crs of the layer"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "message"), [case[1:] for case in BAD], ids=[c[0] for c in BAD]
)
def test_bad_input_is_refused_with_one_clear_line(case, name, old, new, message):
    case.replace(name, old, new)
    problems = case.problems()
    assert len(problems) == 1 and problems[0].startswith(name) and message in problems[0]
    assert "\n" not in problems[0]


def test_all_problems_of_all_files_come_at_once(case):
    case.replace("cells.csv", "1800,20", "1800 MHz,20")
    case.replace("cells.csv", "c2,m1,vinaphone,GSM", "c1,m7,Beeline,6G")
    case.replace("plan_items.csv", "v1", "v8")
    (case.folder / "clusters.csv").write_bytes(b"")
    case.layers["vilages"] = LayerSource(path="x.csv")
    case.layers["poles"] = LayerSource(path="pole.csv")
    case.rasters = Rasters(land="nothing.tif")
    problems = "\n".join(case.problems())
    for message in (
        "'1800 MHz'", "'c1'; expected an id that stands only once", "'6G'", "'Beeline'", "'m7'", "'v8'",
        "clusters.csv: expected a table", "did you mean 'villages'?", "pole.csv: expected a file",
        "nothing.tif: expected a file",
    ):  # fmt: skip
        assert message in problems
    assert problems.count("\n") == 9


def test_required_layers_and_columns_of_the_project_file(case):
    del case.layers["masts"]
    case.crs = "EPSG:4326"
    problems = case.problems()
    assert any("expected a layer masts" in p for p in problems)
    assert any("found 'EPSG:4326'; expected a projected CRS in metres" in p for p in problems)
    assert not any("an id of the table masts" in p for p in problems)
    case.crs = "EPSG:999999"
    assert any("a CRS that PROJ knows" in p for p in case.problems())


@pytest.mark.parametrize("bounds", [(21.3, 107.3, 21.6, 107.6), (107.6, 21.3, 107.3, 21.6)])
def test_bounds_the_wrong_way_round(case, bounds):
    case.bounds = bounds
    assert any("area.bounds" in problem for problem in case.problems())


def test_a_terrain_raster_that_does_not_reach_the_area(case):
    write_dem(case.folder / "dem.tif", west=104.0)
    problems = case.problems()
    assert len(problems) == 1 and "dem.tif: found 'it covers 104.00 to 104.50° E" in problems[0]
    assert "get the tiles of the area" in problems[0]


def test_an_owner_who_is_an_operator_is_written_as_one(case):
    case.replace("masts.csv", "m1,VNPT,42,viettel; VinaPhone,107.41,21.41", "m1,vinaphone,42,,107.41,21.41")
    (case.folder / "poles.csv").write_text(
        "pole_id,owner,height_m,lon,lat\np1,EVN,9,107.41,21.41\np2,Điện lực Quảng Ninh,9,107.42,21.41\n",
        "utf-8",
    )
    case.layers["poles"] = LayerSource(path="poles.csv")
    layers = case.read()
    assert layers.masts["owner"].tolist() == ["VNPT"]
    assert layers.poles["owner"].tolist() == ["EVN", "Điện lực Quảng Ninh"]
    case.replace("poles.csv", "9,107.42,21.41", "9,107.66,21.41")
    case.bounds = (107.3, 21.3, 107.68, 21.6)
    (warning,) = [str(problem) for problem in case.read().warnings]
    assert "poles.csv, row 3" in warning and "expected a position on land" in warning


def test_suspicious_input_is_kept_and_reported(case):
    case.replace("cells.csv", "1800,20,40", "1800,20,60")
    case.replace("villages.csv", "107.45,21.42", "107.60,21.42")
    case.replace("clusters.csv", "107.43,21.40", "107.43,21.40\nk2,v2,1,107.66,21.40")
    case.bounds = (107.3, 21.3, 107.68, 21.6)
    text = [str(problem) for problem in case.read().warnings]
    assert len(text) == 2 and all(problem.severity == "warning" for problem in case.read().warnings)
    assert (
        "cells.csv, row 2, column 'antenna_height_m': found '60.0'; expected an antenna no higher" in text[0]
    )
    assert "clusters.csv, row 3: found" in text[1] and "expected a position on land" in text[1]


def test_what_lies_outside_the_grid_is_left_out_with_what_hangs_on_it(case):
    case.replace(
        "masts.csv", "107.41,21.41\n", "107.41,21.41\nm2,VNPT,30,,107.25,21.41\nm3,VNPT,30,,107.45,21.41\n"
    )
    case.replace("cells.csv", "c2,m1", "c2,m2")
    case.replace("villages.csv", "v2,", "v3,Xa,Bình Liêu,1,1,có,107.25,21.35\nv2,")
    case.replace("clusters.csv", "k1,v1", "k2,v3,1,107.31,21.35\nk1,v1")
    layers = case.read()
    assert layers.masts["mast_id"].tolist() == ["m1", "m3"] and layers.cells["cell_id"].tolist() == ["c1"]
    assert layers.villages["village_id"].tolist() == ["v1", "v2"]
    assert layers.clusters["cluster_id"].tolist() == ["k1"]
    assert sorted((p.file, p.row) for p in layers.warnings) == [
        ("cells.csv", 3),  # its antenna stands above the mast that is left out
        ("masts.csv", 3),
        ("villages.csv", 2),
    ]


def test_one_wrong_digit_of_a_longitude_is_one_error_with_its_row(case):
    case.bounds = None
    case.replace("villages.csv", "107.45,21.42", "108.45,21.42")
    (problem,) = case.problems()
    assert problem.startswith(
        "villages.csv, row 2, column 'Kinh độ, Vĩ độ': found '108.45000, 21.42000: 78 km away'; "
        "expected a position in or near the terrain raster; mend the longitude or latitude"
    )


def test_clutter_is_not_used_beside_a_surface_model(case):
    shutil.copy(case.folder / "dem.tif", case.folder / "clutter.tif")
    case.rasters = Rasters(clutter="clutter.tif", terrain_kind="dsm")
    layers = case.read()
    assert layers.clutter_m is None and "no clutter beside a DSM" in str(layers.warnings[0])
    case.rasters = Rasters(clutter="clutter.tif")
    assert case.read().clutter_m.max() == 150


def test_the_order_of_rows_and_the_format_change_nothing(case):
    first = case.read()
    villages = first.villages.iloc[::-1]
    write_geopackage(case.folder / "v.gpkg", {"villages": villages}, as_of=pd.Timestamp(2025, 7, 1).date())
    write_csv(case.folder / "c.csv", first.cells.iloc[::-1])
    headers = schema_headers(TABLES["masts"], "vi")
    write_xlsx(
        case.folder / "m.xlsx", [Sheet("masts", first.masts, headers)], as_of=pd.Timestamp(2025, 7, 1).date()
    )
    for name, file in (("villages", "v.gpkg"), ("cells", "c.csv"), ("masts", "m.xlsx")):
        case.layers[name] = LayerSource(path=file)
    second = case.read()
    assert second.warnings == []
    pd.testing.assert_frame_equal(pd.DataFrame(first.villages.drop(columns="geometry")),
                                  pd.DataFrame(second.villages.drop(columns="geometry")))  # fmt: skip
    pd.testing.assert_frame_equal(first.cells, second.cells)
    assert first.masts.geometry.distance(second.masts.geometry).max() < 0.2  # six decimals of a degree
    np.testing.assert_array_equal(first.terrain_m, second.terrain_m)


def test_the_real_province(shared_data, tmp_path):
    for name in ("qn_dem_15s.tif", "qn_land_15s.tif"):
        shutil.copy(shared_data / "quang-ninh" / "terrain" / name, tmp_path / name)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    admin = shared_data / "quang-ninh" / "admin"
    shutil.copy(admin / "quang_ninh_54_communes_simplified.geojson", tmp_path / "communes.geojson")
    layers = {Path(name).stem: LayerSource(path=name) for name in FILES}
    case = Case(
        tmp_path, layers, Rasters("qn_dem_15s.tif", "dtm", "qn_land_15s.tif"), (106.5, 20.7, 108.1, 21.7)
    )
    read = case.read()
    assert 0.3 < read.land.mean() < 0.7 and np.nanmax(read.terrain_m) > 800
    assert (read.terrain_m[read.land == 0] >= -50).all() and not np.isnan(read.terrain_m).any()
