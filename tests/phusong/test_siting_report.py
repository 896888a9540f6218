"""What ``phusong site`` prints of budgets and assumptions under which no plan exists."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from phusong.console import Reporter
from phusong.coverage.siting.proposal import FrontierPoint, Proposal, RobustRun
from phusong.coverage.siting.tables import WORDS
from phusong.siting_report import show_studies

INF = float("inf")


@pytest.mark.parametrize("language", ["en", "vi"])
def test_no_plan_is_told_in_words(
    language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    proposal = SimpleNamespace(
        gap=0.0, stations=(1,), status="optimal", funds=(), phases=(),
        frontier=(
            FrontierPoint(500.0, 0.0, 0.0, -INF, INF, 0.0, 0, 0, "infeasible", ()),
            FrontierPoint(2000.0, 1500.0, 9.0, 9.0, 0.0, 9.0, 1, 1, "optimal", ("a",)),
        ),
        robustness=(RobustRun(0.9, -6.0, 0.0, INF, 0.0, 0, 5.0, 1, (), "infeasible"),),
    )  # fmt: skip
    show_studies(Reporter(language, quiet=True), cast(Proposal, proposal))
    shown = " ".join(capsys.readouterr().out.split())
    assert "inf%" not in shown
    first = WORDS["infeasible"][language == "vi"].split()[0]
    assert shown.count(first) >= 2
    assert "1,500" in shown
