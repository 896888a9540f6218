"""What [siting], [siting_rules] and the command line ask for, and the cache of candidates' levels."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from phusong.console import Reporter
from phusong.coverage.siting.options import Phase
from phusong.errors import InputError, Problem
from phusong.project import load_project
from phusong.scene import Options, read
from phusong.siting_cache import CandidateLevels
from phusong.siting_inputs import SitingAsk, as_asked, parse_phases, siting_goal, siting_options

BASE = """\
operators = ["A", "B"]
[project]
name = "x"
as_of = 2025-12-31
[area]
crs = "EPSG:32648"
resolution_m = 90
[rasters]
terrain = "t.tif"
[layers]
villages = "v.csv"
masts = "m.csv"
cells = "c.csv"
"""


def project(tmp_path: Path, siting: str = ""):
    (tmp_path / "phusong.toml").write_text(BASE + siting, encoding="utf-8")
    return load_project(tmp_path)


def test_rules_come_from_a_preset_and_can_be_overridden(tmp_path):
    plain = siting_options(project(tmp_path))
    assert plain.operator == "A"
    assert plain.new_mast_heights_m == (30.0, 42.0, 60.0)
    assert plain.microwave_bands == ((4.0, 23.0), (12.0, 15.0), (25.0, 7.5))
    assert (plain.colocation_drop_m, plain.small_station_power_dbm) == (5.0, 40.0)
    own = siting_options(project(tmp_path, "[siting_rules]\nroute_factor = 1.6\nnew_mast_heights_m = [50]\n"))
    assert (own.route_factor, own.new_mast_heights_m) == (1.6, (50.0,))
    assert own.fresnel_share == plain.fresnel_share


def test_funds_phases_and_limits_reach_the_engine(tmp_path):
    text = """
