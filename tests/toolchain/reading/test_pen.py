import numpy as np
import pytest

from generator.strip import ink_box
from toolchain.reading.pen import DETAIL, PEN, draw_ink

CORNER = np.array([[0, 0], [0, 10], [8, 10]], np.float32)


def test_a_path_is_drawn_as_thick_as_the_strip_wants_it():
    ink = draw_ink([CORNER])
    left, top, right, bottom = ink_box(ink)
    assert bottom - top == pytest.approx(24 * DETAIL, abs=2)
    thickness = np.count_nonzero(ink[(top + bottom) // 2])
    assert thickness == pytest.approx(PEN * DETAIL, abs=2)
    assert right - left == pytest.approx((24 - PEN) * DETAIL * 0.8 + PEN * DETAIL, abs=2)


@pytest.mark.parametrize("unit", [1e-3, 1, 1e5])
def test_the_unit_and_the_place_do_not_matter(unit):
    np.testing.assert_array_equal(draw_ink([CORNER * unit + 7 * unit]), draw_ink([CORNER]))


@pytest.mark.parametrize("strokes", [
    [[[5, 5]]], [[[5, 5], [5, 5]]], [[[0, 0], [100, 0]]], [[[0, 0], [0, 100]]],
    [[[0, 0]], [[1000, 3]]],
], ids=["dot", "twice", "flat", "upright", "two dots"])  # fmt: skip
def test_dots_and_lines_leave_ink_of_bounded_size(strokes):
    ink = draw_ink([np.array(stroke, np.float32) for stroke in strokes])
    assert ink.max() == 255
    assert ink.shape[0] <= 208
    assert ink.shape[1] <= 1008
