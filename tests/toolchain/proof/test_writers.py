import numpy as np
import pytest

from toolchain.proof.writers import WORST, bootstrap, by_writer

NAMES = ("anna", "ben", "cleo")


def test_every_writer_counts_alike_however_much_they_wrote():
    wrote = np.array([0] * 98 + [1] * 2)
    right = np.array([True] * 98 + [True, False])
    found = by_writer(NAMES, wrote, right)
    assert found.count == 2  # cleo wrote nothing
    assert found.accuracy == pytest.approx(75.0)  # of all numbers, 99 %
    assert [(each.name, each.count, each.right) for each in found.worst] == [
        ("ben", 2, 1),
        ("anna", 98, 98),
    ]


def test_only_the_worst_are_named():
    wrote = np.arange(60) % 12
    right = np.random.default_rng(1).uniform(0, 1, 60) < 0.5
    found = by_writer([str(name) for name in range(12)], wrote, right)
    accuracies = [100 * right[wrote == writer].mean() for writer in range(12)]
    assert [each.accuracy for each in found.worst] == sorted(accuracies)[:WORST]


def test_of_one_writer_or_nobody_known_nothing_is_said():
    assert by_writer(("mnist",), np.zeros(9, int), np.ones(9, bool)) is None


def test_the_interval_holds_the_mean_in_nineteen_of_twenty_draws_of_writers():
    random, held = np.random.default_rng(3), 0
    for _ in range(200):
        low, high = bootstrap(random.normal(96, 3, 40))
        held += low <= 96 <= high
    assert 180 <= held <= 198


def test_more_numbers_of_the_same_hands_leave_the_interval_as_wide():
    wrote = np.arange(40) % 4
    right = wrote != 0  # one of four hands is not read at all
    few = by_writer(tuple("abcd"), wrote, right)
    many = by_writer(tuple("abcd"), np.tile(wrote, 50), np.tile(right, 50))
    assert few.interval == many.interval
    assert few.interval[0] < 50
