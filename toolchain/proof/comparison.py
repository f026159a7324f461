"""Counts over batches of numbers, read by several forms of a model side by side."""

import base64
import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.shards import number_text
from models.ctc import PAD
from toolchain.proof.calibration import Trust, trust
from toolchain.training.accuracy import wilson

Outputs = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]
EXAMPLES = 10


@dataclass(frozen=True)
class Reader:
    """How one form of the model read all numbers; accuracy and interval in %.

    Attributes:
        name: of the form.
        right: numbers read exactly.
        accuracy: their share.
        interval: 95 %, Wilson.
        by_length: accuracy by the number of digits.
        counts: numbers by the number of digits.
        trust: what its confidence is worth.
    """

    name: str
    right: int
    accuracy: float
    interval: tuple[float, float]
    by_length: dict[int, float]
    counts: dict[int, int]
    trust: Trust


@dataclass(frozen=True)
class Difference:
    """How one form differs from another.

    Attributes:
        between: the two names.
        mismatches: numbers that were decoded differently.
        lost: of these, numbers that only the first read right, and
        gained: those that only the second did.
        loss: points of accuracy that the second reads less, and
        interval: half of that difference's 95 % interval; the pairs that differ make it (McNemar
            1947, "Note on the sampling error of the difference between correlated proportions").
        examples: up to ten of them, or of those whose log_probs differ too much, the worst first:
            index, label, the two readings, gap in nats, and the strip as base64 PNG.
        largest: largest absolute difference of log_probs, nats.
        mean: mean absolute difference, nats.
    """

    between: tuple[str, str]
    mismatches: int
    lost: int
    gained: int
    loss: float
    interval: float
    examples: list[dict[str, Any]]
    largest: float
    mean: float


class Comparison:
    """Counts over batches, so that any number of strips fits in memory."""

    def __init__(self, names: list[str], pairs: list[tuple[str, str]], bound: float) -> None:
        self.count = 0
        self.bound = bound  # from this gap on a strip is an example, nats; for the first pair
        self.lengths: list[NDArray[np.int64]] = []
        self.right: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in names}
        self.confidence: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
        self.pairs = {pair: {"mismatches": 0, "largest": 0.0, "sum": 0.0} for pair in pairs}
        self.examples: dict[tuple[str, str], list[dict[str, Any]]] = {pair: [] for pair in pairs}
        self.values = 0

    def add(
        self, strips: NDArray[np.uint8], labels: NDArray[np.int64], outputs: dict[str, Outputs]
    ) -> None:
        """Count one batch: strips uint8 [N, 1, H, W], labels int64 [N, 5]."""
        self.lengths.append((labels != PAD).sum(1))
        for name, (log_probs, digits, confidence) in outputs.items():
            self.right[name].append(same(digits, labels))
            self.confidence[name].append(confidence)
            values = log_probs.size
        for place, (pair, sums) in enumerate(self.pairs.items()):
            one, other = (outputs[name] for name in pair)
            gap = np.abs(one[0].astype(np.float64) - other[0])
            by_strip = gap.max((1, 2))
            differs = (one[1] != other[1]).any(1)
            sums["mismatches"] += int(differs.sum())
            # The largest may be no number at all: then it stays none.
            sums["largest"] = float(np.maximum(sums["largest"], by_strip.max()))
            sums["sum"] += float(gap.sum())
            shown = differs if place else differs | ~(by_strip <= self.bound)
            self.examples[pair] += [
                {
                    "index": self.count + int(row),
                    "label": number_text(labels[row]),
                    pair[0]: number_text(one[1][row]),
                    pair[1]: number_text(other[1][row]),
                    "gap": float(by_strip[row]),
                    "strip": png(strips[row, 0]),
                }
                for row in sorted(np.flatnonzero(shown), key=lambda row: -by_strip[row])[:EXAMPLES]
            ]
            self.examples[pair].sort(key=lambda example: -example["gap"])
            del self.examples[pair][EXAMPLES:]
        self.count += len(labels)
        self.values += values

    def readers(self) -> list[Reader]:
        """How each form read what was counted."""
        lengths = np.concatenate(self.lengths)
        found = []
        for name, parts in self.right.items():
            right = np.concatenate(parts)
            low, high = wilson(int(right.sum()), len(right))
            each = {int(length): right[lengths == length] for length in np.unique(lengths)}
            found.append(
                Reader(
                    name,
                    int(right.sum()),
                    float(100 * right.mean()),
                    (100 * low, 100 * high),
                    {length: float(100 * some.mean()) for length, some in each.items()},
                    {length: len(some) for length, some in each.items()},
                    trust(np.concatenate(self.confidence[name]), right),
                )
            )
        return found

    def differences(self) -> list[Difference]:
        """How the forms of each pair differ."""
        return [
            Difference(
                pair,
                int(sums["mismatches"]),
                *self._loss(pair),
                self.examples[pair],
                sums["largest"],
                sums["sum"] / self.values,
            )
            for pair, sums in self.pairs.items()
        ]

    def _loss(self, pair: tuple[str, str]) -> tuple[int, int, float, float]:
        one, other = (np.concatenate(self.right[name]) for name in pair)
        lost, gained = int((one & ~other).sum()), int((other & ~one).sum())
        points = 100 / self.count
        return lost, gained, points * (lost - gained), points * 1.96 * math.sqrt(lost + gained)


def same(digits: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Bool [N]: digits int64 [N, L] say exactly labels int64 [N, M]; both filled with `PAD`."""
    width = max(digits.shape[1], labels.shape[1])
    one, other = (
        np.pad(each, ((0, 0), (0, width - each.shape[1])), constant_values=PAD)
        for each in (digits, labels)
    )
    return np.asarray((one == other).all(1))


LONGEST_SIDE = 4_096  # px of a drawing that is kept


def png(picture: NDArray[np.uint8]) -> str:
    """A grey picture uint8 [H, W] as base64 PNG."""
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG", optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")


def pixels(encoded: str) -> NDArray[np.uint8]:
    """Uint8 [H, W] of what `png` made.

    Raises:
        ValueError: it is no PNG, or a larger one.
    """
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=("PNG",)) as picture:
            if max(picture.size) <= LONGEST_SIDE:
                return np.asarray(picture.convert("L"))
    except Exception as error:  # Pillow's readers raise a dozen kinds on hostile content
        raise ValueError("the picture is damaged") from error
    raise ValueError("the picture is too large")
