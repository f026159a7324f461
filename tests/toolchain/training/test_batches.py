import itertools

import pytest
import torch

from generator.numbers import Numbers
from toolchain.training import batches as batching
from toolchain.training.batches import GROUP, batches
from toolchain.training.recipes import Recipe

POOL, BATCH = 3, 2
KEPT = POOL * GROUP * BATCH  # numbers


class Counted:
    """Samples that are their own index."""

    def __init__(self):
        self.seed, self.made = 3, 0

    def __call__(self, first, count):
        self.made += count
        index = torch.arange(first, first + count)
        strips = (index % 200).to(torch.uint8)[:, None, None, None].expand(-1, 1, 4, 40)
        return Numbers(strips, index[:, None].expand(-1, 5))


@pytest.fixture(autouse=True)
def _small_pool(monkeypatch):
    monkeypatch.setattr(batching, "POOL", POOL)


def learned(recipe, first, last, samples=None):
    """The index of each number that is learned from, step by step: int64 [steps, batch]."""
    stream = itertools.islice(batches(samples or Counted(), recipe, first), last - first)
    taken = []
    for strips, digits in stream:
        assert torch.equal(strips[:, 0, 0, 0], (digits[:, 0] % 200).to(torch.uint8))
        taken.append(digits[:, 0])
    return torch.stack(taken)


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_numbers_come_as_often_as_the_recipe_says(repeats):
    recipe = Recipe(epochs=1, numbers=BATCH, batch=BATCH, trim=False, repeats=repeats)
    steps, samples = 2 * POOL * GROUP * repeats, Counted()
    taken = learned(recipe, 0, steps, samples)
    assert torch.equal(taken.flatten().bincount(), torch.full((2 * KEPT,), repeats))
    assert samples.made == 2 * KEPT
    # All that are kept come once before one comes again, and then in another order.
    turns = taken.view(-1, KEPT)
    assert all(len(turn.unique()) == KEPT for turn in turns)
    assert len({tuple(turn.tolist()) for turn in turns}) == len(turns)


def test_repeated_numbers_are_the_same_wherever_a_run_is_gone_on_with():
    recipe = Recipe(epochs=1, numbers=BATCH, batch=BATCH, trim=False, repeats=3)
    steps = 2 * POOL * GROUP * recipe.repeats
    whole = learned(recipe, 0, steps)
    for first in (1, GROUP, POOL * GROUP - 1, POOL * GROUP + 5, steps // 2 + 3, steps - 1):
        assert torch.equal(learned(recipe, first, steps), whole[first:])
