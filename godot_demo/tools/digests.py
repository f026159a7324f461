"""Whether downloads are what they were."""

import hashlib
from pathlib import Path

from generator.errors import BadInput


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
