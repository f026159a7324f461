"""CONTRIBUTING.md's own example: a variant in one file and one entry, which trains and is clean."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from models import zoo
from toolchain.data import checkpoint, samples
from toolchain.training import loop
from toolchain.training.recipes import Recipe

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
NETWORK, ENTRY = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(FILE,) = re.findall(r"here `(models/\w+\.py)`", TEXT)


@pytest.fixture
def variant(monkeypatch):
    """The example's name, listed in the zoo as its entry lists it."""
    module = ModuleType(Path(FILE).stem)
    exec(NETWORK, module.__dict__)
    names = {"Variant": zoo.Variant, module.__name__: module}
    ((name, listed),) = eval(f"{{{ENTRY}}}", names).items()
    monkeypatch.setitem(zoo.VARIANTS, name, listed)
    return name


def test_the_new_variant_reads_strips(variant, bank):
    model = zoo.build(variant).eval()
    batch = samples.to_learn(variant, bank, 0)(0, 3)
    with torch.no_grad():
        log_probs = model(batch.strips.float() / 255)
    assert log_probs.shape == (3, 32, 11)
    torch.testing.assert_close(log_probs.exp().sum(2), torch.ones(3, 32))
    assert 0 < float(model.decoder.loss(log_probs, batch.digits)) < 100


@pytest.mark.slow
def test_the_new_variant_trains(variant, bank, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 100)
    job = loop.Job(variant, Recipe(epochs=1, numbers=64, batch=32, bf16=False))
    run = tmp_path / "run"
    loop.train(job, (bank, bank), run, device=torch.device("cpu"))
    model, facts = checkpoint.load_model(run / "best.safetensors")
    assert facts["variant"] == variant
    assert len(facts["history"]) == 1
    assert all(tensor.isfinite().all() for tensor in model.state_dict().values())


@pytest.mark.parametrize("command", [["format", "--check"], ["check"]])
def test_the_new_variant_is_formatted_and_clean(command):
    """As `make lint` would find it."""
    ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", FILE, "-"]
    found = subprocess.run(ruff, cwd=ROOT, input=NETWORK, text=True, capture_output=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_commits_are_checked_by_what_make_lint_runs():
    shown = subprocess.run(
        ["make", "--dry-run", "--always-make", "lint"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    ).stdout
    tools = ("ruff format", "ruff check", "mypy", "gdformat", "gdlint")
    made = [line for line in shown.splitlines() if any(f"bin/{tool}" in line for tool in tools)]
    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [re.sub(r"sh -c '(.*)'", r"\1", entry) for entry in hooks] == made
    assert len(made) == len(tools)
