import pytest
import torch

from models.decoders import CTC, Network
from toolchain.training.accuracy import evaluate, matches, wilson


def test_matching_is_exact_whatever_the_padding():
    decoded = torch.tensor([[4, 2, -1], [4, -1, -1], [4, 2, 1], [-1, -1, -1]])
    digits = torch.tensor([[4, 2]]).expand(4, -1)
    assert matches(decoded, digits).tolist() == [True, False, False, False]


def test_wilson_interval():
    # Values of the closed form, e.g. Brown, Cai and DasGupta 2001, table 4 at n = 10.
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(9_800, 10_000) == pytest.approx((0.97707, 0.98256), abs=1e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_perfect_and_a_useless_reader(numbers):
    batch = numbers(0, 40)

    class Oracle(Network):
        """Says what it was told, with a blank between any two digits."""

        def __init__(self, digits):
            super().__init__(CTC())
            self.digits = digits

        def forward(self, strips):
            path = torch.full((len(strips), 10), 10)
            path[:, ::2] = torch.where(self.digits < 0, 10, self.digits)
            return torch.nn.functional.one_hot(path, 11).float().mul(20).log_softmax(2)

    assert evaluate(Oracle(batch.digits), batch).accuracy == 1.0
    assert evaluate(Oracle(torch.full_like(batch.digits, -1)), batch).accuracy == 0.0
