import sys
import time

import pytest

from generator.errors import BadInput
from toolchain import programs


def test_a_failed_command_is_told_with_what_it_said():
    with pytest.raises(BadInput, match=r"status 3: mend it\nno space left"):
        programs.run([sys.executable, "-c", "print('no space left'); exit(3)"], "mend it")
    with pytest.raises(BadInput, match="no-such-program is not installed: get one"):
        programs.run(["no-such-program"], "get one")
    with pytest.raises(BadInput, match="took more than 1 s"):
        programs.run([sys.executable, "-c", "import time; time.sleep(9)"], "wait", timeout=1)


def test_what_a_late_command_started_ends_with_it(tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(BadInput, match="took more than 1 s"):
        programs.run(["sh", "-c", f"(sleep 2; touch {mark}) & wait"], "wait", timeout=1)
    time.sleep(2)
    assert not mark.exists()
