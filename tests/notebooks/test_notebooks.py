"""The notebooks run from top to bottom, show their maps, and find what the command line finds."""

from __future__ import annotations

import ast
import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import openpyxl
import pytest
from nbclient import NotebookClient
from PIL import Image

from phusong.cli import main

NAMES = ("1_first_steps", "2_why_is_this_hamlet_dead", "3_what_would_20_billion_buy")
PROMISES = ("predicted, not measured", "SYNTHETIC DATA")


def phusong(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*arguments])
    assert not caught.value.code


def rows(book: Path, sheet: str) -> list[dict[str, Any]]:
    """A sheet as one mapping of header to value for each row."""
    header, *body = openpyxl.load_workbook(book)[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in body]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebooks run: all in one, so that they share the sample and its levels."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def executed(repository: Path, folder: Path) -> dict[str, Any]:
    """Every notebook with its outputs; a cell that fails, fails here with what it said."""
    done = {}
    for name in NAMES:
        notebook = nbformat.read(repository / "notebooks" / f"{name}.ipynb", as_version=4)
        client = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(folder)}})
        done[name] = client.execute()
    return done


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def key(notebook: Any) -> dict[str, Any]:
    """The numbers that a notebook ends with."""
    cell = next(cell for cell in notebook.cells if "key" in cell.metadata.get("tags", []))
    return dict(ast.literal_eval(cell.outputs[-1]["data"]["text/plain"]))


def pictures(notebook: Any) -> list[Image.Image]:
    found = [
        output["data"]["image/png"] for output in outputs(notebook) if "image/png" in output.get("data", {})
    ]
    return [Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB") for png in found]


def test_no_errors_no_complaints_and_every_map_is_drawn(executed: dict[str, Any]) -> None:
    for name, maps in zip(NAMES, (1, 1, 3), strict=True):
        kinds = [output.output_type for output in outputs(executed[name])]
        assert "error" not in kinds
        complaints = [
            o.text for o in outputs(executed[name]) if o.output_type == "stream" and o.name == "stderr"
        ]
        assert not complaints, name
        shown = pictures(executed[name])
        assert len(shown) == maps
        for picture in shown:
            assert picture.width > 500
        assert len(shown[0].getcolors(maxcolors=1 << 24) or []) > 500, "relief under the first: it is a map"


def test_the_interactive_map_is_shown_and_there(executed: dict[str, Any], folder: Path) -> None:
    frames = [o["data"]["text/html"] for o in outputs(executed[NAMES[0]]) if "IFrame" in str(o.get("data"))]
    assert len(frames) == 1
    source = re.search(r'src="([^"]+)"', frames[0])
    assert source is not None
    page = (folder / source[1]).read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in page
    assert "Khe Tiền" in page, "a hamlet of Bình Liêu"


def test_profile_shows_the_hamlet(executed: dict[str, Any]) -> None:
    notebook = executed[NAMES[1]]
    drawings = [o["data"]["image/svg+xml"] for o in outputs(notebook) if "image/svg+xml" in o.get("data", {})]
    assert len(drawings) == 1
    assert key(notebook)["candidate_cell"] in "".join(drawings)
    assert "SYNTHETIC" in "".join(drawings)


def test_first_steps_find_the_gaps_of_the_command_line(executed: dict[str, Any], folder: Path) -> None:
    phusong("gaps", str(folder / "sample"), "--quiet", "--lang", "en")
    table = rows(folder / "sample" / "out" / "gaps.xlsx", "Verdict per hamlet")
    dead = [row for row in table if row["Dead zone"] == "yes"]
    found = key(executed[NAMES[0]])
    assert found["hamlets"] == len(table)
    assert found["dead_hamlets"] == len(dead)
    assert found["dead_people"] == sum(row["Population (people)"] for row in dead)
    labels = {
        "no_signal": "No signal at the centre",
        "covered": "Covered",
        "voice_only": "Voice only, no broadband",
    }
    for code, label in labels.items():
        assert found["verdicts"][code] == sum(row["Verdict"] == label for row in table)


def test_reason_of_the_hamlet_is_that_of_the_command_line(executed: dict[str, Any], folder: Path) -> None:
    """On the same area: the line that phusong.toml of the sample offers."""
    project = folder / "sample" / "phusong.toml"
    text = project.read_text(encoding="utf-8")
    assert "# bounds = [107.2, 21.4, 107.7, 21.7]" in text
    project.write_text(text.replace("# bounds", "bounds"), encoding="utf-8")
    try:
        phusong("gaps", str(folder / "sample"), "--quiet", "--lang", "en")
    finally:
        project.write_text(text, encoding="utf-8")
    found = key(executed[NAMES[1]])
    table = rows(folder / "sample" / "out" / "reasons.xlsx", "Reasons")
    row = next(row for row in table if row["Hamlet ID"] == found["village_id"])
    assert (found["cause"], row["Main cause"]) == ("obstacle", "An obstacle on the way")
    assert row["Best candidate cell"] == found["candidate_cell"]
    assert row["Short of the rule (dB)"] == pytest.approx(found["short_db"], abs=0.06)


def test_twenty_billion_buy_what_the_command_line_says(executed: dict[str, Any], folder: Path) -> None:
    phusong("site", str(folder / "sample"), "--budget", "20000", "--frontier", "5", "--quiet", "--lang", "en")
    book = folder / "sample" / "out" / "proposals.xlsx"
    found = key(executed[NAMES[2]])
    stations = rows(book, "Proposed stations")
    assert found["stations"] == len(stations) > 0
    cost = sum(row["Cost over the horizon (million VND)"] for row in stations)
    assert found["cost"] == round(cost) <= 20_000
    served = {v for row in stations for v in str(row["Hamlets served"] or "").split("; ") if v}
    assert found["hamlets"] == len(served)
    frontier = rows(book, "Frontier")
    names = ("Budget (million VND)", "Cost (million VND)", "Hamlets served")
    assert found["frontier"] == [[round(row[name]) for name in names] for row in frontier]
    served_by = [hamlets for _, _, hamlets in found["frontier"]]
    assert served_by == sorted(served_by)


def test_committed_without_outputs_in_normal_form(repository: Path) -> None:
    folder = repository / "notebooks"
    assert {path.stem for path in folder.glob("*.ipynb")} == set(NAMES)
    done = subprocess.run(
        [sys.executable, str(folder / "normalise.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_normaliser_takes_outputs_away(repository: Path, tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell(
        "1 + 1", execution_count=3, outputs=[nbformat.v4.new_output("stream", text="2")]
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "n.ipynb")
    script = str(repository / "notebooks" / "normalise.py")
    for arguments, status in ((["--check"], 1), ([], 0), (["--check"], 0)):
        done = subprocess.run([sys.executable, script, *arguments, str(tmp_path / "n.ipynb")], check=False)
        assert done.returncode == status
    kept = nbformat.read(tmp_path / "n.ipynb", as_version=4)
    nbformat.validate(kept)
    assert kept.cells[0].source == "1 + 1"
    assert not kept.cells[0].outputs
    assert kept.cells[0].execution_count is None


def test_notebooks_folder_is_free_of_the_name_clash(repository: Path) -> None:
    """From there ``coverage`` is coverage.py (or nothing), not the engine's folder."""
    said = subprocess.run(
        [sys.executable, "-c", "import importlib.util as u; s = u.find_spec('coverage'); print(s and s.origin)"],
        cwd=repository / "notebooks", capture_output=True, text=True, check=True, env=dict(os.environ),
    ).stdout  # fmt: skip
    assert str(repository / "coverage") not in said
