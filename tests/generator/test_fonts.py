from pathlib import Path

import matplotlib
import numpy as np
import pytest

from generator.errors import BadInput
from generator.fonts import font_digits

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def test_a_font_is_one_writer_of_ten_digits() -> None:
    digits = list(font_digits(FONT))
    assert [digit.label for digit in digits] == list(range(10))
    assert {(digit.writer, digit.source) for digit in digits} == {("DejaVuSans", "fonts")}


def test_digits_become_as_many_strokes_as_a_pen_would_make() -> None:
    strokes = {digit.label: digit.strokes for digit in font_digits(FONT)}
    assert [len(strokes[label]) for label in (0, 2, 3, 5, 7)] == [1, 1, 2, 1, 1]
    assert len(strokes[4]) <= 2  # the outline and the stem, or what crosses it
    closed = strokes[0][0]
    assert np.hypot(*(closed[0] - closed[-1])) < 3
    seven = strokes[7][0]
    ends = sorted([seven[0], seven[-1]], key=lambda end: float(end[1]))
    assert ends[0][0] < ends[1][0]
    assert ends[1][1] - ends[0][1] > 80


def test_what_is_no_font_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fake.woff"
    path.write_bytes(b"wOFF but not really")
    with pytest.raises(BadInput, match="cannot be read as a font"):
        list(font_digits(path))
