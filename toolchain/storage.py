"""Files on disk: written whole or not at all, and known by their hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from generator.storage import Busy, alone, beside, replacing

__all__ = ["EXPORTS", "RUNS", "Busy", "alone", "beside", "replacing", "sha256", "write_json"]

WAIT = 30  # seconds, for a write that is over in a moment
RUNS, EXPORTS = Path("runs"), Path("exports")  # of the working folder, where no other is named


def write_json(path: Path, content: Any) -> None:
    """Write JSON that a person can read, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
