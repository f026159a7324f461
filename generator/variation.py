"""Other hands out of real ones: pen strokes bent, smoothed, cut short and set apart.

Some hundred writers are soon learnt by heart. A copy of a writer bends all digits by one smooth
field and every digit by another of its own; a later stroke may move against the first, an end may
be cut, corners may be rounded. Pixels bent so are the elastic distortions of Simard, Steinkraus and
Platt 2003, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis";
strokes keep their thickness, and can come apart.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generator.strokes import Path2D, StrokeDigit

_STEP = 0.06  # heights between two points of a path
_WAVES = 4  # plane waves a field is the sum of
_WAVE_NUMBER = 2.2  # radians a height, standard deviation: about one bend a digit
_HABIT = 0.0125  # amplitude of each wave in a writer's field, heights
_WANDER = 0.025  # the same in each digit's own
_PLACE = 0.03  # where a later stroke goes, heights
_CUT = 0.04  # share of a stroke that one end may lose
_SMOOTHINGS = (0, 0, 1, 1, 2)  # how often corners are rounded


class _Field:
    """A smooth random displacement of the plane."""

    def __init__(self, random: np.random.Generator, amplitude: float) -> None:
        self.waves = random.normal(0, _WAVE_NUMBER, (_WAVES, 2))
        self.phases = random.uniform(0, 2 * np.pi, _WAVES)
        self.moves = random.normal(0, amplitude, (_WAVES, 2))

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(points @ self.waves.T + self.phases) @ self.moves


def varied(digits: list[StrokeDigit], copies: int, seed: int = 0) -> list[StrokeDigit]:
    """The digits as other writers might write them; the given ones are not among them.

    Args:
        digits: real ones, all of one split: a copy belongs where its model does.
        copies: how many of each.
        seed: same seed, same copies.

    Returns:
        copies * len(digits) digits; copy 3 of writer "anna" is "anna~3".
    """
    found = []
    for copy in range(copies):
        random = np.random.default_rng((seed, copy))
        hands: dict[str, _Field] = {}
        for digit in digits:
            hand = hands.setdefault(digit.writer, _Field(random, _HABIT))
            strokes = _varied(digit.strokes, hand, random)
            found.append(replace(digit, writer=f"{digit.writer}~{copy}", strokes=strokes))
    return found


def _varied(
    strokes: tuple[Path2D, ...], hand: _Field, random: np.random.Generator
) -> tuple[Path2D, ...]:
    """The strokes, about the origin, their height the unit."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    width, height = high - low
    unit = max(height, width / 2, 1e-6)  # of a digit that lies flat, its width
    own = _Field(random, _WANDER)
    paths = []
    for place, stroke in enumerate(strokes):
        path = _resampled((stroke - (low + high) / 2) / unit)
        path = _smoothed(_cut(path, random), random.choice(_SMOOTHINGS))
        path += random.normal(0, _PLACE, 2) * (place > 0)
        paths.append((path + hand(path) + own(path)).astype(np.float32))
    return tuple(paths)


def _resampled(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points at even distances along the path, its two ends among them."""
    along = np.concatenate([[0], np.hypot(*np.diff(path, axis=0).T).cumsum()])
    count = int(np.ceil(along[-1] / _STEP)) + 1
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], 1)


def _cut(path: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    lost = int(abs(random.normal(0, _CUT)) * len(path))
    start = random.integers(0, lost, endpoint=True) if random.random() < 0.5 else 0
    return path[start : len(path) - lost + start]


def _smoothed(path: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Each inner point drawn towards its neighbours, so many times."""
    for _ in range(times):
        if len(path) > 2:
            inner = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
            path = np.concatenate([path[:1], inner, path[-1:]])
    return path
