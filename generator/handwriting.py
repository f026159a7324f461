"""Procedural handwriting: writers who do not exist, for whoever has no digits of real ones.

A writer has habits: one way of writing each digit (`generator.skeletons`), a slant, a width, how
round the corners are, how far each point lies from the book. Every digit varies about these: its
points wander, the pen sets down and lifts off early or late, loops stay open or overlap.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.skeletons import SKELETONS, WAYS, Skeleton
from generator.strokes import Path2D, StrokeDigit

SOURCE = "procedural"
_STEPS = 7  # points of a curve between two of a skeleton's

# Standard deviations, in heights.
_HABIT = 0.035  # where a writer puts a point, against the skeleton
_WANDER = 0.022  # the same from digit to digit
_PLACE = 0.03  # where a second stroke goes, against the first
_ENDS = 0.07  # how much longer or shorter than drawn a stroke is, as a share of its end piece


@dataclass(frozen=True)
class _Writer:
    name: str
    habits: dict[int, Skeleton]
    slant: float
    width: float
    roundness: float


def handwritten(
    writers: int,
    each: int,
    seed: int = 0,
    wildness: float = 1.0,
    skeletons: Mapping[int, tuple[Skeleton, ...]] = SKELETONS,
) -> list[StrokeDigit]:
    """Digits of writers who do not exist.

    Args:
        writers: how many.
        each: digits 0..9 that every writer writes so many times.
        seed: same seed, same digits.
        wildness: times all variation within a way of writing; 0 is as in the book.
        skeletons: the ways of writing each label.

    Returns:
        writers * each digits of each label; their writers are named "procedural-SEED-0000" and
        so on.
    """
    digits = []
    for number in range(writers):
        # A writer is a function of seed and number, whoever else is asked for.
        random = np.random.default_rng((seed, number))
        writer = _writer(f"{SOURCE}-{seed}-{number:04d}", random, wildness, skeletons)
        digits += [
            StrokeDigit(label, writer.name, strokes, float(height), SOURCE)
            for label in skeletons
            for strokes, height in [_digit(writer, label, random, wildness) for _ in range(each)]
        ]
    return digits


def _writer(
    name: str,
    random: np.random.Generator,
    wildness: float,
    skeletons: Mapping[int, tuple[Skeleton, ...]],
) -> _Writer:
    habits = {}
    for label, ways in skeletons.items():
        odds = np.array(WAYS[: len(ways)])
        way = ways[random.choice(len(ways), p=odds / odds.sum())]
        habits[label] = tuple(
            tuple((x + dx, y + dy) for (x, y), (dx, dy) in zip(stroke, moves, strict=True))
            for stroke in way
            for moves in [_moves(stroke, random, _HABIT * wildness)]
        )
    slant, width = random.normal(0, 0.1 * wildness), np.exp(random.normal(0, 0.18 * wildness))
    return _Writer(name, habits, float(slant), float(width), float(random.uniform(0, 1)))


def _digit(
    writer: _Writer, label: int, random: np.random.Generator, wildness: float
) -> tuple[tuple[Path2D, ...], float]:
    paths = []
    for place, stroke in enumerate(writer.habits[label]):
        moves = _moves(stroke, random, _WANDER * wildness)
        offset = random.normal(0, _PLACE * wildness, 2) * (place > 0)
        points = np.array(stroke) + moves + offset
        path = _curve(points, np.array(stroke), writer.roundness * random.uniform(0, 1))
        path = _ended(path, random.normal(0, _ENDS * wildness, 2))
        path[:, 0] = path[:, 0] * writer.width - path[:, 1] * writer.slant
        paths.append(path.astype(np.float32))
    return tuple(paths), float(np.exp(random.normal(0, 0.08 * wildness)))


def _moves(
    stroke: tuple[tuple[float, float], ...], random: np.random.Generator, size: float
) -> NDArray[np.float64]:
    """Float64 [points, 2]; both halves of a corner move as one."""
    moves = random.normal(0, size, (len(stroke), 2))
    for index in range(1, len(stroke)):
        if stroke[index] == stroke[index - 1]:
            moves[index] = moves[index - 1]
    return moves


def _curve(
    points: NDArray[np.float64], skeleton: NDArray[np.float64], roundness: float
) -> NDArray[np.float64]:
    """A Catmull-Rom curve through the points, broken at corners; roundness 0..1 cuts corners."""
    corners = np.flatnonzero((np.diff(skeleton, axis=0) == 0).all(1)) + 1
    pieces = [_smooth(piece) for piece in np.split(points, corners)]
    for before, after in itertools.pairwise(pieces):
        # A hasty pen leaves for the next piece before it has reached the corner.
        corner = before[-1].copy()
        reach = 0.12 * roundness
        before[-1] += (before[-2] - corner) * min(1.0, reach * _STEPS / 2)
        after[0] += (after[1] - corner) * min(1.0, reach * _STEPS / 2)
    return np.concatenate(pieces)


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(points) < 2:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    before, start, end, after = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _ended(path: NDArray[np.float64], longer: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both ends of the path moved along their last direction, by a share of the height."""
    path = path.copy()
    for end, inner, by in (
        (0, min(3, len(path) - 1), longer[0]),
        (-1, -min(4, len(path)), longer[1]),
    ):
        direction = path[end] - path[inner]
        path[end] += direction / max(1e-6, float(np.hypot(*direction))) * by
    return path
