"""The command line: one command per stage, each on a project folder.

Exit status: 0 fine; 2 bad input (or something in the way: a locked file, another run); 1 our fault; 3 Ctrl-C
ended the search for stations, and the best plan so far was written; 130 Ctrl-C ended everything, nothing was.
"""

from __future__ import annotations

import gc
import sys
import traceback

import typer

from .cli_history import add_history_commands
from .cli_model import add_model_commands
from .cli_project import add_project_commands
from .cli_results import add_result_commands
from .cli_run import add_run_commands
from .errors import (
    DiskFullError,
    FetchError,
    InputError,
    InterruptedSearchError,
    OutputLockedError,
    PhusongError,
    ProjectBusyError,
    StoreError,
)

__all__ = ["app", "main"]

# Imports and tables are millions of objects that stay: looking through them for cycles every few hundred new
# ones, as Python does by itself, takes a fifth of a short run.
_COLLECTED = (50_000, 20, 20)

app = typer.Typer(
    name="phusong",
    help="Phủ Sóng: lập kế hoạch phủ sóng di động · plan mobile coverage, from gaps to stations.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
add_project_commands(app)
add_run_commands(app)
add_result_commands(app)
add_model_commands(app)
add_history_commands(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; turn errors into one clear report and an exit status."""
    gc.set_threshold(*_COLLECTED)
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
        _tell(str(error))
        sys.exit(3)
    except (DiskFullError, FetchError, OutputLockedError, ProjectBusyError, StoreError) as error:
        if debug:
            _tell(traceback.format_exc())
        _tell(str(error))
        sys.exit(2)
    except Exception as error:
        if debug or not isinstance(error, PhusongError):
            _tell(traceback.format_exc(limit=None if debug else -3))
        _tell(f"phusong: {error}")
        sys.exit(1)


def _tell(text: str) -> None:
    from .redaction import without_secrets

    typer.echo(without_secrets(text), err=True)
