"""Files of drawings, a JSON object a line: checked as they are read, changed whole or not at all.

A folder that people can reach holds what people, other programs and crashes leave in it. What is
no line of ours, and what a crash left of a drawing, is moved to a file of the same name in
`damaged/`, which no training reads: nothing is deleted, and everything else can be used.
"""

import contextlib
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generator import storage

DAMAGED = "damaged"

Line = dict[str, Any]


def read_lines(path: Path) -> tuple[list[tuple[bytes, Line]], list[bytes]]:
    """The lines of a file as they stand there, each with what it says, and those that are damaged.

    Of a drawing that a crash cut off, the last in the file, every line counts as damaged.

    Raises:
        OSError: it cannot be read.
    """
    sound: list[tuple[bytes, Line]] = []
    damaged: list[bytes] = []
    for raw in path.read_bytes().split(b"\n"):
        line = parse_line(raw) if raw.strip() else None
        if line is not None:
            sound.append((raw + b"\n", line))
        elif raw.strip():
            damaged.append(raw + b"\n")
    last = sound[-1][1] if sound else {}
    if "label" in last and last["place"] + 1 < len(last["number"]):
        first = len(sound)
        while first and sound[first - 1][1]["drawing"] == last["drawing"]:
            first -= 1
        damaged += [raw for raw, _ in sound[first:]]
        del sound[first:]
    return sound, damaged


def parse_line(raw: bytes) -> Line | None:
    """What a line says: a whole drawing, or with "label" and "place" one digit of it; else None."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    names = ("drawing", "writer", "number", "recorded")
    if not all(_is_text(line.get(name)) for name in names) or not _is_text(line.get("device", "-")):
        return None
    strokes = line.get("strokes")
    if not (isinstance(strokes, list) and strokes and all(map(_is_path, strokes))):
        return None
    if "label" in line:
        label, place = line["label"], line.get("place")
        if not (isinstance(label, str) and label.isascii() and label.isdecimal()):
            return None
        if len(label) != 1 or type(place) is not int or not 0 <= place < len(line["number"]):
            return None
    return line


def set_aside(path: Path, sound: Sequence[bytes], damaged: Sequence[bytes]) -> Path:
    """Move a file's damaged lines to a file of its name in `damaged/`, which is returned.

    Raises:
        OSError: the disk is full, say; then all lines are where they were.
    """
    aside = path.parent / DAMAGED / path.name
    aside.parent.mkdir(exist_ok=True)
    append(aside, b"".join(damaged))
    rewrite(path, sound)
    return aside


def append(path: Path, content: bytes) -> None:
    """Add to a file, and see it on the disk; whole or not at all.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    is_new = not path.exists()
    with path.open("a+b", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        try:
            if before:
                file.seek(before - 1)
                content = content if file.read(1) == b"\n" else b"\n" + content
            written = file.write(content)
            if written != len(content):
                raise OSError(f"{path} took {written} of {len(content)} bytes: free space")
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(before)
            raise
    if is_new:
        _sync_folder(path.parent)


def rewrite(path: Path, lines: Sequence[bytes]) -> None:
    """Replace a file's lines, or remove it where none are left.

    Raises:
        OSError: it cannot be written; it is as it was.
    """
    if not lines:
        path.unlink()
        _sync_folder(path.parent)
        return
    with storage.replacing(path) as temporary:
        temporary.write_bytes(b"".join(lines))
    _sync_folder(path.parent)


def _is_text(value: Any) -> bool:
    # JSON may hold half of a surrogate pair, which no file and no answer can.
    return isinstance(value, str) and value.encode(errors="replace") == value.encode(
        errors="surrogatepass"
    )


def _is_path(stroke: Any) -> bool:
    return (
        isinstance(stroke, list)
        and bool(stroke)
        and all(
            isinstance(point, list) and len(point) == 2 and all(map(_is_coordinate, point))
            for point in stroke
        )
    )


def _is_coordinate(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e9 and math.isfinite(value)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
