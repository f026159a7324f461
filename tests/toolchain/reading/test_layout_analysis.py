import tracemalloc

import numpy as np
import pytest

from generator.errors import BadInput
from toolchain.reading import layout_analysis
from toolchain.reading.layout_analysis import separate_numbers


def paper(*boxes, size=(200, 400)):
    """Ink with filled boxes: left, top, right, bottom."""
    ink = np.zeros(size, np.uint8)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 255
    return ink


def places(ink):
    return [box for _, box in separate_numbers(ink)]


def test_digits_near_one_another_are_one_number():
    assert places(paper((10, 20, 30, 60), (45, 25, 70, 60))) == [(10, 20, 70, 60)]


def test_a_wide_gap_and_a_new_line_separate():
    found = places(
        paper((10, 20, 30, 60), (120, 15, 150, 60), (20, 100, 50, 140), (15, 110, 18, 130))
    )
    assert found == [(10, 20, 30, 60), (120, 15, 150, 60), (15, 100, 50, 140)]


def test_a_bar_above_belongs_to_its_digit_and_dirt_to_nobody():
    assert places(paper((10, 20, 30, 24), (12, 30, 28, 60), (300, 150, 303, 153))) == [
        (10, 20, 30, 60)
    ]


def test_each_number_has_its_own_ink_only():
    # The first number's low bar reaches below the second, so that their boxes overlap.
    ink = paper((10, 10, 20, 110), (30, 106, 130, 110), (105, 40, 125, 70))
    ink[39, 110] = 40  # a soft edge below the level of ink
    [(tall, _), (small, place)] = separate_numbers(ink)
    assert tall.sum() == 255 * (10 * 100 + 100 * 4)
    assert place == (105, 40, 125, 70)
    assert (small == 255).all()


def test_blank_is_refused_and_texture_too(monkeypatch):
    with pytest.raises(BadInput, match="no ink"):
        separate_numbers(np.zeros((9, 9), np.uint8))
    monkeypatch.setattr(layout_analysis, "MOST_PIECES", 50)
    dots = np.zeros((100, 100), np.uint8)
    dots[::2, ::2] = 255
    with pytest.raises(BadInput, match="over 50 pieces of ink"):
        separate_numbers(dots)
    dots[10:90, 10:50] = 255  # one of the pieces is writing, beside which the others are specks
    assert len(places(dots)) == 1


def test_a_page_full_of_numbers_costs_no_more_than_the_page():
    page = np.zeros((1600, 1600), np.uint8)
    for top in range(8, 1600, 40):
        for left in range(10, 1600, 40):
            page[top : top + 16, left : left + 10] = 255
    tracemalloc.start()
    try:
        found = separate_numbers(page)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == 1600
    assert found[-1][1] == (1570, 1568, 1580, 1584)
    assert most < 200 * 2**20  # 4 GB when each number's ink was a page of its own


def test_a_long_row_is_one_number():
    row = np.zeros((20, 1600), np.uint8)
    row[5:15, 1:1600:2] = 255
    assert places(row) == [(1, 5, 1600, 15)]
