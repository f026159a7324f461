import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolchain.calibration import ACCEPTED_WRONG, threshold, trust

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
