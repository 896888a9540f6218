"""What ``phusong validate`` prints: cases, passes, and the worst deviation of every printed quantity."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .validate import validate_folder

__all__ = ["show_report"]


def show_report(folder: Path) -> bool:
    """Run every case of `folder`, print the result, return whether all passed."""
    report = validate_folder(folder)
    console = Console(highlight=False)
    quantities = Table(title="Worst deviation by quantity", title_justify="left", header_style="bold")
    # On 80 columns long labels and names of cases fold; the deviation never does.
    for header in ("quantity", "equation", "worst case", "deviation", ""):
        least = {"quantity": 18, "worst case": 12}.get(header)
        quantities.add_column(header, no_wrap=header == "deviation", overflow="fold", min_width=least)
    for worst in report.worst_by_quantity().values():
        verdict = "ok" if worst.passed else f"[red]FAILED[/]: {worst.ours:.10g}, printed {worst.printed}"
        case = escape(worst.case)  # the name of a file
        quantities.add_row(worst.label, worst.reference, case, f"{worst.deviation:.1e}", verdict)
    console.print(quantities)
    failed = {deviation.case for deviation in report.failures}
    cases = {deviation.case for deviation in report.deviations}
    console.print(f"{len(cases)} cases, {len(cases) - len(failed)} passed")
    console.print(f"{len(report.deviations)} printed numbers compared, {len(report.failures)} off")
    console.print(f"worst deviation of a loss: {report.worst_loss_db():.2e} dB")
    return report.passed
