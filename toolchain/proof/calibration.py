"""Confidence that can be trusted: made so, measured, and below which value to ask again."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from generator.errors import BadInput
from models.decoders import Network
from toolchain.data.samples import Samples
from toolchain.proof import verdict
from toolchain.training.accuracy import log_probs_of, matches

SEED = 6_000_011  # of the validation numbers that a calibration is fitted on
NUMBERS = 10_000
ACCEPTED_WRONG = 0.003  # share of wrong answers that a game may take for right ones
MOST_ASKED = 0.08  # share of all answers that a game may ask for again, whatever is wrong then
BINS = 10
NEAREST = 1e-6  # posteriors nearer to 0 or 1 are fitted as if they were this near
LEAST_SLOPE = 0.1


@dataclass(frozen=True)
class Calibration:
    """From the posterior p of a reading to a confidence: sigmoid(slope * logit(p) + offset).

    Platt 1999, "Probabilistic Outputs for Support Vector Machines"; as it stands, it changes
    nothing.

    Attributes:
        slope: below 1 where the network is surer than it is right.
        offset: added to the log-odds.
        threshold: answers with less confidence are asked again; None where it was not chosen.
        verdict: the posterior, not calibrated, from which an expected answer is accepted, see
            `toolchain.proof.verdict`; None where it was not chosen, or the decoder is no CTC.
    """

    slope: float = 1.0
    offset: float = 0.0
    threshold: float | None = None
    verdict: float | None = None

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "Calibration":
        """What the facts of stored weights say, or one that changes nothing.

        Raises:
            BadInput: they say something else.
        """
        said = facts.get("calibration") or {}
        try:
            numbers = [value for value in said.values() if value is not None]
            if not all(math.isfinite(value) for value in numbers):
                raise ValueError("not finite")
            return cls(**said)
        except (TypeError, ValueError, OverflowError):
            raise BadInput("the weights' calibration is damaged: export or train again") from None

    def __call__(self, probability: Tensor) -> Tensor:
        """Confidence float32 [N], 0..1, of posteriors float32 [N]."""
        # The same without the log-odds, which have no end at 0 and 1.
        right = math.exp(self.offset) * probability**self.slope
        return right / (right + (1 - probability) ** self.slope)


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
    curve = [point(sure, hit, t) for t in (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)]
    return Trust(
        float((gaps * sizes).sum() / sizes.sum()),
        bins,
        curve,
        point(sure, hit, threshold(sure, hit)),
    )


def calibrate(model: Network, numbers: Samples, count: int) -> Calibration:
    """Fit a calibration on unseen numbers, and choose threshold and verdict on the same.

    The threshold is the lowest that accepts few wrong answers, unless that asks too often for
    another: a game that doubts everything is not played.

    Args:
        model: the network.
        numbers: of validation digits; its seed is replaced by our own.
        count: how many to read, or all there are.
    """
    posteriors, hits, asked = [], [], []
    is_ctc = model.decoder.name == "ctc"
    generator = numbers.seeded(SEED)
    count = generator.different(count)
    for first in range(0, count, 1_000):
        batch = generator(first, min(1_000, count - first))
        log_probs = log_probs_of(model, batch.strips)
        digits = model.decoder.decode(log_probs)
        posteriors.append(model.decoder.posterior(log_probs, digits))
        hits.append(matches(digits, batch.digits))
        if is_ctc:
            asked.append((log_probs.cpu(), batch.digits.cpu()))
    probability, right = torch.cat(posteriors).cpu(), torch.cat(hits).cpu().numpy()
    odds = torch.logit(probability.double().clamp(NEAREST, 1 - NEAREST)).numpy()
    fitted = Calibration(*fit(odds, right))
    confidence = fitted(probability).numpy()
    order = np.argsort(confidence, kind="stable")
    chosen = threshold(confidence[order].astype(np.float64), right[order])
    often = float(np.quantile(confidence, MOST_ASKED))
    enough = None
    if is_ctc:
        enough = verdict.threshold(verdict.ask(*map(torch.cat, zip(*asked, strict=True))))
    return Calibration(fitted.slope, fitted.offset, min(chosen, often), enough)


def fit(odds: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic regression of `right` on log-odds, both [N].

    By L-BFGS on Platt's softened targets. Where there is little to learn from, both stay
    near what changes nothing, as if one more observation spoke for it; the slope stays above 0,
    for a calibration must not turn the order round.
    """
    hits = int(right.sum())
    target = torch.from_numpy(np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2)))
    inputs = torch.from_numpy(odds)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    weights = start.clone().requires_grad_()
    newton = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> float:
        newton.zero_grad()
        said = weights[0] * inputs + weights[1]
        fitted = binary_cross_entropy_with_logits(said, target, reduction="sum")
        total = fitted + (weights - start).square().sum() / 2
        total.backward()
        return float(total.detach())

    newton.step(loss)
    slope, offset = weights.tolist()
    return max(slope, LEAST_SLOPE), offset


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


def point(confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_], at: float) -> Point:
    """What asking again below the confidence `at` costs and spares; both [N], N > 0."""
    accepted = confidence >= at
    share = accepted.mean()
    wrong = 1 - right[accepted].mean() if accepted.any() else 0.0
    return Point(float(at), float(100 * (1 - share)), float(100 * wrong))
