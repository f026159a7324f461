"""Parity: PyTorch, ONNX, int8 and TorchScript read the same numbers, or this says where not."""

import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from toolchain.data.samples import HeldOut
from toolchain.proof.comparison import Comparison, Difference, Outputs, Reader
from toolchain.proof.reference import drop_in
from toolchain.reading.runtime import INPUT, open_model, run_each

BATCH = 250
SEED = 3_000_017
SCRIPT = "torchscript"
LOG_PROBS_BOUND = 1e-4  # PyTorch and float32 ONNX or TorchScript may differ by this much, in nats
INT8_LOSS_BOUND = 0.05  # points of accuracy that int8 may lose against float32


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


@dataclass(frozen=True)
class Forms:
    """The files of one model.

    Attributes:
        weights: the stored weights that the graphs were exported from.
        float32: float32 .onnx.
        others: further forms by precision, each compared with float32; "torchscript" is a .pt and
            must be exact, as float32 is.
    """

    weights: Path
    float32: Path
    others: Mapping[str, Path] = field(default_factory=dict)


def compare(
    forms: Forms,
    numbers: HeldOut,
    *,
    loss_bound: float = INT8_LOSS_BOUND,
    read: dict[str, list[Outputs]] | None = None,
    on_batch: Callable[[int], None] = lambda done: None,
) -> Parity:
    """Read the same numbers with every form of a model.

    Args:
        forms: the files.
        numbers: to read.
        loss_bound: points of accuracy that each of the others may lose.
        read: what PyTorch and float32 said of each batch; filled, and used when given again with
            the same weights and numbers, so that another int8 file costs its own reading alone.
        on_batch: called with how many numbers are done.

    Raises:
        BadInput: a file is missing, damaged or foreign.
    """
    # Not channels_last: its convolutions are four times as far from what float64 computes.
    network, _ = drop_in(forms.weights)
    runners: dict[str, Callable[[torch.Tensor], Outputs]] = {
        "pytorch": _torch_runner(network),
        "float32": _onnx_runner(open_model(forms.float32, threads=2)),
    }
    if read is not None:
        runners = {name: _once(run, read.setdefault(name, [])) for name, run in runners.items()}
    for name, path in forms.others.items():
        runners[name] = (
            _torch_runner(_script(path)) if name == SCRIPT else _each_runner(open_model(path))
        )
    pairs = [("pytorch", "float32")]
    pairs += [("pytorch" if name == SCRIPT else "float32", name) for name in forms.others]
    tally = Comparison(list(runners), pairs, LOG_PROBS_BOUND)
    done = 0
    for strips, labels in _batches(numbers):
        tally.add(strips.numpy(), labels, {name: run(strips) for name, run in runners.items()})
        done += len(labels)
        on_batch(done)
    readers, differences = tally.readers(), tally.differences()
    failures = _failures(differences, loss_bound)
    seed, count = numbers.samples.seed, numbers.count
    return Parity(numbers.described, seed, count, readers, differences, failures)


def _batches(numbers: HeldOut) -> Iterator[tuple[torch.Tensor, NDArray[np.int64]]]:
    for first in range(0, numbers.count, BATCH):
        batch = numbers.samples(first, min(BATCH, numbers.count - first))
        yield batch.strips.cpu(), batch.digits.cpu().numpy()


def _script(path: Path) -> torch.nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch would have us use torch.export
        loaded: torch.nn.Module = torch.jit.load(str(path))
    return loaded


def _torch_runner(network: torch.nn.Module) -> Callable[[torch.Tensor], Outputs]:
    @torch.no_grad()
    def run(strips: torch.Tensor) -> Outputs:
        log_probs, digits, confidence = network(strips)
        return log_probs.numpy(), digits.numpy(), confidence.numpy()

    return run


def _onnx_runner(session: InferenceSession) -> Callable[[torch.Tensor], Outputs]:
    return lambda strips: tuple(session.run(None, {INPUT: strips.numpy()}))


def _each_runner(session: InferenceSession) -> Callable[[torch.Tensor], Outputs]:
    return lambda strips: tuple(run_each(session, strips.numpy()))  # type: ignore[return-value]


def _once(
    run: Callable[[torch.Tensor], Outputs], read: list[Outputs]
) -> Callable[[torch.Tensor], Outputs]:
    """Like `run` for batches in order, but those in `read` already are not read again."""
    place = itertools.count()

    def runner(strips: torch.Tensor) -> Outputs:
        index = next(place)
        if index == len(read):
            read.append(run(strips))
        return read[index]

    return runner


def allowed(difference: Difference, loss_bound: float) -> float:
    """Points of accuracy that may be lost: the bound, or what so few numbers cannot tell from 0."""
    return max(loss_bound, difference.interval)


def _failures(differences: list[Difference], loss_bound: float) -> list[str]:
    found = []
    for difference in differences:
        one, name = difference.between
        if one == "pytorch":
            kind = "float32 ONNX" if name == "float32" else "TorchScript"
            gap = difference.largest
            if difference.mismatches:
                found.append(
                    f"PyTorch and {kind} decode {difference.mismatches} numbers differently"
                )
            if not gap <= LOG_PROBS_BOUND:  # also where it is not a number
                found.append(f"log_probs differ by up to {gap:.2g}, more than {LOG_PROBS_BOUND}")
            continue
        most = allowed(difference, loss_bound)
        if not difference.loss <= most:
            found.append(f"{name} loses {difference.loss:.2f} points, more than {most:.2f}")
    return found
