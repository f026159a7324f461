"""Training batches: fresh numbers, sorted by width within groups, so that little is empty."""

from collections.abc import Iterator

import torch
from torch import Tensor

from generator.hashing import hash_uniform
from toolchain.data.samples import Samples
from toolchain.training.recipes import Recipe

GROUP = 8  # batches that are made at once and sorted by width
COLUMNS = 16  # a trimmed batch's width is a multiple of this


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
        group, place = divmod(step, GROUP)
        focuses = group * GROUP < recipe.focus * recipe.steps
        source = hard if hard is not None and focuses else numbers
        made = source(group * GROUP * recipe.batch, GROUP * recipe.batch)
        order = torch.arange(len(made.digits), device=made.digits.device)
        if recipe.trim:
            order = _first_inked(made.strips).argsort(stable=True)
        # The batches of a group come in an order of their own, else width would follow a rhythm.
        shuffled = hash_uniform(numbers.seed + 1, torch.tensor([group]), GROUP)[0].argsort()
        for batch in shuffled[place:].tolist():
            rows = order[batch * recipe.batch : (batch + 1) * recipe.batch]
            strips = made.strips[rows]
            yield trimmed(strips) if recipe.trim else strips, made.digits[rows]
            step += 1


def trimmed(strips: Tensor) -> Tensor:
    """Strips [N, 1, H, W] without columns at their left that are empty in all of them."""
    free = int(_first_inked(strips).min()) // COLUMNS * COLUMNS
    return strips[..., min(free, strips.shape[-1] - 2 * COLUMNS) :]


def _first_inked(strips: Tensor) -> Tensor:
    inked: Tensor = strips.amax((1, 2)) > 0  # [N, W]
    return inked.int().argmax(1)
