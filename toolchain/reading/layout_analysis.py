"""Several numbers in one picture: the glyphs of a line that stand together are one number."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.errors import BadInput
from generator.strip import INK_LEVEL
from toolchain.reading.components import Components
from toolchain.reading.ink import BLANK, SPECK
from toolchain.reading.lines import Boxes, Line, glyphs_of, lines_of, slope_at

APART = 0.8  # of the digits' height: a wider gap separates two numbers, but for the row's rhythm:
EVEN_APART = 1.6  # up to this, where all gaps of three digits and more are even, ...
EVEN = 2.0  # ... the widest at most so many times the narrowest, ...
EVEN_STEPS = 1.3  # ... or all steps from digit to digit are, likewise, ...
WIDEST = 1.6  # ... and nothing is wider than one digit, ...
NARROWEST = 0.5  # ... it is one number; and down to this, where gaps are of two kinds ...
TWO_KINDS = 2.2  # ... of which the wider are so many times as wide, they separate
TORN = 0.05  # a few narrower gaps are those between halves of a digit, and tell nothing
SHEET = 3  # lines of three digits and more, all of them further apart: single digits, no rhythm
TIGHT = 0.15  # all narrower gaps are alike
MARK = 0.4  # of the line's height: what is lower is a mark, between whose gaps there is no rhythm
LOW = 0.2  # of the tallest number's height: what is lower is no number
DIRT = 0.02  # of the piece around it: what is smaller is none
MOST_PIECES = 2000  # more of about a size are texture, not writing; the largest are looked at

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Number:
    """What stands together.

    Attributes:
        ink: uint8 [h, w], of this number alone.
        box: left, top, right, bottom in the ink that was given.
        glyphs: first and last column but one of each digit, or digits that touch, from left to
            right, in px of `ink`.
        slope: of its line there, down per px to the right.
        enclosed: loose pieces within one other piece, as eyes and mouth in a face. Digits have
            none: a loop is closed, or what is in it touches it.
    """

    ink: NDArray[np.uint8]
    box: Box
    glyphs: tuple[tuple[int, int], ...]
    slope: float = 0.0
    enclosed: int = 0


def separate_numbers(ink: NDArray[np.uint8], one: bool = False) -> list[Number]:
    """Each number with its own ink, in reading order: line by line, left to right.

    What is lower than `LOW` of the tallest number is left out.

    Args:
        ink: uint8 [H, W], 0 = background, 255 = ink.
        one: each line is one number, however wide its gaps.

    Raises:
        BadInput: nothing is drawn, or more than `MOST_PIECES` pieces that are no specks.
    """
    pieces = Components(ink >= INK_LEVEL)
    if not len(pieces.areas):
        raise BadInput(BLANK)
    if np.count_nonzero(pieces.areas >= SPECK * pieces.areas.max()) > MOST_PIECES:
        raise BadInput(f"the picture holds over {MOST_PIECES:,} pieces of ink: cut out the numbers")
    large = np.sort(np.argsort(-pieces.areas, kind="stable")[:MOST_PIECES])
    names, glyph = np.unique(glyphs_of(pieces.boxes[large]), return_inverse=True)
    boxes = np.array([_around(pieces.boxes[large[glyph == each]]) for each in range(len(names))])
    lines = lines_of(boxes)
    rhythm = not _is_sheet(boxes, lines)
    found = [(line, part) for line in lines for part in _parts(boxes, line, one, rhythm)]
    around = [_around(boxes[part]) for _, part in found]
    tallest = max(bottom - top for _, top, _, bottom in around)
    number_of = np.full(len(pieces.areas), -1, np.int32)
    for name, (_, part) in enumerate(found):
        number_of[large[np.isin(glyph, part)]] = name
    named = pieces.spread(number_of, -1)
    numbers = []
    for name, ((line, part), box) in enumerate(zip(found, around, strict=True)):
        left, top, right, bottom = box
        if bottom - top < LOW * tallest:
            continue
        place = slice(top, bottom), slice(left, right)  # a whole picture for each is too much
        own = np.where(_with_soft_edge(named[place] == name), ink[place], 0)
        spans = [(int(boxes[each, 0]) - left, int(boxes[each, 2]) - left) for each in part]
        mine = large[np.isin(glyph, part)]
        within = _enclosed(pieces.boxes[mine], pieces.areas[mine])
        slope = slope_at(boxes, line, part)
        numbers.append(Number(own, box, tuple(_merged(spans)), slope, within))
    return numbers


def _enclosed(boxes: Boxes, areas: NDArray[np.int64]) -> int:
    """The most pieces, dirt left out, that lie within the box of one other."""
    left, top, right, bottom = boxes.T
    inside = np.less.outer(left, left) & np.less.outer(top, top)
    inside &= np.greater.outer(right, right) & np.greater.outer(bottom, bottom)
    return int((inside & (areas[None] >= DIRT * areas[:, None])).sum(1).max())


def _is_sheet(boxes: Boxes, lines: list[Line]) -> bool:
    """Whether a page holds single digits, line after line."""
    apart = 0
    for line in lines:
        own = boxes[line.glyphs]
        gaps = _gaps(own) / np.median(own[:, 3] - own[:, 1])
        if len(gaps) and gaps.min() <= APART:
            return False
        apart += len(gaps) >= 2
    return apart >= SHEET


def _gaps(own: Boxes) -> NDArray[np.int64]:
    """Px from each glyph of a line, or one before it that reaches further, to the next."""
    return np.asarray(own[1:, 0] - np.maximum.accumulate(own[:, 2])[:-1])


def _parts(boxes: Boxes, line: Line, one: bool, rhythm: bool) -> list[list[int]]:
    """The glyphs of each number of a line."""
    if one:
        return [line.glyphs]
    own = boxes[line.glyphs]
    high = own[:, 3] - own[:, 1]
    counted = high >= MARK * np.median(high)
    limit = _limit(own[counted], float(np.median(high[counted]))) if rhythm else APART
    gaps = _gaps(own)
    local = np.maximum(np.median(high[counted]), np.maximum(high[1:], high[:-1]))
    parts: list[list[int]] = [[]]
    for glyph, new in zip(line.glyphs, [False, *(gaps > limit * local)], strict=True):
        if new:
            parts.append([])
        parts[-1].append(glyph)
    return parts


def _limit(own: Boxes, high: float) -> float:
    """Up to which gap, in heights, digits of a line are of one number."""
    gaps = _gaps(own) / high
    if len(gaps) < 2:
        return APART
    steps = np.diff(own[:, 0] + own[:, 2]) / 2 / high
    single = ((own[:, 2] - own[:, 0]) <= WIDEST * np.maximum(own[:, 3] - own[:, 1], high)).all()
    even = gaps.max() <= EVEN * gaps.min() or steps.max() <= EVEN_STEPS * steps.min()
    if single and even and gaps.min() > 0 and gaps.max() <= EVEN_APART:
        return math.inf
    torn = gaps < TORN
    if 2 * torn.sum() < (~torn).sum():  # where all digits touch, their gaps are of the first kind
        gaps = gaps[~torn]
    ordered = np.maximum(np.sort(gaps), TIGHT)
    times = ordered[1:] / ordered[:-1]
    times[(ordered[1:] < NARROWEST) | (ordered[:-1] > APART)] = 0
    widest = int(times.argmax())
    if times[widest] < TWO_KINDS:
        return APART
    return min(APART, float(ordered[widest] + ordered[widest + 1]) / 2)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Columns of glyphs, those of which one lies in the other taken together."""
    merged: list[tuple[int, int]] = []
    for left, right in sorted(spans):
        if merged and min(right, merged[-1][1]) - left >= 0.5 * min(
            right - left, merged[-1][1] - merged[-1][0]
        ):
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


def _around(boxes: Boxes) -> Box:
    left, top = boxes[:, :2].min(0)
    right, bottom = boxes[:, 2:].max(0)
    return int(left), int(top), int(right), int(bottom)


def _with_soft_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask and its neighbours: the faint rim of a stroke belongs to it."""
    padded = np.pad(mask, 1)
    wide = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
    return np.asarray(wide[:-2] | wide[1:-1] | wide[2:])
