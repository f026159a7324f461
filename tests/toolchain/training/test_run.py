"""Adapting a trained model to drawings from the sketchpad, as a user types it."""

import json

import pytest
import torch
from safetensors.torch import load_file

from models import zoo
from tests.toolchain.sketchpad.conftest import drawing
from tests.toolchain.test_cli import call, refused
from toolchain.data import checkpoint
from toolchain.sketchpad.drawing import parse_drawing
from toolchain.sketchpad.store import Store
from toolchain.training import hard_digits
from toolchain.training.recipes import RECIPES, adapt

ARGUMENTS = ("--variant", "lightweight", "--numbers", 64, "--batch", 16)


@pytest.fixture
def drawings(tmp_path):
    store = Store(tmp_path / "drawn")
    for count, number in enumerate(["12345", "67890"]):
        store.add(parse_drawing(drawing(number, f"{count:032x}")))
    return tmp_path / "drawn"


def test_drawings_adapt_a_trained_model(weights, drawings, tmp_path, capsys):
    runs = tmp_path / "runs"
    given = ("--finetune", weights, "--custom", drawings, "--runs", runs)
    assert call("train", *ARGUMENTS, *given, "--json") == 0
    said = capsys.readouterr()
    assert "before: " in said.err
    best = runs / "lightweight" / "best.safetensors"
    facts = checkpoint.facts(best)
    assert facts["recipe"]["learning_rate"] == RECIPES["finetune"].learning_rate
    assert facts["started_from"].startswith("lightweight")
    assert [(source["source"], source["digits"]) for source in facts["data"]] == [
        ("drawn", 10) if source["source"] == "drawn" else ("mnist", 55_000)
        for source in facts["data"]
    ]
    assert {tuple(source["origins"]) for source in facts["data"]} == {("sketchpad",), ("mnist",)}
    assert len(json.loads(said.out)["epochs"]) == 1
    before, after = load_file(weights), load_file(best)
    moved = max(
        float((after[name].float() - tensor.float()).abs().max())
        for name, tensor in before.items()
        if name.endswith("weight")
    )
    assert 0 < moved < 0.1  # it went on from there, and not far


def test_the_recipe_can_be_another(weights, tmp_path):
    given = ("--finetune", weights, "--recipe", "quick", "--epochs", 1, "--runs", tmp_path)
    assert call("train", *ARGUMENTS, *given) == 0
    facts = checkpoint.facts(tmp_path / "lightweight" / "best.safetensors")
    assert facts["recipe"]["ema"] == adapt("quick", False, {}).ema


def test_hard_digits_can_come_more_often(weights, drawings, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(hard_digits, "TIMES", 1e9)  # this network reads nothing: everything is hard
    given = ("--finetune", weights, "--custom", drawings, "--custom-share", 1, "--runs", tmp_path)
    assert call("train", *ARGUMENTS, *given, "--set", "recipe.focus=0.5") == 0
    assert "100.0% of the digits come more often" in capsys.readouterr().err
    run = tmp_path / "lightweight"
    assert checkpoint.facts(run / "best.safetensors")["recipe"]["focus"] == 0.5
    assert load_file(run / "focus.safetensors")["times"].tolist() == [1 + hard_digits.MOST] * 10


def test_another_network_may_say_what_is_hard(weights, drawings, tmp_path, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(
        hard_digits,
        "misread",
        lambda model, numbers, *_: asked.append(model) or torch.ones(len(numbers.bank)),
    )
    given = ("--custom", drawings, "--custom-share", 1, "--runs", tmp_path, "--epochs", 1)
    settings = ("--set", "recipe.focus=0.5", "--set", f"run.judge={weights}")
    assert call("train", *ARGUMENTS, *given, *settings) == 0
    best = tmp_path / "lightweight" / "best.safetensors"
    assert checkpoint.facts(best)["judge"].startswith("lightweight")
    known = checkpoint.load_model(weights)[0].state_dict()
    assert all(known[name].equal(value) for name, value in asked[0].state_dict().items())


def test_who_judged_is_not_said_where_nobody_did(weights, tmp_path):
    given = ("--runs", tmp_path, "--epochs", 1, "--set", f"run.judge={weights}")
    assert call("train", *ARGUMENTS, *given) == 0
    assert "judge" not in checkpoint.facts(tmp_path / "lightweight" / "best.safetensors")


def test_what_is_hard_must_be_asked_of_some_network_that_reads_the_same(tmp_path, capsys):
    given = (*ARGUMENTS, "--runs", tmp_path / "runs", "--set", "recipe.focus=0.5")
    assert "give --finetune or run.judge" in refused(capsys, "train", *given)
    other = tmp_path / "compact.safetensors"
    tensors = {f"model.{name}": each for name, each in zoo.build("compact").state_dict().items()}
    checkpoint.save(other, tensors, {"variant": "compact"})
    said = refused(capsys, "train", *given, "--set", f"run.judge={other}")
    assert "does not read what lightweight does" in said
    assert not (tmp_path / "runs").exists()


def test_what_cannot_be_gone_on_from_is_refused(tmp_path, capsys):
    given = ("--finetune", tmp_path / "none.safetensors", "--runs", tmp_path / "runs")
    assert "none.safetensors does not exist" in refused(capsys, "train", *ARGUMENTS, *given)
    assert not (tmp_path / "runs").exists()


def test_statistics_can_be_frozen_only_where_there_are_some(weights, tmp_path, capsys):
    given = (*ARGUMENTS, "--recipe", "polish", "--runs", tmp_path)
    given = (*given, "--set", "recipe.freeze_norm=true")
    assert "name one by --finetune" in refused(capsys, "train", *given)
    assert not any(tmp_path.iterdir())
    assert call("train", *given, "--finetune", weights) == 0
    assert call("train", *given, "--resume") == 0
    (tmp_path / "empty").mkdir()
    capsys.readouterr()
    given = (*given, "--run", "empty", "--resume")
    assert "name one by --finetune" in refused(capsys, "train", *given)
    assert call("train", *given, "--finetune", weights) == 0


def test_what_a_grown_network_starts_with_is_a_function_of_the_seed(strokes_folder, tmp_path):
    narrow = tmp_path / "narrow.safetensors"
    tensors = {
        f"model.{name}": each for name, each in zoo.build("positions-2").state_dict().items()
    }
    checkpoint.save(narrow, tensors, {"variant": "positions-2"})
    digits = ("--custom", strokes_folder, "--custom-share", 1, "--runs", tmp_path)
    length = ("--recipe", "quick", "--epochs", 1, "--numbers", 16, "--batch", 16)
    asked = ("train", "--variant", "positions-3", *length, *digits, "--finetune", narrow)
    for name in ("one", "other"):
        torch.rand(len(name))  # whatever was drawn before
        assert call(*asked, "--run", name) == 0
    one, other = (load_file(tmp_path / name / "start.safetensors") for name in ("one", "other"))
    assert all(one[name].equal(value) for name, value in other.items())
