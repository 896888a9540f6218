"""One catalogue, two complete languages, and every word that the page asks for."""

import re

import pytest

from phusong.gis_data.result_schema import VERDICTS
from phusong.maps import words
from phusong.maps.tiles_words import TILE_WORDS


def test_every_word_stands_in_both_languages():
    for key, pair in words.WORDS.items():
        assert len(pair) == 2
        if key != "discrepancy.":
            assert all(text.strip() for text in pair), key
    assert words.catalogue("vi").keys() == words.catalogue("en").keys()


def test_word_and_catalogue_agree_and_an_unknown_key_is_an_error():
    assert words.word("legend", "vi") == "Chú giải" == words.catalogue("vi")["legend"]
    assert words.word("legend", "en") == "Legend"
    with pytest.raises(KeyError):
        words.word("no such word", "en")


def test_schema_words_are_not_swapped():
    assert words.word("verdict.no_signal", "vi") == "Trắng sóng"
    assert words.word("verdict.covered", "en") == "Covered"
    assert all(f"help.{code}" in words.WORDS for code in VERDICTS)


def asked_for(files):
    asked = set()
    for path in files:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'PS\.t\("([a-z_]+)"\)', text))
        asked |= set(re.findall(r'data-(?:t|label|placeholder)="([a-z_]+)"', text))
        asked |= set(re.findall(r'\["([a-z_]+)", (?:PS|p|m|typeof|v)\b', text))  # rows of PS.pairs
    return asked


def test_the_pages_ask_only_for_words_that_exist(repository):
    """The map made of tiles has words of its own besides."""
    files = sorted((repository / "maps" / "templates").iterdir())
    tiles = [path for path in files if path.name.startswith("tiles")]
    page = asked_for(path for path in files if path not in tiles)
    assert len(page) > 60
    assert page - words.WORDS.keys() == {"currency"}  # of the project, added to the data of each page
    assert asked_for(tiles) - words.WORDS.keys() - TILE_WORDS.keys() == set()
    assert asked_for(tiles) & TILE_WORDS.keys()
