"""Single digits on squares: sample `i` of seed `s` is a function of `(s, i)` alone, as numbers are.

With a `Distortion` every sample is a digit of the bank, moved, turned, stretched and bent a little:
to learn from. Without one, every digit of the bank comes once, as it is: to judge with.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from annotated_types import Interval
from torch import Tensor
from torch.nn import functional as F

from generator.digits import DigitBank
from generator.hashing import hash_uniform, named
from generator.numbers import MAX_DIGITS, PAD, Numbers
from generator.ranges import Amount, Share
from generator.square import INK, SIDE
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH, GLYPH_HEIGHT, REACH

_PER_DIGIT = 20  # room for the slots of a digit
# Their order is part of what a sample is.
_SLOTS = (
    *("writer", "digit", "glyph", "rotation", "scale", "aspect", "slant", "x", "y", "lift"),
    *("sway_x", "sway_y", "phase_x", "phase_y", "brush"),
)

# A size of 0 or less shows nothing, or another digit: a 6 upside down is a 9.
Relative = Annotated[float, Interval(ge=0, lt=1)]
# px: the middle of a digit, and so some of its ink, stays well on the square.
Move = Annotated[float, Interval(ge=0, le=INK / 2)]


@dataclass(frozen=True)
class Distortion:
    """Largest change either way of all that varies, drawn uniformly.

    Attributes:
        rotation: degrees.
        scale: of the size, relative, below 1.
        aspect: of the width alone, relative, below 1.
        slant: horizontal shear.
        shift: px, in both directions, at most half a digit.
        bend: how far a digit sways from its shape, px, at most half a digit.
        lift: levels, 0..1, added to ink at half level, which thickens or thins it.
    """

    rotation: Amount = 9.0
    scale: Relative = 0.08
    aspect: Relative = 0.08
    slant: Amount = 0.12
    shift: Move = 1.5
    bend: Move = 0.5
    lift: Share = 0.1


BRUSH = (1.6, 3.2)  # px, thickness of the pen that draws stroke digits
_AS_IT_IS = Distortion(0, 0, 0, 0, 0, 0, 0)


def _in_turn(bank: DigitBank, seed: int) -> Tensor:
    """All glyphs of a bank, int64 [G], each source's share as good as kept while it lasts.

    Weighted sampling without replacement: Efraimidis and Spirakis, 2006.
    """
    wrote = bank.wrote.cpu()
    of_writers = bank.writer_odds.cpu().double().diff(prepend=torch.zeros(1, dtype=torch.double))
    odds = of_writers[wrote] / torch.bincount(wrote, minlength=len(of_writers))[wrote]
    random = hash_uniform(seed, torch.arange(len(wrote)), 1)[:, 0].double()
    return (random.log() / odds).argsort(descending=True, stable=True).to(bank.device)


class DigitGenerator:
    """Digits from a bank, made on the bank's device.

    >>> digits = DigitGenerator(bank, seed=7, distortion=Distortion())
    >>> digits(0, 64).strips.shape
    torch.Size([64, 1, 28, 28])
    """

    def __init__(
        self, bank: DigitBank, seed: int = 0, distortion: Distortion | None = None
    ) -> None:
        self.bank = bank
        self.seed = seed
        self.distortion = distortion
        self.order = None if distortion else _in_turn(bank, seed)

    def __call__(self, first: int, count: int) -> Numbers:
        """Samples first .. first + count - 1: `strips` are uint8 [N, 1, 28, 28]."""
        return self.samples(torch.arange(first, first + count))

    def samples(self, index: Tensor) -> Numbers:
        """The samples of the given numbers: `index` int64 [N]."""
        bank, index = self.bank, index.to(self.bank.device)
        u = named(hash_uniform(self.seed, index, _PER_DIGIT), _SLOTS)
        if self.order is not None:
            glyphs = self.order[index % len(bank)]
            digits = bank.labels[glyphs]
        else:
            writer = torch.searchsorted(bank.writer_odds, u["writer"].contiguous(), right=True)
            writer = writer.clamp(max=len(bank.writer_odds) - 1)
            which = (u["digit"] * bank.choice_count[writer]).long()
            digits = bank.choices[writer, which]
            of_kind = (u["glyph"] * bank.per_digit[writer, digits]).long()
            glyphs = bank.order[bank.first[writer, digits] + of_kind]
        squares = self._draw(glyphs, u, self.distortion or _AS_IT_IS)
        return Numbers(squares, F.pad(digits[:, None], (0, MAX_DIGITS - 1), value=PAD))

    def seeded(self, seed: int) -> "DigitGenerator":
        """The same with another seed."""
        return DigitGenerator(self.bank, seed, self.distortion)

    def different(self, count: int) -> int:
        """How many of the first `count` samples are different digits."""
        return count if self.distortion else min(count, len(self.bank))

    def _draw(self, glyphs: Tensor, u: dict[str, Tensor], by: Distortion) -> Tensor:
        """Squares uint8 [N, 1, 28, 28] of glyphs int64 [N]."""
        bank, drawn = self.bank, self.bank.drawn[glyphs]
        box = bank.boxes[glyphs]
        longest = torch.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        longest = torch.where(longest > 0, longest, float(GLYPH_HEIGHT))  # a dot has none
        low, high = BRUSH
        brush = low + (high - low) * (u["brush"] if self.distortion else 0.5 + 0 * u["brush"])
        # MNIST's pictures are as large as they should be, others larger. A pen adds to the path.
        fits = torch.where(drawn, (INK - brush) / longest, (INK / longest).clamp(max=1.0))

        way = {name: value * 2 - 1 for name, value in u.items()}
        size = fits * (1 + by.scale * way["scale"])
        angle = by.rotation * (math.pi / 180) * way["rotation"]
        slant, aspect = by.slant * way["slant"], 1 + by.aspect * way["aspect"]
        cos, sin = angle.cos(), angle.sin()
        # From cells to px: size * rotation * [[aspect, -slant], [0, 1]]; and back from px to cells.
        xx, xy = cos * aspect * size, (-cos * slant - sin) * size
        yx, yy = sin * aspect * size, (cos - sin * slant) * size
        determinant = (xx * yy - xy * yx)[:, None, None]

        steps = torch.arange(SIDE, device=glyphs.device) + (0.5 - SIDE / 2)
        dx = steps[None, None, :] - (by.shift * way["x"])[:, None, None]  # [N, 1, 28]
        dy = steps[None, :, None] - (by.shift * way["y"])[:, None, None]  # [N, 28, 1]
        if by.bend:
            pace = math.pi * 1.5 / INK  # three quarters of a wave per height
            sways = [(by.bend * way[name])[:, None, None] for name in ("sway_x", "sway_y")]
            phases = [(math.pi * way[name])[:, None, None] for name in ("phase_x", "phase_y")]
            dx, dy = (
                dx + sways[0] * (dy * pace + phases[0]).sin(),
                dy + sways[1] * (dx * pace + phases[1]).sin(),
            )
        xx, xy, yx, yy = (each[:, None, None] for each in (xx, xy, yx, yy))
        # A raster glyph lies on its canvas as on the square; a path is centred by its box.
        middles = (CANVAS_WIDTH / 2, CANVAS_HEIGHT / 2)
        middle_x, middle_y = (
            torch.where(drawn, (box[:, i] + box[:, i + 2]) / 2, middles[i])[:, None, None]
            for i in (0, 1)
        )
        column = ((yy * dx - xy * dy) / determinant + middle_x) * (2 / CANVAS_WIDTH) - 1
        row = ((xx * dy - yx * dx) / determinant + middle_y) * (2 / CANVAS_HEIGHT) - 1
        canvas = bank.pixels[glyphs][:, None].float() / 255
        grid = torch.stack(torch.broadcast_tensors(column, row), -1)
        level = F.grid_sample(canvas, grid, align_corners=False)[:, 0]

        reach = REACH * size
        pen = level * reach[:, None, None] + (brush / 2 + 0.5 - reach).clamp(max=0)[:, None, None]
        lift = (by.lift * way["lift"])[:, None, None]
        # Thickest where the edge is softest; background and full ink stay what they are.
        ink = level + 4 * lift * level.clamp(0, 1) * (1 - level.clamp(0, 1))
        shown = torch.where(drawn[:, None, None], pen, ink).clamp(0, 1)
        return (shown * 255 + 0.5).to(torch.uint8)[:, None]
