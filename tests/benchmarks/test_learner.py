import torch

from benchmarks.learner import Learner
from toolchain.data import checkpoint, samples
from toolchain.training import loop
from toolchain.training.batches import batches
from toolchain.training.recipes import Recipe


def test_a_learner_learns_as_training_does(bank, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 20)
    recipe = Recipe(epochs=1, numbers=48, batch=16, bf16=False)
    loop.train(loop.Job("nano", recipe), (bank, bank), tmp_path, device=torch.device("cpu"))
    tensors, _ = checkpoint.load(tmp_path / "best.safetensors")

    torch.manual_seed(0)
    made = batches(samples.to_learn("nano", bank, 0), recipe, 0)
    learner = Learner("nano", recipe, made)
    assert learner.learn(recipe.steps) == recipe.numbers
    learned = learner.judged().state_dict()
    assert {f"model.{name}" for name in learned} == set(tensors)
    for name, tensor in learned.items():
        torch.testing.assert_close(tensor, tensors[f"model.{name}"])
