"""Files on disk: written whole or not at all, and known by their hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from generator.errors import BadInput
from generator.files import read_bounded
from generator.storage import Busy, alone, beside, insist_on_movable, replacing

__all__ = [
    "EXPORTS",
    "RUNS",
    "Busy",
    "alone",
    "beside",
    "insist_on_movable",
    "read_json",
    "replacing",
    "sha256",
    "write_json",
]

LARGEST_JSON = 1 << 26  # bytes; golden.json, the largest, has some 400,000
WAIT = 30  # seconds, for a write that is over in a moment
RUNS, EXPORTS = Path("runs"), Path("exports")  # of the working folder, where no other is named


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
