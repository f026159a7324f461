"""Readings a second grow with sessions up to the cores, and with the batch; a start takes a moment.

    python benchmarks/concurrency.py
    python benchmarks/concurrency.py --sessions 1 2 4 --batches 1 16 64 --rounds 9

Each session is one thread of its own on the released int8 file, as a server would keep them. In
each round every count of sessions and every batch reads in turn; ratios to one session with one
number at a time are of one round. A cold start is a new Python process until it has read a number,
what Python itself takes to start included. Writes benchmarks/concurrency.json and concurrency.md.
"""

import argparse
import itertools
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from toolchain import storage
from toolchain.provenance import machine, source_commit
from toolchain.reading.runtime import INPUT, open_model
from toolchain.table import Table

ROOT = Path(__file__).parent.parent
OUT = Path(__file__).with_suffix(".json")
SECONDS = 0.5  # that each measurement lasts
COLD = """
import sys, numpy
from toolchain.reading.runtime import INPUT, open_model
session = open_model(sys.argv[1])
session.run(["digits"], {INPUT: numpy.zeros((1, 1, 32, 128), numpy.uint8)})
"""


def readings(sessions: list[Any], batch: int) -> float:
    """Numbers read a second by so many sessions at once."""
    chance = np.random.default_rng(0)
    strips = chance.integers(0, 256, (batch, 1, 32, 128), np.uint8)
    end = time.perf_counter() + SECONDS

    def read(session: Any) -> int:
        count = 0
        while time.perf_counter() < end:
            session.run(["digits"], {INPUT: strips})
            count += batch
        return count

    before = time.perf_counter()
    with ThreadPoolExecutor(len(sessions)) as pool:
        count = sum(pool.map(read, sessions))
    return count / (time.perf_counter() - before)


def cold(path: Path) -> float:
    """Seconds from starting Python to the first reading."""
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD, str(path)], check=True, cwd=ROOT)
    return time.perf_counter() - before


def measure(path: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Everything about one file."""
    cases = list(itertools.product(given.sessions, given.batches))
    rates: dict[tuple[int, int], list[float]] = {case: [] for case in cases}
    sessions = [open_model(path) for _ in range(max(given.sessions))]
    for turn in range(-1, given.rounds):  # the first warms up
        for count, batch in cases:
            rate = readings(sessions[:count], batch)
            if turn >= 0:
                rates[count, batch].append(rate)
    base = rates[cases[0]]
    measured = [
        {
            "sessions": count,
            "batch": batch,
            "readings_per_second": statistics.median(found),
            "slowest": min(found),
            "fastest": max(found),
            "of_the_first": statistics.median(a / b for a, b in zip(found, base, strict=True)),
        }
        for (count, batch), found in rates.items()
    ]
    starts = [cold(path) for _ in range(given.rounds)]
    return {"file": path.name, "sha256": storage.sha256(path), "measured": measured, "cold": starts}


def table(report: dict[str, Any]) -> Table:
    """The report as rows."""
    head = ["sessions", "batch", "readings/s", "slowest to fastest", "of the first"]
    rows = [
        [
            str(each["sessions"]),
            str(each["batch"]),
            f"{each['readings_per_second']:.0f}",
            f"{each['slowest']:.0f} to {each['fastest']:.0f}",
            f"{each['of_the_first']:.2f}",
        ]
        for each in report["measured"]
    ]
    return Table("", head, rows, words=0)


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="optimized")
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    path = ROOT / "exports" / given.variant / f"{given.variant}.int8.onnx"
    report = {
        "machine": machine(),
        "onnxruntime": onnxruntime.__version__,
        "commit": source_commit(),
        "rounds": given.rounds,
        **measure(path, given),
    }
    starts = report["cold"]
    text = (
        f"# Readings at once\n\n{report['file']}, each session one thread; {given.rounds} rounds."
        f"\n\n{table(report).markdown()}\nA cold start: {statistics.median(starts):.2f} s "
        f"({min(starts):.2f} to {max(starts):.2f}).\n\n{report['machine']}, ONNX Runtime "
        f"{report['onnxruntime']}; commit {report['commit']}. Written by "
        "`python benchmarks/concurrency.py`.\n"
    )
    print(text)
    storage.write_json(given.out, report)
    with storage.replacing(given.out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
