import json
import math
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from models import zoo
from tests.toolchain.test_cli import call, refused
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.training import loop as training
from toolchain.training import tune
from toolchain.training.loop import Epoch
from toolchain.training.recipes import RECIPES, Recipe

# A real run that dies without a word in the middle of its second trial.
DYING = """
import os, signal
from toolchain.training import loop, tune
from toolchain.cli import main
loop.VALIDATION_NUMBERS = 32
real, calls = tune.train, []

def deadly(*arguments, on_step, **options):
    calls.append(1)
    def step(done, loss):
        on_step(done, loss)
        if len(calls) == 2 and done == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, on_step=step, **options)

tune.train = deadly
main()
"""


@pytest.fixture
def arguments(strokes_folder, tmp_path):
    digits = ("--custom", strokes_folder, "--custom-share", 1)
    length = ("--epochs", 1, "--numbers", 64, "--set", "recipe.ema=0")
    return ("tune", "--variant", "compact", "--study", tmp_path / "study", *digits, *length)


@pytest.fixture
def curves(monkeypatch):
    """Training replaced by given validation losses, a list a trial: here the search is tested."""
    planned = []

    def train(job, banks, run, *, on_epoch, **_):
        checkpoint.save(run / "last.safetensors", {}, {})
        for epoch, loss in enumerate(planned.pop(0), 1):
            if isinstance(loss, Exception):
                raise loss
            on_epoch(Epoch(epoch, 64 * epoch, 1e-3, loss, loss, 0.5, 1.0, 64.0))

    monkeypatch.setattr(tune, "train", train)
    return planned


