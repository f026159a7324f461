"""A batch that the memory cannot hold is refused; what recipes ask for is not."""

import pytest
import torch

from generator.errors import BadInput
from models import zoo
from toolchain import memory
from toolchain.training.footprint import insist_on_room, insist_on_size, kept
from toolchain.training.recipes import RECIPES, Recipe

CPU = torch.device("cpu")


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_every_recipe_fits_a_usual_machine(variant, monkeypatch):
    monkeypatch.setattr(memory, "of_machine", lambda: 6 << 30)
    batch = max(recipe.batch for recipe in RECIPES.values())
    recipe = Recipe(epochs=1, numbers=batch, batch=batch)
    insist_on_room(zoo.build(variant), variant, recipe, batch, CPU)
    vast = Recipe(epochs=1, numbers=10**8, batch=10**8)
    with pytest.raises(BadInput, match="lower --batch"):
        insist_on_room(zoo.build(variant), variant, vast, 10**8, CPU)


def test_several_processes_share_a_batch(monkeypatch):
    monkeypatch.setattr(memory, "of_machine", lambda: 4 << 30)
    recipe = Recipe(epochs=1, numbers=2048, batch=2048, bf16=False)
    insist_on_room(zoo.build("optimized"), "optimized", recipe, 256, CPU)
    with pytest.raises(BadInput):
        insist_on_room(zoo.build("optimized"), "optimized", recipe, 2048, CPU)


def test_what_is_kept_grows_with_the_batch():
    network = zoo.build("lightweight")
    few, more = (kept(network, torch.zeros(count, 1, 32, 128)) for count in (2, 6))
    # The first convolution's output alone.
    assert more - few > 4 * 16 * 32 * 128 * 4


def test_a_network_whose_checkpoints_nobody_reads_is_refused():
    for variant in zoo.VARIANTS:
        insist_on_size(variant, {})
    with pytest.raises(BadInput, match=r"lower network\.channels"):
        insist_on_size("base", {"hidden": 4096, "lstm_layers": 8})
