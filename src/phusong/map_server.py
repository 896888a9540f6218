"""The map server's HTTP: few addresses, all of them known; nothing is read from a path that a request names.

It is made for one's own machine. A page of another site cannot read from it: no answer allows another origin,
and a request whose Host is a name other than this machine's is refused, so that a name which its owner points
at 127.0.0.1 (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .maps.tiles_page import page_policy
from .served_map import ServedMap

__all__ = ["MapServer", "is_loopback"]

_TILE = re.compile(r"/tiles/([a-z0-9_]{1,80})/(\d{1,2})/(\d{1,7})/(\d{1,7})", re.ASCII)
_PART = re.compile(r"/parts/([a-z]{1,20})/(\d{1,6})", re.ASCII)
_READERS = 4  # rasters that are read at a time
_IDLE_S = 30
_JSON, _TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
_SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Tell whether an address or name can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class MapServer(ThreadingHTTPServer):
    """Serves one map until `shutdown`.

    Parameters
    ----------
    shown : ServedMap
    host : str
        Address or name to listen on.
    port : int
        0: any that is free.

    Raises
    ------
    OSError
        The port is taken, or the address is not this machine's.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, shown: ServedMap, host: str = "127.0.0.1", port: int = 0) -> None:
        self.shown, self.host = shown, host
        self.reading = threading.BoundedSemaphore(_READERS)
        self.policy = f"{page_policy(served=True)}; frame-ancestors 'none'"
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        """What to open in a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def knows(self, host: str | None) -> bool:
        """Tell whether a request's Host is this server: an address, or a name that no stranger can own."""
        name, _, port = (
            (host or "").rpartition(":") if re.search(r":\d+$", host or "") else (host or "", "", "80")
        )
        if port != str(self.port):
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name.lower() in {"localhost", self.host.lower()}
        return True


class _Handler(BaseHTTPRequestHandler):
    server: MapServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "phusong", ""
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Answer, or refuse."""
        if not self.server.knows(self.headers.get("Host")):
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, b"unknown host\n", _TEXT)
            return
        address = urlsplit(self.path)
        if address.path == "/":
            self._answer(HTTPStatus.OK, self.server.shown.page, "text/html; charset=utf-8")
        elif found := _TILE.fullmatch(address.path):
            self._tile(found[1], (int(found[2]), int(found[3]), int(found[4])))
        elif found := _PART.fullmatch(address.path):
            self._json(self.server.shown.part(found[1], int(found[2])))
        elif address.path == "/value":
            self._value(address.query)
        elif address.path == "/favicon.ico":
            self._answer(HTTPStatus.NO_CONTENT, b"", _TEXT)
        else:
            self._json(None)

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def _tile(self, name: str, key: tuple[int, int, int]) -> None:
        with self.server.reading:
            tile = self.server.shown.tile(name, key)
        if tile is None:
            self._json(None)
        else:
            self._answer(HTTPStatus.OK if tile[0] else HTTPStatus.NO_CONTENT, *tile)

    def _value(self, query: str) -> None:
        asked = parse_qs(query, max_num_fields=8)
        try:
            stem, lon, lat = asked["layer"][0], float(asked["lon"][0]), float(asked["lat"][0])
        except (KeyError, ValueError):
            stem, lon, lat = "", math.nan, math.nan
        if not (abs(lon) <= 180 and abs(lat) <= 85):
            self._answer(HTTPStatus.BAD_REQUEST, b"needs layer, lon and lat\n", _TEXT)
            return
        with self.server.reading:
            values = self.server.shown.values(stem, lon, lat)
        self._json(None if values is None else json.dumps(values, ensure_ascii=False).encode("utf-8"))

    def _json(self, data: bytes | None) -> None:
        if data is None:
            self._answer(HTTPStatus.NOT_FOUND, b"not found\n", _TEXT)
        else:
            self._answer(HTTPStatus.OK, data, _JSON)

    def _answer(self, status: HTTPStatus, data: bytes, kind: str) -> None:
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
        for name, value in {**_SAFETY, "Content-Security-Policy": self.server.policy}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status != HTTPStatus.NO_CONTENT:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: what a reader looks at is nobody else's business."""
