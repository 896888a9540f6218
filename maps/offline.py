"""Make a folium page stand alone: every outside file replaced by a packaged one, and a policy to prove it.

The page that comes out holds all it needs. A Content-Security-Policy in its head allows the scripts it was
written with (by their SHA-256), pictures inside the page, and nothing else: no request can leave it, and no
script that arrives in the data can run.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from importlib import resources

from ..errors import PhusongError

__all__ = ["OutsideAddressError", "asset_text", "outside_addresses", "self_contained"]

# What a folium page asks for, by the file's own name, and what takes its place (None: the map needs no such).
_REPLACEMENTS: dict[str, str | None] = {
    "leaflet.js": "leaflet.js",
    "leaflet.css": "leaflet.css",
    "jquery-3.7.1.min.js": None,
    "bootstrap.bundle.min.js": None,
    "bootstrap.min.css": None,
    "bootstrap-glyphicons.css": None,
    "all.min.css": None,
    "leaflet.awesome-markers.js": None,
    "leaflet.awesome-markers.css": None,
    "leaflet.awesome.rotate.min.css": None,
}
# Names, not places to load from: XML namespaces, and the projects' own pages in comments and credits.
_HARMLESS = (
    "http://www.w3.org/2000/svg",
    "https://leafletjs.com",
    "https://bugs.chromium.org/p/chromium/issues/detail?id=600120",
    "https://bugzilla.mozilla.org/show_bug.cgi?id=888319",
    "https://github.com/protomaps/PMTiles/tree/main/js",
)
_SCRIPT_TAG = re.compile(r'<script\s+src="(?P<url>[^"]+)"\s*>\s*</script>')
_STYLE_TAG = re.compile(r'<link\s+rel="stylesheet"\s+href="(?P<url>[^"]+)"\s*/?>')
_INLINE_SCRIPT = re.compile(r"<script>(?P<body>.*?)</script>", re.DOTALL)
_DATA_BLOCK = re.compile(r'<script type="application/json"[^>]*>.*?</script>', re.DOTALL)
_CSS_URL = re.compile(r"url\(\s*['\"]?(?P<path>[^'\")]+)['\"]?\s*\)")
_ADDRESS = re.compile(r"https?://[^\s\"'`<>)\\]+")
_BARE_ADDRESS = re.compile(r"(?:src|href|action|poster|data)\s*=\s*[\"']//[^\"']+|url\(\s*[\"']?//[^)]+")
_CHARSET = '<meta charset="utf-8">'


class OutsideAddressError(PhusongError):
    """A page that must stand alone names an address outside itself."""


def asset_text(name: str) -> str:
    """Return the text of a packaged browser file, its pictures inlined and its source map left out."""
    text = _asset(name).decode("utf-8").replace("\r\n", "\n")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    if name.endswith(".css"):
        text = _CSS_URL.sub(_inlined_url, text)
    return text


def self_contained(page: str) -> str:
    """Return `page` with every outside file inlined and a Content-Security-Policy in its head.

    Parameters
    ----------
    page : str
        HTML as folium renders it; data belong into ``<script type="application/json">`` blocks.

    Raises
    ------
    OutsideAddressError
        The page asks for a file that is not packaged, or an outside address remains anywhere but in the data.
    """
    page = page.replace("\r\n", "\n")
    page = _SCRIPT_TAG.sub(lambda tag: _script(tag["url"]), page)
    page = _STYLE_TAG.sub(lambda tag: _style(tag["url"]), page)
    remaining = outside_addresses(page)
    if remaining:
        raise OutsideAddressError(f"the page would load from outside: {', '.join(remaining)}")
    head = f'{_CHARSET}\n<meta http-equiv="Content-Security-Policy" content="{_policy(page)}">'
    if "<head>" not in page:
        raise OutsideAddressError("the page has no <head> to put its Content-Security-Policy in")
    return page.replace("<head>", f"<head>\n{head}", 1)


def outside_addresses(page: str) -> list[str]:
    """Return every outside address in `page`, sorted; data blocks are text, not code, and do not count."""
    code = _DATA_BLOCK.sub("", page)
    found = {match for match in _ADDRESS.findall(code) if match.rstrip(".,;") not in _HARMLESS}
    return sorted(found | set(_BARE_ADDRESS.findall(code)))


def _asset(name: str) -> bytes:
    return resources.files(__package__).joinpath("assets", name).read_bytes()


def _packaged(url: str) -> str | None:
    name = url.rsplit("/", 1)[-1]
    if name not in _REPLACEMENTS:
        raise OutsideAddressError(f"no packaged file takes the place of {url}")
    return _REPLACEMENTS[name]


def _script(url: str) -> str:
    name = _packaged(url)
    # "</script" inside a string would end the element early.
    return (
        ""
        if name is None
        else f"<script>{asset_text(name).replace('</script', '<' + chr(92) + '/script')}</script>"
    )


def _style(url: str) -> str:
    name = _packaged(url)
    return "" if name is None else f"<style>{asset_text(name)}</style>"


def _inlined_url(match: re.Match[str]) -> str:
    path = match["path"]
    if path.startswith(("data:", "#")):
        return match[0]
    name = path.rsplit("/", 1)[-1]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"url(data:{kind};base64,{base64.b64encode(_asset(name)).decode('ascii')})"


def _policy(page: str) -> str:
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(body.encode('utf-8')).digest()).decode('ascii')}'"
        for body in _INLINE_SCRIPT.findall(page)
    ]
    scripts = " ".join(dict.fromkeys(hashes)) or "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
