"""What is tried: faults by kind, and how a command is run to meet one.

A kind is a module here with a list `TRIES`, named in `KINDS` of `__main__.py`.
"""

import contextlib
import importlib
import io
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import torch

from toolchain import console
from toolchain.training import loop

# What opens, makes, moves or removes something; its first argument is a path.
WRITING = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.truncate"}
PATIENCE = 1800  # seconds for one process
VALIDATION = 32  # numbers an epoch is judged on: here nothing is judged


@dataclass(frozen=True)
class Tried:
    """What came of a try that held.

    Attributes:
        count: how many were tried at once: kills, files.
        most: figures, of which the largest of all tries is kept.
        told: what else is to be shown, the last one's; plain data.
    """

    count: int = 1
    most: Mapping[str, float] = field(default_factory=dict)
    told: Any = None


@dataclass(frozen=True)
class Try:
    """One fault.

    Attributes:
        of: which command or file meets it.
        what: is done to it.
        promise: what must hold then.
        once: does it once in an empty folder, all chance from the generator; raises `Broken`.
        wanted: how many there must be before others have another turn; 0: one is enough for good.
        before: makes what every turn needs, before its time counts.
    """

    of: str
    what: str
    promise: str
    once: Callable[[random.Random, Path], Tried | None]
    wanted: int = 1
    before: Callable[[], object] = lambda: None

    @property
    def fault(self) -> str:
        """Its name."""
        return f"{self.of}: {self.what}"


class Broken(Exception):
    """A promise did not hold; the message says which."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, negative for a signal, and what it said."""

    code: int
    said: str


def insist(holds: bool, what: str) -> None:
    """Raise `Broken` unless it holds."""
    if not holds:
        raise Broken(what)


def command(*arguments: object) -> Callable[[], int]:
    """A command as a user types it, to be run by `process`."""

    def run() -> int:
        (entry,) = entry_points(group="console_scripts", name="nrtool")
        sys.argv = ["nrtool", *map(str, arguments)]
        try:
            entry.load()()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    return run


def process(
    work: Callable[[], Any],
    fault: Callable[[], None] = lambda: None,
    kill_after: float | None = None,
) -> Ended:
    """Do some work in a process of its own; `fault` prepares it, `kill_after` seconds end it.

    The process is a copy of this one, so that nothing is loaded anew.
    """
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        code = 70
        with contextlib.suppress(BaseException):
            os.close(readable)
            os.dup2(writable, 1)
            os.dup2(writable, 2)
            code = _work(work, fault)
        os._exit(code)
    os.close(writable)
    heard = bytearray()
    listener = threading.Thread(target=_listen, args=(readable, heard))
    listener.start()
    overdue = threading.Event()

    def end() -> None:
        overdue.set()  # before the kill: who waits for the child then knows why it ended
        os.kill(child, signal.SIGKILL)

    late = threading.Timer(PATIENCE, end)
    late.daemon = True  # whoever interrupts this process need not wait for it
    late.start()
    if kill_after is not None:
        time.sleep(kill_after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    late.cancel()
    insist(not overdue.is_set(), f"no end after {PATIENCE} s")
    listener.join()
    late.join()
    return Ended(os.waitstatus_to_exitcode(status), heard.decode("utf-8", "replace"))


def _listen(readable: int, heard: bytearray) -> None:
    with open(readable, "rb", buffering=0) as file:
        while part := file.read(65536):
            heard += part


def _work(work: Callable[[], Any], fault: Callable[[], None]) -> int:
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", 0), write_through=True)
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", 0), write_through=True)
    console.out.file, console.err.file = sys.stdout, sys.stderr
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    torch.set_num_threads(1)
    loop.VALIDATION_NUMBERS = VALIDATION
    try:
        fault()
        return int(work() or 0)
    except BaseException:
        traceback.print_exc()
        return 99


def at_operation(count: int, folder: Path, then: Callable[[str], None]) -> None:
    """Call `then` at the count-th time that something in a folder is written, and ever after.

    It gets the path, and may kill the process or raise what the operation shall raise.
    """
    inside, seen = str(folder), 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event not in WRITING or not arguments or isinstance(arguments[0], int):
            return
        path = os.fsdecode(arguments[0]) if arguments[0] else ""
        if not path.startswith(inside) or (event == "open" and not _writes(arguments)):
            return
        seen += 1
        if seen >= count:
            then(path)

    sys.addaudithook(hook)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = (*arguments, None, None)[1:3]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def operations(work: Callable[[], Any], folder: Path) -> tuple[int, float]:
    """How often something in a folder is written until some work is done, and in how many seconds.

    What the work loads is loaded here then, so that later processes, copies of this one, need not.

    Raises:
        Broken: it did not end well.
    """
    counted = 0

    def count(_: str) -> None:
        nonlocal counted
        counted += 1

    def told() -> int:
        at_operation(1, folder, count)
        code = int(work() or 0)
        print(f"\noperations {counted} {' '.join(sys.modules)}")
        return code

    started = time.monotonic()
    ended = process(told)
    insist(ended.code == 0, f"uninterrupted: {ended}")
    seconds = time.monotonic() - started
    writes, *modules = ended.said.rsplit("\noperations ", 1)[1].split()
    for name in modules:
        with contextlib.suppress(Exception):  # what cannot be loaded by itself
            importlib.import_module(name)
    return int(writes), seconds


def die(_: str) -> None:
    """SIGKILL, at once."""
    os.kill(os.getpid(), signal.SIGKILL)
