"""Whole pages of numbers as people write and show them, with all that stands on them known.

Page i of seed s is a function of (s, i) alone. Rows are laid out in heights of a digit, bent and
turned as a whole, and drawn with a round pen on white, on photographed paper, or on the canvas of
a screenshot.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from generator.strokes import StrokeDigit
from toolchain.proof.paper import grained, light, ruled

SIZE = (1280, 960)  # px
FREE = 0.07  # of each side stays free
FINE = 2  # drawn this much larger and reduced: that smooths the edges
TALLEST = 130.0  # px; digits are no higher

Points = NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """One way to fill a page. Lengths are in heights of a digit, ranges are even.

    Attributes:
        rows, row: rows of the page, numbers of a row.
        digits: of a number.
        inside: gap between digits of a number, the same all along it but for a tenth.
        between: gap between numbers.
        leading: free height between rows.
        slope: degrees, up or down.
        bend: how far a row's middle lies off the line through its ends, of the row's length.
        shown: on what it is written.
    """

    rows: tuple[int, int] = (1, 4)
    row: tuple[int, int] = (1, 4)
    digits: tuple[int, int] = (1, 5)
    inside: Range = (0.12, 0.35)
    between: Range = (1.0, 2.0)
    leading: Range = (0.5, 1.2)
    slope: Range = (0, 1)
    bend: Range = (0, 0)
    shown: str = "white"


KINDS = {
    "sloping rows": Kind(slope=(3, 12), row=(2, 4)),
    "steep number": Kind(slope=(15, 38), rows=(1, 1), row=(1, 1), digits=(3, 5)),
    "curved rows": Kind(bend=(0.03, 0.08), row=(2, 4)),
    "tight lines": Kind(leading=(0.18, 0.4), rows=(2, 5), row=(1, 3)),
    "spaced numbers": Kind(inside=(0.7, 1.2), rows=(1, 2), row=(1, 1), digits=(3, 10)),
    "long numbers": Kind(digits=(6, 12), rows=(1, 3), row=(1, 1)),
    "ruled paper": Kind(shown="ruled"),
    "squared paper": Kind(shown="squared"),
    "deep shadow": Kind(shown="shadow"),
    "faint pencil": Kind(shown="pencil"),
    "screenshot": Kind(shown="screenshot", rows=(1, 2), row=(1, 2)),
    "sheet of digits": Kind(
        digits=(1, 1), rows=(3, 3), row=(5, 5), between=(1.8, 2.6), leading=(0.8, 1.6)
    ),
}


@dataclass(frozen=True)
class Page:
    """A page, what is written on it in reading order, and where.

    Attributes:
        picture: RGB.
        numbers: row by row, from left to right.
        boxes: left, top, right, bottom of each number in px.
    """

    picture: Image.Image
    numbers: tuple[str, ...]
    boxes: tuple[tuple[int, int, int, int], ...]


class Pages:
    """Pages of a seed.

    Args:
        digits: of any writers; each page takes those of one who wrote every digit.
        seed: of the pages.
    """

    def __init__(self, digits: Sequence[StrokeDigit], seed: int) -> None:
        self.seed = seed
        by_writer: dict[str, dict[int, list[StrokeDigit]]] = {}
        for digit in digits:
            by_writer.setdefault(digit.writer, {}).setdefault(digit.label, []).append(digit)
        self._writers = [own for _, own in sorted(by_writer.items()) if len(own) == 10]

    def __call__(self, index: int, kind: Kind) -> Page:
        """Page `index` of a kind."""
        chance = np.random.default_rng((self.seed, index))
        own = self._writers[chance.integers(len(self._writers))]
        numbers: list[str] = []
        strokes: list[list[Points]] = []  # of each number
        lowest = 0.0
        inside = chance.uniform(*kind.inside)
        for _ in range(_count(kind.rows, chance)):
            row = [_number(own, kind, inside, chance) for _ in range(_count(kind.row, chance))]
            right, written = 0.0, []
            for text, paths in row:
                numbers.append(text)
                written.append([path + np.array((right, 0.0)) for path in paths])
                right += np.concatenate(paths)[:, 0].max() + chance.uniform(*kind.between)
            every = np.concatenate(list(itertools.chain(*written)))
            down = lowest - every[:, 1].min()
            strokes += [[path + np.array((0.0, down)) for path in paths] for paths in written]
            lowest = every[:, 1].max() + down + chance.uniform(*kind.leading)
        return _drawn(numbers, _bent(strokes, kind, chance), kind.shown, chance)


def _count(bounds: tuple[int, int], chance: np.random.Generator) -> int:
    return int(chance.integers(bounds[0], bounds[1] + 1))


def _number(
    own: dict[int, list[StrokeDigit]], kind: Kind, inside: float, chance: np.random.Generator
) -> tuple[str, list[Points]]:
    """Text and strokes, their left at 0, the middle of a line at 0.5."""
    labels = chance.integers(0, 10, _count(kind.digits, chance)).tolist()
    if len(labels) > 1:
        labels[0] = labels[0] or 1
    paths: list[Points] = []
    right = 0.0
    for label in labels:
        digit = own[label][chance.integers(len(own[label]))]
        points = np.concatenate(digit.strokes).astype(np.float64)
        low, high = points.min(0), points.max(0)
        wide, tall = np.maximum(high - low, 1e-6)
        # As high as its writer writes it; a flat digit by the height its width goes with.
        scale = np.clip(digit.relative_height, 0.75, 1.25) / max(tall, wide / 1.2)
        at = [right, 0.5 - tall * scale / 2 + chance.uniform(-0.06, 0.06)]
        paths += [(stroke - low) * scale + at for stroke in digit.strokes]
        right += wide * scale + inside * chance.uniform(0.9, 1.1)
    return "".join(map(str, labels)), paths


def _bent(
    strokes: list[list[Points]], kind: Kind, chance: np.random.Generator
) -> list[list[Points]]:
    every = np.concatenate(list(itertools.chain(*strokes)))
    low, high = every.min(0), every.max(0)
    middle, half = (low + high) / 2, max((high[0] - low[0]) / 2, 1e-6)
    angle = math.radians(chance.uniform(*kind.slope)) * chance.choice((-1, 1))
    bend = chance.uniform(*kind.bend) * chance.choice((-1, 1)) * 2 * half
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    def moved(path: Points) -> Points:
        away = path - middle
        away[:, 1] += bend * (1 - (away[:, 0] / half) ** 2)
        return np.asarray(away @ turn.T)

    return [[moved(path) for path in paths] for paths in strokes]


def _drawn(
    numbers: list[str], strokes: list[list[Points]], shown: str, chance: np.random.Generator
) -> Page:
    if shown == "screenshot":
        area = np.array([chance.uniform(0.35, 0.6), chance.uniform(0.3, 0.6)]) * SIZE
        start = (np.array(SIZE) - area) * [chance.uniform(0.1, 0.9), chance.uniform(0.3, 0.9)]
    else:
        area, start = np.array(SIZE, float), np.zeros(2)
    thick = chance.uniform(0.07, 0.13)
    every = np.concatenate(list(itertools.chain(*strokes)))
    low, extent = every.min(0) - thick, np.ptp(every, 0) + 2 * thick
    height = min(TALLEST * chance.uniform(0.5, 1.0), *(area * (1 - 2 * FREE) / extent))
    spare = area - extent * height
    place = start + spare * (0.5 + (chance.random(2) - 0.5) * (1 - 2 * FREE))
    at = [[(path - low) * height + place for path in paths] for paths in strokes]
    around = [np.concatenate(paths) for paths in at]
    radius = thick * height / 2
    sides = [(*(each.min(0) - radius), *(each.max(0) + radius)) for each in around]
    boxes = tuple((round(a), round(b), round(c), round(d)) for a, b, c, d in sides)
    ink = _inked(list(itertools.chain(*at)), radius, shown == "pencil", chance)
    return Page(_SHOWN[shown](ink, (*start, *(start + area)), chance), tuple(numbers), boxes)


def _inked(
    paths: list[Points], radius: float, faint: bool, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Ink float32 [H, W], 0..1: even, or of a pencil that presses harder here than there."""
    sheet = Image.new("L", (SIZE[0] * FINE, SIZE[1] * FINE))
    pen, wide = ImageDraw.Draw(sheet), radius * FINE
    for path in paths:
        level = 255.0
        pressed = chance.uniform(0.45, 1.0, 2) if faint else (1.0, 1.0)
        for step, (first, second) in enumerate(itertools.pairwise([path[0], *path])):
            share = step / len(path)
            level = 255 * (pressed[0] * (1 - share) + pressed[1] * share)
            x, y = second * FINE
            pen.line([*map(float, first * FINE), x, y], round(level), max(1, round(2 * wide)))
            pen.ellipse((x - wide, y - wide, x + wide, y + wide), fill=round(level))
    return np.asarray(sheet.reduce(FINE), np.float32) / np.float32(255)


