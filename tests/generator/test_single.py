from typing import get_type_hints

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.digits import DigitBank
from generator.glyphs import (
    ink_glyphs,
    mnist_glyphs,
    stroke_glyphs,
)
from generator.mnist import load_mnist
from generator.numbers import PAD
from generator.single import DigitGenerator, Distortion


@settings(max_examples=20)
@given(st.integers(0, 10**12), st.integers(1, 40), st.integers(0, 2**40))
def test_a_sample_is_a_function_of_seed_and_index_alone(bank, first, count, seed):
    digits = DigitGenerator(bank, seed, Distortion())
    together, alone = digits(first, count), digits(first + count - 1, 1)
    assert torch.equal(together.strips[-1:], alone.strips)
    assert torch.equal(together.digits[-1:], alone.digits)


def test_without_distortion_they_are_mnist_pixel_by_pixel():
    bank = DigitBank([mnist_glyphs("test")])
    digits = DigitGenerator(bank)
    batch = digits(0, len(bank))
    images, labels = (torch.from_numpy(each)[digits.order] for each in load_mnist("test"))
    assert torch.equal(batch.strips[:, 0], images)
    assert torch.equal(batch.digits[:, 0], labels.long())
    assert (batch.digits[:, 1:] == PAD).all()
    assert digits.different(20_000) == len(bank) == digits.different(len(bank))
    assert DigitGenerator(bank, 0, Distortion()).different(20_000) == 20_000


def test_distortion_changes_the_picture_but_not_what_it_shows(mnist_val):
    bank = DigitBank([mnist_val])
    strips = DigitGenerator(bank, 3, Distortion())(0, 2_000)
    counts = strips.digits[:, 0].bincount(minlength=10)
    assert counts.min() > 120
    # All ink stays on the square: what is at the border is background.
    border = torch.cat(
        [strips.strips[..., (0, -1), :].flatten(), strips.strips[..., (0, -1)].flatten()]
    )
    assert (border > 64).float().mean() < 0.002
    other = DigitGenerator(bank, 4, Distortion())(0, 2_000)
    assert not torch.equal(strips.strips, other.strips)


@pytest.mark.parametrize("distortion", [None, Distortion()])
def test_strokes_and_pictures_are_digits_of_the_same_size(strokes_folder, distortion):
    ink = np.zeros((12, 400, 300), np.uint8)
    for place in range(12):
        ink[place, 50 + place : 350, 100:160] = 255
    for glyphs in (stroke_glyphs(strokes_folder, "train"), ink_glyphs("bars", ink, [7] * 12)):
        ink = DigitGenerator(DigitBank([glyphs]), 1, distortion)(0, 60).strips[:, 0] >= 64
        sides = torch.maximum(ink.any(1).sum(1), ink.any(2).sum(1))
        assert sides.min() >= 14
        assert sides.max() <= 26


def test_judged_digits_come_once_each_and_every_sources_share_from_the_first_on(
    mnist_val, strokes_folder
):
    strokes = stroke_glyphs(strokes_folder, "train")
    bank = DigitBank([strokes, mnist_val], [0.2, 0.8])
    judged = DigitGenerator(bank, 5)
    assert sorted(judged.order.tolist()) == list(range(len(bank)))
    few = len(strokes.labels)  # of the rarer source as many as there are would be a fifth
    share = (judged.order[:few] < len(strokes.labels)).float().mean()
    assert 0.1 < share < 0.3


def test_a_digit_moved_as_far_as_can_be_asked_for_is_still_seen(mnist_val):
    (bound,) = get_type_hints(Distortion, include_extras=True)["shift"].__metadata__
    furthest = Distortion(scale=0, shift=bound.le)
    strips = DigitGenerator(DigitBank([mnist_val]), 3, furthest)(0, 2_000).strips
    assert (strips.flatten(1).float().sum(1) / 255).min() > 4  # px of full ink
