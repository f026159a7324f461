"""Frames: numbers whose digits stand in whole 28x28 pictures, as the earlier work lays them out.

Each digit is turned within its frame, which cuts off what leaves it, resized, and shifted with
wrap-around: ink that leaves on one side comes back on the other, as specks and short bars. Frames
stand side by side, apart or over each other, each a little up or down. `benchmarks/earlier.py`
tells the same for testing. Here, for learning, a label always shows in full: gaps are tightened
where a number would be cut off, and no digit vanishes under its neighbour.

All is one look-up from the strip's pixels through the frame to the glyph's canvas, so that what
wraps around comes by itself.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from generator.compiling import Bytes, Ints, compiled
from generator.digits import DigitBank
from generator.square import INK, SIDE
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH, REACH
from generator.touching import COVERED

# Random slots of each digit; "framed" and "soft" of the first place are the number's.
FRAME_SLOTS = ("framed", "writer", "across", "down", "gap", "drop", "pen", "soft")
# All in px of a frame before it is scaled to the strip, unless said otherwise.
TURN = 10.0  # degrees either way
SIZE = (0.9, 1.1)
SHIFT = 4.0  # either way, across and down
GAP = (-12.0, 10.0)  # between frames
DROP = 5.0  # either way; also half the room above and below the tallest frame
PEN = (1.5, 4.0)  # thickness, of digits of pen strokes
SOFT = 0.7  # at most
BORDER = 1.0  # px of the strip around all
_INK = (64, 230)  # least level of a stroke's inside: raster ink, closeness to a pen's path
_TALLEST = SIDE * SIZE[1]
_WINDOW = (
    math.ceil((HEIGHT - 2 * BORDER) * _TALLEST / (_TALLEST + 2 * DROP)) + 1
)  # px a frame takes


@dataclass(frozen=True)
class Frames:
    """How to sample every digit of N numbers through its frame; float32, px of the frame.

    Attributes:
        x: [N, 5], the frame's middle in px of the strip; also
        y: [N, 5].
        scale: [N, 5], px of the strip that one of the frame is.
        side: [N, 5], of the resized frame.
        shift: [N, 5, 2], across and down.
        turn: [N, 5], radians.
        cell: [N, 5], cells of the canvas that one px of the frame is before it is resized.
        middle: [N, 5, 2], what cell of the canvas lies in the frame's middle.
        pen: [N, 5], thickness before the frame is resized.
        soft: [N], how far each pixel is drawn to the mean of those around it, 0..1: pictures that
            are resampled thrice get soft.
    """

    x: Tensor
    y: Tensor
    scale: Tensor
    side: Tensor
    shift: Tensor
    turn: Tensor
    cell: Tensor
    middle: Tensor
    pen: Tensor
    soft: Tensor


def lay_frames(bank: DigitBank, present: Tensor, glyphs: Tensor, u: dict[str, Tensor]) -> Frames:
    """Place the frames of N numbers.

    Args:
        bank: the digits.
        present: bool [N, 5], packed to the left.
        glyphs: int64 [N, 5], how each is written.
        u: random slots [N, 5] by name: `FRAME_SLOTS`, "rotation" and "scale".
    """
    pen = PEN[0] + u["pen"] * (PEN[1] - PEN[0])
    pen = torch.where(bank.drawn[glyphs], pen, 0.0)
    size = SIZE[0] + u["scale"] * (SIZE[1] - SIZE[0])
    side, turn = SIDE * size, (u["rotation"] * 2 - 1) * (TURN * math.pi / 180)
    cell, middle, box = _in_frame(bank, glyphs, pen)
    across, down = ((u[name] * 2 - 1) * SHIFT for name in ("across", "down"))
    x, y, wide, high = box.unbind(-1)
    x = (x * turn.cos() - y * turn.sin()) * size + across
    half = (wide * turn.cos() + high * turn.sin().abs()) * size / 2
    free_left, free_right = ((side / 2 + sign * x - half) for sign in (1, -1))
    # What wraps around needs the whole frame.
    spare = torch.where((free_left < 0) | (free_right < 0), 0.0, free_left)

    # Gaps to each digit's right; a box is covered by a share of the narrower one's width at most.
    follows = F.pad(present[:, 1:], (0, 1))
    gap = GAP[0] + u["gap"] * (GAP[1] - GAP[0])
    narrower = 2 * torch.minimum(half, half.roll(-1, 1))
    least = -free_right.clamp(min=0) - free_left.clamp(min=0).roll(-1, 1) - COVERED * narrower
    least = torch.where(follows, least.clamp(min=GAP[0]), 0.0)
    gap = torch.where(follows, gap, 0.0).maximum(least)

    # As high as the strip has room for; gaps are tightened, then all is made smaller, to fit.
    tallest = torch.where(present, side, 0.0).amax(1)
    scale = (HEIGHT - 2 * BORDER) / (tallest + 2 * DROP)
    sides = torch.where(present, side, 0.0)
    free_wide = WIDTH - 2 * BORDER
    excess = (sides + gap).sum(1) - spare[:, 0] - free_wide / scale
    slack = (gap - least).sum(1)
    tighter = (excess.clamp(min=0) / slack.clamp(min=1e-6)).clamp(max=1)
    gap = gap - tighter[:, None] * (gap - least)
    advance = sides + gap
    scale = torch.minimum(scale, free_wide / (advance.sum(1) - spare[:, 0]))[:, None]
    to_the_right = advance.flip(1).cumsum(1).flip(1) - side / 2
    return Frames(
        x=WIDTH - BORDER - to_the_right * scale,
        y=HEIGHT / 2 + (u["drop"] * 2 - 1) * DROP * scale,
        scale=scale.expand_as(side),
        side=side,
        shift=torch.stack([across, down], -1),
        turn=turn,
        cell=cell,
        middle=middle,
        pen=pen,
        soft=SOFT * u["soft"][:, 0].square(),
    )


def _in_frame(bank: DigitBank, glyphs: Tensor, pen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How glyphs [N, 5] lie in frames: cell and middle as of `Frames`, and their ink's boxes.

    Boxes are [N, 5, 4]: middle from the frame's, width and height, px of the frame. MNIST's digits
    lie as they are; others are fitted as MNIST's were, by their longer side and centre of mass.
    """
    boxes, drawn = bank.boxes[glyphs], bank.drawn[glyphs]
    sides = boxes[..., 2:] - boxes[..., :2]
    between = (boxes[..., 2:] + boxes[..., :2]) / 2
    longest = sides.amax(-1)
    cell = torch.where(drawn, longest.clamp(min=1) / (INK - pen), longest.clamp(min=INK) / INK)
    mass = _centre_of_mass(bank, glyphs, torch.where(drawn, _INK[1], _INK[0]))
    # Never so far from the box's middle that the digit would leave its frame.
    room = (SIDE - INK) / 2 * cell[..., None]
    middle = between + (mass - between).clamp(-room, room)
    own = middle.new_tensor([CANVAS_WIDTH / 2, CANVAS_HEIGHT / 2])
    middle = torch.where((drawn | (longest > INK))[..., None], middle, own)
    px = cell[..., None]
    return cell, middle, torch.cat([(between - middle) / px, sides / px + pen[..., None]], -1)


