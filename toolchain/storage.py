"""Files on disk: written whole or not at all, and known by their hash."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator.errors import BadInput
from generator.files import read_bounded

LARGEST_JSON = 1 << 26  # bytes; golden.json, the largest, has some 400,000
RUNS, EXPORTS = Path("runs"), Path("exports")  # of the working folder, where no other is named


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; it takes `path`'s place only if the block succeeds.

    Raises:
        OSError: the folder cannot be written to, or the disk is full; `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files for the owner alone; what we ship is for everyone.
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """The JSON of a file that nrtool wrote.

    Raises:
        BadInput: it is missing, too large, or no JSON.
    """
    try:
        return json.loads(read_bounded(path, LARGEST_JSON).decode("utf-8-sig"))
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist: check the path") from None
    except (ValueError, RecursionError) as error:  # of JSON, of UTF-8, or nested without end
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} is damaged: delete it, or make it again with nrtool") from None


def write_json(path: Path, content: Any) -> None:
    """Write JSON that a person can read, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
