"""Training that blows up: it stops, says where, and spoils nothing."""

import json
import math

import pytest
import torch
from safetensors.torch import load_file

from generator.errors import BadInput
from generator.numbers import NumberGenerator
from tests.toolchain.test_cli import call
from toolchain.data import checkpoint
from toolchain.training import divergence
from toolchain.training import loop as training
from toolchain.training.batches import batches, indices_of
from toolchain.training.recipes import Recipe


@pytest.fixture
def arguments(strokes_folder, tmp_path):
    digits = ("--custom", strokes_folder, "--custom-share", 1, "--runs", tmp_path)
    return ("train", "--variant", "compact", "--numbers", 32, "--batch", 16, *digits)


@pytest.mark.parametrize("rate", ["1e6", "1e30", "1e38"])
@pytest.mark.parametrize("variant", ["compact", "lightweight"])
def test_an_absurd_rate_stops_with_the_batch_named(arguments, tmp_path, capsys, rate, variant):
    asked = (*arguments, "--epochs", 30, "--variant", variant, "--recipe", "quick")
    assert call(*asked, "--learning-rate", rate) == 1
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "nrtool:" in line]
    run = tmp_path / variant
    kept = checkpoint.facts(run / divergence.FILE)
    assert f"of step {kept['step']} is no finite number" in said
    assert "16 samples of seed 0" in said
    for name in ("last", "best"):
        path = run / f"{name}.safetensors"
        if path.exists():
            assert all(bool(value.isfinite().all()) for value in load_file(path).values())
            json.dumps(checkpoint.facts(path), allow_nan=False)  # raises where there is one


def test_the_step_is_not_taken_and_can_be_replayed(bank, tmp_path, monkeypatch):
    recipe = Recipe(epochs=2, numbers=32, batch=16, bf16=False)
    job = training.Job("lightweight", recipe)
    plain = training.batches

    def poisoned(numbers, recipe, first, hard=None):
        for step, (strips, digits) in enumerate(plain(numbers, recipe, first, hard), first):
            if step == 3:
                digits = digits.clone()
                digits[0] = torch.arange(5)
                strips = strips[..., -8:]  # too few frames for five digits: an infinite loss
            yield strips, digits

    monkeypatch.setattr(training, "batches", poisoned)
    stepped = []
    with pytest.raises(divergence.Diverged, match="the loss of step 3"):
        training.train(
            *(job, (bank, bank), tmp_path),
            device=torch.device("cpu"),
            on_step=lambda step, loss: stepped.append(step),
        )
    assert stepped == [1, 2, 3]
    assert checkpoint.facts(tmp_path / "last.safetensors")["step"] == 2
    path = tmp_path / divergence.FILE
    kept, facts = checkpoint.load(path)
    assert facts["step"] == 3
    assert facts["indices"] == indices_of(NumberGenerator(bank, 0), recipe, 3).tolist()
    assert all(bool(value.isfinite().all()) for name, value in kept.items() if "live." in name)
    assert divergence.replay(path) == math.inf
    # The loss is the run's own: of batch-norm's kept statistics, where the run kept them.
    again = {**kept, "batch.strips": torch.zeros(16, 1, 32, 128, dtype=torch.uint8)}
    checkpoint.save(path, again, facts)
    lively = divergence.replay(path)
    checkpoint.save(path, again, facts | {"recipe": {**facts["recipe"], "freeze_norm": True}})
    assert math.isfinite(lively)
    assert divergence.replay(path) != pytest.approx(lively)
    with pytest.raises(BadInput, match="keeps no step that diverged"):
        divergence.replay(tmp_path / "last.safetensors")


def test_a_batch_is_made_of_the_samples_that_are_named(bank):
    numbers = NumberGenerator(bank, 5)
    recipe = Recipe(epochs=1, numbers=512, batch=16)
    for step in (0, 3, 11):
        strips, digits = next(batches(numbers, recipe, step))
        for row, index in enumerate(indices_of(numbers, recipe, step).tolist()):
            made = numbers(index, 1)
            width = strips.shape[-1]
            assert torch.equal(made.strips[0, ..., -width:], strips[row])
            assert torch.equal(made.digits[0], digits[row])


def test_a_trial_that_blows_up_is_cut_off_and_the_study_goes_on(
    arguments, tmp_path, capsys, monkeypatch
):
    from toolchain.training import tune

    monkeypatch.setitem(tune.SPACE, "learning_rate", tune.FloatDistribution(1e37, 1e38, log=True))
    asked = [each for each in arguments if each not in ("train", "--batch", 16)][:-2]
    asked = ["tune", *asked, "--study", tmp_path / "study", "--epochs", 1, "--trials", 2]
    asked += ["--numbers", 64]
    assert call(*asked) == 0
    said = capsys.readouterr()
    assert said.err.count("diverged") == 2
    assert "no trial came to its end" in said.out
