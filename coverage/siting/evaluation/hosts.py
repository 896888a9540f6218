"""The structures of a plan looked up again: there, owned by whom it says, with room, and used once."""

from __future__ import annotations

import math

import numpy as np

from ..inputs import MastTable, PoleTable
from ..proposal import ProposedStation
from .findings import Findings

__all__ = ["check_hosts"]


def check_hosts(
    stations: tuple[ProposedStation, ...],
    masts: MastTable,
    poles: PoleTable,
    findings: Findings,
) -> None:
    """Look up every structure: it exists, stands there, belongs to whom it says, and has room."""
    for station in stations:
        if station.host != "ground":
            _check_host(station, masts, poles, findings)
    places = [(s.host, s.host_id) for s in stations]
    for place in sorted(set(places)):
        findings.hold("hosts", place[1], places.count(place) == 1, "built", "twice")


def _check_host(station: ProposedStation, masts: MastTable, poles: PoleTable, findings: Findings) -> None:
    on_mast = station.host == "mast"
    table = masts if on_mast else poles
    ids = masts.mast_id if on_mast else poles.pole_id
    found = np.flatnonzero(ids == station.host_id)
    subject = f"{station.station_id} {station.host_id}"
    findings.hold("hosts", subject, len(found) == 1, "built", "missing")
    if len(found) != 1:
        return
    i = int(found[0])
    here = (float(table.x_m[i]), float(table.y_m[i])) == (station.x_m, station.y_m)
    findings.hold("hosts", subject, here, "built", "elsewhere")
    findings.hold("hosts", subject, str(table.owner[i]) == station.owner, station.owner, str(table.owner[i]))
    findings.equal("hosts", f"{subject} height_m", station.host_height_m, float(table.height_m[i]))
    top = max(1.0, float(table.height_m[i]))
    if on_mast and masts.free_height_m is not None and math.isfinite(masts.free_height_m[i]):
        top = min(top, float(masts.free_height_m[i]))
    dish = station.antenna_height_m if math.isnan(station.dish_height_m) else station.dish_height_m
    findings.hold("hosts", subject, max(station.antenna_height_m, dish) <= top, "built", "no_room")
    if on_mast and masts.free_antennas is not None and math.isfinite(masts.free_antennas[i]):
        antennas = max(1, len(station.azimuths_deg)) * len(station.technologies)
        room = antennas <= masts.free_antennas[i]
        findings.hold("hosts", subject, bool(room), "built", "no_room")
