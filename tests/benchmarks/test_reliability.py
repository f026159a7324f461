"""The command that breaks things on purpose: it says so where something does not hold."""

import json
import os
import random
import time

import pytest

from benchmarks.hostile import READERS
from benchmarks.reliability import files, same, tables
from benchmarks.reliability.__main__ import KINDS, rounds
from benchmarks.reliability.commands import must_equal
from benchmarks.reliability.disk import one_line
from benchmarks.reliability.files import TRIES as FILES
from benchmarks.reliability.kills import TRIES as KILLS
from benchmarks.reliability.tries import (
    Broken,
    Ended,
    Tried,
    Try,
    at_operation,
    die,
    insist,
    operations,
    process,
)


def write_three(folder):
    def work():
        for name in "abc":
            (folder / name).write_text(name)

    return work


def test_writes_are_counted_and_the_process_dies_at_one_of_them(tmp_path):
    work = write_three(tmp_path)
    assert operations(work, tmp_path)[0] == 3
    for path in tmp_path.iterdir():
        path.unlink()
    ended = process(work, lambda: at_operation(2, tmp_path, die))
    assert ended.code == -9
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failing_disk_fails_from_then_on(tmp_path):
    def full(path):
        raise OSError(28, os.strerror(28), path)

    ended = process(write_three(tmp_path), lambda: at_operation(3, tmp_path, full))
    assert ended.code == 99
    assert "No space left" in ended.said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_broken_promise_is_counted_and_shown(tmp_path):
    def once(chance: random.Random, folder):
        insist(chance.random() < 2, "never")
        insist(not folder.exists(), "the folder is not new")
        raise Broken("it broke")

    found = rounds({"disk": [Try("train", "a fault", "it holds", once)]}, 0, 3)
    assert found[0]["runs"] == 1
    assert found[0]["broken"] == [{"turn": 0, "what": "it broke"}]
    report = {"minutes": 1.0, "seed": 3, "commit": "abc", "machine": "one", "tries": found}
    page = tables.page(json.loads(json.dumps(report)))
    assert "1 faults, 1 runs in 1 minutes: 0 survived, 1 did not." in page
    assert "| a fault | it holds | 1, 1 BROKEN |" in page


def test_what_fails_otherwise_is_a_broken_promise_too():
    def once(chance: random.Random, folder):
        return Tried(told=(folder / "result").read_text())

    found = rounds({"kills": [Try("train", "killed", "it holds", once)]}, 0, 3)
    assert found[0]["broken"][0]["what"].startswith("FileNotFoundError")


def test_what_is_wanted_more_often_comes_first_and_what_is_measured_once_never_again():
    tries = [
        Try("train", "killed", "", lambda *_: time.sleep(0.02) or Tried(2), wanted=7),
        Try("import", "killed", "", lambda *_: time.sleep(0.01), wanted=3),
        Try("predict", "memory", "", lambda *_: Tried(told={"much": 3.0}), wanted=0),
    ]
    found = rounds({"kills": tries[:2], "memory": tries[2:]}, 0.4, 3)
    assert found[0]["struck"] >= 7
    assert found[1]["struck"] > found[0]["runs"]
    assert found[2]["runs"] == 1
    assert all("seconds a run" in row["most"] for row in found)


def test_the_page_shows_every_figure():
    kind = {"of": "", "what": "", "promise": "", "runs": 2, "struck": 5, "seconds": 3.0}
    kind |= {"most": {"seconds a run": 2.0}, "told": None, "broken": []}
    told = {"1": [{"train_loss": 2.0, "val_loss": 3.0}], "2": [{"train_loss": 2.1, "val_loss": 3}]}
    tries = [
        {**kind, "kind": "kills", "of": "tune", "most": {"whole": 1.0, "seconds a run": 2.0}},
        {**kind, "kind": "files", "of": "model", "most": {"seconds": 0.25, "MiB": 19.0}},
        {**kind, "kind": "memory", "of": "generate", "told": {"little": 300.0, "much": 310.0}},
        {**kind, "kind": "same", "of": "samples", "what": "two threads", "told": same.BITS},
        {**kind, "kind": "ranks", "told": told},
    ]
    report = {"minutes": 1.0, "seed": 3, "commit": "abc", "machine": "one", "tries": tries}
    page = tables.page(report)
    assert (
        "10 runs in 1 minutes: 10 survived, none did not. 5 kills; 5 files fuzzed, no cra" in page
    )
    assert "| `tune`  | 5 | 2 | all | 1.0 | 1.5 | 2.0 |" in page
    assert "| model | 5 | none | 0.25 | 19 |" in page
    assert "300 MB, then 310 MB" in page
    assert "| two threads | the same bits |" in page
    assert "| 1 | 2.00000 / 3.00000 | 2.10000 / 3.00000 |" in page


@pytest.mark.parametrize(
    "ended",
    [
        Ended(2, "Traceback (most recent call last):\nnrtool: no\n"),
        Ended(2, "no\n"),
        Ended(1, "nrtool: no\n"),
        Ended(2, "nrtool: no\nnrtool: no\n"),
        Ended(0, "nrtool: no\n"),
    ],
)
def test_more_or_less_than_one_line_is_a_broken_promise(ended):
    with pytest.raises(Broken):
        one_line(ended)
    one_line(Ended(2, "  1 of 3\nnrtool: full\n"))
    one_line(Ended(0, "done\n"))


def test_what_differs_is_named():
    must_equal({"a": [1, 2.0]}, {"a": [1, 2.0]})
    with pytest.raises(Broken, match="the result, a differs"):
        must_equal({"a": [1, 2]}, {"a": [1, 3]})


@pytest.mark.parametrize("name", ["export: killed while it publishes", "draw --collect: killed"])
def test_releases_and_drawings_survive_a_kill(name, tmp_path):
    (tried,) = [each for each in KILLS if each.fault.startswith(name)]
    for turn in range(3):
        tried.once(random.Random(turn), tmp_path / f"{turn}")


@pytest.mark.parametrize("tried", [each for each in same.TRIES if each.of == same.SAMPLES])
def test_samples_are_the_same_however_they_are_made(tried, tmp_path):
    assert tried.once(random.Random(0), tmp_path / "here").told


def test_changed_files_are_counted_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SECONDS", 0.5)
    (tried,) = [each for each in FILES if each.of == "list of digits"]
    assert rounds({"files": [tried]}, 0, 3)[0]["struck"] >= 1


def test_a_reader_that_fails_on_a_changed_file_is_told(tmp_path, monkeypatch):
    def careless(path):
        if path.read_bytes() != b"good":
            raise KeyError("label")

    name = "list of digits"
    monkeypatch.setitem(READERS, name, ("a.txt", lambda: b"good", careless))
    (tried,) = [each for each in FILES if each.of == name]
    with pytest.raises(Broken, match=r"KeyError: 'label', after 1 files; .* --seed \d+"):
        tried.once(random.Random(1), tmp_path / "here")


def test_every_command_that_writes_is_tried():
    faults = [each.fault for tries in KINDS.values() for each in tries]
    assert len(faults) == len(set(faults))
    assert len(FILES) == len(READERS)
    for name in ("train", "generate", "import", "tune", "export", "draw"):
        assert any(fault.startswith(name) and "killed" in fault for fault in faults)