[siting]
operator = "B"
minimum_sharing = 0.3
mandatory_hamlets = ["H1"]
commune_minimum = { "Đồng Văn" = 2 }
second_criteria = ["most_shared", "centres"]
[[siting.funds]]
name = "public"
limit = 900
lines = ["tower", "civils", "power", "access"]
[[siting.funds]]
name = "operator"
limit = 5000
[[siting.phases]]
year = 2026
budget = 1000
[[siting.phases]]
year = 2027
budget = 500
"""
    given = project(tmp_path, text)
    goal, options = siting_goal(given), siting_options(given)
    assert goal.faults() == options.faults() == []
    assert options.operator == "B"
    assert options.budget == 1500.0
    assert [fund.name for fund in goal.funds] == ["public", "operator"]
    assert goal.funds[0].lines == ("tower", "civils", "power", "access")
    assert goal.phases == (Phase(2026, 1000.0), Phase(2027, 500.0))
    assert goal.commune_minimum == {"Đồng Văn": 2}
    assert goal.second_criteria == ("most_shared", "centres")


def test_the_command_line_goes_before_the_project(tmp_path):
    given = project(tmp_path, "[siting]\nbudget = 8000\n")
    ask = SitingAsk(
        frontier=4, robustness=True, time_limit_s=5.0, phases=parse_phases(["2026=100", "2027=50"])
    )
    assert siting_goal(given, ask).frontier == (37.5, 75.0, 112.5, 150.0)
    assert siting_goal(given, ask).robustness
    assert siting_options(given, ask).time_limit_s == 5.0
    least = SitingAsk(target_share=0.9)
    assert siting_goal(given, least).objective == "least_cost"
    assert siting_options(given, least).budget == 8000.0
    free = project(tmp_path)
    assert math.isinf(siting_options(free, least).budget)
    with pytest.raises(InputError, match="add --budget"):
        siting_goal(free, SitingAsk(least_cost=True, frontier=3))


@pytest.mark.parametrize("text", ["2026", "soon=5", "2026=much"])
def test_a_phase_that_is_none(text):
    with pytest.raises(InputError, match="2026=8000"):
        parse_phases([text, "2026=1"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[siting]\noperator = "C"\n', "operators: A, B"),
        ("[siting]\nbudget = -1\n", "siting.budget"),
        ("[siting]\nminimum_sharing = 1.2\n", "siting.minimum_sharing"),
        ("[siting]\nmaximum_hops = 5\n", "siting.maximum_hops"),
        ('[siting]\nmandatory_hosts = ["M"]\nforbidden_hosts = ["M"]\n', "not both: M"),
        ('[siting]\ncommune_minimum = { "X" = -1 }\n', "siting.commune_minimum"),
        ('[[siting.funds]]\nname = "p"\nlimit = 1\nlines = ["tower"]\n', "a fund that may pay for civils"),
        ('[[siting.funds]]\nname = "p"\nlimit = 1\nlines = ["steel"]\n', "siting.funds.0.lines.0"),
        ("[[siting.phases]]\nyear = 2027\nbudget = 1\n[[siting.phases]]\nyear = 2026\nbudget = 1\n", "years that rise"),
        ("[siting_rules]\nmicrowave_bands = [[9, 15], [4, 23]]\n", "rising"),
        ("[siting_rules]\nroute_factor = 0.5\n", "siting_rules.route_factor"),
        ("[costs]\nnew_tower = -5\n", "costs.new_tower"),
    ],
)  # fmt: skip
def test_wrong_values_are_one_clear_line_each(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        project(tmp_path, text)
    assert len(caught.value.problems) == 1
    assert words in str(caught.value)


def test_levels_come_back_as_they_went_and_damage_costs_only_time(tmp_path):
    kept = CandidateLevels(tmp_path / ".phusong")
    context = (np.arange(3.0), "model")
    assert kept.load(context) == {}
    rows = {
        "b" * 32: (np.array([1, 4], np.int32), np.array([-90.5, -101.25], np.float32)),
        "a" * 32: (np.zeros(0, np.int32), np.zeros(0, np.float32)),
    }
    kept.save(context, rows)
    back = kept.load(context)
    assert set(back) == set(rows)
    for key, (point, level) in rows.items():
        assert back[key][0].tobytes() == point.tobytes()
        assert back[key][1].tobytes() == level.tobytes()
    assert kept.load((np.arange(3.0) + 1, "model")) == {}
    for k in range(6):
        kept.save((k,), rows)
    files = list((tmp_path / ".phusong").glob("candidates-*.npz"))
    assert len(files) == 4
    for path in files:
        path.write_bytes(path.read_bytes()[:-40])
    assert all(kept.load((k,)) == {} for k in range(6))


def test_check_tells_hosts_and_hamlets_that_are_not_there(own_valley):
    path = own_valley / "phusong.toml"
    text = path.read_text(encoding="utf-8")
    named = '[siting]\nmandatory_hosts = ["NOWHERE"]\nforbidden_hamlets = ["NOBODY"]\n'
    path.write_text(text.replace("[siting]\n", named), encoding="utf-8")
    given = load_project(own_valley)
    with pytest.raises(InputError) as caught:
        read(Options(given, given.project.as_of, "en", 1, Reporter("en", quiet=True)))
    assert {(p.column, p.value) for p in caught.value.problems} == {
        ("siting.mandatory_hosts", "NOWHERE"),
        ("siting.forbidden_hamlets", "NOBODY"),
    }


def test_years_go_with_neither_a_budget_nor_the_least_cost(tmp_path):
    years = parse_phases(["2026=100"])
    with pytest.raises(InputError) as caught:
        siting_options(project(tmp_path), SitingAsk(budget=5.0, phases=years, least_cost=True))
    assert [problem.column for problem in caught.value.problems] == ["--budget", "--least-cost"]
    told = project(tmp_path, '[siting]\nobjective = "least_cost"\n')
    with pytest.raises(InputError, match="no years"):
        siting_options(told, SitingAsk(phases=years))


def test_problems_name_the_option_that_asked(tmp_path):
    problems = [
        Problem("phusong.toml", "x", "y", column=f"siting.{key}")
        for key in ("budget", "phases", "target_share", "time_limit_s", "minimum_sharing")
    ]
    kept = [problem.column for problem in problems]
    assert [problem.column for problem in as_asked(problems, None)] == kept
    ask = SitingAsk(budget=1.0, target_share=0.5, time_limit_s=3.0)
    found = as_asked(problems, ask)
    assert [problem.column for problem in found] == [
        "--budget", "siting.phases", "--target-share", "--time-limit", "siting.minimum_sharing",
    ]  # fmt: skip
    assert found[0].mend == "mend the option"
    by_years = as_asked(problems, SitingAsk(phases=parse_phases(["2026=1"])))
    assert [problem.column for problem in by_years][:2] == ["--phase", "--phase"]
