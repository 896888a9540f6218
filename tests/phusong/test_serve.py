"""The map server on a real project: what it answers, what it refuses, and its page in a browser."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from phusong.cli import main
from phusong.console import Reporter
from phusong.errors import InputError
from phusong.gis_data import cog
from phusong.gis_data.gap_schema import CAUSE_LABELS
from phusong.map_server import MapServer, is_loopback
from phusong.maps.tiles import EARTH_M
from phusong.project import load_project
from phusong.scene import Options

pytest.importorskip("rio_tiler", reason="needs the extra 'serve'")
from phusong.serve import open_server, served_content


def options_of(folder: Path) -> Options:
    project = load_project(folder)
    return Options(project, project.project.as_of, "en", 2, Reporter("en", quiet=True))


@pytest.fixture(scope="module")
def done(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The valley after `phusong run`, with layers by operator."""
    folder = Path(shutil.copytree(valley, tmp_path_factory.mktemp("served") / "project"))
    settings = folder / "phusong.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "[outputs]\nby_operator = true\n", encoding="utf-8"
    )
    with pytest.raises(SystemExit) as caught:
        main(["run", str(folder), "--quiet"])
    assert caught.value.code == 0
    return folder


@pytest.fixture(scope="module")
def server(done: Path) -> Iterator[MapServer]:
    with open_server(options_of(done), "127.0.0.1", 0) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join(10)


def ask(
    server: MapServer, path: str, host: str | None = None, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{server.port}")
    connection.endheaders()
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, data


def span(server: MapServer) -> Any:
    return server.shown._span


def tiles_of(server: MapServer) -> list[tuple[int, int, int]]:
    zoom = span(server).highest
    west, north, east, south = span(server).columns_rows(zoom)
    return [(zoom, column, row) for column in range(west, east + 1) for row in range(north, south + 1)]


@pytest.mark.parametrize("name", ["4g_best_cell", "4g_viettel_best_cell"])
def test_tile_equals_the_raster_read_directly(server: MapServer, done: Path, name: str) -> None:
    raster = cog.read_cog(done / "out" / "coverage" / f"{name}.tif")
    to_grid = Transformer.from_crs("EPSG:3857", raster.grid.crs, always_xy=True)
    seen = different = 0
    for zoom, column, row in tiles_of(server):
        status, headers, data = ask(server, f"/tiles/{name}/{zoom}/{column}/{row}")
        shown = np.zeros((256, 256), dtype=np.int64)
        if status == 200:
            assert headers["content-type"] == "image/png"
            rgb = np.asarray(Image.open(io.BytesIO(data))).astype(np.int64)
            shown = rgb[..., 0] * 65536 + rgb[..., 1] * 256 + rgb[..., 2]
        pixel = EARTH_M / 2**zoom / 256
        x = (column * 256 + np.arange(256) + 0.5) * pixel - EARTH_M / 2
        y = EARTH_M / 2 - (row * 256 + np.arange(256) + 0.5) * pixel
        rows, columns = raster.grid.row_column(*to_grid.transform(*np.meshgrid(x, y)))
        inside = (rows >= 0) & (rows < raster.grid.rows) & (columns >= 0) & (columns < raster.grid.columns)
        expected = np.zeros((256, 256), dtype=np.int64)
        expected[inside] = np.nan_to_num(raster.values[rows[inside], columns[inside]], nan=-1).astype(int) + 1
        seen += int((expected > 0).sum())
        different += int((shown != expected).sum())
    assert seen > 5_000
    # GDAL interpolates coordinates to an eighth of a pixel: only pixels on a border differ
    assert different < seen / 50


def test_values_at_a_place_are_those_of_the_rasters(server: MapServer, done: Path) -> None:
    folder = done / "out" / "coverage"
    found = {
        kind: cog.read_cog(folder / f"4g_{kind}.tif")
        for kind in ("level", "p_covered", "best_cell", "servers", "sinr")
    }
    grid, best = found["best_cell"].grid, found["best_cell"].values
    cells = (folder / "best_cell_index.csv").read_text(encoding="utf-8").splitlines()[1:]
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    for row, column in np.argwhere(best >= 0)[::2000]:
        x, y = (
            grid.x_left_m + (column + 0.5) * grid.resolution_m,
            grid.y_top_m - (row + 0.5) * grid.resolution_m,
        )
        lon, lat = to_degrees.transform(x, y)
        status, headers, data = ask(server, f"/value?layer=4g&lon={lon}&lat={lat}")
        values = json.loads(data)
        assert (status, headers["content-type"]) == (200, "application/json; charset=utf-8")
        for kind in ("level", "p_covered", "servers", "sinr"):
            assert values[kind] == pytest.approx(float(found[kind].values[row, column]), abs=1e-4)
        assert values["cell"]["cell_id"] == cells[int(best[row, column])].split(",")[1]
    status, _, data = ask(server, "/value?layer=4g&lon=0&lat=0")
    assert status == 200
    assert set(json.loads(data).values()) == {None}


@pytest.mark.parametrize(
    "path",
    [
        "/../phusong.toml", "/..%2f..%2fphusong.toml", "/tiles/../../phusong.toml", "/phusong.toml", "//etc/passwd",
        "/tiles/..%2F4g_level/8/1/1", "/tiles/4g_level.tif/8/1/1", "/tiles/", "/tiles", "/parts/cells/999999",
        "/parts/../cells/0", "/tiles/4g_level/1/0/0", "/tiles/4g_level/99/0/0", "/tiles/nothing/8/1/1",
        "/value/..", "/index.html", "/data/", "/tiles/4g_level/%EF%BC%98/1/1",
    ],
)  # fmt: skip
def test_unknown_addresses_and_traversal_are_not_found(server: MapServer, path: str) -> None:
    status, headers, data = ask(server, path)
    assert status == 404
    assert data == b"not found\n"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "query", ["", "?layer=4g", "?layer=4g&lon=x&lat=1", "?layer=4g&lon=nan&lat=1", "?layer=4g&lon=1&lat=90"]
)
def test_bad_questions_are_refused(server: MapServer, query: str) -> None:
    assert ask(server, "/value" + query)[0] == 400
    assert ask(server, "/value?layer=../4g&lon=107&lat=21")[0] == 404


