"""``phusong init``: an empty project with a template of every table."""

from __future__ import annotations

from pathlib import Path

from .errors import InputError, Problem
from .project import PROJECT_FILE

__all__ = ["refuse_to_overwrite", "write_new_project"]

_PROJECT = """\
# A Phủ Sóng project. Fill the tables in layers/, name your terrain below, then: phusong check; phusong run
operators = ["Viettel", "VNPT", "MobiFone", "Vietnamobile"]
# antennas = ["antennas/*.msi"]  # MSI/Planet files; cells name a file without its suffix, or the NAME in it

[project]
name = "My province"
language = "vi"            # of outputs: "vi" or "en"
as_of = 2025-12-31         # the network of the end of this day

[area]
crs = "EPSG:32648"         # metric CRS of the run: UTM zone 48 N (106° E ± 3°); choose yours
resolution_m = 90
# hamlet_spacing_m = 250   # between the points inside hamlets that are drawn as areas and have no clusters
# bounds = [106.3, 20.6, 108.1, 21.7]   # west, south, east, north (degrees); default: hamlets and masts

[rasters]
terrain = "layers/terrain.tif"   # GeoTIFF, SRTM .hgt or VRT
terrain_kind = "dtm"             # "dtm" bare earth; "dsm" with canopy and roofs (Copernicus GLO-30)
# land = "layers/land.tif"       # 1 land, 0 sea; default: terrain above 0 m
# clutter = "layers/clutter.tif" # representative clutter height (m); not on a DSM
# population = "layers/population.tif"   # people per pixel: where the people of hamlets drawn as areas live

[layers]                         # CSV, XLSX, GeoPackage, GeoJSON, Shapefile, KML/KMZ, GeoParquet, MapInfo TAB
villages = "layers/villages.csv"
masts = "layers/masts.csv"
cells = "layers/cells.csv"
# Optional: clusters, poles, fibre_nodes, places, measurements, plan_items, plan_decisions, communes,
# commune_crosswalk, old_communes.
# A file in VN-2000: poles = { path = "layers/poles.csv", crs = "EPSG:5899" }

[criteria]
preset = "province"              # or ofcom, ucc-uganda, arcotel; every number can be overridden here

[propagation]
building = "traditional"         # of P(covered) indoors; or "thermally-efficient"
load = 0.5                       # of the other cells, for SINR
# calibration = "calibration/calibration.json"   # of `phusong calibrate`: measured corrections and spread
# model = "p1812-8"         # or free-space, okumura-hata, cost231-hata, extended-hata, 38901-rma, 38901-uma

[costs]
preset = "rural-2024"

# [duty]                         # places that must have 5G, and how far their duty reaches
# [measurements]                 # when samples near a hamlet decide instead of the model

# [statistics]                   # official figures, shown per 100 people beside the totals
# population = 1400000
# source = "Sở Khoa học và Công nghệ"
# date = 2025-12-31
# subscriptions = { "Di động" = 1900000, "Băng rộng di động" = 1500000 }

[siting]
technologies = ["4G"]
budget = 20000.0                 # million VND over the horizon
# objective = "least_cost"       # docs/siting.md: funds, phases, sharing, hosts, hamlets, weights
# [siting_rules]                 # heights of towers, microwave bands and other engineering rules

[outputs]
by_operator = false              # true: rasters of every operator besides those of all together
"""


def refuse_to_overwrite(folder: Path) -> None:
    """Raise InputError where a project already lies in `folder`."""
    if (folder / PROJECT_FILE).exists():
        mend = "give another folder, or delete this project yourself"
        raise InputError([Problem(str(folder / PROJECT_FILE), "a folder without a project", mend)])


def write_new_project(folder: Path) -> None:
    """Write phusong.toml and a template of every table; the three that a run needs are named in it."""
    from .gis_data.templates import write_templates

    refuse_to_overwrite(folder)
    (folder / "layers").mkdir(parents=True, exist_ok=True)
    write_templates(folder / "layers")
    (folder / PROJECT_FILE).write_text(_PROJECT, encoding="utf-8")
