import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.glyphs import stroke_glyphs
from generator.handwriting import handwritten
from generator.strokes import StrokeDigit, distance_fields
from generator.variation import varied
from toolchain.data.sources import Digits

coordinates = st.floats(-1e3, 1e3, width=32)
paths = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=12)


@given(st.lists(paths, min_size=1, max_size=4), st.integers(0, 2**32))
def test_whatever_was_drawn_varies_into_something_that_can_be_drawn(strokes, seed):
    drawn = tuple(np.array(stroke, np.float32) for stroke in strokes)
    for copy in varied([StrokeDigit(3, "anna", drawn)], 2, seed):
        assert len(copy.strokes) == len(drawn)
        assert all(len(stroke) and np.isfinite(stroke).all() for stroke in copy.strokes)
        assert np.concatenate(copy.strokes).__abs__().max() < 10  # heights: nothing flies off


def test_a_copy_is_another_hand_of_the_same_digits():
    digits = handwritten(3, 2)
    copies = varied(digits, 4, seed=7)
    assert [copy.label for copy in copies] == 4 * [digit.label for digit in digits]
    assert copies[0].writer == f"{digits[0].writer}~0"
    assert len({copy.writer for copy in copies}) == 4 * len({digit.writer for digit in digits})
    assert copies[0].relative_height == digits[0].relative_height


def test_the_seed_decides():
    digits = handwritten(2, 1)
    one, same, other = (varied(digits, 1, seed) for seed in (1, 1, 2))
    for a, b, c in zip(one, same, other, strict=True):
        assert all(map(np.array_equal, a.strokes, b.strokes))
        assert not all(map(np.array_equal, a.strokes, c.strokes))


def test_copies_stay_about_the_digit_they_are_of():
    digits = handwritten(8, 1)
    originals, _ = distance_fields(digits)
    copies, _ = distance_fields(varied(digits, 1))
    ink = originals.float() > 200
    near = (copies.float() > 255 * (1 - 4 / 6))[ink].float().mean()  # within 4 of 28 cells
    assert near > 0.9


def test_copies_are_trained_on_and_never_judged_with(strokes_folder):
    plain, more = Digits(custom=(strokes_folder,)), Digits(custom=(strokes_folder,), copies=3)
    count = len(stroke_glyphs(strokes_folder, "train").labels)
    assert len(more.custom_bank("train")) == 4 * count
    assert more.custom_bank("val").description == plain.custom_bank("val").description
    (said,) = more.custom_bank("train").description
    (once,) = plain.custom_bank("train").description
    assert (said["digits"], said["copies"]) == (count, 3)
    assert said["writers"] == once["writers"]


def test_another_run_trains_on_other_copies(strokes_folder):
    digits = Digits(custom=(strokes_folder,), custom_share=1.0, copies=1)
    count = len(digits.bank("train")) // 2
    one, same, other = (digits.bank("train", seed=seed).pixels for seed in (1, 1, 2))
    assert one[:count].equal(other[:count])
    assert one.equal(same)
    assert not one[count:].equal(other[count:])


@pytest.mark.parametrize("writer", ["anna", "ben"])
def test_a_copy_of_a_writer_bends_all_their_digits_alike(writer):
    bar = (np.array([(0, 0), (0, 1)], np.float32),)
    twice = varied([StrokeDigit(1, writer, bar)] * 30, 1)
    middles = np.array([copy.strokes[0][len(copy.strokes[0]) // 2] for copy in twice])
    other = varied([StrokeDigit(1, f"{writer}{i}", bar) for i in range(30)], 1)
    apart = np.array([copy.strokes[0][len(copy.strokes[0]) // 2] for copy in other])
    assert middles.std() < apart.std()


def hands(path, count=300):
    """A stroke as so many other writers write it: [points, 2] each."""
    bar = (np.array(path, np.float32),)
    return [copy.strokes[0] for copy in varied([StrokeDigit(1, "anna", bar)], count)]


def test_other_hands_stop_early_or_go_on():
    bars = hands([(0, 0), (0, 1)])
    along = np.array([bar[:, 1].max() for bar in bars])
    assert along.min() < 0.45  # from the middle: the bar ended at 0.5
    assert 0.65 < along.max() < 0.9


def test_where_a_stroke_goes_on_it_keeps_its_curve():
    angles = np.linspace(0, 1.5 * np.pi, 40)
    arcs = hands(np.stack([np.cos(angles), np.sin(angles)], 1), 100)
    furthest = max(arcs, key=len)
    assert len(furthest) > 1.05 * np.median([len(arc) for arc in arcs])
    middle = (furthest.min(0) + furthest.max(0)) / 2
    assert np.hypot(*(furthest - middle).T).max() < 0.75  # a straight tail would leave the circle


def test_some_leave_hooks_and_some_tremble():
    turns = []
    for bar in hands([(0, 0), (0, 1)]):
        angles = np.arctan2(*np.diff(bar, axis=0).T[::-1])
        turns.append(np.abs(np.diff(np.unwrap(angles))))
    hooked = sum(each[-1] > 0.8 for each in turns)
    trembling = sum(np.median(each) > 0.2 for each in turns)
    assert 0.05 < hooked / len(turns) < 0.5
    assert 0.05 < trembling / len(turns) < 0.5


def test_a_dot_stays_a_dot():
    strokes = (np.array([(0, 0), (0, 1)], np.float32), np.array([(0, 0), (0.05, 0)], np.float32))
    for copy in varied([StrokeDigit(1, "anna", strokes)], 20):
        assert len(copy.strokes[1]) <= 2
