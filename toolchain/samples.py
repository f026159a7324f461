"""Samples for a variant: what it learns from and what it is judged on. The one place that knows."""

from dataclasses import replace

import torch

from generator.digits import DigitBank
from generator.layout import PASTED, PASTED_WIDE, WIDE, Style
from generator.numbers import NumberGenerator
from generator.single import DigitGenerator, Distortion
from generator.square import SIDE
from generator.strip import HEIGHT, WIDTH
from models import zoo

Samples = NumberGenerator | DigitGenerator

SIDES = {"strip": (HEIGHT, WIDTH), "square": (SIDE, SIDE)}  # px, high and wide


def to_learn(variant: str, bank: DigitBank, seed: int, wide: bool = False) -> Samples:
    """Endless varied samples; `wide`: of a CRNN's numbers, the wide style.

    Raises:
        UnknownVariant: no such variant.
    """
    if zoo.find(variant).input == "square":
        return DigitGenerator(bank, seed, Distortion())
    if is_pasted(variant):
        return NumberGenerator(bank, seed, _of_length(variant, PASTED_WIDE))
    return NumberGenerator(bank, seed, WIDE if wide else None)


def to_judge(variant: str, bank: DigitBank, seed: int = 0) -> Samples:
    """What accuracy is measured on: numbers, pasted digits, or the digits of a bank as they are.

    Raises:
        UnknownVariant: no such variant.
    """
    if zoo.find(variant).input == "square":
        return DigitGenerator(bank, seed)
    if is_pasted(variant):
        return NumberGenerator(bank, seed, _of_length(variant, PASTED))
    return NumberGenerator(bank, seed)


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
