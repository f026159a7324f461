"""Optimized learns from more numbers a second than by the earlier recipe.

    python benchmarks/learning.py
    python benchmarks/learning.py --to 0.97 --way ours --minutes 60
    python benchmarks/learning.py --to 0.97 --way earlier

The earlier recipe, from its published description: batches of 64 in float32 at whole width, plain
Adam at 1e-3, a PyTorch loader with two workers that make numbers one at a time with Pillow (see
benchmarks/earlier.py). Ours: the recipe that a CPU gets by default, numbers made ahead. Between
them, the earlier recipe with our numbers, which says what the numbers alone are worth.

All take steps in turn, round by round, by the clock; ratios are of one round. Batches that a loader
made while others had their turn are used up before the clock starts; of ours as many lie ready when
a round begins as when it ends.

`--to` trains one way by itself until it reads so many of the validation numbers, which are laid out
in our usual way, or its `--minutes` of learning are over; without `--minutes` these are four times
those that ours took. At last it also reads validation numbers laid out as those that it learned
from: what the earlier recipe learns is laid out in another way. Run again, it goes on from `--run`.
Each run tells its part of benchmarks/learning.json and writes benchmarks/learning.md anew.
"""

import argparse
import contextlib
import itertools
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import earlier
import findings
import numpy as np
import torch
import turns
from learner import CPU, Learner
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from generator.digits import DigitBank
from generator.mnist import mnist_part
from generator.numbers import PAD, NumberGenerator, Numbers
from generator.splits import Split
from toolchain import console, storage
from toolchain.data import samples
from toolchain.data.sources import Digits
from toolchain.provenance import source_commit
from toolchain.table import Table
from toolchain.training.accuracy import evaluate
from toolchain.training.ahead import ahead
from toolchain.training.batches import GROUP, batches
from toolchain.training.devices import denormals_flushed
from toolchain.training.loop import validation_numbers
from toolchain.training.recipes import RECIPES
from toolchain.training.resuming import can_resume, read_last, restore, save_last, state_of

OUT = Path(__file__).with_suffix(".json")
VARIANT = "optimized"
OURS, THEIRS, BETWEEN = "ours", "earlier", "earlier, our numbers"
WAYS = {OURS: RECIPES["short"], THEIRS: RECIPES["earlier"], BETWEEN: RECIPES["earlier"]}
OWN_SEED = 17_000_023
LONGER = 4  # times as long as ours the others may learn


class OneAtATime(IterableDataset[tuple[Tensor, Tensor]]):
    """Numbers of the earlier work's way, made by a worker one after the other."""

    def __init__(self, split: Split, first: int) -> None:
        """Of MNIST's digits of a split, from a step on: other numbers than before."""
        self.split: Split = split
        self.first = first

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        images, labels = mnist_part(self.split)
        pictures = [images[labels == digit] for digit in range(10)]
        worker = get_worker_info()
        chance = np.random.default_rng((1, self.first, worker.id if worker else 0))
        while True:
            made = earlier.number(pictures, chance)
            digits = [int(digit) for digit in made.label] + [PAD] * (5 - len(made.label))
            yield torch.from_numpy(made.strip), torch.tensor(digits)


@contextlib.contextmanager
def learner(way: str, bank: DigitBank, held: Path | None = None) -> Iterator[Learner]:
    """A network that learns in that way, from its start or from where a folder `held` it."""
    tensors, facts = read_last(held) if held else ({}, {"step": 0})
    recipe, step = WAYS[way], int(facts["step"])
    torch.manual_seed(0)
    with contextlib.ExitStack() as stack:
        if way == THEIRS:
            loader = DataLoader(OneAtATime("train", step), batch_size=recipe.batch, num_workers=2)
            made: Iterator[tuple[Tensor, Tensor]] = iter(loader)
        else:
            numbers = samples.to_learn(VARIANT, bank, 0)
            made = stack.enter_context(ahead(partial(batches, numbers, recipe, step), CPU))
        layout = torch.channels_last if way == OURS else torch.contiguous_format
        found = Learner(VARIANT, recipe, made, layout, step)
        if tensors:
            restore(tensors, found.model, found.average, found.optimizers)
        yield found


@denormals_flushed()
def compare(given: argparse.Namespace, digits: Digits) -> list[dict[str, Any]]:
    """Numbers learned from a second by each way, in turn."""
    with contextlib.ExitStack() as stack:
        bank = digits.bank("train")

        def learning(way: str) -> turns.Way:
            learns = stack.enter_context(learner(way, bank))
            count = given.steps * learns.recipe.batch
            counted = turns.per_second(
                count, lambda _: learns.learn(given.steps), time.perf_counter
            )

            def after_the_stock(turn: int) -> float:
                learns.learn(GROUP)  # a loader has twice as many batches ready as it has workers
                return counted(turn)

            return after_the_stock

        ways = {(way,): learning(way) for way in WAYS}
        return turns.compared(turns.rates(ways, given.rounds), (THEIRS,))


