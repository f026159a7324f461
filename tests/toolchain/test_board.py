import os
import signal
import subprocess
import sys
import urllib.request

from torch.utils.tensorboard import SummaryWriter

from tests.toolchain.test_cli import refused


def test_the_board_shows_runs_and_ends_with_ctrl_c(tmp_path):
    with SummaryWriter(str(tmp_path / "mine")) as writer:
        writer.add_scalar("val_loss", 0.5, 1)
    command = [sys.executable, "-m", "toolchain.cli", "board", "--runs", str(tmp_path)]
    running = subprocess.Popen(
        [*command, "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert running.stderr is not None
    try:
        line = next(line for line in running.stderr if line.startswith("here:"))
        address = line.split()[1]
        assert address.startswith(("http://127.0.0.1:", "http://localhost:"))
        with urllib.request.urlopen(f"{address}data/environment", timeout=60) as answer:
            assert str(tmp_path).encode() in answer.read()
        port = address.rstrip("/").rpartition(":")[2]
        taken = subprocess.run(
            [*command, "--port", port], capture_output=True, text=True, env=os.environ, check=False
        )
        assert taken.returncode == 2
        assert "give another --port" in taken.stderr.splitlines()[-1]
    finally:
        running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 0
    assert "Traceback" not in said


def test_a_missing_folder_is_one_line(tmp_path, capsys):
    assert "--runs" in refused(capsys, "board", "--runs", tmp_path / "none")
