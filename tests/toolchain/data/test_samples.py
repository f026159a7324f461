import pytest
import torch

from generator.errors import BadInput
from generator.numbers import PAD
from generator.style import LAYOUTS
from models import zoo
from toolchain.commands.options import Layout
from toolchain.data import samples


@pytest.mark.parametrize("variant", zoo.VARIANTS)
@pytest.mark.parametrize("made", [samples.to_learn, samples.to_judge])
def test_samples_fit_their_variant(variant, made, bank):
    batch = made(variant, bank, 5)(0, 40)
    assert batch.strips.shape[1:] == samples.empty(variant, 1).shape[1:]
    shortest, longest = zoo.find(variant).digits
    lengths = (batch.digits != PAD).sum(1)
    assert lengths.min() >= shortest
    assert lengths.max() <= longest


def test_pasted_digits_stand_at_equal_distances(mnist_val):
    from generator.digits import DigitBank

    strips = samples.to_judge("positions-3", DigitBank([mnist_val]), 1)(0, 400).strips[:, 0]
    ink = (strips.float() / 255).sum(1)  # [N, 128]
    centres = (ink.cumsum(1) - ink.sum(1, keepdim=True) / 2 >= 0).int().argmax(1)
    # The middle digit's middle: from the right a margin, a cell and a half.
    expected = 128 - 2.5 - 1.5 * 1.2 * 20
    assert (centres - expected).abs().float().median() < 6


@pytest.mark.parametrize("count", range(1, 6))
def test_pasted_digits_stand_where_their_network_looks(count, mnist_val):
    from generator.digits import DigitBank

    variant = f"positions-{count}"
    strips = samples.to_learn(variant, DigitBank([mnist_val]), 1)(0, 300).strips
    outside = strips[..., : max(0, 128 - zoo.build(variant).width)]
    assert (outside > 127).flatten(1).any(1).float().mean() < 0.03


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_crnn_learns_from_the_layout_that_is_named(layout, bank):
    assert samples.to_learn("base", bank, 1, layout).style == LAYOUTS[layout]
    assert samples.to_judge("base", bank, 1).style == LAYOUTS["usual"]
    pasted = samples.to_learn("positions-3", bank, 1, layout).style
    assert pasted == samples.to_learn("positions-3", bank, 1).style


def test_the_command_line_offers_every_layout():
    assert [*Layout] == [*LAYOUTS]


def test_leading_zeros_belong_to_numbers_of_known_length(bank):
    digits = samples.to_judge("fixed-2", bank, 1)(0, 300).digits
    assert (digits[:, 0] == 0).any()


def test_reports_say_what_was_read():
    said = {name: samples.described(name, "test digits") for name in zoo.VARIANTS}
    assert said["base"] == "numbers from test digits"
    assert said["fixed-3"] == "numbers from test digits, pasted side by side"
    assert said["compact"] == "test digits"


def test_another_seed_gives_others_of_the_same_kind(bank):
    numbers = samples.to_judge("positions-2", bank, 1)
    assert numbers.seeded(2).style == numbers.style
    assert not torch.equal(numbers(0, 9).strips, numbers.seeded(2)(0, 9).strips)


@pytest.mark.parametrize("variant", ["compact", "fcnn", "positions-3", "fixed-2"])
def test_who_cannot_say_nothing_is_not_shown_what_is_no_digit(variant, bank):
    with pytest.raises(BadInput, match="negatives_share"):
        samples.to_learn(variant, bank.with_negatives(bank, 0.1), 1)
