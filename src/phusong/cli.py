"""The command line: one command per stage, each on a project folder.

Exit status: 0 fine; 2 bad input (or something in the way: a locked file, another run); 1 our fault; 3 Ctrl-C
ended the search for stations, and the best plan so far was written; 130 Ctrl-C ended everything, nothing was.
"""

from __future__ import annotations

import sys
import traceback
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_history import add_history_commands
from .errors import (
    DiskFullError,
    InputError,
    InterruptedSearchError,
    OutputLockedError,
    PhusongError,
    Problem,
    ProjectBusyError,
    StoreError,
)

if TYPE_CHECKING:
    from .console import Reporter
    from .pipeline import Options

__all__ = ["app", "main"]

app = typer.Typer(
    name="phusong",
    help="Phủ Sóng: lập kế hoạch phủ sóng di động · plan mobile coverage, from gaps to stations.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)


class Language(StrEnum):
    """Language of outputs."""

    vi = "vi"
    en = "en"


Folder = Annotated[
    Path, typer.Argument(help="Project folder (holds phusong.toml).", show_default="current folder")
]
Lang = Annotated[Language | None, typer.Option("--lang", help="Language of outputs; default: the project's.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Threads; results do not depend on it. Default: all cores.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date of the network; default: the project's."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Cụm máy tính · Dask scheduler, tcp://host:8786; trusted networks only.")
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="Worker processes on this machine in place of threads (Dask).")
]
ShareAt = Annotated[
    str | None, typer.Option("--share", help="Folder or URL for all workers; default: .phusong/cluster.")
]


@app.command(epilog="Example: `phusong demo demo`")
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the sample project.")] = Path("demo"),
    lang: Lang = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Chạy toàn bộ trên tỉnh mẫu · Make the embedded sample province and run the whole job on it."""
    from .project import PROJECT_FILE

    if not (folder / PROJECT_FILE).exists():
        _make_sample(folder)
    _whole_job(_options(folder, lang, workers, None, quiet))


@app.command(epilog="Example: `phusong init --sample my-province`")
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


@app.command(epilog="Example: `phusong check my-province`")
def check(folder: Folder = Path(), lang: Lang = None, quiet: Quiet = False) -> None:
    """Kiểm tra dữ liệu · Read every layer and report every problem; computes nothing."""
    from .pipeline import read

    options = _options(folder, lang, None, None, quiet)
    layers = read(options)
    reporter = options.reporter
    reporter.problems(layers.warnings)
    reporter.console.print(reporter.say("nothing_wrong"))


@app.command(epilog="Example: `phusong run my-province --lang en`")
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
    _whole_job(_options(folder, lang, workers, as_of, quiet, (scheduler, processes, share)))


@app.command(epilog="Example: `phusong coverage my-province`")
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

    coverage_job(_options(folder, lang, workers, as_of, quiet, (scheduler, processes, share)))


@app.command(epilog="Example: `phusong estimate my-province --workers 16`")
def estimate(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Ước tính chi phí · Core-hours, memory and disk of a run, measured on some masts; computes no layer."""
    from .estimate import estimate_job

    estimate_job(_options(folder, lang, workers, as_of, quiet))


@app.command(epilog="Example: `phusong gaps my-province`")
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

    gaps_job(_options(folder, lang, workers, as_of, quiet, (scheduler, processes, share)))


@app.command(
    epilog="Examples: `phusong site my-province --budget 30000 --frontier 6` · "
    "`phusong site my-province --target-share 0.95` · "
    "`phusong site my-province --phase 2026=8000 --phase 2027=6000 --explain`"
)
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
    siting_job(_options(folder, lang, workers, as_of, quiet), ask, explain=explain)


@app.command(epilog="Example: `phusong plans my-province --as-of 2022-12-31`")
def plans(
    folder: Folder = Path(),
    as_of: AsOf = None,
    lang: Lang = None,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Kiểm tra kế hoạch · Completion of the plan registers, as claimed and as predicted."""
    from .pipeline import plans_job

    plans_job(_options(folder, lang, workers, as_of, quiet))


@app.command(epilog="Example: `phusong scenario my-province --off 2G --keep-fewest 3G`")
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
    scenario_job(_options(folder, lang, workers, as_of, quiet), request)


@app.command(epilog="Example: `phusong report my-province --lang vi`")
def report(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Báo cáo cho lãnh đạo · Report for decision makers: HTML, DOCX and PDF, two pages and what is behind."""
    from .summary_job import report_job

    report_job(_options(folder, lang, workers, as_of, quiet))


@app.command(epilog="Example: `phusong figures my-province --lang en`")
def figures(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Hình và bản đồ in · Every figure and printed map sheet as PNG and SVG."""
    from .summary_job import figures_job

    figures_job(_options(folder, lang, workers, as_of, quiet))


@app.command("map", epilog="Examples: `phusong map my-province` · `phusong map my-province --folder`")
def draw_map(
    folder: Folder = Path(),
    as_folder: Annotated[
        bool, typer.Option("--folder", help="Thư mục · A folder of tiles; large areas get it anyway.")
    ] = False,
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Bản đồ · One HTML file that works without a network."""
    from .pipeline import map_job

    map_job(_options(folder, lang, workers, as_of, quiet), folder=as_folder)


@app.command(epilog="Example: `phusong serve my-province --port 8765`")
def serve(
    folder: Folder = Path(),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Cổng · 0: any that is free.")] = 8765,
    host: Annotated[
        str, typer.Option(help="Địa chỉ · Another than 127.0.0.1 shows the map to the network.")
    ] = "127.0.0.1",
    lang: Lang = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Bản đồ qua máy chủ nhỏ · The map of a large area, from the rasters, on this machine alone."""
    try:
        from .serve import serve_job
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("rio_tiler"):
            raise
        mend = "pip install 'phusong[serve]'"
        raise InputError([Problem("phusong serve", "the library rio-tiler", mend)]) from None

    serve_job(_options(folder, lang, None, as_of, quiet), host, port)


@app.command(
    epilog="Examples: `phusong update my-province --cells new.csv --dry-run` · "
    "`phusong update my-province --masts masts.csv --cells cells.csv --changes --label March`"
)
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
    update_job(_options(folder, lang, workers, as_of, quiet), request)


@app.command(
    epilog="Examples: `phusong export my-province --format kmz,xlsx` · "
    "`phusong export my-province --format shp --what hamlets,masts --crs EPSG:5899`"
)
def export(
    folder: Folder = Path(),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="Of kmz, gpkg, shp, tab, xlsx, csv, cog; default: kmz."),
    ] = None,
    what: Annotated[
        list[str] | None,
        typer.Option(help="Of hamlets, masts, cells, proposals, coverage; default: all there is."),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option(help="Hệ toạ độ · CRS of the files, e.g. EPSG:5899 (VN-2000); default: the run's."),
    ] = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Xuất tệp · The results for Google Earth, QGIS, MapInfo and spreadsheets; run the job first."""
    from .exports import ExportRequest, export_job

    request = ExportRequest(formats=formats or (), whats=what or (), crs=crs)
    export_job(_options(folder, lang, None, None, quiet), request)


@app.command(epilog="Example: `phusong calibrate --stations cells.csv --samples drive.csv --terrain dem.tif`")
def calibrate(
    stations: Annotated[Path, typer.Option(help="A row per cell with its position, power and antenna.")],
    samples: Annotated[Path, typer.Option(help="Drive test: G-NetTrack, TEMS or plain columns (CSV).")],
    out: Annotated[Path, typer.Option(help="Folder of calibration.json and calibration.png.")] = Path(
        "calibration"
    ),
    terrain: Annotated[Path | None, typer.Option(help="Raster of heights; without it: flat ground.")] = None,
    clutter: Annotated[Path | None, typer.Option(help="Raster of clutter heights (m).")] = None,
    file_crs: Annotated[str | None, typer.Option(help="CRS of x/y columns, e.g. EPSG:5899.")] = None,
    resolution_m: Annotated[float, typer.Option(min=1, help="Pixels of the terrain.")] = 30.0,
    square_m: Annotated[float, typer.Option(min=1, help="Squares that cross-validation leaves out.")] = 500.0,
    lang: Lang = Language.vi,
    quiet: Quiet = False,
) -> None:
    """Hiệu chỉnh theo mẫu đo · Fit the model to drive-test samples; the error is cross-validated by area."""
    from .calibrate import calibrate_job
    from .calibrate_report import show_calibration
    from .coverage.calibration.fit import FitOptions

    reporter = _reporter((lang or Language.vi).value, quiet)
    with reporter.stage("calibration"):
        report = calibrate_job(
            stations,
            samples,
            out,
            terrain=terrain,
            clutter=clutter,
            file_crs=file_crs,
            resolution_m=resolution_m,
            options=FitOptions(block_m=square_m),
        )
    show_calibration(reporter, report, out)


@app.command(epilog="Example: `phusong fetch my-province --province 'Quảng Ninh' --country VN`")
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
    reporter = _reporter(language, quiet)
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


@app.command(epilog="Example: `phusong validate ../p1812-validation`")
def validate(
    folder: Annotated[Path, typer.Argument(help="Folder with profiles/ and results/ in ITU's format.")],
) -> None:
    """Nghiệm thu mô hình · Check P.1812 against every ITU case of a folder, to the last printed digit."""
    from .validate_report import show_report

    if not show_report(folder):
        raise typer.Exit(1)


add_history_commands(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; turn errors into one clear report and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may be set to a code page without Vietnamese
            stream.reconfigure(encoding="utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        app([a for a in given if a != "--debug"], standalone_mode=True)
    except InputError as error:
        from .console import Reporter

        Reporter("en").problems(error.problems)
        sys.exit(2)
    except InterruptedSearchError as error:
        typer.echo(str(error), err=True)
        sys.exit(3)
    except (DiskFullError, OutputLockedError, ProjectBusyError, StoreError) as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except Exception as error:
        if debug or not isinstance(error, PhusongError):
            traceback.print_exc(limit=None if debug else -3)
        typer.echo(f"phusong: {error}", err=True)
        sys.exit(1)


def _options(
    folder: Path,
    lang: Language | None,
    workers: int | None,
    as_of: datetime | None,
    quiet: bool,
    cluster: tuple[str | None, int | None, str | None] = (None, None, None),
) -> Options:
    from .executor import cluster_request
    from .options import Options
    from .project import load_project

    project = load_project(folder)
    language = lang.value if lang else project.project.language
    return Options(
        project=project,
        as_of=as_of.date() if as_of else project.project.as_of,
        language=language,
        workers=workers,
        reporter=_reporter(language, quiet),
        cluster=cluster_request(*cluster),
    )


def _reporter(language: str, quiet: bool) -> Reporter:
    from .console import Reporter

    return Reporter(language, quiet=quiet)


def _make_sample(folder: Path) -> None:
    from .gis_data.sample.write import write_sample
    from .new_project import refuse_to_overwrite

    refuse_to_overwrite(folder)
    write_sample(folder)


def _whole_job(options: Options) -> None:
    from .pipeline import whole_job

    whole_job(options)
