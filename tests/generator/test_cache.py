"""What is kept is made once, whole or not at all, by however many processes at once."""

import multiprocessing
import time

import pytest

from generator.cache import made_once


def make(folder, marks, ready):
    """One of several processes; `marks` counts how often the folder was filled."""

    def fill(made):
        (marks / made.parent.name).touch()
        (made / "half").touch()
        time.sleep(0.2)  # the others must meet it unfinished
        (made / "whole").touch()

    ready.wait()
    assert {path.name for path in made_once(folder, fill).iterdir()} == {"half", "whole"}


def test_processes_at_once_fill_a_folder_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    marks, ready = tmp_path / "marks", context.Barrier(3, timeout=3600)
    marks.mkdir()
    arguments = (tmp_path / "cache" / "kept", marks, ready)
    processes = [context.Process(target=make, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(list(marks.iterdir())) == 1


def test_what_could_not_be_filled_is_not_there_and_is_tried_again(tmp_path):
    def broken(made):
        (made / "half").touch()
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        made_once(tmp_path / "kept", broken)
    assert list(tmp_path.iterdir()) == []
    kept = made_once(tmp_path / "kept", lambda made: (made / "whole").touch())
    assert [path.name for path in kept.iterdir()] == ["whole"]
    assert made_once(tmp_path / "kept", broken) == kept
