"""The expected answer as a verdict: right ones accepted, wrong ones refused, by their posterior.

A game knows the answer that it waits for. So it need not read: the CTC says how probable it is that
just this answer was written, and from some posterior on it is taken for what was written. Asked
about a number are its own digits, which should be accepted, and near misses, which should not: the
most probable number with one digit changed, one digit changed at random, one left out, one twice.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.ctc import ALPHABET, PAD, ctc_losses, greedy_decode
from toolchain.training.accuracy import matches

SEED = 10_000_019  # of the places and digits that change at random
PART = 500  # numbers at once
THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99)
RIGHT, HARDEST = "right", "hardest digit changed"
WRONG = (HARDEST, "random digit changed", "digit left out", "digit twice")
# Share of near misses, of each kind as many, that a game may take for right. Of the hardest kind
# alone reading takes more, and a wrong answer is seldom the very one that a network confuses most.
ACCEPTED_WRONG = 0.01
LEAST = 0.01  # no posterior below this is enough, however few were taken
_OTHERS = len(ALPHABET) - 1
_FIELDS = ("digits", "posterior", "there")


@dataclass(frozen=True)
class Asked:
    """One answer a number: digits int64 [N, 6], its posterior float32 [N], bool [N] if any."""

    digits: Tensor
    posterior: Tensor
    there: Tensor


@torch.no_grad()
def ask(log_probs: Tensor, digits: Tensor) -> dict[str, Asked]:
    """What the network thinks of right answers and near misses.

    Args:
        log_probs: float32 [N, T, 11] of a CTC, natural log-softmax.
        digits: int64 [N, 5], what was written, `PAD` to the right.

    Returns:
        By `RIGHT` and each of `WRONG`.
    """
    chance = torch.rand(len(digits), 2, generator=torch.Generator().manual_seed(SEED))
    parts = [
        _ask(*part)
        for part in zip(log_probs.split(PART), digits.split(PART), chance.split(PART), strict=True)
    ]
    return {
        name: Asked(*(torch.cat([getattr(part[name], each) for part in parts]) for each in _FIELDS))
        for name in (RIGHT, *WRONG)
    }


def threshold(asked: Mapping[str, Asked], wrong: float = ACCEPTED_WRONG) -> float:
    """The lowest posterior that accepts at most a share of `wrong` near misses; `LEAST` or more.

    Each kind of near miss counts alike, however many there are.
    """
    kinds = [asked[name].posterior[asked[name].there].double() for name in WRONG]
    kinds = [kind for kind in kinds if len(kind)]
    weights = torch.cat([torch.full_like(kind, 1 / len(kind)) for kind in kinds]) / len(kinds)
    posteriors, order = torch.cat(kinds).sort(descending=True)
    taken = weights[order].cumsum(0) > wrong + 1e-9
    if not taken.any():
        return LEAST
    # Above the first that is one too many, and whatever is equal to it.
    return max(LEAST, math.nextafter(float(posteriors[taken][0]), 2.0))


@dataclass(frozen=True)
class Point:
    """What is accepted, in %.

    Attributes:
        posterior: from which on an answer is accepted; None: the number that is read.
        right: accepted of right answers.
        wrong: accepted of near misses, each kind alike.
        kinds: the same of each of `WRONG`, without those of which there is none.
    """

    posterior: float | None
    right: float
    wrong: float
    kinds: dict[str, float]


@dataclass(frozen=True)
class Verdict:
    """What asking about the expected answer is worth.

    Attributes:
        reading: what reading and comparing accepts.
        curve: what each of `THRESHOLDS` accepts.
        recommended: the lowest with at most 1 % of near misses accepted.
        shipped: the same at the posterior in the file's metadata, if it has one.
    """

    reading: Point
    curve: list[Point]
    recommended: Point
    shipped: Point | None


def verdict(log_probs: Tensor, digits: Tensor, shipped: float | None = None) -> Verdict:
    """Measure it; arguments as of `ask`, `shipped` is the file's own posterior."""
    asked, read = ask(log_probs, digits), greedy_decode(log_probs)

    def at(posterior: float) -> Point:
        return _point(asked, posterior, lambda answer: answer.posterior.double() >= posterior)

    return Verdict(
        _point(asked, None, lambda answer: matches(read, answer.digits)),
        [at(posterior) for posterior in THRESHOLDS],
        at(threshold(asked)),
        None if shipped is None else at(shipped),
    )


def _point(
    asked: Mapping[str, Asked], posterior: float | None, accepts: Callable[[Asked], Tensor]
) -> Point:
    shares = {
        name: 100 * float(accepts(answer)[answer.there].double().mean())
        for name, answer in asked.items()
        if answer.there.any()
    }
    right = shares.pop(RIGHT)
    return Point(posterior, right, sum(shares.values()) / len(shares), shares)


def _ask(log_probs: Tensor, digits: Tensor, chance: Tensor) -> dict[str, Asked]:
    rows, width = torch.arange(len(digits)), digits.shape[1]
    length = (digits != PAD).sum(1)
    digits = F.pad(digits, (0, 1), value=PAD)

    # Every digit changed to every other: [N, places, others, digits].
    changed = digits[:, None, None].repeat(1, width, _OTHERS, 1)
    at = torch.arange(width)
    shift = torch.arange(1, len(ALPHABET))
    changed[:, at, :, at] = (digits[:, :width].T[:, :, None] + shift) % len(ALPHABET)
    number, place = (digits[:, :width] != PAD).nonzero(as_tuple=True)
    near = changed[number, place].flatten(0, 1)
    odds = torch.zeros(len(digits), width, _OTHERS)
    odds[number, place] = _posterior(
        log_probs[number].repeat_interleave(_OTHERS, 0), near
    ).unflatten(0, (-1, _OTHERS))
    hardest = odds.flatten(1).argmax(1)
    where = (chance[:, 0] * length).long()
    random = where * _OTHERS + (chance[:, 1] * _OTHERS).long()
    every = torch.ones(len(digits), dtype=torch.bool)
    found = {
        name: Asked(changed.flatten(1, 2)[rows, which], odds.flatten(1)[rows, which], every)
        for name, which in zip(WRONG, (hardest, random), strict=False)
    }

    order = torch.arange(width + 1)
    without = (order + (order >= where[:, None]).long()).clamp(max=width)
    twice = (order - (order > where[:, None]).long()).clamp(min=0)
    others = (
        (RIGHT, digits, every),
        (WRONG[2], digits.gather(1, without), length > 1),
        (WRONG[3], digits.gather(1, twice), every),
    )
    for name, answer, there in others:
        found[name] = Asked(answer, _posterior(log_probs, answer), there)
    return found


def _posterior(log_probs: Tensor, digits: Tensor) -> Tensor:
    return (-ctc_losses(log_probs, digits)).exp()
