"""Where drawings are kept: JSON lines in a folder that `--custom FOLDER` reads as it is.

Each digit of a drawing is a line in the stroke format, with more about where it comes from. One
server run writes one file, named by the server alone. A drawing is on the disk before it is
acknowledged; a line cut off by a crash is set aside at the next start, as is whatever else is no
line of ours, and the page, which got no answer for it, sends that drawing again. Drawings that
could not be divided into digits are kept whole in the folder `undivided`, which no training reads.
"""

import datetime
import json
import secrets
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock

from generator.errors import BadInput
from generator.storage import partials
from toolchain.sketchpad.dividing import divide
from toolchain.sketchpad.drawing import Drawing, Stroke
from toolchain.sketchpad.lines import Line, append, read_lines, rewrite, set_aside

UNDIVIDED = "undivided"
SOURCE = "sketchpad"
MOST_BYTES = 500_000_000  # in one folder
FILES = f"{SOURCE}-*.jsonl"


class Store:
    """Drawings in a folder, safe for several threads and several servers at once.

    Args:
        folder: made if it is not there.
        say: told what lines were set aside.

    Raises:
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self.folder, self._say = folder, say
        (folder / UNDIVIDED).mkdir(parents=True, exist_ok=True)
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
        self._name = f"{SOURCE}-{now}-{secrets.token_hex(4)}.jsonl"
        self._lock = FileLock(folder / ".lock", timeout=10)
        self._cache: dict[Path, tuple[tuple[int, int], list[Line]]] = {}
        with self._lock:
            self._lines()
            for left in [each for path in self._files() for each in partials(path)]:
                left.unlink()  # of a server that was killed

    def add(self, drawing: Drawing, device: str | None = None) -> bool:
        """Keep a drawing; one that is there already is not kept twice.

        Args:
            drawing: what was written.
            device: who sent it, where that is told apart; None is this computer.

        Returns:
            Whether it could be divided into digits, so that training can use it.

        Raises:
            BadInput: the folder is full.
            OSError: it could not be written; nothing of it is left.
        """
        digits = divide(drawing.strokes, len(drawing.number))
        path = self.folder / self._name if digits else self.folder / UNDIVIDED / self._name
        lines = _digit_lines(drawing, digits) if digits else [_whole_line(drawing)]
        lines = [line | {"device": device} for line in lines] if device is not None else lines
        content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        with self._lock:
            if all(drawing.id != line["drawing"] for line in self._lines()):
                if sum(file.stat().st_size for file in self._files()) > MOST_BYTES:
                    raise BadInput(f"the folder holds {MOST_BYTES} bytes: name another one")
                held = self._of(path) if path.exists() else []
                append(path, content)
                self._cache[path] = _state(path), [*held, *lines]
        return digits is not None

    def drawings(self, writer: str | None = None, device: str | None = None) -> list[Line]:
        """All drawings, or those of a writer, or of a device, or of both; the latest first.

        Returns:
            {"id", "number", "writer", "recorded", "divided", "strokes": [[[x, y], ...], ...]}.
        """
        with self._lock:
            lines = self._lines()
        found: dict[str, Line] = {}
        for line in lines:
            if writer in (None, line["writer"]) and _is_of(line, device):
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

    def delete(self, id_: str, device: str | None = None) -> bool:
        """Remove a drawing from the disk; whether it was there, and that device's if one is named.

        Raises:
            OSError: it could not be written; all is as it was.
        """
        with self._lock:
            for path in self._files():
                if any(line["drawing"] == id_ and _is_of(line, device) for line in self._of(path)):
                    lines, _ = read_lines(path)
                    rewrite(path, [raw for raw, line in lines if line["drawing"] != id_])
                    return True
        return False

    def _files(self) -> list[Path]:
        inside = [*self.folder.glob(FILES), *(self.folder / UNDIVIDED).glob(FILES)]
        return sorted(path for path in inside if path.is_file())

    def _lines(self) -> list[Line]:
        return [line for path in self._files() for line in self._of(path)]

    def _of(self, path: Path) -> list[Line]:
        held = self._cache.get(path)
        if held is None or held[0] != _state(path):
            sound, damaged = read_lines(path)
            if damaged:
                aside = set_aside(path, [raw for raw, _ in sound], damaged)
                self._say(f"{path}: damaged lines, {len(damaged)} in all, are set aside in {aside}")
            held = _state(path), [line for _, line in sound]
            self._cache[path] = held
        return held[1]


def _state(path: Path) -> tuple[int, int]:
    """When a file was written last, and its size; none is left of one that held no sound line."""
    about = path.stat() if path.exists() else None
    return (about.st_mtime_ns, about.st_size) if about else (0, 0)


def _is_of(line: Line, device: str | None) -> bool:
    return device is None or line.get("device") == device


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
