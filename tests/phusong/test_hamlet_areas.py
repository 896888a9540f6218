"""Points inside hamlets that are drawn as areas, with and without a raster of people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import MultiPolygon, Point, box

from phusong.cli import main
from phusong.gis_data.grid import Grid
from phusong.gis_data.layers import Layers
from phusong.gis_data.population import PopulationPixels, read_population
from phusong.gis_data.problems import ProblemList
from phusong.gis_data.rasters import inspect_raster
from phusong.gis_data.schema import TABLES
from phusong.gis_data.tables import empty_table
from phusong.hamlet_areas import area_points
from phusong.inputs import point_table

CRS = "EPSG:32648"
GRID = Grid(CRS, 700_000.0, 2_304_000.0, 100.0, 40, 40)  # x 700,000 … 704,000, y 2,300,000 … 2,304,000
X, Y = 700_000.0, 2_300_000.0


def layers_of(*geometries: object, clusters: tuple[tuple[int, Point, float], ...] = ()) -> Layers:
    """Hamlets H0, H1, … of 100 people each, on flat land."""
    frames = {name: empty_table(table, CRS) for name, table in TABLES.items()}
    ids = [f"H{i}" for i in range(len(geometries))]
    data = {"village_id": ids, "name": ids, "commune": "Xã A", "population": 100.0}
    frames["villages"] = gpd.GeoDataFrame(data, geometry=list(geometries), crs=CRS)
    if clusters:
        rows = {
            "cluster_id": [f"C{i}" for i in range(len(clusters))],
            "village_id": [f"H{v}" for v, _, _ in clusters],
            "population": [people for _, _, people in clusters],
        }
        frames["clusters"] = gpd.GeoDataFrame(rows, geometry=[at for _, at, _ in clusters], crs=CRS)
    return Layers(
        grid=GRID, terrain_m=np.full(GRID.shape, 20.0, np.float32), terrain_kind="dtm",
        land=np.ones(GRID.shape, np.uint8), clutter_m=None, file_hashes={}, warnings=[], **frames,
    )  # fmt: skip


def at(x: float, y: float) -> tuple[float, float]:
    return X + x, Y + y


def test_the_middles_of_the_squares_inside_share_the_people_evenly() -> None:
    """1000 m × 500 m at 250 m: four columns, two rows, an eighth of the people each."""
    found = area_points(layers_of(Point(*at(100, 100)), box(*at(1000, 1000), *at(2000, 1500))), 250.0)
    assert found.village.tolist() == [1] * 8 and found.number.tolist() == list(range(1, 9))
    expected = [at(1125 + 250 * i, 1125 + 250 * j) for j in range(2) for i in range(4)]
    assert list(zip(found.x_m, found.y_m, strict=True)) == expected
    assert found.share.tolist() == [0.125] * 8


def test_squares_do_not_move_with_the_hamlet() -> None:
    """The hamlet begins 100 m off a corner of the squares: the first middle inside is at 1125, the last at 1875."""
    found = area_points(layers_of(box(*at(1100, 1100), *at(2000, 1300))), 250.0)
    assert found.x_m.tolist() == [X + 1125, X + 1375, X + 1625, X + 1875]
    assert set(found.y_m) == {Y + 1125}


def test_sea_voids_and_what_lies_off_the_grid_have_nobody() -> None:
    layers = layers_of(box(*at(3500, 0), *at(4500, 250)), box(*at(0, 0), *at(1000, 250)))
    layers.land[:, 0:3] = 0  # x < 300: the middle at 125
    layers.terrain_m[:, 3:5] = np.nan  # 300 … 500: the middle at 375
    found = area_points(layers, 250.0)
    assert found.village.tolist() == [0, 0, 1, 1]
    assert found.x_m.tolist() == [X + 3625, X + 3875, X + 625, X + 875]
    assert found.share.tolist() == [0.5] * 4


def test_small_hamlets_and_hamlets_with_clusters_have_no_points() -> None:
    small = box(*at(1000, 1000), *at(1100, 1100))  # the middle of its square is at 1125
    big = box(*at(2000, 2000), *at(3000, 3000))
    layers = layers_of(small, big, clusters=((1, Point(*at(2100, 2100)), 30.0),))
    found = area_points(layers, 250.0)
    assert len(found) == 0
    points = point_table(layers, found)
    assert points.people.tolist() == [100.0, 70.0, 30.0]
    assert points.kind.tolist() == ["centre", "centre", "cluster"]


def test_people_of_a_raster_gather_in_squares() -> None:
    """Three pixels in one square (1, 1 and 2 people) and one alone (6): 40 and 60 of the hamlet's 100."""
    hamlet = MultiPolygon([box(*at(1000, 1000), *at(1500, 1250)), box(*at(3000, 3000), *at(3250, 3250))])
    x = np.array([1050, 1150, 1050, 3100, 1500, 2000]) + X  # on the border, and outside: not its people
    y = np.array([1050, 1050, 1150, 3100, 1100, 2000]) + Y
    people = np.array([1.0, 1.0, 2.0, 6.0, 50.0, 50.0])
    layers = replace(layers_of(hamlet), population=PopulationPixels("pop.tif", x, y, people))
    found = area_points(layers, 250.0)
    assert found.x_m.tolist() == [X + 1075, X + 3100]
    assert found.y_m.tolist() == [Y + 1100, Y + 3100]
    assert found.share == pytest.approx([0.4, 0.6])
    points = point_table(layers, found)
    assert points.point_id.tolist() == ["v:H0", "a:H0:1", "a:H0:2"]
    assert points.people == pytest.approx([0.0, 40.0, 60.0])
    assert points.village.tolist() == [0, 0, 0]


