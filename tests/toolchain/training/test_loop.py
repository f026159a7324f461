import csv
import os
import signal
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.numbers import PAD, NumberGenerator
from models import zoo
from toolchain.data import checkpoint
from toolchain.training import loop as training
from toolchain.training.batches import GROUP, batches, trimmed
from toolchain.training.recipes import Recipe

TINY = Recipe(epochs=2, numbers=64, batch=16, bf16=False)


def run_training(folder, bank, **options):
    job = training.Job("lightweight", options.pop("recipe", TINY))
    return training.train(job, (bank, bank), folder, device=torch.device("cpu"), **options)


def stop_at(step):
    def on_step(done, loss):
        if done == step:
            os.kill(os.getpid(), signal.SIGINT)

    return on_step


def test_a_run_leaves_what_it_promises(tmp_path, bank):
    rows = []
    run_training(tmp_path / "run", bank, on_epoch=rows.append)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"config.json", "metrics.csv", "best.safetensors", "last.safetensors"} <= names
    assert any(name.startswith("events.out.tfevents") for name in names)
    with (tmp_path / "run" / "metrics.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [int(row["numbers"]) for row in table] == [64, 128]
    assert [row.epoch for row in rows] == [1, 2]


def test_a_stopped_run_resumes_to_the_very_same_weights(tmp_path, bank):
    run_training(tmp_path / "whole", bank)
    with pytest.raises(training.Stopped, match="--resume"):
        run_training(tmp_path / "cut", bank, on_step=stop_at(3))
    run_training(tmp_path / "cut", bank, resume=True)
    whole, cut = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "cut"))
    assert whole.keys() == cut.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(cut[name], tensor, rtol=0, atol=0)


def test_resuming_with_another_recipe_is_refused(tmp_path, bank):
    with pytest.raises(training.Stopped):
        run_training(tmp_path, bank, on_step=stop_at(1))
    other = Recipe(epochs=3, numbers=64, batch=16, bf16=False)
    with pytest.raises(BadInput, match="recipe"):
        run_training(tmp_path, bank, resume=True, recipe=other)


def test_resuming_nothing_says_so(tmp_path, bank):
    with pytest.raises(BadInput, match="does not exist"):
        run_training(tmp_path / "none", bank, resume=True)


def test_hard_digits_come_first_and_the_usual_ones_last(bank):
    recipe = Recipe(epochs=1, numbers=4 * GROUP * 16, batch=16, focus=0.5)
    usual, hard = NumberGenerator(bank, 3), NumberGenerator(bank, 4)
    mixed, plain, harder = (
        [strips for _, (strips, _) in zip(range(recipe.steps), stream, strict=False)]
        for stream in (
            batches(usual, recipe, 0, hard),
            batches(usual, recipe, 0),
            batches(hard, recipe, 0),
        )
    )

    def ink(batches):
        return sorted(int(each.sum()) for each in batches)

    half = recipe.steps // 2
    assert ink(mixed[:half]) != ink(plain[:half])
    assert ink(mixed[half:]) == ink(plain[half:])
    # The order of batches is the run's, their numbers the hard ones'.
    for group in range(0, half, GROUP):
        assert ink(mixed[group : group + GROUP]) == ink(harder[group : group + GROUP])


def test_a_frozen_norm_keeps_its_statistics_and_learns_its_scales(tmp_path, bank):
    start = zoo.build("lightweight")
    before = {name: tensor.clone() for name, tensor in start.state_dict().items()}

    def kept(name, recipe):
        run_training(tmp_path / name, bank, recipe=recipe, start_from=start)
        after = load_file(tmp_path / name / "last.safetensors")
        return {part: torch.equal(after[f"live.{part}"], before[part]) for part in before}

    frozen, usual = kept("frozen", replace(TINY, freeze_norm=True)), kept("usual", TINY)
    assert frozen["cnn.1.running_mean"]
    assert frozen["cnn.1.running_var"]
    assert not frozen["cnn.1.weight"]
    assert not usual["cnn.1.running_mean"]


