"""Where what was downloaded is kept for the user: `$XDG_CACHE_HOME/nrtool`, or ~/.cache/nrtool."""

import os
from pathlib import Path


def cache(part: str) -> Path:
    """The folder of that part; it need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nrtool" / part
