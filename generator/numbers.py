"""Numbers: sample `i` of seed `s` is a strip and its digits, a function of `(s, i)` alone.

The same whatever the batch size, order or shard. A number draws its writer, length, digits and
glyphs here, is placed by `generator.layout` or, a share of them, by `generator.frames`, on whatever
device the digit bank lies. On a CPU `generator.kernel` draws it, elsewhere `generator.sampling`.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from generator.digits import DigitBank
from generator.drawing import framed_strips, placed_strips
from generator.errors import BadInput
from generator.frames import FRAME_SLOTS, lay_frames
from generator.hashing import hash_uniform, named
from generator.layout import DIGIT_SLOTS, FLAW_SLOTS, NUMBER_SLOTS, lay_out
from generator.strip import HEIGHT, WIDTH
from generator.style import Style

MAX_DIGITS = 5
PAD = -1  # fills the digits of a number to its right
_PER_NUMBER = 16  # room for the slots of a number, and of each of its digits
_PER_DIGIT = 12
_PER_FLAW = 8
_PER_FRAME = 8
_NEGATIVE = 2  # added to the seed, for which strips show no digit

Slots = dict[str, Tensor]


@dataclass(frozen=True)
class Numbers:
    """A batch: `strips` uint8 [N, 1, 32, 128], `digits` int64 [N, 5], `PAD` to the right;
    nothing but `PAD` where a strip shows no digit.

    Of single digits the `strips` are squares, uint8 [N, 1, 28, 28].
    """

    strips: Tensor
    digits: Tensor


@dataclass(frozen=True)
class _Chances:
    """What N numbers draw, by slot, values in [0, 1): [N], then [N, 5] for each of their digits."""

    number: Slots
    each: Slots
    flaws: Slots | None
    frames: Slots | None

    def of(self, rows: Tensor) -> "_Chances":
        """Of some numbers alone: int64 [M]."""
        number, each, flaws, frames = (
            slots and {name: u[rows] for name, u in slots.items()}
            for slots in (self.number, self.each, self.flaws, self.frames)
        )
        assert number is not None
        assert each is not None
        return _Chances(number, each, flaws, frames)


class NumberGenerator:
    """Endless numbers from a digit bank, made on the bank's device.

    >>> numbers = NumberGenerator(bank, seed=7)
    >>> batch = numbers(0, 64)  # samples 0..63
    """

    def __init__(
        self,
        bank: DigitBank,
        seed: int = 0,
        style: Style | None = None,
        *,
        compiled: bool = True,
    ) -> None:
        """`style` is the usual one unless given; without `compiled`, a CPU draws as a GPU does.

        Raises:
            BadInput: the style's longest number has more than `MAX_DIGITS` digits.
        """
        self.bank = bank
        self.seed = seed
        self.style = style or Style()
        self.compiled = compiled and bank.device.type == "cpu"
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
        chances = self._chances(index)
        made = self._written(*self._chosen(chances), chances)
        if self.bank.negatives is not None:
            self._put_negatives(made, index, *self.bank.negatives)
        return made

    def _put_negatives(
        self, made: Numbers, index: Tensor, negatives: DigitBank, share: float
    ) -> None:
        chance = hash_uniform(self.seed + _NEGATIVE, index.to(self.bank.device), 1)[:, 0]
        rows = (chance < share).nonzero()[:, 0]
        if len(rows):
            style = replace(self.style, earlier=0.0)
            drawn = NumberGenerator(negatives, self.seed, style, compiled=self.compiled)
            made.strips[rows] = drawn.samples(index[rows.to(index.device)]).strips
            made.digits[rows] = PAD

    def glyphs(self, first: int, count: int) -> Tensor:
        """Which glyphs write samples first .. first + count - 1: int64 [N, 5], `PAD` to the right.

        The bank's `wrote` says by whom: a number is by one writer, but each digit in a frame by
        its own.
        """
        digits, glyphs = self._chosen(self._chances(torch.arange(first, first + count)))
        return torch.where(digits == PAD, PAD, glyphs)

    def alone(self, index: Tensor, glyphs: Tensor) -> Numbers:
        """Numbers of one digit, written with the given glyphs: `index` and `glyphs` int64 [N]."""
        digits = F.pad(self.bank.labels[glyphs][:, None], (0, MAX_DIGITS - 1), value=PAD)
        everywhere = glyphs[:, None].expand(-1, MAX_DIGITS)
        return self._written(digits, everywhere, self._chances(index))

    def _chosen(self, chances: _Chances) -> tuple[Tensor, Tensor]:
        writers = chances.number["writer"][:, None].expand(-1, MAX_DIGITS)
        if chances.frames is not None:
            framed = self._framed(chances)[:, None]
            writers = torch.where(framed, chances.frames["writer"], writers)
        return self.choose(chances.number["length"], writers, chances.each)

    def _chances(self, index: Tensor) -> _Chances:
        style = self.style
        # Flaws and frames come last, so that a number is otherwise the same with and without them.
        sizes = [_PER_NUMBER, MAX_DIGITS * _PER_DIGIT]
        sizes += [MAX_DIGITS * _PER_FLAW * style.flawed]
        sizes += [MAX_DIGITS * _PER_FRAME * (style.earlier > 0)]
        u = hash_uniform(self.seed, index.to(self.bank.device), sum(sizes)).split(sizes, 1)

        def of_digits(u: Tensor, names: tuple[str, ...]) -> Slots:
            return named(u.unflatten(1, (MAX_DIGITS, -1)), names)

        return _Chances(
            named(u[0], NUMBER_SLOTS),
            of_digits(u[1], DIGIT_SLOTS),
            of_digits(u[2], FLAW_SLOTS) if style.flawed else None,
            of_digits(u[3], FRAME_SLOTS) if style.earlier > 0 else None,
        )

    def _framed(self, chances: _Chances) -> Tensor:
        """Which numbers stand in frames: bool [N]."""
        assert chances.frames is not None
        return chances.frames["framed"][:, 0] < self.style.earlier

    def _written(self, digits: Tensor, glyphs: Tensor, chances: _Chances) -> Numbers:
        if chances.frames is None:
            return Numbers(self._usual(digits, glyphs, chances), digits)
        framed = self._framed(chances)
        strips = torch.empty(
            len(digits), 1, HEIGHT, WIDTH, dtype=torch.uint8, device=self.bank.device
        )
        for chosen, draw in ((~framed, self._usual), (framed, self._in_frames)):
            rows = chosen.nonzero()[:, 0]
            if len(rows):
                strips[rows] = draw(digits[rows], glyphs[rows], chances.of(rows))
        return Numbers(strips, digits)

    def _in_frames(self, digits: Tensor, glyphs: Tensor, chances: _Chances) -> Tensor:
        assert chances.frames is not None
        present, u = digits != PAD, {**chances.each, **chances.frames}
        frames = lay_frames(self.bank, present, glyphs, u)
        return framed_strips(self.bank, present, glyphs, frames, compiled=self.compiled)

    def _usual(self, digits: Tensor, glyphs: Tensor, chances: _Chances) -> Tensor:
        number, each, flaws = chances.number, chances.each, chances.flaws
        placement = lay_out(self.style, self.bank, digits, glyphs, number, each, flaws)
        present = digits != PAD
        return placed_strips(self.bank, present, glyphs, placement, compiled=self.compiled)

    def seeded(self, seed: int) -> "NumberGenerator":
        """The same with another seed."""
        return NumberGenerator(self.bank, seed, self.style, compiled=self.compiled)

    def different(self, count: int) -> int:
        """How many of the first `count` samples are different numbers: all."""
        return count

    def choose(self, length: Tensor, writers: Tensor, each: Slots) -> tuple[Tensor, Tensor]:
        """Digits of numbers and a glyph of each digit's writer: int64 [N, 5] twice.

        Args:
            length: random [N], 0..1.
            writers: random [N, 5], 0..1: equal ones are the same writer.
            each: random slots [N, 5] by name, see `DIGIT_SLOTS`.
        """
        bank, style = self.bank, self.style
        writer = torch.searchsorted(bank.writer_odds, writers.contiguous(), right=True)
        writer = writer.clamp(max=len(bank.writer_odds) - 1)
        shortest, longest = style.digits
        digit_count = shortest + (length * (longest - shortest + 1)).long()

        count = bank.choice_count[writer]
        # The leading digit of a longer number skips 0, unless the writer has nothing else.
        skip = bank.starts_with_zero[writer] * (digit_count > 1)[:, None] * (count > 1)
        skip = F.pad(skip[:, :1], (0, MAX_DIGITS - 1)) * (not style.leading_zeros)
        choice = skip + (each["digit"] * (count - skip)).long()
        digits = bank.choices[writer, choice]
        which = (each["glyph"] * bank.per_digit[writer, digits]).long()
        glyphs = bank.order[bank.first[writer, digits] + which]
        present = torch.arange(MAX_DIGITS, device=length.device) < digit_count[:, None]
        return torch.where(present, digits, PAD), glyphs
