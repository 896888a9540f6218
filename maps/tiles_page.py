"""The page of a map made of tiles: small, the same for a folder on a disk and for a server."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from .offline import OutsideAddressError, asset_text, outside_addresses
from .script_json import script_safe_json

__all__ = ["page_policy", "tiles_page"]

_SCRIPTS = (
    "text.js", "signs.js", "profile.js", "why.js", "tiles_source.js", "tiles_layers.js", "tiles_panel.js",
    "tiles_app.js",
)  # fmt: skip
_STYLES = ("page.css", "tiles.css")


def tiles_page(data: Mapping[str, Any]) -> str:
    """Return the page; ``data["served"]``: a server answers; otherwise scripts lie in ``data/`` beside it.

    Raises
    ------
    OutsideAddressError
        A template or asset names an address outside itself.
    """
    code = _body_scripts()
    styles = "\n".join((asset_text("leaflet.css"), *map(_template, _STYLES)))
    remaining = outside_addresses("".join(f"<script>{script}</script>" for script in code) + styles)
    if remaining:
        raise OutsideAddressError(f"the page would load from outside: {', '.join(remaining)}")
    scripts = "".join(f"<script>{script}</script>\n" for script in code)
    return (
        f'<!DOCTYPE html>\n<html lang="{data["language"]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{page_policy(served=bool(data["served"]))}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Phủ Sóng</title>\n'
        f'<style>{styles}</style>\n</head>\n<body class="ps-sheet">\n{_template("tiles_page.html")}\n'
        f'<script type="application/json" id="ps-data">{script_safe_json(data)}</script>\n'
        f"{scripts}</body>\n</html>\n"
    )


def page_policy(*, served: bool) -> str:
    """Return the Content-Security-Policy of the page.

    Scripts are those of the page by their SHA-256; from a disk, those beside it too (its chunks); from a
    server, it may ask that server and no other.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _body_scripts()
    )
    scripts, asks = (hashes, "'self'") if served else (f"'self' file: {hashes}", "'none'")
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
        f"connect-src {asks}; base-uri 'none'; form-action 'none'"
    )


def _body_scripts() -> tuple[str, ...]:
    own = '(function () {\n"use strict";\n' + "\n".join(map(_template, _SCRIPTS)) + "\n})();"
    return tuple(
        script.replace("</script", "<\\/script")
        for script in (asset_text("leaflet.js"), asset_text("pmtiles.js"), own)
    )


def _template(name: str) -> str:
    text = resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")
