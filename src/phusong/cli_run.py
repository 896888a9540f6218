"""The commands that compute: the whole job, its stages, estimates and scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_options import AsOf, Folder, Lang, Processes, Quiet, Scheduler, ShareAt, Workers, options_of

__all__ = ["add_run_commands"]


def add_run_commands(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command(epilog="Example: `phusong run my-province --lang en`")(run)
    app.command(epilog="Example: `phusong coverage my-province`")(coverage)
    app.command(epilog="Example: `phusong estimate my-province --workers 16`")(estimate)
    app.command(epilog="Example: `phusong gaps my-province`")(gaps)
    app.command(
        epilog="Examples: `phusong site my-province --budget 30000 --frontier 6` · "
        "`phusong site my-province --target-share 0.95` · "
        "`phusong site my-province --phase 2026=8000 --phase 2027=6000 --explain`"
    )(site)
    app.command(epilog="Example: `phusong plans my-province --as-of 2022-12-31`")(plans)
    app.command(epilog="Example: `phusong scenario my-province --off 2G --keep-fewest 3G`")(scenario)


def run(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    processes: Processes = None,
    share: ShareAt = None,
) -> None:
    """Chạy toàn bộ · The whole job: coverage, gaps, new stations, plans, map and tables."""
    from .pipeline import whole_job

    whole_job(options_of(folder, lang, workers, as_of, quiet, (scheduler, processes, share)))


def coverage(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    processes: Processes = None,
    share: ShareAt = None,
) -> None:
    """Vùng phủ sóng · Best-server level and P(covered) per technology as GeoTIFF."""
    from .pipeline import coverage_job

    coverage_job(options_of(folder, lang, workers, as_of, quiet, (scheduler, processes, share)))


def estimate(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Ước tính chi phí · Core-hours, memory and disk of a run, measured on some masts; computes no layer."""
    from .estimate import estimate_job

    estimate_job(options_of(folder, lang, workers, as_of, quiet))


def gaps(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
    scheduler: Scheduler = None,
    processes: Processes = None,
    share: ShareAt = None,
) -> None:
    """Thôn, bản lõm sóng · A verdict per hamlet and technology."""
    from .pipeline import gaps_job

    gaps_job(options_of(folder, lang, workers, as_of, quiet, (scheduler, processes, share)))


def site(
    folder: Folder = Path(),
    budget: Annotated[
        float | None, typer.Option(min=0, help="Ngân sách · Million VND; default: the project's.")
    ] = None,
    least_cost: Annotated[
        bool, typer.Option("--least-cost", help="Chi phí thấp nhất · The cheapest plan for the target share.")
    ] = False,
    target_share: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Tỷ lệ thôn · Share of the hamlets in need, at least cost; 1: all."),
    ] = None,
    frontier: Annotated[
        int | None, typer.Option(min=1, max=50, help="So many budgets, evenly spaced up to the budget.")
    ] = None,
    phase: Annotated[
        list[str] | None, typer.Option(help="Giai đoạn · Year and what it may cost: 2026=8000; repeat it.")
    ] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Again at 50, 75, 90 % and ± 6 dB: which hosts stay?")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Giải thích · Why each station, and why not each hamlet.")
    ] = False,
    time_limit: Annotated[float | None, typer.Option(min=1, help="Seconds for each search.")] = None,
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Đề xuất trạm mới · Propose stations, with the optimality gap; Ctrl-C keeps the best plan so far."""
    from .pipeline import siting_job
    from .siting_inputs import SitingAsk, parse_phases

    ask = SitingAsk(
        budget=budget,
        least_cost=least_cost,
        target_share=target_share,
        frontier=frontier,
        phases=parse_phases(phase) if phase else None,
        robustness=robustness,
        time_limit_s=time_limit,
    )
    siting_job(options_of(folder, lang, workers, as_of, quiet), ask, explain=explain)


def plans(
    folder: Folder = Path(),
    as_of: AsOf = None,
    lang: Lang = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Kiểm tra kế hoạch · Completion of the plan registers, as claimed and as predicted."""
    from .pipeline import plans_job

    plans_job(options_of(folder, lang, workers, as_of, quiet))


def scenario(
    folder: Folder = Path(),
    off: Annotated[
        list[str] | None,
        typer.Option(help="Tắt · Switch off: 2G, 3G:Viettel, operator:NAME, mast:ID, cell:ID; @2026-09-30."),
    ] = None,
    on: Annotated[
        list[str] | None, typer.Option(help="Bật · On air, since a date: cell:ID@2026-01-01.")
    ] = None,
    without_plan: Annotated[
        list[str] | None, typer.Option(help="Kế hoạch không xây · A plan never built: 130/KH-UBND.")
    ] = None,
    keep_fewest: Annotated[
        str | None,
        typer.Option(help="Giữ ít trạm nhất · The fewest stations so that no hamlet loses service: 3G."),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(help="Chỉ giữ N trạm · So many stations stay, those with the least loss: 3G=200."),
    ] = None,
    lose_fewest: Annotated[
        str, typer.Option(help="Với --keep · With --keep: lose the fewest people or hamlets.")
    ] = "people",
    per_operator: Annotated[
        bool, typer.Option("--per-operator", help="Nor loses that of an operator: no roaming.")
    ] = False,
    upgrade_to: Annotated[str, typer.Option(help="Nâng cấp lên · Carrier of upgrades: 4G or 5G.")] = "4G",
    name: Annotated[str | None, typer.Option(help="Name of the files; default: made of the options.")] = None,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds for each proof.")] = 60.0,
    as_of: AsOf = None,
    lang: Lang = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Kịch bản · What if layers go off or plans were not built: who loses service, what to upgrade first."""
    from .scenario import Request, scenario_job

    request = Request(
        off=off or (),
        on=on or (),
        without_plans=without_plan or (),
        keep_fewest=keep_fewest,
        keep=keep,
        lose_fewest=lose_fewest,
        per_operator=per_operator,
        upgrade_to=upgrade_to,
        name=name,
        time_limit_s=time_limit,
    )
    scenario_job(options_of(folder, lang, workers, as_of, quiet), request)
