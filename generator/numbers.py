"""Numbers: sample `i` of seed `s` is a strip and its digits, a function of `(s, i)` alone.

The same whatever the batch size, order or shard: every random parameter comes from a counter-based
hash of (seed, index, slot), the same integers on CPU and GPU. A number is laid out in units of
its own height, then scaled so that it fits the strip whole, then sampled in one batch of affine
look-ups into the glyph canvases.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from generator.digits import DigitBank
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH

MAX_DIGITS = 5
PAD = -1  # fills the digits of a number to its right
_MASK = 0xFFFFFFFF
_PER_NUMBER = 16  # random slots a number has, and each of its digits
_PER_DIGIT = 12


@dataclass(frozen=True)
class Style:
    """Ranges of everything that varies, drawn uniformly unless said otherwise.

    Attributes:
        digits: how many digits a number has.
        leading_zeros: whether numbers such as 007 occur.
        large: height of a number's digits in px, and
        small: the same for the rest: `large_share` of all numbers are large.
        rotation: degrees, each digit.
        scale: each digit, relative to the number's height.
        shift: px at 24 px height, each digit, up or down, and sideways within the gaps.
        gap: between two digits' boxes, relative to the height; tight ones are commoner.
        aspect: width stretch, one for the number.
        slant: largest horizontal shear either way, one for the number; small ones are commoner.
        brush: pen thickness relative to the height (24 px high: 1.5 to 5 px), one for the number.
        finest: pen thickness in px that small numbers keep, lest they fade.
        uneven: how much of a writer's own differences in height is kept, 0..1.
        bend: how far a digit sways from its shape, relative to its height, each its own way.
        margin: px free at the right.
    """

    digits: tuple[int, int] = (1, MAX_DIGITS)
    leading_zeros: bool = False
    large: tuple[float, float] = (19.0, 30.0)
    small: tuple[float, float] = (12.0, 19.0)
    large_share: float = 0.7
    rotation: tuple[float, float] = (-10.0, 10.0)
    scale: tuple[float, float] = (0.9, 1.1)
    shift: float = 4.0
    gap: tuple[float, float] = (-0.08, 0.45)
    aspect: tuple[float, float] = (0.75, 1.3)
    slant: float = 0.3
    brush: tuple[float, float] = (0.0625, 0.21)
    finest: float = 1.4
    uneven: float = 0.8
    bend: float = 0.035
    margin: tuple[float, float] = (1.0, 4.0)


@dataclass(frozen=True)
class Numbers:
    """A batch: `strips` uint8 [N, 1, 32, 128], `digits` int64 [N, 5], `PAD` to the right."""

    strips: Tensor
    digits: Tensor


def hash_uniform(seed: int, index: Tensor, slots: int) -> Tensor:
    """Counter-based random numbers, float32 [N, slots] in [0, 1): f(seed, index, slot).

    Args:
        seed: any integer of up to 64 bits.
        index: int64 [N].
        slots: how many numbers for each index.
    """
    low, high = index & _MASK, (index >> 32) & _MASK
    first = _mix(_mix(low ^ (seed & _MASK)) ^ high)
    second = _mix(_mix(low ^ ((seed >> 32) & _MASK) ^ 0x9E3779B9) ^ first ^ (seed & _MASK))
    slot = torch.arange(slots, device=index.device) * 0x85EBCA6B & _MASK
    mixed = _mix(_mix(first[:, None] ^ slot) ^ second[:, None])
    return (mixed >> 8).float() * 2.0**-24


def _mix(x: Tensor) -> Tensor:
    """32-bit integer hash in int64 lanes (Wellons 2018, "lowbias32")."""
    x = (x ^ (x >> 16)) * 0x7FEB352D & _MASK
    x = (x ^ (x >> 15)) * 0x846CA68B & _MASK
    return x ^ (x >> 16)


def _between(u: Tensor, low_high: tuple[float, float]) -> Tensor:
    low, high = low_high
    return low + u * (high - low)


class NumberGenerator:
    """Endless numbers from a digit bank, made on the bank's device.

    >>> numbers = NumberGenerator(bank, seed=7)
    >>> batch = numbers(0, 64)  # samples 0..63
    """

    def __init__(self, bank: DigitBank, seed: int = 0, style: Style | None = None) -> None:
        self.bank = bank
        self.seed = seed
        self.style = style or Style()

    def __call__(self, first: int, count: int) -> Numbers:
        """Samples first .. first + count - 1."""
        return self.samples(torch.arange(first, first + count))

    def samples(self, index: Tensor) -> Numbers:
        """The samples of the given numbers: `index` int64 [N]."""
        index = index.to(self.bank.device)
        u = hash_uniform(self.seed, index, _PER_NUMBER + MAX_DIGITS * _PER_DIGIT)
        number = u[:, :_PER_NUMBER]
        each = u[:, _PER_NUMBER:].unflatten(1, (MAX_DIGITS, _PER_DIGIT))
        digits, glyphs = self._choose(number, each)
        return Numbers(self._draw(digits != PAD, glyphs, number, each), digits)

    def _choose(self, number: Tensor, each: Tensor) -> tuple[Tensor, Tensor]:
        """Writer, length, digits, and one of the writer's glyphs for each: int64 [N, 5] twice."""
        bank, style = self.bank, self.style
        writer = torch.searchsorted(bank.writer_odds, number[:, 0].contiguous(), right=True)
        writer = writer.clamp(max=len(bank.writer_odds) - 1)
        shortest, longest = style.digits
        length = shortest + (number[:, 1] * (longest - shortest + 1)).long()

        count = bank.choice_count[writer][:, None]
        # The leading digit of a longer number skips 0, unless the writer has nothing else.
        skip = bank.starts_with_zero[writer] * (length > 1) * (count[:, 0] > 1)
        skip = F.pad(skip[:, None], (0, MAX_DIGITS - 1)) * (not style.leading_zeros)
        choice = skip + (each[:, :, 0] * (count - skip)).long()
        digits = bank.choices[writer].gather(1, choice)
        which = (each[:, :, 1] * bank.per_digit[writer].gather(1, digits)).long()
        glyphs = bank.order[bank.first[writer].gather(1, digits) + which]
        present = torch.arange(MAX_DIGITS, device=length.device) < length[:, None]
        return torch.where(present, digits, PAD), glyphs

    def _draw(self, present: Tensor, glyphs: Tensor, number: Tensor, each: Tensor) -> Tensor:
        """Strips uint8 [N, 1, 32, 128] from glyphs int64 [N, 5] and random slots."""
        bank, style = self.bank, self.style
        box = bank.boxes[glyphs]  # [N, 5, 4]
        drawn = bank.drawn[glyphs]
        cells_wide, cells_high = box[..., 2] - box[..., 0], box[..., 3] - box[..., 1]

        # The number's own style. A unit is the number's height until the very end.
        aspect = _between(number[:, 2], style.aspect)[:, None]
        slant = (number[:, 3] + number[:, 12] - 1)[:, None] * style.slant
        gap_mean = _between(number[:, 5].pow(1.5), style.gap)[:, None]
        is_large = number[:, 6] < style.large_share
        wanted = torch.where(
            is_large, _between(number[:, 7], style.large), _between(number[:, 7], style.small)
        )
        margin = _between(number[:, 8], style.margin)
        thickness = torch.maximum(_between(number[:, 4], style.brush), style.finest / wanted)
        radius = thickness[:, None] / 2

        # Each digit: its size, then its 2x2 matrix from cells to units.
        high = _between(each[..., 2], style.scale) * bank.relative_heights[glyphs].clamp(
            0.6, 1.4
        ).pow(style.uneven)
        # A thick pen would close the loops of a small digit: it is drawn a little finer.
        brush = torch.where(drawn, torch.minimum(radius, 0.11 * high), 0.0)
        # A flat digit is sized by the height that its width would go with.
        unit = (high - 2 * brush) / torch.maximum(cells_high, cells_wide / 2.0)
        angle = _between(each[..., 3], style.rotation) * (math.pi / 180)
        cos, sin = angle.cos() * unit, angle.sin() * unit
        xx, xy = cos * aspect, -cos * slant - sin
        yx, yy = sin * aspect, cos - sin * slant

        # Half extents of the transformed box bound the ink, so a label always shows in full.
        bend = each[..., 6:10] * 2 - 1  # sideways and upwards: how far, and at which phase
        sway = bend[..., :2].abs() * style.bend
        half_wide = ((xx * cells_wide).abs() + (xy * cells_high).abs()) / 2 + brush + sway[..., 0]
        half_high = ((yx * cells_wide).abs() + (yy * cells_high).abs()) / 2 + brush + sway[..., 1]
        shift = (each[..., 4] * 2 - 1) * (style.shift / 24)
        top = torch.where(present, shift - half_high, math.inf).amin(1)
        bottom = torch.where(present, shift + half_high, -math.inf).amax(1)

        # From right to left: the last digit ends at the margin.
        gap = (gap_mean + (each[..., 5] * 2 - 1) * (style.shift / 96)).clamp(min=style.gap[0])
        gap = torch.where(present, gap, 0.0)
        gap = F.pad(gap[:, 1:], (0, 1))  # the gap to a digit's right
        advance = torch.where(present, 2 * half_wide, 0.0) + gap
        to_the_right = advance.flip(1).cumsum(1).flip(1) - advance + gap
        total = advance.sum(1)

        # Units to pixels: as large as wanted, or as large as fits whole.
        free_high, free_wide = HEIGHT - 2.0, WIDTH - 1.0 - margin
        px = torch.minimum(wanted, torch.minimum(free_high / (bottom - top), free_wide / total))
        slack = (HEIGHT - (bottom - top) * px) / 2 - 1
        offset = (number[:, 9] * 2 - 1) * torch.minimum(slack, torch.full_like(slack, style.shift))
        middle = HEIGHT / 2 + offset - (top + bottom) / 2 * px
        x = (WIDTH - margin)[:, None] - (to_the_right + half_wide) * px[:, None]
        y = middle[:, None] + shift * px[:, None]

        # Ink is clamp(gain * level + bias): see `_pen`.
        gain, bias = self._pen(drawn, brush * px[:, None], unit * px[:, None], number)
        determinant = (xx * yy - xy * yx) * px[:, None]
        inverse = torch.stack([yy, -xy, -yx, xx], -1) / determinant[..., None]
        amplitude = bend[..., :2] * style.bend * px[:, None, None]
        wave = torch.cat([amplitude, bend[..., 2:] * math.pi], -1)  # [N, 5, 4]
        pace = (math.pi * 1.5 / px)[:, None].expand_as(x)  # radians per px: 3/4 wave per height
        centre = torch.stack([box[..., 0] + box[..., 2], box[..., 1] + box[..., 3]], -1) / 2

        strips = torch.zeros(len(glyphs), 1, HEIGHT, WIDTH, device=bank.device)
        for place in range(MAX_DIGITS):
            rows = present[:, place].nonzero()[:, 0]
            if len(rows):
                at = (rows, place)
                where = (inverse[at], x[at], y[at], wave[at], pace[at])
                ink = self._sample(glyphs[at], centre[at], *where)
                ink = ink * gain[at][:, None, None, None] + bias[at][:, None, None, None]
                strips[rows] = torch.maximum(strips[rows], ink)
        return (strips.clamp_(0, 1) * 255 + 0.5).to(torch.uint8)

    def _pen(
        self, drawn: Tensor, brush: Tensor, unit: Tensor, number: Tensor
    ) -> tuple[Tensor, Tensor]:
        """How a glyph's level becomes ink, float32 [N, 5] twice.

        Strokes: level is closeness, so distance in px is (1 - level) * reach * unit, and a brush
        of radius r paints r - distance + 1/2. Raster ink is sharpened about its half level and
        moved, which thickens (or thins, a little) its soft edge; empty background stays empty.
        """
        reach = self.bank.reach * unit
        sharpen = number[:, 10, None]
        lift = (number[:, 11, None] * 0.6 - 0.1) * sharpen
        gain = torch.where(drawn, reach, 1 + sharpen)
        # Beyond the reach there is no ink, however coarse the pen.
        bias = torch.where(drawn, (brush + 0.5 - reach).clamp(max=0), lift - sharpen / 2)
        return gain, bias

    def _sample(
        self,
        glyphs: Tensor,
        centre: Tensor,
        inverse: Tensor,
        x: Tensor,
        y: Tensor,
        wave: Tensor,
        pace: Tensor,
    ) -> Tensor:
        """Levels 0..1 float32 [M, 1, 32, 128] of glyphs placed with their centre at (x, y).

        Rows sway sideways and columns up and down along a slow wave: `wave` [M, 4] holds the two
        amplitudes in px and the two phases, `pace` [M] radians per px.
        """
        device = glyphs.device
        dx = (torch.arange(WIDTH, device=device) + 0.5 - x[:, None])[:, None, :]  # [M, 1, 128]
        dy = (torch.arange(HEIGHT, device=device) + 0.5 - y[:, None])[:, :, None]  # [M, 32, 1]
        sideways, upwards, phase, other = wave[:, :, None, None].unbind(1)
        pace = pace[:, None, None]
        # Each sways along the coordinate that the other leaves alone: one sine a row or column.
        dx, dy = (
            dx + sideways * (dy * pace + phase).sin(),
            dy + upwards * (dx * pace + other).sin(),
        )  # [M, 32, 128] each
        a, b, c, d = inverse[:, :, None, None].unbind(1)
        column = (a * dx + b * dy + centre[:, 0, None, None]) * (2 / CANVAS_WIDTH) - 1
        row = (c * dx + d * dy + centre[:, 1, None, None]) * (2 / CANVAS_HEIGHT) - 1
        grid = torch.stack([column, row], -1)
        canvas = self.bank.pixels[glyphs][:, None].float() / 255
        return F.grid_sample(canvas, grid, align_corners=False)
