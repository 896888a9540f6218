"""phusong.toml: presets filled in, overrides kept, every problem at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.errors import InputError
from phusong.project import load_presets, load_project

GOOD = """
operators = ["Viettel"]
[project]
name = "Test"
as_of = 2025-12-31
[area]
crs = "EPSG:32648"
resolution_m = 90
[rasters]
terrain = "dem.tif"
[layers]
villages = "v.csv"
poles = { path = "p.csv", crs = "EPSG:5899" }
"""


def write(folder: Path, text: str) -> Path:
    (folder / "phusong.toml").write_text(text, encoding="utf-8")
    return folder


def test_presets_are_filled_in(tmp_path: Path) -> None:
    project = load_project(write(tmp_path, GOOD))
    preset = load_presets()["criteria"]["province"]
    assert project.criteria.threshold_dbm == preset["threshold_dbm"]
    assert project.criteria.preset == "province"
    assert project.costs.new_tower == load_presets()["costs"]["rural-2024"]["new_tower"]
    assert project.layers["villages"].path == "v.csv"
    assert project.layers["poles"].crs == "EPSG:5899"


def test_a_number_can_be_overridden_alone(tmp_path: Path) -> None:
    text = GOOD + '[criteria]\npreset = "ofcom"\nthreshold_dbm = { 4G = -110.0 }\n[costs]\nnew_tower = 1.0\n'
    project = load_project(write(tmp_path, text))
    assert project.criteria.threshold_dbm["4G"] == -110.0
    assert project.criteria.threshold_dbm["2G"] == -81.0
    assert project.costs.new_tower == 1.0
    assert project.costs.civil_works == load_presets()["costs"]["rural-2024"]["civil_works"]


@pytest.mark.parametrize("name", ["criteria", "costs", "new_carriers"])
def test_every_preset_is_dated_and_sourced(name: str) -> None:
    for preset in load_presets()[name].values():
        assert preset["source"]
        assert preset["date"]
        assert preset["status"]


def test_new_carriers_are_of_4g_and_5g_unless_stated_and_licences_of_operators(tmp_path: Path) -> None:
    assert load_project(write(tmp_path, GOOD)).new_carriers.technologies == ("4G", "5G")
    stated = GOOD + '[new_carriers]\ntechnologies = ["4G"]\nlicensed = { 5G = ["Viettel"] }\n'
    project = load_project(write(tmp_path, stated))
    assert (project.new_carriers.technologies, project.new_carriers.licensed) == (
        ("4G",),
        {"5G": ("Viettel",)},
    )
    with pytest.raises(InputError, match="VNPT"):
        load_project(write(tmp_path, stated.replace('["Viettel"] }', '["VNPT"] }')))


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("resolution_m = 90", "resolution_m = -1").replace("as_of = 2025-12-31", "as_of = 3.5")
    text += "[propagation]\nn0 = 9999.0\nspeed = 1\n"
    with pytest.raises(InputError) as caught:
        load_project(write(tmp_path, text))
    columns = {problem.column for problem in caught.value.problems}
    assert {"area.resolution_m", "project.as_of", "propagation.n0", "propagation.speed"} <= columns
    assert all("phusong.toml" in str(problem) for problem in caught.value.problems)


def test_an_unknown_preset_hides_no_other_problem(tmp_path: Path) -> None:
    text = GOOD + '[criteria]\npreset = "provnce"\n[costs]\npreset = 3\n[siting]\nbudget = "abc"\n'
    with pytest.raises(InputError) as caught:
        load_project(write(tmp_path, text))
    problems = {problem.column: problem for problem in caught.value.problems}
    assert set(problems) == {"criteria.preset", "costs.preset", "siting.budget"}
    assert "province or ofcom" in problems["criteria.preset"].expected
    assert problems["criteria.preset"].mend == 'write preset = "province"'
    assert problems["siting.budget"].expected.startswith("a valid number")
    assert "Value error" not in str(caught.value) and "Input should be" not in str(caught.value)


def test_a_section_that_is_no_table_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'criteria'"):
        load_project(write(tmp_path, "criteria = 3\n" + GOOD))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not = [toml", "TOML"),
        (GOOD + '[costs]\npreset = "cheap"\n', "rural-2024"),
        (GOOD.replace('operators = ["Viettel"]', "operators = []"), "operators"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_project(write(tmp_path, text))


def test_a_missing_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="phusong init"):
        load_project(tmp_path)
