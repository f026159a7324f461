"""What cannot fit is refused in one line, before anything is made."""

import pytest

from generator.errors import BadInput
from tests.toolchain.test_cli import call, refused
from toolchain import memory


def test_the_machine_has_some_memory():
    assert (memory.of_machine() or 1 << 40) > 1 << 26


def test_a_containers_limit_counts(tmp_path, monkeypatch):
    limit, none = tmp_path / "memory.max", tmp_path / "none"
    limit.write_text("12345678\n")
    none.write_text("max\n")
    monkeypatch.setattr(memory, "_LIMITS", (none, limit, tmp_path / "missing"))
    assert memory.of_machine() == 12345678


def test_what_fits_is_let_through_and_what_does_not_is_named():
    memory.insist(1 << 30, "it", "make it smaller", 1 << 30)
    with pytest.raises(BadInput, match=r"it would take 1\.0 GiB .* 0\.5 GiB: make it smaller"):
        memory.insist(1 << 30, "it", "make it smaller", 1 << 29)


def test_a_system_that_does_not_say_is_not_asked(monkeypatch):
    monkeypatch.setattr(memory, "of_machine", lambda: None)
    memory.insist(1 << 80, "it", "make it smaller")


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (("train", "--batch", 10**7, "--numbers", 10**7), "batch of 10,000,000 numbers"),
        (("train", "--batch", 10**30, "--numbers", 10**30), "that a seed has"),
        (("train", "--numbers", 10**15), "that a seed has"),
        (("train", "--epochs", 10**15), "that a seed has"),
        (("train", "--set", f"recipe.batch={10**11}", "--numbers", 10**11), "lower --batch"),
        (("tune", "--numbers", 10**30), "that a seed has"),
        (("generate", "--count", 10**12), "do not fit"),
        (("evaluate", "--variant", "lightweight", "--count", 10**12), "lower --count"),
    ],
)
def test_absurd_sizes_are_one_line(command, word, strokes_folder, tmp_path, monkeypatch, capsys):
    folder = {"generate": ("--out", tmp_path / "out"), "train": ("--runs", tmp_path / "runs")}
    digits = ("--custom", strokes_folder)
    said = refused(capsys, *command, *digits, *folder.get(command[0], ()))
    assert word in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["generate", "evaluate", "parity", "export"])
def test_more_numbers_than_there_are_is_a_wrong_use(command, capsys):
    with pytest.raises(SystemExit, match="2"):
        raise SystemExit(call(command, "--count", 10**20))
