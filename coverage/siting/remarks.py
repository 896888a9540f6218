"""What has to be said about a whole plan, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .options import SitingOptions
from .problem import SitingProblem
from .proposal import ProposedStation, Remark

__all__ = ["remarks_on"]


def remarks_on(
    siting: SitingProblem, stations: Sequence[ProposedStation], options: SitingOptions
) -> tuple[Remark, ...]:
    """Return the remarks: why a plan is empty, and which radio was assumed."""
    remarks = []
    cheapest = _cheapest(siting)
    if not siting.stock.lacking.any():
        en, vi = (
            "No demand point lacks service: nothing to build.",
            "Không còn điểm nào thiếu sóng: không cần xây.",
        )
        remarks.append(Remark("nothing_to_serve", en, vi))
    elif not siting.stock.candidates:
        en = f"No host lies within {options.reach_m:g} m of a point without service."
        vi = f"Không có vị trí nào trong phạm vi {options.reach_m:g} m quanh điểm thiếu sóng."
        remarks.append(Remark("no_candidate", en, vi))
    elif not stations and cheapest > options.budget:
        en = f"The budget {options.budget:g} is below the cheapest candidate ({cheapest:.1f})."
        vi = f"Ngân sách {options.budget:g} thấp hơn phương án rẻ nhất ({cheapest:.1f})."
        remarks.append(Remark("budget_too_small", en, vi))
    radio = siting.stock.radio
    preset = [t for t in options.technologies if radio[t].source == "preset"]
    if preset:
        en = f"{options.operator} runs no {', '.join(preset)} sector: new stations use the preset radio."
        vi = f"{options.operator} chưa có sector {', '.join(preset)}: trạm mới dùng cấu hình mặc định."
        remarks.append(Remark("preset_radio", en, vi))
    return tuple(remarks)


def _cheapest(siting: SitingProblem) -> float:
    """Return what the cheapest station that serves anybody costs; infinite where none does."""
    building, links = siting.building, siting.building.links
    ways = np.minimum(np.minimum(links.fibre_cost, links.hop_cost), links.satellite_cost)
    price = building.line_cost.sum(axis=1) + ways[building.host]
    serves = np.asarray(building.cover.sum(axis=0)).ravel() > 0
    return float(price[serves].min(initial=np.inf))
