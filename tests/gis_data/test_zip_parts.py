"""Zip files put together of deflated pieces are what every reader of zip files takes."""

from __future__ import annotations

import io
import zipfile
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from phusong.gis_data.zip_parts import ZipParts, deflated

_TEXTS = st.lists(
    st.one_of(st.binary(max_size=60), st.binary(max_size=3).map(lambda b: b * 9000)), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(entries=st.lists(_TEXTS, max_size=4))
def test_readers_find_the_texts_and_the_checksums(entries: list[list[bytes]]) -> None:
    file = io.BytesIO()
    with ZipParts(file, date(2025, 7, 31)) as archive:
        for number, texts in enumerate(entries):
            archive.add(f"thôn/{number}.xml", (deflated(text) for text in texts))
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        assert found.namelist() == [f"thôn/{number}.xml" for number in range(len(entries))]
        for entry, texts in zip(found.infolist(), entries, strict=True):
            assert found.read(entry) == b"".join(texts) and entry.date_time == (2025, 7, 31, 0, 0, 0)


def test_a_date_before_zip_files_is_written_as_the_first() -> None:
    file = io.BytesIO()
    with ZipParts(file, date(1975, 3, 4)) as archive:
        archive.add("a", [memoryview(deflated(b"x"))])
    assert zipfile.ZipFile(file).infolist()[0].date_time == (1980, 3, 4, 0, 0, 0)
