"""What is written is whole, by one process at a time; what a killed one left is cleared."""

import os
import signal
import subprocess
import sys

import pytest

from generator import storage

# Holds a folder, half writes a file in it and one beside it, then says so and waits to be killed.
HOLDING = """
import sys, time
from pathlib import Path
from generator import storage
folder = Path(sys.argv[1])
with storage.alone(folder, "wait"), storage.beside(folder), storage.replacing(folder / "a.json"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that writes `tmp_path / "run"`."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert started.stdout.readline() == b"held\n"
        yield started
    finally:
        started.kill()
        started.wait()


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_second_is_told_who_writes_there(holder, tmp_path):
    with (
        pytest.raises(storage.Busy, match=f"process {holder.pid} since .*: wait for it, or go"),
        storage.alone(tmp_path / "run", "go away"),
    ):
        pass
    before = names(tmp_path)
    assert len(before) == 4, "what the other has half written is left to it"
    assert holder.poll() is None


def test_a_killed_process_holds_nothing_and_what_it_left_is_cleared(holder, tmp_path):
    (tmp_path / ".run.json.abcdefgh.partial").touch()  # of another place
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert any(name.startswith("run/.a.json.") for name in names(tmp_path))
    with storage.alone(tmp_path / "run", "wait"):
        assert names(tmp_path) == [".run.json.abcdefgh.partial", ".run.lock", "run"]
    assert names(tmp_path) == [".run.json.abcdefgh.partial", "run"]


def test_nothing_is_left_where_nothing_was_written(tmp_path):
    with storage.alone(tmp_path / "a" / "b" / "run", "wait"):
        assert (tmp_path / "a" / "b").is_dir()
    assert names(tmp_path) == []
    with storage.alone(tmp_path / "a" / "run", "wait"):
        (tmp_path / "a" / "run").mkdir()
    assert names(tmp_path) == ["a", "a/run"]


def test_who_waits_gets_its_turn(tmp_path):
    code = HOLDING.replace("600", "0.5")
    started = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert started.stdout.readline() == b"held\n"
    with storage.alone(tmp_path / "run", "wait", wait=60):
        assert names(tmp_path) == [".run.lock", "run", "run/a.json"]
    assert started.wait() == 0


def test_a_failed_write_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("kept")

    def fail():
        with storage.replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(tmp_path) == ["a.txt"]
    assert path.read_text() == "kept"


def test_what_is_replaced_keeps_who_may_read_it(tmp_path):
    for name, mode in (("new", 0o644), ("own", 0o600), ("shared", 0o664)):
        path = tmp_path / name
        if name != "new":
            path.touch(mode)
            path.chmod(mode)
        with storage.replacing(path) as temporary:
            temporary.write_text("content")
        assert path.stat().st_mode & 0o777 == mode


def test_what_cannot_be_replaced_is_refused_and_all_else_is_not(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    for name in ("folder", "none"):
        storage.insist_on_movable(tmp_path / name)
    with pytest.raises(storage.BadInput, match="a link"):
        storage.insist_on_movable(tmp_path / "link")
    monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path / "folder")
    with pytest.raises(storage.BadInput, match="mounted and cannot be replaced: name a folder in"):
        storage.insist_on_movable(tmp_path / "folder")
