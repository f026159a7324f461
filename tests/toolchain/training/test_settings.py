import json
import re
from dataclasses import fields, replace

import numpy as np
import onnxruntime
import pytest
import torch

from generator.errors import BadInput
from generator.single import Distortion
from generator.style import PASTED, WIDE, Style
from models import zoo
from models.errors import UnknownVariant
from tests.toolchain.test_cli import call, refused
from toolchain.data import checkpoint, samples
from toolchain.data.sources import Digits
from toolchain.training import settings
from toolchain.training.recipes import RECIPES

KEYS = [(section, key) for section in settings.SECTIONS for key in settings._hints(section)]


@pytest.fixture
def written(tmp_path):
    """A function that writes a file of settings."""

    def write(text):
        (tmp_path / "mine.toml").write_text(text)
        return tmp_path / "mine.toml"

    return write


def test_the_default_file_changes_nothing(tmp_path):
    assert call("config", "--out", tmp_path / "nrtool.toml") == 0
    assert settings.gather(tmp_path / "nrtool.toml", None, {}) == settings.gather(None, None, {})


def test_the_default_file_holds_every_key_and_its_default(written):
    text = settings.commented("base", "polish")
    assert re.findall(r"^#?(\w+) =", text, re.MULTILINE) == [key for _, key in KEYS]
    filled = settings.read(written(re.sub(r"^#(\w+ = .)", r"\1", text, flags=re.MULTILINE)))
    assert Style(**filled["style"]) == WIDE
    assert Digits(**filled["digits"]) == Digits()
    assert settings.Run(**filled["run"]) == settings.Run("base")
    assert replace(RECIPES["quick"], **filled["recipe"]) == RECIPES["polish"]
    assert replace(zoo.shape("lightweight"), **filled["network"]) == zoo.shape("base")


def test_every_recipe_can_be_written_and_read_again(written):
    for recipe in RECIPES.values():
        lines = [
            f"{each.name} = {settings.toml(getattr(recipe, each.name))}" for each in fields(recipe)
        ]
        path = written("\n".join(["[recipe]", *lines]))
        assert settings.gather(None, None, {}, recipe=str(path)).choose(False) == recipe


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_every_variant_has_a_default_file(written, variant):
    text = settings.commented(variant, "quick")
    path = written(re.sub(r"^#(\w+ = .)", r"\1", text, flags=re.MULTILINE))
    assert Style(**settings.read(path)["style"]) == samples.style_to_learn(variant, "usual")
    assert ("[network]" in text) == (zoo.shape(variant) is not None)


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_key_is_explained(section, key):
    assert len(settings.explanations(settings.SECTIONS[section])[key]) > 5


