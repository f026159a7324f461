"""Parity: PyTorch, float32 ONNX and int8 ONNX read the same numbers, or this says where not."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from generator.numbers import NumberGenerator
from models.ctc import PAD
from toolchain import checkpoint
from toolchain.evaluate import wilson
from toolchain.export import DropIn
from toolchain.runtime import INPUT, open_model

BATCH = 250
SEED = 3_000_017
LOG_PROBS_BOUND = 1e-4  # PyTorch and float32 ONNX may differ by this much, in nats
INT8_LOSS_BOUND = 0.1  # points of accuracy that int8 may lose against float32

Outputs = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True)
class Reader:
    """How one form of the model read all numbers; accuracy and interval in %."""

    name: str
    right: int
    accuracy: float
    interval: tuple[float, float]
    by_length: dict[int, float]


@dataclass(frozen=True)
class Difference:
    """How one form differs from another.

    Attributes:
        between: the two names.
        mismatches: numbers that were decoded differently.
        examples: up to ten of them: index, label, and the two readings.
        largest: largest absolute difference of log_probs, nats.
        mean: mean absolute difference, nats.
    """

    between: tuple[str, str]
    mismatches: int
    examples: list[dict[str, Any]]
    largest: float
    mean: float


@dataclass(frozen=True)
class Parity:
    """The whole comparison; `failures` is empty where it held."""

    numbers: str
    seed: int
    count: int
    readers: list[Reader]
    differences: list[Difference]
    failures: list[str]

    def as_json(self) -> dict[str, Any]:
        """Plain data for files and machines."""
        return asdict(self)


def compare(
    weights: Path,
    float32: Path,
    int8: Path | None,
    numbers: NumberGenerator,
    count: int,
    described: str,
    *,
    int8_loss_bound: float = INT8_LOSS_BOUND,
    on_batch: Callable[[int], None] = lambda done: None,
) -> Parity:
    """Read the same numbers with every form of a model.

    Args:
        weights: the stored weights that the graphs were exported from.
        float32: float32 .onnx.
        int8: int8 .onnx, if there is one.
        numbers: where they come from; samples 0 .. count - 1 are read.
        count: how many.
        described: what the numbers are, for the report.
        int8_loss_bound: points of accuracy that int8 may lose.
        on_batch: called with how many numbers are done.

    Raises:
        BadInput: a file is missing, damaged or foreign.
    """
    network = DropIn(checkpoint.load_model(weights)[0]).eval()
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    runners: dict[str, Callable[[torch.Tensor], Outputs]] = {
        "pytorch": _torch_runner(network),
        "float32": _onnx_runner(open_model(float32, threads=2)),
    }
    if int8 is not None:
        runners["int8"] = _onnx_runner(open_model(int8, threads=2))
    pairs = [("pytorch", "float32")] + ([("float32", "int8")] if int8 else [])
    tally = _Tally(list(runners), pairs)
    done = 0
    for strips, labels in _batches(numbers, count):
        tally.add(labels, {name: run(strips) for name, run in runners.items()})
        done += len(labels)
        on_batch(done)
    readers, differences = tally.readers(), tally.differences()
    failures = _failures(readers, differences, int8_loss_bound)
    return Parity(described, numbers.seed, count, readers, differences, failures)


def _batches(
    numbers: NumberGenerator, count: int
) -> Iterator[tuple[torch.Tensor, NDArray[np.int64]]]:
    for first in range(0, count, BATCH):
        batch = numbers(first, min(BATCH, count - first))
        yield batch.strips.cpu(), batch.digits.cpu().numpy()


def _torch_runner(network: DropIn) -> Callable[[torch.Tensor], Outputs]:
    @torch.no_grad()
    def run(strips: torch.Tensor) -> Outputs:
        log_probs, digits, confidence = network(strips)
        return log_probs.numpy(), digits.numpy(), confidence.numpy()

    return run


def _onnx_runner(session: InferenceSession) -> Callable[[torch.Tensor], Outputs]:
    return lambda strips: tuple(session.run(None, {INPUT: strips.numpy()}))


class _Tally:
    """Counts over batches, so that any number of strips fits in memory."""

    def __init__(self, names: list[str], pairs: list[tuple[str, str]]) -> None:
        self.count = 0
        self.lengths: list[NDArray[np.int64]] = []
        self.right: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in names}
        self.pairs = {pair: {"mismatches": 0, "largest": 0.0, "sum": 0.0} for pair in pairs}
        self.examples: dict[tuple[str, str], list[dict[str, Any]]] = {pair: [] for pair in pairs}
        self.values = 0

    def add(self, labels: NDArray[np.int64], outputs: dict[str, Outputs]) -> None:
        self.lengths.append((labels != PAD).sum(1))
        for name, (log_probs, digits, _) in outputs.items():
            wide = np.full(digits.shape, PAD)
            wide[:, : labels.shape[1]] = labels
            self.right[name].append((digits == wide).all(1))
            values = log_probs.size
        for (one, other), sums in self.pairs.items():
            gap = np.abs(outputs[one][0].astype(np.float64) - outputs[other][0])
            sums["largest"] = max(sums["largest"], float(gap.max()))
            sums["sum"] += float(gap.sum())
            differ = np.flatnonzero((outputs[one][1] != outputs[other][1]).any(1))
            sums["mismatches"] += len(differ)
            for row in differ[: 10 - len(self.examples[one, other])]:
                self.examples[one, other].append(
                    {
                        "index": self.count + int(row),
                        "label": _text(labels[row]),
                        one: _text(outputs[one][1][row]),
                        other: _text(outputs[other][1][row]),
                    }
                )
        self.count += len(labels)
        self.values += values

    def readers(self) -> list[Reader]:
        lengths = np.concatenate(self.lengths)
        found = []
        for name, parts in self.right.items():
            right = np.concatenate(parts)
            low, high = wilson(int(right.sum()), len(right))
            by_length = {
                int(length): float(100 * right[lengths == length].mean())
                for length in np.unique(lengths)
            }
            accuracy = float(100 * right.mean())
            interval = (100 * low, 100 * high)
            found.append(Reader(name, int(right.sum()), accuracy, interval, by_length))
        return found

    def differences(self) -> list[Difference]:
        return [
            Difference(
                pair,
                int(sums["mismatches"]),
                self.examples[pair],
                sums["largest"],
                sums["sum"] / self.values,
            )
            for pair, sums in self.pairs.items()
        ]


def _text(digits: NDArray[np.int64]) -> str:
    return "".join(str(digit) for digit in digits if digit != PAD)


def _failures(
    readers: list[Reader], differences: list[Difference], int8_loss_bound: float
) -> list[str]:
    found = []
    accuracy = {reader.name: reader.accuracy for reader in readers}
    exact = differences[0]
    if exact.mismatches:
        found.append(f"PyTorch and float32 ONNX decode {exact.mismatches} numbers differently")
    if not exact.largest <= LOG_PROBS_BOUND:  # also where it is not a number
        found.append(f"log_probs differ by up to {exact.largest:.2g}, more than {LOG_PROBS_BOUND}")
    if "int8" in accuracy:
        loss = accuracy["float32"] - accuracy["int8"]
        if not loss <= int8_loss_bound:
            found.append(f"int8 loses {loss:.2f} points, more than {int8_loss_bound}")
    return found
