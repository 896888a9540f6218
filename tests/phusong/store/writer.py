"""Keep versions of made-up hamlets as fast as the store takes them; a script, to be one of several processes.

    python writer.py STORE WHO COUNT ROWS      starts on a line of standard input, so that several start together
    python writer.py STORE --kill MS ROWS      kills a writer MS later each time, until one comes to its end

STORE is a Python expression.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path  # noqa: F401  (for the expression)

import geopandas as gpd
import numpy as np

from phusong.store.embedded import EmbeddedStore  # noqa: F401
from phusong.store.interface import Draft
from phusong.store.postgis import PostgisStore  # noqa: F401


def version(who: str, number: int, rows: int) -> Draft:
    """Hamlets that all carry the name of their version."""
    index = np.arange(rows)
    hamlets = gpd.GeoDataFrame(
        {"village_id": index.astype(str), "name": np.char.add(f"{who}{number}-", index.astype(str))},
        geometry=gpd.points_from_xy(index % 100 / 100, index / rows),
        crs="EPSG:4326",
    )
    return Draft(
        as_of=date(2025, 12, 31), made_at=datetime.now(UTC), made_by=who, software="0.1.0",
        cells_on_air=0, hamlets=rows, hamlets_dead=0, record={},
        tables={"hamlet": hamlets}, files=(),
    )  # fmt: skip


def torn(rows: int) -> list[int]:
    """Numbers of the versions that are not whole."""
    store, wrong = eval(sys.argv[1]), []
    for info in store.versions():
        names = store.load(info.number, ["hamlet"]).tables["hamlet"]["name"]
        if len(names) != rows or not names.str.startswith(info.made_by).all():
            wrong.append(info.number)
    store.close()
    return wrong


def harry(step_ms: int, rows: int) -> dict[str, object]:
    """Fork a writer, kill it; everything is imported already, so that the moment falls into the saving."""
    wrong, kills, status = [], 0, 1
    while kills < 200:
        draft = version("K", kills, rows)
        child = os.fork()
        if child == 0:
            eval(sys.argv[1]).add(draft)
            os._exit(0)
        time.sleep(kills * step_ms / 1000)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        wrong += torn(rows)
        if not os.WIFSIGNALED(status):
            break
        kills += 1
    return {"torn": wrong, "kills": kills, "finished": status == 0}


if __name__ == "__main__":
    if sys.argv[2] == "--kill":
        print(json.dumps(harry(int(sys.argv[3]), int(sys.argv[4]))))
        sys.exit()
    store = eval(sys.argv[1])
    drafts = [version(sys.argv[2], number, int(sys.argv[4])) for number in range(int(sys.argv[3]))]
    print("ready", flush=True)
    sys.stdin.readline()
    for draft in drafts:
        info, new = store.add(draft)
        print(info.number, int(new), flush=True)
