"""Which demand points new stations should serve: what the gaps leave over."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .cells import CellTable, PointLevels, PointTable
from .gaps import GapRule, Verdicts
from .measured import MeasuredGroups
from .point_service import point_service, selected_cells, with_measurements

__all__ = ["Target", "unserved_points"]

Target = Literal["dead_zones", "voice", "broadband", "4G"]
"""Points of dead-zone hamlets without voice; or every point of a hamlet without the named service."""


def unserved_points(
    target: Target,
    points: PointTable,
    levels: PointLevels,
    cells: CellTable,
    rule: GapRule,
    verdicts: Verdicts,
    as_of: np.datetime64,
    operator: str,
    measured: MeasuredGroups | None = None,
) -> NDArray[np.bool_]:
    """Tell which points belong to a hamlet that lacks a service and lack it from the operator who builds.

    The rule asks that one operator reach the share of people by itself, so what others cover does not help.

    Parameters
    ----------
    target : {"dead_zones", "voice", "broadband", "4G"}
        "dead_zones" asks for voice in hamlets whose verdict is a dead zone.
    points, levels, cells, rule, as_of
        As for `coverage.gaps.verdicts`.
    verdicts : Verdicts
        Over all operators, on the same day.
    operator : str
        Who builds.
    measured : MeasuredGroups or None
        Those that `verdicts` was judged with. Samples of the operator at a point take the place of the model:
        a point that they show without service is lacking, however strong the model has it, and the other way
        round.

    Returns
    -------
    ndarray of bool, (points,)
        False for places.

    Raises
    ------
    ValueError
        4G is asked for and the rule has no 4G.
    """
    if target == "4G" and "4G" not in rule.technologies:
        raise ValueError("4G is asked for, but the rule has no 4G")
    names: tuple[str, ...]
    served: NDArray[np.bool_]
    if target == "4G":
        names = ("4G",)
        served = verdicts.served[:, verdicts.technologies.index("4G")]
    elif target == "broadband":
        names, served = rule.broadband, verdicts.broadband
    elif target == "voice":
        names, served = rule.voice, verdicts.voice
    else:
        names, served = rule.voice, np.logical_not(verdicts.dead)
    service = point_service(
        len(points), levels, cells, rule.technologies, selected_cells(cells, as_of, operator)
    )
    if measured is not None:
        service = with_measurements(service, measured.of_operator(operator))
    columns = [t for t, name in enumerate(service.technologies) if name in names]
    covered = np.asarray((service.margin[:, :, columns] >= 0.0).any(axis=(1, 2)), dtype=bool)
    inside = points.village >= 0
    lacks = np.zeros(len(points), dtype=bool)
    lacks[inside] = ~(served[points.village[inside]] | covered[inside])
    return lacks
