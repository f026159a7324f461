"""Numbers are made 1.8 times as fast on two cores as on one, all from one bank of digits.

    python benchmarks/cores.py
    python benchmarks/cores.py --workers 1 2 4

Threads of one process, and processes that were forked with the bank in their memory, which they
share as long as nobody writes to it. By the clock, until the last number is made; numbers stay with
the worker that made them. Writes benchmarks/cores.json and benchmarks/cores.md.
"""

import argparse
import contextlib
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import findings
import generation
import torch
import turns

from generator.numbers import NumberGenerator

OUT = Path(__file__).with_suffix(".json")
BATCH = 1_024
EACH = 8  # batches that every worker makes in a round

NUMBERS: NumberGenerator  # as processes find it in their memory


def make(turn: int) -> None:
    """One batch."""
    NUMBERS(turn * BATCH, BATCH)


def with_workers(pool: Executor, count: int) -> turns.Way:
    """So many workers, each of whom makes as many numbers as one alone would."""
    batches = count * EACH

    def work(turn: int) -> None:
        list(pool.map(make, range(turn * batches, (turn + 1) * batches)))

    return turns.per_second(batches * BATCH, work, time.perf_counter)


def main() -> None:
    """Measure, write, print."""
    global NUMBERS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(1)
    NUMBERS = NumberGenerator(generation.digits())
    make(0)  # compiled, or read from where it is kept, once for all
    kinds: dict[str, Callable[[int], Executor]] = {
        "threads": ThreadPoolExecutor,
        # What each makes is of one thread: a fork needs no other.
        "processes": partial(ProcessPoolExecutor, mp_context=multiprocessing.get_context("fork")),
    }
    with contextlib.ExitStack() as stack:
        # Processes first, before any thread is there.
        ways = {
            (kind, str(count)): with_workers(stack.enter_context(kinds[kind](count)), count)
            for kind in ("processes", "threads")
            for count in given.workers
        }
        found = turns.rates(ways, given.rounds)
    measured = [
        row
        for kind in ("threads", "processes")
        for row in turns.compared(
            {name: each for name, each in found.items() if name[0] == kind},
            (kind, str(given.workers[0])),
        )
    ]
    report = {
        **findings.where(("torch", "numba", "numpy")),
        "rounds": given.rounds,
        "measured": measured,
    }
    body = (
        f"{given.rounds} rounds, in each of which every way works in turn; {EACH * BATCH:,} "
        "numbers a worker and round. Ratios are of one round, to the first of the same kind.\n\n"
        f"{turns.table(measured, ['workers', 'count'], 'strips', 'the first').markdown()}"
    )
    findings.write(given.out, "How fast numbers are made on several cores", body, report)


if __name__ == "__main__":
    main()
