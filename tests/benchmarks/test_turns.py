import pytest

from benchmarks import turns


def test_ways_work_in_turn_and_the_first_round_is_not_counted():
    told = []

    def way(name, rate):
        def work(turn):
            told.append((name, turn))
            return rate if turn else 0.0

        return work

    found = turns.rates({("a",): way("a", 10.0), ("b",): way("b", 20.0)}, 2)
    assert told == [(name, turn) for turn in range(3) for name in "ab"]
    assert found == {("a",): [10.0, 10.0], ("b",): [20.0, 20.0]}


def test_ratios_are_of_one_round():
    # A machine that was half as fast in the second round slowed both.
    rows = turns.compared({("a",): [10.0, 5.0, 10.0], ("b",): [40.0, 20.0, 44.0]}, ("a",))
    assert rows[1] == {
        "way": ["b"],
        "per_second": 40.0,
        "slowest": 20.0,
        "fastest": 44.0,
        "ratio": [4.0, 4.0, 4.4],
    }


def test_a_way_is_timed_by_the_clock_that_is_named():
    now = iter([100.0, 104.0])
    assert turns.per_second(8, lambda turn: None, lambda: next(now))(1) == 2.0


@pytest.mark.parametrize(
    ("ratio", "said"), [(1.874, "1.87"), (21.0, "21.00"), (0.6, "0.60"), (1 / 24.04, "1/24")]
)
def test_ratios_are_said_as_people_do(ratio, said):
    assert turns.times(ratio) == said
