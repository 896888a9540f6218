"""Pictures that are kept: drawn once, drawn again when anything they show changes, never taken damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from phusong.maps.kept_pictures import KeptPictures
from phusong.maps.pieces import Pieces

TABLE = pd.DataFrame({"name": ["Thôn 1", None], "people": [10, 20]})
PLACES = gpd.GeoDataFrame(
    {"verdict": ["covered", "no_4g"]}, geometry=gpd.points_from_xy([0.0, 1.0], [2.0, 3.0]), crs="EPSG:32648"
)


class Drawer:
    """Draws a line, and counts how often."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self) -> Figure:
        self.drawn += 1
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([0, 1], [0, 1])
        return figure


def asked(
    path: Path, shows: list[object], draw: Drawer, vector: bool = True
) -> tuple[bytes, bytes | None, str]:
    kept = KeptPictures(Pieces(path))
    (found,) = kept.get(shows, "A line", draw, vector=vector)
    kept.save()
    return found.png, found.svg, found.alternative


@pytest.mark.parametrize("vector", [False, True])
def test_the_same_is_drawn_once(tmp_path: Path, vector: bool) -> None:
    draw = Drawer()
    first, second = (asked(tmp_path / "kept", [TABLE, PLACES], draw, vector) for _ in range(2))
    assert first == second
    assert draw.drawn == 1
    assert first[0].startswith(b"\x89PNG")
    assert (first[1] is not None) == vector


@pytest.mark.parametrize(
    "changed",
    [
        [TABLE.assign(people=[10, 21]), PLACES], [TABLE.rename(columns={"people": "n"}), PLACES],
        [TABLE[["people", "name"]], PLACES], [TABLE, PLACES.assign(verdict="covered")],
        [TABLE, PLACES.set_geometry(PLACES.translate(1.0))], [TABLE, PLACES.geometry],
        [TABLE, PLACES, np.zeros(3)], [TABLE[::-1], PLACES],
    ],
)  # fmt: skip
def test_what_shows_something_else_is_drawn(tmp_path: Path, changed: list[object]) -> None:
    draw = Drawer()
    asked(tmp_path / "kept", [TABLE, PLACES], draw)
    asked(tmp_path / "kept", changed, draw)
    assert draw.drawn == 2


def test_a_damaged_file_changes_nothing(tmp_path: Path) -> None:
    path, draw = tmp_path / "kept", Drawer()
    whole = asked(path, [TABLE], draw)
    data = path.read_bytes()
    for at in (5, 30, 60, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert asked(path, [TABLE], draw) == whole
        assert path.read_bytes() == data
        path.write_bytes(data[:at])
        assert asked(path, [TABLE], draw) == whole
    assert draw.drawn > 5


def test_no_figure_no_picture(tmp_path: Path) -> None:
    for _ in range(2):
        kept = KeptPictures(Pieces(tmp_path / "kept"))
        assert kept.get(["nothing"], "Nothing", lambda: None) == []
        kept.save()


def test_a_run_that_draws_nothing_goes_without_what_draws() -> None:
    code = (
        "import sys, phusong.pipeline, phusong.update;"
        "print([m for m in ('matplotlib', 'folium', 'openpyxl', 'scipy.optimize') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"
