"""The limits of a request as rows of the model, each with its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..covering.highs import MixedIntegerProblem
from .choice import TOLERANCE
from .contract import BuildingRequest
from .cuts import ConnectionCut
from .model import BuildingModel
from .small import SmallBuilding

__all__ = ["LimitRow", "limit_rows", "limited_problem", "needed_groups"]


@dataclass(frozen=True)
class LimitRow:
    """lower <= entries · columns <= upper.

    Attributes
    ----------
    limit : str
        As in `Blame.limit`; "money" for rows of budget and funds.
    index : int
        Fund rows: of the money row; else as in `Blame.index`.
    entries : ndarray of float64, (columns,)
    lower, upper : float
    """

    limit: str
    index: int
    entries: NDArray[np.float64]
    lower: float
    upper: float


def needed_groups(small: SmallBuilding, request: BuildingRequest) -> NDArray[np.bool_]:
    """Tell which hamlets some limit counts."""
    needed = np.full(len(small.need), request.minimum_hamlets > 0)
    needed[list(request.mandatory_hamlets)] = True
    return needed | np.isin(small.commune, list(request.commune_minimum))


def limit_rows(model: BuildingModel, request: BuildingRequest) -> list[LimitRow]:
    """Return the limits of a request, but for those that the small problem keeps by itself."""
    small = model.small
    rows = [
        LimitRow("money", k, model.spending(k), -np.inf, float(limit))
        for k, limit in enumerate(small.money.limit)
    ]
    if request.maximum_stations is not None:
        stations = model.expression("fewest_stations")
        rows.append(LimitRow("maximum_stations", -1, stations, -np.inf, request.maximum_stations))
    if request.minimum_value > 0:
        value = model.expression("value")
        rows.append(LimitRow("minimum_value", -1, value, request.minimum_value, np.inf))
    if request.minimum_hamlets > 0:
        hamlets = model.expression("hamlets")
        rows.append(LimitRow("minimum_hamlets", -1, hamlets, request.minimum_hamlets, np.inf))
    if request.minimum_sharing > 0:
        sharing = model.options(small.shared.astype(np.float64) - request.minimum_sharing)
        rows.append(LimitRow("minimum_sharing", -1, sharing, 0.0, np.inf))
    for commune, least in sorted(request.commune_minimum.items()):
        if least > 0:
            here = model.served(small.counts & (small.commune == commune))
            rows.append(LimitRow("commune_minimum", commune, here, least, np.inf))
    for hamlet in sorted(set(request.mandatory_hamlets)):
        this = np.arange(len(small.need)) == hamlet
        rows.append(LimitRow("mandatory_hamlet", hamlet, model.served(this & small.counts), 1.0, np.inf))
    return rows + _host_rows(model, request)


def _host_rows(model: BuildingModel, request: BuildingRequest) -> list[LimitRow]:
    small = model.small
    rows = []
    for host in sorted(set(request.mandatory_hosts)):
        here = model.options((small.host_id[small.host] == host).astype(np.float64))
        rows.append(LimitRow("mandatory_host", host, here, 1.0, np.inf))
    for place in sorted(set(request.mandatory_places)):
        here = model.options((small.place_id[small.host] == place).astype(np.float64))
        rows.append(LimitRow("mandatory_place", place, here, 1.0, np.inf))
    for built in request.built:
        this = model.options((small.option == built.option).astype(np.float64))
        rows.append(LimitRow("built", built.option, this, 1.0, np.inf))
    return rows


def limited_problem(
    model: BuildingModel,
    limits: list[LimitRow],
    objective: NDArray[np.float64],
    *,
    maximise: bool,
    cuts: Sequence[ConnectionCut] = (),
) -> MixedIntegerProblem:
    """Return the problem with an objective, the limits and connection cuts.

    Rows in money and value are scaled by their limit: the solver's tolerance then is relative.
    """
    rows = model.rows.copy()
    for row in limits:
        bound = max((abs(b) for b in (row.lower, row.upper) if np.isfinite(b)), default=1.0)
        scale = 1.0 / max(1.0, bound) if row.limit in ("money", "minimum_value", "criterion") else 1.0
        lower = row.lower * scale
        if row.limit in ("minimum_value", "criterion") and np.isfinite(lower):
            lower -= 1e-3 * TOLERANCE * abs(lower)
        rows.one(row.entries * scale, lower, row.upper * scale)
    for cut in cuts:
        rows.add(np.zeros(len(cut.column)), cut.column, cut.entry, [-np.inf], [0.0])
    lower_rows, upper_rows = rows.bounds()
    return MixedIntegerProblem(
        maximise=maximise,
        objective=objective,
        lower=np.zeros(model.columns),
        upper=np.ones(model.columns),
        integer=model.integer,
        rows=rows.matrix(model.columns),
        row_lower=lower_rows,
        row_upper=upper_rows,
    )
