"""What ships: every release in exports/ reads, fits its card, and its reports fit its files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from generator.digits import DigitBank, mnist_glyphs
from generator.numbers import NumberGenerator
from generator.shards import number_text
from models import zoo
from toolchain.export import sha256
from toolchain.predict import Recognizer

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "exports"
# Percent of numbers from MNIST test digits, over 10,000 of them or more: no release may read less.
FLOORS = {"base": 97.9, "optimized": 98.0, "lightweight": 97.0}


@pytest.fixture(scope="module")
def test_numbers():
    numbers = NumberGenerator(DigitBank([mnist_glyphs("test")]), seed=77)(0, 1_000)
    return numbers.strips.numpy(), [number_text(row) for row in numbers.digits.numpy()]


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_a_release_reads_unseen_numbers(variant, test_numbers):
    strips, expected = test_numbers
    recognizer = Recognizer.load(EXPORTS / variant / f"{variant}.int8.onnx")
    readings = recognizer.read_strips(strips)
    right = np.mean([r.number == e for r, e in zip(readings, expected, strict=True)])
    # Two percentage points are more than four standard errors of 1,000 numbers.
    assert 100 * right > FLOORS[variant] - 2


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_a_release_proves_what_it_claims(variant):
    folder = EXPORTS / variant
    parity = json.loads((folder / "parity.json").read_text())
    section = parity["sections"][0]
    assert section["count"] >= 10_000
    accuracy = {reader["name"]: reader["accuracy"] for reader in section["readers"]}
    assert accuracy["int8"] >= FLOORS[variant]
    assert accuracy["float32"] - accuracy["int8"] <= 0.1
    assert section["differences"][0]["mismatches"] == 0
    bench = json.loads((folder / "bench.json").read_text())
    form = bench["forms"][-1]
    assert form["size"] == (folder / f"{variant}.int8.onnx").stat().st_size
    assert form["size_share"] <= 0.27


@pytest.mark.parametrize("variant", zoo.VARIANTS)
def test_a_release_was_made_from_the_weights_beside_it(variant):
    folder = EXPORTS / variant
    weights = sha256(folder / f"{variant}.safetensors")
    for path in folder.glob("*.onnx"):
        facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        assert facts["weights_sha256"] == weights
        assert facts["variant"] == variant
        assert 0 < float(facts["threshold"]) < 1


def test_the_readme_says_what_the_reports_say():
    check = [sys.executable, str(ROOT / "benchmarks" / "results.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0


def test_every_link_and_file_in_the_readme_is_there():
    text = (ROOT / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_layers_import_only_downwards():
    allowed = {
        "generator": {"generator"},
        "models": {"models"},
        "toolchain": {"generator", "models", "toolchain"},
    }
    for package, known in allowed.items():
        for path in (ROOT / package).rglob("*.py"):
            used = set(re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE))
            assert not (used & set(allowed)) - known, path
            if path.name != "cli.py":
                assert "toolchain.cli" not in path.read_text(), path
