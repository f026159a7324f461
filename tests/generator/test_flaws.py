from dataclasses import replace

import pytest
import torch

from generator import layout
from generator.digits import DigitBank
from generator.glyphs import procedural_glyphs
from generator.numbers import NumberGenerator
from generator.style import WIDE
from generator.touching import meeting
from toolchain.reading.components import Components

PLAIN = replace(WIDE, touching=0.0, cuts=0.0, dots=0.0)
COUNT = 400


@pytest.fixture(scope="module")
def pens(mnist_val):
    return DigitBank([mnist_val, procedural_glyphs("val")])


def with_and_without(bank, **flaws):
    made = [NumberGenerator(bank, 3, style)(0, COUNT) for style in (PLAIN, replace(PLAIN, **flaws))]
    assert torch.equal(made[0].digits, made[1].digits)
    return [each.strips[:, 0].int() for each in made]


@pytest.mark.parametrize("flaw", ["touching", "cuts", "dots"])
def test_numbers_without_a_flaw_are_what_they_were(pens, flaw):
    plain, flawed = with_and_without(pens, **{flaw: 0.1})
    same = (plain == flawed).all(2).all(1).float().mean()
    assert 0.6 < same < 0.97


def test_a_dot_is_small_and_lies_free_within_the_height(pens, monkeypatch):
    placed = []
    real = layout.dots
    monkeypatch.setattr(layout, "dots", lambda *given: placed.append(given[2]) or real(*given))
    plain, flawed = with_and_without(pens, dots=1.0)
    assert (flawed >= plain).all()
    _, y, _, half_high = placed[-1].unbind(-1)
    tops, bottoms = (y - half_high).nan_to_num(32).amin(1), (y + half_high).nan_to_num(0).amax(1)
    seen = 0
    for before, after, top_of, bottom_of in zip(plain, flawed, tops, bottoms, strict=True):
        added = after > before
        # Nothing of the number lies within a pixel of a dot.
        around = torch.nn.functional.max_pool2d(added[None].float(), 3, 1, 1)[0] > 0
        assert not before[around].any()
        dots = Components(added.numpy()).boxes
        assert len(dots) <= 2
        for left, top, right, bottom in dots:
            assert max(right - left, bottom - top) <= 8
            # Within the digits' boxes; a pixel at its edge may be faint.
            assert top_of - 1 <= top < bottom <= bottom_of + 1
        seen += len(dots)
    assert seen > COUNT / 4


def test_a_cut_takes_a_little_ink_and_adds_none(pens):
    plain, flawed = with_and_without(pens, cuts=1.0)
    assert (flawed <= plain).all()
    lost = 1 - flawed.sum((1, 2)) / plain.sum((1, 2))
    assert lost.max() < 0.2
    assert 0.01 < lost.mean() < 0.05


def test_touching_digits_become_one_piece_and_do_not_overlap(pens):
    plain, flawed = with_and_without(pens, touching=1.0)

    def pieces(strips):
        return sum(len(Components(strip.numpy() > 100).areas) for strip in strips)

    assert pieces(flawed) < 0.75 * pieces(plain)
    # A number that fits as it is keeps its size: then nearly all its ink is still to be seen.
    kept = flawed.sum((1, 2)) / plain.sum((1, 2))
    assert kept.quantile(0.05) > 0.95


def test_a_one_never_touches_what_may_swallow_it(pens):
    style = replace(PLAIN, digits=(2, 2))
    plain, flawed = (
        NumberGenerator(pens, 3, each)(0, COUNT) for each in (style, replace(style, touching=1.0))
    )
    moved = (plain.strips != flawed.strips).flatten(1).any(1)
    one = (plain.digits == 1).any(1)
    assert not moved[one].any()
    assert moved[~one].float().mean() > 0.9


def both(bank, *styles):
    made = [NumberGenerator(bank, 3, replace(PLAIN, digits=(2, 2), **style)) for style in styles]
    plain, changed = (numbers(0, 2 * COUNT) for numbers in made)
    assert torch.equal(plain.digits, changed.digits)
    ones = (plain.digits == 1).sum(1)
    return ones, (changed.strips.flatten(1).long().sum(1) / plain.strips.flatten(1).long().sum(1))


def test_a_one_that_touches_is_still_to_be_seen(pens):
    loose = {"ones_touch": True}
    ones, kept = both(pens, loose, {**loose, "touching": 1.0})
    assert (kept[ones == 1] != 1).float().mean() > 0.8
    assert (kept[ones == 2] == 1).all()  # two of them would be one thick stroke
    assert kept[ones == 1].quantile(0.02) > 0.85


def test_a_one_that_is_overlapped_is_still_to_be_seen(pens):
    ones, kept = both(
        pens, {"gap": (0.0, 0.0)}, {"gap": (-0.15, -0.15), "ones_touch": True, "shift": 4.0}
    )
    assert (kept[ones == 1] != 1).float().mean() > 0.8
    assert kept[ones == 1].quantile(0.02) > 0.85


def test_round_pens_touch_at_the_sum_of_their_radii():
    right, left = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[-1.0, 3.0]]])
    assert meeting(right, left, torch.tensor([5.0])).tolist() == [2.0 + 4.0]
    assert meeting(right, left, torch.tensor([2.0])).tolist() == [-torch.inf]
    none = torch.full_like(right, torch.nan)
    assert meeting(none, left, torch.tensor([5.0])).tolist() == [-torch.inf]
