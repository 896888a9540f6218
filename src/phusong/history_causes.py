"""Why a hamlet's service changed: the stations that came or went for it, or what else differs in run.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .history_stations import CellChange, distance_m
from .store.interface import Version

__all__ = ["HamletCause", "Reasoner", "Wanted", "other_causes", "provenance"]

_DIGEST_SHOWN = 12
_MOVED_M = 1.0
_OF_PARAMETERS = (
    ("criteria.", "rule"), ("technologies.", "rule"), ("duty.", "duty"), ("measurements.", "samples"),
    ("propagation.", "model"), ("area.hamlet_", "hamlet"), ("area.", "terrain"), ("rasters.", "terrain"),
)  # fmt: skip
_OF_LAYERS = {  # of masts and cells every row is compared: their differences are stations
    "villages": "hamlet", "clusters": "hamlet", "population": "hamlet", "measurements": "samples",
    "places": "duty", "terrain": "terrain", "land": "terrain", "clutter": "terrain",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which cells could explain a change of a hamlet: (operator or "", technology) lost and gained."""

    lost: frozenset[tuple[str, str]]
    gained: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class HamletCause:
    """Why one hamlet changed.

    Attributes
    ----------
    codes : tuple of str
        Of `CAUSE_LABELS`; the first is the cause, the others changed as well.
    gone, come : tuple of CellChange
        The cells behind what it lost and what it gained, those that matter at most points first.
    """

    codes: tuple[str, ...]
    gone: tuple[CellChange, ...] = ()
    come: tuple[CellChange, ...] = ()

    @property
    def cells(self) -> tuple[CellChange, ...]:
        """All of them; a cell that moved away from one point and to another is there twice."""
        return (*self.gone, *self.come)


def provenance(before: Version, after: Version) -> pd.DataFrame:
    """Return what differs in run.json: `gis_data.history_schema.HISTORY_PROVENANCE`."""
    rows: list[tuple[str, str, object, object]] = []
    was, now = before.record, after.record
    for subject, left, right in (
        ("version", {"as_of": was.get("as_of")}, {"as_of": now.get("as_of")}),
        ("input", _short(was.get("inputs", {})), _short(now.get("inputs", {}))),
        ("parameter", _flat(was.get("parameters", {})), _flat(now.get("parameters", {}))),
        ("software", _software(was), _software(now)),
    ):
        rows += [
            (subject, name, left.get(name), right.get(name))
            for name in sorted({*left, *right})
            if left.get(name) != right.get(name)
        ]
    table = pd.DataFrame(rows, columns=["subject", "name", "before", "after"])
    for column in ("before", "after"):
        table[column] = ["–" if value is None else str(value) for value in table[column]]
    return table


def other_causes(changes: pd.DataFrame, before: Version, after: Version) -> dict[str, list[str]]:
    """Return what else than stations could have changed verdicts: names by code of `CAUSE_LABELS`.

    Parameters
    ----------
    changes : DataFrame
        From `provenance`.
    before, after : Version
    """
    layers = {**_layer_of_file(before.record), **_layer_of_file(after.record)}
    found: dict[str, list[str]] = {}
    for subject, name in zip(changes["subject"], changes["name"], strict=True):
        code = ""
        if subject == "input":  # a file that is no layer is an antenna's or the calibration's
            code = _OF_LAYERS.get(layers[name], "") if name in layers else "model"
        elif subject == "parameter":
            code = next((code for start, code in _OF_PARAMETERS if name.startswith(start)), "")
        elif subject == "software" and name in ("phusong", "engine"):
            code = "software"
        if code:
            found.setdefault(code, []).append(name)
    return found


