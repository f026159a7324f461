"""Samples and training come out as they did before; the file is remade by its command alone."""

import json

import pytest
import torch

from benchmarks.determinism import FILE, bank, differences, losses_of, samples_of
from toolchain.provenance import machine

HELD = json.loads(FILE.read_text("utf-8"))
SAME_KIND = (HELD["machine"], HELD["torch"]) == (machine(), torch.__version__)


@pytest.fixture(scope="module")
def digits():
    return bank()


@pytest.mark.parametrize("seed", HELD["samples"])
def test_samples_are_what_they_were(digits, seed):
    found = samples_of(int(seed), digits)
    assert list(differences(HELD["samples"][seed], found, SAME_KIND)) == []


@pytest.mark.slow
@pytest.mark.parametrize("variant", HELD["losses"])
def test_losses_are_what_they_were(digits, variant):
    found = losses_of(variant, digits)
    assert list(differences(HELD["losses"][variant], found, SAME_KIND)) == []


def test_training_repeats_to_the_last_bit(digits):
    assert losses_of("compact", digits) == losses_of("compact", digits)


def test_what_differs_is_named():
    was = {"labels": "a", "pixels": "b", "ink": 20.0, "mean": 2.0}
    near = {"labels": "a", "pixels": "c", "ink": 20.04, "mean": 2.01}
    far = {"labels": "b", "pixels": "c", "ink": 21.0, "mean": 3.0}
    assert list(differences(was, near, False)) == []
    assert list(differences({"20": 2.0}, {"20": 2.05}, False)) == []
    assert len(list(differences({"20": 2.0}, {"20": 2.07}, False))) == 1
    assert len(list(differences(was, near, True))) == 3
    assert [said.split()[0] for said in differences(was, far, False)] == ["labels", "ink", "mean"]
