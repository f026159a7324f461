import pytest
import torch

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import stroke_glyphs
from generator.numbers import NumberGenerator


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


def test_some_digits_can_come_more_often_while_writers_and_digits_stay_as_likely(
    mnist_val, strokes_folder
):
    bank = DigitBank([mnist_val, stroke_glyphs(strokes_folder, "train")])
    times = torch.ones(len(bank), dtype=torch.int64)
    label = int(bank.labels[17])
    times[17] = 4_000
    others = int((mnist_val.labels == label).sum()) - 1
    focused = bank.more_often(times)
    assert len(bank) == len(bank.order) == len(focused.order) - 3_999
    torch.testing.assert_close(focused.writer_odds, bank.writer_odds)

    torch.manual_seed(0)
    length, writers = torch.rand(4_000), torch.rand(4_000, 1).expand(-1, 5)
    each = {"digit": torch.rand(4_000, 5), "glyph": torch.rand(4_000, 5)}
    (digits, usual), (same, chosen) = (
        NumberGenerator(each_bank).choose(length, writers, each) for each_bank in (bank, focused)
    )
    assert torch.equal(digits, same)
    present = digits >= 0
    assert torch.equal(bank.labels[chosen[present]], digits[present])
    theirs = present & (digits == label) & (chosen < 5_000)
    share = float((chosen[theirs] == 17).float().mean())
    assert abs(share - 4_000 / (4_000 + others)) < 0.05
    rest = present & ~theirs
    assert torch.equal(chosen[rest], usual[rest])
