"""The square: 28x28 pixels, white ink on black, one digit placed as MNIST places its own.

MNIST's digits are fitted into 20x20 pixels and centred by their centre of mass (LeCun et al. 1998,
"Gradient-based learning applied to document recognition"). Only NumPy is needed, as for the strip.
"""

import numpy as np

from generator.strip import Image, coverage, ink_box

SIDE = 28
INK = 20  # the longer side of a fitted digit


def fit_digit(ink: Image) -> Image:
    """Fit a drawing of one digit, of any size, to a square.

    Args:
        ink: uint8 [H, W], 0 = background, 255 = ink.

    Returns:
        uint8 [28, 28].

    Raises:
        BadInput: nothing is drawn.
    """
    left, top, right, bottom = ink_box(ink)
    box = ink[top:bottom, left:right].astype(np.float64)
    scale = INK / max(box.shape)
    first = []
    for axis, length in enumerate(box.shape):
        mass = box.sum(1 - axis)
        middle = float(mass @ (np.arange(length) + 0.5) / mass.sum())
        # By the centre of mass, as far as the digit stays on the square.
        first.append(min(max(SIDE / 2 - middle * scale, 0.0), SIDE - length * scale))
    down = coverage(SIDE, box.shape[0], scale, first[0])
    across = coverage(SIDE, box.shape[1], scale, first[1])
    return np.floor(down @ box @ across.T + 0.5).astype(np.uint8)
