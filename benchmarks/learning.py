"""Optimized learns from twice as many numbers a second as by the earlier recipe.

    python benchmarks/learning.py
    python benchmarks/learning.py --to 0.97 --minutes 120

The earlier recipe, from its published description: batches of 64 in float32 at whole width, plain
Adam at 1e-3, a PyTorch loader with two workers that make numbers one at a time with Pillow (see
benchmarks/earlier.py). Ours: the recipe that this machine gets by default, numbers made ahead.

Both take steps in turn, round by round, by the clock; the ratio is of one round. `--to` then trains
each by itself until it reads so many of the validation numbers or its minutes are over: hours.
Writes benchmarks/learning.json and benchmarks/learning.md.
"""

import argparse
import dataclasses
import itertools
import statistics
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import earlier
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from generator.mnist import mnist_part
from generator.numbers import PAD
from models import zoo
from models.decoders import Network
from toolchain import console, storage
from toolchain.data import samples
from toolchain.data.sources import Digits
from toolchain.provenance import machine, source_commit
from toolchain.table import Table
from toolchain.training.accuracy import evaluate
from toolchain.training.ahead import ahead
from toolchain.training.batches import GROUP, batches
from toolchain.training.devices import denormals_flushed
from toolchain.training.ema import Average
from toolchain.training.loop import validation_numbers
from toolchain.training.muon import optimizers_for
from toolchain.training.recipes import RECIPES, Recipe, learning_rate

OUT = Path(__file__).with_suffix(".json")
VARIANT = "optimized"
CPU = torch.device("cpu")
EARLIER = RECIPES["earlier"]
LOOK = 40 * GROUP  # steps between two looks at the validation numbers


class OneAtATime(IterableDataset[tuple[Tensor, Tensor]]):
    """Numbers of the earlier work's way, made by a worker one after the other."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        images, labels = mnist_part("train")
        pictures = [images[labels == digit] for digit in range(10)]
        worker = get_worker_info()
        chance = np.random.default_rng((1, worker.id if worker else 0))
        while True:
            made = earlier.number(pictures, chance)
            digits = [int(digit) for digit in made.label] + [PAD] * (5 - len(made.label))
            yield torch.from_numpy(made.strip), torch.tensor(digits)


def steps(
    model: Network, recipe: Recipe, made: Iterator[tuple[Tensor, Tensor]], average: Average | None
) -> Iterator[int]:
    """Learn from one batch after the other; yields the count of numbers learned from."""
    autocast = recipe.autocasts(CPU)
    optimizers = optimizers_for(model, recipe, autocast)
    layout = torch.channels_last if average else torch.contiguous_format
    for step, (strips, digits) in enumerate(made):
        model.train()
        for optimizer, ratio in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, min(step, recipe.steps - 1)) * ratio
        image = (strips.float() / 255).contiguous(memory_format=layout)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            log_probs = model(image)
        loss = model.decoder.loss(log_probs, digits)
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for optimizer, _ in optimizers:
            optimizer.step()
        if average:
            average.update(model, step)
        yield len(strips)


@denormals_flushed()
def compare(given: argparse.Namespace, ours: Recipe) -> dict[str, Any]:
    """Numbers learned from a second by each way, in turn; then, where asked, the time to learn."""
    digits = Digits(custom=(given.custom,) if given.custom else ())
    numbers = samples.to_learn(VARIANT, digits.bank("train"), 0)
    loader = DataLoader(OneAtATime(), batch_size=EARLIER.batch, num_workers=2)
    networks = {name: zoo.build(VARIANT) for name in ("earlier", "ours")}
    networks["ours"] = networks["ours"].to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = Average(networks["ours"], ours.ema, 0.0)
    rates: dict[str, list[float]] = {"earlier": [], "ours": []}
    with ahead(partial(batches, numbers, ours, 0), CPU) as made:
        learning = {
            "earlier": steps(networks["earlier"], EARLIER, iter(loader), None),
            "ours": steps(networks["ours"], ours, made, average),
        }
        for turn in range(-1, given.rounds):  # the first sets up, and is not counted
            for name, running in learning.items():
                before = time.perf_counter()
                learned = sum(itertools.islice(running, given.steps))
                if turn >= 0:
                    rates[name].append(learned / (time.perf_counter() - before))
        reached = {}
        if given.to:
            check = validation_numbers(VARIANT, digits.bank("val"), None)
            for name, running in learning.items():
                read = average.model if name == "ours" else networks[name]
                reached[name] = _until(read, running, check, given)
    ratios = [one / other for one, other in zip(rates["ours"], rates["earlier"], strict=True)]
    return {"rates": rates, "ratios": ratios, "reached": reached}


def _until(
    model: nn.Module, running: Iterator[int], check: Any, given: argparse.Namespace
) -> dict[str, Any]:
    """Seconds of learning until it reads enough; None where its minutes are over before."""
    seconds, learned = 0.0, 0
    while True:
        before = time.perf_counter()
        learned += sum(itertools.islice(running, LOOK))
        seconds += time.perf_counter() - before
        accuracy = evaluate(model, check).accuracy
        console.say(f"{learned:,} numbers, {console.duration(seconds)}: {accuracy:.2%}")
        if accuracy >= given.to or seconds > 60 * given.minutes:
            enough = seconds if accuracy >= given.to else None
            return {"seconds": enough, "numbers": learned, "accuracy": accuracy}


def table(report: dict[str, Any]) -> Table:
    """The report as rows."""
    rows = []
    for name, rates in report["rates"].items():
        each = [name, f"{statistics.median(rates):.0f}", f"{min(rates):.0f} to {max(rates):.0f}"]
        told = report["reached"].get(name, {})
        seconds = told.get("seconds")
        each.append(console.duration(seconds) if seconds else "-")
        rows.append(each)
    return Table("", ["recipe", "numbers/s", "slowest to fastest", "time to learn"], rows)


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=GROUP, help="of each way in a round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--to", type=float, help="share of the validation numbers, e.g. 0.97")
    parser.add_argument("--minutes", type=float, default=60, help="for each way to come there")
    parser.add_argument("--custom", type=Path, help="folder of stroke digits; else MNIST alone")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    report = {
        "machine": machine(),
        "threads": given.threads,
        "torch": torch.__version__,
        "commit": source_commit(),
        "recipe": dataclasses.asdict(RECIPES["short"]),
        **compare(given, RECIPES["short"]),
    }
    low, middle, high = (f(report["ratios"]) for f in (min, statistics.median, max))
    text = (
        f"# How fast {VARIANT} learns\n\n{given.rounds} rounds of {given.steps} steps each, in "
        f"turn; ours is {middle:.2f} times as fast ({low:.2f} to {high:.2f}).\n\n"
        f"{table(report).markdown()}\n{report['machine']}, {given.threads} threads, PyTorch "
        f"{report['torch']}; commit {report['commit']}. Written by "
        "`python benchmarks/learning.py`.\n"
    )
    print(text)
    storage.write_json(given.out, report)
    with storage.replacing(given.out.with_suffix(".md")) as temporary:
        temporary.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
