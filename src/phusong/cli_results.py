"""The commands that show results and hand them on: reports, figures, maps, files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .cli_options import AsOf, Folder, Lang, Quiet, Workers, options_of
from .errors import InputError, Problem

__all__ = ["add_result_commands"]


def add_result_commands(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command(epilog="Example: `phusong report my-province --lang vi`")(report)
    app.command(epilog="Example: `phusong figures my-province --lang en`")(figures)
    app.command("map", epilog="Examples: `phusong map my-province` · `phusong map my-province --folder`")(
        draw_map
    )
    app.command(epilog="Example: `phusong serve my-province --port 8765`")(serve)
    app.command(
        epilog="Examples: `phusong export my-province --format kmz,xlsx` · "
        "`phusong export my-province --format shp --what hamlets,masts --crs EPSG:5899`"
    )(export)


def report(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Báo cáo cho lãnh đạo · Report for decision makers: HTML, DOCX and PDF, two pages and what is behind."""
    from .summary_job import report_job

    report_job(options_of(folder, lang, workers, as_of, quiet))


def figures(
    folder: Folder = Path(),
    lang: Lang = None,
    workers: Workers = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Hình và bản đồ in · Every figure and printed map sheet as PNG and SVG."""
    from .summary_job import figures_job

    figures_job(options_of(folder, lang, workers, as_of, quiet))


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

    map_job(options_of(folder, lang, workers, as_of, quiet), folder=as_folder)


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

    serve_job(options_of(folder, lang, None, as_of, quiet), host, port)


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
    upload: Annotated[
        str | None,
        typer.Option(help="Chép lên · Copy all results to object storage afterwards: s3://bucket/folder."),
    ] = None,
    lang: Lang = None,
    quiet: Quiet = False,
) -> None:
    """Xuất tệp · The results for Google Earth, QGIS, MapInfo and spreadsheets; run the job first."""
    from .exports import ExportRequest, export_job

    request = ExportRequest(formats=formats or (), whats=what or (), crs=crs)
    options = options_of(folder, lang, None, None, quiet)
    export_job(options, request)
    if upload is not None:
        from .share import upload_job

        upload_job(options, upload)
