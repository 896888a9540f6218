"""Fetch the browser files that the map carries: ``python maps/assets_refresh.py`` (needs npm).

Takes the packages from the npm registry with ``npm pack``, copies the few files the map needs beside their
licence into ``maps/assets/`` and writes ``manifest.json`` with the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

__all__ = ["PACKAGES", "refresh"]

ASSETS = Path(__file__).resolve().parent / "assets"

PACKAGES: dict[str, dict[str, str]] = {
    "leaflet@1.9.4": {
        "leaflet.js": "dist/leaflet.js",
        "leaflet.css": "dist/leaflet.css",
        "layers.png": "dist/images/layers.png",
        "layers-2x.png": "dist/images/layers-2x.png",
        "marker-icon.png": "dist/images/marker-icon.png",
        "leaflet-LICENSE.txt": "LICENSE",
    },
    "pmtiles@4.5.0": {"pmtiles.js": "dist/pmtiles.js"},
    "fflate@0.8.2": {"fflate-LICENSE.txt": "LICENSE"},  # inside pmtiles.js
}
"""Package and version to {name in ``assets/``: path in the package}."""

LICENCES = {"leaflet": "BSD-2-Clause", "pmtiles": "BSD-3-Clause", "fflate": "MIT"}

WITHOUT_LICENCE_FILE = {
    "pmtiles-LICENSE.txt": ("pmtiles@4.5.0", "https://github.com/protomaps/PMTiles/blob/main/LICENSE")
}
"""Texts that stand in the repository, not in the package: kept as they are in ``assets/``."""


def refresh(folder: Path = ASSETS) -> None:
    """Fetch every package and replace the files of `folder`.

    Raises
    ------
    FileNotFoundError
        npm is not installed.
    subprocess.CalledProcessError
        The registry refused.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is needed to fetch the browser files")
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, dict[str, str]] = {}
    for package, wanted in PACKAGES.items():
        with tempfile.TemporaryDirectory() as work:
            subprocess.run(
                [npm, "pack", package, "--silent"], cwd=work, check=True, stdout=subprocess.DEVNULL
            )
            archive = next(Path(work).glob("*.tgz"))
            with tarfile.open(archive) as tar:
                for name, path in wanted.items():
                    member = tar.extractfile(f"package/{path}")
                    if member is None:
                        raise FileNotFoundError(f"{package} has no {path}")
                    data = member.read()
                    (folder / name).write_bytes(data)
                    files[name] = {
                        "package": package,
                        "path": path,
                        "licence": LICENCES[package.rsplit("@", 1)[0]],
                        "sha256": hashlib.sha256(data).hexdigest(),
                    }
    for name, (package, source) in WITHOUT_LICENCE_FILE.items():
        files[name] = {
            "package": package,
            "path": source,
            "licence": LICENCES[package.rsplit("@", 1)[0]],
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
    text = json.dumps(files, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    refresh()
