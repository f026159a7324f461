import numpy as np
import pytest
import torch

from models.ctc import PAD, posterior
from toolchain.proof import verdict as verdicts
from toolchain.proof.verdict import (
    ACCEPTED_WRONG,
    LEAST,
    RIGHT,
    WRONG,
    Asked,
    ask,
    threshold,
    verdict,
)

HARDEST, RANDOM, LEFT_OUT, TWICE = WRONG


def network_says(count, seed=0, sharp=4.0):
    generator = torch.Generator().manual_seed(seed)
    return (sharp * torch.randn(count, 20, 11, generator=generator)).log_softmax(2)


def numbers(*rows):
    return torch.tensor([[*row, *[PAD] * (5 - len(row))] for row in rows])


def of(row):
    return [digit for digit in row.tolist() if digit != PAD]


def test_near_misses_are_one_digit_off():
    written = numbers([4], [7, 7], [1, 2, 3], [9, 0, 9, 0], [5, 4, 3, 2, 1])
    asked = ask(network_says(5), written)
    assert not asked[LEFT_OUT].there[0]  # nothing is left of a single digit
    for row in range(5):
        label = of(written[row])
        assert of(asked[RIGHT].digits[row]) == label
        for kind in (HARDEST, RANDOM):
            other = of(asked[kind].digits[row])
            assert len(other) == len(label)
            assert sum(a != b for a, b in zip(label, other, strict=True)) == 1
        places = range(len(label))
        assert of(asked[LEFT_OUT].digits[row]) in [label[:p] + label[p + 1 :] for p in places]
        assert of(asked[TWICE].digits[row]) in [label[: p + 1] + label[p:] for p in places]


def test_the_hardest_is_the_most_probable_of_all():
    written, said = numbers([1, 2, 3], [8, 0]), network_says(2)
    found = ask(said, written)[HARDEST].posterior
    for row in range(2):
        label = of(written[row])
        near = [
            [*label[:place], digit, *label[place + 1 :]]
            for place in range(len(label))
            for digit in set(range(10)) - {label[place]}
        ]
        odds = posterior(said[row].expand(len(near), -1, -1), numbers(*near))
        assert float(found[row]) == pytest.approx(float(odds.max()), rel=1e-4)


def test_what_is_asked_does_not_depend_on_how_many_are_asked_at_once(monkeypatch):
    written, said = numbers(*[[n % 10, n // 10] for n in range(40)]), network_says(40)
    whole = ask(said, written)
    monkeypatch.setattr(verdicts, "PART", 7)
    for kind, parts in ask(said, written).items():
        assert torch.equal(parts.digits, whole[kind].digits)


def asked(**posteriors):
    kinds = dict(zip((RIGHT, *WRONG), posteriors.values(), strict=True))
    return {
        name: Asked(torch.zeros(len(odds), 6), odds, torch.ones(len(odds), dtype=torch.bool))
        for name, odds in kinds.items()
    }


def test_the_threshold_is_the_lowest_that_keeps_its_promise():
    random = np.random.default_rng(5)
    odds = [torch.from_numpy(random.beta(0.3, power, 2_000)).float() for power in (1, 9, 19, 20)]
    answers = asked(right=torch.ones(9), a=odds[0], b=odds[1], c=odds[2], d=odds[3])
    chosen = threshold(answers)

    def share(at):
        return np.mean([float((each.double() >= at).double().mean()) for each in odds])

    assert share(chosen) <= ACCEPTED_WRONG + 1e-9
    # Any lower, and the next near miss is taken.
    assert share(np.nextafter(chosen, 0)) > ACCEPTED_WRONG


def test_however_sure_a_network_is_some_probability_is_asked_for():
    never = torch.zeros(50)
    assert threshold(asked(right=torch.ones(9), a=never, b=never, c=never, d=never)) == LEAST


def test_equal_posteriors_stand_or_fall_together():
    same = torch.full((50,), 0.25)
    assert threshold(asked(right=torch.ones(9), a=same, b=same, c=same, d=same)) > 0.25


def test_reading_is_compared_with_asking():
    written = numbers(*[[n % 10, n // 10 % 10] for n in range(200)])
    # A network that is sure of what was written, but of the first number, which it reads as 5.
    said = torch.full((200, 9, 11), -9.0)
    for row, frames in enumerate(written[:, :2].tolist()):
        said[row, :, 10] = 0.0
        for place, digit in zip((2, 6), frames if row else [0, 5], strict=True):
            said[row, place] = -9.0
            said[row, place, digit] = 0.0
    found = verdict(said.log_softmax(2), written, shipped=0.9)
    assert found.reading.right == pytest.approx(99.5)
    assert found.reading.kinds[HARDEST] == pytest.approx(0.5)
    assert found.shipped.right == pytest.approx(99.5)
    assert found.recommended.posterior < 0.5
    assert found.recommended.wrong <= 100 * ACCEPTED_WRONG
    rights = [point.right for point in found.curve]
    assert rights == sorted(rights, reverse=True)
