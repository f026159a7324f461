"""The strip: 32x128 pixels, white ink on black, one number, right-aligned.

Size, margin and the way from a drawing to a strip are defined here and nowhere else. Only NumPy
is needed, so that a server or a port can read this file alone.
"""

import numpy as np
from numpy.typing import NDArray

from generator.errors import BadInput

HEIGHT = 32
WIDTH = 128
MARGIN = 2  # columns kept free at the right of a fitted drawing
INK_HEIGHT = 24  # a fitted drawing is this high ...
INK_WIDTH = 124  # ... or this wide, whichever binds first
INK_LEVEL = 64  # a pixel from this level on belongs to the ink's bounding box

Image = NDArray[np.uint8]


def ink_box(ink: Image) -> tuple[int, int, int, int]:
    """Bounding box (left, top, right, bottom) of all pixels at `INK_LEVEL` or above.

    Args:
        ink: uint8 [H, W], 0 = background, 255 = ink.

    Raises:
        BadInput: nothing is drawn.
    """
    inked = ink >= INK_LEVEL
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    if not rows.size:
        raise BadInput("the picture holds no ink: draw or photograph a number first")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def fitting(box: tuple[int, int, int, int]) -> tuple[float, float, float]:
    """Where a drawing with this ink box lands: scale, and the box's left and top in the strip."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    scale = min(INK_HEIGHT / height, INK_WIDTH / width)
    return scale, WIDTH - MARGIN - width * scale, (HEIGHT - height * scale) / 2


def fit_ink(ink: Image) -> Image:
    """Fit a drawing of any size to a strip.

    The ink's bounding box is scaled to `INK_HEIGHT` (less where it would pass `INK_WIDTH`),
    centred vertically and aligned to the right. Every pixel of the strip is the mean of the
    drawing over the area that the pixel covers, so any port gets the same levels.

    Args:
        ink: uint8 [H, W], 0 = background, 255 = ink.

    Returns:
        uint8 [32, 128].

    Raises:
        BadInput: nothing is drawn.
    """
    left, top, right, bottom = place = ink_box(ink)
    box = ink[top:bottom, left:right].astype(np.float64)
    scale, first_column, first_row = fitting(place)
    down = coverage(HEIGHT, box.shape[0], scale, first_row)
    across = coverage(WIDTH, box.shape[1], scale, first_column)
    return np.floor(down @ box @ across.T + 0.5).astype(np.uint8)


def coverage(pixels: int, samples: int, scale: float, start: float) -> NDArray[np.float64]:
    """How samples of a drawing fill pixels, along one axis.

    Args:
        pixels: of the picture.
        samples: of the drawing.
        scale: pixels that one sample is long.
        start: where the first sample begins, in pixels.

    Returns:
        float64 [pixels, samples]: the share of each pixel that each sample covers.
    """
    edges = start + np.arange(samples + 1) * scale
    low = np.maximum(np.arange(pixels)[:, None], edges[None, :-1])
    high = np.minimum(np.arange(pixels)[:, None] + 1, edges[None, 1:])
    return np.asarray(np.clip(high - low, 0.0, 1.0))
