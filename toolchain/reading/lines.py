"""Lines of writing: which pieces of ink are one glyph, and which glyphs follow one another.

Lines may slope and bend. Of many slopes of the whole page the one is taken in which neighbours
stand most level and lines are fewest; in it each line is followed from left to right.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SMALL = 0.55  # of its neighbour's height: what is lower hangs on to a digit, and is none
ABOVE, BESIDE = 0.3, 0.15  # of that digit's height: how far above or below, and beside, it may hang
STEEPEST = 40  # degrees
LEVEL = 0.01  # cost of a degree of slope, in heights by which one neighbour stands off
FRESH = 0.6  # cost of one more line, likewise
OFF = 0.5  # heights from its line at most, and ...
OFF_FAR = 0.25  # ... more for every height of gap before it, ...
OFF_MOST = 0.95  # ... but no more than this
FAR = 0.1  # cost of a height of gap, in heights off the line: the nearer line is the likelier
MEMORY = 5  # glyphs of a line by which it is followed
STIFF = 1.5  # heights: points that lie within so much tell nothing of a slope
SEARCHED = 400  # glyphs for whose slope is searched; with more it is no writing

Boxes = NDArray[np.int64]  # [K, 4]: left, top, right, bottom


@dataclass
class Line:
    """Glyphs from left to right.

    Attributes:
        glyphs: indices.
        slope: of the page, down per px to the right, about which the line bends.
    """

    glyphs: list[int] = field(default_factory=list)
    slope: float = 0.0


def glyphs_of(boxes: Boxes) -> NDArray[np.int64]:
    """Int64 [K]: the same name for pieces of one glyph.

    A low piece belongs to the nearest higher one that it hangs above, below or in; pieces that
    stand in one another, and flat halves close above one another, are one.
    """
    left, top, right, bottom = (side.astype(np.float64) for side in boxes.T)
    high, wide = bottom - top, right - left
    gap_x = np.maximum.outer(left, left) - np.minimum.outer(right, right)
    gap_y = np.maximum.outer(top, top) - np.minimum.outer(bottom, bottom)
    taller, lower = np.maximum.outer(high, high), np.minimum.outer(high, high)
    narrower = np.minimum.outer(wide, wide)
    host = high[None] * SMALL > high[:, None]  # [piece, host]
    near = host & (gap_x <= BESIDE * taller) & (gap_y <= ABOVE * taller)
    away = np.where(near, np.hypot(np.maximum(gap_x, 0), np.maximum(gap_y, 0)), np.inf)
    parent = np.where(near.any(1), away.argmin(1), np.arange(len(boxes)))
    while (parent[parent] != parent).any():
        parent = parent[parent]
    flat = wide > 1.05 * high
    inside = (-gap_x >= 0.3 * narrower) & (-gap_y >= 0.5 * lower)
    halves = np.logical_and.outer(flat, flat) & (lower >= SMALL * taller)
    halves &= (-gap_x >= 0.6 * narrower) & (gap_y <= ABOVE * lower) & (gap_y > -0.5 * lower)
    root = parent == np.arange(len(boxes))
    near = (inside | halves) & np.logical_and.outer(root, root) | np.eye(len(boxes), dtype=bool)
    name = np.arange(len(boxes))
    while True:
        least = np.where(near, name, len(boxes)).min(1)
        if (least == name).all():
            return np.asarray(name[parent])
        name = least


def lines_of(boxes: Boxes) -> list[Line]:
    """The lines of a page's glyphs, from top to bottom."""
    slopes = [0.0]
    if 3 <= len(boxes) <= SEARCHED:
        cost = {degrees: _cost(boxes, degrees) for degrees in range(-STEEPEST, STEEPEST + 1, 4)}
        best = min(cost, key=lambda degrees: (cost[degrees], abs(degrees)))
        near = [best + step for step in range(-3, 4) if abs(best + step) <= STEEPEST]
        cost |= {degrees: _cost(boxes, degrees) for degrees in near}
        slopes = [math.tan(math.radians(min(cost, key=lambda each: (cost[each], abs(each)))))]
    lines = _joined(boxes, _followed(boxes, slopes[0]), slopes[0])
    middle = (boxes[:, 1] + boxes[:, 3] - slopes[0] * (boxes[:, 0] + boxes[:, 2])) / 2
    return sorted(lines, key=lambda line: float(np.mean(middle[line.glyphs])))


