"""Lines added to a project file of the user's."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.project import load_project
from phusong.project_entries import add_entries, add_operators, new_project_text

ENTRIES = {"rasters": {"land": "open-data/land.tif"}, "layers": {"masts": "open-data/masts.csv"}}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_what_is_missing_is_added_below_its_header(ending: str) -> None:
    text = ending.join(["# mine", "[layers] # here", 'villages = "v.csv"', "", "[area]", "resolution_m = 90"])
    changed, added = add_entries(text, ENTRIES)
    assert added == ["rasters.land", "layers.masts"]
    assert changed.split(ending)[:4] == [
        "# mine",
        "[layers] # here",
        'masts = "open-data/masts.csv"',
        'villages = "v.csv"',
    ]
    assert tomllib.loads(changed)["rasters"] == {"land": "open-data/land.tif"}
    assert "\n" not in changed.replace(ending, "")
    assert add_entries(changed, ENTRIES) == (changed, [])


def test_what_is_there_is_left(tmp_path: Path) -> None:
    text = '[rasters]\nland = "mine.tif"\n[layers.masts]\npath = "m.csv"\n'
    assert add_entries(text, ENTRIES) == (text, [])


@pytest.mark.parametrize(
    "text",
    [
        'rasters = { terrain = "t.tif" }\n',  # inline: no header to write below
        'rasters.terrain = "t.tif"\n',
        "layers = 3\n",
        'note = """\n[rasters]\n"""\n[rasters]\nterrain = "t.tif"\n',  # the header stands in a text first
    ],
)
def test_a_file_that_lines_would_spoil_comes_back_as_it_is(text: str) -> None:
    changed, added = add_entries(text, {"rasters": ENTRIES["rasters"]})
    before = tomllib.loads(text)
    if added:
        assert tomllib.loads(changed) == {
            **before,
            "rasters": {**before.get("rasters", {}), **ENTRIES["rasters"]},
        }
    else:
        assert changed == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_name_can_be_written(name: str) -> None:
    text = new_project_text(
        name, language="vi", as_of=date(2026, 11, 22), crs="EPSG:32648", bounds=(106, 20, 107, 21),
        operators=[name or "x"], entries=ENTRIES,
    )  # fmt: skip
    assert tomllib.loads(text)["project"]["name"] == name


def test_a_new_file_is_a_project(tmp_path: Path) -> None:
    text = new_project_text(
        'Tỉnh "Q"', language="en", as_of=date(2026, 11, 22), crs="EPSG:32648", bounds=(106.5, 20, 107, 21),
        operators=["Viettel"], entries={"rasters": {"terrain": "t.tif", "terrain_kind": "dsm"}, "layers": {}},
    )  # fmt: skip
    (tmp_path / "phusong.toml").write_text(text, encoding="utf-8")
    project = load_project(tmp_path)
    assert project.project.name == 'Tỉnh "Q"' and project.area.bounds == (106.5, 20, 107, 21)
    assert project.rasters.terrain_kind == "dsm" and project.operators == ("Viettel",)


@pytest.mark.parametrize("known", [[], ["A"], ["A", "C"]])
def test_operators_are_added_to_our_own_line_only(known: list[str]) -> None:
    text = new_project_text(
        "x", language="en", as_of=date(2026, 11, 22), crs="EPSG:32648", bounds=(106, 20, 107, 21), operators=known,
        entries={},
    )  # fmt: skip
    changed = add_operators(text, ["A", "B"])
    assert changed is not None and tomllib.loads(changed)["operators"] == list(
        dict.fromkeys([*known, "A", "B"])
    )
    assert add_operators(changed, ["A", "B"]) is None
    assert add_operators('operators = ["A"]\n', ["B"]) is None
