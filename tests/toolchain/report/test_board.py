import itertools
import json
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
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "toolchain.cli", "board", "--runs", str(tmp_path)]
    running = subprocess.Popen(
        [*command, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert running.stdout is not None
    try:
        lines = iter(running.stdout.readline, "")
        said = "".join(itertools.takewhile(lambda line: line != "}\n", lines))
        address = json.loads(said + "}")["address"]
        assert address.startswith(("http://127.0.0.1:", "http://localhost:"))
        with urllib.request.urlopen(f"{address}data/environment") as answer:
            assert str(tmp_path).encode() in answer.read()
        port = address.rstrip("/").rpartition(":")[2]
        taken = subprocess.run(
            [*command, "--port", port], capture_output=True, text=True, env=environment, check=False
        )
        assert taken.returncode == 2
        assert "give another --port" in taken.stderr.splitlines()[-1]
        running.send_signal(signal.SIGINT)
        said = running.communicate()[1]
    finally:
        running.kill()
    assert running.returncode == 0
    assert "Traceback" not in said


def test_a_missing_folder_is_one_line(tmp_path, capsys):
    assert "--runs" in refused(capsys, "board", "--runs", tmp_path / "none")
