"""Layout: where each digit of a number goes, how large, how bent, drawn with which pen.

A number is laid out in units of its own height, everything relative, and scaled at the very end to
the largest size up to the wanted one at which the whole of it fits the strip. So nothing is ever
cut off, and every formula reads without pixels.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from generator.digits import DigitBank
from generator.flaws import DOTS, dots, slits
from generator.strip import HEIGHT, WIDTH
from generator.strokes import REACH
from generator.style import Style
from generator.touching import COVERED, bend, meeting, outline

# Random slots of a number and of each of its digits. Their order is part of what a sample is.
NUMBER_SLOTS = (
    *("writer", "length", "aspect", "slant", "brush", "gap", "large", "height", "margin"),
    *("offset", "sharpen", "lift", "slant_too"),
)
DIGIT_SLOTS = (
    *("digit", "glyph", "scale", "rotation", "shift", "gap"),
    *("sway_x", "sway_y", "phase_x", "phase_y"),
)
# Cells that a stroke digit is high or twice as wide at least, and a picture: MNIST's smallest.
SMALLEST = (24.0, 10.0)
PACE = math.pi * 1.5  # radians a digit's sway runs through per height: three quarters of a wave
# Drawn where the style has flaws, one set a place; the dots of the first places are the number's.
FLAW_SLOTS = ("touching", "cut", "cut_where", "cut_wide", "dot", "dot_x", "dot_y", "dot_size")


@dataclass(frozen=True)
class Placement:
    """How to sample every digit of N numbers from its glyph canvas; all float32, px of the strip.

    Attributes:
        x: [N, 5], the digit's centre; also
        y: [N, 5].
        inverse: [N, 5, 4], row-major 2x2 matrix from px about the centre to cells.
        sway: [N, 5, 4], amplitude sideways and upwards, then their phases in radians.
        pace: [N, 5], radians per px along the sway.
        gain: [N, 5]; ink is clamp(gain * level + bias), levels 0..1; also
        bias: [N, 5].
        slit: [N, 5, 7], cuts across strokes, see `generator.flaws.slits`; None without flaws; also
        dots: [N, 2, 3], x, y and radius of stray dots, 0 for none.
    """

    x: Tensor
    y: Tensor
    inverse: Tensor
    sway: Tensor
    pace: Tensor
    gain: Tensor
    bias: Tensor
    slit: Tensor | None = None
    dots: Tensor | None = None


def lay_out(
    style: Style,
    bank: DigitBank,
    digits: Tensor,
    glyphs: Tensor,
    number: dict[str, Tensor],
    each: dict[str, Tensor],
    flaws: dict[str, Tensor] | None = None,
) -> Placement:
    """Place the digits of N numbers.

    Args:
        style: the ranges.
        bank: the digits.
        digits: int64 [N, 5], packed to the left, below 0 where the number has none.
        glyphs: int64 [N, 5], how each is written.
        number: random slots [N] by name, see `NUMBER_SLOTS`.
        each: random slots [N, 5] by name, see `DIGIT_SLOTS`.
        flaws: random slots [N, 5] by name, see `FLAW_SLOTS`; None for none.
    """
    present = digits >= 0
    boxes, drawn = bank.boxes[glyphs], bank.drawn[glyphs]
    cells_wide, cells_high = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]

    # The number's own style.
    aspect = _between(number["aspect"], style.aspect)[:, None]
    slant = (number["slant"] + number["slant_too"] - 1)[:, None] * style.slant
    gap_mean = _between(number["gap"].pow(1.5), style.gap)[:, None]
    wanted = torch.where(
        number["large"] < style.large_share,
        _between(number["height"], style.large),
        _between(number["height"], style.small),
    )
    margin = _between(number["margin"], style.margin)
    thickness = torch.maximum(_between(number["brush"], style.brush), style.finest / wanted)

    # Each digit: its size, then its 2x2 matrix from cells to units.
    own = bank.heights(style.uneven)[glyphs]
    high = _between(each["scale"], style.scale) * own
    # A thick pen would close the loops of a small digit: it is drawn a little finer.
    radius = torch.where(drawn, torch.minimum(thickness[:, None] / 2, 0.11 * high), 0.0)
    # A flat digit is sized by the height that its width would go with; a speck stays a speck.
    size = torch.maximum(cells_high, cells_wide / 2.0)
    unit = (high - 2 * radius) / size.maximum(torch.where(drawn, *SMALLEST))
    angle = _between(each["rotation"], style.rotation) * (math.pi / 180)
    cos, sin = angle.cos() * unit, angle.sin() * unit
    xx, xy = cos * aspect, -cos * slant - sin
    yx, yy = sin * aspect, cos - sin * slant

    # Half extents of the transformed box bound the ink, so a label always shows in full.
    sway_x, sway_y = ((each[name] * 2 - 1) * style.bend for name in ("sway_x", "sway_y"))
    phases = [(each[name] * 2 - 1) * math.pi for name in ("phase_x", "phase_y")]
    half_wide = ((xx * cells_wide).abs() + (xy * cells_high).abs()) / 2 + radius + sway_x.abs()
    half_room = half_wide.clamp(min=style.cell / 2)
    half_high = ((yx * cells_wide).abs() + (yy * cells_high).abs()) / 2 + radius + sway_y.abs()
    shift = (each["shift"] * 2 - 1) * (style.shift / 24)
    top = torch.where(present, shift - half_high, math.inf).amin(1)
    bottom = torch.where(present, shift + half_high, -math.inf).amax(1)

    # From right to left: the last digit ends at the margin.
    gap = (gap_mean + (each["gap"] * 2 - 1) * (style.shift / 96)).clamp(min=style.gap[0])
    one = digits == 1
    ones = F.pad(one[:, 1:] & one[:, :-1], (1, 0))  # side by side, they would be one thick stroke
    narrower = torch.minimum(half_wide, half_wide.roll(1, 1)) * 2
    gap = gap.maximum(-narrower)  # each digit begins left of the next, and ends within the strip
    if style.ones_touch:
        gap = gap.maximum(torch.where(ones, 0.0, -COVERED * narrower))
    if flaws is not None:
        bent = torch.stack([xx, xy, yx, yy, sway_x, sway_y, *phases], -1)
        reach = radius + torch.where(drawn, -0.4, 0.5) * unit  # an outline is half a cell off
        close = present & (flaws["touching"] < style.touching) & ~ones
        if not style.ones_touch:
            close &= ~one & ~F.pad(one[:, :-1], (1, 0))
        gap = _touching(gap, close, one, bank, glyphs, (bent, shift, reach, half_wide))
    gap = F.pad(torch.where(present, gap, 0.0)[:, 1:], (0, 1))  # the gap to a digit's right
    advance = torch.where(present, 2 * half_room, 0.0) + gap
    to_the_right = advance.flip(1).cumsum(1).flip(1) - advance + gap

    # Units to pixels: as large as wanted, or as large as fits whole.
    free_high, free_wide = HEIGHT - 2.0, WIDTH - 1.0 - margin
    fits = torch.minimum(free_high / (bottom - top), free_wide / advance.sum(1))
    px = torch.minimum(wanted, fits)
    slack = ((HEIGHT - (bottom - top) * px) / 2 - 1).clamp(max=style.shift)
    middle = HEIGHT / 2 + (number["offset"] * 2 - 1) * slack - (top + bottom) / 2 * px
    px = px[:, None]

    x = (WIDTH - margin)[:, None] - (to_the_right + half_room) * px
    y = middle[:, None] + shift * px
    determinant = (xx * yy - xy * yx) * px
    gain, bias = _pen(drawn, radius * px, REACH * unit * px, number)
    placed = Placement(
        x=x,
        y=y,
        inverse=torch.stack([yy, -xy, -yx, xx], -1) / determinant[..., None],
        sway=torch.stack([sway_x * px, sway_y * px, *phases], -1),
        pace=(PACE / px).expand_as(shift),
        gain=gain,
        bias=bias,
    )
    if flaws is None:
        return placed
    cut = present & (flaws["cut"] < style.cuts)
    wide = torch.where(cut, _between(flaws["cut_wide"], style.cut) * cells_high, 0.0)
    slit = slits(bank, glyphs, wide, flaws["cut_where"], placed.inverse, (gain, bias))
    drawings = torch.stack([x, y, half_wide * px, half_high * px], -1)
    drawings = drawings.masked_fill(~present[..., None], math.nan)
    # Raster ink has a pen of its own; this is about the finest of them.
    pen = torch.minimum(thickness[:, None], torch.where(drawn[:, :1], 1.0, 0.12)) * px
    slots = {name: u[:, :DOTS] for name, u in flaws.items()}
    return replace(placed, slit=slit, dots=dots(slots, style.dots, drawings, px, pen))


def _touching(
    gap: Tensor,
    close: Tensor,
    one: Tensor,
    bank: DigitBank,
    glyphs: Tensor,
    shapes: tuple[Tensor, Tensor, Tensor, Tensor],
) -> Tensor:
    """The gaps [N, 5] to each digit's left, so that those who are `close` touch their neighbour.

    `one` says which are 1s: bool [N, 5], as `close`.
    """
    bent, shift, reach, half_wide = shapes
    rows, place = close[:, 1:].nonzero().unbind(1)
    both = ((rows, place), (rows, place + 1))

    def side(at: tuple[Tensor, Tensor], which: Literal["left", "right"]) -> Tensor:
        glyph = glyphs[at]
        points = outline(bank.pixels[glyph], bank.boxes[glyph], bank.drawn[glyph], which)
        points = bend(points, bent[at][:, :4], bent[at][:, 4:], PACE)
        points[..., 1] += shift[at][:, None]
        return points

    wide, other = (half_wide[at] for at in both)
    reaches = reach[both[0]] + reach[both[1]]
    near = meeting(side(both[0], "right"), side(both[1], "left"), reaches) - wide - other
    # Never so near that a narrow digit disappears under its neighbour.
    most = torch.where(one[both[0]] | one[both[1]], 2 * COVERED, 1.4) * wide.minimum(other)
    near = torch.where(near.isfinite(), near, gap[both[1]]).maximum(-most)
    return gap.index_put(both[1], near)


def _pen(
    drawn: Tensor, radius: Tensor, reach: Tensor, number: dict[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """How a glyph's level becomes ink: gain and bias, float32 [N, 5] each.

    Strokes: level is closeness, so distance in px is (1 - level) * reach, and a brush of that
    radius paints radius - distance + 1/2. Raster ink is sharpened about its half level and moved,
    which thickens (or thins, a little) its soft edge; empty background stays empty.
    """
    sharpen = number["sharpen"][:, None]
    lift = (number["lift"][:, None] * 0.6 - 0.1) * sharpen
    gain = torch.where(drawn, reach, 1 + sharpen)
    # Beyond the reach there is no ink, however coarse the pen.
    bias = torch.where(drawn, (radius + 0.5 - reach).clamp(max=0), lift - sharpen / 2)
    return gain, bias


def _between(u: Tensor, low_high: tuple[float, float]) -> Tensor:
    low, high = low_high
    return low + u * (high - low)
