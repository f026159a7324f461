import numpy as np

from toolchain.reading import lines
from toolchain.reading.lines import glyphs_of, lines_of


def grouped(*boxes):
    return glyphs_of(np.array(boxes)).tolist()


def test_what_hangs_above_below_or_in_a_digit_belongs_to_it():
    five, bar, dot_of_nobody = (20, 30, 40, 70), (38, 20, 60, 25), (90, 20, 94, 24)
    assert grouped(five, bar, dot_of_nobody) == [0, 0, 2]
    assert grouped(bar, five) == [1, 1]
    assert grouped((20, 30, 40, 70), (22, 75, 38, 79)) == [0, 0]


def test_a_mark_between_lines_belongs_to_the_nearer_digit():
    assert grouped((20, 10, 40, 50), (22, 53, 38, 57), (20, 62, 40, 102)) == [0, 0, 2]


def test_flat_halves_are_one_digit_and_digits_above_one_another_are_two():
    assert grouped((20, 10, 46, 30), (20, 33, 46, 53)) == [0, 0]
    assert grouped((20, 10, 40, 40), (20, 43, 40, 73)) == [0, 1]


def test_of_two_lines_with_a_wide_gap_each_goes_on_at_its_own_height():
    boxes = [(x, y, x + 20, y + 30) for y in (10, 60) for x in (10, 40, 400, 430)]
    assert [line.glyphs for line in lines_of(np.array(boxes))] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_digits_that_stand_below_one_another_are_lines():
    stairs = [(20, 20, 40, 60), (44, 20, 64, 60), (110, 80, 130, 120), (134, 80, 154, 120)]
    assert [line.glyphs for line in lines_of(np.array(stairs))] == [[0, 1], [2, 3]]


def test_many_pieces_that_follow_one_another_are_joined_without_asking_all_again(monkeypatch):
    asked = []
    apart = lines._apart
    monkeypatch.setattr(lines, "_apart", lambda *of: asked.append(of) or apart(*of))
    stairs = [(4 * (k % 2), 4 * (k // 2) + 2 * (k % 2)) for k in range(2 * 210)]
    boxes = np.array([(x, y, x + 3, y + 3) for x, y in stairs])
    found = lines_of(boxes)
    assert sorted(glyph for line in found for glyph in line.glyphs) == list(range(len(boxes)))
    assert len(found) == 210
    assert len(asked) <= 3 * len(boxes) ** 2
