"""A canvas in a page: the part of a screenshot that numbers are drawn on.

A canvas is an upright rectangle, filled or framed, in which there is ink of its own.
"""

import numpy as np
from numpy.typing import NDArray

from toolchain.reading.components import Components

LEAST = 0.12  # of the picture's sides: a smaller rectangle is a button, or a digit
STRAIGHT = 0.85  # of a rectangle's sides is its own: corners may be round
FLAT = 0.3  # of a page's pixels are of its background's colour, of a photograph's they are not, ...
TWO = 0.75  # ... or so many of that or one other: a frame's border may be all of the background
FILLED = 0.4  # of a rectangle: below it is a frame
RIM = 2  # px at its edge that may be mixed

Box = tuple[int, int, int, int]


def canvas_in(distance: NDArray[np.int16], contrast: int) -> Box | None:
    """Where a page's largest canvas lies, its own frame left out: left, top, right, bottom.

    Args:
        distance: [H, W], 0..255, of each pixel's colour from the background's.
        contrast: from which distance on a pixel belongs to something.
    """
    if not _is_flat(distance):
        return None
    pieces = Components(distance >= contrast)
    high, wide = distance.shape
    left, top, right, bottom = pieces.boxes.T
    large = (right - left >= LEAST * wide) & (bottom - top >= LEAST * high)
    for piece in sorted(np.flatnonzero(large), key=lambda each: -_area(pieces.boxes[each])):
        own = np.zeros(len(pieces.areas), bool)
        own[piece] = True
        left, top, right, bottom = map(int, pieces.boxes[piece])
        mask = pieces.mask(own)[top:bottom, left:right]
        inset = _inset(mask)
        if inset is None:
            continue
        inner = mask[inset[1] : inset[3], inset[0] : inset[2]]
        around = left + inset[0], top + inset[1], left + inset[2], top + inset[3]
        within = distance[around[1] : around[3], around[0] : around[2]]
        whole = (right - left, bottom - top) == (wide, high)
        framed = mask.mean() < FILLED or whole
        # Ink of a frame's canvas differs from the page, that of a filled one from what fills it:
        # the inside of a loop does not.
        paper = 0 if framed else np.median(distance[top:bottom, left:right][mask])
        inked = (np.abs(within - paper) >= contrast) & ~inner
        if framed and inner.any():
            continue
        if inked.any() and inked.mean() < 0.5:
            return around
    return None


def _is_flat(distance: NDArray[np.int16]) -> bool:
    votes = np.bincount(distance.ravel(), minlength=256) / distance.size
    background = votes[: RIM + 1].sum()
    other = np.convolve(votes[RIM + 1 :], np.ones(2 * RIM + 1), "same").max()
    return bool(background >= FLAT or background + other >= TWO)


def _area(box: NDArray[np.int64]) -> int:
    return int((box[2] - box[0]) * (box[3] - box[1]))


def _inset(mask: NDArray[np.bool_]) -> Box | None:
    """The box inside a rectangle's frame, in px of its own; None where it is no rectangle.

    Of a filled rectangle a rim is left out.
    """
    high, wide = mask.shape
    sides = []
    for side in (mask.T, mask, mask.T[::-1], mask[::-1]):
        if side[: 2 * RIM].any(0).mean() < STRAIGHT:
            return None
        full = side.mean(1) >= STRAIGHT
        solid = int(np.argmin(full)) if not full.all() else len(full)
        sides.append(max(RIM, solid))
    filled = mask.mean() >= FILLED and sides[0] + sides[2] + 8 > wide
    if filled or (mask.mean() >= FILLED and max(sides) > 0.3 * min(high, wide)):
        sides = [RIM] * 4
    left, top, right, bottom = sides
    box = left, top, wide - right, high - bottom
    return box if box[2] - box[0] > 8 and box[3] - box[1] > 8 else None
