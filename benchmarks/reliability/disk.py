"""The disk full, read-only, without rights, gone or replaced, in the middle of a command."""

import errno
import os
import random
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.reliability.commands import WRITINGS, Writing, must_equal, prepare
from benchmarks.reliability.kills import uninterrupted
from benchmarks.reliability.tries import Ended, Try, at_operation, insist, process

_LARGEST = 40_000  # bytes, beyond which the small files of these commands hardly go
Fault = Callable[[int, Path, random.Random], None]


def _raising(number: int) -> Fault:
    def fault(place: int, made: Path, _: random.Random) -> None:
        def then(path: str) -> None:
            raise OSError(number, os.strerror(number), path)

        at_operation(place, made, then)

    return fault


def _limited(_: int, made: Path, chance: random.Random) -> None:
    most = chance.randint(0, _LARGEST)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _gone(place: int, made: Path, _: random.Random) -> None:
    at_operation(place, made, _once(lambda: shutil.rmtree(made, ignore_errors=True)))


def _replaced(place: int, made: Path, _: random.Random) -> None:
    def replace() -> None:
        shutil.rmtree(made, ignore_errors=True)
        made.touch()

    at_operation(place, made, _once(replace))


def _once(work: Callable[[], None]) -> Callable[[str], None]:
    done: list[str] = []

    def then(path: str) -> None:
        if not done:
            done.append(path)
            work()

    return then


def one_line(ended: Ended) -> None:
    """Exit code 2 with one line that says why, or none at all where nothing was in the way."""
    refusals = [line for line in ended.said.splitlines() if line.startswith("nrtool: ")]
    insist("Traceback" not in ended.said, f"a traceback: {ended}")
    insist(ended.code in (0, 2), f"exit code {ended.code}: {ended}")
    insist(len(refusals) == (1 if ended.code else 0), f"{len(refusals)} lines: {ended}")


def _broken_off(writing: Writing, fault: Fault, goes_on: bool) -> Callable[..., None]:
    def once(chance: random.Random, folder: Path) -> None:
        count, _, expected = uninterrupted(writing)
        made = prepare(folder)
        place = chance.randint(1, count)
        one_line(process(writing.begin(folder), lambda: fault(place, made, chance)))
        if not goes_on:
            return
        ended = process(writing.again(folder))
        insist(ended.code == 0, f"it does not go on: {ended}")
        must_equal(writing.outcome(folder), expected)

    return once


_GOES_ON = "one line, exit code 2, and the same command then comes to the same result"
_ENDS = "one line, exit code 2"

TRIES = [
    Try(writing.name, what, _GOES_ON if goes_on else _ENDS, tried)
    for what, fault, goes_on in (
        ("the disk fills", _raising(errno.ENOSPC), True),
        ("a file cannot grow", _limited, True),
        ("the folder becomes read-only", _raising(errno.EROFS), True),
        ("the rights are taken away", _raising(errno.EACCES), True),
        ("the folder vanishes", _gone, False),
        ("a file takes the folder's place", _replaced, False),
    )
    for writing in WRITINGS
    for tried in [_broken_off(writing, fault, goes_on)]
]
