"""What people and machines see: progress on stderr, tables or JSON on stdout, one-line errors."""

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import rich.table
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from generator.errors import BadInput
from models.errors import UnknownVariant
from toolchain.errors import FellShort
from toolchain.table import Table

# Where no terminal sets a width, a long line is better than a broken one.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, highlight=False, soft_wrap=True)

FELL_SHORT, BAD_INPUT, INTERRUPTED = 1, 2, 130


class Update(Protocol):
    """Tell a progress bar how much is done, and perhaps a short note."""

    def __call__(self, done: int, note: str = "") -> None: ...  # noqa: D102


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[Update]:
    """A progress bar on stderr; yields the function to call with how much is done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err, transient=not err.is_terminal) as bar:
        task = bar.add_task(title, total=total, note="")

        def update(done: int, note: str = "") -> None:
            bar.update(task, completed=done, note=note)

        yield update


def show_json(content: Any) -> None:
    """Plain JSON on stdout."""
    sys.stdout.write(json.dumps(content, indent=2, default=str) + "\n")


def show_table(table: Table) -> None:
    """A table on stdout."""
    shown = rich.table.Table(
        title=table.title or None,
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for index, column in enumerate(table.head):
        shown.add_column(column, justify="left" if index < table.words else "right")
    for row in table.rows:
        shown.add_row(*map(escape, row))
    out.print(shown)


def say(text: str) -> None:
    """A line for people, on stderr, so that stdout stays clean."""
    err.print(text)


def guarded(run: Callable[[], None]) -> int:
    """Run a command; what the user can mend becomes one line on stderr and exit code 2."""
    threading.excepthook = _of_thread
    try:
        run()
        sys.stdout.flush()
    except (BadInput, UnknownVariant) as error:
        return _refuse(str(error))
    except FellShort as error:
        _refuse(str(error))
        return FELL_SHORT
    except OSError as error:
        if os.environ.get("NRTOOL_TRACEBACK"):
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror or error}: check the path, rights and free space")
    except ModuleNotFoundError as error:
        from toolchain import extras

        if not (mend := extras.missing(error.name or "")):
            raise
        return _refuse(mend)
    return 0


def _of_thread(failed: threading.ExceptHookArgs) -> None:
    """What fails to write in the background fails in the foreground, too, when it next asks."""
    if not issubclass(failed.exc_type, OSError):
        threading.__excepthook__(failed)


def _refuse(message: str) -> int:
    sys.stderr.write(f"nrtool: {' '.join(message.split())}\n")
    return BAD_INPUT
