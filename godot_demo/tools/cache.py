"""Where downloads are kept between runs, and how a command is run so that its failure is told."""

import hashlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from generator.errors import BadInput


def folder(name: str) -> Path:
    """The cache folder of that name, made if need be; XDG_CACHE_HOME moves it."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = home / "nrtool" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def run(
    command: Sequence[str | Path], mend: str, timeout: float = 900, cwd: Path | None = None
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


def check(path: Path, sha256: str) -> None:
    """Hold a download against its known digest.

    Raises:
        BadInput: it is another file.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise BadInput(
            f"{path.name} has SHA-256 {found}, not {sha256}: it was changed at its source"
        )
