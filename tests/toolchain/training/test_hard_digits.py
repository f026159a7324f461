from pathlib import Path

import pytest
import torch

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import stroke_glyphs
from generator.numbers import NumberGenerator
from models.ctc import BLANK
from models.decoders import CTC, Network
from toolchain.data.checkpoint import load_model
from toolchain.training import hard_digits


class Knows(Network):
    """Says the same digits, whatever it sees, sure of it."""

    def __init__(self, digit):
        super().__init__(CTC())
        self.digit = digit

    def forward(self, strip):
        logits = torch.zeros(len(strip), 8, 11)
        logits[:, :, BLANK] = 50
        logits[:, 3, self.digit] = 100
        return logits.log_softmax(2)


class Weighs(Network):
    """The more ink it sees, the surer it is of one digit."""

    def __init__(self):
        super().__init__(CTC())

    def forward(self, strip):
        logits = torch.zeros(len(strip), 1, 11)
        logits[:, 0, 7] = strip.sum((1, 2, 3)) / 30
        return logits.log_softmax(2)


@pytest.fixture(scope="module")
def drawn(strokes_folder):
    return DigitBank([stroke_glyphs(strokes_folder, "train", copies=1)])


def test_what_is_read_wrong_is_hard_and_what_is_read_right_is_not(drawn):
    doubt = hard_digits.misread(Knows(7), NumberGenerator(drawn))
    assert doubt.shape == (len(drawn),)
    torch.testing.assert_close(doubt, (drawn.labels != 7).float(), atol=1e-3, rtol=0)


def test_a_digit_and_its_copies_are_as_hard_as_each_other(drawn):
    doubt = hard_digits.misread(Weighs(), NumberGenerator(drawn))
    digit, copy = doubt.view(2, -1)
    assert torch.equal(digit, copy)
    assert len(digit.unique()) > len(digit) // 2


def test_raster_digits_are_read_more_often_for_they_have_no_copies(mnist_val, strokes_folder):
    bank = DigitBank([mnist_val, stroke_glyphs(strokes_folder, "train")])
    read = hard_digits.to_read(bank)
    assert read == [hard_digits.READ_RASTER] * 5_000 + [1] * (len(bank) - 5_000)
    done = []
    few = DigitBank([stroke_glyphs(strokes_folder, "train")])
    hard_digits.misread(Knows(1), NumberGenerator(few), done.append)
    assert done[-1] == sum(hard_digits.to_read(few))


def test_bfloat16_finds_the_same_digits_hard(drawn):
    path = Path(__file__).parents[3] / "exports" / "lightweight" / "lightweight.safetensors"
    model, numbers = load_model(path)[0], NumberGenerator(drawn)
    exact, rough = (
        hard_digits.misread(model, numbers, autocast=autocast) for autocast in (False, True)
    )
    assert exact.std() > 0.1
    assert not torch.equal(exact, rough)
    torch.testing.assert_close(rough, exact, atol=0.1, rtol=0)


def test_harder_digits_come_more_often_up_to_a_limit():
    found = hard_digits.how_often(torch.tensor([0.0, 0.02, 0.1, 0.4, 1.0]))
    assert found.tolist() == [1, 1, 3, 9, 9]


def test_what_was_kept_fits_only_its_own_digits(drawn, mnist_val, tmp_path):
    found = torch.ones(len(drawn), dtype=torch.int64)
    hard_digits.save(tmp_path / "focus.safetensors", found)
    assert torch.equal(hard_digits.load(tmp_path / "focus.safetensors", drawn), found)
    with pytest.raises(BadInput, match="other digits"):
        hard_digits.load(tmp_path / "focus.safetensors", DigitBank([mnist_val]))


def test_what_is_no_digit_is_not_among_them(drawn):
    mixed = drawn.with_negatives(drawn, 0.1)
    assert mixed.negatives is not None
    numbers = NumberGenerator(mixed)
    assert hard_digits.misread(Knows(7), numbers).shape == (len(drawn),)
