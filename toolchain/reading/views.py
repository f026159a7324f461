"""How a number is shown to a network of strips: level, its wide gaps closed, in windows.

A network learns numbers of up to `DIGITS` digits that are level within a few degrees. A longer
number is cut into windows that overlap by two digits, of which each is read where it stands
further from a window's end.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.strip import INK_LEVEL
from toolchain.reading.boxes import Box
from toolchain.reading.layout_analysis import Number

DIGITS = 5  # in a window
STRIDE = 3  # digits from one window to the next
WIDE = 0.7  # heights: wider gaps are closed ...
CLOSED = 0.3  # ... to this
STEEP = math.tan(math.radians(9))  # slope above which a number is also shown level

Span = tuple[int, int]


@dataclass(frozen=True)
class View:
    """Ink of one number as the network is to see it.

    Attributes:
        ink: uint8 [h, w], upright.
        windows: first column and last but one of each, from left to right, overlapping.
        cuts: between each two windows the column up to which the left one is believed.
    """

    ink: NDArray[np.uint8]
    windows: tuple[Span, ...]
    cuts: tuple[int, ...]
    _columns: NDArray[np.int64]  # which column of the turned ink each column of `ink` was
    _turned: NDArray[np.float64]  # [2, 3], from turned ink to the number's
    _size: tuple[int, int]  # of the number's ink, height and width

    def back(self, box: Sequence[float]) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in `ink` -> around the same in the number's own ink."""
        left, top, right, bottom = box
        middle = self._column((left + right) / 2)
        left, right = middle - (right - left) / 2, middle + (right - left) / 2
        corners = np.array([[left, right, left, right], [top, top, bottom, bottom], [1, 1, 1, 1]])
        (x, y), (high, wide) = self._turned @ corners, self._size
        inside = [np.clip(x, 0, wide), np.clip(y, 0, high)]
        return (
            float(inside[0].min()),
            float(inside[1].min()),
            float(inside[0].max()),
            float(inside[1].max()),
        )

    def _column(self, column: float) -> float:
        place = int(np.clip(column, 0, len(self._columns) - 1))
        return float(self._columns[place]) + column - place


def as_it_is(ink: NDArray[np.uint8]) -> View:
    """All of the ink in one window."""
    return _view(ink, ((0, ink.shape[1]),), _UNTURNED, ink.shape, False)


def views_of(number: Number) -> list[View]:
    """One view, or of a steep number several, of which the surest reading is to be believed.

    The digits of a steep number stand upright on its line, or climb: it is turned, and sheared.
    """
    views = [_view(number.ink, number.glyphs, _UNTURNED, number.ink.shape)]
    if abs(number.slope) > STEEP and len(number.glyphs) > 1:
        away = math.hypot(1, number.slope)
        cos, sin = 1 / away, number.slope / away
        for matrix in ([[cos, -sin], [sin, cos]], [[1, 0], [number.slope, 1]]):
            turned, whole = _turned(number.ink, np.array(matrix))
            view = _view(turned, _columns_with_ink(turned), whole, number.ink.shape)
            # Turning softens: of a hair's breadth nothing may be left.
            if all((view.ink[:, a:b] >= INK_LEVEL).any() for a, b in view.windows):
                views.append(view)
    return views


_UNTURNED = np.array([[1.0, 0, 0], [0, 1.0, 0]])