class Reasoner:
    """Tells for one hamlet after the other why it changed.

    Parameters
    ----------
    before, after : Version
        With the tables hamlet, part and serving.
    changed : mapping of str to CellChange
        From `history_stations.cell_changes`.
    others : mapping
        From `other_causes`.
    """

    def __init__(
        self, before: Version, after: Version, changed: Mapping[str, CellChange], others: Mapping[str, Any]
    ) -> None:
        self._changed = changed
        self._others = others
        self._before, self._after = (_covering(version.tables["serving"]) for version in (before, after))
        self._homes = tuple(_homes(version) for version in (before, after))

    def cause(self, village: str, wanted: Wanted, decided_by: Iterable[str]) -> HamletCause:
        """Return why a hamlet changed.

        Parameters
        ----------
        village : str
        wanted : Wanted
        decided_by : iterable of str
            What decided its verdict before and after: samples count only where they had a say.
        """
        was, now = self._before.get(village, set()), self._after.get(village, set())
        gone = _most_points_first(self._matching(was - now, wanted.lost, "goes"))
        come = _most_points_first(self._matching(now - was, wanted.gained, "comes"))
        codes = ["stations"] if gone or come else []
        if not _same_home(self._homes[0].get(village), self._homes[1].get(village)):
            codes.append("hamlet")
        said = set(decided_by)
        for code in ("samples", "terrain", "rule", "duty", "model", "software"):
            if code in self._others and (code != "samples" or said - {"model"}):
                codes.append(code)
        return HamletCause(tuple(codes or ["unknown"]), gone, come)

    def _matching(
        self, pairs: set[tuple[str, str]], wanted: frozenset[tuple[str, str]], which: str
    ) -> list[CellChange]:
        changes = [self._changed[cell] for _, cell in sorted(pairs) if cell in self._changed]
        return [
            change
            for change in changes
            if getattr(change, which)
            and ({(change.operator, change.technology), ("", change.technology)} & wanted)
        ]


def _most_points_first(cells: Sequence[CellChange]) -> tuple[CellChange, ...]:
    points: dict[str, int] = {}
    for cell in cells:
        points[cell.cell_id] = points.get(cell.cell_id, 0) + 1
    unique = {cell.cell_id: cell for cell in cells}
    return tuple(unique[name] for name in sorted(points, key=lambda name: (-points[name], name)))


def _covering(serving: pd.DataFrame) -> dict[str, set[tuple[str, str]]]:
    """(point, cell) by hamlet."""
    found: dict[str, set[tuple[str, str]]] = {}
    for point, village, cells in zip(
        serving["point_id"], serving["village_id"], serving["cells"], strict=True
    ):
        found.setdefault(str(village), set()).update((str(point), str(cell)) for cell in cells)
    return found


Home = dict[str, tuple[float, float, float]]


def _homes(version: Version) -> dict[str, Home]:
    """Where people live, by hamlet: the centre and every cluster with its people."""
    found: dict[str, Home] = {}
    hamlets = version.tables["hamlet"]
    places = hamlets.geometry.representative_point()
    for village, people, place in zip(hamlets["village_id"], hamlets["population"], places, strict=True):
        found[str(village)] = {"": (place.x, place.y, float(people))}
    parts = version.tables["part"]
    parts = parts[parts["part"] == "cluster"]
    for village, cluster, people, place in zip(
        parts["village_id"], parts["cluster_id"], parts["people"], parts.geometry, strict=True
    ):
        found[str(village)][f"c:{cluster}"] = (place.x, place.y, float(people))
    return found


def _same_home(was: Home | None, now: Home | None) -> bool:
    if was is None or now is None or set(was) != set(now):
        return False
    return all(
        was[name][2] == now[name][2] and distance_m(was[name][:2], now[name][:2]) <= _MOVED_M for name in was
    )


def _layer_of_file(record: Mapping[str, Any]) -> dict[str, str]:
    parameters = record.get("parameters", {})
    found = {str(source["path"]): name for name, source in parameters.get("layers", {}).items()}
    return found | {str(path): name for name, path in parameters.get("rasters", {}).items() if path}


def _short(hashes: Mapping[str, str]) -> dict[str, str]:
    return {name: text[:_DIGEST_SHOWN] for name, text in hashes.items()}


def _software(record: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: record.get(name) for name in ("phusong", "engine", "python")}
    return {**record.get("libraries", {}), **{k: v[:_DIGEST_SHOWN] for k, v in own.items() if v}}


def _flat(value: Any, start: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {start.rstrip("."): value}
    return {name: one for key, part in value.items() for name, one in _flat(part, f"{start}{key}.").items()}
