"""The rules of ruled and squared paper among what looks like ink.

A rule is thin, straight and long, however the sheet lies; no stroke of a digit is as long for its
breadth. Where a rule is paler than what counts as ink it is broken, and yet goes on: a stroke ends.
"""

import numpy as np
from numpy.typing import NDArray

from toolchain.reading.components import Components, runs

THIN = 30.0  # breadths: what is longer is a rule; the 1 of a thin pen is half as long
SHORT, STUBBY = 8, 3.0  # px, and breadths: what is shorter has no direction
MOST = 500  # pieces, the longest first, of which it is asked whether they go on
EDGE, REACH = 4, 24  # px beyond the end of a piece: its soft edge, and how far it is followed
TURNS = np.linspace(-0.1, 0.1, 9)  # radians by which its direction may be mistaken
AS_DARK = 0.5  # of the piece: so dark at least it goes on

Values = NDArray[np.float64]


def rules_among(marks: NDArray[np.bool_], drop: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Bool [H, W]: the marks that are of rules, also where these cross one another.

    Args:
        marks: bool [H, W], what looks like ink.
        drop: [H, W], darkness.
    """
    # Where rules cross, a pixel's longer run tells of which it is.
    level = _run_lengths(marks) >= _run_lengths(marks.T).T
    found = np.zeros_like(marks)
    for part in (marks & level, marks & ~level):
        pieces = Components(part)
        middle, long, broad, turn = _lines(pieces)
        rule = long >= THIN * broad
        asked = np.flatnonzero(~rule & (long >= np.maximum(SHORT, STUBBY * broad)))
        asked = asked[np.argsort(-long[asked], kind="stable")][:MOST]
        rule[asked] = _goes_on(drop, middle[asked], long[asked], broad[asked], turn[asked])
        found |= pieces.mask(rule)
    return found


def _lines(pieces: Components) -> tuple[Values, Values, Values, Values]:
    """Middle [K, 2] as x, y, length, breadth and direction of lines that spread as the pieces."""
    place = pieces.spread(np.arange(len(pieces.areas)), -1)
    y, x = (place >= 0).nonzero()
    piece = place[y, x]

    def mean(values: NDArray[np.int64]) -> Values:
        return np.asarray(np.bincount(piece, values, len(pieces.areas)) / pieces.areas)

    middle = np.stack([mean(x), mean(y)], 1)
    # The variance along a line of length a is a * a / 12, and so it is within a pixel.
    across = mean(x * x) - middle[:, 0] ** 2 + 1 / 12
    down = mean(y * y) - middle[:, 1] ** 2 + 1 / 12
    both = mean(x * y) - middle[:, 0] * middle[:, 1]
    half, around = (across + down) / 2, np.hypot((across - down) / 2, both)
    long, broad = np.sqrt(12 * (half + around)), np.sqrt(12 * np.maximum(half - around, 1 / 12))
    return middle, long, broad, np.arctan2(2 * both, across - down) / 2


def _goes_on(
    drop: NDArray[np.float32], middle: Values, long: Values, broad: Values, turn: Values
) -> NDArray[np.bool_]:
    """Whether lines go on beyond both of their ends, `AS_DARK` at least, or leave the picture."""
    high, wide = drop.shape

    def ridge(away: Values, turns: Values) -> tuple[Values, NDArray[np.bool_]]:
        """How much darker than beside it, [K, A], lines are `away` [K, S] px from their middle."""
        along = np.exp(1j * turns)[..., None]
        at = (middle @ (1, 1j))[:, None, None] + away[:, None] * along

        def seen(aside: Values | float) -> Values:
            place = at + 1j * along * aside
            row = np.clip(np.rint(place.imag), 0, high - 1).astype(int)
            column = np.clip(np.rint(place.real), 0, wide - 1).astype(int)
            return np.asarray(drop[row, column], np.float64)

        beside = (broad / 2 + EDGE)[:, None, None]
        on = np.maximum(seen(0.0), np.maximum(seen(-1.0), seen(1.0)))
        inside = (at.real >= 0) & (at.real < wide) & (at.imag >= 0) & (at.imag < high)
        return (on - (seen(beside) + seen(-beside)) / 2).mean(2), inside.all(2)

    own, _ = ridge(long[:, None] * np.linspace(-0.5, 0.5, REACH), turn[:, None])
    goes_on = np.ones(len(long), bool)
    for way in (-1, 1):
        away = way * (long[:, None] / 2 + EDGE + np.arange(REACH))
        dark, inside = ridge(away, turn[:, None] + TURNS)
        goes_on &= ((dark >= AS_DARK * own) | ~inside).any(1)
    return goes_on


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """[H, W]: how many pixels of its row each pixel of a mask hangs together with."""
    padded = np.pad(mask, ((0, 0), (0, 1)))
    first, last = runs(padded)
    long = np.zeros(padded.shape, np.int32)
    long[padded] = np.repeat(last - first, last - first)
    return long[:, :-1]