def _white(ink: NDArray[np.float32], _: object, chance: np.random.Generator) -> Image.Image:
    dark = chance.uniform(0, 70, 3)
    return _picture(255 * (1 - ink[..., None]) + dark * ink[..., None])


def _photograph(
    ink: NDArray[np.float32],
    chance: np.random.Generator,
    squared: bool | None = None,
    pressed: Range = (0.75, 1.0),
    deepest: float = 0.4,
) -> Image.Image:
    sheet = grained(SIZE, chance)
    if squared is not None:
        sheet = ruled(sheet, chance, squared)
    strength = (ink * chance.uniform(*pressed))[..., None]
    lit = (sheet * (1 - strength) + chance.uniform(20, 80, 3) * strength) * light(
        SIZE, chance, deepest
    )[..., None]
    blurred = _picture(lit).filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.2)))
    return _picture(np.asarray(blurred) + chance.normal(0, chance.uniform(1, 5), lit.shape))


def _screenshot(
    ink: NDArray[np.float32], canvas: Sequence[float], chance: np.random.Generator
) -> Image.Image:
    """A dark canvas in a white page, with a heading, a line of text and a button."""
    page = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(page)
    left, top, right, bottom = map(round, canvas)
    pen.text((left, top - 70), "Draw a number", "black", ImageFont.load_default(34))
    pen.rounded_rectangle((left, bottom + 14, left + 140, bottom + 58), 8, fill=(40, 90, 200))
    pen.text((left + 36, bottom + 22), "Clear", "white", ImageFont.load_default(24))
    dark = chance.uniform(0, 60, 3)
    pen.rectangle((left, top, right, bottom), fill=tuple(dark.astype(int)))
    return _picture(np.asarray(page) * (1 - ink[..., None]) + 245 * ink[..., None])


def _picture(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


_SHOWN = {
    "white": _white,
    "screenshot": _screenshot,
    "ruled": lambda ink, _, chance: _photograph(ink, chance, squared=False),
    "squared": lambda ink, _, chance: _photograph(ink, chance, squared=True),
    "shadow": lambda ink, _, chance: _photograph(ink, chance, deepest=0.75),
    "pencil": lambda ink, _, chance: _photograph(ink, chance, pressed=(0.3, 0.6)),
}
