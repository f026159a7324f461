"""Where what was downloaded is kept for the user: `$XDG_CACHE_HOME/nrtool`, or ~/.cache/nrtool."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def cache(part: str) -> Path:
    """The folder of that part; it need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nrtool" / part


def made_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """A folder that is made on the first call; it is there whole or not at all.

    Of several processes at once one makes it, and the others wait.

    Args:
        folder: which.
        fill: puts into an empty folder what is to be in it; what it raises is passed on.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if not folder.is_dir():
            prefix = f".{folder.name}."
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=prefix) as temporary:
                made = Path(temporary) / "made"
                made.mkdir()
                fill(made)
                made.rename(folder)
    return folder
