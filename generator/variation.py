"""Other hands out of real ones: pen strokes bent, smoothed, cut short and set apart.

Some hundred writers are soon learnt by heart. A copy of a writer bends all digits by one smooth
field and every digit by another of its own; a later stroke may move against the first, corners may
be rounded. Pixels bent so are the elastic distortions of Simard, Steinkraus and Platt 2003, "Best
Practices for Convolutional Neural Networks Applied to Visual Document Analysis"; strokes keep their
thickness, and can come apart.

Nor do two hands stop alike: one lifts the pen early, another goes on along the curve, so that a 3
nearly closes its belly, or leaves a hook where the pen sets down or lifts off. That is the writer's
habit, as are how wide the digits are, how much wider at the foot, how high their waist, and how
much the hand trembles.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from generator.strokes import Path2D, StrokeDigit

_STEP = 0.06  # heights between two points of a path
_WAVES = 4  # plane waves a field is the sum of
_WAVE_NUMBER = 2.2  # radians a height, standard deviation: about one bend a digit
_WANDER = 0.025  # amplitude of each wave in a digit's own field, heights
_PLACE = 0.03  # where a later stroke goes, heights
_SMOOTHINGS = (0, 0, 1, 1, 2)  # how often corners are rounded

# A writer's habits: standard deviations.
_HABIT = 0.0125  # amplitude of each wave in a writer's field, heights
_WIDTH = 0.12  # logarithm of how much wider
_TAPER = 0.1  # how much wider at the foot than in the middle, as a share
_WAIST = 0.03  # how much lower the middle lies, heights
_START = 0.05  # how much earlier a stroke begins, heights
_END = 0.14  # how much further it goes on
_EACH = 0.04  # how much both differ from stroke to stroke

_CUT = 0.1  # share of a stroke that an end may lose
_ON = 0.3  # by how much of its length a stroke may go on at an end, and
_FURTHEST = 0.28  # how far, heights
_BEND = 6  # steps at an end that tell how it curves
_TURN = 0.3  # radians a step that it goes on turning by, at most
_HOOKS = 0.5  # share of writers who leave hooks,
_HOOKED = 0.5  # of their strokes' ends that have one
_HOOK = (0.03, 0.13)  # how long, heights
_SHARP = (1.0, 2.6)  # radians that it turns by
_TREMBLES = 0.4  # share of writers whose hand trembles, and
_TREMOR = 0.02  # how far at most, standard deviation in heights
_SMOOTH_TREMOR = 4  # steps over which it is averaged, at most


class _Field:
    """A smooth random displacement of the plane."""

    def __init__(self, random: np.random.Generator, amplitude: float) -> None:
        self.waves = random.normal(0, _WAVE_NUMBER, (_WAVES, 2))
        self.phases = random.uniform(0, 2 * np.pi, _WAVES)
        self.moves = random.normal(0, amplitude, (_WAVES, 2))

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sin(points @ self.waves.T + self.phases) @ self.moves


class _Hand:
    """A writer's habits, which all digits of a copy share."""

    def __init__(self, random: np.random.Generator) -> None:
        self.field = _Field(random, _HABIT)
        self.width = float(np.exp(random.normal(0, _WIDTH)))
        self.taper = random.normal(0, _TAPER)
        self.waist = random.normal(0, _WAIST)
        self.ends = random.normal(0, (_START, _END))
        self.hooks = _HOOKED * (random.random() < _HOOKS)
        self.side = random.choice((-1, 1))
        self.tremor = _TREMOR * random.random() * (random.random() < _TREMBLES)
        self.slow = int(random.integers(1, _SMOOTH_TREMOR, endpoint=True))

    def shaped(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points about the origin, their height the unit, moved as this writer would."""
        x, y = points.T
        x = x * self.width * (1 + 2 * self.taper * y)
        return np.stack([x, y + self.waist * (1 - 4 * y**2).clip(0)], 1)


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
        hands: dict[str, _Hand] = {}
        for digit in digits:
            if digit.writer not in hands:
                hands[digit.writer] = _Hand(random)
            hand = hands[digit.writer]
            strokes = _varied(digit.strokes, hand, random)
            found.append(replace(digit, writer=f"{digit.writer}~{copy}", strokes=strokes))
    return found


def _varied(
    strokes: tuple[Path2D, ...], hand: _Hand, random: np.random.Generator
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
        path = _smoothed(_ended(path, hand, random), random.choice(_SMOOTHINGS))
        path = hand.shaped(path) + _trembling(len(path), hand, random)
        path += random.normal(0, _PLACE, 2) * (place > 0)
        paths.append((path + hand.field(path) + own(path)).astype(np.float32))
    return tuple(paths)


def _resampled(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points at even distances along the path, its two ends among them."""
    along = np.concatenate([[0], np.hypot(*np.diff(path, axis=0).T).cumsum()])
    count = int(np.ceil(along[-1] / _STEP)) + 1
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], 1)


def _ended(
    path: NDArray[np.float64], hand: _Hand, random: np.random.Generator
) -> NDArray[np.float64]:
    """Both ends as the hand would have them; a dot stays a dot."""
    steps = len(path) - 1
    further = hand.ends + random.normal(0, _EACH, 2)
    further = further.clip(-_CUT * steps * _STEP, min(_FURTHEST, _ON * steps * _STEP))
    hooked = random.random(2) < hand.hooks
    for end, (by, hook) in enumerate(zip(further, hooked, strict=True)):
        path = path[::-1]  # first the start, then the end
        if steps < 2:
            continue
        path = _further(path, round(float(by) / _STEP))
        if hook:
            length = random.uniform(*_HOOK) * min(1.0, steps * _STEP)
            turn = (hand.side if end else -hand.side) * random.uniform(*_SHARP)
            angle = _directions(path)[-1] + turn
            tip = path[-1] + length * np.array([np.cos(angle), np.sin(angle)])
            path = np.concatenate([path, tip[None]])
    return path


def _further(path: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """The path with so many steps more at its end, along its curve; below 0, fewer."""
    if steps <= 0:
        return path[: len(path) + steps]
    angles = np.unwrap(_directions(path[-_BEND - 1 :]))
    turn = ((angles[-1] - angles[0]) / max(1, len(angles) - 1)).clip(-_TURN, _TURN)
    ahead = angles[-1] + turn * np.arange(1, steps + 1)
    moves = _STEP * np.stack([np.cos(ahead), np.sin(ahead)], 1)
    return np.concatenate([path, path[-1] + moves.cumsum(0)])


def _directions(path: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = np.diff(path, axis=0).T
    return np.arctan2(y, x)


def _trembling(points: int, hand: _Hand, random: np.random.Generator) -> NDArray[np.float64]:
    """Moves of a path's points, those of neighbours alike where the hand is slow: [points, 2]."""
    moves = random.normal(0, hand.tremor, (points + hand.slow - 1, 2))
    means = np.lib.stride_tricks.sliding_window_view(moves, hand.slow, 0).mean(2)
    return means * hand.slow**0.5


def _smoothed(path: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Each inner point drawn towards its neighbours, so many times."""
    for _ in range(times):
        if len(path) > 2:
            inner = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
            path = np.concatenate([path[:1], inner, path[-1:]])
    return path
