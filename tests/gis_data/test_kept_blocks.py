"""Blocks of rows that are kept: found where whole, made where not, dropped where not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.gis_data.kept_blocks import block_key, kept_blocks, rows_per_block


def asked(path: Path, wanted: dict[bytes, bytes]) -> list[bytes]:
    """Ask for blocks; the keys of those that had to be made."""
    made = []
    with kept_blocks(path) as blocks:
        for key, block in wanted.items():
            assert bytes(blocks.get(key, lambda key=key, block=block: made.append(key) or block)) == block
    return made


def test_blocks_are_kept_and_unused_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "t.blocks"
    one, two, three = (block_key(bytes([n])) for n in range(3))
    assert asked(path, {one: b"1" * 5000, two: b""}) == [one, two]
    before = path.read_bytes()
    assert asked(path, {two: b"", one: b"1" * 5000}) == [] and path.read_bytes() == before
    assert asked(path, {one: b"1" * 5000, three: b"3"}) == [three]
    assert asked(path, {two: b""}) == [two]
    assert not list(path.parent.glob("*.part"))


def test_any_damage_makes_blocks_anew_and_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "t.blocks"
    wanted = {block_key(bytes([n])): bytes([n]) * (n + 1) for n in range(6)}
    asked(path, wanted)
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        asked(path, wanted)
        assert asked(path, wanted) == []
        path.write_bytes(whole[:at])
        asked(path, wanted)
        assert asked(path, wanted) == []


def test_nothing_is_kept_after_an_error_or_without_a_file(tmp_path: Path) -> None:
    path = tmp_path / "t.blocks"
    with pytest.raises(RuntimeError, match="stop"), kept_blocks(path) as blocks:
        blocks.get(block_key(b"a"), lambda: b"x")
        raise RuntimeError("stop")
    assert not path.exists()
    with kept_blocks(None) as blocks:
        assert blocks.get(block_key(b"a"), lambda: b"x") == b"x"


def test_keys_tell_parts_apart() -> None:
    keys = [block_key(b"ab", b"c"), block_key(b"a", b"bc"), block_key(b"abc"), block_key(b"abc", b"")]
    assert len(set(keys)) == 4 and {len(key) for key in keys} == {16}
    assert rows_per_block(0) == 2048 and rows_per_block(500) == 16
