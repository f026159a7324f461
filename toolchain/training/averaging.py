"""Averaging trained networks: between several results of one start lies often a better one.

The greedy soup of Wortsman et al. 2022, "Model soups: averaging weights of multiple fine-tuned
models improves accuracy without increasing inference time", arXiv:2203.05482; here chosen by the
validation loss, which is steadier than accuracy.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from generator.digits import DigitBank
from generator.errors import BadInput
from models.decoders import Network
from toolchain import memory
from toolchain.data import checkpoint, samples
from toolchain.training.accuracy import Score, evaluate
from toolchain.training.devices import bf16_helps

SEED = 7_000_003
NUMBERS = 8_000
_KEPT = 8 << 10  # bytes of each number: its strip, and what it is drawn from


@dataclass(frozen=True)
class Tried:
    """One network: where it came from, how it read, and whether it was taken."""

    path: str
    score: Score
    taken: bool


@dataclass(frozen=True)
class Averaged:
    """The average of those that were taken, how it reads, and the facts to keep with it."""

    model: Network
    score: Score
    tried: list[Tried]
    facts: dict[str, Any]


def average(
    paths: Sequence[Path],
    bank: DigitBank,
    count: int = NUMBERS,
    take_all: bool = False,
    on_step: Callable[[int], None] = lambda done: None,
) -> Averaged:
    """Average the networks that each lower the validation loss of the average, or all.

    Args:
        paths: checkpoints of one variant, best with one start in common.
        bank: validation digits.
        count: how many to read.
        take_all: take each, and as often as it is named: what lowers the loss on numbers as they
            are judged may not be what was trained for.
        on_step: called with how many networks were read.

    Raises:
        BadInput: fewer than two, one of them damaged, or of different variants or shapes.
    """
    if len(paths) < 2:
        raise BadInput("an average needs two checkpoints or more: name them all")
    _, first = checkpoint.load_model(paths[0])
    variant, network = first["variant"], first.get("network")
    judged = samples.to_judge(variant, bank, SEED, checkpoint.changes(first, "style"))
    count = judged.different(count)
    memory.insist(_KEPT * count, f"reading {count:,} numbers", "lower --count")
    check = judged(0, count)
    fast = bf16_helps(bank.device)
    tried, read = [], dict[Path, Score]()  # one that is named twice is read once
    for path in paths:
        model, facts = checkpoint.load_model(path, variant)
        if facts.get("network") != network:
            raise BadInput(f"{path} has another [network] than {paths[0]}: name runs of one shape")
        if path not in read:
            read[path] = evaluate(model, check, fast)
        tried.append((read[path], path, model, facts))
        on_step(len(tried))
    tried.sort(key=lambda each: each[0].loss)
    best, _, model, _ = tried[0]
    taken, flags = [model], [True]
    if take_all:
        model, flags = mean([each[2] for each in tried]), [True] * len(tried)
        best = evaluate(model, check, fast)
    for done, (_, _, other, _) in enumerate([] if take_all else tried[1:], len(tried) + 1):
        mixed = mean([*taken, other])
        score = evaluate(mixed, check, fast)
        flags.append(score.loss < best.loss)
        if flags[-1]:
            best, model = score, mixed
            taken.append(other)
        on_step(done)
    listed = [
        Tried(str(path), score, flag)
        for (score, path, _, _), flag in zip(tried, flags, strict=True)
    ]
    return Averaged(model, best, listed, _facts(tried, flags, best))


def mean(models: Sequence[Network]) -> Network:
    """A network whose weights and batch-norm statistics are the means of theirs."""
    states = [model.state_dict() for model in models]
    mixed = copy.deepcopy(models[0]).eval()
    mixed.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(0)
            if value.is_floating_point()
            else value
            for name, value in states[0].items()
        }
    )
    return mixed


def _facts(
    tried: list[tuple[Score, Path, Network, dict[str, Any]]],
    flags: list[bool],
    score: Score,
) -> dict[str, Any]:
    """Those of the one that has most of the mean; and of each that was taken where it came from."""
    origins = {path: _origin(path, facts) for _, path, _, facts in tried}
    averaged = [
        {
            **origins[path],
            "commit": facts.get("commit"),
            "started_from": facts.get("started_from"),
            "val_accuracy": read.accuracy,
            **({"averaged": facts["averaged"]} if facts.get("averaged") else {}),
        }
        for (read, path, _, facts), flag in zip(tried, flags, strict=True)
        if flag
    ]
    taken = [path for (_, path, _, _), flag in zip(tried, flags, strict=True) if flag]
    most = max(taken, key=taken.count)
    whose = next(facts for _, path, _, facts in tried if path == most)
    kept = {key: value for key, value in whose.items() if key not in ("step", "best")}
    # A mean of means is told of the run that the first of them was told of.
    told_of = {} if "averaged" in kept else {"told_of": origins[most]}
    return {**kept, **told_of, "averaged": averaged, "val_accuracy": score.accuracy}


def _origin(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    return {"run": path.parent.name, "step": facts.get("step"), "seed": facts.get("seed")}
