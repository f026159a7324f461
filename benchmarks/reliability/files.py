"""Files changed by chance, given to every reader; `benchmarks/hostile.py` has the readers."""

import json
import random
import resource
from collections.abc import Callable
from pathlib import Path

from benchmarks.hostile import MEMORY, PATIENCE, READERS, attack
from benchmarks.reliability.tries import Tried, Try, insist, process

SECONDS = 3.0  # for each reader, each time


def _attacked(name: str) -> Callable[[random.Random, Path], Tried]:
    def once(chance: random.Random, folder: Path) -> Tried:
        seed = chance.getrandbits(32)
        folder.mkdir(parents=True)

        def bounded() -> None:
            # Beyond Python's reach, too: what computes without end is ended by the system.
            resource.setrlimit(resource.RLIMIT_CPU, (4 * PATIENCE, 4 * PATIENCE))

        def work() -> None:
            print("\nfound " + json.dumps(attack(name, SECONDS, seed, folder)))

        ended = process(work, bounded)
        again = f"`python benchmarks/hostile.py --reader {name!r} --seed {seed}` tries it again"
        insist(ended.code == 0, f"{ended}; {again}")
        found = json.loads(ended.said.rsplit("\nfound ", 1)[1])
        insist(not found["failed"], f"{found['failed']}, after {found['tried']} files; {again}")
        held = f"{found['memory']:.0f} MiB; {again}"
        insist(found["memory"] * (1 << 20) <= MEMORY, f"memory grew by {held}")
        most = {"seconds": found["slowest"], "MiB": found["memory"]}
        return Tried(found["tried"], most)

    return once


TRIES = [
    Try(
        name,
        "a file is changed by chance",
        f"read, or refused in one line, within {MEMORY >> 30} GiB",
        _attacked(name),
    )
    for name in READERS
]
