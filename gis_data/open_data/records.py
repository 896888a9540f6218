"""sources.json and LICENCES.md beside the data: where every file came from and what its licence asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError, Problem
from .ledger import Download, parse_download, sha256_of
from .sources import SOURCES

__all__ = ["LICENCES_FILE", "SOURCES_FILE", "Output", "keep_edited", "read_records", "write_records"]

SOURCES_FILE = "sources.json"
LICENCES_FILE = "LICENCES.md"


@dataclass(frozen=True)
class Output:
    """A file made of downloads.

    Attributes
    ----------
    file : str
        In the folder of open data.
    sources : tuple of str
        Keys of `sources.SOURCES`.
    note : str
        What was done, and what in it is an estimate.
    """

    file: str
    sources: tuple[str, ...]
    note: str


def read_records(folder: Path) -> tuple[dict[str, Download], dict[str, dict[str, Any]]]:
    """Return the downloads by name and the outputs by file of an earlier fetch; empty where there was none.

    Raises
    ------
    InputError
        The record cannot be read.
    """
    path = folder / SOURCES_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        downloads = {raw["name"]: parse_download(raw) for raw in record["downloads"]}
        return downloads, {str(raw["file"]): dict(raw) for raw in record["outputs"]}
    except FileNotFoundError:
        return {}, {}
    except (ValueError, TypeError, KeyError, AttributeError):
        mend = "delete it; it is written again"
        raise InputError([Problem(str(path), "the record of an earlier fetch", mend)]) from None


def write_records(
    folder: Path,
    *,
    version: str,
    area: Mapping[str, Any],
    downloads: Mapping[str, Download],
    outputs: Sequence[Output],
    earlier: Mapping[str, Mapping[str, Any]],
    earlier_downloads: Mapping[str, Download],
) -> None:
    """Write sources.json and LICENCES.md; files that were not made anew keep their record.

    Parameters
    ----------
    folder : Path
        Holds the outputs.
    version : str
        Of phusong.
    area : mapping
        Name, bounds, countries.
    downloads : mapping of str to Download
        By name.
    outputs : sequence of Output
    earlier, earlier_downloads : mapping
        Of `read_records`.
    """
    made = {output.file: {**asdict(output), "sha256": sha256_of(folder / output.file)} for output in outputs}
    entries = {**earlier, **made}
    all_downloads = {**earlier_downloads, **downloads}
    used = [key for key in SOURCES if any(key in entry["sources"] for entry in entries.values())]
    record = {
        "phusong": version,
        "area": dict(area),
        "sources": {key: asdict(SOURCES[key]) for key in used},
        "outputs": [entries[name] for name in sorted(entries)],
        "downloads": [asdict(all_downloads[name]) for name in sorted(all_downloads)],
    }
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    (folder / SOURCES_FILE).write_bytes(text.encode("utf-8"))
    (folder / LICENCES_FILE).write_bytes(_licences(used, entries.values()).encode("utf-8"))


def _licences(used: Sequence[str], entries: Iterable[Mapping[str, Any]]) -> str:
    files: dict[str, list[str]] = {key: [] for key in used}
    for entry in entries:
        for key in entry["sources"]:
            files[key].append(str(entry["file"]))
    lines = [
        "# Giấy phép dữ liệu mở · Licences of the open data",
        "",
        "Ghi nguồn khi dùng dữ liệu này và kết quả làm từ nó. · "
        "Name the sources wherever these data, or results made of them, are shown.",
    ]
    for key in used:
        source = SOURCES[key]
        lines += [
            "", f"## {source.title} ({source.version})", "",
            f"- {', '.join(sorted(files[key]))}",
            f"- Giấy phép · Licence: {source.licence}, <{source.licence_url}>",
            f"- Ghi nguồn · Attribution: {source.attribution}",
            f"- <{source.homepage}>",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def keep_edited(
    aside: Path, target: Path, outputs: Sequence[Output], earlier: Mapping[str, Any]
) -> list[str]:
    """Move aside what would replace a file that somebody has edited, or that fetching did not make.

    Parameters
    ----------
    aside : Path
        Folder of the new files; such a file gets the name ``stem.fetched.suffix`` in it.
    target : Path
        Folder they go to.
    outputs : sequence of Output
        New files.
    earlier : mapping
        Outputs of `read_records`.

    Returns
    -------
    list of str
        Files that stay as they are.
    """
    kept = []
    for output in outputs:
        new, old = aside / output.file, target / output.file
        if not old.exists():
            continue
        now = sha256_of(old)
        if now not in (sha256_of(new), str(earlier.get(output.file, {}).get("sha256", ""))):
            new.replace(new.with_name(f"{new.stem}.fetched{new.suffix}"))
            kept.append(output.file)
    return kept
