"""Numbers: sample `i` of seed `s` is a strip and its digits, a function of `(s, i)` alone.

The same whatever the batch size, order or shard. A number draws its writer, length, digits and
glyphs here, is placed by `generator.layout`, and is sampled from the glyph canvases in one batch
of affine look-ups for each place, on whatever device the digit bank lies.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.flaws import cut, dot_ink, pen_in_cells, slits
from generator.hashing import hash_uniform, named
from generator.layout import DIGIT_SLOTS, FLAW_SLOTS, NUMBER_SLOTS, Placement, lay_out
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH
from generator.style import Style

MAX_DIGITS = 5
PAD = -1  # fills the digits of a number to its right
_PER_NUMBER = 16  # room for the slots of a number, and of each of its digits
_PER_DIGIT = 12
_PER_FLAW = 8

Chances = dict[str, Tensor]


@dataclass(frozen=True)
class Numbers:
    """A batch: `strips` uint8 [N, 1, 32, 128], `digits` int64 [N, 5], `PAD` to the right.

    Of single digits the `strips` are squares, uint8 [N, 1, 28, 28].
    """

    strips: Tensor
    digits: Tensor


class NumberGenerator:
    """Endless numbers from a digit bank, made on the bank's device.

    >>> numbers = NumberGenerator(bank, seed=7)
    >>> batch = numbers(0, 64)  # samples 0..63
    """

    def __init__(self, bank: DigitBank, seed: int = 0, style: Style | None = None) -> None:
        """`style` is the usual one unless given.

        Raises:
            BadInput: the style's longest number has more than `MAX_DIGITS` digits.
        """
        self.bank = bank
        self.seed = seed
        self.style = style or Style()
        if self.style.digits[1] > MAX_DIGITS:
            raise BadInput(
                f"a number has {MAX_DIGITS} digits at most, not {self.style.digits[1]}: "
                "lower style.digits"
            )

    def __call__(self, first: int, count: int) -> Numbers:
        """Samples first .. first + count - 1."""
        return self.samples(torch.arange(first, first + count))

    def samples(self, index: Tensor) -> Numbers:
        """The samples of the given numbers: `index` int64 [N]."""
        number, each, flaws = self._chances(index)
        digits, glyphs = self.choose(number, each)
        return self._written(digits, glyphs, number, each, flaws)

    def alone(self, index: Tensor, glyphs: Tensor) -> Numbers:
        """Numbers of one digit, written with the given glyphs: `index` and `glyphs` int64 [N]."""
        digits = F.pad(self.bank.labels[glyphs][:, None], (0, MAX_DIGITS - 1), value=PAD)
        everywhere = glyphs[:, None].expand(-1, MAX_DIGITS)
        return self._written(digits, everywhere, *self._chances(index))

    def _chances(self, index: Tensor) -> tuple[Chances, Chances, Chances | None]:
        """What a number, each of its digits and its flaws draw, by slot; values in [0, 1)."""
        # Flaws come last, so that a number is otherwise the same with and without them.
        sizes = [_PER_NUMBER, MAX_DIGITS * _PER_DIGIT, MAX_DIGITS * _PER_FLAW * self.style.flawed]
        u = hash_uniform(self.seed, index.to(self.bank.device), sum(sizes)).split(sizes, 1)
        number = named(u[0], NUMBER_SLOTS)
        each = named(u[1].unflatten(1, (MAX_DIGITS, _PER_DIGIT)), DIGIT_SLOTS)
        if not self.style.flawed:
            return number, each, None
        return number, each, named(u[2].unflatten(1, (MAX_DIGITS, _PER_FLAW)), FLAW_SLOTS)

    def _written(
        self,
        digits: Tensor,
        glyphs: Tensor,
        number: Chances,
        each: Chances,
        flaws: Chances | None,
    ) -> Numbers:
        placement = lay_out(self.style, self.bank, digits, glyphs, number, each, flaws)
        where = None if flaws is None else flaws["cut_where"]
        return Numbers(self._draw(digits != PAD, glyphs, placement, where), digits)

    def seeded(self, seed: int) -> "NumberGenerator":
        """The same with another seed."""
        return NumberGenerator(self.bank, seed, self.style)

    def different(self, count: int) -> int:
        """How many of the first `count` samples are different numbers: all."""
        return count

    def choose(self, number: Chances, each: Chances) -> tuple[Tensor, Tensor]:
        """Digits and a glyph of the number's one writer for each: int64 [N, 5] twice."""
        bank, style = self.bank, self.style
        writer = torch.searchsorted(bank.writer_odds, number["writer"].contiguous(), right=True)
        writer = writer.clamp(max=len(bank.writer_odds) - 1)
        shortest, longest = style.digits
        length = shortest + (number["length"] * (longest - shortest + 1)).long()

        count = bank.choice_count[writer][:, None]
        # The leading digit of a longer number skips 0, unless the writer has nothing else.
        skip = bank.starts_with_zero[writer] * (length > 1) * (count[:, 0] > 1)
        skip = F.pad(skip[:, None], (0, MAX_DIGITS - 1)) * (not style.leading_zeros)
        choice = skip + (each["digit"] * (count - skip)).long()
        digits = bank.choices[writer].gather(1, choice)
        which = (each["glyph"] * bank.per_digit[writer].gather(1, digits)).long()
        glyphs = bank.order[bank.first[writer].gather(1, digits) + which]
        present = torch.arange(MAX_DIGITS, device=length.device) < length[:, None]
        return torch.where(present, digits, PAD), glyphs

    def _draw(
        self, present: Tensor, glyphs: Tensor, placement: Placement, where: Tensor | None
    ) -> Tensor:
        """Strips uint8 [N, 1, 32, 128] of the glyphs int64 [N, 5] that are present."""
        strips = torch.zeros(len(glyphs), 1, HEIGHT, WIDTH, device=self.bank.device)
        for place in range(MAX_DIGITS):
            rows = present[:, place].nonzero()[:, 0]
            if len(rows):
                at = rows, place
                ink, column, row = self._sample(glyphs[at], placement, at)
                if where is not None and placement.slit is not None:
                    self._cut(ink, (column, row), glyphs[at], placement, where, at)
                strips[rows] = torch.maximum(strips[rows], ink)
        for stray in () if placement.dots is None else placement.dots.unbind(1):
            rows = (stray[:, 2] > 0).nonzero()[:, 0]
            strips[rows] = torch.maximum(strips[rows], dot_ink(stray[rows]))
        return (strips.clamp_(0, 1) * 255 + 0.5).to(torch.uint8)

    def _sample(
        self, glyphs: Tensor, placement: Placement, at: tuple[Tensor, int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Ink float32 [M, 1, 32, 128] of glyphs int64 [M]; below 0 and above 1 where saturated.

        Also, where on the glyph's canvas every pixel lies: column and row float32 [M, 32, 128].
        """
        bank, device = self.bank, glyphs.device
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

    def _cut(
        self,
        ink: Tensor,
        cells: tuple[Tensor, Tensor],
        glyphs: Tensor,
        placement: Placement,
        where: Tensor,
        at: tuple[Tensor, int],
    ) -> None:
        """Cut a slit into the ink of those digits that get one, in place."""
        assert placement.slit is not None
        wide = placement.slit[at]
        hit = wide.nonzero()[:, 0]
        if not len(hit):
            return
        drawn = self.bank.drawn[glyphs[hit]]
        slit = slits(self.bank.pixels[glyphs[hit]], drawn, where[at][hit])
        gain, bias = placement.gain[at][hit], placement.bias[at][hit]
        a, b, c, d = placement.inverse[at][hit].unbind(1)
        pixels = (a * d - b * c).abs().rsqrt()  # px per cell
        size = wide[hit], pen_in_cells(drawn, gain, bias), pixels
        ink[hit] = cut(ink[hit], cells[0][hit], cells[1][hit], slit, size)
