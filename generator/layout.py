"""Layout: where each digit of a number goes, how large, how bent, drawn with which pen.

A number is laid out in units of its own height, everything relative, and scaled at the very end to
the largest size up to the wanted one at which the whole of it fits the strip. So nothing is ever
cut off, and every formula reads without pixels.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from generator.ranges import Amount, AmountSpan, CountSpan, Positive, PositiveSpan, Share, Span
from generator.strip import HEIGHT, WIDTH
from generator.strokes import REACH

# Random slots of a number and of each of its digits. Their order is part of what a sample is.
NUMBER_SLOTS = (
    *("writer", "length", "aspect", "slant", "brush", "gap", "large", "height", "margin"),
    *("offset", "sharpen", "lift", "slant_too"),
)
DIGIT_SLOTS = (
    *("digit", "glyph", "scale", "rotation", "shift", "gap"),
    *("sway_x", "sway_y", "phase_x", "phase_y"),
)


@dataclass(frozen=True)
class Style:
    """Ranges of everything that varies, drawn uniformly unless said otherwise.

    Real digits bring their own slant, width and wobble: what is added here stays below what would
    turn one digit into another.

    Attributes:
        digits: how many digits a number has.
        leading_zeros: whether numbers such as 007 occur.
        large: height of a number's digits in px, and
        small: the same for the rest.
        large_share: share of all numbers that are large, 0..1.
        rotation: degrees, each digit.
        scale: each digit, relative to the number's height.
        shift: px at 24 px height, each digit, up or down; a quarter of it sideways, in the gaps.
        gap: between two digits' boxes, relative to the height; tight ones are commoner.
        aspect: width stretch, one for the number.
        slant: largest horizontal shear either way, one for the number; small ones are commoner.
        brush: pen thickness relative to the height (24 px high: 1.5 to 5 px), one for the number.
        finest: pen thickness in px that small numbers keep, lest they fade.
        uneven: how much of a writer's own differences in height is kept, 0..1.
        bend: how far a digit sways from its shape, relative to its height, each its own way.
        margin: px free at the right.
        cell: room that a digit takes sideways at least, relative to the height, the digit in its
            middle; where it is wider than any digit, the digits stand at equal distances.
    """

    digits: CountSpan = (1, 5)
    leading_zeros: bool = False
    large: PositiveSpan = (19.0, 30.0)
    small: PositiveSpan = (12.0, 19.0)
    large_share: Share = 0.7
    rotation: Span = (-10.0, 10.0)
    scale: PositiveSpan = (0.9, 1.1)
    shift: Amount = 4.0
    gap: Span = (-0.05, 0.45)
    aspect: PositiveSpan = (0.85, 1.2)
    slant: Amount = 0.25
    brush: PositiveSpan = (0.0625, 0.21)
    finest: Positive = 1.4
    uneven: Share = 0.8
    bend: Amount = 0.025
    margin: AmountSpan = (1.0, 4.0)
    cell: Amount = 0.0


# Wider in everything that people vary: to learn from, that the usual ranges may be easy.
WIDE = Style(
    rotation=(-14.0, 14.0),
    scale=(0.85, 1.15),
    gap=(-0.08, 0.5),
    aspect=(0.75, 1.35),
    slant=0.35,
    bend=0.045,
)

# Digits side by side at equal distances, as they are: what pasting MNIST's pictures gives.
PASTED = Style(
    large=(19.0, 21.0),
    large_share=1.0,
    rotation=(0.0, 0.0),
    scale=(1.0, 1.0),
    shift=1.0,
    gap=(0.0, 0.0),
    aspect=(1.0, 1.0),
    slant=0.0,
    bend=0.0,
    cell=1.2,
)

# The same with more variety, to learn from.
PASTED_WIDE = replace(
    PASTED,
    large=(18.0, 22.0),
    rotation=(-10.0, 10.0),
    scale=(0.9, 1.1),
    shift=2.0,
    aspect=(0.85, 1.15),
    slant=0.2,
    bend=0.04,
)


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
    """

    x: Tensor
    y: Tensor
    inverse: Tensor
    sway: Tensor
    pace: Tensor
    gain: Tensor
    bias: Tensor


def lay_out(
    style: Style,
    boxes: Tensor,
    drawn: Tensor,
    relative_heights: Tensor,
    present: Tensor,
    number: dict[str, Tensor],
    each: dict[str, Tensor],
) -> Placement:
    """Place the digits of N numbers.

    Args:
        style: the ranges.
        boxes: float32 [N, 5, 4], left, top, right, bottom of each glyph in cells.
        drawn: bool [N, 5], whether the glyph is a pen stroke's distance field.
        relative_heights: float32 [N, 5].
        present: bool [N, 5], which digits the number has, packed to the left.
        number: random slots [N] by name, see `NUMBER_SLOTS`.
        each: random slots [N, 5] by name, see `DIGIT_SLOTS`.
    """
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
    own = relative_heights.clamp(0.6, 1.4).pow(style.uneven)
    high = _between(each["scale"], style.scale) * own
    # A thick pen would close the loops of a small digit: it is drawn a little finer.
    radius = torch.where(drawn, torch.minimum(thickness[:, None] / 2, 0.11 * high), 0.0)
    # A flat digit is sized by the height that its width would go with.
    unit = (high - 2 * radius) / torch.maximum(cells_high, cells_wide / 2.0)
    angle = _between(each["rotation"], style.rotation) * (math.pi / 180)
    cos, sin = angle.cos() * unit, angle.sin() * unit
    xx, xy = cos * aspect, -cos * slant - sin
    yx, yy = sin * aspect, cos - sin * slant

    # Half extents of the transformed box bound the ink, so a label always shows in full.
    sway_x, sway_y = ((each[name] * 2 - 1) * style.bend for name in ("sway_x", "sway_y"))
    half_wide = ((xx * cells_wide).abs() + (xy * cells_high).abs()) / 2 + radius + sway_x.abs()
    half_room = half_wide.clamp(min=style.cell / 2)
    half_high = ((yx * cells_wide).abs() + (yy * cells_high).abs()) / 2 + radius + sway_y.abs()
    shift = (each["shift"] * 2 - 1) * (style.shift / 24)
    top = torch.where(present, shift - half_high, math.inf).amin(1)
    bottom = torch.where(present, shift + half_high, -math.inf).amax(1)

    # From right to left: the last digit ends at the margin.
    gap = (gap_mean + (each["gap"] * 2 - 1) * (style.shift / 96)).clamp(min=style.gap[0])
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

    phases = [(each[name] * 2 - 1) * math.pi for name in ("phase_x", "phase_y")]
    determinant = (xx * yy - xy * yx) * px
    gain, bias = _pen(drawn, radius * px, REACH * unit * px, number)
    return Placement(
        x=(WIDTH - margin)[:, None] - (to_the_right + half_room) * px,
        y=middle[:, None] + shift * px,
        inverse=torch.stack([yy, -xy, -yx, xx], -1) / determinant[..., None],
        sway=torch.stack([sway_x * px, sway_y * px, *phases], -1),
        pace=(math.pi * 1.5 / px).expand_as(shift),  # three quarters of a wave per height
        gain=gain,
        bias=bias,
    )


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
