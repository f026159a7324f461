"""Where what was downloaded is kept for the user: `$XDG_CACHE_HOME/nrtool`, or ~/.cache/nrtool."""

import os
from collections.abc import Callable
from pathlib import Path

from generator.errors import BadInput
from generator.storage import alone, beside


def cache(part: str) -> Path:
    """The folder of that part; it need not be there yet.

    Raises:
        BadInput: the user has no home.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nrtool" / part
    except RuntimeError:
        raise BadInput("there is no home folder to keep data in: set XDG_CACHE_HOME") from None


def made_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """A folder that is made on the first call; it is there whole or not at all.

    Of several processes at once one makes it, and the others wait.

    Args:
        folder: which.
        fill: puts into an empty folder what is to be in it; what it raises is passed on.
    """
    if folder.is_dir():
        return folder
    with alone(folder, "stop it", wait=-1):
        if not folder.is_dir():
            with beside(folder) as temporary:
                made = temporary / "made"
                made.mkdir()
                fill(made)
                made.rename(folder)
    return folder
