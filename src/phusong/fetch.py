"""``phusong fetch``: open data of an area into a project, resumed, checked, with licences beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from . import __version__
from .errors import InputError, Problem
from .fetch_request import KINDS, OUTPUT_FOLDER, FetchReport, FetchRequest
from .fetch_steps import Fetch
from .gis_data.open_data.countries import country
from .gis_data.open_data.downloads import Downloader, Progress
from .gis_data.open_data.http_client import HttpClient
from .gis_data.open_data.opencellid import opencellid_key
from .gis_data.open_data.request_area import parse_bbox
from .gis_data.open_data.sources import source_urls
from .one_run import one_run
from .project import PROJECT_FILE, Project, load_project

__all__ = ["CONTACT_VARIABLE", "fetch_job"]

CONTACT_VARIABLE = "PHUSONG_CONTACT"


def fetch_job(
    folder: Path,
    request: FetchRequest,
    *,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
    today: date | None = None,
    client_options: Mapping[str, Any] | None = None,
) -> FetchReport:
    """Fetch open data into a project folder.

    Parameters
    ----------
    folder : Path
        Of a project, or where one is to be.
    request : FetchRequest
    progress : callable, optional
    environment : mapping of str to str, optional
        Where keys and mirrors are looked up; default: that of the process.
    today : date, optional
    client_options : mapping, optional
        Of `HttpClient`: patience.

    Returns
    -------
    FetchReport

    Raises
    ------
    InputError
        The request or the project is wrong.
    FetchError
        Something cannot be had; what came is kept, and the next call goes on from there.
    """
    variables = os.environ if environment is None else environment
    project = load_project(folder) if (folder / PROJECT_FILE).exists() else None
    wanted = _checked(request, project)
    urls = source_urls(project.sources.model_dump() if project else {}, variables)
    key = opencellid_key(variables)
    _stay_inside(folder)
    contact = variables.get(CONTACT_VARIABLE, "").strip()
    agent = f"phusong/{__version__} (coverage planning; {contact or 'no contact given'})"
    client = HttpClient(agent, [key] if key else [], **dict(client_options or {}))
    try:
        downloads = folder / ".phusong" / "downloads"
        with one_run(folder / ".phusong"):
            downloader = Downloader(
                downloads, client, refresh=request.refresh, progress=progress, today=today
            )
            return Fetch(folder, request, wanted, project, urls, key, downloader).run()
    finally:
        client.close()


def _checked(request: FetchRequest, project: Project | None) -> tuple[str, ...]:
    """Check what can be checked without the network; return what to fetch."""
    problems = []
    if request.bbox is not None and request.province is not None:
        problems.append(Problem("--bbox", "--bbox or --province, not both", "leave one out"))
    if request.bbox is None and request.province is None and (project is None or project.area.bounds is None):
        mend = "give --province NAME or --bbox west,south,east,north"
        problems.append(Problem("--bbox", "an area", mend))
    for name in request.only:
        if name not in KINDS:
            problems.append(Problem("--only", "one of " + ", ".join(KINDS), "mend the name", value=name))
    for code in request.countries:
        problems += _problems_of(country, code)
    if request.bbox is not None:
        problems += _problems_of(parse_bbox, request.bbox)
    if problems:
        raise InputError(problems)
    return tuple(kind for kind in KINDS if not request.only or kind in request.only)


def _problems_of(check: Callable[[str], object], text: str) -> list[Problem]:
    try:
        check(text)
    except InputError as error:
        return error.problems
    return []


def _stay_inside(folder: Path) -> None:
    """Refuse folders of a project that are links to somewhere else."""
    home = folder.resolve()
    for name in (OUTPUT_FOLDER, ".phusong", ".phusong/downloads"):
        if not (folder / name).resolve().is_relative_to(home):
            mend = "remove the link: nothing is written outside of the project"
            raise InputError([Problem(str(folder / name), "a folder inside the project", mend)])
