"""Training batches: fresh numbers, sorted by width within groups, so that little is empty."""

from collections.abc import Iterator

import torch
from torch import Tensor

from generator.hashing import hash_uniform
from toolchain.recipes import Recipe
from toolchain.samples import Samples

GROUP = 8  # batches that are made at once and sorted by width
COLUMNS = 16  # a trimmed batch's width is a multiple of this


def batches(numbers: Samples, recipe: Recipe, first_step: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless training batches from a step on: strips uint8 [B, 1, H, W], digits int64 [B, 5].

    A recipe that trims sorts a group of batches by ink width and cuts the empty columns at the
    left of the narrow ones: nothing but background is lost, and nothing is computed on it. Without
    trimming they come in no order: a batch of nothing but short numbers on whole strips would give
    batch-norm statistics that no single running mean can stand for.
    """
    step = first_step
    while True:
        group, place = divmod(step, GROUP)
        made = numbers(group * GROUP * recipe.batch, GROUP * recipe.batch)
        order = torch.arange(len(made.digits), device=made.digits.device)
        if recipe.trim:
            inked = made.strips.amax((1, 2)) > 0  # [N, 128]
            left = inked.int().argmax(1)
            order = left.argsort(stable=True)
        # The batches of a group come in an order of their own, else width would follow a rhythm.
        shuffled = hash_uniform(numbers.seed + 1, torch.tensor([group]), GROUP)[0].argsort()
        for batch in shuffled[place:].tolist():
            rows = order[batch * recipe.batch : (batch + 1) * recipe.batch]
            strips = made.strips[rows]
            if recipe.trim:
                free = int(left[rows].min()) // COLUMNS * COLUMNS
                strips = strips[..., min(free, strips.shape[-1] - 2 * COLUMNS) :]
            yield strips, made.digits[rows]
            step += 1