def _centre_of_mass(bank: DigitBank, glyphs: Tensor, least: Tensor) -> Tensor:
    """The mean cell of those that have at least a level, in cells: float32 [N, 5, 2].

    Sums are of integers, so that every device finds the same. `least` is int64 [N, 5].
    """
    if bank.device.type == "cpu":
        sums = torch.empty(glyphs.numel(), 3, dtype=torch.int64)
        levels = least.flatten().to(torch.uint8).numpy()
        _ink_sums(bank.pixels.numpy(), glyphs.flatten().numpy(), levels, sums.numpy())
        count, across, down = sums.view(*glyphs.shape, 3).unbind(-1)
    else:
        inked = bank.pixels[glyphs] >= least[..., None, None]
        count = inked.sum((2, 3))
        across, down = (
            (inked.sum(axis) * torch.arange(n, device=count.device)).sum(2)
            for axis, n in ((2, CANVAS_WIDTH), (3, CANVAS_HEIGHT))
        )
    return torch.stack([across, down], -1) / count.clamp(min=1)[..., None] + 0.5


@compiled
def _ink_sums(pixels: Bytes, glyphs: Ints, least: Bytes, sums: Ints) -> None:
    """How many cells of each glyph have at least a level, and the sums of their columns and rows.

    Args:
        pixels: a bank's.
        glyphs: int64 [M].
        least: uint8 [M].
        sums: int64 [M, 3]; written.
    """
    for m in range(len(glyphs)):
        canvas = pixels[glyphs[m]]
        count, of_columns, of_rows = 0, 0, 0
        for row in range(CANVAS_HEIGHT):
            here, aside = np.int32(0), np.int32(0)
            for column in range(CANVAS_WIDTH):
                inked = np.int32(canvas[row, column] >= least[m])
                here += inked
                aside += inked * np.int32(column)
            count += int(here)
            of_columns += int(aside)
            of_rows += int(here) * row
        sums[m, 0], sums[m, 1], sums[m, 2] = count, of_columns, of_rows


