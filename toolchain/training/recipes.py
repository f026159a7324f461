"""Training recipes: how long, how fast, and with which devices of the trade."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt, Interval
from pydantic import AllowInfNan

from generator.errors import BadInput
from generator.ranges import Amount, Count, Share
from generator.style import Layout
from toolchain.training.devices import bf16_helps

SAMPLES = 2**48  # of a seed; no run comes to an end of them


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    Attributes:
        epochs: how many; after each, the network is validated and kept.
        numbers: numbers per epoch, all fresh.
        batch: numbers per step.
        learning_rate: its peak, AdamW's.
        muon: Muon's rate for hidden convolutions, times `learning_rate` (0: AdamW for all).
        schedule: one-cycle (up, then down), or constant.
        warmup: share of the steps in which the rate rises.
        weight_decay: AdamW's (0: plain Adam).
        clip: largest gradient norm; inf: any.
        ema: decay of the weights' moving average (0: none).
        keep: share of the starting weights in the result, for adapting a trained network.
        bf16: forward and backward in bfloat16 where the hardware gains from it.
        trim: cut empty columns from batches of narrow numbers.
        layout: how varied numbers of any length are: as what is validated (usual), more (wide),
            more still, with digits that touch and overlap (loose), or as the earlier work's.
        focus: share of the steps, from the first, in which digits that the network to start from
            misreads come more often; see `toolchain.training.hard_digits`.
        freeze_norm: batch-norm normalises by the running statistics of the network to start from,
            as it will once exported, not by each batch's own; its scales still learn.
        smoothing: of the labels, a frame: so much of each is shared among all classes alike, which
            keeps a long-trained network's log_probs from running away (Szegedy et al. 2016,
            arXiv:1512.00567).
    """

    epochs: Count
    numbers: Count
    batch: Count = 64
    learning_rate: Amount = 2e-3
    muon: Amount = 25.0
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    warmup: Annotated[float, Interval(ge=0, lt=1)] = 0.15
    weight_decay: Amount = 0.01
    clip: Annotated[float, Gt(0), AllowInfNan(True)] = 5.0
    ema: Annotated[float, Interval(ge=0, lt=1)] = 0.998
    keep: Share = 0.0
    bf16: bool = True
    trim: bool = True
    layout: Layout = "usual"
    focus: Share = 0.0
    freeze_norm: bool = False
    smoothing: Share = 0.0

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return self.epochs * (self.numbers // self.batch)

    def autocasts(self, device: torch.device) -> bool:
        """Whether it computes in bfloat16 there."""
        return self.bf16 and bf16_helps(device)


RECIPES = {
    # What the release models are trained with where a GPU is at hand.
    "full": Recipe(epochs=60, numbers=120_000, batch=128, ema=0.9995),
    # An hour on two cores.
    "short": Recipe(epochs=15, numbers=48_000),
    # Minutes on two cores: enough to see the whole path work.
    "quick": Recipe(epochs=2, numbers=16_000, ema=0.995),
    # What the single-digit networks and those of known length need: minutes on one core.
    "small": Recipe(epochs=8, numbers=56_064, batch=128, learning_rate=3e-3, trim=False),
    # For nano: on whole strips, for it reads each column by its neighbours alone, and must have
    # seen how a wide empty margin looks.
    "nano": Recipe(epochs=40, numbers=32_768, batch=128, trim=False, layout="loose"),
    # A minute or two of the same: nano needs many numbers, and takes little time for each.
    "nano-quick": Recipe(
        epochs=3, numbers=49_152, batch=128, learning_rate=4e-3, ema=0.995, trim=False
    ),
    # From a trained network to someone's own hand, in minutes. One epoch: the best of several would
    # be chosen on the old numbers, and so be the one that has learned the new hand least.
    "finetune": Recipe(epochs=1, numbers=32_000, learning_rate=3e-4, muon=0.0, ema=0.995, keep=0.5),
    # From a trained network to a better one: short, for `nrtool average` to mix with its likes.
    "polish": Recipe(epochs=1, numbers=96_000, learning_rate=3e-4, layout="wide"),
    # What the earlier work did, on our generator.
    "earlier": Recipe(
        epochs=75,
        numbers=120_000,
        learning_rate=1e-3,
        muon=0.0,
        schedule="constant",
        weight_decay=0.0,
        clip=float("inf"),
        ema=0.0,
        bf16=False,
        trim=False,
    ),
}


def learning_rate(recipe: Recipe, step: int) -> float:
    """Rate at a step: constant, or one cycle (Smith 2018, arXiv:1803.09820): up, then a cosine."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    progress = step / recipe.steps
    if progress < recipe.warmup:
        return recipe.learning_rate * (0.05 + 0.95 * progress / recipe.warmup)
    falling = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.learning_rate * max(0.002, (1 + math.cos(math.pi * falling)) / 2)


def adapt(name: str | None, has_accelerator: bool, changes: Mapping[str, Any]) -> Recipe:
    """The named recipe with some of its fields changed; None values change nothing.

    Without a name it is "full" where there is an accelerator, else "short".

    Raises:
        BadInput: no recipe of that name, an epoch shorter than a batch, or no end of numbers.
    """
    name = name or ("full" if has_accelerator else "short")
    if name not in RECIPES:
        raise BadInput(f"no recipe {name!r}: choose one of {', '.join(RECIPES)}")
    given = {key: value for key, value in changes.items() if value is not None}
    recipe = replace(RECIPES[name], **given)
    if recipe.numbers < recipe.batch:
        raise BadInput(
            f"an epoch of {recipe.numbers} numbers is less than a batch: raise --numbers"
        )
    if recipe.epochs * recipe.numbers > SAMPLES:
        raise BadInput(
            f"{recipe.epochs:,} epochs of {recipe.numbers:,} numbers are more than the {SAMPLES:,} "
            "that a seed has: lower --epochs or --numbers"
        )
    return recipe
