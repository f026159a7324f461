import numpy as np
import pytest

from toolchain.reading.layout_analysis import Number
from toolchain.reading.views import CLOSED, DIGITS, joined, views_of


def number(count, step=30, wide=20, high=40, slope=0.0):
    """Ink of so many filled digits, each `step` px from the last."""
    fall = round(slope * step * (count - 1))
    ink = np.zeros((high + abs(fall), step * (count - 1) + wide), np.uint8)
    for place in range(count):
        top = round(slope * step * place) - min(fall, 0)
        ink[top : top + high, step * place : step * place + wide] = 255
    glyphs = tuple((step * place, step * place + wide) for place in range(count))
    return Number(ink, (0, 0, ink.shape[1], ink.shape[0]), glyphs, slope)


def test_up_to_five_digits_are_shown_as_they_are():
    five = number(5)
    [view] = views_of(five)
    np.testing.assert_array_equal(view.ink, five.ink)
    assert (view.windows, view.cuts) == (((0, 140),), ())


@pytest.mark.parametrize("count", [6, 7, 8, 9, 12, 20])
def test_windows_of_a_long_number_overlap_by_two_digits_and_cut_none(count):
    [view] = views_of(number(count))
    assert (view.windows[0][0], view.windows[-1][1]) == (0, 30 * count - 10)
    for (start, end), (after, _), cut in zip(view.windows, view.windows[1:], view.cuts,
                                             strict=False):  # fmt: skip
        assert after + 60 <= end
        assert after < cut < end
        for column in (start, after, cut):
            assert not column or column % 30 >= 20  # in a gap
    assert all(end - start <= 30 * DIGITS for start, end in view.windows)


def test_wide_gaps_are_closed_and_boxes_find_back():
    [view] = views_of(number(3, step=80))
    assert view.ink.shape[1] == pytest.approx(3 * 20 + 2 * CLOSED * 40, abs=2)
    step = 20 + CLOSED * 40
    for place in range(3):
        left, top, right, bottom = view.back((place * step, 0, place * step + 20, 40))
        assert (left, right) == pytest.approx((80 * place, 80 * place + 20), abs=1)
        assert (top, bottom) == (0, 40)


def test_a_steep_number_is_also_turned_and_sheared_level():
    views = views_of(number(4, slope=-0.6))
    assert len(views) == 3
    sheared = views[2].ink
    rows = np.flatnonzero((sheared > 127).any(1))
    assert rows[-1] - rows[0] < 60  # 40 high and stepped, where the number as it is has 94
    back = views[2].back((0, 0, *sheared.shape[::-1]))
    assert back == pytest.approx((0, 0, 110, 94), abs=1)


def test_each_digit_is_taken_from_one_window_and_doubt_is_told():
    [view] = views_of(number(8))
    middles = [30 * place + 10 for place in range(8)]
    read = [[(m, str(p)) for p, m in enumerate(middles) if start <= m < end]
            for start, end in view.windows]  # fmt: skip
    taken, sure = joined(view, read, [0.9] * len(read))
    assert "".join(read[window][place][1] for window, place in taken) == "01234567"
    assert 0.5 < sure < 0.9
    column, _ = read[0][-1]
    read[0][-1] = (column, "9")
    taken, sure = joined(view, read, [0.9] * len(read))
    assert "".join(read[window][place][1] for window, place in taken) == "01234567"
    assert sure == 0.5
