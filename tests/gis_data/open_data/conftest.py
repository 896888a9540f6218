"""A server on this machine that serves small files laid out as the public ones, and misbehaves when told to."""

from __future__ import annotations

import gzip
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin


@dataclass
class Served:
    """One file: its bytes, headers, and the faults of the next requests, one each."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    faults: list[Callable[[Any], bool]] = field(default_factory=list)
    ranges: bool = True


@dataclass(frozen=True)
class Asked:
    """What a client asked for, and how much of the body was sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


class OpenDataServer:
    """Serves files by path (or path?file=name); keeps a list of what was asked."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[Asked] = []
        self.sent: dict[str, int] = {}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def put(
        self, path: str, body: bytes, *faults: Callable[[Any], bool], ranges: bool = True, **headers: str
    ) -> Served:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.files[path] = Served(body, named, list(faults), ranges)
        return self.files[path]

    def asks(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]


def _handler(server: OpenDataServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def log_message(self, *arguments: Any) -> None:
            pass

        served: Served | None = None

        def version_string(self) -> str:
            return "test" if self.served is None else self.served.headers.get("Server", "test")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._answer({key: values[0] for key, values in parse_qs(body).items()})

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            server.asked.append(Asked(self.command, parts.path, query, dict(self.headers), form))
            key = f"{parts.path}?file={query['file']}" if "file" in query else parts.path
            served = server.files.get(key)
            if served is None and form:
                word = "place" if '"place"' in form["data"] else "boundary"
                served = server.files.get(f"{parts.path}#{word}")
            if served is None:
                self.plain(404, b"<Error><Code>NoSuchKey</Code></Error>")
                return
            self.served, self.key = served, key
            if served.faults and served.faults.pop(0)(self):
                return
            self.whole()

        def plain(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def whole(self, stop_after: int | None = None, length_off: int = 0) -> None:
            body, start, status, extra = self.served.body, 0, 200, {}
            wanted = self.headers.get("Range")
            etag = self.served.headers.get("ETag", "")
            held = self.headers.get("If-Range")
            if self.headers.get("If-Match") not in (None, etag):
                self.plain(412, b"")
                return
            if (
                wanted
                and self.served.ranges
                and held in (None, etag, self.served.headers.get("Last-Modified"))
            ):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                start = int(first)
                end = min(int(last) if last else len(body) - 1, len(body) - 1)
                if start >= len(body):
                    self.plain(416, b"", Content_Range=f"bytes */{len(body)}", ETag=etag)
                    return
                extra = {"Content-Range": f"bytes {start}-{end}/{len(body)}"}
                status, body = 206, body[start : end + 1]
            self.send_response(status)
            for name, value in {**self.served.headers, **extra}.items():
                if name != "Server":  # sent already
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + length_off))
            self.end_headers()
            sent = body if stop_after is None else body[:stop_after]
            self.wfile.write(sent)
            server.sent[self.key] = server.sent.get(self.key, 0) + len(sent)
            if stop_after is not None or length_off > 0:
                self.wfile.flush()
                self.close_connection = True

    return Handler


class Faults:
    """What a server can do wrong to one request."""

    @staticmethod
    def status(code: int, **headers: str) -> Callable[[Any], bool]:
        return lambda handler: handler.plain(code, b"busy", **headers) or True

    @staticmethod
    def cut(after: int) -> Callable[[Any], bool]:
        return lambda handler: handler.whole(stop_after=after) or True

    @staticmethod
    def announces_more(by: int) -> Callable[[Any], bool]:
        return lambda handler: handler.whole(length_off=by) or True

    @staticmethod
    def sends(body: bytes) -> Callable[[Any], bool]:
        """Another body under the headers of the right one."""

        def fault(handler: Any) -> bool:
            right, handler.served = handler.served, Served(body, handler.served.headers)
            handler.whole()
            handler.served = right
            return True

        return fault

    @staticmethod
    def stalls(after: int, event: threading.Event) -> Callable[[Any], bool]:
        """Sends the beginning and then nothing, until the event."""

        def fault(handler: Any) -> bool:
            handler.send_response(200)
            for name, value in handler.served.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(handler.served.body)))
            handler.end_headers()
            handler.wfile.write(handler.served.body[:after])
            handler.wfile.flush()
            event.wait(60)
            handler.close_connection = True
            return True

        return fault


@pytest.fixture
def server() -> Iterator[OpenDataServer]:
    started = OpenDataServer()
    yield started
    started.close()


@pytest.fixture
def faults() -> type[Faults]:
    return Faults


def raster_bytes(
    values: np.ndarray, west: float, north: float, pixel: float, nodata: float | None = None
) -> bytes:
    """A GeoTIFF in degrees, tiled so that parts of it can be read."""
    profile = {
        "driver": "GTiff", "count": 1, "dtype": values.dtype.name, "height": values.shape[0],
        "width": values.shape[1], "crs": "EPSG:4326", "transform": from_origin(west, north, pixel, pixel),
        "nodata": nodata, "tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate",
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(values, 1)
        return bytes(memory.read())


@pytest.fixture
def make_raster() -> Callable[..., bytes]:
    return raster_bytes


@pytest.fixture
def read_raster() -> Callable[[bytes | Path], tuple[np.ndarray, Any]]:
    def read(content: bytes | Path) -> tuple[np.ndarray, Any]:
        with rasterio.open(io.BytesIO(content) if isinstance(content, bytes) else content) as source:
            return source.read(1), source.profile

    return read


SHORE = 21.05  # degrees north: sea below
WEST, EAST = 107.2, 107.6


def _height(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return np.where(lat < SHORE, 0.0, 20.0 + 100.0 * (lon - 107.0) + 900.0 * (lat - SHORE)).astype(np.float32)


@lru_cache
def _terrain_tile(lat: int, lon: int, pixels: int = 360) -> bytes:
    step = 1.0 / pixels
    west, north = lon - step / 2, lat + 1 + step / 2  # as GLO-30: half a pixel beyond the full degree
    x, y = np.meshgrid(west + (np.arange(pixels) + 0.5) * step, north - (np.arange(pixels) + 0.5) * step)
    return raster_bytes(_height(x, y), west, north, step)


@lru_cache
def _cover_tile(pixels: int = 1500) -> bytes:
    """N21E105: trees in the north, houses in a square, mangroves at the shore, water below."""
    step = 3.0 / pixels
    x, y = np.meshgrid(105 + (np.arange(pixels) + 0.5) * step, 24 - (np.arange(pixels) + 0.5) * step)
    classes = np.full(x.shape, 10, np.uint8)
    classes[(x > 107.35) & (x < 107.45) & (y > 21.10) & (y < 21.15)] = 50
    classes[y < SHORE + 0.01] = 95
    classes[y < SHORE] = 80
    classes[(x > 107.3) & (x < 107.32) & (y > 21.2) & (y < 21.22)] = 80  # a lake in the hills
    return raster_bytes(classes, 105, 24, step, nodata=0)


@lru_cache
def _population(pixels: int = 600) -> bytes:
    """One degree of people: a town of 9 pixels, and a lone pixel far from any hamlet."""
    step = 1.0 / pixels
    people = np.full((pixels, pixels), -99999.0, np.float32)
    row, column = int((22 - 21.12) / step), int((107.4 - 107) / step)
    people[row - 1 : row + 2, column - 1 : column + 2] = 50.0
    people[int((22 - 21.25) / step), int((107.55 - 107) / step)] = 7.0
    return raster_bytes(people, 107, 22, step, nodata=-99999.0)


def _square(west: float, south: float, east: float, north: float) -> list[dict[str, float]]:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [{"lon": x, "lat": y} for x, y in ring]


def _relation(
    number: int, name: str, level: int, ring: list[dict[str, float]], **tags: str
) -> dict[str, Any]:
    half = len(ring) // 2
    ways = [ring[: half + 1], ring[half:][::-1]]  # in two ways, one of them backwards
    members = [
        {"type": "way", "ref": number * 10 + i, "role": "outer", "geometry": w} for i, w in enumerate(ways)
    ]
    members.append({"type": "node", "ref": 1, "role": "admin_centre", "lat": 21.1, "lon": 107.3})
    named = {"boundary": "administrative", "admin_level": str(level), "name": name, **tags}
    return {"type": "relation", "id": number, "tags": named, "members": members}


def osm_places() -> dict[str, Any]:
    def node(number: int, name: str, lon: float, lat: float, **tags: str) -> dict[str, Any]:
        return {"type": "node", "id": number, "lon": lon, "lat": lat, "tags": {"name": name, **tags}}

    elements = [
        node(11, "Thôn Khe Tiền", 107.401, 21.121, place="hamlet"),
        node(12, "=Bản Nà Hắc", 107.30, 21.18, place="village"),
        node(13, "Ngoài tỉnh", 107.59, 21.299, place="hamlet"),
        node(14, "Bệnh viện đa khoa", 107.41, 21.13, amenity="hospital"),
        {"type": "way", "id": 15, "center": {"lon": 107.42, "lat": 21.12},
         "tags": {"name": "KCN Hải Yên", "landuse": "industrial"}},
        {"type": "way", "id": 16, "center": {"lon": 107.25, "lat": 21.08},
         "tags": {"name": "Thôn 3", "place": "hamlet"}},
    ]  # fmt: skip
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": "2026-11-20T04:00:00Z"}, "elements": elements}


def osm_boundaries() -> dict[str, Any]:
    elements = [
        _relation(1, "Tỉnh Quảng Ninh", 4, _square(107.0, 20.9, 107.58, 21.29)),
        _relation(2, "Xã Đồng Văn", 6, _square(107.0, 20.9, 107.35, 21.29), population="4 321"),
        _relation(3, "Phường Móng Cái", 6, _square(107.35, 20.9, 107.58, 21.29)),
        _relation(4, "Khu 1", 9, _square(107.39, 21.11, 107.41, 21.13)),
    ]
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": "2026-11-20T04:00:00Z"}, "elements": elements}


def nominatim_places() -> list[dict[str, Any]]:
    ring = [[p["lon"], p["lat"]] for p in _square(107.21, 21.0, 107.58, 21.29)]
    return [
        {"osm_type": "relation", "osm_id": 1, "category": "boundary", "type": "administrative", "place_rank": 8,
         "name": "Quảng Ninh", "display_name": "Quảng Ninh, Việt Nam", "address": {"country_code": "vn"},
         "boundingbox": ["21.0", "21.29", "107.21", "107.58"],
         "geojson": {"type": "Polygon", "coordinates": [ring]}},
        {"osm_type": "relation", "osm_id": 9, "category": "boundary", "type": "administrative", "place_rank": 16,
         "name": "Quảng Ninh", "display_name": "Xã Quảng Ninh, Quảng Trị, Việt Nam",
         "address": {"country_code": "vn"}, "boundingbox": ["17.3", "17.4", "106.5", "106.6"]},
        {"osm_type": "node", "osm_id": 7, "category": "place", "type": "town", "place_rank": 16, "name": "Quảng Ninh",
         "boundingbox": ["17.3", "17.4", "106.5", "106.6"]},
    ]  # fmt: skip


CELLS = """\
GSM,452,4,30001,10011,0,107.4000,21.1200,1000,50,1,1347360297,1600000000,0
GSM,452,4,30001,10012,0,107.4040,21.1200,1000,50,1,1347360297,1600000000,0
GSM,452,4,30001,10013,0,107.4020,21.1240,1000,40,1,1347360297,1600000000,0
LTE,452,4,40001,25856001,0,107.4022,21.1210,1000,70,1,1500000000,1700000000,0
LTE,452,4,40001,25856002,0,107.4021,21.1211,1000,70,1,1500000000,1700000000,0
UMTS,452,2,50001,65743865,123,107.3000,21.1800,91204,2000,1,1347360297,1382522448,0
NR,452,1,60001,4194304001,0,107.2500,21.0900,500,3,0,1600000000,1700000000,0
CDMA,452,3,1,77,0,107.3000,21.1000,500,3,1,1347360297,1382522448,0
GSM,452,4,30001,99990,0,105.8000,21.0000,1000,50,1,1347360297,1600000000,0
GSM,452,4,30001,10011,0,107.9000,21.9000,1000,1,1,1347360297,1500000000,0
"""


@pytest.fixture
def world(server: OpenDataServer) -> OpenDataServer:
    """The public servers, one small province each."""
    name = "Copernicus_DSM_COG_10_N21_00_E107_00_DEM"
    server.put(f"/dem/{name}/{name}.tif", _terrain_tile(21, 107), ETag='"dem-21-107"')
    server.put(
        "/cover/v200/2021/map/ESA_WorldCover_10m_2021_v200_N21E105_Map.tif", _cover_tile(), ETag='"cover-1"'
    )
    server.put("/pop/VNM/vnm_2025.tif", _population(), ranges=False)  # as data.worldpop.org: whole files only
    server.put("/overpass#place", json.dumps(osm_places()).encode())
    server.put("/overpass#boundary", json.dumps(osm_boundaries()).encode())
    server.put("/nominatim/search", json.dumps(nominatim_places()).encode())
    server.put("/nominatim/reverse", json.dumps({"address": {"country_code": "vn"}}).encode())
    server.put("/ocid/downloads?file=452.csv.gz", gzip.compress(CELLS.encode(), mtime=0))
    return server


@pytest.fixture
def mirrors(world: OpenDataServer) -> dict[str, str]:
    """Environment that names the servers of this machine."""
    return {
        "PHUSONG_SOURCE_TERRAIN": f"{world.url}/dem",
        "PHUSONG_SOURCE_LAND_COVER": f"{world.url}/cover",
        "PHUSONG_SOURCE_POPULATION": f"{world.url}/pop/{{ISO3}}/{{iso3}}_{{year}}.tif",
        "PHUSONG_SOURCE_OSM": f"{world.url}/overpass",
        "PHUSONG_SOURCE_NAMES": f"{world.url}/nominatim",
        "PHUSONG_SOURCE_CELLS": f"{world.url}/ocid/downloads",
    }
