"""Where drawings are kept: JSON lines in a folder that `--custom FOLDER` reads as it is.

Each digit of a drawing is a line in the stroke format, with more about where it comes from. One
server run writes one file, named by the server alone. A drawing is on the disk before it is
acknowledged; a line cut off by a crash is removed at the next start, and the page, which got no
answer for it, sends that drawing again. Drawings that could not be divided into digits are kept
whole in the folder `undivided`, which no training reads.
"""

import contextlib
import datetime
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from generator.errors import BadInput
from toolchain.sketchpad.dividing import divide
from toolchain.sketchpad.drawing import Drawing, Stroke

UNDIVIDED = "undivided"
SOURCE = "sketchpad"
MOST_BYTES = 500_000_000  # in one folder
FILES = f"{SOURCE}-*.jsonl"
_NEEDED = {"drawing", "writer", "number", "recorded", "strokes"}

Line = dict[str, Any]


class Store:
    """Drawings in a folder, safe for several threads and several servers at once.

    Args:
        folder: made if it is not there.

    Raises:
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / UNDIVIDED).mkdir(parents=True, exist_ok=True)
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        self._name = f"{SOURCE}-{now}-{secrets.token_hex(4)}.jsonl"
        self._lock = FileLock(folder / ".lock", timeout=10)
        self._cache: dict[Path, tuple[tuple[int, int], list[Line]]] = {}
        with self._lock:
            for path in self._files():
                _cut_unfinished(path)

    def add(self, drawing: Drawing) -> bool:
        """Keep a drawing; one that is there already is not kept twice.

        Returns:
            Whether it could be divided into digits, so that training can use it.

        Raises:
            BadInput: the folder is full.
            OSError: it could not be written; nothing of it is left.
        """
        digits = divide(drawing.strokes, len(drawing.number))
        path = self.folder / self._name if digits else self.folder / UNDIVIDED / self._name
        lines = _digit_lines(drawing, digits) if digits else [_whole_line(drawing)]
        content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        with self._lock:
            if all(drawing.id != line["drawing"] for line in self._lines()):
                if sum(file.stat().st_size for file in self._files()) > MOST_BYTES:
                    raise BadInput(f"the folder holds {MOST_BYTES} bytes: name another one")
                _append(path, content)
        return digits is not None

    def drawings(self, writer: str | None = None) -> list[Line]:
        """All drawings, the latest first.

        Returns:
            {"id", "number", "writer", "recorded", "divided", "strokes": [[[x, y], ...], ...]}.
        """
        with self._lock:
            lines = self._lines()
        found: dict[str, Line] = {}
        for line in lines:
            if writer is None or line["writer"] == writer:
                entry = found.setdefault(
                    line["drawing"],
                    {
                        "id": line["drawing"],
                        **{key: line[key] for key in ("number", "writer", "recorded")},
                        "divided": "label" in line,
                        "strokes": [],
                    },
                )
                entry["strokes"].extend(line["strokes"])
        return sorted(found.values(), key=lambda entry: entry["recorded"], reverse=True)

    def delete(self, id_: str) -> bool:
        """Remove a drawing from the disk; whether it was there."""
        with self._lock:
            for path in self._files():
                lines = self._of(path)
                rest = [line for line in lines if line["drawing"] != id_]
                if len(rest) < len(lines):
                    _rewrite(path, rest)
                    return True
        return False

    def _files(self) -> list[Path]:
        return sorted([*self.folder.glob(FILES), *(self.folder / UNDIVIDED).glob(FILES)])

    def _lines(self) -> list[Line]:
        return [line for path in self._files() for line in self._of(path)]

    def _of(self, path: Path) -> list[Line]:
        state = path.stat().st_mtime_ns, path.stat().st_size
        held = self._cache.get(path)
        if held is None or held[0] != state:
            held = state, list(_parsed(path))
            self._cache[path] = held
        return held[1]


def _digit_lines(drawing: Drawing, digits: list[list[Stroke]]) -> list[Line]:
    heights = [float(np.ptp(np.concatenate([s.points for s in d])[:, 1])) for d in digits]
    median = float(np.median(heights)) or 1.0
    return [
        {
            "label": label,
            # Among the digits of this drawing; what the writer does on other days is not known.
            "rel_h": round(height / median, 3) or 1.0,
            **_strokes(strokes),
            **_about(drawing),
            "place": place,
        }
        for place, (label, strokes, height) in enumerate(
            zip(drawing.number, digits, heights, strict=True)
        )
    ]


def _whole_line(drawing: Drawing) -> Line:
    return {**_strokes(drawing.strokes), **_about(drawing)}


def _strokes(strokes: list[Stroke] | tuple[Stroke, ...]) -> Line:
    return {
        "strokes": [np.round(stroke.points.astype(float), 1).tolist() for stroke in strokes],
        "times": [list(stroke.times) for stroke in strokes],
        "pointers": [stroke.pointer for stroke in strokes],
    }


def _about(drawing: Drawing) -> Line:
    return {
        "writer": drawing.writer,
        "source": SOURCE,
        "number": drawing.number,
        "drawing": drawing.id,
        "recorded": datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
    }


def _parsed(path: Path) -> Iterator[Line]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            content = json.loads(line)
            is_whole = content.keys() >= _NEEDED
        except (ValueError, AttributeError):
            is_whole = False
        if not is_whole:
            raise BadInput(f"{path}, line {number}: not a drawing; move the file away")
        yield content


def _append(path: Path, content: bytes) -> None:
    is_new = not path.exists()
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
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


def _rewrite(path: Path, lines: list[Line]) -> None:
    if not lines:
        path.unlink()
        _sync_folder(path.parent)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    _sync_folder(path.parent)


def _cut_unfinished(path: Path) -> None:
    """Remove what a crash left of the last drawing, if it is not whole."""
    content = path.read_bytes()
    kept = content[: content.rfind(b"\n") + 1]
    lines = kept.splitlines(keepends=True)
    last = json.loads(lines[-1]) if lines else {}
    if "label" in last and last["place"] + 1 < len(last["number"]):
        while lines and json.loads(lines[-1])["drawing"] == last["drawing"]:
            lines.pop()
        kept = b"".join(lines)
    if len(kept) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(kept))
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
