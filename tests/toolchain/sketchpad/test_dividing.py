import numpy as np
import pytest

from tests.toolchain.sketchpad.conftest import written
from toolchain.sketchpad.dividing import divide
from toolchain.sketchpad.drawing import Stroke


def strokes_of(number, **how):
    return [
        Stroke(np.array(stroke, np.float32), tuple(range(len(stroke))), "pen")
        for stroke in written(number, **how)
    ]


def owners(number):
    """How many strokes each digit is made of."""
    return [len(written(digit)) for digit in number]


@pytest.mark.parametrize("number", ["7", "45", "11", "90210", "54545"])
@pytest.mark.parametrize("gap", [0.05, 0.5])
def test_each_digit_gets_its_strokes(number, gap):
    strokes = strokes_of(number, gap=gap)
    divided = divide(strokes, len(number))
    assert [len(digit) for digit in divided] == owners(number)
    assert [stroke for digit in divided for stroke in digit] == strokes


def test_the_order_of_writing_does_not_matter():
    strokes = strokes_of("475")
    late_bar = [*strokes[:1], *strokes[2:], strokes[1]]  # the bar of the 4 comes last
    divided = divide(late_bar, 3)
    assert [len(digit) for digit in divided] == [2, 1, 2]
    assert divided[0] == [strokes[0], strokes[1]]


def test_touching_or_broken_digits_are_not_divided():
    assert divide(strokes_of("40", gap=-0.45), 2) is None
    joined = Stroke(np.concatenate([s.points for s in strokes_of("11")]), (), "pen")
    assert divide([joined], 2) is None
    assert divide(strokes_of("123"), 2) is None


def test_a_single_digit_takes_every_stroke():
    strokes = strokes_of("45")
    assert divide(strokes, 1) == [strokes]


def test_dots_are_strokes_too():
    dots = [Stroke(np.array([[x, 5.0]], np.float32), (0,), "touch") for x in (0.0, 50.0)]
    assert [len(digit) for digit in divide(dots, 2)] == [1, 1]
    assert divide(dots[:1] * 2, 2) is None
