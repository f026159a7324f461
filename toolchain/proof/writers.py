"""Accuracy by who wrote: every writer counts alike, and the interval is over writers.

Numbers of one hand are alike, so that a thousand more of them say little about the next hand. An
interval over numbers is too narrow then; this one asks what other writers would have given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEED = 20_011
DRAWS = 10_000
WORST = 5


@dataclass(frozen=True)
class Writer:
    """How the numbers of one writer were read; accuracy in %."""

    name: str
    count: int
    right: int
    accuracy: float


@dataclass(frozen=True)
class ByWriter:
    """How numbers were read, every writer of at least one weighted alike.

    Attributes:
        count: writers.
        accuracy: mean of the writers' accuracies, in %.
        interval: 95 %, over writers, in %; see `bootstrap`.
        worst: of whom fewest were read, the worst first.
    """

    count: int
    accuracy: float
    interval: tuple[float, float]
    worst: list[Writer]


def by_writer(
    names: Sequence[str], wrote: NDArray[np.int64], right: NDArray[np.bool_]
) -> ByWriter | None:
    """Accuracy by writer; None where all numbers are by one, or nobody knows by whom.

    Args:
        names: of the writers.
        wrote: who wrote each number, [N], counted as in `names`; N > 0.
        right: which were read exactly, [N].
    """
    counts = np.bincount(wrote, minlength=len(names))
    hits = np.bincount(wrote, right, len(names)).astype(int)
    each = [
        Writer(name, count, hit, 100 * hit / count)
        for name, count, hit in zip(names, counts.tolist(), hits.tolist(), strict=True)
        if count
    ]
    if len(each) < 2:
        return None
    accuracies = np.array([writer.accuracy for writer in each])
    worst = sorted(each, key=lambda writer: writer.accuracy)[:WORST]
    return ByWriter(len(each), float(accuracies.mean()), bootstrap(accuracies), worst)


def bootstrap(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean of values float64 [W], one a writer; always the same.

    The percentile bootstrap (Efron 1979, "Bootstrap Methods"): writers are drawn with replacement.
    With few writers it is somewhat too narrow.
    """
    drawn = np.random.default_rng(SEED).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.quantile(values[drawn].mean(1), (0.025, 0.975))
    return float(low), float(high)
