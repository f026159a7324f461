import numpy as np
import pytest

from toolchain.reading.canvas import canvas_in


def page(*boxes, size=(300, 400)):
    """Distances from the background: boxes left, top, right, bottom, level."""
    distance = np.zeros(size, np.int16)
    for left, top, right, bottom, level in boxes:
        distance[top:bottom, left:right] = level
    return distance


DIGIT = (150, 100, 170, 160)


def test_a_filled_canvas_is_found_and_a_button_is_not():
    found = canvas_in(page((80, 60, 300, 220, 200), (*DIGIT, 10), (80, 240, 120, 260, 200)), 24)
    assert found == pytest.approx((80, 60, 300, 220), abs=3)


def test_of_a_frame_the_inside_is_found():
    frame = page((80, 60, 300, 220, 200), (83, 63, 297, 217, 0), (*DIGIT, 200))
    assert canvas_in(frame, 24) == (83, 63, 297, 217)


def test_a_card_is_found_whose_frame_is_the_pictures_border():
    card, zero = (6, 6, 144, 254, 200), [(40, 40, 110, 220, 0), (50, 50, 100, 210, 200)]
    left, top, right, bottom = canvas_in(page(card, *zero, size=(260, 150)), 24)
    assert 6 <= left <= 40
    assert 6 <= top <= 40
    assert 110 <= right <= 144
    assert 220 <= bottom <= 254


@pytest.mark.parametrize("boxes", [
    [(80, 60, 300, 220, 200)],
    [(80, 60, 300, 220, 200), (110, 90, 270, 190, 0)],
    [(80, 60, 140, 220, 200), (200, 60, 220, 220, 200)],
    [(80, 60, 300, 220, 200), (110, 90, 270, 190, 0), (80, 130, 300, 150, 200)],
], ids=["a blot", "a square zero", "bars", "a square eight"])  # fmt: skip
def test_digits_are_no_canvas(boxes):
    assert canvas_in(page(*boxes), 24) is None


def test_a_picture_without_an_even_background_has_no_canvas():
    noise = np.random.default_rng(0).normal(0, 9, (300, 400)).astype(np.int16)
    assert canvas_in(np.abs(page((80, 60, 300, 220, 200), (*DIGIT, 10)) + noise), 24) is None
