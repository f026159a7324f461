import os
import sys

import pytest

from generator.errors import BadInput
from toolchain import programs


def test_a_failed_command_is_told_with_what_it_said():
    with pytest.raises(BadInput, match=r"status 3: mend it\nno space left"):
        programs.run([sys.executable, "-c", "print('no space left'); exit(3)"], "mend it")
    with pytest.raises(BadInput, match="no-such-program is not installed: get one"):
        programs.run(["no-such-program"], "get one")
    with pytest.raises(BadInput, match="took more than 1 s"):
        programs.run([sys.executable, "-c", "import time; time.sleep(900)"], "wait", timeout=1)


def test_what_a_late_command_started_ends_with_it(tmp_path):
    held, mark = tmp_path / "held", tmp_path / "mark"
    os.mkfifo(held)
    with os.fdopen(os.open(held, os.O_RDONLY | os.O_NONBLOCK)) as holding:
        os.set_blocking(holding.fileno(), True)
        late = f"exec 3> {held}; (sleep 300; touch {mark}) & wait"
        with pytest.raises(BadInput, match="took more than 2 s"):
            programs.run(["sh", "-c", late], "wait", timeout=2)
        assert holding.read() == ""  # at the end of all that hold it
    assert not mark.exists()
