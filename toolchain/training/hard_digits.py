"""Hard digits: those that a trained network misreads come more often while it learns on.

Most of what a trained network is shown it reads already, and learns little from. Which digits are
hard is found once, by reading each of them alone; how they are drawn stays new every time. This is
hard example mining (Shrivastava, Gupta and Girshick 2016, "Training Region-based Object Detectors
with Online Hard Example Mining", arXiv:1604.03540), of digits where that is of regions.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.numbers import NumberGenerator
from models.decoders import Network
from toolchain.data import checkpoint
from toolchain.training.accuracy import log_probs_of
from toolchain.training.batches import trimmed

SEED = 77
READ_RASTER = 3  # times that a raster digit is read; one of pen strokes has its copies
TIMES = 20  # a digit misread always would come so many times more than once,
MOST = 8  # but none comes more than so many: what nobody can read must not be learnt
_BATCH = 256


def to_read(bank: DigitBank) -> list[int]:
    """How often each digit of the bank is read: [G]."""
    return [1 if drawn else READ_RASTER for drawn in bank.drawn.tolist()]


@torch.no_grad()
def misread(
    model: Network,
    numbers: NumberGenerator,
    on_read: Callable[[int], None] = lambda done: None,
    autocast: bool = False,
) -> Tensor:
    """Probability 0..1 that the network misreads each digit of the bank: float32 [G].

    A digit of pen strokes and its varied copies have one probability, their mean.

    Args:
        model: reads single digits, among others.
        numbers: whose bank and style are meant.
        on_read: called with how many digits were read.
        autocast: read in bfloat16.
    """
    bank = numbers.bank
    single = NumberGenerator(bank, SEED, replace(numbers.style, digits=(1, 1)))
    times = torch.tensor(to_read(bank), device=bank.device)
    glyphs = torch.arange(len(times), device=bank.device).repeat_interleave(times)
    doubt = torch.zeros(len(times), device=bank.device)
    for first in range(0, len(glyphs), _BATCH):
        part = glyphs[first : first + _BATCH]
        made = single.alone(torch.arange(first, first + len(part)), part)
        log_probs = log_probs_of(model, trimmed(made.strips, made.digits), autocast)
        doubt.index_add_(0, part, 1 - model.decoder.posterior(log_probs, made.digits))
        on_read(first + len(part))
    doubt /= times
    digits = bank.description[: len(bank.weights)]  # after them comes what is no digit
    sizes = [each["digits"] * (each["copies"] + 1) for each in digits]
    for source, mine in zip(digits, doubt.split(sizes), strict=True):
        mine.copy_(mine.view(-1, source["digits"]).mean(0).repeat(source["copies"] + 1))
    return doubt


def how_often(doubt: Tensor) -> Tensor:
    """How often digits come for one time that they usually do: int64 [G] of float32 [G], 0..1."""
    return 1 + (doubt * TIMES).round().clamp(max=MOST).long()


def save(path: Path, found: Tensor) -> None:
    """Keep what `how_often` said for a run that is gone on with."""
    checkpoint.save(path, {"times": found}, {})


def load(path: Path, bank: DigitBank) -> Tensor:
    """What `save` kept.

    Raises:
        BadInput: it is missing, damaged, or of other digits.
    """
    found = checkpoint.load(path)[0].get("times", torch.zeros(0))
    if len(found) != len(bank):
        raise BadInput(f"{path} is of other digits: give the same ones, or a new --run")
    return found
