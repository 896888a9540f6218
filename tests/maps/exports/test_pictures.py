"""Pictures of the exports: coverage on the ground, legend, signs and profiles."""

import io

import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from phusong.coverage.cells import TechnologyRule
from phusong.gis_data.grid import Grid
from phusong.maps.classes import classify, level_edges
from phusong.maps.exports.legend import LegendLine, legend_png
from phusong.maps.exports.overlays import coverage_areas, ground_picture
from phusong.maps.exports.profile_png import profile_png
from phusong.maps.exports.signs import sign_png
from phusong.maps.palette import LEVEL_COLOURS, VERDICT_STYLE
from phusong.maps.profile_plot import ProfilePlot, profile_svg

GRID = Grid("EPSG:32648", 700_000.0, 2_340_000.0, 90.0, 120, 80)
RULE = TechnologyRule("4G", -105.0, 8.0, 0.9)


def level() -> np.ndarray:
    """Rises from west to east; nothing in the last rows."""
    found = np.tile(np.linspace(-130.0, -60.0, GRID.columns, dtype=np.float32), (GRID.rows, 1))
    found[100:] = np.nan
    return found


@pytest.mark.parametrize("pixels", [10**7, 2_000])
def test_coverage_lies_on_the_ground_where_it_is(pixels):
    made = ground_picture(level(), GRID, RULE, pixels=pixels)
    picture = np.array(Image.open(io.BytesIO(made.png)).convert("RGBA"))
    rows, columns = np.indices(picture.shape[:2])
    lon = made.west + (columns + 0.5) / picture.shape[1] * (made.east - made.west)
    lat = made.north - (rows + 0.5) / picture.shape[0] * (made.north - made.south)
    x, y = Transformer.from_crs(4326, GRID.crs, always_xy=True).transform(lon.ravel(), lat.ravel())
    row, column = GRID.row_column(x, y)
    inside = GRID.contains(x, y)
    expected = np.zeros(rows.size, dtype=np.uint8)
    expected[inside] = classify(level(), level_edges(RULE))[row[inside], column[inside]]
    colours = np.array([(0, 0, 0), *(tuple(bytes.fromhex(c[1:])) for c in LEVEL_COLOURS)], dtype=np.uint8)
    seen = picture.reshape(-1, 4)
    assert ((seen[:, 3] > 0) == (expected > 0)).mean() > 0.97
    both = (seen[:, 3] > 0) & (expected > 0)
    assert (seen[both, :3] == colours[expected[both]]).all(axis=1).mean() > 0.95
    assert picture.shape[0] * picture.shape[1] <= 1.2 * pixels


def test_areas_cover_what_the_classes_cover():
    areas = coverage_areas(level(), GRID, RULE)
    classes = classify(level(), level_edges(RULE))
    assert areas["level_class"].tolist() == ["weak", "uncertain", "covered", "strong"]
    assert areas["covered"].tolist() == [False, False, True, True]
    for k, area in enumerate(areas.geometry.area, start=1):
        assert area == (classes == k).sum() * 90.0**2
    coarse = coverage_areas(level(), GRID, RULE, pixels=GRID.rows * GRID.columns // 4)
    assert coarse["pixel_m"].unique().tolist() == [180.0]
    assert coarse.geometry.area.sum() == pytest.approx(areas.geometry.area.sum(), rel=0.05)


def test_every_verdict_has_a_sign_of_its_own():
    pictures = {code: sign_png(sign, colour) for code, (colour, sign) in VERDICT_STYLE.items()}
    assert len(set(pictures.values())) == len(VERDICT_STYLE)
    for png in pictures.values():
        picture = Image.open(io.BytesIO(png))
        assert picture.size == (48, 48) and picture.getpixel((0, 0))[3] == 0


def test_legend_grows_with_its_lines_and_cuts_long_ones():
    short = Image.open(io.BytesIO(legend_png([LegendLine("Khe Tiền")])))
    lines = [LegendLine("rất dài " * 50), LegendLine("4G", "#440154"), LegendLine("x", "#b2182b", "cross")]
    tall = Image.open(io.BytesIO(legend_png(lines)))
    assert tall.size[0] == short.size[0] and tall.size[1] > short.size[1]
    edge = np.array(tall)[:, -8:]
    assert (edge[..., :3] == 255).all()  # nothing runs over the edge


def test_profile_as_png_shows_ground_sight_and_texts():
    km = np.linspace(0.0, 6.0, 61)
    plot = ProfilePlot(
        title="Khe Tiền & <b>", verdict="Thiếu: Thoại", mast="M1", hamlet="Khe", distance_km=km,
        height_m=20.0 + 600.0 * np.exp(-(((km - 3.0) / 0.5) ** 2)), clutter_m=np.zeros(61), antenna_height_m=42.0,
        receiver_height_m=1.5, frequency_mhz=940.0, obstacle_km=3.0, obstacle_db=50.0, synthetic=True,
    )  # fmt: skip
    png = profile_png(profile_svg(plot, "vi"))
    picture = np.array(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    assert picture.shape == (420, 900, 3)

    def has(colour: str, box: tuple[int, int, int, int]) -> bool:
        left, top, right, bottom = box
        off = np.abs(picture[top:bottom, left:right] - list(bytes.fromhex(colour))).max(axis=2)
        return bool((off < 40).any())

    assert has("c9b48f", (460, 120, 480, 330))  # the ridge in the middle
    assert has("c53030", (780, 10, 880, 30)) and has("222222", (66, 10, 300, 50))  # synthetic; title
    assert not has("c9b48f", (100, 100, 200, 200))  # the air to its left
    assert png == profile_png(profile_svg(plot, "vi"))


@pytest.mark.parametrize(
    "text", ["", "<svg/>", "no picture", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"]
)
def test_what_is_no_profile_is_refused(text):
    with pytest.raises(ValueError, match="not a profile plot"):
        profile_png(text)
