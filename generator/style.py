"""Styles: the ranges of everything that varies in how a number is written."""

from dataclasses import dataclass, replace
from typing import Literal

from generator.ranges import (
    Amount,
    AmountSpan,
    CountSpan,
    MarginSpan,
    Positive,
    PositiveSpan,
    Share,
    Span,
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
        touching: how often two neighbours are moved together until they just touch, 0..1.
        ones_touch: whether a 1 does so too, unless its neighbour is one; no neighbour then covers
            more than a third of a narrow digit, wherever gaps are below 0.
        cuts: how often a digit's stroke has a small gap, where it runs straight, and
        cut: how wide it is, relative to the digit's height.
        dots: how often a number has a stray dot beside it, twice; the dot is no wider than the pen
            and left out where it would come near a digit.
        earlier: share of all numbers that are laid out as the earlier work does, in whole pictures
            of MNIST's size, each digit by a writer of its own; of the rest of the style only
            `digits` and `leading_zeros` hold for them.
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
    margin: MarginSpan = (1.0, 4.0)
    cell: Amount = 0.0
    touching: Share = 0.0
    ones_touch: bool = False
    cuts: Share = 0.0
    cut: AmountSpan = (0.04, 0.08)
    dots: Share = 0.0
    earlier: Share = 0.0

    @property
    def flawed(self) -> bool:
        """Whether numbers have flaws now and then."""
        return max(self.touching, self.cuts, self.dots) > 0


# Wider in everything that people vary: to learn from, that the usual ranges may be easy.
WIDE = Style(
    rotation=(-14.0, 14.0),
    scale=(0.85, 1.15),
    gap=(-0.08, 0.5),
    aspect=(0.75, 1.35),
    slant=0.35,
    bend=0.045,
    touching=0.06,
    cuts=0.03,
    dots=0.06,
)

# Wider still, as fingers write: digits that touch, overlap, climb and fall, 1s among them.
LOOSE = replace(
    WIDE,
    leading_zeros=True,
    large_share=0.85,
    shift=6.0,
    gap=(-0.15, 0.6),
    touching=0.15,
    ones_touch=True,
    earlier=0.25,
)

# What the earlier work trains on and tests with, but that every label shows in full.
EARLIER = Style(leading_zeros=True, earlier=1.0)

# What numbers of any length are learned from, by name.
Layout = Literal["usual", "wide", "loose", "earlier"]
LAYOUTS: dict[Layout, Style] = {
    "usual": Style(),
    "wide": WIDE,
    "loose": LOOSE,
    "earlier": EARLIER,
}

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