@pytest.mark.slow
def test_a_killed_study_goes_on(arguments, tmp_path, capsys):
    asked = [*map(str, arguments), "--trials", "3"]
    killed = subprocess.run(
        [sys.executable, "-c", DYING, *asked],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "trial   0  complete" in killed.stderr

    assert call(*asked, "--json") == 0
    said = capsys.readouterr()
    assert "trial   0" not in said.err, "what was finished is not done again"
    found = json.loads(said.out)
    assert [each["state"] for each in found["trials"]] == [
        *("complete", "fail", "complete", "complete")
    ]
    cut, again = (
        {key: value for key, value in found["trials"][number].items() if key in tune.SPACE}
        for number in (1, 2)
    )
    assert cut == again != {}
    assert len({each["learning_rate"] for each in found["trials"]}) == 3
    runs = tmp_path / "study" / "trials"
    assert sorted(path.name for path in runs.iterdir()) == ["0000", "0002", "0003"]
    assert not list(runs.rglob("*.safetensors"))
    assert all((run / "metrics.csv").is_file() for run in runs.iterdir())

    # What it found is a recipe.
    best = tmp_path / "study" / "best.toml"
    trained = ("--numbers", 64, "--epochs", 1, "--runs", tmp_path / "runs", *arguments[5:9])
    assert call("train", "--variant", "compact", "--recipe", best, *trained) == 0
    recipe = checkpoint.facts(tmp_path / "runs/compact/best.safetensors")["recipe"]
    assert recipe["ema"] == 0
    for key, value in found["best"].items():
        assert key not in tune.SPACE or recipe[key] == pytest.approx(value)


def test_a_network_for_single_digits_is_tuned(strokes_folder, tmp_path):
    digits = ("--custom", strokes_folder, "--custom-share", 1)
    length = ("--epochs", 1, "--numbers", 64, "--trials", 1, "--set", "distortion.bend=0")
    assert call("tune", "--variant", "fcnn", "--study", tmp_path, *digits, *length) == 0
    assert "muon" in (tmp_path / "best.toml").read_text(), "as the recipe has it"


def test_the_recipe_of_a_settings_file_holds(strokes_folder, tmp_path, monkeypatch):
    kept = tmp_path / "mine.toml"
    kept.write_text('[recipe]\nepochs = 1\nnumbers = 64\nlayout = "wide"\n')
    seen = []

    def train(job, banks, run, *, on_epoch, **_):
        seen.append(job.recipe)
        checkpoint.save(run / "last.safetensors", {}, {})
        on_epoch(Epoch(1, 64, 1e-3, 1.0, 1.0, 0.5, 1.0, 64.0))

    monkeypatch.setattr(tune, "train", train)
    digits = ("--custom", strokes_folder, "--custom-share", 1)
    study = ("--study", tmp_path / "study", "--trials", 1)
    assert call("tune", "--variant", "lightweight", *study, *digits, "--config", kept) == 0
    assert (seen[0].epochs, seen[0].numbers, seen[0].layout) == (1, 64, "wide")


def test_trials_that_fall_behind_are_cut_off(arguments, curves, tmp_path, capsys):
    good, bad = [3.0, 2.0, 1.0], [3.0, 2.9, 2.8]
    curves += [*[good] * 5, bad, [3.0, math.nan, math.nan], [2.0, 1.0, 0.5]]
    assert call(*arguments, "--epochs", 3, "--trials", 8, "--json") == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert [each["epochs"] for each in found["trials"]] == [3, 3, 3, 3, 3, 2, 2, 3]
    assert [each["state"] for each in found["trials"]][5:] == ["pruned", "pruned", "complete"]
    assert found["best"]["trial"] == 7
    assert said.err.count("\ntrial ") + said.err.startswith("trial ") == 8
    names = ["best.toml", "history.png", "importances.png"]
    assert [os.path.basename(path) for path in found["files"]] == names  # noqa: PTH119
    for name in names[1:]:
        assert Image.open(tmp_path / "study" / name).width > 500


def test_a_stopped_study_goes_on(arguments, curves, tmp_path, capsys):
    curves += [[1.0], [training.Stopped()], [2.0], [3.0]]
    assert call(*arguments, "--trials", 3) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert call(*arguments, "--trials", 3) == 0
    assert "best: trial   0" in capsys.readouterr().out
    # Nothing is left to do.
    assert call(*arguments, "--trials", 2) == 0


def test_another_study_is_refused(arguments, curves, tmp_path, capsys):
    curves += [[1.0]]
    assert call(*arguments, "--trials", 1) == 0
    capsys.readouterr()
    assert "another seed" in refused(capsys, *arguments, "--seed", 1)
    assert "another recipe" in refused(capsys, *arguments, "--numbers", 128)
    with storage.alone(tmp_path / "study", "wait"):
        assert f"written by process {os.getpid()}" in refused(capsys, *arguments)


def test_without_a_finite_loss_there_is_no_recipe(arguments, curves, tmp_path, capsys):
    curves += [[math.nan]]
    assert call(*arguments, "--trials", 1) == 0
    assert "no trial came to its end" in capsys.readouterr().out
    assert not (tmp_path / "study" / "best.toml").exists()


def test_without_optuna_it_says_how_to_install_it(arguments, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "toolchain.training.tune")
    monkeypatch.delattr("toolchain.training.tune")
    assert "pip install 'nrtool[tune]'" in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong", [("--variant", "huge"), ("--device", "abacus"), ("--custom", "no")]
)
def test_wrong_use_is_refused_and_leaves_nothing(tmp_path, monkeypatch, capsys, wrong):
    monkeypatch.chdir(tmp_path)
    refused(capsys, "tune", *wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_every_variant_has_something_to_tune(variant):
    space = tune.space_of(variant, {}, RECIPES["quick"])
    assert {"learning_rate", "batch", "weight_decay", "warmup"} <= space.keys()
    assert not {"muon", "warmup"} & tune.space_of(variant, {}, RECIPES["earlier"]).keys()
    few = tune.space_of(variant, {}, Recipe(epochs=1, numbers=100))
    assert few["batch"].choices == (32, 64)


@pytest.mark.parametrize("change", ["keep=0.5", "freeze_norm=true", "focus=0.7"])
def test_a_recipe_that_goes_on_from_a_network_is_refused(arguments, change, tmp_path, capsys):
    assert "recipe.keep" in refused(capsys, *arguments, "--set", f"recipe.{change}")
    assert not (tmp_path / "study").exists()
