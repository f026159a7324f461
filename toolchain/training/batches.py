"""Training batches: fresh numbers, sorted by width within groups, so that little is empty."""

from collections.abc import Iterator

import torch
from torch import Tensor

from generator.hashing import hash_uniform
from generator.numbers import PAD, Numbers
from toolchain.data.samples import Samples
from toolchain.training.recipes import Recipe

GROUP = 8  # batches that are made at once and sorted by width
COLUMNS = 4  # of a frame: a trimmed batch's width is a multiple of this
NARROWEST = 32  # columns of a batch at least


def batches(
    numbers: Samples, recipe: Recipe, first_step: int, hard: Samples | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless training batches from a step on: strips uint8 [B, 1, H, W], digits int64 [B, 5].

    A recipe that trims sorts a group of batches by ink width and cuts the empty columns at the
    left of the narrow ones: nothing but background is lost, and nothing is computed on it. Without
    trimming they come in no order: a batch of nothing but short numbers on whole strips would give
    batch-norm statistics that no single running mean can stand for.

    Where there are `hard` samples, they come instead while the recipe focuses.
    """
    step = first_step
    while True:
        made, order = _group(numbers, recipe, step // GROUP, hard)
        for rows in order[step % GROUP :]:
            strips = made.strips[rows]
            digits = made.digits[rows]
            yield trimmed(strips, digits) if recipe.trim else strips, digits
            step += 1


def indices_of(numbers: Samples, recipe: Recipe, step: int, hard: Samples | None = None) -> Tensor:
    """Which samples the batch of a step is made of, in its order: int64 [B]; else as `batches`."""
    _, order = _group(numbers, recipe, step // GROUP, hard)
    return step // GROUP * GROUP * recipe.batch + order[step % GROUP].cpu()


def trimmed(strips: Tensor, digits: Tensor) -> Tensor:
    """Strips [N, 1, H, W] without columns at their left that are empty in all of them.

    As many stay as CTC needs frames for: one for each of the digits [N, 5], and one between equal
    neighbours.
    """
    equal = (digits[:, 1:] == digits[:, :-1]) & (digits[:, 1:] != PAD)
    frames = (digits != PAD).sum(1) + equal.sum(1)
    most = torch.stack([_first_inked(strips).min(), -frames.max()]).tolist()
    free, needed = most[0] // COLUMNS * COLUMNS, -most[1] * COLUMNS
    return strips[..., min(free, strips.shape[-1] - max(NARROWEST, needed)) :]


def _group(
    numbers: Samples, recipe: Recipe, group: int, hard: Samples | None
) -> tuple[Numbers, Tensor]:
    """The samples of a group of batches, and its batches as rows of them: int64 [GROUP, B]."""
    focuses = group * GROUP < recipe.focus * recipe.steps
    source = hard if hard is not None and focuses else numbers
    made = source(group * GROUP * recipe.batch, GROUP * recipe.batch)
    order = torch.arange(len(made.digits), device=made.digits.device)
    if recipe.trim:
        order = _first_inked(made.strips).argsort(stable=True)
    # The batches of a group come in an order of their own, else width would follow a rhythm.
    shuffled = hash_uniform(numbers.seed + 1, torch.tensor([group]), GROUP)[0].argsort()
    return made, order.view(GROUP, recipe.batch)[shuffled.to(order.device)]


def _first_inked(strips: Tensor) -> Tensor:
    inked: Tensor = strips.amax((1, 2)) > 0  # [N, W]
    return inked.int().argmax(1)
