import itertools
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from generator.errors import BadInput
from generator.fonts import font_digits, middle_lines
from generator.strokes import Path2D

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
Points = list[tuple[int, int]]


def inked(*lines: Points, width: int = 14) -> np.ndarray:
    picture = Image.new("L", (160, 160))
    draw = ImageDraw.Draw(picture)
    for line in lines:
        draw.line(line, fill=255, width=width, joint="curve")
        for x, y in (line[0], line[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(1.5)))


def away(strokes: tuple[Path2D, ...], *lines: Points) -> tuple[float, float]:
    """How far the furthest point of the strokes lies from the lines, and the other way about."""
    theirs = np.concatenate(
        [np.linspace(start, end, 200) for line in lines for start, end in itertools.pairwise(line)]
    )
    ours = np.concatenate(strokes)
    distances = np.hypot(*(ours[:, None] - theirs[None]).transpose(2, 0, 1))
    return float(distances.min(1).max()), float(distances.min(0).max())


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


@given(
    st.lists(
        st.tuples(st.integers(20, 140), st.integers(20, 140)), min_size=2, max_size=2, unique=True
    ),
    st.integers(5, 18),
)
@settings(max_examples=30, deadline=None)
def test_the_middle_of_a_bar_is_one_line_within_it(line: Points, width: int) -> None:
    if np.hypot(line[0][0] - line[1][0], line[0][1] - line[1][1]) < 2 * width:
        return
    strokes = middle_lines(inked(line, width=width))
    assert len(strokes) == 1
    ours, theirs = away(strokes, line)
    assert ours < 3
    assert theirs < width


def test_crossing_bars_stay_two_lines() -> None:
    one, other = [(30, 30), (130, 130)], [(130, 30), (30, 130)]
    strokes = middle_lines(inked(one, other))
    assert len(strokes) == 2
    assert all(np.hypot(*np.ptp(stroke, 0)) > 110 for stroke in strokes)


def test_no_ink_has_no_middle() -> None:
    assert middle_lines(np.zeros((40, 40), np.uint8)) == ()


def test_what_is_no_font_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fake.woff"
    path.write_bytes(b"wOFF but not really")
    with pytest.raises(BadInput, match="cannot be read as a font"):
        list(font_digits(path))
