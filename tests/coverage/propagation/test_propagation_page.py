"""The program on the page about propagation prints what the page says."""

from __future__ import annotations

import re


def test_the_example_of_the_documentation_prints_what_it_says(repository, capsys):
    page = (repository / "docs" / "propagation.md").read_text(encoding="utf-8")
    program = re.search(r"```python\n(.+?)```", page, re.DOTALL)[1]
    said = re.search(r"```text\n(.+?)```", page, re.DOTALL)[1]
    exec(compile(program, "docs/propagation.md", "exec"), {})
    assert capsys.readouterr().out == said
