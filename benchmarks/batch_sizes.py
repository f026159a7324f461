"""A step learns from more numbers a second the larger its batch, up to a point.

    python benchmarks/batch_sizes.py
    python benchmarks/batch_sizes.py --variant nano --batches 64 128

Steps alone: the numbers, the same for every size, were made before. In each round every size learns
from all of them once, in turn; ratios are of one round. Writes benchmarks/batch_sizes.json and
benchmarks/batch_sizes.md.
"""

import argparse
import dataclasses
import itertools
import time
from pathlib import Path

import findings
import torch
import turns
from learner import Learner

from toolchain.data import samples
from toolchain.data.sources import Digits
from toolchain.training.batches import GROUP, batches
from toolchain.training.devices import denormals_flushed
from toolchain.training.recipes import RECIPES

OUT = Path(__file__).with_suffix(".json")
BASE = 64  # what the earlier work learns with


@denormals_flushed()
def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="optimized")
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--groups", type=int, default=1, help=f"of {GROUP} of the largest batches")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    if BASE not in given.batches:
        parser.error(f"--batches must have {BASE} among them, which the others are compared with")
    torch.set_num_threads(given.threads)
    numbers = samples.to_learn(given.variant, Digits().bank("train"), 0)
    count = max(given.batches) * GROUP * given.groups

    def learning(batch: int) -> turns.Way:
        recipe = dataclasses.replace(RECIPES["short"], batch=batch)
        steps = count // batch
        held = list(itertools.islice(batches(numbers, recipe, 0), steps))
        learner = Learner(given.variant, recipe, itertools.cycle(held))
        return turns.per_second(steps * batch, lambda turn: learner.learn(steps), time.perf_counter)

    ways = {(str(batch),): learning(batch) for batch in given.batches}
    measured = turns.compared(turns.rates(ways, given.rounds), (str(BASE),))
    report = {
        **findings.where(("torch",)),
        "variant": given.variant,
        "threads": given.threads,
        "bf16": RECIPES["short"].autocasts(torch.device("cpu")),
        "numbers": count,
        "rounds": given.rounds,
        "measured": measured,
    }
    body = (
        f"{given.variant} learns from {count:,} numbers in each of {given.rounds} rounds, every "
        f"batch in turn, with {given.threads} threads, in {'bf16' if report['bf16'] else 'float32'}"
        f"; ratios are of one round.\n\n"
        f"{turns.table(measured, ['batch'], 'numbers', f'{BASE} a batch').markdown()}"
    )
    findings.write(given.out, "How fast a step learns, by batch", body, report)


if __name__ == "__main__":
    main()
