"""Readings a second grow with sessions up to the cores, and with the batch; a start takes a moment.

    python benchmarks/concurrency.py
    python benchmarks/concurrency.py --sessions 1 2 4 --batches 1 16 64 --rounds 9

Each session is one thread of its own on the released int8 file, as a server would keep them. In
each round every count of sessions and every batch reads in turn; ratios to one session with one
number at a time are of one round. A cold start is a new Python process until it has read a number,
what Python itself takes to start included; the releases start in turn. Writes
benchmarks/concurrency.json and benchmarks/concurrency.md.
"""

import argparse
import itertools
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import findings
import numpy as np
import turns

from toolchain import storage
from toolchain.reading.runtime import INPUT, open_model
from toolchain.table import Table

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).with_suffix(".json")
COLD = """
import pathlib, sys, numpy
from toolchain.reading.runtime import INPUT, open_model
session = open_model(pathlib.Path(sys.argv[1]))
high, wide = session.get_inputs()[0].shape[2:]
session.run(["digits"], {INPUT: numpy.zeros((1, 1, high, wide), numpy.uint8)})
"""


def readings(sessions: list[Any], batch: int, seconds: float) -> float:
    """Numbers read a second by so many sessions at once."""
    high, wide = sessions[0].get_inputs()[0].shape[2:]
    strips = np.random.default_rng(0).integers(0, 256, (batch, 1, high, wide), np.uint8)

    def read(session: Any) -> float:
        count, before = 0, time.perf_counter()
        while (passed := time.perf_counter() - before) < seconds or not count:
            session.run(["digits"], {INPUT: strips})
            count += batch
        return count / passed

    # Each by its own clock: they do not end at the same moment.
    with ThreadPoolExecutor(len(sessions)) as pool:
        return sum(pool.map(read, sessions))


def starts_a_second(path: Path) -> float:
    """One over the seconds from starting Python to the first reading."""
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD, str(path)], check=True, cwd=ROOT)
    return 1 / (time.perf_counter() - before)


def starts_table(starts: list[dict[str, Any]]) -> Table:
    """Cold starts, in seconds."""
    rows = []
    for each in starts:
        middle, low, high = (1 / each[key] for key in ("per_second", "fastest", "slowest"))
        rows.append([*each["way"], f"{middle:.2f} s", f"{low:.2f} to {high:.2f}"])
    return Table("", ["a cold start of", "takes", "fastest to slowest"], rows)


def main() -> None:
    """Measure, write, print."""
    released = {path.name: path for path in sorted(ROOT.glob("exports/*/*.int8.onnx"))}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", choices=[*released], default="optimized.int8.onnx")
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=0.5, help="that each measurement lasts")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    path = released[given.file]
    opened = [open_model(path) for _ in range(max(given.sessions))]
    cases = list(itertools.product(given.sessions, given.batches))

    def reading(count: int, batch: int) -> turns.Way:
        return lambda _: readings(opened[:count], batch, given.seconds)

    def starting(path: Path) -> turns.Way:
        return lambda _: starts_a_second(path)

    ways = {(str(count), str(batch)): reading(count, batch) for count, batch in cases}
    first = next(iter(ways))
    measured = turns.compared(turns.rates(ways, given.rounds), first)
    cold = {(name,): starting(path) for name, path in released.items()}
    starts = turns.compared(turns.rates(cold, given.rounds), (given.file,))
    report = {
        **findings.where(("onnxruntime", "numpy")),
        "file": given.file,
        "sha256": storage.sha256(path),
        "rounds": given.rounds,
        "measured": measured,
        "starts": starts,
    }
    read = turns.table(measured, ["sessions", "batch"], "readings", "the first")
    body = (
        f"{given.file}, each session one thread; {given.rounds} rounds.\n\n{read.markdown()}\n"
        f"{starts_table(starts).markdown()}"
    )
    findings.write(given.out, "Readings at once", body, report)


if __name__ == "__main__":
    main()
