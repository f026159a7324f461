"""Strips of numbers that are laid out: by compiled loops, or as `generator.sampling` draws.

Both are the same within one grey level.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generator import kernel
from generator.digits import DigitBank
from generator.errors import BadInput
from generator.flaws import DOTS
from generator.frames import Frames, framed_ink
from generator.layout import Placement
from generator.sampling import placed_ink
from generator.strip import HEIGHT, WIDTH

_FARTHEST = 1e9  # px and cells: what is computed of them stays a number


def placed_strips(
    bank: DigitBank, present: Tensor, glyphs: Tensor, placement: Placement, *, compiled: bool
) -> Tensor:
    """Strips uint8 [N, 1, 32, 128] of glyphs int64 [N, 5] where they are present, bool [N, 5].

    `compiled` asks for a bank in the CPU's memory.

    Raises:
        BadInput: compiled loops were asked to draw in a style so wild that they would compute
            beyond what numbers hold.
    """
    if not compiled:
        return _as_bytes(placed_ink(bank, present, glyphs, placement))
    one = (placement.x, placement.y)
    more = (placement.pace, placement.gain, placement.bias)
    place = torch.cat(
        [
            torch.stack(one, -1),
            placement.inverse,
            placement.sway,
            torch.stack(more, -1),
        ],
        -1,
    )
    if not (place[present].abs() < _FARTHEST).all():
        raise BadInput("the style is beyond what can be computed with: lower its largest values")
    strips = np.zeros((len(glyphs), HEIGHT, WIDTH), np.uint8)
    kernel.paint_placed(
        strips,
        (bank.pixels.numpy(), bank.boxes.numpy(), bank.drawn.numpy()),
        torch.where(present, glyphs, -1).numpy(),
        place.numpy(),
        _floats(placement.slit, glyphs.shape[1], 7),
        _floats(placement.dots, DOTS, 3),
    )
    return torch.from_numpy(strips)[:, None]


def framed_strips(
    bank: DigitBank, present: Tensor, glyphs: Tensor, frames: Frames, *, compiled: bool
) -> Tensor:
    """The same of numbers in frames."""
    if not compiled:
        return _as_bytes(framed_ink(bank, present, glyphs, frames))
    size = (frames.x, frames.y, frames.scale, frames.side)
    across, down = frames.shift.unbind(-1)
    middle_x, middle_y = frames.middle.unbind(-1)
    turned = (across, down, frames.turn, frames.cell, middle_x, middle_y, frames.pen)
    strips = np.zeros((len(glyphs), HEIGHT, WIDTH), np.uint8)
    kernel.paint_framed(
        strips,
        bank.pixels.numpy(),
        torch.where(present, glyphs, -1).numpy(),
        torch.stack([*size, *turned], -1).numpy(),
        frames.soft.contiguous().numpy(),
    )
    return torch.from_numpy(strips)[:, None]


def _as_bytes(ink: Tensor) -> Tensor:
    return (ink.clamp_(0, 1) * 255 + 0.5).to(torch.uint8)


def _floats(values: Tensor | None, *shape: int) -> NDArray[np.float32]:
    if values is None:
        return np.empty((0, *shape), np.float32)
    found: NDArray[np.float32] = values.contiguous().numpy()
    return found
