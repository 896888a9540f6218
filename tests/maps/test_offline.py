"""A page stands alone, or is refused."""

import base64
import hashlib
import json
import re

import folium
import pytest

from phusong.maps.offline import OutsideAddressError, asset_text, outside_addresses, self_contained

PAGE = "<html><head></head><body><script>let a = 1;</script></body></html>"


def test_packaged_files_are_those_of_the_manifest(repository):
    folder = repository / "maps" / "assets"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {path.name for path in folder.iterdir()} == {*manifest, "manifest.json"}
    for name, entry in manifest.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert entry["licence"] in {"BSD-2-Clause", "BSD-3-Clause", "MIT"}
    assert "BSD 2-Clause" in (folder / "leaflet-LICENSE.txt").read_text(encoding="utf-8")


def test_a_plain_folium_page_becomes_self_contained():
    page = self_contained(folium.Map(tiles=None).get_root().render())
    assert outside_addresses(page) == []
    assert not re.search(r"<script[^>]+src=|<link[^>]+href=", page)
    assert "Leaflet 1.9.4" in page


def test_policy_names_the_hash_of_every_script_and_nothing_else():
    page = self_contained(PAGE)
    digest = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert page.index("Content-Security-Policy") < page.index("<script>")


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://example.org/unknown.js"></script>',
        '<link rel="stylesheet" href="https://example.org/unknown.css"/>',
        '<img src="https://example.org/a.png">',
        '<img src="//example.org/a.png">',
        "<style>b { background: url(//example.org/a.png) }</style>",
        "<style>@import 'http://example.org/a.css';</style>",
        "<script>fetch('https://example.org')</script>",
    ],
)
def test_an_outside_address_is_refused(markup):
    with pytest.raises(OutsideAddressError, match=r"example\.org"):
        self_contained(PAGE.replace("<body>", "<body>" + markup))


def test_an_address_in_the_data_is_text():
    block = '<script type="application/json" id="d">{"name":"https://example.org"}</script>'
    assert "https://example.org" in self_contained(PAGE.replace("<body>", "<body>" + block))


def test_a_page_without_head_is_refused():
    with pytest.raises(OutsideAddressError, match="head"):
        self_contained("<html><body></body></html>")


def test_style_sheet_carries_its_pictures():
    css = asset_text("leaflet.css")
    assert "url(images/" not in css
    assert css.count("url(data:image/png;base64,") == 3
    assert "sourceMappingURL" not in asset_text("leaflet.js")
