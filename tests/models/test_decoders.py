import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ctc import PAD
from models.decoders import CTC, Joint, Positions

LENGTHS = st.integers(1, 3)


def random_scores(decoder, seed, count=4):
    torch.manual_seed(seed)
    frames, classes = {"positions": (decoder.count, 10), "joint": (1, 10**decoder.count)}[
        decoder.name
    ]
    return (3 * torch.randn(count, frames, classes)).log_softmax(2)


def padded(digits):
    return torch.nn.functional.pad(digits, (0, 5 - digits.shape[1]), value=PAD)


@settings(max_examples=20)
@given(st.sampled_from([Positions, Joint]), LENGTHS, st.integers(0, 99))
def test_the_reading_is_the_most_probable_number(kind, count, seed):
    decoder = kind(count)
    log_probs = random_scores(decoder, seed, 1)
    numbers = torch.tensor(list(itertools.product(range(10), repeat=count)))
    odds = decoder.posterior(log_probs.expand(len(numbers), -1, -1), padded(numbers))
    torch.testing.assert_close(odds.sum(), torch.tensor(1.0))
    assert decoder.decode(log_probs)[0].tolist() == numbers[odds.argmax()].tolist()


@settings(max_examples=20)
@given(st.sampled_from([Positions, Joint]), LENGTHS, st.integers(0, 99))
def test_the_loss_is_the_logarithm_of_the_posterior(kind, count, seed):
    decoder = kind(count)
    log_probs = random_scores(decoder, seed)
    digits = padded(torch.randint(0, 10, (4, count)))
    expected = -decoder.posterior(log_probs, digits).log().mean()
    torch.testing.assert_close(decoder.loss(log_probs, digits), expected)


@pytest.mark.parametrize("decoder", [Positions(2), Joint(2)])
@pytest.mark.parametrize("digits", [[7], [4, 2, 0], [1, 2, 3, 4, 5]])
def test_a_number_of_another_length_is_impossible(decoder, digits):
    log_probs = random_scores(decoder, 0, 1)
    assert decoder.posterior(log_probs, torch.tensor([digits])).item() == 0
    assert decoder.posterior(log_probs, padded(torch.tensor([digits]))).item() == 0


def test_a_joint_class_is_the_number_itself():
    log_probs = torch.full((1, 1, 1000), -20.0)
    log_probs[0, 0, 42] = 0
    assert Joint(3).decode(log_probs).tolist() == [[0, 4, 2]]


def test_ctc_is_what_models_ctc_computes():
    path = torch.tensor([[10, 4, 4, 10, 4]])
    log_probs = torch.nn.functional.one_hot(path, 11).float().mul(20).log_softmax(2)
    assert CTC().decode(log_probs).tolist() == [[4, 4, PAD, PAD, PAD]]
    digits = torch.tensor([[4, 4]])
    torch.testing.assert_close(
        CTC().loss(log_probs, digits), -CTC().posterior(log_probs, digits).log()[0]
    )
