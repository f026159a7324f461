"""SIGKILL, at a random write or moment, up to three times; then the same command goes on."""

import functools
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.reliability.commands import MADE, WRITINGS, Writing, must_equal, prepare
from benchmarks.reliability.tries import Try, at_operation, die, insist, operations, process
from toolchain import storage
from toolchain.shipping.publish import publish, settle
from toolchain.sketchpad.drawing import parse_drawing
from toolchain.sketchpad.store import Store


@functools.cache
def uninterrupted(writing: Writing) -> tuple[int, float, Any]:
    """How often a command writes, the seconds that it takes, and what comes of it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = prepare(folder)
        count, seconds = operations(writing.begin(folder), made)
        return count, seconds, writing.outcome(folder)


def _killed(writing: Writing) -> Callable[[random.Random, Path], None]:
    def once(chance: random.Random, folder: Path) -> None:
        count, seconds, expected = uninterrupted(writing)
        made = prepare(folder)
        work = writing.begin(folder)
        for _ in range(chance.randint(1, 3)):
            if chance.random() < 0.7:
                place = chance.randint(1, count)
                ended = process(work, lambda place=place: at_operation(place, made, die))  # type: ignore[misc]
            else:
                ended = process(work, kill_after=chance.uniform(0.02, seconds))
            insist(ended.code in (-9, 0), f"killed, it ended otherwise: {ended}")
            work = writing.again(folder)
        ended = process(work)
        insist(ended.code == 0, f"it does not go on: {ended}")
        must_equal(writing.outcome(folder), expected)

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


def _collected(chance: random.Random, folder: Path) -> None:
    """`nrtool draw --collect`: every drawing that was acknowledged is there."""
    where = folder / MADE / "drawn"
    strokes = [{"points": [[9, 0, 0], [9, 30, 9], [9, 90, 20]], "pointer": "pen"}]

    def draw() -> None:
        store = Store(where)
        for place in range(300):
            id_ = f"{chance.getrandbits(96):024x}{place:08x}"
            drawn = {"id": id_, "number": "1", "writer": "anna", "strokes": strokes}
            store.add(parse_drawing(drawn))
            print("kept", id_, flush=True)

    kept: list[str] = []
    for _ in range(3):
        ended = process(draw, kill_after=chance.uniform(0.01, 0.5))
        kept += [line[5:] for line in ended.said.splitlines() if line.startswith("kept ")]
    there = {drawing["id"] for drawing in Store(where).drawings()}
    lost = [id_ for id_ in kept if len(id_) == 32 and id_ not in there]
    insist(not lost, f"{len(lost)} of {len(kept)} acknowledged drawings are gone")


TRIES = [
    Try(
        f"`{writing.name}` killed, up to three times",
        "the same command goes on, to the same result, bit for bit",
        _killed(writing),
    )
    for writing in WRITINGS
] + [
    Try("`export` killed while it publishes", "the earlier release or the new, whole", _published),
    Try("`draw --collect` killed", "every acknowledged drawing is kept", _collected),
]
