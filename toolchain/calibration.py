"""Confidence that can be trusted: what it is worth, and below which value to ask again."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ACCEPTED_WRONG = 0.003  # share of wrong answers that a game may take for right ones
BINS = 10


@dataclass(frozen=True)
class Point:
    """One point of the risk-coverage curve; shares in % of all, and of the accepted.

    Attributes:
        threshold: answers less sure than this are asked again.
        asked_again: in % of all.
        wrong: in % of the accepted.
    """

    threshold: float
    asked_again: float
    wrong: float


@dataclass(frozen=True)
class Trust:
    """What a model's confidence is worth.

    Attributes:
        calibration_error: expected calibration error in points over ten bins of equal size
            (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning").
        bins: of each bin: mean confidence and accuracy, in %.
        curve: risk and coverage (Geifman and El-Yaniv 2017, arXiv:1705.08500).
        recommended: the lowest threshold with at most 0.3 % wrong among the accepted.
    """

    calibration_error: float
    bins: list[tuple[float, float]]
    curve: list[Point]
    recommended: Point


def trust(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> Trust:
    """Measure confidence float32 [N], 0..1, against what was right, bool [N]; N > 0."""
    order = np.argsort(confidence, kind="stable")
    sure, hit = confidence[order].astype(np.float64), right[order]
    parts = [part for part in np.array_split(np.arange(len(order)), BINS) if len(part)]
    bins = [(float(100 * sure[part].mean()), float(100 * hit[part].mean())) for part in parts]
    sizes = np.array([len(part) for part in parts])
    gaps = np.abs(np.diff(np.array(bins), axis=1))[:, 0]
    curve = [_point(sure, hit, t) for t in (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)]
    return Trust(
        float((gaps * sizes).sum() / sizes.sum()),
        bins,
        curve,
        _point(sure, hit, threshold(sure, hit)),
    )


def threshold(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], wrong: float = ACCEPTED_WRONG
) -> float:
    """The lowest threshold that accepts at most a share of `wrong` answers; both sorted by it.

    Returns:
        A confidence 0..1; just above 1, so that nothing is accepted, where no threshold does.
    """
    accepted = np.arange(len(right), 0, -1)
    misses = np.cumsum(~right[::-1])[::-1]
    good = np.flatnonzero(misses <= wrong * accepted)
    # Equal confidences stand or fall together: from the first of its kind on.
    for place in good:
        if place == 0 or confidence[place - 1] < confidence[place]:
            return float(confidence[place])
    return math.nextafter(1.0, 2.0)


def _point(confidence: NDArray[np.float64], right: NDArray[np.bool_], at: float) -> Point:
    accepted = confidence >= at
    share = accepted.mean()
    wrong = 1 - right[accepted].mean() if accepted.any() else 0.0
    return Point(float(at), float(100 * (1 - share)), float(100 * wrong))