def around(
    *pixels: tuple[float, float, float], hamlets: tuple[object, ...], reach_m: float = 500.0, **more: object
):  # type: ignore[no-untyped-def]
    """Layers with pixels (x, y, people), and the points around hamlets that are points."""
    x, y, people = np.array(pixels).T
    layers = layers_of(*hamlets, **more)  # type: ignore[arg-type]
    layers = replace(layers, population=PopulationPixels("pop.tif", x + X, y + Y, people))
    return layers, area_points(layers, 250.0, around_m=reach_m)


def test_people_around_points_belong_to_the_nearest_hamlet_in_reach() -> None:
    """H0 at (1000, 1000), H1 at (1800, 1000), H2 an area: each pixel is told by hand."""
    hamlets = (Point(*at(1000, 1000)), Point(*at(1800, 1000)), box(*at(900, 1100), *at(1100, 1300)))
    layers, found = around(
        (1000, 1050, 3.0),  # H0
        (1390, 1000, 1.0),  # 390 m from H0, 410 m from H1: H0
        (1410, 1000, 5.0),  # H1
        (1000, 500, 4.0),  # 500 m below H0: just in reach
        (1000, 499, 9.0),  # out of reach
        (1000, 1150, 7.0),  # inside the area H2
        hamlets=hamlets,
    )
    inside = dict(
        zip(zip(found.village, found.x_m - X, found.y_m - Y, strict=True), found.share, strict=True)
    )
    assert inside == pytest.approx(
        {
            (0, 1000.0, 500.0): 0.5, (0, 1000.0, 1050.0): 0.375, (0, 1390.0, 1000.0): 0.125,
            (1, 1410.0, 1000.0): 1.0, (2, 1000.0, 1150.0): 1.0,
        }
    )  # fmt: skip
    points = point_table(layers, found)
    assert points.people.tolist()[:3] == [0.0] * 3 and points.people.sum() == pytest.approx(300.0)
    assert found.warnings == () and found.number.tolist() == [1, 2, 3, 1, 1]


def test_around_points_clusters_come_first_and_nobody_is_told() -> None:
    hamlets = (Point(*at(1000, 1000)), Point(*at(3000, 3000)))
    layers, found = around((1000, 1000, 3.0), hamlets=hamlets, clusters=((0, Point(*at(1200, 1000)), 30.0),))
    assert len(found) == 0
    assert [(p.severity, p.value) for p in found.warnings] == [("warning", "H1 H1")]
    assert point_table(layers, found).people.tolist() == [70.0, 100.0, 30.0]
    assert len(area_points(layers, 250.0)) == 0  # by default people live at their point


