"""Other programs, run to their end: a failure is told in words, and nothing is left running."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from generator.errors import BadInput

HANGS = 3600.0  # seconds: no program of ours takes so long on the slowest machine


def run(
    command: Sequence[str | Path], mend: str, timeout: float = HANGS, cwd: Path | None = None
) -> str:
    """Run a command to its end and give what it printed.

    Args:
        command: program and arguments.
        mend: what the user can do if it fails.
        timeout: seconds.
        cwd: the folder to run it in.

    Raises:
        BadInput: it is missing, failed, or took too long; with the end of what it printed.
    """
    program = Path(command[0]).name
    try:
        running = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError:
        raise BadInput(f"{program} is not installed: {mend}") from None
    except OSError as error:
        raise BadInput(f"{command[0]} cannot be started ({error.strerror}): {mend}") from None
    with running:
        try:
            told, _ = running.communicate(timeout=timeout)
        except BaseException as stopped:
            # What it started, too: a game outlives the script that gave it a screen.
            os.killpg(running.pid, signal.SIGKILL)
            if isinstance(stopped, subprocess.TimeoutExpired):
                raise BadInput(f"{program} took more than {timeout:.0f} s: {mend}") from None
            raise
    if running.returncode:
        end = "\n".join(told.splitlines()[-20:])
        raise BadInput(f"{program} ended with status {running.returncode}: {mend}\n{end}")
    return told
