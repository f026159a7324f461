"""Flaws of real writing: stray dots, and strokes with a small gap.

None may cost a digit: a dot is no wider than the pen and lies free of every digit, and a cut is a
slit across one stroke where it runs straight.
"""

import torch
from torch import Tensor

from generator.digits import DigitBank
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH, REACH

DOTS = 2  # at most so many beside a number

_CLEAR = 1.5  # px between a dot and any digit's box
_WINDOW = 4  # cells about a point in which its stroke must run straight to be cut there
_INK = (170, 230)  # least level of a stroke's inside: raster ink, closeness to a pen's path


def dots(
    u: dict[str, Tensor], share: float, drawings: Tensor, height: Tensor, pen: Tensor
) -> Tensor:
    """Stray dots within the number's height: from its own height to its left, to its right end.

    Args:
        u: random slots [N, 2] by name: "dot", "dot_x", "dot_y", "dot_size".
        share: how often a dot is wanted, 0..1.
        drawings: [N, 5, 4], centre x, centre y, half width, half height of every digit in px; NaN
            where there is none.
        height: [N, 1], of the number's digits, px.
        pen: [N, 1], thickness, px; a dot is half to all of it wide.

    Returns:
        float32 [N, 2, 3]: x, y, radius in px; the radius is 0 where a dot would not lie free.
    """
    x, y, half_wide, half_high = drawings[:, None].unbind(-1)  # [N, 1, 5] each
    there = ~x.isnan()
    radius = pen * (0.25 + 0.25 * u["dot_size"])
    left = (x - half_wide).nan_to_num(WIDTH).amin(2) - height
    right = (x + half_wide).nan_to_num(0).amax(2) - radius
    top = (y - half_high).nan_to_num(HEIGHT).amin(2) + radius
    bottom = (y + half_high).nan_to_num(0).amax(2) - radius
    at_x = left + u["dot_x"] * (right - left)
    at_y = top + u["dot_y"] * (bottom - top)
    away = (radius + _CLEAR)[..., None]
    beside = (at_x[..., None] - x).abs() > half_wide + away
    over = (at_y[..., None] - y).abs() > half_high + away
    free = (beside | over | ~there).all(2) & (at_x > radius + 1)
    return torch.stack([at_x, at_y, torch.where(free & (u["dot"] < share), radius, 0.0)], -1)


def dot_ink(dots: Tensor) -> Tensor:
    """Ink float32 [N, 1, 32, 128] of one dot each, [N, 3] as `dots` places them."""
    column = torch.arange(WIDTH, device=dots.device) + 0.5
    row = torch.arange(HEIGHT, device=dots.device) + 0.5
    x, y, radius = dots[:, :, None, None, None].unbind(1)
    distance = ((column - x).square() + (row[:, None] - y).square()).sqrt()
    return radius + 0.5 - distance


def slits(
    bank: DigitBank,
    glyphs: Tensor,
    wide: Tensor,
    where: Tensor,
    inverse: Tensor,
    pen: tuple[Tensor, Tensor],
) -> Tensor:
    """The slits of digits, each across a stroke where it runs straight.

    Args:
        bank: the digits.
        glyphs: int64 [N, 5], how each is written.
        wide: [N, 5], how wide each slit is, in cells, 0 for none.
        where: [N, 5], 0..1, which of a glyph's inked cells to take.
        inverse: [N, 5, 4], row-major 2x2 matrix from px to cells.
        pen: gain and bias, [N, 5] each, that make a glyph's level ink.

    Returns:
        float32 [N, 5, 7]: x and y of a point and a unit vector along its stroke, on the canvas;
        half the slit's width and how far it reaches, in cells; px per cell. All 0 for none.
    """
    found = torch.zeros(*glyphs.shape, 7, device=glyphs.device)
    at = wide.nonzero(as_tuple=True)
    if not len(at[0]):
        return found
    drawn = bank.drawn[glyphs[at]]
    points, ways = _straight(bank.pixels[glyphs[at]], drawn, where[at])
    reach = _pen_in_cells(drawn, *(each[at] for each in pen)) + 1.5
    a, b, c, d = inverse[at].unbind(1)
    px = (a * d - b * c).abs().rsqrt()
    slit = torch.cat([points, ways, torch.stack([wide[at] / 2, reach, px], 1)], 1)
    return found.index_put(at, slit * (ways != 0).any(1)[:, None])


def _straight(canvas: Tensor, drawn: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """A point inside a stroke of each glyph, and the way the stroke runs there.

    The way is the longer axis of the ink about the point; sums are of integers, so that every
    device decides alike.

    Args:
        canvas: uint8 [M, 40, 64].
        drawn: bool [M], whether it is a distance field.
        where: [M], 0..1, which of its inked cells to take.

    Returns:
        points: float32 [M, 2], x and y in cells.
        ways: float32 [M, 2], unit vectors; 0 where the stroke bends, crosses or ends.
    """
    least = torch.where(drawn, _INK[1], _INK[0])[:, None, None]
    inked = canvas >= least
    running = inked.flatten(1).long().cumsum(1)
    nth = (where * running[:, -1]).long() + 1
    cell = torch.searchsorted(running, nth[:, None])[:, 0].clamp(max=running.shape[1] - 1)
    x, y = cell % CANVAS_WIDTH, cell // CANVAS_WIDTH
    dx = torch.arange(CANVAS_WIDTH, device=canvas.device) - x[:, None]  # [N, 64]
    dy = torch.arange(CANVAS_HEIGHT, device=canvas.device) - y[:, None]  # [N, 40]
    near = (dx.square()[:, None] + dy.square()[:, :, None] <= _WINDOW**2) & inked
    dx, dy = (near * each for each in (dx[:, None], dy[:, :, None]))
    count, sum_x, sum_y = (each.sum((1, 2)) for each in (near.long(), dx, dy))
    xx = count * dx.square().sum((1, 2)) - sum_x.square()
    yy = count * dy.square().sum((1, 2)) - sum_y.square()
    xy = count * (dx * dy).sum((1, 2)) - sum_x * sum_y
    # Straight: the axes' ratio of variances is 4 or more, and the point is not at an end.
    both = xx + yy
    straight = 25 * (xx * yy - xy.square()) <= 4 * both.square()
    straight &= (sum_x.square() + sum_y.square() <= count.square()) & (both > 0)
    angle = torch.atan2(2.0 * xy, (xx - yy).float()) / 2
    ways = torch.stack([angle.cos(), angle.sin()], 1) * straight[:, None]
    return torch.stack([x, y], 1) + 0.5, ways


def cut(ink: Tensor, column: Tensor, row: Tensor, slit: Tensor) -> Tensor:
    """The ink without a slit across a stroke.

    Args:
        ink: float32 [M, 1, 32, 128].
        column: float32 [M, 32, 128], where each pixel lies on the glyph's canvas, in cells; also
        row: the same downwards.
        slit: float32 [M, 7], see `slits`.
    """
    x, y, way_x, way_y, half, reach, px = slit[:, :, None, None].unbind(1)
    dx, dy = column - x, row - y
    along, across = (dx * way_x + dy * way_y).abs(), (dx * way_y - dy * way_x).abs()
    outside = torch.maximum(along - half, across - reach) * px + 0.5
    outside = torch.where(px > 0, outside, torch.inf)
    return torch.minimum(ink, outside[:, None])


def _pen_in_cells(drawn: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    """Half the thickness of the ink that `gain` and `bias` make of a glyph, in cells, [M]."""
    return torch.where(drawn, (bias - 0.5 + gain) / gain * REACH, 2.5)
