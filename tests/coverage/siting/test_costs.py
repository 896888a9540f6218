"""Bills against sums worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from phusong.coverage.siting.candidates import Candidate
from phusong.coverage.siting.costs import CostModel, annuity, station_cost_lines, total, with_power
from phusong.project import load_presets
from phusong.project_rules import CostsSection

PRICES = CostModel(
    preset="test", source="by hand", date=date(2024, 12, 31), status="test", currency="million VND",
    horizon_years=2, discount_rate=0.25, opex_share_of_capex=0.1,
    new_tower=250, tower_per_m=4, civil_works=130, pole_adaptation=35, radio_per_technology=190,
    remote_sector=120, tenancy_per_year=26, pole_rent_per_year=8, land_per_year=12, fibre_per_km=150,
    microwave_hop=110, satellite=80, satellite_per_year=90, grid_power=40, solar_power=180,
    hybrid_power=260, hybrid_per_year=15, grid_per_km=350,
    access_per_km=60, maximum_fibre_km=12, maximum_microwave_km=25,
)  # fmt: skip

TOWER = Candidate(
    candidate_id="new:1:2", kind="new_tower", host="ground", host_id="new:1:2", owner="A", x_m=1.0, y_m=2.0,
    host_height_m=42.0, antenna_height_m=41.0, technologies=("4G", "5G"), azimuths_deg=(0.0, 120.0, 240.0),
    power_limit_dbm=46.0,
    power="solar", connected=False, access_km=1.5,
)  # fmt: skip

FACTOR = 1 / 1.25 + 1 / 1.25**2  # two yearly payments at 25 %: 1.44


def values(lines):
    return {line.name: line.present_value for line in lines}


def test_two_payments_at_25_percent():
    assert annuity(0.25, 2) == pytest.approx(1.44)
    assert annuity(0.0, 10) == 10


def test_a_new_tower_pays_for_everything():
    lines = station_cost_lines(TOWER, 110.0, 0.0, PRICES)
    upkeep = 1 + 0.1 * 1.44
    assert values(lines) == pytest.approx(
        {
            "tower": (250 + 12 * 4) * upkeep,
            "civils": 130 * upkeep,
            "tenancy": 12 * 1.44,
            "radio": 380 * upkeep,
            "backhaul": 110 * upkeep,
            "power": 180 * upkeep,
            "access": 90 * upkeep,
        }
    )
    assert total(lines) == pytest.approx((298 + 130 + 380 + 110 + 180 + 90) * 1.144 + 17.28)
    assert sum(line.capital for line in lines) == 1188


def test_a_low_tower_costs_no_less_than_the_base():
    lines = station_cost_lines(replace(TOWER, host_height_m=20.0), 0.0, 0.0, PRICES)
    assert values(lines)["tower"] == pytest.approx(250 * 1.144)


def test_a_second_tenant_rents_and_gets_a_meter():
    tenant = replace(TOWER, kind="colocation", host="mast", technologies=("4G",), power="grid", access_km=0.0)
    lines = values(station_cost_lines(tenant, 0.0, 0.0, PRICES))
    assert lines == pytest.approx(
        {"tower": 0, "civils": 0, "tenancy": 26 * 1.44, "radio": 190 * 1.144, "backhaul": 0,
         "power": 40 * 1.144, "access": 0}
    )  # fmt: skip


def test_an_upgrade_pays_for_radio_only():
    own = replace(TOWER, kind="upgrade", host="mast", technologies=("4G",), power="existing", access_km=0.0)
    assert total(station_cost_lines(own, 0.0, 0.0, PRICES)) == pytest.approx(190 * 1.144)


def test_a_remote_sector_on_a_pole():
    pole = replace(
        TOWER, kind="remote_sector", host="pole", technologies=("4G",), power="grid", access_km=0.0
    )
    lines = values(station_cost_lines(pole, 300.0, 0.0, PRICES))
    assert lines == pytest.approx(
        {"tower": 0, "civils": 35 * 1.144, "tenancy": 8 * 1.44, "radio": 120 * 1.144,
         "backhaul": 300 * 1.144, "power": 40 * 1.144, "access": 0}
    )  # fmt: skip


def test_a_satellite_is_paid_every_year():
    lines = values(station_cost_lines(TOWER, 80.0, 90.0, PRICES))
    assert lines["backhaul"] == pytest.approx(80 + (8 + 90) * 1.44)


def test_a_generator_burns_fuel_every_year():
    hybrid = values(station_cost_lines(replace(TOWER, power="hybrid"), 0.0, 0.0, PRICES))
    assert hybrid["power"] == pytest.approx(260 * 1.144 + 15 * 1.44)


def test_a_power_line_is_built_where_it_is_cheaper_than_solar():
    # 40 + 350 L against 180: equal at 0.4 km, upkeep is the same share of both.
    near, far = (with_power(replace(TOWER, mains_km=km), PRICES) for km in (0.39, 0.41))
    assert (near.power, near.grid_km) == ("grid", 0.39)
    assert (far.power, far.grid_km) == ("solar", 0.0)
    assert values(station_cost_lines(near, 0.0, 0.0, PRICES))["power"] == pytest.approx(
        (40 + 350 * 0.39) * 1.144
    )
    assert with_power(replace(TOWER, power="existing", mains_km=0.0), PRICES).power == "existing"


def test_the_fields_are_those_of_the_project_file():
    section = CostsSection(**{**load_presets()["costs"]["rural-2024"], "preset": "rural-2024"})
    model = CostModel(**section.model_dump())
    assert vars(model) == section.model_dump()
    assert model.faults() == []


def test_a_negative_price_is_named():
    assert replace(PRICES, fibre_per_km=-1.0).faults() == [("fibre_per_km", "-1", "a number >= 0")]
