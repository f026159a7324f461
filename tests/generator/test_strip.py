import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from generator.errors import BadInput
from generator.strip import INK_LEVEL, fit_ink, ink_box


def test_the_box_holds_what_is_dark_enough():
    ink = np.full((9, 12), INK_LEVEL - 1, np.uint8)
    ink[2, 3] = ink[6, 10] = INK_LEVEL
    assert ink_box(ink) == (3, 2, 11, 7)


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (5, 0), (40, 60)])
def test_no_ink_is_refused(shape):
    with pytest.raises(BadInput, match="no ink"):
        fit_ink(np.full(shape, INK_LEVEL - 1, np.uint8))


def filled(height, width):
    """A filled rectangle somewhere on a larger canvas."""
    ink = np.zeros((height + 11, width + 17), np.uint8)
    ink[4 : 4 + height, 9 : 9 + width] = 255
    return fit_ink(ink)


@pytest.mark.parametrize(
    ("height", "width", "fitted"),
    [
        (24, 20, (4, 28, 106, 126)),  # as it is
        (48, 40, (4, 28, 106, 126)),  # halved
        (1, 1, (4, 28, 102, 126)),  # one pixel becomes a square
        (240, 10, (4, 28, 125, 126)),  # tall
        (20, 620, (14, 18, 2, 126)),  # wide: the width binds
        (24, 124, (4, 28, 2, 126)),  # both bind
    ],
)
def test_a_rectangle_fits_exactly(height, width, fitted):
    top, bottom, left, right = fitted
    expected = np.zeros((32, 128), np.uint8)
    expected[top:bottom, left:right] = 255
    np.testing.assert_array_equal(filled(height, width), expected)


def test_pixels_are_means_over_their_area():
    # 36 x 9 shrinks to 24 x 6: every pixel covers 1.5 x 1.5 samples.
    ink = np.zeros((36, 9), np.uint8)
    ink[0, 0] = ink[35, 8] = 255
    strip = fit_ink(ink)
    assert strip[4, 120] == strip[27, 125] == round(255 / 1.5**2)
    assert np.count_nonzero(strip) == 2


def test_an_odd_fit_is_soft_on_both_sides():
    # 2 x 16 grows to 15.5 x 124, centred at row 16: three quarters of its end rows are covered.
    ink = np.zeros((2, 16), np.uint8)
    ink[:] = 255
    strip = filled(2, 16)
    np.testing.assert_array_equal(strip, fit_ink(ink))
    assert set(strip[8, 2:126]) == set(strip[23, 2:126]) == {191}
    assert set(strip[9:23, 2:126].ravel()) == {255}
    assert not strip[[7, 24]].any()


drawings = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 48), st.integers(1, 160)), elements=st.integers(0, 255)
)


@settings(max_examples=200)
@given(drawings, st.data())
def test_any_ink_ends_at_column_125_and_is_at_most_24_high(ink, data):
    row = data.draw(st.integers(0, ink.shape[0] - 1))
    column = data.draw(st.integers(0, ink.shape[1] - 1))
    ink[row, column] = data.draw(st.integers(INK_LEVEL, 255))
    strip = fit_ink(ink)
    assert (strip.shape, strip.dtype) == ((32, 128), np.uint8)
    columns, rows = np.flatnonzero(strip.any(0)), np.flatnonzero(strip.any(1))
    assert columns[-1] == 125
    assert columns[0] >= 2
    assert rows[-1] - rows[0] < 24
    # The place of the drawing on its canvas does not matter.
    np.testing.assert_array_equal(fit_ink(np.pad(ink, ((3, 5), (7, 2)))), strip)
