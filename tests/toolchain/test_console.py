"""What a log shows of a long command, where there is no terminal."""

import ctypes
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolchain import console
from toolchain.table import Table

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_now_and_then_with_rate_and_time_left(capsys, clock):
    with console.progress("training", 8_000) as update:
        for second in range(4_000):
            clock[0] = 1000.0 + second
            update(2 * second, "loss 0.312" if second > 20 else "")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training: 20 of 8,000 (0%), 2/s, 66 min left"
    assert lines[3] == "training: 160 of 8,000 (2%), 2/s, 65 min left, loss 0.312"
    assert 10 < len(lines) < 25  # ever rarer, yet never silent for long


def test_what_is_gone_on_with_is_as_fast_as_it_is_now(capsys, clock):
    with console.progress("training", 20_000) as update:
        update(10_000)
        clock[0] += 100
        update(10_500)
    assert capsys.readouterr().err == "training: 10,500 of 20,000 (52%), 5/s, 32 min left\n"


def test_short_work_is_not_talked_about(capsys, clock):
    with console.progress("reading", 10) as update:
        for done in range(11):
            clock[0] += 0.5
            update(done)
    assert capsys.readouterr().err == ""


def test_a_log_says_what_is_being_done(capsys):
    with console.status("exporting"):
        pass
    assert capsys.readouterr().err == "exporting ...\n"


@pytest.mark.parametrize("name", ["[/red].png", "[bold]", "a:smile:b", "[link=x]"])
def test_a_name_is_printed_as_it_is(name, capsys):
    console.say(name)
    console.out.print(name)
    console.show_table(Table(name, ["picture"], [[name]]))
    with console.status(name), console.progress(name, 3) as update:
        update(1, name)
    said = capsys.readouterr()
    assert said.out.count(name) == 3
    assert said.err.count(name) == 2


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_traceback(closed):
    command = f"{sys.executable} -m toolchain.cli predict - {closed}"
    ran = subprocess.run(
        ["sh", "-c", command], input=b"", capture_output=True, cwd=ROOT, check=False
    )
    assert ran.returncode == console.BAD_INPUT
    assert b"Traceback" not in ran.stderr


def test_who_stops_a_command_is_told_so(capsys):
    def stopped():
        raise SystemExit(console.INTERRUPTED)

    with pytest.raises(SystemExit):
        console.guarded(stopped)
    assert capsys.readouterr().err == "nrtool: stopped\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_told_in_one_line():
    command = [sys.executable, "-m", "toolchain.cli", "models", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "free space" in done.stderr


def test_who_stops_while_c_calls_back_is_heard(monkeypatch, capfd):
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    woken = []

    def called_back():
        raise KeyboardInterrupt

    def run():
        callback = ctypes.CFUNCTYPE(None)(called_back)
        callback()
        time.sleep(600)
        woken.append("of itself")

    with pytest.raises(KeyboardInterrupt):
        console.guarded(run)
    assert not woken
    assert "Traceback" not in capfd.readouterr().err
