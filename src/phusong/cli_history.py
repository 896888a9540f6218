"""The commands about versions: ``phusong history``, ``diff``, ``prune`` and ``store``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from .cli_options import Folder, Lang, options_of

__all__ = ["add_history_commands"]

_Version = "a number, a label, a day (the last one made by then), as-of:DAY, first, previous or last"


def add_history_commands(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command(
        epilog="Examples: `phusong history my-province` · `phusong history my-province --label last=March`"
    )(history)
    app.command(epilog="Example: `phusong diff 2026-03-01 last my-province`")(diff)
    app.command(epilog="Example: `phusong prune my-province --keep-last 12 --keep-monthly --dry-run`")(prune)
    app.command(epilog="Examples: `phusong store my-province --migrate` · `phusong store --roles`")(store)


def history(
    folder: Folder = Path(),
    label: Annotated[
        str | None, typer.Option(help="Nhãn · Give a version a label: last=March; last= takes it away.")
    ] = None,
    take: Annotated[
        str | None, typer.Option(help="Lấy ra · Write this version into the folder --to: tables, rasters.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Empty folder for --take.")] = None,
    lang: Lang = None,
) -> None:
    """Các phiên bản · The versions of a project, one per run: when, by whom, what it counted."""
    from .errors import InputError, Problem
    from .history import extract_job, history_job, label_job

    options = options_of(folder, lang)
    if (take is None) != (to is None):
        raise InputError(
            [Problem("--take", "--take VERSION together with --to FOLDER", "give both, or none")]
        )
    if label is not None:
        label_job(options, label)
    if take is not None and to is not None:
        extract_job(options, take, to)
    if label is None and take is None:
        history_job(options)


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=f"Earlier version: {_Version}.")] = "previous",
    after: Annotated[str, typer.Argument(metavar="B", help="Later version, said in the same way.")] = "last",
    folder: Folder = Path(),
    lang: Lang = None,
) -> None:
    """So sánh hai phiên bản · Which hamlets gained or lost service, and because of which station."""
    from .history import diff_job

    before, after, folder = _diff_arguments(before, after, folder)
    diff_job(options_of(folder, lang), before, after)


def _diff_arguments(before: str, after: str, folder: Path) -> tuple[str, str, Path]:
    """Take a project's folder for what it is where it stands first or second, as with other commands."""
    from .project import PROJECT_FILE

    def is_project(text: str | Path) -> bool:
        return (Path(text) / PROJECT_FILE).is_file()

    if folder == Path() and not is_project(folder):
        if after == "last" and is_project(before):
            return "previous", "last", Path(before)
        if is_project(after):
            return before, "last", Path(after)
    return before, after, folder


def prune(
    folder: Folder = Path(),
    keep_last: Annotated[int | None, typer.Option(min=1, help="Giữ · So many of the newest stay.")] = None,
    keep_monthly: Annotated[
        bool, typer.Option("--keep-monthly", help="Giữ mỗi tháng một · The newest of each month stays.")
    ] = False,
    older_than: Annotated[
        str | None, typer.Option(help="Cũ hơn · Only what was made before a day, or so long ago: 180d.")
    ] = None,
    labelled: Annotated[
        bool, typer.Option("--labelled", help="Cả phiên bản có nhãn · Versions with a label may go too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    lang: Lang = None,
) -> None:
    """Dọn phiên bản cũ · Remove versions and the rasters that only they had; the newest one stays."""
    from .history import prune_job
    from .history_choice import PruneRule, parse_age

    age = parse_age(older_than, datetime.now().astimezone()) if older_than is not None else None
    rule = PruneRule(keep_last, keep_monthly, age, labelled)
    prune_job(options_of(folder, lang), rule, dry_run=dry_run)


def store(
    folder: Folder = Path(),
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the tables up to date (as phusong_owner).")
    ] = False,
    roles: Annotated[
        bool, typer.Option("--roles", help="Print the SQL that makes the roles, for the administrator.")
    ] = False,
    lang: Lang = None,
) -> None:
    """Nơi lưu phiên bản · Where versions are kept; `--roles` and `--migrate` set a PostgreSQL server up."""
    if roles:
        from .store.migrations import sql_text

        typer.echo(sql_text("postgis", "roles.sql"), nl=False)
        return
    from .history import store_job

    store_job(options_of(folder, lang), migrate=migrate)
