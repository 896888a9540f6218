"""A small building problem written out as rows and columns: the hop-layered model.

Columns: x (option built), z (class of demands covered), g (hamlet served), w (class covered twice, only where
that is a criterion), for every host its connections (`columns`), and sums y(i, l) of the connections
of host i with l hops. Rows:

    Σ x of a host = Σ of its connections;   Σ x of a place <= 1
    relays into j of one cost after l hops <= Σ y(i, l − 1) over the hosts i that they come from
    z <= Σ x that cover the class;   need·g <= Σ share·z
    g <= z where the hamlet cannot do without the class
    and the limits of the request, `limits`

Relays a(i, j, l) <= y(i, l − 1) of one cost are added up: they exist exactly when their sum is at most the
sum of the y, so the bound is that of the model with every arc, at a fraction of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .choice import Choice
from .columns import ANY_HOPS, ConnectionColumns, connection_columns
from .links import RELAY, SATELLITE
from .rows import RowList
from .small import SmallBuilding
from .wiring import Wiring, connected

__all__ = ["BuildingModel", "building_model", "choice_of", "columns_of"]


@dataclass(frozen=True)
class BuildingModel:
    """The structure of the problem: everything but objective and limits.

    Attributes
    ----------
    small : SmallBuilding
    rows : RowList
        The rows above.
    hamlet : ndarray of int64
        Group of each column g.
    connection : ConnectionColumns
    level_column : ndarray of int64, (hosts, hops + 1)
        Column of y(i, l); -1 where nothing can hang on such a station.
    first_class, first_hamlet, first_twice, first_link, columns : int
        Where the kinds of columns begin, and how many there are; x begins at 0.
    integer : ndarray of bool, (columns,)
    """

    small: SmallBuilding
    rows: RowList
    hamlet: NDArray[np.int64]
    connection: ConnectionColumns
    level_column: NDArray[np.int64]
    first_class: int
    first_hamlet: int
    first_twice: int
    first_link: int
    columns: int
    integer: NDArray[np.bool_]

    def expression(self, criterion: str) -> NDArray[np.float64]:
        """Return the coefficients of one sum: "value", "cost", "stations", … or a second criterion."""
        small, entries = self.small, np.zeros(self.columns)
        options = np.arange(len(small.option))
        if criterion in ("value", "most_value"):
            entries[self._classes] = small.weight
            entries[self._hamlets] = small.bonus[self.hamlet]
        elif criterion in ("cost", "least_cost"):
            entries[options] = small.cost
            entries[self._links] = self.connection.cost
        elif criterion == "fewest_stations":
            entries[options] = 1.0
        elif criterion == "fewest_towers":
            entries[options] = small.tower
        elif criterion == "most_shared":
            entries[options] = ~small.shared
        elif criterion == "hamlets":
            entries[self._hamlets] = small.counts[self.hamlet]
        elif criterion == "centres":
            entries[self._classes] = small.centre_weight
        elif criterion == "double_cover":
            entries[self.first_twice : self.first_link] = small.weight
        else:
            raise ValueError(f"unknown criterion {criterion!r}")
        return entries

    def spending(self, row: int) -> NDArray[np.float64]:
        """Return the coefficients of one row of the money limits."""
        entries = np.zeros(self.columns)
        entries[: len(self.small.option)] = self.small.row_cost[row]
        if self.small.money.backhaul[row]:
            entries[self._links] = self.connection.cost
        return entries

    def options(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return coefficients that are zero but for the options'."""
        entries = np.zeros(self.columns)
        entries[: len(weight)] = weight
        return entries

    def served(self, group: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the coefficients of the number of hamlets served among some groups."""
        entries = np.zeros(self.columns)
        entries[self._hamlets] = group[self.hamlet]
        return entries

    @property
    def _classes(self) -> slice:
        return slice(self.first_class, self.first_hamlet)

    @property
    def _hamlets(self) -> slice:
        return slice(self.first_hamlet, self.first_twice)

    @property
    def _links(self) -> slice:
        return slice(self.first_link, self.first_link + len(self.connection.host))


def building_model(
    small: SmallBuilding, needed_groups: NDArray[np.bool_], *, double_cover: bool = False
) -> BuildingModel:
    """Write out the structure.

    Parameters
    ----------
    small : SmallBuilding
    needed_groups : ndarray of bool, (groups,)
        Groups that must count even where their bonus is 0.
    double_cover : bool
        With the columns for demands covered twice.
    """
    classes, options = small.cover.shape
    hamlet = np.flatnonzero(small.counts & (needed_groups | (small.bonus > 0)))
    links = connection_columns(small.links)
    first_hamlet = options + classes
    first_twice = first_hamlet + len(hamlet)
    first_link = first_twice + (classes if double_cover else 0)
    rows = RowList()
    level_column, columns = _level_rows(rows, small, links, first_link)
    _host_rows(rows, small, links, first_link)
    _relay_rows(rows, links, first_link, level_column)
    _cover_rows(rows, small, options, first_twice if double_cover else None)
    single = _hamlet_rows(rows, small, hamlet, options, first_hamlet)
    integer = np.zeros(columns, bool)
    integer[:options] = True
    integer[first_hamlet:first_twice] = ~single
    integer[first_link:] = True
    return BuildingModel(
        small, rows, hamlet, links, level_column,
        options, first_hamlet, first_twice, first_link, columns, integer,
    )  # fmt: skip


def _level_rows(
    rows: RowList, small: SmallBuilding, links: ConnectionColumns, first_link: int
) -> tuple[NDArray[np.int64], int]:
    """Give every (host, hops) that can carry a relay a column: its only connection, or a sum of them."""
    levels = small.links.level.shape[1]
    carried = np.zeros((len(small.host_id), levels), bool)
    carried[links.carrier, links.carrier_hops] = True
    column = np.full(carried.shape, -1, np.int64)
    columns = first_link + len(links.host)
    able = (links.kind != SATELLITE) & (links.hops != ANY_HOPS)
    able &= carried[links.host, np.maximum(links.hops, 0)]
    own = np.flatnonzero(able)
    flat = links.host[own] * levels + links.hops[own]
    place, inverse, count = np.unique(flat, return_inverse=True, return_counts=True)
    lone = count[inverse.reshape(-1)] == 1
    column.ravel()[flat[lone]] = first_link + own[lone]
    several = place[count > 1]
    column.ravel()[several] = columns + np.arange(len(several))
    row = np.searchsorted(several, flat[~lone])
    rows.add(
        np.concatenate([row, np.arange(len(several))]),
        np.concatenate([first_link + own[~lone], columns + np.arange(len(several))]),
        np.concatenate([np.ones(len(row)), -np.ones(len(several))]),
        np.zeros(len(several)),
        np.zeros(len(several)),
    )
    return column, columns + len(several)


def _host_rows(rows: RowList, small: SmallBuilding, links: ConnectionColumns, first_link: int) -> None:
    hosts = len(small.host_id)
    options = np.arange(len(small.option))
    rows.add(
        np.concatenate([small.host, links.host]),
        np.concatenate([options, first_link + np.arange(len(links.host))]),
        np.concatenate([np.ones(len(options)), -np.ones(len(links.host))]),
        np.zeros(hosts),
        np.zeros(hosts),
    )
    places = int(small.place.max(initial=-1)) + 1
    rows.add(
        small.place[small.host], options, np.ones(len(options)), np.full(places, -np.inf), np.ones(places)
    )


def _relay_rows(
    rows: RowList, links: ConnectionColumns, first_link: int, level_column: NDArray[np.int64]
) -> None:
    relays, row = np.unique(links.relay, return_inverse=True)
    rows.add(
        np.concatenate([np.arange(len(relays)), row.reshape(-1)]),
        np.concatenate([first_link + relays, level_column[links.carrier, links.carrier_hops]]),
        np.concatenate([np.ones(len(relays)), -np.ones(len(row))]),
        np.full(len(relays), -np.inf),
        np.zeros(len(relays)),
    )


def _cover_rows(rows: RowList, small: SmallBuilding, first_class: int, first_twice: int | None) -> None:
    cover = small.cover.tocoo()
    each = np.arange(small.cover.shape[0])
    row = [each, cover.row.astype(np.int64)]
    column = [first_class + each, cover.col.astype(np.int64)]
    entry = [np.ones(len(each)), -np.ones(cover.nnz)]
    if first_twice is not None:
        row, column = [*row, each], [*column, first_twice + each]
        entry = [*entry, np.ones(len(each))]
        rows.add(  # w <= z
            np.concatenate([each, each]),
            np.concatenate([first_twice + each, first_class + each]),
            np.repeat([1.0, -1.0], len(each)),
            np.full(len(each), -np.inf),
            np.zeros(len(each)),
        )
    low, zero = np.full(len(each), -np.inf), np.zeros(len(each))
    rows.add(np.concatenate(row), np.concatenate(column), np.concatenate(entry), low, zero)


def _hamlet_rows(
    rows: RowList, small: SmallBuilding, hamlet: NDArray[np.int64], first_class: int, first_hamlet: int
) -> NDArray[np.bool_]:
    """Add the rows of the hamlets; tell which follow from the classes without being integer themselves."""
    need = small.need[hamlet] * (1.0 - 1e-9)
    share = csr_matrix(small.share[hamlet])
    share.sum_duplicates()
    total = np.asarray(share.sum(axis=1)).ravel()
    row = np.repeat(np.arange(len(hamlet)), np.diff(share.indptr))
    # A class that would do alone counts as the whole need; scaled by it, tolerances are relative.
    entry = np.minimum(share.data / need[row], 1.0)
    useful = entry > 0
    row, column, entry = row[useful], first_class + share.indices[useful], entry[useful]
    each = np.arange(len(hamlet))
    low, zero = np.full(len(hamlet), -np.inf), np.zeros(len(hamlet))
    rows.add(
        np.concatenate([each, row]),
        np.concatenate([first_hamlet + each, column]),
        np.concatenate([np.ones(len(hamlet)), -entry]),
        low,
        zero,
    )
    needed = np.flatnonzero(total[row] - share.data[useful] < need[row])
    cut = np.arange(len(needed))
    rows.add(
        np.concatenate([cut, cut]),
        np.concatenate([first_hamlet + row[needed], column[needed]]),
        np.repeat([1.0, -1.0], len(needed)),
        np.full(len(needed), -np.inf),
        np.zeros(len(needed)),
    )
    return np.asarray((np.bincount(row, minlength=len(hamlet)) == 1) & (total >= need))


def columns_of(model: BuildingModel, choice: Choice) -> NDArray[np.float64]:
    """Return the columns that belong to a choice."""
    small, links = model.small, model.connection
    columns = np.zeros(model.columns)
    columns[choice.option] = 1.0
    times = np.asarray(small.cover @ columns[: len(small.option)])
    columns[model.first_class : model.first_hamlet] = times > 0.5
    columns[model.first_hamlet : model.first_twice] = small.met(times > 0.5)[model.hamlet]
    if model.first_link > model.first_twice:
        columns[model.first_twice : model.first_link] = times > 1.5
    hops = Wiring.of(small, choice).level[small.host[choice.option]]
    carries = small.links.carries
    for k, option in enumerate(choice.option.tolist()):
        host = small.host[option]
        here = (links.host == host) & (links.kind == choice.kind[k])
        if choice.kind[k] == RELAY:
            here &= links.cost == choice.link_cost[k]
            here &= links.hops == (hops[k] if carries[host] else ANY_HOPS)
        columns[model.first_link + np.flatnonzero(here)] = 1.0
        if choice.kind[k] != SATELLITE:
            sum_column = model.level_column[host, hops[k]]
            if sum_column >= 0:
                columns[sum_column] = 1.0
    return columns


def choice_of(model: BuildingModel, columns: NDArray[np.float64]) -> Choice:
    """Return the choice that a solution makes; connections anew where the solver's cannot be read."""
    small, links = model.small, model.connection
    option = np.flatnonzero(columns[: len(small.option)] > 0.5)
    value = columns[model.first_link : model.first_link + len(links.host)]
    kind, parent = np.full(len(option), -1, np.int64), np.full(len(option), -1, np.int64)
    cost = np.full(len(option), np.inf)
    for k, host in enumerate(small.host[option].tolist()):
        here = np.flatnonzero((links.host == host) & (value > 0.5))
        if len(here) != 1:
            return connected(small, option)[0]
        kind[k], cost[k] = links.kind[here[0]], links.cost[here[0]]
        if kind[k] == RELAY:
            entry = np.flatnonzero(links.relay == here[0])
            level = model.level_column[links.carrier[entry], links.carrier_hops[entry]]
            carrying = entry[columns[level] > 0.5]
            if len(carrying) == 0:
                return connected(small, option)[0]
            parent[k] = links.carrier[carrying[0]]
    return Choice(option.astype(np.int64), kind, parent, cost)
