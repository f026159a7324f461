import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from models import ctc
from models.ctc import (
    BLANK,
    CLASSES,
    LONGEST_SCORED,
    PAD,
    ctc_loss,
    ctc_losses,
    greedy_decode,
    posterior,
)


def frames(classes):
    """Certain log_probs for a sequence of classes: [1, T, 11]."""
    return (F.one_hot(torch.tensor([classes]), CLASSES).float() + 1e-6).log().log_softmax(2)


def padded(digits, width=5):
    return torch.tensor([digits + [PAD] * (width - len(digits))])


def test_decoding_merges_repeats_and_drops_blanks():
    decoded = greedy_decode(frames([BLANK, 4, 4, BLANK, 4, 0, 0, BLANK, BLANK]))
    assert decoded.tolist() == [[4, 4, 0] + [PAD] * 6]


def test_a_digit_in_the_first_frame_is_kept():
    assert greedy_decode(frames([7, 7])).tolist() == [[7, PAD]]


def test_nothing_but_blanks_decodes_to_nothing():
    assert (greedy_decode(frames([BLANK] * 5)) == PAD).all()


def collapse(path):
    merged = [symbol for symbol, _ in itertools.groupby(path)]
    return [symbol for symbol in merged if symbol != BLANK]


@settings(max_examples=60)
@given(st.lists(st.integers(0, BLANK), min_size=1, max_size=34))
def test_decoding_equals_the_definition(path):
    decoded = [int(digit) for digit in greedy_decode(frames(path))[0] if digit != PAD]
    assert decoded == collapse(path)


def test_posterior_equals_the_sum_over_all_alignments():
    torch.manual_seed(1)
    log_probs = torch.randn(1, 4, CLASSES).log_softmax(2)
    total = sum(
        float(log_probs[0, range(4), list(path)].sum().exp())
        for path in itertools.product(range(CLASSES), repeat=4)
        if collapse(path) == [3, 3]
    )
    torch.testing.assert_close(posterior(log_probs, padded([3, 3])), torch.tensor([total]))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), max_size=5), st.integers(11, 34), st.integers(0, 99))
def test_posterior_equals_the_exponential_of_the_loss(digits, length, seed):
    generator = torch.Generator().manual_seed(seed)
    log_probs = (3 * torch.randn(2, length, CLASSES, generator=generator)).log_softmax(2)
    labels = padded(digits).expand(2, -1)
    expected = torch.stack(
        [
            (-ctc_loss(row[None], label[None])).exp()
            for row, label in zip(log_probs, labels, strict=True)
        ]
    )
    torch.testing.assert_close(posterior(log_probs, labels), expected, rtol=1e-3, atol=1e-30)


@pytest.mark.parametrize("length", range(1, 36))
def test_posteriors_hold_for_any_count_of_frames(length):
    log_probs = torch.randn(1, length, CLASSES, generator=torch.Generator().manual_seed(length))
    log_probs[:, :, 2:BLANK] = -40.0  # two digits and the blank alone
    log_probs = (3 * log_probs).log_softmax(2)
    strings = [s for n in range(LONGEST_SCORED + 1) for s in itertools.product((0, 1), repeat=n)]
    labels = torch.cat([padded(list(string), LONGEST_SCORED) for string in strings])
    mine = posterior(log_probs.expand(len(labels), -1, -1), labels)
    exact = (-ctc_losses(log_probs.double().expand(len(labels), -1, -1), labels)).exp()
    torch.testing.assert_close(mine, exact.float(), rtol=1e-4, atol=1e-12)
    if length <= LONGEST_SCORED:
        torch.testing.assert_close(mine.sum(), torch.tensor(1.0))


def test_a_reading_longer_than_any_number_scores_zero():
    path = [symbol for digit in range(LONGEST_SCORED + 1) for symbol in (digit, BLANK)]
    log_probs = frames(path)
    decoded = greedy_decode(log_probs)
    assert int((decoded != PAD).sum()) == LONGEST_SCORED + 1
    assert posterior(log_probs, decoded).item() == 0.0


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_device_without_ctc_has_its_loss_and_gradient_from_the_cpu(device, monkeypatch):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    log_probs = torch.randn(3, 12, CLASSES, generator=torch.Generator().manual_seed(0)).to(device)
    digits = torch.tensor([[4, 0, 7], [1, PAD, PAD], [2, 2, PAD]], device=device)
    found = []
    for has_ctc in (True, False):
        monkeypatch.setattr(ctc, "_has_ctc", lambda device, answer=has_ctc: answer)
        scores = log_probs.clone().requires_grad_()
        losses = ctc_losses(scores.log_softmax(2), digits)
        losses.sum().backward()
        assert losses.device == scores.grad.device == log_probs.device
        found.append((losses, scores.grad))
    torch.testing.assert_close(found[0], found[1])


def test_whether_a_device_has_ctc_is_found_by_trying():
    assert ctc._has_ctc("cpu")
    assert not ctc._has_ctc("meta")
    if torch.cuda.is_available():
        assert ctc._has_ctc("cuda")
