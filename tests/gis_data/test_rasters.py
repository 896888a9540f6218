"""Rasters on the grid: values tell where they come from, so that a shift of part of a pixel shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.enums import Resampling

from phusong.gis_data.grid import Grid, grid_over
from phusong.gis_data.problems import ProblemList
from phusong.gis_data.rasters import align, inspect_raster, land_of, read_clutter, read_terrain

CRS = "EPSG:32648"
WEST, NORTH, STEP = 106.8, 21.6, 1 / 1200
SIZE = 360


def grid(resolution_m: float = 250.0, shrink_m: float = 4000.0) -> Grid:
    box = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform_bounds(
        WEST, NORTH - SIZE * STEP, WEST + SIZE * STEP, NORTH
    )
    west, south, east, north = box
    return grid_over(
        (west + shrink_m, south + shrink_m, east - shrink_m, north - shrink_m), CRS, resolution_m
    )


def centres(on: Grid) -> tuple[np.ndarray, np.ndarray]:
    x = on.x_left_m + (np.arange(on.columns) + 0.5) * on.resolution_m
    y = on.y_top_m - (np.arange(on.rows) + 0.5) * on.resolution_m
    return np.meshgrid(x, y)


def write(
    path: Path, values: np.ndarray, transform: Affine | None = None, crs: str | None = "EPSG:4326", **more
):
    transform = transform or Affine(STEP, 0, WEST, 0, -STEP, NORTH)
    bands = values if values.ndim == 3 else values[None]
    profile = {"driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
    with rasterio.open(
        path, "w", dtype=values.dtype, crs=crs, transform=transform, **profile, **more
    ) as sink:
        sink.write(bands)


def column_values() -> np.ndarray:
    """Each pixel holds its column, 0.5 at the centre of the first."""
    return np.tile(np.arange(SIZE, dtype=np.float32) + 0.5, (SIZE, 1))


def apply(affine: Affine, x, y):
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def opened(path: Path):
    problems = ProblemList()
    return inspect_raster(path.parent, path.name, problems), problems


def said(problems: ProblemList) -> str:
    return "\n".join(str(problem) for problem in problems.listed())


@pytest.mark.parametrize("resolution_m", [30.0, 90.0, 250.0])
@pytest.mark.parametrize("axis", [0, 1])
def test_heights_lie_where_they_came_from_to_a_fortieth_of_a_pixel(tmp_path, resolution_m, axis):
    values = column_values() if axis else column_values().T.copy()
    write(tmp_path / "t.tif", values)
    raster, problems = opened(tmp_path / "t.tif")
    on = grid(resolution_m, shrink_m=9000.0)
    found = align(raster, on, Resampling.bilinear)
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(*centres(on))
    expected = (lon - WEST) / STEP if axis else (NORTH - lat) / STEP
    assert found.covered.all() and not len(problems)
    assert np.abs(found.values - expected).max() < max(1.0, resolution_m / 90.0) / 40


def test_a_rotated_raster_in_another_crs_lies_right_too(tmp_path):
    cosine, sine = 100 * np.cos(np.radians(33)), 100 * np.sin(np.radians(33))
    turned = Affine(cosine, sine, 420_000, sine, -cosine, 2_360_000)
    write(tmp_path / "t.tif", column_values(), turned, crs="EPSG:5899")
    raster, _ = opened(tmp_path / "t.tif")
    to_grid = Transformer.from_crs("EPSG:5899", CRS, always_xy=True)
    x, y = to_grid.transform(*apply(turned, 180, 180))
    on = grid_over((x - 5000, y - 5000, x + 5000, y + 5000), CRS, 100.0)
    found = align(raster, on, Resampling.bilinear)
    source = Transformer.from_crs(CRS, "EPSG:5899", always_xy=True).transform(*centres(on))
    expected = apply(~turned, *source)[0]
    assert np.abs(found.values - expected).max() < 0.02


def test_classes_are_never_mixed(tmp_path):
    classes = ((np.indices((SIZE, SIZE)).sum(axis=0) // 7) % 2).astype(np.uint8)
    write(tmp_path / "land.tif", classes)
    raster, _ = opened(tmp_path / "land.tif")
    on = grid()
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(*centres(on))
    column, row = (lon - WEST) / STEP, (NORTH - lat) / STEP
    expected = classes[row.astype(int), column.astype(int)]
    sure = (np.abs(column % 1 - 0.5) < 0.47) & (np.abs(row % 1 - 0.5) < 0.47)
    np.testing.assert_array_equal(align(raster, on, Resampling.nearest).values[sure], expected[sure])


def test_srtm_tiles_and_a_vrt_over_two_of_them(tmp_path):
    for tile, lon in (("N21E106", 106), ("N21E107", 107)):
        heights = np.full((1201, 1201), lon, dtype=">i2")
        heights[600, 600] = -32768
        (tmp_path / f"{tile}.hgt").write_bytes(heights.tobytes())
    tiles = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="1">N21E{lon}.hgt</SourceFilename>'
        f"<SourceBand>1</SourceBand>"
        f'<SrcRect xOff="0" yOff="0" xSize="1201" ySize="1201"/>'
        f'<DstRect xOff="{1200 * (lon - 106)}" yOff="0" xSize="1201" ySize="1201"/></SimpleSource>'
        for lon in (106, 107)
    )
    (tmp_path / "all.vrt").write_text(
        f'<VRTDataset rasterXSize="2401" rasterYSize="1201"><SRS>EPSG:4326</SRS>'
        f"<GeoTransform>{106 - STEP / 2}, {STEP},"
        f' 0, {22 + STEP / 2}, 0, -{STEP}</GeoTransform><VRTRasterBand dataType="Int16" band="1">'
        f"<NoDataValue>-32768</NoDataValue>{tiles}</VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    raster, problems = opened(tmp_path / "all.vrt")
    terrain = read_terrain(raster, grid(), problems)
    assert said(problems) == "" and {path.name for path in raster.files} >= {"N21E106.hgt", "N21E107.hgt"}
    assert np.nanmin(terrain.values) == 106 and np.nanmax(terrain.values) == 107
    single, problems = opened(tmp_path / "N21E107.hgt")
    on = grid_over((740_000, 2_370_000, 745_000, 2_375_000), CRS, 90.0)
    assert np.nanmin(read_terrain(single, on, problems).values) == 107 and said(problems) == ""
    (tmp_path / "N21E106.hgt").unlink()
    raster, problems = opened(tmp_path / "all.vrt")
    assert read_terrain(raster, grid(), problems) is None
    assert "whose pixels can be read" in said(problems)


def test_voids_on_land_are_counted_and_located_at_sea_they_are_0(tmp_path):
    heights = np.full((SIZE, SIZE), 100.0, dtype=np.float32)
    heights[:, 200:] = -9999  # the sea
    heights[100:125, 50:75] = -9999  # a void on the land
    write(tmp_path / "t.tif", heights, nodata=-9999)
    raster, problems = opened(tmp_path / "t.tif")
    on = grid()
    terrain = read_terrain(raster, on, problems)
    filled, land = land_of(terrain, "t.tif", None, on, problems)
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(*centres(on))
    assert (land[lon < WEST + 198 * STEP] == 1).all() and (land[lon > WEST + 202 * STEP] == 0).all()
    assert (filled[land == 0] == 0).all()
    void = np.isnan(filled)
    assert 50 < void.sum() < 120 and problems.error_count == 0
    assert np.all(np.abs((lon[void] - WEST) / STEP - 62) < 14) and np.all(
        np.abs((NORTH - lat[void]) / STEP - 112) < 14
    )
    assert f"found '{void.sum()} pixels without height on land, within 106.8" in said(problems)


def test_a_land_raster_goes_before_the_heights(tmp_path):
    write(tmp_path / "t.tif", np.full((SIZE, SIZE), 5.0, dtype=np.float32))
    mask = np.ones((SIZE, SIZE), dtype=np.uint8)
    mask[:180] = 0
    write(tmp_path / "land.tif", mask)
    on = grid()
    raster, problems = opened(tmp_path / "t.tif")
    terrain = read_terrain(raster, on, problems)
    heights, land = land_of(terrain, "t.tif", opened(tmp_path / "land.tif")[0], on, problems)
    assert said(problems) == "" and 0.4 < land.mean() < 0.6 and (heights == 5).all()
    write(tmp_path / "land.tif", mask * 17)
    land_of(terrain, "t.tif", opened(tmp_path / "land.tif")[0], on, problems)
    assert problems.error_count == 1 and "found '17'" in said(problems)


@pytest.mark.parametrize(
    ("more", "values", "message"),
    [
        ({"crs": None}, np.zeros((9, 9), np.int16), "a raster that names its CRS"),
        ({}, np.zeros((3, 9, 9), np.uint8), "found '3 bands'"),
        ({"transform": Affine.identity()}, np.zeros((9, 9), np.int16), "a georeferenced raster"),
    ],
)  # fmt: skip
def test_unusable_rasters(tmp_path, more, values, message):
    write(tmp_path / "t.tif", values, **more)
    raster, problems = opened(tmp_path / "t.tif")
    assert raster is None and problems.error_count == 1 and message in said(problems)


def test_feet_are_not_taken_for_metres(tmp_path):
    write(tmp_path / "t.tif", np.zeros((9, 9), np.int16))
    with rasterio.open(tmp_path / "t.tif", "r+") as sink:
        sink.units = ["ft"]
    raster, problems = opened(tmp_path / "t.tif")
    assert raster is None and "heights in metres" in said(problems)


def test_no_raster_and_no_file(tmp_path):
    (tmp_path / "t.tif").write_bytes(b"not a raster")
    assert opened(tmp_path / "t.tif")[0] is None
    assert "a raster that GDAL reads" in said(opened(tmp_path / "t.tif")[1])
    assert "did you mean 't.tif'" in said(opened(tmp_path / "tt.tif")[1])


def test_a_raster_that_does_not_reach_the_area_or_only_a_part(tmp_path):
    write(tmp_path / "far.tif", np.ones((SIZE, SIZE), np.int16), Affine(STEP, 0, 103.0, 0, -STEP, NORTH))
    raster, problems = opened(tmp_path / "far.tif")
    assert read_terrain(raster, grid(), problems) is None
    assert "a raster that reaches the area (106." in said(
        problems
    ) and "it covers 103.00 to 103.30° E" in said(problems)
    write(
        tmp_path / "part.tif", np.ones((SIZE, SIZE), np.int16), Affine(STEP, 0, WEST + 0.15, 0, -STEP, NORTH)
    )
    raster, problems = opened(tmp_path / "part.tif")
    terrain = read_terrain(raster, grid(), problems)
    assert problems.error_count == 0 and "of the area; missing within 106.8" in said(problems)
    np.testing.assert_array_equal(terrain.covered, np.isfinite(terrain.values))


def test_heights_no_mountain_has(tmp_path):
    heights = np.full((SIZE, SIZE), 20.0, dtype=np.float32)
    heights[100:200, 100:200] = -32768  # a void that the file does not declare
    write(tmp_path / "t.tif", heights)
    raster, problems = opened(tmp_path / "t.tif")
    assert read_terrain(raster, grid(), problems) is None
    assert "heights of -500 to 9000 m" in said(problems) and "nodata" in said(problems)


def test_clutter_heights(tmp_path):
    values = np.full((SIZE, SIZE), 12, dtype=np.uint8)
    values[:100] = 255
    write(tmp_path / "c.tif", values, nodata=255)
    raster, problems = opened(tmp_path / "c.tif")
    clutter = read_clutter(raster, grid(), problems)
    assert said(problems) == "" and set(np.unique(clutter)) == {0.0, 12.0}
    write(tmp_path / "c.tif", values)
    raster, problems = opened(tmp_path / "c.tif")
    read_clutter(raster, grid(), problems)
    assert "not land-cover classes" in said(problems)
