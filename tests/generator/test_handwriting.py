import numpy as np
import pytest

from generator.handwriting import handwritten
from generator.skeletons import SKELETONS, WAYS
from generator.strokes import distance_fields


def test_every_digit_has_several_ways_and_each_its_odds():
    assert sorted(SKELETONS) == list(range(10))
    assert all(3 <= len(ways) <= len(WAYS) for ways in SKELETONS.values())


@pytest.mark.parametrize("label", range(10))
def test_a_skeleton_spans_the_height(label):
    for way in SKELETONS[label]:
        y = [point[1] for stroke in way for point in stroke]
        assert min(y) >= 0
        assert max(y) <= 1
        assert max(y) - min(y) > 0.94


def test_a_writer_is_a_function_of_seed_and_number():
    few, many = handwritten(2, 1, seed=5), handwritten(4, 1, seed=5)
    for one, other in zip(few, many, strict=False):
        assert one.writer == other.writer
        for stroke, same in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_array_equal(stroke, same)
    assert handwritten(1, 1, seed=6)[2].strokes[0].tolist() != few[2].strokes[0].tolist()


def test_a_writer_keeps_to_one_way_and_never_writes_the_same_twice():
    sevens = [digit for digit in handwritten(30, 3, seed=1) if digit.label == 7]
    by_writer = {digit.writer: [] for digit in sevens}
    for digit in sevens:
        by_writer[digit.writer].append(digit)
    assert all(len({len(digit.strokes) for digit in each}) == 1 for each in by_writer.values())
    assert {len(digit.strokes) for digit in sevens} == {1, 2}  # some cross it, some do not
    first, second = next(iter(by_writer.values()))[:2]
    assert not np.array_equal(first.strokes[0], second.strokes[0])


def test_digits_can_be_drawn():
    digits = handwritten(6, 2, seed=2)
    fields, boxes = distance_fields(digits)
    assert len(fields) == 6 * 2 * 10
    assert (fields.amax((1, 2)) > 200).all()
    assert ((boxes[:, 3] - boxes[:, 1]) > 14).all()  # 28 cells, unless the width binds
