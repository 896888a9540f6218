"""Pieces of a map: kept by what they are made from, made again where they are damaged, gone where unused."""

import pytest

from phusong.cache import digest
from phusong.maps import pieces as pieces_of_maps
from phusong.maps.pieces import Pieces

KEYS = [digest("piece", k) for k in range(3)]


def make(text):
    def made():
        calls.append(text)
        return text

    return made


calls = []


@pytest.fixture
def path(tmp_path):
    """A file with two pieces."""
    calls.clear()
    pieces = Pieces(tmp_path / "cache" / "pieces.bin")
    for k in range(2):
        assert pieces.get(KEYS[k], make(b"piece %d" % k)) == b"piece %d" % k
    pieces.save()
    assert calls == [b"piece 0", b"piece 1"]
    calls.clear()
    return tmp_path / "cache" / "pieces.bin"


def test_what_is_kept_is_not_made_again(path):
    pieces = Pieces(path)
    for _ in range(2):
        assert pieces.get(KEYS[1], make(b"new")) == b"piece 1"
    assert pieces.get(KEYS[2], make(b"piece 2")) == b"piece 2"
    assert calls == [b"piece 2"]


def test_unused_pieces_are_gone_and_the_file_is_the_same_in_any_order(path, tmp_path):
    pieces = Pieces(path)
    pieces.get(KEYS[2], make(b"piece 2"))
    pieces.get(KEYS[1], make(b"piece 1"))
    pieces.save()
    other = Pieces(tmp_path / "other.bin")
    other.get(KEYS[1], make(b"piece 1"))
    other.get(KEYS[2], make(b"piece 2"))
    other.save()
    assert path.read_bytes() == (tmp_path / "other.bin").read_bytes()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    calls.clear()
    Pieces(path).get(KEYS[0], make(b"again"))
    assert calls == [b"again"]


@pytest.mark.parametrize("at", range(0, 131, 7))
def test_a_damaged_byte_never_gives_another_piece(path, at):
    data = bytearray(path.read_bytes())

    data[at] ^= 0x41
    path.write_bytes(data)
    pieces = Pieces(path)
    assert [pieces.get(KEYS[k], make(b"piece %d" % k)) for k in range(2)] == [b"piece 0", b"piece 1"]

    pieces.save()
    calls.clear()
    again = Pieces(path)
    assert [again.get(KEYS[k], make(b"bad")) for k in range(2)] == [b"piece 0", b"piece 1"]
    assert calls == []


def test_a_file_that_is_cut_off_keeps_what_is_whole(path):
    path.write_bytes(path.read_bytes()[:-3])
    pieces = Pieces(path)
    assert {pieces.get(KEYS[k], make(b"piece %d" % k)) for k in range(2)} == {b"piece 0", b"piece 1"}
    assert len(calls) == 1


def test_a_file_that_says_the_same_is_not_written_again(path):
    before = path.stat().st_mtime_ns
    pieces = Pieces(path)
    for k in range(2):
        pieces.get(KEYS[k], make(b""))
    pieces.save()
    assert path.stat().st_mtime_ns == before


def test_without_a_file_nothing_is_kept(tmp_path):
    pieces = Pieces()
    assert pieces.get(KEYS[0], lambda: b"x") == b"x"
    pieces.save()
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_unread_stays_for_the_next_run_and_is_still_checked(path):
    pieces = Pieces(path)
    pieces.keep([KEYS[0], KEYS[2]])  # of which the second is not there
    assert KEYS[0] in pieces
    assert KEYS[2] not in pieces
    pieces.save()
    again = Pieces(path)
    assert again.get(KEYS[0], make(b"new")) == b"piece 0"
    assert again.get(KEYS[1], make(b"new")) == b"new"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    damaged = Pieces(path)
    damaged.keep([KEYS[0]])
    damaged.put(KEYS[1], b"note")
    damaged.save()
    assert Pieces(path).get(KEYS[0], make(b"made again")) == b"made again"


def test_a_note_is_that_of_the_last_run_or_none(path):
    for text in (b"first", b"second"):
        pieces = Pieces(path)
        pieces.put(KEYS[2], text)
        pieces.save()
        assert Pieces(path).note(KEYS[2]) == text
    data = bytearray(path.read_bytes())
    data[data.index(b"second")] ^= 1
    path.write_bytes(data)
    assert Pieces(path).note(KEYS[2]) is None
    assert Pieces(path).note(KEYS[1]) is None


def test_pieces_of_another_version_of_the_program_are_made_again(path, monkeypatch):
    kept = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(pieces_of_maps, "source_digest", lambda folder: f"later {folder.name}")
        pieces_of_maps._head.cache_clear()
        later = Pieces(path)
        assert later.get(KEYS[0], make(b"drawn otherwise")) == b"drawn otherwise"
        later.save()
        assert path.read_bytes() != kept
    pieces_of_maps._head.cache_clear()
    assert Pieces(path).get(KEYS[0], make(b"as before")) == b"as before"
