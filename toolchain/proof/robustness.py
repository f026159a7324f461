"""Drawings as users make them: anywhere, of any size, with any brush, leaning; fitted, then read.

Numbers are written with pen strokes on a large canvas and take the way of a picture: ink is found,
fitted to the strip, read. Every kind draws the same numbers, so that only the kind differs.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from PIL import Image, ImageDraw

from generator.shards import number_text
from generator.strip import fit_ink
from generator.strokes import StrokeDigit
from toolchain.proof.slices import Slice, share_right
from toolchain.reading.ink import to_ink
from toolchain.reading.runtime import run_each

CANVAS = (400, 240)  # px
BORDER = 4  # px that stay free at the canvas' edge
FINE = 160  # digits are drawn at least this high, in px, and reduced: that smooths their edges
BATCH = 250

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Kind:
    """One way to draw a number.

    Attributes:
        height: of its digits in px, less where the number would not fit the canvas.
        brush: diameter, relative to the digits' height.
        lean: shear, heights to the right per height upwards.
        turn: degrees clockwise, every other number the other way.
        centred: in the middle of the canvas, else anywhere on it.
    """

    height: float = 80.0
    brush: float = 0.09
    lean: float = 0.0
    turn: float = 0.0
    centred: bool = True


# With digits 24 px high in the strip, the brushes are 2, 4.3 and 1.1 px thick.
KINDS = {
    "plain": Kind(),
    "off-centre": Kind(centred=False),
    "very small": Kind(height=16.0),
    "very large": Kind(height=10_000.0),
    "thick brush": Kind(brush=0.22),
    "thin brush": Kind(brush=0.05),
    "leaning left": Kind(lean=-0.35),
    "leaning right": Kind(lean=0.35),
    "rotated": Kind(turn=8.0),
}


class Writers:
    """Numbers in strokes: number i of seed s is a function of (s, i) alone.

    Args:
        digits: of any writers; each number takes those of one.
        seed: of the numbers.
    """

    def __init__(self, digits: Sequence[StrokeDigit], seed: int) -> None:
        self.seed = seed
        by_writer: dict[str, dict[int, list[StrokeDigit]]] = {}
        for digit in digits:
            by_writer.setdefault(digit.writer, {}).setdefault(digit.label, []).append(digit)
        self._writers = [by_writer[name] for name in sorted(by_writer)]

    def write(self, index: int) -> tuple[str, list[Points], NDArray[np.float64]]:
        """Text, strokes in heights of a digit, and two random numbers in 0..1 for the place."""
        chance = np.random.default_rng((self.seed, index))
        own = self._writers[chance.integers(len(self._writers))]
        length = int(chance.integers(1, 6))
        labels = chance.choice(sorted(own), length).tolist()
        if length > 1 and labels[0] == 0:  # no leading zero, unless the writer has nothing else
            labels[0] = int(chance.choice([label for label in sorted(own) if label] or [0]))
        strokes: list[Points] = []
        right = 0.0
        for label in labels:
            digit = own[label][chance.integers(len(own[label]))]
            points = np.concatenate(digit.strokes)
            low, high = points.min(0), points.max(0)
            wide, tall = np.maximum(high - low, 1e-6)
            # As high as its writer writes it; a flat digit by the height its width goes with.
            scale = np.clip(digit.relative_height, 0.6, 1.4) / max(tall, wide / 2)
            at = [right, 0.5 - tall * scale / 2 + chance.uniform(-0.08, 0.08)]
            strokes += [
                ((stroke - low) * scale + at).astype(np.float32) for stroke in digit.strokes
            ]
            right += wide * scale + chance.uniform(0.15, 0.4)
        return number_text(np.array(labels)), strokes, chance.random(2)


def draw(
    strokes: Sequence[Points], kind: Kind, place: NDArray[np.float64], odd: bool = False
) -> Image.Image:
    """A number on the canvas, dark on white.

    Args:
        strokes: float32 [points, 2] each, in heights of a digit, y pointing down.
        kind: how to draw it.
        place: two numbers in 0..1, where on the canvas it lies if it is not centred.
        odd: turn it the other way.
    """
    angle = math.radians(-kind.turn if odd else kind.turn)
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ [[1.0, -kind.lean], [0.0, 1.0]]
    moved = [stroke @ matrix.T for stroke in strokes]
    points = np.concatenate(moved)
    low, extent = points.min(0) - kind.brush / 2, np.ptp(points, 0) + kind.brush
    height = min(kind.height, *((np.array(CANVAS) - 2 * BORDER - 2) / extent))

    fine = max(1, math.ceil(FINE / height))
    scale = height * fine
    size = np.ceil(extent * height).astype(int) + 1
    ink = Image.new("L", (int(size[0]) * fine, int(size[1]) * fine), 255)
    pen, radius = ImageDraw.Draw(ink), kind.brush * scale / 2
    for stroke in moved:
        path = [(float(x), float(y)) for x, y in (stroke - low) * scale]
        pen.line(path, fill=0, width=max(1, round(2 * radius)))
        for x, y in path:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    canvas = Image.new("L", CANVAS, 255)
    free = np.array(CANVAS) - size - 2 * BORDER
    left, top = (BORDER + free * (0.5 if kind.centred else place)).astype(int)
    canvas.paste(ink.reduce(fine), (int(left), int(top)))
    return canvas


def measure(
    session: InferenceSession,
    writers: Writers,
    count: int,
    on_number: Callable[[int], None] = lambda done: None,
) -> list[Slice]:
    """Accuracy of each of `KINDS` on the same `count` numbers; the first is the plain one."""
    found: list[Slice] = []
    for name, kind in KINDS.items():
        right = []
        for first in range(0, count, BATCH):
            labels, strips = [], []
            for index in range(first, min(first + BATCH, count)):
                label, strokes, place = writers.write(index)
                labels.append(label)
                strips.append(fit_ink(to_ink(draw(strokes, kind, place, bool(index % 2)))))
                on_number(len(found) * count + index + 1)
            (digits,) = run_each(session, np.stack(strips)[:, None], ["digits"])
            texts = [number_text(row) for row in digits]
            right += [text == label for text, label in zip(texts, labels, strict=True)]
        found.append(share_right(name, np.array(right)))
    return found
