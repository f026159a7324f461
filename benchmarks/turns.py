"""Ways measured in turn, so that whatever else the machine does slows all of them alike.

Ratios are of one round, then the median of all rounds.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from toolchain.table import Table

Name = TypeVar("Name", bound=tuple[str, ...])  # of a way, the words that its row begins with
Way = Callable[[int], float]  # works in a round, whose number it is told; how much a second


def rates(ways: Mapping[Name, Way], rounds: int) -> dict[Name, list[float]]:
    """What each way reaches a second in each round.

    Round 0 sets up and is not counted.
    """
    found: dict[Name, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            rate = way(turn)
            if turn:
                found[name].append(rate)
    return found


def per_second(
    count: int, make: Callable[[int], object], clock: Callable[[], float] = time.process_time
) -> Way:
    """A way that makes `count` of something in a round: by the processor's time, or a clock's."""

    def way(turn: int) -> float:
        before = clock()
        make(turn)
        return count / (clock() - before)

    return way


def compared(found: Mapping[Name, list[float]], base: Name) -> list[dict[str, Any]]:
    """Each way's median and spread, and its ratio to another's: lowest, median and highest."""
    rows = []
    for name, each in found.items():
        ratios = [one / other for one, other in zip(each, found[base], strict=True)]
        rows.append(
            {
                "way": list(name),
                "per_second": statistics.median(each),
                "slowest": min(each),
                "fastest": max(each),
                "ratio": [min(ratios), statistics.median(ratios), max(ratios)],
            }
        )
    return rows


def table(measured: list[dict[str, Any]], words: list[str], unit: str, base: str) -> Table:
    """What `compared` gives as rows; `words` head the names of the ways."""
    rows = []
    for each in measured:
        low, middle, high = each["ratio"]
        ratio = f"{times(middle)} ({times(low)} to {times(high)})"
        spread = f"{short(each['slowest'])} to {short(each['fastest'])}"
        rows.append([*each["way"], short(each["per_second"]), spread, ratio])
    head = [*words, f"{unit}/s", "slowest to fastest", f"to {base}"]
    return Table("", head, rows, words=len(words))


def times(ratio: float) -> str:
    """A ratio as people say it: "1.87", "1/24"."""
    return f"1/{short(1 / ratio)}" if ratio < 0.5 else f"{ratio:.2f}"


def short(value: float) -> str:
    """As many figures as are worth reading: "12,345", "345", "34.5"."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
