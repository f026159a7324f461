"""What stays the same to the last bit, and how far apart the rest may come to lie."""

import functools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from benchmarks import determinism
from benchmarks.reliability.commands import TRAIN, must_equal, prepare
from benchmarks.reliability.kills import uninterrupted
from benchmarks.reliability.tries import Tried, Try, insist, process
from generator.numbers import NumberGenerator
from toolchain.data import samples
from toolchain.provenance import machine

SEED, COUNT, FEW = 0, 600, 7  # samples, and how many of them a small batch has
BITS = "the same bits"
GREY = 1  # levels that a pixel may lie apart where other loops draw it
CLOSE = 0.02  # of a loss, where floats are added in another order

Made = tuple[Tensor, Tensor]  # strips and digits


@functools.cache
def _numbers() -> NumberGenerator:
    found = samples.to_learn("optimized", determinism.bank(), SEED)
    assert isinstance(found, NumberGenerator)
    return found


def _made(numbers: NumberGenerator | None = None) -> Made:
    made = (numbers or _numbers())(0, COUNT)
    return made.strips, made.digits


def _in_few() -> Made:
    parts = [
        _numbers().samples(torch.arange(first, min(first + FEW, COUNT)).flip(0))
        for first in reversed(range(0, COUNT, FEW))
    ]
    return (
        torch.cat([part.strips for part in parts]).flip(0),
        torch.cat([part.digits for part in parts]).flip(0),
    )


def _plainly() -> Made:
    usual = _numbers()
    return _made(NumberGenerator(usual.bank, SEED, usual.style, compiled=False))


def _elsewhere(threads: int, folder: Path) -> Made:
    """By a process of its own, with so many threads."""
    path = folder / "made.safetensors"

    def work() -> None:
        save_file(dict(zip(("strips", "digits"), _made(), strict=True)), path)

    ended = process(work, lambda: torch.set_num_threads(threads))
    insist(ended.code == 0, f"{ended}")
    made = load_file(path)
    return made["strips"], made["digits"]


def _sampled(make: Callable[[Path], Made], furthest: int = 0) -> Callable[..., Tried]:
    def once(_: random.Random, folder: Path) -> Tried:
        folder.mkdir(parents=True)
        (strips, digits), (others, labels) = _made(), make(folder)
        insist(labels.equal(digits), "there are other digits")
        apart = int((others.int() - strips.int()).abs().max())
        insist(apart <= furthest, f"pixels lie {apart} grey levels apart")
        return Tried(told=f"within {apart} grey level" if apart else BITS)

    return once


def _trained(threads: int) -> Callable[..., Tried]:
    """Twice in processes of their own: the same bits, and near what one thread gives."""

    def once(_: random.Random, folder: Path) -> Tried:
        expected, found = uninterrupted(TRAIN)[2], []
        for turn in "ab":
            prepare(folder / turn)
            work = TRAIN.begin(folder / turn)
            ended = process(work, lambda: torch.set_num_threads(threads))
            insist(ended.code == 0, f"{ended}")
            found.append(TRAIN.outcome(folder / turn))
        must_equal(*found)
        apart = max(_losses_apart(found[0]["metrics"], expected["metrics"]))
        insist(apart <= (CLOSE if threads > 1 else 0), f"losses lie {apart:.1e} apart")
        return Tried(told=f"{BITS} each time, losses within {apart:.0e}" if apart else BITS)

    return once


def _losses_apart(rows: list[dict[str, str]], others: list[dict[str, str]]) -> Iterator[float]:
    for row, other in zip(rows, others, strict=True):
        for key in ("train_loss", "val_loss"):
            yield abs(float(row[key]) / float(other[key]) - 1)


def _as_written(part: str, name: str, compute: Callable[[], dict[str, Any]]) -> Callable[..., Any]:
    """As determinism.json has it, which may be of another processor."""

    def once(_: random.Random, folder: Path) -> Tried:
        held = json.loads(determinism.FILE.read_text("utf-8"))
        is_same = (held["machine"], held["torch"]) == (machine(), torch.__version__)
        wrong = list(determinism.differences(held[part][name], compute(), is_same))
        insist(not wrong, "; ".join(wrong))
        near = f"ink within {determinism.INK} grey levels, losses within {determinism.LOSS:.0%}"
        return Tried(told=BITS if is_same else near)

    return once


def _first_samples() -> dict[str, Any]:
    return determinism.samples_of(SEED, determinism.bank())


def _first_losses() -> dict[str, Any]:
    return determinism.losses_of("nano", determinism.bank())


SAMPLES, TRAINING = "samples", "training"
_ROWS = (
    (SAMPLES, "another process", _sampled(lambda folder: _elsewhere(1, folder))),
    (TRAINING, "another process", _trained(1)),
    (SAMPLES, "two threads", _sampled(lambda folder: _elsewhere(2, folder))),
    (TRAINING, "two threads", _trained(2)),
    (SAMPLES, f"batches of {FEW}, the last first", _sampled(lambda _: _in_few())),
    (SAMPLES, "without compiled loops", _sampled(lambda _: _plainly(), GREY)),
    (SAMPLES, "as determinism.json has it", _as_written("samples", str(SEED), _first_samples)),
    (TRAINING, "as determinism.json has it", _as_written("losses", "nano", _first_losses)),
)
_PROMISE = "the same bits, or as near to them as is told"
TRIES = [Try(of, what, _PROMISE, once, wanted=0) for of, what, once in _ROWS]
