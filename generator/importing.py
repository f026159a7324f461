"""Importing digits: UNIPEN text, handwriting fonts, our own stroke files, all in one format.

Digits are thinned, scaled so that the longer side spans 0..1, and given their height relative to
the median of their writer's digits.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from generator import fonts
from generator.errors import BadInput
from generator.folders import files_in
from generator.strokes import ENDINGS, Path2D, StrokeDigit, read_strokes
from generator.unipen import unipen_digits

TOLERANCE = 0.0035  # of the longer side: how far thinned strokes may lie from the original


def import_digits(
    paths: Iterable[Path], on_file: Callable[[int], None] = lambda done: None
) -> list[StrokeDigit]:
    """All digits in files and folders, whatever their format.

    Args:
        paths: UNIPEN text, fonts, or stroke files of our own format, and folders of these.
        on_file: called with how many files were read.

    Raises:
        BadInput: a file is damaged or too large, an include is missing, or there are no digits.
    """
    found: list[StrokeDigit] = []
    for done, file in enumerate(files_of(paths), 1):
        found += _read(file)
        on_file(done)
    if not found:
        raise BadInput(
            "no digits in there: name UNIPEN files, pendigits-orig files, fonts or *.jsonl"
        )
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


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files that `import_digits` reads for these files and folders.

    Raises:
        BadInput: a path does not exist.
    """
    return [file for path in paths for file in _files(path)]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise BadInput(f"{path} does not exist: name a file or folder of digits")
    if path.is_file():
        return [path]
    # What a collection includes lies in folders of that name: those are no files of their own.
    return [
        file for file in files_in(path, "**/*") if "include" not in file.relative_to(path).parts
    ]


def _read(path: Path) -> Iterator[StrokeDigit]:
    name = path.name.lower()
    if name.endswith(ENDINGS):
        return read_strokes(path)
    if name.endswith(fonts.SUFFIXES):
        return fonts.font_digits(path)
    return unipen_digits(path)


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
        # To the piece, not to the line through it: a pen that turns back goes beyond its ends.
        share = (away @ along / max(float(along @ along), 1e-12)).clip(0, 1)
        distance = np.hypot(*(away - share[:, None] * along).T)
        furthest = int(distance.argmax())
        if distance[furthest] > TOLERANCE:
            keep[first + 1 + furthest] = True
            pending += [(first, first + 1 + furthest), (first + 1 + furthest, last)]
    return stroke[keep]
