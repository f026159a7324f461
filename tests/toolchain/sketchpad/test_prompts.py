from collections import Counter

import pytest

from toolchain.sketchpad.prompts import ROUND, prompt


@pytest.mark.parametrize("writer", ["mia", "Ömer", "x" * 24])
@pytest.mark.parametrize("lap", [0, 1, 7])
def test_a_round_asks_for_every_digit_equally_often(writer, lap):
    asked = [prompt(writer, lap * ROUND + place) for place in range(ROUND)]
    assert Counter("".join(asked)) == dict.fromkeys("0123456789", 3)
    assert sorted(number for number in asked if len(number) == 1) == list("0123456789")
    assert Counter(map(len, asked)) == {1: 10, 2: 2, 3: 2, 5: 2}
    assert not any(number.startswith("0") for number in asked if len(number) > 1)


def test_laps_and_writers_differ_and_stay_the_same():
    rounds = {
        (writer, lap): [prompt(writer, lap * ROUND + place) for place in range(ROUND)]
        for writer in ("mia", "ben")
        for lap in (0, 1)
    }
    assert len(set(map(tuple, rounds.values()))) == 4
    assert rounds["mia", 0] == [prompt("mia", place) for place in range(ROUND)]
