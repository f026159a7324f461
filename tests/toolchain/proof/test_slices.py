from dataclasses import replace

import numpy as np
import pytest

from generator.numbers import NumberGenerator
from generator.shards import number_text
from generator.style import Style
from toolchain.proof.slices import WAYS, Readings, evaluation, read_numbers, robustness
from toolchain.reading.runtime import open_model


def readings(written, read, confidence=0.9, height=24, apart=True):
    count = len(written)
    return Readings(
        written,
        read,
        np.full(count, confidence, np.float32),
        np.full(count, height),
        np.full(count, apart),
        {},
    )


def test_edits_are_counted_by_digit_and_named():
    report = evaluation(readings(["407", "12", "8"], ["401", "123", ""]), "some", 3)
    assert (report.all.count, report.all.right) == (3, 0)
    assert report.digit_error_rate == pytest.approx(100 * 3 / 6)
    assert dict(report.confusions) == {"7 -> 1": 1, "- -> 3": 1, "8 -> -": 1}


def test_every_number_is_in_one_slice_of_each_kind():
    written = ["1", "22", "333", "4444", "55555"] * 4
    report = evaluation(readings(written, written, height=17), "some", 3)
    counts = {each.name: each.count for each in report.slices}
    assert sum(count for name, count in counts.items() if name[0].isdigit()) == 20
    assert counts["digits apart"] == 16
    assert counts["ink below 18 px"] == 20
    assert report.all.accuracy == 100
    assert report.all.interval[0] < 100


def test_sizes_and_gaps_are_measured_on_the_strip(float32, bank):
    numbers = NumberGenerator(bank, 9)
    session = open_model(float32)
    found = read_numbers(session, numbers, 60, errors=10)
    assert len(found.written) == len(found.read) == len(found.confidence) == 60
    batch = numbers(0, 60)
    for index in (3, 17, 40):
        inked = batch.strips[index, 0].numpy() > 64
        assert found.height[index] == np.ptp(np.flatnonzero(inked.any(1))) + 1
    assert found.written == [number_text(row) for row in batch.digits.numpy()]
    # An untrained network misreads: the pictures kept are the very strips, up to the limit.
    assert len(found.errors) == 10
    for index, strip in found.errors.items():
        assert found.written[index] != found.read[index]
        np.testing.assert_array_equal(strip, batch.strips[index].numpy())


def test_each_number_is_read_by_itself_as_a_game_does(float32, bank):
    session, together = open_model(float32), []

    class Watched:
        def run(self, outputs, given):
            together.append(len(given["image"]))
            return session.run(outputs, given)

    read_numbers(Watched(), NumberGenerator(bank, 9), 7)
    assert together == [1] * 7


def test_digits_side_by_side_are_apart_and_a_single_one_always(float32, bank):
    session = open_model(float32)
    wide = NumberGenerator(bank, 1, replace(Style(), gap=(0.5, 0.6), digits=(3, 3)))
    tight = NumberGenerator(bank, 1, replace(Style(), gap=(-0.05, -0.05), digits=(3, 3)))
    shares = [read_numbers(session, numbers, 100).apart.mean() for numbers in (wide, tight)]
    assert shares[0] > 0.9
    assert shares[1] < 0.6


def test_ways_of_writing_are_compared_with_the_usual(float32, bank):
    done = []
    ways = robustness(open_model(float32), NumberGenerator(bank, 2), 20, done.append)
    assert [way.name for way in ways] == ["as usual", *WAYS]
    assert all(way.count == 20 for way in ways)
    assert done[-1] == 20 * len(ways)
