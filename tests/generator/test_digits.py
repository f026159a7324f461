import pytest
import torch

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import stroke_glyphs


def test_sources_mix_by_weight(mnist_val, strokes_folder):
    drawn = stroke_glyphs(strokes_folder, "train")
    bank = DigitBank([mnist_val, drawn], [1, 3])
    assert bank.weights == (0.25, 0.75)
    torch.testing.assert_close(bank.writer_odds[0], torch.tensor(0.25))
    torch.testing.assert_close(bank.writer_odds[-1], torch.tensor(1.0))


def test_weights_must_fit_the_sources(mnist_val):
    with pytest.raises(BadInput, match="weights"):
        DigitBank([mnist_val], [1, 2])


def test_a_bank_needs_digits():
    with pytest.raises(BadInput, match="no digits"):
        DigitBank([])