def test_population_around_points_needs_a_raster(
    own_valley: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = own_valley / "phusong.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(
        text.replace("[area]", '[area]\nhamlet_points = "population"')
        + "[measurements]\nshift_local_share = 1.5\n",
        encoding="utf-8",
    )
    with pytest.raises(SystemExit) as caught:
        main(["check", str(own_valley)])
    said = capsys.readouterr()
    assert caught.value.code == 2 and "shift_local_share" in said.out + said.err
    project.write_text(text.replace("[area]", '[area]\nhamlet_points = "population"'), encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        main(["check", str(own_valley)])
    said = capsys.readouterr()
    assert caught.value.code == 2 and "needs [rasters] population" in said.out + said.err


def test_a_raster_with_nobody_in_a_hamlet_is_told() -> None:
    pixels = PopulationPixels("pop.tif", np.array([X + 50.0]), np.array([Y + 50.0]), np.ones(1))
    layers = replace(layers_of(box(*at(1000, 1000), *at(1500, 1250))), population=pixels)
    found = area_points(layers, 250.0)
    assert found.share.tolist() == [0.5, 0.5]
    assert [(p.severity, p.value) for p in found.warnings] == [("warning", "H0 H0")]


def write_people(path: Path, values: np.ndarray, nodata: float | None = -1.0) -> None:
    transform = from_origin(X + 1000, Y + 1200, 100, 100)
    shape = {"width": values.shape[1], "height": values.shape[0]}
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="float32", crs=CRS, nodata=nodata, transform=transform, **shape
    ) as raster:  # fmt: skip
        raster.write(values.astype(np.float32), 1)


def test_pixels_keep_their_place(tmp_path: Path) -> None:
    write_people(tmp_path / "pop.tif", np.array([[0.0, 2.5], [-1.0, 4.0]]))
    problems = ProblemList()
    raster = inspect_raster(tmp_path, "pop.tif", problems)
    assert raster is not None
    pixels = read_population(raster, GRID, problems)
    assert pixels is not None and problems.error_count == 0
    assert pixels.people.tolist() == [2.5, 4.0]
    assert pixels.x_m.tolist() == [X + 1150, X + 1150] and pixels.y_m.tolist() == [Y + 1150, Y + 1050]


@pytest.mark.parametrize(
    ("values", "nodata", "said"), [([[-3.0, 1.0]], None, "-3"), ([[0.0, 0.0]], None, "nobody")]
)
def test_a_raster_that_holds_no_people_is_refused(
    tmp_path: Path, values: list[list[float]], nodata: float | None, said: str
) -> None:
    write_people(tmp_path / "pop.tif", np.array(values), nodata)
    problems = ProblemList()
    raster = inspect_raster(tmp_path, "pop.tif", problems)
    assert raster is not None
    assert read_population(raster, GRID, problems) is None
    assert said in str(problems.listed("error")[0].value)


def test_a_project_with_areas(own_valley: Path) -> None:
    """Hamlets drawn as squares of 1200 m: shares of people are counted over the points inside them."""
    villages = gpd.read_file(own_valley / "layers/villages.csv")
    table = villages.drop(columns=["lon", "lat", "geometry"], errors="ignore")
    points = gpd.GeoSeries(
        gpd.points_from_xy(villages["lon"].astype(float), villages["lat"].astype(float)), crs=4326
    )
    shapes = points.to_crs(CRS).buffer(600, cap_style="square")
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=CRS).to_crs(4326)
    frame.to_file(own_valley / "layers/villages.geojson", driver="GeoJSON")
    project = own_valley / "phusong.toml"
    text = project.read_text(encoding="utf-8").replace("layers/villages.csv", "layers/villages.geojson")
    project.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        main(["gaps", str(own_valley), "--quiet"])
    assert int(caught.value.code or 0) == 0
    found = gpd.read_file(own_valley / "out/gaps.gpkg", layer="hamlets").set_index("village_id")
    assert set(found.geometry.geom_type) <= {"Polygon", "MultiPolygon"} and len(found) == 12
    shares = found.loc[found.index != "H09", "share_people_2g"].to_numpy()
    # 1200 m at 250 m: 4 or 5 squares a side; a share is a whole number of them
    whole = [min(abs(share * n - round(share * n)) for n in (16, 20, 25)) for share in shares.tolist()]
    assert max(whole) < 1e-6
    reasons = gpd.read_file(own_valley / "out/reasons.gpkg", layer="hamlet_reasons")
    assert set(reasons["point_kind"]) <= {"centre", "cluster", "area"}
