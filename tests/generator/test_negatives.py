from pathlib import Path

import matplotlib
import pytest
import torch

from generator import negatives
from generator.digits import DigitBank
from generator.glyphs import mnist_glyphs, procedural_digits
from generator.negatives import negative_glyphs
from generator.numbers import PAD, NumberGenerator
from generator.splits import in_split, writer_key


def _negatives(split: str) -> DigitBank:
    drawn = [digit for digit in procedural_digits(split) if digit.label in (3, 4)][:40]
    return DigitBank(negative_glyphs(split, drawn, [mnist_glyphs(split)]))


def test_a_share_of_the_strips_shows_no_digit_and_the_rest_stays_as_it_was() -> None:
    plain = DigitBank([mnist_glyphs("val")])
    usual = NumberGenerator(plain, 5)(0, 4_000)
    mixed = NumberGenerator(plain.with_negatives(_negatives("val"), 0.1), 5)(0, 4_000)
    negative = (mixed.digits == PAD).all(1)
    assert 0.08 < negative.float().mean() < 0.12
    assert torch.equal(mixed.strips[~negative], usual.strips[~negative])
    assert torch.equal(mixed.digits[~negative], usual.digits[~negative])
    assert (mixed.strips[negative] != usual.strips[negative]).flatten(1).any(1).all()
    assert (mixed.strips[negative].flatten(1).amax(1) > 64).float().mean() > 0.99


def test_a_sample_does_not_depend_on_its_batch() -> None:
    bank = DigitBank([mnist_glyphs("val")]).with_negatives(_negatives("val"), 0.3)
    numbers = NumberGenerator(bank, 5)
    at_once, chosen = numbers(0, 64), torch.tensor([63, 5, 17])
    apart = numbers.samples(chosen)
    assert torch.equal(at_once.strips[chosen], apart.strips)
    assert torch.equal(at_once.digits[chosen], apart.digits)


def test_every_kind_is_drawn_otherwise_in_every_split() -> None:
    train, val = _negatives("train"), _negatives("val")
    assert len(train.description) == len(val.description) == 6
    for mine, theirs in zip(train.description, val.description, strict=True):
        assert mine["sha256"] != theirs["sha256"]


def test_a_mirrored_digit_lies_in_its_box() -> None:
    source = mnist_glyphs("val")
    *_, mirrored, turned = negative_glyphs("val", procedural_digits("val"), [source])
    for glyphs in (mirrored, turned):
        left, top, right, bottom = glyphs.boxes[0].long().tolist()
        ink = glyphs.pixels[0] >= 64
        assert ink.any(0).nonzero()[[0, -1], 0].tolist() == [left, right - 1]
        assert ink.any(1).nonzero()[[0, -1], 0].tolist() == [top, bottom - 1]


def test_letters_of_a_font_are_of_one_split() -> None:
    fonts = [Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"]
    digits = procedural_digits("val")
    with_fonts = [len(negative_glyphs(split, digits, [], fonts)) for split in ("train", "val")]
    without = [len(negative_glyphs(split, digits, [])) for split in ("train", "val")]
    assert sum(with_fonts) == sum(without) + 1


def test_a_letter_that_a_font_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "cmtt10.ttf"
    monkeypatch.setattr(negatives, "OF_FONTS", "A\u5b57n")
    split = next(each for each in ("train", "val") if in_split(writer_key(font.stem), each))
    *_, letters = negative_glyphs(split, procedural_digits("val"), [], [font])
    assert len(letters.labels) == 2