@pytest.mark.slow
def test_the_loss_falls(tmp_path, bank):
    rows = []
    recipe = Recipe(epochs=3, numbers=512, batch=16, learning_rate=2e-3, bf16=False)
    run_training(tmp_path, bank, recipe=recipe, on_epoch=rows.append)
    assert rows[-1].train_loss < 0.7 * rows[0].train_loss


def test_every_epoch_has_fresh_numbers(bank):
    numbers, recipe = NumberGenerator(bank, 0), TINY
    stream = batches(numbers, recipe, 0)
    seen = set()
    for _ in range(2 * recipe.numbers // recipe.batch):
        strips, _ = next(stream)
        padded = torch.nn.functional.pad(strips, (128 - strips.shape[-1], 0))
        seen |= {strip.numpy().tobytes() for strip in padded}
    assert len(seen) == 2 * recipe.numbers


def test_trimming_cuts_nothing_but_background(bank):
    numbers = NumberGenerator(bank, 4)
    recipe = Recipe(epochs=1, numbers=32 * GROUP, batch=32)
    whole = numbers(0, 32 * GROUP)
    stream = batches(numbers, recipe, 0)
    made = [next(stream) for _ in range(GROUP)]
    assert sum(strips.long().sum() for strips, _ in made) == whole.strips.long().sum()
    assert min(strips.shape[-1] for strips, _ in made) < 128
    learned = torch.cat([digits for _, digits in made])
    assert sorted(learned.tolist()) == sorted(whole.digits.tolist())


def test_whole_strips_come_in_no_order_of_width(bank):
    recipe = Recipe(epochs=1, numbers=64 * GROUP, batch=64, trim=False)
    stream = batches(NumberGenerator(bank, 4), recipe, 0)
    lengths = [(next(stream)[1] != PAD).sum(1).float().mean() for _ in range(GROUP)]
    assert max(lengths) - min(lengths) < 1.5  # sorted, they reach from 1 digit to 5


def test_the_training_bank_of_the_tool_holds_no_test_digit(strokes_folder, mnist_val):
    # What `nrtool train` itself builds, not what a test builds.
    from generator.glyphs import mnist_glyphs, stroke_glyphs
    from generator.splits import in_validation
    from toolchain.data.sources import Digits

    bank: DigitBank = Digits(custom=(strokes_folder,)).bank("train")
    trained = {glyph.tobytes() for glyph in bank.pixels.numpy()}
    held_out = [mnist_glyphs("test"), mnist_val, stroke_glyphs(strokes_folder, "val")]
    for glyphs in held_out:
        assert len(glyphs.labels)
        assert not trained & {glyph.tobytes() for glyph in glyphs.pixels.numpy()}
    assert in_validation(b"pendigits-tra04")


def test_smoothed_labels_keep_log_probs_from_running_away(tmp_path, bank):
    recipe = replace(TINY, epochs=6, numbers=256, learning_rate=5e-3)
    lowest = []
    for smoothing in (0.0, 0.2):
        folder = tmp_path / str(smoothing)
        run_training(folder, bank, recipe=replace(recipe, smoothing=smoothing))
        network, _ = checkpoint.load_model(folder / "best.safetensors")
        with torch.no_grad():
            strips = NumberGenerator(bank, 3)(0, 32).strips.float() / 255
            lowest.append(network(strips).min().item())
    assert lowest[1] > lowest[0] + 1


def test_a_trimmed_batch_keeps_the_frames_that_ctc_needs():
    strips = torch.zeros(2, 1, 32, 128, dtype=torch.uint8)
    strips[..., 100:] = 255
    ones, others = [1] * 5, [1, 2, 3, PAD, PAD]
    assert trimmed(strips, torch.tensor([others, others])).shape[-1] == 32
    # A frame for each digit and one between equal ones, of 4 columns each.
    assert trimmed(strips, torch.tensor([others, ones])).shape[-1] == 36
    strips[..., 40:] = 255
    assert trimmed(strips, torch.tensor([others, ones])).shape[-1] == 88
