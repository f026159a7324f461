"""How fast each variant trains here, the making of its numbers included.

    python benchmarks/training.py --threads 1 2 --custom FOLDER

Trains each variant for some steps of the recipe that this machine gets by default, on every device
and count of threads asked for, and says what an epoch of 120,000 numbers would take. Writes
benchmarks/training.json and benchmarks/training.md.
"""

import argparse
import contextlib
import dataclasses
import itertools
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from models import zoo
from toolchain import storage
from toolchain.data.sources import Digits
from toolchain.provenance import machine, source_commit
from toolchain.table import Table
from toolchain.training.batches import GROUP
from toolchain.training.devices import best_device
from toolchain.training.loop import Job, train
from toolchain.training.recipes import RECIPES, Recipe, adapt

EPOCH = 120_000  # numbers
WARM = GROUP  # steps before the clock starts: what a first step sets up is over then


class Enough(Exception):
    """As many steps were taken as were asked for."""


def measure(
    variant: str, recipe: Recipe, banks: tuple[Any, Any], device: torch.device, steps: int
) -> dict[str, Any]:
    """Numbers per second over `steps` steps of the training loop itself, in groups of batches.

    A group's numbers are made at once, so that only whole groups are compared.
    """
    times: list[float] = []

    def on_step(step: int, loss: float) -> None:
        if step >= WARM and (step - WARM) % WARM == 0:
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter())
        if step >= WARM + steps:
            raise Enough

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Enough):
        train(Job(variant, recipe), banks, Path(folder), device=device, on_step=on_step)
    groups = [after - before for before, after in itertools.pairwise(times)]
    rates = sorted(WARM * recipe.batch / each for each in groups)
    rate = WARM * recipe.batch * len(groups) / sum(groups)
    return {
        "variant": variant,
        "device": device.type,
        "threads": torch.get_num_threads(),
        "bf16": recipe.autocasts(device),
        "batch": recipe.batch,
        "steps": steps,
        "numbers_per_second": rate,
        "slowest": rates[0],
        "median": statistics.median(rates),
        "fastest": rates[-1],
        "epoch_seconds": EPOCH / rate,
    }


def table(report: dict[str, Any]) -> Table:
    """The report as rows."""
    return Table(
        "",
        ["variant", "on", "bf16", "batch", "numbers/s", "slowest to fastest", "120,000 numbers"],
        [
            [
                each["variant"],
                f"{each['device']}, {each['threads']} thread{'s' * (each['threads'] > 1)}",
                "yes" if each["bf16"] else "no",
                str(each["batch"]),
                f"{each['numbers_per_second']:.0f}",
                f"{each['slowest']:.0f} to {each['fastest']:.0f}",
                _duration(each["epoch_seconds"]),
            ]
            for each in report["measured"]
        ],
        words=3,
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", nargs="+", default=[*zoo.VARIANTS], help="which to train")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, os.cpu_count() or 1])
    parser.add_argument("--steps", type=int, default=40, help=f"to be timed, a multiple of {GROUP}")
    parser.add_argument("--recipe", choices=[*RECIPES], help="default: this machine's")
    parser.add_argument("--custom", type=Path, help="folder of stroke digits; else MNIST alone")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "training")
    options = parser.parse_args()
    if options.steps < 1 or options.steps % GROUP:
        parser.error(f"--steps must be a multiple of {GROUP}")
    device = best_device()
    # Long enough that no epoch ends, and so no validation falls, within what is timed.
    recipe = adapt(options.recipe, device.type != "cpu", {})
    recipe = dataclasses.replace(recipe, numbers=2 * (WARM + options.steps) * recipe.batch)
    digits = Digits(custom=(options.custom,) if options.custom else ())
    banks = digits.bank("train", device), digits.bank("val", device)
    measured = []
    for threads in dict.fromkeys(options.threads):
        torch.set_num_threads(threads)
        for variant in options.variants:
            measured.append(measure(variant, recipe, banks, device, options.steps))
            print(table({"measured": measured[-1:]}).markdown().splitlines()[-1], flush=True)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else machine()
    report = {
        "machine": where,
        "torch": torch.__version__,
        "commit": source_commit(),
        "recipe": dataclasses.asdict(recipe),
        "digits": banks[0].description,
        "measured": measured,
    }
    storage.write_json(options.out.with_suffix(".json"), report)
    text = (
        f"# How fast the variants train\n\nFresh numbers are made, then learned from: both count. "
        f"{options.steps} steps each after {WARM} to warm up; no validation.\n\n"
        f"{table(report).markdown()}\n{where}, PyTorch {torch.__version__}, commit "
        f"{source_commit()}. Written by `python benchmarks/training.py`.\n"
    )
    with storage.replacing(options.out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
