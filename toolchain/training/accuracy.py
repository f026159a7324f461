"""Accuracy of a network on numbers: exact matches, with the interval that the count allows."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from generator.numbers import Numbers
from models.ctc import PAD
from models.decoders import Network

_BATCH = 50


@dataclass(frozen=True)
class Score:
    """How well numbers were read.

    Attributes:
        count: numbers read.
        right: numbers read exactly.
        loss: nats per number.
    """

    count: int
    right: int
    loss: float

    @property
    def accuracy(self) -> float:
        """Share read exactly, 0..1."""
        return self.right / max(1, self.count)


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson (1927) score interval for `right` successes of `count`; 95 % by default."""
    if not count:
        return 0.0, 1.0
    share = right / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return (middle - half) / scale, (middle + half) / scale


def matches(decoded: Tensor, digits: Tensor) -> Tensor:
    """Bool [N]: decoded int64 [N, T] says exactly digits int64 [N, L]; both `PAD`-filled."""
    width = max(decoded.shape[1], digits.shape[1])
    wide = [
        nn.functional.pad(each, (0, width - each.shape[1]), value=PAD) for each in (decoded, digits)
    ]
    return (wide[0] == wide[1]).all(1)


@torch.no_grad()
def log_probs_of(model: nn.Module, strips: Tensor, autocast: bool = False) -> Tensor:
    """log_probs float32 [N, T, C] for strips or squares uint8 [N, 1, H, W], on their device."""
    model.eval()
    with torch.autocast(strips.device.type, torch.bfloat16, enabled=autocast):
        return torch.cat([model(part.float() / 255) for part in strips.split(_BATCH)])


def evaluate(model: Network, numbers: Numbers, autocast: bool = False) -> Score:
    """Read every number and compare."""
    log_probs = log_probs_of(model, numbers.strips, autocast)
    right = matches(model.decoder.decode(log_probs), numbers.digits)
    loss = model.decoder.loss(log_probs, numbers.digits)
    return Score(len(right), int(right.sum()), float(loss))