def framed_ink(bank: DigitBank, present: Tensor, glyphs: Tensor, frames: Frames) -> Tensor:
    """Ink float32 [N, 1, 32, 128], 0..1, of glyphs int64 [N, 5] where they are present."""
    at = present.nonzero(as_tuple=True)
    x, y, scale, side, turn, cell, pen = (
        each[at][:, None, None]
        for each in (
            *(frames.x, frames.y, frames.scale, frames.side, frames.turn, frames.cell),
            frames.pen,
        )
    )  # [M, 1, 1]
    first = (x - side * scale / 2).floor().long().clamp(0, WIDTH - _WINDOW)
    columns = first + torch.arange(_WINDOW, device=x.device)  # [M, 1, window]
    rows = torch.arange(HEIGHT, device=x.device)[:, None]  # [32, 1]
    # From the strip to the frame, ...
    dx, dy = (columns + 0.5 - x) / scale, (rows + 0.5 - y) / scale
    inside = (dx.abs() <= side / 2) & (dy.abs() <= side / 2)
    # ... back to where each pixel was before its frame was shifted around, ...
    across, down = frames.shift[at][:, :, None, None].unbind(1)
    dx, dy = (
        ((d + side / 2 - shift).remainder(side) - side / 2) * (SIDE / side)
        for d, shift in ((dx, across), (dy, down))
    )
    # ... and turned.
    cos, sin = turn.cos(), turn.sin()
    dx, dy = cos * dx + sin * dy, cos * dy - sin * dx
    inside &= (dx.abs() <= SIDE / 2) & (dy.abs() <= SIDE / 2)
    middle_x, middle_y = frames.middle[at][:, :, None, None].unbind(1)
    column, row = dx * cell + middle_x, dy * cell + middle_y
    around = torch.stack([column * (2 / CANVAS_WIDTH) - 1, row * (2 / CANVAS_HEIGHT) - 1], -1)
    canvas = bank.pixels[glyphs[at]][:, None].float() / 255
    level = F.grid_sample(canvas, around, align_corners=False)[:, 0]
    # Raster ink is what it is; a pen of that radius paints radius - distance + 1/2.
    px = scale * side / SIDE
    reach = REACH * px / cell
    brushed = level * reach + (pen / 2 * px + 0.5 - reach).clamp(max=0)
    ink = torch.where(pen > 0, brushed, level).clamp(0, 1) * inside
    strips = ink.new_zeros(len(glyphs), HEIGHT * WIDTH)
    place = (at[0][:, None, None] * HEIGHT + rows) * WIDTH + columns
    strips.view(-1).scatter_reduce_(0, place.flatten(), ink.flatten(), "amax")
    strips = strips.view(-1, 1, HEIGHT, WIDTH)
    return strips.lerp(F.avg_pool2d(strips, 3, 1, 1), frames.soft[:, None, None, None])
