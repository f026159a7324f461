from dataclasses import replace

import pytest
import torch

from generator.digits import DigitBank
from generator.frames import FRAME_SLOTS, framed_ink, lay_frames
from generator.glyphs import Glyphs, procedural_glyphs
from generator.numbers import PAD, NumberGenerator
from generator.square import SIDE
from generator.strip import HEIGHT, WIDTH
from generator.style import EARLIER
from toolchain.reading.components import Components

SLOTS = (*FRAME_SLOTS, "rotation", "scale")
ONE = replace(EARLIER, digits=(1, 1))


def bar(left, top, right, bottom):
    """A bank of one raster glyph, a full rectangle of a 28x28 picture."""
    pixels = torch.zeros(1, 40, 64, dtype=torch.uint8)
    box = torch.tensor([[18 + left, 6 + top, 18 + right, 6 + bottom]])
    pixels[:, box[0, 1] : box[0, 3], box[0, 0] : box[0, 2]] = 255
    zero, ones = torch.zeros(1, dtype=torch.int64), torch.ones(1)
    return DigitBank([Glyphs("bar", ("bar",), pixels, box.float(), zero, zero, ones, False)])


def drawn(bank, u, present):
    glyphs = torch.zeros(present.shape, dtype=torch.int64)
    frames = replace(lay_frames(bank, present, glyphs, u), soft=torch.zeros(len(present)))
    return frames, lambda shown: framed_ink(bank, shown, glyphs, frames)


@pytest.mark.parametrize("wide", [4, 12, 20])
def test_every_digit_shows_in_full_and_none_is_lost_under_another(wide):
    bank = bar(14 - wide // 2, 4, 14 + wide // 2, 24)
    chance = torch.Generator().manual_seed(1)
    count = 400
    u = {name: torch.rand(count, 5, generator=chance) for name in SLOTS}
    u["gap"] *= torch.rand(count, 1, generator=chance)  # close ones among them, and wide ones
    length = torch.randint(1, 6, (count, 1), generator=chance)
    present = torch.arange(5) < length
    frames, draw = drawn(bank, u, present)
    together = draw(present)
    area = wide * 20 * (frames.side / SIDE * frames.scale).square()
    for place in range(5):
        mine = present & (torch.arange(5) == place)
        rows = mine.any(1)
        alone = draw(mine).sum((1, 2, 3)) / area[:, place]
        assert (alone[rows] - 1).abs().max() < 0.12  # the rim is soft, a corner is turned out
        others = draw(present & ~mine)
        seen = ((together - others).sum((1, 2, 3)) / area[:, place])[rows]
        assert seen.min() > 0.2  # under two neighbours at once
        assert (seen > 0.6).float().mean() > 0.9
    assert together.amax((1, 3))[:, [0, -1]].max() == 0  # the border


def test_what_leaves_a_frame_comes_back_on_the_other_side():
    bank = bar(24, 4, 28, 24)  # along the right side of the frame
    middle = {name: torch.full((1, 5), 0.5) for name in SLOTS}
    present = torch.tensor([[True, False, False, False, False]])
    places = []
    for across in (0.5, 1.0):  # where it is, and its own width to the right
        frames, draw = drawn(bank, {**middle, "across": torch.full((1, 5), across)}, present)
        inked = (draw(present)[0, 0] > 0.5).any(0).nonzero()[:, 0]
        left = frames.x[0, 0] - frames.side[0, 0] * frames.scale[0, 0] / 2
        places.append((inked.float().mean() + 0.5 - left) / frames.scale[0, 0])
    assert places == pytest.approx([26, 2], abs=0.5)


def test_specks_occur_beside_single_digits(mnist_val):
    strips = NumberGenerator(DigitBank([mnist_val]), 1, ONE)(0, 300).strips[:, 0].numpy()
    pieces = [len(Components(strip > 40).areas) for strip in strips]
    assert 0.1 < sum(count > 1 for count in pieces) / 300 < 0.6


def test_digits_of_pens_are_as_large_as_mnists(mnist_val):
    heights = []
    for source in (mnist_val, procedural_glyphs("val")):
        strips = NumberGenerator(DigitBank([source]), 1, ONE)(0, 400).strips[:, 0].float()
        ink = strips.flatten(1).sum(1)
        rows = strips.sum(2) / ink[:, None]
        middle = (rows * torch.arange(HEIGHT)).sum(1)
        spread = (rows * (torch.arange(HEIGHT) - middle[:, None]).square()).sum(1).sqrt()
        heights.append(float(spread.median()))
        assert 10 < (WIDTH - 1 - (strips.amax(1) > 64).float().argmax(1)).float().mean() < 26
    assert heights[0] == pytest.approx(heights[1], rel=0.15)


def test_digits_are_independent_with_leading_zeros(bank):
    numbers = NumberGenerator(bank, 3, EARLIER)
    digits = numbers(0, 3_000).digits
    first = digits[(digits != PAD).sum(1) > 1, 0]
    assert first.bincount(minlength=10).min() > 0.06 * len(first)
    writers = torch.rand(500, 5)
    each = {"digit": torch.rand(500, 5), "glyph": torch.rand(500, 5)}
    owner = torch.full((len(bank),), -1)
    for writer in range(len(bank.per_digit)):
        start, count = int(bank.first[writer, 0]), int(bank.per_digit[writer].sum())
        owner[bank.order[start : start + count]] = writer
    digits, glyphs = numbers.choose(torch.rand(500), writers, each)
    owners = torch.where(digits != PAD, owner[glyphs], owner[glyphs[:, :1]])
    assert (owners != owners[:, :1]).any(1).float().mean() > 0.5
