"""How much memory commands take at most, and that ten times the work takes no more."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import large
from benchmarks.reliability.commands import DIGITS, prepare
from benchmarks.reliability.tries import PATIENCE, Tried, Try, insist

MORE = 1.1  # times what the smaller work took
_WORK: dict[str, tuple[tuple[object, ...], str, int, int]] = {
    # The command, what says how much it does, little and ten times as much.
    "generate": (("generate", "--no-preview"), "--count", 3_000, 30_000),
    "train": (
        ("train", "--variant", "compact", "--batch", 64, "--numbers", 64, "--device", "cpu"),
        "--epochs",
        1,
        10,
    ),
}


def peak(*arguments: object) -> float:
    """Megabytes that a command took at most, in a process of its own."""
    command = [sys.executable, "-c", large.MEASURED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    insist(done.returncode == 0, f"{done.stderr[-2000:]}")
    return float(json.loads(done.stderr.splitlines()[-1])[1])


def _bounded(name: str) -> Callable[..., Tried]:
    arguments, option, few, many = _WORK[name]

    def once(_: random.Random, folder: Path) -> Tried:
        made = prepare(folder)
        taken = []
        for count in (few, many):
            out = made / str(count)
            where = ("--out", out) if name == "generate" else ("--runs", out)
            digits = ("--custom", folder / DIGITS, "--custom-share", 1)
            taken.append(peak(*arguments, option, count, *where, *digits))
        insist(taken[1] <= MORE * taken[0], f"{taken[0]:.0f} MB grew to {taken[1]:.0f}")
        return Tried(told={"little": taken[0], "much": taken[1]})

    return once


def _photograph(_: random.Random, folder: Path) -> Tried:
    folder.mkdir(parents=True)
    large.photograph().save(folder / "large.jpg", quality=90)
    _, _, megabytes = large.measure(folder / "large.jpg")
    insist(megabytes <= large.MEGABYTES, f"{megabytes:.0f} MB")
    return Tried(told={"much": megabytes})


TRIES = [
    Try(
        name,
        f"`{option} {few}`, then `{many}`",
        f"at most {MORE - 1:.0%} more",
        _bounded(name),
        wanted=0,
    )
    for name, (_, option, few, many) in _WORK.items()
] + [
    Try("predict", "12 megapixels", f"at most {large.MEGABYTES} MB", _photograph, wanted=0),
]
