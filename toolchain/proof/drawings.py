"""A dozen drawings of numbers, our own: what golden vectors and demonstrations are made of.

Each digit is a few lines and arcs in a box of height 1, drawn with a round brush. No data set has
a part in them, so they may be shipped anywhere, and every port can be proved with them.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Path2D = list[tuple[float, float]]  # x, y; y points down


def _arc(x: float, y: float, wide: float, high: float, start: float, end: float) -> Path2D:
    """Part of an ellipse around (x, y), from `start` to `end` in degrees, 0 = right, 90 = down."""
    steps = max(2, int(abs(end - start) / 12))
    turns = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + wide * math.cos(turn), y + high * math.sin(turn)) for turn in turns]


# Width and strokes of each digit.
SHAPES: dict[str, tuple[float, list[Path2D]]] = {
    "0": (0.6, [_arc(0.3, 0.5, 0.3, 0.5, -80, 285)]),
    "1": (0.2, [[(0.0, 0.22), (0.2, 0.0), (0.18, 1.0)]]),
    "2": (0.6, [[*_arc(0.3, 0.28, 0.28, 0.28, 190, 395), (0.02, 0.98), (0.6, 0.96)]]),
    "3": (
        0.55,
        [[*_arc(0.24, 0.25, 0.28, 0.25, 210, 440), *_arc(0.24, 0.73, 0.31, 0.27, -85, 145)]],
    ),
    "4": (0.65, [[(0.4, 0.0), (0.0, 0.62), (0.65, 0.6)], [(0.47, 0.32), (0.45, 1.0)]]),
    "5": (
        0.6,
        [
            [(0.12, 0.04), (0.08, 0.44), *_arc(0.26, 0.68, 0.3, 0.31, -115, 140)],
            [(0.12, 0.04), (0.58, 0.0)],
        ],
    ),
    "6": (0.55, [[(0.42, 0.0), *_arc(0.28, 0.68, 0.27, 0.31, 195, -165)]]),
    "7": (0.55, [[(0.0, 0.04), (0.55, 0.0), (0.2, 1.0)]]),
    "8": (
        0.55,
        [[*_arc(0.27, 0.25, 0.22, 0.24, 80, -260), *_arc(0.27, 0.75, 0.27, 0.26, -90, 270)]],
    ),
    "9": (0.55, [[*_arc(0.27, 0.28, 0.25, 0.27, 0, -340), (0.54, 0.3), (0.44, 1.0)]]),
}


@dataclass(frozen=True)
class Drawing:
    """How one number is drawn; lengths in pixels of its canvas.

    Attributes:
        label: its digits.
        canvas: width and height.
        at: where the first digit's upper left corner lies.
        height: of the digits.
        brush: diameter of the round brush.
        gap: between digits, in heights.
        slant: how far a digit's top leans to the right, in heights.
    """

    label: str
    canvas: tuple[int, int]
    at: tuple[float, float]
    height: float
    brush: float
    gap: float = 0.25
    slant: float = 0.0

    def ink(self) -> NDArray[np.uint8]:
        """Uint8 [H, W], 0 = background, 255 = ink."""
        wide, high = self.canvas
        column = np.arange(wide)[None] + 0.5
        row = np.arange(high)[:, None] + 0.5
        level = np.zeros((high, wide))
        for start, end in self._segments():
            along = end - start
            squared = max(float(along @ along), 1e-12)
            share = ((column - start[0]) * along[0] + (row - start[1]) * along[1]) / squared
            share = np.clip(share, 0, 1)
            distance = np.hypot(
                column - start[0] - share * along[0], row - start[1] - share * along[1]
            )
            np.maximum(level, np.clip(self.brush / 2 - distance + 0.5, 0, 1), out=level)
        return np.asarray((level * 255 + 0.5).astype(np.uint8))

    def _segments(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        found, left = [], self.at[0]
        for digit in self.label:
            width, strokes = SHAPES[digit]
            for stroke in strokes:
                points = np.array(
                    [
                        (
                            left + (x + self.slant * (1 - y)) * self.height,
                            self.at[1] + y * self.height,
                        )
                        for x, y in stroke
                    ]
                )
                found += list(itertools.pairwise(points))
            left += (width + self.gap) * self.height
        return found


DRAWINGS = (
    Drawing("407", (400, 200), (60, 50), 100, 9),
    Drawing("7", (300, 300), (110, 60), 180, 16),
    Drawing("1", (64, 96), (30, 20), 50, 4),
    Drawing("0", (120, 120), (40, 30), 60, 7),
    Drawing("25", (30, 16), (2, 2), 11, 1.4),  # tiny: smaller than a strip
    Drawing("3816", (1200, 700), (110, 160), 340, 26),  # huge
    Drawing("69", (260, 220), (50, 40), 130, 30),  # a thick brush
    Drawing("90210", (1400, 220), (40, 60), 110, 8, gap=1.6),  # so wide that its width binds
    Drawing("58", (640, 480), (470, 360), 80, 6),  # in the lower right corner
    Drawing("14", (200, 140), (2, 2), 90, 8, slant=0.3),  # at the edge, leaning
    Drawing("100", (320, 140), (20, 20), 96, 3),  # a thin brush
    Drawing("77352", (700, 200), (30, 50), 90, 10, gap=0.15, slant=0.15),
)
