"""Write docs/performance.md from the benchmarks themselves: ``make bench``.

    python benchmarks/performance.py [--only NAME ...]

Each section is what one command printed. ``--only`` measures those anew and keeps the others as they stand; a
section whose command fails stays as it is, too, and that is told at the end.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
SECTIONS: dict[str, tuple[str, list[str] | None]] = {
    "sweep": ("The sweep: one mast, one map", ["bench_sweep.py"]),
    "province": ("The province: 5,203 stations at 30 m", ["province_run.py"]),
    "operators": ("The province with layers per operator", ["province_run.py", "--by-operator"]),
    "start": ("The start", ["bench_start.py"]),
    "demo": ("The demo and its map", ["bench_demo.py"]),
    "map": ("The map of the sample and of a province", ["bench_map.py"]),
    "wide-map": ("The map of a province at 30 m", None),
    "gaps": ("Verdicts and reasons", ["bench_gaps.py"]),
    "building": ("The building solver: backhaul, sharing, budget", ["bench_building.py"]),
    "covering": ("Covering: published instances, and spopt beside", ["bench_covering.py"]),
    "siting": ("From data to a plan: candidates, coverage, links", ["bench_siting.py"]),
    "update": ("An update of the stations", None),
    "tiles": ("The map of a large area", ["bench_tiles.py"]),
    "dask": ("On a cluster", ["bench_dask.py"]),
    "estimate": ("Predicted and real cost of a run", ["bench_estimate.py"]),
    "recife": ("Calibration on measured path loss (Recife, GSM 1800)", ["recife.py"]),
    "models": ("Other models against P.1812 on real relief", ["compare_models.py"]),
}
"""Title and command; None: measured on a finished project, as the section says, and kept as it stands."""
HEAD = """# Performance

Written by `make bench`; every table is the output of the command above it. Machine: {machine}.
Times are CPU time unless a line says wall; a busy machine moves them by some ten per cent.
"""


def machine() -> str:
    """Cores, processor and Python."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8"))
        name = found[1].strip() if found else name
    return f"{os.cpu_count()} cores, {name}, Python {platform.python_version()}"


def measured(command: list[str]) -> str | None:
    """What a benchmark prints; plain lines in a block of their own; None where it failed."""
    run = subprocess.run(
        [sys.executable, str(HERE / command[0]), *command[1:]],
        capture_output=True, text=True, encoding="utf-8", cwd=HERE.parent,
    )  # fmt: skip
    if run.returncode:
        print(f"{command[0]} failed:\n{run.stderr[-2000:]}", file=sys.stderr)
        return None
    text = run.stdout.strip()
    return text if "|---" in text else f"```text\n{text}\n```"


def existing() -> dict[str, str]:
    """Sections of the page as it stands, by title."""
    if not PAGE.exists():
        return {}
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in parts}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", choices=sorted(name for name, (_, command) in SECTIONS.items() if command)
    )
    asked = parser.parse_args()
    old, page, failed = existing(), [HEAD.format(machine=machine())], []
    for name, (title, command) in SECTIONS.items():
        if command is None or (asked.only and name not in asked.only):
            text = old.get(title)
        else:
            print(f"{name} …", file=sys.stderr)
            found = measured(command)
            failed += [] if found else [name]
            text = f"`python benchmarks/{' '.join(command)}`\n\n{found}" if found else old.get(title)
        if text:
            page.append(f"## {title}\n\n{text}\n")
    PAGE.write_text("\n".join(page), encoding="utf-8")
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}; those sections stand as they were")


if __name__ == "__main__":
    main()
