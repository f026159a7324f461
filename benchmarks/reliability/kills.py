"""SIGKILL, at a random write or moment, up to four times; then the same command goes on."""

import functools
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.reliability.commands import MADE, WRITINGS, Writing, must_equal, prepare
from benchmarks.reliability.drawing import DRAW
from benchmarks.reliability.tries import (
    Tried,
    Try,
    at_operation,
    die,
    insist,
    operations,
    process,
)
from toolchain import storage
from toolchain.shipping.publish import publish, settle

MOST, KILLS = 4, 50  # kills of one folder at most; of each command at least, where time allows


@functools.cache
def uninterrupted(writing: Writing) -> tuple[int, float, Any]:
    """How often a command writes, the seconds that it takes, and what comes of it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = prepare(folder)
        count, seconds = operations(writing.begin(folder), made)
        return count, seconds, writing.outcome(folder)


def _killed(writing: Writing) -> Callable[[random.Random, Path], Tried]:
    def once(chance: random.Random, folder: Path) -> Tried:
        count, seconds, expected = uninterrupted(writing)
        made, kills = prepare(folder), 0
        work = writing.begin(folder)
        for _ in range(chance.randint(1, MOST)):
            if chance.random() < 0.7:
                place = chance.randint(1, count)
                ended = process(work, lambda place=place: at_operation(place, made, die))  # type: ignore[misc]
            else:
                ended = process(work, kill_after=chance.uniform(0.02, seconds))
            insist(ended.code in (-9, 0), f"killed, it ended otherwise: {ended}")
            kills += ended.code == -9
            work = writing.again(folder)
        ended = process(work)
        insist(ended.code == 0, f"it does not go on: {ended}")
        must_equal(writing.outcome(folder), expected)
        return Tried(kills, {"whole": seconds, "writes": count})

    return once


def _release(folder: Path, word: str) -> Path:
    made = folder / word
    made.mkdir(parents=True)
    for name in ("base.safetensors", "base.int8.onnx", "parity.json"):
        (made / name).write_text(f"{word} {name}")
    return made


def _published(chance: random.Random, folder: Path) -> None:
    """The last part of an export: there is the earlier release or the new one, whole."""
    exports = folder / MADE / "exports"
    old, new = (_release(folder, word) for word in ("old", "new"))

    def work(made: Path) -> None:
        with storage.alone(exports / "base", "wait"):
            publish(made, exports / "base", lambda fresh: (fresh / "README.md").write_text("card"))

    process(lambda: work(old))
    count, _ = operations(lambda: work(new), exports)
    process(lambda: work(old))
    place = chance.randint(1, count)
    process(lambda: work(new), lambda: at_operation(place, exports, die))
    settle(exports)
    words = {path.read_text().split()[0] for path in (exports / "base").glob("base.*")}
    insist(words in ({"old"}, {"new"}), f"killed at write {place} it holds {words}")
    insist(process(lambda: work(new)).code == 0, "it cannot be published any more")
    left = [path.name for path in exports.iterdir()]
    insist(left == ["base"], f"beside it lies {left}")


TRIES = [
    Try(
        writing.name,
        "killed at random",
        "the same command goes on, to the same result, bit for bit",
        _killed(writing),
        KILLS,
        functools.partial(uninterrupted, writing),
    )
    for writing in (*WRITINGS, DRAW)
] + [
    Try(
        "export",
        "killed while it publishes",
        "the earlier release or the new, whole",
        _published,
        KILLS,
    )
]