def slope_at(boxes: Boxes, line: Line, glyphs: list[int]) -> float:
    """Slope of a line where these of its glyphs stand, by them and their neighbours."""
    first, last = line.glyphs.index(glyphs[0]), line.glyphs.index(glyphs[-1])
    around = line.glyphs[max(0, first - 2) : last + 3] if len(glyphs) < 4 else glyphs
    x = (boxes[around, 0] + boxes[around, 2]) / 2
    y = (boxes[around, 1] + boxes[around, 3]) / 2 - line.slope * x
    high = float(np.median(boxes[around, 3] - boxes[around, 1]))
    return line.slope + _tilt(x.tolist(), y.tolist(), high)


def _tilt(x: list[float], y: list[float], high: float) -> float:
    """Slope of a line through points, drawn towards level where they lie close together."""
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((each - middle_x) ** 2 for each in x)
    both = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return both / (spread + (STIFF * high) ** 2)


def _followed(boxes: Boxes, slope: float) -> list[Line]:
    """Each glyph, from left to right, goes to the line that leads to it most nearly, or to none."""
    x = ((boxes[:, 0] + boxes[:, 2]) / 2).tolist()
    y = ((boxes[:, 1] + boxes[:, 3]) / 2 - slope * np.array(x)).tolist()
    high = (boxes[:, 3] - boxes[:, 1]).tolist()
    lines: list[Line] = []
    for glyph in sorted(range(len(x)), key=lambda each: x[each]):
        best, least = None, math.inf
        for line in lines:
            recent = line.glyphs[-MEMORY:]
            tall = max(high[each] for each in recent)
            # Low marks sit anywhere in their line: its digits tell where that is.
            told = [each for each in recent if high[each] >= SMALL * tall] or recent
            xs, ys = [x[each] for each in told], [y[each] for each in told]
            away = x[glyph] - sum(xs) / len(xs)
            expected = sum(ys) / len(ys) + _tilt(xs, ys, tall) * away
            tall = max(tall, high[glyph])
            gap = max(0.0, x[glyph] - xs[-1] - tall) / tall
            off = abs(y[glyph] - expected) / tall
            if off <= min(OFF + OFF_FAR * gap, OFF_MOST) and off + FAR * gap < least:
                best, least = line, off + FAR * gap
        if best is None:
            best = Line(slope=slope)
            lines.append(best)
        best.glyphs.append(glyph)
    return lines


def _cost(boxes: Boxes, degrees: float) -> float:
    """How badly a slope suits: heights by which neighbours stand off, and the lines that it needs.

    Low marks do not count.
    """
    slope = math.tan(math.radians(degrees))
    high = boxes[:, 3] - boxes[:, 1]
    tall = boxes[high >= SMALL * np.median(high)]
    lines = _followed(tall, slope)
    cost = LEVEL * abs(degrees) + FRESH * len(lines)
    for line in lines:
        own = tall[line.glyphs]
        y = (own[:, 1] + own[:, 3] - slope * (own[:, 0] + own[:, 2])) / 2
        size = own[:, 3] - own[:, 1]
        step = np.abs(np.diff(y)) / np.maximum(size[1:], size[:-1])
        cost += float(np.minimum(step, FRESH).sum())
    return cost


def _joined(boxes: Boxes, lines: list[Line], slope: float) -> list[Line]:
    """Lines of which one ends before the other begins, where it leads, are one."""
    apart = np.full((len(lines), len(lines)), np.inf)  # heights, from whose end to whose beginning

    def measure(line: int, others: Iterable[int]) -> None:
        for other in others:
            apart[line, other] = _apart(boxes, lines[line], lines[other], slope)
            apart[other, line] = _apart(boxes, lines[other], lines[line], slope)

    for line in range(len(lines)):
        measure(line, range(line))
    left = set(range(len(lines)))
    while (apart <= OFF_MOST).any():
        first, second = map(int, np.unravel_index(apart.argmin(), apart.shape))
        lines[first].glyphs += lines[second].glyphs
        left.remove(second)
        apart[second] = apart[:, second] = np.inf
        measure(first, left - {first})
    return [lines[line] for line in sorted(left)]


def _apart(boxes: Boxes, first: Line, second: Line, slope: float) -> float:
    """Heights by which the end of a line and the beginning of another miss one another."""
    ends = boxes[first.glyphs[-MEMORY:]], boxes[second.glyphs[:MEMORY]]
    if ends[0][:, 2].max() > ends[1][:, 0].min():
        return math.inf
    high = float(max((end[:, 3] - end[:, 1]).max() for end in ends))
    points = []
    for end in ends:
        x = (end[:, 0] + end[:, 2]) / 2
        points.append((x, (end[:, 1] + end[:, 3]) / 2 - slope * x))
    between = float(points[0][0].max() + points[1][0].min()) / 2
    (before, after) = (
        float(y.mean()) + _tilt(x.tolist(), y.tolist(), high) * (between - float(x.mean()))
        for x, y in points
    )
    return abs(before - after) / high
