"""The figures of reports, by functions that import what draws them at their first call.

Pictures are kept from run to run, so that most runs draw none, and matplotlib takes longer to import than a
report to write: this is why it is not imported at the top of the modules that may ask for a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = [
    "commune_figure", "cost_figure", "frontier_plot", "links_figure", "overview_map", "plan_figure",
    "plan_map", "reason_figure", "sheet_layers", "year_figure",
]  # fmt: skip


def _later(module: str, name: str) -> Callable[..., Any]:
    def draw(*arguments: Any) -> Any:
        return getattr(import_module(f".{module}", __package__), name)(*arguments)

    return draw


commune_figure = _later("figures", "commune_figure")
cost_figure = _later("figures", "cost_figure")
frontier_plot = _later("frontier_plot", "frontier_plot")
links_figure = _later("siting_figures", "links_figure")
overview_map = _later("figures_map", "overview_map")
plan_figure = _later("figures", "plan_figure")
plan_map = _later("siting_figures", "plan_map")
reason_figure = _later("figures", "reason_figure")
sheet_layers = _later("sheet_layers", "sheet_layers")
year_figure = _later("figures", "year_figure")
