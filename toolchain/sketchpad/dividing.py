"""A written number's strokes, divided into its digits where that can be told."""

from collections.abc import Sequence

import numpy as np

from toolchain.sketchpad.drawing import Stroke

OVERLAP = 0.35  # of the narrower one's width: strokes that share more belong to one digit
DOT = 0.1  # of the drawing's height: no stroke counts as narrower


def divide(strokes: Sequence[Stroke], count: int) -> list[list[Stroke]] | None:
    """The strokes of each digit, from left to right, or None where that cannot be told.

    Strokes that lie over one another, seen from above, make one digit. What then are not exactly
    `count` digits (they touch, or a digit was written in pieces side by side) is not divided:
    a wrong label is worse than none.
    """
    if count == 1:
        return [list(strokes)]
    points = np.concatenate([stroke.points for stroke in strokes])
    least = max(1e-6, DOT * float(np.ptp(points[:, 1])))
    groups: list[tuple[float, float, list[int]]] = []  # left, right, indices of strokes
    spans = [_span(stroke, least) for stroke in strokes]
    for index in sorted(range(len(strokes)), key=lambda index: spans[index]):
        left, right = spans[index]
        if groups and _together(groups[-1][:2], (left, right)):
            before = groups.pop()
            groups.append((before[0], max(before[1], right), [*before[2], index]))
        else:
            groups.append((left, right, [index]))
    if len(groups) != count:
        return None
    return [[strokes[index] for index in sorted(members)] for _, _, members in groups]


def _span(stroke: Stroke, least: float) -> tuple[float, float]:
    left, right = float(stroke.points[:, 0].min()), float(stroke.points[:, 0].max())
    spare = max(0.0, least - (right - left)) / 2
    return left - spare, right + spare


def _together(one: tuple[float, float], other: tuple[float, float]) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared > OVERLAP * min(one[1] - one[0], other[1] - other[0])
