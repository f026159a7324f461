import numpy as np
import pytest

from toolchain.reading.boxes import locate

T = 33


def scores(**peaks):
    """log_probs of a strip where only these frames say a digit: f12="7"."""
    probabilities = np.full((T, 11), 0.01, np.float32)
    probabilities[:, 10] = 0.9
    for frame, digit in peaks.items():
        probabilities[int(frame[1:]), int(digit)] = 0.8
        probabilities[int(frame[1:]), 10] = 0.11
    return np.log(probabilities)


def strip(*boxes):
    ink = np.zeros((32, 128), np.uint8)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 255
    return ink


def test_each_digit_gets_its_ink():
    digits = locate(
        scores(f20="4", f28="7"), strip((70, 5, 85, 28), (100, 4, 126, 29)), "0123456789"
    )
    assert [(digit.digit, digit.box) for digit in digits] == [
        ("4", (70, 5, 85, 28)),
        ("7", (100, 4, 126, 29)),
    ]
    assert digits[0].confidence == pytest.approx(0.8)


def test_touching_digits_are_cut_where_there_is_least_ink():
    joined = strip((60, 4, 90, 28), (90, 20, 96, 22), (96, 4, 126, 28))
    one, two = locate(scores(f18="1", f28="2"), joined, "0123456789")
    assert 90 <= one.box[2] <= 96
    assert one.box[2] <= two.box[0] + 1
    assert (one.box[0], two.box[2]) == (60, 126)


def test_frames_that_agree_are_one_digit_and_a_blank_between_makes_two():
    ink = strip((80, 4, 90, 28), (100, 4, 110, 28))
    assert [d.digit for d in locate(scores(f22="3", f23="3"), ink, "0123456789")] == ["3"]
    assert [d.digit for d in locate(scores(f22="3", f26="3"), ink, "0123456789")] == ["3", "3"]


def test_nothing_read_and_no_ink():
    assert locate(scores(), strip((1, 1, 5, 5)), "0123456789") == []
    [digit] = locate(scores(f3="5"), strip(), "0123456789")
    assert digit.box == (0, 0, 128, 32)


def test_crowded_frames_still_give_ordered_boxes():
    peaks = {f"f{frame}": str(frame % 2) for frame in range(8, 33)}
    digits = locate(scores(**peaks), strip((30, 3, 128, 29)), "0123456789")
    assert len(digits) == 25
    lefts = [digit.box[0] for digit in digits]
    assert lefts == sorted(lefts)
