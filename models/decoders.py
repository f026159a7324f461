"""What a network's output means: its loss, its reading, and how probable that reading is.

Whatever the classes stand for, `digits` are int64 [N, L], packed to the left, `PAD` to the right.
Decoding and posterior run inside the exported graph, so they use only standard tensor operations.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.ctc import ALPHABET, PAD, ctc_loss, greedy_decode, posterior

BASE = len(ALPHABET)
WIDEST = 4_096  # of anything in a network's shape; wider is neither trained nor loaded


class Decoder(Protocol):
    """The meaning of log_probs float32 [N, T, C], natural log-softmax over C classes."""

    name: str

    def loss(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """Mean negative log-likelihood per number, nats: float32 []."""

    def decode(self, log_probs: Tensor) -> Tensor:
        """The reading: int64 [N, L]."""

    def posterior(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """Probability 0..1 that exactly `digits` were written: float32 [N]."""


class Network(nn.Module):
    """A network that knows what its output means."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder


@dataclass(frozen=True)
class CTC:
    """Any number of digits: a class a frame, 11 classes; see `models.ctc`."""

    name = "ctc"

    def loss(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """As `Decoder`."""
        return ctc_loss(log_probs, digits)

    def decode(self, log_probs: Tensor) -> Tensor:
        """As `Decoder`."""
        return greedy_decode(log_probs)

    def posterior(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """As `Decoder`."""
        return posterior(log_probs, digits)


@dataclass(frozen=True)
class Positions:
    """A known number of digits, a class a place: log_probs [N, count, 10].

    Class d of place p says that the p-th digit from the left is d. The places are independent, so
    the network grows by ten classes a digit.
    """

    count: int
    name = "positions"

    def loss(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """As `Decoder`; each number has `count` digits."""
        places = F.nll_loss(log_probs.flatten(0, 1), digits[:, : self.count].flatten())
        return places * self.count

    def decode(self, log_probs: Tensor) -> Tensor:
        """As `Decoder`."""
        return log_probs.argmax(2)

    def posterior(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """As `Decoder`: the product over the places; 0 for numbers of another length."""
        held, fits = _of_length(digits, self.count)
        places = log_probs.gather(2, held[:, :, None])[:, :, 0]
        return places.sum(1).exp() * fits


@dataclass(frozen=True)
class Joint:
    """A known number of digits as one class: log_probs [N, 1, 10 ** count].

    Class c is the number c with leading zeros; the network grows tenfold with every digit.
    """

    count: int
    name = "joint"

    def loss(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """As `Decoder`; each number has `count` digits."""
        return F.nll_loss(log_probs[:, 0], self._classes(digits[:, : self.count]))

    def decode(self, log_probs: Tensor) -> Tensor:
        """As `Decoder`."""
        best = log_probs[:, 0].argmax(1, keepdim=True)
        places = [best // BASE**power % BASE for power in reversed(range(self.count))]
        return torch.cat(places, 1)

    def posterior(self, log_probs: Tensor, digits: Tensor) -> Tensor:
        """As `Decoder`; 0 for numbers of another length."""
        held, fits = _of_length(digits, self.count)
        return log_probs[:, 0].gather(1, self._classes(held)[:, None])[:, 0].exp() * fits

    def _classes(self, digits: Tensor) -> Tensor:
        """The class int64 [N] of digits int64 [N, count], none of them `PAD`."""
        weights = [BASE**power for power in reversed(range(self.count))]
        return (digits * torch.tensor(weights, device=digits.device)).sum(1)


def _of_length(digits: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Digits int64 [N, count] without `PAD`; float32 [N], 1 where there were `count`, else 0."""
    fits = (digits != PAD).sum(1) == count
    held = F.pad(digits, (0, max(0, count - digits.shape[1])), value=PAD)[:, :count]
    return held.clamp(min=0), fits.float()
