"""Training batches: fresh numbers, sorted by width within groups, so that little is empty."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from generator.hashing import hash_uniform
from generator.numbers import Numbers
from toolchain.data.samples import Samples
from toolchain.training.recipes import Recipe

GROUP = 8  # batches that are made at once and sorted by width
POOL = 64  # groups that are kept where numbers are repeated
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

    A recipe that repeats makes `POOL` groups, learns from them as often as it says, every time in
    another order, and only then makes others.
    """
    size = GROUP * recipe.batch

    def fresh(group: int) -> Numbers:
        focuses = group * GROUP * recipe.repeats < recipe.focus * recipe.steps
        source = hard if hard is not None and focuses else numbers
        return source(group * size, size)

    step = first_step
    pool = _Pool(fresh, numbers.seed) if recipe.repeats > 1 else None
    while True:
        group, place = divmod(step, GROUP)
        made = pool.group(group, recipe.repeats) if pool else fresh(group)
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


class _Pool:
    """Groups that are learned from several times; which numbers come when depends on no history."""

    def __init__(self, fresh: Callable[[int], Numbers], seed: int) -> None:
        self.fresh, self.seed = fresh, seed
        self.block, self.held = -1, 0
        self.strips, self.digits = torch.empty(0), torch.empty(0)

    def group(self, group: int, repeats: int) -> Numbers:
        """As it is made in the first turn, mixed from all that are kept in the later ones."""
        block, place = divmod(group, POOL * repeats)
        turn, which = divmod(place, POOL)
        if block != self.block:
            self.block, self.held = block, 0
        # More than one only where a run is gone on with.
        while self.held < (POOL if turn else which + 1):
            self._keep(self.fresh(block * POOL + self.held))
        size = len(self.digits) // POOL
        rows = torch.arange(len(self.digits))
        if turn:
            drawn = hash_uniform(self.seed + 2, torch.tensor([block * repeats + turn]), len(rows))
            rows = drawn[0].argsort()
        rows = rows[which * size : (which + 1) * size].to(self.digits.device)
        return Numbers(self.strips[rows], self.digits[rows])

    def _keep(self, made: Numbers) -> None:
        size = len(made.digits)
        if not len(self.digits):
            self.strips = made.strips.new_empty(POOL * size, *made.strips.shape[1:])
            self.digits = made.digits.new_empty(POOL * size, *made.digits.shape[1:])
        place = slice(self.held * size, (self.held + 1) * size)
        self.strips[place], self.digits[place] = made.strips, made.digits
        self.held += 1


def trimmed(strips: Tensor) -> Tensor:
    """Strips [N, 1, H, W] without columns at their left that are empty in all of them."""
    free = int(_first_inked(strips).min()) // COLUMNS * COLUMNS
    return strips[..., min(free, strips.shape[-1] - 2 * COLUMNS) :]


def _first_inked(strips: Tensor) -> Tensor:
    inked: Tensor = strips.amax((1, 2)) > 0  # [N, W]
    return inked.int().argmax(1)
