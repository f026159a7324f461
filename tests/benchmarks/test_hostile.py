"""Every reader, and a few changed files for each; `benchmarks/hostile.py` goes on for longer."""

import contextlib
import random

import pytest

from benchmarks.hostile import READERS, attack, changed
from generator.errors import BadInput
from models.errors import UnknownVariant

FEW = 12


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read_and_a_changed_one_is_read_or_refused(tmp_path, name):
    file, make, read = READERS[name]
    good, rng = make(), random.Random(name)
    (tmp_path / file).write_bytes(good)
    read(tmp_path / file)
    for _ in range(FEW):
        (tmp_path / file).write_bytes(changed(good, rng))
        with contextlib.suppress(BadInput, UnknownVariant):
            read(tmp_path / file)


def test_a_reader_that_fails_is_told(tmp_path, monkeypatch):
    def careless(path):
        if path.read_bytes() != b"good":
            raise KeyError("label")

    monkeypatch.setitem(READERS, "careless", ("a.txt", lambda: b"good", careless))
    monkeypatch.setattr("resource.setrlimit", lambda *limits: None)  # of this whole process
    found = attack("careless", 5, 0, tmp_path)
    assert found["failed"] == "KeyError: 'label'"
    assert (tmp_path / "a.txt").read_bytes() != b"good"  # what it failed on is there
