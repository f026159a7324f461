import numpy as np
import pytest

from generator.errors import BadInput
from generator.mnist import load_mnist
from generator.square import CENTRE, INK, SIDE, fit_digit


def test_a_drawing_is_fitted_and_centred_by_its_mass():
    ink = np.zeros((200, 300), np.uint8)
    ink[20:180, 40:60] = 255  # a bar with a foot to its right
    ink[160:180, 40:140] = 255
    square = fit_digit(ink)
    assert square.shape == (SIDE, SIDE)
    rows, columns = (np.flatnonzero((square > 127).any(axis)) for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == INK
    mass = square.astype(float)
    centre = (mass.sum(0) @ (np.arange(SIDE) + 0.5)) / mass.sum()
    assert centre == pytest.approx(CENTRE, abs=0.1)
    assert columns[0] > 0


def test_a_long_foot_stays_on_the_square():
    ink = np.zeros((100, 100), np.uint8)
    ink[10, 10:90] = 255
    ink[10:14, 10:14] = 255
    square = fit_digit(ink)
    assert square.sum() == pytest.approx(255 * (ink > 0).sum() / 16, rel=0.1)


def test_mnist_digits_stay_nearly_where_mnist_puts_them():
    images = load_mnist("train")[0][:300]
    fitted = np.stack([fit_digit(image) for image in images])
    for axis in (1, 2):
        theirs, ours = (
            (each.sum(axis) @ (np.arange(SIDE) + 0.5)) / each.sum((1, 2))
            for each in (images.astype(float), fitted.astype(float))
        )
        # MNIST moves its digits by whole pixels.
        assert np.abs(theirs - ours).max() < 0.6
        assert abs((theirs - ours).mean()) < 0.05


def test_an_empty_drawing_is_refused():
    with pytest.raises(BadInput, match="no ink"):
        fit_digit(np.zeros((9, 9), np.uint8))
