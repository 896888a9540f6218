"""Names with square brackets are shown as they are: they are no colours and stop nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from phusong.console import Reporter

NAMES = ("Thôn [bold]đậm[/bold]", "[/red]", "xã [link=file:///x]A", "[upgrades]", "a\\[b]")
FREE = {"console.py"}  # the Reporter itself


def test_tables_show_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter("vi").table(["[b]Tên[/b]", "n"], [(name, 1) for name in NAMES], title="Dự án [/x]")
    told = capsys.readouterr().out
    for text in (*NAMES, "[b]Tên[/b]", "Dự án [/x]"):
        assert text in told


def test_a_day_stays_whole_in_a_narrow_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    headers = ["Số", "Ngày chạy", "Người chạy", "Tính đến", "Cell đang phát", "Thôn lõm, trắng sóng", "Nhãn"]
    Reporter("vi").table(headers, [(1, "2026-11-22 11:48", "root", "2025-12-31", 156, 36, "trước bão số 3")])
    told = capsys.readouterr().out
    assert "2026-11-22" in told and "2025-12-31" in told
    assert max(len(line) for line in told.splitlines()) <= 80
    assert all(line[-1] in "┓┃┩│┘" for line in told.splitlines())


def test_notes_show_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        Reporter("en").note("damaged_cache", path=name)
    told = " ".join(capsys.readouterr().err.split())
    for name in NAMES:
        assert name in told


def prints_with_markup(path: Path) -> list[str]:
    """Calls of a rich console's print with something made of data, markup left on."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "print"
        ):
            continue
        off = any(k.arg == "markup" and getattr(k.value, "value", True) is False for k in node.keywords)
        text = node.args[0] if node.args else ast.Constant("")
        made = any(isinstance(part, ast.FormattedValue) for part in ast.walk(text))
        values = isinstance(text, ast.Call) and [k for k in text.keywords if k.arg is not None]
        numbers = {"gap", "made", "wrong", "count"}
        risky = made or bool(values and {k.arg for k in values} - numbers)
        if risky and not off and not _only_counts(text):
            found.append(f"{path.name}:{node.lineno}")
    return found


def _only_counts(text: ast.AST) -> bool:
    """Every value that is formatted in is a number, or words of our own."""
    values = [part for part in ast.walk(text) if isinstance(part, ast.FormattedValue)]
    return bool(values) and all(part.format_spec is not None or _is_count(part.value) for part in values)


def _is_count(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return True
    function = value.func if isinstance(value, ast.Call) else None
    return getattr(function, "id", "") == "len" or getattr(function, "attr", "") == "say"


def test_no_other_module_prints_data_as_markup(repository: Path) -> None:
    modules = sorted((repository / "src" / "phusong").rglob("*.py"))
    assert len(modules) > 60
    assert [call for path in modules if path.name not in FREE for call in prints_with_markup(path)] == []
