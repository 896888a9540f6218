"""Put notebooks into the form in which they are committed: no outputs, no counters, ids by place.

Usage: ``python normalise.py [--check] [NOTEBOOK ...]``, from the folder of the notebooks; without names, all.
With ``--check`` nothing is written; exit status 1 names those that are not in that form.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["main", "normal_form"]

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def normal_form(text: str) -> str:
    """Return a notebook as it is committed.

    Parameters
    ----------
    text : str
        Of a notebook, nbformat 4.
    """
    cells = [_cell(number, cell) for number, cell in enumerate(json.loads(text)["cells"], start=1)]
    notebook = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cell(number: int, cell: dict[str, Any]) -> dict[str, Any]:
    lines = "".join(cell["source"]).strip("\n").splitlines(keepends=True)
    tags = cell.get("metadata", {}).get("tags", [])
    kept: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": f"cell-{number}",
        "metadata": {"tags": tags} if tags else {},
        "source": lines,
    }
    if cell["cell_type"] == "code":
        kept |= {"execution_count": None, "outputs": []}
    return kept


def main(arguments: list[str]) -> int:
    """Rewrite notebooks, or with ``--check`` tell which are not in normal form; return the exit status."""
    check = "--check" in arguments
    names = [a for a in arguments if a != "--check"]
    wrong = []
    for path in [Path(n) for n in names] or sorted(Path(__file__).parent.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        if normal_form(text) != text:
            wrong.append(str(path))
            if not check:
                path.write_text(normal_form(text), encoding="utf-8", newline="\n")
    if wrong:
        print("\n".join(wrong))
    return int(check and bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
