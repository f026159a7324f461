"""What to write next: rounds in which every digit comes equally often."""

import random

LENGTHS = (2, 2, 3, 3, 5, 5)  # of a round's numbers: twenty digits, each twice
ROUND = 10 + len(LENGTHS)  # drawings: each digit by itself, and the numbers


def prompt(writer: str, index: int) -> str:
    """The number that a writer is asked for after `index` others: a function of the two alone.

    Each `ROUND` holds every digit once by itself and twice within numbers of two to five digits,
    in an order of the writer's own; no number begins with 0.
    """
    lap, place = divmod(index, ROUND)
    chance = random.Random(f"{writer} {lap}")
    asked = [str(digit) for digit in range(10)] + _numbers(chance)
    chance.shuffle(asked)
    return asked[place]


def _numbers(chance: random.Random) -> list[str]:
    while True:
        digits = list("01234567890123456789")
        chance.shuffle(digits)
        numbers = ["".join(digits.pop() for _ in range(length)) for length in LENGTHS]
        if not any(number.startswith("0") for number in numbers):
            return numbers
