"""Samples for a variant: what it learns from and what it is judged on. The one place that knows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.numbers import NumberGenerator
from generator.single import DigitGenerator, Distortion
from generator.square import SIDE
from generator.strip import HEIGHT, WIDTH
from generator.style import LAYOUTS, PASTED, PASTED_WIDE, Layout, Style
from models import zoo

Samples = NumberGenerator | DigitGenerator

SIDES = {"strip": (HEIGHT, WIDTH), "square": (SIDE, SIDE)}  # px, high and wide


@dataclass(frozen=True)
class HeldOut:
    """What a model is judged on: samples 0 .. count - 1, and what reports call them."""

    samples: Samples
    count: int
    described: str


def to_learn(
    variant: str,
    bank: DigitBank,
    seed: int,
    layout: Layout = "usual",
    changes: Mapping[str, Any] | None = None,
) -> Samples:
    """Endless varied samples.

    Args:
        variant: for which.
        bank: digits.
        seed: same seed, same samples.
        layout: of a CRNN's numbers.
        changes: fields that differ of the `Style`, or of single digits' `Distortion`.

    Raises:
        UnknownVariant: no such variant.
        BadInput: the variant does not read numbers of the length that `changes` asks for, or cannot
            say nothing and the bank shows it what is no digit.
    """
    if bank.negatives and (zoo.find(variant).input == "square" or is_pasted(variant)):
        raise BadInput(f"{variant} has no way to say nothing: leave out digits.negatives_share")
    if zoo.find(variant).input == "square":
        return DigitGenerator(bank, seed, replace(Distortion(), **(changes or {})))
    return NumberGenerator(bank, seed, _styled(variant, style_to_learn(variant, layout), changes))


def style_to_learn(variant: str, layout: Layout) -> Style:
    """How a variant's numbers look in training where nothing is changed."""
    if is_pasted(variant):
        return _of_length(variant, PASTED_WIDE)
    return LAYOUTS[layout]


def to_judge(
    variant: str, bank: DigitBank, seed: int = 0, changes: Mapping[str, Any] | None = None
) -> Samples:
    """What accuracy is measured on: numbers, pasted digits, or the digits of a bank as they are.

    Arguments and errors as of `to_learn`.
    """
    if zoo.find(variant).input == "square":
        return DigitGenerator(bank, seed)
    usual = _of_length(variant, PASTED) if is_pasted(variant) else Style()
    return NumberGenerator(bank, seed, _styled(variant, usual, changes))


def held_out(variant: str, source: str, bank: DigitBank, seed: int, count: int) -> HeldOut:
    """At most `count` of what `to_judge` gives, fewer where there are no more different ones.

    Args:
        variant: for which.
        source: what the digits are called, such as "MNIST test digits".
        bank: the digits.
        seed: same seed, same samples.
        count: how many.
    """
    found = to_judge(variant, bank, seed)
    return HeldOut(found, found.different(count), described(variant, source))


def described(variant: str, source: str) -> str:
    """What `to_judge` gives, for reports: `source` is such as "MNIST test digits"."""
    if zoo.find(variant).input == "square":
        return source
    return f"numbers from {source}{', pasted side by side' * is_pasted(variant)}"


def is_pasted(variant: str) -> bool:
    """Whether a variant reads digits that stand at equal distances, their number known."""
    found = zoo.find(variant)
    return found.input == "strip" and found.digits[0] == found.digits[1]


def empty(variant: str, count: int) -> torch.Tensor:
    """Inputs uint8 [count, 1, H, W] of a variant's size, all background."""
    return torch.zeros(count, 1, *SIDES[zoo.find(variant).input], dtype=torch.uint8)


def _of_length(variant: str, style: Style) -> Style:
    return replace(style, digits=zoo.find(variant).digits, leading_zeros=True)


def _styled(variant: str, style: Style, changes: Mapping[str, Any] | None) -> Style:
    style = replace(style, **(changes or {}))
    (fewest, most), (shortest, longest) = zoo.find(variant).digits, style.digits
    if shortest < fewest or longest > most:
        raise BadInput(f"{variant} reads {fewest} to {most} digits: change style.digits")
    return style