def test_only_this_machines_names_are_answered(server: MapServer) -> None:
    port = server.port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert ask(server, "/", host)[0] == 200
    for host in (
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        f"127.0.0.1.evil.example:{port}",
        "localhost",
        "",
    ):
        status, _, data = ask(server, "/", host or "x")
        assert (status, data) == (421, b"unknown host\n")


def test_page_and_answers_carry_a_policy(server: MapServer) -> None:
    status, headers, data = ask(server, "/")
    assert status == 200
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert len(data) < 2_000_000
    status, headers, body = ask(server, "/", method="HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", str(len(data)))
    assert ask(server, "/", method="POST")[0] == 501


def test_listens_on_this_machine_only(server: MapServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {
        "127.0.0.1"
    }
    for other in (one for one in others if not is_loopback(one)):
        with pytest.raises(OSError), socket.create_connection((other, server.port), timeout=2):
            pass
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "127.8.9.1")] == [True] * 4
    assert [is_loopback(h) for h in ("0.0.0.0", "192.168.1.2", "::", "example.org")] == [False] * 4


def test_many_at_a_time_get_what_one_gets(server: MapServer) -> None:
    names = ["4g_level", "4g_servers", "4g_sinr", "2g_level", "4g_viettel_level"]
    paths = [f"/tiles/{name}/{z}/{x}/{y}" for name in names for z, x, y in tiles_of(server)] * 3
    server.shown._tile.cache_clear()
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda path: ask(server, path)[::2], paths))
    assert together == [ask(server, path)[::2] for path in paths]
    assert {status for status, _ in together} <= {200, 204}


def test_hamlets_carry_the_verdicts_of_the_run(server: MapServer, done: Path) -> None:
    content = served_content(options_of(done))
    assert "verdict" in content.villages
    found = [
        row
        for key, data in server.shown._vectors["hamlets"].items()
        if key[0] == server.shown._points.highest
        for row in json.loads(data)["rows"]
    ]
    assert len(found) == len(content.villages)
    columns = content.point_tables["hamlets"].present()
    verdicts = {row[columns.index("village_id")]: row[columns.index("verdict")] for row in found}
    assert verdicts == dict(zip(content.villages["village_id"], content.villages["verdict"], strict=True))


def test_a_project_without_coverage_is_told_what_to_run(own_valley: Path) -> None:
    with pytest.raises(InputError, match="phusong coverage"):
        open_server(options_of(own_valley), "127.0.0.1", 0)


def test_a_port_that_is_taken_is_bad_input(server: MapServer, done: Path) -> None:
    with pytest.raises(InputError, match="another --port"):
        open_server(options_of(done), "127.0.0.1", server.port)


