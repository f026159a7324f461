import numpy as np
import pytest

from generator.glyphs import procedural_digits
from generator.strip import ink_box
from toolchain.proof.robustness import BORDER, CANVAS, KINDS, Writers, draw, measure
from toolchain.reading.runtime import open_model
from toolchain.report import tables


@pytest.fixture(scope="module")
def writers():
    return Writers(procedural_digits("val"), 3)


def boxes(writers, kind, count=12):
    """The ink boxes of the same numbers, and how much ink each holds."""
    found = []
    for index in range(count):
        _, strokes, place = writers.write(index)
        ink = 255 - np.asarray(draw(strokes, KINDS[kind], place, bool(index % 2)))
        assert ink.shape == CANVAS[::-1]
        found.append((*ink_box(ink), ink.sum() / 255))
    return np.array(found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_drawing_shows_in_full(writers, kind):
    left, top, right, bottom, _ = boxes(writers, kind).T
    assert min(left.min(), top.min()) >= BORDER - 1
    assert right.max() <= CANVAS[0] - BORDER + 1
    assert bottom.max() <= CANVAS[1] - BORDER + 1


def test_kinds_differ_in_what_their_names_say(writers):
    plain = boxes(writers, "plain")
    middle = (plain[:, :2] + plain[:, 2:4]) / 2
    assert np.abs(middle - np.array(CANVAS) / 2).max() <= 3
    assert np.ptp(boxes(writers, "off-centre")[:, 1]) > 40
    assert boxes(writers, "very small")[:, 3].max() - CANVAS[1] / 2 < 24
    large = boxes(writers, "very large")
    filled = ((large[:, 2:4] - large[:, :2]) / (np.array(CANVAS) - 2 * BORDER)).max(1)
    assert filled.min() > 0.98
    # The area of a stroke goes with its brush.
    for kind in ("thick brush", "thin brush"):
        relative = KINDS[kind].brush / KINDS["plain"].brush
        assert boxes(writers, kind)[:, 4].sum() / plain[:, 4].sum() == pytest.approx(
            relative, rel=0.25
        )


def test_leaning_and_turning_move_the_top_and_the_ends():
    post, bar = (
        [np.array([[0.5, 0.0], [0.5, 1.0]], np.float32)],
        [np.array([[0.0, 0.5], [2.0, 0.5]], np.float32)],
    )
    place = np.array([0.5, 0.5])

    def ends(strokes, kind, odd=False):
        ink = 255 - np.asarray(draw(strokes, KINDS[kind], place, odd)) > 128
        rows, columns = np.nonzero(ink)
        top, first = rows == rows.min(), columns == columns.min()
        return columns[top].mean() - columns.mean(), rows[first].mean() - rows.mean()

    assert ends(post, "leaning right")[0] > 10
    assert ends(post, "leaning left")[0] < -10
    assert ends(bar, "rotated")[1] < -7  # clockwise: the left end rises
    assert ends(bar, "rotated", odd=True)[1] > 7


def test_numbers_are_those_of_one_writer_and_depend_on_the_index_alone():
    one = [digit for digit in procedural_digits("val") if digit.label in (0, 3)]
    text, strokes, _ = Writers(one, 5).write(11)
    again, same, _ = Writers(one, 5).write(11)
    assert text == again
    assert all(np.array_equal(a, b) for a, b in zip(strokes, same, strict=True))
    texts = {Writers(one, 5).write(index)[0] for index in range(30)}
    assert len(texts) > 8
    assert all(set(each) <= {"0", "3"} for each in texts)
    assert not any(len(each) > 1 and each[0] == "0" for each in texts)


def test_every_kind_is_read_as_often(float32, writers):
    done = []
    found = measure(open_model(float32), writers, 3, done.append)
    assert [kind.name for kind in found] == list(KINDS)
    assert all(kind.count == 3 for kind in found)
    assert done[-1] == 3 * len(KINDS)


def test_a_kind_that_falls_below_the_bar_is_told():
    def kind(name, accuracy):
        return {"name": name, "count": 100, "accuracy": accuracy, "interval": [0, 100]}

    kinds = [kind("plain", 90.0), kind("thin", 85.6), kind("thick", 85.4)]
    (table,) = tables.drawings({"drawings_of": "numbers", "drawings": kinds})
    assert [row[-2:] for row in table.rows] == [
        ["100.0 %", "yes"],
        ["95.1 %", "yes"],
        ["94.9 %", "NO"],
    ]
    assert tables.drawings({}) == []
