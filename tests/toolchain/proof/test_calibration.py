from dataclasses import asdict

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from generator.numbers import NumberGenerator
from models.ctc import greedy_decode, posterior
from toolchain.data import checkpoint
from toolchain.proof.calibration import (
    ACCEPTED_WRONG,
    MOST_ASKED,
    SEED,
    Calibration,
    calibrate,
    fit,
    point,
    threshold,
    trust,
)
from toolchain.proof.verdict import verdict
from toolchain.training.accuracy import log_probs_of, matches

ANSWERS = st.integers(1, 300).flatmap(
    lambda n: st.tuples(
        arrays(np.float32, n, elements=st.floats(0, 1, width=32)), arrays(np.bool_, n)
    )
)


@given(ANSWERS)
def test_the_recommended_threshold_keeps_its_promise_and_is_the_lowest(answers):
    confidence, right = answers
    found = trust(confidence, right).recommended
    assert found.wrong <= 100 * ACCEPTED_WRONG + 1e-9
    for lower in np.unique(confidence[confidence < found.threshold]):
        accepted = confidence >= lower
        assert (~right[accepted]).mean() > ACCEPTED_WRONG


def test_a_confidence_that_means_what_it_says_has_no_error():
    random = np.random.default_rng(0)
    confidence = random.uniform(0, 1, 50_000).astype(np.float32)
    right = random.uniform(0, 1, 50_000) < confidence
    assert trust(confidence, right).calibration_error < 1.0
    boastful = trust(np.full(50_000, 0.99, np.float32), right)
    assert boastful.calibration_error == pytest.approx(99 - 100 * right.mean(), abs=0.1)


def test_asking_again_more_often_leaves_fewer_wrong():
    random = np.random.default_rng(1)
    confidence = random.beta(5, 1, 20_000).astype(np.float32)
    right = random.uniform(0, 1, 20_000) < confidence
    curve = trust(confidence, right).curve
    assert [p.asked_again for p in curve] == sorted(p.asked_again for p in curve)
    assert curve[0].asked_again == 0
    assert curve[-1].wrong < curve[0].wrong


def test_where_nothing_can_be_trusted_nothing_is_accepted():
    confidence = np.linspace(0, 1, 11)
    assert threshold(confidence, np.zeros(11, bool)) > 1.0
    assert threshold(confidence, np.ones(11, bool)) == 0.0


def test_equal_confidences_stand_or_fall_together():
    confidence = np.array([0.5, 0.5, 0.5, 0.9])
    assert threshold(confidence, np.array([False, True, True, True])) == 0.9


def test_a_calibration_undoes_boasting():
    random = np.random.default_rng(2)
    honest = random.normal(2, 2, 50_000)  # log-odds that mean what they say
    right = random.uniform(0, 1, 50_000) < 1 / (1 + np.exp(-honest))
    slope, offset = fit(3 * honest + 1, right)
    assert (slope, offset) == pytest.approx((1 / 3, -1 / 3), abs=0.02)
    boastful = torch.sigmoid(torch.from_numpy(3 * honest + 1)).float()
    assert trust(boastful.numpy(), right).calibration_error > 5
    mended = Calibration(slope, offset)(boastful).numpy()
    assert trust(mended, right).calibration_error < 0.6


def test_a_released_threshold_asks_for_no_more_than_it_may_again(weights, numbers):
    model, _ = checkpoint.load_model(weights)
    chosen = calibrate(model, numbers, 400)
    batch = NumberGenerator(numbers.bank, SEED)(0, 400)
    log_probs = log_probs_of(model, batch.strips)
    digits = greedy_decode(log_probs)
    confidence = chosen(posterior(log_probs, digits)).numpy()
    right = matches(digits, batch.digits).numpy()
    found = point(confidence, right, chosen.threshold)
    assert found.asked_again <= 100 * MOST_ASKED + 0.5
    if found.asked_again < 100 * MOST_ASKED - 0.5:
        assert found.wrong <= 100 * ACCEPTED_WRONG
    assert trust(confidence, right).calibration_error < 5


def test_the_verdict_keeps_its_promise_and_what_has_none_stays_readable(weights, numbers):
    model, _ = checkpoint.load_model(weights)
    chosen = calibrate(model, numbers, 200)
    batch = NumberGenerator(numbers.bank, SEED)(0, 200)
    found = verdict(log_probs_of(model, batch.strips), batch.digits, chosen.verdict)
    assert found.shipped.wrong <= 1
    assert found.shipped == found.recommended
    old = {key: value for key, value in asdict(chosen).items() if key != "verdict"}
    assert Calibration.of({"calibration": old}).verdict is None


def test_as_it_stands_it_changes_nothing():
    probability = torch.tensor([1e-6, 0.2, 0.5, 0.98, 1 - 1e-6])
    assert torch.allclose(Calibration()(probability), probability, atol=1e-6)


@given(
    st.integers(2, 60).flatmap(
        lambda n: st.tuples(
            arrays(np.float64, n, elements=st.floats(-13.8, 13.8)), arrays(np.bool_, n)
        )
    )
)
def test_a_fit_is_finite_and_keeps_confidence_in_bounds(answers):
    odds, right = answers
    calibration = Calibration(*fit(odds, right))
    confidence = calibration(torch.sigmoid(torch.from_numpy(odds)))
    assert bool(((confidence >= 0) & (confidence <= 1)).all())
