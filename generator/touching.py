"""Digits that just touch: how near two of them come before their ink meets."""

from typing import Literal

import torch
from torch import Tensor

from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH

COVERED = 0.35  # of a digit's width that a neighbour's box may take, where digits overlap freely
_INK = (128, 230)  # least level of a stroke's inside: raster ink, closeness to a pen's path


def outline(canvas: Tensor, box: Tensor, drawn: Tensor, side: Literal["left", "right"]) -> Tensor:
    """The outermost point of each glyph's path or ink on one side, in every row of its canvas.

    Args:
        canvas: uint8 [N, 40, 64].
        box: float32 [N, 4].
        drawn: bool [N].
        side: which.

    Returns:
        float32 [N, 40, 2], x and y in cells from the middle of the box; NaN in empty rows.
    """
    inked = canvas >= torch.where(drawn, _INK[1], _INK[0])[:, None, None]
    if side == "left":
        column = inked.int().argmax(2) + 0.5
    else:
        column = CANVAS_WIDTH - inked.flip(2).int().argmax(2) - 0.5
    row = torch.arange(CANVAS_HEIGHT, device=canvas.device) + 0.5
    points = torch.stack([column, row.expand_as(column)], 2)
    points -= (box[:, None, :2] + box[:, None, 2:]) / 2
    return points.masked_fill(~inked.any(2)[..., None], torch.nan)


def bend(points: Tensor, matrix: Tensor, sway: Tensor, pace: float) -> Tensor:
    """Where points of a glyph come to lie, from its centre.

    Args:
        points: float32 [N, P, 2] in cells.
        matrix: float32 [N, 4], row-major, from cells to units.
        sway: float32 [N, 4], amplitude sideways and upwards in units, then their phases.
        pace: radians per unit along the sway.

    Returns:
        float32 [N, P, 2] in units.
    """
    straight = points @ matrix.view(-1, 2, 2).mT
    # What sways one way depends on where it is the other way.
    turn: Tensor = straight.flip(2) * pace + sway[:, None, 2:]
    return straight - sway[:, None, :2] * turn.sin()


def meeting(right: Tensor, left: Tensor, reach: Tensor) -> Tensor:
    """How far apart two digits' centres are when their ink just touches.

    Args:
        right: float32 [N, P, 2], points of the left digit's right side, from its centre; NaN for
            none. y must be on one scale.
        left: the same of the right digit's left side.
        reach: [N], sum of the two pens' radii.

    Returns:
        float32 [N], in the points' unit; -inf where they pass each other in height.
    """
    dy = right[:, :, None, 1] - left[:, None, :, 1]
    room = reach[:, None, None].square() - dy.square()
    distance = right[:, :, None, 0] - left[:, None, :, 0] + room.clamp(min=0).sqrt()
    # Not a number, not near: what is NaN compares as False.
    return distance.masked_fill(~(room >= 0), -torch.inf).amax((1, 2))
