"""Importing digits from UNIPEN text: the UNIPEN collections, and UCI's pendigits-orig files.

A file lists pen strokes (`.PEN_DOWN`, lines of coordinates, `.PEN_UP`), its own or from files that
it includes, and segments that name the strokes of each character, counted from 0 through the whole
file (Guyon et al. 1994, "UNIPEN project of on-line data exchange and recognizer benchmarks").
y points up there and down here.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from generator import fonts
from generator.errors import BadInput
from generator.strokes import Path2D, StrokeDigit, read_strokes

LARGEST = 1 << 26  # bytes of one file
DEEPEST = 8  # includes within includes
TOLERANCE = 0.0035  # of the longer side: how far thinned strokes may lie from the original

_SEGMENT = re.compile(r'\.SEGMENT\s+(?:CHARACTER|DIGIT)\s+(\S+)\s+\S+\s+"(.*)"')
_RANGE = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?$")
_WRITER_IN_COMMENT = re.compile(r"\.COMMENT\s+(\d)\s+(\d+)\s+\d+\s*$")  # label, writer, sample
_POINT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)")


@dataclass
class _Segment:
    where: str
    label: str
    writer: str


@dataclass
class _File:
    strokes: list[Path2D] = field(default_factory=list)
    segments: list[_Segment] = field(default_factory=list)
    writer: str = ""


def import_digits(paths: Iterable[Path]) -> list[StrokeDigit]:
    """All digits in files and folders: UNIPEN text, or stroke files of our own format.

    Digits are thinned, scaled so that the longer side spans 0..1, and given their height relative
    to the median of their writer's digits.

    Raises:
        BadInput: a file is damaged or too large, an include is missing, or there are no digits.
    """
    found = [digit for path in paths for file in _files(path) for digit in _read(file)]
    if not found:
        raise BadInput("no digits in there: name UNIPEN files, pendigits-orig files or *.jsonl")
    heights: dict[str, list[float]] = defaultdict(list)
    for digit in found:
        heights[digit.writer].append(_height(digit))
    usual = {writer: statistics.median(each) or 1.0 for writer, each in heights.items()}
    return [
        replace(
            digit,
            strokes=_normalised(digit.strokes),
            relative_height=round(_height(digit) / usual[digit.writer], 3),
        )
        for digit in found
    ]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise BadInput(f"{path} does not exist: name a file or folder of digits")
    if path.is_file():
        return [path]
    # What a collection includes lies in folders of that name: those are no files of their own.
    inside = (file for file in sorted(path.rglob("*")) if file.is_file())
    return [file for file in inside if "include" not in file.relative_to(path).parts]


def _read(path: Path) -> Iterator[StrokeDigit]:
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        yield from read_strokes(path)
        return
    if path.name.endswith(fonts.SUFFIXES):
        yield from fonts.font_digits(path)
        return
    file = _File()
    _parse(path, file, 0)
    for segment in file.segments:
        if len(segment.label) == 1 and segment.label in "0123456789":
            strokes = _cut(segment.where, file.strokes, path)
            writer = segment.writer or file.writer or path.stem
            yield StrokeDigit(int(segment.label), writer, strokes, 1.0, path.stem)


def _parse(path: Path, file: _File, depth: int) -> None:
    if depth > DEEPEST:
        raise BadInput(f"{path} is included within itself: mend its .INCLUDE lines")
    if path.stat().st_size > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST >> 20} MiB: split it")
    points: list[tuple[float, float]] | None = None
    with path.open(encoding="latin-1") as lines:
        for line in lines:
            if points is not None and (point := _POINT.match(line)):
                points.append((float(point[1]), -float(point[2])))
            elif line.startswith((".PEN_DOWN", ".PEN_UP")):
                _finish(points, file)
                points = [] if line.startswith(".PEN_DOWN") else None
            elif line.startswith(".INCLUDE"):
                if included := _included(path, line.split(maxsplit=1)[1].strip()):
                    _parse(included, file, depth + 1)
            elif segment := _SEGMENT.match(line):
                file.segments.append(_Segment(segment[1], segment[2], file.writer))
            elif comment := _WRITER_IN_COMMENT.match(line):
                if file.segments and file.segments[-1].label == comment[1]:
                    file.segments[-1].writer = f"{path.stem}-{comment[2]}"
            elif line.startswith(".WRITER_ID"):
                file.writer = f"{path.parent.name}-{line.split(maxsplit=1)[1].strip()}"
    _finish(points, file)


def _finish(points: list[tuple[float, float]] | None, file: _File) -> None:
    if points:
        file.strokes.append(np.array(points, np.float32))


def _included(path: Path, name: str) -> Path | None:
    """The included file, beside `path` or in an `include` folder above it; None for a mere note."""
    if not Path(name).is_absolute() and ".." not in Path(name).parts:
        for folder in (path.parent, *(parent / "include" for parent in path.parents)):
            if (folder / name).is_file():
                return folder / name
    if name.endswith(".doc"):
        return None  # documentation: it holds no strokes
    raise BadInput(f"{path} includes {name}, which is not there: keep a collection's folders whole")


def _cut(where: str, strokes: list[Path2D], path: Path) -> tuple[Path2D, ...]:
    """The strokes that `where` names: "3", "3-5", "3:10-5:20" (points), or several, by commas."""
    chosen = []
    for part in where.split(","):
        match = _RANGE.match(part)
        first = int(match[1]) if match else 0
        last = int(match[3] or first) if match else -1
        if not match or not first <= last < len(strokes):
            raise BadInput(f"{path} has no strokes {part!r}: its .SEGMENT lines do not fit it")
        pieces = [stroke.copy() for stroke in strokes[first : last + 1]]
        if match[4]:
            pieces[-1] = pieces[-1][: int(match[4]) + 1]
        if match[2]:
            pieces[0] = pieces[0][int(match[2]) :]
        chosen += [piece for piece in pieces if len(piece)]
    if not chosen:
        raise BadInput(f"{path} has no points in strokes {where!r}: delete that .SEGMENT line")
    return tuple(chosen)


def _height(digit: StrokeDigit) -> float:
    return float(np.ptp(np.concatenate(digit.strokes)[:, 1]))


def _normalised(strokes: tuple[Path2D, ...]) -> tuple[Path2D, ...]:
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    side = float((high - low).max()) or 1.0
    free = (side - (high - low)) / 2
    return tuple(_thinned((stroke - low + free) / side) for stroke in strokes)


def _thinned(stroke: Path2D) -> Path2D:
    """Ramer (1972), Douglas and Peucker (1973): points that lie on a straight line are dropped."""
    keep = np.zeros(len(stroke), bool)
    keep[[0, -1]] = True
    pending = [(0, len(stroke) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        along = stroke[last] - stroke[first]
        away = stroke[first + 1 : last] - stroke[first]
        length = float(np.hypot(*along))
        if length < TOLERANCE:
            distance = np.hypot(away[:, 0], away[:, 1])
        else:
            distance = np.abs(along[0] * away[:, 1] - along[1] * away[:, 0]) / length
        furthest = int(distance.argmax())
        if distance[furthest] > TOLERANCE:
            keep[first + 1 + furthest] = True
            pending += [(first, first + 1 + furthest), (first + 1 + furthest, last)]
    return stroke[keep]
