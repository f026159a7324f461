"""Numbers drawn plainly, on any device: every digit looked up on the whole strip, in floats.

What a GPU draws with, and what `generator.kernel` is held against.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from generator.digits import DigitBank
from generator.flaws import cut, dot_ink
from generator.layout import Placement
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH


def placed_ink(bank: DigitBank, present: Tensor, glyphs: Tensor, placement: Placement) -> Tensor:
    """Ink float32 [N, 1, 32, 128] of glyphs int64 [N, 5] where they are present, bool [N, 5].

    Below 0 and above 1 where saturated.
    """
    strips = torch.zeros(len(glyphs), 1, HEIGHT, WIDTH, device=bank.device)
    for place in range(glyphs.shape[1]):
        rows = present[:, place].nonzero()[:, 0]
        if len(rows):
            at = rows, place
            ink, column, row = _sample(bank, glyphs[at], placement, at)
            if placement.slit is not None:
                ink = cut(ink, column, row, placement.slit[at])
            strips[rows] = torch.maximum(strips[rows], ink)
    for stray in () if placement.dots is None else placement.dots.unbind(1):
        rows = (stray[:, 2] > 0).nonzero()[:, 0]
        strips[rows] = torch.maximum(strips[rows], dot_ink(stray[rows]))
    return strips


def _sample(
    bank: DigitBank, glyphs: Tensor, placement: Placement, at: tuple[Tensor, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Ink float32 [M, 1, 32, 128] of glyphs int64 [M]; below 0 and above 1 where saturated.

    Also, where on the glyph's canvas every pixel lies: column and row float32 [M, 32, 128].
    """
    device = glyphs.device
    box = bank.boxes[glyphs]
    x, y, pace = placement.x[at], placement.y[at], placement.pace[at][:, None, None]
    dx = (torch.arange(WIDTH, device=device) + 0.5 - x[:, None])[:, None, :]  # [M, 1, 128]
    dy = (torch.arange(HEIGHT, device=device) + 0.5 - y[:, None])[:, :, None]  # [M, 32, 1]
    sideways, upwards, phase, other = placement.sway[at][:, :, None, None].unbind(1)
    # Each sways along the coordinate that the other leaves alone: one sine a row or column.
    dx, dy = (
        dx + sideways * (dy * pace + phase).sin(),
        dy + upwards * (dx * pace + other).sin(),
    )  # [M, 32, 128] each
    a, b, c, d = placement.inverse[at][:, :, None, None].unbind(1)
    middle_x, middle_y = ((box[:, i] + box[:, i + 2])[:, None, None] / 2 for i in (0, 1))
    column = a * dx + b * dy + middle_x
    row = c * dx + d * dy + middle_y
    around = torch.stack([column * (2 / CANVAS_WIDTH) - 1, row * (2 / CANVAS_HEIGHT) - 1], -1)
    canvas = bank.pixels[glyphs][:, None].float() / 255
    level = F.grid_sample(canvas, around, align_corners=False)
    gain, bias = (each[at][:, None, None, None] for each in (placement.gain, placement.bias))
    return level * gain + bias, column, row
