import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from generator.middle_lines import middle_lines
from generator.strokes import Path2D

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


@given(
    st.lists(
        st.tuples(st.integers(20, 140), st.integers(20, 140)), min_size=2, max_size=2, unique=True
    ),
    st.integers(5, 18),
)
@settings(max_examples=30)
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
