"""One run, one folder, one process: whoever comes second is told, or takes the next name."""

import threading

import pytest

from generator.errors import BadInput
from tests.toolchain.test_cli import call, refused
from toolchain import storage
from toolchain.training.folders import new_folder


@pytest.fixture
def arguments(strokes_folder, tmp_path):
    digits = ("--custom", strokes_folder, "--custom-share", 1, "--runs", tmp_path / "runs")
    length = ("--epochs", 1, "--numbers", 32, "--batch", 16)
    return ("train", "--variant", "compact", *length, *digits)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../x", "/tmp/x"])
def test_a_name_that_leaves_the_folder_of_runs_is_refused(arguments, tmp_path, capsys, name):
    assert "plain name" in refused(capsys, *arguments, "--run", name)
    assert "plain name" in refused(capsys, *arguments, "--run", name, "--resume")
    assert list(tmp_path.iterdir()) == []


def test_a_second_training_takes_the_next_name_or_is_refused(arguments, tmp_path, capsys):
    runs = tmp_path / "runs"
    with new_folder(runs, "compact", False) as first:
        assert first == runs / "compact"
        assert "give another --run" in refused(capsys, *arguments, "--run", "compact")
        assert call(*arguments) == 0
    assert [path.name for path in runs.iterdir()] == ["compact-2"]


def test_a_live_run_is_not_gone_on_with(arguments, tmp_path, capsys):
    assert call(*arguments) == 0
    run = tmp_path / "runs" / "compact"
    before = {path.name: path.stat().st_mtime_ns for path in run.iterdir()}
    capsys.readouterr()
    with storage.alone(run, "wait"):
        assert "is being written by process" in refused(capsys, *arguments, "--resume")
    assert {path.name: path.stat().st_mtime_ns for path in run.iterdir()} == before


def test_of_many_at_once_each_gets_a_folder_of_its_own(tmp_path):
    given, together = [], threading.Barrier(6)

    def take():
        together.wait()
        with new_folder(tmp_path, "run", False) as folder:
            given.append(folder.name)
            folder.mkdir()
            (folder / "config.json").touch()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == 6


def test_a_taken_name_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").touch()
    with pytest.raises(BadInput, match="there already"), new_folder(tmp_path, "run", True):
        pass


def test_an_average_is_not_trained_over(arguments, tmp_path, capsys):
    run = tmp_path / "runs" / "compact-average"
    run.mkdir(parents=True)
    (run / "config.json").write_text('{"averaged": []}')
    (run / "best.safetensors").write_bytes(b"weights")
    assert "--finetune" in refused(capsys, *arguments, "--run", run.name, "--resume")
    assert (run / "best.safetensors").read_bytes() == b"weights"


def test_a_damaged_description_of_a_run_is_named(arguments, tmp_path, capsys):
    run = tmp_path / "runs" / "compact"
    run.mkdir(parents=True)
    (run / "config.json").write_text("7")
    assert "delete it" in refused(capsys, *arguments, "--run", "compact", "--resume")
    (run / "config.json").unlink()
    assert call(*arguments, "--run", "compact", "--resume") == 0
