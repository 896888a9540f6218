"""Phủ Sóng: a mobile coverage-gap planner."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("phusong")
