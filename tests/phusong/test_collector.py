"""The collector of garbage is left as it was, whatever happens in between."""

from __future__ import annotations

import gc

import pytest

from phusong.collector import few_collections


def test_thresholds_and_frozen_objects_are_as_before() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError), few_collections():
        assert gc.get_threshold()[0] > before[0] and gc.get_freeze_count() > frozen
        gc.collect()  # cycles made meanwhile are found all the same
        raise ZeroDivisionError
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0
