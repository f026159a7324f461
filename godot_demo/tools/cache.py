"""Where downloads are kept between runs, and whether they are what they were."""

import hashlib
import os
from pathlib import Path

from generator.errors import BadInput


def folder(name: str) -> Path:
    """The cache folder of that name, made if need be; XDG_CACHE_HOME moves it."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = home / "nrtool" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


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
