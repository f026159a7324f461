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
    return [number.box for number in separate_numbers(ink)]


def row(text, left, top, step=36, gap=70, rise=0.0):
    """Boxes of digits 24 px wide and 40 high: words `gap` px apart, rising so much per px."""
    boxes, x = [], left
    for word in text.split():
        for _ in word:
            y = round(top - rise * (x - left))
            boxes.append((x, y, x + 24, y + 40))
            x += step
        x += gap - (step - 24)
    return boxes


def starts(*boxes):
    """Left side and digits of each number found, in reading order."""
    found = separate_numbers(paper(*boxes, size=(420, 900)))
    return [(number.box[0], len(number.glyphs)) for number in found]


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
    # The lines slope, so that their boxes overlap.
    ink = paper(*row("12345", 20, 100, rise=0.35), *row("12345", 20, 150, rise=0.35))
    ink[99, 30] = 40  # a soft edge below the level of ink
    first, second = separate_numbers(ink)
    assert first.box[3] > second.box[1]
    assert second.ink.sum() == 255 * 5 * 24 * 40
    assert first.ink.sum() == second.ink.sum() + 40


@pytest.mark.parametrize("rise", [0.0875, -0.0875, 0.35, -0.35])
def test_a_row_that_slopes_is_read_along_its_line(rise):
    top = 320 if rise > 0 else 60
    found = separate_numbers(paper(*row("12 34 56 78", 20, top, rise=rise), size=(420, 900)))
    assert [number.box[0] for number in found] == [20, 150, 280, 410]
    assert [number.slope for number in found] == pytest.approx([-rise] * 4, abs=0.03)


def test_a_row_that_bends_is_read_along_its_line():
    bend = [
        (left, round(top - 90 * (1 - ((left - 460) / 440) ** 2)), right, 0)
        for left, top, right, _ in row("123 45 67 891 23", 20, 200)
    ]
    rows = [(left, top + down, right, top + down + 40) for down in (0, 90)
            for left, top, right, _ in bend]  # fmt: skip
    one = [(20, 3), (186, 2), (316, 2), (446, 3), (612, 2)]
    assert starts(*rows) == one + one


def test_lines_that_stand_close_are_lines():
    assert starts(*row("88", 20, 20), *row("66", 24, 64), *row("77", 28, 108)) == [
        (20, 2),
        (24, 2),
        (28, 2),
    ]


def test_wide_gaps_that_are_even_are_those_of_one_number():
    assert starts(*row("172", 20, 20, step=60)) == [(20, 3)]
    assert starts(*row("1729104567", 20, 20, step=72)) == [(20, 10)]
    uneven = [(0, 20, 24, 60), (64, 20, 88, 60), (180, 20, 204, 60)]
    assert starts(*uneven) == [(0, 1), (64, 1), (180, 1)]


def test_gaps_of_two_kinds_separate_where_they_are_narrow():
    assert starts(*row("12 34 56", 20, 20, gap=28)) == [(20, 2), (108, 2), (196, 2)]
    assert starts(*row("12345", 20, 20, step=48)) == [(20, 5)]


def test_a_torn_digit_does_not_set_its_row_apart():
    halves = [(108, 20, 119, 60), (120, 20, 132, 60)]
    whole = [(left, 20, left + 24, 60) for left in (20, 64, 152, 206)]
    assert starts(*whole[:2], *halves, *whole[2:]) == [(20, 6)]


def test_one_number_is_all_of_its_line():
    ink = paper(*row("1 72 3", 20, 20, gap=90), size=(100, 500))
    [number] = separate_numbers(ink, one=True)
    assert len(number.glyphs) == 4


def test_a_sheet_of_digits_is_read_row_by_row():
    sheet = [box for down in range(3) for box in row("1 2 3 4 5", 20 + down, 20 + 90 * down)]
    across = [20, 114, 208, 302, 396]
    assert starts(*sheet) == [(left + down, 1) for down in range(3) for left in across]


def test_where_each_line_has_the_same_wide_gaps_the_digits_are_single():
    sheet = [box for down in range(3) for box in row("12345", 20, 20 + 90 * down, step=80)]
    assert len(starts(*sheet)) == 15
    assert starts(*row("12345", 20, 20, step=80)) == [(20, 5)]  # one line may be a long number
    mixed = [*sheet, *row("67", 20, 290)]
    assert len(starts(*mixed)) == 4


def test_a_digit_may_be_wider_than_high():
    flat = (120, 28, 180, 60)
    tall = [(left, 20, left + 24, 60) for left in (20, 70, 230, 280)]
    assert starts(*tall[:2], flat, *tall[2:]) == [(20, 5)]


def test_pieces_within_a_piece_are_counted():
    head = [(20, 20, 120, 24), (20, 116, 120, 120), (20, 20, 24, 120), (116, 20, 120, 120)]
    [zero] = separate_numbers(paper(*head))
    [face] = separate_numbers(paper(*head, (45, 45, 55, 55), (85, 45, 95, 55), (45, 90, 95, 95)))
    assert (zero.enclosed, face.enclosed) == (0, 3)


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
    assert found[-1].box == (1570, 1568, 1580, 1584)
    assert most < 200 * 2**20  # 4 GB when each number's ink was a page of its own


def test_a_long_row_is_one_number():
    row = np.zeros((20, 1600), np.uint8)
    row[5:15, 1:1600:2] = 255
    assert places(row) == [(1, 5, 1600, 15)]
