"""Compute the list of sub-packages, so that a new one can never be missing from the wheel."""

from pathlib import Path

from setuptools import setup

ROOTS = {
    "phusong": "src/phusong",
    "phusong.coverage": "coverage",
    "phusong.gis_data": "gis_data",
    "phusong.maps": "maps",
}


def packages() -> list[str]:
    """Return every folder with an ``__init__.py`` under the mapped roots, as a dotted name."""
    here = Path(__file__).parent
    return sorted(
        ".".join((name, *init.parent.relative_to(here / folder).parts))
        for name, folder in ROOTS.items()
        for init in (here / folder).rglob("__init__.py")
    )


setup(packages=packages())