def test_command_says_where_and_stops_on_ctrl_c(done: Path) -> None:
    import signal

    command = [sys.executable, "-m", "phusong", "serve", str(done), "--port", "0", "--lang", "en", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split(": ", 1)[1].strip()
        connection = http.client.HTTPConnection(address.removeprefix("http://").strip("/"), timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_map_as_a_folder_takes_the_place_of_the_file(done: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(done, tmp_path / "project"))
    with pytest.raises(SystemExit) as caught:
        main(["map", str(folder), "--folder", "--quiet"])
    assert caught.value.code == 0
    out = folder / "out"
    assert not (out / "map.html").exists()
    names = {path.name for path in (out / "map" / "archives").iterdir()}
    assert {
        "4g_level.pmtiles",
        "4g_best_cell.pmtiles",
        "4g_viettel_level.pmtiles",
        "hamlets.pmtiles",
    } <= names
    assert "4g_viettel_sinr.pmtiles" not in names
    with pytest.raises(SystemExit):
        main(["map", str(folder), "--quiet"])
    assert (out / "map.html").exists()
    assert not [path for path in (out / "map").rglob("*") if path.is_file()]


@pytest.mark.browser
def test_page_shows_tiles_and_exact_values(browser: Any, server: MapServer) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.address)
    page.wait_for_selector("html[data-ready=true]")
    count = """async () => {
      while (!PS.coverage || PS.coverage.isLoading()) await new Promise((done) => setTimeout(done, 20));
      let pixels = 0;
      document.querySelectorAll("canvas.ps-tile").forEach((canvas) => {
        new Uint32Array(canvas.getContext("2d").getImageData(0, 0, 256, 256).data.buffer).forEach((v) => (pixels += v ? 1 : 0));
      });
      return pixels;
    }"""
    assert page.evaluate(count) > 1000
    page.select_option("#ps-operator", "Viettel")
    for view in ("p", "best", "servers", "sinr", "p_indoor"):
        page.select_option("#ps-view", view)
        assert page.evaluate(count) > 100, view
    page.evaluate("() => void PS.map.fire('click', { latlng: PS.map.getCenter() })")
    page.wait_for_selector("#ps-detail dl, #ps-detail p + p")
    text = page.inner_text("#ps-detail")
    assert "Viettel · 4G" in text
    assert "undefined" not in text
    assert complaints == []
    context.close()


@pytest.mark.browser
def test_page_tells_why_a_hamlet_lacks_a_service_and_has_no_serious_fault(
    browser: Any, server: MapServer, done: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python (test extra)")
    reasons = gpd.read_file(done / "out" / "reasons.gpkg", layer="hamlet_reasons")
    row = reasons[reasons["profile"].notna()].iloc[0]
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, bypass_csp=True
    )  # axe comes from outside
    page = context.new_page()
    page.goto(server.address)
    page.wait_for_selector("html[data-ready=true]")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    states = ("", "PS.byId('ps-search').value = 'a'; PS.byId('ps-search').dispatchEvent(new Event('input'));")
    for state in states:
        page.evaluate(f"async () => {{ {state} }}")
        assert _faults(page) == [], state
    page.fill("#ps-search", row["village_id"])
    page.fill("#ps-search", row["name"])
    page.click(f"#ps-found button:has-text({json.dumps(row['name'])})")
    page.wait_for_selector("#ps-detail svg.ps-profile")
    assert page.inner_text("#ps-detail [data-field=cause]") == CAUSE_LABELS[row["cause"]][0]
    assert row["candidate_cell"] in page.inner_text("#ps-detail [data-field=candidate]")
    if row["obstacle_db"] > 0:
        assert f"{row['obstacle_db']:.1f} dB" in page.text_content("#ps-detail svg.ps-profile")
    assert _faults(page) == []
    context.close()


def _faults(page: Any) -> list[str]:
    """Serious faults that axe-core finds in what is shown."""
    found = page.evaluate("() => axe.run(document)")
    assert len(found["passes"]) > 10
    return [
        f"{fault['id']}: {fault['help']} {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def test_profiles_of_the_server_are_those_of_the_run(done: Path) -> None:
    content = served_content(options_of(done))
    reasons = gpd.read_file(done / "out" / "reasons.gpkg", layer="hamlet_reasons")
    assert sorted(content.why) == sorted(reasons["village_id"])
    drawn = 0
    for row in reasons.itertuples():
        profile = content.why[row.village_id]["profile"]
        assert (profile is not None) == isinstance(row.profile, str)
        if profile is not None:
            drawn += 1
            svg = (done / "out" / row.profile).read_text(encoding="utf-8")
            assert f"{profile['mast']}:" in svg
            assert profile["km"][-1] == pytest.approx(row.distance_m / 1000.0, abs=0.01)
    assert drawn


def test_coverage_of_earlier_input_is_told(
    done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(done, tmp_path / "project"))
    project = load_project(folder)
    loud = Options(project, project.project.as_of, "en", 2, Reporter("en"))
    served_content(loud)
    assert "earlier input" not in capsys.readouterr().err
    cells = folder / "layers" / "cells.csv"
    cells.write_text(cells.read_text(encoding="utf-8").replace(",42,", ",30,"), encoding="utf-8")
    served_content(loud)
    assert "earlier input" in " ".join(capsys.readouterr().err.split())


def test_without_the_extra_the_command_says_what_to_install(done: Path) -> None:
    code = "import sys; sys.modules['rio_tiler'] = None\nfrom phusong.cli import main\nmain(['serve', sys.argv[1]])"
    run = subprocess.run(
        [sys.executable, "-c", code, str(done)], capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 2
    assert "pip install 'phusong[serve]'" in run.stderr


def test_another_interface_is_warned_of(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", str(done), "--host", "192.0.2.1", "--port", "0", "--lang", "en"])
    assert caught.value.code == 2  # 192.0.2.1 (RFC 5737) is nobody's address
    told = " ".join(capsys.readouterr().err.split())
    assert "without a password" in told
    assert "an address of this machine" in told
