"""Pen strokes to ink, for reading: a round pen, as thick as people's pens look in a strip."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from generator.strip import INK_HEIGHT, INK_WIDTH

PEN = 1.8  # px of a strip; of 1.6 to 4.0 what reads best, with 1.6, on validation writers
DETAIL = 8  # px drawn for each px of the strip: fitting averages them, which smooths the edge


def draw_ink(strokes: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
    """Draw strokes as ink, ready for `generator.strip.fit_ink`.

    The pen's thickness follows the drawing's size, not the screen's: small writing on a large
    screen would else be all blot.

    Args:
        strokes: one or more, float32 [points, 2] as x, y in any unit, y pointing down.

    Returns:
        uint8 [H, W], 0 = background, 255 = ink, at most 208 x 1008.
    """
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    width, height = np.maximum(high - low, 1e-6)
    scale = DETAIL * min((INK_HEIGHT - PEN) / height, (INK_WIDTH - PEN) / width)
    if max(width, height) <= 1e-6:  # a dot has no size to scale
        scale = 1.0
    radius = round(DETAIL * PEN / 2)
    border = radius + DETAIL / 2
    size = [int(side * scale + 2 * border) + 1 for side in (width, height)]
    canvas = Image.new("L", (size[0], size[1]))
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes:
        path = [(float(x), float(y)) for x, y in (stroke - low) * scale + border]
        pen.line(path, fill=255, width=2 * radius + 1)
        for x, y in path:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(canvas)
