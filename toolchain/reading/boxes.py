"""Where each digit of a read number stands in the strip, from the network's own scores."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.strip import INK_LEVEL, WIDTH

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Digit:
    """One digit of a number.

    Attributes:
        digit: its character.
        confidence: 0..1, the highest probability of this digit over its columns.
        box: left, top, right, bottom of its ink, in pixels of what was read. Digits that touch
            share the column of least ink between them as border.
    """

    digit: str
    confidence: float
    box: Box


def locate(log_probs: NDArray[np.float32], strip: NDArray[np.uint8], alphabet: str) -> list[Digit]:
    """The digits of a strip's best path, boxes in pixels of the strip.

    Args:
        log_probs: float32 [T, 11], natural logarithms; the last class is the blank.
        strip: uint8 [32, 128].
        alphabet: the character of each class but the blank.
    """
    best = log_probs.argmax(1)
    starts = np.flatnonzero(np.diff(best, prepend=-1) != 0)
    ends = np.append(starts[1:], len(best))
    found: list[tuple[str, float, float]] = []  # character, confidence, column
    for start, end in zip(starts, ends, strict=True):
        cls = int(best[start])
        if cls < len(alphabet):
            peak = start + int(log_probs[start:end, cls].argmax())
            column = (peak + 0.5) * WIDTH / len(best)
            found.append((alphabet[cls], float(np.exp(log_probs[peak, cls])), column))
    edges = _edges(strip, [column for _, _, column in found])
    return [
        Digit(character, sure, _tight(strip, left, right))
        for (character, sure, _), (left, right) in zip(
            found, itertools.pairwise(edges), strict=True
        )
    ]


def locate_places(
    log_probs: NDArray[np.float32], picture: NDArray[np.uint8], read: str
) -> list[Digit]:
    """The digits of a reading with one place a digit, boxes in pixels of the picture.

    Such a network does not say where it looked: its places share the ink's width alike.

    Args:
        log_probs: float32 [places, 10], natural logarithms.
        picture: uint8 [H, W].
        read: a digit for each place; of whole numbers it need not be the likeliest there.
    """
    inked = np.flatnonzero((picture >= INK_LEVEL).any(0))
    left, right = (int(inked[0]), int(inked[-1]) + 1) if inked.size else (0, picture.shape[1])
    step = (right - left) / len(log_probs)
    edges = _edges(picture, [left + (place + 0.5) * step for place in range(len(log_probs))])
    return [
        Digit(digit, float(np.exp(row[int(digit)])), _tight(picture, *pair))
        for digit, row, pair in zip(read, log_probs, itertools.pairwise(edges), strict=True)
    ]


def by_place(log_probs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of log_probs [1, 10 ** n] of whole numbers, those of each place alone: float32 [n, 10]."""
    count = round(np.log10(log_probs.size))
    odds = np.exp(log_probs.astype(np.float64)).reshape([10] * count)
    axes = range(count)
    each = [odds.sum(tuple(axis for axis in axes if axis != place)) for place in axes]
    return np.log(np.maximum(each, 1e-30)).astype(np.float32)


def _edges(strip: NDArray[np.uint8], columns: list[float]) -> list[int]:
    """Borders of the digits: the column of least ink, the middlemost one, between each two."""
    ink = strip.sum(0, dtype=np.int64)
    if not columns:
        return []
    cuts = [0]
    for left, right in itertools.pairwise(columns):
        low = max(cuts[-1] + 1, int(left))
        between = np.arange(low, max(low + 1, int(right) + 1)).clip(max=strip.shape[1] - 1)
        least = between[ink[between] == ink[between].min()]
        cuts.append(int(least[np.abs(least - (left + right) / 2).argmin()]))
    return [*cuts, strip.shape[1]]


def _tight(strip: NDArray[np.uint8], left: int, right: int) -> Box:
    part = strip[:, left:right] >= INK_LEVEL
    rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
    if not rows.size:
        return left, 0, right, len(strip)
    return left + int(columns[0]), int(rows[0]), left + int(columns[-1]) + 1, int(rows[-1]) + 1
