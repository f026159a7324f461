"""Digits from UNIPEN text: the UNIPEN collections, and UCI's pendigits-orig files.

A file lists pen strokes (`.PEN_DOWN`, lines of coordinates, `.PEN_UP`), its own or from files that
it includes, and segments that name the strokes of each character, counted from 0 through the whole
file (Guyon et al. 1994, "UNIPEN project of on-line data exchange and recognizer benchmarks").
y points up there and down here.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from generator.errors import BadInput
from generator.files import as_text, open_regular
from generator.strokes import MOST_POINTS, Path2D, StrokeDigit

LARGEST = 1 << 26  # bytes of one file and all that it includes
LONGEST_LINE = 1 << 16  # bytes
LONGEST_NAME = 200  # characters of an included file's
DEEPEST = 8  # includes within includes
MOST_INCLUDES = 1_000
MOST = 1 << 18  # strokes, and segments, of one file and all that it includes
MOST_POINTS_IN_ALL = 1 << 24  # of all its digits

_SEGMENT = re.compile(r'\.SEGMENT\s+(?:CHARACTER|DIGIT)\s+(\S+)\s+\S+\s+"(.*)"')
# Numbers are of a length that any computation can bear.
_RANGE = re.compile(r"(\d{1,9})(?::(\d{1,9}))?(?:-(\d{1,9})(?::(\d{1,9}))?)?$", re.ASCII)
_WRITER_IN_COMMENT = re.compile(r"\.COMMENT\s+(\d)\s+(\d{1,9})\s+\d+\s*$")  # label, writer, sample
_POINT = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,20})?)\s+(-?\d{1,9}(?:\.\d{1,20})?)(?!\d)", re.ASCII)


class _Segment(NamedTuple):
    where: str
    label: str
    writer: str


@dataclass
class _File:
    """What was read so far of a file and all that it includes."""

    strokes: list[Path2D] = field(default_factory=list)
    segments: list[_Segment] = field(default_factory=list)
    writer: str = ""
    includes: int = 0
    size: int = 0


def unipen_digits(path: Path) -> Iterator[StrokeDigit]:
    """The digits of one file, as they were written.

    Raises:
        BadInput: the file is damaged or too large, or one that it includes is missing.
    """
    file = _File()
    _parse(path, file, ())
    points = 0
    for segment in file.segments:
        if len(segment.label) == 1 and segment.label in "0123456789":
            strokes = _cut(segment.where, file.strokes, path)
            points += sum(map(len, strokes))
            if points > MOST_POINTS_IN_ALL:
                raise BadInput(f"the digits of {path} have over {points:,} points: split it")
            writer = as_text(segment.writer or file.writer or path.stem)
            yield StrokeDigit(int(segment.label), writer, strokes, 1.0, as_text(path.stem))


def _parse(path: Path, file: _File, within: tuple[Path, ...]) -> None:
    if path in within or len(within) > DEEPEST:
        raise BadInput(f"{path} is included within itself: mend its .INCLUDE lines")
    points: array[float] | None = None
    with open_regular(path) as opened:
        while line := opened.readline(LONGEST_LINE + 1).decode("latin-1"):
            file.size += len(line)
            _check(path, file, line)
            if points is not None and (point := _POINT.match(line)):
                points.extend((float(point[1]), -float(point[2])))
            elif line.startswith((".PEN_DOWN", ".PEN_UP")):
                _finish(points, file)
                points = array("f") if line.startswith(".PEN_DOWN") else None
            elif line.startswith(".INCLUDE"):
                file.includes += 1
                if included := _included(path, _named(line, path)):
                    _parse(included, file, (*within, path))
            elif segment := _SEGMENT.match(line):
                file.segments.append(_Segment(segment[1], segment[2], file.writer))
            elif comment := _WRITER_IN_COMMENT.match(line):
                if file.segments and file.segments[-1].label == comment[1]:
                    writer = f"{path.stem}-{comment[2]}"
                    file.segments[-1] = file.segments[-1]._replace(writer=writer)
            elif line.startswith(".WRITER_ID"):
                file.writer = f"{path.parent.name}-{_named(line, path)}"
    _finish(points, file)


def _check(path: Path, file: _File, line: str) -> None:
    """Refuse what would fill memory, or never end."""
    if len(line) > LONGEST_LINE:
        raise BadInput(f"{path} has a line of over {LONGEST_LINE:,} bytes: it is no UNIPEN text")
    if file.size > LARGEST:
        raise BadInput(f"{path} and what it includes are larger than {LARGEST >> 20} MiB: split it")
    if file.includes > MOST_INCLUDES:
        raise BadInput(f"{path} includes over {MOST_INCLUDES:,} files: split it")
    if max(len(file.strokes), len(file.segments)) > MOST:
        raise BadInput(f"{path} has over {MOST:,} strokes or segments: split it")


def _named(line: str, path: Path) -> str:
    """The word or words after a keyword."""
    word, *rest = line.split(maxsplit=1)
    if not rest:
        raise BadInput(f"{path} has an empty {word} line: delete it")
    return rest[0].strip()


def _finish(points: "array[float] | None", file: _File) -> None:
    if points:
        file.strokes.append(np.array(points, np.float32).reshape(-1, 2))


def _included(path: Path, name: str) -> Path | None:
    """The included file, beside `path` or in an `include` folder above it; None for a mere note."""
    if len(name) <= LONGEST_NAME and not Path(name).is_absolute() and ".." not in Path(name).parts:
        for folder in (path.parent, *(parent / "include" for parent in path.parents)):
            if (folder / name).is_file():
                return folder / name
    if name.endswith(".doc"):
        return None  # documentation: it holds no strokes
    name = name[:LONGEST_NAME]
    raise BadInput(f"{path} includes {name}, which is not there: keep a collection's folders whole")


def _cut(where: str, strokes: list[Path2D], path: Path) -> tuple[Path2D, ...]:
    """The strokes that `where` names: "3", "3-5", "3:10-5:20" (points), or several, by commas."""
    chosen: list[Path2D] = []
    points = 0
    for part in where.split(","):
        match = _RANGE.match(part)
        first = int(match[1]) if match else 0
        last = int(match[3] or first) if match else -1
        if not match or not first <= last < len(strokes):
            raise BadInput(f"{path} has no strokes {part[:40]!r}: its .SEGMENT lines do not fit it")
        pieces = strokes[first : min(last, first + MOST_POINTS) + 1]
        if match[4]:
            pieces[-1] = pieces[-1][: int(match[4]) + 1]
        if match[2]:
            pieces[0] = pieces[0][int(match[2]) :]
        chosen += [piece for piece in pieces if len(piece)]
        points += sum(map(len, pieces))
        if points > MOST_POINTS:
            raise BadInput(
                f"{path} has over {MOST_POINTS:,} points in strokes {where[:40]!r}: "
                "delete that .SEGMENT line"
            )
    if not chosen:
        raise BadInput(f"{path} has no points in strokes {where[:40]!r}: delete that .SEGMENT line")
    return tuple(chosen)