def test_the_later_one_wins(written):
    path = written(
        '[run]\nseed = 3\n[digits]\ncustom = ["a"]\n[style]\nbend = 0.1\nslant = 0.1\n'
        "[recipe]\nepochs = 7\nbatch = 8\nmuon = 1"
    )
    options = {"run": {"variant": "base", "seed": None}, "recipe": {"batch": 32}}
    given = settings.gather(path, ["style.bend=0.2", "recipe.batch=16"], options)
    assert (given.run.variant, given.run.seed) == ("base", 3)
    assert given.style == {"bend": 0.2, "slant": 0.1}
    assert given.choose(False) == replace(RECIPES["short"], epochs=7, batch=32, muon=1.0)
    named = settings.gather(path, ["recipe.batch=16"], {}, recipe="quick")
    assert named.choose(False) == replace(RECIPES["quick"], batch=16)
    assert settings.gather(path, None, {}, usual="finetune").choose(False).keep == 0.5


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_misspelt_key_is_answered_with_the_right_one(section, key):
    with pytest.raises(BadInput, match=f"the nearest is {section}.{key}$"):
        settings.gather(None, [f"{section}.{key}x=1"], {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bend = 1", "the nearest is style.bend"),
        ("[styel]\nbend = 1", r"the nearest is \[style\]"),
        ("[recipe]\nbend = 1", "the nearest is style.bend"),
        ("[style]\nbend = true", "style.bend = true does not fit.*number"),
        ('[style]\nbend = "wide"', "number"),
        ("[style]\nbend = -0.1", "greater than or equal to 0"),
        ("[style]\nbend = inf", "finite"),
        ("[style]\nscale = [2, 1]", "the lower end first"),
        ("[style]\nscale = [1]", "style.scale"),
        ("[style]\ndigits = [0, 3]", "style.digits"),
        ("[style]\nuneven = 1.5", "less than or equal to 1"),
        ("[recipe]\nepochs = 0", "recipe.epochs"),
        ("[recipe]\nepochs = 1.5", "recipe.epochs"),
        ("[recipe]\nclip = nan", "recipe.clip"),
        ('[recipe]\nschedule = "cosine"', "'one-cycle' or 'constant'"),
        ("[digits]\ncustom = 3", "digits.custom"),
        ("[run]\nseed = 2020-01-01", "run.seed"),
        ("[run]\nseed = {a = 1}", "run.seed"),
        ("[distortion]\nscale = 1", "less than 1"),
        ("[distortion]\naspect = 1.5", "less than 1"),
        ("[distortion]\nshift = 28", "less than or equal to 10"),
        ("[distortion]\nbend = 28", "less than or equal to 10"),
        ("[network]\nchannels = []", "network.channels"),
        ("[network]\nchannels = [8, 16, 16, 16, 5000]", "less than or equal to 4096"),
        ("[network]\nhidden = 1000000", "less than or equal to 4096"),
        ("[network]\nlstm_layers = 100", "less than or equal to 8"),
        ("[style\n", "no TOML"),
        ("a = 1\na = 2", "no TOML"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(written, tmp_path, capsys, text, said):
    path = written(text)
    for command in (("train", "--runs", tmp_path / "runs"), ("generate", "--out", tmp_path / "x")):
        assert re.search(said, refused(capsys, *command, "--config", path))
    assert [each.name for each in tmp_path.iterdir()] == ["mine.toml"]


def test_what_is_no_file_of_settings_is_refused(tmp_path, written, capsys):
    assert "nrtool config" in refused(capsys, "train", "--config", tmp_path / "none.toml")
    path = written("[recipe]\nepochs = 1\n[style]\nbend = 0")
    assert "--config" in refused(capsys, "train", "--recipe", path)
    assert "SECTION.KEY=VALUE" in refused(capsys, "train", "--set", "bend=1")
    assert "--out" in refused(capsys, "config", "--out", path)
    path.write_bytes(b"\xff\xfe")
    assert "no TOML" in refused(capsys, "train", "--config", path)


def test_numbers_are_made_as_a_file_says(written, strokes_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digits = f'[digits]\ncustom = ["{strokes_folder}"]\ncustom_share = 1\n'
    path = written(f"{digits}[run]\nseed = 9\n[style]\ndigits = [2, 4]\nbend = 0.1\n")
    made = ("generate", "--count", 3, "--config", path, "--max-digits", 3)
    assert call(*made, "--set", "style.slant=.5", "--out", "made") == 0
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    assert manifest["seed"] == 9
    style = {
        key: tuple(it) if isinstance(it, list) else it for key, it in manifest["style"].items()
    }
    assert Style(**style) == Style(digits=(2, 3), bend=0.1, slant=0.5)


def test_a_kind_of_samples_takes_its_own_settings(bank):
    still = {field.name: 0.0 for field in fields(Distortion)}
    usual = samples.to_learn("compact", bank, 3)(0, 8).strips
    assert not torch.equal(samples.to_learn("compact", bank, 3, changes=still)(0, 8).strips, usual)
    given = settings.gather(None, ["distortion.bend=1", "run.variant=compact"], {})
    assert given.drawing() == {"bend": 1.0}
    with pytest.raises(BadInput, match=r"\[style\] is not for compact.*\[distortion\]"):
        settings.gather(None, ["style.bend=1", "run.variant=compact"], {}).drawing()
    with pytest.raises(BadInput, match=r"\[distortion\] is not for base.*\[style\]"):
        settings.gather(None, ["distortion.bend=1", "run.variant=base"], {}).drawing()

    flat = samples.to_judge("positions-2", bank, changes={"slant": 0.0, "digits": (2, 2)})
    assert (flat.style.slant, flat.style.cell) == (0.0, PASTED.cell)
    with pytest.raises(BadInput, match="positions-2 reads 2 to 2 digits"):
        samples.to_judge("positions-2", bank, changes={"digits": (1, 2)})
    with pytest.raises(UnknownVariant, match="compact has no hidden"):
        zoo.build("compact", {"hidden": 8})


@pytest.mark.slow
def test_a_network_of_an_own_shape_trains_resumes_and_ships(
    written, strokes_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    path = written(
        '[run]\nvariant = "lightweight"\n[style]\ndigits = [1, 2]\n'
        f'[digits]\ncustom = ["{strokes_folder}"]\ncustom_share = 1.0\n'
        "[recipe]\nepochs = 1\nnumbers = 64\nbatch = 16\n"
        "[network]\nchannels = [8, 16, 16, 16, 24]\nlstm_layers = 1\nhidden = 24\n"
    )
    assert call("train", "--config", path, "--run", "own") == 0
    capsys.readouterr()
    facts = checkpoint.facts(tmp_path / "runs/own/best.safetensors")
    assert facts["network"] == {"channels": [8, 16, 16, 16, 24], "lstm_layers": 1, "hidden": 24}
    assert facts["style"] == {"digits": [1, 2]}
    again = ("train", "--config", path, "--run", "own", "--resume", "--set")
    assert "another network" in refused(capsys, *again, "network.hidden=32")
    assert "another style" in refused(capsys, *again, "style.bend=0")
    assert call(*again, "run.device=cpu") == 0

    shipped = ("export", "--variant", "lightweight", "--quantize", "none", "--count", 50)
    assert call(*shipped) == 0
    folder = tmp_path / "exports/lightweight"
    model, kept = checkpoint.load_model(folder / "lightweight.safetensors", "lightweight")
    assert model.config.channels == (8, 16, 16, 16, 24)
    assert kept["parameters"] == sum(p.numel() for p in model.parameters()) < 30_000
    session = onnxruntime.InferenceSession(folder / "lightweight.onnx")
    assert session.run(None, {"image": np.zeros((2, 1, 32, 128), np.uint8)})[0].shape[0] == 2
    # Gone on from, it keeps its shape.
    best = tmp_path / "runs/own/best.safetensors"
    tuned = ("train", "--variant", "lightweight", "--finetune", best, "--numbers", 64)
    drawn = ("--custom", strokes_folder, "--custom-share", 1)
    assert call(*tuned, "--batch", 16, "--run", "on", *drawn) == 0
    assert checkpoint.facts(tmp_path / "runs/on/best.safetensors")["network"] == facts["network"]


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "nrtool.toml"
    path.write_bytes(b"\xef\xbb\xbf[run]\r\nseed = 7\r\n")
    assert settings.read(path) == {"run": {"seed": 7}}
