"""What people and machines see: progress on stderr, tables or JSON on stdout, one-line errors."""

import contextlib
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import rich.table
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from generator.errors import BadInput
from models.errors import UnknownVariant
from toolchain.errors import FellShort
from toolchain.table import Table

for _name in ("stdout", "stderr"):
    if getattr(sys, _name) is None:  # closed by whoever started us
        setattr(sys, _name, Path(os.devnull).open("w"))  # noqa: SIM115

# What is printed names files of any name: brackets and colons are no markup.
_PLAIN: dict[str, Any] = {"highlight": False, "soft_wrap": True, "markup": False, "emoji": False}
# Where no terminal sets a width, a long line is better than a broken one.
out = Console(width=None if sys.stdout.isatty() else 160, **_PLAIN)
err = Console(stderr=True, **_PLAIN)

_FIRST_LINE = 10.0  # seconds
_RAREST_LINES = 300.0  # seconds between two

FELL_SHORT, BAD_INPUT, INTERRUPTED = 1, 2, 130
_LATER = 0.05  # seconds; a call from C has returned by then, or it is asked again


class Update(Protocol):
    """Tell a progress bar how much is done, and perhaps a short note."""

    def __call__(self, done: int, note: str = "") -> None: ...  # noqa: D102


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[Update]:
    """A progress bar on stderr; yields the function to call with how much is done.

    Where stderr is no terminal there is a line now and then instead, for whoever reads the log.
    """
    if not err.is_terminal:
        yield _Lines(title, total)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(title, total=total, note="")

        def update(done: int, note: str = "") -> None:
            bar.update(task, completed=done, note=note)

        yield update


@contextlib.contextmanager
def status(title: str) -> Iterator[None]:
    """Says what is being done, on stderr, for as long as it lasts; without a terminal, once."""
    if not err.is_terminal:
        say(f"{title} ...")
        yield
        return
    with err.status(Text(title)):
        yield


class _Lines:
    """Progress as lines, ever rarer: how much is done, how fast, how long it will take yet."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total = title, total
        self.start: tuple[float, int] | None = None
        self.due = _FIRST_LINE

    def __call__(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        # What is gone on with begins with much that is done already.
        since, before = self.start = self.start or (now, done)
        passed = now - since
        if passed < self.due or done <= before or done >= self.total:
            return
        self.due = passed + min(passed, _RAREST_LINES)
        rate = (done - before) / passed
        left = duration((self.total - done) / rate)
        share = f"{done / self.total:.0%}"
        speed = f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s"
        said = f"{self.title}: {done:,} of {self.total:,} ({share}), {speed}, {left} left"
        say(f"{said}, {note}" if note else said)


def duration(seconds: float) -> str:
    """A length of time, as people say it: "50 s", "12 min", "3.5 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 120 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


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
        shown.add_column(
            column, justify="left" if index < table.words else "right", overflow="fold"
        )
    for row in table.rows:
        shown.add_row(*row)
    out.print(shown)


def say(text: str, style: str | None = None) -> None:
    """A line for people, on stderr, so that stdout stays clean."""
    err.print(text, style=style)


def guarded(run: Callable[[], None]) -> int:
    """Run a command; what the user can mend becomes one line on stderr and exit code 2."""
    threading.excepthook = _of_thread
    sys.unraisablehook = _of_callback
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name of a file need not be text.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        run()
        sys.stdout.flush()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _refuse("stopped")
        return _flushed(ended)
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


def _flushed(ended: SystemExit) -> int:
    """Ends as it was asked for, if all that was printed could be written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _refuse(f"{error.strerror or error}: check the path, rights and free space")
    raise ended


def _of_thread(failed: threading.ExceptHookArgs) -> None:
    """What fails to write in the background fails in the foreground, too, when it next asks."""
    if not issubclass(failed.exc_type, OSError):
        threading.__excepthook__(failed)


def _of_callback(failed: "sys.UnraisableHookArgs") -> None:
    """Who stops a command while C calls back into Python is heard a moment later.

    As when Numba compiles: what such a call raises goes nowhere.
    """
    if not issubclass(failed.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(failed)
        return
    again = threading.Timer(_LATER, _interrupt)
    again.daemon = True
    again.start()


def _interrupt() -> None:
    if hasattr(signal, "pthread_kill"):  # which wakes a thread that waits
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def _refuse(message: str) -> int:
    sys.stderr.write(f"nrtool: {' '.join(message.split())}\n")
    return BAD_INPUT