def _view(
    ink: NDArray[np.uint8],
    glyphs: Sequence[Span],
    turned: NDArray[np.float64],
    size: tuple[int, ...],
    divide: bool = True,
) -> View:
    kept = np.ones(ink.shape[1], bool)
    spans, removed, end = [], 0, None
    inked = np.flatnonzero((ink >= INK_LEVEL).any(1))
    high = float(inked[-1] - inked[0] + 1) if inked.size else float(len(ink))
    for left, right in glyphs:
        if end is not None and left - end > WIDE * high:
            spare = left - end - round(CLOSED * high)
            start = end + (left - end - spare) // 2
            kept[start : start + spare] = False
            removed += spare
        spans.append((left - removed, right - removed))
        end = max(right, end or 0)
    columns = np.flatnonzero(kept)
    closed = np.ascontiguousarray(ink[:, columns])
    edges = _edges(closed, spans, high) if divide else [0, closed.shape[1]]
    count = len(edges) - 1
    starts = range(0, max(1, count - DIGITS + STRIDE), STRIDE)
    firsts = [max(0, min(start, count - DIGITS)) for start in starts]
    windows = tuple((edges[each], edges[min(each + DIGITS, count)]) for each in firsts)
    cuts = [edges[(second + first + DIGITS) // 2] for first, second in itertools.pairwise(firsts)]
    return View(closed, windows, tuple(cuts), columns, turned, (size[0], size[1]))


def _edges(ink: NDArray[np.uint8], spans: Sequence[Span], high: float) -> list[int]:
    """Columns between which one digit stands each, the picture's ends among them.

    What is wide is divided as into digits as wide as high: rather too few than too many.
    """
    amount = ink.sum(0, dtype=np.int64)
    reach = max(1, round(0.2 * high))

    def thinnest(column: float) -> int:
        low = max(0, round(column) - reach)
        part = amount[low : round(column) + reach + 1]
        least = np.flatnonzero(part == part.min()) + low
        return int(least[np.abs(least - column).argmin()])

    edges = [0]
    for number, (left, right) in enumerate(spans):
        if number:
            edges.append(round((spans[number - 1][1] + left) / 2))
        parts = max(1, int((right - left) / high + 0.3))
        edges += [thinnest(left + (right - left) * part / parts) for part in range(1, parts)]
    return sorted({*edges, ink.shape[1]})


def _turned(
    ink: NDArray[np.uint8], matrix: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The ink seen through a matrix [2, 2] that leads from its new place to its old one."""
    high, wide = ink.shape
    corners = np.linalg.inv(matrix) @ np.array([[0, wide, 0, wide], [0, 0, high, high]])
    low = np.floor(corners.min(1)) - 1
    size = np.ceil(corners.max(1) - low).astype(int) + 1
    whole = np.hstack([matrix, (matrix @ low)[:, None]])
    picture = Image.fromarray(ink).transform(
        (int(size[0]), int(size[1])),
        Image.Transform.AFFINE,
        tuple(whole.ravel()),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(picture), whole


def _columns_with_ink(ink: NDArray[np.uint8]) -> list[Span]:
    inked = (ink >= INK_LEVEL).any(0)
    steps = np.diff(inked.astype(np.int8), prepend=0, append=0)
    pairs = zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True)
    return [(int(left), int(right)) for left, right in pairs] or [(0, ink.shape[1])]


def joined(
    view: View, texts: Sequence[Sequence[tuple[float, str]]], sure: Sequence[float]
) -> tuple[list[tuple[int, int]], float]:
    """Which digits of which windows make up the number, and how sure that is.

    Args:
        view: with as many windows.
        texts: of each window its digits' middle columns, in the view's ink, and characters.
        sure: confidence of each window's reading.

    Returns:
        Window and place in it of each digit; a confidence of 0..1. Each window answers for the
        digits that are taken from it; where two read their common digits differently, one of
        them is wrong, so that the whole is no surer than even odds.
    """
    bounds = [-math.inf, *view.cuts, math.inf]
    taken: list[tuple[int, int]] = []
    confidence = 1.0
    for window, digits in enumerate(texts):
        own = [
            place
            for place, (column, _) in enumerate(digits)
            if bounds[window] <= column < bounds[window + 1]
        ]
        taken += [(window, place) for place in own]
        confidence *= sure[window] ** (len(own) / max(1, len(digits)) if own else 1.0)
    for window, (first, second) in enumerate(itertools.pairwise(texts)):
        start, end = view.windows[window + 1][0], view.windows[window][1]
        common = [
            [character for column, character in digits if start <= column < end]
            for digits in (first, second)
        ]
        if common[0] != common[1]:
            confidence = min(confidence, 0.5)
    return taken, confidence


def around(boxes: Sequence[Box]) -> Box:
    """The box around boxes, at least one."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
