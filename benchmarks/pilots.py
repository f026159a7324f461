"""A pilot reads as well whether compiled loops drew its numbers or plain ones.

    python benchmarks/pilots.py
    python benchmarks/pilots.py --numbers 131072 --seeds 3

What both draw differs by one grey level at most. For each seed the same network, from the same
first weights, learns from the same numbers, drawn once so and once so; then each reads the
validation numbers. How far seeds are apart says how much of a difference is chance. Writes
benchmarks/pilots.json and benchmarks/pilots.md.
"""

import argparse
import dataclasses
import statistics
import time
from pathlib import Path
from typing import Any

import findings
import torch
from learner import Learner

from generator.numbers import NumberGenerator
from toolchain import console
from toolchain.data import samples
from toolchain.data.sources import Digits
from toolchain.table import Table
from toolchain.training.accuracy import evaluate
from toolchain.training.batches import GROUP, batches
from toolchain.training.devices import denormals_flushed
from toolchain.training.loop import validation_numbers
from toolchain.training.recipes import RECIPES

OUT = Path(__file__).with_suffix(".json")
WAYS = {"compiled": True, "plain": False}


def table(report: dict[str, Any]) -> Table:
    """A row a seed."""
    rows = [
        [str(each["seed"]), *(f"{100 * each[name]:.2f} %" for name in WAYS), _points(each)]
        for each in report["read"]
    ]
    return Table("", ["seed", *WAYS, "compiled is better by"], rows)


def _points(each: dict[str, Any]) -> str:
    return f"{100 * (each['compiled'] - each['plain']):+.2f} points"


@denormals_flushed()
def main() -> None:
    """Train, read, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="nano")
    parser.add_argument("--numbers", type=int, default=65_536, help="that each learns from")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--custom", type=Path, help="folder of stroke digits; else MNIST alone")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    usual = RECIPES["nano" if given.variant == "nano" else "short"]
    recipe = dataclasses.replace(usual, epochs=1, numbers=given.numbers, ema=0.99)
    if recipe.steps < GROUP:
        parser.error(f"--numbers must be {GROUP * recipe.batch} at least")
    digits = Digits(custom=(given.custom,) if given.custom else ())
    style = samples.style_to_learn(given.variant, recipe.layout)
    bank = digits.bank("train")
    check = validation_numbers(given.variant, digits.bank("val"), None)
    read = []
    for seed in range(given.seeds):
        found: dict[str, Any] = {"seed": seed}
        for name, compiled in WAYS.items():
            torch.manual_seed(seed)
            numbers = NumberGenerator(bank, seed, style, compiled=compiled)
            learner = Learner(given.variant, recipe, batches(numbers, recipe, 0))
            before = time.perf_counter()
            learner.learn(recipe.steps)
            found[name] = evaluate(learner.judged(), check).accuracy
            passed = console.duration(time.perf_counter() - before)
            console.say(f"seed {seed}, {name}: {found[name]:.2%} after {passed}")
        read.append(found)
    report = {
        **findings.where(("torch", "numba")),
        "variant": given.variant,
        "recipe": dataclasses.asdict(recipe),
        "validation_numbers": len(check.digits),
        "read": read,
    }
    means = {name: statistics.mean(each[name] for each in read) for name in WAYS}
    body = (
        f"{given.variant}, {recipe.steps * recipe.batch:,} numbers each: far from all that it can "
        f"learn. Of {len(check.digits):,} validation numbers it reads {means['compiled']:.2%} when "
        f"compiled loops drew what it learned from, {means['plain']:.2%} when plain ones did.\n\n"
        f"{table(report).markdown()}"
    )
    findings.write(given.out, "A pilot with each generator", body, report)


if __name__ == "__main__":
    main()
