"""The commands that make a project and feed it: ``demo``, ``init``, ``check``, ``fetch``, ``update``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_options import AsOf, Folder, Lang, Language, Quiet, Workers, options_of, reporter_of

__all__ = ["add_project_commands"]


def add_project_commands(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command(epilog="Example: `phusong demo demo`")(demo)
    app.command(epilog="Example: `phusong init --sample my-province`")(init)
    app.command(epilog="Example: `phusong check my-province`")(check)
    app.command(epilog="Example: `phusong fetch my-province --province 'Quảng Ninh' --country VN`")(fetch)
    app.command(
        epilog="Examples: `phusong update my-province --cells new.csv --dry-run` · "
        "`phusong update my-province --masts masts.csv --cells cells.csv --changes --label March`"
    )(update)


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the sample project.")] = Path("demo"),
    lang: Lang = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Chạy toàn bộ trên tỉnh mẫu · Make the embedded sample province and run the whole job on it."""
    from .pipeline import whole_job
    from .project import PROJECT_FILE

    if not (folder / PROJECT_FILE).exists():
        _make_sample(folder)
    whole_job(options_of(folder, lang, workers, None, quiet))


def init(
    folder: Annotated[Path, typer.Argument(help="New project folder.")] = Path(),
    sample: Annotated[bool, typer.Option("--sample", help="A full synthetic province to edit.")] = False,
) -> None:
    """Tạo dự án · Make a project: templates of every table, or the whole sample province."""
    if sample:
        _make_sample(folder)
    else:
        from .new_project import write_new_project

        write_new_project(folder)
    typer.echo(f"{folder}: phusong.toml\nphusong check {folder}")


def check(folder: Folder = Path(), lang: Lang = None, quiet: Quiet = False) -> None:
    """Kiểm tra dữ liệu · Read every layer and report every problem; computes nothing."""
    from .pipeline import read

    options = options_of(folder, lang, None, None, quiet)
    layers = read(options)
    reporter = options.reporter
    reporter.problems(layers.warnings)
    reporter.console.print(reporter.say("nothing_wrong"))


def fetch(
    folder: Folder = Path(),
    province: Annotated[
        str | None, typer.Option(help="Tên tỉnh · Name of a province, state or county.")
    ] = None,
    bbox: Annotated[str | None, typer.Option(help="Or west,south,east,north in degrees.")] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="ISO code: VN. Looked up if not given; several are possible.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Of terrain, land_cover, osm, population, cells.")
    ] = None,
    commune_level: Annotated[
        int | None, typer.Option(min=2, max=11, help="OpenStreetMap's level of communes; default: found.")
    ] = None,
    year: Annotated[int, typer.Option(min=2000, max=2030, help="Of the population.")] = 2025,
    refresh: Annotated[bool, typer.Option("--refresh", help="Download everything again.")] = False,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Tải dữ liệu mở · Terrain, land cover, people, hamlets, boundaries, cells; needs a network."""
    from .fetch import fetch_job
    from .fetch_report import download_progress, show_fetch
    from .fetch_request import FetchRequest
    from .project import PROJECT_FILE, load_project

    language = Language.vi.value
    if (folder / PROJECT_FILE).exists():
        language = load_project(folder).project.language
    language = lang.value if lang else language
    reporter = reporter_of(language, quiet)
    request = FetchRequest(
        bbox=bbox,
        province=province,
        countries=country or (),
        only=only or (),
        commune_level=commune_level,
        year=year,
        refresh=refresh,
        language=language,
    )
    with download_progress(reporter) as progress:
        report = fetch_job(folder, request, progress=progress)
    show_fetch(reporter, report, folder)


def update(
    folder: Folder = Path(),
    cells: Annotated[
        Path | None, typer.Option(help="Danh sách cell mới · New list of cells, in the project's layout.")
    ] = None,
    masts: Annotated[
        Path | None, typer.Option(help="Danh sách cột mới · New list of masts, in the project's layout.")
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="Chỉ các dòng thay đổi · The files hold only what changed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chỉ xem khác biệt · Show the differences; change nothing.")
    ] = False,
    label: Annotated[str | None, typer.Option(help="Nhãn · Label of the version that is kept.")] = None,
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Cập nhật trạm · A new list of stations: what changed, and only that computed again."""
    from .update import UpdateRequest, update_job

    request = UpdateRequest(masts=masts, cells=cells, changes=changes, dry_run=dry_run, label=label)
    update_job(options_of(folder, lang, workers, as_of, quiet), request)


def _make_sample(folder: Path) -> None:
    from .gis_data.sample.write import write_sample
    from .new_project import refuse_to_overwrite

    refuse_to_overwrite(folder)
    write_sample(folder)
