"""Several numbers in one picture: ink that stands together is one number."""

import numpy as np
from numpy.typing import NDArray

from generator.errors import BadInput
from generator.strip import INK_LEVEL
from toolchain.reading.components import Components
from toolchain.reading.ink import BLANK, SPECK

SIDEWAYS = 0.8  # of the taller's height: a wider gap separates two numbers
UPWARDS = 0.25  # likewise, between lines
LOW = 0.2  # of the tallest number's height: what is lower is no number
MOST_PIECES = 2000  # more of about a size are texture, not writing; the largest are looked at

Box = tuple[int, int, int, int]


def separate_numbers(ink: NDArray[np.uint8]) -> list[tuple[NDArray[np.uint8], Box]]:
    """Each number's own ink, in reading order: line by line, left to right.

    Digits of one number stand less than `SIDEWAYS` of their height apart. What is lower than
    `LOW` of the tallest number is left out.

    Args:
        ink: uint8 [H, W], 0 = background, 255 = ink.

    Returns:
        For each number its ink, uint8 [h, w], and where that lies: left, top, right, bottom.

    Raises:
        BadInput: nothing is drawn, or more than `MOST_PIECES` pieces that are no specks.
    """
    pieces = Components(ink >= INK_LEVEL)
    if not len(pieces.areas):
        raise BadInput(BLANK)
    if np.count_nonzero(pieces.areas >= SPECK * pieces.areas.max()) > MOST_PIECES:
        raise BadInput(f"the picture holds over {MOST_PIECES:,} pieces of ink: cut out the numbers")
    large = np.sort(np.argsort(-pieces.areas, kind="stable")[:MOST_PIECES])
    group = _grouped(pieces.boxes[large])
    boxes = {int(name): _around(pieces.boxes[large[group == name]]) for name in np.unique(group)}
    tallest = max(bottom - top for _, top, _, bottom in boxes.values())
    names = np.full(len(pieces.areas), -1, np.int32)
    names[large] = group
    named = pieces.spread(names, -1)
    numbers = []
    for name in _in_order({n: b for n, b in boxes.items() if b[3] - b[1] >= LOW * tallest}):
        left, top, right, bottom = boxes[name]
        around = slice(top, bottom), slice(left, right)  # a whole picture for each is too much
        own = np.where(_with_soft_edge(named[around] == name), ink[around], 0)
        numbers.append((own, boxes[name]))
    return numbers


def _grouped(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Int64 [K]: the same name for pieces that stand together, directly or by way of others."""
    left, top, right, bottom = (side.astype(np.float32) for side in boxes.T)
    height = np.maximum.outer(bottom - top, bottom - top)
    gap_x = np.maximum.outer(left, left) - np.minimum.outer(right, right)
    gap_y = np.maximum.outer(top, top) - np.minimum.outer(bottom, bottom)
    near = (gap_x <= SIDEWAYS * height) & (gap_y <= UPWARDS * height)
    name = np.arange(len(boxes))
    while True:
        least = np.where(near, name, len(boxes)).min(1)
        if (least == name).all():
            return name
        while (least[least] != least).any():  # a long row's name goes from end to end at once
            least = least[least]
        name = least


def _around(boxes: NDArray[np.int64]) -> Box:
    left, top = boxes[:, :2].min(0)
    right, bottom = boxes[:, 2:].max(0)
    return int(left), int(top), int(right), int(bottom)


def _in_order(boxes: dict[int, Box]) -> list[int]:
    """Names line by line: a number belongs to a line if its middle is no lower than the line."""
    lines: list[list[int]] = []
    for name in sorted(boxes, key=lambda name: boxes[name][1] + boxes[name][3]):
        middle = (boxes[name][1] + boxes[name][3]) / 2
        if lines and middle < boxes[lines[-1][0]][3]:
            lines[-1].append(name)
        else:
            lines.append([name])
    return [name for line in lines for name in sorted(line, key=lambda name: boxes[name][0])]


def _with_soft_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask and its neighbours: the faint rim of a stroke belongs to it."""
    padded = np.pad(mask, 1)
    wide = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
    return np.asarray(wide[:-2] | wide[1:-1] | wide[2:])