@denormals_flushed()
def reach(given: argparse.Namespace, digits: Digits, minutes: float) -> dict[str, Any]:
    """Learn until enough is read or the minutes are over, those of earlier runs counted in.

    Returns:
        What is known at each look; `seconds` until enough was read, None where it never was;
        `own`, the share read at last of numbers laid out as those that were learned from.
    """
    val = digits.bank("val")
    check = validation_numbers(VARIANT, val, None)
    if given.way == THEIRS:
        made = itertools.islice(OneAtATime("val", OWN_SEED), len(check.digits))
        alike = Numbers(*map(torch.stack, zip(*made, strict=True)))
    else:
        alike = NumberGenerator(val, OWN_SEED)(0, len(check.digits))
    run = given.run / given.way.replace(", ", "-").replace(" ", "-")
    looks = read_last(run)[1]["history"] if can_resume(run) else []
    last = looks[-1] if looks else {"seconds": 0.0, "numbers": 0, "accuracy": 0.0}
    held = run if looks else None
    with learner(given.way, digits.bank("train"), held) as learns:
        while not looks or (last["accuracy"] < given.to and last["seconds"] < 60 * minutes):
            before = time.perf_counter()
            learned = last["numbers"] + learns.learn(given.look)
            seconds = last["seconds"] + time.perf_counter() - before
            accuracy = evaluate(learns.judged(), check).accuracy
            last = {"seconds": seconds, "numbers": learned, "accuracy": accuracy}
            last["commit"] = source_commit()
            looks.append(last)
            state = state_of(learns.model, learns.average, learns.optimizers)
            run.mkdir(parents=True, exist_ok=True)
            save_last(run, state, {"step": learns.step, "best": accuracy, "history": looks})
            console.say(f"{learned:,} numbers, {console.duration(seconds)}: {accuracy:.2%}")
        own = evaluate(learns.judged(), alike).accuracy
    enough = [look["seconds"] for look in looks if look["accuracy"] >= given.to]
    seconds = enough[0] if enough else None
    return {"to": given.to, "seconds": seconds, "looks": looks, "own": own}


def said(reached: dict[str, Any]) -> str:
    """How much longer the earlier recipe takes, as far as it is known."""
    ours, theirs = (reached.get(way) for way in (OURS, THEIRS))
    if not ours or not ours["seconds"]:
        return "How long ours takes is not known yet."
    if not theirs or theirs["to"] != ours["to"]:
        return "How long the earlier recipe takes is not known yet."
    if theirs["seconds"]:
        return f"The earlier recipe takes {theirs['seconds'] / ours['seconds']:.1f} times as long."
    tried = theirs["looks"][-1]["seconds"] / ours["seconds"]
    return f"The earlier recipe is not there after {tried:.1f} times as long, where it was stopped."


def reached_table(reached: dict[str, Any]) -> Table:
    """How long each way took to read enough, or how far it came."""
    rows = []
    for way, told in reached.items():
        last = told["looks"][-1]
        took = console.duration(told["seconds"]) if told["seconds"] else "not yet"
        at_last = f"{last['accuracy']:.2%} after {console.duration(last['seconds'])}"
        own = f"{told['own']:.2%}" if "own" in told else "-"
        commits = ", ".join(dict.fromkeys(look["commit"] for look in told["looks"]))
        where = f"{told['threads']} threads of {told['machine']}, commit {commits}"
        rows.append([way, f"{told['to']:.0%}", took, at_last, own, f"{last['numbers']:,}", where])
    head = ["recipe", "to read", "took", "at last", "as it learned", "numbers", "on"]
    return Table("", head, rows)


def page(report: dict[str, Any]) -> str:
    """What is known so far."""
    parts = []
    if measured := report.get("measured"):
        table = turns.table(measured["ways"], ["recipe"], "numbers", THEIRS).markdown()
        parts.append(
            f"{measured['rounds']} rounds of {measured['steps']} steps each, in turn; ratios are "
            f"of one round. {measured['threads']} threads of {measured['machine']}, commit "
            f"{measured['commit']}.\n\n{table}"
        )
    if reached := report.get("reached"):
        parts.append(
            "Each by itself, of validation numbers in our usual layout, in time of learning alone. "
            "*As it learned*: of such as are laid out like those that it learned from, at last. "
            f"{said(reached)}\n\n{reached_table(reached).markdown()}"
        )
    return "\n".join(parts)


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2 * GROUP, help="of each way in a round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--to", type=float, help="share of the validation numbers, e.g. 0.97")
    parser.add_argument("--way", choices=[*WAYS], default=OURS, help="with --to: which learns")
    parser.add_argument("--minutes", type=float, help=f"to come there; else {LONGER} times ours")
    parser.add_argument("--look", type=int, default=20 * GROUP, help="steps between two looks")
    parser.add_argument("--run", type=Path, default=Path("runs/learning"), help="to go on from")
    parser.add_argument("--custom", type=Path, help="folder of stroke digits; else MNIST alone")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    digits = Digits(custom=(given.custom,) if given.custom else ())
    held = storage.read_json(given.out) if given.out.exists() else {}
    here = {**findings.where(("torch",)), "threads": given.threads}
    report = {**held, **here}
    if given.to is None:
        measured = compare(given, digits)
        told = {"rounds": given.rounds, "steps": given.steps, "ways": measured}
        report["measured"] = here | told
    else:
        reached = report.setdefault("reached", {})
        ours = reached.get(OURS, {}).get("seconds")
        if given.minutes is None and not ours:
            parser.error("give --minutes, or run --way ours first: its time is what counts")
        minutes = given.minutes or LONGER * ours / 60
        reached[given.way] = here | reach(given, digits, minutes)
    findings.write(given.out, f"How fast {VARIANT} learns", page(report), report)


if __name__ == "__main__":
    main()
